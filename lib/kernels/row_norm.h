// Layer normalisation: each row of a matrix [rows][n], contiguous, by its own mean and variance. The caller
// cuts rows into tasks. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// y = (x - mean) / sqrt(variance + epsilon) * gamma + beta, variance divided by n; gamma and beta [n] may be
// null. statistics (not null): mean and 1 / sqrt(variance + epsilon) of each row, in pairs. Sums are taken in
// T over pieces of a row and combined in double. y may be x.
void row_norm(int64_t rows, int64_t n, double epsilon, const float* gamma, const float* beta, const float* x,
              double* statistics, float* y);
void row_norm(int64_t rows, int64_t n, double epsilon, const double* gamma, const double* beta,
              const double* x, double* statistics, double* y);

// dx from dy and what row_norm wrote to `statistics`; dx may be null or dy. accumulate: added to dx, which is
// not dy then. dgamma (with dbeta not null): dgamma[i] += sum over the rows of dy * (x - mean) / sqrt(...),
// dbeta[i] += sum of dy; blocks of rows in T in `spare`, 2 * n elements.
void row_norm_backward(int64_t rows, int64_t n, const float* gamma, const float* x, const float* dy,
                       const double* statistics, bool accumulate, float* dx, float* spare, double* dgamma,
                       double* dbeta);
void row_norm_backward(int64_t rows, int64_t n, const double* gamma, const double* x, const double* dy,
                       const double* statistics, bool accumulate, double* dx, double* spare, double* dgamma,
                       double* dbeta);

}  // namespace fovea::kernels
