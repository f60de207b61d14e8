#include "kernels/conv_im2col.h"

#include <algorithm>
#include <cstring>

#include "kernels/elementwise.h"

namespace fovea::kernels {
namespace {

// Calls f(column element, image element or -1, n) for stretches of n elements, where -1 stands for zeros
// outside the image. A kernel row whose columns are neighbours in the image is one stretch.
template <class F>
void for_stretches(const Im2col& s, int64_t row, int64_t rows, F&& f) {
  const int64_t window = s.kernel_h * s.kernel_w * s.channels;
  const bool neighbours = s.dilation_w == 1 && s.pixel == s.channels;
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
      const int64_t y = (row + r) * s.stride_h - s.pad_top + ky * s.dilation_h;
      int64_t column = r * s.out_width * window + ky * s.kernel_w * s.channels;
      if (y < 0 || y >= s.height) {
        for (int64_t p = 0; p < s.out_width; ++p, column += window) f(column, -1, s.kernel_w * s.channels);
        continue;
      }
      for (int64_t p = 0; p < s.out_width; ++p, column += window) {
        const int64_t x = p * s.stride_w - s.pad_left;
        if (neighbours) {
          const int64_t begin = std::clamp<int64_t>(-x, 0, s.kernel_w);
          const int64_t end = std::clamp<int64_t>(s.width - x, begin, s.kernel_w);
          if (begin > 0) f(column, -1, begin * s.channels);
          if (end > begin)
            f(column + begin * s.channels, (y * s.width + x + begin) * s.pixel, (end - begin) * s.channels);
          if (end < s.kernel_w) f(column + end * s.channels, -1, (s.kernel_w - end) * s.channels);
          continue;
        }
        for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
          const int64_t at = x + kx * s.dilation_w;
          f(column + kx * s.channels, at < 0 || at >= s.width ? -1 : (y * s.width + at) * s.pixel,
            s.channels);
        }
      }
    }
  }
}

template <class T>
void gather(const Im2col& s, int64_t row, int64_t rows, const T* image, T* columns) {
  for_stretches(s, row, rows, [&](int64_t column, int64_t element, int64_t n) {
    const size_t bytes = static_cast<size_t>(n) * sizeof(T);
    if (element < 0)
      std::memset(columns + column, 0, bytes);
    else
      std::memcpy(columns + column, image + element, bytes);
  });
}

template <class T>
void scatter(const Im2col& s, int64_t row, int64_t rows, const T* columns, T* image) {
  for_stretches(s, row, rows, [&](int64_t column, int64_t element, int64_t n) {
    if (element >= 0) accumulate(n, columns + column, image + element);
  });
}

}  // namespace

void im2col(const Im2col& s, int64_t row, int64_t rows, const float* image, float* columns) {
  gather(s, row, rows, image, columns);
}
void im2col(const Im2col& s, int64_t row, int64_t rows, const double* image, double* columns) {
  gather(s, row, rows, image, columns);
}
void col2im_add(const Im2col& s, int64_t row, int64_t rows, const float* columns, float* image) {
  scatter(s, row, rows, columns, image);
}
void col2im_add(const Im2col& s, int64_t row, int64_t rows, const double* columns, double* image) {
  scatter(s, row, rows, columns, image);
}

}  // namespace fovea::kernels
