// The convolution's kin: transposed, locally connected, deformable.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;
using fovea::testing::refusal;

struct Random {
  std::mt19937_64 bits;
  explicit Random(uint64_t seed) : bits(seed) {}
  int64_t operator()(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(bits() % static_cast<uint64_t>(high - low + 1));
  }
};

TransposedConv2dAttributes random_transposed(Random& pick, int64_t* channels) {
  TransposedConv2dAttributes a;
  a.groups = pick(1, 2);
  a.filters = a.groups * pick(1, 2);
  *channels = a.groups * pick(1, 2);
  for (size_t i = 0; i < 2; ++i) {
    a.kernel[i] = pick(1, 3), a.strides[i] = pick(1, 3), a.dilation[i] = pick(1, 2);
    a.output_padding[i] = pick(0, std::max(a.strides[i], a.dilation[i]) - 1);
  }
  for (int64_t& pad : a.pad) pad = pick(0, 1);
  a.use_bias = pick(0, 1) == 1;
  return a;
}

TEST(TransposedConv2d, GradientsOverRandomAttributes) {
  Random pick(1);
  int checked = 0;
  for (uint64_t round = 0; round < 40; ++round) {
    int64_t channels;
    const TransposedConv2dAttributes a = random_transposed(pick, &channels);
    const std::vector<Shape> in{{pick(1, 4), pick(1, 4), channels}};
    if (!refusal(*make_transposed_conv2d(a), in).empty()) continue;
    ++checked;
    EXPECT_TRUE(gradcheck(*make_transposed_conv2d(a), in, 2, round));
  }
  EXPECT_GT(checked, 25);
  TransposedConv2dAttributes a{
      .filters = 3, .kernel = {3, 3}, .strides = {2, 2}, .activation = Activation::tanh};
  EXPECT_TRUE(gradcheck(*make_transposed_conv2d(a), {{3, 4, 2}}, 2, 1));
}

// L13: <conv(x), y> = <x, transposed(y)> for every algorithm.
TEST(TransposedConv2d, L13AdjointOfConvolution) {
  const auto exec = make_inline_executor();
  Random pick(2);
  for (int round = 0; round < 60; ++round) {
    int64_t channels;
    TransposedConv2dAttributes a = random_transposed(pick, &channels);
    a.use_bias = false;
    const Shape small{pick(1, 7), pick(1, 7), channels};
    if (!refusal(*make_transposed_conv2d(a), {small}).empty()) continue;
    for (ConvAlgorithm algorithm : {ConvAlgorithm::automatic, ConvAlgorithm::im2col, ConvAlgorithm::direct}) {
      a.algorithm = algorithm;
      LayerRun<double> up(*make_transposed_conv2d(a), {small}, 2, false);
      // Output padding can make room for another place of the convolution, which then has one output more.
      LayerRun<double> down(*make_conv2d({.filters = channels,
                                          .kernel = a.kernel,
                                          .strides = a.strides,
                                          .dilation = a.dilation,
                                          .groups = a.groups,
                                          .pad = a.pad,
                                          .use_bias = false}),
                            {up.output}, 2, false);
      if (!(down.output == small)) continue;
      up.draw_all(1);
      down.draw_all(2);
      down.params[0].assign(up.params[0].values());
      up.prepare(*exec), up.forward(*exec);
      down.prepare(*exec), down.forward(*exec);
      double left = 0, right = 0, size = 0;
      for (size_t i = 0; i < down.y.size(); ++i) left += down.y[i] * up.x[0][i];
      for (size_t i = 0; i < up.y.size(); ++i) right += down.x[0][i] * up.y[i], size += std::abs(up.y[i]);
      EXPECT_NEAR(left, right, 1e-12 * (1 + size));
    }
  }
}

