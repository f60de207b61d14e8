// A trial: some steps of a copy of the trainer, with what was seen of them. May use: model, train.
#pragma once
#include <cmath>
#include <memory>
#include <string>
#include <vector>

#include "train/checks/subject.h"

namespace fovea::train::checks {

// Of one parameter over the trial.
struct ParameterTrace {
  bool frozen = false;
  double first_gradient = 0;  // root mean square, in step 0
  double gradient = 0;        // the mean over all steps
  double weight = 0;          // mean norm over the steps
  double ratio = 0;           // |update| / |weight|, the mean over the last half
  double largest_gradient = 0;
  double gradient_norm = 0;  // mean
};

// Where the first number that is none appeared.
struct Blowup {
  int64_t step = 0;
  std::string where;  // a node or parameter; empty: the loss
  enum class In { input, output, loss, gradient, parameter } in = In::loss;
};

struct Trial {
  double factor = 1;
  std::vector<double> losses;      // of each step's batch, without penalties
  double penalty = 0;              // of the first step
  double first = NAN, last = NAN;  // loss of fixed training samples, before and after
  double chance = INFINITY;        // of logits: what knowing nothing costs; to come down to it is no learning
  bool blew_up = false;
  Blowup blowup;
  std::vector<ParameterTrace> parameters;
  std::shared_ptr<model::Model> model;  // as it ended

  // By what share the loss fell, from chance where it began above; negative where it rose, minus infinity
  // after a blow-up.
  double fall() const;
  double largest_loss() const;
};

// Every rate that the options name, times `factor`.
void scale_rates(TrainerOptions& options, double factor);

Trial run_trial(const Subject& subject, double factor, int64_t steps);

// Loss of `batch` in training mode, without penalties, run in pieces of `piece` samples.
double data_loss(Trainer& trainer, const data::Dataset& dataset, std::span<const uint32_t> indices,
                 int64_t piece);
// What the batch gives in the last call of `trainer`, without penalties.
double data_loss(const Trainer& trainer);
// The name in which a number is none, of nodes in order; looks at the model as it stands.
Blowup locate(const model::Model& model, const Trainer& trainer, const Batch& batch, int64_t step,
              bool loss_is_finite);

}  // namespace fovea::train::checks
