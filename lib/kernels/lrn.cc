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

// s^-beta.
template <class D, class V>
HWY_INLINE V Power(D d, V s, double beta) {
  using T = hn::TFromD<D>;
  if (beta == 0.75) return hn::Div(hn::Set(d, T(1)), hn::Mul(hn::Sqrt(s), hn::Sqrt(hn::Sqrt(s))));
  return hn::Exp(d, hn::Mul(hn::Set(d, static_cast<T>(-beta)), hn::Log(d, s)));
}

// A row with zeros on both sides, so that every window lies in it.
template <class T>
struct Row {
  T* data;
  Row(T* memory, int64_t n, const Lrn& lrn) : data(memory + Edge(lrn)) {
    std::fill(memory, data, T(0));
    std::fill(data + n, data + n + Edge(lrn), T(0));
  }
  static int64_t Edge(const Lrn& lrn) { return std::max(lrn.before, lrn.after); }
};

// The sum of row[i - before .. i + after].
template <class T, class At>
HWY_INLINE auto WindowSum(At at, const T* row, int64_t before, int64_t after) {
  auto sum = at.load(row - before);
  for (int64_t j = 1 - before; j <= after; ++j) sum = hn::Add(sum, at.load(row + j));
  return sum;
}

template <class T>
void Forward(const Lrn& lrn, int64_t rows, int64_t channels, const T* x, T* scratch, T* y) {
  const Tag<T> d;
  const Row<T> squares(scratch, channels, lrn);
  const auto k = hn::Set(d, static_cast<T>(lrn.k)), alpha = hn::Set(d, static_cast<T>(lrn.alpha));
  for (int64_t r = 0; r < rows; ++r, x += channels, y += channels) {
    ForEachVector(d, channels, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = at.load(x + i);
      at.store(hn::Mul(v, v), squares.data + i);
    });
    ForEachVector(d, channels, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto s = hn::MulAdd(alpha, WindowSum(at, squares.data + i, lrn.before, lrn.after), k);
      at.store(hn::Mul(at.load(x + i), Power(d, s, lrn.beta)), y + i);
    });
  }
}

// dx_i = dy_i / s_i^beta - 2 alpha beta x_i * sum of dy_j x_j / s_j^(beta + 1) for all j whose window has i.
template <class T>
void Backward(const Lrn& lrn, int64_t rows, int64_t channels, const T* x, const T* dy, bool accumulate,
              T* scratch, T* dx) {
  const Tag<T> d;
  const int64_t length = channels + 2 * Row<T>::Edge(lrn);
  const Row<T> squares(scratch, channels, lrn), shares(scratch + length, channels, lrn);
  T* const direct = scratch + 2 * length;
  const auto k = hn::Set(d, static_cast<T>(lrn.k)), alpha = hn::Set(d, static_cast<T>(lrn.alpha));
  const auto factor = hn::Set(d, static_cast<T>(-2 * lrn.alpha * lrn.beta));
  for (int64_t r = 0; r < rows; ++r, x += channels, dy += channels, dx += channels) {
    ForEachVector(d, channels, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = at.load(x + i);
      at.store(hn::Mul(v, v), squares.data + i);
    });
    ForEachVector(d, channels, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto s = hn::MulAdd(alpha, WindowSum(at, squares.data + i, lrn.before, lrn.after), k);
      const auto g = hn::Mul(at.load(dy + i), Power(d, s, lrn.beta));
      at.store(g, direct + i);
      at.store(hn::Div(hn::Mul(g, at.load(x + i)), s), shares.data + i);
    });
    ForEachVector(d, channels, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto sum = WindowSum(at, shares.data + i, lrn.after, lrn.before);
      const auto result = hn::MulAdd(hn::Mul(factor, at.load(x + i)), sum, at.load(direct + i));
      at.store(accumulate ? hn::Add(at.load(dx + i), result) : result, dx + i);
    });
  }
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

HWY_EXPORT(ForwardF32);
HWY_EXPORT(ForwardF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);

int64_t lrn_scratch(int64_t channels, const Lrn& lrn) {
  return 3 * channels + 4 * std::max(lrn.before, lrn.after);
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
