// Batch normalisation: statistics, running averages, both modes, gradients, fusion.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::all_finite;
using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;
using fovea::testing::output_away_from_zero;
using fovea::testing::refusal;

BatchNormAttributes with(Activation f) {
  BatchNormAttributes a;
  a.activation = f;
  return a;
}

TEST(BatchNorm, L19Gradients) {
  const std::vector<std::vector<Shape>> cases{{{1}}, {{5}}, {{3, 4, 2}}, {{2, 2, 17}}};
  for (const auto& shapes : cases)
    for (int64_t batch : {4, 9}) {  // of two values each is the other's mirror image: no gradient to speak of
      EXPECT_TRUE(gradcheck(*make_batch_norm({}), shapes, batch, 1));
      EXPECT_TRUE(gradcheck(*make_batch_norm({.scale = false}), shapes, batch, 2));
      EXPECT_TRUE(gradcheck(*make_batch_norm({.center = false}), shapes, batch, 3));
      EXPECT_TRUE(gradcheck(*make_batch_norm({.scale = false, .center = false}), shapes, batch, 4));
      const auto plain = make_batch_norm({});
      EXPECT_TRUE(gradcheck(*make_batch_norm(with(Activation::relu)), shapes, batch, 5,
                            {.accept = output_away_from_zero(*plain, shapes)}));
      EXPECT_TRUE(gradcheck(*make_batch_norm(with(Activation::sigmoid)), shapes, batch, 6));
      EXPECT_TRUE(gradcheck(*make_batch_norm(with(Activation::tanh)), shapes, batch, 7));
    }
}

TEST(BatchNorm, Contract) {
  for (Activation f : {Activation::linear, Activation::relu, Activation::tanh}) {
    SCOPED_TRACE(kernels::kActivationNames[static_cast<int>(f)]);
    check_contract<float>(*make_batch_norm(with(f)), {{11, 10, 16}}, 40, 1);  // two parts, several tasks
    check_contract<float>(*make_batch_norm(with(f)), {{13, 7, 6}}, 70, 2);
    check_contract<double>(*make_batch_norm(with(f)), {{100}}, 9, 3);
    check_contract<float>(*make_batch_norm(with(f)), {{70000}}, 1, 4);
  }
  check_contract<float>(*make_batch_norm(with(Activation::relu)), {{20, 20, 16}}, 41, 1);  // all eight parts
}

// L19: the output of every channel has mean 0 and deviation 1.
TEST(BatchNorm, L19Normalises) {
  const auto exec = make_inline_executor();
  for (const Shape& shape : {Shape{10, 10, 3}, Shape{64}}) {
    LayerRun<float> run(*make_batch_norm({}), {shape}, 128, true);
    run.draw_all(1, -3, 9);
    for (float& v : run.params[0]) v = 1;
    for (float& v : run.params[1]) v = 0;
    run.forward(*exec);
    const size_t channels = run.params[0].size(), rows = run.y.size() / channels;
    for (size_t c = 0; c < channels; ++c) {
      double mean = 0, squares = 0;
      for (size_t r = 0; r < rows; ++r) mean += run.y[r * channels + c] / static_cast<double>(rows);
      for (size_t r = 0; r < rows; ++r) squares += std::pow(run.y[r * channels + c] - mean, 2);
      EXPECT_LT(std::abs(mean), 1e-6);
      EXPECT_NEAR(std::sqrt(squares / static_cast<double>(rows)), 1, 1e-3);
    }
  }
}

// L19: gamma = deviation and beta = mean restore the input.
TEST(BatchNorm, L19GammaAndBetaRestoreTheInput) {
  const auto exec = make_inline_executor();
  LayerRun<double> run(*make_batch_norm({.epsilon = 1e-12}), {{3}}, 50, true);
  run.draw_all(1, -3, 9);
  for (size_t c = 0; c < 3; ++c) {
    double mean = 0, squares = 0;
    for (size_t r = 0; r < 50; ++r) mean += run.x[0][r * 3 + c] / 50;
    for (size_t r = 0; r < 50; ++r) squares += std::pow(run.x[0][r * 3 + c] - mean, 2);
    run.params[0][c] = std::sqrt(squares / 50);
    run.params[1][c] = mean;
  }
  run.forward(*exec);
  for (size_t i = 0; i < run.y.size(); ++i) EXPECT_NEAR(run.y[i], run.x[0][i], 1e-9);
}

TEST(BatchNorm, RunningStatistics) {
  const auto exec = make_inline_executor();
  for (bool biased : {false, true}) {
    BatchNormAttributes a;
    a.momentum = 0.25;
    a.biased_running_variance = biased;
    LayerRun<double> run(*make_batch_norm(a), {{1}}, 4, true);
    run.draw_all(1);
    run.x[0].assign({1, 2, 3, 6});  // mean 3, sum of squares 14
    run.state[0][0] = 7;
    run.state[1][0] = 2;
    run.forward(*exec);
    EXPECT_DOUBLE_EQ(run.state[0][0], 0.75 * 7 + 0.25 * 3);
    EXPECT_DOUBLE_EQ(run.state[1][0], 0.75 * 2 + 0.25 * 14 / (biased ? 4 : 3));
  }
}

