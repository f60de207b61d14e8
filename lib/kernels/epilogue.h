// What follows a matrix product: scale, bias and activation, in one pass over its rows.
// May use: kernels/activation.h; the implementation, Highway.
#pragma once
#include <cstdint>

#include "kernels/activation.h"

namespace fovea::kernels {

// y[r][c] = f(y[r][c] * scale[c] + shift[c]); null scale is 1, null shift is 0.
void finish_rows(Activation f, int64_t rows, int64_t columns, int64_t row_stride, const float* scale,
                 const float* shift, float* y);
void finish_rows(Activation f, int64_t rows, int64_t columns, int64_t row_stride, const double* scale,
                 const double* shift, double* y);

}  // namespace fovea::kernels
