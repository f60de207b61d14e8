// The micro-kernel: a tile of up to kMaxRows outputs of one row times one panel of weights stays in
// registers while all runs pass; each step loads one row of the panel and broadcasts one input per pixel.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_direct.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>
#include <limits>
#include <utility>

#include "kernels/conv_direct.h"
#include "kernels/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// One tile: where its windows, its weights and its outputs are.
template <class T>
struct OutputTile {
  const T* x;
  int64_t x_first, x_pixel;
  const Run* runs;
  const Run* runs_end;
  const T* bias;
  const T* weights;
  T* y;
  int64_t y_pixel;
  size_t columns;    // of the panel that are outputs
  bool first, last;  // whether the tile begins, ends its row
  bool accumulate;
  Bounds<T> bounds;
  bool prefetch;  // the lines that the tile will write, so that they come in while it computes
};

// Three pixels share one pointer: their distances are then constants or a register times 1, 2 of the address,
// and few enough registers hold all addresses.
constexpr int kPixelsPerPointer = 3;

// y += sums, where gradients of several branches meet: rare, so written once for all tiles.
template <class D, class T = hn::TFromD<D>>
HWY_NOINLINE void add_tile(D d, const OutputTile<T>& t, int pixels, int vectors, const T* sums) {
  const size_t lanes = hn::Lanes(d);
  for (int i = 0; i < pixels; ++i) {
    for (int j = 0; j < vectors; ++j, sums += lanes) {
      T* y = t.y + i * t.y_pixel + j * lanes;
      const size_t n = columns_here(t.columns, j, lanes);
      hn::Vec<D> v = hn::Add(hn::Load(d, sums), load_columns(d, y, n));
      store_columns(d, Bound(hn::Set(d, t.bounds.low), v, hn::Set(d, t.bounds.high)), y, n);
    }
  }
}

// sum[i] += run of pixel i times the weights, for pixels kFirst ... kEnd - 1 of the tile.
template <int kFirst, int kEnd, int kPixels, int kVectors, class D, class T = hn::TFromD<D>>
HWY_INLINE void add_run(D d, const T* first_pixel, int64_t step, int64_t length, const T* w,
                        hn::Vec<D> (&sum)[kPixels][kVectors]) {
  using V = hn::Vec<D>;
  constexpr int kPointers = (kPixels + kPixelsPerPointer - 1) / kPixelsPerPointer;
  const size_t lanes = hn::Lanes(d);
  const T* x[kPointers];
  FOVEA_UNROLL for (int g = 0; g < kPointers; ++g) x[g] = first_pixel + g * kPixelsPerPointer * step;
  for (int64_t k = 0; k < length; ++k, w += kVectors * lanes) {
    V row[kVectors];
    FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) row[j] = hn::LoadU(d, w + j * lanes);
    FOVEA_UNROLL for (int i = kFirst; i < kEnd; ++i) {
      const V in = hn::Set(d, x[i / kPixelsPerPointer][(i % kPixelsPerPointer) * step + k]);
      FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::MulAdd(in, row[j], sum[i][j]);
    }
  }
}

template <int kPixels, int kVectors, class D, class T = hn::TFromD<D>>
void compute_tile(D d, const OutputTile<T>& t) {
  using V = hn::Vec<D>;
  const size_t lanes = hn::Lanes(d);

  if (t.prefetch) {
    FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
      FOVEA_UNROLL for (int j = 0; j < kVectors; ++j)
          hwy::Prefetch(t.y + i * t.y_pixel + j * static_cast<int64_t>(lanes));
    }
  }
  V sum[kPixels][kVectors];
  FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) {
    const V bias = hn::LoadU(d, t.bias + j * lanes);
    FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) sum[i][j] = bias;
  }
  const T* w = t.weights;
  for (const Run* run = t.runs; run < t.runs_end; ++run) {
    const T* x = t.x + (t.x_first + run->offset);
    if (t.first && run->skips_first)
      add_run<1, kPixels>(d, x, t.x_pixel, run->length, w, sum);
    else if (t.last && run->skips_last)
      add_run<0, kPixels - 1>(d, x, t.x_pixel, run->length, w, sum);
    else
      add_run<0, kPixels>(d, x, t.x_pixel, run->length, w, sum);
    w += run->length * static_cast<int64_t>(kVectors * lanes);
  }

  if (t.accumulate) {
    HWY_ALIGN T sums[kPixels * kVectors * HWY_MAX_BYTES / sizeof(T)];
    FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
      FOVEA_UNROLL for (int j = 0; j < kVectors; ++j)
          hn::Store(sum[i][j], d, sums + (i * kVectors + j) * lanes);
    }
    add_tile(d, t, kPixels, kVectors, sums);
    return;
  }
  const V low = hn::Set(d, t.bounds.low), high = hn::Set(d, t.bounds.high);
  const size_t last = t.columns - (kVectors - 1) * lanes;  // columns in the last vector
  FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
    T* y = t.y + i * t.y_pixel;
    FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) {
      const V v = Bound(low, sum[i][j], high);
      if (j + 1 < kVectors)
        hn::StoreU(v, d, y + j * lanes);
      else
        store_columns(d, v, y + j * lanes, last);
    }
  }
}

template <class T>
using TileFunction = void (*)(const OutputTile<T>&);

