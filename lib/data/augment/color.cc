#include "data/augment/color.h"

#include <algorithm>
#include <array>
#include <cmath>
#include <type_traits>

#include "data/augment/values.h"
#include "kernels/image_color.h"
#include "kernels/random.h"

namespace fovea::data {
namespace {

// y = m x + b over the channels of each pixel, then bounded.
struct Affine {
  std::array<double, 9> m{};  // of other than three channels only the first
  std::array<double, 3> b{};
  double low = 0, high = 0;

  static Affine scaled(double factor, double offset, double low, double high) {
    return {{factor, 0, 0, 0, factor, 0, 0, 0, factor}, {offset, offset, offset}, low, high};
  }
};

// Every value on its own; of bytes, looked up: f is asked once for each of them.
template <class F>
void each_value(AugmentImage& image, F&& f) {
  const int64_t n = image.elements();
  if (image.dtype() == DType::u8) {
    std::array<uint8_t, 256> table;
    for (size_t v = 0; v < 256; ++v)
      table[v] = static_cast<uint8_t>(std::clamp(f(static_cast<double>(v)), 0.0, 255.0) + 0.5);
    const auto* from = image.data<uint8_t>();
    auto* to = image.in_place<uint8_t>();
    for (int64_t i = 0; i < n; ++i) to[i] = table[from[i]];
  } else {
    const auto* from = image.data<float>();
    auto* to = image.in_place<float>();
    for (int64_t i = 0; i < n; ++i) to[i] = static_cast<float>(f(static_cast<double>(from[i])));
  }
  image.keep();
}

void apply(const Affine& a, AugmentImage& image) {
  if (image.channels() != 3) {
    each_value(image, [&](double v) { return std::clamp(a.m[0] * v + a.b[0], a.low, a.high); });
    return;
  }
  kernels::ColorMatrix matrix{};
  for (size_t c = 0; c < 3; ++c) {
    for (size_t k = 0; k < 3; ++k) matrix.m[4 * c + k] = static_cast<float>(a.m[3 * c + k]);
    matrix.m[4 * c + 3] = static_cast<float>(a.b[c]);
  }
  matrix.low = static_cast<float>(a.low);
  matrix.high = static_cast<float>(a.high);
  with_pixel(image.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::color_matrix(matrix, image.pixels(), image.data<T>(), image.in_place<T>());
  });
  image.keep();
}

// Of the grey levels; where there are no colors, of all values.
double mean_grey(const AugmentImage& image) {
  return with_pixel(image.dtype(), [&](auto type) {
    using T = decltype(type);
    const auto* x = image.data<T>();
    double sum = 0;
    if (image.channels() == 3) {
      double sums[3];
      kernels::color_sums(image.pixels(), x, sums);
      for (int c = 0; c < 3; ++c) sum += kLuma[c] * sums[c];
      return sum / static_cast<double>(image.pixels());
    }
    for (int64_t i = 0; i < image.elements(); ++i) sum += static_cast<double>(x[i]);
    return sum / static_cast<double>(image.elements());
  });
}

Range least_and_largest(const AugmentImage& image) {
  return with_pixel(image.dtype(), [&](auto type) {
    const auto* x = image.data<decltype(type)>();
    auto low = x[0], high = x[0];
    for (int64_t i = 1; i < image.elements(); ++i) {
      low = std::min(low, x[i]);
      high = std::max(high, x[i]);
    }
    return Range{static_cast<double>(low), static_cast<double>(high)};
  });
}

// Between the pixel's grey level and itself.
Affine saturation(double factor, double white) {
  Affine a{{}, {}, 0, white};
  for (size_t c = 0; c < 3; ++c)
    for (size_t k = 0; k < 3; ++k) a.m[3 * c + k] = (1 - factor) * kLuma[k] + (c == k ? factor : 0);
  return a;
}

Affine color_offset(const AugmentStep& step, RandomSequence& random, double white) {
  Affine a = Affine::scaled(1, 0, 0, white);
  const double deviation = draw(*step.range, random);
  for (size_t axis = 0; axis < 3; ++axis) {
    const double along = deviation * random.normal() * step.colors.variances[axis];
    for (size_t c = 0; c < 3; ++c) a.b[c] += white * step.colors.axes[3 * c + axis] * along;
  }
  return a;
}

void hue(double turns, AugmentImage& image) {
  with_pixel(image.dtype(), [&](auto type) {
    using T = decltype(type);
    kernels::turn_hue(turns, image.pixels(), image.data<T>(), image.in_place<T>());
  });
  image.keep();
}

void noise(double deviation, const RandomKey& key, uint32_t position, AugmentImage& image) {
  constexpr int64_t kChunk = 4096;  // values; a multiple of a block's four
  auto* sum = image.memory().piece_of<float>(2 * kChunk);
  float* normal = sum + kChunk;
  const int64_t n = image.elements();
  const float ones[] = {1, 1};
  const float* rows[] = {sum, normal};
  for (int64_t i = 0; i < n; i += kChunk) {
    const int64_t count = std::min(kChunk, n - i);
    kernels::random_normal(key, position, kBulkBlock + static_cast<uint32_t>(i / 4), count, 0, deviation,
                           normal);
    if (image.dtype() == DType::u8) {
      kernels::bytes_to_floats(count, image.data<uint8_t>() + i, sum);
      kernels::weighted_rows(count, 2, rows, ones, sum);
      kernels::floats_to_bytes(count, sum, image.in_place<uint8_t>() + i);
    } else {
      rows[0] = image.data<float>() + i;
      kernels::weighted_rows(count, 2, rows, ones, image.in_place<float>() + i);
    }
  }
  image.keep();
}

// ---- by the levels of each channel --------------------------------------------------------------------

size_t level_of(uint8_t value, double) {
  return value;
}
size_t level_of(float value, double white) {
  const double level = static_cast<double>(value) / white * 255;
  return level > 0 ? static_cast<size_t>(std::min(level, 255.0) + 0.5) : 0;
}

using Counts = std::array<int64_t, 256>;
using Levels = std::array<double, 256>;

// PIL's ImageOps.equalize; false: the channel stays.
bool equalized(const Counts& counts, int64_t pixels, Levels& levels) {
  size_t last = 255;
  while (counts[last] == 0) --last;
  const int64_t step = (pixels - counts[last]) / 255;
  if (step == 0) return false;
  int64_t n = step / 2;
  for (size_t v = 0; v < 256; ++v) {
    levels[v] = static_cast<double>(std::min<int64_t>(255, n / step));
    n += counts[v];
  }
  return true;
}

template <class T>
void equalize(AugmentImage& image) {
  const int64_t channels = image.channels(), n = image.elements();
  const double white = image.white();
  T* x = image.writable<T>();
  for (int64_t c = 0; c < channels; ++c) {
    Counts counts{};
    Levels levels;
    for (int64_t i = c; i < n; i += channels) ++counts[level_of(x[i], white)];
    if (!equalized(counts, image.pixels(), levels)) continue;
    for (int64_t i = c; i < n; i += channels)
      x[i] = static_cast<T>(levels[level_of(x[i], white)] * (white / 255));
  }
}

template <class T>
void auto_contrast(AugmentImage& image) {
  const int64_t channels = image.channels(), n = image.elements();
  T* x = image.writable<T>();
  for (int64_t c = 0; c < channels; ++c) {
    T low = x[c], high = x[c];
    for (int64_t i = c; i < n; i += channels) {
      low = std::min(low, x[i]);
      high = std::max(high, x[i]);
    }
    if (!(low < high)) continue;
    const double scale = image.white() / (static_cast<double>(high) - static_cast<double>(low));
    for (int64_t i = c; i < n; i += channels)
      x[i] = static_cast<T>((static_cast<double>(x[i]) - static_cast<double>(low)) * scale +
                            (std::is_same_v<T, uint8_t> ? 0.5 : 0.0));
  }
}

// Steps whose effect on a value depends on nothing else; false: another step.
bool value_step(const AugmentStep& step, RandomSequence& random, AugmentImage& image) {
  const double white = image.white();
  const auto first = [&] { return draw(*step.range, random); };
  switch (step.kind) {
    case Augment::gamma: {
      const double gamma = first();
      each_value(image, [&](double v) { return white * std::pow(std::clamp(v / white, 0.0, 1.0), gamma); });
      return true;
    }
    case Augment::posterize: {
      const auto mask = 255u & ~(255u >> static_cast<unsigned>(first()));
      each_value(image, [&](double v) {
        const size_t level = level_of(static_cast<float>(v), white);
        return static_cast<double>(level & mask) * (white / 255);
      });
      return true;
    }
    case Augment::solarize: {
      const double threshold = first() * white / 255;
      each_value(image, [&](double v) { return v >= threshold ? white - v : v; });
      return true;
    }
    case Augment::invert:
      each_value(image, [&](double v) { return white - v; });
      return true;
    default:
      return false;
  }
}

void step_of_colors(const AugmentStep& step, RandomSequence& random, const RandomKey& key,
                    uint32_t position, AugmentImage& image) {
  if (value_step(step, random, image)) return;
  const double white = image.white();
  const auto first = [&] { return draw(*step.range, random); };
  const bool colored = image.channels() == 3;
  switch (step.kind) {
    case Augment::brightness:
      return apply(Affine::scaled(first(), 0, 0, white), image);
    case Augment::contrast: {
      const double factor = first();
      return apply(Affine::scaled(factor, (1 - factor) * mean_grey(image), 0, white), image);
    }
    case Augment::saturation: {
      const double factor = first();
      return colored ? apply(saturation(factor, white), image) : void();
    }
    case Augment::hue: {
      const double turns = first();
      return colored ? hue(turns, image) : void();
    }
    case Augment::channel_shift: {
      const double shift = first();
      const auto [low, high] = least_and_largest(image);
      return apply(Affine::scaled(1, shift, low, high), image);
    }
    case Augment::color_offset:
      return apply(color_offset(step, random, white), image);
    case Augment::grey:
      return colored ? apply(saturation(0, white), image) : void();
    case Augment::noise:
      return noise(first(), key, position, image);
    case Augment::auto_contrast:
      return with_pixel(image.dtype(), [&](auto type) { auto_contrast<decltype(type)>(image); });
    default:  // equalize
      return with_pixel(image.dtype(), [&](auto type) { equalize<decltype(type)>(image); });
  }
}

}  // namespace

