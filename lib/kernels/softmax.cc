#include "kernels/softmax.h"

#include <cmath>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/softmax.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/math-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void Softmax(int64_t rows, int64_t cols, const T* x, T* y) {
  const Tag<T> d;
  for (int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const T largest = MaxOf(d, cols, x);
    const T sum = ExpRow(d, cols, x, largest, y);
    const auto inverse = hn::Set(d, T(1) / sum);
    ForEachVector(d, cols, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::Mul(at.load(y + i), inverse), y + i);
    });
  }
}

template <class T>
void SoftmaxBackward(int64_t rows, int64_t cols, const T* y, const T* dy, bool accumulate, T* dx) {
  const Tag<T> d;
  for (int64_t r = 0; r < rows; ++r, y += cols, dy += cols, dx += cols) {
    auto sums = hn::Zero(d);
    ForEachVector(d, cols, [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      sums = hn::MulAdd(at.load(y + i), at.load(dy + i), sums);
    });
    const auto dot = hn::SumOfLanes(d, sums);
    ForEachVector(d, cols, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto g = hn::Mul(at.load(y + i), hn::Sub(at.load(dy + i), dot));
      at.store(accumulate ? hn::Add(at.load(dx + i), g) : g, dx + i);
    });
  }
}

template <class T>
void LogSoftmax(int64_t rows, int64_t cols, const T* x, T* y) {
  const Tag<T> d;
  for (int64_t r = 0; r < rows; ++r, x += cols, y += cols) {
    const T largest = MaxOf(d, cols, x);
    T* const nowhere = nullptr;
    const auto top = hn::Set(d, largest), log = hn::Set(d, std::log(ExpRow(d, cols, x, largest, nowhere)));
    // In two steps: largest + log would lose the small log beside a large logit.
    ForEachVector(d, cols, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      at.store(hn::Sub(hn::Sub(at.load(x + i), top), log), y + i);
    });
  }
}

template <class T>
void LogSoftmaxBackward(int64_t rows, int64_t cols, const T* y, const T* dy, bool accumulate, T* dx) {
  const Tag<T> d;
  for (int64_t r = 0; r < rows; ++r, y += cols, dy += cols, dx += cols) {
    auto sums = hn::Zero(d);
    ForEachVector(d, cols,
                  [&](int64_t i, auto at) FOVEA_INLINE_LAMBDA { sums = hn::Add(sums, at.load(dy + i)); });
    const auto sum = hn::SumOfLanes(d, sums);
    ForEachVector(d, cols, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto g = hn::NegMulAdd(ExpOfNegative(d, at.load(y + i)), sum, at.load(dy + i));
      at.store(accumulate ? hn::Add(at.load(dx + i), g) : g, dx + i);
    });
  }
}

void LogSoftmaxF32(int64_t rows, int64_t cols, const float* x, float* y) {
  LogSoftmax(rows, cols, x, y);
}
void LogSoftmaxF64(int64_t rows, int64_t cols, const double* x, double* y) {
  LogSoftmax(rows, cols, x, y);
}
void LogSoftmaxBackwardF32(int64_t rows, int64_t cols, const float* y, const float* dy, bool accumulate,
                           float* dx) {
  LogSoftmaxBackward(rows, cols, y, dy, accumulate, dx);
}
void LogSoftmaxBackwardF64(int64_t rows, int64_t cols, const double* y, const double* dy, bool accumulate,
                           double* dx) {
  LogSoftmaxBackward(rows, cols, y, dy, accumulate, dx);
}
void SoftmaxF32(int64_t rows, int64_t cols, const float* x, float* y) {
  Softmax(rows, cols, x, y);
}
void SoftmaxF64(int64_t rows, int64_t cols, const double* x, double* y) {
  Softmax(rows, cols, x, y);
}
void SoftmaxBackwardF32(int64_t rows, int64_t cols, const float* y, const float* dy, bool accumulate,
                        float* dx) {
  SoftmaxBackward(rows, cols, y, dy, accumulate, dx);
}
void SoftmaxBackwardF64(int64_t rows, int64_t cols, const double* y, const double* dy, bool accumulate,
                        double* dx) {
  SoftmaxBackward(rows, cols, y, dy, accumulate, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(LogSoftmaxF32);
HWY_EXPORT(LogSoftmaxF64);
HWY_EXPORT(LogSoftmaxBackwardF32);
HWY_EXPORT(LogSoftmaxBackwardF64);
HWY_EXPORT(SoftmaxF32);
HWY_EXPORT(SoftmaxF64);
HWY_EXPORT(SoftmaxBackwardF32);
HWY_EXPORT(SoftmaxBackwardF64);

void softmax(int64_t rows, int64_t cols, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(SoftmaxF32)(rows, cols, x, y);
}
void softmax(int64_t rows, int64_t cols, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(SoftmaxF64)(rows, cols, x, y);
}
void softmax_backward(int64_t rows, int64_t cols, const float* y, const float* dy, bool accumulate,
                      float* dx) {
  HWY_DYNAMIC_DISPATCH(SoftmaxBackwardF32)(rows, cols, y, dy, accumulate, dx);
}
void softmax_backward(int64_t rows, int64_t cols, const double* y, const double* dy, bool accumulate,
                      double* dx) {
  HWY_DYNAMIC_DISPATCH(SoftmaxBackwardF64)(rows, cols, y, dy, accumulate, dx);
}
void log_softmax(int64_t rows, int64_t cols, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(LogSoftmaxF32)(rows, cols, x, y);
}
void log_softmax(int64_t rows, int64_t cols, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(LogSoftmaxF64)(rows, cols, x, y);
}
void log_softmax_backward(int64_t rows, int64_t cols, const float* y, const float* dy, bool accumulate,
                          float* dx) {
  HWY_DYNAMIC_DISPATCH(LogSoftmaxBackwardF32)(rows, cols, y, dy, accumulate, dx);
}
void log_softmax_backward(int64_t rows, int64_t cols, const double* y, const double* dy, bool accumulate,
                          double* dx) {
  HWY_DYNAMIC_DISPATCH(LogSoftmaxBackwardF64)(rows, cols, y, dy, accumulate, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
