#include "data/augment/warp.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <type_traits>

#include "data/augment/filter.h"
#include "data/augment/values.h"
#include "kernels/image_warp.h"
#include "kernels/random.h"

namespace fovea::data {
namespace {

using Matrix = WarpChain::Matrix;

Matrix product(const Matrix& a, const Matrix& b) {
  Matrix c{};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 3; ++k) c[3 * i + j] += a[3 * i + k] * b[3 * k + j];
  return c;
}

Matrix inverse(const Matrix& m) {
  const auto minor = [&m](size_t a, size_t b, size_t c, size_t d) { return m[a] * m[d] - m[b] * m[c]; };
  Matrix n{minor(4, 5, 7, 8),  -minor(1, 2, 7, 8), minor(1, 2, 4, 5),  -minor(3, 5, 6, 8), minor(0, 2, 6, 8),
           -minor(0, 2, 3, 5), minor(3, 4, 6, 7),  -minor(0, 1, 6, 7), minor(0, 1, 3, 4)};
  const double determinant = m[0] * n[0] + m[1] * n[3] + m[2] * n[6];
  for (double& v : n) v /= determinant;
  return n;
}

Matrix linear(double xx, double xy, double yx, double yy) {
  return {xx, xy, 0, yx, yy, 0, 0, 0, 1};
}
Matrix translation(double x, double y) {
  return {1, 0, x, 0, 1, y, 0, 0, 1};
}

struct Place {
  double x, y;
};

// From the unit square's corners (0, 0), (1, 0), (1, 1), (0, 1) to four points (Heckbert, "Fundamentals of
// texture mapping and image warping", 1989, 2.2.3).
Matrix square_to(const std::array<Place, 4>& p) {
  const double dx1 = p[1].x - p[2].x, dx2 = p[3].x - p[2].x, sx = p[0].x - p[1].x + p[2].x - p[3].x;
  const double dy1 = p[1].y - p[2].y, dy2 = p[3].y - p[2].y, sy = p[0].y - p[1].y + p[2].y - p[3].y;
  const double per = 1 / (dx1 * dy2 - dx2 * dy1);
  const double g = (sx * dy2 - dx2 * sy) * per, h = (dx1 * sy - sx * dy1) * per;
  return {p[1].x - p[0].x + g * p[1].x,
          p[3].x - p[0].x + h * p[3].x,
          p[0].x,
          p[1].y - p[0].y + g * p[1].y,
          p[3].y - p[0].y + h * p[3].y,
          p[0].y,
          g,
          h,
          1};
}

// Each corner moved inwards by its shares of half the extents.
Matrix perspective(const std::array<double, 8>& shares, double width, double height) {
  const double right = width - 1, lower = height - 1, x = width / 2, y = height / 2;
  const std::array<Place, 4> corners{{{shares[0] * x, shares[1] * y},
                                      {right - shares[2] * x, shares[3] * y},
                                      {right - shares[4] * x, lower - shares[5] * y},
                                      {shares[6] * x, lower - shares[7] * y}}};
  const Matrix of_pixels = product(linear(right, 0, 0, lower), inverse(square_to(corners)));
  // add_matrix() wants the middle as the origin.
  return product(product(translation(-right / 2, -lower / 2), of_pixels), translation(right / 2, lower / 2));
}

Matrix matrix_of(const AugmentStep& step, RandomSequence& random, const AugmentImage& image) {
  const auto width = static_cast<double>(image.width()), height = static_cast<double>(image.height());
  const auto first = [&] { return draw(*step.range, random); };
  const auto second = [&] { return draw(*step.second, random); };
  switch (step.kind) {
    case Augment::rotation: {
      const double angle = radians(first()), c = std::cos(angle), s = std::sin(angle);
      return linear(c, -s, s, c);
    }
    case Augment::shift: {
      const double x = first(), y = second();
      return step.pixels ? translation(-x, -y) : translation(-x * width, -y * height);
    }
    case Augment::shear: {
      const double x = std::tan(radians(first())), y = std::tan(radians(second()));
      return linear(1 + x * y, x, y, 1);
    }
    case Augment::keras_shear: {
      const double angle = radians(first());
      return linear(std::cos(angle), 0, -std::sin(angle), 1);
    }
    case Augment::zoom: {
      const double factor = first();
      return linear(factor, 0, 0, factor);
    }
    case Augment::stretch: {
      const double x = first(), y = second();
      return linear(x, 0, 0, y);
    }
    case Augment::perspective: {
      std::array<double, 8> shares;
      for (double& share : shares) share = first();
      // A line has no perspective.
      return image.width() > 1 && image.height() > 1 ? perspective(shares, width, height)
                                                     : linear(1, 0, 0, 1);
    }
    case Augment::vertical_flip:
      return linear(1, 0, 0, -1);
    default:  // horizontal_flip
      return linear(-1, 0, 0, 1);
  }
}

// ---- resampling -----------------------------------------------------------------------------------------

template <class T>
T stored(double value) {
  if constexpr (std::is_same_v<T, uint8_t>)
    return static_cast<uint8_t>(std::clamp(value, 0.0, 255.0) + 0.5);
  else
    return static_cast<T>(value);
}

double cubic(double x) {
  constexpr double a = -0.5;  // Keys 1981
  x = std::abs(x);
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

// Any interpolation under any fill mode, a pixel at a time.
template <class T>
class Sampler {
 public:
  Sampler(const AugmentImage& image, Interpolation interpolation, FillMode mode, double fill)
      : image_(image), interpolation_(interpolation), mode_(mode), fill_(fill) {}

  void pixel(float x, float y, T* out) const {
    // Far outside, or no place at all: as good as any place outside.
    const double px = std::abs(x) < 1e6f ? static_cast<double>(x) : -1e6;
    const double py = std::abs(y) < 1e6f ? static_cast<double>(y) : -1e6;
    const int taps = interpolation_ == Interpolation::nearest   ? 1
                     : interpolation_ == Interpolation::bicubic ? 4
                                                                : 2;
    int64_t columns[4], rows[4];
    double across[4], down[4];
    window(px, taps, image_.width(), columns, across);
    window(py, taps, image_.height(), rows, down);
    for (int64_t c = 0; c < image_.channels(); ++c) {
      double sum = 0;
      for (int r = 0; r < taps; ++r)
        for (int k = 0; k < taps; ++k) sum += down[r] * across[k] * at(rows[r], columns[k], c);
      out[c] = stored<T>(sum);
    }
  }

 private:
  void window(double at, int taps, int64_t extent, int64_t* index, double* weight) const {
    const double lower = std::floor(taps == 1 ? at + 0.5 : at), part = at - lower;
    const int64_t first = static_cast<int64_t>(lower) - (taps == 4 ? 1 : 0);
    for (int k = 0; k < taps; ++k) {
      index[k] = filled_index(mode_, first + k, extent);
      weight[k] = taps == 1 ? 1 : taps == 4 ? cubic(part + 1 - k) : k == 0 ? 1 - part : part;
    }
  }
  double at(int64_t row, int64_t column, int64_t channel) const {
    if (row < 0 || column < 0) return fill_;
    return static_cast<double>(
        image_.template data<T>()[(row * image_.width() + column) * image_.channels() + channel]);
  }

  const AugmentImage& image_;
  Interpolation interpolation_;
  FillMode mode_;
  double fill_;
};

// Places beside the image brought to where the same stands in it: then the outermost pixels go on only by
// halves of a pixel, which is what a mirror has there, too.
void reflect(int64_t n, int64_t extent, float* at) {
  const auto size = static_cast<double>(extent);
  for (int64_t i = 0; i < n; ++i) {
    const auto place = static_cast<double>(at[i]) + 0.5;
    if (place >= 0 && place <= size) continue;
    const double turn = place - 2 * size * std::floor(place / (2 * size));
    at[i] = static_cast<float>(std::min(turn, 2 * size - turn) - 0.5);
  }
}

void wrap(int64_t n, int64_t extent, float* at) {
  const auto size = static_cast<double>(extent);
  for (int64_t i = 0; i < n; ++i) {
    const auto place = static_cast<double>(at[i]);
    if (!(place >= 0 && place < size)) at[i] = static_cast<float>(place - size * std::floor(place / size));
  }
}

}  // namespace

int64_t filled_index(FillMode mode, int64_t i, int64_t n) {
  if (i >= 0 && i < n) return i;
  switch (mode) {
    case FillMode::constant:
      return -1;
    case FillMode::nearest:
      return i < 0 ? 0 : n - 1;
    case FillMode::reflect: {
      const int64_t turn = ((i % (2 * n)) + 2 * n) % (2 * n);
      return std::min(turn, 2 * n - 1 - turn);
    }
    case FillMode::wrap:
      return ((i % n) + n) % n;
  }
  return -1;
}

bool WarpChain::takes(const AugmentStep& step) const {
  if (count_ == kMaxMaps) return false;
  if (flips_only_ || step.kind == Augment::horizontal_flip || step.kind == Augment::vertical_flip)
    return true;
  return step.interpolation == interpolation_ && step.fill_mode == fill_mode_ && step.fill == fill_;
}

void WarpChain::add_matrix(const Matrix& centered, const AugmentImage& image) {
  const double x = static_cast<double>(image.width() - 1) / 2,
               y = static_cast<double>(image.height() - 1) / 2;
  const Matrix of_pixels = product(product(translation(x, y), centered), translation(-x, -y));
  if (count_ > 0 && maps_[static_cast<size_t>(count_ - 1)].kind == Map::matrix) {
    Matrix& last = maps_[static_cast<size_t>(count_ - 1)].m;
    last = product(last, of_pixels);
  } else {
    maps_[static_cast<size_t>(count_++)] = {Map::matrix, of_pixels, 0, 0, nullptr};
  }
}

void WarpChain::add_elastic(double alpha, double sigma, const RandomKey& key, uint32_t position,
                            AugmentImage& image) {
  auto* noise = image.memory().piece_of<float>(static_cast<size_t>(2 * image.pixels()));
  kernels::random_uniform(key, position, kBulkBlock, 2 * image.pixels(), -alpha, alpha, noise);
  AugmentImage field({noise, DType::f32, {image.height(), image.width(), 2}}, 1, image.memory());
  blur(sigma, sigma, 0, 0, field);
  maps_[static_cast<size_t>(count_++)] = {Map::elastic, {}, 0, 0, field.data<float>()};
}

void WarpChain::add(const AugmentStep& step, RandomSequence& random, const RandomKey& key, uint32_t position,
                    AugmentImage& image) {
  const bool x = step.kind == Augment::horizontal_flip, y = step.kind == Augment::vertical_flip;
  flip_x_ ^= x;
  flip_y_ ^= y;
  if (!x && !y) {
    flips_only_ = false;
    interpolation_ = step.interpolation;
    fill_mode_ = step.fill_mode;
    fill_ = step.fill;
  }
  if (step.kind == Augment::lens) {
    const double k1 = draw(*step.range, random), k2 = draw(*step.second, random);
    maps_[static_cast<size_t>(count_++)] = {Map::lens, {}, k1, k2, nullptr};
  } else if (step.kind == Augment::elastic) {
    const double alpha = draw(*step.range, random), sigma = draw(*step.second, random);
    add_elastic(alpha, sigma, key, position, image);
  } else {
    add_matrix(matrix_of(step, random, image), image);
  }
}

// x and y of the row's pixels in the source; `moved` has two numbers for each.
void WarpChain::places(const AugmentImage& image, int64_t row, float* x, float* y, float* moved) const {
  const int64_t n = image.width();
  int left = count_ - 1;
  constexpr double kIdentity[] = {1, 0, 0, 0, 1, 0, 0, 0, 1};
  if (maps_[static_cast<size_t>(left)].kind == Map::matrix)
    kernels::project_row(maps_[static_cast<size_t>(left--)].m.data(), row, n, x, y);
  else
    kernels::project_row(kIdentity, row, n, x, y);
  const auto cx = static_cast<float>(n - 1) / 2, cy = static_cast<float>(image.height() - 1) / 2;
  const float radius2 = std::max(cx * cx + cy * cy, 1e-12f);
  for (; left >= 0; --left) {
    const Map& map = maps_[static_cast<size_t>(left)];
    if (map.kind == Map::matrix) {
      std::array<float, 9> m;
      std::copy(map.m.begin(), map.m.end(), m.begin());
      for (int64_t i = 0; i < n; ++i) {
        const float u = x[i], v = y[i], w = m[6] * u + m[7] * v + m[8];
        x[i] = (m[0] * u + m[1] * v + m[2]) / w;
        y[i] = (m[3] * u + m[4] * v + m[5]) / w;
      }
    } else if (map.kind == Map::lens) {
      const auto k1 = static_cast<float>(map.k1), k2 = static_cast<float>(map.k2);
      for (int64_t i = 0; i < n; ++i) {
        const float u = x[i] - cx, v = y[i] - cy, r2 = (u * u + v * v) / radius2;
        const float factor = r2 * (k1 + k2 * r2);
        x[i] += u * factor;
        y[i] += v * factor;
      }
    } else {
      kernels::sample_bilinear({image.height(), n, 2, false, 0}, map.field, n, x, y, moved);
      for (int64_t i = 0; i < n; ++i) {
        x[i] += moved[2 * i];
        y[i] += moved[2 * i + 1];
      }
    }
  }
}

template <class T>
void WarpChain::flip(AugmentImage& image) const {
  const int64_t height = image.height(), width = image.width(), row = width * image.channels();
  T* out = image.fresh<T>(height, width);
  for (int64_t r = 0; r < height; ++r) {
    const T* from = image.data<T>() + (flip_y_ ? height - 1 - r : r) * row;
    if (flip_x_)
      kernels::mirror_row(width, image.channels(), from, out + r * row);
    else
      std::copy_n(from, row, out + r * row);
  }
  image.replace(out, height, width);
}

template <class T>
void WarpChain::resample(AugmentImage& image) const {
  const int64_t height = image.height(), width = image.width(), channels = image.channels();
  T* out = image.fresh<T>(height, width);
  auto* x = image.memory().piece_of<float>(static_cast<size_t>(4 * width));
  float *y = x + width, *moved = y + width;
  const kernels::WarpImage warped{height, width, channels, fill_mode_ == FillMode::constant,
                                  static_cast<float>(fill_)};
  const Sampler<T> sampler(image, interpolation_, fill_mode_, fill_);
  for (int64_t r = 0; r < height; ++r) {
    T* to = out + r * width * channels;
    places(image, r, x, y, moved);
    if (interpolation_ != Interpolation::bilinear) {
      for (int64_t i = 0; i < width; ++i) sampler.pixel(x[i], y[i], to + i * channels);
      continue;
    }
    if (fill_mode_ == FillMode::reflect) reflect(width, width, x), reflect(width, height, y);
    if (fill_mode_ == FillMode::wrap) wrap(width, width, x), wrap(width, height, y);
    // Between the last pixel and the first of a wrapped image there is no cell of four neighbours.
    const auto at_seam = [&](int64_t i) {
      return fill_mode_ == FillMode::wrap &&
             !(x[i] <= static_cast<float>(width - 1) && y[i] <= static_cast<float>(height - 1));
    };
    for (int64_t i = 0; i < width;) {
      int64_t end = i;
      while (end < width && !at_seam(end)) ++end;
      kernels::sample_bilinear(warped, image.data<T>(), end - i, x + i, y + i, to + i * channels);
      for (i = end; i < width && at_seam(i); ++i) sampler.pixel(x[i], y[i], to + i * channels);
    }
  }
  image.replace(out, height, width);
}

void WarpChain::run(AugmentImage& image) {
  if (count_ == 0) return;
  with_pixel(image.dtype(), [&](auto type) {
    using T = decltype(type);
    if (!flips_only_)
      resample<T>(image);
    else if (flip_x_ || flip_y_)
      flip<T>(image);
  });
  *this = WarpChain();
}

}  // namespace fovea::data
