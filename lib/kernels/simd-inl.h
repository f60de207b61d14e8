// What the SIMD kernels share: loops over vectors with a safe tail, and matrices with few channels. Included
// once per target, inside kernels/*.cc only. Uses Highway.
#if defined(FOVEA_KERNELS_SIMD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOVEA_KERNELS_SIMD_INL_H_
#undef FOVEA_KERNELS_SIMD_INL_H_
#else
#define FOVEA_KERNELS_SIMD_INL_H_
#endif

#include <cstdint>
#include <cstring>

#include "hwy/highway.h"

// Goes between a lambda's parameters and its body: compiled for the target, and into the loop that calls it.
#undef FOVEA_INLINE_LAMBDA
#define FOVEA_INLINE_LAMBDA HWY_ATTR __attribute__((always_inline))

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// Vectors of at most 64 bytes, so that buffers of fixed size hold whole ones.
template <class T>
using Tag = hn::CappedTag<T, 64 / sizeof(T)>;
template <class D>
HWY_INLINE int64_t LanesOf(D d) {
  return static_cast<int64_t>(hn::Lanes(d));
}

// The first n lanes from memory (0 < n < all), zero in the others; nothing behind them is touched.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadFirst(D d, const T* p, int64_t n) {
#if HWY_TARGET <= HWY_AVX2  // has masked loads that do not fault
  if constexpr (sizeof(T) >= 4) return hn::MaskedLoad(hn::FirstN(d, static_cast<size_t>(n)), d, p);
#endif
  HWY_ALIGN T buffer[64 / sizeof(T)] = {};
  std::memcpy(buffer, p, static_cast<size_t>(n) * sizeof(T));
  return hn::Load(d, buffer);
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void StoreFirst(hn::Vec<D> v, D d, T* p, int64_t n) {
#if HWY_TARGET <= HWY_AVX2
  if constexpr (sizeof(T) >= 4) return hn::BlendedStore(v, hn::FirstN(d, static_cast<size_t>(n)), d, p);
#endif
  HWY_ALIGN T buffer[64 / sizeof(T)];
  hn::Store(v, d, buffer);
  std::memcpy(p, buffer, static_cast<size_t>(n) * sizeof(T));
}

// How a loop's body reaches memory: a whole vector, or the first n lanes at the end.
template <class D>
struct Whole {
  using T = hn::TFromD<D>;
  D d;
  HWY_INLINE hn::Vec<D> load(const T* p) const { return hn::LoadU(d, p); }
  HWY_INLINE hn::Vec<D> load_or(hn::Vec<D>, const T* p) const { return hn::LoadU(d, p); }
  // As many lanes of another type.
  template <class D2, class T2>
  HWY_INLINE hn::Vec<D2> load_as(D2 d2, const T2* p) const {
    return hn::LoadU(d2, p);
  }
  template <class D2, class T2>
  HWY_INLINE void store_as(D2 d2, hn::Vec<D2> v, T2* p) const {
    hn::StoreU(v, d2, p);
  }
  HWY_INLINE hn::Vec<D> keep(hn::Vec<D> v) const { return v; }
  HWY_INLINE void store(hn::Vec<D> v, T* p) const { hn::StoreU(v, d, p); }
};
template <class D>
struct First {
  using T = hn::TFromD<D>;
  D d;
  int64_t n;
  HWY_INLINE hn::Vec<D> load(const T* p) const { return LoadFirst(d, p, n); }
  // `other` in the lanes that are not loaded.
  HWY_INLINE hn::Vec<D> load_or(hn::Vec<D> other, const T* p) const {
    return hn::IfThenElse(hn::FirstN(d, static_cast<size_t>(n)), LoadFirst(d, p, n), other);
  }
  template <class D2, class T2>
  HWY_INLINE hn::Vec<D2> load_as(D2 d2, const T2* p) const {
    return LoadFirst(d2, p, n);
  }
  template <class D2, class T2>
  HWY_INLINE void store_as(D2 d2, hn::Vec<D2> v, T2* p) const {
    StoreFirst(v, d2, p, n);
  }
  // Zero in the lanes that were not loaded.
  HWY_INLINE hn::Vec<D> keep(hn::Vec<D> v) const {
    return hn::IfThenElseZero(hn::FirstN(d, static_cast<size_t>(n)), v);
  }
  HWY_INLINE void store(hn::Vec<D> v, T* p) const { StoreFirst(v, d, p, n); }
};

// body(i, at) for i = 0, N, 2N ... below n, where `at` loads and stores the lanes that are there.
template <class D, class F>
HWY_INLINE void ForEachVector(D d, int64_t n, F&& body) {
  const int64_t lanes = LanesOf(d);
  int64_t i = 0;
  for (; i + lanes <= n; i += lanes) body(i, Whole<D>{d});
  if (i < n) body(i, First<D>{d, n - i});
}

// x bounded below and above; NaN passes, on x86 because of the order of the arguments.
template <class V>
HWY_INLINE V Bound(V low, V x, V high) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  return hn::IfThenElse(hn::Gt(x, high), high, hn::IfThenElse(hn::Lt(x, low), low, x));
#else
  return hn::Min(high, hn::Max(low, x));
#endif
}

// Doubles, loaded as what they are or from floats.
template <class At, class D>
HWY_INLINE hn::Vec<D> LoadAsDouble(At at, D, const double* p) {
  return at.load(p);
}
template <class At, class D>
HWY_INLINE hn::Vec<D> LoadAsDouble(At at, D d, const float* p) {
  return hn::PromoteTo(d, at.load_as(hn::Rebind<float, D>(), p));
}

// A matrix [rows][channels] with few channels, seen as fewer rows of `repeat` pixels each, a whole number of
// vectors wide: then six channels fill vectors as well as sixty-four.
inline constexpr int64_t kFewChannels = 64;
inline constexpr int64_t kMaxTile = 16 * kFewChannels;
struct Tile {
  int64_t repeat, width;
};
inline Tile TileOf(int64_t channels) {
  if (channels >= kFewChannels) return {1, channels};
  int64_t repeat = 16;  // lanes of the widest vector
  for (int64_t c = channels; c % 2 == 0 && repeat > 1; c /= 2) repeat /= 2;
  while (repeat * channels < kFewChannels) repeat *= 2;
  return {repeat, repeat * channels};
}

// Per-channel constants repeated to the tile's width.
template <class T>
class TileConstants {
 public:
  TileConstants(const T* values, int64_t channels, const Tile& tile) : data_(values) {
    if (tile.repeat == 1) return;
    for (int64_t i = 0; i < tile.width; ++i) buffer_[i] = values[i % channels];
    data_ = buffer_;
  }
  TileConstants(const TileConstants&) = delete;
  TileConstants& operator=(const TileConstants&) = delete;
  HWY_INLINE const T* at(int64_t c) const { return data_ + c; }

 private:
  const T* data_;
  T buffer_[kMaxTile];
};

// body(i, c, at): element i of the matrix, at place c of its tile.
template <class D, class F>
HWY_INLINE void ForEachTiled(D d, int64_t rows, int64_t channels, const Tile& tile, F&& body) {
  const int64_t n = rows * channels;
  int64_t base = 0;
  for (; base + tile.width <= n; base += tile.width)
    ForEachVector(d, tile.width, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA { body(base + c, c, at); });
  ForEachVector(d, n - base, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA { body(base + c, c, at); });
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard, once per target