// L3: the 4 x 4 image and 3 x 3 kernel whose convolution is a 4 x 16 matrix; forward is the matrix, both the
// data gradient and the transposed convolution are its transpose.
TEST(TransposedConv2d, L3MatrixAndItsTranspose) {
  const auto exec = make_inline_executor();
  double matrix[4][16] = {};
  std::vector<double> w(9);
  for (size_t i = 0; i < 9; ++i) w[i] = static_cast<double>(i + 1);
  for (int o = 0; o < 4; ++o)
    for (int u = 0; u < 3; ++u)
      for (int v = 0; v < 3; ++v) matrix[o][(o / 2 + u) * 4 + o % 2 + v] = w[static_cast<size_t>(u * 3 + v)];
  LayerRun<double> conv(*make_conv2d({.filters = 1, .kernel = {3, 3}, .use_bias = false}), {{4, 4, 1}}, 1,
                        true);
  LayerRun<double> up(*make_transposed_conv2d({.filters = 1, .kernel = {3, 3}, .use_bias = false}),
                      {{2, 2, 1}}, 1, false);
  conv.draw_all(1);
  conv.params[0].assign(w);
  up.params[0].assign(w);
  up.x[0].assign(conv.dy.values());
  const std::vector<double> dy = conv.dy.values();
  conv.prepare(*exec), conv.forward(*exec), conv.backward(*exec);
  up.prepare(*exec), up.forward(*exec);
  for (size_t o = 0; o < 4; ++o) {
    double sum = 0;
    for (size_t i = 0; i < 16; ++i) sum += matrix[o][i] * conv.x[0][i];
    EXPECT_NEAR(conv.y[o], sum, 1e-12);
  }
  EXPECT_EQ(up.output, (Shape{4, 4, 1}));
  for (size_t i = 0; i < 16; ++i) {
    double sum = 0;
    for (size_t o = 0; o < 4; ++o) sum += matrix[o][i] * dy[o];
    EXPECT_NEAR(conv.dx[0][i], sum, 1e-12);
    EXPECT_NEAR(up.y[i], sum, 1e-12);
  }
}

// L13: how often each pixel is written to: a checkerboard where the stride does not divide the kernel.
TEST(TransposedConv2d, L13Checkerboard) {
  const auto exec = make_inline_executor();
  const auto counts = [&](int64_t kernel) {
    LayerRun<float> run(*make_transposed_conv2d(
                            {.filters = 1, .kernel = {kernel, kernel}, .strides = {2, 2}, .use_bias = false}),
                        {{6, 6, 1}}, 1, false);
    for (float& v : run.x[0]) v = 1;
    for (float& v : run.params[0]) v = 1;
    run.prepare(*exec), run.forward(*exec);
    std::vector<float> inner;
    for (int64_t y = 4; y < 8; ++y)
      for (int64_t x = 4; x < 8; ++x) inner.push_back(run.y[static_cast<size_t>(y * run.output[1] + x)]);
    return inner;
  };
  EXPECT_EQ(counts(4), std::vector<float>(16, 4));
  EXPECT_EQ(counts(3), (std::vector<float>{4, 2, 4, 2, 2, 1, 2, 1, 4, 2, 4, 2, 2, 1, 2, 1}));
}

TEST(TransposedConv2d, Contract) {
  const TransposedConv2dAttributes a{.filters = 9,
                                     .kernel = {3, 3},
                                     .strides = {2, 2},
                                     .pad = {1, 1, 1, 1},
                                     .output_padding = {1, 1},
                                     .activation = Activation::relu};
  check_contract<float>(*make_transposed_conv2d(a), {{15, 13, 17}}, 5, 1);
  check_contract<double>(*make_transposed_conv2d({.filters = 6, .kernel = {2, 3}, .groups = 3}), {{9, 7, 6}},
                         3, 1);
  check_contract<float>(*make_transposed_conv2d({.filters = 32, .kernel = {4, 4}, .strides = {2, 2}}),
                        {{12, 12, 32}}, 9, 1);
}

