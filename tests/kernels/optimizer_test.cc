// Optimizer kernels against plain loops over several steps, on every target.
#include "kernels/optimizer.h"

#include <functional>

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::kLengths;
using fovea::testing::random_block;

// One parameter in double: its value and up to three moments.
struct Scalar {
  double w = 0;
  std::array<double, 3> s{};
};

// Runs `kernel(n, w, g, moments, step)` and `reference(scalar, g, step)` side by side; step counts from 1.
template <class T, class Kernel, class Reference>
void check_rule(double epsilons, Kernel&& kernel, Reference&& reference) {
  for_each_target([&] {
    std::mt19937_64 random(1);
    for (int64_t n : kLengths) {
      auto w = random_block<T>(n, random);
      const size_t count = w.size();
      std::vector<Guarded<T>> moments;
      for (int i = 0; i < 3; ++i) {
        moments.emplace_back(count);
        for (T& v : moments.back()) v = 0;
      }
      std::vector<Scalar> expected(count);
      for (size_t i = 0; i < count; ++i) expected[i].w = static_cast<double>(w[i]);
      for (int step = 1; step <= 5; ++step) {
        const auto g = random_block<T>(n, random);
        kernel(n, w.data(), g.data(), std::array{moments[0].data(), moments[1].data(), moments[2].data()},
               step);
        for (size_t i = 0; i < count; ++i) reference(expected[i], static_cast<double>(g[i]), step);
      }
      std::vector<double> wanted(count);
      for (size_t i = 0; i < count; ++i) wanted[i] = expected[i].w;
      EXPECT_TRUE(close(w, wanted, epsilons, 1)) << n;
      EXPECT_TRUE(w.intact());
      for (const Guarded<T>& m : moments) EXPECT_TRUE(m.intact());
    }
  });
}
template <class Kernel, class Reference>
void check_both(double epsilons, Kernel&& kernel, Reference&& reference) {
  check_rule<float>(epsilons, kernel, reference);
  check_rule<double>(epsilons, kernel, reference);
}

// What every rule does around its own formula, all of it switched on.
const Update kShared{0.05, 0.5, 0.3, 0.02, 0.99};
double shared_gradient(const Scalar& p, double g) {
  return std::clamp(kShared.scale * g, -kShared.bound, kShared.bound) + kShared.coupled * p.w;
}
void shared_step(Scalar& p, double direction) {
  p.w = kShared.keep * p.w - kShared.rate * direction;
}

TEST(Optimizer, Sgd) {
  for (const double inner : {1.0, 0.1})
    check_both(
        8,
        [&](int64_t n, auto* w, auto* g, auto, int) {
          SgdStep step{kShared};
          step.inner = inner;
          sgd(n, w, g, decltype(+w){nullptr}, step);
        },
        [&](Scalar& p, double g, int) { shared_step(p, inner * shared_gradient(p, g)); });
}
TEST(Optimizer, SgdMomentum) {
  for (const SgdStep& given : {SgdStep{kShared, 0.9}, SgdStep{kShared, 0.9, 0.5},
                               SgdStep{kShared, 0.9, 0, 0.1}, SgdStep{kShared, 0.9, 0, 1, true}})
    check_both(
        8,
        [&](int64_t n, auto* w, auto* g, auto s, int t) {
          SgdStep step = given;
          step.first = t == 1;
          sgd(n, w, g, s[0], step);
        },
        [&](Scalar& p, double g, int t) {
          const double gradient = given.inner * shared_gradient(p, g);
          p.s[0] = t == 1 ? gradient : given.momentum * p.s[0] + (1 - given.dampening) * gradient;
          shared_step(p, given.nesterov ? gradient + given.momentum * p.s[0] : p.s[0]);
        });
}

// Adam's moments and direction.
double adam_rule(Scalar& p, double gradient, const AdamStep& s, bool largest) {
  p.s[0] = s.beta1 * p.s[0] + (1 - s.beta1) * gradient;
  p.s[1] = s.beta2 * p.s[1] + (1 - s.beta2) * gradient * gradient;
  p.s[2] = std::max(p.s[2], p.s[1]);
  const double square = (largest ? p.s[2] : p.s[1]) / s.correction2;
  const double divisor = s.inside ? std::sqrt(square + s.epsilon) : std::sqrt(square) + s.epsilon;
  return (s.first * p.s[0] + s.look * gradient) / divisor;
}
AdamStep adam_step(int t, bool corrected, double look = 0, bool inside = false) {
  AdamStep s{kShared, 0.8, 0.9, 1e-3, 1, 1, look, inside};
  if (corrected) {
    s.first = 1 / (1 - std::pow(s.beta1, t));
    s.correction2 = 1 - std::pow(s.beta2, t);
  }
  return s;
}
TEST(Optimizer, Adam) {
  for (const bool corrected : {true, false})
    for (const bool amsgrad : {true, false})
      for (const bool inside : {true, false})
        for (const double look : {0.0, 0.3})
          check_both(
              16,
              [&](int64_t n, auto* w, auto* g, auto s, int t) {
                adam(n, w, g, s[0], s[1], amsgrad ? s[2] : nullptr, adam_step(t, corrected, look, inside));
              },
              [&](Scalar& p, double g, int t) {
                shared_step(
                    p, adam_rule(p, shared_gradient(p, g), adam_step(t, corrected, look, inside), amsgrad));
              });
}
// The direction alone, written over the gradient, and the step that follows.
TEST(Optimizer, AdamDirection) {
  const double decay = 0.2;
  check_both(
      16,
      [&](int64_t n, auto* w, auto* g, auto s, int t) {
        std::vector direction(g, g + n);
        adam_direction(n, w, direction.data(), s[0], s[1], decay, adam_step(t, true), direction.data());
        SgdStep step;
        step.rate = kShared.rate;
        sgd(n, w, direction.data(), decltype(+w){nullptr}, step);
      },
      [&](Scalar& p, double g, int t) {
        const double direction = adam_rule(p, shared_gradient(p, g), adam_step(t, true), false) + decay * p.w;
        p.w -= kShared.rate * direction;
      });
}

