// What the nodes of a network give on a batch. May use: base, model.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "base/tensor_view.h"
#include "model/model.h"

namespace fovea::model {

struct StatisticsOptions {
  double saturation = 0.99;
  int64_t bins = 0;  // of the histograms; 0: none
  double low = -1, high = 1;
  bool training = false;  // noise is drawn, by `seed`, and batch norm takes the batch's own statistics
  uint64_t seed = 0;
};

struct NodeStatistics {
  double mean = 0, stddev = 0, minimum = 0, maximum = 0;
  double dead = 0;       // share of the elements of a sample that are 0 in every sample
  double saturated = 0;  // share of the values beyond +-saturation
  std::vector<int64_t> histogram;
};

// One for each node of the graph; the model stays as it is. Raises busy.
std::vector<NodeStatistics> statistics(const std::shared_ptr<const Model>& model,
                                       std::span<const TensorView> inputs, const StatisticsOptions& options);

}  // namespace fovea::model
