#include "train/checkpoint_options.h"

#include "base/error.h"

namespace fovea::train {
namespace {

using io::Metadata;

// Both directions of a field, so that each is named once.
class Put {
 public:
  Put(Metadata& metadata, std::string prefix) : metadata_(metadata), prefix_(std::move(prefix)) {}
  void operator()(const char* name, double& value) { io::put_double(metadata_, prefix_ + name, value); }
  void operator()(const char* name, int64_t& value) { io::put_int(metadata_, prefix_ + name, value); }
  void operator()(const char* name, uint64_t& value) { io::put_int(metadata_, prefix_ + name, value); }
  void operator()(const char* name, bool& value) { io::put_int(metadata_, prefix_ + name, int{value}); }
  void operator()(const char* name, int32_t& value) { io::put_int(metadata_, prefix_ + name, value); }
  void operator()(const char* name, std::string& value) { metadata_[prefix_ + name] = value; }
  template <class E, size_t N>
  void choice(const char* name, E& value, const char* const (&names)[N]) {
    metadata_[prefix_ + name] = names[static_cast<size_t>(value)];
  }
  // Each element in its own fields: name.0.*, name.1.*, ...
  template <class T, class F>
  void list(const char* name, std::vector<T>& values, F&& visit_element) {
    io::put_int(metadata_, prefix_ + name, values.size());
    for (size_t i = 0; i < values.size(); ++i) {
      Put element(metadata_, prefix_ + name + '.' + std::to_string(i) + '.');
      visit_element(element, values[i]);
    }
  }

 private:
  Metadata& metadata_;
  std::string prefix_;
};

class Get {
 public:
  Get(const Metadata& metadata, std::string prefix) : metadata_(metadata), prefix_(std::move(prefix)) {}
  void operator()(const char* name, double& value) { value = io::get_double(metadata_, prefix_ + name); }
  void operator()(const char* name, int64_t& value) { value = io::get_int(metadata_, prefix_ + name); }
  void operator()(const char* name, uint64_t& value) { value = io::get_uint(metadata_, prefix_ + name); }
  void operator()(const char* name, bool& value) { value = io::get_int(metadata_, prefix_ + name) != 0; }
  void operator()(const char* name, int32_t& value) {
    const int64_t wide = io::get_int(metadata_, prefix_ + name);
    if (wide < INT32_MIN || wide > INT32_MAX) refuse(name, std::to_string(wide));
    value = static_cast<int32_t>(wide);
  }
  void operator()(const char* name, std::string& value) { value = io::get_text(metadata_, prefix_ + name); }
  template <class E, size_t N>
  void choice(const char* name, E& value, const char* const (&names)[N]) {
    const std::string& text = io::get_text(metadata_, prefix_ + name);
    for (size_t i = 0; i < N; ++i)
      if (names[i] != nullptr && text == names[i]) {
        value = static_cast<E>(i);
        return;
      }
    refuse(name, text);
  }
  template <class T, class F>
  void list(const char* name, std::vector<T>& values, F&& visit_element) {
    const int64_t count = io::get_int(metadata_, prefix_ + name);
    if (count < 0) refuse(name, std::to_string(count));
    // The first field that is missing ends it, before more memory is taken.
    values.clear();
    for (int64_t i = 0; i < count; ++i) {
      Get element(metadata_, prefix_ + name + '.' + std::to_string(i) + '.');
      visit_element(element, values.emplace_back());
    }
  }

 private:
  [[noreturn]] void refuse(const char* name, const std::string& value) const {
    fail(Status::format, "%s%s is '%.60s'", prefix_.c_str(), name, value.c_str());
  }

