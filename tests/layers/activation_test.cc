// Activation layers: gradients, contract, fusion; activations inside convolution and dense layers.
#include "base/error.h"
#include "layers/gradcheck.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::GradcheckOptions;
using fovea::testing::LayerRun;
using fovea::testing::output_away_from_zero;

std::vector<Activation> all_activations() {
  std::vector<Activation> all;
  for (size_t i = 0; i < std::size(kernels::kActivationNames); ++i) all.push_back(static_cast<Activation>(i));
  return all;
}
const char* name_of(Activation f) {
  return kernels::kActivationNames[static_cast<size_t>(f)];
}
// Clear of the kinks at 0, at 6 (relu6), and at -3 and 3 (the hard functions).
const GradcheckOptions kClearOfKinks{.low = -2.9, .high = 2.9, .kink = 1e-3};

TEST(ActivationLayer, Gradients) {
  for (const Activation f : all_activations()) {
    SCOPED_TRACE(name_of(f));
    for (uint64_t seed = 0; seed < 5; ++seed)
      for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 4, 5}})
        EXPECT_TRUE(gradcheck(*make_activation(f), {shape}, 2, seed, kClearOfKinks));
    EXPECT_TRUE(gradcheck(*make_activation(f), {{40}}, 2, 9, {.low = 3.1, .high = 5.9}));
    EXPECT_TRUE(gradcheck(*make_activation(f), {{40}}, 2, 9, {.low = -5, .high = -3.1}));
  }
  for (const double p : {0.1, 0.5, 3.0})
    for (const Activation f :
         {Activation::leaky_relu, Activation::elu, Activation::celu, Activation::swish, Activation::softplus})
      EXPECT_TRUE(gradcheck(*make_activation(f, p), {{3, 4, 5}}, 2, 1, kClearOfKinks)) << name_of(f) << p;
}

TEST(ActivationLayer, Contract) {
  for (const Activation f : all_activations()) {
    SCOPED_TRACE(name_of(f));
    check_contract<float>(*make_activation(f), {{35, 20, 50}}, 2, 1);  // several tasks
    check_contract<double>(*make_activation(f), {{5}}, 3, 2);
  }
}

TEST(ActivationLayer, SaysWhatItIs) {
  for (const Activation f : all_activations()) EXPECT_EQ(make_activation(f)->as_activation(), f);
  EXPECT_EQ(make_activation(Activation::tanh)->kind(), "tanh");
  EXPECT_THROW((void)make_activation(static_cast<Activation>(17)), std::exception);
  // Another slope than the default is no activation that a layer could absorb.
  EXPECT_EQ(make_activation(Activation::leaky_relu, 0.1)->as_activation(), Activation::linear);
}

TEST(ActivationLayer, RefusesParametersThatMakeNoSense) {
  const std::vector<Shape> in{{4}};
  for (const auto& [f, p] : {std::pair{Activation::leaky_relu, -0.1},
                             {Activation::elu, -1.0},
                             {Activation::celu, 0.0},
                             {Activation::softplus, -2.0},
                             {Activation::swish, HUGE_VAL}})
    EXPECT_THROW((void)make_activation(f, p)->setup(in), Error) << name_of(f);
  EXPECT_THROW((void)make_prelu({.initial = HUGE_VAL})->setup(in), Error);
}

// A layer that keeps its output only takes no activation whose derivative needs more, but at inference.
TEST(ActivationLayer, AddAndBatchNormTakeWhatTheirOutputCanServe) {
  EXPECT_THROW((void)make_batch_norm({.activation = Activation::gelu})->setup(std::vector<Shape>{{4}}),
               Error);
  EXPECT_NO_THROW((void)make_batch_norm({.activation = Activation::elu})->setup(std::vector<Shape>{{4}}));
}

// ---- inside other layers ----------------------------------------------------------------------------------

// The layer with f fused equals the plain layer followed by f, in training and at inference.
void check_fused(const Layer& fused, const Layer& plain, Activation f, const Shape& in) {
  SCOPED_TRACE(name_of(f));
  const auto exec = make_inline_executor();
  for (const bool training : {true, false}) {
    LayerRun<double> a(fused, {in}, 3, training), b(plain, {in}, 3, training);
    for (LayerRun<double>* run : {&a, &b}) {
      run->draw_all(5);
      run->prepare(*exec);
      run->forward(*exec);
    }
    for (size_t i = 0; i < b.y.size(); ++i) {
      double y = 0;
      kernels::activate(f, 1, &b.y[i], &y);
      EXPECT_NEAR(a.y[i], y, 1e-13);
    }
    EXPECT_TRUE(a.intact());
  }
  GradcheckOptions options;
  if (f != Activation::linear) options.accept = output_away_from_zero(plain, {in}, 1e-4);
  EXPECT_TRUE(gradcheck(fused, {in}, 2, 3, options));
}

