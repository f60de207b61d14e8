#include "kernels/norm.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/math-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// Rows that are reduced in T at a time: about 64 KiB of floats, which the cache keeps for the second look,
// but no fewer than make the conversion to double pay.
int64_t BlockRows(int64_t channels, const Tile& tile) {
  const int64_t rows = std::max<int64_t>(16, 16384 / channels);
  return (rows + tile.repeat - 1) / tile.repeat * tile.repeat;
}

// Adds the tile's repeats together: sums[0 .. channels-1] are then the channels'. `sums` holds several arrays
// as wide as the tile.
template <class T>
void Fold(T* sums, int64_t arrays, int64_t channels, const Tile& tile) {
  for (; arrays > 0; --arrays, sums += tile.width)
    for (int64_t i = channels; i < tile.width; i += channels)
      for (int64_t c = 0; c < channels; ++c) sums[c] += sums[i + c];
}

template <class T>
void Statistics(int64_t rows, int64_t channels, const T* x, T* scratch, double* mean, double* m2) {
  const Tag<T> d;
  const Tile tile = TileOf(channels);
  T* const centre = scratch;  // about the mean, in T
  T* const sums = scratch + tile.width;
  T* const squares = sums + tile.width;
  std::fill(mean, mean + channels, 0.0);
  std::fill(m2, m2 + channels, 0.0);
  const int64_t block = BlockRows(channels, tile);
  for (int64_t first = 0; first < rows; first += block) {
    const int64_t n = std::min(block, rows - first);
    const T* const p = x + first * channels;
    std::fill(sums, sums + tile.width, T(0));
    ForEachTiled(d, n, channels, tile, [=](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::Add(at.load(sums + c), at.load(p + i)), sums + c);
    });
    const double share = 1.0 / static_cast<double>(n);
    Fold(sums, 1, channels, tile);
    for (int64_t c = 0; c < channels; ++c) centre[c] = static_cast<T>(static_cast<double>(sums[c]) * share);
    for (int64_t i = channels; i < tile.width; ++i) centre[i] = centre[i - channels];

    std::fill(sums, sums + 2 * tile.width, T(0));
    ForEachTiled(d, n, channels, tile, [=](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = hn::Sub(at.load(p + i), at.load(centre + c));
      at.store(hn::Add(at.load(sums + c), v), sums + c);
      at.store(hn::MulAdd(v, v, at.load(squares + c)), squares + c);
    });
    Fold(sums, 2, channels, tile);
    // The sum of the deviations corrects for the centre's rounding; then Chan's combination with the rows
    // before.
    const double weight = static_cast<double>(n) / static_cast<double>(first + n);
    const double pull = weight * static_cast<double>(first);
    for (int64_t c = 0; c < channels; ++c) {
      const double off = static_cast<double>(sums[c]);
      const double block_mean = static_cast<double>(centre[c]) + off * share;
      const double block_m2 = std::max(0.0, static_cast<double>(squares[c]) - off * off * share);
      const double delta = block_mean - mean[c];
      mean[c] += delta * weight;
      m2[c] += block_m2 + delta * delta * pull;
    }
  }
}

// y = (x - mean) * scale + shift: the one place where this is computed, so that the backward pass finds it on
// the same side of a bound.
template <class V>
HWY_INLINE V Map(V x, V mean, V scale, V shift) {
  return hn::MulAdd(hn::Sub(x, mean), scale, shift);
}

template <class T>
void Normalize(Bounds<T> bounds, int64_t rows, int64_t channels, const T* x, const NormMap<T>& map, T* y) {
  const Tag<T> d;
  const auto low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
  const Tile tile = TileOf(channels);
  const TileConstants<T> mean(map.mean, channels, tile), scale(map.scale, channels, tile),
      shift(map.shift, channels, tile);
  ForEachTiled(d, rows, channels, tile, [&](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto z = Map(at.load(x + i), at.load(mean.at(c)), at.load(scale.at(c)), at.load(shift.at(c)));
    at.store(Bound(low, z, high), y + i);
  });
}

