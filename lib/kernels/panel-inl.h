// How columns are cut into panels of vectors. Shared by the convolution kernels; included once per SIMD
// target. Uses Highway.
#if defined(FOVEA_PANEL_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOVEA_PANEL_INL_H_
#undef FOVEA_PANEL_INL_H_
#else
#define FOVEA_PANEL_INL_H_
#endif

#include <algorithm>
#include <cstddef>
#include <cstdint>
#include <cstring>
#include <type_traits>

#include "kernels/conv_direct.h"
#include "kernels/simd-inl.h"

// Arrays of vectors become registers only when the loops over them are unrolled entirely.
#undef FOVEA_UNROLL
#if HWY_COMPILER_CLANG
#define FOVEA_UNROLL _Pragma("clang loop unroll(full)")
#else
#define FOVEA_UNROLL _Pragma("GCC unroll 16")
#endif

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// The largest tiles (rows times 2 vectors, rows times 1 vector) whose accumulators, the row of weights and
// one broadcast fit the registers: 32 with AVX-512 and NEON, 16 with AVX2. Without SIMD, small.
#if HWY_TARGET <= HWY_AVX3 || HWY_TARGET == HWY_NEON
constexpr int kMaxRows2 = 14;
constexpr int kMaxRows1 = 16;
#elif HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
constexpr int kMaxRows2 = 2;
constexpr int kMaxRows1 = 4;
#else
constexpr int kMaxRows2 = 6;
constexpr int kMaxRows1 = 12;
#endif

// Of doubles half as many: they are for checking, and smaller tiles are a fifth of the code.
template <class T, int kVectors>
constexpr int kMaxRows = ((kVectors == 2 ? kMaxRows2 : kMaxRows1) + (sizeof(T) == 8 ? 1 : 0)) /
                         (sizeof(T) == 8 ? 2 : 1);

// Calls f(tag, vectors, first, count) for each panel: `vectors` (a constant) vectors of `tag` hold `count`
// columns from `first`. All panels have two full vectors but the last, which has two, one, or a half.
template <class T, class F>
HWY_INLINE void for_panels(int64_t columns, F&& f) {
  const Tag<T> d;
  const hn::Half<decltype(d)> half;
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(d));
  for (int64_t first = 0; first < columns; first += 2 * lanes) {
    const int64_t count = columns - first < 2 * lanes ? columns - first : 2 * lanes;
    if (count > lanes)
      f(d, std::integral_constant<int, 2>(), first, count);
    else if (2 * count > lanes)
      f(d, std::integral_constant<int, 1>(), first, count);
    else
      f(half, std::integral_constant<int, 1>(), first, count);
  }
}

// The sum of the panels' widths.
template <class T>
int64_t padded_columns(int64_t columns) {
  const int64_t lanes = static_cast<int64_t>(hn::Lanes(Tag<T>()));
  const int64_t whole = columns / (2 * lanes) * (2 * lanes), rest = columns - whole;
  const int64_t half = lanes / 2 > 0 ? lanes / 2 : 1;
  return whole + (rest == 0 ? 0 : rest > lanes ? 2 * lanes : rest > half ? lanes : half);
}

// Of `columns` columns, those in vector j.
HWY_INLINE size_t columns_here(size_t columns, int j, size_t lanes) {
  const size_t before = static_cast<size_t>(j) * lanes;
  return columns <= before ? 0 : columns - before < lanes ? columns - before : lanes;
}

// The first n elements, n up to the number of lanes.
template <class D, class T = hn::TFromD<D>>
HWY_INLINE hn::Vec<D> load_columns(D d, const T* p, size_t n) {
  return n == hn::Lanes(d) ? hn::LoadU(d, p) : LoadFirst(d, p, static_cast<int64_t>(n));
}
template <class D, class T = hn::TFromD<D>>
HWY_INLINE void store_columns(D d, hn::Vec<D> v, T* p, size_t n) {
  if (n == hn::Lanes(d))
    hn::StoreU(v, d, p);
  else
    StoreFirst(v, d, p, static_cast<int64_t>(n));
}

// Rows of one panel: `count` columns from `from` (null: zeros), times scale (null: 1), and zeros up to its
// width.
template <class T>
void pack_panel(const PackBlock<T>& b, const T* from, const T* scale, int64_t count, int64_t width, T* to) {
  for (int64_t r = 0; r < b.rows && (from == nullptr || count < width); ++r)
    std::fill_n(to + r * width + (from ? count : 0), width - (from ? count : 0), T{0});
  if (from == nullptr) return;
  if (b.column_stride == 1) {
    for (int64_t r = 0; r < b.rows; ++r)
      std::memcpy(to + r * width, from + r * b.row_stride, static_cast<size_t>(count) * sizeof(T));
  } else {
    // Columns are far apart: what one cache line holds of a column is moved at once.
    constexpr int64_t kLine = 64 / sizeof(T);
    for (int64_t r = 0; r < b.rows; r += kLine) {
      const int64_t end = r + kLine < b.rows ? r + kLine : b.rows;
      for (int64_t c = 0; c < count; ++c)
        for (int64_t i = r; i < end; ++i) to[i * width + c] = from[i * b.row_stride + c * b.column_stride];
    }
  }
  for (int64_t r = 0; r < b.rows && scale != nullptr; ++r)
    for (int64_t c = 0; c < count; ++c) to[r * width + c] *= scale[c];
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard, per target
