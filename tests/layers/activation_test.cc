// Activation layers: gradients, contract, fusion.
#include "layers/gradcheck.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;

TEST(ActivationLayer, Gradients) {
  for (uint64_t seed = 0; seed < 5; ++seed)
    for (const Shape& shape : {Shape{1}, Shape{7}, Shape{3, 4, 5}}) {
      EXPECT_TRUE(gradcheck(*make_activation(Activation::linear), {shape}, 2, seed));
      EXPECT_TRUE(gradcheck(*make_activation(Activation::relu), {shape}, 2, seed, {.kink = 1e-3}));
      EXPECT_TRUE(gradcheck(*make_activation(Activation::sigmoid), {shape}, 2, seed, {.low = -4, .high = 4}));
      EXPECT_TRUE(gradcheck(*make_activation(Activation::tanh), {shape}, 2, seed, {.low = -3, .high = 3}));
    }
}

TEST(ActivationLayer, Contract) {
  for (Activation f :
       {Activation::linear, Activation::relu, Activation::sigmoid, Activation::tanh, Activation::relu6}) {
    SCOPED_TRACE(kernels::kActivationNames[static_cast<int>(f)]);
    check_contract<float>(*make_activation(f), {{35, 20, 50}}, 2, 1);  // several tasks
    check_contract<double>(*make_activation(f), {{5}}, 3, 2);
  }
}

TEST(ActivationLayer, SaysWhatItIs) {
  EXPECT_EQ(make_activation(Activation::relu)->as_activation(), Activation::relu);
  EXPECT_EQ(make_activation(Activation::tanh)->kind(), "tanh");
  EXPECT_THROW((void)make_activation(static_cast<Activation>(17)), std::exception);
}

}  // namespace
}  // namespace fovea::layers
