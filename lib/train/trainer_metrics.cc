// What a trainer measures in its training, says of it, and records.
#include "base/error.h"
#include "train/trainer.h"

namespace fovea::train {
namespace {

int64_t classes_of(const Shape& output) {
  return output[output.rank() - 1];
}

}  // namespace

std::unique_ptr<Metrics> Trainer::make_metrics(const std::vector<MetricOptions>& metrics) const {
  if (metrics.empty()) return nullptr;
  FOVEA_REQUIRE(!host_gradient(), "a trainer without a loss measures no metrics");
  MetricSetOptions o;
  o.metrics = metrics;
  o.classes = classes_of(shape_of(heads_[0]));
  o.ignores = options_.losses[0].ignores;
  o.ignored_label = options_.losses[0].ignored_label;
  return std::make_unique<Metrics>(*model_->context(), std::move(o));
}

void Trainer::set_metrics(std::vector<MetricOptions> metrics) {
  for (MetricOptions& o : metrics) {
    o.name = metric_name(o);
    if (o.name == "accuracy") continue;  // which fit puts into the history's rows
    History::check_name(o.name);
    History::check_name("val_" + o.name);
  }
  if (metrics == options_.metrics) return;
  metrics_ = make_metrics(metrics);
  options_.metrics = std::move(metrics);
}

// Labels are one for each place of the output's last axis, or the output has that axis alone.
void Trainer::check_metrics(bool dense) const {
  if (metrics_ == nullptr || dense) return;
  const Shape& output = shape_of(heads_[0]);
  FOVEA_REQUIRE(is_over_classes(options_.losses[0]) || output.elements() == classes_of(output),
                "metrics of labels need an output that is flat, this one is %s", output.text().c_str());
}

void Trainer::reserve_metrics(int64_t samples) {
  const Shape& output = shape_of(heads_[0]);
  if (metrics_ != nullptr) metrics_->reserve(samples * (output.elements() / classes_of(output)));
}

// Before the loss, which may change targets where they lie. What is measured counts when the batch is done.
void Trainer::measure(int64_t batch, const double* sample_weights) {
  if (metrics_ == nullptr) return;
  const Objective& objective = *heads_[0].objective;
  const Shape& output = shape_of(heads_[0]);
  const int64_t places = output.elements() / classes_of(output);
  metrics_->measure({model_->dtype(), batch * places, places, runner_->value(heads_[0].node),
                     objective.dense() ? nullptr : objective.classes(),
                     objective.dense() ? objective.targets() : nullptr, sample_weights});
}

FeedResult Trainer::progress() const {
  FeedResult result;
  result.meters = meters_;
  result.epoch_ended = position_.cursor == 0 && position_.epoch > 0;
  result.epoch = position_.epoch - (result.epoch_ended ? 1 : 0);
  if (loader_ != nullptr) result.batches = loader_->batches();
  if (result.epoch_ended) result.batch = result.batches;
  else if (feed_) result.batch = blocks_of(position_.cursor, feed_->options.batch_size);
  return result;
}

void Trainer::record(const HistoryRow& row) {
  history_.add(row);
  const ScheduleOptions& o = schedule_.options();
  const std::string name =
      o.monitor_name.empty() ? kMonitorNames[static_cast<size_t>(o.monitor)] : o.monitor_name;
  schedule_.observe(optimizer_.options().learning_rate, history_.newest(name), is_better_when_larger(name));
}

bool Trainer::is_better_when_larger(std::string_view monitor) const {
  if (monitor.starts_with("val_")) monitor.remove_prefix(4);
  for (const MetricOptions& o : options_.metrics)
    if (o.name == monitor) return is_larger_better(o.kind);
  if (monitor == "accuracy" || monitor == "loss") return monitor == "accuracy";
  return schedule_.options().monitor_larger;
}

}  // namespace fovea::train
