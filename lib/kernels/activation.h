// Elementwise activations and their derivatives. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// Values are those of fv_activation in include/fovea/layers.h: append only.
enum class Activation : int32_t { linear = 0, relu = 1, sigmoid = 2, tanh = 3 };
inline constexpr const char* kActivationNames[] = {"linear", "relu", "sigmoid", "tanh"};

// y[i] = f(x[i]); y may be x. Accuracy: see the table in kernels/README.md.
void activate(Activation f, int64_t n, const float* x, float* y);
void activate(Activation f, int64_t n, const double* x, double* y);
// dx[i] = dy[i] * f'(x[i]), where f' is computed from y[i] = f(x[i]). dx may be dy.
void activate_backward(Activation f, int64_t n, const float* y, const float* dy, float* dx);
void activate_backward(Activation f, int64_t n, const double* y, const double* dy, double* dx);

}  // namespace fovea::kernels
