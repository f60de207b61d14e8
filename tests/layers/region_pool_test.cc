// Adaptive, global and fractional pooling, and max-unpooling.
#include <numbers>
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

const std::vector<float> kMatrix{1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4};

std::vector<float> forward(const Layer& layer, const Shape& shape, const std::vector<float>& x) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(layer, {shape}, 1, false);
  run.x[0].assign(x);
  run.forward(*exec);
  return run.y.values();
}

TEST(AdaptivePool2d, Values) {
  EXPECT_EQ(forward(*make_adaptive_max_pool2d({{2, 2}}), {4, 4, 1}, kMatrix),
            (std::vector<float>{6, 8, 3, 4}));
  EXPECT_EQ(forward(*make_adaptive_average_pool2d({{2, 2}}), {4, 4, 1}, kMatrix),
            (std::vector<float>{3.25, 5.25, 2, 2}));
  // Three regions of four columns overlap: 0-1, 1-2, 2-3. More regions than columns repeat them.
  EXPECT_EQ(forward(*make_adaptive_max_pool2d({{1, 3}}), {1, 4, 1}, {4, 1, 3, 2}),
            (std::vector<float>{4, 3, 3}));
  EXPECT_EQ(forward(*make_adaptive_average_pool2d({{1, 4}}), {1, 2, 1}, {4, 8}),
            (std::vector<float>{4, 4, 8, 8}));
}

TEST(AdaptivePool2d, Gradients) {
  std::mt19937_64 random(1);
  const auto pick = [&](int64_t most) {
    return 1 + static_cast<int64_t>(random() % static_cast<uint64_t>(most));
  };
  for (uint64_t round = 0; round < 20; ++round) {
    const Shape shape{pick(6), pick(6), pick(3)};
    const AdaptivePool2dAttributes a{{pick(5), pick(5)}};
    EXPECT_TRUE(gradcheck(*make_adaptive_max_pool2d(a), {shape}, 2, round, {.spread = 0.01}));
    EXPECT_TRUE(gradcheck(*make_adaptive_average_pool2d(a), {shape}, 2, round));
  }
}

TEST(GlobalMaxPool2d, Gradients) {
  for (const Shape& shape : {Shape{5, 7, 6}, Shape{1, 1, 3}, Shape{4, 2, 20}})
    EXPECT_TRUE(gradcheck(*make_global_max_pool2d(), {shape}, 2, 1, {.spread = 0.01}));
  EXPECT_EQ(forward(*make_global_max_pool2d(), {4, 4, 1}, kMatrix), (std::vector<float>{8}));
  EXPECT_EQ(make_global_max_pool2d()->setup(std::vector<Shape>{{5, 7, 6}}), (Shape{6}));
}

TEST(RegionPool, Contract) {
  for (int64_t channels : {1, 6, 33}) {
    const std::vector<Shape> image{{31, 29, channels}};
    check_contract<float>(*make_adaptive_max_pool2d({{7, 5}}), image, 5, 1);
    check_contract<float>(*make_adaptive_average_pool2d({{7, 5}}), image, 5, 1);
    check_contract<double>(*make_adaptive_max_pool2d({{3, 40}}), image, 3, 1);
    check_contract<float>(*make_fractional_max_pool2d({}), image, 5, 1);
    check_contract<double>(*make_fractional_max_pool2d({{1.7, 1.2}, true}), image, 3, 1);
    check_contract<float>(*make_global_max_pool2d(), image, 5, 1);
  }
}

// L9: 25 / sqrt(2) = 17.7, so 17.
TEST(FractionalMaxPool2d, L9Shape) {
  const double root = std::numbers::sqrt2;
  const auto shape_of = [](FractionalPool2dAttributes a, const Shape& in) {
    return make_fractional_max_pool2d(a)->setup(std::vector<Shape>{in});
  };
  EXPECT_EQ(shape_of({}, {25, 36, 3}), (Shape{17, 25, 3}));
  EXPECT_EQ(FractionalPool2dAttributes{}.ratio[0], root);
  EXPECT_EQ(shape_of({{1.0, 3.0}, false}, {25, 36, 3}), (Shape{25, 12, 3}));
}

// Rows 0, 1, 2 ...: the largest of a region is its last row, so that the output shows where regions end.
std::vector<float> region_ends(int64_t n, bool training, const RandomKey& key, uint32_t sample,
                               bool overlapping = false) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_fractional_max_pool2d({{std::numbers::sqrt2, 1}, overlapping}), {{n, 1, 1}}, 1,
                      training);
  for (size_t i = 0; i < run.x[0].size(); ++i) run.x[0][i] = static_cast<float>(i);
  run.key = key;
  run.first_sample = sample;
  run.forward(*exec);
  return run.y.values();
}

