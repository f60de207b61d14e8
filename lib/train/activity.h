// Penalties on what layers give: added to the loss and to the gradients of their outputs. May use: base,
// graph, kernels.
#pragma once
#include <vector>

#include "base/context.h"
#include "graph/runner.h"

namespace fovea::train {

class Activity {
 public:
  // Of the nodes that `heads` need.
  Activity(const graph::Graph& graph, const std::vector<int>& heads);

  // The penalized nodes whose gradient no head writes: the plan must give them out as well.
  std::vector<int> more_outputs() const;
  // The mean over the batch of l1 * sum |y| + l2 / 2 * sum y^2, over all penalized nodes; adds its gradient
  // to theirs, after the heads have written.
  double apply(const Context& context, const graph::Runner& runner, int64_t batch);

 private:
  struct Part {
    int node;
    layers::Regularizer regularizer;
    bool is_head;
  };
  template <class T>
  double sample(const Part& part, int64_t elements, double share, const T* y, T* dy) const;

  std::vector<Part> parts_;
  Buffer sums_;  // double per sample
};

}  // namespace fovea::train
