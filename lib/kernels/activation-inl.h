// The activations and their slopes as functions of vectors. NaN gives NaN. Accuracy: kernels/README.md, held
// by tests/kernels/activation_test.cc. Included once per target, inside kernels/*.cc only. Uses Highway.
#if defined(FOVEA_KERNELS_ACTIVATION_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOVEA_KERNELS_ACTIVATION_INL_H_
#undef FOVEA_KERNELS_ACTIVATION_INL_H_
#else
#define FOVEA_KERNELS_ACTIVATION_INL_H_
#endif

#include "kernels/math-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// product + what it lost in rounding = a b, where product = Mul(a, b).
template <class D, class V>
HWY_INLINE V LostInProduct(D d, V a, V b, V product) {
#if HWY_NATIVE_FMA
  (void)d;
  return hn::MulSub(a, b, product);
#else  // Dekker 1971: halves whose products are exact
  using T = hn::TFromD<D>;
  const V splitter = hn::Set(d, sizeof(T) == 4 ? T(4097) : T(134217729));
  const V ca = hn::Mul(splitter, a), cb = hn::Mul(splitter, b);
  const V ah = hn::Sub(ca, hn::Sub(ca, a)), bh = hn::Sub(cb, hn::Sub(cb, b));
  const V al = hn::Sub(a, ah), bl = hn::Sub(b, bh);
  const V high = hn::Sub(hn::Mul(ah, bh), product);
  return hn::Add(hn::Add(high, hn::Add(hn::Mul(ah, bl), hn::Mul(al, bh))), hn::Mul(al, bl));
#endif
}

// Infinity becomes the largest number, so that its product with a zero is a zero.
template <class D, class V>
HWY_INLINE V NotInfinite(D d, V x) {
  const V highest = hn::Set(d, hwy::HighestValue<hn::TFromD<D>>());
  return Bound(hn::Neg(highest), x, highest);
}
// Of a factor whose partner has vanished long before, so that infinity does no harm.
template <class D, class V>
HWY_INLINE V Within1e4(D d, V x) {
  using T = hn::TFromD<D>;
  return Bound(hn::Set(d, T(-1e4)), x, hn::Set(d, T(1e4)));
}

// e (1 - small), rounded so: small e alone might vanish where e does not.
template <class D, class V>
HWY_INLINE V AndLess(D d, V e, V small) {
  return hn::Mul(e, hn::Sub(hn::Set(d, hn::TFromD<D>(1)), small));
}

// ---- sigmoid and what is made of it -------------------------------------------------------------------

// x sigmoid(z), from h = exp(-|z| / 2): h h alone would vanish where x h h does not. Below, where z < 0, x
// may be given bounded, so that it stays finite.
template <class D, class V>
HWY_INLINE V TimesSigmoid(D d, V x, V below, V z, V h) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V top = hn::IfThenElse(hn::Lt(z, hn::Zero(d)), hn::Mul(hn::Mul(below, h), h), x);
  return hn::Div(top, hn::MulAdd(h, h, one));
}
template <class D, class V>
HWY_INLINE V ExpOfMinusHalf(D d, V size) {
  return ExpOfNegative(d, hn::Mul(hn::Set(d, hn::TFromD<D>(-0.5)), size));
}

template <class D, class V>
HWY_INLINE V Swish(D d, V x, V beta) {
  const V z = hn::Mul(beta, x);
  return TimesSigmoid(d, x, NotInfinite(d, x), z, ExpOfMinusHalf(d, hn::Abs(z)));
}
// s (1 + z (1 - s)), s = sigmoid(z), z = beta x.
template <class D, class V>
HWY_INLINE V SwishSlope(D d, V x, V beta) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V z = hn::Mul(beta, x), s = Sigmoid(d, z), rest = Sigmoid(d, hn::Neg(z));
  return hn::Mul(s, hn::MulAdd(Within1e4(d, z), rest, one));
}

