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

std::vector<Activation> all_activations() {
  std::vector<Activation> all;
  for (size_t i = 0; i < std::size(kActivationNames); ++i) all.push_back(static_cast<Activation>(i));
  return all;
}
const char* name_of(Activation f) {
  return kActivationNames[static_cast<size_t>(f)];
}

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

// erfc(-x / sqrt(2)) / 2, with what the quotient lost in rounding, which the tail multiplies by x^2.
template <class W>
W normal_distribution(W x) {
  constexpr W kRoot = W(1.41421356237309504880168872420969807857L);
  const W t = -x / kRoot;
  W lost = std::fma(t, kRoot, x);
  if (sizeof(W) == 8) lost += t * W(-9.66729331345291345105574e-17);  // what kRoot lacks
  if (!std::isfinite(lost)) lost = 0;
  return (std::erfc(t) + W(1.12837916709551257389615890312154517168L) * std::exp(-t * t) * lost / kRoot) / 2;
}

// `p` is the parameter where f has one.
template <class W>
W exact(Activation f, W x, W p) {
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
    case Activation::leaky_relu:
      return x > 0 ? x : p * x;
    case Activation::elu:
      return x > 0 ? x : p * std::expm1(x);
    case Activation::selu:
      return W(1.0507009873554804934193349852946L) *
             (x > 0 ? x : W(1.6732632423543772848170429916717L) * std::expm1(x));
    case Activation::celu:
      return x > 0 ? x : p * std::expm1(x / p);
    case Activation::gelu:
      return x == 0 ? x : x * normal_distribution(x);
    case Activation::gelu_tanh: {
      const W z = W(1.59576912160573071175978423973752747390L) * x * (1 + W(0.044715L) * x * x);
      return x < 0 ? x * (std::exp(z) / (1 + std::exp(z))) : x / (1 + std::exp(-z));
    }
    case Activation::swish:
      return x < 0 ? x * (std::exp(p * x) / (1 + std::exp(p * x))) : x / (1 + std::exp(-p * x));
    case Activation::hard_swish:
      return x * (std::clamp(x + 3, W(0), W(6)) / 6);
    case Activation::hard_sigmoid:
      return std::clamp(x + 3, W(0), W(6)) / 6;
    case Activation::mish:
      return x * std::tanh(std::log1p(std::exp(x)));
    case Activation::softplus:
      return (std::max(p * x, W(0)) + std::log1p(std::exp(-std::abs(p * x)))) / p;
  }
  return 0;
}
double exact_slope(Activation f, double x, double p) {
  const double s = 1 / (1 + std::exp(-x)), phi = std::exp(-x * x / 2) * 0.39894228040143267794;
  switch (f) {
    case Activation::linear:
      return 1;
    case Activation::relu:
      return x > 0 ? 1 : 0;
    case Activation::sigmoid:
      return s * (1 - s);
    case Activation::tanh:
      return 1 - std::tanh(x) * std::tanh(x);
    case Activation::relu6:
      return x > 0 && x < 6 ? 1 : 0;
    case Activation::leaky_relu:
      return x > 0 ? 1 : p;
    case Activation::elu:
      return x > 0 ? 1 : p * std::exp(x);
    case Activation::selu:
      return 1.0507009873554804934 * (x > 0 ? 1 : 1.6732632423543772848 * std::exp(x));
    case Activation::celu:
      return x > 0 ? 1 : std::exp(x / p);
    case Activation::gelu:
      return normal_distribution(x) + x * phi;
    case Activation::gelu_tanh: {
      const double k = 0.79788456080286535588, t = std::tanh(k * (x + 0.044715 * x * x * x));
      return 0.5 * (1 + t) + 0.5 * x * (1 - t * t) * k * (1 + 3 * 0.044715 * x * x);
    }
    case Activation::swish: {
      const double z = 1 / (1 + std::exp(-p * x));
      return z + p * x * z * (1 - z);
    }
    case Activation::hard_swish:
      return x <= -3 ? 0 : x >= 3 ? 1 : (2 * x + 3) / 6;
    case Activation::hard_sigmoid:
      return x > -3 && x < 3 ? 1.0 / 6 : 0;
    case Activation::mish: {
      const double t = std::tanh(std::log1p(std::exp(x)));
      return t + x * (1 - t * t) * s;
    }
    case Activation::softplus:
      return 1 / (1 + std::exp(-p * x));
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
    case Activation::linear:
    case Activation::relu:
    case Activation::relu6:
      return 0;
    case Activation::leaky_relu:
      return 1;
    case Activation::hard_sigmoid:
      return 1.5;
    case Activation::hard_swish:
      return 2;
    case Activation::sigmoid:
      return 2.5;
    case Activation::tanh:
    case Activation::elu:
    case Activation::celu:
    case Activation::softplus:
      return 4;
    case Activation::gelu:
    case Activation::selu:
    case Activation::swish:
      return 5;
    case Activation::mish:
      return 6;
    case Activation::gelu_tanh:
      return 8;
  }
  return 0;
}

