// Losses of single elements, hinge and cosine, against plain loops and differences, on every target.
#include "kernels/loss_pointwise.h"

#include "kernels/loss.h"
#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

constexpr PointwiseLoss kAll[] = {PointwiseLoss::absolute,  PointwiseLoss::huber,
                                  PointwiseLoss::smooth_l1, PointwiseLoss::binary_cross_entropy,
                                  PointwiseLoss::focal,     PointwiseLoss::kl_divergence};

double plain(PointwiseLoss f, const PointwiseOptions& o, double x, double t) {
  const double e = std::abs(x - t), p = 1 / (1 + std::exp(-x));
  const double huber = e < o.delta ? e * e / 2 : o.delta * (e - o.delta / 2);
  const double entropy = std::max(x, 0.0) - t * x + std::log1p(std::exp(-std::abs(x)));
  switch (f) {
    case PointwiseLoss::absolute:
      return e;
    case PointwiseLoss::huber:
      return huber;
    case PointwiseLoss::smooth_l1:
      return huber / o.delta;
    case PointwiseLoss::binary_cross_entropy:
      return entropy;
    case PointwiseLoss::focal: {
      const double other = p * (1 - t) + (1 - p) * t;
      const double weight = o.alpha < 0 ? 1 : o.alpha * t + (1 - o.alpha) * (1 - t);
      return weight * entropy * std::pow(other, o.gamma);
    }
    case PointwiseLoss::kl_divergence:
      return t > 0 ? t * (std::log(t) - x) : 0;
  }
  return 0;
}
double plain_slope(PointwiseLoss f, const PointwiseOptions& o, double x, double t) {
  constexpr double h = 1e-6;
  return (plain(f, o, x + h, t) - plain(f, o, x - h, t)) / (2 * h);
}

template <class T>
void check_pointwise() {
  std::mt19937_64 random(1);
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  for (const PointwiseLoss f : kAll)
    for (const PointwiseOptions& o :
         {PointwiseOptions{}, PointwiseOptions{0.5, 0, -1}, PointwiseOptions{2, 3.5, 0.75}})
      for (const int64_t cols : {1, 3, 16, 17, 700}) {
        const int64_t rows = 3;
        const auto x = random_block<T>(rows * cols, random, -4, 4);
        auto t = random_block<T>(rows * cols, random, 0, 1);
        t[0] = 0;
        std::vector<double> wanted(3), dx(x.size());
        for (size_t i = 0; i < x.size(); ++i) {
          wanted[i / static_cast<size_t>(cols)] += 0.5 * plain(f, o, x[i], t[i]);
          dx[i] = 0.5 * 0.125 * plain_slope(f, o, x[i], t[i]);
        }
        for_each_target([&] {
          std::vector<double> loss(3), loss_only(3);
          Guarded<T> found(x.size());
          pointwise_loss(f, o, rows, cols, x.data(), t.data(), 0.5, 0.125, loss.data(), found.data());
          pointwise_loss(f, o, rows, cols, x.data(), t.data(), 0.5, 0.125, loss_only.data(),
                         static_cast<T*>(nullptr));
          EXPECT_EQ(loss, loss_only);
          for (size_t r = 0; r < 3; ++r)
            EXPECT_NEAR(loss[r], wanted[r], 64 * eps * static_cast<double>(cols)) << static_cast<int>(f);
          EXPECT_TRUE(close(found, dx, std::max(64.0, 1e-8 / eps), 0.1)) << static_cast<int>(f);
          EXPECT_TRUE(found.intact());
          Guarded<T> in_place(x.size());
          in_place.assign(x.values());
          pointwise_loss(f, o, rows, cols, in_place.data(), t.data(), 0.5, 0.125, loss.data(),
                         in_place.data());
          EXPECT_EQ(in_place.values(), found.values());
        });
      }
}
TEST(PointwiseLoss, EqualsThePlainLoop) {
  check_pointwise<float>();
  check_pointwise<double>();
}

