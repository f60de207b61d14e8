// Dense layer: against the plain loop, the same bits on every executor, gradients, what is refused.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::GradcheckOptions;
using fovea::testing::LayerRun;
using fovea::testing::output_away_from_zero;
using fovea::testing::refusal;

// L1: by default y = x W + b.
template <class T>
void check_linear(int64_t batch, int64_t in, int64_t units, bool training) {
  SCOPED_TRACE(std::to_string(batch) + " x " + std::to_string(in) + " -> " + std::to_string(units));
  const auto exec = make_pool_executor(2);
  LayerRun<T> run(*make_dense({.units = units}), {{in}}, batch, training);
  run.draw_all(7);
  run.prepare(*exec);
  run.forward(*exec);
  double largest = 0, worst = 0;
  for (int64_t r = 0; r < batch; ++r) {
    for (int64_t c = 0; c < units; ++c) {
      double sum = static_cast<double>(run.params[1][static_cast<size_t>(c)]);
      for (int64_t k = 0; k < in; ++k)
        sum += static_cast<double>(run.x[0][static_cast<size_t>(r * in + k)]) *
               static_cast<double>(run.params[0][static_cast<size_t>(k * units + c)]);
      largest = std::max(largest, std::abs(sum));
      worst = std::max(worst, std::abs(sum - static_cast<double>(run.y[static_cast<size_t>(r * units + c)])));
    }
  }
  const double roundings = 4 + std::sqrt(static_cast<double>(in));
  EXPECT_LE(worst, roundings * static_cast<double>(std::numeric_limits<T>::epsilon()) * largest);
  EXPECT_TRUE(run.intact());
}

TEST(Dense, L1DefaultIsLinear) {
  const int64_t sizes[][3] = {{1, 1, 1},    {1, 300, 70},    {3, 7, 5},    {64, 400, 120},
                              {64, 84, 10}, {130, 600, 130}, {2, 5000, 33}};
  for (const auto& s : sizes) {
    for (const bool training : {true, false}) {
      check_linear<float>(s[0], s[1], s[2], training);
      check_linear<double>(s[0], s[1], s[2], training);
    }
  }
}

TEST(Dense, Contract) {
  for (const Activation f : {Activation::linear, Activation::relu, Activation::tanh}) {
    check_contract<float>(*make_dense({.units = 10, .activation = f}), {{84}}, 5, 1);
    check_contract<double>(*make_dense({.units = 7, .use_bias = false, .activation = f}), {{5}}, 3, 2);
    check_contract<float>(*make_dense({.units = 120, .activation = f}), {{700}}, 70, 3);
  }
}

TEST(Dense, Gradients) {
  for (const Activation f : {Activation::linear, Activation::relu, Activation::sigmoid, Activation::tanh}) {
    for (const bool bias : {true, false}) {
      const std::vector<Shape> in{{9}};
      GradcheckOptions options;
      const auto plain = make_dense({.units = 6, .use_bias = bias});
      if (f == Activation::relu) options.accept = output_away_from_zero(*plain, in);
      EXPECT_TRUE(gradcheck(*make_dense({.units = 6, .use_bias = bias, .activation = f}), in, 4, 5, options));
    }
  }
}

TEST(Dense, FoldsAnAffineMapAndAnActivation) {
  const auto exec = make_inline_executor();
  LayerRun<double> plain(*make_dense({.units = 3}), {{4}}, 5, false),
      folded(*make_dense({.units = 3}), {{4}}, 5, false);
  plain.draw_all(3);
  folded.draw_all(3);
  plain.prepare(*exec);
  plain.forward(*exec);
  const double scale[] = {0.5, -2, 1.5}, shift[] = {0.25, 0, -1};
  ASSERT_TRUE(folded.layer->absorbs_affine());
  ASSERT_TRUE(folded.layer->absorb_activation(Activation::relu));
  EXPECT_FALSE(folded.layer->absorb_activation(Activation::relu));
  folded.prepare(*exec, {scale, shift});
  folded.forward(*exec);
  for (size_t i = 0; i < plain.y.size(); ++i)
    EXPECT_NEAR(folded.y[i], std::max(0.0, plain.y[i] * scale[i % 3] + shift[i % 3]), 1e-14);
}

TEST(Dense, ParametersAndMultiplyAdds) {
  const auto layer = make_dense({.units = 6, .activation = Activation::relu});
  EXPECT_EQ(layer->setup(std::vector<Shape>{{9}}), (Shape{6}));
  EXPECT_EQ(layer->multiply_adds(), 54);
  const auto parameters = layer->parameters();
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(parameters[0].shape, (Shape{9, 6}));
  EXPECT_EQ(parameters[0].fan_in, 9);
  EXPECT_EQ(parameters[0].fan_out, 6);
  EXPECT_EQ(parameters[0].initializer.kind, InitializerKind::he_normal);
  EXPECT_EQ(parameters[1].role, Role::bias);
}

TEST(Dense, Refusals) {
  EXPECT_EQ(refusal(*make_dense({.units = 10}), {{5, 5, 16}}),
            "expects a flat input, got 5x5x16: flatten first");
  EXPECT_EQ(refusal(*make_dense({}), {{5}}), "units is 0, expected 1 to 1073741824");
  EXPECT_EQ(refusal(*make_dense({.units = 4}), {}), "expects 1 input, got 0");
  EXPECT_EQ(refusal(*make_dense({.units = 4, .bias_regularizer = {-2, false}}), {{5}}),
            "bias regularizer has l2 = -2, expected 0 or more");
  const auto wrong = make_dense({.units = 4, .kernel_initializer = {InitializerKind::uniform, 1, -1}});
  (void)wrong->setup(std::vector<Shape>{{5}});
  EXPECT_THROW((void)wrong->parameters(), Error);
}

}  // namespace
}  // namespace fovea::layers
