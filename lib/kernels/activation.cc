#include "kernels/activation.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/math-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void Activate(Activation f, int64_t n, const T* x, T* y) {
  const Tag<T> d;
  switch (f) {
    case Activation::linear:
      if (x != y) std::memmove(y, x, static_cast<size_t>(n) * sizeof(T));
      return;
    case Activation::relu:
      return ForEachVector(
          d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA { at.store(Relu(d, at.load(x + i)), y + i); });
    case Activation::sigmoid:
      return ForEachVector(
          d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA { at.store(Sigmoid(d, at.load(x + i)), y + i); });
    case Activation::tanh:
      return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        at.store(hn::Tanh(d, at.load(x + i)), y + i);
      });
    case Activation::relu6: {
      const auto low = hn::Zero(d), high = hn::Set(d, T(6));
      return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        at.store(Bound(low, at.load(x + i), high), y + i);
      });
    }
  }
}

template <class T>
void ActivateBackward(Activation f, int64_t n, const T* y, const T* dy, T* dx) {
  const Tag<T> d;
  const auto one = hn::Set(d, T(1));
  switch (f) {
    case Activation::linear:
      if (dx != dy) std::memmove(dx, dy, static_cast<size_t>(n) * sizeof(T));
      return;
    case Activation::relu:
      return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        at.store(ReluBackward(d, at.load(y + i), at.load(dy + i)), dx + i);
      });
    case Activation::sigmoid:  // y (1 - y)
      return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        const auto v = at.load(y + i);
        at.store(hn::Mul(at.load(dy + i), hn::Mul(v, hn::Sub(one, v))), dx + i);
      });
    case Activation::tanh:  // 1 - y^2, as (1 - y) (1 + y): no cancellation near 1
      return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        const auto v = at.load(y + i);
        at.store(hn::Mul(at.load(dy + i), hn::Mul(hn::Sub(one, v), hn::Add(one, v))), dx + i);
      });
    case Activation::relu6: {
      const auto low = hn::Zero(d), high = hn::Set(d, T(6));
      return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        at.store(BoundBackward(low, at.load(y + i), high, at.load(dy + i)), dx + i);
      });
    }
  }
}

void ActivateF32(Activation f, int64_t n, const float* x, float* y) {
  Activate(f, n, x, y);
}
void ActivateF64(Activation f, int64_t n, const double* x, double* y) {
  Activate(f, n, x, y);
}
void ActivateBackwardF32(Activation f, int64_t n, const float* y, const float* dy, float* dx) {
  ActivateBackward(f, n, y, dy, dx);
}
void ActivateBackwardF64(Activation f, int64_t n, const double* y, const double* dy, double* dx) {
  ActivateBackward(f, n, y, dy, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(ActivateF32);
HWY_EXPORT(ActivateF64);
HWY_EXPORT(ActivateBackwardF32);
HWY_EXPORT(ActivateBackwardF64);

void activate(Activation f, int64_t n, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(ActivateF32)(f, n, x, y);
}
void activate(Activation f, int64_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(ActivateF64)(f, n, x, y);
}
void activate_backward(Activation f, int64_t n, const float* y, const float* dy, float* dx) {
  HWY_DYNAMIC_DISPATCH(ActivateBackwardF32)(f, n, y, dy, dx);
}
void activate_backward(Activation f, int64_t n, const double* y, const double* dy, double* dx) {
  HWY_DYNAMIC_DISPATCH(ActivateBackwardF64)(f, n, y, dy, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
