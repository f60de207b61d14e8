// Pooling layers: the seeds' numbers, PyTorch's and TensorFlow's geometry, gradients over random shapes.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::GradcheckOptions;
using fovea::testing::LayerRun;
using fovea::testing::refusal;

const std::vector<float> kMatrix{1, 1, 2, 4, 5, 6, 7, 8, 3, 2, 1, 0, 1, 2, 3, 4};

template <class Make>
std::vector<float> forward(Make make, const Shape& shape, const std::vector<float>& x) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make, {shape}, 1, false);
  run.x[0].assign(x);
  run.forward(*exec);
  return run.y.values();
}

Shape output_of(const Layer& layer, const Shape& input) {
  return layer.clone()->setup(std::vector<Shape>{input});
}

TEST(MaxPool2d, L5Values) {
  EXPECT_EQ(forward(make_max_pool2d({}), {4, 4, 1}, kMatrix), (std::vector<float>{6, 8, 3, 4}));
}

TEST(MaxPool2d, L5GradientGoesToTheArgmaxOnly) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_max_pool2d({}), {{4, 4, 1}}, 1, true);
  run.x[0].assign(kMatrix);
  run.forward(*exec);
  run.dy.assign({1, 2, 3, 4});
  run.backward(*exec);
  EXPECT_EQ(run.dx[0].values(), (std::vector<float>{0, 0, 0, 0, 0, 1, 0, 2, 3, 0, 0, 0, 0, 0, 0, 4}));
}

TEST(AveragePool2d, L6Values) {
  EXPECT_EQ(forward(make_average_pool2d({}), {4, 4, 1}, kMatrix), (std::vector<float>{3.25, 5.25, 2, 2}));
}

TEST(GlobalAveragePool2d, L7EqualsAveragePoolOverAll) {
  const auto exec = make_inline_executor();
  for (const Shape& shape : {Shape{5, 7, 6}, Shape{1, 1, 3}, Shape{9, 2, 70}}) {
    LayerRun<double> global(*make_global_average_pool2d(), {shape}, 3, false);
    LayerRun<double> whole(*make_average_pool2d({.size = {shape[0], shape[1]}}), {shape}, 3, false);
    global.draw_all(1);
    whole.draw_all(1);
    global.forward(*exec);
    whole.forward(*exec);
    EXPECT_EQ(global.output, (Shape{shape[2]}));
    for (size_t i = 0; i < global.y.size(); ++i) EXPECT_NEAR(global.y[i], whole.y[i], 1e-15);
    EXPECT_TRUE(gradcheck(*make_global_average_pool2d(), {shape}, 2, 1));
  }
}

// L4: 55 -> 27 -> 13 -> 6 with overlapping windows of 3, stride 2.
TEST(MaxPool2d, L4OverlappingExtents) {
  const Pool2dAttributes a{.size = {3, 3}, .strides = {2, 2}};
  EXPECT_EQ(output_of(*make_max_pool2d(a), {55, 27, 4}), (Shape{27, 13, 4}));
  EXPECT_EQ(output_of(*make_max_pool2d(a), {13, 13, 4}), (Shape{6, 6, 4}));
}

TEST(MaxPool2d, CeilMode) {
  // A window may hang over the end, but must start inside the image or the padding before it (as PyTorch).
  EXPECT_EQ(output_of(*make_max_pool2d({.ceil_mode = true}), {5, 4, 1}), (Shape{3, 2, 1}));
  EXPECT_EQ(output_of(*make_max_pool2d({.size = {1, 1}, .strides = {3, 3}, .ceil_mode = true}), {5, 6, 1}),
            (Shape{2, 2, 1}));
  EXPECT_EQ(output_of(*make_max_pool2d({.pad = {1, 1, 1, 1}, .ceil_mode = true}), {3, 4, 1}),
            (Shape{2, 3, 1}));
  EXPECT_EQ(
      output_of(*make_max_pool2d({.size = {3, 3}, .strides = {2, 2}, .pad = {1, 1, 1, 1}, .ceil_mode = true}),
                {4, 6, 1}),
      (Shape{3, 4, 1}));
}

TEST(MaxPool2d, SamePutsTheOddCellAtTheEnd) {
  const Pool2dAttributes a{.size = {2, 2}, .strides = {1, 1}, .padding = Padding::same};
  EXPECT_EQ(forward(make_max_pool2d(a), {1, 3, 1}, {1, 3, 2}), (std::vector<float>{3, 3, 2}));
  const Pool2dAttributes b{.size = {3, 3}, .strides = {2, 2}, .padding = Padding::same};
  EXPECT_EQ(output_of(*make_max_pool2d(b), {7, 8, 1}), (Shape{4, 4, 1}));
  // 8 wide: one cell of padding, at the right: windows 0-2, 2-4, 4-6, 6-7.
  EXPECT_EQ(forward(make_max_pool2d(b), {1, 8, 1}, {9, 1, 1, 1, 8, 1, 1, 7}),
            (std::vector<float>{9, 8, 8, 7}));
}

