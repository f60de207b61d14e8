// What becomes of a sample before the network: geometry and values, against plain formulas.
#include "data/preprocess.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"

namespace fovea::data {
namespace {

std::vector<uint8_t> bytes(size_t n) {
  std::vector<uint8_t> x(n);
  uint32_t seed = 7;
  for (uint8_t& v : x) v = static_cast<uint8_t>((seed = seed * 1664525u + 1013904223u) >> 24);
  return x;
}

TEST(Geometry, GreyIsPilsAndRgbRepeatsGrey) {
  SampleMemory memory(system_allocator());
  const std::vector<uint8_t> x = {255, 0, 0, 9, 0, 255, 0, 9, 0, 0, 255, 9, 12, 34, 56, 9};
  const TensorView grey = with_channels({x.data(), DType::u8, {2, 2, 4}}, Channels::grey, memory);
  EXPECT_EQ(grey.shape, (Shape{2, 2, 1}));
  const auto* g = static_cast<const uint8_t*>(grey.data);
  EXPECT_EQ(std::vector<int>(g, g + 4), (std::vector<int>{76, 150, 29, 30}));  // PIL 9.4.0, convert('L')
  const TensorView rgb = with_channels(grey, Channels::rgb, memory);
  const auto* c = static_cast<const uint8_t*>(rgb.data);
  EXPECT_EQ(std::vector<int>(c, c + 6), (std::vector<int>{76, 76, 76, 150, 150, 150}));
  const TensorView opaque = with_channels({x.data(), DType::u8, {2, 2, 4}}, Channels::rgb, memory);
  const auto* o = static_cast<const uint8_t*>(opaque.data);
  EXPECT_EQ(std::vector<int>(o, o + 6), (std::vector<int>{255, 0, 0, 0, 255, 0}));
  const TensorView with_alpha{x.data(), DType::u8, {4, 2, 2}};
  EXPECT_EQ(static_cast<const uint8_t*>(with_channels(with_alpha, Channels::grey, memory).data)[1], 0);
  EXPECT_EQ(with_channels(grey, Channels::grey, memory).data, grey.data);
}

// Short side, then the middle: the same as resizing all of it and cutting afterwards.
TEST(Geometry, ShortSideAndCenterCrop) {
  SampleMemory memory(system_allocator());
  const std::vector<uint8_t> x = bytes(37 * 50 * 3);
  const TensorView image{x.data(), DType::u8, {37, 50, 3}};
  const TensorView y = Geometry{.short_side = 20, .crop_height = 16, .crop_width = 16}.apply(image, memory);
  ASSERT_EQ(y.shape, (Shape{16, 16, 3}));
  const TensorView whole = resize(image, {.height = 20, .width = 27}, memory);
  for (int64_t r = 0; r < 16; ++r)
    for (int64_t i = 0; i < 48; ++i)  // (27 - 16) / 2 = 5.5: to the even 6
      EXPECT_EQ(static_cast<const uint8_t*>(y.data)[r * 48 + i],
                static_cast<const uint8_t*>(whole.data)[(r + 2) * 81 + 18 + i]);
  EXPECT_THROW((Geometry{.crop_height = 38, .crop_width = 20}.apply(image, memory)), Error);
}

TEST(Geometry, RefusesWhatDoesNotGoTogether) {
  EXPECT_THROW((Geometry{.short_side = 5, .height = 4, .width = 4}.validate()), Error);
  EXPECT_THROW((Geometry{.height = 4}.validate()), Error);
  EXPECT_THROW((Geometry{.crop_width = 4}.validate()), Error);
  EXPECT_THROW((Geometry{.short_side = -1}.validate()), Error);
  EXPECT_THROW((Geometry{.short_side = 1 << 20}.validate()), Error);
}

PreprocessOptions all_switches(int64_t elements, int64_t channels) {
  PreprocessOptions o;
  o.samplewise_center = o.samplewise_std = true;
  o.values.scale = 1.0 / 255;
  for (int64_t i = 0; i < elements; ++i) o.values.mean.push_back(0.01 * static_cast<double>(i % 17));
  for (int64_t c = 0; c < channels; ++c) o.values.std.push_back(0.5 + static_cast<double>(c));
  return o;
}

TEST(Preprocess, OrderOfTheValues) {
  const Shape shape{5, 4, 3};
  const std::vector<uint8_t> x = bytes(60);
  const PreprocessOptions o = all_switches(60, 3);
  std::vector<double> y(60);
  Preprocess(o, shape).apply(DType::u8, x.data(), 1, y.data());
  double mean = 0, squares = 0;
  for (const uint8_t v : x) mean += v / 255.0 / 60;
  for (const uint8_t v : x) squares += (v / 255.0 - mean) * (v / 255.0 - mean) / 60;
  for (size_t i = 0; i < 60; ++i) {
    const double sample = (x[i] / 255.0 - mean) / (std::sqrt(squares) + 1e-6);
    EXPECT_NEAR(y[i], (sample - o.values.mean[i]) / o.values.std[i % 3], 1e-12) << i;
  }
}

// A sample has the same bits as bytes, floats and doubles, alone and in a batch.
TEST(Preprocess, EqualSamplesGiveEqualBits) {
  const Shape shape{20, 30, 3};
  constexpr int64_t n = 1800;
  const std::vector<uint8_t> x = bytes(n * 3);
  const std::vector<float> floats(x.begin(), x.end());
  const std::vector<double> doubles(x.begin(), x.end());
  auto w = std::make_shared<Whitening>();
  w->inputs = n;
  w->outputs = 10;
  for (const uint8_t v : bytes(n * 10)) w->matrix.push_back(static_cast<float>(v) - 100);
  w->eigenvalues.assign(10, 1);
  PreprocessOptions mean_image;
  mean_image.values.mean = all_switches(n, 3).values.mean;
  PreprocessOptions whitening = mean_image;
  whitening.whitening = w;
  whitening.sample = shape;
  for (const PreprocessOptions& o : {all_switches(n, 3), mean_image, whitening, PreprocessOptions()}) {
    const Preprocess p(o, o.whitening == nullptr ? shape : Shape{10});
    const int64_t each = p.input_shape().elements();
    std::vector<float> batch(static_cast<size_t>(3 * each)), y(static_cast<size_t>(each));
    p.apply(DType::u8, x.data(), 3, batch.data());
    for (int64_t i = 0; i < 3; ++i) {
      const std::vector<float> expected(batch.begin() + i * each, batch.begin() + (i + 1) * each);
      p.apply(DType::u8, x.data() + i * n, 1, y.data());
      EXPECT_EQ(y, expected);
      p.apply(DType::f32, floats.data() + i * n, 1, y.data());
      EXPECT_EQ(y, expected);
      p.apply(DType::f64, doubles.data() + i * n, 1, y.data());
      EXPECT_EQ(y, expected);
    }
  }
}

TEST(Preprocess, WhiteningIsAProduct) {
  auto w = std::make_shared<Whitening>();
  w->inputs = 700;  // more than a block
  w->outputs = 2;
  w->eigenvalues = {1, 1};
  for (int i = 0; i < 1400; ++i) w->matrix.push_back(static_cast<float>(i % 13) - 6);
  PreprocessOptions o;
  o.whitening = w;
  o.sample = {700};
  o.values.mean = {3};
  o.values.std = {2};
  const std::vector<uint8_t> x = bytes(700);
  double expected[2] = {};
  for (size_t i = 0; i < 700; ++i)
    for (size_t c = 0; c < 2; ++c)
      expected[c] += (x[i] - 3.0) / 2 * static_cast<double>(w->matrix[i * 2 + c]);
  double y[2];
  float z[2];
  const Preprocess p(o, {2});
  p.apply(DType::u8, x.data(), 1, y);
  p.apply(DType::u8, x.data(), 1, z);
  for (int c = 0; c < 2; ++c) {
    EXPECT_NEAR(y[c], expected[c], 1e-9);
    EXPECT_NEAR(z[c], expected[c], 0.1);
  }
}

TEST(Preprocess, RefusesWhatDoesNotFitTheInput) {
  const auto refuses = [](const PreprocessOptions& o, const Shape& input) {
    EXPECT_THROW(Preprocess(o, input), Error);
  };
  PreprocessOptions o;
  o.values.mean.assign(5, 0.0);
  refuses(o, {4, 4, 3});
  o = {};
  o.sample = {4, 4, 3};
  refuses(o, {4, 3, 4});
  o = {};
  o.geometry.short_side = 9;
  refuses(o, {7});
  o.geometry.channels = Channels::grey;
  refuses(o, {4, 4, 3});
  o.geometry = {.height = 8, .width = 8};
  refuses(o, {4, 4, 3});
  o = {};
  o.whitening = std::make_shared<Whitening>();
  refuses(o, {4, 4, 3});
}

}  // namespace
}  // namespace fovea::data
