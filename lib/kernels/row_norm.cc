#include "kernels/row_norm.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/row_norm.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// Elements that are summed in T at a time.
constexpr int64_t kPiece = 4096;

template <class V>
struct Pair {
  V a, b;
};

// The sums of both members of f(i, at) over [0, n): lanes of T over a piece, pieces in double.
template <class T, class F>
HWY_INLINE Pair<double> SumsOf(int64_t n, F&& f) {
  const Tag<T> d;
  Pair<double> total{0, 0};
  for (int64_t first = 0; first < n; first += kPiece) {
    const int64_t count = std::min(kPiece, n - first), lanes = LanesOf(d), pairs = count / (2 * lanes);
    const Whole<Tag<T>> whole{d};
    auto a0 = hn::Zero(d), a1 = hn::Zero(d), b0 = hn::Zero(d), b1 = hn::Zero(d);
    for (int64_t i = 0; i < pairs; ++i) {
      const auto even = f(first + 2 * i * lanes, whole), odd = f(first + (2 * i + 1) * lanes, whole);
      a0 = hn::Add(a0, even.a);
      b0 = hn::Add(b0, even.b);
      a1 = hn::Add(a1, odd.a);
      b1 = hn::Add(b1, odd.b);
    }
    const int64_t done = pairs * 2 * lanes;
    ForEachVector(d, count - done, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = f(first + done + i, at);
      a0 = hn::Add(a0, at.keep(v.a));
      b0 = hn::Add(b0, at.keep(v.b));
    });
    total.a += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(a0, a1))));
    total.b += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Add(b0, b1))));
  }
  return total;
}

// Rows that are worked on together, so that the divisions of one do not wait for the sums of the next. They
// stay in the second-level cache, short ones in the first.
constexpr int64_t kMostRows = 32;
int64_t RowsAtOnce(int64_t n) {
  return std::clamp<int64_t>(4096 / n, std::clamp<int64_t>(65536 / n, 1, 4), kMostRows);
}

// The mean of a piece, and the sum of squares about it.
template <class T>
HWY_INLINE Pair<double> PieceStatistics(int64_t n, double share, const T* x) {
  const Tag<T> d;
  const double sum = SumsOf<T>(n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
                       return Pair<hn::Vec<Tag<T>>>{at.load(x + i), hn::Zero(d)};
                     }).a;
  const auto centre = hn::Set(d, static_cast<T>(sum * share));
  // The first sum is rounded as T is; the sum of the deviations corrects it.
  const Pair<double> about = SumsOf<T>(n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto v = hn::Sub(at.load(x + i), centre);
    return Pair<hn::Vec<Tag<T>>>{v, hn::Mul(v, v)};
  });
  const double off = about.a * share;
  return {static_cast<double>(hn::GetLane(centre)) + off, std::max(0.0, about.b - about.a * off)};
}

// Those of a row: of each piece while it is in the first-level cache, combined in double (Chan, Golub,
// LeVeque 1983).
template <class T>
HWY_INLINE Pair<double> RowStatistics(int64_t n, double share, const T* x) {
  if (n <= kPiece) return PieceStatistics(n, share, x);
  Pair<double> all{0, 0};
  for (int64_t first = 0; first < n; first += kPiece) {
    const int64_t count = std::min(kPiece, n - first);
    const double before = static_cast<double>(first), part = static_cast<double>(count);
    const Pair<double> piece = PieceStatistics(count, 1 / part, x + first);
    const double apart = piece.a - all.a, weight = part / (before + part);
    all.a += apart * weight;
    all.b += piece.b + apart * apart * before * weight;
  }
  return all;
}

// Rows of a single vector, which stays in its register.
template <class T, class At>
HWY_INLINE void RowNormShort(At at, int64_t rows, int64_t n, double epsilon, const T* gamma, const T* beta,
                             const T* x, double* statistics, T* y) {
  const Tag<T> d;
  const double share = 1.0 / static_cast<double>(n);
  const auto part = hn::Set(d, static_cast<T>(share));
  const auto factor = gamma == nullptr ? hn::Set(d, T(1)) : at.load(gamma);
  const auto addend = beta == nullptr ? hn::Zero(d) : at.load(beta);
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const auto v = at.load(x);
    const auto centre = hn::Mul(hn::SumOfLanes(d, v), part);  // zero in the lanes that are not there
    const auto about = at.keep(hn::Sub(v, centre));
    const auto off = hn::Mul(hn::SumOfLanes(d, about), part);
    const auto from_mean = at.keep(hn::Sub(about, off));
    const double squares = static_cast<double>(hn::GetLane(hn::SumOfLanes(d, hn::Mul(from_mean, from_mean))));
    const double inverse = 1 / std::sqrt(squares * share + epsilon);
    at.store(hn::MulAdd(hn::Mul(from_mean, hn::Set(d, static_cast<T>(inverse))), factor, addend), y);
    if (statistics == nullptr) continue;
    *statistics++ = static_cast<double>(hn::GetLane(centre)) + static_cast<double>(hn::GetLane(off));
    *statistics++ = inverse;
  }
}

