// The transforms of F(4x4, 3x3) along one axis, for the points 0, a, -a, b, -b, infinity. Included once per
// SIMD target. Uses Highway.
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

// The points and the products of them below are exact in f32.
constexpr double kA = 0.625, kB = 1.5, kA2 = kA * kA, kB2 = kB * kB;
// The other points' distances multiplied, for the points 0, +-a, +-b.
constexpr double kN0 = kA2 * kB2, kNA = 2 * kA2 * (kA2 - kB2), kNB = 2 * kB2 * (kB2 - kA2);

template <class D>
HWY_INLINE hn::Vec<D> Constant(D d, double value) {
  return hn::Set(d, static_cast<hn::TFromD<D>>(value));
}

// B^T x: the polynomials that vanish at all points but one, applied to six values.
template <class D, class V>
HWY_INLINE void TransformInput(D d, const V (&x)[6], V (&t)[6]) {
  const V a = Constant(d, kA), b = Constant(d, kB), a2 = Constant(d, kA2), b2 = Constant(d, kB2);
  const V sum = Constant(d, kA2 + kB2), product = Constant(d, kN0);
  const V even_a = hn::NegMulAdd(b2, x[2], x[4]), odd_a = hn::NegMulAdd(b2, x[1], x[3]);
  const V even_b = hn::NegMulAdd(a2, x[2], x[4]), odd_b = hn::NegMulAdd(a2, x[1], x[3]);
  t[0] = hn::MulAdd(product, x[0], hn::NegMulAdd(sum, x[2], x[4]));
  t[1] = hn::MulAdd(a, odd_a, even_a);
  t[2] = hn::NegMulAdd(a, odd_a, even_a);
  t[3] = hn::MulAdd(b, odd_b, even_b);
  t[4] = hn::NegMulAdd(b, odd_b, even_b);
  t[5] = hn::MulAdd(product, x[1], hn::NegMulAdd(sum, x[3], x[5]));
}

// A^T m.
template <class D, class V>
HWY_INLINE void TransformOutput(D d, const V (&m)[6], V (&y)[4]) {
  const V sum_a = hn::Add(m[1], m[2]), sum_b = hn::Add(m[3], m[4]);
  const V difference_a = hn::Sub(m[1], m[2]), difference_b = hn::Sub(m[3], m[4]);
  y[0] = hn::Add(hn::Add(m[0], sum_a), sum_b);
  y[1] = hn::MulAdd(Constant(d, kB), difference_b, hn::Mul(Constant(d, kA), difference_a));
  y[2] = hn::MulAdd(Constant(d, kB2), sum_b, hn::Mul(Constant(d, kA2), sum_a));
  y[3] =
      hn::MulAdd(Constant(d, kB2 * kB), difference_b, hn::MulAdd(Constant(d, kA2 * kA), difference_a, m[5]));
}

// A z: the cubic with the coefficients z at all points.
template <class D, class V>
HWY_INLINE void TransformGradient(D d, const V (&z)[4], V (&t)[6]) {
  const V a = Constant(d, kA), b = Constant(d, kB), a2 = Constant(d, kA2), b2 = Constant(d, kB2);
  const V even_a = hn::MulAdd(a2, z[2], z[0]), odd_a = hn::MulAdd(a2, z[3], z[1]);
  const V even_b = hn::MulAdd(b2, z[2], z[0]), odd_b = hn::MulAdd(b2, z[3], z[1]);
  t[0] = z[0];
  t[1] = hn::MulAdd(a, odd_a, even_a);
  t[2] = hn::NegMulAdd(a, odd_a, even_a);
  t[3] = hn::MulAdd(b, odd_b, even_b);
  t[4] = hn::NegMulAdd(b, odd_b, even_b);
  t[5] = z[3];
}

// G g.
template <class D, class V>
HWY_INLINE void TransformWeights(D d, const V (&g)[3], V (&u)[6]) {
  const V even_a = hn::Mul(hn::MulAdd(Constant(d, kA2), g[2], g[0]), Constant(d, 1 / kNA));
  const V even_b = hn::Mul(hn::MulAdd(Constant(d, kB2), g[2], g[0]), Constant(d, 1 / kNB));
  const V odd_a = Constant(d, kA / kNA), odd_b = Constant(d, kB / kNB);
  u[0] = hn::Mul(g[0], Constant(d, 1 / kN0));
  u[1] = hn::MulAdd(odd_a, g[1], even_a);
  u[2] = hn::NegMulAdd(odd_a, g[1], even_a);
  u[3] = hn::MulAdd(odd_b, g[1], even_b);
  u[4] = hn::NegMulAdd(odd_b, g[1], even_b);
  u[5] = g[2];
}

// G^T s.
template <class D, class V>
HWY_INLINE void TransformSums(D d, const V (&s)[6], V (&g)[3]) {
  const V sum_a = hn::Add(s[1], s[2]), sum_b = hn::Add(s[3], s[4]);
  const V difference_a = hn::Sub(s[1], s[2]), difference_b = hn::Sub(s[3], s[4]);
  g[0] = hn::MulAdd(Constant(d, 1 / kN0), s[0],
                    hn::MulAdd(Constant(d, 1 / kNA), sum_a, hn::Mul(Constant(d, 1 / kNB), sum_b)));
  g[1] = hn::MulAdd(Constant(d, kA / kNA), difference_a, hn::Mul(Constant(d, kB / kNB), difference_b));
  g[2] = hn::MulAdd(Constant(d, kA2 / kNA), sum_a, hn::MulAdd(Constant(d, kB2 / kNB), sum_b, s[5]));
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard, once per target
