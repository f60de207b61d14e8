// What is examined: a trainer with its data, and what several checks need of it, made once. Nothing of it is
// changed: what is trained is a copy. May use: base, data, model, train.
#pragma once
#include <map>
#include <memory>
#include <span>
#include <vector>

#include "base/cancel_token.h"
#include "data/dataset.h"
#include "model/model.h"
#include "train/trainer.h"

namespace fovea::train::checks {

// What fv_check_desc says.
struct Options {
  int64_t steps = 200;
  int64_t batch_size = 0;  // 0: that of the trainer's feed, or 32
  int64_t overfit_samples = 20;
  int64_t overfit_steps = 200;
  int64_t gradient_samples = 4;
  int64_t coordinates = 0;   // 0: by the number of parameters; -1: all
  int64_t burn_in = 0;       // 0: steps; -1: none
  double gradient_step = 0;  // 0: by the size of the weight
  double l2 = 1e3;
  int64_t epochs = 1;
  data::DatasetPtr validation, test;
  std::shared_ptr<const CancelToken> cancel;
};

// Waits while the token is paused; raises cancelled.
void check_cancelled(const Options& options);

// Samples of a dataset as a batch of the host's.
class Batch {
 public:
  Batch(const data::Dataset& dataset, std::span<const uint32_t> indices);
  HostBatch host() const { return {{&samples_, 1}, {&target_, 1}}; }
  const TensorView& samples() const { return samples_; }
  int64_t size() const { return samples_.shape[0]; }
  const std::vector<int32_t>& labels() const { return labels_; }   // empty with targets
  const std::vector<double>& targets() const { return targets_; }  // empty with labels

 private:
  std::vector<std::byte> bytes_;
  std::vector<int32_t> labels_;
  std::vector<double> targets_;
  TensorView samples_, target_;
};

struct Trial;

class Subject {
 public:
  // Raises invalid_argument where the data does not fit the trainer.
  Subject(const Trainer& trainer, data::DatasetPtr train, Options options);
  ~Subject();

  const Trainer& trainer() const { return trainer_; }
  const model::Model& model() const { return *trainer_.model(); }
  const graph::Graph& graph() const { return *model().graph(); }
  const graph::Layout& layout() const { return *model().layout(); }
  const data::Dataset& train() const { return *train_; }
  const data::DatasetPtr& train_data() const { return train_; }
  const Options& options() const { return options_; }
  int64_t batch_size() const { return batch_size_; }
  void check_cancelled() const { checks::check_cancelled(options_); }

  // The trainer's options for a copy, which begins anew.
  TrainerOptions trainer_options() const;
  std::unique_ptr<Trainer> copy() const { return copy(trainer_.model()->clone(), trainer_options()); }
  std::unique_ptr<Trainer> copy(std::shared_ptr<model::Model> model, const TrainerOptions& options) const;

  // Samples in a random order. The last ones are held out of trials where there is no validation set.
  const std::vector<uint32_t>& order() const { return order_; }
  int64_t trained_samples() const { return trained_samples_; }
  // The first `count` samples, in the dataset's order, no two of which are equal.
  std::vector<uint32_t> distinct(int64_t count) const;
  // Some samples of the training set that measures are taken on.
  Batch fixed_batch(int64_t count) const;

  // At the trainer's rate times `factor`; made once.
  const Trial& trial(double factor = 1);

 private:
  const Trainer& trainer_;
  data::DatasetPtr train_;
  Options options_;
  int64_t batch_size_;
  std::vector<uint32_t> order_;
  int64_t trained_samples_;
  std::map<double, std::unique_ptr<Trial>> trials_;
};

}  // namespace fovea::train::checks
