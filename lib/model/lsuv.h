// Layer-sequential unit-variance initialisation. May use: base, model.
#pragma once
#include <span>

#include "base/tensor_view.h"
#include "model/model.h"

namespace fovea::model {

struct LsuvOptions {
  double tolerance = 0.1;
  int max_iterations = 10;
};

// Mishkin and Matas 2016, algorithm 1: layer by layer in the order of the graph, kernels become orthogonal
// and are divided by the standard deviation of what their layer gives on this batch, until its variance is 1.
// Raises invalid_argument where that cannot be reached (the kernels before it are done then), and busy.
void lsuv(const std::shared_ptr<Model>& model, std::span<const TensorView> inputs,
          const LsuvOptions& options);

}  // namespace fovea::model
