#include "kernels/loss_pointwise.h"

#include <limits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/loss_pointwise.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// A loss and its derivative.
template <class V>
struct Point {
  V loss, slope;
};

// `unit` is 1 for Huber and 1 / delta for smooth L1.
template <class D, class V>
HWY_INLINE Point<V> Huber(D d, V x, V t, V delta, V unit) {
  const V half = hn::Set(d, hn::TFromD<D>(0.5)), e = hn::Sub(x, t), size = hn::Abs(e);
  const V near = hn::Mul(half, hn::Mul(e, e)), far = hn::Mul(delta, hn::NegMulAdd(half, delta, size));
  const V loss = hn::IfThenElse(hn::Lt(size, delta), near, far);
  return {hn::Mul(unit, loss), hn::Mul(unit, Bound(hn::Neg(delta), e, delta))};
}

// log(1 + exp(-|x|))
template <class D, class V>
HWY_INLINE V Tail(D d, V x) {
  return hn::Log1p(d, ExpOfNegative(d, hn::Neg(hn::Abs(x))));
}

// max(x, 0) - t x + log(1 + exp(-|x|))
template <class D, class V>
HWY_INLINE V CrossEntropyOfLogit(D d, V x, V t) {
  return hn::Add(hn::NegMulAdd(t, x, Relu(d, x)), Tail(d, x));
}

// With p = positive t and n = 1 - t: n max(x, 0) + p max(-x, 0) + (n + p) log(1 + exp(-|x|)), where nothing
// cancels; its derivative is (n + p) sigmoid(x) - p = n sigmoid(x) - p sigmoid(-x).
template <class D, class V>
HWY_INLINE Point<V> WeightedCrossEntropy(D d, V x, V t, V positive) {
  const V p = hn::Mul(positive, t), n = hn::Sub(hn::Set(d, hn::TFromD<D>(1)), t), away = hn::Neg(x);
  const V loss = hn::MulAdd(n, Relu(d, x), hn::MulAdd(p, Relu(d, away), hn::Mul(hn::Add(n, p), Tail(d, x))));
  return {loss, hn::NegMulAdd(p, Sigmoid(d, away), hn::Mul(n, Sigmoid(d, x)))};
}

// c u^gamma a, where c is the cross-entropy, u = 1 - p the probability given to what t is not, and a the
// weight. Its derivative is a (u^gamma c' + gamma u^(gamma - 1) u' c), where u' = (1 - 2t) s (1 - s), s =
// sigmoid(x).
template <class D, class V>
HWY_INLINE Point<V> Focal(D d, V x, V t, V gamma, V at_one, V at_zero) {
  using T = hn::TFromD<D>;
  const V one = hn::Set(d, T(1)), two = hn::Set(d, T(2)), tiny = hn::Set(d, std::numeric_limits<T>::min());
  const V s = Sigmoid(d, x), rest = Sigmoid(d, hn::Neg(x)), not_t = hn::Sub(one, t);
  const V u = Bound(tiny, hn::MulAdd(s, not_t, hn::Mul(rest, t)), one);
  const V power = hn::Exp(d, hn::Mul(gamma, hn::Log(d, u)));
  const V weight = hn::Mul(power, hn::MulAdd(at_one, t, hn::Mul(at_zero, not_t)));
  const V c = CrossEntropyOfLogit(d, x, t);
  const V bend =
      hn::Div(hn::Mul(hn::Mul(gamma, hn::NegMulAdd(two, t, one)), hn::Mul(hn::Mul(s, rest), c)), u);
  return {hn::Mul(weight, c), hn::Mul(weight, hn::Add(hn::Sub(s, t), bend))};
}

// point(element of the row, x, t) -> Point.
template <class T, class F>
void ForRows(int64_t rows, int64_t cols, const T* x, const T* t, double unit, double scale, double* loss,
             T* dx, F point) {
  const Tag<T> d;
  const auto factor = hn::Set(d, static_cast<T>(scale * unit));
  // Blocks are summed in T and added in double.
  constexpr int64_t kBlock = 256;
  for (int64_t r = 0; r < rows; ++r, x += cols, t += cols) {
    T* const out = dx == nullptr ? nullptr : dx + r * cols;
    double sum = 0;
    for (int64_t first = 0; first < cols; first += kBlock) {
      auto sums = hn::Zero(d);
      ForEachVector(d, cols - first < kBlock ? cols - first : kBlock,
                    [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
                      const auto p = point(at, first + i, at.load(x + first + i), at.load(t + first + i));
                      sums = hn::Add(sums, at.keep(p.loss));
                      if (out != nullptr) at.store(hn::Mul(factor, p.slope), out + first + i);
                    });
      sum += static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sums)));
    }
    loss[r] = unit * sum;
  }
}