template <bool kBounded, class T>
void Reduce(Bounds<T> bounds, int64_t rows, int64_t channels, const T* x, const T* dy, const NormMap<T>& map,
            T* scratch, double* sum_dy, double* sum_dyx) {
  const Tag<T> d;
  const auto low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
  const Tile tile = TileOf(channels);
  const TileConstants<T> mean(map.mean, channels, tile), scale(map.scale, channels, tile),
      shift(map.shift, channels, tile);
  T* const sums = scratch;
  T* const products = scratch + tile.width;
  std::fill(sum_dy, sum_dy + channels, 0.0);
  std::fill(sum_dyx, sum_dyx + channels, 0.0);
  const int64_t block = BlockRows(channels, tile);
  for (int64_t first = 0; first < rows; first += block) {
    const T* const px = x + first * channels;
    const T* const pg = dy + first * channels;
    std::fill(sums, sums + 2 * tile.width, T(0));
    ForEachTiled(d, std::min(block, rows - first), channels, tile,
                 [&](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
                   const auto v = at.load(px + i), m = at.load(mean.at(c));
                   auto g = at.load(pg + i);
                   if constexpr (kBounded)
                     g = BoundBackward(low, Map(v, m, at.load(scale.at(c)), at.load(shift.at(c))), high, g);
                   at.store(hn::Add(at.load(sums + c), g), sums + c);
                   at.store(hn::MulAdd(g, hn::Sub(v, m), at.load(products + c)), products + c);
                 });
    Fold(sums, 2, channels, tile);
    for (int64_t c = 0; c < channels; ++c) {
      sum_dy[c] += static_cast<double>(sums[c]);
      sum_dyx[c] += static_cast<double>(products[c]);
    }
  }
}

template <bool kBounded, class T>
void Backward(Bounds<T> bounds, int64_t rows, int64_t channels, const T* x, const T* dy,
              const NormMap<T>& map, const NormGradient<T>& gradient, bool accumulate, T* dx) {
  const Tag<T> d;
  const auto low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
  const Tile tile = TileOf(channels);
  const TileConstants<T> mean(map.mean, channels, tile), scale(map.scale, channels, tile),
      shift(map.shift, channels, tile), slope(gradient.slope, channels, tile),
      offset(gradient.offset, channels, tile);
  ForEachTiled(d, rows, channels, tile, [&](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto v = at.load(x + i), m = at.load(mean.at(c)), s = at.load(scale.at(c));
    auto g = at.load(dy + i);
    if constexpr (kBounded) g = BoundBackward(low, Map(v, m, s, at.load(shift.at(c))), high, g);
    const auto result =
        hn::MulAdd(s, g, hn::MulAdd(at.load(slope.at(c)), hn::Sub(v, m), at.load(offset.at(c))));
    at.store(accumulate ? hn::Add(at.load(dx + i), result) : result, dx + i);
  });
}

template <class T>
void ReduceAs(int64_t rows, int64_t channels, const T* x, const T* dy, const NormMap<T>& map,
              Activation clamp, T* scratch, double* sum_dy, double* sum_dyx) {
  const Bounds<T> b = bounds_of<T>(clamp);
  clamp == Activation::linear ? Reduce<false>(b, rows, channels, x, dy, map, scratch, sum_dy, sum_dyx)
                              : Reduce<true>(b, rows, channels, x, dy, map, scratch, sum_dy, sum_dyx);
}
template <class T>
void BackwardAs(int64_t rows, int64_t channels, const T* x, const T* dy, const NormMap<T>& map,
                const NormGradient<T>& gradient, Activation clamp, bool accumulate, T* dx) {
  const Bounds<T> b = bounds_of<T>(clamp);
  clamp == Activation::linear ? Backward<false>(b, rows, channels, x, dy, map, gradient, accumulate, dx)
                              : Backward<true>(b, rows, channels, x, dy, map, gradient, accumulate, dx);
}

