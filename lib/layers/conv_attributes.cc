#include "layers/conv_attributes.h"

#include <algorithm>

#include "base/error.h"
#include "layers/blocks.h"

namespace fovea::layers {
namespace {

using ll = long long;

WindowAxis axis_of(const ConvAttributes& a, size_t axis, int64_t in) {
  const int64_t reach = (a.kernel[axis] - 1) * a.dilation[axis] + 1;
  if (a.padding == Padding::same) return same_padding(in, reach, a.strides[axis]);
  const int64_t before = a.pad[2 * axis], after = a.pad[2 * axis + 1];
  const int64_t room = in + before + after - reach;
  FOVEA_REQUIRE(
      room >= 0,
      "%s: a kernel of %lld with dilation %lld reaches over %lld, more than the input of %lld with padding "
      "%lld and %lld",
      kAxisNames[axis], ll{a.kernel[axis]}, ll{a.dilation[axis]}, ll{reach}, ll{in}, ll{before}, ll{after});
  return {room / a.strides[axis] + 1, before, after};
}

}  // namespace

WindowAxis same_padding(int64_t in, int64_t reach, int64_t stride) {
  const int64_t out = blocks_of(in, stride);
  const int64_t total = std::max<int64_t>(0, (out - 1) * stride + reach - in);
  return {out, total / 2, total - total / 2};
}

void check_strides(const std::array<int64_t, 2>& strides) {
  for (size_t i = 0; i < 2; ++i)
    FOVEA_REQUIRE(strides[i] >= 1 && strides[i] <= kMostExtent, "%s stride is %lld, expected 1 to %lld",
                  kAxisNames[i], ll{strides[i]}, ll{kMostExtent});
}

void check_padding_is_one(Padding padding, const std::array<int64_t, 4>& pad) {
  for (size_t side = 0; side < 4; ++side)
    FOVEA_REQUIRE(padding == Padding::explicit_ || pad[side] == 0,
                  "padding is same, so that explicit padding has no place, found %lld at the %s",
                  ll{pad[side]}, kSideNames[side]);
}

void check_convolution(const ConvAttributes& a, const Shape& image) {
  expect_image(image);
  FOVEA_REQUIRE(a.filters >= 1 && a.filters <= kMostExtent, "filters is %lld, expected 1 to %lld",
                ll{a.filters}, ll{kMostExtent});
  FOVEA_REQUIRE(a.groups >= 1, "groups is %lld, expected at least 1", ll{a.groups});
  for (size_t i = 0; i < 2; ++i) {
    FOVEA_REQUIRE(a.kernel[i] >= 1 && a.kernel[i] <= kMostCells, "kernel %s is %lld, expected 1 to %lld",
                  kAxisNames[i], ll{a.kernel[i]}, ll{kMostCells});
    FOVEA_REQUIRE(a.dilation[i] >= 1 && a.dilation[i] <= kMostCells,
                  "%s dilation is %lld, expected 1 to %lld", kAxisNames[i], ll{a.dilation[i]},
                  ll{kMostCells});
  }
  check_strides(a.strides);
  FOVEA_REQUIRE(a.kernel[0] * a.kernel[1] <= kMostCells, "a kernel of %lldx%lld cells is too large",
                ll{a.kernel[0]}, ll{a.kernel[1]});
  check_padding_is_one(a.padding, a.pad);
  for (size_t side = 0; side < 4; ++side)
    FOVEA_REQUIRE(a.pad[side] >= 0 && a.pad[side] <= kMostExtent,
                  "padding at the %s is %lld, expected 0 to %lld", kSideNames[side], ll{a.pad[side]},
                  ll{kMostExtent});
  expect_regularizers(a.kernel_regularizer, a.bias_regularizer, a.activity_regularizer);
  for (int i = 0; i < 3; ++i)
    FOVEA_REQUIRE(image[i] <= kMostExtent, "an input of %s is too large", image.text().c_str());
  FOVEA_REQUIRE(image[2] % a.groups == 0, "input has %lld channels, groups=%lld does not divide it",
                ll{image[2]}, ll{a.groups});
  FOVEA_REQUIRE(a.filters % a.groups == 0, "filters is %lld, groups=%lld does not divide it", ll{a.filters},
                ll{a.groups});
}

ConvShape shape_of_convolution(const ConvAttributes& a, const Shape& image) {
  check_convolution(a, image);
  const WindowAxis v = axis_of(a, 0, image[0]), h = axis_of(a, 1, image[1]);
  const ConvShape s{image[0],      image[1],      image[2],    v.out,        h.out,
                    a.filters,     a.kernel[0],   a.kernel[1], a.strides[0], a.strides[1],
                    a.dilation[0], a.dilation[1], v.before,    h.before,     a.groups};
  check_size(s);
  return s;
}

void check_size(const ConvShape& s) {
  (void)Shape{s.height, s.width, s.channels}.elements();
  (void)checked_mul(s.window(), s.filters);
  expect_few_products(Shape{s.out_height, s.out_width, s.filters}.elements(), s.window());
}

}  // namespace fovea::layers