// log(1 + exp(beta x)) / beta
template <class D, class V>
HWY_INLINE V Softplus(D d, V x, V beta) {
  const V z = hn::Mul(beta, x);
  const V tail = hn::Log1p(d, ExpOfNegative(d, hn::Neg(hn::Abs(z))));
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Div(hn::Add(hn::Max(z, hn::Zero(d)), tail), beta));
}
// 1 - exp(-beta y)
template <class D, class V>
HWY_INLINE V SoftplusSlope(D d, V y, V beta) {
  return hn::IfThenElse(hn::IsNaN(y), y, hn::Neg(hn::Expm1(d, hn::Neg(hn::Mul(beta, y)))));
}

// x tanh(softplus(x)), tanh(log(1 + e)) = n / (n + 2) with n = e (e + 2), e = exp(x); above 0 in powers of 1
// / e.
template <class V>
struct MishParts {
  V half, small;  // exp(-|x| / 2), exp(-|x|)
  V divisor;      // n + 2, or (n + 2) / e^2
};
template <class D, class V>
HWY_INLINE MishParts<V> MishOf(D d, V x) {
  const V two = hn::Set(d, hn::TFromD<D>(2));
  const V h = ExpOfMinusHalf(d, hn::Abs(x)), e = hn::Mul(h, h);
  const V below = hn::MulAdd(e, hn::Add(e, two), two);
  const V above =
      hn::MulAdd(hn::Mul(two, e), hn::Add(e, hn::Set(d, hn::TFromD<D>(1))), hn::Set(d, hn::TFromD<D>(1)));
  return {h, e, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), below, above)};
}
template <class D, class V>
HWY_INLINE V Mish(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1)), two = hn::Set(d, hn::TFromD<D>(2));
  const MishParts<V> p = MishOf(d, x);
  const V below = hn::Mul(hn::Mul(hn::Mul(NotInfinite(d, x), p.half), p.half), hn::Add(p.small, two));
  // Above 0: x (1 + 2e) / (1 + 2e + 2e^2).
  const V above = hn::Mul(x, hn::MulAdd(two, p.small, one));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), below, above), p.divisor);
}
// t + x (1 - t^2) sigmoid(x), t = tanh(softplus(x)); the product is 4 x (1 + e) e / (n + 2)^2.
template <class D, class V>
HWY_INLINE V MishSlope(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1)), two = hn::Set(d, T(2));
  const MishParts<V> p = MishOf(d, x);
  const auto negative = hn::Lt(x, hn::Zero(d));
  const V top =
      hn::IfThenElse(negative, hn::Mul(p.small, hn::Add(p.small, two)), hn::MulAdd(two, p.small, one));
  const V e = hn::IfThenElse(negative, p.small, hn::Mul(p.small, p.small));
  const V bend = hn::Mul(hn::Mul(hn::Set(d, T(4)), Within1e4(d, x)), hn::Mul(e, hn::Add(one, p.small)));
  return hn::Div(hn::Add(top, hn::Div(bend, p.divisor)), p.divisor);
}

// ---- the error function's family ----------------------------------------------------------------------

// Horner's scheme on constants, the highest power first.
template <class D, class V, size_t kTerms, class T = hn::TFromD<D>>
HWY_INLINE V Polynomial(D d, V x, const T (&c)[kTerms]) {
  V sum = hn::Set(d, c[0]);
  for (size_t i = 1; i < kTerms; ++i) sum = hn::MulAdd(sum, x, hn::Set(d, c[i]));
  return sum;
}