int64_t Scratch(int64_t channels) {
  return 3 * TileOf(channels).width;
}
void StatisticsF32(int64_t rows, int64_t channels, const float* x, float* scratch, double* mean, double* m2) {
  Statistics(rows, channels, x, scratch, mean, m2);
}
void StatisticsF64(int64_t rows, int64_t channels, const double* x, double* scratch, double* mean,
                   double* m2) {
  Statistics(rows, channels, x, scratch, mean, m2);
}
void NormalizeF32(Bounds<float> bounds, int64_t rows, int64_t channels, const float* x,
                  const NormMap<float>& map, float* y) {
  Normalize(bounds, rows, channels, x, map, y);
}
void NormalizeF64(Bounds<double> bounds, int64_t rows, int64_t channels, const double* x,
                  const NormMap<double>& map, double* y) {
  Normalize(bounds, rows, channels, x, map, y);
}
void ReduceF32(int64_t rows, int64_t channels, const float* x, const float* dy, const NormMap<float>& map,
               Activation clamp, float* scratch, double* sum_dy, double* sum_dyx) {
  ReduceAs(rows, channels, x, dy, map, clamp, scratch, sum_dy, sum_dyx);
}
void ReduceF64(int64_t rows, int64_t channels, const double* x, const double* dy, const NormMap<double>& map,
               Activation clamp, double* scratch, double* sum_dy, double* sum_dyx) {
  ReduceAs(rows, channels, x, dy, map, clamp, scratch, sum_dy, sum_dyx);
}
void BackwardF32(int64_t rows, int64_t channels, const float* x, const float* dy, const NormMap<float>& map,
                 const NormGradient<float>& gradient, Activation clamp, bool accumulate, float* dx) {
  BackwardAs(rows, channels, x, dy, map, gradient, clamp, accumulate, dx);
}
void BackwardF64(int64_t rows, int64_t channels, const double* x, const double* dy,
                 const NormMap<double>& map, const NormGradient<double>& gradient, Activation clamp,
                 bool accumulate, double* dx) {
  BackwardAs(rows, channels, x, dy, map, gradient, clamp, accumulate, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(Scratch);
HWY_EXPORT(StatisticsF32);
HWY_EXPORT(StatisticsF64);
HWY_EXPORT(NormalizeF32);
HWY_EXPORT(NormalizeF64);
HWY_EXPORT(ReduceF32);
HWY_EXPORT(ReduceF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);

namespace {

// Bounds are fused; other activations follow over chunks that are still in the first-level cache.
template <class T, class F>
void normalize_then(F map_rows, int64_t rows, int64_t channels, const T* x, Activation f, T* y) {
  const bool fused = is_clamp(f);
  const Bounds<T> bounds = bounds_of<T>(f);
  const int64_t chunk = fused ? rows : std::max<int64_t>(1, 2048 / channels);
  for (int64_t r = 0; r < rows; r += chunk) {
    const int64_t n = std::min(chunk, rows - r);
    map_rows(bounds, n, x + r * channels, y + r * channels);
    if (!fused) activate(f, n * channels, y + r * channels, y + r * channels);
  }
}

}  // namespace

int64_t norm_scratch(int64_t channels) {
  return HWY_DYNAMIC_DISPATCH(Scratch)(channels);
}
void norm_statistics(int64_t rows, int64_t channels, const float* x, float* scratch, double* mean,
                     double* m2) {
  HWY_DYNAMIC_DISPATCH(StatisticsF32)(rows, channels, x, scratch, mean, m2);
}
void norm_statistics(int64_t rows, int64_t channels, const double* x, double* scratch, double* mean,
                     double* m2) {
  HWY_DYNAMIC_DISPATCH(StatisticsF64)(rows, channels, x, scratch, mean, m2);
}
void norm_combine(int64_t channels, int64_t* rows, double* mean, double* m2, int64_t other_rows,
                  const double* other_mean, const double* other_m2) {
  const double weight = static_cast<double>(other_rows) / static_cast<double>(*rows + other_rows);
  for (int64_t c = 0; c < channels; ++c) {
    const double delta = other_mean[c] - mean[c];
    mean[c] += delta * weight;
    m2[c] += other_m2[c] + delta * delta * weight * static_cast<double>(*rows);
  }
  *rows += other_rows;
}

void normalize(int64_t rows, int64_t channels, const float* x, const NormMap<float>& map,
               Activation activation, float* y) {
  const auto kernel = HWY_DYNAMIC_DISPATCH(NormalizeF32);
  normalize_then([&](Bounds<float> bounds, int64_t n, const float* from,
                     float* to) { kernel(bounds, n, channels, from, map, to); },
                 rows, channels, x, activation, y);
}
void normalize(int64_t rows, int64_t channels, const double* x, const NormMap<double>& map,
               Activation activation, double* y) {
  const auto kernel = HWY_DYNAMIC_DISPATCH(NormalizeF64);
  normalize_then([&](Bounds<double> bounds, int64_t n, const double* from,
                     double* to) { kernel(bounds, n, channels, from, map, to); },
                 rows, channels, x, activation, y);
}

void norm_reduce(int64_t rows, int64_t channels, const float* x, const float* dy, const NormMap<float>& map,
                 Activation clamp, float* scratch, double* sum_dy, double* sum_dyx) {
  HWY_DYNAMIC_DISPATCH(ReduceF32)(rows, channels, x, dy, map, clamp, scratch, sum_dy, sum_dyx);
}
void norm_reduce(int64_t rows, int64_t channels, const double* x, const double* dy,
                 const NormMap<double>& map, Activation clamp, double* scratch, double* sum_dy,
                 double* sum_dyx) {
  HWY_DYNAMIC_DISPATCH(ReduceF64)(rows, channels, x, dy, map, clamp, scratch, sum_dy, sum_dyx);
}
void norm_backward(int64_t rows, int64_t channels, const float* x, const float* dy, const NormMap<float>& map,
                   const NormGradient<float>& gradient, Activation clamp, bool accumulate, float* dx) {
  HWY_DYNAMIC_DISPATCH(BackwardF32)(rows, channels, x, dy, map, gradient, clamp, accumulate, dx);
}
void norm_backward(int64_t rows, int64_t channels, const double* x, const double* dy,
                   const NormMap<double>& map, const NormGradient<double>& gradient, Activation clamp,
                   bool accumulate, double* dx) {
  HWY_DYNAMIC_DISPATCH(BackwardF64)(rows, channels, x, dy, map, gradient, clamp, accumulate, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
