// The micro-kernel: a tile of up to kMaxRows outputs of one row times one panel of weights stays in
// registers while all runs pass; each step loads one row of the panel and broadcasts one input per pixel.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_direct.cc"
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <limits>
#include <utility>

#include "kernels/conv_direct.h"
#include "kernels/panel-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// One tile: where its windows, its weights and its outputs are.
template <class T> struct OutputTile {
  const T* x;
  int64_t x_first, x_pixel;
  const Run* runs;
  int64_t run_count;
  const T* bias;
  const T* weights;
  T* y;
  int64_t y_pixel;
  size_t columns;  // of the panel that are outputs
  bool accumulate, relu;
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
      if (t.relu) v = hn::Max(hn::Zero(d), v);
      store_columns(d, v, y, n);
    }
  }
}

template <int kPixels, int kVectors, class D, class T = hn::TFromD<D>>
void compute_tile(D d, const OutputTile<T>& t) {
  using V = hn::Vec<D>;
  constexpr int kPointers = (kPixels + kPixelsPerPointer - 1) / kPixelsPerPointer;
  const size_t lanes = hn::Lanes(d);
  const int64_t step = t.x_pixel;

  V sum[kPixels][kVectors];
  FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) {
    const V bias = hn::LoadU(d, t.bias + j * lanes);
    FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) sum[i][j] = bias;
  }
  const T* w = t.weights;
  for (int64_t r = 0; r < t.run_count; ++r) {
    const T* x[kPointers];
    FOVEA_UNROLL for (int g = 0; g < kPointers; ++g)
      x[g] = t.x + (t.x_first + t.runs[r].offset + g * kPixelsPerPointer * step);
    for (int64_t k = 0; k < t.runs[r].length; ++k) {
      V row[kVectors];
      FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) row[j] = hn::LoadU(d, w + j * lanes);
      FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
        const V in = hn::Set(d, x[i / kPixelsPerPointer][(i % kPixelsPerPointer) * step + k]);
        FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) sum[i][j] = hn::MulAdd(in, row[j], sum[i][j]);
      }
      w += kVectors * lanes;
    }
  }

  if (t.accumulate) {
    HWY_ALIGN T sums[kPixels * kVectors * HWY_MAX_BYTES / sizeof(T)];
    FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
      FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) hn::Store(sum[i][j], d, sums + (i * kVectors + j) * lanes);
    }
    add_tile(d, t, kPixels, kVectors, sums);
    return;
  }
  const V floor = t.relu ? hn::Zero(d) : hn::Set(d, -std::numeric_limits<T>::infinity());
  const size_t last = t.columns - (kVectors - 1) * lanes;  // columns in the last vector
  FOVEA_UNROLL for (int i = 0; i < kPixels; ++i) {
    T* y = t.y + i * t.y_pixel;
    FOVEA_UNROLL for (int j = 0; j < kVectors; ++j) {
      const V v = hn::Max(floor, sum[i][j]);  // in this order NaN passes
      if (j + 1 < kVectors) hn::StoreU(v, d, y + j * lanes);
      else store_columns(d, v, y + j * lanes, last);
    }
  }
}

template <class T> using TileFunction = void (*)(const OutputTile<T>&);

// compute_tile for 1, 2, 3 ... pixels.
template <int kVectors, class D, int... kPixels>
constexpr auto tile_table(D, std::integer_sequence<int, kPixels...>) {
  using T = hn::TFromD<D>;
  struct Table {
    TileFunction<T> of[sizeof...(kPixels)];
  };
  return Table{{+[](const OutputTile<T>& t) HWY_ATTR { compute_tile<kPixels + 1, kVectors>(D(), t); }...}};
}

