// Spatial dropout, stochastic depth, Gaussian noise, DropConnect, and maxout.
#include <set>

#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;
using fovea::testing::refusal;

// With the mask frozen, as the key is the same in every evaluation.
TEST(Noise, Gradients) {
  for (uint64_t seed = 0; seed < 4; ++seed) {
    EXPECT_TRUE(gradcheck(*make_spatial_dropout({0.4}), {{3, 2, 5}}, 3, seed));
    EXPECT_TRUE(gradcheck(*make_stochastic_depth({0.4, false}), {{3, 2, 5}}, 6, seed));
    EXPECT_TRUE(gradcheck(*make_stochastic_depth({0.4, true}), {{7}}, 3, seed));
    EXPECT_TRUE(gradcheck(*make_gaussian_noise({0.3}), {{3, 2, 5}}, 3, seed));
  }
}

TEST(Noise, Contract) {
  for (const Shape& shape : {Shape{3, 2, 5}, Shape{40, 30, 33}}) {
    check_contract<float>(*make_spatial_dropout({0.3}), {shape}, 5, 1);
    check_contract<float>(*make_stochastic_depth({0.3, false}), {shape}, 5, 1);
    check_contract<double>(*make_stochastic_depth({0.3, true}), {shape}, 5, 1);
    check_contract<float>(*make_gaussian_noise({0.3}), {shape}, 5, 1);
  }
}

TEST(SpatialDropout, DropsWholeChannels) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_spatial_dropout({0.25}), {{7, 5, 200}}, 10, true);
  for (float& v : run.x[0]) v = 3;
  run.forward(*exec);
  int kept = 0;
  for (size_t s = 0; s < 10; ++s)
    for (size_t c = 0; c < 200; ++c) {
      const float first = run.y[s * 7000 + c];
      EXPECT_TRUE(first == 0 || first == 4) << first;
      kept += first != 0;
      for (size_t pixel = 1; pixel < 35; ++pixel) EXPECT_EQ(run.y[s * 7000 + pixel * 200 + c], first);
    }
  EXPECT_NEAR(kept / 2000.0, 0.75, 0.04);  // four standard deviations
}

// G7: probability 1 of survival is the identity; else rows survive divided by that probability.
TEST(StochasticDepth, G7RowsAndBatches) {
  const auto exec = make_inline_executor();
  const auto run_with = [&](StochasticDepthAttributes a, bool training, uint32_t step) {
    LayerRun<float> run(*make_stochastic_depth(a), {{11}}, 400, training);
    for (float& v : run.x[0]) v = 3;
    run.key.step = step;
    run.forward(*exec);
    return run.y.values();
  };
  EXPECT_EQ(run_with({0, false}, true, 1), std::vector<float>(4400, 3));
  EXPECT_EQ(run_with({0.5, false}, false, 1), std::vector<float>(4400, 3));
  const auto rows = run_with({0.25, false}, true, 1);
  int kept = 0;
  for (size_t s = 0; s < 400; ++s) {
    EXPECT_TRUE(rows[s * 11] == 0 || rows[s * 11] == 4);
    for (size_t i = 1; i < 11; ++i) EXPECT_EQ(rows[s * 11 + i], rows[s * 11]);
    kept += rows[s * 11] != 0;
  }
  EXPECT_NEAR(kept / 400.0, 0.75, 0.09);
  std::set<float> seen;
  for (uint32_t step = 0; step < 40; ++step) {
    const auto batch = run_with({0.25, true}, true, step);
    EXPECT_EQ(batch, std::vector<float>(4400, batch[0]));
    seen.insert(batch[0]);
  }
  EXPECT_EQ(seen, (std::set<float>{0, 4}));
}