// compute_tile for 1, 2, 3 ... pixels.
template <int kVectors, class D, int... kPixels>
constexpr auto tile_table(D, std::integer_sequence<int, kPixels...>) {
  using T = hn::TFromD<D>;
  struct Table {
    TileFunction<T> of[sizeof...(kPixels)];
  };
  return Table{{+[](const OutputTile<T>& t) HWY_ATTR { compute_tile<kPixels + 1, kVectors>(D(), t); }...}};
}

// Sums of fewer terms end before a line would have come in; 32 (a dense layer, batch 32) gain 8 %.
constexpr int64_t kLongSum = 24;

// All tiles of one panel. A row is cut into tiles of nearly equal size.
template <int kVectors, class D, class T = hn::TFromD<D>>
void compute_panel(D d, const Correlation<T>& c, const T* packed, int64_t first_output, int64_t outputs) {
  constexpr int kMax = kMaxRows<T, kVectors>;
  static constexpr auto table = tile_table<kVectors>(D(), std::make_integer_sequence<int, kMax>());
  const int64_t width = kVectors * static_cast<int64_t>(hn::Lanes(d));
  const int64_t tiles = (c.pixels + kMax - 1) / kMax, least = c.pixels / tiles, larger = c.pixels % tiles;
  const RunRange all{0, static_cast<int64_t>(c.runs.size())};
  for (int64_t r = 0; r < c.rows; ++r) {
    const RunRange range = c.row_runs ? c.row_runs[r] : all;
    const Run* runs = c.runs.data() + range.first;
    int64_t skipped = 0;
    for (const Run* run = c.runs.data(); run < runs; ++run) skipped += run->length;
    OutputTile<T> tile{c.x,
                       c.x_first + r * c.x_row,
                       c.x_pixel,
                       runs,
                       runs + range.count,
                       packed,
                       packed + width * (1 + skipped),
                       c.y + r * c.y_row + first_output,
                       c.y_pixel,
                       static_cast<size_t>(outputs < width ? outputs : width),
                       true,
                       false,
                       c.accumulate,
                       c.bounds,
                       c.depth >= kLongSum};
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t pixels = least + (i < larger ? 1 : 0);
      tile.last = i + 1 == tiles;
      table.of[pixels - 1](tile);
      tile.first = false;
      tile.x_first += pixels * c.x_pixel;
      tile.y += pixels * c.y_pixel;
    }
  }
}

template <class T>
void correlate_all(const Correlation<T>& c) {
  if (c.pixels <= 0) return;
  for_panels<T>(c.outputs, [&](auto tag, auto vectors, int64_t first, int64_t count) HWY_ATTR {
    compute_panel<vectors>(tag, c, c.packed + first * (c.depth + 1), first, count);
  });
}

template <class T>
void pack_all(const PackBlock<T>& b) {
  for_panels<T>(b.outputs, [&](auto tag, auto vectors, int64_t first, int64_t count) HWY_ATTR {
    const int64_t width = vectors * static_cast<int64_t>(hn::Lanes(tag));
    T* to = b.packed + first * (b.depth + 1) + b.first_row * width;
    const T* from = b.source ? b.source + first * b.column_stride : nullptr;
    pack_panel(b, from, b.scale ? b.scale + first : nullptr, count, width, to);
  });
}

void CorrelateF32(const Correlation<float>& c) {
  correlate_all(c);
}
void CorrelateF64(const Correlation<double>& c) {
  correlate_all(c);
}
void PackF32(const PackBlock<float>& b) {
  pack_all(b);
}
void PackF64(const PackBlock<double>& b) {
  pack_all(b);
}
int64_t WidthF32() {
  return 2 * static_cast<int64_t>(hn::Lanes(Tag<float>()));
}
int64_t WidthF64() {
  return 2 * static_cast<int64_t>(hn::Lanes(Tag<double>()));
}
int64_t PaddedF32(int64_t outputs) {
  return padded_columns<float>(outputs);
}
int64_t PaddedF64(int64_t outputs) {
  return padded_columns<double>(outputs);
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(CorrelateF32);
HWY_EXPORT(CorrelateF64);
HWY_EXPORT(PackF32);
HWY_EXPORT(PackF64);
HWY_EXPORT(WidthF32);
HWY_EXPORT(WidthF64);
HWY_EXPORT(PaddedF32);
HWY_EXPORT(PaddedF64);

void correlate(const Correlation<float>& task) {
  HWY_DYNAMIC_DISPATCH(CorrelateF32)(task);
}
void correlate(const Correlation<double>& task) {
  HWY_DYNAMIC_DISPATCH(CorrelateF64)(task);
}
void pack_panels(const PackBlock<float>& block) {
  HWY_DYNAMIC_DISPATCH(PackF32)(block);
}
void pack_panels(const PackBlock<double>& block) {
  HWY_DYNAMIC_DISPATCH(PackF64)(block);
}
template <>
int64_t panel_width<float>() {
  return HWY_DYNAMIC_DISPATCH(WidthF32)();
}
template <>
int64_t panel_width<double>() {
  return HWY_DYNAMIC_DISPATCH(WidthF64)();
}
template <>
int64_t packed_elements<float>(int64_t depth, int64_t outputs) {
  return HWY_DYNAMIC_DISPATCH(PaddedF32)(outputs) * (depth + 1);
}
template <>
int64_t packed_elements<double>(int64_t depth, int64_t outputs) {
  return HWY_DYNAMIC_DISPATCH(PaddedF64)(outputs) * (depth + 1);
}

}  // namespace fovea::kernels
#endif
