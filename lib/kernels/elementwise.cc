#include "kernels/elementwise.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/elementwise.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void Add(int64_t n, const T* a, const T* b, T* y) {
  const Tag<T> d;
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store(hn::Add(at.load(a + i), at.load(b + i)), y + i);
  });
}

template <class T>
void AddScaled(int64_t n, double alpha, const T* x, T* y) {
  const Tag<T> d;
  const auto factor = hn::Set(d, static_cast<T>(alpha));
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store(hn::MulAdd(factor, at.load(x + i), at.load(y + i)), y + i);
  });
}

template <class T>
void Scale(int64_t n, double alpha, const T* x, T* y) {
  const Tag<T> d;
  const auto factor = hn::Set(d, static_cast<T>(alpha));
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store(hn::Mul(factor, at.load(x + i)), y + i);
  });
}

template <class T>
double SumOfSquares(int64_t n, const T* x) {
  const Tag<double> d;
  const int64_t lanes = LanesOf(d);
  // Four sums side by side, so that additions need not wait for one another.
  auto s0 = hn::Zero(d), s1 = hn::Zero(d), s2 = hn::Zero(d), s3 = hn::Zero(d);
  const Whole<Tag<double>> at{d};
  int64_t i = 0;
  for (; i + 4 * lanes <= n; i += 4 * lanes) {
    const auto v0 = LoadAsDouble(at, d, x + i), v1 = LoadAsDouble(at, d, x + i + lanes);
    const auto v2 = LoadAsDouble(at, d, x + i + 2 * lanes), v3 = LoadAsDouble(at, d, x + i + 3 * lanes);
    s0 = hn::MulAdd(v0, v0, s0);
    s1 = hn::MulAdd(v1, v1, s1);
    s2 = hn::MulAdd(v2, v2, s2);
    s3 = hn::MulAdd(v3, v3, s3);
  }
  ForEachVector(d, n - i, [&](int64_t j, auto part) FOVEA_INLINE_LAMBDA {
    const auto v = LoadAsDouble(part, d, x + i + j);
    s0 = hn::MulAdd(v, v, s0);
  });
  return hn::GetLane(hn::SumOfLanes(d, hn::Add(hn::Add(s0, s1), hn::Add(s2, s3))));
}

template <class T>
double AddSigns(int64_t n, double alpha, const T* x, T* y) {
  const Tag<T> d;
  const auto slope = hn::Set(d, static_cast<T>(alpha));
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto v = at.load(x + i);
    const auto sign = hn::IfThenZeroElse(hn::Eq(v, hn::Zero(d)), hn::CopySign(slope, v));
    at.store(hn::Add(at.load(y + i), sign), y + i);
  });
  const Tag<double> dd;
  auto sum = hn::Zero(dd);
  ForEachVector(dd, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    sum = hn::Add(sum, hn::Abs(LoadAsDouble(at, dd, x + i)));
  });
  return hn::GetLane(hn::SumOfLanes(dd, sum));
}

// sums[j] = sum over rows of x[r * stride + j], j < width.
template <class T>
void SumRows(int64_t rows, int64_t width, const T* x, int64_t stride, T* sums) {
  const Tag<T> d;
  std::fill(sums, sums + width, T(0));
  for (int64_t r = 0; r < rows; ++r)
    ForEachVector(d, width, [=](int64_t j, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::Add(at.load(sums + j), at.load(x + r * stride + j)), sums + j);
    });
}

constexpr int64_t kRowsPerBlock = 256;

// Columns [0, cols) of a tall matrix; cols <= kMaxTile.
template <class T>
void SumColumns(int64_t rows, int64_t cols, const T* x, int64_t ld, double* total) {
  T sums[kMaxTile];
  std::fill(total, total + cols, 0.0);
  const Tile tile = ld == cols ? TileOf(cols) : Tile{1, cols};
  const int64_t block = kRowsPerBlock * tile.repeat;
  for (int64_t r = 0; r < rows; r += block) {
    const int64_t n = std::min(block, rows - r);
    const int64_t whole = n / tile.repeat;
    SumRows(whole, tile.width, x + r * ld, tile.repeat * ld, sums);
    for (int64_t j = 0; j < tile.width; ++j) total[j % cols] += sums[j];
    for (int64_t k = r + whole * tile.repeat; k < r + n; ++k)
      for (int64_t c = 0; c < cols; ++c) total[c] += x[k * ld + c];
  }
}

