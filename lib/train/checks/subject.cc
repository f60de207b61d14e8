#include "train/checks/subject.h"

#include <algorithm>
#include <cstring>
#include <unordered_set>

#include "base/error.h"
#include "data/hash.h"
#include "data/order.h"
#include "model/batch.h"
#include "train/checks/trial.h"

namespace fovea::train::checks {
namespace {

Shape with_batch(int64_t batch, const Shape& one) {
  std::vector<int64_t> extents{batch};
  for (const int64_t e : one.extents()) extents.push_back(e);
  return Shape(std::span<const int64_t>(extents));
}

}  // namespace

Batch::Batch(const data::Dataset& dataset, std::span<const uint32_t> indices) {
  const int64_t count = static_cast<int64_t>(indices.size());
  const size_t bytes = dataset.sample_bytes(),
               elements = static_cast<size_t>(dataset.target_shape().elements());
  bytes_.resize(bytes * indices.size());
  if (dataset.classes() > 0)
    labels_.resize(indices.size());
  else
    targets_.resize(elements * indices.size());
  data::SampleMemory memory(system_allocator());
  for (size_t i = 0; i < indices.size(); ++i) {
    memory.reset();
    dataset.copy_sample(indices[i], memory, bytes_.data() + i * bytes);
    if (dataset.classes() > 0)
      labels_[i] = static_cast<int32_t>(dataset.label(indices[i]));
    else
      dataset.target(indices[i], std::span<double>(targets_.data() + i * elements, elements));
  }
  samples_ = {bytes_.data(), dataset.dtype(), with_batch(count, dataset.sample_shape())};
  if (dataset.classes() > 0)
    target_ = {labels_.data(), DType::i32, Shape{count}};
  else
    target_ = {targets_.data(), DType::f64, with_batch(count, dataset.target_shape())};
}

Subject::Subject(const Trainer& trainer, data::DatasetPtr train, Options options)
    : trainer_(trainer), train_(std::move(train)), options_(std::move(options)) {
  FOVEA_REQUIRE(trainer.losses()[0].loss != Loss::host_gradient,
                "this trainer has no loss, which most checks look at");
  trainer.check_data(*train_);
  if (options_.validation) trainer.check_data(*options_.validation);
  // Checks read samples themselves.
  for (data::DatasetPtr* d : {&train_, &options_.validation, &options_.test})
    if (*d) *d = data::shaped(std::move(*d), trainer.model()->preprocess());
  batch_size_ = options_.batch_size;
  if (batch_size_ == 0) batch_size_ = trainer.feed_options().value_or(FeedOptions()).batch_size;
  order_.resize(static_cast<size_t>(train_->size()));
  data::epoch_order(trainer.options().seed, 0, true, order_);
  const int64_t held_out = options_.validation ? 0 : std::min<int64_t>(train_->size() / 10, 500);
  trained_samples_ = train_->size() - held_out;
  batch_size_ = std::min(batch_size_, trained_samples_);
}

Subject::~Subject() = default;

void check_cancelled(const Options& options) {
  if (options.cancel != nullptr && options.cancel->wait())
    fail(Status::cancelled, "the checks were cancelled");
}

TrainerOptions Subject::trainer_options() const {
  TrainerOptions o = trainer_.options();
  o.average = {};
  o.accumulate_steps = 1;
  o.max_batch = 0;
  o.metrics.clear();
  return o;
}

std::unique_ptr<Trainer> Subject::copy(std::shared_ptr<model::Model> model,
                                       const TrainerOptions& options) const {
  return std::make_unique<Trainer>(std::move(model), options);
}

std::vector<uint32_t> Subject::distinct(int64_t count) const {
  std::vector<uint32_t> found;
  std::unordered_set<uint64_t> seen;
  data::SampleMemory memory(system_allocator());
  for (int64_t i = 0; i < train_->size() && static_cast<int64_t>(found.size()) < count; ++i) {
    data::Xxh64 hash;
    memory.reset();
    hash.update({static_cast<const std::byte*>(train_->read(i, memory).data), train_->sample_bytes()});
    if (seen.insert(hash.digest()).second) found.push_back(static_cast<uint32_t>(i));
  }
  return found;
}

Batch Subject::fixed_batch(int64_t count) const {
  return Batch(*train_, {order_.data(), static_cast<size_t>(std::min(count, trained_samples_))});
}

const Trial& Subject::trial(double factor) {
  std::unique_ptr<Trial>& made = trials_[factor];
  if (made == nullptr) made = std::make_unique<Trial>(run_trial(*this, factor, options_.steps));
  return *made;
}

}  // namespace fovea::train::checks