TEST(BatchNorm, ASingleValueLeavesTheRunningVariance) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_batch_norm({}), {{3}}, 1, true);
  run.draw_all(1);
  const auto variance = run.state[1].values();
  const auto beta = run.params[1].values();
  run.forward(*exec);
  EXPECT_EQ(run.state[1].values(), variance);
  EXPECT_EQ(run.y.values(), beta);
  run.backward(*exec);
  EXPECT_TRUE(all_finite(run.dx[0]) && all_finite(run.dparams[0]));
}

// L20: at inference a sample's output does not depend on what else is in the batch, bit for bit.
TEST(BatchNorm, L20InferenceIsIndependentOfTheBatch) {
  const auto exec = make_inline_executor();
  LayerRun<float> many(*make_batch_norm({}), {{5, 3}}, 9, false),
      one(*make_batch_norm({}), {{5, 3}}, 1, false);
  many.draw_all(1);
  one.draw_all(1);
  for (size_t i = 0; i < 2; ++i) {
    one.params[i].assign(many.params[i].values());
    one.state[i].assign(many.state[i].values());
  }
  one.x[0].assign(std::vector<float>(many.x[0].begin() + 4 * 15, many.x[0].begin() + 5 * 15));
  const auto state = many.state[0].values();
  for (auto* run : {&many, &one}) {
    run->prepare(*exec);
    run->forward(*exec);
  }
  for (size_t i = 0; i < 15; ++i) EXPECT_EQ(one.y[i], many.y[4 * 15 + i]);
  EXPECT_EQ(many.state[0].values(), state) << "inference changed the state";
  for (size_t i = 0; i < many.y.size(); ++i) {
    const size_t c = i % 3;
    const double expected = (static_cast<double>(many.x[0][i]) - many.state[0][c]) /
                                std::sqrt(many.state[1][c] + 1e-5) * many.params[0][c] +
                            many.params[1][c];
    EXPECT_NEAR(many.y[i], expected, 2e-6);
  }
}

TEST(BatchNorm, AffineIsWhatInferenceComputes) {
  const auto exec = make_inline_executor();
  for (const BatchNormAttributes& a :
       {BatchNormAttributes{}, BatchNormAttributes{.scale = false}, BatchNormAttributes{.center = false}}) {
    LayerRun<double> run(*make_batch_norm(a), {{4}}, 3, false);
    run.draw_all(2);
    run.prepare(*exec);
    run.forward(*exec);
    ASSERT_TRUE(run.layer->is_affine_at_inference());
    std::vector<const double*> params, state;
    for (auto& b : run.params) params.push_back(b.data());
    for (auto& b : run.state) state.push_back(b.data());
    double scale[4], shift[4];
    run.layer->affine(params, state, scale, shift);
    for (size_t i = 0; i < run.y.size(); ++i)
      EXPECT_NEAR(run.y[i], run.x[0][i] * scale[i % 4] + shift[i % 4], 1e-14);
  }
  EXPECT_FALSE(make_batch_norm(with(Activation::relu))->is_affine_at_inference());
}

TEST(BatchNorm, AbsorbsOneActivation) {
  const auto exec = make_inline_executor();
  const auto layer = make_batch_norm({});
  EXPECT_TRUE(layer->absorb_activation(Activation::relu));
  EXPECT_FALSE(layer->absorb_activation(Activation::tanh));
  LayerRun<float> fused(*layer, {{6, 6}}, 5, true), plain(*make_batch_norm({}), {{6, 6}}, 5, true);
  fused.draw_all(1);
  plain.draw_all(1);
  fused.forward(*exec);
  plain.forward(*exec);
  for (size_t i = 0; i < plain.y.size(); ++i) EXPECT_EQ(fused.y[i], std::max(plain.y[i], 0.0f));
}

TEST(BatchNorm, ParametersAndState) {
  const auto layer = make_batch_norm({});
  (void)layer->setup(std::vector<Shape>{{4, 4, 8}});
  const auto parameters = layer->parameters();
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(parameters[0].name, "gamma");
  EXPECT_EQ(parameters[0].role, Role::scale);
  EXPECT_EQ(parameters[0].initializer.a, 1);
  EXPECT_EQ(parameters[1].name, "beta");
  EXPECT_EQ(parameters[1].shape, (Shape{8}));
  const auto state = layer->state();
  ASSERT_EQ(state.size(), 2u);
  EXPECT_EQ(state[1].name, "running_var");
  EXPECT_EQ(state[1].initial, 1);
}

TEST(BatchNorm, Refuses) {
  EXPECT_EQ(refusal(*make_batch_norm({.epsilon = 0}), {{3}}), "epsilon is 0, expected more than 0");
  EXPECT_EQ(refusal(*make_batch_norm({.momentum = 1.5}), {{3}}), "momentum is 1.5, expected 0 to 1");
  EXPECT_EQ(refusal(*make_batch_norm({}), {Shape{}}),
            "expects an input with at least one axis, found scalar");
}

}  // namespace
}  // namespace fovea::layers
