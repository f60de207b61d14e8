#include "train/checks/trial.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "data/order.h"
#include "kernels/elementwise.h"
#include "train/checks/activations.h"
#include "train/checks/checks.h"

namespace fovea::train::checks {
namespace {

// Not finite where a value is not.
double norm_of(const graph::Slot& slot, DType dtype, const std::byte* block) {
  return with_float(dtype, [&](auto zero) {
    const auto* const x = reinterpret_cast<const decltype(zero)*>(block) + slot.offset;
    return std::sqrt(kernels::sum_of_squares(slot.elements, x));
  });
}
double distance_of(const graph::Slot& slot, DType dtype, const std::byte* a, const std::byte* b) {
  return with_float(dtype, [&](auto zero) {
    const auto* x = reinterpret_cast<const decltype(zero)*>(a) + slot.offset;
    const auto* y = reinterpret_cast<const decltype(zero)*>(b) + slot.offset;
    double sum = 0;
    for (int64_t i = 0; i < slot.elements; ++i) {
      const double d = static_cast<double>(x[i]) - static_cast<double>(y[i]);
      sum += d * d;
    }
    return std::sqrt(sum);
  });
}

// The batches of a trial: the trained samples in one random order after the other.
class Feed {
 public:
  explicit Feed(const Subject& subject)
      : subject_(subject),
        order_(subject.order().begin(), subject.order().begin() + subject.trained_samples()) {}
  Batch next() {
    const size_t batch = static_cast<size_t>(subject_.batch_size());
    if (at_ + batch > order_.size()) {
      data::permutation({.seed = 0, .step = ++epoch_, .purpose = Purpose::shuffle}, order_);
      for (uint32_t& sample : order_) sample = subject_.order()[sample];
      at_ = 0;
    }
    at_ += batch;
    return Batch(subject_.train(), {order_.data() + at_ - batch, batch});
  }

 private:
  const Subject& subject_;
  std::vector<uint32_t> order_;
  size_t at_ = 0;
  uint32_t epoch_ = 0;
};

// What of the gradients and of the step that follows is kept.
class Watch {
 public:
  Watch(Trial& trial, Trainer& trainer, int64_t steps)
      : trial_(trial), trainer_(trainer), steps_(static_cast<double>(steps)) {
    for (const graph::Slot& slot : layout().parameters)
      trial.parameters.push_back({.frozen = trainer.group(slot).frozen});
    before_.resize(trainer.model()->parameter_bytes());
  }
  // False where a gradient is not finite.
  bool gradients(int64_t step) {
    for (size_t i = 0; i < trial_.parameters.size(); ++i) {
      const graph::Slot& slot = layout().parameters[i];
      ParameterTrace& p = trial_.parameters[i];
      const double norm = norm_of(slot, dtype(), trainer_.gradients());
      if (!std::isfinite(norm)) return false;
      const double rms = norm / std::sqrt(static_cast<double>(slot.elements));
      if (step == 0) p.first_gradient = rms;
      p.gradient += rms / steps_;
      p.gradient_norm += norm / steps_;
      p.largest_gradient = std::max(p.largest_gradient, rms);
    }
    return true;
  }
  void apply(int64_t step) {
    const std::byte* const now = trainer_.model()->parameters();
    std::copy_n(now, before_.size(), before_.data());
    trainer_.apply();
    const bool late = 2 * step >= static_cast<int64_t>(steps_);
    const double late_steps = std::ceil(steps_ / 2);
    for (size_t i = 0; i < trial_.parameters.size(); ++i) {
      const graph::Slot& slot = layout().parameters[i];
      ParameterTrace& p = trial_.parameters[i];
      const double weight = norm_of(slot, dtype(), before_.data());
      p.weight += weight / steps_;
      if (late && weight > 0)
        p.ratio += distance_of(slot, dtype(), before_.data(), now) / weight / late_steps;
    }
  }

 private:
  const graph::Layout& layout() const { return *trainer_.model()->layout(); }
  DType dtype() const { return trainer_.model()->dtype(); }

