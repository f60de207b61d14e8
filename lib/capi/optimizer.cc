#include <fovea/optimizer.h>

#include <cmath>

#include "capi/optimizers.h"

using namespace fovea;
using namespace fovea::capi;
using train::OptimizerKind;
using train::OptimizerOptions;

static_assert(FV_OPT_SGD == static_cast<int>(OptimizerKind::sgd));
static_assert(FV_OPT_ADAM == static_cast<int>(OptimizerKind::adam));
static_assert(FV_OPT_NADAM == static_cast<int>(OptimizerKind::nadam));
static_assert(FV_OPT_ADAMW == static_cast<int>(OptimizerKind::adamw));
static_assert(FV_CONSTRAINT_MIN_MAX_NORM == static_cast<int>(train::Constraint::min_max_norm));
static_assert(FV_AVERAGE_EQUAL == static_cast<int>(train::Averaging::equal));

OptimizerOptions capi::default_optimizer(fv_optimizer optimizer) {
  FOVEA_REQUIRE(optimizer != 0, "optimizer is required");
  FOVEA_REQUIRE(optimizer >= FV_OPT_SGD && optimizer <= FV_OPT_ADAMW, "optimizer is %d",
                static_cast<int>(optimizer));
  OptimizerOptions o;
  o.kind = static_cast<OptimizerKind>(optimizer);
  switch (o.kind) {
    case OptimizerKind::sgd:
      break;
    case OptimizerKind::adam:
      o.learning_rate = 0.001;
      break;
    case OptimizerKind::adamw:
      o.learning_rate = 0.001;
      o.weight_decay = 0.01;
      break;
    case OptimizerKind::adagrad:
      o.epsilon = 1e-10;
      break;
    case OptimizerKind::rmsprop:
      o.rho = 0.99;
      break;
    case OptimizerKind::adadelta:
      o.learning_rate = 1;
      o.epsilon = 1e-6;
      break;
    case OptimizerKind::adamax:
    case OptimizerKind::nadam:
      o.learning_rate = 0.002;
      break;
    case OptimizerKind::lion:
      o.learning_rate = 1e-4;
      o.beta2 = 0.99;
      break;
    case OptimizerKind::lars:
      o.momentum = 0.9;
      break;
    case OptimizerKind::lamb:
      o.learning_rate = 0.001;
      o.epsilon = 1e-6;
      break;
  }
  return o;
}

OptimizerOptions capi::optimizer_from(const fv_optimizer_desc* desc) {
  const fv_optimizer_desc d = read_desc(desc, "fv_optimizer_desc");
  OptimizerOptions o = default_optimizer(d.optimizer);
  o.learning_rate = number(d.learning_rate, o.learning_rate);
  o.momentum = number(d.momentum, o.momentum);
  o.dampening = number(d.dampening, 0);
  o.beta1 = number(d.beta1, o.beta1);
  o.beta2 = number(d.beta2, o.beta2);
  o.rho = number(d.rho, o.rho);
  o.epsilon = number(d.epsilon, o.epsilon);
  o.momentum_decay = number(d.momentum_decay, o.momentum_decay);
  o.trust = number(d.trust_coefficient, o.trust);
  o.weight_decay = number(d.weight_decay, o.weight_decay);
  o.clip_value = number(d.clip_value, o.clip_value);
  o.clip_norm = number(d.clip_norm, 0);
  o.clip_global_norm = number(d.clip_global_norm, 0);
  o.nesterov = d.nesterov != 0;
  o.rate_in_velocity = d.rate_in_velocity != 0;
  o.amsgrad = d.amsgrad != 0;
  o.centered = d.centered != 0;
  o.bias_correction = d.no_bias_correction == 0;
  o.epsilon_inside = d.epsilon_inside != 0;
  o.decay_kernels_only = d.decay_kernels_only != 0;
  return o;
}

