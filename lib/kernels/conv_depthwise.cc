#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_depthwise.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>
#include <type_traits>

#include "kernels/conv_depthwise.h"
#include "kernels/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// Sums under way at once: enough to hide the latency of an addition, few enough for the registers.
constexpr int kMostPixels = 8;
constexpr int kMostTaps = 9;

// Calls f(std::integral_constant<int, n>()) for an n of 1 ... kMost.
template <int kMost, class F>
HWY_INLINE void with_constant(int64_t n, F&& f) {
  if constexpr (kMost > 1) {
    if (n < kMost) return with_constant<kMost - 1>(n, f);
  }
  f(std::integral_constant<int, kMost>());
}

// One vector of channels, from channel c, over the whole row.
template <int kPixels, class D, class At, class T = hn::TFromD<D>>
HWY_INLINE void some_pixels(D d, At at, const DepthwiseCorrelation<T>& o, int64_t c, int64_t p,
                            hn::Vec<D> bias) {
  using V = hn::Vec<D>;
  V sum[kPixels];
  FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) sum[i] = bias;
  const T* w = o.weights + c;
  for (const int64_t offset : o.offsets) {
    const V weight = at.load(w);
    const T* x = o.x + (o.x_first + p * o.x_pixel + offset + c);
    FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) sum[i] =
        hn::MulAdd(at.load(x + i * o.x_pixel), weight, sum[i]);
    w += o.channels;
  }
  const V low = hn::Set(d, o.bounds.low), high = hn::Set(d, o.bounds.high);
  FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
    T* y = o.y + (p + i) * o.y_pixel + c;
    V v = sum[i];
    if (o.accumulate) v = hn::Add(v, at.load(y));
    at.store(Bound(low, v, high), y);
  }
}

template <class T>
void correlate_row(const DepthwiseCorrelation<T>& o) {
  const Tag<T> d;
  if (o.pixels <= 0) return;
  const int64_t tiles = (o.pixels + kMostPixels - 1) / kMostPixels, least = o.pixels / tiles,
                larger = o.pixels % tiles;
  ForEachVector(d, o.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto bias = o.bias ? at.load(o.bias + c) : hn::Zero(d);
    int64_t p = 0;
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t pixels = least + (i < larger ? 1 : 0);
      with_constant<kMostPixels>(pixels,
                                 [&](auto n) FOVEA_INLINE_LAMBDA { some_pixels<n>(d, at, o, c, p, bias); });
      p += pixels;
    }
  });
}

// One vector of channels, from channel c, for kTaps taps from `tap`.
template <int kTaps, class D, class At, class T = hn::TFromD<D>>
HWY_INLINE void some_taps(D d, At at, const DepthwiseOuter<T>& o, int64_t c, size_t tap) {
  hn::Vec<D> sum[kTaps];
  FOVEA_UNROLL for (int t = 0; t < kTaps; ++t) sum[t] = hn::Zero(d);
  for (int64_t r = 0; r < o.rows; ++r) {
    const T* x[kTaps];
    FOVEA_UNROLL for (int t = 0; t < kTaps; ++t) x[t] =
        o.x + (r * o.x_row + o.offsets[tap + static_cast<size_t>(t)] + c);
    const T* dz = o.dz + (r * o.dz_row + c);
    const int64_t end = o.pixels * o.x_pixel;
    for (int64_t p = 0; p < end; p += o.x_pixel, dz += o.dz_pixel) {
      const auto g = at.load(dz);
      FOVEA_UNROLL for (int t = 0; t < kTaps; ++t) sum[t] = hn::MulAdd(at.load(x[t] + p), g, sum[t]);
    }
  }
  FOVEA_UNROLL for (int t = 0; t < kTaps; ++t) {
    T* dw = o.dw + (static_cast<int64_t>(tap) + t) * o.channels + c;
    at.store(hn::Add(at.load(dw), sum[t]), dw);
  }
}

template <class T>
void outer_taps(const DepthwiseOuter<T>& o) {
  const Tag<T> d;
  const int64_t taps = static_cast<int64_t>(o.offsets.size());
  ForEachVector(d, o.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    for (int64_t t = 0; t < taps; t += kMostTaps) {
      with_constant<kMostTaps>(std::min<int64_t>(taps - t, kMostTaps), [&](auto n) FOVEA_INLINE_LAMBDA {
        some_taps<n>(d, at, o, c, static_cast<size_t>(t));
      });
    }
  });
}

void CorrelateF32(const DepthwiseCorrelation<float>& o) {
  correlate_row(o);
}
void CorrelateF64(const DepthwiseCorrelation<double>& o) {
  correlate_row(o);
}
void OuterF32(const DepthwiseOuter<float>& o) {
  outer_taps(o);
}
void OuterF64(const DepthwiseOuter<double>& o) {
  outer_taps(o);
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(CorrelateF32);
HWY_EXPORT(CorrelateF64);
HWY_EXPORT(OuterF32);
HWY_EXPORT(OuterF64);

void depthwise_correlate(const DepthwiseCorrelation<float>& row) {
  HWY_DYNAMIC_DISPATCH(CorrelateF32)(row);
}
void depthwise_correlate(const DepthwiseCorrelation<double>& row) {
  HWY_DYNAMIC_DISPATCH(CorrelateF64)(row);
}
void depthwise_outer(const DepthwiseOuter<float>& task) {
  HWY_DYNAMIC_DISPATCH(OuterF32)(task);
}
void depthwise_outer(const DepthwiseOuter<double>& task) {
  HWY_DYNAMIC_DISPATCH(OuterF64)(task);
}

}  // namespace fovea::kernels
#endif