TEST(AveragePool2d, PaddingCountsUnlessExcluded) {
  Pool2dAttributes a{.size = {1, 2}, .strides = {1, 2}, .pad = {0, 0, 1, 1}};
  EXPECT_EQ(forward(make_average_pool2d(a), {1, 4, 1}, {2, 4, 6, 8}), (std::vector<float>{1, 5, 4}));
  a.exclude_padding = true;
  EXPECT_EQ(forward(make_average_pool2d(a), {1, 4, 1}, {2, 4, 6, 8}), (std::vector<float>{2, 5, 8}));
  // What ceil_mode lets hang over the padded image never counts.
  EXPECT_EQ(forward(make_average_pool2d({.size = {1, 2}, .strides = {1, 2}, .ceil_mode = true}), {1, 3, 1},
                    {2, 4, 6}),
            (std::vector<float>{3, 6}));
}

TEST(MaxPool2d, LargeWindow) {
  const Pool2dAttributes a{.size = {16, 17}, .strides = {16, 17}};
  EXPECT_TRUE(gradcheck(*make_max_pool2d(a), {{17, 17, 1}}, 1, 1, {.spread = 0.01}));
  check_contract<float>(*make_max_pool2d(a), {{32, 40, 3}}, 2, 1);
}

// Random attributes that setup() accepts.
TEST(Pool2d, GradientsOverRandomGeometries) {
  std::mt19937_64 random(4);
  const auto pick = [&](int64_t low, int64_t high) {
    return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
  };
  int checked = 0;
  for (int round = 0; round < 60; ++round) {
    Pool2dAttributes a;
    a.padding = random() % 4 == 0 ? Padding::same : Padding::explicit_;
    a.ceil_mode = random() % 2 == 0;
    a.exclude_padding = random() % 2 == 0;
    for (size_t i = 0; i < 2; ++i) {
      a.size[i] = pick(1, 3);
      a.strides[i] = pick(1, 3);
    }
    if (a.padding == Padding::explicit_)
      for (size_t side = 0; side < 4; ++side) a.pad[side] = pick(0, a.size[side / 2] / 2);
    const Shape shape{pick(1, 5), pick(1, 5), pick(1, 3)};
    if (!refusal(*make_max_pool2d(a), {shape}).empty()) continue;
    ++checked;
    EXPECT_TRUE(gradcheck(*make_max_pool2d(a), {shape}, 2, static_cast<uint64_t>(round), {.spread = 0.01}));
    EXPECT_TRUE(gradcheck(*make_average_pool2d(a), {shape}, 2, static_cast<uint64_t>(round)));
  }
  EXPECT_GT(checked, 40);
}

TEST(Pool2d, Contract) {
  for (int64_t channels : {1, 6, 33}) {
    const Shape shape{31, 29, channels};
    const Pool2dAttributes overlapping{
        .size = {3, 3}, .strides = {2, 2}, .pad = {1, 1, 1, 0}, .ceil_mode = true};
    check_contract<float>(*make_max_pool2d({}), {shape}, 5, 1);
    check_contract<float>(*make_max_pool2d(overlapping), {shape}, 5, 1);
    check_contract<double>(*make_max_pool2d(overlapping), {shape}, 3, 1);
    check_contract<float>(*make_average_pool2d(overlapping), {shape}, 5, 1);
    check_contract<double>(*make_average_pool2d({}), {shape}, 3, 1);
    check_contract<float>(*make_global_average_pool2d(), {shape}, 5, 1);
    check_contract<double>(*make_global_average_pool2d(), {shape}, 5, 1);
  }
}

TEST(Pool2d, Refuses) {
  const std::vector<Shape> image{{4, 6, 3}};
  EXPECT_EQ(refusal(*make_max_pool2d({.size = {0, 2}}), image),
            "height of the window is 0, expected 1 to 1073741824");
  EXPECT_EQ(refusal(*make_max_pool2d({.strides = {2, -1}}), image),
            "width stride is -1, expected 1 to 1073741824");
  EXPECT_EQ(refusal(*make_max_pool2d({.pad = {0, 0, 2, 0}}), image),
            "padding of 2 at the left, expected 0 to 1, half of the window's 2");
  EXPECT_EQ(refusal(*make_average_pool2d({.pad = {0, -1, 0, 0}}), image),
            "padding of -1 at the bottom, expected 0 to 1, half of the window's 2");
  EXPECT_EQ(refusal(*make_max_pool2d({.padding = Padding::same, .pad = {1, 0, 0, 0}}), image),
            "padding is same, so that explicit padding has no place, found 1 at the top");
  EXPECT_EQ(refusal(*make_max_pool2d({.size = {2, 8}}), image),
            "width: the window of 8 is larger than the input of 6 with padding 0 and 0");
  EXPECT_EQ(refusal(*make_max_pool2d({.size = {1 << 20, 1 << 20}}), image),
            "a window of 1048576x1048576 cells is too large");
  EXPECT_NE(refusal(*make_max_pool2d({}), {{4, 6}}), "");
  EXPECT_NE(refusal(*make_max_pool2d({}), {{4, 6, 3}, {4, 6, 3}}), "");
  EXPECT_NE(refusal(*make_global_average_pool2d(), {{4}}), "");
}

}  // namespace
}  // namespace fovea::layers