// L9: the same seed gives the same regions, another seed, step or sample others; each has 1 or 2 rows; at
// inference they do not move.
TEST(FractionalMaxPool2d, L9Regions) {
  const RandomKey key{1, 2, 3, Purpose::init};
  RandomKey other = key, later = key;
  other.seed = 9;
  later.step = 9;
  const auto ends = region_ends(25, true, key, 0);
  EXPECT_EQ(ends, region_ends(25, true, key, 0));
  EXPECT_EQ(region_ends(25, false, key, 0), region_ends(25, false, other, 7));
  std::set<std::vector<float>> seen{ends, region_ends(25, true, other, 0), region_ends(25, true, later, 0),
                                    region_ends(25, true, key, 1)};
  EXPECT_GE(seen.size(), 3u);
  for (uint32_t sample = 0; sample < 200; ++sample) {
    float before = -1;
    const auto drawn = region_ends(25, true, key, sample);
    for (float end : drawn) {
      EXPECT_GE(end - before, 1) << "sample " << sample;
      EXPECT_LE(end - before, 2) << "sample " << sample;
      before = end;
    }
    EXPECT_EQ(before, 24);
    // Overlapping regions reach one row further, but for the last.
    const auto reaching = region_ends(25, true, key, sample, true);
    for (size_t i = 0; i + 1 < drawn.size(); ++i) EXPECT_EQ(reaching[i], drawn[i] + 1);
  }
}

// L9: over many seeds every region's end lies evenly about its place: the mean is near alpha (i + 1) - 1.
TEST(FractionalMaxPool2d, L9MeanOverSeeds) {
  std::vector<double> mean(17);
  constexpr int kSeeds = 2000;
  for (int seed = 0; seed < kSeeds; ++seed) {
    const auto ends = region_ends(25, true, {static_cast<uint64_t>(seed), 0, 0, Purpose::init}, 0);
    for (size_t i = 0; i < ends.size(); ++i) mean[i] += static_cast<double>(ends[i]) / kSeeds;
  }
  for (size_t i = 0; i < mean.size(); ++i)
    EXPECT_NEAR(mean[i], 25.0 / 17 * static_cast<double>(i + 1) - 1, 0.8) << "region " << i;
}

TEST(FractionalMaxPool2d, L9GradientsWithFrozenRegions) {
  uint64_t seed = 0;
  for (bool overlapping : {false, true})
    for (double ratio : {1.0, 1.3, std::numbers::sqrt2, 2.0, 2.6})
      EXPECT_TRUE(gradcheck(*make_fractional_max_pool2d({{ratio, 1.5}, overlapping}), {{7, 6, 2}}, 3, ++seed,
                            {.spread = 0.01}));
}

TEST(RegionPool, Refuses) {
  const std::vector<Shape> image{{4, 6, 3}};
  EXPECT_EQ(refusal(*make_adaptive_max_pool2d({{0, 2}}), image),
            "height of the output is 0, expected at least 1");
  EXPECT_EQ(refusal(*make_adaptive_average_pool2d({{2, -1}}), image),
            "width of the output is -1, expected at least 1");
  EXPECT_EQ(refusal(*make_fractional_max_pool2d({{0.5, 1}, false}), image),
            "height ratio is 0.5, expected 1 to 4, the input's extent");
  EXPECT_EQ(refusal(*make_fractional_max_pool2d({{1, 7}, false}), image),
            "width ratio is 7, expected 1 to 6, the input's extent");
  EXPECT_EQ(refusal(*make_global_max_pool2d(), {{4}}),
            "expects an input of height x width x channels, got 4");
}

TEST(MaxUnpool2d, PutsValuesBack) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_max_unpool2d({}), {{2, 2, 1}, {4, 4, 1}}, 1, true);
  run.x[0].assign({10, 20, 30, 40});
  run.x[1].assign(kMatrix);
  run.forward(*exec);
  EXPECT_EQ(run.y.values(), (std::vector<float>{0, 0, 0, 0, 0, 10, 0, 20, 30, 0, 0, 0, 0, 0, 0, 40}));
  for (size_t i = 0; i < 16; ++i) run.dy[i] = static_cast<float>(i);
  run.backward(*exec);
  EXPECT_EQ(run.dx[0].values(), (std::vector<float>{5, 7, 8, 15}));
  EXPECT_EQ(run.dx[1].values(), std::vector<float>(16, 0));
}

TEST(MaxUnpool2d, GradientsOverRandomGeometries) {
  std::mt19937_64 random(4);
  const auto pick = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
  };
  int checked = 0;
  for (int round = 0; round < 40; ++round) {
    Pool2dAttributes a;
    a.ceil_mode = random() % 2 == 0;
    for (size_t i = 0; i < 2; ++i) a.size[i] = pick(1, 3), a.strides[i] = pick(1, 3);
    for (size_t side = 0; side < 4; ++side) a.pad[side] = pick(0, a.size[side / 2] / 2);
    const Shape image{pick(1, 5), pick(1, 5), pick(1, 3)};
    if (!refusal(*make_max_pool2d(a), {image}).empty()) continue;
    ++checked;
    const Shape pooled = make_max_pool2d(a)->setup(std::vector<Shape>{image});
    EXPECT_TRUE(
        gradcheck(*make_max_unpool2d(a), {pooled, image}, 2, static_cast<uint64_t>(round), {.spread = 0.01}));
  }
  EXPECT_GT(checked, 20);
}

TEST(MaxUnpool2d, ContractAndRefusal) {
  check_contract<float>(*make_max_unpool2d({}), {{15, 14, 6}, {31, 29, 6}}, 5, 1);
  check_contract<double>(*make_max_unpool2d({.size = {3, 3}}), {{15, 14, 5}, {31, 29, 5}}, 3, 1);
  EXPECT_EQ(refusal(*make_max_unpool2d({}), {{2, 3, 1}, {4, 4, 1}}),
            "expects what pooling an image of 4x4x1 gives, 2x2x1, found 2x3x1");
}

}  // namespace
}  // namespace fovea::layers
