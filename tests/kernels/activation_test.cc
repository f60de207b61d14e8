// Accuracy of the activations on every target against libm in a wider type, and their derivatives.
#include "kernels/activation.h"

#include <cstdio>

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::fill;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::kLengths;
using fovea::testing::random_block;

constexpr Activation kAll[] = {Activation::linear, Activation::relu, Activation::sigmoid, Activation::tanh,
                               Activation::relu6};

template <class T>
struct Wider;
template <>
struct Wider<float> {
  using type = double;
};
template <>
struct Wider<double> {
  using type = long double;
};

template <class W>
W exact(Activation f, W x) {
  switch (f) {
    case Activation::linear:
      return x;
    case Activation::relu:
      return x > 0 ? x : W(0);
    case Activation::sigmoid:
      return x >= 0 ? 1 / (1 + std::exp(-x)) : std::exp(x) / (1 + std::exp(x));
    case Activation::tanh:
      return std::tanh(x);
    case Activation::relu6:
      return std::clamp(x, W(0), W(6));
  }
  return 0;
}

// |found - truth| in units of the last place of T at `truth`. Below the normal range: in units of the
// smallest normal number (results there are flushed to zero).
template <class T, class W>
double ulps(T found, W truth) {
  const W least = std::numeric_limits<T>::min();
  const W size = std::abs(truth);
  if (size < least) return static_cast<double>(std::abs(W(found) - truth) / least);
  int exponent = 0;
  (void)std::frexp(size, &exponent);
  return static_cast<double>(std::abs(W(found) - truth) /
                             std::ldexp(W(1), exponent - std::numeric_limits<T>::digits));
}

// Points over the whole range of T: both signs, every binary order, and densely where the functions bend.
template <class T>
std::vector<T> points() {
  std::vector<T> p;
  std::mt19937_64 random(7);
  const int lowest = std::numeric_limits<T>::min_exponent, highest = std::numeric_limits<T>::max_exponent;
  for (int e = lowest; e < highest; ++e)
    for (int i = 0; i < (sizeof(T) == 4 ? 400 : 60); ++i) {
      const T v = std::ldexp(static_cast<T>(fovea::testing::draw(random, 1, 2)), e - 1);
      p.push_back(i % 2 == 0 ? v : -v);
    }
  for (int i = 0; i < 300000; ++i) p.push_back(static_cast<T>(fovea::testing::draw(random, -110, 110)));
  for (int i = 0; i < 300000; ++i) p.push_back(static_cast<T>(fovea::testing::draw(random, -4, 4)));
  return p;
}

// The table of lib/kernels/README.md.
template <class T>
double promised_ulps(Activation f) {
  switch (f) {
    case Activation::sigmoid:
      return 2.5;
    case Activation::tanh:
      return 4;
    default:
      return 0;
  }
}

template <class T>
void check_accuracy() {
  using W = typename Wider<T>::type;
  const std::vector<T> x = points<T>();
  for (Activation f : kAll) {
    std::vector<W> truth;
    for (T v : x) truth.push_back(exact<W>(f, W(v)));
    for_each_target([&] {
      std::vector<T> y(x.size());
      activate(f, static_cast<int64_t>(x.size()), x.data(), y.data());
      double worst = 0;
      size_t where = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double error = ulps(y[i], truth[i]);
        if (!(error <= worst)) worst = error, where = i;
      }
      EXPECT_LE(worst, promised_ulps<T>(f))
          << kActivationNames[static_cast<int>(f)] << "(" << x[where] << ") = " << y[where] << ", expected "
          << static_cast<double>(truth[where]);
      ::testing::Test::RecordProperty(std::string(kActivationNames[static_cast<int>(f)]) + "_ulp_x1000",
                                      static_cast<int>(worst * 1000));
      if (std::getenv("FOVEA_PRINT_ACCURACY") != nullptr)
        std::printf("%s f%zu: %.3f ulp at %.9g\n", kActivationNames[static_cast<int>(f)], 8 * sizeof(T),
                    worst, static_cast<double>(x[where]));
    });
  }
}
TEST(Activation, AccuracyF32) {
  check_accuracy<float>();
}
TEST(Activation, AccuracyF64) {
  check_accuracy<double>();
}

template <class T>
void check_special_values() {
  const T inf = std::numeric_limits<T>::infinity(), nan = std::numeric_limits<T>::quiet_NaN();
  const T large = std::numeric_limits<T>::max();
  const std::vector<T> x{inf, -inf, large, -large, 0, nan, T(-0.0)};
  for_each_target([&] {
    std::vector<T> y(x.size());
    const int64_t n = static_cast<int64_t>(x.size());
    activate(Activation::sigmoid, n, x.data(), y.data());
    EXPECT_EQ(y[0], 1);
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[2], 1);
    EXPECT_EQ(y[3], 0);
    EXPECT_EQ(y[4], T(0.5));
    EXPECT_TRUE(std::isnan(y[5]));
    activate(Activation::tanh, n, x.data(), y.data());
    EXPECT_EQ(y[0], 1);
    EXPECT_EQ(y[1], -1);
    EXPECT_EQ(y[2], 1);
    EXPECT_EQ(y[3], -1);
    EXPECT_EQ(y[4], 0);
    EXPECT_TRUE(std::isnan(y[5]));
    activate(Activation::relu, n, x.data(), y.data());
    EXPECT_EQ(y[0], inf);
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[4], 0);
    EXPECT_TRUE(std::isnan(y[5]));
    activate(Activation::relu6, n, x.data(), y.data());
    EXPECT_EQ(y[0], 6);
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[2], 6);
    EXPECT_EQ(y[4], 0);
    EXPECT_TRUE(std::isnan(y[5]));
    activate(Activation::linear, n, x.data(), y.data());
    EXPECT_EQ(y[2], large);
    EXPECT_TRUE(std::isnan(y[5]));
  });
}
TEST(Activation, SpecialValues) {
  check_special_values<float>();
  check_special_values<double>();
}

