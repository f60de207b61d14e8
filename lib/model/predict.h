// More than one pass for a prediction: passes with dropout, several models, a temperature. May use: base,
// data, model.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/cancel_token.h"
#include "data/dataset.h"
#include "model/session.h"

namespace fovea::model {

struct SampleOptions {
  int64_t passes = 50;
  uint64_t seed = 0;
  bool softmax = false;  // what is averaged is the softmax over the last axis
  double temperature = 1;
};

// Mean and, where `variances` is not empty, variance (/ (passes - 1)) of the session's outputs over passes in
// which dropout and its kin draw. Raises busy.
void sample(Session& session, std::span<const TensorView> inputs, const SampleOptions& options,
            std::span<MutableTensorView> means, std::span<MutableTensorView> variances);

struct EnsembleOptions {
  bool raw = false;                  // outputs are averaged as they are, not their softmax over the last axis
  std::vector<double> weights;       // of each session, with the sum 1
  std::vector<double> temperatures;  // of each session
};

// The weighted mean over sessions whose outputs have the same shapes. Raises busy.
void ensemble_run(std::span<Session* const> sessions, std::span<const TensorView> inputs,
                  const EnsembleOptions& options, std::span<MutableTensorView> outputs);

struct EnsembleQuality {
  double loss;  // mean of -log p of the label; of `raw` outputs p is their softmax
  double accuracy;
};
// Of the first outputs on a dataset with labels. Raises busy and cancelled.
EnsembleQuality ensemble_evaluate(std::span<Session* const> sessions, const data::DatasetPtr& dataset,
                                  const EnsembleOptions& options, const CancelToken* cancel);

// T > 0 with the least mean of -log softmax(z / T) of the label over a dataset, z the session's first output:
// between 1e-3 and 1e3. Guo et al. 2017, section 4.2. Raises busy and cancelled.
double fit_temperature(Session& session, const data::DatasetPtr& dataset, const CancelToken* cancel);

}  // namespace fovea::model
