// Random masks: one bit per element, a pure function of (key, sample, element). May use: base/rng.h; the
// implementation, Highway.
#pragma once
#include <cstdint>

#include "base/rng.h"

namespace fovea::kernels {

// Masks are arrays of 32-bit words; element e of a sample is bit e % 32 of word e / 32 (1: kept).
inline constexpr int64_t kMaskBits = 32;

// Writes words [first_word, first_word + words) of `sample`'s mask to bits[0 .. words-1]. Element e is kept
// where key.draw(sample, e / 4)[e % 4] >= threshold.
void random_mask(const RandomKey& key, uint32_t sample, int64_t first_word, int64_t words, uint32_t threshold,
                 uint32_t* bits);
// y[e] = scale * x[e] where bit e is set, else 0. y may be x.
void apply_mask(int64_t n, const uint32_t* bits, double scale, const float* x, float* y);
void apply_mask(int64_t n, const uint32_t* bits, double scale, const double* x, double* y);

}  // namespace fovea::kernels
