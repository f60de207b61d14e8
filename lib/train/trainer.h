// Trainer: everything that decides how the training of a model goes on. May use: base, graph, data, model,
// train.
#pragma once
#include <cmath>
#include <memory>
#include <optional>
#include <span>
#include <string>
#include <vector>

#include "data/dataset.h"
#include "graph/runner.h"
#include "io/safetensors.h"
#include "model/loader.h"
#include "model/model.h"
#include "model/model_file.h"
#include "train/activity.h"
#include "train/average.h"
#include "train/depth.h"
#include "train/groups.h"
#include "train/history.h"
#include "train/metric.h"
#include "train/mix.h"
#include "train/objective.h"
#include "train/optimizer.h"
#include "train/penalty.h"
#include "train/schedule.h"

namespace fovea::train {

inline constexpr int64_t kMaxBatch = 1 << 20;

struct TrainerOptions {
  std::vector<LossOptions> losses = std::vector<LossOptions>(1);
  OptimizerOptions optimizer;
  PenaltyOptions penalty;
  Groups groups;
  DepthOptions depth;
  ScheduleOptions schedule;
  AverageOptions average;
  MixOptions mix;
  std::vector<MetricOptions> metrics;  // of the first loss's output
  int64_t accumulate_steps = 1;  // batches whose mean gradient makes a step
  int64_t rate_batch = 0;  // samples of a step that the learning rate is for; 0: any number
  uint64_t seed = 0;
  int64_t max_batch = 0;  // of the first plan; 0: what the first batch or feed needs
};

struct FeedOptions {
  int64_t batch_size = 32;
  bool shuffle = true;
  bool drop_last = false;
  friend bool operator==(const FeedOptions&, const FeedOptions&) = default;
};

// Who prepares the batches; see model::LoaderOptions.
struct FeedWorkers {
  int workers = 0;
  int prefetch = 2;
};

// Where training stands.
struct Position {
  int64_t step = 0;    // optimizer steps so far
  int64_t accumulated = 0;  // batches since then, with accumulate_steps
  int64_t epoch = 0;   // of the next batch
  int64_t cursor = 0;  // samples of that epoch that are done
};

// Sums over the epoch so far.
struct Meters {
  double loss = 0;  // of per-sample losses, penalties included
  int64_t samples = 0;
  int64_t correct = 0;  // -1 without labels
};

// A batch of the host's. One target serves every loss; else there is one for each.
struct HostBatch {
  std::span<const TensorView> inputs;
  std::span<const TensorView> targets;
  const TensorView* sample_weights = nullptr;
};

struct StepResult {
  double loss = 0;  // the weighted sum of the losses, penalties included
  int64_t batch = 0;
  int64_t correct = 0;  // -1 without labels
};

// What fv_trainer_next reports; see fv_progress.
struct FeedResult {
  StepResult step;
  Meters meters;       // this batch included
  int64_t epoch = 0;   // of this batch
  int64_t batch = 0;   // in the epoch, from 1
  int64_t batches = 0;
  bool epoch_ended = false;
};

struct MemoryNeed {
  size_t parameters, gradients, optimizer, arena, workspace;
};

class Trainer {
 public:
  // Raises busy when the model has a trainer.
  Trainer(std::shared_ptr<model::Model> model, const TrainerOptions& options);
  ~Trainer();

  const std::shared_ptr<model::Model>& model() const { return model_; }
  const std::vector<LossOptions>& losses() const { return options_.losses; }
  // As they are now, for another trainer like this one.
  TrainerOptions options() const;
  // Of the last batch, each without its weight and without penalties; NaN before it.
  const std::vector<double>& loss_values() const { return loss_values_; }
  const OptimizerOptions& optimizer() const { return optimizer_.options(); }
  void set_learning_rate(double rate);
  // Of the next step, by the schedule.
  double learning_rate() const {
    const double base = optimizer_.options().learning_rate;
    return rate_scale() * schedule_.rate(base, position_.epoch, position_.step);
  }
  const Schedule& schedule() const { return schedule_; }
  void set_schedule(const ScheduleOptions& options);
  const Groups& groups() const { return options_.groups; }
  void set_groups(const Groups& groups) { regroup(groups, options_.depth); }
  const DepthOptions& depth() const { return options_.depth; }
  void set_depth(const DepthOptions& depth) { regroup(options_.groups, depth); }
  // What groups and depth make of a parameter.
  Group group(const graph::Slot& parameter) const { return group_of(groups_, parameter); }
  const Average& average() const { return average_; }
  // A new model with the averaged weights; raises not_found before there are any.
  std::shared_ptr<model::Model> averaged_model() const;
  MemoryNeed memory(int64_t batch) const;