// G7: what is at test is the mean of what is in training.
TEST(StochasticDepth, G7ExpectationIsTheOutputAtTest) {
  const auto exec = make_inline_executor();
  constexpr int kSteps = 4000;
  for (const bool whole_batch : {false, true}) {
    LayerRun<double> test(*make_stochastic_depth({0.3, whole_batch}), {{5}}, 3, false);
    LayerRun<double> train(*make_stochastic_depth({0.3, whole_batch}), {{5}}, 3, true);
    test.draw_all(1);
    train.draw_all(1);
    test.forward(*exec);
    std::vector<double> mean(test.y.size());
    for (uint32_t step = 0; step < kSteps; ++step) {
      train.key.step = step;
      train.forward(*exec);
      for (size_t i = 0; i < mean.size(); ++i) mean[i] += train.y[i] / kSteps;
    }
    const double error = std::sqrt(0.3 / 0.7 / kSteps);  // of a value of 1
    for (size_t i = 0; i < mean.size(); ++i)
      EXPECT_NEAR(mean[i], test.y[i], 4 * error * std::abs(test.y[i])) << i;
  }
}

TEST(GaussianNoise, Moments) {
  const auto exec = make_inline_executor();
  constexpr size_t kN = 200000;
  LayerRun<double> run(*make_gaussian_noise({0.5}), {{kN}}, 1, true);
  for (double& v : run.x[0]) v = 2;
  run.forward(*exec);
  double sum = 0, squares = 0, fourth = 0;
  for (double v : run.y) sum += v - 2, squares += (v - 2) * (v - 2), fourth += std::pow((v - 2) / 0.5, 4);
  EXPECT_NEAR(sum / kN, 0, 5 * 0.5 / std::sqrt(double{kN}));
  EXPECT_NEAR(squares / kN, 0.25, 0.005);
  EXPECT_NEAR(fourth / kN, 3, 0.1);
}

std::unique_ptr<Layer> dropped_dense(double rate, bool bias = true, Activation f = Activation::linear) {
  return make_drop_connect(make_dense({.units = 4, .use_bias = bias, .activation = f}), rate);
}
std::unique_ptr<Layer> dropped_conv(double rate, ConvAlgorithm algorithm = ConvAlgorithm::automatic) {
  return make_drop_connect(
      make_conv2d({.filters = 3, .kernel = {3, 2}, .pad = {1, 1, 0, 0}, .algorithm = algorithm}), rate);
}

// L18, with the mask frozen.
TEST(DropConnect, L18Gradients) {
  for (uint64_t seed = 0; seed < 3; ++seed) {
    EXPECT_TRUE(gradcheck(*dropped_dense(0.4), {{7}}, 3, seed));
    EXPECT_TRUE(gradcheck(*dropped_dense(0.4, false, Activation::tanh), {{7}}, 3, seed));
    EXPECT_TRUE(gradcheck(*dropped_dense(0.4, true, Activation::gelu), {{7}}, 3, seed));
    for (ConvAlgorithm algorithm : {ConvAlgorithm::automatic, ConvAlgorithm::im2col, ConvAlgorithm::direct})
      EXPECT_TRUE(gradcheck(*dropped_conv(0.4, algorithm), {{4, 5, 2}}, 2, seed));
  }
}

// L18: the mean over 10000 masks is near the output at test, which uses all connections.
TEST(DropConnect, L18MeanOverMasks) {
  const auto exec = make_inline_executor();
  LayerRun<double> train(*dropped_dense(0.5), {{7}}, 1, true), test(*dropped_dense(0.5), {{7}}, 1, false);
  train.draw_all(1);
  test.draw_all(1);
  test.prepare(*exec);
  test.forward(*exec);
  constexpr int kMasks = 10000;
  std::vector<double> mean(4), squares(4);
  for (uint32_t step = 0; step < kMasks; ++step) {
    train.key.step = step;
    train.prepare(*exec);
    train.forward(*exec);
    for (size_t u = 0; u < 4; ++u)
      mean[u] += train.y[u] / kMasks, squares[u] += train.y[u] * train.y[u] / kMasks;
  }
  for (size_t u = 0; u < 4; ++u) {
    const double deviation = std::sqrt(squares[u] - mean[u] * mean[u]);
    EXPECT_GT(deviation, 0.1);
    EXPECT_NEAR(mean[u], test.y[u], 4 * deviation / std::sqrt(double{kMasks}));
  }
}

