#include "train/penalty.h"

#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"

namespace fovea::train {

Penalty::Penalty(const Context& context, const graph::Layout& layout, const Groups& groups, DType dtype,
                 const PenaltyOptions& options)
    : dtype_(dtype), proximal_(options.proximal_l1) {
  constexpr int64_t kPart = 65536;  // elements of a task
  for (const graph::Slot& slot : layout.parameters) {
    const layers::Regularizer& own = slot.parameter.regularizer;
    const Group group = group_of(groups, slot);
    double l1 = group.l1 + own.l1, l2 = group.l2 + own.slope();
    if (slot.parameter.role == layers::Role::kernel) l1 += options.l1, l2 += options.l2;
    if (l1 == 0 && l2 == 0) continue;
    for (int64_t begin = 0; begin < slot.elements; begin += kPart)
      parts_.push_back({slot.offset + begin, std::min(kPart, slot.elements - begin), l1, l2,
                        group.frozen ? 0 : group.rate});
  }
  sums_ = context.buffer(parts_.size() * sizeof(double), true);
}

template <class T>
double Penalty::apply_part(const Part& part, const T* w, T* g) const {
  w += part.offset;
  g += part.offset;
  double sum = 0;
  if (part.l2 != 0) {
    kernels::add_scaled(part.elements, part.l2, w, g);
    sum = part.l2 / 2 * kernels::sum_of_squares(part.elements, w);
  }
  if (part.l1 != 0) sum += part.l1 * kernels::add_signs(part.elements, proximal_ ? 0 : part.l1, w, g);
  return sum;
}

double Penalty::apply(Executor& executor, const void* parameters, void* gradients) {
  double* const sums = sums_.as<double>();
  executor.parallel_for(static_cast<int64_t>(parts_.size()), [&](int64_t task, int) {
    const Part& part = parts_[static_cast<size_t>(task)];
    sums[task] =
        dtype_ == DType::f64
            ? apply_part(part, static_cast<const double*>(parameters), static_cast<double*>(gradients))
            : apply_part(part, static_cast<const float*>(parameters), static_cast<float*>(gradients));
  });
  double sum = 0;
  for (size_t i = 0; i < parts_.size(); ++i) sum += sums[i];
  return sum;
}

void Penalty::shrink(Executor& executor, double rate, void* parameters) const {
  if (!proximal_) return;
  executor.parallel_for(static_cast<int64_t>(parts_.size()), [&](int64_t task, int) {
    const Part& part = parts_[static_cast<size_t>(task)];
    if (part.l1 == 0 || part.rate == 0) return;
    with_float(dtype_, [&](auto zero) {
      using T = decltype(zero);
      const T by = static_cast<T>(rate * part.rate * part.l1);
      T* const w = static_cast<T*>(parameters) + part.offset;
      for (int64_t i = 0; i < part.elements; ++i) {
        const T size = std::abs(w[i]) - by;
        w[i] = std::copysign(size <= 0 ? T{0} : size, w[i]);
      }
    });
  });
}

}  // namespace fovea::train
