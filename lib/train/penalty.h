// Penalties on parameters: what is added to the loss and to the gradients. May use: base, graph, kernels.
#pragma once
#include <vector>

#include "base/context.h"
#include "graph/graph.h"
#include "train/groups.h"

namespace fovea::train {

// Of every kernel, beside what its layer and its group ask for.
struct PenaltyOptions {
  double l1 = 0;
  double l2 = 0;
  bool proximal_l1 = false;  // shrink() after each step instead of l1 * sign(w) in the gradient
};

class Penalty {
 public:
  Penalty(const Context& context, const graph::Layout& layout, const Groups& groups, DType dtype,
          const PenaltyOptions& options);

  // The sum of l2 / 2 * sum w^2 + l1 * sum |w| over all parts; adds l2 * w + l1 * sign(w) to the gradients.
  double apply(Executor& executor, const void* parameters, void* gradients);
  // After a step with `rate`, where l1 is proximal: w = sign(w) * max(|w| - rate * l1, 0), the proximal map
  // of rate * l1 * |w|, for every parameter that is not frozen.
  void shrink(Executor& executor, double rate, void* parameters) const;

 private:
  struct Part {
    int64_t offset;
    int64_t elements;
    double l1, l2;
    double rate;  // factor; 0 where frozen
  };
  template <class T>
  double apply_part(const Part& part, const T* w, T* g) const;

  DType dtype_;
  bool proximal_;
  std::vector<Part> parts_;
  Buffer sums_;  // double per part
};

}  // namespace fovea::train
