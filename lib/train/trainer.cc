#include "train/trainer.h"

#include <algorithm>
#include <cstdio>
#include <limits>

#include "base/error.h"
#include "data/order.h"
#include "model/batch.h"

namespace fovea::train {

using model::Writing;

namespace {

constexpr double kLargest = std::numeric_limits<double>::max();

void require_range(double value, double low, double high, const char* field) {
  FOVEA_REQUIRE(value >= low && value <= high, "%s is %g, expected %g to %g", field, value, low, high);
}
// [0, 1)
void require_fraction(double value, const char* field) {
  FOVEA_REQUIRE(value >= 0 && value < 1, "%s is %g, expected 0 up to but not 1", field, value);
}

const TrainerOptions& checked(const TrainerOptions& o) {
  require_range(o.optimizer.learning_rate, 0, kLargest, "learning_rate");
  require_fraction(o.optimizer.momentum, "momentum");
  require_fraction(o.optimizer.beta1, "beta1");
  require_fraction(o.optimizer.beta2, "beta2");
  require_range(o.optimizer.epsilon, 0, kLargest, "epsilon");
  FOVEA_REQUIRE(!o.optimizer.nesterov || o.optimizer.momentum > 0, "nesterov needs a momentum");
  require_range(o.l2, 0, kLargest, "l2");
  FOVEA_REQUIRE(o.max_batch >= 0 && o.max_batch <= kMaxBatch, "max_batch is %lld", static_cast<long long>(o.max_batch));
  return o;
}

}  // namespace

Trainer::Trainer(std::shared_ptr<model::Model> model, const TrainerOptions& options)
    : model_(std::move(model)),
      options_(options),
      optimizer_(*model_->context(), checked(options).optimizer, model_->dtype(), model_->layout()->parameter_block),
      penalty_(*model_->context(), *model_->layout(), model_->dtype(), options.l2) {
  check_output(model_->graph()->node(output()), options.loss);
  // Last, so that nothing can fail between the claim and its release in the destructor.
  if (!model_->claim_trainer()) fail(Status::busy, "the model has a trainer already");
}

Trainer::~Trainer() { model_->release_trainer(); }

std::shared_ptr<const graph::Plan> Trainer::plan(int64_t batch) const {
  graph::PlanOptions options;
  options.dtype = model_->dtype();
  options.max_batch = batch;
  options.training = true;
  options.threads = model_->context()->executor().threads();
  options.outputs = {output()};
  return std::make_shared<graph::Plan>(model_->graph(), model_->layout(), std::move(options));
}

void Trainer::set_learning_rate(double rate) {
  require_range(rate, 0, kLargest, "learning_rate");
  optimizer_.options().learning_rate = rate;
}

MemoryNeed Trainer::memory(int64_t batch) const {
  const std::shared_ptr<const graph::Plan> p = plan(batch);
  return {model_->parameter_bytes() + model_->state_bytes(), model_->parameter_bytes(), optimizer_.moment_bytes(),
          p->arena_bytes(), p->workspace_bytes()};
}

void Trainer::ensure_runner(int64_t batch, bool dense) {
  const Context& context = *model_->context();
  const int64_t planned = runner_ == nullptr ? 0 : runner_->plan().options().max_batch;
  if (batch > planned) {
    const int64_t max_batch = std::max(batch, options_.max_batch);
    std::shared_ptr<const graph::Plan> larger = plan(max_batch);
    objective_.reset();
    runner_.reset();  // give the old arena back before the new one is taken
    std::unique_ptr<graph::Runner> made = graph::make_runner(model_->context(), std::move(larger));
    if (const std::shared_ptr<graph::Profile> watching = profile_.lock()) made->profile(watching);
    runner_ = std::move(made);
    options_.max_batch = max_batch;
  }
  if (objective_ == nullptr || objective_->dense() != dense)
    objective_ = std::make_unique<Objective>(context, options_.loss, model_->dtype(), output_shape().elements(), dense,
                                             runner_->plan().options().max_batch);
  if (gradients_.bytes() == 0 && model_->parameter_bytes() > 0)
    gradients_ = context.buffer(model_->parameter_bytes(), true);
}

std::byte* Trainer::gradients() { return gradients_.data(); }

void Trainer::profile(const std::shared_ptr<graph::Profile>& profile) {
  const auto add = [&](const char* name) { return profile->add({name, {}, {}}); };
  const ProfileRows rows{add("(input)"), add("(loss)"), add("(penalty)"), add("(optimizer)")};
  if (runner_ != nullptr) runner_->profile(profile);
  profile_rows_ = rows;
  profile_ = profile;
}

// ---- one batch ----------------------------------------------------------------------------------------

namespace {

bool is_labels(const TensorView& target) { return target.dtype == DType::i32 || target.dtype == DType::i64; }

void check_target(const TensorView& target, int64_t batch, const Shape& output) {
  FOVEA_REQUIRE(target.data != nullptr, "the target's data is NULL");
  const Shape& shape = target.shape;
  if (is_labels(target)) {
    FOVEA_REQUIRE(shape.rank() == 1 && shape[0] == batch, "the labels are %s, expected %lld", shape.text().c_str(),
                  static_cast<long long>(batch));
    return;
  }
  FOVEA_REQUIRE(target.dtype == DType::f32 || target.dtype == DType::f64,
                "the target is %s, expected i32 or i64 labels, or f32 or f64 targets", name_of(target.dtype));
  FOVEA_REQUIRE(shape.rank() >= 1 && shape[0] == batch && Shape(shape.extents().subspan(1)) == output,
                "the target is %s, expected %lld x %s", shape.text().c_str(), static_cast<long long>(batch),
                output.text().c_str());
}

}  // namespace

void Trainer::fill_target(const TensorView& target, int64_t batch) {
  const int64_t classes = output_shape().elements();
  if (!is_labels(target)) {
    convert(batch * classes, target.dtype, target.data, model_->dtype(), objective_->targets());
    return;
  }
  for (int64_t i = 0; i < batch; ++i) {
    const int64_t label = target.dtype == DType::i64 ? static_cast<const int64_t*>(target.data)[i]
                                                     : static_cast<const int32_t*>(target.data)[i];
    FOVEA_REQUIRE(label >= 0 && label < classes, "label %lld of sample %lld is not in [0, %lld)",
                  static_cast<long long>(label), static_cast<long long>(i), static_cast<long long>(classes));
    objective_->labels()[i] = static_cast<int32_t>(label);
  }
}

StepResult Trainer::backward(std::span<const TensorView> inputs, const TensorView& target) {
  const int64_t batch = model::check_inputs(*model_, inputs);
  check_target(target, batch, output_shape());
  const Writing writing(*model_);
  ensure_runner(batch, !is_labels(target));
  fill_target(target, batch);
  timed(&ProfileRows::input, batch, [&] {
    for (size_t i = 0; i < inputs.size(); ++i)
      if (void* memory = runner_->value(model_->inputs()[i]); memory != nullptr)
        model::fill_from_tensor(*model_, inputs[i], 0, batch, memory);
  });
  return run(batch);
}

// Forward, loss, backward and penalties on the batch that lies in the runner and the objective.
StepResult Trainer::run(int64_t batch) {
  Executor& executor = model_->context()->executor();
  const graph::StepKey key{options_.seed, static_cast<uint32_t>(position_.step), 0};
  gradients_ready_ = false;
  runner_->prepare(model_->parameters(), model_->state());
  runner_->forward(batch, model_->parameters(), model_->state(), key);
  model_->raise_version();
  const BatchLoss loss = timed(&ProfileRows::loss, batch, [&] {
    return objective_->evaluate(executor, batch, runner_->value(output()), runner_->gradient(output()));
  });
  runner_->backward(batch, model_->parameters(), model_->state(), gradients_.data(), key);
  const double penalty = timed(&ProfileRows::penalty, batch, [&] {
    return penalty_.apply(executor, model_->parameters(), gradients_.data());
  });
  gradients_ready_ = true;
  return {loss.sum / static_cast<double>(batch) + penalty, batch, loss.correct};
}

void Trainer::apply_locked() {
  timed(&ProfileRows::optimizer, 0, [&] {
    optimizer_.apply(model_->context()->executor(), position_.step + 1, model_->parameters(), gradients_.data());
  });
  ++position_.step;
  gradients_ready_ = false;
  model_->raise_version();
}

void Trainer::apply() {
  FOVEA_REQUIRE(gradients_ready_, "there are no gradients to apply: call fv_trainer_backward first");
  const Writing writing(*model_);
  apply_locked();
}

// ---- batches of a dataset -----------------------------------------------------------------------------

int64_t Trainer::batches(const data::Dataset& dataset, const FeedOptions& options) {
  return options.drop_last ? dataset.size() / options.batch_size : blocks_of(dataset.size(), options.batch_size);
}

void Trainer::check_feed(const data::Dataset& dataset, const FeedOptions& options) const {
  model::check_dataset(*model_, dataset);
  FOVEA_REQUIRE(dataset.size() <= int64_t{UINT32_MAX}, "the dataset has %lld samples, at most 2^32 - 1 can be fed",
                static_cast<long long>(dataset.size()));
  FOVEA_REQUIRE(options.batch_size >= 1, "batch_size is %lld", static_cast<long long>(options.batch_size));
  FOVEA_REQUIRE(!options.drop_last || dataset.size() >= options.batch_size,
                "drop_last leaves nothing of %lld samples in batches of %lld", static_cast<long long>(dataset.size()),
                static_cast<long long>(options.batch_size));
  const Shape& out = output_shape();
  if (dataset.classes() > 0)
    FOVEA_REQUIRE(dataset.classes() <= out.elements(), "the dataset has %d classes, the model's output %s",
                  dataset.classes(), out.text().c_str());
  else
    FOVEA_REQUIRE(dataset.target_shape() == out, "the dataset's targets are %s, the model's output is %s",
                  dataset.target_shape().text().c_str(), out.text().c_str());
  const bool inside = position_.cursor > 0;
  if (!feed_ || (!resumed_ && !inside)) return;
  const uint64_t fingerprint = dataset.fingerprint();
  if (fingerprint != feed_->fingerprint)
    fail(Status::mismatch, "the dataset's fingerprint is %016llx, training stands in one with %016llx",
         static_cast<unsigned long long>(fingerprint), static_cast<unsigned long long>(feed_->fingerprint));
  const int64_t done = position_.cursor / feed_->options.batch_size;
  if (inside && (position_.cursor % feed_->options.batch_size != 0 || done >= batches(dataset, feed_->options)))
    fail(Status::mismatch, "training stands after sample %lld of an epoch, which is not between two batches",
         static_cast<long long>(position_.cursor));
  if (inside && !(options == feed_->options))
    fail(Status::mismatch,
         "training stands inside an epoch of batches of %lld (shuffle %d, drop_last %d), asked for %lld (%d, %d)",
         static_cast<long long>(feed_->options.batch_size), feed_->options.shuffle, feed_->options.drop_last,
         static_cast<long long>(options.batch_size), options.shuffle, options.drop_last);
}

void Trainer::feed(data::DatasetPtr dataset, const FeedOptions& options) {
  check_feed(*dataset, options);
  const uint64_t fingerprint = dataset->fingerprint();
  std::vector<uint32_t> order(static_cast<size_t>(dataset->size()));
  const size_t lanes = static_cast<size_t>(model_->context()->executor().threads());
  Buffer scratch = model_->context()->buffer(lanes * dataset->sample_bytes());
  order_ = std::move(order);
  order_epoch_ = -1;
  sample_scratch_ = std::move(scratch);
  dataset_ = std::move(dataset);
  feed_ = FeedState{options, fingerprint};
  resumed_ = false;
  if (dataset_->classes() > 0 && dataset_->classes() < output_shape().elements()) {
    char line[128];
    std::snprintf(line, sizeof line, "the dataset has %d classes, the output %lld: the outputs beyond are never right",
                  dataset_->classes(), static_cast<long long>(output_shape().elements()));
    model_->context()->log(LogLevel::warning, line);
  }
}


FeedResult Trainer::progress() const {
  FeedResult result;
  result.meters = meters_;
  result.epoch_ended = position_.cursor == 0 && position_.epoch > 0;
  result.epoch = position_.epoch - (result.epoch_ended ? 1 : 0);
  if (dataset_ != nullptr) result.batches = batches(*dataset_, feed_->options);
  if (result.epoch_ended) result.batch = result.batches;
  else if (feed_) result.batch = blocks_of(position_.cursor, feed_->options.batch_size);
  return result;
}

FeedResult Trainer::next() {
  FOVEA_REQUIRE(dataset_ != nullptr, "the trainer has no data: call fv_trainer_feed first");
  const FeedOptions& options = feed_->options;
  if (order_epoch_ != position_.epoch) {
    data::epoch_order(options_.seed, static_cast<uint32_t>(position_.epoch), options.shuffle, order_);
    order_epoch_ = position_.epoch;
  }
  const int64_t batch = std::min(options.batch_size, dataset_->size() - position_.cursor);
  const Writing writing(*model_);
  ensure_runner(std::min(options.batch_size, dataset_->size()), dataset_->classes() == 0);
  timed(&ProfileRows::input, batch, [&] {
    model::fill_from_dataset(*model_, *dataset_,
                             {order_.data() + position_.cursor, static_cast<size_t>(batch)},
                             runner_->value(model_->inputs()[0]), {objective_->labels(), objective_->targets()},
                             sample_scratch_.data());
  });
  const StepResult step = run(batch);
  apply_locked();

  if (position_.cursor == 0) meters_ = {};
  meters_.loss += step.loss * static_cast<double>(batch);
  meters_.samples += batch;
  meters_.correct = step.correct < 0 ? -1 : meters_.correct + step.correct;
  position_.cursor += batch;
  if (blocks_of(position_.cursor, options.batch_size) == batches(*dataset_, feed_->options)) {
    ++position_.epoch;
    position_.cursor = 0;
  }
  FeedResult result = progress();
  result.step = step;
  return result;
}

}  // namespace fovea::train
