// Philox against the published vectors of Random123 (kat_vectors, philox4x32 10), and what is built on it.
#include "base/rng.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <vector>

namespace fovea {
namespace {

TEST(Philox, PublishedVectors) {
  EXPECT_EQ(philox4x32({0, 0, 0, 0}, {0, 0}), (PhiloxBlock{0x6627e8d5, 0xe169c58d, 0xbc57ac4c, 0x9b00dbd8}));
  EXPECT_EQ(philox4x32({~0u, ~0u, ~0u, ~0u}, {~0u, ~0u}),
            (PhiloxBlock{0x408f276d, 0x41c83b0e, 0xa20bc7c6, 0x6d5451fd}));
  EXPECT_EQ(philox4x32({0x243f6a88, 0x85a308d3, 0x13198a2e, 0x03707344}, {0xa4093822, 0x299f31d0}),
            (PhiloxBlock{0xd16cfe09, 0x94fdcceb, 0x5001e420, 0x24126ea1}));
}

TEST(RandomKey, EveryPartCounts) {
  const RandomKey key{1, 2, 3, Purpose::dropout};
  std::vector<PhiloxBlock> draws{key.draw(0, 0), key.draw(1, 0), key.draw(0, 1)};
  RandomKey other = key;
  other.seed = uint64_t{1} << 40;
  draws.push_back(other.draw(0, 0));
  other = key;
  other.step = 3;
  draws.push_back(other.draw(0, 0));
  other = key;
  other.stream = 4;
  draws.push_back(other.draw(0, 0));
  other = key;
  other.purpose = Purpose::shuffle;
  draws.push_back(other.draw(0, 0));
  std::sort(draws.begin(), draws.end());
  EXPECT_EQ(std::adjacent_find(draws.begin(), draws.end()), draws.end());
  EXPECT_EQ(key.draw(5, 6), key.draw(5, 6));
}

TEST(Uniform, Ranges) {
  EXPECT_EQ(uniform01(0u), 0);
  EXPECT_LT(uniform01(~0u), 1);
  EXPECT_GT(uniform_open0(0), 0);
  EXPECT_EQ(uniform_open0(~0u), 1);
  EXPECT_LT(uniform01(~0u, ~0u), 1);
  EXPECT_EQ(uniform01(0u, 0u), 0);
}

TEST(RandomSequence, Moments) {
  RandomSequence sequence({1, 0, 0, Purpose::init}, 0);
  constexpr int kDraws = 200000;
  double mean = 0, square = 0, normal_mean = 0, normal_square = 0;
  for (int i = 0; i < kDraws; ++i) {
    const double u = sequence.uniform(), n = sequence.normal();
    mean += u / kDraws;
    square += u * u / kDraws;
    normal_mean += n / kDraws;
    normal_square += n * n / kDraws;
  }
  EXPECT_NEAR(mean, 0.5, 0.003);
  EXPECT_NEAR(square, 1.0 / 3, 0.003);
  EXPECT_NEAR(normal_mean, 0, 0.01);
  EXPECT_NEAR(normal_square, 1, 0.015);
}

TEST(RandomSequence, BelowIsUniform) {
  RandomSequence sequence({2, 0, 0, Purpose::shuffle}, 0);
  int seen[7] = {};
  for (int i = 0; i < 70000; ++i) ++seen[sequence.below(7)];
  for (int count : seen) EXPECT_NEAR(count, 10000, 500);
  EXPECT_EQ(sequence.below(1), 0u);
  for (int i = 0; i < 1000; ++i) EXPECT_LT(sequence.below(0xC0000000u), 0xC0000000u);  // rejects a quarter
}

}  // namespace
}  // namespace fovea
