// In which order samples are drawn: the Fisher-Yates shuffle (Durstenfeld, 1964) on a counter-based stream,
// with Lemire's unbiased numbers. An order is a pure function of seed and epoch. May use: base.
#pragma once
#include <cstdint>
#include <numeric>
#include <span>
#include <utility>

#include "base/rng.h"

namespace fovea::data {

// A permutation of 0 .. out.size() - 1, at most 2^32 - 1 of them.
inline void permutation(const RandomKey& key, std::span<uint32_t> out) {
  std::iota(out.begin(), out.end(), 0u);
  RandomSequence random(key, 0);
  for (size_t i = out.size(); i > 1; --i) std::swap(out[i - 1], out[random.below(static_cast<uint32_t>(i))]);
}

// The order of the samples in an epoch.
inline void epoch_order(uint64_t seed, uint32_t epoch, bool shuffle, std::span<uint32_t> out) {
  if (shuffle) {
    permutation({.seed = seed, .step = epoch, .purpose = Purpose::shuffle}, out);
  } else {
    std::iota(out.begin(), out.end(), 0u);
  }
}

}  // namespace fovea::data
