#include "data/transform.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

#include "io/files.h"

namespace fovea::data {
namespace {

using testing::expect_error;

template <class T>
std::vector<T> apply(const InputTransform& t, DType from, const void* in, int64_t n, int64_t channels) {
  std::vector<T> out(static_cast<size_t>(n));
  t.apply(from, in, n, channels, out.data());
  return out;
}

std::vector<uint8_t> some_bytes(int64_t n) {
  std::minstd_rand random(1);
  std::vector<uint8_t> bytes(static_cast<size_t>(n));
  for (uint8_t& b : bytes) b = static_cast<uint8_t>(random() >> 8);
  return bytes;
}

InputTransform example(int64_t channels) {
  InputTransform t{.scale = 1 / 255.0, .mean = {}, .std = {}};
  for (int64_t c = 0; c < channels; ++c) {
    t.mean.push_back(0.1 + 0.8 * static_cast<double>(c) / static_cast<double>(channels));
    t.std.push_back(0.2 + 0.1 * static_cast<double>(c % 7));
  }
  return t;
}

TEST(InputTransform, IsTheFormula) {
  for (const int64_t channels : {1, 2, 3, 4, 16, 511, 512, 513, 2000}) {
    const int64_t n = 6 * channels;
    const auto bytes = some_bytes(n);
    const InputTransform t = example(channels);
    const auto narrow = apply<float>(t, DType::u8, bytes.data(), n, channels);
    const auto wide = apply<double>(t, DType::u8, bytes.data(), n, channels);
    for (int64_t i = 0; i < n; ++i) {
      const size_t k = static_cast<size_t>(i), c = static_cast<size_t>(i % channels);
      const double exact = (bytes[k] * t.scale - t.mean[c]) / t.std[c];
      const double scale = 1 / t.std[c];
      ASSERT_NEAR(static_cast<double>(narrow[k]), exact, 3e-7 * scale)
          << channels << " channels, element " << i;
      ASSERT_NEAR(wide[k], exact, 6e-16 * scale);
    }
  }
}

TEST(InputTransform, NothingChangesNothing) {
  const auto bytes = some_bytes(1000);
  const auto out = apply<float>({}, DType::u8, bytes.data(), 1000, 1);
  for (size_t i = 0; i < 1000; ++i) EXPECT_EQ(out[i], static_cast<float>(bytes[i]));
  const double x[] = {1e-300, -1.5, 1e300};
  EXPECT_EQ(apply<double>({}, DType::f64, x, 3, 3), (std::vector<double>{1e-300, -1.5, 1e300}));
}

TEST(InputTransform, OneEntryIsForAllChannels) {
  const auto bytes = some_bytes(300);
  const InputTransform one{.scale = 0.5, .mean = {3}, .std = {2}},
      three{.scale = 0.5, .mean = {3, 3, 3}, .std = {2}};
  EXPECT_EQ(apply<float>(one, DType::u8, bytes.data(), 300, 3),
            apply<float>(three, DType::u8, bytes.data(), 300, 3));
}

// A session fed with floats and a trainer fed with bytes, one sample or many: the same bits.
TEST(InputTransform, SameBitsOnEveryPath) {
  for (const int64_t channels : {1, 3, 5, 64, 600}) {
    const int64_t n = 34 * channels;
    const auto bytes = some_bytes(n);
    const std::vector<float> floats(bytes.begin(), bytes.end());
    const std::vector<double> doubles(bytes.begin(), bytes.end());
    const InputTransform t = example(channels);
    const auto check = [&]<class T>(T) {
      const auto expected = apply<T>(t, DType::u8, bytes.data(), n, channels);
      EXPECT_EQ(apply<T>(t, DType::f32, floats.data(), n, channels), expected) << channels;
      EXPECT_EQ(apply<T>(t, DType::f64, doubles.data(), n, channels), expected) << channels;
      std::vector<T> piecewise;
      for (int64_t at = 0; at < n; at += channels * 2) {
        const auto piece = apply<T>(t, DType::u8, bytes.data() + at, channels * 2, channels);
        piecewise.insert(piecewise.end(), piece.begin(), piece.end());
      }
      EXPECT_EQ(piecewise, expected) << channels;
    };
    check(float{});
    check(double{});
  }
}

TEST(InputTransform, Validate) {
  example(3).validate(3);
  InputTransform().validate(3);
  const auto refused = [](std::string_view message, InputTransform t, int64_t channels) {
    expect_error(Status::invalid_argument, message, [&] { t.validate(channels); });
  };
  refused("mean has 2 entries, expected 1 or 3 (channels)", {.mean = {1, 2}}, 3);
  refused("stddev has 3 entries, expected 1 or 2", {.std = {1, 2, 3}}, 2);
  refused("stddev is 0", {.std = {0}}, 1);
  refused("stddev is -1", {.std = {-1}}, 1);
  refused("mean is nan", {.mean = {std::nan("")}}, 1);
  refused("scale is inf", {.scale = INFINITY}, 1);
}

}  // namespace
}  // namespace fovea::data