// Of the normal distribution's tail Phi(-s) = exp(-s^2 / 2) ratio(s), for s >= 0: exp(-s^2 / 2), and ratio(s)
// = P((s - 4) / (s + 4)) / (s + 4). P is the Chebyshev interpolation of ratio(s) (s + 4) up to s = 14 (f32,
// relative error 1.3e-8) and 39 (f64, 3.7e-17); beyond, s is taken as that, and the tail is 0.
template <class V>
struct NormalTail {
  V s, exponential, ratio;
};
template <class D, class V>
HWY_INLINE NormalTail<V> NormalTailOf(D d, V size) {
  using T = hn::TFromD<D>;
  const V four = hn::Set(d, T(4)), half = hn::Set(d, T(0.5));
  const V s = Bound(hn::Zero(d), size, hn::Set(d, sizeof(T) == 4 ? T(14) : T(39)));
  const V square = hn::Mul(s, s), lost = LostInProduct(d, s, s, square);
  const V e = ExpOfNegative(d, hn::Neg(hn::Mul(half, square)));
  const V q = hn::Div(hn::Sub(s, four), hn::Add(s, four));
  V p;
  if constexpr (sizeof(T) == 4) {
    constexpr T kP[] = {T(-0.00012018440110144361), T(0.00020126173028404674), T(0.0015723178794425629),
                        T(-0.0035261837003900367),  T(-0.0075292507030986269), T(0.060406688729805271),
                        T(-0.18652268490998792),    T(0.38713668408577257),    T(-0.60789661828226910),
                        T(0.75528513832277222)};
    p = Polynomial(d, q, kP);
  } else {
    constexpr T kP[] = {
        T(-9.6534254202285046694e-10), T(7.2695454790266894559e-11),  T(1.3924023993501710103e-8),
        T(1.4578593347036459717e-8),   T(-7.6380820534904503495e-8),  T(-1.5426320536771073947e-7),
        T(2.6368248576407625062e-7),   T(1.0198048518135172659e-6),   T(-6.2513210404786801933e-7),
        T(-5.9188927317632364472e-6),  T(7.1500559592160986612e-7),   T(0.00003514418115776097273),
        T(-1.9078665316613574344e-6),  T(-0.00023109481831937621135), T(0.00013334425401904911618),
        T(0.0016308184418903595964),   T(-0.0034796923622425333441),  T(-0.0075401889655930590206),
        T(0.060396574890699464128),    T(-0.18652185795969416326),    T(0.3871374007422188786),
        T(-0.60789664197189175887),    T(0.75528513041575147989)};
    p = Polynomial(d, q, kP);
  }
  // exp(-(square + lost) / 2)
  return {s, AndLess(d, e, hn::Mul(half, lost)), hn::Div(p, hn::Add(s, four))};
}

// x Phi(x)
template <class D, class V>
HWY_INLINE V Gelu(D d, V x) {
  const NormalTail<V> tail = NormalTailOf(d, hn::Abs(x));
  const V small = hn::Mul(tail.exponential, hn::Mul(tail.s, tail.ratio));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Neg(small), hn::Sub(x, small));
}
// Phi(x) + x phi(x)
template <class D, class V>
HWY_INLINE V GeluSlope(D d, V x) {
  using T = hn::TFromD<D>;
  const NormalTail<V> tail = NormalTailOf(d, hn::Abs(x));
  const V density = hn::Set(d, T(0.398942280401432677939946));  // 1 / sqrt(2 pi)
  const V left = hn::Mul(tail.exponential, hn::NegMulAdd(tail.s, density, tail.ratio));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), left, hn::Sub(hn::Set(d, T(1)), left));
}

