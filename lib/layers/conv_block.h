// What the methods of convolution and dense layers share: dz made out of dy, blocks of images in lane memory,
// sums in fixed parts. May use: layers/layer.h, kernels.
#pragma once
#include <algorithm>
#include <cstring>

#include "base/memory.h"
#include "kernels/activation.h"
#include "kernels/elementwise.h"
#include "layers/layer.h"

namespace fovea::layers {

// Bytes of n elements, rounded so that what follows is aligned.
template <class T>
size_t aligned_bytes(int64_t n) {
  return align_up(static_cast<size_t>(n) * sizeof(T));
}
// A lane's memory during a call; a block of n elements in it is followed by the next at aligned_end().
template <class T, class Pass>
T* lane_memory(const Pass& pass, int lane) {
  return reinterpret_cast<T*>(pass.lane_scratch + static_cast<size_t>(lane) * pass.lane_stride);
}
template <class T>
T* aligned_end(T* block, int64_t n) {
  return block + aligned_bytes<T>(n) / sizeof(T);
}

// A batch of images to read: x, or dy with the activation's derivative applied on the way.
template <class T>
struct ImageSource {
  const T* data;
  int64_t height, width, channels;
  Activation activation = Activation::linear;
  const T* y = nullptr;  // the layer's output, where activation is not linear

  const T* image(int64_t i) const { return data + i * height * width * channels; }
};

// to[0, n) = the n elements of `s` from `element`.
template <class T>
void read_elements(const ImageSource<T>& s, int64_t element, int64_t n, T* to) {
  if (s.activation == Activation::linear)
    std::memcpy(to, s.data + element, static_cast<size_t>(n) * sizeof(T));
  else
    kernels::activate_backward(s.activation, n, s.y + element, s.data + element, to);
}

// A rectangle of pixels, which may reach over the image's edges: [row, row_end) x [column, column_end).
struct Rectangle {
  int64_t row, row_end, column, column_end;
  int64_t columns() const { return column_end - column; }
  int64_t pixels() const { return (row_end - row) * columns(); }
};

// The distance of pixels in a copy. Channels that are a multiple of 1 KB would put neighbouring pixels into
// the same few lines of the first-level cache, which then throw each other out.
inline int64_t copied_pixel(int64_t channels) {
  return channels % 256 == 0 ? channels + 16 : channels;
}

// Copies a rectangle of image `image`, pixels `pixel` elements apart; what lies outside of the image is
// zeros.
template <class T>
void copy_rectangle(const ImageSource<T>& s, int64_t image, const Rectangle& r, int64_t pixel, T* to) {
  const int64_t begin = std::clamp<int64_t>(0, r.column, r.column_end);
  const int64_t end = std::clamp<int64_t>(s.width, begin, r.column_end);
  const auto zeros = [&](int64_t pixels) {
    std::fill_n(to, pixels * pixel, T{0});
    to += pixels * pixel;
  };
  for (int64_t row = r.row; row < r.row_end; ++row) {
    if (row < 0 || row >= s.height || begin == end) {
      zeros(r.columns());
      continue;
    }
    zeros(begin - r.column);
    const int64_t from = ((image * s.height + row) * s.width + begin) * s.channels, pixels = end - begin;
    if (pixel == s.channels)
      read_elements(s, from, pixels * pixel, to);
    else
      for (int64_t p = 0; p < pixels; ++p)
        read_elements(s, from + p * s.channels, s.channels, to + p * pixel);
    to += pixels * pixel;
    zeros(r.column_end - end);
  }
}

// A sum over a batch in parts: how many there are depends on the problem alone, each part goes through its
// samples in order, and the parts are added in order.
struct Parts {
  int64_t count;
  int64_t first(int64_t part, int64_t samples) const { return part * samples / count; }
};

// At most 8, fewer where there are fewer samples or the parts' memory would pass a bound.
inline Parts make_parts(int64_t samples, int64_t bytes_each) {
  constexpr int64_t kMostParts = 8, kMostBytes = int64_t{16} << 20;
  return {
      std::clamp<int64_t>(kMostBytes / std::max<int64_t>(bytes_each, 1), 1, std::min(kMostParts, samples))};
}

// sum[i] += parts[0][i] + parts[1][i] + ..., in this order; part p stands at parts + p * stride.
template <class T>
void add_parts(Executor& exec, int64_t count, int64_t n, const T* parts, int64_t stride, T* sum) {
  if (count == 0) return;
  exec.parallel_for(blocks_of(n, kernels::kElementsPerTask), [&](int64_t task, int) {
    const int64_t begin = task * kernels::kElementsPerTask;
    const int64_t size = std::min(kernels::kElementsPerTask, n - begin);
    for (int64_t p = 0; p < count; ++p) kernels::accumulate(size, parts + p * stride + begin, sum + begin);
  });
}

// db[c] += the sum over rows of dz[r][c]; `spare` holds `columns` elements.
template <class T>
void add_bias_gradient(int64_t rows, int64_t columns, const T* dz, int64_t row_stride, T* spare, T* db) {
  kernels::bias_gradient(rows, columns, dz, row_stride, spare);
  kernels::accumulate(columns, spare, db);
}

}  // namespace fovea::layers
