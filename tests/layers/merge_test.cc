// Add and concat.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;
using fovea::testing::output_away_from_zero;
using fovea::testing::refusal;

std::unique_ptr<Layer> add_with(Activation f) {
  auto layer = make_add();
  EXPECT_TRUE(layer->absorb_activation(f));
  EXPECT_FALSE(layer->absorb_activation(f)) << "only one can be absorbed";
  return layer;
}

TEST(Add, Gradients) {
  for (size_t n : {2, 3, 5}) {
    const std::vector<Shape> shapes(n, Shape{3, 5});
    EXPECT_TRUE(gradcheck(*make_add(), shapes, 2, n));
    const auto plain = make_add();
    EXPECT_TRUE(gradcheck(*add_with(Activation::relu), shapes, 2, n,
                          {.accept = output_away_from_zero(*plain, shapes)}));
    EXPECT_TRUE(gradcheck(*add_with(Activation::tanh), shapes, 2, n));
  }
}

TEST(Add, Contract) {
  check_contract<float>(*make_add(), {{9}, {9}}, 3, 1);
  check_contract<float>(*add_with(Activation::relu), {{40, 30, 20}, {40, 30, 20}}, 2, 1);
  check_contract<double>(*add_with(Activation::sigmoid), {{3, 7}, {3, 7}, {3, 7}}, 2, 1);
}

TEST(Add, Sums) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*add_with(Activation::relu), {{5000}, {5000}, {5000}}, 1, true);
  run.draw_all(1);
  run.forward(*exec);
  for (size_t i = 0; i < 5000; ++i)
    EXPECT_EQ(run.y[i], std::max(0.0f, run.x[0][i] + run.x[1][i] + run.x[2][i]));
}

TEST(Add, Refuses) {
  EXPECT_EQ(refusal(*make_add(), {{3}}), "expects two or more inputs, found 1");
  EXPECT_EQ(refusal(*make_add(), {{4, 4, 8}, {4, 4, 8}, {4, 4, 6}}),
            "expects inputs of one shape, found 4x4x8 and 4x4x6 (input 2)");
}

TEST(Concat, Gradients) {
  EXPECT_TRUE(gradcheck(*make_concat(), {{3}, {5}}, 2, 1));
  EXPECT_TRUE(gradcheck(*make_concat(), {{2, 3, 1}, {2, 3, 4}, {2, 3, 2}}, 2, 2));
}

TEST(Concat, Contract) {
  check_contract<float>(*make_concat(), {{30, 20, 16}, {30, 20, 5}, {30, 20, 33}}, 2, 1);
  check_contract<double>(*make_concat(), {{1}, {2}}, 5, 1);
}

TEST(Concat, PutsChannelsSideBySide) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_concat(), {{2, 1}, {2, 2}}, 1, false);
  EXPECT_EQ(run.output, (Shape{2, 3}));
  run.x[0].assign({1, 4});
  run.x[1].assign({2, 3, 5, 6});
  run.forward(*exec);
  EXPECT_EQ(run.y.values(), (std::vector<float>{1, 2, 3, 4, 5, 6}));
}

TEST(Concat, Refuses) {
  EXPECT_EQ(refusal(*make_concat(), {}), "expects at least one input, found none");
  EXPECT_EQ(refusal(*make_concat(), {{3}}), "");
  EXPECT_EQ(refusal(*make_concat(), {{4, 4, 8}, {4, 5, 8}}),
            "expects inputs that differ in the last axis only, found 4x4x8 and 4x5x8");
  EXPECT_EQ(refusal(*make_concat(), {{4, 8}, {8}}),
            "expects inputs that differ in the last axis only, found 4x8 and 8");
}

}  // namespace
}  // namespace fovea::layers
