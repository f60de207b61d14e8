// Averages of the weights over the training: exponential (EMA) or of equal weight (SWA). May use: base,
// kernels, model.
#pragma once
#include <cstdint>

#include "model/model.h"

namespace fovea::train {

// Values are those of fv_averaging.
enum class Averaging : int32_t { none = 0, exponential = 1, equal = 2 };
inline constexpr const char* kAveragingNames[] = {"none", "exponential", "equal"};

// What fv_average_desc says.
struct AverageOptions {
  Averaging kind = Averaging::none;
  double decay = 0.999;  // exponential
  int64_t start = 0;     // steps before
  int64_t period = 1;    // every so many steps
};
// Raises invalid_argument unless the numbers make sense.
void check_average(const AverageOptions& options);

class Average {
 public:
  Average(const model::Model& model, const AverageOptions& options);

  const AverageOptions& options() const { return options_; }
  size_t bytes() const { return parameters_.bytes() + state_.bytes(); }
  // After step `step` (1 for the first).
  void update(const model::Model& model, int64_t step);
  // How often the average was taken; 0: there is none yet.
  int64_t count() const { return count_; }
  void set_count(int64_t count) { count_ = count; }
  std::byte* parameters() const { return parameters_.data(); }
  std::byte* state() const { return state_.data(); }

 private:
  AverageOptions options_;
  int64_t count_ = 0;
  Buffer parameters_, state_;
};

}  // namespace fovea::train