template <class T>
void RowNorm(int64_t rows, int64_t n, double epsilon, const T* gamma, const T* beta, const T* x,
             double* statistics, T* y) {
  const Tag<T> d;
  if (n == LanesOf(d)) return RowNormShort(Whole<Tag<T>>{d}, rows, n, epsilon, gamma, beta, x, statistics, y);
  if (n < LanesOf(d))
    return RowNormShort(First<Tag<T>>{d, n}, rows, n, epsilon, gamma, beta, x, statistics, y);
  const double share = 1.0 / static_cast<double>(n);
  const int64_t most = RowsAtOnce(n);
  for (int64_t first = 0; first < rows; first += most, x += most * n, y += most * n) {
    const int64_t count = std::min(most, rows - first);
    Pair<double> found[kMostRows];  // mean, 1 / deviation
    for (int64_t r = 0; r < count; ++r) found[r] = RowStatistics(n, share, x + r * n);
    for (int64_t r = 0; r < count; ++r) found[r].b = 1 / std::sqrt(found[r].b * share + epsilon);
    for (int64_t r = 0; r < count; ++r) {
      const T* const from = x + r * n;
      T* const to = y + r * n;
      const T mean = static_cast<T>(found[r].a);
      const auto centre = hn::Set(d, mean), scale = hn::Set(d, static_cast<T>(found[r].b));
      // With what the mean loses in T.
      const auto shift = hn::Set(d, static_cast<T>((static_cast<double>(mean) - found[r].a) * found[r].b));
      ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        auto v = hn::MulAdd(hn::Sub(at.load(from + i), centre), scale, shift);
        if (gamma != nullptr) v = hn::Mul(v, at.load(gamma + i));
        if (beta != nullptr) v = hn::Add(v, at.load(beta + i));
        at.store(v, to + i);
      });
    }
    if (statistics == nullptr) continue;
    for (int64_t r = 0; r < count; ++r) {
      *statistics++ = found[r].a;
      *statistics++ = found[r].b;
    }
  }
}

// What a row's gradient is made with: dx = scale * g + slope * (x - centre) + offset, g = dy * gamma.
template <class T>
struct RowGradient {
  T centre, scale, slope, offset;
};

template <class T>
HWY_INLINE RowGradient<T> GradientOf(int64_t n, const T* gamma, const T* x, const T* dy, double mean,
                                     double inverse) {
  const auto centre = hn::Set(Tag<T>(), static_cast<T>(mean));
  const Pair<double> sums = SumsOf<T>(n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    auto g = at.load(dy + i);
    if (gamma != nullptr) g = hn::Mul(g, at.load(gamma + i));
    return Pair<hn::Vec<Tag<T>>>{g, hn::Mul(g, hn::Sub(at.load(x + i), centre))};
  });
  const double share = inverse / static_cast<double>(n);
  return {static_cast<T>(mean), static_cast<T>(inverse), static_cast<T>(-inverse * inverse * sums.b * share),
          static_cast<T>(-sums.a * share)};
}

