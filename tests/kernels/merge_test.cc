// Kernels of layers with several inputs against plain loops, on every target.
#include "kernels/merge.h"

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
      if (n > 2) a[0] = b[0], a[1] = std::numeric_limits<T>::quiet_NaN(), b[2] = a[1];
      Guarded<T> y(a.size());
      const auto same = [](T found, T wanted) {
        return found == wanted || (std::isnan(found) && std::isnan(wanted));
      };
      subtract(n, a.data(), b.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(same(y[i], a[i] - b[i]));
      multiply(n, a.data(), b.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_TRUE(same(y[i], a[i] * b[i]));
      y.assign(std::vector<T>(a.size(), T(0.5)));
      multiply_add(n, a.data(), b.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i) {
        if (std::isnan(a[i] * b[i])) continue;
        EXPECT_NEAR(y[i], T(0.5) + a[i] * b[i], 2 * std::numeric_limits<T>::epsilon());
      }

      maximum(n, a.data(), b.data(), y.data());
      for (size_t i = 0; i < a.size(); ++i)
        EXPECT_TRUE(same(y[i], std::isnan(a[i]) || a[i] >= b[i] ? a[i] : b[i]));
      auto dy = random_block<T>(n, random), da = random_block<T>(n, random);
      const std::vector<T> g = dy.values(), before = da.values();
      maximum_backward(n, y.data(), a.data(), dy.data(), true, da.data());
      for (size_t i = 0; i < a.size(); ++i) {
        EXPECT_EQ(da[i], before[i] + (y[i] == a[i] ? g[i] : T(0)));
        EXPECT_EQ(dy[i], y[i] == a[i] ? T(0) : g[i]);
      }
      maximum_backward(n, y.data(), b.data(), dy.data(), false, da.data());
      for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(da[i], y[i] == b[i] && y[i] != a[i] ? g[i] : T(0));
      dy.assign(g);
      maximum_backward(n, y.data(), b.data(), dy.data(), false, nullptr);
      for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(dy[i], y[i] == b[i] ? T(0) : g[i]);
      EXPECT_TRUE(y.intact() && dy.intact() && da.intact());
    }
  });
}
TEST(Merge, Flat) {
  check_flat<float>();
  check_flat<double>();
}

template <class T>
void check_channels() {
  std::mt19937_64 random(2);
  for_each_target([&] {
    for (int64_t channels : {1, 2, 3, 6, 16, 20, 63, 64, 65, 1024, 1500})
      for (int64_t rows : {1, 2, 7, 300}) {
        const auto a = random_block<T>(rows * channels, random), b = random_block<T>(rows * channels, random);
        const auto s = random_block<T>(channels, random);
        Guarded<T> y(a.size()), sums(s.size());
        multiply_channels(rows, channels, a.data(), s.data(), false, y.data());
        std::vector<double> wanted(s.size());
        const size_t width = s.size();
        for (size_t i = 0; i < a.size(); ++i) {
          EXPECT_EQ(y[i], a[i] * s[i % width]);
          wanted[i % width] += static_cast<double>(a[i]) * static_cast<double>(b[i]);
        }
        multiply_channels(rows, channels, a.data(), s.data(), true, y.data());
        for (size_t i = 0; i < a.size(); ++i) EXPECT_EQ(y[i], a[i] * s[i % width] + a[i] * s[i % width]);
        column_dots(rows, channels, a.data(), b.data(), sums.data());
        EXPECT_TRUE(close(sums, wanted, 16, 1)) << rows << "x" << channels;
        EXPECT_TRUE(y.intact() && sums.intact());
      }
  });
}
TEST(Merge, Channels) {
  check_channels<float>();
  check_channels<double>();
}

}  // namespace
}  // namespace fovea::kernels
