// Matrix product on OpenBLAS, each call on the calling thread alone. The only place that sees cblas.
// May use: base, cblas.
#pragma once
#include <cstdint>

namespace fovea::kernels {

enum class Op : int32_t { plain = 0, transposed = 1 };

// C = alpha * op(A) * op(B) + beta * C, row-major: op(A) is m x k, op(B) is k x n, C is m x n; the leading
// dimension is the distance between rows as stored. With beta == 0, C is not read. May be called from any
// number of threads at once. Raises unsupported when an extent does not fit the BLAS's 32-bit integer.
void gemm(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
          const float* b, int64_t ldb, float beta, float* c, int64_t ldc);
void gemm(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda,
          const double* b, int64_t ldb, double beta, double* c, int64_t ldc);

}  // namespace fovea::kernels
