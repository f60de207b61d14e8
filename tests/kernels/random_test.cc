// Random numbers in bulk against one draw at a time, on every target, and whatever the piece.
#include "kernels/random.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::kLengths;

const RandomKey kKey{0x123456789ABCDEF0u, 17, 5, Purpose::init};
constexpr uint32_t kSample = 4000000000u;

template <class T>
void check_uniform(double resolution) {
  for_each_target([&] {
    for (int64_t n : kLengths) {
      Guarded<T> y(static_cast<size_t>(n));
      random_uniform(kKey, kSample, 77, n, -2, 6, y.data());
      EXPECT_TRUE(y.intact());
      for (int64_t i = 0; i < n; ++i) {
        const auto word = kKey.draw(kSample, 77 + static_cast<uint32_t>(i / 4))[static_cast<size_t>(i % 4)];
        const double expected = -2 + 8 * (static_cast<double>(word) * 0x1p-32);
        ASSERT_NEAR(static_cast<double>(y[static_cast<size_t>(i)]), expected, resolution) << i;
      }
    }
  });
}
TEST(RandomKernel, Uniform) {
  check_uniform<float>(1.5e-6);
  check_uniform<double>(1e-8);
}

template <class T>
void check_normal(double tolerance) {
  for_each_target([&] {
    for (int64_t n : kLengths) {
      Guarded<T> y(static_cast<size_t>(n));
      random_normal(kKey, kSample, 77, n, 10, 3, y.data());
      EXPECT_TRUE(y.intact());
      for (int64_t i = 0; i < n; ++i) {
        const auto r = kKey.draw(kSample, 77 + static_cast<uint32_t>(i / 4));
        const auto z = i % 4 < 2 ? normal2(r[0], r[1]) : normal2(r[2], r[3]);
        ASSERT_NEAR(static_cast<double>(y[static_cast<size_t>(i)]), 10 + 3 * z[static_cast<size_t>(i % 2)],
                    tolerance)
            << i;
      }
    }
  });
}
TEST(RandomKernel, Normal) {
  check_normal<float>(1e-5);
  check_normal<double>(2e-6);  // half a unit of the word stands in place of one
}

// Mean, deviation, and how many lie beyond 3 deviations: 0.27 % of them.
TEST(RandomKernel, NormalDistribution) {
  constexpr int64_t kCount = 1 << 20;
  std::vector<float> y(kCount);
  random_normal(kKey, 1, 0, kCount, 0, 1, y.data());
  double sum = 0, squares = 0;
  int64_t far = 0;
  for (float v : y) {
    sum += static_cast<double>(v);
    squares += static_cast<double>(v) * static_cast<double>(v);
    far += std::abs(v) > 3 ? 1 : 0;
  }
  EXPECT_NEAR(sum / kCount, 0, 5e-3);
  EXPECT_NEAR(std::sqrt(squares / kCount), 1, 3e-3);
  EXPECT_NEAR(static_cast<double>(far) / kCount, 0.0027, 3e-4);
}

// What a task computes is what a larger one would have.
TEST(RandomKernel, PiecesAreParts) {
  std::vector<double> whole(5000), piece(1000);
  random_normal(kKey, 3, 0, 5000, 0, 1, whole.data());
  random_normal(kKey, 3, 1000, 1000, 0, 1, piece.data());
  EXPECT_TRUE(std::equal(piece.begin(), piece.end(), whole.begin() + 4000));
}

}  // namespace
}  // namespace fovea::kernels