TEST(DropConnect, Contract) {
  check_contract<float>(*dropped_dense(0.3), {{200}}, 5, 1);
  check_contract<float>(*dropped_conv(0.3), {{9, 11, 17}}, 5, 1);
  check_contract<double>(*dropped_conv(0.3, ConvAlgorithm::direct), {{9, 11, 6}}, 3, 1);
  EXPECT_EQ(dropped_conv(0.3)->kind(), "drop_connect_conv2d");
}

TEST(Noise, Refuse) {
  const std::vector<Shape> image{{4, 4, 3}};
  EXPECT_EQ(refusal(*make_spatial_dropout({1}), image), "rate is 1, expected at least 0 and below 1");
  EXPECT_EQ(refusal(*make_spatial_dropout({0.5}), {{4}}),
            "expects an input of height x width x channels, got 4");
  EXPECT_EQ(refusal(*make_stochastic_depth({-0.5, false}), image),
            "rate is -0.5, expected at least 0 and below 1");
  EXPECT_EQ(refusal(*make_gaussian_noise({-1}), image), "stddev is -1, expected 0 or more");
  EXPECT_EQ(refusal(*dropped_dense(1.5), {{7}}), "drop_connect is 1.5, expected at least 0 and below 1");
  EXPECT_EQ(refusal(*make_maxout({4}), {{6}}), "input has 6 channels, pieces=4 does not divide it");
  EXPECT_EQ(refusal(*make_maxout({0}), {{6}}), "input has 6 channels, pieces=0 does not divide it");
}

TEST(Maxout, Gradients) {
  EXPECT_TRUE(gradcheck(*make_maxout({2}), {{8}}, 3, 1, {.spread = 0.01}));
  EXPECT_TRUE(gradcheck(*make_maxout({3}), {{2, 3, 12}}, 2, 2, {.spread = 0.01}));
  EXPECT_TRUE(gradcheck(*make_maxout({1}), {{5}}, 2, 3));
}

TEST(Maxout, Contract) {
  check_contract<float>(*make_maxout({2}), {{31, 29, 66}}, 3, 1);
  check_contract<double>(*make_maxout({5}), {{31, 29, 5}}, 3, 1);
}

// L22: twice the parameters of a dense layer; with W2 = I and all else 0 it is a ReLU bit for bit, with W1 =
// a I a leaky one.
TEST(Maxout, L22ReluAndLeakyReluAreCases) {
  const auto exec = make_inline_executor();
  constexpr int64_t kN = 9;
  for (const float slope : {0.0f, 0.25f}) {
    LayerRun<float> dense(*make_dense({.units = 2 * kN}), {{kN}}, 4, true);
    LayerRun<float> maxout(*make_maxout({2}), {{2 * kN}}, 4, false);
    EXPECT_EQ(dense.params[0].size() + dense.params[1].size(), static_cast<size_t>(2 * (kN * kN + kN)));
    dense.draw_all(1);
    std::fill(dense.params[0].begin(), dense.params[0].end(), 0.0f);
    std::fill(dense.params[1].begin(), dense.params[1].end(), 0.0f);
    for (size_t i = 0; i < kN; ++i) {
      dense.params[0][i * 2 * kN + i] = slope;
      dense.params[0][i * 2 * kN + kN + i] = 1;
    }
    dense.forward(*exec);
    maxout.x[0].assign(dense.y.values());
    maxout.forward(*exec);
    for (size_t i = 0; i < maxout.y.size(); ++i)
      EXPECT_EQ(maxout.y[i], dense.x[0][i] > 0 ? dense.x[0][i] : slope * dense.x[0][i]);
  }
}

}  // namespace
}  // namespace fovea::layers
