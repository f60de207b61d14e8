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
using VecOf = hn::Vec<Tag<T>>;
template <class T>
HWY_INLINE VecOf<T> Constant(double value) {
  return hn::Set(Tag<T>(), static_cast<T>(value));
}

// The part that all rules share.
template <class T>
struct Shared {
  explicit HWY_INLINE Shared(const Update& u)
      : scale(Constant<T>(u.scale)),
        low(Constant<T>(-u.bound)),
        high(Constant<T>(u.bound)),
        coupled(Constant<T>(u.coupled)),
        keep(Constant<T>(u.keep)),
        minus_rate(Constant<T>(-u.rate)) {}

  HWY_INLINE VecOf<T> gradient(VecOf<T> g, VecOf<T> w) const {
    return hn::MulAdd(coupled, w, Bound(low, hn::Mul(scale, g), high));
  }
  // w after a step in that direction.
  HWY_INLINE VecOf<T> stepped(VecOf<T> w, VecOf<T> direction) const {
    return hn::MulAdd(minus_rate, direction, hn::Mul(keep, w));
  }

  VecOf<T> scale, low, high, coupled, keep, minus_rate;
};

template <class T>
void Sgd(int64_t n, T* w, const T* g, T* v, const SgdStep& step) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const auto inner = Constant<T>(step.inner);
  if (v == nullptr) {
    return ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto weight = at.load(w + i);
      at.store(shared.stepped(weight, hn::Mul(inner, shared.gradient(at.load(g + i), weight))), w + i);
    });
  }
  const auto momentum = Constant<T>(step.momentum), share = Constant<T>(1 - step.dampening);
  const bool first = step.first, nesterov = step.nesterov;
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i);
    const auto gradient = hn::Mul(inner, shared.gradient(at.load(g + i), weight));
    const auto velocity = first ? gradient : hn::MulAdd(share, gradient, hn::Mul(momentum, at.load(v + i)));
    at.store(velocity, v + i);
    at.store(shared.stepped(weight, nesterov ? hn::MulAdd(momentum, velocity, gradient) : velocity), w + i);
  });
}

// The moments of Adam, brought up to date, and the direction that follows from them.
template <class T>
struct AdamRule {
  explicit HWY_INLINE AdamRule(const AdamStep& s)
      : beta1(Constant<T>(s.beta1)),
        beta2(Constant<T>(s.beta2)),
        rest1(Constant<T>(1 - s.beta1)),
        rest2(Constant<T>(1 - s.beta2)),
        first(Constant<T>(s.first)),
        look(Constant<T>(s.look)),
        root_scale(Constant<T>(s.inside ? 1 / s.correction2 : 1 / std::sqrt(s.correction2))),
        epsilon(Constant<T>(s.epsilon)),
        inside(s.inside) {}

  template <class At>
  HWY_INLINE VecOf<T> direction(At at, VecOf<T> gradient, T* m, T* v, T* largest) const {
    const auto mean = hn::MulAdd(rest1, gradient, hn::Mul(beta1, at.load(m)));
    auto square = hn::MulAdd(hn::Mul(rest2, gradient), gradient, hn::Mul(beta2, at.load(v)));
    at.store(mean, m);
    at.store(square, v);
    if (largest != nullptr) {
      square = hn::Max(square, at.load(largest));
      at.store(square, largest);
    }
    const auto divisor = inside ? hn::Sqrt(hn::MulAdd(square, root_scale, epsilon))
                                : hn::MulAdd(hn::Sqrt(square), root_scale, epsilon);
    return hn::Div(hn::MulAdd(look, gradient, hn::Mul(first, mean)), divisor);
  }

  VecOf<T> beta1, beta2, rest1, rest2, first, look, root_scale, epsilon;
  bool inside;
};

template <class T>
void Adam(int64_t n, T* w, const T* g, T* m, T* v, T* largest, const AdamStep& step) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const AdamRule<T> rule(step);
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i), gradient = shared.gradient(at.load(g + i), weight);
    const auto direction =
        rule.direction(at, gradient, m + i, v + i, largest == nullptr ? nullptr : largest + i);
    at.store(shared.stepped(weight, direction), w + i);
  });
}

