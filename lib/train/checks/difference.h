// Numeric derivatives of a function of one number. Uses std only.
#pragma once
#include <algorithm>
#include <cmath>
#include <limits>
#include <optional>

namespace fovea::train::checks {

// What rounding in values of the size of `f` makes of a difference quotient.
inline double rounding(double f, double h) {
  return 16 * std::numeric_limits<double>::epsilon() * std::max(std::abs(f), 1e-3) / h;
}

// The derivative at 0 of f, whose value there is f0; none where a kink lies within h. From central
// differences, (f(h) - f(-h)) / 2h, whose error shrinks with h^2, that of (f(h) - f(0)) / h only with h. On a
// smooth piece the central difference at h and at h / 2 agree, and the second difference f(h) + f(-h) - 2
// f(0) at h is four times that at h / 2; a kink at any distance below h spoils one or the other.
template <class F>
std::optional<double> derivative(F&& f, double f0, double h) {
  const double a = f(h), b = f(-h), c = f(h / 2), d = f(-h / 2);
  const double wide = (a - b) / (2 * h), narrow = (c - d) / h;
  const double bend = std::abs((a + b - 2 * f0) - 4 * (c + d - 2 * f0)) / h;
  const double slope = std::max(std::abs(wide), std::abs(narrow));
  if (!(std::abs(wide - narrow) + bend <= 1e-6 * slope + 2 * rounding(f0, h))) return std::nullopt;
  return (4 * narrow - wide) / 3;  // Richardson: without the term in h^2
}

}  // namespace fovea::train::checks
