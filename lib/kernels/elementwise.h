// Kernels on flat arrays, on column sums and on per-channel maps, which layers, graphs and data readers
// share. Each runs on the calling thread; the caller cuts large work into tasks. Unless said otherwise an
// output may be the memory of an input. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// How many elements of a memory-bound kernel make a task: large enough to hide the cost of a task (about a
// microsecond), small enough that two or more inputs stay in the second-level cache.
inline constexpr int64_t kElementsPerTask = 32768;

// y = a + b
void add(int64_t n, const float* a, const float* b, float* y);
void add(int64_t n, const double* a, const double* b, double* y);
// y += x
void accumulate(int64_t n, const float* x, float* y);
void accumulate(int64_t n, const double* x, double* y);
// y += alpha * x
void add_scaled(int64_t n, double alpha, const float* x, float* y);
void add_scaled(int64_t n, double alpha, const double* x, double* y);
// y = alpha * x
void scale(int64_t n, double alpha, const float* x, float* y);
void scale(int64_t n, double alpha, const double* x, double* y);
// The sum of x[i]^2, summed in double.
double sum_of_squares(int64_t n, const float* x);
double sum_of_squares(int64_t n, const double* x);
// y += alpha * sign(x), 0 where x is 0; the sum of |x[i]|, summed in double. y is not x.
double add_signs(int64_t n, double alpha, const float* x, float* y);
double add_signs(int64_t n, double alpha, const double* x, double* y);

// db[c] = alpha * sum over r of dy[r * ld + c]: blocks of rows are summed in T, the blocks in double. A
// bias's gradient, or with alpha = 1 / rows an average over pixels. db is not dy.
void column_sums(int64_t rows, int64_t cols, const float* dy, int64_t ld, double alpha, float* db);
void column_sums(int64_t rows, int64_t cols, const double* dy, int64_t ld, double alpha, double* db);
template <class T>
void bias_gradient(int64_t rows, int64_t cols, const T* dy, int64_t ld, T* db) {
  column_sums(rows, cols, dy, ld, 1.0, db);
}

// out[r][c] = in[r][c] * scale[c] + shift[c]
void affine_channels(int64_t rows, int64_t channels, const float* in, const float* scale, const float* shift,
                     float* out);
void affine_channels(int64_t rows, int64_t channels, const double* in, const double* scale,
                     const double* shift, double* out);
void convert_u8(int64_t rows, int64_t channels, const uint8_t* in, const float* scale, const float* shift,
                float* out);
void convert_u8(int64_t rows, int64_t channels, const uint8_t* in, const double* scale, const double* shift,
                double* out);

}  // namespace fovea::kernels
