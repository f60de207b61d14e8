// Sum, difference, product, mean, maximum and concatenation.
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

TEST(Arithmetic, Gradients) {
  const std::vector<Shape> two(2, Shape{2, 3, 5});
  const std::vector<Shape> three(3, Shape{2, 3, 5});
  EXPECT_TRUE(gradcheck(*make_subtract(), two, 2, 1));
  EXPECT_TRUE(gradcheck(*make_multiply(), two, 2, 1));
  for (const auto& shapes : {two, three}) {
    EXPECT_TRUE(gradcheck(*make_average(), shapes, 2, 1));
    // No two elements of one place may be near each other.
    const auto apart = [&](LayerRun<double>& run) {
      for (size_t a = 0; a < run.x.size(); ++a)
        for (size_t b = 0; b < a; ++b)
          for (size_t i = 0; i < run.x[a].size(); ++i)
            if (std::abs(run.x[a][i] - run.x[b][i]) < 1e-4) return false;
      return true;
    };
    EXPECT_TRUE(gradcheck(*make_maximum(), shapes, 2, 1, {.accept = apart}));
  }
}

TEST(Arithmetic, Contract) {
  for (const Shape& shape : {Shape{9}, Shape{40, 30, 20}}) {
    const std::vector<Shape> two(2, shape), three(3, shape);
    check_contract<float>(*make_subtract(), two, 3, 1);
    check_contract<float>(*make_multiply(), two, 3, 1);
    check_contract<float>(*make_average(), three, 3, 1);
    check_contract<float>(*make_maximum(), three, 3, 1);
    check_contract<double>(*make_maximum(), two, 2, 1);
  }
}

TEST(Arithmetic, Values) {
  const auto exec = make_inline_executor();
  const auto result = [&](const Layer& layer) {
    LayerRun<float> run(layer, {{4}, {4}}, 1, true);
    run.x[0].assign({1, 5, -2, 4});
    run.x[1].assign({3, 2, -3, 4});
    run.forward(*exec);
    run.dy.assign({10, 20, 30, 40});
    run.backward(*exec);
    return std::vector<std::vector<float>>{run.y.values(), run.dx[0].values(), run.dx[1].values()};
  };
  using Rows = std::vector<std::vector<float>>;
  EXPECT_EQ(result(*make_subtract()), (Rows{{-2, 3, 1, 0}, {10, 20, 30, 40}, {-10, -20, -30, -40}}));
  EXPECT_EQ(result(*make_multiply()), (Rows{{3, 10, 6, 16}, {30, 40, -90, 160}, {10, 100, -60, 160}}));
  EXPECT_EQ(result(*make_average()), (Rows{{2, 3.5, -2.5, 4}, {5, 10, 15, 20}, {5, 10, 15, 20}}));
  // The first of two equal values takes the gradient.
  EXPECT_EQ(result(*make_maximum()), (Rows{{3, 5, -2, 4}, {0, 20, 30, 40}, {10, 0, 0, 0}}));
}

TEST(Multiply, FactorsOfChannels) {
  for (const Shape& factors : {Shape{5}, Shape{1, 1, 5}}) {
    EXPECT_TRUE(gradcheck(*make_multiply(), {{3, 4, 5}, factors}, 2, 1));
    EXPECT_TRUE(gradcheck(*make_multiply(), {factors, {3, 4, 5}}, 2, 1));
  }
  for (int64_t channels : {1, 6, 64, 1500}) {
    check_contract<float>(*make_multiply(), {{31, 29, channels}, {channels}}, 3, 1);
    check_contract<double>(*make_multiply(), {{channels}, {5, 29, channels}}, 3, 1);
  }
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_multiply(), {{1, 2, 2}, {2}}, 2, false);
  run.x[0].assign({1, 2, 3, 4, 5, 6, 7, 8});
  run.x[1].assign({10, 100, -1, 0});
  run.forward(*exec);
  EXPECT_EQ(run.y.values(), (std::vector<float>{10, 200, 30, 400, -5, 0, -7, 0}));
}

TEST(Arithmetic, Refuses) {
  EXPECT_EQ(refusal(*make_subtract(), {{3}, {3}, {3}}), "expects 2 inputs, got 3");
  EXPECT_EQ(refusal(*make_subtract(), {{3}, {4}}), "expects inputs of one shape, found 3 and 4 (input 1)");
  EXPECT_EQ(refusal(*make_average(), {{3}}), "expects two or more inputs, found 1");
  EXPECT_EQ(refusal(*make_maximum(), {{3}, {3}, {2}}),
            "expects inputs of one shape, found 3 and 2 (input 2)");
  EXPECT_EQ(refusal(*make_multiply(), {{4, 4, 8}, {4, 4, 6}}),
            "expects two inputs of one shape, or one factor for each channel, found 4x4x8 and 4x4x6");
  EXPECT_EQ(refusal(*make_multiply(), {{4, 4, 8}, {2, 4}}),
            "expects two inputs of one shape, or one factor for each channel, found 4x4x8 and 2x4");
}

TEST(Matmul, Gradients) {
  uint64_t seed = 0;
  for (bool a : {false, true})
    for (bool b : {false, true})
      EXPECT_TRUE(gradcheck(*make_matmul({a, b}),
                            {a ? Shape{4, 3} : Shape{3, 4}, b ? Shape{5, 4} : Shape{4, 5}}, 2, ++seed));
}

TEST(Matmul, ContractAndRefusals) {
  check_contract<float>(*make_matmul({}), {{40, 33}, {33, 17}}, 5, 1);
  check_contract<double>(*make_matmul({true, true}), {{33, 40}, {17, 33}}, 3, 1);
  EXPECT_EQ(refusal(*make_matmul({}), {{3, 4}, {3, 5}}), "3x4 and 3x5 do not fit together");
  EXPECT_EQ(refusal(*make_matmul({false, true}), {{3, 4}, {3, 5}}),
            "3x4 and 3x5 transposed do not fit together");
  EXPECT_EQ(refusal(*make_matmul({}), {{3, 4}, {4}}), "expects two matrices, found 3x4 and 4");
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
