#include "data/augment/filter.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "kernels/image_color.h"

namespace fovea::data {
namespace {

// Index i of n pixels mirrored about the outermost ones: 2 1 0 1 2.
int64_t mirrored(int64_t i, int64_t n) {
  if (n == 1) return 0;
  const int64_t period = 2 * (n - 1), turn = ((i % period) + period) % period;
  return std::min(turn, period - turn);
}

// A row of weights and pointers to what they weigh, of odd length.
struct Window {
  int64_t taps;
  float* weights;
  const float** rows;
};
Window gaussian(double sigma, int64_t taps, SampleMemory& memory) {
  const int64_t reach = taps != 0 ? taps / 2 : static_cast<int64_t>(std::ceil(3 * sigma));
  Window window{2 * reach + 1, memory.piece_of<float>(static_cast<size_t>(2 * reach + 1)),
                memory.piece_of<const float*>(static_cast<size_t>(2 * reach + 1))};
  double sum = 0;
  const auto weight = [sigma](int64_t i) {
    const double x = static_cast<double>(i) / sigma;
    return std::exp(-0.5 * x * x);
  };
  for (int64_t i = -reach; i <= reach; ++i) sum += weight(i);
  for (int64_t i = -reach; i <= reach; ++i) window.weights[i + reach] = static_cast<float>(weight(i) / sum);
  return window;
}

void to_floats(int64_t n, const uint8_t* x, float* y) {
  kernels::bytes_to_floats(n, x, y);
}
void to_floats(int64_t n, const float* x, float* y) {
  std::copy_n(x, n, y);
}

// Row `row` with `reach` mirrored pixels on each side.
template <class T>
void padded_row(const AugmentImage& image, int64_t row, int64_t reach, float* out) {
  const int64_t width = image.width(), channels = image.channels();
  float* middle = out + reach * channels;
  to_floats(width * channels, image.data<T>() + row * width * channels, middle);
  for (int64_t i = -reach; i < 0; ++i)
    std::copy_n(middle + mirrored(i, width) * channels, channels, middle + i * channels);
  for (int64_t i = width; i < width + reach; ++i)
    std::copy_n(middle + mirrored(i, width) * channels, channels, middle + i * channels);
}

// Every row through the horizontal window.
template <class T>
float* across(const AugmentImage& image, Window window, SampleMemory& memory) {
  const int64_t channels = image.channels(), n = image.width() * channels, reach = window.taps / 2;
  auto* padded = memory.piece_of<float>(static_cast<size_t>(n + 2 * reach * channels));
  auto* out = memory.piece_of<float>(static_cast<size_t>(n * image.height()));
  for (int64_t k = 0; k < window.taps; ++k) window.rows[k] = padded + k * channels;
  for (int64_t r = 0; r < image.height(); ++r) {
    padded_row<T>(image, r, reach, padded);
    kernels::weighted_rows(n, window.taps, window.rows, window.weights, out + r * n);
  }
  return out;
}

template <class T>
void blur_as(const Window& horizontal, const Window& vertical, AugmentImage& image) {
  const int64_t n = image.width() * image.channels(), height = image.height(), reach = vertical.taps / 2;
  const float* rows = across<T>(image, horizontal, image.memory());
  T* out = image.fresh<T>(height, image.width());
  auto* sum = image.memory().piece_of<float>(static_cast<size_t>(n));
  for (int64_t r = 0; r < height; ++r) {
    for (int64_t k = 0; k < vertical.taps; ++k) vertical.rows[k] = rows + mirrored(r + k - reach, height) * n;
    if constexpr (std::is_same_v<T, uint8_t>) {
      kernels::weighted_rows(n, vertical.taps, vertical.rows, vertical.weights, sum);
      kernels::floats_to_bytes(n, sum, out + r * n);
    } else {
      kernels::weighted_rows(n, vertical.taps, vertical.rows, vertical.weights, out + r * n);
    }
  }
  image.replace(out, height, image.width());
}

template <class T>
void sharpen_as(double factor, AugmentImage& image) {
  const int64_t channels = image.channels(), n = image.width() * channels, height = image.height();
  SampleMemory& memory = image.memory();
  float ones[] = {1, 1, 1};
  const float* neighbours[3];
  const float* sums = across<T>(image, {3, ones, neighbours}, memory);
  T* out = image.fresh<T>(height, image.width());
  auto* own = memory.piece_of<float>(static_cast<size_t>(2 * n));
  float* mixed = own + n;
  const auto smooth = static_cast<float>((1 - factor) / 13);
  const float weights[] = {smooth, smooth, smooth, static_cast<float>(factor + (1 - factor) * 4 / 13)};
  std::copy_n(image.data<T>(), n, out);
  std::copy_n(image.data<T>() + (height - 1) * n, n, out + (height - 1) * n);
  for (int64_t r = 1; r + 1 < height; ++r) {
    const T* from = image.data<T>() + r * n;
    to_floats(n, from, own);
    const float* rows[] = {sums + (r - 1) * n, sums + r * n, sums + (r + 1) * n, own};
    kernels::weighted_rows(n, 4, rows, weights, mixed);
    T* to = out + r * n;
    if constexpr (std::is_same_v<T, uint8_t>) {
      kernels::floats_to_bytes(n, mixed, to);
    } else {
      const auto white = static_cast<float>(image.white());
      for (int64_t i = 0; i < n; ++i) to[i] = std::clamp(mixed[i], 0.0f, white);
    }
    std::copy_n(from, channels, to);
    std::copy_n(from + n - channels, channels, to + n - channels);
  }
  image.replace(out, height, image.width());
}

}  // namespace

void blur(double sigma_x, double sigma_y, int64_t height, int64_t width, AugmentImage& image) {
  const Window horizontal = gaussian(sigma_x, width, image.memory());
  const Window vertical = gaussian(sigma_y, height, image.memory());
  with_pixel(image.dtype(), [&](auto type) { blur_as<decltype(type)>(horizontal, vertical, image); });
}

void sharpen(double factor, AugmentImage& image) {
  if (image.height() < 3 || image.width() < 3) return;
  with_pixel(image.dtype(), [&](auto type) { sharpen_as<decltype(type)>(factor, image); });
}

}  // namespace fovea::data
