// Elementwise activations and their derivatives. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>
#include <limits>

namespace fovea::kernels {

// Values are those of fv_activation in include/fovea/layers.h: append only.
enum class Activation : int32_t { linear = 0, relu = 1, sigmoid = 2, tanh = 3, relu6 = 4 };
inline constexpr const char* kActivationNames[] = {"linear", "relu", "sigmoid", "tanh", "relu6"};

// Some do no more than bound their input, which other kernels do in their last step, for nothing. bounds_of()
// the others has no effect.
constexpr bool is_clamp(Activation f) {
  return f == Activation::linear || f == Activation::relu || f == Activation::relu6;
}
template <class T>
struct Bounds {
  T low = -std::numeric_limits<T>::infinity(), high = std::numeric_limits<T>::infinity();
};
template <class T>
constexpr Bounds<T> bounds_of(Activation f) {
  Bounds<T> b;
  if (f == Activation::relu || f == Activation::relu6) b.low = 0;
  if (f == Activation::relu6) b.high = 6;
  return b;
}

// y[i] = f(x[i]); y may be x. Accuracy: see the table in kernels/README.md.
void activate(Activation f, int64_t n, const float* x, float* y);
void activate(Activation f, int64_t n, const double* x, double* y);
// dx[i] = dy[i] * f'(x[i]), where f' is computed from y[i] = f(x[i]). dx may be dy.
void activate_backward(Activation f, int64_t n, const float* y, const float* dy, float* dx);
void activate_backward(Activation f, int64_t n, const double* y, const double* dy, double* dx);

}  // namespace fovea::kernels
