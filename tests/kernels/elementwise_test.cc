// Element-wise kernels, column sums and per-channel maps against plain loops, on every target.
#include "kernels/elementwise.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::kLengths;
using fovea::testing::random_block;

template <class T>
void check_flat() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t n : kLengths) {
      const auto a = random_block<T>(n, random), b = random_block<T>(n, random);
      Guarded<T> y(a.size());
      add(n, a.data(), b.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(y[i], a[i] + b[i]);
      y.assign(b.values());
      accumulate(n, a.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(y[i], b[i] + a[i]);
      y.assign(b.values());
      add_scaled(n, 0.5, a.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(y[i], b[i] + T(0.5) * a[i]);
      scale(n, -3.0, a.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(y[i], T(-3) * a[i]);
      EXPECT_TRUE(y.intact());
      double squares = 0;
      for (T v : a) squares += static_cast<double>(v) * static_cast<double>(v);
      EXPECT_NEAR(sum_of_squares(n, a.data()), squares, 1e-12 * (squares + 1));
    }
  });
}
TEST(Elementwise, Flat) {
  check_flat<float>();
  check_flat<double>();
}

TEST(Elementwise, SumOfSquaresIsSummedInDouble) {
  const std::vector<float> x(1 << 20, 1e-3f);  // in float the sum would stop growing
  for_each_target([&] {
    const double exact =
        static_cast<double>(x[0]) * static_cast<double>(x[0]) * static_cast<double>(x.size());
    EXPECT_NEAR(sum_of_squares(static_cast<int64_t>(x.size()), x.data()) / exact, 1, 1e-10);
  });
}

template <class T>
void check_column_sums() {
  std::mt19937_64 random(2);
  for_each_target([&] {
    for (int64_t cols : {1, 2, 3, 5, 6, 10, 16, 20, 63, 64, 65, 100, 1024, 1500})
      for (int64_t rows : {1, 2, 7, 300})
        for (int64_t gap : {0, 3}) {
          const int64_t ld = cols + gap;
          const auto x = random_block<T>((rows - 1) * ld + cols, random);
          Guarded<T> y(static_cast<size_t>(cols));
          std::vector<double> expected(static_cast<size_t>(cols));
          for (int64_t r = 0; r < rows; ++r)
            for (int64_t c = 0; c < cols; ++c)
              expected[static_cast<size_t>(c)] += static_cast<double>(x[static_cast<size_t>(r * ld + c)]);
          bias_gradient(rows, cols, x.data(), ld, y.data());
          EXPECT_TRUE(close(y, expected, 40, 1)) << rows << "x" << cols << " ld " << ld;
          for (double& v : expected) v *= 0.25;
          column_sums(rows, cols, x.data(), ld, 0.25, y.data());
          EXPECT_TRUE(close(y, expected, 40, 1)) << rows << "x" << cols << " ld " << ld;
          EXPECT_TRUE(y.intact());
        }
  });
}
TEST(Elementwise, ColumnSums) {
  check_column_sums<float>();
  check_column_sums<double>();
}

// A million equal values: the plain float sum would be off by a percent.
TEST(Elementwise, ColumnSumsOfManyRows) {
  const std::vector<float> x(1 << 21, 0.1f);
  for_each_target([&] {
    for (int64_t cols : {2, 128}) {
      std::vector<float> y(static_cast<size_t>(cols));
      const int64_t rows = static_cast<int64_t>(x.size()) / cols;
      column_sums(rows, cols, x.data(), cols, 1.0 / static_cast<double>(rows), y.data());
      for (float v : y) EXPECT_NEAR(v, 0.1f, 1e-6f);
    }
  });
}

template <class T>
void check_channels() {
  std::mt19937_64 random(3);
  for_each_target([&] {
    for (int64_t channels : {1, 2, 3, 4, 6, 16, 17, 48, 63, 64, 100})
      for (int64_t rows : {1, 2, 33, 257}) {
        const auto x = random_block<T>(rows * channels, random);
        const auto scales = random_block<T>(channels, random), shifts = random_block<T>(channels, random);
        Guarded<uint8_t> bytes(x.size());
        for (uint8_t& b : bytes) b = static_cast<uint8_t>(random());
        Guarded<T> y(x.size()), z(x.size());
        affine_channels(rows, channels, x.data(), scales.data(), shifts.data(), y.data());
        convert_u8(rows, channels, bytes.data(), scales.data(), shifts.data(), z.data());
        std::vector<double> expected_y(x.size()), expected_z(x.size());
        for (size_t i = 0; i < x.size(); ++i) {
          const size_t c = i % static_cast<size_t>(channels);
          expected_y[i] =
              static_cast<double>(x[i]) * static_cast<double>(scales[c]) + static_cast<double>(shifts[c]);
          expected_z[i] = bytes[i] * static_cast<double>(scales[c]) + static_cast<double>(shifts[c]);
        }
        EXPECT_TRUE(close(y, expected_y, 1, 1));
        EXPECT_TRUE(close(z, expected_z, 1, 1));
        EXPECT_TRUE(y.intact() && z.intact());
      }
  });
}
TEST(Elementwise, Channels) {
  check_channels<float>();
  check_channels<double>();
}

}  // namespace
}  // namespace fovea::kernels
