#include "train/optimizer.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "kernels/elementwise.h"
#include "kernels/optimizer.h"

namespace fovea::train {
namespace {

constexpr int64_t kPart = 65536;  // elements of a task

bool is_adaptive(OptimizerKind kind) {
  return kind == OptimizerKind::lars || kind == OptimizerKind::lamb;
}

// PyTorch's: min(1, most / (norm + 1e-6)).
double clip_factor(double most, double norm) {
  return std::min(1.0, most / (norm + 1e-6));
}

// NAdam's momentum of update t: Dozat 2016, with psi = momentum_decay.
double nadam_momentum(const OptimizerOptions& o, double t) {
  return o.beta1 * (1 - 0.5 * std::pow(0.96, t * o.momentum_decay));
}

// [0, 1)
void require_fraction(double value, const char* field) {
  FOVEA_REQUIRE(value >= 0 && value < 1, "%s is %g, expected 0 up to but not 1", field, value);
}

}  // namespace

void check_optimizer(const OptimizerOptions& o) {
  const auto require = [](double value, const char* field) {
    FOVEA_REQUIRE(value >= 0 && value <= std::numeric_limits<double>::max(), "%s is %g, expected 0 or more",
                  field, value);
  };
  require(o.learning_rate, "learning_rate");
  require_fraction(o.momentum, "momentum");
  FOVEA_REQUIRE(o.dampening >= 0 && o.dampening <= 1, "dampening is %g, expected 0 to 1", o.dampening);
  require_fraction(o.beta1, "beta1");
  require_fraction(o.beta2, "beta2");
  require_fraction(o.rho, "rho");
  // Smaller ones are 0 in a float, and 0 / 0 is near.
  FOVEA_REQUIRE(o.epsilon >= 1e-37 && std::isfinite(o.epsilon), "epsilon is %g, expected at least 1e-37",
                o.epsilon);
  FOVEA_REQUIRE(!o.nesterov || o.momentum > 0, "nesterov needs a momentum");
  FOVEA_REQUIRE(!o.nesterov || o.dampening == 0, "nesterov and dampening exclude each other");
  require(o.momentum_decay, "momentum_decay");
  require(o.trust, "trust_coefficient");
  require(o.weight_decay, "weight_decay");
  FOVEA_REQUIRE(o.clip_value > 0, "clip_value is %g, expected more than 0", o.clip_value);
  require(o.clip_norm, "clip_norm");
  require(o.clip_global_norm, "clip_global_norm");
  FOVEA_REQUIRE(o.clip_norm == 0 || o.clip_global_norm == 0, "clip_norm and clip_global_norm are both given");
  FOVEA_REQUIRE(o.kind != OptimizerKind::lars || std::isinf(o.clip_value),
                "lars does not go with clip_value");
}

double* momentum_of(OptimizerOptions& o) {
  switch (o.kind) {
    case OptimizerKind::sgd:
    case OptimizerKind::lars:
    case OptimizerKind::rmsprop:
      return o.momentum == 0 ? nullptr : &o.momentum;
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
    case OptimizerKind::adamax:
    case OptimizerKind::lamb:
    case OptimizerKind::lion:
      return &o.beta1;
    default:
      return nullptr;
  }
}

std::vector<const char*> Optimizer::moment_names(const OptimizerOptions& o) {
  switch (o.kind) {
    case OptimizerKind::sgd:
    case OptimizerKind::lars:
      if (o.momentum != 0) return {"momentum"};
      return {};
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      if (o.amsgrad) return {"m", "v", "largest"};
      return {"m", "v"};
    case OptimizerKind::nadam:
    case OptimizerKind::lamb:
      return {"m", "v"};
    case OptimizerKind::adagrad:
      return {"v"};
    case OptimizerKind::rmsprop: {
      std::vector<const char*> names = {"v"};
      if (o.centered) names.push_back("mean");
      if (o.momentum != 0) names.push_back("momentum");
      return names;
    }
    case OptimizerKind::adadelta:
      return {"v", "u"};
    case OptimizerKind::adamax:
      return {"m", "u"};
    case OptimizerKind::lion:
      return {"m"};
  }
  return {};
}

Optimizer::Optimizer(const Context& context, const OptimizerOptions& options, const Groups& groups,
                     const graph::Layout& layout, DType dtype)
    : options_(options), dtype_(dtype), idle_(layout.parameters.size(), 0) {
  const size_t bytes = static_cast<size_t>(layout.parameter_block) * size_of(dtype);
  for (size_t i = 0; i < moment_names(options).size(); ++i) moments_[i] = context.buffer(bytes, true);
  set_groups(groups, layout);
}

void Optimizer::set_groups(const Groups& groups, const graph::Layout& layout) {
  std::vector<Run> runs;
  std::vector<Part> parts;
  std::vector<size_t> frozen;
  const bool by_tensor = is_adaptive(options_.kind) || options_.clip_norm > 0;
  int64_t end = -1;  // of the last run, with the padding behind it
  for (size_t i = 0; i < layout.parameters.size(); ++i) {
    const graph::Slot& slot = layout.parameters[i];
    const Group group = group_of(groups, slot);
    const bool is_kernel = slot.parameter.role == layers::Role::kernel;
    const bool decays = is_kernel || !(options_.decay_kernels_only || is_adaptive(options_.kind));
    const Run run{group.rate, decays ? options_.weight_decay * group.decay : 0,
                  is_adaptive(options_.kind) && is_kernel, idle_[i]};
    if (group.frozen) {
      frozen.push_back(i);
      continue;
    }
    const int64_t next =
        i + 1 < layout.parameters.size() ? layout.parameters[i + 1].offset : layout.parameter_block;
    const bool goes_on = !by_tensor && end == slot.offset && runs.back().rate == run.rate &&
                         runs.back().decay == run.decay && runs.back().idle == run.idle;
    if (!goes_on) runs.push_back(run);
    // What lies between two tensors is zero and stays so.
    for (int64_t at = slot.offset; at < next;) {
      Part* const last = parts.empty() ? nullptr : &parts.back();
      const bool joins =
          goes_on && last != nullptr && last->offset + last->elements == at && last->elements < kPart;
      const int64_t n = std::min(next - at, joins ? kPart - last->elements : kPart);
      if (joins)
        last->elements += n;
      else
        parts.push_back({at, n, runs.size() - 1});
      at += n;
    }
    end = next;
  }
  // All that can fail is done.
  std::vector<double> part_sums(parts.size()), norms(2 * runs.size());
  runs_.swap(runs);
  parts_.swap(parts);
  frozen_.swap(frozen);
  part_sums_.swap(part_sums);
  norms_.swap(norms);
}

std::vector<Optimizer::Moment> Optimizer::moments() const {
  std::vector<Moment> found;
  for (const char* name : moment_names(options_)) found.push_back({name, moments_[found.size()].data()});
  return found;
}

size_t Optimizer::moment_bytes() const {
  return moments_[0].bytes() + moments_[1].bytes() + moments_[2].bytes();
}

template <class T>
void Optimizer::measure(Executor& executor, const T* block, size_t column) {
  executor.parallel_for(static_cast<int64_t>(parts_.size()), [&](int64_t task, int) {
    const Part& part = parts_[static_cast<size_t>(task)];
    part_sums_[static_cast<size_t>(task)] = kernels::sum_of_squares(part.elements, block + part.offset);
  });
  for (size_t r = 0; r < runs_.size(); ++r) norms_[2 * r + column] = 0;
  for (size_t p = 0; p < parts_.size(); ++p) norms_[2 * parts_[p].run + column] += part_sums_[p];
  for (size_t r = 0; r < runs_.size(); ++r) norms_[2 * r + column] = std::sqrt(norms_[2 * r + column]);
}

void Optimizer::update_nadam(Run& run, int64_t update) const {
  // Once it has vanished it stays so.
  while (run.momentum_count < update && run.momenta > 0)
    run.momenta *= nadam_momentum(options_, static_cast<double>(++run.momentum_count));
  run.momentum_count = update;
}

template <class T>
void Optimizer::apply_as(Executor& executor, const Step& how, T* w, T* g) {
  OptimizerOptions now = options_;
  if (how.momentum) *momentum_of(now) = *how.momentum;
  const int64_t update = how.update;
  const double rate = how.rate;
  double scale = how.scale;
  const auto for_each_part = [&](auto&& body) {
    executor.parallel_for(static_cast<int64_t>(parts_.size()),
                          [&](int64_t task, int) { body(parts_[static_cast<size_t>(task)]); });
  };
  if (options_.kind == OptimizerKind::nadam)
    for (Run& run : runs_) update_nadam(run, update - run.idle);
  const bool lars = options_.kind == OptimizerKind::lars, lamb = options_.kind == OptimizerKind::lamb;
  if (lars || options_.clip_norm > 0 || options_.clip_global_norm > 0) measure<T>(executor, g, 0);
  if (options_.clip_global_norm > 0) {
    double sum = 0;
    for (size_t r = 0; r < runs_.size(); ++r) sum += run_norm(r, 0) * run_norm(r, 0);
    scale *= clip_factor(options_.clip_global_norm, scale * std::sqrt(sum));
  }
  if (lars) measure<T>(executor, w, 1);
  for_each_part([&](const Part& part) {
    const double clipped = options_.clip_norm > 0
                               ? scale * clip_factor(options_.clip_norm, scale * run_norm(part.run, 0))
                               : scale;
    apply_part(now, part, update - runs_[part.run].idle, rate, clipped, w, g);
  });
  if (!lamb) return;
  // The directions stand in place of the gradients.
  measure<T>(executor, g, 0);
  measure<T>(executor, w, 1);
  for_each_part([&](const Part& part) {
    const Run& run = runs_[part.run];
    const double direction = run_norm(part.run, 0), size = run_norm(part.run, 1);
    kernels::SgdStep step;
    step.rate = rate * run.rate * (run.adapts && direction > 0 && size > 0 ? size / direction : 1);
    kernels::sgd(part.elements, w + part.offset, g + part.offset, static_cast<T*>(nullptr), step);
  });
}

template <class T>
void Optimizer::apply_part(const OptimizerOptions& o, const Part& part, int64_t update, double rate,
                           double scale, T* weights, T* gradients) const {
  const Run& run = runs_[part.run];
  const int64_t n = part.elements;
  T* const w = weights + part.offset;
  T* const g = gradients + part.offset;
  const auto moment = [&](size_t i) {
    return moments_[i].bytes() == 0 ? nullptr : moments_[i].as<T>() + part.offset;
  };
  kernels::Update common;
  common.rate = rate * run.rate;
  common.scale = scale;
  common.bound = o.clip_value;
  common.keep = 1 - common.rate * run.decay;
  const double t = static_cast<double>(update);
  const double correction1 = o.bias_correction ? 1 - std::pow(o.beta1, t) : 1;
  const double correction2 = o.bias_correction ? 1 - std::pow(o.beta2, t) : 1;
  kernels::AdamStep adam{common,      o.beta1,         o.beta2, o.epsilon,
                         correction2, 1 / correction1, 0,       o.epsilon_inside};
  switch (o.kind) {
    case OptimizerKind::sgd: {
      kernels::SgdStep step{common, o.momentum, o.dampening, 1, o.nesterov, update == 1};
      if (o.rate_in_velocity) std::swap(step.inner, step.rate);
      kernels::sgd(n, w, g, moment(0), step);
      return;
    }
    case OptimizerKind::lars: {
      // You, Gitman and Ginsburg 2017, algorithm 1; what is no kernel takes plain steps.
      const double size = run_norm(part.run, 1), slope = scale * run_norm(part.run, 0);
      double local = 1;
      if (run.adapts && size > 0 && slope > 0)
        local = o.trust * size / (slope + run.decay * size + o.epsilon);
      kernels::SgdStep step{common, o.momentum, 0, common.rate * local, o.nesterov, update == 1};
      step.rate = 1;
      step.keep = 1;
      step.coupled = run.decay;
      kernels::sgd(n, w, g, moment(0), step);
      return;
    }
    case OptimizerKind::adam:
    case OptimizerKind::adamw:
      kernels::adam(n, w, g, moment(0), moment(1), moment(2), adam);
      return;
    case OptimizerKind::nadam: {
      const double here = nadam_momentum(o, t), next = nadam_momentum(o, t + 1);
      adam.correction2 = 1 - std::pow(o.beta2, t);
      adam.look = (1 - here) / (1 - run.momenta);
      adam.first = next / (1 - run.momenta * next);
      kernels::adam(n, w, g, moment(0), moment(1), static_cast<T*>(nullptr), adam);
      return;
    }
    case OptimizerKind::lamb:
      kernels::adam_direction(n, w, g, moment(0), moment(1), run.decay, adam, g);
      return;
    case OptimizerKind::adamax: {
      kernels::AdamaxStep step{common, o.beta1, o.beta2, o.epsilon};
      step.rate /= correction1;
      kernels::adamax(n, w, g, moment(0), moment(1), step);
      return;
    }
    case OptimizerKind::adagrad:
      kernels::adagrad(n, w, g, moment(0), {common, o.epsilon, o.epsilon_inside});
      return;
    case OptimizerKind::rmsprop: {
      T* const mean = o.centered ? moment(1) : nullptr;
      T* const velocity = moment(o.centered ? 2 : 1);
      kernels::rmsprop(n, w, g, moment(0), mean, velocity,
                       {common, o.rho, o.epsilon, o.momentum, o.epsilon_inside});
      return;
    }
    case OptimizerKind::adadelta:
      kernels::adadelta(n, w, g, moment(0), moment(1), {common, o.rho, o.epsilon});
      return;
    case OptimizerKind::lion:
      kernels::lion(n, w, g, moment(0), {common, o.beta1, o.beta2});
      return;
  }
}

void Optimizer::apply(Executor& executor, const Step& step, void* parameters, void* gradients) {
  for (const size_t parameter : frozen_) ++idle_[parameter];
  if (dtype_ == DType::f64)
    apply_as(executor, step, static_cast<double*>(parameters), static_cast<double*>(gradients));
  else
    apply_as(executor, step, static_cast<float*>(parameters), static_cast<float*>(gradients));
}

}  // namespace fovea::train
