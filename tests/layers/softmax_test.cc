// The softmax layer.
#include "layers/gradcheck.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;

TEST(SoftmaxLayer, L16Gradients) {
  for (uint64_t seed = 0; seed < 5; ++seed) {
    EXPECT_TRUE(gradcheck(*make_softmax(), {{2}}, 3, seed));
    EXPECT_TRUE(gradcheck(*make_softmax(), {{10}}, 3, seed, {.low = -3, .high = 3}));
    EXPECT_TRUE(gradcheck(*make_softmax(), {{3, 2, 7}}, 2, seed, {.low = -3, .high = 3}));
  }
}

TEST(SoftmaxLayer, Contract) {
  check_contract<float>(*make_softmax(), {{10}}, 3000, 1);
  check_contract<double>(*make_softmax(), {{4, 5, 19}}, 40, 2);
}

TEST(SoftmaxLayer, L16RowsSumToOne) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_softmax(), {{6, 10}}, 4, false);
  run.draw_all(1, -1e4, 1e4);
  run.forward(*exec);
  for (size_t row = 0; row < 24; ++row) {
    double sum = 0;
    for (size_t c = 0; c < 10; ++c) sum += run.y[row * 10 + c];
    EXPECT_NEAR(sum, 1, 1e-6);
  }
}

TEST(LogSoftmaxLayer, GradientsAndContract) {
  for (uint64_t seed = 0; seed < 3; ++seed)
    for (const Shape& shape : {Shape{2}, Shape{7}, Shape{3, 4, 5}})
      EXPECT_TRUE(gradcheck(*make_log_softmax(), {shape}, 2, seed, {.low = -3, .high = 3}));
  check_contract<float>(*make_log_softmax(), {{35, 20, 50}}, 2, 1);
  check_contract<double>(*make_log_softmax(), {{5}}, 3, 2);
}

}  // namespace
}  // namespace fovea::layers
