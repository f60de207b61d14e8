// The transforms of F(4x4, 3x3) and F(4x4, 5x5) along one axis, for the points 0, pairs of p and -p, and
// infinity, in this order. Included once per SIMD target. Uses Highway.
#if defined(FOVEA_WINOGRAD_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOVEA_WINOGRAD_INL_H_
#undef FOVEA_WINOGRAD_INL_H_
#else
#define FOVEA_WINOGRAD_INL_H_
#endif

#include "kernels/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// What follows from `kPairs` points; they and the products of them below are exact in f32.
template <int kPairs>
struct Points {
  double power[kPairs][5];  // 1, p, p^2 ...
  // The polynomials in x^2 that vanish at all points but one pair, and at all: coefficients, ascending; the
  // highest is 1.
  double others[kPairs][kPairs], all[kPairs + 1];
  double inverse_zero, inverse[kPairs];  // 1 / the other points' distances multiplied, for 0, +-p
};

template <int kPairs>
constexpr Points<kPairs> points_from(const double (&list)[kPairs]) {
  Points<kPairs> p{};
  for (int k = 0; k < kPairs; ++k) {
    p.power[k][0] = 1;
    for (int i = 1; i < 5; ++i) p.power[k][i] = list[k] * p.power[k][i - 1];
  }
  // Multiplies `count` coefficients by x^2 - r^2.
  const auto times = [](double* c, int count, double r) {
    c[count] = c[count - 1];
    for (int i = count - 1; i > 0; --i) c[i] = c[i - 1] - r * r * c[i];
    c[0] *= -r * r;
  };
  p.all[0] = 1;
  for (int k = 0; k < kPairs; ++k) {
    times(p.all, k + 1, list[k]);
    p.others[k][0] = 1;
    double distances = 2 * list[k] * list[k];
    for (int i = 0, count = 1; i < kPairs; ++i) {
      if (i == k) continue;
      times(p.others[k], count++, list[i]);
      distances *= list[k] * list[k] - list[i] * list[i];
    }
    p.inverse[k] = 1 / distances;
  }
  p.inverse_zero = 1 / p.all[0];
  return p;
}

// By the number of values along an axis: for all points, 0 and infinity included.
template <int kValues>
inline constexpr auto kPoints = points_from<2>({0.625, 1.5});
template <>
inline constexpr auto kPoints<8> = points_from<3>({0.5, 1, 2});