TEST(TransposedConv2d, Refuses) {
  const std::vector<Shape> in{{4, 4, 6}};
  EXPECT_EQ(refusal(*make_transposed_conv2d({}), in), "filters is 0, expected 1 to 1073741824");
  EXPECT_EQ(refusal(*make_transposed_conv2d({.filters = 4, .groups = 4}), in),
            "input has 6 channels, groups=4 does not divide it");
  EXPECT_EQ(refusal(*make_transposed_conv2d({.filters = 4, .groups = 3}), in),
            "filters is 4, groups=3 does not divide it");
  EXPECT_EQ(refusal(*make_transposed_conv2d({.filters = 4, .strides = {2, 0}}), in),
            "width stride is 0, expected 1 to 1073741824");
  EXPECT_EQ(refusal(*make_transposed_conv2d({.filters = 4, .strides = {2, 2}, .output_padding = {2, 0}}), in),
            "output padding of the height is 2, expected 0 to 1, less than stride or dilation");
  EXPECT_EQ(refusal(*make_transposed_conv2d({.filters = 4, .pad = {2, 2, 0, 0}}), in),
            "height: padding of 2 and 2 takes all of the 4 cells of the output");
}

LocalConv2dAttributes random_local(Random& pick) {
  LocalConv2dAttributes a{.filters = pick(1, 3)};
  for (size_t i = 0; i < 2; ++i) a.kernel[i] = pick(1, 3), a.strides[i] = pick(1, 2);
  for (int64_t& pad : a.pad) pad = pick(0, 2);
  a.use_bias = pick(0, 1) == 1;
  return a;
}

TEST(LocalConv2d, GradientsOverRandomAttributes) {
  Random pick(1);
  int checked = 0;
  for (uint64_t round = 0; round < 30; ++round) {
    const LocalConv2dAttributes a = random_local(pick);
    const std::vector<Shape> in{{pick(1, 4), pick(1, 4), pick(1, 3)}};
    if (!refusal(*make_local_conv2d(a), in).empty()) continue;
    ++checked;
    EXPECT_TRUE(gradcheck(*make_local_conv2d(a), in, 3, round));
  }
  EXPECT_GT(checked, 20);
  LocalConv2dAttributes a{.filters = 2, .kernel = {2, 2}, .activation = Activation::sigmoid};
  EXPECT_TRUE(gradcheck(*make_local_conv2d(a), {{3, 4, 2}}, 2, 1));
}

// L33: with the same weights everywhere it is a convolution.
TEST(LocalConv2d, L33EqualWeightsMakeAConvolution) {
  const auto exec = make_inline_executor();
  Random pick(3);
  for (int round = 0; round < 20; ++round) {
    const LocalConv2dAttributes a = random_local(pick);
    const Shape in{pick(3, 7), pick(3, 7), pick(1, 5)};
    LayerRun<double> local(*make_local_conv2d(a), {in}, 2, false);
    LayerRun<double> conv(*make_conv2d({.filters = a.filters,
                                        .kernel = a.kernel,
                                        .strides = a.strides,
                                        .pad = a.pad,
                                        .use_bias = a.use_bias}),
                          {in}, 2, false);
    ASSERT_EQ(local.output, conv.output);
    conv.draw_all(1);
    local.x[0].assign(conv.x[0].values());
    for (size_t i = 0; i < local.params.size(); ++i)
      for (size_t k = 0; k < local.params[i].size(); ++k)
        local.params[i][k] = conv.params[i][k % conv.params[i].size()];
    conv.prepare(*exec), conv.forward(*exec);
    local.forward(*exec);
    for (size_t i = 0; i < conv.y.size(); ++i) EXPECT_NEAR(local.y[i], conv.y[i], 1e-13);
  }
}

