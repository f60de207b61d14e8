#include "data/digits.h"

#include <gtest/gtest.h>

#include <array>
#include <cmath>
#include <cstring>
#include <set>

#include "data/stored.h"
#include "io/files.h"

namespace fovea::data {
namespace {

using testing::stored;

using testing::expect_error;

DatasetPtr draw(const DigitsOptions& options, int threads = 1) {
  const auto executor = threads == 1 ? make_inline_executor() : make_pool_executor(threads);
  return digits(options, system_allocator(), *executor);
}

TEST(Digits, Look) {
  const DatasetPtr d = draw({.count = 2000, .seed = 1});
  EXPECT_EQ(d->size(), 2000);
  EXPECT_EQ(d->sample_shape(), (Shape{28, 28, 1}));
  EXPECT_EQ(d->dtype(), DType::u8);
  EXPECT_EQ(d->classes(), 10);
  std::array<int, 10> labels{};
  for (int64_t i = 0; i < d->size(); ++i) {
    ++labels[static_cast<size_t>(d->label(i))];
    double ink = 0;
    for (size_t k = 0; k < 784; ++k) ink += std::to_integer<int>(stored(*d, i)[k]);
    ASSERT_GT(ink, 2500) << i;   // something is drawn
    ASSERT_LT(ink, 90000) << i;  // and most is background
  }
  for (const int n : labels) EXPECT_NEAR(n, 200, 60);
}

// Pinned: image i depends on seed and i only, on every machine. Another hash is another generator.
TEST(Digits, AreWhatTheyWere) {
  EXPECT_EQ(draw({.count = 300, .seed = 7})->fingerprint(), 0x54EAA41D07ED49E2ull);
  EXPECT_EQ(draw({.size = 64, .count = 20, .seed = 1ull << 40, .noise = 0})->fingerprint(),
            0xE62D343434ABF64Cull);
}

TEST(Digits, DependOnSeedAndIndexOnly) {
  const DatasetPtr d = draw({.count = 200, .seed = 3});
  EXPECT_EQ(draw({.count = 200, .seed = 3}, 3)->fingerprint(), d->fingerprint());
  const DatasetPtr more = draw({.count = 333, .seed = 3}, 2);
  for (int64_t i = 0; i < 200; ++i) {
    EXPECT_EQ(more->label(i), d->label(i));
    EXPECT_EQ(std::memcmp(stored(*more, i), stored(*d, i), 784), 0);
  }
  EXPECT_NE(draw({.count = 200, .seed = 4})->fingerprint(), d->fingerprint());
}

TEST(Digits, NoTwoAreAlike) {
  const DatasetPtr d = draw({.count = 1000, .seed = 1, .noise = 0});
  std::set<std::string> seen;
  for (int64_t i = 0; i < d->size(); ++i)
    EXPECT_TRUE(seen.emplace(reinterpret_cast<const char*>(stored(*d, i)), 784).second);
}

TEST(Digits, NoiseIsAsLargeAsItSays) {
  for (const double noise : {0.0, 12.0, 40.0}) {
    const DatasetPtr d = draw({.count = 200, .seed = 1, .noise = noise});
    // The corners are background; what the noise takes below 0 is cut off there, so the mean of the square
    // is half the variance.
    double square = 0;
    for (int64_t i = 0; i < d->size(); ++i)
      for (const size_t corner : {0u, 1u, 27u, 28u, 755u, 756u, 783u}) {
        const int v = std::to_integer<int>(stored(*d, i)[corner]);
        if (v < 128) square += v * v;
      }
    const double measured = std::sqrt(2 * square / (200 * 7));
    EXPECT_NEAR(measured, noise, 0.15 * noise);
  }
}

TEST(Digits, Errors) {
  expect_error(Status::invalid_argument, "size 15 is not in [16, 256]",
               [] { draw({.size = 15, .count = 1}); });
  expect_error(Status::invalid_argument, "size 257", [] { draw({.size = 257, .count = 1}); });
  expect_error(Status::invalid_argument, "count 0", [] { draw({}); });
  expect_error(Status::invalid_argument, "count 4294967296", [] { draw({.count = int64_t{1} << 32}); });
  expect_error(Status::invalid_argument, "noise -1", [] { draw({.count = 1, .noise = -1}); });
  expect_error(Status::invalid_argument, "noise nan", [] { draw({.count = 1, .noise = std::nan("")}); });
}

}  // namespace
}  // namespace fovea::data
