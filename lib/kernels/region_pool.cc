#include "kernels/region_pool.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/region_pool.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/prefetch.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// Output o fetches its share of the rows under the next row of regions, in memory's order. (A single region
// is read in that order anyway.)
template <class T>
HWY_INLINE void PrefetchShare(const RegionRow& r, const T* x, int64_t o) {
  if (r.count == 1) return;
  const int64_t share = (r.bottom - r.top) * r.width * r.channels / r.count;
  prefetch(x + r.bottom * r.width * r.channels + o * share, share);
}

// The index of a maximum has as many lanes as the values, 32 bits wide.
template <class T>
void RegionMax(const RegionRow& r, const T* x, T* y, uint32_t* index) {
  const Tag<T> d;
  const hn::RebindToUnsigned<Tag<T>> wide;
  const hn::Rebind<uint32_t, Tag<T>> narrow;
  using I = hn::TFromD<decltype(wide)>;
  for (int64_t o = 0; o < r.count; ++o, y += r.channels) {
    const int64_t first = r.top * r.width + r.left[o];
    PrefetchShare(r, x, o);
    ForEachVector(d, r.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      auto best = at.load(x + first * r.channels + c);
      auto where = hn::Set(wide, static_cast<I>(first));
      for (int64_t row = r.top; row < r.bottom; ++row)
        for (int64_t pixel = row * r.width + r.left[o]; pixel < row * r.width + r.right[o]; ++pixel) {
          const auto value = at.load(x + pixel * r.channels + c);
          const auto better = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
          best = hn::IfThenElse(better, value, best);
          where = hn::IfThenElse(hn::RebindMask(wide, better), hn::Set(wide, static_cast<I>(pixel)), where);
        }
      at.store(best, y + c);
      if (index == nullptr) return;
      if constexpr (sizeof(T) == 4)
        at.store_as(narrow, where, index + o * r.channels + c);
      else
        at.store_as(narrow, hn::TruncateTo(narrow, where), index + o * r.channels + c);
    });
  }
}

template <class T>
void RegionMaxBackward(int64_t pixels, int64_t channels, const uint32_t* index, const T* dy, T* dx) {
  for (int64_t p = 0; p < pixels; ++p, index += channels, dy += channels)
    for (int64_t c = 0; c < channels; ++c) dx[static_cast<int64_t>(index[c]) * channels + c] += dy[c];
}

template <class T>
T Share(const RegionRow& r, int64_t o) {
  return T(1) / static_cast<T>((r.bottom - r.top) * (r.right[o] - r.left[o]));
}

template <class T>
void RegionAverage(const RegionRow& r, const T* x, T* y) {
  const Tag<T> d;
  for (int64_t o = 0; o < r.count; ++o, y += r.channels) {
    const auto share = hn::Set(d, Share<T>(r, o));
    PrefetchShare(r, x, o);
    ForEachVector(d, r.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      auto sum = hn::Zero(d);
      for (int64_t row = r.top; row < r.bottom; ++row)
        for (int64_t pixel = row * r.width + r.left[o]; pixel < row * r.width + r.right[o]; ++pixel)
          sum = hn::Add(sum, at.load(x + pixel * r.channels + c));
      at.store(hn::Mul(sum, share), y + c);
    });
  }
}

template <class T>
void RegionAverageBackward(const RegionRow& r, const T* dy, T* dx) {
  const Tag<T> d;
  for (int64_t row = r.top; row < r.bottom; ++row)
    for (int64_t o = 0; o < r.count; ++o) {
      const auto share = hn::Set(d, Share<T>(r, o));
      for (int64_t pixel = row * r.width + r.left[o]; pixel < row * r.width + r.right[o]; ++pixel)
        ForEachVector(d, r.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
          T* const to = dx + pixel * r.channels + c;
          at.store(hn::MulAdd(share, at.load(dy + o * r.channels + c), at.load(to)), to);
        });
    }
}

void RegionMaxF32(const RegionRow& r, const float* x, float* y, uint32_t* index) {
  RegionMax(r, x, y, index);
}
void RegionMaxF64(const RegionRow& r, const double* x, double* y, uint32_t* index) {
  RegionMax(r, x, y, index);
}
void RegionMaxBackwardF32(int64_t pixels, int64_t channels, const uint32_t* index, const float* dy,
                          float* dx) {
  RegionMaxBackward(pixels, channels, index, dy, dx);
}
void RegionMaxBackwardF64(int64_t pixels, int64_t channels, const uint32_t* index, const double* dy,
                          double* dx) {
  RegionMaxBackward(pixels, channels, index, dy, dx);
}
void RegionAverageF32(const RegionRow& r, const float* x, float* y) {
  RegionAverage(r, x, y);
}
void RegionAverageF64(const RegionRow& r, const double* x, double* y) {
  RegionAverage(r, x, y);
}
void RegionAverageBackwardF32(const RegionRow& r, const float* dy, float* dx) {
  RegionAverageBackward(r, dy, dx);
}
void RegionAverageBackwardF64(const RegionRow& r, const double* dy, double* dx) {
  RegionAverageBackward(r, dy, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(RegionMaxF32);
HWY_EXPORT(RegionMaxF64);
HWY_EXPORT(RegionMaxBackwardF32);
HWY_EXPORT(RegionMaxBackwardF64);
HWY_EXPORT(RegionAverageF32);
HWY_EXPORT(RegionAverageF64);
HWY_EXPORT(RegionAverageBackwardF32);
HWY_EXPORT(RegionAverageBackwardF64);

void region_max(const RegionRow& r, const float* x, float* y, uint32_t* index) {
  HWY_DYNAMIC_DISPATCH(RegionMaxF32)(r, x, y, index);
}
void region_max(const RegionRow& r, const double* x, double* y, uint32_t* index) {
  HWY_DYNAMIC_DISPATCH(RegionMaxF64)(r, x, y, index);
}
void region_max_backward(int64_t pixels, int64_t channels, const uint32_t* index, const float* dy,
                         float* dx) {
  HWY_DYNAMIC_DISPATCH(RegionMaxBackwardF32)(pixels, channels, index, dy, dx);
}
void region_max_backward(int64_t pixels, int64_t channels, const uint32_t* index, const double* dy,
                         double* dx) {
  HWY_DYNAMIC_DISPATCH(RegionMaxBackwardF64)(pixels, channels, index, dy, dx);
}
void region_average(const RegionRow& r, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(RegionAverageF32)(r, x, y);
}
void region_average(const RegionRow& r, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(RegionAverageF64)(r, x, y);
}
void region_average_backward(const RegionRow& r, const float* dy, float* dx) {
  HWY_DYNAMIC_DISPATCH(RegionAverageBackwardF32)(r, dy, dx);
}
void region_average_backward(const RegionRow& r, const double* dy, double* dx) {
  HWY_DYNAMIC_DISPATCH(RegionAverageBackwardF64)(r, dy, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