template <class D>
HWY_INLINE hn::Vec<D> Constant(D d, double value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

// B^T x: the polynomials that vanish at all points but one, applied to the values.
template <class D, class V, int kValues>
HWY_INLINE void TransformInput(D d, const V (&x)[kValues], V (&t)[kValues]) {
  constexpr int kPairs = kValues / 2 - 1;
  constexpr auto& k = kPoints<kValues>;
  FOVEA_UNROLL for (int i = 0; i < kPairs; ++i) {
    V even = x[2 * kPairs], odd = x[2 * kPairs - 1];
    FOVEA_UNROLL for (int j = kPairs - 2; j >= 0; --j) {
      const V factor = Constant(d, k.others[i][j]);
      even = hn::MulAdd(factor, x[2 * j + 2], even);
      odd = hn::MulAdd(factor, x[2 * j + 1], odd);
    }
    const V p = Constant(d, k.power[i][1]);
    t[2 * i + 1] = hn::MulAdd(p, odd, even);
    t[2 * i + 2] = hn::NegMulAdd(p, odd, even);
  }
  V zero = x[2 * kPairs], infinity = x[2 * kPairs + 1];
  FOVEA_UNROLL for (int j = kPairs - 1; j >= 0; --j) {
    const V factor = Constant(d, k.all[j]);
    zero = hn::MulAdd(factor, x[2 * j], zero);
    infinity = hn::MulAdd(factor, x[2 * j + 1], infinity);
  }
  t[0] = zero;
  t[kValues - 1] = infinity;
}

// A^T m.
template <class D, class V, int kValues>
HWY_INLINE void TransformOutput(D d, const V (&m)[kValues], V (&y)[4]) {
  constexpr int kPairs = kValues / 2 - 1;
  constexpr auto& k = kPoints<kValues>;
  V sum[kPairs], difference[kPairs];
  FOVEA_UNROLL for (int i = 0; i < kPairs; ++i) {
    sum[i] = hn::Add(m[2 * i + 1], m[2 * i + 2]);
    difference[i] = hn::Sub(m[2 * i + 1], m[2 * i + 2]);
  }
  y[0] = hn::Add(m[0], sum[0]);
  y[1] = hn::Mul(Constant(d, k.power[0][1]), difference[0]);
  y[2] = hn::Mul(Constant(d, k.power[0][2]), sum[0]);
  y[3] = hn::MulAdd(Constant(d, k.power[0][3]), difference[0], m[kValues - 1]);
  FOVEA_UNROLL for (int i = 1; i < kPairs; ++i) {
    y[0] = hn::Add(y[0], sum[i]);
    y[1] = hn::MulAdd(Constant(d, k.power[i][1]), difference[i], y[1]);
    y[2] = hn::MulAdd(Constant(d, k.power[i][2]), sum[i], y[2]);
    y[3] = hn::MulAdd(Constant(d, k.power[i][3]), difference[i], y[3]);
  }
}

// A z: the cubic with the coefficients z at all points.
template <class D, class V, int kValues>
HWY_INLINE void TransformGradient(D d, const V (&z)[4], V (&t)[kValues]) {
  constexpr auto& k = kPoints<kValues>;
  t[0] = z[0];
  FOVEA_UNROLL for (int i = 0; i < kValues / 2 - 1; ++i) {
    const V p = Constant(d, k.power[i][1]), square = Constant(d, k.power[i][2]);
    const V even = hn::MulAdd(square, z[2], z[0]), odd = hn::MulAdd(square, z[3], z[1]);
    t[2 * i + 1] = hn::MulAdd(p, odd, even);
    t[2 * i + 2] = hn::NegMulAdd(p, odd, even);
  }
  t[kValues - 1] = z[3];
}

// G g, of a kernel of kValues - 3 cells.
template <class D, class V, int kValues>
HWY_INLINE void TransformWeights(D d, const V (&g)[kValues - 3], V (&u)[kValues]) {
  constexpr auto& k = kPoints<kValues>;
  u[0] = hn::Mul(g[0], Constant(d, k.inverse_zero));
  FOVEA_UNROLL for (int i = 0; i < kValues / 2 - 1; ++i) {
    V even = hn::MulAdd(Constant(d, k.power[i][2]), g[2], g[0]), odd = g[1];
    if constexpr (kValues == 8) {
      even = hn::MulAdd(Constant(d, k.power[i][4]), g[4], even);
      odd = hn::MulAdd(Constant(d, k.power[i][2]), g[3], odd);
    }
    even = hn::Mul(even, Constant(d, k.inverse[i]));
    const V factor = Constant(d, k.power[i][1] * k.inverse[i]);
    u[2 * i + 1] = hn::MulAdd(factor, odd, even);
    u[2 * i + 2] = hn::NegMulAdd(factor, odd, even);
  }
  u[kValues - 1] = g[kValues - 4];
}

// G^T s.
template <class D, class V, int kValues>
HWY_INLINE void TransformSums(D d, const V (&s)[kValues], V (&g)[kValues - 3]) {
  constexpr int kPairs = kValues / 2 - 1, kCells = kValues - 3;
  constexpr auto& k = kPoints<kValues>;
  FOVEA_UNROLL for (int j = 0; j < kCells; ++j) g[j] = j == kCells - 1 ? s[kValues - 1] : hn::Zero(d);
  FOVEA_UNROLL for (int i = kPairs - 1; i >= 0; --i) {
    const V sum = hn::Add(s[2 * i + 1], s[2 * i + 2]), difference = hn::Sub(s[2 * i + 1], s[2 * i + 2]);
    FOVEA_UNROLL for (int j = 0; j < kCells; ++j) g[j] =
        hn::MulAdd(Constant(d, k.power[i][j] * k.inverse[i]), j % 2 == 0 ? sum : difference, g[j]);
  }
  g[0] = hn::MulAdd(Constant(d, k.inverse_zero), s[0], g[0]);
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard, once per target
