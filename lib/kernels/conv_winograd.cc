// Each vector of channels of a tile passes through the registers once: along the columns, then along the
// rows.
#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/conv_winograd.cc"
#include <hwy/cache_control.h>
#include <hwy/foreach_target.h>
#include <hwy/highway.h>

#include <algorithm>

#include "kernels/conv_winograd.h"
#include "kernels/math-inl.h"
#include "kernels/winograd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

// Where a tile begins; advances through the batch.
struct TilePosition {
  const WinogradGrid& grid;
  int64_t image, tile_row, tile_column;

  TilePosition(const WinogradGrid& g, int64_t tile)
      : grid(g),
        image(tile / g.tiles()),
        tile_row(tile % g.tiles() / g.tile_columns),
        tile_column(tile % g.tile_columns) {}
  int64_t row() const { return grid.row + tile_row * kWinogradStep; }
  int64_t column() const { return grid.column + tile_column * kWinogradStep; }
  void advance() {
    if (++tile_column < grid.tile_columns) return;
    tile_column = 0;
    if (++tile_row < grid.tile_rows) return;
    tile_row = 0;
    ++image;
  }
};

// With few channels a tile takes less time than a line needs to come in, and its rows are too short for the
// processor to see a pattern: the lines are fetched this many tiles ahead.
constexpr int64_t kAhead = 4;

// Fetches columns [skip, size) of a tile of `size` x `size` pixels, where they are inside of the image.
template <class T>
HWY_INLINE void prefetch_tile(const WinogradTiles& t, const TilePosition& p, int64_t skip, int64_t size,
                              const T* images) {
  const WinogradGrid& g = t.grid;
  const int64_t begin = std::max<int64_t>(p.column() + skip, 0), end = std::min(p.column() + size, g.width);
  for (int64_t row = std::max<int64_t>(p.row(), 0); row < std::min(p.row() + size, g.height); ++row) {
    for (int64_t column = begin; column < end; ++column) {
      const T* from = images + ((p.image * g.height + row) * g.width + column) * g.channels + t.first_channel;
      for (int64_t c = 0; c < t.channels; c += static_cast<int64_t>(64 / sizeof(T))) hwy::Prefetch(from + c);
    }
  }
}

// f(position, tile) for every tile; fetch(position) some tiles before.
template <class G, class F>
HWY_INLINE void for_tiles(const WinogradTiles& t, G&& fetch, F&& f) {
  TilePosition position(t.grid, t.first), ahead(t.grid, t.first + kAhead);
  for (int64_t tile = 0; tile < t.count; ++tile) {
    if (tile + kAhead < t.count) fetch(ahead);
    f(position, tile);
    position.advance();
    ahead.advance();
  }
}

// The rows of a tile's kSize x kSize pixels: where each begins, and those outside of the image as zeros.
template <class T, int kSize>
struct TileRows {
  alignas(64) static constexpr T kZeros[64 / sizeof(T)] = {};
  const T* images[kSize];
  const T* y[kSize];
  int64_t mask[kSize];  // of an offset in the row: zeros are read at 0
  int64_t begin, end;   // columns inside the image

  TileRows(const WinogradRead<T>& task, const TilePosition& tile) {
    const WinogradGrid& g = task.tiles.grid;
    const int64_t row = tile.row(), column = tile.column();
    begin = std::clamp<int64_t>(-column, 0, kSize);
    end = std::clamp<int64_t>(g.width - column, 0, kSize);
    for (int i = 0; i < kSize; ++i) {
      const bool inside = row + i >= 0 && row + i < g.height;
      const int64_t at =
          ((tile.image * g.height + row + i) * g.width + column) * g.channels + task.tiles.first_channel;
      mask[i] = inside ? -1 : 0;
      images[i] = inside ? task.images + at : kZeros;
      y[i] = inside && task.activation != Activation::linear ? task.y + at : kZeros;
    }
  }
};

template <class D, class V, int kPoints>
HWY_INLINE void transform(D d, const V (&x)[kPoints], V (&t)[kPoints]) {
  TransformInput(d, x, t);
}
template <class D, class V, int kPoints>
HWY_INLINE void transform(D d, const V (&x)[4], V (&t)[kPoints]) {
  TransformGradient(d, x, t);
}

