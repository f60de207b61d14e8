// What the tests of augmentation share: images, steps with forced draws, comparison.
#pragma once
#include <gtest/gtest.h>

#include <cmath>
#include <functional>
#include <vector>

#include "data/augment/augmentation.h"
#include "data/augment/values.h"

namespace fovea::data {

template <class T>
struct TestImage {
  int64_t height, width, channels;
  std::vector<T> values;

  TensorView view() const { return {values.data(), dtype_of<T>::value, {height, width, channels}}; }
  double at(int64_t y, int64_t x, int64_t c) const {
    return static_cast<double>(values[static_cast<size_t>((y * width + x) * channels + c)]);
  }
};

// Waves of every color.
template <class T>
TestImage<T> waves(int64_t height, int64_t width, int64_t channels = 3) {
  TestImage<T> image{height, width, channels, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x)
      for (int64_t c = 0; c < channels; ++c) {
        const double phase = 0.21 * static_cast<double>(x) + 0.13 * static_cast<double>(y * (c + 1));
        const double value = 0.5 + 0.45 * std::sin(phase + static_cast<double>(c));
        image.values.push_back(static_cast<T>(sizeof(T) == 1 ? std::round(255 * value) : value));
      }
  return image;
}

// A step whose range is one value.
inline AugmentStep forced(Augment kind, double value, std::optional<double> second = {}) {
  AugmentStep step;
  step.kind = kind;
  step.probability = 1;
  step.range = Range{value, value};
  if (second) step.second = Range{*second, *second};
  return step;
}
inline AugmentStep plain(Augment kind, int64_t height = 0, int64_t width = 0) {
  AugmentStep step;
  step.kind = kind;
  step.probability = 1;
  step.height = height;
  step.width = width;
  return step;
}

template <class T>
TestImage<T> applied(const std::vector<AugmentStep>& steps, const TestImage<T>& image, uint32_t position = 0,
                     uint64_t seed = 1, double white = 1) {
  const Augmentation augmentation(steps, white);
  SampleMemory memory(system_allocator());
  const Draw draw{seed, 0, position};
  const TensorView y = augmentation.apply(image.view(), memory, draw.key(0), position);
  EXPECT_EQ(y.dtype, dtype_of<T>::value);
  EXPECT_EQ(y.shape, augmentation.shape_of(image.view().shape));
  const auto* data = static_cast<const T*>(y.data);
  return {y.shape[0], y.shape[1], y.shape[2], {data, data + y.shape.elements()}};
}

inline double clamped(double v) {
  return std::clamp(v, 0.0, 255.0);
}

// Every value of the result is what `formula(y, x, c)` says, within `tolerance`.
template <class T>
void expect_formula(const TestImage<T>& result, double tolerance,
                    const std::function<double(int64_t, int64_t, int64_t)>& formula) {
  for (int64_t y = 0; y < result.height; ++y)
    for (int64_t x = 0; x < result.width; ++x)
      for (int64_t c = 0; c < result.channels; ++c)
        ASSERT_NEAR(result.at(y, x, c), formula(y, x, c), tolerance) << "at " << y << ", " << x << ", " << c;
}

// Bilinear interpolation of the image at (x, y), with the pixel of integer coordinates from `pixel`.
inline double interpolated(double x, double y, const std::function<double(int64_t, int64_t)>& pixel) {
  const auto c = static_cast<int64_t>(std::floor(x)), r = static_cast<int64_t>(std::floor(y));
  const double u = x - std::floor(x), v = y - std::floor(y);
  return (1 - v) * ((1 - u) * pixel(r, c) + u * pixel(r, c + 1)) +
         v * ((1 - u) * pixel(r + 1, c) + u * pixel(r + 1, c + 1));
}

}  // namespace fovea::data
