#include "kernels/image_color.h"

#include <algorithm>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/image_color.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

using D = Tag<float>;
using V = hn::Vec<D>;

struct Rgb {
  V r, g, b;
};

HWY_INLINE V FloatsOf(hn::Vec<hn::Rebind<uint8_t, D>> bytes) {
  const D d;
  return hn::ConvertTo(d, hn::PromoteTo(hn::Rebind<int32_t, D>(), bytes));
}
HWY_INLINE hn::Vec<hn::Rebind<uint8_t, D>> BytesOf(V floats) {
  return hn::DemoteTo(hn::Rebind<uint8_t, D>(), hn::NearestInt(floats));
}

HWY_INLINE Rgb Load(const uint8_t* x) {
  const hn::Rebind<uint8_t, D> d8;
  auto r = hn::Zero(d8), g = r, b = r;
  hn::LoadInterleaved3(d8, x, r, g, b);
  return {FloatsOf(r), FloatsOf(g), FloatsOf(b)};
}
HWY_INLINE Rgb Load(const float* x) {
  Rgb p;
  hn::LoadInterleaved3(D(), x, p.r, p.g, p.b);
  return p;
}
HWY_INLINE void Store(const Rgb& p, uint8_t* y) {
  hn::StoreInterleaved3(BytesOf(p.r), BytesOf(p.g), BytesOf(p.b), hn::Rebind<uint8_t, D>(), y);
}
HWY_INLINE void Store(const Rgb& p, float* y) {
  hn::StoreInterleaved3(p.r, p.g, p.b, D(), y);
}

// y = f(x) for vectors of pixels; the last ones pass through a vector of their own.
template <class T, class F>
HWY_INLINE void ForEachPixels(int64_t pixels, const T* x, T* y, F&& f) {
  const int64_t lanes = LanesOf(D());
  int64_t i = 0;
  for (; i + lanes <= pixels; i += lanes) Store(f(Load(x + 3 * i)), y + 3 * i);
  if (i == pixels) return;
  HWY_ALIGN T rest[3 * 16] = {};
  std::copy_n(x + 3 * i, 3 * (pixels - i), rest);
  Store(f(Load(rest)), rest);
  std::copy_n(rest, 3 * (pixels - i), y + 3 * i);
}

template <class T>
void Matrix(const ColorMatrix& matrix, int64_t pixels, const T* x, T* y) {
  const D d;
  V m[12];
  for (int i = 0; i < 12; ++i) m[i] = hn::Set(d, matrix.m[i]);
  const V low = hn::Set(d, matrix.low), high = hn::Set(d, matrix.high);
  ForEachPixels(pixels, x, y, [&](const Rgb& p) FOVEA_INLINE_LAMBDA {
    const auto color = [&](int c) FOVEA_INLINE_LAMBDA {
      const V sum = hn::MulAdd(m[c], p.r, hn::MulAdd(m[c + 1], p.g, hn::MulAdd(m[c + 2], p.b, m[c + 3])));
      return Bound(low, sum, high);
    };
    return Rgb{color(0), color(4), color(8)};
  });
}

// The way of Smith 1978 and back again, where color c is max - (max - min) * bound(0, min(k, 4 - k), 1) with
// k = (n + 6 hue) mod 6, n = 5, 3, 1 for R, G, B.
template <class T>
void TurnHue(double turns, int64_t pixels, const T* x, T* y) {
  const D d;
  const V zero = hn::Zero(d), one = hn::Set(d, 1.0f), four = hn::Set(d, 4.0f), six = hn::Set(d, 6.0f);
  const V turn = hn::Set(d, static_cast<float>(6 * turns));
  const auto modulo6 = [=](V v) FOVEA_INLINE_LAMBDA {
    return hn::NegMulAdd(hn::Floor(hn::Mul(v, hn::Set(d, 1.0f / 6))), six, v);
  };
  ForEachPixels(pixels, x, y, [&](const Rgb& p) FOVEA_INLINE_LAMBDA {
    const V most = hn::Max(p.r, hn::Max(p.g, p.b)), range = hn::Sub(most, hn::Min(p.r, hn::Min(p.g, p.b)));
    const auto grey = hn::Eq(range, zero);
    const V per = hn::Div(one, hn::IfThenElse(grey, one, range));
    const V of_red = hn::Mul(hn::Sub(p.g, p.b), per);
    const V of_green = hn::MulAdd(hn::Sub(p.b, p.r), per, hn::Set(d, 2.0f));
    const V of_blue = hn::MulAdd(hn::Sub(p.r, p.g), per, four);
    const V hue = hn::Add(turn, hn::IfThenElse(hn::Eq(most, p.r), of_red,
                                               hn::IfThenElse(hn::Eq(most, p.g), of_green, of_blue)));
    const auto color = [&](float n) FOVEA_INLINE_LAMBDA {
      const V k = modulo6(hn::Add(hue, hn::Set(d, n)));
      return hn::NegMulAdd(range, Bound(zero, hn::Min(k, hn::Sub(four, k)), one), most);
    };
    return Rgb{color(5), color(3), color(1)};
  });
}

