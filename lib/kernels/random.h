// Random numbers in bulk: pure functions of (key, sample, element). May use: base/rng.h; the implementation,
// Highway.
#pragma once
#include <cstdint>

#include "base/rng.h"

namespace fovea::kernels {

// Element e comes from word e % 4 of key.draw(sample, e / 4), for e in [4 first_block, 4 first_block + n).
// The same numbers in both types, to the precision of float, and on every target.
//
// y = low + (high - low) * u, u in [0, 1) with 24 bits of the word (double: 31).
void random_uniform(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double low,
                    double high, float* y);
void random_uniform(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double low,
                    double high, double* y);
// y = mean + stddev * z, z standard normal; two words make two of them (Box and Muller 1958), and the largest
// is 6.66.
void random_normal(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double mean,
                   double stddev, float* y);
void random_normal(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double mean,
                   double stddev, double* y);

}  // namespace fovea::kernels
