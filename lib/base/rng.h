// Counter-based randomness: Philox4x32-10 (Salmon et al., "Parallel random numbers: as easy as 1, 2,
// 3", SC 2011). No hidden state: a draw is a pure function of key and counter, so it is the same
// whoever computes it and in whichever order. Uses std only.
#pragma once
#include <array>
#include <cmath>
#include <cstdint>

namespace fovea {

using PhiloxBlock = std::array<uint32_t, 4>;

// The raw generator: ten rounds on a 128-bit counter under a 64-bit key.
constexpr PhiloxBlock philox4x32(PhiloxBlock counter, std::array<uint32_t, 2> key) {
  for (int round = 0; round < 10; ++round) {
    const uint64_t p0 = uint64_t{0xD2511F53u} * counter[0];
    const uint64_t p1 = uint64_t{0xCD9E8D57u} * counter[2];
    counter = {static_cast<uint32_t>(p1 >> 32) ^ counter[1] ^ key[0], static_cast<uint32_t>(p1),
               static_cast<uint32_t>(p0 >> 32) ^ counter[3] ^ key[1], static_cast<uint32_t>(p0)};
    key = {key[0] + 0x9E3779B9u, key[1] + 0xBB67AE85u};
  }
  return counter;
}

// What a draw is for. Part of the stream, so that two purposes never share numbers. Values are part
// of the numerics: append only.
enum class Purpose : uint32_t {
  init = 1,
  dropout = 2,
  shuffle = 3,
  split = 4,
  digits = 5,
  pooling = 6,
  noise = 7,
  search = 8,
  mix = 9,
  augment = 10,
  sampling = 11
};

// Identifies one stream of random numbers. `stream` is the node's index (or any other small id).
// Layout of the counter: {block, sample, step, purpose and stream}.
struct RandomKey {
  uint64_t seed = 0;
  uint32_t step = 0;    // epoch or training step
  uint32_t stream = 0;  // 24 bits
  Purpose purpose = Purpose::init;

  // The `block`-th group of four 32-bit numbers for `sample`.
  constexpr PhiloxBlock draw(uint32_t sample, uint32_t block) const {
    return philox4x32({block, sample, step, (static_cast<uint32_t>(purpose) << 24) | (stream & 0xFFFFFFu)},
                      {static_cast<uint32_t>(seed), static_cast<uint32_t>(seed >> 32)});
  }
};

// [0, 1) with 24 bits.
constexpr float uniform01(uint32_t bits) { return static_cast<float>(bits >> 8) * 0x1p-24f; }
// (0, 1] with 32 bits: safe for log.
constexpr double uniform_open0(uint32_t bits) { return (static_cast<double>(bits) + 1.0) * 0x1p-32; }
// [0, 1) with 53 bits out of two words.
constexpr double uniform01(uint32_t high, uint32_t low) {
  return static_cast<double>((uint64_t{high} << 21) ^ (low >> 11)) * 0x1p-53;
}

// Two independent standard normals from two words (Box-Muller).
inline std::array<double, 2> normal2(uint32_t a, uint32_t b) {
  const double r = std::sqrt(-2.0 * std::log(uniform_open0(a)));
  const double t = 6.283185307179586476925286766559 * (static_cast<double>(b) * 0x1p-32);
  return {r * std::cos(t), r * std::sin(t)};
}

// A sequential reader over one sample's stream, for code that draws a variable number of values.
class RandomSequence {
 public:
  RandomSequence(const RandomKey& key, uint32_t sample) : key_(key), sample_(sample) {}
  uint32_t next() {
    if (used_ == 4) {
      block_ = key_.draw(sample_, index_++);
      used_ = 0;
    }
    return block_[used_++];
  }
  double uniform() {
    const uint32_t high = next();
    return uniform01(high, next());
  }
  double uniform(double low, double high) { return low + (high - low) * uniform(); }
  double normal() {
    const uint32_t a = next();
    return normal2(a, next())[0];
  }
  // Uniform in [0, n), n < 2^32, without bias (Lemire, "Fast random integer generation in an
  // interval", 2019).
  uint32_t below(uint32_t n) {
    uint64_t m = uint64_t{next()} * n;
    if (static_cast<uint32_t>(m) < n) {
      const uint32_t threshold = (0u - n) % n;
      while (static_cast<uint32_t>(m) < threshold) m = uint64_t{next()} * n;
    }
    return static_cast<uint32_t>(m >> 32);
  }

 private:
  RandomKey key_;
  uint32_t sample_;
  uint32_t index_ = 0;
  PhiloxBlock block_{};
  size_t used_ = 4;
};

}  // namespace fovea
