// Layers that move elements: pad, slice, reshape, permute.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;
using fovea::testing::refusal;

std::vector<float> forward(const Layer& layer, const Shape& shape, const std::vector<float>& x) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(layer, {shape}, 1, false);
  run.x[0].assign(x);
  run.forward(*exec);
  return run.y.values();
}

TEST(Pad, Modes) {
  const std::vector<float> row{1, 2, 3};
  const auto padded = [&](PadMode mode, double value) {
    return forward(*make_pad({.before = {2}, .after = {1}, .mode = mode, .value = value}), {3}, row);
  };
  EXPECT_EQ(padded(PadMode::constant, 0), (std::vector<float>{0, 0, 1, 2, 3, 0}));
  EXPECT_EQ(padded(PadMode::constant, -7), (std::vector<float>{-7, -7, 1, 2, 3, -7}));
  EXPECT_EQ(padded(PadMode::reflect, 0), (std::vector<float>{3, 2, 1, 2, 3, 2}));
  EXPECT_EQ(padded(PadMode::replicate, 0), (std::vector<float>{1, 1, 1, 2, 3, 3}));
}

TEST(Pad, GradientsOverRandomShapes) {
  std::mt19937_64 random(1);
  for (int round = 0; round < 24; ++round) {
    const int rank = 1 + static_cast<int>(random() % 3);
    PadAttributes a{.mode = static_cast<PadMode>(random() % 3)};
    std::vector<int64_t> extents;
    for (int i = 0; i < rank; ++i) {
      const int64_t n = 1 + static_cast<int64_t>(random() % 4);
      const uint64_t most = a.mode == PadMode::reflect ? static_cast<uint64_t>(n) : 4;
      extents.push_back(n);
      a.before[static_cast<size_t>(i)] = static_cast<int64_t>(random() % most);
      a.after[static_cast<size_t>(i)] = static_cast<int64_t>(random() % most);
    }
    EXPECT_TRUE(gradcheck(*make_pad(a), {Shape(extents)}, 2, static_cast<uint64_t>(round)));
  }
}

TEST(Pad, Contract) {
  for (PadMode mode : {PadMode::constant, PadMode::reflect, PadMode::replicate}) {
    check_contract<float>(*make_pad({.before = {1, 2}, .after = {3, 1, 2}, .mode = mode}), {{40, 30, 17}}, 3,
                          1);
    check_contract<double>(*make_pad({.after = {2}, .mode = mode}), {{5}}, 3, 1);
  }
}

TEST(Pad, Refuses) {
  EXPECT_EQ(refusal(*make_pad({.before = {-1}}), {{4}}), "the padding of axis 0 is -1 and 0");
  EXPECT_EQ(refusal(*make_pad({.after = {0, 2}}), {{4}}), "axis 1 is padded, but the input is 4");
  EXPECT_EQ(refusal(*make_pad({.before = {0, 4}, .mode = PadMode::reflect}), {{9, 4}}),
            "axis 1: a padding of 4 and 0 cannot mirror an extent of 4, expected less");
  EXPECT_EQ(refusal(*make_pad({.mode = PadMode::reflect, .value = 2}), {{4}}),
            "value is 2, which mode reflect has no use for");
}

TEST(Slice, TakesAPart) {
  const std::vector<float> x{0, 1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11};
  EXPECT_EQ(forward(*make_slice({.begin = {1}}), {2, 3, 2}, x), (std::vector<float>{6, 7, 8, 9, 10, 11}));
  EXPECT_EQ(forward(*make_slice({.begin = {0, 1}, .end = {0, -1}}), {2, 3, 2}, x),
            (std::vector<float>{2, 3, 8, 9}));
  EXPECT_EQ(forward(*make_slice({.begin = {0, -1, 1}, .end = {1}}), {2, 3, 2}, x), (std::vector<float>{5}));
  EXPECT_EQ(forward(*make_slice({}), {2, 3, 2}, x), x);
}

TEST(Slice, Gradients) {
  EXPECT_TRUE(gradcheck(*make_slice({.begin = {1, 0, 2}, .end = {0, 2, 4}}), {{3, 4, 5}}, 2, 1));
  EXPECT_TRUE(gradcheck(*make_slice({.begin = {1, 1}, .end = {-1, -2}}), {{4, 5, 2}}, 3, 2));
  EXPECT_TRUE(gradcheck(*make_slice({.begin = {2}}), {{7}}, 2, 3));
}

