// What every node of a network gives on a batch, as far as the checks care. May use: graph, model.
#pragma once
#include <span>
#include <vector>

#include "base/tensor_view.h"
#include "graph/graph.h"
#include "kernels/activation.h"
#include "model/model.h"

namespace fovea::train::checks {

struct NodeMeasure {
  bool finite = true;
  double rms = 0;
  double dead = 0;       // share of the channels (the last axis) that are 0 everywhere
  double saturated = 0;  // share of the values within 0.01 of the ends of the node's sigmoid or tanh
};

// One for each node, as in a training step; the model stays as it is. Raises busy.
std::vector<NodeMeasure> measure_nodes(const model::Model& model, std::span<const TensorView> inputs);

constexpr bool is_sigmoid(kernels::Activation a) {
  return a == kernels::Activation::sigmoid || a == kernels::Activation::hard_sigmoid;
}
constexpr bool is_rectifier(kernels::Activation a) {
  return a == kernels::Activation::relu || a == kernels::Activation::relu6;
}

}  // namespace fovea::train::checks
