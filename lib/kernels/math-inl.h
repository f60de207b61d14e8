// Vector functions beside hn::Tanh: exp, sigmoid, relu, and the two passes of a softmax. NaN gives NaN.
// Accuracy: kernels/README.md, held by tests/kernels/activation_test.cc. Included once per target, inside
// kernels/*.cc only. Uses Highway.
#if defined(FOVEA_KERNELS_MATH_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOVEA_KERNELS_MATH_INL_H_
#undef FOVEA_KERNELS_MATH_INL_H_
#else
#define FOVEA_KERNELS_MATH_INL_H_
#endif

#include "hwy/contrib/math/math-inl.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

namespace hn = hwy::HWY_NAMESPACE;

// exp(x) for x <= 0. (Highway's gives 0 for NaN.)
template <class D, class V>
HWY_INLINE V ExpOfNegative(D d, V x) {
  return hn::IfThenElse(hn::IsNaN(x), x, hn::Exp(d, x));
}

// From exp(-|x|), which cannot overflow, and without the cancellation of 1 - sigmoid(-x).
template <class D, class V>
HWY_INLINE V Sigmoid(D d, V x) {
  const V one = hn::Set(d, hn::TFromD<D>(1));
  const V e = ExpOfNegative(d, hn::Neg(hn::Abs(x)));
  return hn::Div(hn::IfThenElse(hn::Lt(x, hn::Zero(d)), e, one), hn::Add(one, e));
}

// NaN stays NaN (which Max() does not promise).
template <class D, class V>
HWY_INLINE V Relu(D d, V x) {
  return hn::IfThenZeroElse(hn::Lt(x, hn::Zero(d)), x);
}
// dy where y > 0 (or y is NaN).
template <class D, class V>
HWY_INLINE V ReluBackward(D d, V y, V dy) {
  return hn::IfThenZeroElse(hn::Le(y, hn::Zero(d)), dy);
}

// dy where low < x < high (or x is NaN); x may be what Bound() made of it.
template <class V>
HWY_INLINE V BoundBackward(V low, V x, V high, V dy) {
  return hn::IfThenZeroElse(hn::Or(hn::Le(x, low), hn::Ge(x, high)), dy);
}

// The largest of n > 0 values (where one is NaN: any).
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T MaxOf(D d, int64_t n, const T* x) {
  const auto lowest = hn::Set(d, hwy::LowestValue<T>());
  auto largest = lowest;
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    largest = hn::Max(largest, at.load_or(lowest, x + i));
  });
  return hn::GetLane(hn::MaxOfLanes(d, largest));
}

// e[i] = exp(x[i] - largest), where e is not null, and their sum; e may be x.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE T ExpRow(D d, int64_t n, const T* x, T largest, T* e) {
  const auto top = hn::Set(d, largest);
  auto sums = hn::Zero(d);
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto v = ExpOfNegative(d, hn::Sub(at.load(x + i), top));
    sums = hn::Add(sums, at.keep(v));
    if (e != nullptr) at.store(v, e + i);
  });
  return hn::GetLane(hn::SumOfLanes(d, sums));
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard, once per target
