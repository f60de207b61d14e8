// The checks: each adds to the report what it finds, or one finding that all is well. What each measures and
// where it draws the line is said in include/fovea/check.h. May use: all of train.
#pragma once
#include "train/checks/report.h"
#include "train/checks/subject.h"

namespace fovea::train::checks {

void check_gradient(Subject& subject, Report& report);
void check_chance_loss(Subject& subject, Report& report);
void check_regularization(Subject& subject, Report& report);
void check_overfit(Subject& subject, Report& report);
void check_symmetry(Subject& subject, Report& report);
void check_units(Subject& subject, Report& report);
void check_update_ratio(Subject& subject, Report& report);
void check_gradient_flow(Subject& subject, Report& report);
void check_learning_rate(Subject& subject, Report& report);
void check_non_finite(Subject& subject, Report& report);
void check_labels(Subject& subject, Report& report);
void check_inputs(Subject& subject, Report& report);
void check_advice(Subject& subject, Report& report);
// Needs no trainer; of the options only the sets.
void check_leakage(const data::Dataset& train, const Options& options, Report& report);

// All of them, without what another finding explains.
void check_all(Subject& subject, Report& report);

// Whether outputs of 0 know nothing.
bool is_of_logits(Loss loss);
// The loss of outputs that know nothing, on the batch, and of those that know the targets; none where that
// cannot be said.
std::optional<double> chance_loss(const Trainer& trainer, const Batch& batch);
std::optional<double> least_loss(const Trainer& trainer, const Batch& batch);

}  // namespace fovea::train::checks
