// Rows of images made larger, NHWC, vectorised over channels. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// Each pixel `times` times side by side: y[p * times + k] = x[p].
void repeat_pixels(int64_t pixels, int64_t times, int64_t channels, const float* x, float* y);
void repeat_pixels(int64_t pixels, int64_t times, int64_t channels, const double* x, double* y);
// The sum over `rows` rows, ld elements apart, of `times` neighbours: dx[p] = sum of dy[r][p * times + k];
// accumulate: added to dx.
void sum_pixels(int64_t pixels, int64_t times, int64_t channels, int64_t rows, int64_t ld, const float* dy,
                bool accumulate, float* dx);
void sum_pixels(int64_t pixels, int64_t times, int64_t channels, int64_t rows, int64_t ld, const double* dy,
                bool accumulate, double* dx);

// Bilinear interpolation of a row of `count` pixels: pixel o lies `weight[o]` of the way from column left[o]
// to right[o], the row `row_weight` of the way from row `upper` to row `lower`.
struct BilinearRow {
  int64_t count, channels;
  const int32_t *left, *right;
  const double* weight;
  double row_weight;
};
void bilinear(const BilinearRow& b, const float* upper, const float* lower, float* y);
void bilinear(const BilinearRow& b, const double* upper, const double* lower, double* y);
// Adds the row's gradient to those of both rows, which may be one.
void bilinear_backward(const BilinearRow& b, const float* dy, float* upper, float* lower);
void bilinear_backward(const BilinearRow& b, const double* dy, double* upper, double* lower);

}  // namespace fovea::kernels
