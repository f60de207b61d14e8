// A network with a differentiated probe on every way between two nodes, which tells whose backward pass is
// wrong. May use: graph, layers/layer.h, model.
#pragma once
#include <memory>
#include <vector>

#include "model/model.h"
#include "train/trainer.h"

namespace fovea::train::checks {

// y = x + shift, the shift one parameter for each element of a sample, all of them 0: its gradient is what
// the node behind the probe passes back, summed over the batch.
struct Probe {
  int producer, consumer;  // nodes of the original graph; consumer -1: a loss
  int node;                // of the probed graph
};

struct ProbedModel {
  std::shared_ptr<model::Model> model;  // with the original's parameters, by name
  std::vector<Probe> probes;
  std::vector<int> node_of;         // of each node of the original, its node in the probed graph
  std::vector<LossOptions> losses;  // on the probed outputs
};

ProbedModel with_probes(const model::Model& original, const std::vector<int>& heads,
                        std::vector<LossOptions> losses);

}  // namespace fovea::train::checks