// f(0), f(1) ...: unrolled where what f indexes fits the registers, more or less; 8 x 8 vectors do not.
template <int kCount, bool kUnrolled, class F>
HWY_INLINE void for_lines(F&& f) {
  if constexpr (kUnrolled) {
    FOVEA_UNROLL for (int i = 0; i < kCount; ++i) f(i);
  } else {
#if HWY_COMPILER_CLANG
#pragma clang loop unroll(disable)
#else
#pragma GCC unroll 1
#endif
    for (int i = 0; i < kCount; ++i) f(i);
  }
}

// One vector of channels of a tile: kSize x kSize pixels.
template <bool kBounded, int kSize, int kPoints, class D, class At, class T = hn::TFromD<D>>
HWY_INLINE void read_vector(D d, const WinogradRead<T>& task, const TileRows<T, kSize>& rows, int64_t channel,
                            At at, T* to) {
  using V = hn::Vec<D>;
  constexpr bool kUnrolled = kPoints == 6;
  V columns[kPoints][kSize];
  V sum = hn::Zero(d);
  const Bounds<T> bounds = bounds_of<T>(task.activation);
  [[maybe_unused]] const V low = hn::Set(d, bounds.low), high = hn::Set(d, bounds.high);
  for_lines<kSize, kUnrolled>([&](int j) FOVEA_INLINE_LAMBDA {
    V t[kPoints];
    if (j >= rows.begin && j < rows.end) {
      const int64_t offset = j * task.tiles.grid.channels + channel;
      V x[kSize];
      FOVEA_UNROLL for (int i = 0; i < kSize; ++i) {
        x[i] = at.load(rows.images[i] + (offset & rows.mask[i]));
        if constexpr (kBounded)
          x[i] = BoundBackward(low, at.load(rows.y[i] + (offset & rows.mask[i])), high, x[i]);
        if constexpr (kSize == 4) sum = hn::Add(sum, x[i]);
      }
      transform(d, x, t);
    } else {
      FOVEA_UNROLL for (int i = 0; i < kPoints; ++i) t[i] = hn::Zero(d);
    }
    FOVEA_UNROLL for (int i = 0; i < kPoints; ++i) columns[i][j] = t[i];
  });
  for_lines<kPoints, kUnrolled>([&](int i) FOVEA_INLINE_LAMBDA {
    V t[kPoints];
    transform(d, columns[i], t);
    FOVEA_UNROLL for (int j = 0; j < kPoints; ++j) at.store(t[j], to + (i * kPoints + j) * task.tiles.plane);
  });
  if (kSize == 4 && task.sums != nullptr)
    at.store(hn::Add(at.load(task.sums + channel), sum), task.sums + channel);
}

template <bool kBounded, int kSize, int kPoints, class T>
void read_tiles(const WinogradRead<T>& task) {
  const Tag<T> d;
  const auto fetch = [&](const TilePosition& p) FOVEA_INLINE_LAMBDA {
    prefetch_tile(task.tiles, p, kSize - kWinogradStep, kSize, task.images);
  };
  for_tiles(task.tiles, fetch, [&](const TilePosition& position, int64_t tile) FOVEA_INLINE_LAMBDA {
    const TileRows<T, kSize> rows(task, position);
    T* to = task.planes + tile * task.tiles.row;
    ForEachVector(d, task.tiles.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      read_vector<kBounded, kSize, kPoints>(d, task, rows, c, at, to + c);
    });
  });
}

template <int kSize, int kPoints, class T>
void read_all(const WinogradRead<T>& task) {
  if (task.activation == Activation::linear)
    read_tiles<false, kSize, kPoints>(task);
  else
    read_tiles<true, kSize, kPoints>(task);
}
template <class T>
void read_input(const WinogradRead<T>& task) {
  if (task.tiles.grid.kernel == 3)
    read_all<6, 6>(task);
  else
    read_all<8, 8>(task);
}
template <class T>
void read_gradient(const WinogradRead<T>& task) {
  if (task.tiles.grid.kernel == 3)
    read_all<4, 6>(task);
  else
    read_all<4, 8>(task);
}

