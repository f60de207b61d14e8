// FpMode flushes denormals inside and restores the host's mode and flags.
#include "base/fpmode.h"

#include <gtest/gtest.h>

#include <cfenv>
#include <limits>

#include "base/executor.h"

namespace fovea {
namespace {

float halve_smallest() {
  volatile float smallest = std::numeric_limits<float>::min();
  return smallest / 2;
}

TEST(FpMode, FlushesAndRestores) {
  EXPECT_GT(halve_smallest(), 0);
  {
    const FpMode mode;
#if defined(__x86_64__) || defined(__aarch64__)
    EXPECT_EQ(halve_smallest(), 0);
#endif
  }
  EXPECT_GT(halve_smallest(), 0);
}

TEST(FpMode, RoundsToNearestWhateverTheHostDoes) {
  volatile double one = 1, three = 3;
  const double nearest = one / three;
  ASSERT_EQ(std::fesetround(FE_UPWARD), 0);
  const double up = one / three;
  double inside = 0;
  {
    const FpMode mode;
    inside = one / three;
  }
  const double after = one / three;
  EXPECT_EQ(std::fegetround(), FE_UPWARD);
  std::fesetround(FE_TONEAREST);
  EXPECT_EQ(inside, nearest);
  EXPECT_GT(up, nearest);
  EXPECT_EQ(after, up);
}

#if defined(__x86_64__)
TEST(FpMode, LeavesTheHostsFlags) {
  std::feclearexcept(FE_ALL_EXCEPT);
  {
    const FpMode mode;
    volatile double zero = 0, one = 1;
    volatile double infinite = one / zero;
    (void)infinite;
  }
  EXPECT_EQ(std::fetestexcept(FE_DIVBYZERO), 0);
}
#endif

TEST(FpMode, HoldsInEveryTask) {
  const auto exec = make_pool_executor(3);
  exec->parallel_for(50, [](int64_t, int) {
#if defined(__x86_64__) || defined(__aarch64__)
    EXPECT_EQ(halve_smallest(), 0);
#endif
  });
  EXPECT_GT(halve_smallest(), 0);
}

}  // namespace
}  // namespace fovea
