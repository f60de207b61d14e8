#include "data/augment/color_axes.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/augment/image.h"

namespace fovea::data {
namespace {

// Sums over pixels, and over products of their channels.
struct Moments {
  double count = 0;
  std::array<double, 3> sum{};
  std::array<double, 9> products{};

  template <class T>
  void add(const T* pixels, int64_t n, double white) {
    Moments image;
    for (int64_t i = 0; i < n; ++i) {
      double rgb[3];
      for (size_t c = 0; c < 3; ++c) {
        rgb[c] = static_cast<double>(pixels[3 * i + static_cast<int64_t>(c)]) / white;
        image.sum[c] += rgb[c];
      }
      for (size_t c = 0; c < 3; ++c)
        for (size_t k = 0; k <= c; ++k) image.products[3 * c + k] += rgb[c] * rgb[k];
    }
    count += static_cast<double>(n);
    for (size_t c = 0; c < 3; ++c) sum[c] += image.sum[c];
    for (size_t c = 0; c < 9; ++c) products[c] += image.products[c];
  }
};

}  // namespace

ColorAxes eigen_decomposition(std::array<double, 9> a) {
  std::array<double, 9> vectors{1, 0, 0, 0, 1, 0, 0, 0, 1};
  for (int sweep = 0; sweep < 32; ++sweep)
    for (size_t p = 0; p < 3; ++p)
      for (size_t q = p + 1; q < 3; ++q) {
        if (a[3 * p + q] == 0) continue;
        const double theta = (a[4 * q] - a[4 * p]) / (2 * a[3 * p + q]);
        const double t = std::copysign(1.0, theta) / (std::abs(theta) + std::sqrt(theta * theta + 1));
        const double c = 1 / std::sqrt(t * t + 1), s = t * c;
        const auto turn = [c, s](double& x, double& y) {
          const double old = x;
          x = c * old - s * y;
          y = s * old + c * y;
        };
        for (size_t k = 0; k < 3; ++k) turn(a[3 * k + p], a[3 * k + q]);
        for (size_t k = 0; k < 3; ++k) turn(a[3 * p + k], a[3 * q + k]);
        for (size_t k = 0; k < 3; ++k) turn(vectors[3 * k + p], vectors[3 * k + q]);
      }
  std::array<size_t, 3> order{0, 1, 2};
  std::sort(order.begin(), order.end(), [&a](size_t x, size_t y) { return a[4 * x] > a[4 * y]; });
  ColorAxes result;
  for (size_t i = 0; i < 3; ++i) {
    result.variances[i] = std::max(0.0, a[4 * order[i]]);
    double largest = 0;
    for (size_t k = 0; k < 3; ++k)
      if (const double v = vectors[3 * k + order[i]]; std::abs(v) > std::abs(largest)) largest = v;
    for (size_t k = 0; k < 3; ++k)
      result.axes[3 * k + i] = std::copysign(1.0, largest) * vectors[3 * k + order[i]];
  }
  return result;
}

ColorAxes color_axes(const Dataset& dataset, int64_t max_samples, double white,
                     const std::shared_ptr<Allocator>& allocator) {
  FOVEA_REQUIRE(max_samples >= 0, "max_samples is %lld", static_cast<long long>(max_samples));
  FOVEA_REQUIRE(!dataset.format().test, "the dataset is a test set, on which nothing is fitted");
  FOVEA_REQUIRE(std::isfinite(white) && white > 0, "white is %g", white);
  const Shape& shape = dataset.sample_shape();
  FOVEA_REQUIRE(shape.rank() == 3 && shape[2] == 3 && dataset.dtype() != DType::f64,
                "samples are %s of the shape %s, expected RGB images of u8 or f32", name_of(dataset.dtype()),
                shape.text().c_str());
  const int64_t count = max_samples == 0 ? dataset.size() : std::min(max_samples, dataset.size());
  SampleMemory memory(allocator);
  Moments moments;
  for (int64_t k = 0; k < count; ++k) {
    memory.reset();
    const TensorView image = dataset.read(k * dataset.size() / count, memory);
    with_pixel(image.dtype, [&](auto type) {
      using T = decltype(type);
      moments.add(static_cast<const T*>(image.data), image.shape[0] * image.shape[1],
                  image.dtype == DType::u8 ? 255 : white);
    });
  }
  std::array<double, 9> covariance{};
  for (size_t c = 0; c < 3; ++c)
    for (size_t k = 0; k <= c; ++k) {
      const double v = moments.products[3 * c + k] / moments.count -
                       moments.sum[c] * moments.sum[k] / (moments.count * moments.count);
      covariance[3 * c + k] = covariance[3 * k + c] = v;
    }
  return eigen_decomposition(covariance);
}

}  // namespace fovea::data
