#include "kernels/optimizer.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/optimizer.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void Sgd(int64_t n, T* w, const T* g, T* v, const SgdStep& step) {
  const Tag<T> d;
  const auto minus_rate = hn::Set(d, static_cast<T>(-step.rate));
  if (v == nullptr) {
    return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::MulAdd(minus_rate, at.load(g + i), at.load(w + i)), w + i);
    });
  }
  const auto momentum = hn::Set(d, static_cast<T>(step.momentum));
  const auto share = hn::Set(d, static_cast<T>(1 - step.dampening));
  const bool first = step.first, nesterov = step.nesterov;
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto gradient = at.load(g + i);
    const auto velocity = first ? gradient : hn::MulAdd(share, gradient, hn::Mul(momentum, at.load(v + i)));
    at.store(velocity, v + i);
    const auto direction = nesterov ? hn::MulAdd(momentum, velocity, gradient) : velocity;
    at.store(hn::MulAdd(minus_rate, direction, at.load(w + i)), w + i);
  });
}

template <class T>
void Adam(int64_t n, T* w, const T* g, T* m, T* v, const AdamStep& step) {
  const Tag<T> d;
  const auto beta1 = hn::Set(d, static_cast<T>(step.beta1));
  const auto beta2 = hn::Set(d, static_cast<T>(step.beta2));
  const auto rest1 = hn::Set(d, static_cast<T>(1 - step.beta1));
  const auto rest2 = hn::Set(d, static_cast<T>(1 - step.beta2));
  const auto minus_rate = hn::Set(d, static_cast<T>(-step.rate / step.correction1));
  const auto root_scale = hn::Set(d, static_cast<T>(1 / std::sqrt(step.correction2)));
  const auto epsilon = hn::Set(d, static_cast<T>(step.epsilon));
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto gradient = at.load(g + i);
    const auto first = hn::MulAdd(rest1, gradient, hn::Mul(beta1, at.load(m + i)));
    const auto second = hn::MulAdd(hn::Mul(rest2, gradient), gradient, hn::Mul(beta2, at.load(v + i)));
    at.store(first, m + i);
    at.store(second, v + i);
    const auto divisor = hn::MulAdd(hn::Sqrt(second), root_scale, epsilon);
    at.store(hn::MulAdd(minus_rate, hn::Div(first, divisor), at.load(w + i)), w + i);
  });
}

void SgdF32(int64_t n, float* w, const float* g, float* v, const SgdStep& step) {
  Sgd(n, w, g, v, step);
}
void SgdF64(int64_t n, double* w, const double* g, double* v, const SgdStep& step) {
  Sgd(n, w, g, v, step);
}
void AdamF32(int64_t n, float* w, const float* g, float* m, float* v, const AdamStep& step) {
  Adam(n, w, g, m, v, step);
}
void AdamF64(int64_t n, double* w, const double* g, double* m, double* v, const AdamStep& step) {
  Adam(n, w, g, m, v, step);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(SgdF32);
HWY_EXPORT(SgdF64);
HWY_EXPORT(AdamF32);
HWY_EXPORT(AdamF64);

void sgd(int64_t n, float* w, const float* g, float* v, const SgdStep& step) {
  HWY_DYNAMIC_DISPATCH(SgdF32)(n, w, g, v, step);
}
void sgd(int64_t n, double* w, const double* g, double* v, const SgdStep& step) {
  HWY_DYNAMIC_DISPATCH(SgdF64)(n, w, g, v, step);
}
void adam(int64_t n, float* w, const float* g, float* m, float* v, const AdamStep& step) {
  HWY_DYNAMIC_DISPATCH(AdamF32)(n, w, g, m, v, step);
}
void adam(int64_t n, double* w, const double* g, double* m, double* v, const AdamStep& step) {
  HWY_DYNAMIC_DISPATCH(AdamF64)(n, w, g, m, v, step);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
