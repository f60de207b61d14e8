// Runner: a plan with its memory, ready to run forward and backward. Everything is taken when it is made;
// running allocates nothing. May use: base, graph, layers/layer.h, kernels/elementwise.h.
#pragma once
#include <array>
#include <memory>
#include <vector>

#include "base/context.h"
#include "graph/plan.h"
#include "graph/profile.h"

namespace fovea::graph {

// Identifies the random numbers of one step of training.
struct StepKey {
  uint64_t seed = 0;
  uint32_t step = 0;
  uint32_t first_sample = 0;
};

// Pointers are to elements of the plan's type. One thread at a time.
class Runner {
 public:
  virtual ~Runner() = default;

  const Plan& plan() const { return *plan_; }

  // The memory of the value of `node`: a network input to be filled before forward (null where no output
  // needs it), or an output to be read after it.
  virtual void* value(int node) const = 0;
  // Where the gradient of output `node` is to be written before backward.
  virtual void* gradient(int node) const = 0;

  // Must be called before forward whenever `params` or `state` hold new values.
  virtual void prepare(const void* params, const void* state) = 0;
  virtual void forward(int64_t batch, const void* params, void* state, const StepKey& key) = 0;
  // Overwrites the gradients of all parameters; zero where one is frozen or no output depends on it.
  virtual void backward(int64_t batch, const void* params, const void* state, void* gradients,
                        const StepKey& key) = 0;

  // Adds rows for the steps to `profile` and times them from now on, as long as somebody else holds it.
  void profile(const std::shared_ptr<Profile>& profile);

 protected:
  explicit Runner(std::shared_ptr<const Plan> plan) : plan_(std::move(plan)) {}

  // Times parts of a call; does nothing without a profile.
  class Stopwatch {
   public:
    explicit Stopwatch(const Runner& runner) : rows_(runner.rows_), profile_(runner.profile_.lock()) {}
    Profile::Timer time(Pass pass, size_t step, int64_t samples) const {
      return {profile_.get(), profile_ == nullptr ? 0 : rows_[step][static_cast<size_t>(pass) - 1], samples};
    }

   private:
    const std::vector<std::array<int, 3>>& rows_;
    std::shared_ptr<Profile> profile_;
  };

  std::shared_ptr<const Plan> plan_;

 private:
  std::weak_ptr<Profile> profile_;
  std::vector<std::array<int, 3>> rows_;  // of each step: prepare, forward, backward
};

std::unique_ptr<Runner> make_runner(std::shared_ptr<const Context> context, std::shared_ptr<const Plan> plan);

}  // namespace fovea::graph
