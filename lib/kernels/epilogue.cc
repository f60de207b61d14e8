#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/epilogue.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include "kernels/epilogue.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

template <class T>
void affine_bound(Bounds<T> bounds, int64_t rows, int64_t columns, int64_t row_stride, const T* scale,
                  const T* shift, T* y) {
  const Tag<T> d;
  const auto low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
  ForEachVector(d, columns, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto a = scale ? at.load(scale + c) : hn::Set(d, T{1});
    const auto b = shift ? at.load(shift + c) : hn::Zero(d);
    for (int64_t r = 0; r < rows; ++r) {
      T* p = y + r * row_stride + c;
      at.store(Bound(low, hn::MulAdd(at.load(p), a, b), high), p);
    }
  });
}

void FinishF32(Bounds<float> bounds, int64_t rows, int64_t columns, int64_t row_stride, const float* scale,
               const float* shift, float* y) {
  affine_bound(bounds, rows, columns, row_stride, scale, shift, y);
}
void FinishF64(Bounds<double> bounds, int64_t rows, int64_t columns, int64_t row_stride, const double* scale,
               const double* shift, double* y) {
  affine_bound(bounds, rows, columns, row_stride, scale, shift, y);
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(FinishF32);
HWY_EXPORT(FinishF64);

namespace {

// One block of rows at a time, so that an activation finds its rows in the cache.
template <class T, class Affine>
void finish(Activation f, int64_t rows, int64_t columns, int64_t row_stride, const T* scale, const T* shift,
            T* y, Affine affine) {
  const bool clamp = is_clamp(f);
  const Bounds<T> bounds = bounds_of<T>(f);
  constexpr int64_t kRows = 16;
  for (int64_t r = 0; r < rows; r += kRows) {
    const int64_t n = rows - r < kRows ? rows - r : kRows;
    T* block = y + r * row_stride;
    if ((clamp && f != Activation::linear) || scale || shift)
      affine(bounds, n, columns, row_stride, scale, shift, block);
    if (clamp) continue;
    if (row_stride == columns)
      activate(f, n * columns, block, block);
    else
      for (int64_t i = 0; i < n; ++i) activate(f, columns, block + i * row_stride, block + i * row_stride);
  }
}

}  // namespace

void finish_rows(Activation f, int64_t rows, int64_t columns, int64_t row_stride, const float* scale,
                 const float* shift, float* y) {
  finish(f, rows, columns, row_stride, scale, shift, y, HWY_DYNAMIC_DISPATCH(FinishF32));
}
void finish_rows(Activation f, int64_t rows, int64_t columns, int64_t row_stride, const double* scale,
                 const double* shift, double* y) {
  finish(f, rows, columns, row_stride, scale, shift, y, HWY_DYNAMIC_DISPATCH(FinishF64));
}

}  // namespace fovea::kernels
#endif
