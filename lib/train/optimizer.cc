#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "kernels/optimizer.h"

namespace fovea::train {
namespace {

constexpr int64_t kPart = 65536;  // elements of a task

}  // namespace

int Optimizer::moment_count(const OptimizerOptions& options) {
  if (options.kind == OptimizerKind::adam) return 2;
  return options.momentum != 0 ? 1 : 0;
}

Optimizer::Optimizer(const Context& context, const OptimizerOptions& options, DType dtype, int64_t block)
    : options_(options), dtype_(dtype), block_(block) {
  for (int i = 0; i < moment_count(options); ++i)
    moments_[static_cast<size_t>(i)] = context.buffer(static_cast<size_t>(block) * size_of(dtype), true);
}

std::vector<Optimizer::Moment> Optimizer::moments() const {
  constexpr const char* kSgd[] = {"momentum"};
  constexpr const char* kAdam[] = {"m", "v"};
  std::vector<Moment> found;
  for (int i = 0; i < moment_count(options_); ++i)
    found.push_back({options_.kind == OptimizerKind::adam ? kAdam[i] : kSgd[i], moments_[static_cast<size_t>(i)].data()});
  return found;
}

size_t Optimizer::moment_bytes() const { return moments_[0].bytes() + moments_[1].bytes(); }

template <class T> void Optimizer::apply_block(int64_t begin, int64_t n, int64_t update, T* w, const T* g) {
  const auto moment = [&](size_t i) { return moments_[i].bytes() == 0 ? nullptr : moments_[i].as<T>() + begin; };
  switch (options_.kind) {
    case OptimizerKind::sgd: {
      kernels::SgdStep step;
      step.rate = options_.learning_rate;
      step.momentum = options_.momentum;
      step.nesterov = options_.nesterov;
      kernels::sgd(n, w + begin, g + begin, moment(0), step);
      return;
    }
    case OptimizerKind::adam: {
      kernels::AdamStep step;
      step.rate = options_.learning_rate;
      step.beta1 = options_.beta1;
      step.beta2 = options_.beta2;
      step.epsilon = options_.epsilon;
      step.correction1 = 1 - std::pow(options_.beta1, static_cast<double>(update));
      step.correction2 = 1 - std::pow(options_.beta2, static_cast<double>(update));
      kernels::adam(n, w + begin, g + begin, moment(0), moment(1), step);
      return;
    }
  }
}

void Optimizer::apply(Executor& executor, int64_t update, void* parameters, const void* gradients) {
  executor.parallel_for(blocks_of(block_, kPart), [&](int64_t task, int) {
    const int64_t begin = task * kPart;
    const int64_t n = std::min(kPart, block_ - begin);
    if (dtype_ == DType::f64)
      apply_block(begin, n, update, static_cast<double*>(parameters), static_cast<const double*>(gradients));
    else apply_block(begin, n, update, static_cast<float*>(parameters), static_cast<const float*>(gradients));
  });
}

Penalty::Penalty(const Context& context, const graph::Layout& layout, DType dtype, double l2) : dtype_(dtype) {
  for (const graph::Slot& slot : layout.parameters) {
    const layers::Regularizer& own = slot.parameter.regularizer;
    double coefficient = own.full_square ? 2 * own.l2 : own.l2;
    if (slot.parameter.role == layers::Role::kernel) coefficient += l2;
    if (coefficient == 0) continue;
    for (int64_t begin = 0; begin < slot.elements; begin += kPart)
      parts_.push_back({slot.offset + begin, std::min(kPart, slot.elements - begin), coefficient});
  }
  sums_ = context.buffer(parts_.size() * sizeof(double), true);
}

template <class T> double Penalty::apply_part(const Part& part, const T* w, T* g) {
  kernels::add_scaled(part.elements, part.coefficient, w + part.offset, g + part.offset);
  return part.coefficient / 2 * kernels::sum_of_squares(part.elements, w + part.offset);
}

double Penalty::apply(Executor& executor, const void* parameters, void* gradients) {
  double* const sums = sums_.as<double>();
  executor.parallel_for(static_cast<int64_t>(parts_.size()), [&](int64_t task, int) {
    const Part& part = parts_[static_cast<size_t>(task)];
    sums[task] = dtype_ == DType::f64
                     ? apply_part(part, static_cast<const double*>(parameters), static_cast<double*>(gradients))
                     : apply_part(part, static_cast<const float*>(parameters), static_cast<float*>(gradients));
  });
  double sum = 0;
  for (size_t i = 0; i < parts_.size(); ++i) sum += sums[i];
  return sum;
}

}  // namespace fovea::train
