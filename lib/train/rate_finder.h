// The learning-rate range test: how the loss goes while the rate rises from step to step. May use: base,
// data, train/trainer.h.
#pragma once
#include <vector>

#include "base/cancel_token.h"
#include "base/context.h"
#include "train/trainer.h"

namespace fovea::train {

// What fv_rate_range_desc says.
struct RateRangeOptions {
  int64_t batch_size = 32;
  double lowest = 1e-7;
  double highest = 10;
  int64_t steps = 100;
  double smoothing = 0.98;
  double divergence = 4;
};

struct RatePoint {
  double rate, loss, smoothed;
};

struct RateRange {
  std::vector<RatePoint> points;
  double suggested = NAN;    // where the smoothed loss falls fastest, at most lowest_loss / 10
  double lowest_loss = NAN;  // rate of the lowest smoothed loss
};

// Trains a copy of the trainer's model with the trainer's options; the trainer stays as it is.
RateRange find_rate(const Trainer& trainer, const data::DatasetPtr& dataset, const RateRangeOptions& options,
                    const CancelToken* cancel);

}  // namespace fovea::train
