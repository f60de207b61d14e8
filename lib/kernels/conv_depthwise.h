// Depthwise convolution (one filter per channel): SIMD over channels, all three directions.
// May use: base, kernels/activation.h; the implementation, Highway.
#pragma once
#include <cstdint>
#include <span>

#include "kernels/activation.h"

namespace fovea::kernels {

// One row of outputs: y[p][c] = bias[c] + sum over taps t: x[x_first + p * x_pixel + offsets[t] + c] *
// weights[t][c].
template <class T>
struct DepthwiseCorrelation {
  const T* x;
  int64_t x_first, x_pixel;
  std::span<const int64_t> offsets;  // of the taps that the row reads
  const T* weights;                  // [taps][channels]
  const T* bias;                     // null: zeros
  T* y;
  int64_t y_pixel;
  int64_t pixels, channels;
  bool accumulate;
  Bounds<T> bounds;  // of y; NaN passes
};
void depthwise_correlate(const DepthwiseCorrelation<float>& row);
void depthwise_correlate(const DepthwiseCorrelation<double>& row);

// dw[t][c] += sum over r, p: x[r * x_row + p * x_pixel + offsets[t] + c] * dz[r * dz_row + p * dz_pixel + c].
template <class T>
struct DepthwiseOuter {
  const T* x;
  int64_t x_row, x_pixel;
  std::span<const int64_t> offsets;
  const T* dz;
  int64_t dz_row, dz_pixel;
  int64_t rows, pixels, channels;
  T* dw;
};
void depthwise_outer(const DepthwiseOuter<float>& task);
void depthwise_outer(const DepthwiseOuter<double>& task);

}  // namespace fovea::kernels
