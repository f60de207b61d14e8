// Softmax and its logarithm over the rows of a matrix. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// y[r][c] = exp(x[r][c] - max) / sum; y may be x. A row with a NaN or +inf becomes NaN.
void softmax(int64_t rows, int64_t cols, const float* x, float* y);
void softmax(int64_t rows, int64_t cols, const double* x, double* y);
// dx = y * (dy - sum(dy * y)); dx may be dy. accumulate: added to dx (then dx is not dy).
void softmax_backward(int64_t rows, int64_t cols, const float* y, const float* dy, bool accumulate,
                      float* dx);
void softmax_backward(int64_t rows, int64_t cols, const double* y, const double* dy, bool accumulate,
                      double* dx);

// y[r][c] = x[r][c] - max - log(sum); y may be x.
void log_softmax(int64_t rows, int64_t cols, const float* x, float* y);
void log_softmax(int64_t rows, int64_t cols, const double* x, double* y);
// dx = dy - exp(y) * sum(dy); dx and accumulate as above.
void log_softmax_backward(int64_t rows, int64_t cols, const float* y, const float* dy, bool accumulate,
                          float* dx);
void log_softmax_backward(int64_t rows, int64_t cols, const double* y, const double* dy, bool accumulate,
                          double* dx);

}  // namespace fovea::kernels