template <class T>
void RowNormBackward(int64_t rows, int64_t n, const T* gamma, const T* x, const T* dy,
                     const double* statistics, bool accumulate, T* dx, T* spare, double* dgamma,
                     double* dbeta) {
  constexpr int64_t kRowsPerBlock = 64;  // about: blocks end with what RowsAtOnce gives
  const Tag<T> d;
  T* const products = spare;
  T* const sums = spare + n;
  const int64_t most = RowsAtOnce(n);
  const auto flush = [=] {
    for (int64_t i = 0; i < n; ++i) {
      dgamma[i] += static_cast<double>(products[i]);
      dbeta[i] += static_cast<double>(sums[i]);
    }
    std::fill(spare, spare + 2 * n, T(0));
  };
  if (dgamma != nullptr) std::fill(spare, spare + 2 * n, T(0));
  for (int64_t first = 0; first < rows; first += most) {
    const int64_t count = std::min(most, rows - first);
    if (dgamma != nullptr && first > 0 && first % kRowsPerBlock < most) flush();
    const T* const px = x + first * n;
    const T* const pg = dy + first * n;
    T* const to = dx == nullptr ? nullptr : dx + first * n;
    RowGradient<T> rows_of[kMostRows];
    for (int64_t r = 0; r < count; ++r)
      rows_of[r] = GradientOf(n, gamma, px + r * n, pg + r * n, statistics[2 * (first + r)],
                              statistics[2 * (first + r) + 1]);
    // The sums of a column over the rows stay in registers.
    ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      auto product = hn::Zero(d), sum = hn::Zero(d), factor = hn::Set(d, T(1));
      if (dgamma != nullptr) product = at.load(products + i), sum = at.load(sums + i);
      if (gamma != nullptr) factor = at.load(gamma + i);
      for (int64_t r = 0; r < count; ++r) {
        const RowGradient<T>& row = rows_of[r];
        const auto g = at.load(pg + r * n + i),
                   off = hn::Sub(at.load(px + r * n + i), hn::Set(d, row.centre));
        const auto scale = hn::Set(d, row.scale);
        product = hn::MulAdd(g, hn::Mul(off, scale), product);
        sum = hn::Add(sum, g);
        if (to == nullptr) continue;
        const auto v = hn::MulAdd(hn::Set(d, row.slope), off, hn::Set(d, row.offset));
        const auto result = hn::MulAdd(scale, hn::Mul(g, factor), v);
        at.store(accumulate ? hn::Add(at.load(to + r * n + i), result) : result, to + r * n + i);
      }
      if (dgamma != nullptr) at.store(product, products + i), at.store(sum, sums + i);
    });
  }
  if (dgamma != nullptr) flush();
}

void RowNormF32(int64_t rows, int64_t n, double epsilon, const float* gamma, const float* beta,
                const float* x, double* statistics, float* y) {
  RowNorm(rows, n, epsilon, gamma, beta, x, statistics, y);
}
void RowNormF64(int64_t rows, int64_t n, double epsilon, const double* gamma, const double* beta,
                const double* x, double* statistics, double* y) {
  RowNorm(rows, n, epsilon, gamma, beta, x, statistics, y);
}
void RowNormBackwardF32(int64_t rows, int64_t n, const float* gamma, const float* x, const float* dy,
                        const double* statistics, bool accumulate, float* dx, float* spare, double* dgamma,
                        double* dbeta) {
  RowNormBackward(rows, n, gamma, x, dy, statistics, accumulate, dx, spare, dgamma, dbeta);
}
void RowNormBackwardF64(int64_t rows, int64_t n, const double* gamma, const double* x, const double* dy,
                        const double* statistics, bool accumulate, double* dx, double* spare, double* dgamma,
                        double* dbeta) {
  RowNormBackward(rows, n, gamma, x, dy, statistics, accumulate, dx, spare, dgamma, dbeta);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(RowNormF32);
HWY_EXPORT(RowNormF64);
HWY_EXPORT(RowNormBackwardF32);
HWY_EXPORT(RowNormBackwardF64);

void row_norm(int64_t rows, int64_t n, double epsilon, const float* gamma, const float* beta, const float* x,
              double* statistics, float* y) {
  HWY_DYNAMIC_DISPATCH(RowNormF32)(rows, n, epsilon, gamma, beta, x, statistics, y);
}
void row_norm(int64_t rows, int64_t n, double epsilon, const double* gamma, const double* beta,
              const double* x, double* statistics, double* y) {
  HWY_DYNAMIC_DISPATCH(RowNormF64)(rows, n, epsilon, gamma, beta, x, statistics, y);
}
void row_norm_backward(int64_t rows, int64_t n, const float* gamma, const float* x, const float* dy,
                       const double* statistics, bool accumulate, float* dx, float* spare, double* dgamma,
                       double* dbeta) {
  HWY_DYNAMIC_DISPATCH(RowNormBackwardF32)
  (rows, n, gamma, x, dy, statistics, accumulate, dx, spare, dgamma, dbeta);
}
void row_norm_backward(int64_t rows, int64_t n, const double* gamma, const double* x, const double* dy,
                       const double* statistics, bool accumulate, double* dx, double* spare, double* dgamma,
                       double* dbeta) {
  HWY_DYNAMIC_DISPATCH(RowNormBackwardF64)
  (rows, n, gamma, x, dy, statistics, accumulate, dx, spare, dgamma, dbeta);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
