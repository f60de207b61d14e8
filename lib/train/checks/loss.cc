// The first loss: at chance, and rising with the penalties as it must.
#include <algorithm>
#include <cmath>

#include "kernels/elementwise.h"
#include "train/checks/checks.h"
#include "train/checks/trial.h"

namespace fovea::train::checks {
namespace {

// Losses of logits are at chance with outputs of 0; KL takes log-probabilities; the others are compared with
// the best constant, the mean target.
enum class Chance { zero, log_uniform, mean_target, unknown };
Chance chance_of(Loss loss) {
  switch (loss) {
    case Loss::softmax_cross_entropy:
    case Loss::binary_cross_entropy:
    case Loss::focal:
    case Loss::hinge:
      return Chance::zero;
    case Loss::kl_divergence:
      return Chance::log_uniform;
    case Loss::mean_squared_error:
    case Loss::mean_absolute_error:
    case Loss::huber:
    case Loss::smooth_l1:
      return Chance::mean_target;
    default:
      return Chance::unknown;
  }
}

double target_at(const Batch& batch, size_t sample, size_t element, size_t elements) {
  if (batch.targets().empty()) return static_cast<size_t>(batch.labels()[sample]) == element ? 1.0 : 0.0;
  return batch.targets()[sample * elements + element];
}

// [batch][elements] of outputs that know nothing.
std::vector<double> ignorant(Loss loss, const Batch& batch, const Shape& shape) {
  const size_t elements = static_cast<size_t>(shape.elements()), count = static_cast<size_t>(batch.size());
  std::vector<double> output(count * elements, 0);
  if (chance_of(loss) == Chance::log_uniform)
    std::fill(output.begin(), output.end(), -std::log(static_cast<double>(shape[shape.rank() - 1])));
  if (chance_of(loss) != Chance::mean_target) return output;
  std::vector<double> mean(elements, 0);
  for (size_t i = 0; i < count; ++i)
    for (size_t e = 0; e < elements; ++e)
      mean[e] += target_at(batch, i, e, elements) / static_cast<double>(count);
  for (size_t i = 0; i < output.size(); ++i) output[i] = mean[i % elements];
  return output;
}

// [batch][elements] of outputs that know the targets.
std::vector<double> knowing(Loss loss, const Batch& batch, const Shape& shape) {
  const size_t elements = static_cast<size_t>(shape.elements()), count = static_cast<size_t>(batch.size());
  std::vector<double> output(count * elements, 0);
  for (size_t i = 0; i < output.size(); ++i) {
    const double t = target_at(batch, i / elements, i % elements, elements);
    const double p = std::clamp(t, 1e-12, 1 - 1e-12);
    output[i] = loss == Loss::binary_cross_entropy || loss == Loss::focal            ? std::log(p / (1 - p))
                : loss == Loss::softmax_cross_entropy || loss == Loss::kl_divergence ? std::log(p)
                : loss == Loss::hinge                                                ? 1e3 * t
                                                                                     : t;
  }
  return output;
}

// The loss of the batch, whose outputs `make` gives; none for losses of which nothing is known.
template <class Make>
std::optional<double> loss_of(const Trainer& trainer, const Batch& batch, Make&& make) {
  const model::Model& model = *trainer.model();
  const std::vector<int> outputs = trainer.outputs();
  double sum = 0;
  for (size_t i = 0; i < outputs.size(); ++i) {
    const LossOptions& loss = trainer.losses()[i];
    if (chance_of(loss.loss) == Chance::unknown) return std::nullopt;
    const Shape& shape = model.graph()->node(outputs[i]).shape;
    const bool dense = batch.labels().empty();
    const Objective objective(*model.context(), loss, DType::f64, shape, dense, batch.size());
    if (dense)
      std::copy(batch.targets().begin(), batch.targets().end(), static_cast<double*>(objective.targets()));
    else
      std::copy(batch.labels().begin(), batch.labels().end(), objective.labels());
    const std::vector<double> output = make(loss.loss, batch, shape);
    const BatchLoss value =
        objective.evaluate(model.context()->executor(), batch.size(), nullptr, output.data(), nullptr);
    sum += loss.weight * objective.value(value);
  }
  return sum;
}

}  // namespace

bool is_of_logits(Loss loss) {
  return chance_of(loss) == Chance::zero;
}

std::optional<double> chance_loss(const Trainer& trainer, const Batch& batch) {
  return loss_of(trainer, batch, ignorant);
}

std::optional<double> least_loss(const Trainer& trainer, const Batch& batch) {
  return loss_of(trainer, batch, knowing);
}

void check_chance_loss(Subject& subject, Report& report) {
  const Batch batch = subject.fixed_batch(subject.batch_size());
  const std::optional<double> chance = chance_loss(subject.trainer(), batch);
  if (!chance || !(*chance > 0)) {
    report.add({Check::chance_loss, Severity::note, Code::skipped, "",
                chance ? "All targets are the same: there is no chance level to compare the loss with."
                       : "For this loss it is not known what knowing nothing costs."});
    return;
  }
  const std::unique_ptr<Trainer> trainer = subject.copy();
  trainer->loss(batch.host());
  const double loss = data_loss(*trainer);
  const double quotient = loss / *chance;
  const bool mean_target = chance_of(subject.trainer().losses()[0].loss) == Chance::mean_target;
  Finding f{Check::chance_loss, Severity::ok, Code::none, "", "", loss, 2.5 * *chance, 0};
  f.message = words("The loss of the first batch is %.6g; knowing nothing costs %.6g.", loss, *chance);
  if (!(quotient <= 2.5)) {
    f.code = Code::loss_not_at_chance;
    // A regression may begin far from the mean of its targets, and learns it soon.
    f.severity = mean_target ? Severity::note : quotient <= 10 ? Severity::warning : Severity::error;
    f.message += mean_target ? " The targets are far from what the network gives at first: scale them to mean"
                               " 0 and deviation 1."
                             : " An untrained network should not be so sure of itself: scale the inputs to"
                               " mean 0 and deviation 1 (the transform of the model), and look at the"
                               " initialisers, of the last layer above all.";
  }
  report.add(std::move(f));
}

namespace {

double squares_of_kernels(const model::Model& model) {
  double sum = 0;
  for (const graph::Slot& slot : model.layout()->parameters) {
    if (slot.parameter.role != layers::Role::kernel) continue;
    sum += with_float(model.dtype(), [&](auto zero) {
      return kernels::sum_of_squares(slot.elements,
                                     reinterpret_cast<const decltype(zero)*>(model.parameter(slot)));
    });
  }
  return sum;
}

void check_own_penalty(const Subject& subject, double loss, double penalty, Report& report) {
  Finding f{Check::regularization, Severity::warning, Code::regularization_too_strong, ""};
  if (penalty > 10 * loss) {
    f.value = penalty / loss;
    f.threshold = 10;
    f.message = words(
        "The penalties on the weights are %.3g at first, %.3g times the loss of the data (%.3g):"
        " training will shrink the weights and learn little else. Lower l2 and l1; usual are"
        " 1e-5 to 1e-3.",
        penalty, penalty / loss, loss);
    report.add(f);
  }
  const OptimizerOptions o = subject.trainer().options().optimizer;
  const double decay = o.learning_rate * o.weight_decay;
  if (decay > 0.01) {
    f.value = decay;
    f.threshold = 0.01;
    f.message = words(
        "Weight decay takes %.3g of the weights away in each step (rate times weight_decay): what"
        " is learned is forgotten as fast. Usual is less than 0.001.",
        decay);
    report.add(f);
  }
}

}  // namespace

void check_regularization(Subject& subject, Report& report) {
  const Batch batch = subject.fixed_batch(subject.batch_size());
  TrainerOptions options = subject.trainer_options();
  const auto loss_with = [&](const PenaltyOptions& penalty, double* data) {
    options.penalty = penalty;
    const std::unique_ptr<Trainer> trainer = subject.copy(subject.trainer().model()->clone(), options);
    const double loss = trainer->loss(batch.host()).loss;
    if (data != nullptr) *data = data_loss(*trainer);
    return loss;
  };
  const PenaltyOptions own = options.penalty;
  double data = 0;
  const double with_own = loss_with(own, &data);
  check_own_penalty(subject, data, with_own - data, report);
  const double base = loss_with({}, nullptr);
  const double l2 = subject.options().l2, sum = squares_of_kernels(subject.model());
  const double expected = base + l2 / 2 * sum, raised = loss_with({0, l2}, nullptr);
  Finding f{Check::regularization, Severity::ok, Code::none, "", "", raised, expected, 0};
  f.message = words("With l2 = %g the first loss rises from %.6g to %.6g, as it must.", l2, base, raised);
  // Sums of many squares in single precision: the loss itself is a double.
  if (!(std::abs(raised - expected) <= 1e-4 * std::abs(expected))) {
    f.severity = Severity::error;
    f.code = Code::regularization_ignored;
    f.message = words(
        "With l2 = %g the first loss goes from %.6g to %.6g, but l2 / 2 * sum w^2 would make it"
        " %.6g. Is a kernel not declared as one?",
        l2, base, raised, expected);
  }
  report.add(std::move(f));
}

}  // namespace fovea::train::checks
