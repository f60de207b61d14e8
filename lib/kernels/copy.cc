#include "kernels/copy.h"

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/copy.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

template <class T>
void CopyRows(int64_t rows, int64_t n, const T* x, int64_t ldx, bool accumulate, T* y, int64_t ldy) {
  const Tag<T> d;
  for (int64_t r = 0; r < rows; ++r, x += ldx, y += ldy)
    ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
      const auto v = at.load(x + i);
      at.store(accumulate ? hn::Add(at.load(y + i), v) : v, y + i);
    });
}

template <class T>
void TransposeScalar(int64_t rows, int64_t columns, const T* x, int64_t ldx, bool accumulate, T* y,
                     int64_t ldy) {
  for (int64_t c = 0; c < columns; ++c)
    for (int64_t r = 0; r < rows; ++r)
      y[c * ldy + r] = accumulate ? y[c * ldy + r] + x[r * ldx + c] : x[r * ldx + c];
}

#if HWY_TARGET != HWY_SCALAR  // has no blocks

// Elements of a block, within which Highway's interleaving stays.
template <class T>
inline constexpr int64_t kBlock = 16 / sizeof(T);

// Block b of the vector is the beginning of row b * kBlock of x.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> LoadBlocks(D d, const T* x, int64_t ldx) {
  if constexpr (MaxLanes(d) <= kBlock<T>) {
    return hn::LoadU(d, x);
  } else {
    const hn::Half<D> half;
    const int64_t rows = LanesOf(half);
    return hn::Combine(d, LoadBlocks(half, x + rows * ldx, ldx), LoadBlocks(half, x, ldx));
  }
}

// As many rows of x as the vector has lanes, kBlock columns of each: those columns are vectors of y.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void TransposeBlocks(D d, const T* x, int64_t ldx, bool accumulate, T* y, int64_t ldy) {
  const auto put = [=](hn::Vec<D> v, T* to) FOVEA_INLINE_LAMBDA {
    hn::StoreU(accumulate ? hn::Add(hn::LoadU(d, to), v) : v, d, to);
  };
  const auto a = LoadBlocks(d, x, ldx), b = LoadBlocks(d, x + ldx, ldx);
  if constexpr (sizeof(T) == 8) {
    put(hn::InterleaveLower(d, a, b), y);
    put(hn::InterleaveUpper(d, a, b), y + ldy);
  } else {
    const auto e = LoadBlocks(d, x + 2 * ldx, ldx), f = LoadBlocks(d, x + 3 * ldx, ldx);
    const auto even = hn::InterleaveLower(d, a, e), odd = hn::InterleaveLower(d, b, f);
    put(hn::InterleaveLower(d, even, odd), y);
    put(hn::InterleaveUpper(d, even, odd), y + ldy);
    const auto even2 = hn::InterleaveUpper(d, a, e), odd2 = hn::InterleaveUpper(d, b, f);
    put(hn::InterleaveLower(d, even2, odd2), y + 2 * ldy);
    put(hn::InterleaveUpper(d, even2, odd2), y + 3 * ldy);
  }
}

// The columns that make whole blocks; returns how many.
template <class T>
int64_t TransposeWhole(int64_t rows, int64_t columns, const T* x, int64_t ldx, bool accumulate, T* y,
                       int64_t ldy) {
  const Tag<T> wide;
  const hn::CappedTag<T, kBlock<T>> narrow;
  int64_t c = 0;
  for (; c + kBlock<T> <= columns; c += kBlock<T>) {
    int64_t r = 0;
    for (; r + LanesOf(wide) <= rows; r += LanesOf(wide))
      TransposeBlocks(wide, x + r * ldx + c, ldx, accumulate, y + c * ldy + r, ldy);
    for (; r + kBlock<T> <= rows; r += kBlock<T>)
      TransposeBlocks(narrow, x + r * ldx + c, ldx, accumulate, y + c * ldy + r, ldy);
    TransposeScalar(rows - r, kBlock<T>, x + r * ldx + c, ldx, accumulate, y + c * ldy + r, ldy);
  }
  return c;
}

#else

template <class T>
int64_t TransposeWhole(int64_t, int64_t, const T*, int64_t, bool, T*, int64_t) {
  return 0;
}

#endif

template <class T>
void Transpose(int64_t rows, int64_t columns, const T* x, int64_t ldx, bool accumulate, T* y, int64_t ldy) {
  const int64_t c = TransposeWhole(rows, columns, x, ldx, accumulate, y, ldy);
  TransposeScalar(rows, columns - c, x + c, ldx, accumulate, y + c * ldy, ldy);
}

void CopyRowsF32(int64_t rows, int64_t n, const float* x, int64_t ldx, bool accumulate, float* y,
                 int64_t ldy) {
  CopyRows(rows, n, x, ldx, accumulate, y, ldy);
}
void CopyRowsF64(int64_t rows, int64_t n, const double* x, int64_t ldx, bool accumulate, double* y,
                 int64_t ldy) {
  CopyRows(rows, n, x, ldx, accumulate, y, ldy);
}
void TransposeF32(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate, float* y,
                  int64_t ldy) {
  Transpose(rows, columns, x, ldx, accumulate, y, ldy);
}
void TransposeF64(int64_t rows, int64_t columns, const double* x, int64_t ldx, bool accumulate, double* y,
                  int64_t ldy) {
  Transpose(rows, columns, x, ldx, accumulate, y, ldy);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(CopyRowsF32);
HWY_EXPORT(CopyRowsF64);
HWY_EXPORT(TransposeF32);
HWY_EXPORT(TransposeF64);

void copy_rows(int64_t rows, int64_t n, const float* x, int64_t ldx, bool accumulate, float* y, int64_t ldy) {
  HWY_DYNAMIC_DISPATCH(CopyRowsF32)(rows, n, x, ldx, accumulate, y, ldy);
}
void copy_rows(int64_t rows, int64_t n, const double* x, int64_t ldx, bool accumulate, double* y,
               int64_t ldy) {
  HWY_DYNAMIC_DISPATCH(CopyRowsF64)(rows, n, x, ldx, accumulate, y, ldy);
}
void transpose(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate, float* y,
               int64_t ldy) {
  HWY_DYNAMIC_DISPATCH(TransposeF32)(rows, columns, x, ldx, accumulate, y, ldy);
}
void transpose(int64_t rows, int64_t columns, const double* x, int64_t ldx, bool accumulate, double* y,
               int64_t ldy) {
  HWY_DYNAMIC_DISPATCH(TransposeF64)(rows, columns, x, ldx, accumulate, y, ldy);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
