// For tests of kernels: every SIMD target of this machine, random data, comparison. The process-wide choice
// of target is changed here and nowhere else. May use: Highway, tests/layers/layer_run.h for guarded memory.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <limits>
#include <random>
#include <vector>

#include "base/fpmode.h"
#include "hwy/detect_targets.h"
#include "hwy/targets.h"
#include "layers/layer_run.h"

namespace fovea::testing {

// Calls f() once for each target that the kernels are compiled for (the tests are compiled with the same
// list) and that this machine has, in the library's floating-point mode.
template <class F>
void for_each_target(F&& f) {
  const FpMode mode;
  for (int64_t left = hwy::SupportedTargets() & HWY_TARGETS; left != 0; left &= left - 1) {
    const int64_t target = left & -left;
    hwy::SetSupportedTargetsForTest(target);
    hwy::GetChosenTarget().Update(hwy::SupportedTargets());
    SCOPED_TRACE(hwy::TargetName(target));
    f();
  }
  hwy::SetSupportedTargetsForTest(0);
  hwy::GetChosenTarget().Update(hwy::SupportedTargets());
}

// n values, uniform in [low, high), in guarded memory: a kernel that touches what lies behind is found out.
template <class T>
Guarded<T> random_block(int64_t n, std::mt19937_64& random, double low = -1, double high = 1) {
  Guarded<T> block(static_cast<size_t>(n));
  fill(block, random, low, high);
  return block;
}

// max |a - b| <= tolerance * max |b|, in units of T's epsilon.
template <class A, class B>
::testing::AssertionResult close(const A& a, const B& b, double epsilons, double at_least = 0) {
  using T = std::remove_cvref_t<decltype(*a.begin())>;
  double largest = at_least, worst = 0;
  if (a.size() != b.size())
    return ::testing::AssertionFailure() << a.size() << " and " << b.size() << " values";
  for (size_t i = 0; i < a.size(); ++i) {
    largest = std::max(largest, std::abs(static_cast<double>(b[i])));
    const double difference = std::abs(static_cast<double>(a[i]) - static_cast<double>(b[i]));
    if (!(difference <= worst)) worst = difference;  // NaN too
  }
  const double unit = static_cast<double>(std::numeric_limits<T>::epsilon());
  if (worst <= epsilons * unit * largest) return ::testing::AssertionSuccess();
  return ::testing::AssertionFailure()
         << "largest difference " << worst << ", allowed " << epsilons * unit * largest;
}

// Lengths around every vector length, and a longer one.
inline const int64_t kLengths[] = {0,  1,  2,  3,  4,  5,  7,  8,   9,    15,  16,
                                   17, 31, 32, 33, 63, 64, 65, 100, 1000, 4097};

}  // namespace fovea::testing