template <class T>
void Direction(int64_t n, const T* w, const T* g, T* m, T* v, double decay, const AdamStep& step,
               T* direction) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const AdamRule<T> rule(step);
  const auto pull = Constant<T>(decay);
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i), gradient = shared.gradient(at.load(g + i), weight);
    at.store(hn::MulAdd(pull, weight, rule.direction(at, gradient, m + i, v + i, static_cast<T*>(nullptr))),
             direction + i);
  });
}

template <class T>
void Adamax(int64_t n, T* w, const T* g, T* m, T* u, const AdamaxStep& step) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const auto beta1 = Constant<T>(step.beta1), beta2 = Constant<T>(step.beta2);
  const auto rest = Constant<T>(1 - step.beta1), epsilon = Constant<T>(step.epsilon);
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i), gradient = shared.gradient(at.load(g + i), weight);
    const auto mean = hn::MulAdd(rest, gradient, hn::Mul(beta1, at.load(m + i)));
    const auto largest = hn::Max(hn::Mul(beta2, at.load(u + i)), hn::Add(hn::Abs(gradient), epsilon));
    at.store(mean, m + i);
    at.store(largest, u + i);
    at.store(shared.stepped(weight, hn::Div(mean, largest)), w + i);
  });
}

// x / (sqrt(square) + epsilon), or x / sqrt(square + epsilon).
template <class V>
HWY_INLINE V OverRoot(V x, V square, V epsilon, bool inside) {
  return hn::Div(x, inside ? hn::Sqrt(hn::Add(square, epsilon)) : hn::Add(hn::Sqrt(square), epsilon));
}

template <class T>
void Adagrad(int64_t n, T* w, const T* g, T* v, const AdagradStep& step) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const auto epsilon = Constant<T>(step.epsilon);
  const bool inside = step.inside;
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i), gradient = shared.gradient(at.load(g + i), weight);
    const auto sum = hn::MulAdd(gradient, gradient, at.load(v + i));
    at.store(sum, v + i);
    at.store(shared.stepped(weight, OverRoot(gradient, sum, epsilon, inside)), w + i);
  });
}

template <class T>
void Rmsprop(int64_t n, T* w, const T* g, T* v, T* mean, T* b, const RmspropStep& step) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const auto rho = Constant<T>(step.rho), rest = Constant<T>(1 - step.rho);
  const auto epsilon = Constant<T>(step.epsilon), momentum = Constant<T>(step.momentum);
  const bool inside = step.inside;
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i), gradient = shared.gradient(at.load(g + i), weight);
    auto square = hn::MulAdd(hn::Mul(rest, gradient), gradient, hn::Mul(rho, at.load(v + i)));
    at.store(square, v + i);
    if (mean != nullptr) {
      const auto average = hn::MulAdd(rest, gradient, hn::Mul(rho, at.load(mean + i)));
      at.store(average, mean + i);
      // Never below 0 but by rounding.
      square = hn::Max(hn::Zero(d), hn::NegMulAdd(average, average, square));
    }
    auto direction = OverRoot(gradient, square, epsilon, inside);
    if (b != nullptr) {
      direction = hn::MulAdd(momentum, at.load(b + i), direction);
      at.store(direction, b + i);
    }
    at.store(shared.stepped(weight, direction), w + i);
  });
}

template <class T>
void Adadelta(int64_t n, T* w, const T* g, T* v, T* u, const AdadeltaStep& step) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const auto rho = Constant<T>(step.rho), rest = Constant<T>(1 - step.rho);
  const auto epsilon = Constant<T>(step.epsilon);
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i), gradient = shared.gradient(at.load(g + i), weight);
    const auto square = hn::MulAdd(hn::Mul(rest, gradient), gradient, hn::Mul(rho, at.load(v + i)));
    const auto moved = at.load(u + i);
    const auto direction =
        hn::Mul(hn::Div(hn::Sqrt(hn::Add(moved, epsilon)), hn::Sqrt(hn::Add(square, epsilon))), gradient);
    at.store(square, v + i);
    at.store(hn::MulAdd(hn::Mul(rest, direction), direction, hn::Mul(rho, moved)), u + i);
    at.store(shared.stepped(weight, direction), w + i);
  });
}

