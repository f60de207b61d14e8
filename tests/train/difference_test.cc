// Numeric derivatives: C1 and C2 of the list of features, and the kinks that are avoided.
#include "train/checks/difference.h"

#include <gtest/gtest.h>

namespace fovea::train::checks {
namespace {

template <class F>
double central(F&& f, double h) {
  return (f(h) - f(-h)) / (2 * h);
}
double fourth_power(double x) { return x * x * x * x; }

// The printed numbers: (81.1080540 - 80.8920540) / 0.002 = 108.000006 with the last digits wrong; it is
// 108 + 4 x h^2.
TEST(Difference, C2FourthPower) {
  const auto f = [](double h) { return fourth_power(3 + h); };
  EXPECT_NEAR(81.1080540, f(0.001), 5e-8);
  EXPECT_NEAR(80.8920540, f(-0.001), 5e-8);
  EXPECT_NEAR(108.000012, central(f, 0.001), 1e-9);
  EXPECT_NEAR(108, derivative(f, f(0), 1e-4).value(), 1e-9);  // without the term in h^2
}

// The error falls with h by one way, with h^2 by the other.
TEST(Difference, C1C2Slopes) {
  const auto f = [](double h) { return std::exp(1 + h); };
  const double truth = std::exp(1.0);
  const auto forward_error = [&](double h) { return std::abs((f(h) - f(0)) / h - truth); };
  const auto central_error = [&](double h) { return std::abs(central(f, h) - truth); };
  EXPECT_NEAR(1, std::log10(forward_error(1e-2) / forward_error(1e-3)), 0.01);
  EXPECT_NEAR(2, std::log10(central_error(1e-2) / central_error(1e-3)), 0.01);
}

TEST(Difference, SmoothPieces) {
  for (const double x : {-2.0, -0.3, 0.4, 1.7}) {
    const auto f = [&](double h) { return std::sin(3 * (x + h)); };
    const std::optional<double> d = derivative(f, f(0), 6e-6);
    ASSERT_TRUE(d.has_value());
    EXPECT_NEAR(3 * std::cos(3 * x), *d, 1e-8);
  }
}

// Wherever within h the kink lies, exactly at 0 and at h / 3 too, where one of the two signs alone is blind.
TEST(Difference, KinksAreAvoided) {
  constexpr double h = 6e-6;
  for (const double at : {-0.95, -0.7, -0.5, -1.0 / 3, -0.1, 0.0, 0.1, 1.0 / 3, 0.5, 0.7, 0.95}) {
    const auto f = [&](double t) { return std::max(0.0, t - at * h) + 0.5 * t; };
    EXPECT_FALSE(derivative(f, f(0), h).has_value()) << at;
    EXPECT_TRUE(derivative(f, f(0), h / 100).has_value() == (std::abs(at) > 0.01)) << at;
  }
  const auto beyond = [](double t) { return std::max(0.0, t - 1.1 * h) + 0.5 * t; };
  EXPECT_NEAR(0.5, derivative(beyond, beyond(0), h).value(), 1e-9);
}

}  // namespace
}  // namespace fovea::train::checks