// 2 sqrt(2 / pi) (s + 0.044715 s^3) for s >= 0, as high + low; s is bounded where the exponential has
// vanished.
template <class V>
struct GeluTanhArgument {
  V size, high, low, square;
};
template <class D, class V>
HWY_INLINE GeluTanhArgument<V> GeluTanhArgumentOf(D d, V size) {
  using T = hn::TFromD<D>;
  const V s = Bound(hn::Zero(d), size, hn::Set(d, sizeof(T) == 4 ? T(12) : T(24)));
  constexpr double kA = 1.5957691216057308, kB = 0.07135481627260025;  // 2 sqrt(2 / pi), and times 0.044715
  constexpr double kRestOfA = -9.96930880911092e-17, kRestOfB = -6.175149918155315e-19;
  const V a = hn::Set(d, T(kA)), b = hn::Set(d, T(kB));
  const V a_rest = hn::Set(d, T(kA - double{T(kA)} + kRestOfA)),
          b_rest = hn::Set(d, T(kB - double{T(kB)} + kRestOfB));
  const V square = hn::Mul(s, s), square_rest = LostInProduct(d, s, s, square);
  const V w = hn::Mul(b, square);
  const V w_rest =
      hn::Add(LostInProduct(d, b, square, w), hn::MulAdd(b, square_rest, hn::Mul(b_rest, square)));
  const V p = hn::Add(a, w);
  const V larger = hn::Max(a, w), smaller = hn::Min(a, w);
  const V p_rest = hn::Add(hn::Sub(smaller, hn::Sub(p, larger)), hn::Add(w_rest, a_rest));
  const V z = hn::Mul(s, p);
  return {s, z, hn::MulAdd(s, p_rest, LostInProduct(d, s, p, z)), square};
}
// 0.5 x (1 + tanh(sqrt(2 / pi) (x + 0.044715 x^3))) = x sigmoid(z) with twice that argument
template <class D, class V>
HWY_INLINE V GeluTanh(D d, V x) {
  const GeluTanhArgument<V> z = GeluTanhArgumentOf(d, hn::Abs(x));
  const V h = ExpOfMinusHalf(d, z.high), half = hn::Set(d, hn::TFromD<D>(0.5));
  return TimesSigmoid(d, x, hn::Neg(z.size), x, AndLess(d, h, hn::Mul(half, z.low)));
}
// s + x s (1 - s) z', s = sigmoid(z)
template <class D, class V>
HWY_INLINE V GeluTanhSlope(D d, V x) {
  using T = hn::TFromD<D>;
  const GeluTanhArgument<V> z = GeluTanhArgumentOf(d, hn::Abs(x));
  const V one = hn::Set(d, T(1));
  const V e = ExpOfNegative(d, hn::Neg(z.high)), inverse = hn::Div(one, hn::Add(one, e)),
          small = hn::Mul(e, inverse);
  const V dz =
      hn::MulAdd(hn::Set(d, T(3 * 0.07135481627260025)), z.square, hn::Set(d, T(1.5957691216057308)));
  const V bend = hn::Mul(hn::Mul(z.size, dz), hn::Mul(small, inverse));
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Sub(small, bend), hn::Add(inverse, bend));
}

// ---- piecewise ----------------------------------------------------------------------------------------

// x above 0, else slope x.
template <class D, class V>
HWY_INLINE V Leaky(D d, V x, V slope) {
  return hn::IfThenElse(hn::Lt(x, hn::Zero(d)), hn::Mul(slope, x), x);
}

// scale x above 0, else scale alpha (exp(x / width) - 1): ELU, SELU (scale) and CELU (alpha = width).
template <class D, class V>
HWY_INLINE V Elu(D d, V x, V scale, V alpha, V inverse_width) {
  const V left = hn::Mul(alpha, hn::Expm1(d, hn::Mul(x, inverse_width)));
  return hn::Mul(scale, hn::IfThenElse(hn::Lt(x, hn::Zero(d)), left, x));
}

// min(max(x + 3, 0), 6) / 6: PyTorch's hard sigmoid (Howard et al. 2019).
template <class D, class V>
HWY_INLINE V HardSigmoid(D d, V x) {
  using T = hn::TFromD<D>;
  const V six = hn::Set(d, T(6));
  return hn::Div(Bound(hn::Zero(d), hn::Add(x, hn::Set(d, T(3))), six), six);
}
// x times it.
template <class D, class V>
HWY_INLINE V HardSwish(D d, V x) {
  using T = hn::TFromD<D>;
  const V six = hn::Set(d, T(6)), three = hn::Set(d, T(3));
  const V inner = hn::Div(hn::Mul(x, Bound(hn::Zero(d), hn::Add(x, three), six)), six);
  const V outer = hn::IfThenZeroElse(hn::Le(x, hn::Neg(three)), x);
  return hn::IfThenElse(hn::Lt(hn::Abs(x), three), inner, outer);
}
template <class D, class V>
HWY_INLINE V HardSwishSlope(D d, V x) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1)), three = hn::Set(d, T(3));
  const V inner = hn::MulAdd(x, hn::Set(d, T(1) / T(3)), hn::Set(d, T(0.5)));
  return hn::IfThenZeroElse(hn::Le(x, hn::Neg(three)), hn::IfThenElse(hn::Ge(x, three), one, inner));
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard, once per target