template <class T>
void Lion(int64_t n, T* w, const T* g, T* m, const LionStep& step) {
  const Tag<T> d;
  const Shared<T> shared(step);
  const auto beta1 = Constant<T>(step.beta1), rest1 = Constant<T>(1 - step.beta1);
  const auto beta2 = Constant<T>(step.beta2), rest2 = Constant<T>(1 - step.beta2);
  const auto one = Constant<T>(1);
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto weight = at.load(w + i), gradient = shared.gradient(at.load(g + i), weight);
    const auto mean = at.load(m + i);
    const auto blend = hn::MulAdd(rest1, gradient, hn::Mul(beta1, mean));
    at.store(hn::MulAdd(rest2, gradient, hn::Mul(beta2, mean)), m + i);
    const auto sign = hn::IfThenElse(hn::Eq(blend, hn::Zero(d)), blend, hn::CopySign(one, blend));
    at.store(shared.stepped(weight, sign), w + i);
  });
}

template <class T>
void MoveTowards(int64_t n, double share, const T* x, T* y) {
  const Tag<T> d;
  const auto part = Constant<T>(share);
  ForEachVector(d, n, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const auto old = at.load(y + i);
    at.store(hn::MulAdd(part, hn::Sub(at.load(x + i), old), old), y + i);
  });
}

