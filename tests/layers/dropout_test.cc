// Dropout: the mask's law and its expectation, gradients with the mask frozen.
#include "layers/gradcheck.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;

TEST(Dropout, L17Gradients) {
  for (double rate : {0.0, 0.25, 0.5, 0.999999})
    for (bool at_test : {false, true})
      EXPECT_TRUE(gradcheck(*make_dropout({rate, at_test}), {{3, 13}}, 3, 1)) << rate;
}

TEST(Dropout, Contract) {
  for (double rate : {0.0, 0.5}) {
    check_contract<float>(*make_dropout({rate, false}), {{10}}, 500, 1);  // many samples to a task
    check_contract<float>(*make_dropout({rate, true}), {{70000}}, 2, 1);  // many tasks to a sample
    check_contract<double>(*make_dropout({rate, false}), {{4, 33}}, 3, 1);
  }
}

// The mask of element e of sample s depends on key, s and e alone: not on the batch, nor on the element type.
TEST(Dropout, MaskIsAFunctionOfKeySampleElement) {
  const auto exec = make_inline_executor();
  const int64_t n = 77;
  LayerRun<float> all(*make_dropout({0.3, true}), {{n}}, 5, true);
  for (float& v : all.x[0]) v = 1;
  all.forward(*exec);
  RandomKey key = all.key;
  key.purpose = Purpose::dropout;
  const auto threshold = static_cast<uint32_t>(0.3 * 0x1p32);
  for (uint32_t s = 0; s < 5; ++s)
    for (uint32_t e = 0; e < n; ++e)
      EXPECT_EQ(all.y[s * static_cast<size_t>(n) + e],
                key.draw(all.first_sample + s, e / 4)[e % 4] >= threshold ? 1.0f : 0.0f);
  LayerRun<double> one(*make_dropout({0.3, true}), {{n}}, 1, true);
  one.first_sample = all.first_sample + 3;
  for (double& v : one.x[0]) v = 1;
  one.forward(*exec);
  for (size_t e = 0; e < static_cast<size_t>(n); ++e)
    EXPECT_EQ(one.y[e], all.y[3 * static_cast<size_t>(n) + e]);
  one.key.stream += 1;  // another layer
  const auto before = one.y.values();
  one.forward(*exec);
  EXPECT_NE(one.y.values(), before);
}

// G5: of the four masks over two inputs each comes a quarter of the time, so that the mean of w0 x + w1 y is
// half of it (scaled at test) or all of it (inverted).
TEST(Dropout, G5FourMasks) {
  const auto exec = make_inline_executor();
  constexpr int64_t kDraws = 40000;
  LayerRun<double> run(*make_dropout({0.5, true}), {{2}}, kDraws, true);
  for (size_t i = 0; i < run.x[0].size(); ++i) run.x[0][i] = i % 2 == 0 ? 3 : 5;
  run.forward(*exec);
  int seen[4] = {};
  double mean = 0;
  for (size_t s = 0; s < kDraws; ++s) {
    const double a = run.y[2 * s], b = run.y[2 * s + 1];
    EXPECT_TRUE((a == 0 || a == 3) && (b == 0 || b == 5));
    ++seen[(a != 0) + 2 * (b != 0)];
    mean += (a + b) / kDraws;
  }
  for (int count : seen) EXPECT_NEAR(count, kDraws / 4, 5 * std::sqrt(kDraws * 3.0 / 16));
  EXPECT_NEAR(mean, 4, 0.1);

  LayerRun<double> inverted(*make_dropout({0.5, false}), {{2}}, kDraws, true);
  inverted.x[0].assign(run.x[0].values());
  inverted.forward(*exec);
  for (size_t i = 0; i < run.y.size(); ++i) EXPECT_EQ(inverted.y[i], 2 * run.y[i]);
}

TEST(Dropout, AtInference) {
  const auto exec = make_inline_executor();
  LayerRun<float> plain(*make_dropout({0.25, false}), {{9}}, 2, false),
      scaled(*make_dropout({0.25, true}), {{9}}, 2, false);
  plain.draw_all(1);
  scaled.draw_all(1);
  plain.forward(*exec);
  scaled.forward(*exec);
  for (size_t i = 0; i < 18; ++i) {
    EXPECT_EQ(plain.y[i], plain.x[0][i]);
    EXPECT_EQ(scaled.y[i], 0.75f * plain.x[0][i]);
  }
}

TEST(Dropout, RateNearOne) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_dropout({1 - 1e-12, false}), {{100000}}, 1, true);
  run.draw_all(1);
  run.forward(*exec);
  for (float v : run.y) EXPECT_TRUE(std::isfinite(v));
}

TEST(Dropout, Refuses) {
  const std::vector<Shape> shapes{{3}};
  for (double rate : {1.0, -0.1, std::numeric_limits<double>::quiet_NaN()}) {
    try {
      (void)make_dropout({rate, false})->setup(shapes);
      ADD_FAILURE() << rate;
    } catch (const std::exception& e) {
      EXPECT_NE(std::string(e.what()).find("expected at least 0 and below 1"), std::string::npos) << e.what();
    }
  }
}

}  // namespace
}  // namespace fovea::layers