  // Forward and backward on a batch of the host's; gradients stay until the next call. apply() is the
  // optimizer's step on them.
  StepResult backward(const HostBatch& batch);
  StepResult backward(std::span<const TensorView> inputs, const TensorView& target) {
    return backward({inputs, {&target, 1}});
  }
  // The same without a backward pass: there are no gradients afterwards. Running statistics move.
  StepResult loss(const HostBatch& batch);
  void apply();

  // The same in two halves, with the gradient of the outputs() in the host's hands. What lies between them
  // may not change the model.
  void forward(std::span<const TensorView> inputs);
  int64_t forward_batch() const { return forward_batch_; }
  const void* output_value(size_t index) const { return runner_->value(heads_[index].node); }
  // Of the last step; NaN before it.
  double last_rate() const { return last_rate_; }
  std::vector<int> outputs() const;  // nodes with a loss
  void backward_from(std::span<const TensorView> gradients);
  bool has_gradients() const { return gradients_ready_; }
  std::byte* gradients();
  int64_t gradient_block() const { return model_->layout()->parameter_block; }

  // Raises invalid_argument for data that it cannot be fed with.
  void check_data(const data::Dataset& dataset) const;
  void feed(data::DatasetPtr dataset, const FeedOptions& options, const FeedWorkers& workers = {});
  // Lets go of the dataset, and ends its workers.
  void end_feed() { loader_.reset(); }
  FeedResult next();
  // Of the last feed, a loaded one too.
  std::optional<FeedOptions> feed_options() const {
    return feed_ ? std::optional(feed_->options) : std::nullopt;
  }

  const Position& position() const { return position_; }
  // Of the last batch from the feed; all zero before it. The result of its step is not kept.
  FeedResult progress() const;
  // A row of the history, which a plateau may be waiting for.
  void record(const HistoryRow& row);
  void record_value(const std::string& name, double value) { history_.set_next(name, value); }
  const History& history() const { return history_; }

  // Measured in every batch from now on; those that are measured already go on.
  void set_metrics(std::vector<MetricOptions> metrics);
  // What they have counted in the epoch, host batches included; null where there are none.
  const Metrics* metrics() const { return metrics_.get(); }
  void reset_metrics() {
    if (metrics_ != nullptr) metrics_->reset();
  }
  // What a loop or a callback keeps in the checkpoint. A null text removes it; find_note gives null where
  // there is none.
  void set_note(std::string_view key, const char* text);
  const std::string* find_note(std::string_view key) const;

  // A copy of parameters and state, part of checkpoints; restore raises not_found before there is one.
  void keep_weights();
  void restore_weights();

  // Times every step from now on, as long as somebody else holds the profile.
  void profile(const std::shared_ptr<graph::Profile>& profile);

  void save(const std::string& path) const;
  static std::unique_ptr<Trainer> load(std::shared_ptr<const Context> context,
                                       const io::SafetensorsReader& reader);

 private:
  double rate_scale() const;
  // What a checkpoint remembers of the feed.
  struct FeedState {
    FeedOptions options;
    uint64_t fingerprint = 0;
  };

  // An output with its loss; without one where the host gives the gradient.
  struct Head {
    int node;
    std::unique_ptr<Objective> objective;
  };