// L33: fully connected > locally connected > convolution.
TEST(LocalConv2d, L33ParameterCounts) {
  const Shape in{28, 28, 3};
  const auto count = [](const Layer& layer, const Shape& shape) {
    const auto set_up = layer.clone();
    (void)set_up->setup(std::vector<Shape>{shape});
    int64_t n = 0;
    for (const Parameter& p : set_up->parameters()) n += p.shape.elements();
    return n;
  };
  const int64_t conv = count(*make_conv2d({.filters = 8, .kernel = {3, 3}}), in);
  const int64_t local = count(*make_local_conv2d({.filters = 8, .kernel = {3, 3}}), in);
  const int64_t dense = count(*make_dense({.units = 26 * 26 * 8}), {28 * 28 * 3});
  EXPECT_EQ(conv, 27 * 8 + 8);
  EXPECT_EQ(local, 26 * 26 * (27 * 8 + 8));
  EXPECT_EQ(dense, 28 * 28 * 3 * 26 * 26 * 8 + 26 * 26 * 8);
}

TEST(LocalConv2d, Contract) {
  check_contract<float>(*make_local_conv2d({.filters = 9, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}),
                        {{11, 13, 7}}, 5, 1);
  check_contract<double>(
      *make_local_conv2d({.filters = 3, .kernel = {2, 3}, .strides = {2, 2}, .activation = Activation::relu}),
      {{9, 7, 2}}, 3, 1);
}

TEST(LocalConv2d, Refuses) {
  EXPECT_EQ(refusal(*make_local_conv2d({}), {{4, 4, 6}}), "filters is 0, expected 1 to 1073741824");
  EXPECT_EQ(refusal(*make_local_conv2d({.filters = 1, .kernel = {5, 1}}), {{4, 4, 6}}),
            "height: a kernel of 5 with dilation 1 reaches over 5, more than the input of 4 with padding 0 and 0");
  EXPECT_EQ(refusal(*make_local_conv2d({.filters = 1, .strides = {1, -1}}), {{4, 4, 6}}),
            "width stride is -1, expected 1 to 1073741824");
}

struct DeformCase {
  DeformConv2dAttributes a;
  std::vector<Shape> inputs;
};
// Random attributes whose shapes fit, with or without factors.
DeformCase random_deform(Random& pick) {
  for (;;) {
    DeformConv2dAttributes a;
    a.groups = pick(1, 2), a.offset_groups = pick(1, 2);
    a.filters = a.groups * pick(1, 2);
    for (size_t i = 0; i < 2; ++i)
      a.kernel[i] = pick(1, 3), a.strides[i] = pick(1, 2), a.dilation[i] = pick(1, 2);
    for (int64_t& pad : a.pad) pad = pick(0, 2);
    a.use_bias = pick(0, 1) == 1;
    const Shape in{pick(2, 4), pick(2, 4), 2 * pick(1, 2)};
    const Conv2dAttributes plain{.filters = a.filters,
                                 .kernel = a.kernel,
                                 .strides = a.strides,
                                 .dilation = a.dilation,
                                 .groups = a.groups,
                                 .pad = a.pad};
    if (!refusal(*make_conv2d(plain), {in}).empty()) continue;
    const Shape out = make_conv2d(plain)->setup(std::vector<Shape>{in});
    const int64_t places = a.offset_groups * a.kernel[0] * a.kernel[1];
    DeformCase c{a, {in, {out[0], out[1], 2 * places}}};
    if (pick(0, 1) == 1) c.inputs.push_back({out[0], out[1], places});
    return c;
  }
}

TEST(DeformConv2d, GradientsOverRandomAttributes) {
  Random pick(1);
  // At whole offsets the interpolation has a kink.
  const auto off_the_grid = [](LayerRun<double>& run) {
    for (double& v : run.x[1])
      if (std::abs(v - std::round(v)) < 1e-3) return false;
    return true;
  };
  for (uint64_t round = 0; round < 24; ++round) {
    const DeformCase c = random_deform(pick);
    EXPECT_TRUE(gradcheck(*make_deform_conv2d(c.a), c.inputs, 2, round,
                          {.low = -1.8, .high = 1.8, .accept = off_the_grid}));
  }
}