train::Groups capi::groups_from(const fv_group_desc* const* groups, size_t count) {
  FOVEA_REQUIRE(count <= 65536, "there are %zu groups, at most 65536 are possible", count);
  FOVEA_REQUIRE(groups != nullptr || count == 0, "groups is NULL");
  train::Groups made;
  for (size_t i = 0; i < count; ++i) {
    const fv_group_desc d = read_desc(&need(groups[i], "a group"), "fv_group_desc");
    FOVEA_REQUIRE(d.parameters != nullptr, "parameters of group %zu is required", i);
    FOVEA_REQUIRE(d.constraint >= 0 && d.constraint <= FV_CONSTRAINT_MIN_MAX_NORM, "constraint is %d",
                  static_cast<int>(d.constraint));
    made.push_back({d.parameters, number(d.learning_rate, 1), number(d.weight_decay, 1), d.frozen != 0,
                    number(d.l1, 0), number(d.l2, 0), static_cast<train::Constraint>(d.constraint),
                    number(d.min_norm, 0), number(d.max_norm, 1)});
  }
  return made;
}

train::AverageOptions capi::average_from(const fv_average_desc* desc) {
  const fv_average_desc d = read_desc(desc, "fv_average_desc");
  FOVEA_REQUIRE(d.averaging >= 0 && d.averaging <= FV_AVERAGE_EQUAL, "averaging is %d",
                static_cast<int>(d.averaging));
  return {static_cast<train::Averaging>(d.averaging), number(d.decay, 0.999), d.start,
          d.period == 0 ? 1 : d.period};
}

fv_status fv_trainer_get_optimizer(const fv_trainer* trainer, fv_optimizer_desc* desc, fv_error* error) {
  return guard(error, [&] {
    const OptimizerOptions& o = need(trainer, "trainer").impl->optimizer();
    fv_optimizer_desc d{};
    d.optimizer = static_cast<fv_optimizer>(o.kind);
    d.learning_rate = given(o.learning_rate);
    d.momentum = given(o.momentum);
    d.dampening = o.dampening;
    d.beta1 = given(o.beta1);
    d.beta2 = given(o.beta2);
    d.rho = given(o.rho);
    d.epsilon = o.epsilon;
    d.momentum_decay = given(o.momentum_decay);
    d.trust_coefficient = given(o.trust);
    d.weight_decay = given(o.weight_decay);
    d.clip_value = std::isinf(o.clip_value) ? 0 : o.clip_value;
    d.clip_norm = o.clip_norm;
    d.clip_global_norm = o.clip_global_norm;
    d.nesterov = o.nesterov;
    d.rate_in_velocity = o.rate_in_velocity;
    d.amsgrad = o.amsgrad;
    d.centered = o.centered;
    d.no_bias_correction = !o.bias_correction;
    d.epsilon_inside = o.epsilon_inside;
    d.decay_kernels_only = o.decay_kernels_only;
    write_info(desc, d, "desc");
  });
}

fv_status fv_trainer_set_groups(fv_trainer* trainer, const fv_group_desc* const* groups, size_t count,
                                fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->set_groups(groups_from(groups, count)); });
}

fv_status fv_trainer_get_group(const fv_trainer* trainer, int32_t index, fv_group_desc* desc,
                               fv_error* error) {
  return guard(error, [&] {
    const train::Groups& groups = need(trainer, "trainer").impl->groups();
    FOVEA_REQUIRE(index >= 0 && static_cast<size_t>(index) < groups.size(),
                  "group %d was asked for, there are %zu", static_cast<int>(index), groups.size());
    const train::Group& group = groups[static_cast<size_t>(index)];
    fv_group_desc d{};
    d.frozen = group.frozen;
    d.parameters = group.parameters.c_str();
    d.learning_rate = given(group.rate);
    d.weight_decay = given(group.decay);
    d.l1 = group.l1;
    d.l2 = group.l2;
    d.constraint = static_cast<fv_constraint>(group.constraint);
    d.min_norm = group.low;
    d.max_norm = given(group.high);
    write_info(desc, d, "desc");
  });
}

fv_status fv_trainer_get_average(const fv_trainer* trainer, fv_average_desc* desc, fv_error* error) {
  return guard(error, [&] {
    const train::AverageOptions& o = need(trainer, "trainer").impl->average().options();
    fv_average_desc d{};
    d.averaging = static_cast<fv_averaging>(o.kind);
    d.decay = given(o.decay);
    d.start = o.start;
    d.period = o.period;
    write_info(desc, d, "desc");
  });
}

fv_status fv_trainer_averaged_model(const fv_trainer* trainer, fv_model** model, fv_error* error) {
  return guard(error, [&] {
    need(model, "model");
    auto made = std::make_unique<fv_model>();
    made->impl = need(trainer, "trainer").impl->averaged_model();
    *model = made.release();
  });
}