template <class T>
void ColumnSums(int64_t rows, int64_t cols, const T* x, int64_t ld, double alpha, T* db) {
  double total[kMaxTile];
  for (int64_t c = 0; c < cols; c += kMaxTile) {
    const int64_t n = std::min(kMaxTile, cols - c);
    SumColumns(rows, n, x + c, ld, total);
    for (int64_t j = 0; j < n; ++j) db[c + j] = static_cast<T>(alpha * total[j]);
  }
}

template <class D>
HWY_INLINE hn::Vec<D> FromBytes(D d, hn::Vec<hn::Rebind<uint8_t, D>> v) {
  const auto wide = hn::PromoteTo(hn::Rebind<int32_t, D>(), v);
  if constexpr (sizeof(hn::TFromD<D>) == 4)
    return hn::ConvertTo(d, wide);
  else
    return hn::PromoteTo(d, wide);
}

// In: T, or bytes.
template <class In, class T>
void AffineChannels(int64_t rows, int64_t channels, const In* in, const T* scale, const T* shift, T* out) {
  const Tag<T> d;
  const Tile tile = TileOf(channels);
  const TileConstants<T> scales(scale, channels, tile), shifts(shift, channels, tile);
  ForEachTiled(d, rows, channels, tile, [&](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto v = at.load_as(hn::Rebind<In, Tag<T>>(), in + i);
    const auto factor = at.load(scales.at(c)), offset = at.load(shifts.at(c));
    if constexpr (sizeof(In) == 1)
      at.store(hn::MulAdd(FromBytes(d, v), factor, offset), out + i);
    else
      at.store(hn::MulAdd(v, factor, offset), out + i);
  });
}

