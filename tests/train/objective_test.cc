// The loss of a batch: gradients in double precision, weights, ignored labels, reductions, pixels, refusals.
#include "train/objective.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <random>

#include "base/error.h"
#include "base/fpmode.h"

namespace fovea::train {
namespace {

double draw(std::mt19937_64& random, double low, double high) {
  return low + (high - low) * static_cast<double>(random() >> 11) * 0x1p-53;
}

// A batch for one loss.
class Problem {
 public:
  Problem(const LossOptions& options, const Shape& output, int64_t batch, bool dense, uint64_t seed)
      : objective_(context_, options, DType::f64, output, dense, batch), batch_(batch), random_(seed) {
    const bool logarithms = options.loss == Loss::kl_divergence;
    x.resize(static_cast<size_t>(batch * output.elements()));
    for (double& v : x) v = logarithms ? draw(random_, -5, -0.1) : draw(random_, -2, 2);
    for (int64_t r = 0; r < batch * objective_.rows_per_sample(); ++r)
      objective_.labels()[r] = static_cast<int32_t>(random_() % static_cast<uint64_t>(objective_.columns()));
    for (size_t i = 0; i < x.size(); ++i) targets.push_back(draw(random_, 0.01, 1));
  }
  double value(double* gradient = nullptr) {
    const FpMode mode;
    if (objective_.dense())
      std::copy(targets.begin(), targets.end(), static_cast<double*>(objective_.targets()));
    last = objective_.evaluate(context_.executor(), batch_, weights.empty() ? nullptr : weights.data(),
                               x.data(), gradient);
    return objective_.options().weight * objective_.value(last);
  }
  // ||numeric - analytic|| / (||numeric|| + ||analytic||); 0 where both are 0.
  double gradient_error() {
    std::vector<double> analytic(x.size());
    (void)value(analytic.data());
    double error = 0, a = 0, n = 0;
    for (size_t i = 0; i < x.size(); ++i) {
      const double kept = x[i], h = 6e-6 * std::max(1.0, std::abs(kept));
      x[i] = kept + h;
      const double up = value();
      x[i] = kept - h;
      const double down = value();
      x[i] = kept;
      const double numeric = (up - down) / (2 * h);
      error += (numeric - analytic[i]) * (numeric - analytic[i]);
      n += numeric * numeric;
      a += analytic[i] * analytic[i];
    }
    return error == 0 ? 0 : std::sqrt(error) / (std::sqrt(n) + std::sqrt(a));
  }
  const Objective& objective() const { return objective_; }
  // Draws again what stands on a kink: of the absolute error at 0, of Huber's at delta, of the hinge.
  void avoid_kinks() {
    const auto columns = static_cast<size_t>(objective_.columns());
    for (size_t i = 0; i < x.size(); ++i)
      while (on_a_kink(i / columns * columns, columns, i)) x[i] = draw(random_, -2, 2);
  }

  std::vector<double> x, targets, weights;
  BatchLoss last;

 private:
  bool on_a_kink(size_t row, size_t columns, size_t i) const {
    const LossOptions& o = objective_.options();
    const size_t label = row + static_cast<size_t>(std::max(0, objective_.labels()[row / columns]));
    const double target = objective_.dense() ? targets[i] : i == label ? 1 : 0;
    switch (o.loss) {
      case Loss::mean_absolute_error:
        return std::abs(x[i] - target) < 1e-3;
      case Loss::huber:
      case Loss::smooth_l1:
        return std::abs(std::abs(x[i] - target) - o.delta) < 1e-3;
      case Loss::hinge:  // the label's output is compared with every other
        for (size_t k = row; k < row + columns; ++k) {
          const bool compared = k != label && (k == i || i == label);
          if (compared && std::abs(o.margin + x[k] - x[label]) < 1e-3) return true;
        }
        return false;
      default:
        return false;
    }
  }

