#include "train/objective.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/largest.h"
#include "kernels/loss.h"
#include "kernels/loss_pointwise.h"

namespace fovea::train {
namespace {

// The mean over a sample's elements is part of the loss.
bool is_mean_over_elements(Loss loss) {
  switch (loss) {
    case Loss::mean_squared_error:
    case Loss::binary_cross_entropy:
    case Loss::focal:
    case Loss::mean_absolute_error:
    case Loss::huber:
    case Loss::smooth_l1:
      return true;
    default:
      return false;
  }
}

kernels::PointwiseLoss pointwise(Loss loss) {
  switch (loss) {
    case Loss::binary_cross_entropy:
      return kernels::PointwiseLoss::binary_cross_entropy;
    case Loss::focal:
      return kernels::PointwiseLoss::focal;
    case Loss::huber:
      return kernels::PointwiseLoss::huber;
    case Loss::smooth_l1:
      return kernels::PointwiseLoss::smooth_l1;
    case Loss::kl_divergence:
      return kernels::PointwiseLoss::kl_divergence;
    default:
      return kernels::PointwiseLoss::absolute;
  }
}

// The loss of rows, from targets or, where these are null, from labels.
template <class T>
void loss_of_rows(const LossOptions& o, int64_t count, int64_t columns, const T* x, const T* targets,
                  const int32_t* labels, double scale, double* losses, T* dx) {
  const double elements = is_mean_over_elements(o.loss) && o.sum ? static_cast<double>(columns) : 1;
  switch (o.loss) {
    case Loss::softmax_cross_entropy:
      if (targets != nullptr)
        kernels::softmax_cross_entropy(count, columns, x, targets, scale, losses, dx);
      else
        kernels::softmax_cross_entropy(count, columns, x, labels, scale, losses, dx);
      return;
    case Loss::hinge:
      return kernels::hinge_loss(count, columns, x, labels, o.margin, o.squared, scale, losses, dx);
    case Loss::cosine:
      return kernels::cosine_loss(count, columns, x, targets, scale, losses, dx);
    case Loss::mean_squared_error:
      kernels::mean_squared_error(count, columns, x, targets, scale * elements, losses, dx);
      for (int64_t i = 0; i < count; ++i) losses[i] *= elements;
      return;
    default: {
      const double unit = is_mean_over_elements(o.loss) ? elements / static_cast<double>(columns) : 1;
      kernels::pointwise_loss(pointwise(o.loss), {o.delta, o.gamma, o.alpha}, count, columns, x, targets,
                              unit, scale, losses, dx);
    }
  }
}

}  // namespace

void resolve(const Context& context, LossOptions& o) {
  if (o.loss != Loss::custom) return;
  o.of_host = std::static_pointer_cast<const CustomLoss>(context.losses().find(o.custom));
  if (o.of_host == nullptr)
    fail(Status::not_found, "loss '%.80s' is not registered with the context", o.custom.c_str());
}

bool is_over_classes(const LossOptions& o) {
  if (o.of_host != nullptr) return o.of_host->over_classes();
  return o.loss == Loss::softmax_cross_entropy || o.loss == Loss::hinge;
}

int64_t label_classes(const LossOptions& o, const Shape& output) {
  if (is_over_classes(o)) return output[output.rank() - 1];
  const bool decides = output.elements() == 1 && o.loss != Loss::custom;
  return decides ? 2 : output.elements();
}

void check_loss(const LossOptions& o, const Shape& output) {
  const char* name = kLossNames[static_cast<size_t>(o.loss)];
  const int64_t classes = output[output.rank() - 1];
  FOVEA_REQUIRE(std::isfinite(o.weight), "%s: weight is %g", name, o.weight);
  FOVEA_REQUIRE(o.label_smoothing >= 0 && o.label_smoothing <= 1,
                "%s: label_smoothing is %g, expected 0 to 1", name, o.label_smoothing);
  const bool entropy = o.loss == Loss::softmax_cross_entropy;
  FOVEA_REQUIRE(o.label_smoothing == 0 || entropy, "%s takes no label_smoothing", name);
  FOVEA_REQUIRE(o.class_weights.empty() || entropy, "%s takes no class_weights", name);
  FOVEA_REQUIRE(o.class_weights.empty() || static_cast<int64_t>(o.class_weights.size()) == classes,
                "%s: there are %zu class_weights, the output has %lld classes", name, o.class_weights.size(),
                static_cast<long long>(classes));
  for (double w : o.class_weights)
    FOVEA_REQUIRE(w >= 0 && std::isfinite(w), "%s: a class weight is %g, expected 0 or more", name, w);
  FOVEA_REQUIRE(o.positive_weights.empty() || o.loss == Loss::binary_cross_entropy,
                "%s takes no positive_weights", name);
  FOVEA_REQUIRE(o.positive_weights.empty() || static_cast<int64_t>(o.positive_weights.size()) == classes,
                "%s: there are %zu positive_weights, the output's last axis has %lld", name,
                o.positive_weights.size(), static_cast<long long>(classes));
  for (double w : o.positive_weights)
    FOVEA_REQUIRE(w >= 0 && std::isfinite(w), "%s: a positive weight is %g, expected 0 or more", name, w);
  FOVEA_REQUIRE(!o.ignores || entropy || o.loss == Loss::hinge, "%s ignores no label", name);
  FOVEA_REQUIRE(o.delta > 0 && std::isfinite(o.delta), "%s: delta is %g, expected more than 0", name,
                o.delta);
  FOVEA_REQUIRE(o.gamma >= 0 && std::isfinite(o.gamma), "%s: gamma is %g, expected 0 or more", name, o.gamma);
  FOVEA_REQUIRE(o.alpha <= 1, "%s: alpha is %g, expected at most 1", name, o.alpha);
  FOVEA_REQUIRE(o.margin > 0 && std::isfinite(o.margin), "%s: margin is %g, expected more than 0", name,
                o.margin);
}

void check_output(const graph::Node& output, const std::optional<LossOptions>& loss) {
  FOVEA_REQUIRE(output.shape.rank() >= 1, "output '%.200s' is a scalar", output.name.c_str());
  if (!loss) return;
  FOVEA_REQUIRE(loss->loss != Loss::softmax_cross_entropy || output.layer->kind() != "softmax",
                "loss softmax_cross_entropy takes logits, but output '%.200s' is a softmax: take its input "
                "as the first "
                "output",
                output.name.c_str());
  check_loss(*loss, output.shape);
}

Objective::Objective(const Context& context, const LossOptions& options, DType dtype, const Shape& output,
                     bool dense, int64_t max_batch, bool mixes)
    : options_(options), dtype_(dtype), output_(output), dense_(dense) {
  columns_ = is_over_classes(options) ? output[output.rank() - 1] : output.elements();
  rows_per_sample_ = output.elements() / columns_;
  label_classes_ = train::label_classes(options, output);
  const bool soft = !options.class_weights.empty() || options.label_smoothing > 0;
  labels_to_targets_ = !dense && options.loss != Loss::custom &&
                       (!is_over_classes(options) || (options.loss != Loss::hinge && (soft || mixes)));
  FOVEA_REQUIRE(!mixes || (rows_per_sample_ == 1 && options.loss != Loss::hinge && !options.ignores &&
                           (dense || options.loss != Loss::custom)),
                "%s with these options takes no mixed targets",
                kLossNames[static_cast<size_t>(options.loss)]);
  FOVEA_REQUIRE(!dense || options.loss != Loss::hinge, "hinge takes labels");
  const size_t rows = static_cast<size_t>(max_batch * rows_per_sample_);
  labels_ = context.buffer(rows * sizeof(int32_t), true);
  if (mixes && !dense) mixed_labels_ = context.buffer(rows * sizeof(int32_t), true);
  losses_ = context.buffer(rows * sizeof(double), true);
  weights_ = context.buffer(rows * sizeof(double), true);
  predictions_ = context.buffer(rows * sizeof(int32_t), true);
  if (dense || labels_to_targets_)
    targets_ = context.buffer(rows * static_cast<size_t>(columns_) * size_of(dtype), true);
  if (options.positive_weights.empty()) return;
  positive_ = context.buffer(static_cast<size_t>(columns_) * size_of(dtype), true);
  write_positive_weights();
}

void Objective::mix(Executor& executor, int64_t batch, const Mix& mix) {
  share_ = mix.share;
  mixed_batch_ = batch;
  if (dense_) return apply_mix({.share = mix.share}, executor, batch, output_, dtype_, targets_.data());
  for (int64_t i = 0; i < batch; ++i)
    mixed_labels_.as<int32_t>()[i] = share_ < 0.5 ? neighbours_label(i) : labels()[i];
}

bool Objective::accepts(int64_t label) const {
  return (label >= 0 && label < label_classes_) || (options_.ignores && label == options_.ignored_label);
}

// What each row counts, and the sum of what the mean is divided by: a class weight counts there, too, where a
// row has one class (as PyTorch).
double Objective::weigh_rows(int64_t batch, const double* sample_weights) const {
  double* const weights = weights_.as<double>();
  double sum = 0;
  for (int64_t i = 0; i < batch * rows_per_sample_; ++i) {
    double weight = sample_weights == nullptr ? 1 : sample_weights[i / rows_per_sample_];
    if (!dense_ && options_.ignores && labels()[i] == options_.ignored_label) weight = 0;
    weights[i] = weight;
    if (!dense_ && !options_.class_weights.empty() && weight != 0) {
      const auto of_class = [&](int32_t label) { return options_.class_weights[static_cast<size_t>(label)]; };
      double factor = share_ * of_class(labels()[i]);
      if (share_ < 1) factor += (1 - share_) * of_class(neighbours_label(i));
      weight *= factor;
    }
    sum += weight;
  }
  return sum;
}

void Objective::write_positive_weights() {
  const auto write = [&](auto* to) {
    const std::vector<double>& weights = options_.positive_weights;
    for (size_t c = 0; c < static_cast<size_t>(columns_); ++c)
      to[c] = static_cast<std::remove_reference_t<decltype(*to)>>(weights[c % weights.size()]);
  };
  dtype_ == DType::f64 ? write(positive_.as<double>()) : write(positive_.as<float>());
}

// Labels as rows of targets, smoothed and weighted by class; and the same done to targets that were given.
template <class T>
void Objective::write_targets(int64_t begin, int64_t end) const {
  const bool entropy = options_.loss == Loss::softmax_cross_entropy;
  const double smoothing = entropy ? options_.label_smoothing : 0;
  const double share = smoothing / static_cast<double>(columns_);
  for (int64_t r = begin; r < end; ++r) {
    T* const t = reinterpret_cast<T*>(targets_.data()) + r * columns_;
    if (!dense_) {
      std::fill_n(t, columns_, T(0));
      const auto add = [&](int32_t label, double part) {
        if (columns_ == label_classes_)
          t[label] += static_cast<T>(part);
        else
          t[0] += static_cast<T>(label * part);
      };
      if (weights_.as<double>()[r] != 0) add(labels()[r], share_);
      if (share_ < 1) add(neighbours_label(r), 1 - share_);
    }
    if (smoothing > 0)
      for (int64_t c = 0; c < columns_; ++c)
        t[c] = static_cast<T>((1 - smoothing) * static_cast<double>(t[c]) + share);
    if (!options_.class_weights.empty())
      for (int64_t c = 0; c < columns_; ++c)
        t[c] = static_cast<T>(static_cast<double>(t[c]) * options_.class_weights[static_cast<size_t>(c)]);
  }
}

// The loss of rows that all count the same.
template <class T>
void Objective::run(int64_t begin, int64_t count, double scale, const T* x, T* dx) const {
  const bool labelled = !dense_ && !labels_to_targets_;
  const T* const targets =
      labelled ? nullptr : reinterpret_cast<const T*>(targets_.data()) + begin * columns_;
  if (!options_.positive_weights.empty()) {
    const double unit = options_.sum ? 1 : 1 / static_cast<double>(columns_);
    return kernels::weighted_binary_cross_entropy(count, columns_, x, targets, positive_.as<T>(), unit, scale,
                                                  losses_.as<double>() + begin, dx);
  }
  loss_of_rows(options_, count, columns_, x, targets, labels() + begin, scale, losses_.as<double>() + begin,
               dx);
}

void own_loss(Loss loss, const LossRows& r) {
  const bool known = loss >= Loss::softmax_cross_entropy && loss <= Loss::cosine;
  FOVEA_REQUIRE(known, "loss %d is none of the library's", static_cast<int>(loss));
  const char* const name = kLossNames[static_cast<size_t>(loss)];
  LossOptions options;
  options.loss = loss;
  FOVEA_REQUIRE(r.targets != nullptr || is_over_classes(options), "%s takes targets, the rows have labels",
                name);
  FOVEA_REQUIRE(r.targets == nullptr || loss != Loss::hinge, "%s takes labels, the rows have targets", name);
  with_float(r.dtype, [&](auto zero) {
    using T = decltype(zero);
    loss_of_rows(options, r.rows, r.columns, static_cast<const T*>(r.output),
                 static_cast<const T*>(r.targets), r.labels, 1.0, r.losses, static_cast<T*>(r.gradient));
  });
}

// The host's loss of all rows, on this thread; what it gives for rows that count nothing is not looked at.
template <class T>
void Objective::run_custom(int64_t count, double scale, const T* x, T* dx) const {
  double* const losses = losses_.as<double>();
  const double* const weights = weights_.as<double>();
  std::fill_n(losses, count, 0.0);
  if (dx != nullptr) std::fill_n(dx, count * columns_, T(0));
  options_.of_host->evaluate({dtype_, count, columns_, &output_, x, dense_ ? targets_.data() : nullptr,
                              dense_ ? nullptr : labels(), weights, losses, dx});
  if (!dense_) predict(0, count, x);
  for (int64_t r = 0; r < count; ++r) {
    if (weights[r] == 0) losses[r] = 0;
    if (dx == nullptr) continue;
    const T factor = static_cast<T>(scale * weights[r]);
    for (T* g = dx + r * columns_; g < dx + (r + 1) * columns_; ++g)
      *g = weights[r] == 0 ? T(0) : *g * factor;
  }
}

template <class T>
void Objective::predict(int64_t begin, int64_t end, const T* output) const {
  const bool decides = columns_ != label_classes_;
  const bool logits = options_.loss == Loss::binary_cross_entropy || options_.loss == Loss::focal;
  const T threshold = logits ? T(0) : T(0.5);
  for (int64_t r = begin; r < end; ++r) {
    const T* const row = output + r * columns_;
    const int32_t largest = largest_of(row, columns_);
    predictions_.as<int32_t>()[r] = decides && largest == 0 ? row[0] > threshold : largest;
  }
}

template <class T>
void Objective::rows(int64_t begin, int64_t end, double scale, const T* output, T* gradient) const {
  if (labels_to_targets_ || (dense_ && (options_.label_smoothing > 0 || !options_.class_weights.empty())))
    write_targets<T>(begin, end);
  const double* const weights = weights_.as<double>();
  for (int64_t first = begin, last; first < end; first = last) {
    for (last = first + 1; last < end && weights[last] == weights[first];) ++last;
    const T* const x = output + first * columns_;
    T* const dx = gradient == nullptr ? nullptr : gradient + first * columns_;
    if (!dense_) predict(first, last, output);
    if (weights[first] != 0) {
      run(first, last - first, scale * weights[first], x, dx);
    } else {
      std::fill_n(losses_.as<double>() + first, last - first, 0.0);
      if (dx != nullptr) std::fill_n(dx, (last - first) * columns_, T(0));
    }
  }
}

BatchLoss Objective::evaluate(Executor& executor, int64_t batch, const double* sample_weights,
                              const void* output, void* gradient) const {
  BatchLoss result;
  result.weight = weigh_rows(batch, sample_weights);
  const double scale = options_.sum         ? options_.weight
                       : result.weight == 0 ? 0
                                            : options_.weight / result.weight;
  const int64_t count = batch * rows_per_sample_;
  const int64_t step = std::max<int64_t>(1, 8192 / columns_);
  with_float(dtype_, [&](auto zero) {
    using T = decltype(zero);
    const T* const x = static_cast<const T*>(output);
    T* const dx = static_cast<T*>(gradient);
    if (options_.of_host != nullptr) return run_custom(count, scale, x, dx);
    executor.parallel_for(blocks_of(count, step), [&](int64_t task, int) {
      const int64_t begin = task * step;
      rows(begin, std::min(count, begin + step), scale, x, dx);
    });
  });
  const bool counts = !dense_ && rows_per_sample_ == 1;
  if (!counts) result.correct = -1;
  for (int64_t i = 0; i < count; ++i) {
    result.sum += losses_.as<double>()[i] * weights_.as<double>()[i];
    // An ignored label may be -1, too.
    if (counts) result.correct += predictions()[i] >= 0 && predictions()[i] == classes()[i];
  }
  return result;
}

double Objective::value(const BatchLoss& loss) const {
  if (options_.sum) return loss.sum;
  return loss.weight == 0 ? 0 : loss.sum / loss.weight;
}

}  // namespace fovea::train