TEST(FusedActivation, Dense) {
  for (const Activation f : all_activations()) {
    const DenseAttributes plain{.units = 6};
    DenseAttributes fused = plain;
    fused.activation = f;
    check_fused(*make_dense(fused), *make_dense(plain), f, {5});
    check_contract<float>(*make_dense(fused), {{33}}, 40, 1);
  }
}

TEST(FusedActivation, Conv2d) {
  for (const Activation f : all_activations())
    for (const ConvAlgorithm algorithm :
         {ConvAlgorithm::direct, ConvAlgorithm::im2col, ConvAlgorithm::gemm, ConvAlgorithm::depthwise}) {
      Conv2dAttributes plain;
      plain.filters = 3;
      plain.algorithm = algorithm;
      if (algorithm == ConvAlgorithm::depthwise) plain.groups = 3;
      if (algorithm != ConvAlgorithm::gemm) plain.kernel = {2, 2};
      Conv2dAttributes fused = plain;
      fused.activation = f;
      SCOPED_TRACE(kConvAlgorithmNames[static_cast<int>(algorithm)]);
      check_fused(*make_conv2d(fused), *make_conv2d(plain), f, {4, 3, 3});
      fused.filters = 24;
      fused.groups = algorithm == ConvAlgorithm::depthwise ? 24 : 1;
      check_contract<float>(*make_conv2d(fused), {{12, 11, 24}}, 3, 1);
    }
}

// ---- learned parameters -----------------------------------------------------------------------------------

// A6, A9: the parameter shared by all, by a channel, by none.
TEST(ParametricLayer, A6A9Gradients) {
  for (const Sharing sharing : {Sharing::all, Sharing::channel, Sharing::none})
    for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 4, 5}}) {
      SCOPED_TRACE(kSharingNames[static_cast<int>(sharing)] + shape.text());
      EXPECT_TRUE(gradcheck(*make_prelu({sharing, 0.25}), {shape}, 3, 1, kClearOfKinks));
      EXPECT_TRUE(gradcheck(*make_learned_swish({sharing, 1}), {shape}, 3, 2, kClearOfKinks));
    }
}

TEST(ParametricLayer, Contract) {
  for (const Sharing sharing : {Sharing::all, Sharing::channel, Sharing::none}) {
    SCOPED_TRACE(kSharingNames[static_cast<int>(sharing)]);
    check_contract<float>(*make_prelu({sharing, 0.25}), {{35, 20, 50}}, 9, 1);  // eight parts; wide
    check_contract<double>(*make_learned_swish({sharing, 1}), {{6, 5}}, 3, 2);
  }
}

// A6: with a slope above 1, max(x, slope x) would be another function.
TEST(ParametricLayer, A6SlopeAboveOne) {
  const auto exec = make_inline_executor();
  LayerRun<double> run(*make_prelu({Sharing::all, 2}), {{4}}, 1, true);
  EXPECT_EQ(run.layer->parameters()[0].initializer.a, 2);
  run.x[0].assign({-3, -1, 0.5, 2});
  run.params[0].assign({2});
  run.dy.assign({1, 1, 1, 1});
  run.forward(*exec);
  run.backward(*exec);
  EXPECT_EQ(run.y.values(), (std::vector<double>{-6, -2, 0.5, 2}));
  EXPECT_EQ(run.dx[0].values(), (std::vector<double>{2, 2, 1, 1}));
  EXPECT_EQ(run.dparams[0].values(), std::vector<double>{-4});
}

TEST(ParametricLayer, ShapesOfTheParameter) {
  const std::vector<Shape> in{{3, 4, 5}};
  const auto shape_of = [&](Sharing sharing) {
    const auto layer = make_prelu({sharing, 0.25});
    (void)layer->setup(in);
    return layer->parameters()[0].shape;
  };
  EXPECT_EQ(shape_of(Sharing::all), Shape{1});
  EXPECT_EQ(shape_of(Sharing::channel), Shape{5});
  EXPECT_EQ(shape_of(Sharing::none), (Shape{3, 4, 5}));
}

}  // namespace
}  // namespace fovea::layers