template <class T>
void Sums(int64_t pixels, const T* x, double* sums) {
  const D d;
  const int64_t lanes = LanesOf(d);
  sums[0] = sums[1] = sums[2] = 0;
  int64_t i = 0;
  while (i + lanes <= pixels) {
    // So few that sums of bytes are exact.
    const int64_t end = std::min(pixels, i + lanes * 4096);
    Rgb sum{hn::Zero(d), hn::Zero(d), hn::Zero(d)};
    for (; i + lanes <= end; i += lanes) {
      const Rgb p = Load(x + 3 * i);
      sum = {hn::Add(sum.r, p.r), hn::Add(sum.g, p.g), hn::Add(sum.b, p.b)};
    }
    HWY_ALIGN float each[3][16];
    hn::Store(sum.r, d, each[0]);
    hn::Store(sum.g, d, each[1]);
    hn::Store(sum.b, d, each[2]);
    for (int c = 0; c < 3; ++c)
      for (int64_t k = 0; k < lanes; ++k) sums[c] += static_cast<double>(each[c][k]);
  }
  for (; i < pixels; ++i)
    for (int c = 0; c < 3; ++c) sums[c] += static_cast<double>(x[3 * i + c]);
}

void WeightedRows(int64_t n, int64_t taps, const float* const* rows, const float* weights, float* y) {
  const D d;
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    V sum = hn::Zero(d);
    for (int64_t k = 0; k < taps; ++k) sum = hn::MulAdd(hn::Set(d, weights[k]), at.load(rows[k] + i), sum);
    at.store(sum, y + i);
  });
}

void ToFloats(int64_t n, const uint8_t* x, float* y) {
  const D d;
  const hn::Rebind<uint8_t, D> d8;
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store(FloatsOf(at.load_as(d8, x + i)), y + i);
  });
}

void ToBytes(int64_t n, const float* x, uint8_t* y) {
  const D d;
  const hn::Rebind<uint8_t, D> d8;
  const V low = hn::Zero(d), high = hn::Set(d, 255.0f);
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    at.store_as(d8, BytesOf(Bound(low, at.load(x + i), high)), y + i);
  });
}

void MatrixU8(const ColorMatrix& m, int64_t pixels, const uint8_t* x, uint8_t* y) {
  Matrix(m, pixels, x, y);
}
void MatrixF32(const ColorMatrix& m, int64_t pixels, const float* x, float* y) {
  Matrix(m, pixels, x, y);
}
void HueU8(double turns, int64_t pixels, const uint8_t* x, uint8_t* y) {
  TurnHue(turns, pixels, x, y);
}
void HueF32(double turns, int64_t pixels, const float* x, float* y) {
  TurnHue(turns, pixels, x, y);
}
void SumsU8(int64_t pixels, const uint8_t* x, double* sums) {
  Sums(pixels, x, sums);
}
void SumsF32(int64_t pixels, const float* x, double* sums) {
  Sums(pixels, x, sums);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(MatrixU8);
HWY_EXPORT(MatrixF32);
HWY_EXPORT(HueU8);
HWY_EXPORT(HueF32);
HWY_EXPORT(SumsU8);
HWY_EXPORT(SumsF32);
HWY_EXPORT(WeightedRows);
HWY_EXPORT(ToFloats);
HWY_EXPORT(ToBytes);

void color_matrix(const ColorMatrix& matrix, int64_t pixels, const uint8_t* x, uint8_t* y) {
  HWY_DYNAMIC_DISPATCH(MatrixU8)(matrix, pixels, x, y);
}
void color_matrix(const ColorMatrix& matrix, int64_t pixels, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(MatrixF32)(matrix, pixels, x, y);
}
void turn_hue(double turns, int64_t pixels, const uint8_t* x, uint8_t* y) {
  HWY_DYNAMIC_DISPATCH(HueU8)(turns, pixels, x, y);
}
void turn_hue(double turns, int64_t pixels, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(HueF32)(turns, pixels, x, y);
}
void color_sums(int64_t pixels, const uint8_t* x, double* sums) {
  HWY_DYNAMIC_DISPATCH(SumsU8)(pixels, x, sums);
}
void color_sums(int64_t pixels, const float* x, double* sums) {
  HWY_DYNAMIC_DISPATCH(SumsF32)(pixels, x, sums);
}
void weighted_rows(int64_t n, int64_t taps, const float* const* rows, const float* weights, float* y) {
  HWY_DYNAMIC_DISPATCH(WeightedRows)(n, taps, rows, weights, y);
}
void bytes_to_floats(int64_t n, const uint8_t* x, float* y) {
  HWY_DYNAMIC_DISPATCH(ToFloats)(n, x, y);
}
void floats_to_bytes(int64_t n, const float* x, uint8_t* y) {
  HWY_DYNAMIC_DISPATCH(ToBytes)(n, x, y);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
