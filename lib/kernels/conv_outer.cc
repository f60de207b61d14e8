// The micro-kernel: a tile of weights (up to kMaxRows window elements times one panel of outputs) is summed
// in registers over the pixels; each pixel loads one row of dz and broadcasts one input per window element.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_outer.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <utility>

#include "kernels/conv_outer.h"
#include "kernels/panel-inl.h"

#ifndef FOVEA_CONV_OUTER_ONCE
#define FOVEA_CONV_OUTER_ONCE
namespace fovea::kernels {

// Runs shorter than this are gathered, several to a tile, so that enough sums are under way to hide the
// latency of an addition.
constexpr int64_t kShortRun = 7;
// A gathered tile keeps one address per row in a register; more do not fit.
constexpr int kMaxGathered = 9;

}  // namespace fovea::kernels
#endif

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// One tile: offsets[i] is where window element i is; a tile inside one run has only the first.
template <class T>
struct OuterTile {
  const OuterProduct<T>* task;
  const int64_t* offsets;
  int64_t first_output;
  size_t columns;
  T* dw;
};

// dw += sums: once per tile and task, so written once for all tiles.
template <class D, class T = hn::TFromD<D>>
HWY_NOINLINE void add_rows(D d, const OuterTile<T>& t, int rows, int vectors, const T* sums) {
  const size_t lanes = hn::Lanes(d);
  for (int i = 0; i < rows; ++i) {
    for (int j = 0; j < vectors; ++j, sums += lanes) {
      T* dw = t.dw + i * t.task->dw_row + j * lanes;
      const size_t n = columns_here(t.columns, j, lanes);
      store_columns(d, hn::Add(load_columns(d, dw, n), hn::Load(d, sums)), dw, n);
    }
  }
}
template <int kRows, int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void add_sums(D d, const OuterTile<T>& t, const hn::Vec<D> (&sum)[kRows][kVectors]) {
  const size_t lanes = hn::Lanes(d);
  HWY_ALIGN T sums[kRows * kVectors * HWY_MAX_BYTES / sizeof(T)];
  FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
    FOVEA_UNROLL for (int j = 0; j < kVectors; ++j)
        hn::Store(sum[i][j], d, sums + (i * kVectors + j) * lanes);
  }
  add_rows(d, t, kRows, kVectors, sums);
}

// Window elements that follow one another in memory: one address for all.
template <int kRows, int kVectors, class D, class T = hn::TFromD<D>>
void outer_contiguous(D d, const OuterTile<T>& t) {
  using V = hn::Vec<D>;
  const size_t lanes = hn::Lanes(d);
  const OuterProduct<T>& o = *t.task;
  V sum[kRows][kVectors];
  FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
    FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::Zero(d);
  }
  for (int64_t row = 0; row < o.images * o.rows; ++row) {
    const int64_t image = row / o.rows, r = row % o.rows;
    const T* x = o.x + (image * o.x_image + r * o.x_row + t.offsets[0]);
    const T* dz = o.dz + (image * o.dz_image + r * o.dz_row + t.first_output);
    for (int64_t p = 0; p < o.pixels; ++p, x += o.x_pixel, dz += o.dz_pixel) {
      V g[kVectors];
      FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) g[j] = hn::LoadU(d, dz + j * lanes);
      FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
        const V in = hn::Set(d, x[i]);
        FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::MulAdd(in, g[j], sum[i][j]);
      }
    }
  }
  add_sums<kRows, kVectors>(d, t, sum);
}

// Window elements anywhere.
template <int kRows, int kVectors, class D, class T = hn::TFromD<D>>
void outer_gathered(D d, const OuterTile<T>& t) {
  using V = hn::Vec<D>;
  const size_t lanes = hn::Lanes(d);
  const OuterProduct<T>& o = *t.task;
  V sum[kRows][kVectors];
  FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
    FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::Zero(d);
  }
  for (int64_t row = 0; row < o.images * o.rows; ++row) {
    const int64_t image = row / o.rows, r = row % o.rows;
    const T* x[kRows];
    FOVEA_UNROLL for (int i = 0; i < kRows; ++i) x[i] =
        o.x + (image * o.x_image + r * o.x_row + t.offsets[i]);
    const T* dz = o.dz + (image * o.dz_image + r * o.dz_row + t.first_output);
    const int64_t end = o.pixels * o.x_pixel;
    for (int64_t p = 0; p < end; p += o.x_pixel, dz += o.dz_pixel) {
      V g[kVectors];
      FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) g[j] = hn::LoadU(d, dz + j * lanes);
      FOVEA_UNROLL for (int i = 0; i < kRows; ++i) {
        const V in = hn::Set(d, x[i][p]);
        FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::MulAdd(in, g[j], sum[i][j]);
      }
    }
  }
  add_sums<kRows, kVectors>(d, t, sum);
}