template <int kPoints, class T>
void write_tiles(const WinogradWrite<T>& task) {
  const Tag<T> d;
  using V = hn::Vec<decltype(d)>;
  const WinogradGrid& g = task.tiles.grid;
  const int64_t plane = task.tiles.plane;
  const V low = hn::Set(d, task.bounds.low), high = hn::Set(d, task.bounds.high);
  const auto fetch = [&](const TilePosition& p)
                         FOVEA_INLINE_LAMBDA { prefetch_tile(task.tiles, p, 0, kWinogradStep, task.images); };
  for_tiles(task.tiles, fetch, [&](const TilePosition& position, int64_t tile) FOVEA_INLINE_LAMBDA {
    const int64_t rows = std::min(kWinogradStep, g.height - position.row());
    const int64_t columns = std::min(kWinogradStep, g.width - position.column());
    const T* from = task.planes + tile * task.tiles.row;
    T* to = task.images +
            ((position.image * g.height + position.row()) * g.width + position.column()) * g.channels +
            task.tiles.first_channel;
    ForEachVector(d, task.tiles.channels, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
      V half[4][kPoints];
      for_lines<kPoints, kPoints == 6>([&](int j) FOVEA_INLINE_LAMBDA {
        V m[kPoints], t[4];
        FOVEA_UNROLL for (int i = 0; i < kPoints; ++i) m[i] = at.load(from + (i * kPoints + j) * plane + c);
        TransformOutput(d, m, t);
        FOVEA_UNROLL for (int i = 0; i < 4; ++i) half[i][j] = t[i];
      });
      const V bias = task.bias ? at.load(task.bias + task.tiles.first_channel + c) : hn::Zero(d);
      FOVEA_UNROLL for (int i = 0; i < 4; ++i) {
        if (i >= rows) continue;
        V t[4];
        TransformOutput(d, half[i], t);
        T* y = to + i * g.width * g.channels + c;
        FOVEA_UNROLL for (int j = 0; j < 4; ++j) {
          if (j >= columns) continue;
          V v = hn::Add(t[j], bias);
          if (task.accumulate) v = hn::Add(v, at.load(y + j * g.channels));
          at.store(Bound(low, v, high), y + j * g.channels);
        }
      }
    });
  });
}

template <class T>
void write_output(const WinogradWrite<T>& task) {
  if (task.tiles.grid.kernel == 3)
    write_tiles<6>(task);
  else
    write_tiles<8>(task);
}

void InputF32(const WinogradRead<float>& task) {
  read_input(task);
}
void InputF64(const WinogradRead<double>& task) {
  read_input(task);
}
void GradientF32(const WinogradRead<float>& task) {
  read_gradient(task);
}
void GradientF64(const WinogradRead<double>& task) {
  read_gradient(task);
}
void OutputF32(const WinogradWrite<float>& task) {
  write_output(task);
}
void OutputF64(const WinogradWrite<double>& task) {
  write_output(task);
}

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(InputF32);
HWY_EXPORT(InputF64);
HWY_EXPORT(GradientF32);
HWY_EXPORT(GradientF64);
HWY_EXPORT(OutputF32);
HWY_EXPORT(OutputF64);

void winograd_input(const WinogradRead<float>& task) {
  HWY_DYNAMIC_DISPATCH(InputF32)(task);
}
void winograd_input(const WinogradRead<double>& task) {
  HWY_DYNAMIC_DISPATCH(InputF64)(task);
}
void winograd_gradient(const WinogradRead<float>& task) {
  HWY_DYNAMIC_DISPATCH(GradientF32)(task);
}
void winograd_gradient(const WinogradRead<double>& task) {
  HWY_DYNAMIC_DISPATCH(GradientF64)(task);
}
void winograd_output(const WinogradWrite<float>& task) {
  HWY_DYNAMIC_DISPATCH(OutputF32)(task);
}
void winograd_output(const WinogradWrite<double>& task) {
  HWY_DYNAMIC_DISPATCH(OutputF64)(task);
}

}  // namespace fovea::kernels
#endif
