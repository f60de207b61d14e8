#include "kernels/gemm.h"

#include <cblas.h>

#include <atomic>
#include <limits>

#include "base/error.h"

// Of OpenMP's interface, all that is needed here; <omp.h> does not come with every compiler.
extern "C" int omp_get_max_threads(void);
extern "C" void omp_set_num_threads(int threads);

namespace fovea::kernels {
namespace {

// OpenBLAS has a table of 128 buffers, one for each call under way; when it is full, OpenBLAS prints and
// later kills the process. Callers beyond this number wait.
constexpr int kConcurrentCalls = 96;
constinit std::atomic<int> free_slots{kConcurrentCalls};

void take_slot() {
  int found = free_slots.load(std::memory_order_relaxed);
  for (;;) {
    if (found == 0) {
      free_slots.wait(0, std::memory_order_relaxed);
      found = free_slots.load(std::memory_order_relaxed);
    } else if (free_slots.compare_exchange_weak(found, found - 1, std::memory_order_acquire)) {
      return;
    }
  }
}

void give_slot() {
  if (free_slots.fetch_add(1, std::memory_order_release) == 0) free_slots.notify_all();
}

// While it lives, OpenMP inside this thread starts no threads: OpenBLAS asks for the limit on every call. The
// limit belongs to the calling thread, which may be the host's, so it is put back.
class OneThread {
 public:
  OneThread() : found_(omp_get_max_threads()) {
    if (found_ != 1) omp_set_num_threads(1);
    take_slot();
  }
  ~OneThread() {
    give_slot();
    if (found_ != 1) omp_set_num_threads(found_);
  }
  OneThread(const OneThread&) = delete;
  OneThread& operator=(const OneThread&) = delete;

 private:
  int found_;
};

blasint to_blas(int64_t extent) {
  if (extent < 0 || extent > std::numeric_limits<blasint>::max())
    fail(Status::unsupported, "a matrix extent of %lld passes the limit of %lld",
         static_cast<long long>(extent), static_cast<long long>(std::numeric_limits<blasint>::max()));
  return static_cast<blasint>(extent);
}

CBLAS_TRANSPOSE to_blas(Op op) {
  return op == Op::transposed ? CblasTrans : CblasNoTrans;
}

void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, float alpha,
          const float* a, blasint lda, const float* b, blasint ldb, float beta, float* c, blasint ldc) {
  cblas_sgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void call(CBLAS_TRANSPOSE ta, CBLAS_TRANSPOSE tb, blasint m, blasint n, blasint k, double alpha,
          const double* a, blasint lda, const double* b, blasint ldb, double beta, double* c, blasint ldc) {
  cblas_dgemm(CblasRowMajor, ta, tb, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

// One row of results: OpenBLAS's GEMM would copy the whole of B first.
void call_row(CBLAS_TRANSPOSE tb, blasint rows, blasint columns, float alpha, const float* b, blasint ldb,
              const float* a, blasint a_step, float beta, float* c) {
  cblas_sgemv(CblasRowMajor, tb, rows, columns, alpha, b, ldb, a, a_step, beta, c, 1);
}
void call_row(CBLAS_TRANSPOSE tb, blasint rows, blasint columns, double alpha, const double* b, blasint ldb,
              const double* a, blasint a_step, double beta, double* c) {
  cblas_dgemv(CblasRowMajor, tb, rows, columns, alpha, b, ldb, a, a_step, beta, c, 1);
}

// With nothing to sum, C = beta * C.
template <class T>
void scale(int64_t m, int64_t n, T beta, T* c, int64_t ldc) {
  for (int64_t i = 0; i < m; ++i)
    for (int64_t j = 0; j < n; ++j) c[i * ldc + j] = beta == T{0} ? T{0} : beta * c[i * ldc + j];
}

template <class T>
void run(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, T alpha, const T* a, int64_t lda, const T* b,
         int64_t ldb, T beta, T* c, int64_t ldc) {
  if (m <= 0 || n <= 0) return;
  if (k <= 0) return scale(m, n, beta, c, ldc);
  const blasint bm = to_blas(m), bn = to_blas(n), bk = to_blas(k);
  const blasint ba = to_blas(lda), bb = to_blas(ldb), bc = to_blas(ldc);
  OneThread guard;
  if (m == 1) {
    if (beta == T{0}) scale(1, n, beta, c, ldc);
    const blasint a_step = op_a == Op::plain ? 1 : ba;
    if (op_b == Op::plain)
      call_row(CblasTrans, bk, bn, alpha, b, bb, a, a_step, beta, c);
    else
      call_row(CblasNoTrans, bn, bk, alpha, b, bb, a, a_step, beta, c);
    return;
  }
  call(to_blas(op_a), to_blas(op_b), bm, bn, bk, alpha, a, ba, b, bb, beta, c, bc);
}

}  // namespace

void gemm(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, float alpha, const float* a, int64_t lda,
          const float* b, int64_t ldb, float beta, float* c, int64_t ldc) {
  run(op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}
void gemm(Op op_a, Op op_b, int64_t m, int64_t n, int64_t k, double alpha, const double* a, int64_t lda,
          const double* b, int64_t ldb, double beta, double* c, int64_t ldc) {
  run(op_a, op_b, m, n, k, alpha, a, lda, b, ldb, beta, c, ldc);
}

}  // namespace fovea::kernels
