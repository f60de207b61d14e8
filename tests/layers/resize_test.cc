// Upsampling and pixel shuffle.
#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::LayerRun;
using fovea::testing::refusal;

using Floats = std::vector<float>;

std::pair<Floats, Floats> run_with(const Layer& layer, const Shape& shape, const Floats& x,
                                   const Floats& dy) {
  const auto exec = make_inline_executor();
  LayerRun<float> run(layer, {shape}, 1, true);
  run.x[0].assign(x);
  run.forward(*exec);
  run.dy.assign(dy);
  run.backward(*exec);
  return {run.y.values(), run.dx[0].values()};
}

const Floats kDy{1, 2, 3, 4, 5, 6, 7, 8, 9, 10, 11, 12, 13, 14, 15, 16};

TEST(Upsample2d, L10Nearest) {
  const auto [y, dx] = run_with(*make_upsample2d({}), {2, 2, 1}, {1, 2, 3, 4}, kDy);
  EXPECT_EQ(y, (Floats{1, 1, 2, 2, 1, 1, 2, 2, 3, 3, 4, 4, 3, 3, 4, 4}));
  EXPECT_EQ(dx, (Floats{1 + 2 + 5 + 6, 3 + 4 + 7 + 8, 9 + 10 + 13 + 14, 11 + 12 + 15 + 16}));
}

TEST(Upsample2d, L11BedOfNails) {
  const auto [y, dx] =
      run_with(*make_upsample2d({.method = Upsample::bed_of_nails}), {2, 2, 1}, {1, 2, 3, 4}, kDy);
  EXPECT_EQ(y, (Floats{1, 0, 2, 0, 0, 0, 0, 0, 3, 0, 4, 0, 0, 0, 0, 0}));
  EXPECT_EQ(dx, (Floats{1, 3, 9, 11}));
}

TEST(Upsample2d, Bilinear) {
  const auto row = [](bool align) {
    return run_with(*make_upsample2d({{1, 2}, Upsample::bilinear, align}), {1, 3, 1}, {0, 4, 8},
                    {1, 1, 1, 1, 1, 1})
        .first;
  };
  EXPECT_EQ(row(false), (Floats{0, 1, 3, 5, 7, 8}));
  const Floats aligned = row(true);
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(aligned[i], 8.0 * static_cast<double>(i) / 5, 1e-6);
}

TEST(Upsample2d, Gradients) {
  uint64_t seed = 0;
  for (Upsample method : {Upsample::nearest, Upsample::bilinear, Upsample::bed_of_nails})
    for (std::array<int64_t, 2> scale : {std::array<int64_t, 2>{2, 2}, {1, 3}, {3, 1}})
      for (const Shape& shape : {Shape{3, 2, 4}, Shape{1, 1, 2}}) {
        EXPECT_TRUE(gradcheck(*make_upsample2d({scale, method, false}), {shape}, 2, ++seed));
        if (method != Upsample::bilinear) continue;
        EXPECT_TRUE(gradcheck(*make_upsample2d({scale, method, true}), {shape}, 2, ++seed));
      }
}

TEST(Upsample2d, Contract) {
  for (int64_t channels : {1, 6, 33})
    for (Upsample method : {Upsample::nearest, Upsample::bilinear, Upsample::bed_of_nails}) {
      check_contract<float>(*make_upsample2d({{2, 3}, method, false}), {{15, 11, channels}}, 3, 1);
      check_contract<double>(*make_upsample2d({{2, 2}, method, false}), {{9, 7, channels}}, 20, 1);
    }
}

TEST(Upsample2d, Refuses) {
  EXPECT_EQ(refusal(*make_upsample2d({.scale = {0, 2}}), {{4, 4, 3}}),
            "height scale is 0, expected 1 to 536870911");
  EXPECT_EQ(refusal(*make_upsample2d({.align_corners = true}), {{4, 4, 3}}),
            "align_corners is for method bilinear, not nearest");
  EXPECT_NE(refusal(*make_upsample2d({}), {{4}}), "");
}

// Channel c * r * r + i * r + j goes to channel c of pixel (i, j), as PyTorch has it.
TEST(PixelShuffle, L12ChannelOrder) {
  const Floats x{0, 1, 2, 3, 4, 5, 6, 7};
  const auto y = run_with(*make_pixel_shuffle({2}), {1, 1, 8}, x, Floats(8)).first;
  EXPECT_EQ(y, (Floats{0, 4, 1, 5, 2, 6, 3, 7}));
}

TEST(PixelShuffle, L12UnshuffleIsTheInverse) {
  const auto exec = make_inline_executor();
  for (int64_t r : {1, 2, 3}) {
    const Shape deep{3, 5, 4 * r * r}, wide{3 * r, 5 * r, 4};
    LayerRun<float> shuffle(*make_pixel_shuffle({r}), {deep}, 2, false);
    LayerRun<float> unshuffle(*make_pixel_unshuffle({r}), {wide}, 2, false);
    EXPECT_EQ(shuffle.output, wide);
    EXPECT_EQ(unshuffle.output, deep);
    shuffle.draw_all(1);
    shuffle.forward(*exec);
    unshuffle.x[0].assign(shuffle.y.values());
    unshuffle.forward(*exec);
    EXPECT_EQ(shuffle.x[0].values(), unshuffle.y.values());
  }
}

TEST(PixelShuffle, GradientsAndContract) {
  EXPECT_TRUE(gradcheck(*make_pixel_shuffle({2}), {{2, 3, 8}}, 2, 1));
  EXPECT_TRUE(gradcheck(*make_pixel_unshuffle({3}), {{6, 3, 2}}, 2, 2));
  check_contract<float>(*make_pixel_shuffle({3}), {{15, 11, 18}}, 3, 1);
  check_contract<double>(*make_pixel_unshuffle({2}), {{14, 10, 5}}, 3, 1);
}

TEST(PixelShuffle, Refuses) {
  EXPECT_EQ(refusal(*make_pixel_shuffle({2}), {{4, 4, 6}}),
            "input has 6 channels, which factor 2 squared does not divide");
  EXPECT_EQ(refusal(*make_pixel_shuffle({0}), {{4, 4, 6}}), "factor is 0, expected 1 to 32768");
  EXPECT_EQ(refusal(*make_pixel_unshuffle({2}), {{4, 5, 6}}), "factor 2 does not divide an image of 4x5x6");
}

}  // namespace
}  // namespace fovea::layers
