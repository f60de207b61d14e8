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

template <class T>
void RowNorm(int64_t rows, int64_t n, double epsilon, const T* gamma, const T* beta, const T* x,
             double* statistics, T* y) {
  const Tag<T> d;
  const double share = 1.0 / static_cast<double>(n);
  for (int64_t r = 0; r < rows; ++r, x += n, y += n) {
    const double sum = SumsOf<T>(n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
                         return Pair<hn::Vec<Tag<T>>>{at.load(x + i), hn::Zero(d)};
                       }).a;
    const auto centre = hn::Set(d, static_cast<T>(sum * share));
    // The first sum is rounded as T is; the sum of the deviations corrects it.
    const Pair<double> about = SumsOf<T>(n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = hn::Sub(at.load(x + i), centre);
      return Pair<hn::Vec<Tag<T>>>{v, hn::Mul(v, v)};
    });
    const double off = about.a * share, squares = about.b;
    const double variance = std::max(0.0, squares * share - off * off);
    const double inverse = 1 / std::sqrt(variance + epsilon);
    const auto scale = hn::Set(d, static_cast<T>(inverse)),
               shift = hn::Set(d, static_cast<T>(-off * inverse));
    ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      auto v = hn::MulAdd(hn::Sub(at.load(x + i), centre), scale, shift);
      if (gamma != nullptr) v = hn::Mul(v, at.load(gamma + i));
      if (beta != nullptr) v = hn::Add(v, at.load(beta + i));
      at.store(v, y + i);
    });
    if (statistics != nullptr) {
      *statistics++ = static_cast<double>(hn::GetLane(centre)) + off;
      *statistics++ = inverse;
    }
  }
}

template <class T>
void RowNormBackward(int64_t rows, int64_t n, const T* gamma, const T* x, const T* dy,
                     const double* statistics, bool accumulate, T* dx) {
  const Tag<T> d;
  const double share = 1.0 / static_cast<double>(n);
  for (int64_t r = 0; r < rows; ++r, x += n, dy += n, dx += n) {
    const double mean = *statistics++, inverse = *statistics++;
    const auto centre = hn::Set(d, static_cast<T>(mean));
    const auto scaled = [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto g = at.load(dy + i);
      return gamma == nullptr ? g : hn::Mul(g, at.load(gamma + i));
    };
    const Pair<double> sums = SumsOf<T>(n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto g = scaled(i, at);
      return Pair<hn::Vec<Tag<T>>>{g, hn::Mul(g, hn::Sub(at.load(x + i), centre))};
    });
    const auto scale = hn::Set(d, static_cast<T>(inverse));
    const auto slope = hn::Set(d, static_cast<T>(-inverse * inverse * inverse * sums.b * share));
    const auto offset = hn::Set(d, static_cast<T>(-inverse * sums.a * share));
    ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = hn::MulAdd(slope, hn::Sub(at.load(x + i), centre), offset);
      const auto result = hn::MulAdd(scale, scaled(i, at), v);
      at.store(accumulate ? hn::Add(at.load(dx + i), result) : result, dx + i);
    });
  }
}

template <class T>
void RowNormSums(int64_t rows, int64_t n, const T* x, const T* dy, const double* statistics, T* spare,
                 double* dgamma, double* dbeta) {
  constexpr int64_t kRowsPerBlock = 64;
  const Tag<T> d;
  T* const products = spare;
  T* const sums = spare + n;
  for (int64_t first = 0; first < rows; first += kRowsPerBlock) {
    std::fill(spare, spare + 2 * n, T(0));
    for (int64_t r = first; r < std::min(rows, first + kRowsPerBlock); ++r) {
      const T* const px = x + r * n;
      const T* const pg = dy + r * n;
      const auto centre = hn::Set(d, static_cast<T>(statistics[2 * r]));
      const auto scale = hn::Set(d, static_cast<T>(statistics[2 * r + 1]));
      ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        const auto g = at.load(pg + i);
        const auto unit = hn::Mul(hn::Sub(at.load(px + i), centre), scale);
        at.store(hn::MulAdd(g, unit, at.load(products + i)), products + i);
        at.store(hn::Add(g, at.load(sums + i)), sums + i);
      });
    }
    for (int64_t i = 0; i < n; ++i) {
      dgamma[i] += static_cast<double>(products[i]);
      dbeta[i] += static_cast<double>(sums[i]);
    }
  }
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
                        const double* statistics, bool accumulate, float* dx) {
  RowNormBackward(rows, n, gamma, x, dy, statistics, accumulate, dx);
}
void RowNormBackwardF64(int64_t rows, int64_t n, const double* gamma, const double* x, const double* dy,
                        const double* statistics, bool accumulate, double* dx) {
  RowNormBackward(rows, n, gamma, x, dy, statistics, accumulate, dx);
}
void RowNormSumsF32(int64_t rows, int64_t n, const float* x, const float* dy, const double* statistics,
                    float* spare, double* dgamma, double* dbeta) {
  RowNormSums(rows, n, x, dy, statistics, spare, dgamma, dbeta);
}
void RowNormSumsF64(int64_t rows, int64_t n, const double* x, const double* dy, const double* statistics,
                    double* spare, double* dgamma, double* dbeta) {
  RowNormSums(rows, n, x, dy, statistics, spare, dgamma, dbeta);
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
HWY_EXPORT(RowNormSumsF32);
HWY_EXPORT(RowNormSumsF64);

void row_norm(int64_t rows, int64_t n, double epsilon, const float* gamma, const float* beta, const float* x,
              double* statistics, float* y) {
  HWY_DYNAMIC_DISPATCH(RowNormF32)(rows, n, epsilon, gamma, beta, x, statistics, y);
}
void row_norm(int64_t rows, int64_t n, double epsilon, const double* gamma, const double* beta,
              const double* x, double* statistics, double* y) {
  HWY_DYNAMIC_DISPATCH(RowNormF64)(rows, n, epsilon, gamma, beta, x, statistics, y);
}
void row_norm_backward(int64_t rows, int64_t n, const float* gamma, const float* x, const float* dy,
                       const double* statistics, bool accumulate, float* dx) {
  HWY_DYNAMIC_DISPATCH(RowNormBackwardF32)(rows, n, gamma, x, dy, statistics, accumulate, dx);
}
void row_norm_backward(int64_t rows, int64_t n, const double* gamma, const double* x, const double* dy,
                       const double* statistics, bool accumulate, double* dx) {
  HWY_DYNAMIC_DISPATCH(RowNormBackwardF64)(rows, n, gamma, x, dy, statistics, accumulate, dx);
}
void row_norm_sums(int64_t rows, int64_t n, const float* x, const float* dy, const double* statistics,
                   float* spare, double* dgamma, double* dbeta) {
  HWY_DYNAMIC_DISPATCH(RowNormSumsF32)(rows, n, x, dy, statistics, spare, dgamma, dbeta);
}
void row_norm_sums(int64_t rows, int64_t n, const double* x, const double* dy, const double* statistics,
                   double* spare, double* dgamma, double* dbeta) {
  HWY_DYNAMIC_DISPATCH(RowNormSumsF64)(rows, n, x, dy, statistics, spare, dgamma, dbeta);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
