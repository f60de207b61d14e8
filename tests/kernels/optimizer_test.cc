// Optimizer kernels against plain loops over several steps, on every target.
#include "kernels/optimizer.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::kLengths;
using fovea::testing::random_block;

template <class T>
void check_sgd() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t n : kLengths)
      for (const SgdStep& given : {SgdStep{0.1, 0, 0, false, false}, SgdStep{0.1, 0.9, 0, false, false},
                                   SgdStep{0.1, 0.9, 0.5, false, false}, SgdStep{0.1, 0.9, 0, true, false}}) {
        auto w = random_block<T>(n, random);
        Guarded<T> v(w.size());
        std::vector<double> expected(w.begin(), w.end()), velocity(w.size());
        for (int step = 0; step < 5; ++step) {
          const auto g = random_block<T>(n, random);
          SgdStep s = given;
          s.first = step == 0;
          sgd(n, w.data(), g.data(), s.momentum == 0 ? nullptr : v.data(), s);
          for (size_t i = 0; i < w.size(); ++i) {
            const double gradient = g[i];
            velocity[i] = s.momentum == 0 || s.first
                              ? gradient
                              : s.momentum * velocity[i] + (1 - s.dampening) * gradient;
            expected[i] -= s.rate * (s.nesterov ? gradient + s.momentum * velocity[i] : velocity[i]);
          }
        }
        EXPECT_TRUE(close(w, expected, 8, 1));
        EXPECT_TRUE(w.intact() && v.intact());
      }
  });
}
TEST(Optimizer, Sgd) {
  check_sgd<float>();
  check_sgd<double>();
}

template <class T>
void check_adam() {
  std::mt19937_64 random(2);
  for_each_target([&] {
    for (int64_t n : kLengths)
      for (bool corrected : {true, false}) {
        auto w = random_block<T>(n, random);
        Guarded<T> m(w.size()), v(w.size());
        for (T& e : m) e = 0;
        for (T& e : v) e = 0;
        std::vector<double> expected(w.begin(), w.end()), first(w.size()), second(w.size());
        for (int step = 1; step <= 5; ++step) {
          const auto g = random_block<T>(n, random);
          AdamStep s{1e-3, 0.9, 0.999, 1e-8, 1, 1};
          if (corrected) {
            s.correction1 = 1 - std::pow(s.beta1, step);
            s.correction2 = 1 - std::pow(s.beta2, step);
          }
          adam(n, w.data(), g.data(), m.data(), v.data(), s);
          for (size_t i = 0; i < w.size(); ++i) {
            const double gradient = g[i];
            first[i] = s.beta1 * first[i] + (1 - s.beta1) * gradient;
            second[i] = s.beta2 * second[i] + (1 - s.beta2) * gradient * gradient;
            expected[i] -= s.rate / s.correction1 * first[i] /
                           (std::sqrt(second[i]) / std::sqrt(s.correction2) + s.epsilon);
          }
        }
        EXPECT_TRUE(close(w, expected, 8, 1));
        EXPECT_TRUE(w.intact() && m.intact() && v.intact());
      }
  });
}
TEST(Optimizer, Adam) {
  check_adam<float>();
  check_adam<double>();
}

// The first corrected step of Adam is -rate * sign(g); without correction it is (1 - beta1) / sqrt(1 - beta2)
// larger.
TEST(Optimizer, AdamFirstStep) {
  for_each_target([] {
    double w[2] = {0, 0}, m[2] = {0, 0}, v[2] = {0, 0};
    const double g[2] = {3, -0.02};
    AdamStep s{1e-3, 0.9, 0.999, 1e-8, 1 - 0.9, 1 - 0.999};
    adam(2, w, g, m, v, s);
    EXPECT_NEAR(w[0], -1e-3, 1e-9);
    EXPECT_NEAR(w[1], 1e-3, 1e-9);
    double w2[1] = {0}, m2[1] = {0}, v2[1] = {0};
    s.correction1 = s.correction2 = 1;
    adam(1, w2, g, m2, v2, s);
    EXPECT_NEAR(w2[0], -3.1623e-3, 1e-7);
  });
}

}  // namespace
}  // namespace fovea::kernels
