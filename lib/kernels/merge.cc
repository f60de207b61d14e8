#include "kernels/merge.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/merge.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void Subtract(int64_t n, const T* a, const T* b, T* y) {
  ForEachVector(Tag<T>(), n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store(hn::Sub(at.load(a + i), at.load(b + i)), y + i);
  });
}

template <class T>
void Multiply(int64_t n, const T* a, const T* b, T* y) {
  ForEachVector(Tag<T>(), n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store(hn::Mul(at.load(a + i), at.load(b + i)), y + i);
  });
}

template <class T>
void MultiplyAdd(int64_t n, const T* a, const T* b, T* y) {
  ForEachVector(Tag<T>(), n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store(hn::MulAdd(at.load(a + i), at.load(b + i), at.load(y + i)), y + i);
  });
}

template <class T>
void Maximum(int64_t n, const T* a, const T* b, T* y) {
  ForEachVector(Tag<T>(), n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto va = at.load(a + i), vb = at.load(b + i);
    at.store(hn::IfThenElse(hn::Or(hn::Ge(va, vb), hn::IsNaN(va)), va, vb), y + i);
  });
}

template <class T>
void MaximumBackward(int64_t n, const T* y, const T* x, T* dy, bool accumulate, T* dx) {
  ForEachVector(Tag<T>(), n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto wins = hn::Eq(at.load(y + i), at.load(x + i));
    const auto g = at.load(dy + i);
    at.store(hn::IfThenZeroElse(wins, g), dy + i);
    if (dx == nullptr) return;
    const auto given = hn::IfThenElseZero(wins, g);
    at.store(accumulate ? hn::Add(at.load(dx + i), given) : given, dx + i);
  });
}

template <class T>
void MultiplyChannels(int64_t rows, int64_t channels, const T* x, const T* s, bool accumulate, T* y) {
  const Tile tile = TileOf(channels);
  const TileConstants<T> factor(s, channels, tile);
  ForEachTiled(Tag<T>(), rows, channels, tile, [&](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto product = hn::Mul(at.load(x + i), at.load(factor.at(c)));
    at.store(accumulate ? hn::Add(at.load(y + i), product) : product, y + i);
  });
}

// Channels [0, channels) of rows that are `ld` apart; channels <= kMaxTile.
template <class T>
void DotColumns(int64_t rows, int64_t channels, int64_t ld, const T* a, const T* b, T* sums) {
  constexpr int64_t kRowsPerBlock = 256;
  T block_sums[kMaxTile];
  double total[kMaxTile];
  std::fill(total, total + channels, 0.0);
  const Tile tile = ld == channels ? TileOf(channels) : Tile{1, channels};
  for (int64_t first = 0; first < rows; first += kRowsPerBlock * tile.repeat) {
    const int64_t n = std::min(kRowsPerBlock * tile.repeat, rows - first), whole = n / tile.repeat;
    std::fill(block_sums, block_sums + tile.width, T(0));
    for (int64_t r = 0; r < whole; ++r) {
      const int64_t at_row = (first + r * tile.repeat) * ld;
      ForEachVector(Tag<T>(), tile.width, [=, sum = block_sums](int64_t j, auto at) FOVEA_INLINE_LAMBDA {
        at.store(hn::MulAdd(at.load(a + at_row + j), at.load(b + at_row + j), at.load(sum + j)), sum + j);
      });
    }
    for (int64_t j = 0; j < tile.width; ++j) total[j % channels] += static_cast<double>(block_sums[j]);
    for (int64_t r = first + whole * tile.repeat; r < first + n; ++r)
      for (int64_t c = 0; c < channels; ++c)
        total[c] += static_cast<double>(a[r * ld + c]) * static_cast<double>(b[r * ld + c]);
  }
  for (int64_t c = 0; c < channels; ++c) sums[c] = static_cast<T>(total[c]);
}

template <class T>
void ColumnDots(int64_t rows, int64_t channels, const T* a, const T* b, T* sums) {
  for (int64_t c = 0; c < channels; c += kMaxTile)
    DotColumns(rows, std::min(kMaxTile, channels - c), channels, a + c, b + c, sums + c);
}

