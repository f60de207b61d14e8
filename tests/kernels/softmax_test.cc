// Softmax kernels against plain loops, on every target.
#include "kernels/softmax.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

template <class T>
void check_reference() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t cols : {1, 2, 3, 7, 8, 10, 16, 17, 33, 100, 1000}) {
      const int64_t rows = 5;
      const auto x = random_block<T>(rows * cols, random, -8, 8), dy = random_block<T>(rows * cols, random);
      Guarded<T> y(x.size()), dx(x.size()), in_place(x.size());
      std::vector<double> expected_y(x.size()), expected_dx(x.size());
      for (int64_t r = 0; r < rows; ++r) {
        double sum = 0, dot = 0;
        for (int64_t c = 0; c < cols; ++c)
          sum += std::exp(static_cast<double>(x[static_cast<size_t>(r * cols + c)]));
        for (int64_t c = 0; c < cols; ++c) {
          const size_t i = static_cast<size_t>(r * cols + c);
          expected_y[i] = std::exp(static_cast<double>(x[i])) / sum;
          dot += expected_y[i] * static_cast<double>(dy[i]);
        }
        for (int64_t c = 0; c < cols; ++c) {
          const size_t i = static_cast<size_t>(r * cols + c);
          expected_dx[i] = expected_y[i] * (static_cast<double>(dy[i]) - dot);
        }
      }
      softmax(rows, cols, x.data(), y.data());
      softmax_backward(rows, cols, y.data(), dy.data(), false, dx.data());
      // The sum is rounded once for each vector of the row; the plain target's vectors hold one value.
      EXPECT_TRUE(close(y, expected_y, 8 + static_cast<double>(cols) / 50));
      EXPECT_TRUE(close(dx, expected_dx, 16, 1));
      in_place.assign(x.values());
      softmax(rows, cols, in_place.data(), in_place.data());
      EXPECT_EQ(in_place.values(), y.values());
      in_place.assign(dy.values());
      softmax_backward(rows, cols, y.data(), in_place.data(), false, in_place.data());
      EXPECT_EQ(in_place.values(), dx.values());
      for (T& v : in_place) v = 1;
      softmax_backward(rows, cols, y.data(), dy.data(), true, in_place.data());
      for (double& v : expected_dx) v += 1;
      EXPECT_TRUE(close(in_place, expected_dx, 16, 1));
      EXPECT_TRUE(y.intact() && dx.intact() && in_place.intact());
    }
  });
}
TEST(SoftmaxKernel, Reference) {
  check_reference<float>();
  check_reference<double>();
}

template <class T>
void check_logarithm() {
  std::mt19937_64 random(2);
  for_each_target([&] {
    for (int64_t cols : {1, 2, 3, 7, 16, 17, 100, 1000}) {
      const int64_t rows = 5;
      const auto x = random_block<T>(rows * cols, random, -8, 8), dy = random_block<T>(rows * cols, random);
      Guarded<T> y(x.size()), dx(x.size()), in_place(x.size());
      std::vector<double> expected_y(x.size()), expected_dx(x.size());
      for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
        const size_t begin = r * static_cast<size_t>(cols), end = begin + static_cast<size_t>(cols);
        double sum = 0, total = 0;
        for (size_t i = begin; i < end; ++i) sum += std::exp(static_cast<double>(x[i]));
        for (size_t i = begin; i < end; ++i) total += static_cast<double>(dy[i]);
        for (size_t i = begin; i < end; ++i) {
          expected_y[i] = static_cast<double>(x[i]) - std::log(sum);
          expected_dx[i] = static_cast<double>(dy[i]) - std::exp(expected_y[i]) * total;
        }
      }
      log_softmax(rows, cols, x.data(), y.data());
      log_softmax_backward(rows, cols, y.data(), dy.data(), false, dx.data());
      EXPECT_TRUE(close(y, expected_y, 8, 1));
      EXPECT_TRUE(close(dx, expected_dx, 64, 1));
      in_place.assign(x.values());
      log_softmax(rows, cols, in_place.data(), in_place.data());
      EXPECT_EQ(in_place.values(), y.values());
      in_place.assign(dy.values());
      log_softmax_backward(rows, cols, y.data(), in_place.data(), false, in_place.data());
      EXPECT_EQ(in_place.values(), dx.values());
      for (T& v : in_place) v = 1;
      log_softmax_backward(rows, cols, y.data(), dy.data(), true, in_place.data());
      for (double& v : expected_dx) v += 1;
      EXPECT_TRUE(close(in_place, expected_dx, 64, 1));
      EXPECT_TRUE(y.intact() && dx.intact() && in_place.intact());
    }
    const T far[] = {T(1e4), T(1e4), T(-1e4)};
    T y[3];
    log_softmax(1, 3, far, y);
    EXPECT_NEAR(y[0], -std::log(2.0), 1e-7);
    EXPECT_NEAR(y[2], -2e4 - std::log(2.0), 2e-3);
  });
}
TEST(SoftmaxKernel, Logarithm) {
  check_logarithm<float>();
  check_logarithm<double>();
}

// L16: sums to 1, stable at logits of 1e4.
template <class T>
void check_extremes() {
  for_each_target([] {
    const T x[] = {T(1e4), T(-1e4), 0, T(1e4), -std::numeric_limits<T>::infinity()};
    T y[5];
    softmax(1, 5, x, y);
    EXPECT_EQ(y[0], T(0.5));
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[2], 0);
    EXPECT_EQ(y[3], T(0.5));
    EXPECT_EQ(y[4], 0);
    const T bad[] = {0, std::numeric_limits<T>::quiet_NaN(), 1};
    softmax(1, 3, bad, y);
    for (int i = 0; i < 3; ++i) EXPECT_TRUE(std::isnan(y[i]));
  });
}
TEST(SoftmaxKernel, L16Extremes) {
  check_extremes<float>();
  check_extremes<double>();
}

}  // namespace
}  // namespace fovea::kernels
