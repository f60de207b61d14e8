// Layer, group, instance and local response normalisation.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;
using fovea::testing::refusal;

TEST(LayerNorm, Gradients) {
  uint64_t seed = 0;
  for (int64_t axes : {1, 2, 3})
    for (bool affine : {true, false})
      EXPECT_TRUE(gradcheck(*make_layer_norm({.axes = axes, .scale = affine, .center = affine}), {{3, 2, 5}},
                            2, ++seed));
  EXPECT_TRUE(gradcheck(*make_layer_norm({.epsilon = 0.1, .center = false}), {{7}}, 3, ++seed));
  EXPECT_TRUE(gradcheck(*make_layer_norm({.scale = false}), {{4, 9}}, 3, ++seed));
}

TEST(LayerNorm, Contract) {
  check_contract<float>(*make_layer_norm({}), {{31, 29, 65}}, 5, 1);
  check_contract<float>(*make_layer_norm({.axes = 3}), {{31, 29, 7}}, 5, 1);
  check_contract<double>(*make_layer_norm({.scale = false}), {{20, 6}}, 5, 1);
}

TEST(GroupNorm, Gradients) {
  uint64_t seed = 0;
  for (int64_t groups : {1, 2, 3, 6})
    for (bool affine : {true, false})
      EXPECT_TRUE(gradcheck(*make_group_norm({groups, 1e-5, affine, affine}), {{3, 2, 6}}, 2, ++seed));
  EXPECT_TRUE(gradcheck(*make_group_norm({2, 0.1, true, false}), {{8}}, 3, ++seed));
  EXPECT_TRUE(gradcheck(*make_instance_norm({.scale = false}), {{3, 4, 5}}, 2, ++seed));
  EXPECT_TRUE(gradcheck(*make_instance_norm({}), {{3, 4, 5}}, 2, ++seed));
}

TEST(GroupNorm, Contract) {
  check_contract<float>(*make_group_norm({.groups = 3}), {{31, 29, 66}}, 5, 1);
  check_contract<float>(*make_group_norm({.groups = 2}), {{9, 7, 6}}, 50, 1);
  check_contract<double>(*make_instance_norm({.center = false}), {{31, 29, 5}}, 3, 1);
}

// Few large samples are cut into parts, many are not: the numbers are those of the whole samples.
template <class T>
void check_parts(const Layer& layer, double tolerance) {
  const auto exec = make_inline_executor();
  const std::vector<Shape> shape{{62, 58, 66}};
  const size_t size = static_cast<size_t>(shape[0].elements());
  for (bool training : {true, false})
    for (int64_t batch : {1, 3}) {
      LayerRun<T> all(layer, shape, 9, training), few(layer, shape, batch, training, 9);
      all.draw_all(1, 2, 5);
      few.draw_all(1, 2, 5);
      for (size_t k = 0; k < few.params.size(); ++k) few.params[k].assign(all.params[k].values());
      for (size_t i = 0; i < few.y.size(); ++i) few.x[0][i] = all.x[0][i], few.dy[i] = all.dy[i];
      // The same samples three or nine times, so that the parameters' gradients are so many times as large.
      for (size_t i = few.y.size(); i < 9 * size; ++i)
        all.x[0][i] = all.x[0][i % few.y.size()], all.dy[i] = all.dy[i % few.y.size()];
      for (LayerRun<T>* run : {&all, &few}) {
        run->prepare(*exec);
        run->forward(*exec);
        if (training) run->backward(*exec);
      }
      for (size_t i = 0; i < few.y.size(); ++i) ASSERT_NEAR(few.y[i], all.y[i], tolerance);
      if (!training) continue;
      for (size_t i = 0; i < few.y.size(); ++i) ASSERT_NEAR(few.dx[0][i], all.dx[0][i], tolerance);
      for (size_t k = 0; k < few.dparams.size(); ++k)
        for (size_t i = 0; i < few.dparams[k].size(); ++i)
          ASSERT_NEAR(9.0 / static_cast<double>(batch) * few.dparams[k][i], all.dparams[k][i],
                      1e4 * tolerance);
      EXPECT_TRUE(few.scratch.intact() && few.saved.intact() && few.y.intact());
    }
}
TEST(GroupNorm, PartsOfASample) {
  for (int64_t groups : {1, 3, 66}) {
    check_parts<float>(*make_group_norm({.groups = groups}), 2e-5);
    check_parts<double>(*make_group_norm({.groups = groups}), 1e-12);
  }
  check_contract<float>(*make_group_norm({.groups = 3}), {{62, 58, 66}}, 1, 1);
  check_contract<double>(*make_instance_norm({}), {{62, 58, 66}}, 2, 1);
}

template <class T>
void expect_unit(LayerRun<T>& run, size_t set, size_t stride, size_t step, size_t count) {
  double sum = 0, squares = 0;
  for (size_t i = 0; i < count; ++i) sum += run.y[set * stride + i * step];
  for (size_t i = 0; i < count; ++i) {
    const double off = run.y[set * stride + i * step] - sum / static_cast<double>(count);
    squares += off * off;
  }
  EXPECT_NEAR(sum / static_cast<double>(count), 0, 1e-6);
  EXPECT_NEAR(squares / static_cast<double>(count), 1, 1e-3);
}

