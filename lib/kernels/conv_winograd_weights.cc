#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_winograd_weights.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/conv_direct.h"
#include "kernels/conv_winograd.h"
#include "kernels/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// One vector of filters of one row: G g G^T, from a panel's cells to its planes.
template <int kKernel, class D, class T = hn::TFromD<D>>
HWY_INLINE void expand(D d, const T* cells, int64_t cell, T* to, int64_t plane) {
  using V = hn::Vec<D>;
  constexpr int kPoints = static_cast<int>(winograd_points(kKernel));
  V half[kPoints][kKernel];
  for (int j = 0; j < kKernel; ++j) {
    V g[kKernel], u[kPoints];
    FOVEA_UNROLL for (int i = 0; i < kKernel; ++i) g[i] = hn::LoadU(d, cells + (i * kKernel + j) * cell);
    TransformWeights(d, g, u);
    FOVEA_UNROLL for (int i = 0; i < kPoints; ++i) half[i][j] = u[i];
  }
  for (int i = 0; i < kPoints; ++i) {
    V u[kPoints];
    TransformWeights(d, half[i], u);
    FOVEA_UNROLL for (int j = 0; j < kPoints; ++j) hn::StoreU(u[j], d, to + (i * kPoints + j) * plane);
  }
}

// One panel: `count` filters from `first`.
template <int kKernel, class D, class T = hn::TFromD<D>>
void pack_winograd_panel(D d, int vectors, const WinogradWeights<T>& w, int64_t first, int64_t count) {
  constexpr int64_t kRows = 64 / sizeof(T), kMostWidth = 2 * kRows, kCells = kKernel * kKernel;
  const int64_t lanes = LanesOf(d), width = vectors * lanes, cell = kRows * width;
  HWY_ALIGN T cells[kCells * kRows * kMostWidth];  // some rows of the panel, cell by cell
  T* panel = w.packed + first * (w.depth + 1);
  if (w.first_row == 0) {
    for (int64_t p = 0; p < winograd_planes(kKernel); ++p) std::fill_n(panel + p * w.plane, width, T{0});
  }
  PackBlock<T> rows{};
  rows.row_stride = w.row_stride;
  rows.column_stride = w.column_stride;
  for (int64_t r = w.first_row; r < w.first_row + w.rows; r += kRows) {
    rows.rows = std::min(kRows, w.first_row + w.rows - r);
    for (int64_t i = 0; i < kCells; ++i) {
      const T* from = w.source + i * w.cell_stride + r * w.row_stride + first * w.column_stride;
      pack_panel(rows, from, w.scale ? w.scale + first : nullptr, count, width, cells + i * cell);
    }
    for (int64_t i = 0; i < rows.rows * width; i += lanes)
      expand<kKernel>(d, cells + i, cell, panel + (1 + r) * width + i, w.plane);
  }
}

template <class T>
void pack_weights(const WinogradWeights<T>& w) {
  for_panels<T>(w.outputs, [&](auto d, auto vectors, int64_t first, int64_t count) HWY_ATTR {
    if (w.kernel == 3)
      pack_winograd_panel<3>(d, vectors, w, first, count);
    else
      pack_winograd_panel<5>(d, vectors, w, first, count);
  });
}

template <int kKernel, class T>
void sum_kernel(const WinogradSums<T>& s) {
  constexpr int kPoints = static_cast<int>(winograd_points(kKernel));
  const Tag<T> d;
  using V = hn::Vec<decltype(d)>;
  for (int64_t r = 0; r < s.rows; ++r) {
    ForEachVector(d, s.columns, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      const T* from = s.sums + r * s.row + c;
      T* to = s.dw + r * s.dw_row + c;
      V half[kKernel][kPoints];
      for (int j = 0; j < kPoints; ++j) {
        V m[kPoints], g[kKernel];
        FOVEA_UNROLL for (int i = 0; i < kPoints; ++i) m[i] = at.load(from + (i * kPoints + j) * s.plane);
        TransformSums(d, m, g);
        FOVEA_UNROLL for (int i = 0; i < kKernel; ++i) half[i][j] = g[i];
      }
      for (int i = 0; i < kKernel; ++i) {
        V g[kKernel];
        TransformSums(d, half[i], g);
        FOVEA_UNROLL for (int j = 0; j < kKernel; ++j) at.store(g[j], to + (i * kKernel + j) * s.dw_cell);
      }
    });
  }
}
template <class T>
void sum_all(const WinogradSums<T>& s) {
  if (s.kernel == 3)
    sum_kernel<3>(s);
  else
    sum_kernel<5>(s);
}

void WeightsF32(const WinogradWeights<float>& task) {
  pack_weights(task);
}
void WeightsF64(const WinogradWeights<double>& task) {
  pack_weights(task);
}
void SumsF32(const WinogradSums<float>& task) {
  sum_all(task);
}
void SumsF64(const WinogradSums<double>& task) {
  sum_all(task);
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(WeightsF32);
HWY_EXPORT(WeightsF64);
HWY_EXPORT(SumsF32);
HWY_EXPORT(SumsF64);

void winograd_weights(const WinogradWeights<float>& task) {
  HWY_DYNAMIC_DISPATCH(WeightsF32)(task);
}
void winograd_weights(const WinogradWeights<double>& task) {
  HWY_DYNAMIC_DISPATCH(WeightsF64)(task);
}
void winograd_kernel_gradient(const WinogradSums<float>& task) {
  HWY_DYNAMIC_DISPATCH(SumsF32)(task);
}
void winograd_kernel_gradient(const WinogradSums<double>& task) {
  HWY_DYNAMIC_DISPATCH(SumsF64)(task);
}

}  // namespace fovea::kernels
#endif