void SgdF32(int64_t n, float* w, const float* g, float* v, const SgdStep& step) {
  Sgd(n, w, g, v, step);
}
void SgdF64(int64_t n, double* w, const double* g, double* v, const SgdStep& step) {
  Sgd(n, w, g, v, step);
}
void AdamF32(int64_t n, float* w, const float* g, float* m, float* v, float* largest, const AdamStep& step) {
  Adam(n, w, g, m, v, largest, step);
}
void AdamF64(int64_t n, double* w, const double* g, double* m, double* v, double* largest,
             const AdamStep& step) {
  Adam(n, w, g, m, v, largest, step);
}
void AdamaxF32(int64_t n, float* w, const float* g, float* m, float* u, const AdamaxStep& step) {
  Adamax(n, w, g, m, u, step);
}
void AdamaxF64(int64_t n, double* w, const double* g, double* m, double* u, const AdamaxStep& step) {
  Adamax(n, w, g, m, u, step);
}
void AdagradF32(int64_t n, float* w, const float* g, float* v, const AdagradStep& step) {
  Adagrad(n, w, g, v, step);
}
void AdagradF64(int64_t n, double* w, const double* g, double* v, const AdagradStep& step) {
  Adagrad(n, w, g, v, step);
}
void RmspropF32(int64_t n, float* w, const float* g, float* v, float* mean, float* b,
                const RmspropStep& step) {
  Rmsprop(n, w, g, v, mean, b, step);
}
void RmspropF64(int64_t n, double* w, const double* g, double* v, double* mean, double* b,
                const RmspropStep& step) {
  Rmsprop(n, w, g, v, mean, b, step);
}
void AdadeltaF32(int64_t n, float* w, const float* g, float* v, float* u, const AdadeltaStep& step) {
  Adadelta(n, w, g, v, u, step);
}
void AdadeltaF64(int64_t n, double* w, const double* g, double* v, double* u, const AdadeltaStep& step) {
  Adadelta(n, w, g, v, u, step);
}
void LionF32(int64_t n, float* w, const float* g, float* m, const LionStep& step) {
  Lion(n, w, g, m, step);
}
void LionF64(int64_t n, double* w, const double* g, double* m, const LionStep& step) {
  Lion(n, w, g, m, step);
}
void DirectionF32(int64_t n, const float* w, const float* g, float* m, float* v, double decay,
                  const AdamStep& step, float* direction) {
  Direction(n, w, g, m, v, decay, step, direction);
}
void MoveTowardsF32(int64_t n, double share, const float* x, float* y) {
  MoveTowards(n, share, x, y);
}
void DirectionF64(int64_t n, const double* w, const double* g, double* m, double* v, double decay,
                  const AdamStep& step, double* direction) {
  Direction(n, w, g, m, v, decay, step, direction);
}
void MoveTowardsF64(int64_t n, double share, const double* x, double* y) {
  MoveTowards(n, share, x, y);
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
HWY_EXPORT(AdamaxF32);
HWY_EXPORT(AdamaxF64);
HWY_EXPORT(AdagradF32);
HWY_EXPORT(AdagradF64);
HWY_EXPORT(RmspropF32);
HWY_EXPORT(RmspropF64);
HWY_EXPORT(AdadeltaF32);
HWY_EXPORT(AdadeltaF64);
HWY_EXPORT(LionF32);
HWY_EXPORT(LionF64);
HWY_EXPORT(DirectionF32);
HWY_EXPORT(DirectionF64);
HWY_EXPORT(MoveTowardsF32);
HWY_EXPORT(MoveTowardsF64);

void sgd(int64_t n, float* w, const float* g, float* v, const SgdStep& step) {
  HWY_DYNAMIC_DISPATCH(SgdF32)(n, w, g, v, step);
}
void sgd(int64_t n, double* w, const double* g, double* v, const SgdStep& step) {
  HWY_DYNAMIC_DISPATCH(SgdF64)(n, w, g, v, step);
}
void adam(int64_t n, float* w, const float* g, float* m, float* v, float* largest, const AdamStep& step) {
  HWY_DYNAMIC_DISPATCH(AdamF32)(n, w, g, m, v, largest, step);
}
void adam(int64_t n, double* w, const double* g, double* m, double* v, double* largest,
          const AdamStep& step) {
  HWY_DYNAMIC_DISPATCH(AdamF64)(n, w, g, m, v, largest, step);
}
void adamax(int64_t n, float* w, const float* g, float* m, float* u, const AdamaxStep& step) {
  HWY_DYNAMIC_DISPATCH(AdamaxF32)(n, w, g, m, u, step);
}
void adamax(int64_t n, double* w, const double* g, double* m, double* u, const AdamaxStep& step) {
  HWY_DYNAMIC_DISPATCH(AdamaxF64)(n, w, g, m, u, step);
}
void adagrad(int64_t n, float* w, const float* g, float* v, const AdagradStep& step) {
  HWY_DYNAMIC_DISPATCH(AdagradF32)(n, w, g, v, step);
}
void adagrad(int64_t n, double* w, const double* g, double* v, const AdagradStep& step) {
  HWY_DYNAMIC_DISPATCH(AdagradF64)(n, w, g, v, step);
}
void rmsprop(int64_t n, float* w, const float* g, float* v, float* mean, float* b, const RmspropStep& step) {
  HWY_DYNAMIC_DISPATCH(RmspropF32)(n, w, g, v, mean, b, step);
}
void rmsprop(int64_t n, double* w, const double* g, double* v, double* mean, double* b,
             const RmspropStep& step) {
  HWY_DYNAMIC_DISPATCH(RmspropF64)(n, w, g, v, mean, b, step);
}
void adadelta(int64_t n, float* w, const float* g, float* v, float* u, const AdadeltaStep& step) {
  HWY_DYNAMIC_DISPATCH(AdadeltaF32)(n, w, g, v, u, step);
}
void adadelta(int64_t n, double* w, const double* g, double* v, double* u, const AdadeltaStep& step) {
  HWY_DYNAMIC_DISPATCH(AdadeltaF64)(n, w, g, v, u, step);
}
void lion(int64_t n, float* w, const float* g, float* m, const LionStep& step) {
  HWY_DYNAMIC_DISPATCH(LionF32)(n, w, g, m, step);
}
void lion(int64_t n, double* w, const double* g, double* m, const LionStep& step) {
  HWY_DYNAMIC_DISPATCH(LionF64)(n, w, g, m, step);
}
void adam_direction(int64_t n, const float* w, const float* g, float* m, float* v, double decay,
                    const AdamStep& step, float* direction) {
  HWY_DYNAMIC_DISPATCH(DirectionF32)(n, w, g, m, v, decay, step, direction);
}
void move_towards(int64_t n, double share, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(MoveTowardsF32)(n, share, x, y);
}
void adam_direction(int64_t n, const double* w, const double* g, double* m, double* v, double decay,
                    const AdamStep& step, double* direction) {
  HWY_DYNAMIC_DISPATCH(DirectionF64)(n, w, g, m, v, decay, step, direction);
}
void move_towards(int64_t n, double share, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(MoveTowardsF64)(n, share, x, y);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
