// Batch norm kernels against plain loops, on every target.
#include "kernels/norm.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

struct Case {
  int64_t rows, channels;
};
const Case kCases[] = {{1, 1},   {1, 7},   {2, 3},   {100, 1},  {50, 6},  {333, 16},
                       {70, 20}, {40, 63}, {33, 64}, {19, 100}, {3, 2049}};

// Mean and sum of squared deviations in long double.
template <class T>
void plain_statistics(const Case& k, const T* x, std::vector<double>& mean, std::vector<double>& m2) {
  for (int64_t c = 0; c < k.channels; ++c) {
    long double sum = 0, squares = 0;
    for (int64_t r = 0; r < k.rows; ++r) sum += static_cast<long double>(x[r * k.channels + c]);
    const long double m = sum / static_cast<long double>(k.rows);
    for (int64_t r = 0; r < k.rows; ++r) {
      const long double e = static_cast<long double>(x[r * k.channels + c]) - m;
      squares += e * e;
    }
    mean.push_back(static_cast<double>(m));
    m2.push_back(static_cast<double>(squares));
  }
}

template <class T>
void check_statistics() {
  std::mt19937_64 random(1);
  const double unit = static_cast<double>(std::numeric_limits<T>::epsilon());
  for_each_target([&] {
    for (const Case& k : kCases) {
      const auto x = random_block<T>(k.rows * k.channels, random, -1, 3);
      Guarded<T> scratch(static_cast<size_t>(norm_scratch(k.channels)));
      Guarded<double> mean(static_cast<size_t>(k.channels)), m2(mean.size());
      norm_statistics(k.rows, k.channels, x.data(), scratch.data(), mean.data(), m2.data());
      EXPECT_TRUE(scratch.intact() && mean.intact() && m2.intact());
      std::vector<double> expected_mean, expected_m2;
      plain_statistics(k, x.data(), expected_mean, expected_m2);
      for (size_t c = 0; c < mean.size(); ++c) {
        EXPECT_NEAR(mean[c], expected_mean[c], 4 * unit) << c;
        EXPECT_NEAR(m2[c], expected_m2[c], 8 * unit * (1 + expected_m2[c])) << c;
      }
    }
  });
}
TEST(Norm, Statistics) {
  check_statistics<float>();
  check_statistics<double>();
}

// A mean 10^4 times the deviation, in float, over many blocks; one pass of sums of squares would give noise.
TEST(Norm, StatisticsFarFromZero) {
  std::mt19937_64 random(2);
  const Case k{40000, 3};
  std::vector<float> x(static_cast<size_t>(k.rows * k.channels));
  for (float& v : x) v = static_cast<float>(10000 + fovea::testing::draw(random));
  std::vector<double> expected_mean, expected_m2;
  plain_statistics(k, x.data(), expected_mean, expected_m2);
  for_each_target([&] {
    std::vector<float> scratch(static_cast<size_t>(norm_scratch(k.channels)));
    double mean[3], m2[3];
    norm_statistics(k.rows, k.channels, x.data(), scratch.data(), mean, m2);
    for (size_t c = 0; c < 3; ++c) {
      EXPECT_NEAR(mean[c], expected_mean[c], 1e-6);
      EXPECT_NEAR(m2[c] / expected_m2[c], 1, 1e-6);
    }
  });
}

TEST(Norm, Combine) {
  std::mt19937_64 random(3);
  const Case whole{60, 5};
  const auto x = random_block<double>(300, random);
  std::vector<double> expected_mean, expected_m2, mean, m2, other_mean, other_m2;
  plain_statistics(whole, x.data(), expected_mean, expected_m2);
  plain_statistics({13, 5}, x.data(), mean, m2);
  plain_statistics({47, 5}, x.data() + 65, other_mean, other_m2);
  int64_t rows = 13;
  norm_combine(5, &rows, mean.data(), m2.data(), 47, other_mean.data(), other_m2.data());
  EXPECT_EQ(rows, 60);
  EXPECT_TRUE(close(mean, expected_mean, 8));
  EXPECT_TRUE(close(m2, expected_m2, 8));
}