  std::vector<Head> make_heads();
  void check_mixing() const;
  void check_momentum(const ScheduleOptions& schedule) const;
  void regroup(Groups groups, DepthOptions depth);
  bool host_gradient() const { return options_.losses[0].loss == Loss::host_gradient; }
  const Shape& shape_of(const Head& head) const { return model_->graph()->node(head.node).shape; }
  std::shared_ptr<const graph::Plan> plan(int64_t batch) const;
  void check_feed(const data::Dataset& dataset, const FeedOptions& options) const;
  model::LoaderOptions loader_options(const FeedOptions& options) const;
  void ensure_runner(int64_t batch);
  void ensure_objective(size_t head, bool dense);
  std::unique_ptr<Metrics> make_metrics(const std::vector<MetricOptions>& metrics) const;
  void check_metrics(bool dense) const;
  void reserve_metrics(int64_t samples);
  void measure(int64_t batch, const double* sample_weights);
  bool is_better_when_larger(std::string_view monitor) const;
  void fill_inputs(std::span<const TensorView> inputs, int64_t batch);
  void fill_target(const Head& head, const TensorView& target, int64_t batch);
  void share_target(int64_t batch);
  const double* fill_weights(const TensorView* weights, int64_t batch);
  graph::StepKey step_key() const {
    // Its lower half counts.
    const uint64_t batch =
        static_cast<uint64_t>(position_.step) * static_cast<uint64_t>(options_.accumulate_steps) +
        static_cast<uint64_t>(position_.accumulated);
    return {options_.seed, static_cast<uint32_t>(batch), 0};
  }
  bool accumulate();
  size_t accumulated_bytes() const { return options_.accumulate_steps == 1 ? 0 : model_->parameter_bytes(); }
  // A batch of the host's in the runner and the objectives: its size and weights.
  struct Filled {
    int64_t batch;
    const double* sample_weights;
  };
  Filled fill(const HostBatch& given);
  void mix(int64_t batch);
  void run_forward(int64_t batch);
  double run_backward(int64_t batch);
  double penalties(int64_t batch);
  StepResult run_losses(int64_t batch, const double* sample_weights, bool backward);
  StepResult run(int64_t batch, const double* sample_weights);
  void apply_locked();
  io::Metadata metadata() const;
  // What a checkpoint has besides the model's tensors.
  std::vector<model::ExtraTensor> extra_tensors() const;
  void restore(const io::SafetensorsReader& reader);

  std::shared_ptr<model::Model> model_;
  TrainerOptions options_;
  std::vector<Head> heads_;
  Groups groups_;  // the options' and what depth makes of them
  Optimizer optimizer_;
  Penalty penalty_;
  Activity activity_;
  Constraints constraints_;
  Schedule schedule_;
  Average average_;
  int64_t step_batch_ = 0;  // samples of a full batch; 0 before the first
  double last_rate_ = NAN;  // of the last step
  Position position_;
  Meters meters_;
  History history_;
  io::Metadata notes_;
  Buffer kept_parameters_, kept_state_;
  bool keeps_weights_ = false;
  std::unique_ptr<Metrics> metrics_;

  std::unique_ptr<graph::Runner> runner_;
  std::vector<double> loss_values_;
  Buffer sample_weights_;
  int64_t forward_batch_ = 0;     // of a forward() that waits for backward_from()
  uint64_t forward_version_ = 0;  // of the model then
  Buffer gradients_;
  bool gradients_ready_ = false;
  Buffer accumulated_;  // the sum of the gradients of position_.accumulated batches

  // What is timed beside the network's nodes.
  struct ProfileRows {
    int input, loss, penalty, optimizer;
  };
  template <class F> auto timed(int ProfileRows::*row, int64_t batch, F&& part) {
    const std::shared_ptr<graph::Profile> watching = profile_.lock();
    const graph::Profile::Timer timer(watching.get(), profile_rows_.*row, batch);
    return part();
  }
  std::weak_ptr<graph::Profile> profile_;
  ProfileRows profile_rows_{};

  std::unique_ptr<model::Loader> loader_;
  std::optional<FeedState> feed_;
  int64_t metrics_epoch_ = -1;  // that there is room for in metrics_
  bool resumed_ = false;  // feed_ comes from a checkpoint and no dataset has been given yet
};

}  // namespace fovea::train
