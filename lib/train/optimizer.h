// Optimizers over the flat blocks of a model: one pass over parameters, gradients and moments. May use: base,
// graph, kernels.
#pragma once
#include <array>
#include <cstdint>
#include <limits>
#include <optional>
#include <string>
#include <vector>

#include "base/context.h"
#include "graph/graph.h"
#include "train/groups.h"

namespace fovea::train {

// Values are those of fv_optimizer.
enum class OptimizerKind : int32_t {
  sgd = 1,
  adam = 2,
  adagrad = 3,
  rmsprop = 4,
  adadelta = 5,
  adamax = 6,
  nadam = 7,
  lion = 8,
  lars = 9,
  lamb = 10,
  adamw = 11,  // adam, with another default
};
inline constexpr const char* kOptimizerNames[] = {nullptr,  "sgd",   "adam", "adagrad", "rmsprop", "adadelta",
                                                  "adamax", "nadam", "lion", "lars",    "lamb",    "adamw"};

// What fv_optimizer_desc says; what a kind does not use is ignored.
struct OptimizerOptions {
  OptimizerKind kind = OptimizerKind::sgd;
  double learning_rate = 0.01;
  double momentum = 0;
  double dampening = 0;
  bool nesterov = false;
  bool rate_in_velocity = false;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double rho = 0.9;
  double epsilon = 1e-8;
  bool epsilon_inside = false;
  bool amsgrad = false;
  bool centered = false;
  bool bias_correction = true;
  double momentum_decay = 4e-3;
  double trust = 1e-3;
  double weight_decay = 0;
  bool decay_kernels_only = false;
  double clip_value = std::numeric_limits<double>::infinity();
  double clip_norm = 0;  // 0: none; so the next
  double clip_global_norm = 0;
};
// Raises invalid_argument unless the numbers make sense.
void check_optimizer(const OptimizerOptions& options);
// Where such an optimizer has its momentum, which may then change from step to step: momentum or beta1. Null
// where it has none, or (NAdam) all that it ever was counts.
double* momentum_of(OptimizerOptions& options);

class Optimizer {
 public:
  Optimizer(const Context& context, const OptimizerOptions& options, const Groups& groups,
            const graph::Layout& layout, DType dtype);

  // One moment block of the parameters' size each, by name.
  struct Moment {
    const char* name;
    std::byte* data;
  };
  std::vector<Moment> moments() const;
  size_t moment_bytes() const;

  OptimizerOptions& options() { return options_; }
  const OptimizerOptions& options() const { return options_; }
  // Other groups from now on; the moments stay.
  void set_groups(const Groups& groups, const graph::Layout& layout);
  // By parameter: the steps in which it was frozen. They are none for the correction of its moments' bias.
  const std::vector<int64_t>& idle() const { return idle_; }
  void set_idle(std::vector<int64_t> idle, const Groups& groups, const graph::Layout& layout) {
    idle_ = std::move(idle);
    set_groups(groups, layout);
  }

  struct Step {
    int64_t update;  // 1 for the first
    double rate;
    double scale = 1;                // what the gradients are multiplied by first
    std::optional<double> momentum;  // instead of the options'
  };
  // LAMB overwrites the gradients.
  void apply(Executor& executor, const Step& step, void* parameters, void* gradients);

 private:
  // Parameters that are treated alike: one tensor where a norm of each counts, else as many as lie side by
  // side.
  struct Run {
    double rate, decay;  // factors of the optimizer's
    bool adapts;         // LARS, LAMB
    int64_t idle;        // steps that were none for it
    // NAdam: the product of the momenta so far, and how many they are.
    double momenta = 1;
    int64_t momentum_count = 0;
  };
  struct Part {
    int64_t offset, elements;
    size_t run;
  };

  // Which moments such an optimizer keeps.
  static std::vector<const char*> moment_names(const OptimizerOptions& options);
  // The norm of each run of `block`, into norms_[run * stride + column].
  template <class T>
  void measure(Executor& executor, const T* block, size_t column);
  template <class T>
  void apply_as(Executor& executor, const Step& step, T* w, T* g);
  template <class T>
  void apply_part(const OptimizerOptions& options, const Part& part, int64_t update, double rate,
                  double scale, T* w, T* g) const;
  void update_nadam(Run& run, int64_t update) const;
  double run_norm(size_t run, size_t column) const { return norms_[2 * run + column]; }

  OptimizerOptions options_;
  DType dtype_;
  std::array<Buffer, 3> moments_;
  std::vector<Run> runs_;
  std::vector<Part> parts_;
  std::vector<double> part_sums_, norms_;
  std::vector<int64_t> idle_;   // by parameter
  std::vector<size_t> frozen_;  // parameters
};

}  // namespace fovea::train
