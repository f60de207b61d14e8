// One optimizer step over a flat block of parameters, each array read and written once. Element-wise, so the
// caller may cut the block anywhere. Formulas and order of operations are PyTorch's.
// May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

struct SgdStep {
  double rate = 0.01;
  double momentum = 0;
  double dampening = 0;
  bool nesterov = false;
  bool first = false;  // v holds nothing yet: v = g
};
// v = momentum * v + (1 - dampening) * g;  w -= rate * v, or with nesterov w -= rate * (g + momentum * v).
// v null: w -= rate * g.
void sgd(int64_t n, float* w, const float* g, float* v, const SgdStep& step);
void sgd(int64_t n, double* w, const double* g, double* v, const SgdStep& step);

struct AdamStep {
  double rate = 1e-3;
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double correction1 = 1;  // 1 - beta1^t, or 1 for no correction of the bias
  double correction2 = 1;  // 1 - beta2^t, or 1
};
// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;
// w -= rate / correction1 * m / (sqrt(v) / sqrt(correction2) + epsilon)
void adam(int64_t n, float* w, const float* g, float* m, float* v, const AdamStep& step);
void adam(int64_t n, double* w, const double* g, double* m, double* v, const AdamStep& step);

}  // namespace fovea::kernels