void AddF32(int64_t n, const float* a, const float* b, float* y) {
  Add(n, a, b, y);
}
void AddF64(int64_t n, const double* a, const double* b, double* y) {
  Add(n, a, b, y);
}
void AddScaledF32(int64_t n, double alpha, const float* x, float* y) {
  AddScaled(n, alpha, x, y);
}
void AddScaledF64(int64_t n, double alpha, const double* x, double* y) {
  AddScaled(n, alpha, x, y);
}
void ScaleF32(int64_t n, double alpha, const float* x, float* y) {
  Scale(n, alpha, x, y);
}
void ScaleF64(int64_t n, double alpha, const double* x, double* y) {
  Scale(n, alpha, x, y);
}
double SumOfSquaresF32(int64_t n, const float* x) {
  return SumOfSquares(n, x);
}
double SumOfSquaresF64(int64_t n, const double* x) {
  return SumOfSquares(n, x);
}
double AddSignsF32(int64_t n, double alpha, const float* x, float* y) {
  return AddSigns(n, alpha, x, y);
}
double AddSignsF64(int64_t n, double alpha, const double* x, double* y) {
  return AddSigns(n, alpha, x, y);
}
void ColumnSumsF32(int64_t rows, int64_t cols, const float* x, int64_t ld, double alpha, float* db) {
  ColumnSums(rows, cols, x, ld, alpha, db);
}
void ColumnSumsF64(int64_t rows, int64_t cols, const double* x, int64_t ld, double alpha, double* db) {
  ColumnSums(rows, cols, x, ld, alpha, db);
}
void AffineF32(int64_t rows, int64_t channels, const float* in, const float* scale, const float* shift,
               float* out) {
  AffineChannels(rows, channels, in, scale, shift, out);
}
void AffineF64(int64_t rows, int64_t channels, const double* in, const double* scale, const double* shift,
               double* out) {
  AffineChannels(rows, channels, in, scale, shift, out);
}
void ConvertU8F32(int64_t rows, int64_t channels, const uint8_t* in, const float* scale, const float* shift,
                  float* out) {
  AffineChannels(rows, channels, in, scale, shift, out);
}
void ConvertU8F64(int64_t rows, int64_t channels, const uint8_t* in, const double* scale, const double* shift,
                  double* out) {
  AffineChannels(rows, channels, in, scale, shift, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(AddF32);
HWY_EXPORT(AddF64);
HWY_EXPORT(AddScaledF32);
HWY_EXPORT(AddScaledF64);
HWY_EXPORT(ScaleF32);
HWY_EXPORT(ScaleF64);
HWY_EXPORT(SumOfSquaresF32);
HWY_EXPORT(SumOfSquaresF64);
HWY_EXPORT(AddSignsF32);
HWY_EXPORT(AddSignsF64);
HWY_EXPORT(ColumnSumsF32);
HWY_EXPORT(ColumnSumsF64);
HWY_EXPORT(AffineF32);
HWY_EXPORT(AffineF64);
HWY_EXPORT(ConvertU8F32);
HWY_EXPORT(ConvertU8F64);

void add(int64_t n, const float* a, const float* b, float* y) {
  HWY_DYNAMIC_DISPATCH(AddF32)(n, a, b, y);
}
void add(int64_t n, const double* a, const double* b, double* y) {
  HWY_DYNAMIC_DISPATCH(AddF64)(n, a, b, y);
}
void accumulate(int64_t n, const float* x, float* y) {
  add(n, y, x, y);
}
void accumulate(int64_t n, const double* x, double* y) {
  add(n, y, x, y);
}
void add_scaled(int64_t n, double alpha, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(AddScaledF32)(n, alpha, x, y);
}
void add_scaled(int64_t n, double alpha, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(AddScaledF64)(n, alpha, x, y);
}
void scale(int64_t n, double alpha, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(ScaleF32)(n, alpha, x, y);
}
void scale(int64_t n, double alpha, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(ScaleF64)(n, alpha, x, y);
}
double sum_of_squares(int64_t n, const float* x) {
  return HWY_DYNAMIC_DISPATCH(SumOfSquaresF32)(n, x);
}
double sum_of_squares(int64_t n, const double* x) {
  return HWY_DYNAMIC_DISPATCH(SumOfSquaresF64)(n, x);
}
double add_signs(int64_t n, double alpha, const float* x, float* y) {
  return HWY_DYNAMIC_DISPATCH(AddSignsF32)(n, alpha, x, y);
}
double add_signs(int64_t n, double alpha, const double* x, double* y) {
  return HWY_DYNAMIC_DISPATCH(AddSignsF64)(n, alpha, x, y);
}
void column_sums(int64_t rows, int64_t cols, const float* dy, int64_t ld, double alpha, float* db) {
  HWY_DYNAMIC_DISPATCH(ColumnSumsF32)(rows, cols, dy, ld, alpha, db);
}
void column_sums(int64_t rows, int64_t cols, const double* dy, int64_t ld, double alpha, double* db) {
  HWY_DYNAMIC_DISPATCH(ColumnSumsF64)(rows, cols, dy, ld, alpha, db);
}
void affine_channels(int64_t rows, int64_t channels, const float* in, const float* scale, const float* shift,
                     float* out) {
  HWY_DYNAMIC_DISPATCH(AffineF32)(rows, channels, in, scale, shift, out);
}
void affine_channels(int64_t rows, int64_t channels, const double* in, const double* scale,
                     const double* shift, double* out) {
  HWY_DYNAMIC_DISPATCH(AffineF64)(rows, channels, in, scale, shift, out);
}
void convert_u8(int64_t rows, int64_t channels, const uint8_t* in, const float* scale, const float* shift,
                float* out) {
  HWY_DYNAMIC_DISPATCH(ConvertU8F32)(rows, channels, in, scale, shift, out);
}
void convert_u8(int64_t rows, int64_t channels, const uint8_t* in, const double* scale, const double* shift,
                double* out) {
  HWY_DYNAMIC_DISPATCH(ConvertU8F64)(rows, channels, in, scale, shift, out);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
