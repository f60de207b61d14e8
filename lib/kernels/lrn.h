// Local response normalisation across channels (Krizhevsky et al. 2012, section 3.3) of a matrix
// [rows][channels]. The caller cuts rows into tasks. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// y_i = x_i / s_i^beta, s_i = k + alpha * sum of x_j^2 for j in [i - before, i + after].
struct Lrn {
  int64_t before, after;
  double k, alpha, beta;
};

// Elements of T that both passes need as scratch memory.
int64_t lrn_scratch(int64_t channels, const Lrn& lrn);
void lrn_forward(const Lrn& lrn, int64_t rows, int64_t channels, const float* x, float* scratch, float* y);
void lrn_forward(const Lrn& lrn, int64_t rows, int64_t channels, const double* x, double* scratch, double* y);
// dx may be dy; accumulate: added to dx, which is not dy then.
void lrn_backward(const Lrn& lrn, int64_t rows, int64_t channels, const float* x, const float* dy,
                  bool accumulate, float* scratch, float* dx);
void lrn_backward(const Lrn& lrn, int64_t rows, int64_t channels, const double* x, const double* dy,
                  bool accumulate, double* scratch, double* dx);

}  // namespace fovea::kernels