  const Metadata& metadata_;
  std::string prefix_;
};

template <class V>
void visit(V& v, LossOptions& o) {
  v.choice("kind", o.loss, kLossNames);
  v("output", o.output);
  v("weight", o.weight);
  v("sum", o.sum);
  v("label_smoothing", o.label_smoothing);
  const auto visit_weight = [](auto& element, double& weight) { element("weight", weight); };
  v.list("class_weights", o.class_weights, visit_weight);
  v.list("positive_weights", o.positive_weights, visit_weight);
  v("ignores", o.ignores);
  v("ignored_label", o.ignored_label);
  v("delta", o.delta);
  v("gamma", o.gamma);
  v("alpha", o.alpha);
  v("margin", o.margin);
  v("squared", o.squared);
  v("custom", o.custom);
}

template <class V>
void visit(V& v, OptimizerOptions& o) {
  v.choice("optimizer", o.kind, kOptimizerNames);
  v("learning_rate", o.learning_rate);
  v("momentum", o.momentum);
  v("dampening", o.dampening);
  v("nesterov", o.nesterov);
  v("rate_in_velocity", o.rate_in_velocity);
  v("beta1", o.beta1);
  v("beta2", o.beta2);
  v("rho", o.rho);
  v("epsilon", o.epsilon);
  v("epsilon_inside", o.epsilon_inside);
  v("amsgrad", o.amsgrad);
  v("centered", o.centered);
  v("bias_correction", o.bias_correction);
  v("momentum_decay", o.momentum_decay);
  v("trust_coefficient", o.trust);
  v("weight_decay", o.weight_decay);
  v("decay_kernels_only", o.decay_kernels_only);
  v("clip_value", o.clip_value);
  v("clip_norm", o.clip_norm);
  v("clip_global_norm", o.clip_global_norm);
}

template <class V>
void visit(V& v, Group& g) {
  v("parameters", g.parameters);
  v("learning_rate", g.rate);
  v("weight_decay", g.decay);
  v("frozen", g.frozen);
  v("l1", g.l1);
  v("l2", g.l2);
  v.choice("constraint", g.constraint, kConstraintNames);
  v("min_norm", g.low);
  v("max_norm", g.high);
}

template <class V>
void visit(V& v, ScheduleOptions& o) {
  v.choice("schedule", o.kind, kScheduleNames);
  v("schedule.per_step", o.per_step);
  v("schedule.warmup", o.warmup);
  v("schedule.warmup_start", o.warmup_start);
  v("schedule.period", o.period);
  v("schedule.total", o.total);
  v("schedule.gamma", o.gamma);
  v("schedule.power", o.power);
  v("schedule.lowest_rate", o.lowest);
  v("schedule.highest_rate", o.highest);
  v("schedule.growth", o.growth);
  v("schedule.rising", o.rising);
  v("schedule.start_divisor", o.start_divisor);
  v("schedule.end_divisor", o.end_divisor);
  v("schedule.lowest_momentum", o.lowest_momentum);
  v("schedule.highest_momentum", o.highest_momentum);
  v("schedule.falling", o.falling);
  v.choice("schedule.shape", o.shape, kCycleNames);
  v("schedule.staircase", o.staircase);
  v.list("schedule.milestones", o.milestones, [](auto& element, int64_t& at) { element("at", at); });
  v.choice("schedule.monitor", o.monitor, kMonitorNames);
  v("schedule.monitor_name", o.monitor_name);
  v("schedule.monitor_larger", o.monitor_larger);
  v("schedule.patience", o.patience);
  v("schedule.cooldown", o.cooldown);
  v("schedule.min_delta", o.min_delta);
}

template <class V>
void visit(V& v, MetricOptions& o) {
  v.choice("kind", o.kind, kMetricNames);
  v.choice("average", o.average, kClassAverageNames);
  v("class_index", o.class_index);
  v("k", o.k);
  v("bins", o.bins);
  v("probabilities", o.probabilities);
  v("multilabel", o.multilabel);
  v("threshold", o.threshold);
  v.choice("loss", o.loss, kLossNames);
  v("name", o.name);
}

template <class V>
void visit(V& v, TrainerOptions& o) {
  v.list("losses", o.losses, [](auto& element, LossOptions& loss) { visit(element, loss); });
  visit(v, o.optimizer);
  v("l1", o.penalty.l1);
  v("l2", o.penalty.l2);
  v("proximal_l1", o.penalty.proximal_l1);
  v.list("groups", o.groups, [](auto& element, Group& group) { visit(element, group); });
  v("frozen_until", o.depth.frozen_until);
  v("trains_statistics", o.depth.trains_statistics);
  v("rate_decay", o.depth.rate_decay);
  visit(v, o.schedule);
  v.choice("average", o.average.kind, kAveragingNames);
  v("average.decay", o.average.decay);
  v("average.start", o.average.start);
  v("average.period", o.average.period);
  v("mix.mixup", o.mix.mixup);
  v("mix.cutmix", o.mix.cutmix);
  v("mix.probability", o.mix.probability);
  v("accumulate_steps", o.accumulate_steps);
  v("rate_batch", o.rate_batch);
  v.list("metrics", o.metrics, [](auto& element, MetricOptions& metric) { visit(element, metric); });
  v("seed", o.seed);
}

}  // namespace

void put_options(Metadata& metadata, const TrainerOptions& options) {
  TrainerOptions copy = options;
  Put put(metadata, "trainer.");
  visit(put, copy);
}

TrainerOptions get_options(const Metadata& metadata) {
  TrainerOptions options;
  Get get(metadata, "trainer.");
  visit(get, options);
  if (options.losses.empty() || options.losses.size() > 64)
    fail(Status::format, "trainer.losses is %zu", options.losses.size());
  return options;
}

}  // namespace fovea::train