template <class T>
void check_weighted() {
  std::mt19937_64 random(5);
  const double eps = static_cast<double>(std::numeric_limits<T>::epsilon());
  const auto plain_weighted = [](double x, double t, double positive) {
    return positive * t * std::log1p(std::exp(-x)) + (1 - t) * std::log1p(std::exp(x));
  };
  for (const int64_t cols : {1, 3, 16, 17, 700}) {
    const int64_t rows = 3;
    const auto x = random_block<T>(rows * cols, random, -4, 4), positive = random_block<T>(cols, random, 0, 5);
    const auto t = random_block<T>(rows * cols, random, 0, 1);
    std::vector<double> wanted(3), dx(x.size());
    for (size_t i = 0; i < x.size(); ++i) {
      const double p = positive[i % static_cast<size_t>(cols)], h = 1e-6;
      wanted[i / static_cast<size_t>(cols)] += 0.5 * plain_weighted(x[i], t[i], p);
      dx[i] = 0.5 * 0.125 * (plain_weighted(x[i] + h, t[i], p) - plain_weighted(x[i] - h, t[i], p)) / (2 * h);
    }
    for_each_target([&] {
      std::vector<double> loss(3);
      Guarded<T> found(x.size());
      weighted_binary_cross_entropy(rows, cols, x.data(), t.data(), positive.data(), 0.5, 0.125, loss.data(),
                                    found.data());
      for (size_t r = 0; r < 3; ++r)
        EXPECT_NEAR(loss[r], wanted[r], 256 * eps * static_cast<double>(cols));
      EXPECT_TRUE(close(found, dx, std::max(64.0, 1e-8 / eps), 0.1));
      EXPECT_TRUE(found.intact());
    });
  }
}
TEST(PointwiseLoss, WeightedEqualsThePlainLoop) {
  check_weighted<float>();
  check_weighted<double>();
}

// Far logits that are right cost nothing, whatever their weight.
TEST(PointwiseLoss, WeightedFarLogits) {
  for_each_target([] {
    const float x[] = {1e4f, -1e4f, 1e4f, -1e4f}, t[] = {0, 1, 1, 0}, positive[] = {3, 3, 3, 3};
    float dx[4];
    double loss[4];
    weighted_binary_cross_entropy(4, 1, x, t, positive, 1, 1, loss, dx);
    EXPECT_EQ(std::vector<double>(loss, loss + 4), (std::vector<double>{1e4, 3e4, 0, 0}));
    EXPECT_EQ(std::vector<float>(dx, dx + 4), (std::vector<float>{1, -3, 0, 0}));
  });
}

// O2: Huber's two pieces join at delta, in value and slope.
TEST(PointwiseLoss, O2HuberJoins) {
  for_each_target([] {
    const double delta = 0.75, x[] = {delta - 1e-9, delta + 1e-9, -delta + 1e-9, -delta - 1e-9}, t[4] = {};
    double loss[4], dx[4];
    pointwise_loss(PointwiseLoss::huber, {.delta = delta}, 4, 1, x, t, 1, 1, loss, dx);
    for (int i = 0; i < 4; ++i) {
      EXPECT_NEAR(loss[i], delta * delta / 2, 1e-8);
      EXPECT_NEAR(dx[i], i < 2 ? delta : -delta, 1e-8);
    }
  });
}

// Far logits neither overflow nor lose the gradient.
TEST(PointwiseLoss, ExtremeLogits) {
  for_each_target([] {
    const float x[] = {1e4f, -1e4f, 1e4f, -1e4f}, t[] = {0, 1, 1, 0};
    float dx[4];
    double loss[4];
    pointwise_loss(PointwiseLoss::binary_cross_entropy, {}, 4, 1, x, t, 1, 1, loss, dx);
    EXPECT_EQ(loss[0], 1e4);
    EXPECT_EQ(loss[1], 1e4);
    EXPECT_EQ(loss[2], 0);
    EXPECT_EQ(dx[0], 1);
    EXPECT_EQ(dx[1], -1);
    EXPECT_EQ(dx[3], 0);
    pointwise_loss(PointwiseLoss::focal, {}, 4, 1, x, t, 1, 1, loss, dx);
    EXPECT_NEAR(loss[0], 0.75e4, 1);
    EXPECT_NEAR(dx[0], 0.75, 1e-5);
    EXPECT_EQ(loss[2], 0);
    EXPECT_EQ(dx[2], 0);
  });
}

