#include "layers/conv_shape.h"

#include <algorithm>
#include <set>

namespace fovea::layers {
namespace {

int64_t ceil_div(int64_t a, int64_t b) {
  return a >= 0 ? (a + b - 1) / b : -(-a / b);
}
int64_t floor_div(int64_t a, int64_t b) {
  return a >= 0 ? a / b : -((-a + b - 1) / b);
}

// The residues of an input's rows (or columns) that a tap reaches, ascending. Found from the taps, since a
// stride may be large.
std::set<int64_t> phases(int64_t kernel, int64_t stride, int64_t dilation, int64_t pad, int64_t extent) {
  std::set<int64_t> all;
  for (int64_t k = 0; k < kernel; ++k) {
    const int64_t residue = ((k * dilation - pad) % stride + stride) % stride;
    if (residue < extent) all.insert(residue);
  }
  return all;
}

}  // namespace

bool ConvShape::is_pointwise() const {
  return kernel_h == 1 && kernel_w == 1 && stride_h == 1 && stride_w == 1 && pad_top == 0 && pad_left == 0 &&
         out_height == height && out_width == width;
}

bool ConvShape::is_whole_image() const {
  return kernel_h == height && kernel_w == width && dilation_h == 1 && dilation_w == 1 && groups == 1 &&
         pad_top == 0 && pad_left == 0 && out_height == 1 && out_width == 1;
}

kernels::Im2col ConvShape::windows() const {
  return {height,   width,      group_channels(), channels, kernel_h, kernel_w, stride_h,
          stride_w, dilation_h, dilation_w,       pad_top,  pad_left, out_width};
}

Range inside(int64_t count, int64_t step, int64_t shift, int64_t extent) {
  const int64_t begin = std::clamp<int64_t>(ceil_div(-shift, step), 0, count);
  const int64_t end = std::clamp<int64_t>(floor_div(extent - 1 - shift, step) + 1, begin, count);
  return {begin, end};
}

Plan forward_plan(const ConvShape& s) {
  Plan plan{s.out_height, s.out_width, s.stride_h, s.stride_w, 0, 0, 1, 1, {}};
  for (int64_t ky = 0; ky < s.kernel_h; ++ky)
    for (int64_t kx = 0; kx < s.kernel_w; ++kx)
      plan.taps.push_back(
          {ky * s.dilation_h - s.pad_top, kx * s.dilation_w - s.pad_left, ky * s.kernel_w + kx});
  return plan;
}

// x[iy] meets kernel row ky in y[oy] where oy * stride = iy + pad - ky * dilation. For iy = phase + q *
// stride that is oy = q + (phase + pad - ky * dilation) / stride, if the division leaves nothing.
std::vector<Plan> data_gradient_plans(const ConvShape& s) {
  std::vector<Plan> plans;
  const auto columns = phases(s.kernel_w, s.stride_w, s.dilation_w, s.pad_left, s.width);
  for (const int64_t phase_y : phases(s.kernel_h, s.stride_h, s.dilation_h, s.pad_top, s.height)) {
    for (const int64_t phase_x : columns) {
      Plan plan{ceil_div(s.height - phase_y, s.stride_h),
                ceil_div(s.width - phase_x, s.stride_w),
                1,
                1,
                phase_y,
                phase_x,
                s.stride_h,
                s.stride_w,
                {}};
      // Backwards, so that the pixels of dz that the taps meet ascend.
      for (int64_t ky = s.kernel_h - 1; ky >= 0; --ky) {
        const int64_t y = phase_y + s.pad_top - ky * s.dilation_h;
        if (y % s.stride_h != 0) continue;
        for (int64_t kx = s.kernel_w - 1; kx >= 0; --kx) {
          const int64_t x = phase_x + s.pad_left - kx * s.dilation_w;
          if (x % s.stride_w == 0)
            plan.taps.push_back({y / s.stride_h, x / s.stride_w, ky * s.kernel_w + kx});
        }
      }
      plans.push_back(std::move(plan));
    }
  }
  return plans;
}

}  // namespace fovea::layers
