// Activations with a learned parameter: one for each column of a matrix [rows][columns], so that a single one
// is a matrix with one column. The caller cuts rows, or columns, into tasks. May use: std; the
// implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

enum class Parametric : int32_t {
  prelu = 0,  // x above 0, else p x
  swish = 1,  // x sigmoid(p x)
};

// y[r][c] = f(x[r][c], p[c]). Rows are `stride` elements apart in x and y, which may be one.
void parametric(Parametric f, int64_t rows, int64_t columns, int64_t stride, const float* x, const float* p,
                float* y);
void parametric(Parametric f, int64_t rows, int64_t columns, int64_t stride, const double* x, const double* p,
                double* y);

// Elements of scratch that a call below needs.
int64_t parametric_scratch(int64_t columns);
// dx[r][c] = dy[r][c] df/dx, where dx is not null; it may be dy, or with accumulate, is added to. dp[c] = sum
// over the rows of dy df/dp, in double over blocks of rows in T.
template <class T>
struct ParametricBackward {
  int64_t rows, columns, stride;
  const T* x;
  const T* p;
  const T* dy;
  T* dx;
  bool accumulate;
  T* scratch;
  double* dp;
};
void parametric_backward(Parametric f, const ParametricBackward<float>& task);
void parametric_backward(Parametric f, const ParametricBackward<double>& task);

}  // namespace fovea::kernels