TEST(Slice, Contract) {
  check_contract<float>(*make_slice({.begin = {1, 3}, .end = {-2, 0, 16}}), {{40, 30, 33}}, 3, 1);
  check_contract<double>(*make_slice({.begin = {0, 3}}), {{30, 20, 9}}, 2, 1);
}

TEST(Slice, Refuses) {
  EXPECT_EQ(refusal(*make_slice({.begin = {2}, .end = {2}}), {{4}}),
            "axis 0: from 2 to 2 is no part of an extent of 4");
  EXPECT_EQ(refusal(*make_slice({.end = {5}}), {{4}}), "axis 0: from 0 to 5 is no part of an extent of 4");
  EXPECT_EQ(refusal(*make_slice({.begin = {-5}}), {{4}}),
            "axis 0: from -5 to 0 is no part of an extent of 4");
  EXPECT_EQ(refusal(*make_slice({.begin = {0, 1}}), {{4}}), "axis 1 is cut, but the input is 4");
}

TEST(Reshape, Shapes) {
  const auto shape_of = [](const ReshapeAttributes& a, const Shape& in) {
    return make_reshape(a)->setup(std::vector<Shape>{in});
  };
  EXPECT_EQ(shape_of({.shape = {6, 4}, .rank = 2}, {2, 3, 4}), (Shape{6, 4}));
  EXPECT_EQ(shape_of({.shape = {4, -1, 2}, .rank = 3}, {2, 3, 4}), (Shape{4, 3, 2}));
  EXPECT_TRUE(make_reshape({})->traits().view);
  EXPECT_EQ(refusal(*make_reshape({.shape = {5, 5}, .rank = 2}), {{2, 3, 4}}),
            "2x3x4 has 24 elements, which 5x5 cannot hold");
  EXPECT_EQ(refusal(*make_reshape({.shape = {-1, 5}, .rank = 2}), {{24}}),
            "24 has 24 elements, which 4x5 cannot hold");
  EXPECT_EQ(refusal(*make_reshape({.shape = {-1, -1}, .rank = 2}), {{24}}),
            "extent 1 of the shape is -1, expected at least 1, or -1 once");
  EXPECT_EQ(refusal(*make_reshape({}), {{24}}), "rank is 0, expected 1 to 8");
}

TEST(Permute, MovesAxes) {
  const std::vector<float> x{0, 1, 2, 3, 4, 5};
  EXPECT_EQ(forward(*make_permute({.axes = {1, 0}}), {2, 3}, x), (std::vector<float>{0, 3, 1, 4, 2, 5}));
  EXPECT_EQ(forward(*make_permute({.axes = {0, 1}}), {2, 3}, x), x);
  EXPECT_EQ(make_permute({.axes = {2, 0, 1}})->setup(std::vector<Shape>{{4, 5, 6}}), (Shape{6, 4, 5}));
}

TEST(Permute, Gradients) {
  for (const auto& axes : {std::array<int64_t, 8>{2, 0, 1}, {0, 2, 1}, {1, 0, 2}, {2, 1, 0}})
    EXPECT_TRUE(gradcheck(*make_permute({.axes = axes}), {{2, 3, 4}}, 2, 1));
}

TEST(Permute, Contract) {
  check_contract<float>(*make_permute({.axes = {2, 0, 1}}), {{45, 37, 20}}, 3, 1);
  check_contract<float>(*make_permute({.axes = {1, 0, 2}}), {{45, 37, 20}}, 3, 1);
  check_contract<double>(*make_permute({.axes = {1, 0}}), {{70, 33}}, 2, 1);
}

TEST(Permute, Refuses) {
  EXPECT_EQ(refusal(*make_permute({.axes = {0, 2}}), {{4, 5}}),
            "axis 1 of the output is 2 of the input, which is 4x5");
  EXPECT_EQ(refusal(*make_permute({.axes = {1, 1}}), {{4, 5}}), "axis 1 of the input is named twice");
  EXPECT_EQ(refusal(*make_permute({.axes = {1, 0, 2}}), {{4, 5}}), "3 axes are named, but the input is 4x5");
}

}  // namespace
}  // namespace fovea::layers