void SubtractF32(int64_t n, const float* a, const float* b, float* y) {
  Subtract(n, a, b, y);
}
void SubtractF64(int64_t n, const double* a, const double* b, double* y) {
  Subtract(n, a, b, y);
}
void MultiplyF32(int64_t n, const float* a, const float* b, float* y) {
  Multiply(n, a, b, y);
}
void MultiplyF64(int64_t n, const double* a, const double* b, double* y) {
  Multiply(n, a, b, y);
}
void MultiplyAddF32(int64_t n, const float* a, const float* b, float* y) {
  MultiplyAdd(n, a, b, y);
}
void MultiplyAddF64(int64_t n, const double* a, const double* b, double* y) {
  MultiplyAdd(n, a, b, y);
}
void MaximumF32(int64_t n, const float* a, const float* b, float* y) {
  Maximum(n, a, b, y);
}
void MaximumF64(int64_t n, const double* a, const double* b, double* y) {
  Maximum(n, a, b, y);
}
void MaximumBackwardF32(int64_t n, const float* y, const float* x, float* dy, bool accumulate, float* dx) {
  MaximumBackward(n, y, x, dy, accumulate, dx);
}
void MaximumBackwardF64(int64_t n, const double* y, const double* x, double* dy, bool accumulate,
                        double* dx) {
  MaximumBackward(n, y, x, dy, accumulate, dx);
}
void MultiplyChannelsF32(int64_t rows, int64_t channels, const float* x, const float* s, bool accumulate,
                         float* y) {
  MultiplyChannels(rows, channels, x, s, accumulate, y);
}
void MultiplyChannelsF64(int64_t rows, int64_t channels, const double* x, const double* s, bool accumulate,
                         double* y) {
  MultiplyChannels(rows, channels, x, s, accumulate, y);
}
void ColumnDotsF32(int64_t rows, int64_t channels, const float* a, const float* b, float* sums) {
  ColumnDots(rows, channels, a, b, sums);
}
void ColumnDotsF64(int64_t rows, int64_t channels, const double* a, const double* b, double* sums) {
  ColumnDots(rows, channels, a, b, sums);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(SubtractF32);
HWY_EXPORT(SubtractF64);
HWY_EXPORT(MultiplyF32);
HWY_EXPORT(MultiplyF64);
HWY_EXPORT(MultiplyAddF32);
HWY_EXPORT(MultiplyAddF64);
HWY_EXPORT(MaximumF32);
HWY_EXPORT(MaximumF64);
HWY_EXPORT(MaximumBackwardF32);
HWY_EXPORT(MaximumBackwardF64);
HWY_EXPORT(MultiplyChannelsF32);
HWY_EXPORT(MultiplyChannelsF64);
HWY_EXPORT(ColumnDotsF32);
HWY_EXPORT(ColumnDotsF64);

void subtract(int64_t n, const float* a, const float* b, float* y) {
  HWY_DYNAMIC_DISPATCH(SubtractF32)(n, a, b, y);
}
void subtract(int64_t n, const double* a, const double* b, double* y) {
  HWY_DYNAMIC_DISPATCH(SubtractF64)(n, a, b, y);
}
void multiply(int64_t n, const float* a, const float* b, float* y) {
  HWY_DYNAMIC_DISPATCH(MultiplyF32)(n, a, b, y);
}
void multiply(int64_t n, const double* a, const double* b, double* y) {
  HWY_DYNAMIC_DISPATCH(MultiplyF64)(n, a, b, y);
}
void multiply_add(int64_t n, const float* a, const float* b, float* y) {
  HWY_DYNAMIC_DISPATCH(MultiplyAddF32)(n, a, b, y);
}
void multiply_add(int64_t n, const double* a, const double* b, double* y) {
  HWY_DYNAMIC_DISPATCH(MultiplyAddF64)(n, a, b, y);
}
void maximum(int64_t n, const float* a, const float* b, float* y) {
  HWY_DYNAMIC_DISPATCH(MaximumF32)(n, a, b, y);
}
void maximum(int64_t n, const double* a, const double* b, double* y) {
  HWY_DYNAMIC_DISPATCH(MaximumF64)(n, a, b, y);
}
void maximum_backward(int64_t n, const float* y, const float* x, float* dy, bool accumulate, float* dx) {
  HWY_DYNAMIC_DISPATCH(MaximumBackwardF32)(n, y, x, dy, accumulate, dx);
}
void maximum_backward(int64_t n, const double* y, const double* x, double* dy, bool accumulate, double* dx) {
  HWY_DYNAMIC_DISPATCH(MaximumBackwardF64)(n, y, x, dy, accumulate, dx);
}
void multiply_channels(int64_t rows, int64_t channels, const float* x, const float* s, bool accumulate,
                       float* y) {
  HWY_DYNAMIC_DISPATCH(MultiplyChannelsF32)(rows, channels, x, s, accumulate, y);
}
void multiply_channels(int64_t rows, int64_t channels, const double* x, const double* s, bool accumulate,
                       double* y) {
  HWY_DYNAMIC_DISPATCH(MultiplyChannelsF64)(rows, channels, x, s, accumulate, y);
}
void column_dots(int64_t rows, int64_t channels, const float* a, const float* b, float* sums) {
  HWY_DYNAMIC_DISPATCH(ColumnDotsF32)(rows, channels, a, b, sums);
}
void column_dots(int64_t rows, int64_t channels, const double* a, const double* b, double* sums) {
  HWY_DYNAMIC_DISPATCH(ColumnDotsF64)(rows, channels, a, b, sums);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