  Context context_{system_allocator(), make_inline_executor(), nullptr};
  Objective objective_;
  int64_t batch_;
  std::mt19937_64 random_;
};

LossOptions of(Loss loss) {
  LossOptions o;
  o.loss = loss;
  return o;
}

TEST(Objective, Gradients) {
  for (int kind = 1; kind < static_cast<int>(Loss::host_gradient); ++kind)
    for (const bool dense : {false, true})
      for (const bool sum : {false, true})
        for (const bool weighted : {false, true}) {
          LossOptions o = of(static_cast<Loss>(kind));
          if (o.loss == Loss::hinge && dense) continue;
          o.sum = sum;
          o.weight = 0.75;
          o.delta = 0.8;
          o.squared = weighted;
          Problem p(o, {7}, 4, dense, static_cast<uint64_t>(kind));
          if (weighted) p.weights = {1, 0.5, 0, 2};
          EXPECT_LT(p.gradient_error(), 1e-7) << kLossNames[kind] << dense << sum << weighted;
        }
}

// What a loss takes, drawn; the other options stay as they are.
LossOptions random_options(Loss loss, const Shape& output, std::mt19937_64& random) {
  const auto coin = [&] { return random() % 2 == 0; };
  LossOptions o = of(loss);
  o.weight = draw(random, 0.25, 2);
  o.sum = coin();
  if (loss == Loss::softmax_cross_entropy) {
    if (coin()) o.label_smoothing = draw(random, 0, 0.5);
    if (coin())
      for (int64_t c = 0; c < output[output.rank() - 1]; ++c) o.class_weights.push_back(draw(random, 0.1, 3));
  }
  if (loss == Loss::binary_cross_entropy && coin())
    for (int64_t c = 0; c < output[output.rank() - 1]; ++c) o.positive_weights.push_back(draw(random, 0, 4));
  if (is_over_classes(o) && coin()) o.ignores = true, o.ignored_label = -100;
  if (loss == Loss::huber || loss == Loss::smooth_l1) o.delta = draw(random, 0.3, 1.5);
  if (loss == Loss::focal) o.gamma = draw(random, 0, 4), o.alpha = coin() ? -1 : draw(random, 0, 1);
  if (loss == Loss::hinge) o.margin = draw(random, 0.5, 2), o.squared = coin();
  return o;
}

TEST(Objective, GradientsOverRandomShapesAndOptions) {
  for (int kind = 1; kind < static_cast<int>(Loss::host_gradient); ++kind)
    for (uint64_t round = 0; round < 60; ++round) {
      std::mt19937_64 random(1000 * static_cast<uint64_t>(kind) + round);
      std::vector<int64_t> extents;
      for (uint64_t rank = 1 + random() % 3; rank > 0; --rank)
        extents.push_back(1 + static_cast<int64_t>(random() % 4));
      extents.back() += 1;  // of one class there is no gradient
      const Shape output{std::span<const int64_t>(extents)};
      const LossOptions o = random_options(static_cast<Loss>(kind), output, random);
      const bool dense = o.loss != Loss::hinge && !o.ignores && random() % 2 == 0;
      Problem p(o, output, 1 + static_cast<int64_t>(random() % 4), dense, round);
      if (o.ignores && p.x.size() > static_cast<size_t>(p.objective().columns()))
        p.objective().labels()[0] = o.ignored_label;
      p.avoid_kinks();
      SCOPED_TRACE(std::string(kLossNames[kind]) + ", round " + std::to_string(round));
      EXPECT_LT(p.gradient_error(), 1e-7);
    }
}

TEST(Objective, CrossEntropyOptionsHaveTheirGradients) {
  for (const bool dense : {false, true}) {
    LossOptions o;
    o.label_smoothing = 0.1;
    o.class_weights = {1, 0.5, 2, 0, 3};
    if (!dense) {
      o.ignores = true;
      o.ignored_label = -100;
    }
    Problem p(o, {5}, 6, dense, 3);
    if (!dense) p.objective().labels()[2] = -100;
    EXPECT_LT(p.gradient_error(), 1e-7);
  }
}

// A pixel is a sample of its own; one that is ignored has no gradient.
TEST(Objective, PixelsAreRows) {
  LossOptions o;
  o.ignores = true;
  o.ignored_label = 255;
  Problem p(o, {2, 3, 4}, 2, false, 5);
  EXPECT_EQ(p.objective().rows_per_sample(), 6);
  EXPECT_EQ(p.objective().columns(), 4);
  p.objective().labels()[7] = 255;
  EXPECT_LT(p.gradient_error(), 1e-7);
  EXPECT_EQ(p.last.weight, 11);
  EXPECT_EQ(p.last.correct, -1);
  std::vector<double> dx(p.x.size(), 9);
  (void)p.value(dx.data());
  for (size_t i = 28; i < 32; ++i) EXPECT_EQ(dx[i], 0);
  for (double& v : p.x) v = 3;
  EXPECT_NEAR(p.value(), std::log(4.0), 1e-12);
}

// Positive weights lie along the last axis: the same for each pixel.
TEST(Objective, PositiveWeightsOfPixels) {
  LossOptions o = of(Loss::binary_cross_entropy);
  o.positive_weights = {3, 0.5};
  Problem p(o, {2, 3, 2}, 2, true, 1);
  double wanted = 0;
  for (size_t i = 0; i < p.x.size(); ++i)
    wanted += o.positive_weights[i % 2] * p.targets[i] * std::log1p(std::exp(-p.x[i])) +
              (1 - p.targets[i]) * std::log1p(std::exp(p.x[i]));
  EXPECT_NEAR(p.value(), wanted / static_cast<double>(p.x.size()), 1e-14);
}

// A sample of weight 2 is as good as the sample twice, one of weight 0 as none.
TEST(Objective, SampleWeightsCountSamples) {
  for (const Loss loss : {Loss::softmax_cross_entropy, Loss::mean_squared_error, Loss::hinge, Loss::focal}) {
    Problem twice(of(loss), {5}, 3, false, 1);
    std::copy_n(twice.x.data(), 5, twice.x.data() + 5);  // samples 0, 0, 2
    twice.objective().labels()[1] = twice.objective().labels()[0];
    Problem weighted(of(loss), {5}, 3, false, 2);
    std::copy_n(twice.x.data(), 5, weighted.x.data());
    std::copy_n(twice.x.data() + 10, 5, weighted.x.data() + 5);
    weighted.objective().labels()[0] = twice.objective().labels()[0];
    weighted.objective().labels()[1] = twice.objective().labels()[2];
    weighted.weights = {2, 1, 0};
    EXPECT_NEAR(twice.value(), weighted.value(), 1e-14) << kLossNames[static_cast<int>(loss)];
    std::vector<double> a(15), b(15);
    (void)twice.value(a.data());
    (void)weighted.value(b.data());
    for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(a[i] + a[5 + i], b[i], 1e-14);
    for (size_t i = 10; i < 15; ++i) EXPECT_EQ(b[i], 0);
  }
}

TEST(Objective, NothingThatCountsIsNoLoss) {
  LossOptions o;
  o.ignores = true;
  o.ignored_label = 1;
  Problem p(o, {3}, 2, false, 1);
  p.objective().labels()[0] = p.objective().labels()[1] = 1;
  std::vector<double> dx(6, 9);
  EXPECT_EQ(p.value(dx.data()), 0);
  EXPECT_EQ(dx, std::vector<double>(6, 0));
}

TEST(Objective, RefusesOptionsThatMakeNoSense) {
  const auto refused = [](auto&& change) {
    LossOptions o;
    change(o);
    EXPECT_THROW(check_loss(o, {3}), Error);
  };
  refused([](LossOptions& o) { o.label_smoothing = 1.5; });
  refused([](LossOptions& o) { o.label_smoothing = -0.1; });
  refused([](LossOptions& o) { o.weight = NAN; });
  refused([](LossOptions& o) { o.class_weights = {1, 2}; });
  refused([](LossOptions& o) { o.class_weights = {1, 2, -1}; });
  refused([](LossOptions& o) { o.positive_weights = {1, 2, 3}; });
  refused([](LossOptions& o) { o = of(Loss::binary_cross_entropy), o.positive_weights = {1, 2}; });
  refused([](LossOptions& o) { o = of(Loss::binary_cross_entropy), o.positive_weights = {1, 2, NAN}; });
  refused([](LossOptions& o) { o = of(Loss::huber), o.delta = 0; });
  refused([](LossOptions& o) { o = of(Loss::focal), o.gamma = -1; });
  refused([](LossOptions& o) { o = of(Loss::focal), o.alpha = 1.5; });
  refused([](LossOptions& o) { o = of(Loss::hinge), o.margin = 0; });
  refused([](LossOptions& o) { o = of(Loss::mean_squared_error), o.ignores = true; });
  EXPECT_NO_THROW(check_loss({}, {3}));
}

}  // namespace
}  // namespace fovea::train
