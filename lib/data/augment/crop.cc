#include "data/augment/crop.h"

#include <algorithm>
#include <cmath>
#include <optional>
#include <type_traits>

#include "data/augment/values.h"
#include "data/augment/warp.h"
#include "data/resize.h"
#include "kernels/image_color.h"
#include "kernels/random.h"

namespace fovea::data {
namespace {

struct Window {
  int64_t top, left, height, width;
};

template <class T>
T filling(double value) {
  return std::is_same_v<T, uint8_t> ? static_cast<T>(std::clamp(value, 0.0, 255.0) + 0.5)
                                    : static_cast<T>(value);
}

// The window, which may reach over the image's edges.
template <class T>
void cut(const AugmentStep& step, const Window& w, AugmentImage& image) {
  const int64_t channels = image.channels();
  const T fill = filling<T>(step.fill);
  T* out = image.fresh<T>(w.height, w.width);
  const int64_t first = std::clamp<int64_t>(-w.left, 0, w.width);
  const int64_t end = std::clamp(image.width() - w.left, first, w.width);
  for (int64_t r = 0; r < w.height; ++r) {
    T* to = out + r * w.width * channels;
    const int64_t row = filled_index(step.fill_mode, w.top + r, image.height());
    if (row < 0) {
      std::fill_n(to, w.width * channels, fill);
      continue;
    }
    const T* from = image.data<T>() + row * image.width() * channels;
    std::copy(from + (w.left + first) * channels, from + (w.left + end) * channels, to + first * channels);
    const auto beside = [&](int64_t x) {
      const int64_t column = filled_index(step.fill_mode, w.left + x, image.width());
      for (int64_t c = 0; c < channels; ++c)
        to[x * channels + c] = column < 0 ? fill : from[column * channels + c];
    };
    for (int64_t x = 0; x < first; ++x) beside(x);
    for (int64_t x = end; x < w.width; ++x) beside(x);
  }
  image.replace(out, w.height, w.width);
}

void cut(const AugmentStep& step, const Window& window, AugmentImage& image) {
  with_pixel(image.dtype(), [&](auto type) { cut<decltype(type)>(step, window, image); });
}

// Where a window may begin: -before, and so many places from there on.
struct Places {
  int64_t before, count;
};
Places places(int64_t extent, int64_t padding, int64_t size) {
  const int64_t missing = std::max<int64_t>(0, size - extent - 2 * padding);
  return {padding + missing / 2, extent + 2 * padding + missing - size + 1};
}

// A window of a share of the area and a ratio of its sides, `along` / `across`, drawn until it fits.
struct Sides {
  int64_t along, across;
};
std::optional<Sides> draw_sides(const AugmentStep& step, int64_t along, int64_t across,
                                RandomSequence& random) {
  const auto area = static_cast<double>(along * across);
  const Range logarithms{std::log(step.second->low), std::log(step.second->high)};
  for (int attempt = 0; attempt < 10; ++attempt) {
    const double share = draw(*step.range, random), ratio = std::exp(draw(logarithms, random));
    const auto a = static_cast<int64_t>(std::nearbyint(std::sqrt(area * share * ratio)));
    const auto b = static_cast<int64_t>(std::nearbyint(std::sqrt(area * share / ratio)));
    if (a > 0 && a <= along && b > 0 && b <= across) return Sides{a, b};
  }
  return {};
}

Window placed(int64_t height, int64_t width, const AugmentImage& image, RandomSequence& random) {
  const int64_t left = draw_below(image.width() - width + 1, random);
  const int64_t top = draw_below(image.height() - height + 1, random);
  return {top, left, height, width};
}

template <class T>
void paint(const AugmentStep& step, const Window& w, const RandomKey& key, uint32_t position,
           AugmentImage& image) {
  const int64_t channels = image.channels(), n = w.width * channels;
  T* pixels = image.writable<T>();
  const float* noise = nullptr;
  if (step.random_fill) {
    auto* values = image.memory().piece_of<float>(static_cast<size_t>(n * w.height));
    kernels::random_uniform(key, position, kBulkBlock, n * w.height, 0, image.white(), values);
    noise = values;
  }
  for (int64_t r = 0; r < w.height; ++r) {
    T* to = pixels + ((w.top + r) * image.width() + w.left) * channels;
    if (noise == nullptr)
      std::fill_n(to, n, filling<T>(step.fill));
    else if constexpr (std::is_same_v<T, uint8_t>)
      kernels::floats_to_bytes(n, noise + r * n, to);
    else
      std::copy_n(noise + r * n, n, to);
  }
}

}  // namespace

void random_crop(const AugmentStep& step, RandomSequence& random, AugmentImage& image) {
  const Places across = places(image.width(), step.padding, step.width);
  const Places down = places(image.height(), step.padding, step.height);
  const int64_t left = draw_below(across.count, random), top = draw_below(down.count, random);
  cut(step, {top - down.before, left - across.before, step.height, step.width}, image);
}

void center_crop(const AugmentStep& step, AugmentImage& image) {
  // A larger window than the image is in the middle just as well.
  const ImageOffset at = center_offset(std::max(image.height(), step.height),
                                       std::max(image.width(), step.width), step.height, step.width);
  const int64_t top = at.top - std::max<int64_t>(0, step.height - image.height()) / 2;
  const int64_t left = at.left - std::max<int64_t>(0, step.width - image.width()) / 2;
  cut(step, {top, left, step.height, step.width}, image);
}

void resize_step(const AugmentStep& step, AugmentImage& image) {
  const ImageSize size = step.width != 0 ? ImageSize{step.height, step.width}
                                         : short_side(image.height(), image.width(), step.height);
  Resize how{.height = size.height, .width = size.width};
  how.interpolation = step.interpolation;
  image.replace(resize(image.view(), how, image.memory()));
}

void scale_crop(const AugmentStep& step, RandomSequence& random, AugmentImage& image) {
  const auto low = static_cast<int64_t>(std::ceil(step.range->low));
  const auto high = static_cast<int64_t>(std::floor(step.range->high));
  const int64_t side = low + draw_below(high - low + 1, random);
  const ImageSize size = short_side(image.height(), image.width(), side);
  Resize how{.height = size.height, .width = size.width};
  how.crop_left = draw_below(size.width - step.width + 1, random);
  how.crop_top = draw_below(size.height - step.height + 1, random);
  how.crop_height = step.height;
  how.crop_width = step.width;
  how.interpolation = step.interpolation;
  image.replace(resize(image.view(), how, image.memory()));
}

void resized_crop(const AugmentStep& step, RandomSequence& random, AugmentImage& image) {
  Window w{};
  if (const auto sides = draw_sides(step, image.width(), image.height(), random)) {
    w = placed(sides->across, sides->along, image, random);
  } else {
    const auto height = static_cast<double>(image.height()), width = static_cast<double>(image.width());
    const double ratio = std::clamp(width / height, step.second->low, step.second->high);
    w.height = image.height();
    w.width = image.width();
    if (ratio > width / height)
      w.height = std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(width / ratio)));
    if (ratio < width / height)
      w.width = std::max<int64_t>(1, static_cast<int64_t>(std::nearbyint(height * ratio)));
    w.top = (image.height() - w.height) / 2;
    w.left = (image.width() - w.width) / 2;
  }
  Resize how;
  how.top = w.top, how.bottom = w.top + w.height;
  how.left = w.left, how.right = w.left + w.width;
  how.height = step.height;
  how.width = step.width;
  how.interpolation = step.interpolation;
  image.replace(resize(image.view(), how, image.memory()));
}

void cutout(const AugmentStep& step, RandomSequence& random, AugmentImage& image) {
  const Window w =
      placed(std::min(step.height, image.height()), std::min(step.width, image.width()), image, random);
  with_pixel(image.dtype(), [&](auto type) { paint<decltype(type)>(step, w, {}, 0, image); });
}

void erase(const AugmentStep& step, RandomSequence& random, const RandomKey& key, uint32_t position,
           AugmentImage& image) {
  const auto sides = draw_sides(step, image.height(), image.width(), random);
  if (!sides) return;
  const Window w = placed(sides->along, sides->across, image, random);
  with_pixel(image.dtype(), [&](auto type) { paint<decltype(type)>(step, w, key, position, image); });
}

}  // namespace fovea::data
