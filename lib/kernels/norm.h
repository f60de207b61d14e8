// Batch normalisation over the last axis: statistics, normalising, gradients. A matrix is [rows][channels],
// contiguous. The caller cuts rows into tasks. May use: kernels/activation.h; the implementation, Highway.
#pragma once
#include <cstdint>

#include "kernels/activation.h"

namespace fovea::kernels {

// Elements of T that statistics() and norm_reduce() need as scratch memory for `channels`.
int64_t norm_scratch(int64_t channels);

// mean[c] and m2[c] = sum (x - mean)^2 over the rows. Blocks of rows that fit the cache are reduced in T,
// first the mean, then the squares about it, and combined in double (Chan, Golub, LeVeque 1983): memory is
// read once.
void norm_statistics(int64_t rows, int64_t channels, const float* x, float* scratch, double* mean,
                     double* m2);
void norm_statistics(int64_t rows, int64_t channels, const double* x, double* scratch, double* mean,
                     double* m2);
// (rows, mean, m2) := the statistics of both sets of rows together.
void norm_combine(int64_t channels, int64_t* rows, double* mean, double* m2, int64_t other_rows,
                  const double* other_mean, const double* other_m2);

// Per-channel constants of a forward pass: y = activation((x - mean) * scale + shift).
template <class T>
struct NormMap {
  const T* mean;
  const T* scale;  // gamma / sqrt(variance + epsilon)
  const T* shift;  // beta
};
void normalize(int64_t rows, int64_t channels, const float* x, const NormMap<float>& map,
               Activation activation, float* y);
void normalize(int64_t rows, int64_t channels, const double* x, const NormMap<double>& map,
               Activation activation, double* y);

// sum_dy[c] = sum of dy, sum_dyx[c] = sum of dy * (x - mean), over the rows, in double over blocks in T.
// clamp (one that is_clamp()): dy counts only where the forward pass stayed inside its bounds, which is
// computed again from x.
void norm_reduce(int64_t rows, int64_t channels, const float* x, const float* dy, const NormMap<float>& map,
                 Activation clamp, float* scratch, double* sum_dy, double* sum_dyx);
void norm_reduce(int64_t rows, int64_t channels, const double* x, const double* dy,
                 const NormMap<double>& map, Activation clamp, double* scratch, double* sum_dy,
                 double* sum_dyx);

// dx = scale * dy + slope * (x - mean) + offset, per channel, dy masked as in norm_reduce. dx may be dy;
// accumulate: added to dx (then dx is not dy).
template <class T>
struct NormGradient {
  const T* slope;
  const T* offset;
};
void norm_backward(int64_t rows, int64_t channels, const float* x, const float* dy, const NormMap<float>& map,
                   const NormGradient<float>& gradient, Activation clamp, bool accumulate, float* dx);
void norm_backward(int64_t rows, int64_t channels, const double* x, const double* dy,
                   const NormMap<double>& map, const NormGradient<double>& gradient, Activation clamp,
                   bool accumulate, double* dx);

}  // namespace fovea::kernels
