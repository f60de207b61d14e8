// Loss, accuracy and confusion of a session's first output over a dataset. May use: base, data, model, train.
#pragma once
#include <optional>
#include <span>

#include "base/cancel_token.h"
#include "data/dataset.h"
#include "model/session.h"
#include "train/metric.h"
#include "train/objective.h"

namespace fovea::train {

struct Evaluation {
  int64_t samples = 0;
  double loss;      // NaN when none was asked for
  double accuracy;  // NaN with targets
};

// `confusion`: empty, or classes x classes of the dataset's, overwritten. `metrics` count every sample.
// `cancel` is nullable. Raises cancelled.
Evaluation evaluate(model::Session& session, const data::Dataset& dataset, std::optional<LossOptions> loss,
                    std::span<int64_t> confusion, std::span<Metrics* const> metrics,
                    const CancelToken* cancel);

// Per class from a confusion matrix (rows: truth, columns: prediction); any result may be null.
void confusion_scores(const int64_t* confusion, size_t classes, double* precision, double* recall,
                      double* f1);

}  // namespace fovea::train
