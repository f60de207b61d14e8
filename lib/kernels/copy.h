// Matrices moved: rows whose starts are apart, and transposes. ld: elements from a row to the next. The
// caller cuts large work into tasks. x and y do not overlap. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// y[r][i] = x[r][i] for r < rows and i < n; accumulate: added to y.
void copy_rows(int64_t rows, int64_t n, const float* x, int64_t ldx, bool accumulate, float* y, int64_t ldy);
void copy_rows(int64_t rows, int64_t n, const double* x, int64_t ldx, bool accumulate, double* y,
               int64_t ldy);

// y[c][r] = x[r][c] for r < rows and c < columns; accumulate: added to y. Reads x once for every few columns,
// so a block of it should fit the first-level cache.
void transpose(int64_t rows, int64_t columns, const float* x, int64_t ldx, bool accumulate, float* y,
               int64_t ldy);
void transpose(int64_t rows, int64_t columns, const double* x, int64_t ldx, bool accumulate, double* y,
               int64_t ldy);

}  // namespace fovea::kernels