// All tiles of one panel. A row is cut into tiles of nearly equal size.
template <int kVectors, class D, class T = hn::TFromD<D>>
void compute_panel(D d, const Correlation<T>& c, const T* packed, int64_t first_output, int64_t outputs) {
  constexpr int kMax = kVectors == 2 ? kMaxRows2 : kMaxRows1;
  static constexpr auto table = tile_table<kVectors>(D(), std::make_integer_sequence<int, kMax>());
  const int64_t width = kVectors * static_cast<int64_t>(hn::Lanes(d));
  const int64_t tiles = (c.pixels + kMax - 1) / kMax;
  const RunRange all{0, static_cast<int64_t>(c.runs.size())};
  for (int64_t r = 0; r < c.rows; ++r) {
    const RunRange range = c.row_runs ? c.row_runs[r] : all;
    int64_t skipped = 0;
    for (int64_t i = 0; i < range.first; ++i) skipped += c.runs[static_cast<size_t>(i)].length;
    for (int64_t i = 0; i < tiles; ++i) {
      const int64_t begin = c.pixels * i / tiles, end = c.pixels * (i + 1) / tiles;
      const OutputTile<T> tile{c.x,
                         c.x_first + r * c.x_row + begin * c.x_pixel,
                         c.x_pixel,
                         c.runs.data() + range.first,
                         range.count,
                         packed,
                         packed + width * (1 + skipped),
                         c.y + r * c.y_row + begin * c.y_pixel + first_output,
                         c.y_pixel,
                         static_cast<size_t>(outputs < width ? outputs : width),
                         c.accumulate,
                         c.relu};
      table.of[end - begin - 1](tile);
    }
  }
}

template <class T> void correlate_all(const Correlation<T>& c) {
  if (c.pixels <= 0) return;
  for_panels<T>(c.outputs, [&](auto tag, auto vectors, int64_t first, int64_t count) HWY_ATTR {
    compute_panel<vectors>(tag, c, c.packed + first * (c.depth + 1), first, count);
  });
}

template <class T> void pack_all(const PackBlock<T>& b) {
  for_panels<T>(b.outputs, [&](auto tag, auto vectors, int64_t first, int64_t count) HWY_ATTR {
    const int64_t width = vectors * static_cast<int64_t>(hn::Lanes(tag));
    T* to = b.packed + first * (b.depth + 1) + b.first_row * width;
    for (int64_t r = 0; r < b.rows; ++r, to += width) {
      for (int64_t j = 0; j < width; ++j) {
        const int64_t c = first + j;
        if (j >= count || b.source == nullptr) to[j] = T{0};
        else to[j] = b.source[r * b.row_stride + c * b.column_stride] * (b.scale ? b.scale[c] : T{1});
      }
    }
  });
}

void CorrelateF32(const Correlation<float>& c) { correlate_all(c); }
void CorrelateF64(const Correlation<double>& c) { correlate_all(c); }
void PackF32(const PackBlock<float>& b) { pack_all(b); }
void PackF64(const PackBlock<double>& b) { pack_all(b); }
int64_t WidthF32() { return 2 * static_cast<int64_t>(hn::Lanes(Tag<float>())); }
int64_t WidthF64() { return 2 * static_cast<int64_t>(hn::Lanes(Tag<double>())); }
int64_t PaddedF32(int64_t outputs) { return padded_columns<float>(outputs); }
int64_t PaddedF64(int64_t outputs) { return padded_columns<double>(outputs); }

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

void correlate(const Correlation<float>& task) { HWY_DYNAMIC_DISPATCH(CorrelateF32)(task); }
void correlate(const Correlation<double>& task) { HWY_DYNAMIC_DISPATCH(CorrelateF64)(task); }
void pack_panels(const PackBlock<float>& block) { HWY_DYNAMIC_DISPATCH(PackF32)(block); }
void pack_panels(const PackBlock<double>& block) { HWY_DYNAMIC_DISPATCH(PackF64)(block); }
template <> int64_t panel_width<float>() { return HWY_DYNAMIC_DISPATCH(WidthF32)(); }
template <> int64_t panel_width<double>() { return HWY_DYNAMIC_DISPATCH(WidthF64)(); }
template <> int64_t packed_elements<float>(int64_t depth, int64_t outputs) {
  return HWY_DYNAMIC_DISPATCH(PaddedF32)(outputs) * (depth + 1);
}
template <> int64_t packed_elements<double>(int64_t depth, int64_t outputs) {
  return HWY_DYNAMIC_DISPATCH(PaddedF64)(outputs) * (depth + 1);
}

}  // namespace fovea::kernels
#endif
