#include "kernels/lrn.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/lrn.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/math-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// 1 / sqrt(s), by a step of Newton's method where the estimate has 14 bits. The bound keeps infinity from 0 /
// 0.
template <class D, class V>
HWY_INLINE V ReciprocalSqrt(D d, V s) {
  using T = hn::TFromD<D>;
#if HWY_TARGET == HWY_AVX3
  if constexpr (sizeof(T) == 4) {
    const V bounded = hn::Min(hn::Set(d, hwy::HighestValue<T>()), s);
    const V r = hn::ApproximateReciprocalSqrt(bounded);
    return hn::Mul(r, hn::NegMulAdd(hn::Mul(hn::Mul(hn::Set(d, T(0.5)), bounded), r), r, hn::Set(d, T(1.5))));
  }
#endif
  return hn::Div(hn::Set(d, T(1)), hn::Sqrt(s));
}

// s^-beta and 1 / s.
template <class V>
struct Powers {
  V power, inverse;
};
template <class D, class V>
HWY_INLINE Powers<V> PowersOf(D d, V s, double beta) {
  using T = hn::TFromD<D>;
  if (beta == 0.75) {
    const V r = ReciprocalSqrt(d, s), inverse = hn::Mul(r, r);
    return {hn::Mul(inverse, ReciprocalSqrt(d, r)), inverse};
  }
  return {hn::Exp(d, hn::Mul(hn::Set(d, static_cast<T>(-beta)), hn::Log(d, s))),
          hn::Div(hn::Set(d, T(1)), s)};
}

// Pixels that are worked on together: a window is loaded long after its elements were stored, which waits for
// no store, and all stay in the first-level cache.
int64_t RowsAtOnce(int64_t channels, int64_t edge) {
  return std::clamp<int64_t>(1024 / (channels + edge), 1, 64);
}
int64_t EdgeOf(const Lrn& lrn) {
  return std::max(lrn.before, lrn.after);
}

// Rows with zeros between them and on both sides, so that every window lies in its row.
template <class T>
struct PaddedRows {
  T* first;
  int64_t step;
  PaddedRows(T* memory, int64_t rows, int64_t channels, int64_t edge)
      : first(memory + edge), step(channels + edge) {
    std::fill(memory, memory + Elements(rows, channels, edge), T(0));
  }
  static int64_t Elements(int64_t rows, int64_t channels, int64_t edge) {
    return edge + rows * (channels + edge);
  }
};

