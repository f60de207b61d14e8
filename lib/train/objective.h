// The loss of a batch: value, gradient with respect to the network's output, and hits. May use: base, graph, kernels.
#pragma once
#include <cstdint>
#include <optional>

#include "base/context.h"
#include "base/dtype.h"
#include "graph/graph.h"

namespace fovea::train {

// Values are those of fv_loss.
enum class Loss : int32_t { softmax_cross_entropy = 1, mean_squared_error = 2 };
inline constexpr const char* kLossNames[] = {nullptr, "softmax_cross_entropy", "mean_squared_error"};

// Refuses an output that has more than one axis, or that the loss is not for.
void check_output(const graph::Node& output, std::optional<Loss> loss);

struct BatchLoss {
  double sum = 0;        // of the samples' losses, in the order of the samples
  int64_t correct = 0;   // samples whose largest output is the label's; -1 without labels
};

// Memory for one batch's targets and per-sample results.
class Objective {
 public:
  // `elements`: of one sample of the output. `dense`: the targets are tensors, not labels.
  Objective(const Context& context, Loss loss, DType dtype, int64_t elements, bool dense, int64_t max_batch);

  bool dense() const { return dense_; }
  int32_t* labels() const { return labels_.as<int32_t>(); }
  void* targets() const { return targets_.data(); }

  // Reads `output` and the targets; where `gradient` is not null, writes the gradient of the batch's mean loss.
  // Labels must lie in [0, elements).
  BatchLoss evaluate(Executor& executor, int64_t batch, const void* output, void* gradient) const;
  // What each sample's largest output is, after evaluate() on labels.
  const int32_t* predictions() const { return predictions_.as<int32_t>(); }

 private:
  template <class T>
  void rows(int64_t begin, int64_t end, double scale, const T* output, T* gradient) const;

  Loss loss_;
  DType dtype_;
  int64_t elements_;
  bool dense_;
  Buffer labels_;       // int32 per sample
  Buffer targets_;      // dense targets, or one-hot rows for losses that know no labels
  Buffer losses_;       // double per sample
  Buffer predictions_;  // int32 per sample
};

}  // namespace fovea::train
