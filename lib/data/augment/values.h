// How the steps draw their values. May use: base, data/augment/step.h.
#pragma once
#include <numbers>

#include "base/rng.h"
#include "data/augment/step.h"

namespace fovea::data {

// Fields of random numbers (kernels/random.h) begin here in a step's stream, behind all of its single values.
inline constexpr uint32_t kBulkBlock = 1u << 24;

inline double draw(const Range& range, RandomSequence& random) {
  return random.uniform(range.low, range.high);
}
// 0 to n - 1.
inline int64_t draw_below(int64_t n, RandomSequence& random) {
  return static_cast<int64_t>(random.below(static_cast<uint32_t>(n)));
}
inline double radians(double degrees) {
  return degrees * (std::numbers::pi / 180);
}

}  // namespace fovea::data
