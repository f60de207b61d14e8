#include "kernels/activation.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/activation.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// Klambauer et al. 2017, equation 14: what keeps mean 0 and variance 1.
constexpr double kSeluScale = 1.0507009873554804934193349852946;
constexpr double kSeluAlpha = 1.6732632423543772848170429916717;

template <class T>
void Activate(Activation f, T parameter, int64_t n, const T* x, T* y) {
  const Tag<T> d;
  const auto p = hn::Set(d, parameter), one = hn::Set(d, T(1));
  const auto map = [=](auto function) FOVEA_INLINE_LAMBDA {
    ForEachVector(d, n,
                  [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA { at.store(function(at.load(x + i)), y + i); });
  };
  switch (f) {
    case Activation::linear:
      if (x != y) std::memmove(y, x, static_cast<size_t>(n) * sizeof(T));
      return;
    case Activation::relu:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Relu(d, v); });
    case Activation::sigmoid:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Sigmoid(d, v); });
    case Activation::tanh:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return hn::Tanh(d, v); });
    case Activation::relu6:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Bound(hn::Zero(d), v, hn::Set(d, T(6))); });
    case Activation::leaky_relu:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Leaky(d, v, p); });
    case Activation::elu:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Elu(d, v, one, p, one); });
    case Activation::selu: {
      const auto scale = hn::Set(d, T(kSeluScale)), alpha = hn::Set(d, T(kSeluAlpha));
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Elu(d, v, scale, alpha, one); });
    }
    case Activation::celu: {
      const auto inverse = hn::Set(d, T(1) / parameter);
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Elu(d, v, one, p, inverse); });
    }
    case Activation::gelu:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Gelu(d, v); });
    case Activation::gelu_tanh:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return GeluTanh(d, v); });
    case Activation::swish:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Swish(d, v, p); });
    case Activation::hard_swish:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return HardSwish(d, v); });
    case Activation::hard_sigmoid:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return HardSigmoid(d, v); });
    case Activation::mish:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Mish(d, v); });
    case Activation::softplus:
      return map([=](auto v) FOVEA_INLINE_LAMBDA { return Softplus(d, v, p); });
  }
}

// dx = dy times a slope, or dy where a bound lets it through.
template <class T>
void ActivateBackward(Activation f, T parameter, int64_t n, const T* from, const T* dy, T* dx) {
  const Tag<T> d;
  const auto p = hn::Set(d, parameter), zero = hn::Zero(d), one = hn::Set(d, T(1));
  const auto times = [=](auto slope) FOVEA_INLINE_LAMBDA {
    ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::Mul(at.load(dy + i), slope(at.load(from + i))), dx + i);
    });
  };
  const auto between = [=](T low, T high, T slope) FOVEA_INLINE_LAMBDA {
    const auto l = hn::Set(d, low), h = hn::Set(d, high), s = hn::Set(d, slope);
    ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(BoundBackward(l, at.load(from + i), h, hn::Mul(s, at.load(dy + i))), dx + i);
    });
  };
  // width exp(x / width) out of y, of what Elu() does.
  const auto elu = [=](T scale, T alpha, T inverse_width) FOVEA_INLINE_LAMBDA {
    const auto above = hn::Set(d, scale), lift = hn::Set(d, scale * alpha),
               inverse = hn::Set(d, inverse_width);
    times([=](auto y) FOVEA_INLINE_LAMBDA {
      return hn::IfThenElse(hn::Le(y, zero), hn::Mul(hn::Add(y, lift), inverse), above);
    });
  };
  switch (f) {
    case Activation::linear:
      if (dx != dy) std::memmove(dx, dy, static_cast<size_t>(n) * sizeof(T));
      return;
    case Activation::relu:
      return ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
        at.store(ReluBackward(d, at.load(from + i), at.load(dy + i)), dx + i);
      });
    case Activation::sigmoid:  // y (1 - y)
      return times([=](auto y) FOVEA_INLINE_LAMBDA { return hn::Mul(y, hn::Sub(one, y)); });
    case Activation::tanh:  // 1 - y^2, as (1 - y) (1 + y): no cancellation near 1
      return times([=](auto y) FOVEA_INLINE_LAMBDA { return hn::Mul(hn::Sub(one, y), hn::Add(one, y)); });
    case Activation::relu6:
      return between(0, 6, 1);
    case Activation::leaky_relu:
      return times([=](auto y) FOVEA_INLINE_LAMBDA { return hn::IfThenElse(hn::Le(y, zero), p, one); });
    case Activation::elu:
      return elu(1, parameter, 1);
    case Activation::selu:
      return elu(T(kSeluScale), T(kSeluAlpha), 1);
    case Activation::celu:
      return elu(1, parameter, T(1) / parameter);
    case Activation::gelu:
      return times([=](auto x) FOVEA_INLINE_LAMBDA { return GeluSlope(d, x); });
    case Activation::gelu_tanh:
      return times([=](auto x) FOVEA_INLINE_LAMBDA { return GeluTanhSlope(d, x); });
    case Activation::swish:
      return times([=](auto x) FOVEA_INLINE_LAMBDA { return SwishSlope(d, x, p); });
    case Activation::hard_swish:
      return times([=](auto x) FOVEA_INLINE_LAMBDA { return HardSwishSlope(d, x); });
    case Activation::hard_sigmoid:
      return between(0, 1, T(1) / T(6));
    case Activation::mish:
      return times([=](auto x) FOVEA_INLINE_LAMBDA { return MishSlope(d, x); });
    case Activation::softplus:
      return times([=](auto y) FOVEA_INLINE_LAMBDA { return SoftplusSlope(d, y, p); });
  }
}

void ActivateF32(Activation f, double parameter, int64_t n, const float* x, float* y) {
  Activate(f, static_cast<float>(parameter), n, x, y);
}
void ActivateF64(Activation f, double parameter, int64_t n, const double* x, double* y) {
  Activate(f, parameter, n, x, y);
}
void ActivateBackwardF32(Activation f, double parameter, int64_t n, const float* from, const float* dy,
                         float* dx) {
  ActivateBackward(f, static_cast<float>(parameter), n, from, dy, dx);
}
void ActivateBackwardF64(Activation f, double parameter, int64_t n, const double* from, const double* dy,
                         double* dx) {
  ActivateBackward(f, parameter, n, from, dy, dx);
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

void activate(Activation f, double parameter, int64_t n, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(ActivateF32)(f, parameter, n, x, y);
}
void activate(Activation f, double parameter, int64_t n, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(ActivateF64)(f, parameter, n, x, y);
}
void activate_backward(Activation f, double parameter, int64_t n, const float* from, const float* dy,
                       float* dx) {
  HWY_DYNAMIC_DISPATCH(ActivateBackwardF32)(f, parameter, n, from, dy, dx);
}
void activate_backward(Activation f, double parameter, int64_t n, const double* from, const double* dy,
                       double* dx) {
  HWY_DYNAMIC_DISPATCH(ActivateBackwardF64)(f, parameter, n, from, dy, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
