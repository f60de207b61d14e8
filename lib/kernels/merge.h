// Kernels of layers with several inputs, on flat arrays and on matrices [rows][channels]. Each runs on the
// calling thread. An output may be the memory of an input unless said otherwise.
// May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// y = a - b
void subtract(int64_t n, const float* a, const float* b, float* y);
void subtract(int64_t n, const double* a, const double* b, double* y);
// y = a * b
void multiply(int64_t n, const float* a, const float* b, float* y);
void multiply(int64_t n, const double* a, const double* b, double* y);
// y += a * b
void multiply_add(int64_t n, const float* a, const float* b, float* y);
void multiply_add(int64_t n, const double* a, const double* b, double* y);

// y = the larger; NaN where there is one.
void maximum(int64_t n, const float* a, const float* b, float* y);
void maximum(int64_t n, const double* a, const double* b, double* y);
// Hands dy on where x is y, the largest: dx (null: nobody) gets or adds dy there and 0 elsewhere, and dy
// becomes 0 there, so that of several equal inputs the first takes it. dx is not dy.
void maximum_backward(int64_t n, const float* y, const float* x, float* dy, bool accumulate, float* dx);
void maximum_backward(int64_t n, const double* y, const double* x, double* dy, bool accumulate, double* dx);

// y[r][c] = x[r][c] * s[c]; accumulate: added to y.
void multiply_channels(int64_t rows, int64_t channels, const float* x, const float* s, bool accumulate,
                       float* y);
void multiply_channels(int64_t rows, int64_t channels, const double* x, const double* s, bool accumulate,
                       double* y);
// sums[c] = sum over r of a[r][c] * b[r][c]: blocks of rows in T, the blocks in double.
void column_dots(int64_t rows, int64_t channels, const float* a, const float* b, float* sums);
void column_dots(int64_t rows, int64_t channels, const double* a, const double* b, double* sums);

}  // namespace fovea::kernels
