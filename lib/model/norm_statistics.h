// The running statistics of batch norm measured anew, for weights that no training has run with, such as an
// average of many. May use: base, data, graph, model.
#pragma once
#include <cstdint>

#include "base/cancel_token.h"
#include "base/context.h"
#include "data/dataset.h"
#include "model/model.h"

namespace fovea::model {

// What fv_batch_norm_update_desc says.
struct NormStatisticsOptions {
  int64_t batch_size = 32;
  int64_t batches = 0;  // at most; 0: all
  uint64_t seed = 0;    // of the order and of dropout
};

// The mean over batches of each batch's mean and variance, of every batch norm. Other state stays. Raises
// with the model as it was.
void update_norm_statistics(Model& model, const data::Dataset& dataset, const NormStatisticsOptions& options,
                            const CancelToken* cancel);

}  // namespace fovea::model