// ---- rows -------------------------------------------------------------------------------------------------

template <class T>
void check_hinge() {
  std::mt19937_64 random(3);
  for (const int64_t classes : {1, 2, 9, 16, 100})
    for (const bool squared : {false, true}) {
      const int64_t rows = 4;
      const auto x = random_block<T>(rows * classes, random, -2, 2);
      std::vector<int32_t> labels;
      std::vector<double> wanted(4), dx(x.size());
      for (size_t r = 0; r < 4; ++r) {
        labels.push_back(static_cast<int32_t>(random() % static_cast<uint64_t>(classes)));
        const size_t at = r * static_cast<size_t>(classes), own = at + static_cast<size_t>(labels[r]);
        for (size_t i = at; i < at + static_cast<size_t>(classes); ++i) {
          const double v = static_cast<double>(x[i]) - static_cast<double>(x[own]) + 1.5;
          if (i == own || v <= 0) continue;
          wanted[r] += squared ? v * v : v;
          dx[i] += 0.25 * (squared ? 2 * v : 1);
          dx[own] -= 0.25 * (squared ? 2 * v : 1);
        }
      }
      for_each_target([&] {
        Guarded<T> found(x.size());
        std::vector<double> loss(4);
        hinge_loss(rows, classes, x.data(), labels.data(), 1.5, squared, 0.25, loss.data(), found.data());
        const double unit =
            static_cast<double>(std::numeric_limits<T>::epsilon()) * 64 * static_cast<double>(classes);
        for (size_t r = 0; r < 4; ++r) EXPECT_NEAR(loss[r], wanted[r], unit);
        EXPECT_TRUE(close(found, dx, 64, 1));
        EXPECT_TRUE(found.intact());
      });
    }
}
TEST(RowLoss, Hinge) {
  check_hinge<float>();
  check_hinge<double>();
}

template <class T>
void check_cosine() {
  std::mt19937_64 random(4);
  for (const int64_t cols : {1, 3, 16, 100}) {
    const int64_t rows = 3;
    auto x = random_block<T>(rows * cols, random), t = random_block<T>(rows * cols, random);
    for (int64_t c = 0; c < cols; ++c) x[static_cast<size_t>(c)] = 0;  // a row without a direction
    std::vector<double> wanted(3), dx(x.size());
    for (size_t r = 0; r < 3; ++r) {
      double dot = 0, xx = 0, tt = 0;
      const size_t at = r * static_cast<size_t>(cols), end = at + static_cast<size_t>(cols);
      for (size_t i = at; i < end; ++i) {
        dot += static_cast<double>(x[i]) * static_cast<double>(t[i]);
        xx += static_cast<double>(x[i]) * static_cast<double>(x[i]);
        tt += static_cast<double>(t[i]) * static_cast<double>(t[i]);
      }
      const double size = std::max(std::sqrt(xx * tt), 1e-8), cosine = dot / size;
      wanted[r] = 1 - cosine;
      for (size_t i = at; i < end; ++i)
        dx[i] =
            0.5 * ((xx > 0 ? cosine * static_cast<double>(x[i]) / xx : 0) - static_cast<double>(t[i]) / size);
    }
    for_each_target([&] {
      Guarded<T> found(x.size());
      std::vector<double> loss(3);
      cosine_loss(rows, cols, x.data(), t.data(), 0.5, loss.data(), found.data());
      for (size_t r = 0; r < 3; ++r) EXPECT_NEAR(loss[r], wanted[r], 1e-12);
      EXPECT_TRUE(close(found, dx, 64, 1));
      EXPECT_TRUE(found.intact());
    });
  }
}
TEST(RowLoss, Cosine) {
  check_cosine<float>();
  check_cosine<double>();
}

}  // namespace
}  // namespace fovea::kernels