  Trial& trial_;
  Trainer& trainer_;
  double steps_;
  std::vector<std::byte> before_;
};

}  // namespace

void scale_rates(TrainerOptions& o, double factor) {
  o.optimizer.learning_rate *= factor;
  o.schedule.lowest *= factor;
  o.schedule.highest *= factor;
}

double Trial::fall() const {
  if (blew_up || !std::isfinite(last)) return -std::numeric_limits<double>::infinity();
  return first > 0 ? 1 - last / std::min(first, chance) : 0;
}

double Trial::largest_loss() const {
  double largest = 0;
  for (const double loss : losses) largest = std::max(largest, loss);
  return largest;
}

double data_loss(const Trainer& trainer) {
  double loss = 0;
  for (size_t i = 0; i < trainer.losses().size(); ++i)
    loss += trainer.losses()[i].weight * trainer.loss_values()[i];
  return loss;
}

double data_loss(Trainer& trainer, const data::Dataset& dataset, std::span<const uint32_t> indices,
                 int64_t piece) {
  double sum = 0;
  const bool total = trainer.losses()[0].sum;  // a sum over the batch is compared as a mean
  for (size_t at = 0; at < indices.size(); at += static_cast<size_t>(piece)) {
    const size_t n = std::min(static_cast<size_t>(piece), indices.size() - at);
    const Batch batch(dataset, indices.subspan(at, n));
    trainer.loss(batch.host());
    sum += data_loss(trainer) * (total ? 1.0 : static_cast<double>(n));
  }
  return sum / static_cast<double>(indices.size());
}

Blowup locate(const model::Model& model, const Trainer& trainer, const Batch& batch, int64_t step,
              bool loss_is_finite) {
  const graph::Graph& graph = *model.graph();
  const std::vector<graph::Slot>& slots = model.layout()->parameters;
  for (const graph::Slot& slot : slots)
    if (!std::isfinite(norm_of(slot, model.dtype(), model.parameters())))
      return {step, slot.name, Blowup::In::parameter};
  const std::vector<NodeMeasure> nodes = measure_nodes(model, {&batch.samples(), 1});
  for (size_t n = 0; n < nodes.size(); ++n)
    if (!nodes[n].finite) {
      const graph::Node& node = graph.node(static_cast<int>(n));
      return {step, node.name, node.inputs.empty() ? Blowup::In::input : Blowup::In::output};
    }
  if (!loss_is_finite) return {step, "", Blowup::In::loss};
  // Backward goes from the output: the last parameter is where it began.
  for (size_t i = slots.size(); i-- > 0;)
    if (!std::isfinite(norm_of(slots[i], model.dtype(), const_cast<Trainer&>(trainer).gradients())))
      return {step, slots[i].name, Blowup::In::gradient};
  return {step, "", Blowup::In::loss};
}

Trial run_trial(const Subject& subject, double factor, int64_t steps) {
  TrainerOptions options = subject.trainer_options();
  scale_rates(options, factor);
  const std::unique_ptr<Trainer> trainer = subject.copy(subject.trainer().model()->clone(), options);
  Trial trial;
  trial.factor = factor;
  trial.model = trainer->model();
  Watch watch(trial, *trainer, steps);
  Feed feed(subject);
  const size_t fixed = static_cast<size_t>(std::min<int64_t>(256, subject.trained_samples()));
  const std::span<const uint32_t> samples(subject.order().data(), fixed);
  trial.first = data_loss(*trainer, subject.train(), samples, subject.batch_size());
  if (is_of_logits(subject.trainer().losses()[0].loss))
    trial.chance = chance_loss(subject.trainer(), Batch(subject.train(), samples)).value_or(INFINITY);
  for (int64_t step = 0; step < steps; ++step) {
    subject.check_cancelled();
    const Batch batch = feed.next();
    const double whole = trainer->backward(batch.host()).loss;
    const double loss = data_loss(*trainer);
    if (step == 0) trial.penalty = whole - loss;
    trial.losses.push_back(loss);
    if (!std::isfinite(whole) || !watch.gradients(step)) {
      trial.blew_up = true;
      trial.blowup = locate(*trial.model, *trainer, batch, step, std::isfinite(whole));
      return trial;
    }
    watch.apply(step);
  }
  trial.last = data_loss(*trainer, subject.train(), samples, subject.batch_size());
  return trial;
}

}  // namespace fovea::train::checks
