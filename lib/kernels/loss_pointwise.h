// Losses that compare each output with its target and add up, row by row as in kernels/loss.h. May use: std;
// the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

enum class PointwiseLoss : int32_t {
  absolute,              // |x - t|
  huber,                 // e^2 / 2 where |e| < delta, else delta (|e| - delta / 2), e = x - t
  smooth_l1,             // that / delta
  binary_cross_entropy,  // of logits: log(1 + exp(x)) - t x
  focal,  // that times (1 - p)^gamma, p = the probability given to t; and alpha t + (1 - alpha) (1 - t)
  kl_divergence,  // of log-probabilities: t (log t - x), 0 where t is 0
};
struct PointwiseOptions {
  double delta = 1;
  double gamma = 2;     // 0 or more
  double alpha = 0.25;  // negative: both sorts weigh 1
};

// loss[r] = unit * sum over the row of f(x, t), summed in double; dx = scale * unit * df/dx where it is not
// null.
void pointwise_loss(PointwiseLoss f, const PointwiseOptions& options, int64_t rows, int64_t cols,
                    const float* x, const float* targets, double unit, double scale, double* loss, float* dx);
void pointwise_loss(PointwiseLoss f, const PointwiseOptions& options, int64_t rows, int64_t cols,
                    const double* x, const double* targets, double unit, double scale, double* loss,
                    double* dx);

// Binary cross-entropy of logits with a weight for what t asks for in each column, positive[cols]:
// positive t log(1 + exp(-x)) + (1 - t) log(1 + exp(x)).
void weighted_binary_cross_entropy(int64_t rows, int64_t cols, const float* x, const float* targets,
                                   const float* positive, double unit, double scale, double* loss, float* dx);
void weighted_binary_cross_entropy(int64_t rows, int64_t cols, const double* x, const double* targets,
                                   const double* positive, double unit, double scale, double* loss,
                                   double* dx);

}  // namespace fovea::kernels
