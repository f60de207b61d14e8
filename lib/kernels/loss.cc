#include "kernels/loss.h"

#include <algorithm>
#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/loss.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/math-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
int64_t CrossEntropy(int64_t rows, int64_t classes, const T* x, const int32_t* labels, double scale,
                     double* loss, T* dx) {
  const Tag<T> d;
  int64_t bad = -1;
  for (int64_t r = 0; r < rows; ++r, x += classes) {
    T* const out = dx == nullptr ? nullptr : dx + r * classes;
    const int64_t label = labels[r];
    if (label < 0 || label >= classes) {
      if (bad < 0) bad = r;
      loss[r] = 0;
      if (out != nullptr) std::fill(out, out + classes, T(0));
      continue;
    }
    const T largest = MaxOf(d, classes, x);
    const double mine = static_cast<double>(x[label]) - static_cast<double>(largest);
    const T sum = ExpRow(d, classes, x, largest, out);
    loss[r] = std::log(static_cast<double>(sum)) - mine;
    if (out == nullptr) continue;
    const auto factor = hn::Set(d, static_cast<T>(scale / static_cast<double>(sum)));
    ForEachVector(d, classes, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::Mul(at.load(out + i), factor), out + i);
    });
    out[label] -= static_cast<T>(scale);
  }
  return bad;
}

template <class T>
void SoftCrossEntropy(int64_t rows, int64_t classes, const T* x, const T* t, double scale, double* loss,
                      T* dx) {
  const Tag<T> d;
  const Tag<double> d64;
  for (int64_t r = 0; r < rows; ++r, x += classes, t += classes) {
    T* const out = dx == nullptr ? nullptr : dx + r * classes;
    const T largest = MaxOf(d, classes, x);
    const auto top = hn::Set(d64, static_cast<double>(largest));
    auto weights = hn::Zero(d64), products = hn::Zero(d64);
    ForEachVector(d64, classes, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto target = LoadAsDouble(at, d64, t + i);
      weights = hn::Add(weights, target);
      products = hn::MulAdd(target, at.keep(hn::Sub(LoadAsDouble(at, d64, x + i), top)), products);
    });
    const double weight = hn::GetLane(hn::SumOfLanes(d64, weights));
    const T sum = ExpRow(d, classes, x, largest, out);
    loss[r] = weight * std::log(static_cast<double>(sum)) - hn::GetLane(hn::SumOfLanes(d64, products));
    if (out == nullptr) continue;
    const auto factor = hn::Set(d, static_cast<T>(scale * weight / static_cast<double>(sum)));
    const auto minus_scale = hn::Set(d, static_cast<T>(-scale));
    ForEachVector(d, classes, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::MulAdd(minus_scale, at.load(t + i), hn::Mul(at.load(out + i), factor)), out + i);
    });
  }
}

template <class T>
void SquaredError(int64_t rows, int64_t cols, const T* x, const T* t, double scale, double* loss, T* dx) {
  const Tag<T> d;
  const Tag<double> d64;
  const auto factor = hn::Set(d, static_cast<T>(scale * 2 / static_cast<double>(cols)));
  for (int64_t r = 0; r < rows; ++r, x += cols, t += cols) {
    auto sums = hn::Zero(d64);
    ForEachVector(d64, cols, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto e = hn::Sub(LoadAsDouble(at, d64, x + i), LoadAsDouble(at, d64, t + i));
      sums = hn::MulAdd(e, e, sums);
    });
    loss[r] = hn::GetLane(hn::SumOfLanes(d64, sums)) / static_cast<double>(cols);
    if (dx == nullptr) continue;
    T* const out = dx + r * cols;
    ForEachVector(d, cols, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::Mul(factor, hn::Sub(at.load(x + i), at.load(t + i))), out + i);
    });
  }
}