template <class T>
using OuterFunction = void (*)(const OuterTile<T>&);

// The two micro-kernels for 1, 2, 3 ... rows.
template <int kVectors, class D, int... kRows>
constexpr auto contiguous_table(D, std::integer_sequence<int, kRows...>) {
  using T = hn::TFromD<D>;
  struct Table {
    OuterFunction<T> of[sizeof...(kRows)];
  };
  return Table{{+[](const OuterTile<T>& t) HWY_ATTR { outer_contiguous<kRows + 1, kVectors>(D(), t); }...}};
}
template <int kVectors, class D, int... kRows>
constexpr auto gathered_table(D, std::integer_sequence<int, kRows...>) {
  using T = hn::TFromD<D>;
  struct Table {
    OuterFunction<T> of[sizeof...(kRows)];
  };
  return Table{{+[](const OuterTile<T>& t) HWY_ATTR { outer_gathered<kRows + 1, kVectors>(D(), t); }...}};
}

// Cuts the window elements into tiles of nearly equal size, inside the runs or across them.
template <int kVectors, class D, class T = hn::TFromD<D>>
void outer_panel(D, const OuterProduct<T>& o, bool gather, int64_t first_output, int64_t count) {
  constexpr int kMax = kMaxRows<T, kVectors>;
  constexpr int kGathered = kMax < kMaxGathered ? kMax : kMaxGathered;
  static constexpr auto contiguous = contiguous_table<kVectors>(D(), std::make_integer_sequence<int, kMax>());
  static constexpr auto gathered =
      gathered_table<kVectors>(D(), std::make_integer_sequence<int, kGathered>());
  OuterTile<T> tile{&o, nullptr, first_output, static_cast<size_t>(count), o.dw + first_output};
  if (!gather) {
    for (const Run& run : o.runs) {
      const int64_t tiles = (run.length + kMax - 1) / kMax;
      for (int64_t i = 0; i < tiles; ++i) {
        const int64_t begin = run.length * i / tiles, rows = run.length * (i + 1) / tiles - begin;
        const int64_t offset = run.offset + begin;
        tile.offsets = &offset;
        contiguous.of[rows - 1](tile);
        tile.dw += rows * o.dw_row;
      }
    }
    return;
  }
  int64_t elements = 0;
  for (const Run& run : o.runs) elements += run.length;
  const int64_t tiles = (elements + kGathered - 1) / kGathered;
  const Run* run = o.runs.data();
  int64_t in_run = 0;
  for (int64_t i = 0; i < tiles; ++i) {
    const int64_t rows = elements * (i + 1) / tiles - elements * i / tiles;
    int64_t offsets[kGathered];
    for (int64_t k = 0; k < rows; ++k) {
      while (in_run == run->length) ++run, in_run = 0;
      offsets[k] = run->offset + in_run++;
    }
    tile.offsets = offsets;
    gathered.of[rows - 1](tile);
    tile.dw += rows * o.dw_row;
  }
}

template <class T>
void outer_all(const OuterProduct<T>& o) {
  if (o.images <= 0 || o.rows <= 0 || o.pixels <= 0) return;
  int64_t longest = 0;
  for (const Run& run : o.runs) longest = run.length > longest ? run.length : longest;
  const bool gather = longest < kShortRun && o.runs.size() > 1;
  for_panels<T>(o.outputs, [&](auto tag, auto vectors, int64_t first, int64_t count)
                               HWY_ATTR { outer_panel<vectors>(tag, o, gather, first, count); });
}

void OuterF32(const OuterProduct<float>& o) {
  outer_all(o);
}
void OuterF64(const OuterProduct<double>& o) {
  outer_all(o);
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(OuterF32);
HWY_EXPORT(OuterF64);

void outer_product(const OuterProduct<float>& task) {
  HWY_DYNAMIC_DISPATCH(OuterF32)(task);
}
void outer_product(const OuterProduct<double>& task) {
  HWY_DYNAMIC_DISPATCH(OuterF64)(task);
}

}  // namespace fovea::kernels
#endif
