// One optimizer step over a flat block of parameters, each array read and written once. Element-wise, so the
// caller may cut the block anywhere. Where PyTorch has the rule, formula and order of operations are its.
// May use: std; the implementation, Highway.
#pragma once
#include <cstdint>
#include <limits>

namespace fovea::kernels {

// What every rule does before and around its own formula:
//   g = bounded(scale * gradient) + coupled * w;  w = keep * w - ...
struct Update {
  double rate = 0.01;
  double scale = 1;  // of the gradient: an average over accumulated batches, clipping by norm
  double bound = std::numeric_limits<double>::infinity();  // clipping by value
  double coupled = 0;                                      // weight decay as a part of the gradient
  double keep = 1;                                         // weight decay beside it: 1 - rate * decay
};

// v = momentum * v + (1 - dampening) * inner * g;  w -= rate * v, or with nesterov
// w -= rate * (inner * g + momentum * v). v null: w -= rate * inner * g.
struct SgdStep : Update {
  double momentum = 0;
  double dampening = 0;
  double inner = 1;  // the rate, where it stands inside the velocity
  bool nesterov = false;
  bool first = false;  // v holds nothing yet: v = inner * g
};
void sgd(int64_t n, float* w, const float* g, float* v, const SgdStep& step);
void sgd(int64_t n, double* w, const double* g, double* v, const SgdStep& step);

// m = beta1 m + (1 - beta1) g;  v = beta2 v + (1 - beta2) g^2;  u = v, or the largest v so far;
// w -= rate * (first * m + look * g) / D, where D = sqrt(u) / sqrt(correction2) + epsilon, or
// sqrt(u / correction2 + epsilon) with `inside`.
struct AdamStep : Update {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
  double correction2 = 1;  // 1 - beta2^t, or 1 for no correction of the bias
  double first = 1;        // 1 / (1 - beta1^t), or 1
  double look = 0;         // what NAdam adds of the gradient itself
  bool inside = false;
};
// `largest` is null but for AMSGrad. direction not null: what would be subtracted from w, without the rate,
// plus decay * w, is written there instead; it may be g.
void adam(int64_t n, float* w, const float* g, float* m, float* v, float* largest, const AdamStep& step);
void adam(int64_t n, double* w, const double* g, double* m, double* v, double* largest, const AdamStep& step);
void adam_direction(int64_t n, const float* w, const float* g, float* m, float* v, double decay,
                    const AdamStep& step, float* direction);
void adam_direction(int64_t n, const double* w, const double* g, double* m, double* v, double decay,
                    const AdamStep& step, double* direction);

// m = beta1 m + (1 - beta1) g;  u = max(beta2 u, |g| + epsilon);  w -= rate * m / u
struct AdamaxStep : Update {
  double beta1 = 0.9;
  double beta2 = 0.999;
  double epsilon = 1e-8;
};
void adamax(int64_t n, float* w, const float* g, float* m, float* u, const AdamaxStep& step);
void adamax(int64_t n, double* w, const double* g, double* m, double* u, const AdamaxStep& step);

// v += g^2;  w -= rate * g / (sqrt(v) + epsilon), or / sqrt(v + epsilon)
struct AdagradStep : Update {
  double epsilon = 1e-10;
  bool inside = false;
};
void adagrad(int64_t n, float* w, const float* g, float* v, const AdagradStep& step);
void adagrad(int64_t n, double* w, const double* g, double* v, const AdagradStep& step);

// v = rho v + (1 - rho) g^2;  mean = rho mean + (1 - rho) g where not null;
// q = g / (sqrt(v - mean^2) + epsilon), or / sqrt(v - mean^2 + epsilon);
// b = momentum b + q where not null;  w -= rate * (b or q)
struct RmspropStep : Update {
  double rho = 0.99;
  double epsilon = 1e-8;
  double momentum = 0;
  bool inside = false;
};
void rmsprop(int64_t n, float* w, const float* g, float* v, float* mean, float* b, const RmspropStep& step);
void rmsprop(int64_t n, double* w, const double* g, double* v, double* mean, double* b,
             const RmspropStep& step);

// v = rho v + (1 - rho) g^2;  q = sqrt(u + epsilon) / sqrt(v + epsilon) * g;  u = rho u + (1 - rho) q^2;
// w -= rate * q
struct AdadeltaStep : Update {
  double rho = 0.9;
  double epsilon = 1e-6;
};
void adadelta(int64_t n, float* w, const float* g, float* v, float* u, const AdadeltaStep& step);
void adadelta(int64_t n, double* w, const double* g, double* v, double* u, const AdadeltaStep& step);

// w -= rate * sign(beta1 m + (1 - beta1) g);  m = beta2 m + (1 - beta2) g
struct LionStep : Update {
  double beta1 = 0.9;
  double beta2 = 0.99;
};
void lion(int64_t n, float* w, const float* g, float* m, const LionStep& step);
void lion(int64_t n, double* w, const double* g, double* m, const LionStep& step);

// y += share * (x - y): a moving average.
void move_towards(int64_t n, double share, const float* x, float* y);
void move_towards(int64_t n, double share, const double* x, double* y);

}  // namespace fovea::kernels
