// The largest of groups of channels. A row is [pieces][units]. The caller cuts rows into tasks.
// May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// y[r][u] = the largest of x[r][j][u]; NaN where there is one.
void maxout(int64_t rows, int64_t units, int64_t pieces, const float* x, float* y);
void maxout(int64_t rows, int64_t units, int64_t pieces, const double* x, double* y);
// dx[r][j][u] = dy[r][u] for the first j where x is y, 0 for the others; accumulate: added to dx.
void maxout_backward(int64_t rows, int64_t units, int64_t pieces, const float* x, const float* y,
                     const float* dy, bool accumulate, float* dx);
void maxout_backward(int64_t rows, int64_t units, int64_t pieces, const double* x, const double* y,
                     const double* dy, bool accumulate, double* dx);

}  // namespace fovea::kernels