template <class T>
void Pointwise(PointwiseLoss f, const PointwiseOptions& o, int64_t rows, int64_t cols, const T* x, const T* t,
               double unit, double scale, double* loss, T* dx) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  const auto run = [=](auto point) FOVEA_INLINE_LAMBDA {
    ForRows(rows, cols, x, t, unit, scale, loss, dx,
            [=](auto, int64_t, V a, V b) FOVEA_INLINE_LAMBDA { return point(a, b); });
  };
  const V one = hn::Set(d, T(1)), delta = hn::Set(d, static_cast<T>(o.delta));
  switch (f) {
    case PointwiseLoss::absolute:
      return run([=](V a, V b) FOVEA_INLINE_LAMBDA {
        const V e = hn::Sub(a, b);
        return Point<V>{hn::Abs(e), hn::IfThenElse(hn::Eq(e, hn::Zero(d)), e, hn::CopySign(one, e))};
      });
    case PointwiseLoss::huber:
      return run([=](V a, V b) FOVEA_INLINE_LAMBDA { return Huber(d, a, b, delta, one); });
    case PointwiseLoss::smooth_l1: {
      const V inverse = hn::Set(d, static_cast<T>(1 / o.delta));
      return run([=](V a, V b) FOVEA_INLINE_LAMBDA { return Huber(d, a, b, delta, inverse); });
    }
    case PointwiseLoss::binary_cross_entropy:
      return run([=](V a, V b) FOVEA_INLINE_LAMBDA {
        return Point<V>{CrossEntropyOfLogit(d, a, b), hn::Sub(Sigmoid(d, a), b)};
      });
    case PointwiseLoss::focal: {
      const bool weighs = o.alpha >= 0;
      const V gamma = hn::Set(d, static_cast<T>(o.gamma));
      const V at_one = hn::Set(d, static_cast<T>(weighs ? o.alpha : 1));
      const V at_zero = hn::Set(d, static_cast<T>(weighs ? 1 - o.alpha : 1));
      return run([=](V a, V b) FOVEA_INLINE_LAMBDA { return Focal(d, a, b, gamma, at_one, at_zero); });
    }
    case PointwiseLoss::kl_divergence:
      return run([=](V a, V b) FOVEA_INLINE_LAMBDA {
        const auto some = hn::Gt(b, hn::Zero(d));
        const V log = hn::Log(d, hn::IfThenElse(some, b, one));
        return Point<V>{hn::IfThenElseZero(some, hn::Mul(b, hn::Sub(log, a))), hn::Neg(b)};
      });
  }
}

template <class T>
void Weighted(int64_t rows, int64_t cols, const T* x, const T* t, const T* positive, double unit,
              double scale, double* loss, T* dx) {
  const Tag<T> d;
  using V = hn::Vec<Tag<T>>;
  ForRows(rows, cols, x, t, unit, scale, loss, dx, [=](auto at, int64_t i, V a, V b) FOVEA_INLINE_LAMBDA {
    return WeightedCrossEntropy(d, a, b, at.load(positive + i));
  });
}

void WeightedF32(int64_t rows, int64_t cols, const float* x, const float* t, const float* positive,
                 double unit, double scale, double* loss, float* dx) {
  Weighted(rows, cols, x, t, positive, unit, scale, loss, dx);
}
void WeightedF64(int64_t rows, int64_t cols, const double* x, const double* t, const double* positive,
                 double unit, double scale, double* loss, double* dx) {
  Weighted(rows, cols, x, t, positive, unit, scale, loss, dx);
}
void PointwiseF32(PointwiseLoss f, const PointwiseOptions& o, int64_t rows, int64_t cols, const float* x,
                  const float* t, double unit, double scale, double* loss, float* dx) {
  Pointwise(f, o, rows, cols, x, t, unit, scale, loss, dx);
}
void PointwiseF64(PointwiseLoss f, const PointwiseOptions& o, int64_t rows, int64_t cols, const double* x,
                  const double* t, double unit, double scale, double* loss, double* dx) {
  Pointwise(f, o, rows, cols, x, t, unit, scale, loss, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(PointwiseF32);
HWY_EXPORT(PointwiseF64);
HWY_EXPORT(WeightedF32);
HWY_EXPORT(WeightedF64);

void pointwise_loss(PointwiseLoss f, const PointwiseOptions& options, int64_t rows, int64_t cols,
                    const float* x, const float* targets, double unit, double scale, double* loss,
                    float* dx) {
  HWY_DYNAMIC_DISPATCH(PointwiseF32)(f, options, rows, cols, x, targets, unit, scale, loss, dx);
}
void pointwise_loss(PointwiseLoss f, const PointwiseOptions& options, int64_t rows, int64_t cols,
                    const double* x, const double* targets, double unit, double scale, double* loss,
                    double* dx) {
  HWY_DYNAMIC_DISPATCH(PointwiseF64)(f, options, rows, cols, x, targets, unit, scale, loss, dx);
}
void weighted_binary_cross_entropy(int64_t rows, int64_t cols, const float* x, const float* targets,
                                   const float* positive, double unit, double scale, double* loss,
                                   float* dx) {
  HWY_DYNAMIC_DISPATCH(WeightedF32)(rows, cols, x, targets, positive, unit, scale, loss, dx);
}
void weighted_binary_cross_entropy(int64_t rows, int64_t cols, const double* x, const double* targets,
                                   const double* positive, double unit, double scale, double* loss,
                                   double* dx) {
  HWY_DYNAMIC_DISPATCH(WeightedF64)(rows, cols, x, targets, positive, unit, scale, loss, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
