#include "train/objective.h"

#include <algorithm>

#include "base/error.h"
#include "kernels/loss.h"

namespace fovea::train {

void check_output(const graph::Node& output, std::optional<Loss> loss) {
  FOVEA_REQUIRE(output.shape.rank() == 1, "the loss takes a flat output, but '%.200s' is %s", output.name.c_str(),
                output.shape.text().c_str());
  FOVEA_REQUIRE(loss != Loss::softmax_cross_entropy || output.layer->kind() != "softmax",
                "loss softmax_cross_entropy takes logits, but output '%.200s' is a softmax: take its input as the first "
                "output", output.name.c_str());
}

Objective::Objective(const Context& context, Loss loss, DType dtype, int64_t elements, bool dense, int64_t max_batch)
    : loss_(loss), dtype_(dtype), elements_(elements), dense_(dense) {
  const size_t batch = static_cast<size_t>(max_batch);
  const bool needs_rows = dense || loss == Loss::mean_squared_error;
  labels_ = context.buffer(batch * sizeof(int32_t), true);
  losses_ = context.buffer(batch * sizeof(double), true);
  predictions_ = context.buffer(batch * sizeof(int32_t), true);
  if (needs_rows) targets_ = context.buffer(batch * static_cast<size_t>(elements) * size_of(dtype), true);
}

template <class T>
void Objective::rows(int64_t begin, int64_t end, double scale, const T* output, T* gradient) const {
  const int64_t count = end - begin;
  const T* const x = output + begin * elements_;
  T* const dx = gradient == nullptr ? nullptr : gradient + begin * elements_;
  T* const targets = reinterpret_cast<T*>(targets_.data()) + begin * elements_;
  double* const losses = losses_.as<double>() + begin;
  const int32_t* const label = labels() + begin;
  if (!dense_) {
    for (int64_t i = 0; i < count; ++i) {
      const T* row = x + i * elements_;
      predictions_.as<int32_t>()[begin + i] = static_cast<int32_t>(std::max_element(row, row + elements_) - row);
      if (loss_ == Loss::mean_squared_error) {
        std::fill_n(targets + i * elements_, elements_, T(0));
        targets[i * elements_ + label[i]] = T(1);
      }
    }
  }
  if (loss_ == Loss::mean_squared_error) kernels::mean_squared_error(count, elements_, x, targets, scale, losses, dx);
  else if (dense_) kernels::softmax_cross_entropy(count, elements_, x, targets, scale, losses, dx);
  else kernels::softmax_cross_entropy(count, elements_, x, label, scale, losses, dx);
}

BatchLoss Objective::evaluate(Executor& executor, int64_t batch, const void* output, void* gradient) const {
  const double scale = 1.0 / static_cast<double>(batch);
  const int64_t step = std::max<int64_t>(1, 8192 / elements_);
  executor.parallel_for(blocks_of(batch, step), [&](int64_t task, int) {
    const int64_t begin = task * step;
    const int64_t end = std::min(batch, begin + step);
    if (dtype_ == DType::f64)
      rows(begin, end, scale, static_cast<const double*>(output), static_cast<double*>(gradient));
    else rows(begin, end, scale, static_cast<const float*>(output), static_cast<float*>(gradient));
  });
  BatchLoss result;
  if (dense_) result.correct = -1;
  for (int64_t i = 0; i < batch; ++i) {
    result.sum += losses_.as<double>()[i];
    if (!dense_) result.correct += predictions()[i] == labels()[i];
  }
  return result;
}

}  // namespace fovea::train