template <class T>
void check_maps() {
  std::mt19937_64 random(4);
  for_each_target([&] {
    for (const Case& k : kCases) {
      const int64_t n = k.rows * k.channels;
      const auto x = random_block<T>(n, random), dy = random_block<T>(n, random);
      const auto mean = random_block<T>(k.channels, random), scale = random_block<T>(k.channels, random),
                 shift = random_block<T>(k.channels, random), slope = random_block<T>(k.channels, random),
                 offset = random_block<T>(k.channels, random);
      const NormMap<T> map{mean.data(), scale.data(), shift.data()};
      for (Activation f :
           {Activation::linear, Activation::relu, Activation::sigmoid, Activation::tanh, Activation::relu6}) {
        Guarded<T> y(x.size());
        normalize(k.rows, k.channels, x.data(), map, f, y.data());
        std::vector<double> expected(x.size());
        for (size_t i = 0; i < x.size(); ++i) {
          const size_t c = i % static_cast<size_t>(k.channels);
          const double z =
              (static_cast<double>(x[i]) - static_cast<double>(mean[c])) * static_cast<double>(scale[c]) +
              static_cast<double>(shift[c]);
          expected[i] = f == Activation::linear  ? z
                        : f == Activation::relu  ? std::max(z, 0.0)
                        : f == Activation::tanh  ? std::tanh(z)
                        : f == Activation::relu6 ? std::clamp(z, 0.0, 6.0)
                                                 : 1 / (1 + std::exp(-z));
        }
        EXPECT_TRUE(close(y, expected, 8, 1));
        EXPECT_TRUE(y.intact());
      }
      for (Activation f : {Activation::linear, Activation::relu, Activation::relu6}) {
        Guarded<T> y(x.size()), dx(x.size()), scratch(static_cast<size_t>(norm_scratch(k.channels)));
        normalize(k.rows, k.channels, x.data(), map, f, y.data());
        Guarded<double> sum_dy(mean.size()), sum_dyx(mean.size());
        norm_reduce(k.rows, k.channels, x.data(), dy.data(), map, f, scratch.data(), sum_dy.data(),
                    sum_dyx.data());
        norm_backward(k.rows, k.channels, x.data(), dy.data(), map, {slope.data(), offset.data()}, f, false,
                      dx.data());
        std::vector<double> expected_dy(mean.size()), expected_dyx(mean.size()), expected_dx(x.size());
        for (size_t i = 0; i < x.size(); ++i) {
          const size_t c = i % static_cast<size_t>(k.channels);
          const bool outside =
              (f != Activation::linear && y[i] <= 0) || (f == Activation::relu6 && y[i] >= 6);
          const double g = outside ? 0 : static_cast<double>(dy[i]);
          const double e = static_cast<double>(x[i]) - static_cast<double>(mean[c]);
          expected_dy[c] += g;
          expected_dyx[c] += g * e;
          expected_dx[i] = static_cast<double>(scale[c]) * g + static_cast<double>(slope[c]) * e +
                           static_cast<double>(offset[c]);
        }
        const double unit = static_cast<double>(std::numeric_limits<T>::epsilon()) * 16 *
                            std::sqrt(static_cast<double>(k.rows));
        for (size_t c = 0; c < mean.size(); ++c) {
          EXPECT_NEAR(sum_dy[c], expected_dy[c], unit);
          EXPECT_NEAR(sum_dyx[c], expected_dyx[c], unit);
        }
        EXPECT_TRUE(close(dx, expected_dx, 8, 1));
        EXPECT_TRUE(dx.intact() && scratch.intact() && sum_dy.intact() && sum_dyx.intact());
        const auto plain = dx.values();
        for (T& v : dx) v = 1;
        norm_backward(k.rows, k.channels, x.data(), dy.data(), map, {slope.data(), offset.data()}, f, true,
                      dx.data());
        for (double& v : expected_dx) v += 1;
        EXPECT_TRUE(close(dx, expected_dx, 8, 1));
        dx.assign(dy.values());
        norm_backward(k.rows, k.channels, x.data(), dx.data(), map, {slope.data(), offset.data()}, f, false,
                      dx.data());
        EXPECT_EQ(dx.values(), plain);
      }
    }
  });
}
TEST(Norm, Maps) {
  check_maps<float>();
  check_maps<double>();
}

}  // namespace
}  // namespace fovea::kernels