// The alpha of two or four channels stays as it is.
void color_step(const AugmentStep& step, RandomSequence& random, const RandomKey& key, uint32_t position,
                AugmentImage& image) {
  const int64_t channels = image.channels(), colors = channels % 2 == 0 ? channels - 1 : channels;
  if (colors == channels) return step_of_colors(step, random, key, position, image);
  with_pixel(image.dtype(), [&](auto type) {
    using T = decltype(type);
    T* picked = image.memory().piece_of<T>(static_cast<size_t>(image.pixels() * colors));
    for (int64_t i = 0; i < image.pixels(); ++i)
      std::copy_n(image.data<T>() + i * channels, colors, picked + i * colors);
    AugmentImage part({picked, image.dtype(), {image.height(), image.width(), colors}}, image.white(),
                      image.memory());
    step_of_colors(step, random, key, position, part);
    T* out = image.writable<T>();
    for (int64_t i = 0; i < image.pixels(); ++i)
      std::copy_n(part.data<T>() + i * colors, colors, out + i * channels);
  });
}

void rescale(double factor, AugmentImage& image) {
  const int64_t n = image.elements();
  auto* out = image.fresh<float>(image.height(), image.width());
  with_pixel(image.dtype(), [&](auto type) {
    const auto* x = image.data<decltype(type)>();
    for (int64_t i = 0; i < n; ++i) out[i] = static_cast<float>(static_cast<double>(x[i]) * factor);
  });
  image.replace(out, image.height(), image.width());
}

}  // namespace fovea::data