// L14: zero offsets (and factors of 1) make a plain convolution.
TEST(DeformConv2d, L14ZeroOffsetsMakeAConvolution) {
  const auto exec = make_inline_executor();
  Random pick(2);
  for (int round = 0; round < 40; ++round) {
    const DeformCase c = random_deform(pick);
    LayerRun<double> deform(*make_deform_conv2d(c.a), c.inputs, 2, false);
    LayerRun<double> conv(*make_conv2d({.filters = c.a.filters,
                                        .kernel = c.a.kernel,
                                        .strides = c.a.strides,
                                        .dilation = c.a.dilation,
                                        .groups = c.a.groups,
                                        .pad = c.a.pad,
                                        .use_bias = c.a.use_bias}),
                          {c.inputs[0]}, 2, false);
    conv.draw_all(1);
    deform.x[0].assign(conv.x[0].values());
    for (double& v : deform.x[1]) v = 0;
    if (c.inputs.size() == 3)
      for (double& v : deform.x[2]) v = 1;
    for (size_t i = 0; i < conv.params.size(); ++i) deform.params[i].assign(conv.params[i].values());
    conv.prepare(*exec), conv.forward(*exec);
    deform.forward(*exec);
    for (size_t i = 0; i < conv.y.size(); ++i) EXPECT_NEAR(deform.y[i], conv.y[i], 1e-13);
  }
}

// A whole offset takes another pixel; what is outside of the image is zero, however far.
TEST(DeformConv2d, WholeOffsets) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(*make_deform_conv2d({.filters = 1, .use_bias = false}), {{2, 3, 1}, {2, 3, 2}}, 1,
                      false);
  run.x[0].assign({1, 2, 3, 4, 5, 6});
  run.params[0].assign({1});
  run.x[1].assign({1, 0, 0, 1, 0, 1, -1, 0, -1, -1, -1e30f, 1e30f});
  run.forward(*exec);
  EXPECT_EQ(run.y.values(), (std::vector<float>{4, 3, 0, 1, 1, 0}));
}

TEST(DeformConv2d, Contract) {
  DeformConv2dAttributes a{.filters = 9, .kernel = {3, 3}, .pad = {1, 1, 1, 1}};
  check_contract<float>(*make_deform_conv2d(a), {{11, 13, 17}, {11, 13, 18}}, 9, 1);
  a.groups = 3, a.offset_groups = 2;
  check_contract<double>(*make_deform_conv2d(a), {{5, 6, 6}, {5, 6, 36}, {5, 6, 18}}, 3, 1);
}

TEST(DeformConv2d, Refuses) {
  const Shape in{4, 4, 6};
  EXPECT_EQ(refusal(*make_deform_conv2d({.filters = 2}), {in}),
            "expects x, offsets and perhaps factors, got 1 inputs");
  EXPECT_EQ(refusal(*make_deform_conv2d({.filters = 2, .kernel = {3, 3}}), {in, {2, 2, 9}}),
            "expects offsets of 2x2x18, found 2x2x9");
  EXPECT_EQ(refusal(*make_deform_conv2d({.filters = 2, .kernel = {3, 3}}), {in, {2, 2, 18}, {2, 2, 18}}),
            "expects factors of 2x2x9, found 2x2x18");
  EXPECT_EQ(refusal(*make_deform_conv2d({.filters = 2, .offset_groups = 4}), {in, {4, 4, 8}}),
            "input has 6 channels, offset_groups=4 does not divide it");
  EXPECT_EQ(refusal(*make_deform_conv2d({.filters = 2, .kernel = {5, 1}}), {in, {4, 4, 10}}),
            "height: a kernel of 5 with dilation 1 reaches over 5, more than the input of 4 with padding 0 and 0");
}

}  // namespace
}  // namespace fovea::layers