TEST(Optimizer, Adamax) {
  const AdamaxStep step{kShared, 0.8, 0.9, 1e-3};
  check_both(
      16, [&](int64_t n, auto* w, auto* g, auto s, int) { adamax(n, w, g, s[0], s[1], step); },
      [&](Scalar& p, double g, int) {
        const double gradient = shared_gradient(p, g);
        p.s[0] = step.beta1 * p.s[0] + (1 - step.beta1) * gradient;
        p.s[1] = std::max(step.beta2 * p.s[1], std::abs(gradient) + step.epsilon);
        shared_step(p, p.s[0] / p.s[1]);
      });
}

double over_root(double x, double square, double epsilon, bool inside) {
  return x / (inside ? std::sqrt(square + epsilon) : std::sqrt(square) + epsilon);
}
TEST(Optimizer, Adagrad) {
  for (const bool inside : {true, false})
    check_both(
        16,
        [&](int64_t n, auto* w, auto* g, auto s, int) {
          adagrad(n, w, g, s[0], {kShared, 1e-3, inside});
        },
        [&](Scalar& p, double g, int) {
          const double gradient = shared_gradient(p, g);
          p.s[0] += gradient * gradient;
          shared_step(p, over_root(gradient, p.s[0], 1e-3, inside));
        });
}
TEST(Optimizer, Rmsprop) {
  for (const bool inside : {true, false})
    for (const bool centered : {true, false})
      for (const bool momentum : {true, false})
        check_both(
            64,  // of v - mean^2 little is left where the gradients are alike
            [&](int64_t n, auto* w, auto* g, auto s, int) {
              rmsprop(n, w, g, s[0], centered ? s[1] : nullptr, momentum ? s[2] : nullptr,
                      {kShared, 0.9, 1e-2, 0.7, inside});
            },
            [&](Scalar& p, double g, int) {
              const double gradient = shared_gradient(p, g);
              p.s[0] = 0.9 * p.s[0] + 0.1 * gradient * gradient;
              p.s[1] = 0.9 * p.s[1] + 0.1 * gradient;
              const double square = p.s[0] - (centered ? p.s[1] * p.s[1] : 0);
              const double direction = over_root(gradient, square, 1e-2, inside);
              p.s[2] = 0.7 * p.s[2] + direction;
              shared_step(p, momentum ? p.s[2] : direction);
            });
}
TEST(Optimizer, Adadelta) {
  check_both(
      16,
      [&](int64_t n, auto* w, auto* g, auto s, int) {
        adadelta(n, w, g, s[0], s[1], {kShared, 0.9, 1e-3});
      },
      [&](Scalar& p, double g, int) {
        const double gradient = shared_gradient(p, g);
        p.s[0] = 0.9 * p.s[0] + 0.1 * gradient * gradient;
        const double direction = std::sqrt(p.s[1] + 1e-3) / std::sqrt(p.s[0] + 1e-3) * gradient;
        p.s[1] = 0.9 * p.s[1] + 0.1 * direction * direction;
        shared_step(p, direction);
      });
}
TEST(Optimizer, Lion) {
  check_both(
      8,
      [&](int64_t n, auto* w, auto* g, auto s, int) {
        lion(n, w, g, s[0], {kShared, 0.8, 0.9});
      },
      [&](Scalar& p, double g, int) {
        const double gradient = shared_gradient(p, g), blend = 0.8 * p.s[0] + 0.2 * gradient;
        p.s[0] = 0.9 * p.s[0] + 0.1 * gradient;
        shared_step(p, blend > 0 ? 1 : blend < 0 ? -1 : 0);
      });
}
TEST(Optimizer, MoveTowards) {
  check_both(
      8, [&](int64_t n, auto* w, auto* g, auto, int) { move_towards(n, 0.25, g, w); },
      [&](Scalar& p, double g, int) { p.w += 0.25 * (g - p.w); });
}

// The first corrected step of Adam is -rate * sign(g); without correction it is (1 - beta1) / sqrt(1 - beta2)
// larger.
TEST(Optimizer, P5P6AdamFirstStep) {
  for_each_target([] {
    double w[2] = {0, 0}, m[2] = {0, 0}, v[2] = {0, 0};
    const double g[2] = {3, -0.02};
    AdamStep s;
    s.rate = 1e-3;
    s.first = 1 / (1 - 0.9);
    s.correction2 = 1 - 0.999;
    adam(2, w, g, m, v, nullptr, s);
    EXPECT_NEAR(w[0], -1e-3, 1e-9);
    EXPECT_NEAR(w[1], 1e-3, 1e-9);
    double w2[1] = {0}, m2[1] = {0}, v2[1] = {0};
    s.first = s.correction2 = 1;
    adam(1, w2, g, m2, v2, nullptr, s);
    EXPECT_NEAR(w2[0], -3.1623e-3, 1e-7);
  });
}

}  // namespace
}  // namespace fovea::kernels