// Far from zero, where sums of squares alone would lose all digits.
TEST(Norms, MeanZeroAndVarianceOne) {
  const auto exec = make_inline_executor();
  const auto run_with = [&](const Layer& layer) {
    auto run = std::make_unique<LayerRun<float>>(layer, std::vector<Shape>{{30, 30, 8}}, 2, false);
    run->draw_all(1, 100, 103);
    run->prepare(*exec);
    run->forward(*exec);
    return run;
  };
  const auto rows = run_with(*make_layer_norm({.axes = 3, .scale = false, .center = false}));
  for (size_t s = 0; s < 2; ++s) expect_unit(*rows, s, 7200, 1, 7200);
  const auto channels = run_with(*make_instance_norm({.scale = false, .center = false}));
  for (size_t c = 0; c < 8; ++c) expect_unit(*channels, c, 1, 8, 900);
}

TEST(Norms, Refuse) {
  EXPECT_EQ(refusal(*make_layer_norm({.axes = 4}), {{2, 3, 4}}),
            "axes is 4, expected 1 to 3 for an input of 2x3x4");
  EXPECT_EQ(refusal(*make_layer_norm({.axes = 0}), {{4}}), "axes is 0, expected 1 to 1 for an input of 4");
  EXPECT_EQ(refusal(*make_layer_norm({.epsilon = -1}), {{4}}), "epsilon is -1, expected more than 0");
  EXPECT_EQ(refusal(*make_group_norm({.groups = 4}), {{3, 3, 6}}),
            "input has 6 channels, groups=4 does not divide it");
  EXPECT_EQ(refusal(*make_group_norm({.groups = -1}), {{3, 3, 6}}), "groups is -1, expected at least 1");
  EXPECT_EQ(refusal(*make_instance_norm({}), {{1, 1, 6}}), "a group of an input of 1x1x6 has a single value");
}

// L21: b_i = a_i / (k + alpha sum_{j = max(0, i - n/2)}^{min(N - 1, i + n/2)} a_j^2)^beta, by a plain loop.
TEST(LocalResponseNorm, L21Loop) {
  const auto exec = make_inline_executor();
  for (int64_t channels : {1, 3, 16, 96})
    for (int64_t size : {1, 3, 5, 9})
      for (bool divide : {false, true})
        for (double beta : {0.75, 0.5, 1.0}) {
          const LrnAttributes a{.size = size, .k = 2, .alpha = 0.3, .beta = beta, .divide_alpha = divide};
          LayerRun<double> run(*make_local_response_norm(a), {{3, channels}}, 2, false);
          run.draw_all(1, -3, 3);
          run.forward(*exec);
          const double alpha = divide ? a.alpha / static_cast<double>(size) : a.alpha;
          for (int64_t row = 0; row < 6; ++row)
            for (int64_t i = 0; i < channels; ++i) {
              double sum = 0;
              for (int64_t j = std::max<int64_t>(0, i - size / 2); j <= std::min(channels - 1, i + size / 2);
                   ++j) {
                const double v = run.x[0][static_cast<size_t>(row * channels + j)];
                sum += v * v;
              }
              const size_t at = static_cast<size_t>(row * channels + i);
              EXPECT_NEAR(run.y[at], run.x[0][at] / std::pow(a.k + alpha * sum, beta), 1e-14);
            }
        }
}

TEST(LocalResponseNorm, L21Defaults) {
  const LrnAttributes a;
  EXPECT_EQ(a.size, 5);
  EXPECT_EQ(a.k, 2);
  EXPECT_EQ(a.alpha, 1e-4);
  EXPECT_EQ(a.beta, 0.75);
  EXPECT_FALSE(a.divide_alpha);
}

TEST(LocalResponseNorm, L21Gradients) {
  uint64_t seed = 0;
  for (int64_t size : {1, 2, 3, 5})
    for (double beta : {0.75, 0.6})
      for (bool divide : {false, true})
        EXPECT_TRUE(
            gradcheck(*make_local_response_norm({size, 1.5, 0.7, beta, divide}), {{2, 2, 7}}, 2, ++seed));
}

TEST(LocalResponseNorm, Contract) {
  check_contract<float>(*make_local_response_norm({}), {{31, 29, 33}}, 3, 1);
  check_contract<double>(*make_local_response_norm({.size = 4, .beta = 0.5}), {{31, 29, 3}}, 3, 1);
}

TEST(LocalResponseNorm, Refuses) {
  EXPECT_EQ(refusal(*make_local_response_norm({.size = 0}), {{4}}), "size is 0, expected 1 to 1048576");
  EXPECT_EQ(refusal(*make_local_response_norm({.k = 0}), {{4}}), "k is 0, expected more than 0");
  EXPECT_EQ(refusal(*make_local_response_norm({.alpha = -1}), {{4}}), "alpha is -1, expected 0 or more");
  EXPECT_EQ(refusal(*make_local_response_norm({.beta = -1}), {{4}}), "beta is -1, expected 0 or more");
}

}  // namespace
}  // namespace fovea::layers
