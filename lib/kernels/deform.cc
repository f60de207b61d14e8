#include "kernels/deform.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/deform.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// The four pixels around a place, as offsets into the image (-1: outside), and their shares.
template <class T>
struct Corners {
  int64_t at[4];
  T share[4];
  T y, x;  // how far the place is from the upper left one

  Corners(const Deform& d, T row, T column) {
    const T top = std::floor(row), left = std::floor(column);
    y = row - top;
    x = column - left;
    share[0] = (1 - y) * (1 - x);
    share[1] = (1 - y) * x;
    share[2] = y * (1 - x);
    share[3] = y * x;
    for (int64_t i = 0; i < 4; ++i) {
      // Compared as T, since the place may be further away than an integer reaches.
      const T r = top + static_cast<T>(i / 2), c = left + static_cast<T>(i % 2);
      const bool inside = r >= 0 && r < static_cast<T>(d.height) && c >= 0 && c < static_cast<T>(d.width);
      at[i] = inside ? (static_cast<int64_t>(r) * d.width + static_cast<int64_t>(c)) * d.channels : -1;
    }
  }
};

// body(cell of the window over all, group, corners, number of the offset) for each pixel, cell and group.
template <class T, class F>
HWY_INLINE void ForEachPlace(const Deform& d, int64_t row, const T* offsets, F&& body) {
  const int64_t cells = d.kernel_h * d.kernel_w;
  for (int64_t p = 0; p < d.out_width; ++p)
    for (int64_t g = 0; g < d.offset_groups; ++g)
      for (int64_t cell = 0; cell < cells; ++cell) {
        const int64_t number = (p * d.offset_groups + g) * cells + cell;
        const int64_t y = row * d.stride_h - d.pad_top + cell / d.kernel_w * d.dilation_h;
        const int64_t x = p * d.stride_w - d.pad_left + cell % d.kernel_w * d.dilation_w;
        body(p * cells + cell, g,
             Corners<T>(d, static_cast<T>(y) + offsets[2 * number],
                        static_cast<T>(x) + offsets[2 * number + 1]),
             number);
      }
}

template <class T>
void Columns(const Deform& d, int64_t row, const T* image, const T* offsets, const T* factors, T* columns) {
  const Tag<T> tag;
  const int64_t wide = d.channels / d.offset_groups;
  ForEachPlace(d, row, offsets, [&](int64_t cell, int64_t g, const Corners<T>& corners, int64_t number) {
    T* const to = columns + cell * d.channels + g * wide;
    const T factor = factors == nullptr ? T(1) : factors[number];
    ForEachVector(tag, wide, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      auto sum = hn::Zero(tag);
      for (int i = 0; i < 4; ++i)
        if (corners.at[i] >= 0)
          sum = hn::MulAdd(hn::Set(tag, corners.share[i] * factor),
                           at.load(image + corners.at[i] + g * wide + c), sum);
      at.store(sum, to + c);
    });
  });
}

template <class T>
void ColumnsBackward(const Deform& d, int64_t row, const T* image, const T* offsets, const T* factors,
                     const T* dcolumns, T* dimage, T* doffsets, T* dfactors) {
  const Tag<T> tag;
  const int64_t wide = d.channels / d.offset_groups;
  ForEachPlace(d, row, offsets, [&](int64_t cell, int64_t g, const Corners<T>& corners, int64_t number) {
    const T* const from = dcolumns + cell * d.channels + g * wide;
    const T factor = factors == nullptr ? T(1) : factors[number];
    T dots[4] = {};  // of the gradient with each pixel
    for (int i = 0; i < 4; ++i) {
      if (corners.at[i] < 0) continue;
      const int64_t pixel = corners.at[i] + g * wide;
      const auto share = hn::Set(tag, corners.share[i] * factor);
      auto dot = hn::Zero(tag);
      ForEachVector(tag, wide, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
        const auto gradient = at.load(from + c);
        dot = hn::Add(dot, at.keep(hn::Mul(gradient, at.load(image + pixel + c))));
        if (dimage != nullptr)
          at.store(hn::MulAdd(share, gradient, at.load(dimage + pixel + c)), dimage + pixel + c);
      });
      dots[i] = hn::GetLane(hn::SumOfLanes(tag, dot));
    }
    if (doffsets != nullptr) {
      const T y = corners.y, x = corners.x;
      doffsets[2 * number] += factor * ((1 - x) * (dots[2] - dots[0]) + x * (dots[3] - dots[1]));
      doffsets[2 * number + 1] += factor * ((1 - y) * (dots[1] - dots[0]) + y * (dots[3] - dots[2]));
    }
    if (dfactors != nullptr)
      for (int i = 0; i < 4; ++i) dfactors[number] += corners.share[i] * dots[i];
  });
}

void ColumnsF32(const Deform& d, int64_t row, const float* image, const float* offsets, const float* factors,
                float* columns) {
  Columns(d, row, image, offsets, factors, columns);
}
void ColumnsF64(const Deform& d, int64_t row, const double* image, const double* offsets,
                const double* factors, double* columns) {
  Columns(d, row, image, offsets, factors, columns);
}
void ColumnsBackwardF32(const Deform& d, int64_t row, const float* image, const float* offsets,
                        const float* factors, const float* dcolumns, float* dimage, float* doffsets,
                        float* dfactors) {
  ColumnsBackward(d, row, image, offsets, factors, dcolumns, dimage, doffsets, dfactors);
}
void ColumnsBackwardF64(const Deform& d, int64_t row, const double* image, const double* offsets,
                        const double* factors, const double* dcolumns, double* dimage, double* doffsets,
                        double* dfactors) {
  ColumnsBackward(d, row, image, offsets, factors, dcolumns, dimage, doffsets, dfactors);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(ColumnsF32);
HWY_EXPORT(ColumnsF64);
HWY_EXPORT(ColumnsBackwardF32);
HWY_EXPORT(ColumnsBackwardF64);

void deform_columns(const Deform& d, int64_t row, const float* image, const float* offsets,
                    const float* factors, float* columns) {
  HWY_DYNAMIC_DISPATCH(ColumnsF32)(d, row, image, offsets, factors, columns);
}
void deform_columns(const Deform& d, int64_t row, const double* image, const double* offsets,
                    const double* factors, double* columns) {
  HWY_DYNAMIC_DISPATCH(ColumnsF64)(d, row, image, offsets, factors, columns);
}
void deform_columns_backward(const Deform& d, int64_t row, const float* image, const float* offsets,
                             const float* factors, const float* dcolumns, float* dimage, float* doffsets,
                             float* dfactors) {
  HWY_DYNAMIC_DISPATCH(ColumnsBackwardF32)
  (d, row, image, offsets, factors, dcolumns, dimage, doffsets, dfactors);
}
void deform_columns_backward(const Deform& d, int64_t row, const double* image, const double* offsets,
                             const double* factors, const double* dcolumns, double* dimage, double* doffsets,
                             double* dfactors) {
  HWY_DYNAMIC_DISPATCH(ColumnsBackwardF64)
  (d, row, image, offsets, factors, dcolumns, dimage, doffsets, dfactors);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
