// Elementwise activations and their derivatives. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>
#include <limits>

namespace fovea::kernels {

// Values are those of fv_activation in include/fovea/layers.h: append only.
enum class Activation : int32_t {
  linear = 0,
  relu = 1,
  sigmoid = 2,
  tanh = 3,
  relu6 = 4,
  leaky_relu = 5,  // parameter: the slope below 0
  elu = 6,         // alpha
  selu = 7,
  celu = 8,  // alpha
  gelu = 9,
  gelu_tanh = 10,
  swish = 11,  // beta
  hard_swish = 12,
  hard_sigmoid = 13,
  mish = 14,
  softplus = 15,  // beta
};
inline constexpr const char* kActivationNames[] = {
    "linear", "relu", "sigmoid",   "tanh",  "relu6",      "leaky_relu",   "elu",  "selu",
    "celu",   "gelu", "gelu_tanh", "swish", "hard_swish", "hard_sigmoid", "mish", "softplus"};

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

// The derivative of most is a function of the output y, so that x need not be kept. These fall and rise: two
// x have the same y, and the derivative needs x.
constexpr bool derivative_needs_input(Activation f) {
  return f == Activation::gelu || f == Activation::gelu_tanh || f == Activation::swish ||
         f == Activation::hard_swish || f == Activation::mish;
}

// What the parameter is where a function has one and it is not given.
constexpr double default_parameter(Activation f) {
  return f == Activation::leaky_relu ? 0.01 : 1;
}

// y[i] = f(x[i]); y may be x. Accuracy: see the table in kernels/README.md.
void activate(Activation f, double parameter, int64_t n, const float* x, float* y);
void activate(Activation f, double parameter, int64_t n, const double* x, double* y);
// dx[i] = dy[i] * f'(x[i]), where `from` is x if derivative_needs_input(f), else y. dx may be dy.
void activate_backward(Activation f, double parameter, int64_t n, const float* from, const float* dy,
                       float* dx);
void activate_backward(Activation f, double parameter, int64_t n, const double* from, const double* dy,
                       double* dx);

// With the default parameter.
template <class T>
void activate(Activation f, int64_t n, const T* x, T* y) {
  activate(f, default_parameter(f), n, x, y);
}
template <class T>
void activate_backward(Activation f, int64_t n, const T* from, const T* dy, T* dx) {
  activate_backward(f, default_parameter(f), n, from, dy, dx);
}

}  // namespace fovea::kernels
