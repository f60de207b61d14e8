// Optimizers over the flat blocks of a model, and the penalties on parameters. May use: base, graph, kernels.
#pragma once
#include <array>
#include <cstdint>
#include <vector>

#include "base/context.h"
#include "graph/graph.h"

namespace fovea::train {

// Values are those of fv_optimizer.
enum class OptimizerKind : int32_t { sgd = 1, adam = 2 };
inline constexpr const char* kOptimizerNames[] = {nullptr, "sgd", "adam"};

struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::sgd;
  double learning_rate = 0.01;
  double momentum = 0;
  bool nesterov = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};

class Optimizer {
 public:
  Optimizer(const Context& context, const OptimizerOptions& options, DType dtype, int64_t block);

  // One moment block of the parameters' size each, by name.
  struct Moment {
    const char* name;
    std::byte* data;
  };
  std::vector<Moment> moments() const;
  size_t moment_bytes() const;

  OptimizerOptions& options() { return options_; }
  const OptimizerOptions& options() const { return options_; }

  // `update`: 1 for the first.
  void apply(Executor& executor, int64_t update, void* parameters, const void* gradients);

  // How many moment blocks such an optimizer keeps.
  static int moment_count(const OptimizerOptions& options);

 private:
  template <class T> void apply_block(int64_t begin, int64_t n, int64_t update, T* w, const T* g);

  OptimizerOptions options_;
  DType dtype_;
  int64_t block_;
  std::array<Buffer, 2> moments_;
};

// L2 penalties: the layers' own and the trainer's on every kernel.
class Penalty {
 public:
  Penalty(const Context& context, const graph::Layout& layout, DType dtype, double l2);

  // The sum of coefficient / 2 * sum w^2 over all parts; adds coefficient * w to the gradients.
  double apply(Executor& executor, const void* parameters, void* gradients);

 private:
  struct Part {
    int64_t offset;
    int64_t elements;
    double coefficient;
  };
  template <class T> double apply_part(const Part& part, const T* w, T* g);

  DType dtype_;
  std::vector<Part> parts_;
  Buffer sums_;  // double per part
};

}  // namespace fovea::train
