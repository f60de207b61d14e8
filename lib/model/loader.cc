#include "model/loader.h"

#include <algorithm>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "data/order.h"

namespace fovea::model {
namespace {

using Ll = long long;

// Samples as they are stored.
void copy_from_dataset(Executor& executor, const data::Dataset& dataset, std::span<const uint32_t> indices,
                       void* out, const TargetMemory& targets, data::SampleLanes& lanes,
                       const data::Draw& draw) {
  const size_t bytes = dataset.sample_bytes();
  executor.parallel_for(static_cast<int64_t>(indices.size()), [&](int64_t i, int lane) {
    const size_t at = static_cast<size_t>(i);
    data::Draw own = draw;
    own.position += static_cast<uint32_t>(i);
    dataset.copy_sample(indices[at], lanes[lane], static_cast<std::byte*>(out) + at * bytes, &own);
    if (targets.labels != nullptr)
      targets.labels[i] = static_cast<int32_t>(dataset.label(indices[at]));
    else if (targets.dense != nullptr)
      std::memcpy(static_cast<std::byte*>(targets.dense) + at * dataset.format().target_bytes(),
                  dataset.stored_target(indices[at]), dataset.format().target_bytes());
  });
}

}  // namespace

int64_t Loader::batches(const data::Dataset& dataset, const LoaderOptions& options) {
  return options.drop_last ? dataset.size() / options.batch_size
                           : blocks_of(dataset.size(), options.batch_size);
}

Loader::Loader(std::shared_ptr<const Context> context, data::DatasetPtr dataset, const LoaderOptions& options,
               std::shared_ptr<const Model> model)
    : context_(std::move(context)),
      dataset_(std::move(dataset)),
      options_(options),
      model_(std::move(model)),
      lanes_(context_->allocator(), context_->executor().threads()),
      caller_alone_(make_inline_executor()) {
  FOVEA_REQUIRE(options.batch_size >= 1, "batch_size is %lld", Ll{options.batch_size});
  FOVEA_REQUIRE(options.workers >= 0 && options.workers <= kMaxWorkers, "workers is %d, expected 0 to %d",
                options.workers, kMaxWorkers);
  FOVEA_REQUIRE(options.prefetch >= 1 && options.prefetch <= kMaxPrefetch,
                "prefetch is %d, expected 1 to %d", options.prefetch, kMaxPrefetch);
  FOVEA_REQUIRE(batches() > 0, "drop_last leaves nothing of %lld samples in batches of %lld",
                Ll{dataset_->size()}, Ll{options.batch_size});
  FOVEA_REQUIRE(dataset_->size() <= int64_t{UINT32_MAX},
                "the dataset has %lld samples, at most 2^32 - 1 can be fed", Ll{dataset_->size()});
  FOVEA_REQUIRE(model_ != nullptr || !dataset_->format().varies,
                "the dataset's images are of different sizes: bring them to one size first");
  if (model_ != nullptr) check_dataset(*model_, *dataset_);
  if (options.workers == 0) return;
  const int slots = options.workers + options.prefetch;
  for (int i = 0; i < slots; ++i)
    slots_.push_back({context_->buffer(static_cast<size_t>(checked_mul(
                          options.batch_size, static_cast<int64_t>(input_bytes())))),
                      TargetScratch(*context_, *dataset_, options.batch_size, target_dtype())});
  for (int i = 0; i < options.workers; ++i) worker_lanes_.emplace_back(context_->allocator(), 1);
  data::Prefetcher::Maker& maker = *this;  // a private base
  prefetcher_ = std::make_unique<data::Prefetcher>(maker, options.workers, slots);
}

Loader::~Loader() = default;

int64_t Loader::epochs() const {
  return std::min(int64_t{1} << 32, std::numeric_limits<int64_t>::max() / batches() - 1);
}

int64_t Loader::count(int64_t batch) const {
  return std::min(options_.batch_size, dataset_->size() - batch * options_.batch_size);
}

Loader::Order Loader::order(int64_t epoch) {
  const std::lock_guard lock(mutex_);
  EpochOrder& kept = orders_[static_cast<size_t>(epoch % 2)];
  if (kept.epoch == epoch) return kept.order;
  // Another worker may still read the one before it; the caller alone has done with it.
  if (kept.order == nullptr || options_.workers > 0)
    kept.order = std::make_shared<std::vector<uint32_t>>(static_cast<size_t>(dataset_->size()));
  data::epoch_order(options_.seed, static_cast<uint32_t>(epoch), options_.shuffle, *kept.order);
  kept.epoch = epoch;
  return kept.order;
}

std::vector<uint32_t> Loader::indices(int64_t epoch, int64_t batch) {
  const Order all = order(epoch);
  const auto first = all->begin() + static_cast<std::ptrdiff_t>(batch * options_.batch_size);
  return {first, first + static_cast<std::ptrdiff_t>(count(batch))};
}

void Loader::fill(Executor& executor, data::SampleLanes& lanes, int64_t epoch, int64_t batch, void* inputs,
                  const TargetMemory& targets) {
  const Order all = order(epoch);
  const int64_t first = batch * options_.batch_size;
  const std::span<const uint32_t> indices(all->data() + first, static_cast<size_t>(count(batch)));
  const data::Draw draw{options_.seed, static_cast<uint32_t>(epoch), static_cast<uint32_t>(first)};
  if (model_ != nullptr)
    fill_from_dataset(executor, *model_, *dataset_, indices, inputs, targets, lanes, &draw);
  else
    copy_from_dataset(executor, *dataset_, indices, inputs, targets, lanes, draw);
}

void Loader::make(int64_t number, int slot, int worker) {
  const Slot& s = slots_[static_cast<size_t>(slot)];
  fill(*caller_alone_, worker_lanes_[static_cast<size_t>(worker)], number / batches(), number % batches(),
       s.inputs.data(), s.targets.memory());
}

void Loader::load(int64_t epoch, int64_t batch, void* inputs, const TargetMemory& targets) {
  FOVEA_REQUIRE(epoch >= 0 && epoch < epochs(), "epoch is %lld, there are at most %lld", Ll{epoch},
                Ll{epochs()});
  if (prefetcher_ == nullptr)
    return fill(context_->executor(), lanes_, epoch, batch, inputs, targets);
  const Slot& slot = slots_[static_cast<size_t>(prefetcher_->take(epoch * batches() + batch))];
  const size_t samples = static_cast<size_t>(count(batch));
  std::memcpy(inputs, slot.inputs.data(), samples * input_bytes());
  const TargetMemory made = slot.targets.memory();
  if (made.labels != nullptr)
    std::memcpy(targets.labels, made.labels, samples * sizeof *made.labels);
  else
    std::memcpy(targets.dense, made.dense,
                samples * static_cast<size_t>(dataset_->target_shape().elements()) *
                    size_of(target_dtype()));
}

}  // namespace fovea::model
