#include "kernels/resize.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/resize.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void RepeatPixels(int64_t pixels, int64_t times, int64_t channels, const T* x, T* y) {
  const Tag<T> d;
  for (int64_t p = 0; p < pixels; ++p, x += channels, y += times * channels)
    ForEachVector(d, channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = at.load(x + c);
      for (int64_t k = 0; k < times; ++k) at.store(v, y + k * channels + c);
    });
}

template <class T>
void SumPixels(int64_t pixels, int64_t times, int64_t channels, int64_t rows, int64_t ld, const T* dy,
               bool accumulate, T* dx) {
  const Tag<T> d;
  for (int64_t p = 0; p < pixels; ++p, dy += times * channels, dx += channels)
    ForEachVector(d, channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      auto sum = accumulate ? at.load(dx + c) : hn::Zero(d);
      for (int64_t r = 0; r < rows; ++r)
        for (int64_t k = 0; k < times; ++k) sum = hn::Add(sum, at.load(dy + r * ld + k * channels + c));
      at.store(sum, dx + c);
    });
}

// The shares of the four pixels around pixel o.
template <class T>
struct Shares {
  T upper_left, upper_right, lower_left, lower_right;
  Shares(const BilinearRow& b, int64_t o)
      : upper_left(static_cast<T>((1 - b.row_weight) * (1 - b.weight[o]))),
        upper_right(static_cast<T>((1 - b.row_weight) * b.weight[o])),
        lower_left(static_cast<T>(b.row_weight * (1 - b.weight[o]))),
        lower_right(static_cast<T>(b.row_weight * b.weight[o])) {}
};

template <class T>
void Bilinear(const BilinearRow& b, const T* upper, const T* lower, T* y) {
  const Tag<T> d;
  for (int64_t o = 0; o < b.count; ++o, y += b.channels) {
    const Shares<T> s(b, o);
    const int64_t left = b.left[o] * b.channels, right = b.right[o] * b.channels;
    const auto a = hn::Set(d, s.upper_left), e = hn::Set(d, s.upper_right);
    const auto f = hn::Set(d, s.lower_left), g = hn::Set(d, s.lower_right);
    ForEachVector(d, b.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      const auto top = hn::MulAdd(a, at.load(upper + left + c), hn::Mul(e, at.load(upper + right + c)));
      const auto bottom = hn::MulAdd(f, at.load(lower + left + c), hn::Mul(g, at.load(lower + right + c)));
      at.store(hn::Add(top, bottom), y + c);
    });
  }
}

// The outputs between two columns of the input come one after the other: their sums for both stay in
// registers until the left one is complete.
template <class T>
void BilinearBackward(const BilinearRow& b, const T* dy, T* upper, T* lower) {
  const Tag<T> d;
  const auto low = hn::Set(d, static_cast<T>(b.row_weight)),
             up = hn::Set(d, static_cast<T>(1 - b.row_weight));
  ForEachVector(d, b.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    const auto add = [&](int64_t column, hn::Vec<Tag<T>> sum) FOVEA_INLINE_LAMBDA {
      const int64_t to = column * b.channels + c;
      at.store(hn::MulAdd(up, sum, at.load(upper + to)), upper + to);
      at.store(hn::MulAdd(low, sum, at.load(lower + to)), lower + to);
    };
    auto left = hn::Zero(d), right = hn::Zero(d);
    for (int64_t o = 0; o < b.count; ++o) {
      const auto g = at.load(dy + o * b.channels + c);
      left = hn::MulAdd(hn::Set(d, static_cast<T>(1 - b.weight[o])), g, left);
      right = hn::MulAdd(hn::Set(d, static_cast<T>(b.weight[o])), g, right);
      if (o + 1 < b.count && b.left[o + 1] == b.left[o]) continue;
      add(b.left[o], left);
      if (o + 1 < b.count && b.left[o + 1] == b.right[o]) {
        left = right;
      } else {
        add(b.right[o], right);
        left = hn::Zero(d);
      }
      right = hn::Zero(d);
    }
  });
}

void RepeatPixelsF32(int64_t pixels, int64_t times, int64_t channels, const float* x, float* y) {
  RepeatPixels(pixels, times, channels, x, y);
}
void RepeatPixelsF64(int64_t pixels, int64_t times, int64_t channels, const double* x, double* y) {
  RepeatPixels(pixels, times, channels, x, y);
}
void SumPixelsF32(int64_t pixels, int64_t times, int64_t channels, int64_t rows, int64_t ld, const float* dy,
                  bool accumulate, float* dx) {
  SumPixels(pixels, times, channels, rows, ld, dy, accumulate, dx);
}
void SumPixelsF64(int64_t pixels, int64_t times, int64_t channels, int64_t rows, int64_t ld, const double* dy,
                  bool accumulate, double* dx) {
  SumPixels(pixels, times, channels, rows, ld, dy, accumulate, dx);
}
void BilinearF32(const BilinearRow& b, const float* upper, const float* lower, float* y) {
  Bilinear(b, upper, lower, y);
}
void BilinearF64(const BilinearRow& b, const double* upper, const double* lower, double* y) {
  Bilinear(b, upper, lower, y);
}
void BilinearBackwardF32(const BilinearRow& b, const float* dy, float* upper, float* lower) {
  BilinearBackward(b, dy, upper, lower);
}
void BilinearBackwardF64(const BilinearRow& b, const double* dy, double* upper, double* lower) {
  BilinearBackward(b, dy, upper, lower);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(RepeatPixelsF32);
HWY_EXPORT(RepeatPixelsF64);
HWY_EXPORT(SumPixelsF32);
HWY_EXPORT(SumPixelsF64);
HWY_EXPORT(BilinearF32);
HWY_EXPORT(BilinearF64);
HWY_EXPORT(BilinearBackwardF32);
HWY_EXPORT(BilinearBackwardF64);

void repeat_pixels(int64_t pixels, int64_t times, int64_t channels, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(RepeatPixelsF32)(pixels, times, channels, x, y);
}
void repeat_pixels(int64_t pixels, int64_t times, int64_t channels, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(RepeatPixelsF64)(pixels, times, channels, x, y);
}
void sum_pixels(int64_t pixels, int64_t times, int64_t channels, int64_t rows, int64_t ld, const float* dy,
                bool accumulate, float* dx) {
  HWY_DYNAMIC_DISPATCH(SumPixelsF32)(pixels, times, channels, rows, ld, dy, accumulate, dx);
}
void sum_pixels(int64_t pixels, int64_t times, int64_t channels, int64_t rows, int64_t ld, const double* dy,
                bool accumulate, double* dx) {
  HWY_DYNAMIC_DISPATCH(SumPixelsF64)(pixels, times, channels, rows, ld, dy, accumulate, dx);
}
void bilinear(const BilinearRow& b, const float* upper, const float* lower, float* y) {
  HWY_DYNAMIC_DISPATCH(BilinearF32)(b, upper, lower, y);
}
void bilinear(const BilinearRow& b, const double* upper, const double* lower, double* y) {
  HWY_DYNAMIC_DISPATCH(BilinearF64)(b, upper, lower, y);
}
void bilinear_backward(const BilinearRow& b, const float* dy, float* upper, float* lower) {
  HWY_DYNAMIC_DISPATCH(BilinearBackwardF32)(b, dy, upper, lower);
}
void bilinear_backward(const BilinearRow& b, const double* dy, double* upper, double* lower) {
  HWY_DYNAMIC_DISPATCH(BilinearBackwardF64)(b, dy, upper, lower);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
