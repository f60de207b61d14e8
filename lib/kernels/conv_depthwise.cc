#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_depthwise.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <limits>

#include "kernels/conv_depthwise.h"
#include "kernels/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// Pixels whose sums are under way at once: enough to hide the latency of an addition.
constexpr int kPixelsAtOnce = 8;

// One vector of channels, from channel c, over the whole row.
template <int kPixels, class D, class At, class T = hn::TFromD<D>>
HWY_INLINE void some_pixels(D d, At at, const DepthwiseCorrelation<T>& o, int64_t c, int64_t p, hn::Vec<D> bias) {
  using V = hn::Vec<D>;
  V sum[kPixels];
  FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) sum[i] = bias;
  const T* w = o.weights + c;
  for (const int64_t offset : o.offsets) {
    const V weight = at.load(w);
    const T* x = o.x + (o.x_first + p * o.x_pixel + offset + c);
    FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) sum[i] = hn::MulAdd(at.load(x + i * o.x_pixel), weight, sum[i]);
    w += o.channels;
  }
  const V floor = o.relu ? hn::Zero(d) : hn::Set(d, -std::numeric_limits<T>::infinity());
  FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
    T* y = o.y + (p + i) * o.y_pixel + c;
    V v = sum[i];
    if (o.accumulate) v = hn::Add(v, at.load(y));
    at.store(hn::Max(floor, v), y);  // in this order NaN passes
  }
}

template <class T> void correlate_row(const DepthwiseCorrelation<T>& o) {
  const Tag<T> d;
  ForEachVector(d, o.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto bias = o.bias ? at.load(o.bias + c) : hn::Zero(d);
    int64_t p = 0;
    for (; p + kPixelsAtOnce <= o.pixels; p += kPixelsAtOnce) some_pixels<kPixelsAtOnce>(d, at, o, c, p, bias);
    for (; p < o.pixels; ++p) some_pixels<1>(d, at, o, c, p, bias);
  });
}

template <class T> void outer_tap(const DepthwiseOuter<T>& o) {
  const Tag<T> d;
  ForEachVector(d, o.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    hn::Vec<Tag<T>> sum[4] = {hn::Zero(d), hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (int64_t r = 0; r < o.rows; ++r) {
      const T* x = o.x + r * o.x_row + c;
      const T* dz = o.dz + r * o.dz_row + c;
      int64_t p = 0;
      for (; p + 4 <= o.pixels; p += 4, x += 4 * o.x_pixel, dz += 4 * o.dz_pixel) {
        FOVEA_UNROLL for (int i = 0; i < 4; ++i)
          sum[i] = hn::MulAdd(at.load(x + i * o.x_pixel), at.load(dz + i * o.dz_pixel), sum[i]);
      }
      for (; p < o.pixels; ++p, x += o.x_pixel, dz += o.dz_pixel) sum[0] = hn::MulAdd(at.load(x), at.load(dz), sum[0]);
    }
    const auto all = hn::Add(hn::Add(sum[0], sum[1]), hn::Add(sum[2], sum[3]));
    at.store(hn::Add(at.load(o.dw + c), all), o.dw + c);
  });
}

void CorrelateF32(const DepthwiseCorrelation<float>& o) { correlate_row(o); }
void CorrelateF64(const DepthwiseCorrelation<double>& o) { correlate_row(o); }
void OuterF32(const DepthwiseOuter<float>& o) { outer_tap(o); }
void OuterF64(const DepthwiseOuter<double>& o) { outer_tap(o); }

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(CorrelateF32);
HWY_EXPORT(CorrelateF64);
HWY_EXPORT(OuterF32);
HWY_EXPORT(OuterF64);

void depthwise_correlate(const DepthwiseCorrelation<float>& row) { HWY_DYNAMIC_DISPATCH(CorrelateF32)(row); }
void depthwise_correlate(const DepthwiseCorrelation<double>& row) { HWY_DYNAMIC_DISPATCH(CorrelateF64)(row); }
void depthwise_outer(const DepthwiseOuter<float>& tap) { HWY_DYNAMIC_DISPATCH(OuterF32)(tap); }
void depthwise_outer(const DepthwiseOuter<double>& tap) { HWY_DYNAMIC_DISPATCH(OuterF64)(tap); }

}  // namespace fovea::kernels
#endif