// body(i, j, at) for the vectors of `rows` rows: element i of a plain matrix, j of padded rows.
template <class D, class F>
HWY_INLINE void ForEachPadded(D d, int64_t rows, int64_t channels, int64_t step, F&& body) {
  for (int64_t r = 0; r < rows; ++r)
    ForEachVector(d, channels,
                  [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA { body(r * channels + c, r * step + c, at); });
}

// The sum of row[i - before .. i + after]; the usual window of 5 without a loop.
template <class T, class At>
HWY_INLINE auto WindowSum(At at, const T* row, int64_t before, int64_t after) {
  if (before == 2 && after == 2)
    return hn::Add(
        hn::Add(hn::Add(at.load(row - 2), at.load(row + 2)), hn::Add(at.load(row - 1), at.load(row + 1))),
        at.load(row));
  auto sum = at.load(row - before);
  for (int64_t j = 1 - before; j <= after; ++j) sum = hn::Add(sum, at.load(row + j));
  return sum;
}

template <class T>
void Forward(const Lrn& lrn, int64_t rows, int64_t channels, const T* x, T* scratch, T* y) {
  const Tag<T> d;
  const int64_t most = RowsAtOnce(channels, EdgeOf(lrn));
  const PaddedRows<T> squares(scratch, most, channels, EdgeOf(lrn));
  const auto k = hn::Set(d, static_cast<T>(lrn.k)), alpha = hn::Set(d, static_cast<T>(lrn.alpha));
  for (int64_t r = 0; r < rows; r += most, x += most * channels, y += most * channels) {
    const int64_t n = std::min(most, rows - r);
    ForEachPadded(d, n, channels, squares.step, [&](int64_t i, int64_t j, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = at.load(x + i);
      at.store(hn::Mul(v, v), squares.first + j);
    });
    ForEachPadded(d, n, channels, squares.step, [&](int64_t i, int64_t j, auto at) FOVEA_INLINE_LAMBDA {
      const auto s = hn::MulAdd(alpha, WindowSum(at, squares.first + j, lrn.before, lrn.after), k);
      at.store(hn::Mul(at.load(x + i), PowersOf(d, s, lrn.beta).power), y + i);
    });
  }
}

// dx_i = dy_i / s_i^beta - 2 alpha beta x_i * sum of dy_j x_j / s_j^(beta + 1) for all j whose window has i.
template <class T>
void Backward(const Lrn& lrn, int64_t rows, int64_t channels, const T* x, const T* dy, bool accumulate,
              T* scratch, T* dx) {
  const Tag<T> d;
  const int64_t edge = EdgeOf(lrn), most = RowsAtOnce(channels, edge);
  const int64_t length = PaddedRows<T>::Elements(most, channels, edge);
  const PaddedRows<T> squares(scratch, most, channels, edge), shares(scratch + length, most, channels, edge);
  T* const direct = scratch + 2 * length;
  const auto k = hn::Set(d, static_cast<T>(lrn.k)), alpha = hn::Set(d, static_cast<T>(lrn.alpha));
  const auto factor = hn::Set(d, static_cast<T>(-2 * lrn.alpha * lrn.beta));
  const int64_t step = squares.step, block = most * channels;
  for (int64_t r = 0; r < rows; r += most, x += block, dy += block, dx += block) {
    const int64_t n = std::min(most, rows - r);
    ForEachPadded(d, n, channels, step, [&](int64_t i, int64_t j, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = at.load(x + i);
      at.store(hn::Mul(v, v), squares.first + j);
    });
    ForEachPadded(d, n, channels, step, [&](int64_t i, int64_t j, auto at) FOVEA_INLINE_LAMBDA {
      const auto s = hn::MulAdd(alpha, WindowSum(at, squares.first + j, lrn.before, lrn.after), k);
      const auto p = PowersOf(d, s, lrn.beta);
      const auto g = hn::Mul(at.load(dy + i), p.power);
      at.store(g, direct + i);
      at.store(hn::Mul(hn::Mul(g, at.load(x + i)), p.inverse), shares.first + j);
    });
    ForEachPadded(d, n, channels, step, [&](int64_t i, int64_t j, auto at) FOVEA_INLINE_LAMBDA {
      const auto sum = WindowSum(at, shares.first + j, lrn.after, lrn.before);
      const auto result = hn::MulAdd(hn::Mul(factor, at.load(x + i)), sum, at.load(direct + i));
      at.store(accumulate ? hn::Add(at.load(dx + i), result) : result, dx + i);
    });
  }
}

int64_t Scratch(int64_t channels, const Lrn& lrn) {
  const int64_t edge = EdgeOf(lrn), rows = RowsAtOnce(channels, edge);
  return 2 * PaddedRows<float>::Elements(rows, channels, edge) + rows * channels;
}

void ForwardF32(const Lrn& lrn, int64_t rows, int64_t channels, const float* x, float* scratch, float* y) {
  Forward(lrn, rows, channels, x, scratch, y);
}
void ForwardF64(const Lrn& lrn, int64_t rows, int64_t channels, const double* x, double* scratch, double* y) {
  Forward(lrn, rows, channels, x, scratch, y);
}
void BackwardF32(const Lrn& lrn, int64_t rows, int64_t channels, const float* x, const float* dy,
                 bool accumulate, float* scratch, float* dx) {
  Backward(lrn, rows, channels, x, dy, accumulate, scratch, dx);
}
void BackwardF64(const Lrn& lrn, int64_t rows, int64_t channels, const double* x, const double* dy,
                 bool accumulate, double* scratch, double* dx) {
  Backward(lrn, rows, channels, x, dy, accumulate, scratch, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(Scratch);
HWY_EXPORT(ForwardF32);
HWY_EXPORT(ForwardF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);

int64_t lrn_scratch(int64_t channels, const Lrn& lrn) {
  return HWY_DYNAMIC_DISPATCH(Scratch)(channels, lrn);
}
void lrn_forward(const Lrn& lrn, int64_t rows, int64_t channels, const float* x, float* scratch, float* y) {
  HWY_DYNAMIC_DISPATCH(ForwardF32)(lrn, rows, channels, x, scratch, y);
}
void lrn_forward(const Lrn& lrn, int64_t rows, int64_t channels, const double* x, double* scratch,
                 double* y) {
  HWY_DYNAMIC_DISPATCH(ForwardF64)(lrn, rows, channels, x, scratch, y);
}
void lrn_backward(const Lrn& lrn, int64_t rows, int64_t channels, const float* x, const float* dy,
                  bool accumulate, float* scratch, float* dx) {
  HWY_DYNAMIC_DISPATCH(BackwardF32)(lrn, rows, channels, x, dy, accumulate, scratch, dx);
}
void lrn_backward(const Lrn& lrn, int64_t rows, int64_t channels, const double* x, const double* dy,
                  bool accumulate, double* scratch, double* dx) {
  HWY_DYNAMIC_DISPATCH(BackwardF64)(lrn, rows, channels, x, dy, accumulate, scratch, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