template <class T>
void Hinge(int64_t rows, int64_t classes, const T* x, const int32_t* labels, double margin, bool squared,
           double scale, double* loss, T* dx) {
  const Tag<T> d;
  const auto one = hn::Set(d, T(1)), two = hn::Set(d, T(2)), zero = hn::Zero(d);
  for (int64_t r = 0; r < rows; ++r, x += classes) {
    T* const out = dx == nullptr ? nullptr : dx + r * classes;
    const int64_t label = labels[r];
    const auto lift = hn::Set(d, static_cast<T>(margin - static_cast<double>(x[label])));
    double sum = 0, slopes = 0;
    auto sums = zero, counts = zero;
    ForEachVector(d, classes, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = Relu(d, hn::Add(at.load(x + i), lift));
      const auto slope = squared ? hn::Mul(two, v) : hn::IfThenElseZero(hn::Gt(v, zero), one);
      sums = hn::Add(sums, at.keep(squared ? hn::Mul(v, v) : v));
      counts = hn::Add(counts, at.keep(slope));
      if (out != nullptr) at.store(hn::Mul(hn::Set(d, static_cast<T>(scale)), slope), out + i);
    });
    // The label itself was counted among the others.
    const T own = std::max(T(0), static_cast<T>(x[label] + hn::GetLane(lift)));
    sum = static_cast<double>(hn::GetLane(hn::SumOfLanes(d, sums))) -
          static_cast<double>(squared ? own * own : own);
    slopes =
        static_cast<double>(hn::GetLane(hn::SumOfLanes(d, counts))) - (squared ? 2 * static_cast<double>(own)
                                                                       : own > 0 ? 1.0
                                                                                 : 0.0);
    loss[r] = sum;
    if (out != nullptr) out[label] = static_cast<T>(-scale * slopes);
  }
}

template <class T>
void Cosine(int64_t rows, int64_t cols, const T* x, const T* t, double scale, double* loss, T* dx) {
  const Tag<T> d;
  const Tag<double> d64;
  for (int64_t r = 0; r < rows; ++r, x += cols, t += cols) {
    auto products = hn::Zero(d64), of_x = hn::Zero(d64), of_t = hn::Zero(d64);
    ForEachVector(d64, cols, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto a = LoadAsDouble(at, d64, x + i), b = LoadAsDouble(at, d64, t + i);
      products = hn::MulAdd(a, b, products);
      of_x = hn::MulAdd(a, a, of_x);
      of_t = hn::MulAdd(b, b, of_t);
    });
    const double xx = hn::GetLane(hn::SumOfLanes(d64, of_x)), tt = hn::GetLane(hn::SumOfLanes(d64, of_t));
    const double size = std::sqrt(xx) * std::sqrt(tt), divisor = std::max(size, 1e-8);
    const double cosine = hn::GetLane(hn::SumOfLanes(d64, products)) / divisor;
    loss[r] = 1 - cosine;
    if (dx == nullptr) continue;
    // d/dx = cosine x / |x|^2 - t / (|x| |t|); where the divisor is the constant, the first term is not
    // there.
    const auto along_x = hn::Set(d, static_cast<T>(size > 1e-8 ? scale * cosine / xx : 0));
    const auto along_t = hn::Set(d, static_cast<T>(-scale / divisor));
    T* const out = dx + r * cols;
    ForEachVector(d, cols, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::MulAdd(along_x, at.load(x + i), hn::Mul(along_t, at.load(t + i))), out + i);
    });
  }
}