template <class T>
void check_accuracy() {
  using W = typename Wider<T>::type;
  const std::vector<T> x = points<T>();
  for (Activation f : all_activations()) {
    std::vector<W> truth;
    for (T v : x) truth.push_back(exact<W>(f, W(v), W(static_cast<T>(default_parameter(f)))));
    for_each_target([&] {
      std::vector<T> y(x.size());
      activate(f, static_cast<int64_t>(x.size()), x.data(), y.data());
      double worst = 0;
      size_t where = 0;
      for (size_t i = 0; i < x.size(); ++i) {
        const double error = ulps(y[i], truth[i]);
        if (!(error <= worst)) worst = error, where = i;
      }
      EXPECT_LE(worst, promised_ulps<T>(f)) << name_of(f) << "(" << x[where] << ") = " << y[where]
                                            << ", expected " << static_cast<double>(truth[where]);
      ::testing::Test::RecordProperty(std::string(name_of(f)) + "_ulp_x1000", static_cast<int>(worst * 1000));
      if (std::getenv("FOVEA_PRINT_ACCURACY") != nullptr)
        std::printf("%s f%zu: %.3f ulp at %.9g\n", name_of(f), 8 * sizeof(T), worst,
                    static_cast<double>(x[where]));
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
    // What passes above, and what vanishes or settles below.
    const struct {
      Activation f;
      T lowest;
    } rectifiers[] = {{Activation::leaky_relu, -inf}, {Activation::elu, -1},
                      {Activation::celu, -1},         {Activation::selu, T(-1.7580993408473766)},
                      {Activation::gelu, 0},          {Activation::gelu_tanh, 0},
                      {Activation::swish, 0},         {Activation::hard_swish, 0},
                      {Activation::mish, 0},          {Activation::softplus, 0}};
    for (const auto& r : rectifiers) {
      SCOPED_TRACE(name_of(r.f));
      activate(r.f, n, x.data(), y.data());
      EXPECT_EQ(y[0], inf);
      if (std::isinf(r.lowest))
        EXPECT_EQ(y[1], r.lowest);
      else
        EXPECT_NEAR(y[1], r.lowest, 1e-6);
      EXPECT_GE(y[2], large);
      EXPECT_NEAR(y[3], std::isinf(r.lowest) ? T(0.01) * -large : r.lowest, 1e-6);
      EXPECT_NEAR(y[4], r.f == Activation::softplus ? std::log(2.0) : 0, 1e-7);
      EXPECT_TRUE(std::isnan(y[5]));
    }
    activate(Activation::hard_sigmoid, n, x.data(), y.data());
    EXPECT_EQ(y[0], 1);
    EXPECT_EQ(y[1], 0);
    EXPECT_EQ(y[4], T(0.5));
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

// A5: the slope below 0 is 0.01 unless it is given.
TEST(Activation, A5LeakyRelu) {
  for_each_target([] {
    const double x[] = {-10, -1, 0, 1, 10}, dy[] = {1, 2, 3, 4, 5};
    double y[5], dx[5];
    for (const double slope : {0.01, 0.1}) {
      activate(Activation::leaky_relu, slope, 5, x, y);
      activate_backward(Activation::leaky_relu, slope, 5, y, dy, dx);
      const double wanted_y[] = {-10 * slope, -slope, 0, 1, 10};
      const double wanted_dx[] = {slope, 2 * slope, 3 * slope, 4, 5};
      for (int i = 0; i < 5; ++i) {
        EXPECT_EQ(y[i], wanted_y[i]);
        EXPECT_EQ(dx[i], wanted_dx[i]);
      }
    }
    activate(Activation::leaky_relu, 5, x, y);
    EXPECT_EQ(y[0], -0.1);
  });
}

// A7: alpha (exp(x) - 1) below 0, continuous there, and with alpha = 1 so is the slope.
TEST(Activation, A7Elu) {
  for_each_target([] {
    const double x[] = {-10, -1, -1e-9, 0, 1e-9, 2}, one[] = {1, 1, 1, 1, 1, 1};
    double y[6], dx[6];
    for (const double alpha : {1.0, 0.5}) {
      activate(Activation::elu, alpha, 6, x, y);
      activate_backward(Activation::elu, alpha, 6, y, one, dx);
      EXPECT_NEAR(y[0], alpha * -0.9999546000702375, 1e-15);
      EXPECT_NEAR(y[1], alpha * -0.6321205588285577, 1e-15);
      EXPECT_NEAR(y[2], alpha * -1e-9, 1e-17);
      EXPECT_EQ(y[3], 0);
      EXPECT_EQ(y[4], 1e-9);
      EXPECT_EQ(y[5], 2);
      EXPECT_NEAR(dx[1], alpha * 0.36787944117144233, 1e-15);
      EXPECT_NEAR(dx[2], alpha, 2e-9);
      EXPECT_EQ(dx[4], 1);
    }
  });
}

// A9: beta = 0 halves x, 1 is SiLU, and with 1000 it is nearly a ReLU.
TEST(Activation, A9Swish) {
  for_each_target([] {
    const double x[] = {-5, -1, 0, 0.5, 7};
    double y[5];
    activate(Activation::swish, 0, 5, x, y);
    for (int i = 0; i < 5; ++i) EXPECT_EQ(y[i], x[i] / 2);
    activate(Activation::swish, 5, x, y);
    for (int i = 0; i < 5; ++i) EXPECT_NEAR(y[i], x[i] / (1 + std::exp(-x[i])), 1e-15);
    activate(Activation::swish, 1000, 5, x, y);
    for (int i = 0; i < 5; ++i) EXPECT_NEAR(y[i], std::max(x[i], 0.0), 1e-15);
  });
}

// Slopes and values with other parameters than the default.
template <class T>
void check_parameters() {
  std::mt19937_64 random(9);
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (Activation f :
       {Activation::leaky_relu, Activation::elu, Activation::celu, Activation::swish, Activation::softplus}) {
    for (const double p : {0.25, 1.0, 2.5}) {
      const auto x = random_block<T>(1000, random, -8, 8), dy = random_block<T>(1000, random);
      for_each_target([&] {
        std::vector<T> y(x.size()), dx(x.size());
        activate(f, p, 1000, x.data(), y.data());
        activate_backward(f, p, 1000, derivative_needs_input(f) ? x.data() : y.data(), dy.data(), dx.data());
        for (size_t i = 0; i < x.size(); ++i) {
          EXPECT_NEAR(y[i], exact<double>(f, x[i], p), 16 * eps) << name_of(f) << " " << p;
          EXPECT_NEAR(dx[i], exact_slope(f, x[i], p) * dy[i], 32 * eps) << name_of(f) << " " << p;
        }
      });
    }
  }
}
TEST(Activation, Parameters) {
  check_parameters<float>();
  check_parameters<double>();
}

template <class T>
void check_lengths_and_places() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (Activation f : all_activations())
      for (int64_t n : kLengths) {
        const auto x = random_block<T>(n, random, -8, 8), dy = random_block<T>(n, random);
        Guarded<T> y(x.size()), dx(x.size()), in_place(x.size()), one(1);
        activate(f, n, x.data(), y.data());
        const T* const from = derivative_needs_input(f) ? x.data() : y.data();
        activate_backward(f, n, from, dy.data(), dx.data());
        in_place.assign(x.values());
        activate(f, n, in_place.data(), in_place.data());
        EXPECT_EQ(in_place.values(), y.values());
        in_place.assign(dy.values());
        activate_backward(f, n, from, in_place.data(), in_place.data());
        EXPECT_EQ(in_place.values(), dx.values());
        EXPECT_TRUE(y.intact() && dx.intact() && in_place.intact());
        for (size_t i = 0; i < x.size(); ++i) {
          activate(f, 1, &x[i], one.data());  // a value's result does not depend on its place
          EXPECT_EQ(one[0], y[i]);
          const double slope = exact_slope(f, x[i], static_cast<T>(default_parameter(f)));
          EXPECT_NEAR(dx[i], slope * dy[i], 16 * std::numeric_limits<T>::epsilon())
              << name_of(f) << "'(" << x[i] << ")";
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
