// Shapes and their limits.
#include "base/shape.h"

#include <gtest/gtest.h>

#include <limits>
#include <vector>

#include "base/error.h"

namespace fovea {
namespace {

TEST(Shape, Basics) {
  const Shape s{28, 28, 3};
  EXPECT_EQ(s.rank(), 3);
  EXPECT_EQ(s[2], 3);
  EXPECT_EQ(s.elements(), 28 * 28 * 3);
  EXPECT_EQ(s.text(), "28x28x3");
  EXPECT_EQ(Shape().text(), "scalar");
  EXPECT_EQ(Shape().elements(), 1);
  EXPECT_EQ((Shape{4, 0, 2}).elements(), 0);
  EXPECT_TRUE(s == (Shape{28, 28, 3}));
  EXPECT_FALSE(s == (Shape{28, 28}));
  EXPECT_FALSE(s == (Shape{28, 28, 4}));
}

TEST(Shape, Overflow) {
  constexpr int64_t kLargest = std::numeric_limits<int64_t>::max();
  EXPECT_EQ(checked_mul(kMaxElements, 1), kMaxElements);
  EXPECT_THROW((void)checked_mul(kMaxElements, 2), Error);
  EXPECT_THROW((void)checked_mul(kLargest, kLargest), Error);
  EXPECT_THROW((void)checked_mul(int64_t{1} << 32, int64_t{1} << 32), Error);  // 0 if it wrapped
  EXPECT_THROW((void)checked_mul(-1, 1), Error);
  EXPECT_THROW((void)(Shape{int64_t{1} << 40, int64_t{1} << 40}).elements(), Error);
  EXPECT_THROW((Shape{3, -1}), Error);
  EXPECT_THROW(Shape(std::vector<int64_t>(9, 1)), Error);
  EXPECT_EQ(Shape(std::vector<int64_t>(8, 2)).elements(), 256);
}

}  // namespace
}  // namespace fovea