void HingeF32(int64_t rows, int64_t classes, const float* x, const int32_t* labels, double margin,
              bool squared, double scale, double* loss, float* dx) {
  Hinge(rows, classes, x, labels, margin, squared, scale, loss, dx);
}
void HingeF64(int64_t rows, int64_t classes, const double* x, const int32_t* labels, double margin,
              bool squared, double scale, double* loss, double* dx) {
  Hinge(rows, classes, x, labels, margin, squared, scale, loss, dx);
}
void CosineF32(int64_t rows, int64_t cols, const float* x, const float* t, double scale, double* loss,
               float* dx) {
  Cosine(rows, cols, x, t, scale, loss, dx);
}
void CosineF64(int64_t rows, int64_t cols, const double* x, const double* t, double scale, double* loss,
               double* dx) {
  Cosine(rows, cols, x, t, scale, loss, dx);
}
int64_t CrossEntropyF32(int64_t rows, int64_t classes, const float* x, const int32_t* labels, double scale,
                        double* loss, float* dx) {
  return CrossEntropy(rows, classes, x, labels, scale, loss, dx);
}
int64_t CrossEntropyF64(int64_t rows, int64_t classes, const double* x, const int32_t* labels, double scale,
                        double* loss, double* dx) {
  return CrossEntropy(rows, classes, x, labels, scale, loss, dx);
}
void SoftCrossEntropyF32(int64_t rows, int64_t classes, const float* x, const float* t, double scale,
                         double* loss, float* dx) {
  SoftCrossEntropy(rows, classes, x, t, scale, loss, dx);
}
void SoftCrossEntropyF64(int64_t rows, int64_t classes, const double* x, const double* t, double scale,
                         double* loss, double* dx) {
  SoftCrossEntropy(rows, classes, x, t, scale, loss, dx);
}
void SquaredErrorF32(int64_t rows, int64_t cols, const float* x, const float* t, double scale, double* loss,
                     float* dx) {
  SquaredError(rows, cols, x, t, scale, loss, dx);
}
void SquaredErrorF64(int64_t rows, int64_t cols, const double* x, const double* t, double scale, double* loss,
                     double* dx) {
  SquaredError(rows, cols, x, t, scale, loss, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(CrossEntropyF32);
HWY_EXPORT(CrossEntropyF64);
HWY_EXPORT(SoftCrossEntropyF32);
HWY_EXPORT(SoftCrossEntropyF64);
HWY_EXPORT(SquaredErrorF32);
HWY_EXPORT(SquaredErrorF64);
HWY_EXPORT(HingeF32);
HWY_EXPORT(HingeF64);
HWY_EXPORT(CosineF32);
HWY_EXPORT(CosineF64);

int64_t softmax_cross_entropy(int64_t rows, int64_t classes, const float* logits, const int32_t* labels,
                              double scale, double* loss, float* dlogits) {
  return HWY_DYNAMIC_DISPATCH(CrossEntropyF32)(rows, classes, logits, labels, scale, loss, dlogits);
}
int64_t softmax_cross_entropy(int64_t rows, int64_t classes, const double* logits, const int32_t* labels,
                              double scale, double* loss, double* dlogits) {
  return HWY_DYNAMIC_DISPATCH(CrossEntropyF64)(rows, classes, logits, labels, scale, loss, dlogits);
}
void softmax_cross_entropy(int64_t rows, int64_t classes, const float* logits, const float* targets,
                           double scale, double* loss, float* dlogits) {
  HWY_DYNAMIC_DISPATCH(SoftCrossEntropyF32)(rows, classes, logits, targets, scale, loss, dlogits);
}
void softmax_cross_entropy(int64_t rows, int64_t classes, const double* logits, const double* targets,
                           double scale, double* loss, double* dlogits) {
  HWY_DYNAMIC_DISPATCH(SoftCrossEntropyF64)(rows, classes, logits, targets, scale, loss, dlogits);
}
void mean_squared_error(int64_t rows, int64_t cols, const float* x, const float* targets, double scale,
                        double* loss, float* dx) {
  HWY_DYNAMIC_DISPATCH(SquaredErrorF32)(rows, cols, x, targets, scale, loss, dx);
}
void mean_squared_error(int64_t rows, int64_t cols, const double* x, const double* targets, double scale,
                        double* loss, double* dx) {
  HWY_DYNAMIC_DISPATCH(SquaredErrorF64)(rows, cols, x, targets, scale, loss, dx);
}
void hinge_loss(int64_t rows, int64_t classes, const float* x, const int32_t* labels, double margin,
                bool squared, double scale, double* loss, float* dx) {
  HWY_DYNAMIC_DISPATCH(HingeF32)(rows, classes, x, labels, margin, squared, scale, loss, dx);
}
void hinge_loss(int64_t rows, int64_t classes, const double* x, const int32_t* labels, double margin,
                bool squared, double scale, double* loss, double* dx) {
  HWY_DYNAMIC_DISPATCH(HingeF64)(rows, classes, x, labels, margin, squared, scale, loss, dx);
}
void cosine_loss(int64_t rows, int64_t cols, const float* x, const float* targets, double scale, double* loss,
                 float* dx) {
  HWY_DYNAMIC_DISPATCH(CosineF32)(rows, cols, x, targets, scale, loss, dx);
}
void cosine_loss(int64_t rows, int64_t cols, const double* x, const double* targets, double scale,
                 double* loss, double* dx) {
  HWY_DYNAMIC_DISPATCH(CosineF64)(rows, cols, x, targets, scale, loss, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