// A1: 1 / (1 + exp(-x)) and its slope at -10, 0, 10.
TEST(Activation, A1Sigmoid) {
  for_each_target([] {
    const double x[] = {-10, 0, 10};
    double y[3], one[3] = {1, 1, 1}, slope[3];
    activate(Activation::sigmoid, 3, x, y);
    activate_backward(Activation::sigmoid, 3, y, one, slope);
    EXPECT_NEAR(y[0], 4.5398e-05, 5e-10);
    EXPECT_EQ(y[1], 0.5);
    EXPECT_NEAR(y[2], 0.9999546, 5e-8);
    EXPECT_NEAR(slope[0], 4.5396e-05, 5e-10);
    EXPECT_EQ(slope[1], 0.25);
    EXPECT_NEAR(slope[2], 4.5396e-05, 5e-10);
  });
}

// A2: tanh(x) = 2 sigmoid(2x) - 1, within 2 ulp of 1, over a million points.
template <class T>
void check_tanh_identity() {
  std::mt19937_64 random(3);
  const auto x = random_block<T>(1000000, random, -10, 10);
  const int64_t n = static_cast<int64_t>(x.size());
  std::vector<T> doubled(x.begin(), x.end()), sigmoid(x.size()), tanh(x.size());
  for (T& v : doubled) v *= 2;
  for_each_target([&] {
    activate(Activation::sigmoid, n, doubled.data(), sigmoid.data());
    activate(Activation::tanh, n, x.data(), tanh.data());
    T worst = 0;
    for (size_t i = 0; i < x.size(); ++i) worst = std::max(worst, std::abs(2 * sigmoid[i] - 1 - tanh[i]));
    EXPECT_LE(worst, 2 * std::numeric_limits<T>::epsilon());
  });
}
TEST(Activation, A2Tanh) {
  check_tanh_identity<float>();
  check_tanh_identity<double>();
}

// A3: value and gradient, which is 0 for x < 0.
TEST(Activation, A3Relu) {
  for_each_target([] {
    const float x[] = {-10, -1e-30f, 0, 1e-30f, 10};
    float y[5], dy[5] = {1, 2, 3, 4, 5}, dx[5];
    activate(Activation::relu, 5, x, y);
    activate_backward(Activation::relu, 5, y, dy, dx);
    const float expected_y[] = {0, 0, 0, 1e-30f, 10}, expected_dx[] = {0, 0, 0, 4, 5};
    for (int i = 0; i < 5; ++i) {
      EXPECT_EQ(y[i], expected_y[i]);
      EXPECT_EQ(dx[i], expected_dx[i]);
    }
  });
}

// relu6 passes a gradient strictly between its bounds only.
TEST(Activation, Relu6) {
  for_each_target([] {
    const float x[] = {-1, 0, 1e-30f, 5.5f, 6, 7};
    float y[6], dy[6] = {1, 2, 3, 4, 5, 6}, dx[6];
    activate(Activation::relu6, 6, x, y);
    activate_backward(Activation::relu6, 6, y, dy, dx);
    const float expected_y[] = {0, 0, 1e-30f, 5.5f, 6, 6}, expected_dx[] = {0, 0, 3, 4, 0, 0};
    for (int i = 0; i < 6; ++i) {
      EXPECT_EQ(y[i], expected_y[i]);
      EXPECT_EQ(dx[i], expected_dx[i]);
    }
  });
}

template <class T>
void check_lengths_and_places() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (Activation f : kAll)
      for (int64_t n : kLengths) {
        const auto x = random_block<T>(n, random, -8, 8), dy = random_block<T>(n, random);
        Guarded<T> y(x.size()), dx(x.size()), in_place(x.size()), one(1);
        activate(f, n, x.data(), y.data());
        activate_backward(f, n, y.data(), dy.data(), dx.data());
        in_place.assign(x.values());
        activate(f, n, in_place.data(), in_place.data());
        EXPECT_EQ(in_place.values(), y.values());
        in_place.assign(dy.values());
        activate_backward(f, n, y.data(), in_place.data(), in_place.data());
        EXPECT_EQ(in_place.values(), dx.values());
        EXPECT_TRUE(y.intact() && dx.intact() && in_place.intact());
        for (size_t i = 0; i < x.size(); ++i) {
          activate(f, 1, &x[i], one.data());  // a value's result does not depend on its place
          EXPECT_EQ(one[0], y[i]);
          const double v = y[i];
          const double slope = f == Activation::relu      ? (v > 0 ? 1 : 0)
                               : f == Activation::relu6   ? (v > 0 && v < 6 ? 1 : 0)
                               : f == Activation::sigmoid ? v * (1 - v)
                               : f == Activation::tanh    ? 1 - v * v
                                                          : 1;
          EXPECT_NEAR(dx[i], slope * dy[i], 4 * std::numeric_limits<T>::epsilon());
        }
      }
  });
}
TEST(Activation, LengthsAndPlaces) {
  check_lengths_and_places<float>();
  check_lengths_and_places<double>();
}

}  // namespace
}  // namespace fovea::kernels
