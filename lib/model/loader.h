// The batches of a training: which samples, in which order, as a network takes them; made when they are asked
// for, by the context's threads, or ahead of that by workers. May use: base, data, model.
#pragma once
#include <array>
#include <memory>
#include <mutex>
#include <span>
#include <vector>

#include "base/context.h"
#include "data/dataset.h"
#include "data/prefetch.h"
#include "model/batch.h"

namespace fovea::model {

struct LoaderOptions {
  int64_t batch_size = 32;
  bool shuffle = true;
  bool drop_last = false;
  uint64_t seed = 0;  // of the order, and of random samples
  int workers = 0;    // 0: none
  int prefetch = 2;   // batches that wait beside those that the workers are at
};

inline constexpr int kMaxWorkers = 64, kMaxPrefetch = 64;

// A batch depends on the dataset, its epoch, its number and the options but for workers and prefetch.
class Loader : private data::Prefetcher::Maker {
 public:
  // `model`: whose input the samples become; null: they stay as they are stored. Raises invalid_argument.
  Loader(std::shared_ptr<const Context> context, data::DatasetPtr dataset, const LoaderOptions& options,
         std::shared_ptr<const Model> model);
  ~Loader() override;

  const data::Dataset& dataset() const { return *dataset_; }
  const LoaderOptions& options() const { return options_; }
  static int64_t batches(const data::Dataset& dataset, const LoaderOptions& options);
  int64_t batches() const { return batches(*dataset_, options_); }  // in an epoch
  // How many epochs there can be: they, and all batches in them, have numbers.
  int64_t epochs() const;
  // Samples of a batch.
  int64_t count(int64_t batch) const;
  // Of what inputs are made of.
  DType dtype() const { return model_ != nullptr ? model_->dtype() : dataset_->dtype(); }
  DType target_dtype() const { return model_ != nullptr ? model_->dtype() : dataset_->format().target_dtype; }
  // Of one sample.
  const Shape& input_shape() const {
    return model_ != nullptr ? model_->preprocess().input_shape() : dataset_->sample_shape();
  }
  size_t input_bytes() const { return static_cast<size_t>(input_shape().elements()) * size_of(dtype()); }

  // Batch `batch` of an epoch into memory for batch_size samples. Raises what reading a sample raises.
  void load(int64_t epoch, int64_t batch, void* inputs, const TargetMemory& targets);
  // Which samples these are.
  std::vector<uint32_t> indices(int64_t epoch, int64_t batch);

 private:
  using Order = std::shared_ptr<const std::vector<uint32_t>>;
  struct Slot {
    Buffer inputs;
    TargetScratch targets;
  };

  void make(int64_t number, int slot, int worker) override;
  Order order(int64_t epoch);
  void fill(Executor& executor, data::SampleLanes& lanes, int64_t epoch, int64_t batch, void* inputs,
            const TargetMemory& targets);

  std::shared_ptr<const Context> context_;
  data::DatasetPtr dataset_;
  LoaderOptions options_;
  std::shared_ptr<const Model> model_;
  data::SampleLanes lanes_;  // of the context's executor
  std::mutex mutex_;
  // Two, because some workers are at the end of an epoch while others begin the next.
  struct EpochOrder {
    int64_t epoch = -1;
    std::shared_ptr<std::vector<uint32_t>> order;
  };
  std::array<EpochOrder, 2> orders_;
  std::vector<Slot> slots_;
  std::vector<data::SampleLanes> worker_lanes_;
  std::unique_ptr<Executor> caller_alone_;
  std::unique_ptr<data::Prefetcher> prefetcher_;  // last: its threads use the rest
};

}  // namespace fovea::model
