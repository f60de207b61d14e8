#include "kernels/maxout.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/maxout.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void Maxout(int64_t rows, int64_t units, int64_t pieces, const T* x, T* y) {
  for (int64_t r = 0; r < rows; ++r, x += pieces * units, y += units)
    ForEachVector(Tag<T>(), units, [=](int64_t u, auto at) FOVEA_INLINE_LAMBDA {
      auto best = at.load(x + u);
      for (int64_t j = 1; j < pieces; ++j) {
        const auto v = at.load(x + j * units + u);
        best = hn::IfThenElse(hn::Or(hn::Gt(v, best), hn::IsNaN(v)), v, best);
      }
      at.store(best, y + u);
    });
}

template <class T>
void MaxoutBackward(int64_t rows, int64_t units, int64_t pieces, const T* x, const T* y, const T* dy,
                    bool accumulate, T* dx) {
  for (int64_t r = 0; r < rows; ++r, x += pieces * units, dx += pieces * units, y += units, dy += units)
    ForEachVector(Tag<T>(), units, [=](int64_t u, auto at) FOVEA_INLINE_LAMBDA {
      const auto largest = at.load(y + u);
      auto left = at.load(dy + u);  // what no piece has taken yet
      for (int64_t j = 0; j < pieces; ++j) {
        const auto wins = hn::Eq(at.load(x + j * units + u), largest);
        const auto given = hn::IfThenElseZero(wins, left);
        left = hn::IfThenZeroElse(wins, left);
        T* const to = dx + j * units + u;
        at.store(accumulate ? hn::Add(at.load(to), given) : given, to);
      }
    });
}

void MaxoutF32(int64_t rows, int64_t units, int64_t pieces, const float* x, float* y) {
  Maxout(rows, units, pieces, x, y);
}
void MaxoutF64(int64_t rows, int64_t units, int64_t pieces, const double* x, double* y) {
  Maxout(rows, units, pieces, x, y);
}
void MaxoutBackwardF32(int64_t rows, int64_t units, int64_t pieces, const float* x, const float* y,
                       const float* dy, bool accumulate, float* dx) {
  MaxoutBackward(rows, units, pieces, x, y, dy, accumulate, dx);
}
void MaxoutBackwardF64(int64_t rows, int64_t units, int64_t pieces, const double* x, const double* y,
                       const double* dy, bool accumulate, double* dx) {
  MaxoutBackward(rows, units, pieces, x, y, dy, accumulate, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(MaxoutF32);
HWY_EXPORT(MaxoutF64);
HWY_EXPORT(MaxoutBackwardF32);
HWY_EXPORT(MaxoutBackwardF64);

void maxout(int64_t rows, int64_t units, int64_t pieces, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(MaxoutF32)(rows, units, pieces, x, y);
}
void maxout(int64_t rows, int64_t units, int64_t pieces, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(MaxoutF64)(rows, units, pieces, x, y);
}
void maxout_backward(int64_t rows, int64_t units, int64_t pieces, const float* x, const float* y,
                     const float* dy, bool accumulate, float* dx) {
  HWY_DYNAMIC_DISPATCH(MaxoutBackwardF32)(rows, units, pieces, x, y, dy, accumulate, dx);
}
void maxout_backward(int64_t rows, int64_t units, int64_t pieces, const double* x, const double* y,
                     const double* dy, bool accumulate, double* dx) {
  HWY_DYNAMIC_DISPATCH(MaxoutBackwardF64)(rows, units, pieces, x, y, dy, accumulate, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
