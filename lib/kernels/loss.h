// Losses, row by row: a row is one sample (or one pixel), rows are independent, so the caller may cut them
// into tasks. Each writes one loss per row in double precision and, where the gradient's pointer is not null,
// the gradient times `scale`. The gradient may take the memory of the first input. May use: std; the
// implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// loss = log(sum exp(x)) - x[label]; dlogits = scale * (softmax(x) - onehot(label)). A row whose label is
// outside [0, classes) gets loss 0 and gradient 0. Returns the first such row, or -1 when there is none.
int64_t softmax_cross_entropy(int64_t rows, int64_t classes, const float* logits, const int32_t* labels,
                              double scale, double* loss, float* dlogits);
int64_t softmax_cross_entropy(int64_t rows, int64_t classes, const double* logits, const int32_t* labels,
                              double scale, double* loss, double* dlogits);
// loss = -sum t log(softmax(x)); dlogits = scale * (softmax(x) * sum(t) - t), where sum(t) is 1 for
// probabilities.
void softmax_cross_entropy(int64_t rows, int64_t classes, const float* logits, const float* targets,
                           double scale, double* loss, float* dlogits);
void softmax_cross_entropy(int64_t rows, int64_t classes, const double* logits, const double* targets,
                           double scale, double* loss, double* dlogits);
// loss = mean over the row of (x - t)^2; dx = scale * 2 / cols * (x - t).
void mean_squared_error(int64_t rows, int64_t cols, const float* x, const float* targets, double scale,
                        double* loss, float* dx);
void mean_squared_error(int64_t rows, int64_t cols, const double* x, const double* targets, double scale,
                        double* loss, double* dx);
// loss = sum over j != label of max(0, margin + x[j] - x[label]), or of its square; the multi-class hinge
// loss of Weston and Watkins. Labels lie in [0, classes).
void hinge_loss(int64_t rows, int64_t classes, const float* x, const int32_t* labels, double margin,
                bool squared, double scale, double* loss, float* dx);
void hinge_loss(int64_t rows, int64_t classes, const double* x, const int32_t* labels, double margin,
                bool squared, double scale, double* loss, double* dx);
// loss = 1 - x.t / max(|x| |t|, 1e-8).
void cosine_loss(int64_t rows, int64_t cols, const float* x, const float* targets, double scale, double* loss,
                 float* dx);
void cosine_loss(int64_t rows, int64_t cols, const double* x, const double* targets, double scale,
                 double* loss, double* dx);

}  // namespace fovea::kernels
