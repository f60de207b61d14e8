#include "train/trainer.h"

#include <algorithm>
#include <cstdio>
#include <cstring>
#include <limits>

#include "base/error.h"
#include "data/order.h"
#include "kernels/elementwise.h"
#include "model/batch.h"

namespace fovea::train {

using model::Writing;

namespace {

const TrainerOptions& checked(const TrainerOptions& o, const model::Model& model) {
  check_optimizer(o.optimizer);
  check_groups(o.groups, *model.layout());
  check_depth(o.depth, *model.graph(), *model.layout());
  for (const double penalty : {o.penalty.l1, o.penalty.l2})
    FOVEA_REQUIRE(penalty >= 0 && penalty <= 1e30, "l1 or l2 is %g, expected 0 or more", penalty);
  check_mix(o.mix);
  FOVEA_REQUIRE(o.accumulate_steps >= 1 && o.accumulate_steps <= 1 << 20,
                "accumulate_steps is %lld, expected 1 or more", static_cast<long long>(o.accumulate_steps));
  FOVEA_REQUIRE(o.rate_batch >= 0, "rate_batch is %lld, expected 0 or more",
                static_cast<long long>(o.rate_batch));
  FOVEA_REQUIRE(o.max_batch >= 0 && o.max_batch <= kMaxBatch, "max_batch is %lld",
                static_cast<long long>(o.max_batch));
  return o;
}

}  // namespace

Trainer::Trainer(std::shared_ptr<model::Model> model, const TrainerOptions& options)
    : model_(std::move(model)),
      options_(options),
      heads_(make_heads()),
      groups_(by_depth(checked(options, *model_).groups, options.depth, *model_->graph(), *model_->layout())),
      optimizer_(*model_->context(), options.optimizer, groups_, *model_->layout(), model_->dtype()),
      penalty_(*model_->context(), *model_->layout(), groups_, model_->dtype(), options.penalty),
      activity_(*model_->graph(), outputs()),
      constraints_(groups_, *model_->layout(), model_->dtype()),
      schedule_(options.schedule),
      average_(*model_, options.average) {
  if (!host_gradient()) loss_values_.assign(heads_.size(), NAN);
  check_mixing();
  check_momentum(options.schedule);
  metrics_ = make_metrics(options_.metrics);
  // Last, so that nothing can fail between the claim and its release in the destructor.
  if (!model_->claim_trainer()) fail(Status::busy, "the model has a trainer already");
}

Trainer::~Trainer() {
  model_->release_trainer();
}

std::vector<Trainer::Head> Trainer::make_heads() {
  const graph::Graph& graph = *model_->graph();
  std::vector<Head> heads;
  if (host_gradient()) {
    FOVEA_REQUIRE(options_.losses.size() == 1, "with gradients of the host's there is no other loss");
    for (int node : model_->outputs()) heads.push_back({node, nullptr});
    return heads;
  }
  for (size_t i = 0; i < options_.losses.size(); ++i) {
    LossOptions& loss = options_.losses[i];
    resolve(*model_->context(), loss);
    FOVEA_REQUIRE(!loss.output.empty() || i < model_->outputs().size(),
                  "there are %zu losses, the model has %zu outputs", options_.losses.size(),
                  model_->outputs().size());
    const int index = loss.output.empty() ? model_->outputs()[i] : graph.find(loss.output);
    if (index < 0) fail(Status::not_found, "the model has no node '%.200s' for a loss", loss.output.c_str());
    const graph::Node& node = graph.node(index);
    for (const Head& head : heads)
      FOVEA_REQUIRE(head.node != index, "output '%.200s' has two losses", node.name.c_str());
    FOVEA_REQUIRE(loss.loss != Loss::host_gradient, "with gradients of the host's there is no other loss");
    check_output(node, loss);
    heads.push_back({index, nullptr});
  }
  return heads;
}

void Trainer::check_mixing() const {
  if (!options_.mix.any()) return;
  FOVEA_REQUIRE(!host_gradient(), "mixup and cutmix need a loss of the trainer's");
  const std::vector<int>& inputs = model_->inputs();
  const Shape& image = model_->graph()->node(inputs[0]).shape;
  FOVEA_REQUIRE(options_.mix.cutmix == 0 || (inputs.size() == 1 && image.rank() == 3),
                "cutmix needs one input of height x width x channels");
}

TrainerOptions Trainer::options() const {
  TrainerOptions now = options_;
  now.optimizer = optimizer_.options();
  now.schedule = schedule_.options();
  return now;
}

std::vector<int> Trainer::outputs() const {
  std::vector<int> nodes;
  for (const Head& head : heads_) nodes.push_back(head.node);
  return nodes;
}

std::shared_ptr<const graph::Plan> Trainer::plan(int64_t batch) const {
  graph::PlanOptions options;
  options.dtype = model_->dtype();
  options.max_batch = batch;
  options.training = true;
  options.threads = model_->context()->executor().threads();
  options.outputs = outputs();
  for (int node : activity_.more_outputs()) options.outputs.push_back(node);
  options.frozen = frozen_nodes(groups_, *model_->layout());
  options.as_in_training = nodes_in_training(options_.depth, *model_->graph(), *model_->layout());
  return std::make_shared<graph::Plan>(model_->graph(), model_->layout(), std::move(options));
}

double Trainer::rate_scale() const {
  if (options_.rate_batch == 0 || step_batch_ == 0) return 1;
  return static_cast<double>(step_batch_ * options_.accumulate_steps) /
         static_cast<double>(options_.rate_batch);
}

void Trainer::set_learning_rate(double rate) {
  OptimizerOptions changed = optimizer_.options();
  changed.learning_rate = rate;
  check_optimizer(changed);
  optimizer_.options().learning_rate = rate;
}

void Trainer::check_momentum(const ScheduleOptions& schedule) const {
  OptimizerOptions o = optimizer_.options();
  FOVEA_REQUIRE(schedule.highest_momentum == 0 || momentum_of(o) != nullptr,
                "the schedule has a momentum, but %s with these options has none that changes",
                kOptimizerNames[static_cast<size_t>(o.kind)]);
}

void Trainer::set_schedule(const ScheduleOptions& options) {
  check_momentum(options);
  const PlateauState seen = schedule_.state();
  const ScheduleOptions& before = schedule_.options();
  const bool goes_on = options.kind == before.kind && options.monitor == before.monitor &&
                       options.monitor_name == before.monitor_name;
  schedule_ = Schedule(options);
  if (goes_on) schedule_.set_state(seen);
}

std::shared_ptr<model::Model> Trainer::averaged_model() const {
  if (average_.count() == 0)
    fail(Status::not_found, "there is no average of the weights yet: see fv_trainer_desc.average");
  std::shared_ptr<model::Model> made = model_->clone();
  std::copy_n(average_.parameters(), made->parameter_bytes(), made->parameters());
  std::copy_n(average_.state(), made->state_bytes(), made->state());
  return made;
}

MemoryNeed Trainer::memory(int64_t batch) const {
  const std::shared_ptr<const graph::Plan> p = plan(batch);
  return {model_->parameter_bytes() + model_->state_bytes(), model_->parameter_bytes(),
          optimizer_.moment_bytes() + average_.bytes() + accumulated_bytes(), p->arena_bytes(),
          p->workspace_bytes()};
}

void Trainer::ensure_runner(int64_t batch) {
  const int64_t planned = runner_ == nullptr ? 0 : runner_->plan().options().max_batch;
  if (batch > planned) {
    const int64_t max_batch = std::max(batch, options_.max_batch);
    std::shared_ptr<const graph::Plan> larger = plan(max_batch);
    forward_batch_ = 0;
    for (Head& head : heads_) head.objective.reset();
    runner_.reset();  // give the old arena back before the new one is taken
    std::unique_ptr<graph::Runner> made = graph::make_runner(model_->context(), std::move(larger));
    if (const std::shared_ptr<graph::Profile> watching = profile_.lock()) made->profile(watching);
    runner_ = std::move(made);
    options_.max_batch = max_batch;
  }
  forward_batch_ = 0;
  if (gradients_.bytes() == 0 && model_->parameter_bytes() > 0)
    gradients_ = model_->context()->buffer(model_->parameter_bytes(), true);
}

// After ensure_runner().
void Trainer::ensure_objective(size_t head, bool dense) {
  std::unique_ptr<Objective>& objective = heads_[head].objective;
  if (objective != nullptr && objective->dense() == dense) return;
  objective = std::make_unique<Objective>(*model_->context(), options_.losses[head], model_->dtype(),
                                          shape_of(heads_[head]), dense, runner_->plan().options().max_batch,
                                          options_.mix.any());
}

std::byte* Trainer::gradients() {
  return gradients_.data();
}

void Trainer::profile(const std::shared_ptr<graph::Profile>& profile) {
  const auto add = [&](const char* name) { return profile->add({name, {}, {}}); };
  const ProfileRows rows{add("(input)"), add("(loss)"), add("(penalty)"), add("(optimizer)")};
  if (runner_ != nullptr) runner_->profile(profile);
  profile_rows_ = rows;
  profile_ = profile;
}

// ---- one batch ----------------------------------------------------------------------------------------

namespace {

bool is_labels(const TensorView& target) {
  return target.dtype == DType::i32 || target.dtype == DType::i64;
}

void check_target(const TensorView& target, int64_t batch, const LossOptions& loss, const Shape& output) {
  FOVEA_REQUIRE(target.data != nullptr, "the target's data is NULL");
  const Shape& shape = target.shape;
  if (is_labels(target)) {
    // One for each row: of a loss over the channels of an image, for each pixel.
    const bool pixels = output.rank() > 1 && is_over_classes(loss);
    const Shape places =
        pixels ? Shape(output.extents().first(static_cast<size_t>(output.rank() - 1))) : Shape();
    FOVEA_REQUIRE(
        shape.rank() == 1 + places.rank() && shape[0] == batch && Shape(shape.extents().subspan(1)) == places,
        "the labels are %s, expected %lld%s%s", shape.text().c_str(), static_cast<long long>(batch),
        pixels ? "x" : "", pixels ? places.text().c_str() : "");
    return;
  }
  FOVEA_REQUIRE(target.dtype == DType::f32 || target.dtype == DType::f64,
                "the target is %s, expected i32 or i64 labels, or f32 or f64 targets", name_of(target.dtype));
  FOVEA_REQUIRE(shape.rank() >= 1 && shape[0] == batch && Shape(shape.extents().subspan(1)) == output,
                "the target is %s, expected %lld x %s", shape.text().c_str(), static_cast<long long>(batch),
                output.text().c_str());
}

}  // namespace

void Trainer::fill_target(const Head& head, const TensorView& target, int64_t batch) {
  const Objective& objective = *head.objective;
  if (!is_labels(target)) {
    convert(batch * shape_of(head).elements(), target.dtype, target.data, model_->dtype(),
            objective.targets());
    return;
  }
  for (int64_t i = 0; i < batch * objective.rows_per_sample(); ++i) {
    const int64_t label = target.dtype == DType::i64 ? static_cast<const int64_t*>(target.data)[i]
                                                     : static_cast<const int32_t*>(target.data)[i];
    FOVEA_REQUIRE(objective.accepts(label), "label %lld of sample %lld is not in [0, %lld)",
                  static_cast<long long>(label), static_cast<long long>(i / objective.rows_per_sample()),
                  static_cast<long long>(objective.label_classes()));
    objective.labels()[i] = static_cast<int32_t>(label);
  }
}

// Null where every sample counts 1.
const double* Trainer::fill_weights(const TensorView* weights, int64_t batch) {
  if (weights == nullptr) return nullptr;
  FOVEA_REQUIRE(weights->data != nullptr, "the sample weights' data is NULL");
  FOVEA_REQUIRE(weights->dtype == DType::f32 || weights->dtype == DType::f64,
                "the sample weights are %s, expected f32 or f64", name_of(weights->dtype));
  FOVEA_REQUIRE(weights->shape == Shape{batch}, "the sample weights are %s, expected %lld",
                weights->shape.text().c_str(), static_cast<long long>(batch));
  const size_t bytes = static_cast<size_t>(options_.max_batch) * sizeof(double);
  if (sample_weights_.bytes() < bytes) sample_weights_ = model_->context()->buffer(bytes);
  double* const to = sample_weights_.as<double>();
  convert(batch, weights->dtype, weights->data, DType::f64, to);
  for (int64_t i = 0; i < batch; ++i)
    FOVEA_REQUIRE(to[i] >= 0 && std::isfinite(to[i]), "the weight of sample %lld is %g, expected 0 or more",
                  static_cast<long long>(i), to[i]);
  return to;
}

void Trainer::fill_inputs(std::span<const TensorView> inputs, int64_t batch) {
  timed(&ProfileRows::input, batch, [&] {
    for (size_t i = 0; i < inputs.size(); ++i)
      if (void* memory = runner_->value(model_->inputs()[i]); memory != nullptr)
        model::fill_from_tensor(*model_, i, inputs[i], 0, batch, memory);
  });
}

// The caller holds a Writing.
Trainer::Filled Trainer::fill(const HostBatch& given) {
  FOVEA_REQUIRE(!host_gradient(),
                "this trainer has no loss: call fv_trainer_forward and fv_trainer_backward_from");
  const int64_t batch = model::check_inputs(*model_, given.inputs);
  FOVEA_REQUIRE(given.targets.size() == 1 || given.targets.size() == heads_.size(),
                "there are %zu targets, expected 1 or %zu, one for each loss", given.targets.size(),
                heads_.size());
  const auto target = [&](size_t head) -> const TensorView& {
    return given.targets[given.targets.size() == 1 ? 0 : head];
  };
  for (size_t i = 0; i < heads_.size(); ++i)
    check_target(target(i), batch, options_.losses[i], shape_of(heads_[i]));
  check_metrics(!is_labels(target(0)));
  ensure_runner(batch);
  for (size_t i = 0; i < heads_.size(); ++i) {
    ensure_objective(i, !is_labels(target(i)));
    fill_target(heads_[i], target(i), batch);
  }
  const double* const weights = fill_weights(given.sample_weights, batch);
  step_batch_ = batch;
  fill_inputs(given.inputs, batch);
  return {batch, weights};
}

StepResult Trainer::backward(const HostBatch& given) {
  const Writing writing(*model_);
  const Filled filled = fill(given);
  const StepResult result = run(filled.batch, filled.sample_weights);
  if (metrics_ != nullptr) metrics_->count();
  return result;
}

StepResult Trainer::loss(const HostBatch& given) {
  const Writing writing(*model_);
  const Filled filled = fill(given);
  mix(filled.batch);
  run_forward(filled.batch);
  StepResult result = run_losses(filled.batch, filled.sample_weights, false);
  // What these add to the old gradients counts for nothing.
  result.loss += activity_.apply(*model_->context(), *runner_, filled.batch) + penalties(filled.batch);
  return result;
}

// Samples and targets, as they lie in the runner and the objectives.
void Trainer::mix(int64_t batch) {
  if (!options_.mix.any()) return;
  const graph::StepKey key = step_key();
  const graph::Graph& graph = *model_->graph();
  const Mix mix = draw_mix(options_.mix, {.seed = key.seed, .step = key.step, .purpose = Purpose::mix},
                           graph.node(model_->inputs()[0]).shape);
  Executor& executor = model_->context()->executor();
  for (int input : model_->inputs())
    if (void* values = runner_->value(input); values != nullptr)
      apply_mix(mix, executor, batch, graph.node(input).shape, model_->dtype(), values);
  for (const Head& head : heads_) head.objective->mix(executor, batch, mix);
}

void Trainer::run_forward(int64_t batch) {
  gradients_ready_ = false;
  runner_->prepare(model_->parameters(), model_->state());
  model_->raise_version();  // before what a layer of the host's may end half way
  runner_->forward(batch, model_->parameters(), model_->state(), step_key());
}

// From the outputs' gradients on; returns the penalties.
double Trainer::run_backward(int64_t batch) {
  const double activity = activity_.apply(*model_->context(), *runner_, batch);
  runner_->backward(batch, model_->parameters(), model_->state(), gradients_.data(), step_key());
  const double penalty = penalties(batch);
  gradients_ready_ = true;
  return activity + penalty;
}

double Trainer::penalties(int64_t batch) {
  return timed(&ProfileRows::penalty, batch, [&] {
    return penalty_.apply(model_->context()->executor(), model_->parameters(), gradients_.data());
  });
}

// After run_forward(): the losses, without penalties, and with `backward` the outputs' gradients.
StepResult Trainer::run_losses(int64_t batch, const double* sample_weights, bool backward) {
  StepResult result{0, batch, 0};
  for (size_t i = 0; i < heads_.size(); ++i) {
    const Objective& objective = *heads_[i].objective;
    const BatchLoss loss = timed(&ProfileRows::loss, batch, [&] {
      if (i == 0) measure(batch, sample_weights);
      return objective.evaluate(model_->context()->executor(), batch, sample_weights,
                                runner_->value(heads_[i].node),
                                backward ? runner_->gradient(heads_[i].node) : nullptr);
    });
    loss_values_[i] = objective.value(loss);
    result.loss += objective.options().weight * loss_values_[i];
    if (i == 0) result.correct = loss.correct;
  }
  return result;
}

// Forward, losses, backward and penalties on the batch that lies in the runner and the objectives.
StepResult Trainer::run(int64_t batch, const double* sample_weights) {
  mix(batch);
  run_forward(batch);
  StepResult result = run_losses(batch, sample_weights, true);
  result.loss += run_backward(batch);
  return result;
}

void Trainer::forward(std::span<const TensorView> inputs) {
  FOVEA_REQUIRE(host_gradient(), "the trainer has losses of its own: create it with FV_LOSS_HOST_GRADIENT");
  const int64_t batch = model::check_inputs(*model_, inputs);
  const Writing writing(*model_);
  ensure_runner(batch);
  fill_inputs(inputs, batch);
  run_forward(batch);
  step_batch_ = batch;
  forward_batch_ = batch;
  forward_version_ = model_->version();
}

void Trainer::backward_from(std::span<const TensorView> gradients) {
  FOVEA_REQUIRE(forward_batch_ > 0,
                "there is no forward pass to go back from: call fv_trainer_forward first");
  FOVEA_REQUIRE(gradients.size() == heads_.size(), "there are %zu gradients, the model has %zu outputs",
                gradients.size(), heads_.size());
  FOVEA_REQUIRE(model_->version() == forward_version_, "the model has changed since fv_trainer_forward");
  const int64_t batch = forward_batch_;
  for (size_t i = 0; i < heads_.size(); ++i) {
    const Shape& output = shape_of(heads_[i]);
    const TensorView& g = gradients[i];
    FOVEA_REQUIRE(g.data != nullptr && (g.dtype == DType::f32 || g.dtype == DType::f64),
                  "gradient %zu is not made of f32 or f64 values", i);
    FOVEA_REQUIRE(g.shape.rank() >= 1 && g.shape[0] == batch && Shape(g.shape.extents().subspan(1)) == output,
                  "gradient %zu is %s, expected %lldx%s", i, g.shape.text().c_str(),
                  static_cast<long long>(batch), output.text().c_str());
  }
  const Writing writing(*model_);
  for (size_t i = 0; i < heads_.size(); ++i)
    convert(batch * shape_of(heads_[i]).elements(), gradients[i].dtype, gradients[i].data, model_->dtype(),
            runner_->gradient(heads_[i].node));
  forward_batch_ = 0;
  run_backward(batch);
}

// Adds the batch's gradients to those before; whether they are enough for a step.
bool Trainer::accumulate() {
  if (options_.accumulate_steps == 1) return true;
  if (accumulated_.bytes() == 0) accumulated_ = model_->context()->buffer(model_->parameter_bytes(), true);
  with_float(model_->dtype(), [&](auto zero) {
    using T = decltype(zero);
    constexpr int64_t kPart = 65536;
    const int64_t n = model_->layout()->parameter_block;
    model_->context()->executor().parallel_for(blocks_of(n, kPart), [&](int64_t task, int) {
      const int64_t first = task * kPart;
      T* const sum = accumulated_.as<T>() + first;
      const T* const batch = gradients_.as<T>() + first;
      const int64_t count = std::min(kPart, n - first);
      if (position_.accumulated == 0)
        std::copy_n(batch, count, sum);
      else
        kernels::accumulate(count, batch, sum);
    });
  });
  return ++position_.accumulated == options_.accumulate_steps;
}

void Trainer::apply_locked() {
  const double rate = learning_rate();
  const std::optional<double> momentum = schedule_.momentum(position_.epoch, position_.step);
  FOVEA_REQUIRE(rate >= 0 && std::isfinite(rate), "the schedule's learning rate is %g", rate);
  timed(&ProfileRows::optimizer, 0, [&] {
    if (!accumulate()) return;
    Executor& executor = model_->context()->executor();
    const Buffer& sum = options_.accumulate_steps == 1 ? gradients_ : accumulated_;
    ++position_.step;
    position_.accumulated = 0;
    optimizer_.apply(executor,
                     {position_.step, rate, 1.0 / static_cast<double>(options_.accumulate_steps), momentum},
                     model_->parameters(), sum.data());
    penalty_.shrink(executor, rate, model_->parameters());
    constraints_.apply(executor, model_->parameters());
    average_.update(*model_, position_.step);
  });
  last_rate_ = rate;
  gradients_ready_ = false;
  model_->raise_version();
}

void Trainer::apply() {
  FOVEA_REQUIRE(gradients_ready_, "there are no gradients to apply: call fv_trainer_backward first");
  const Writing writing(*model_);
  apply_locked();
}

// ---- batches of a dataset -----------------------------------------------------------------------------

void Trainer::check_data(const data::Dataset& dataset) const {
  model::check_dataset(*model_, dataset);
  FOVEA_REQUIRE(!host_gradient(), "a trainer without a loss cannot be fed");
  check_metrics(dataset.classes() == 0);
  for (size_t i = 0; i < heads_.size(); ++i) {
    const Shape& out = shape_of(heads_[i]);
    const bool pixels = out.rank() > 1 && is_over_classes(options_.losses[i]);
    if (dataset.classes() > 0)
      FOVEA_REQUIRE(dataset.classes() <= label_classes(options_.losses[i], out) && !pixels,
                    "the dataset has %d classes, the model's output %s", dataset.classes(),
                    out.text().c_str());
    else
      FOVEA_REQUIRE(dataset.target_shape() == out, "the dataset's targets are %s, the model's output is %s",
                    dataset.target_shape().text().c_str(), out.text().c_str());
  }
}

void Trainer::check_feed(const data::Dataset& dataset, const FeedOptions& options) const {
  check_data(dataset);
  const bool inside = position_.cursor > 0;
  if (!feed_ || (!resumed_ && !inside)) return;
  const uint64_t fingerprint = dataset.fingerprint();
  if (fingerprint != feed_->fingerprint)
    fail(Status::mismatch, "the dataset's fingerprint is %016llx, training stands in one with %016llx",
         static_cast<unsigned long long>(fingerprint), static_cast<unsigned long long>(feed_->fingerprint));
  const int64_t size = feed_->options.batch_size, done = position_.cursor / size;
  const int64_t batches = model::Loader::batches(dataset, loader_options(feed_->options));
  if (inside && (position_.cursor % size != 0 || done >= batches))
    fail(Status::mismatch, "training stands after sample %lld of an epoch, which is not between two batches",
         static_cast<long long>(position_.cursor));
  if (inside && !(options == feed_->options))
    fail(Status::mismatch,
         "training stands inside an epoch of batches of %lld (shuffle %d, drop_last %d), asked for %lld (%d, "
         "%d)",
         static_cast<long long>(feed_->options.batch_size), feed_->options.shuffle, feed_->options.drop_last,
         static_cast<long long>(options.batch_size), options.shuffle, options.drop_last);
}

model::LoaderOptions Trainer::loader_options(const FeedOptions& options) const {
  return {.batch_size = options.batch_size,
          .shuffle = options.shuffle,
          .drop_last = options.drop_last,
          .seed = options_.seed};
}

void Trainer::feed(data::DatasetPtr dataset, const FeedOptions& options, const FeedWorkers& workers) {
  check_feed(*dataset, options);
  model::LoaderOptions how = loader_options(options);
  how.workers = workers.workers;
  how.prefetch = workers.prefetch;
  const uint64_t fingerprint = dataset->fingerprint();
  loader_ = std::make_unique<model::Loader>(model_->context(), std::move(dataset), how, model_);
  step_batch_ = loader_->count(0);
  feed_ = FeedState{options, fingerprint};
  resumed_ = false;
  metrics_epoch_ = -1;
  const int classes = loader_->dataset().classes();
  const int64_t outputs = label_classes(options_.losses[0], shape_of(heads_[0]));
  if (classes > 0 && classes < outputs) {
    char line[128];
    std::snprintf(line, sizeof line,
                  "the dataset has %d classes, the output %lld: the outputs beyond are never right", classes,
                  static_cast<long long>(outputs));
    model_->context()->log(LogLevel::warning, line);
  }
}

// A dataset has one target for every loss.
void Trainer::share_target(int64_t batch) {
  const Objective& first = *heads_[0].objective;
  for (size_t i = 1; i < heads_.size(); ++i) {
    const Objective& other = *heads_[i].objective;
    if (first.dense())
      std::memcpy(other.targets(), first.targets(),
                  static_cast<size_t>(batch * shape_of(heads_[0]).elements()) * size_of(model_->dtype()));
    else
      std::copy_n(first.labels(), batch, other.labels());
  }
}

FeedResult Trainer::next() {
  FOVEA_REQUIRE(loader_ != nullptr, "the trainer has no data: call fv_trainer_feed first");
  const data::Dataset& dataset = loader_->dataset();
  const int64_t batch_size = feed_->options.batch_size;
  if (metrics_epoch_ != position_.epoch) {
    metrics_epoch_ = position_.epoch;
    // The rows of an epoch stay until the first batch of the next one is done.
    reserve_metrics(dataset.size() + batch_size);
  }
  const int64_t number = position_.cursor / batch_size;
  const int64_t batch = loader_->count(number);
  check_metrics(dataset.classes() == 0);  // they may have been set since feed()
  const Writing writing(*model_);
  step_batch_ = loader_->count(0);
  ensure_runner(step_batch_);
  for (size_t i = 0; i < heads_.size(); ++i) ensure_objective(i, dataset.classes() == 0);
  timed(&ProfileRows::input, batch, [&] {
    const Objective& first = *heads_[0].objective;
    loader_->load(position_.epoch, number, runner_->value(model_->inputs()[0]),
                  {first.labels(), first.targets()});
    share_target(batch);
  });
  const StepResult step = run(batch, nullptr);
  apply_locked();

  if (position_.cursor == 0) {
    meters_ = {};
    reset_metrics();
  }
  if (metrics_ != nullptr) metrics_->count();
  meters_.loss += step.loss * static_cast<double>(batch);
  meters_.samples += batch;
  meters_.correct = step.correct < 0 ? -1 : meters_.correct + step.correct;
  position_.cursor += batch;
  if (blocks_of(position_.cursor, batch_size) == loader_->batches()) {
    ++position_.epoch;
    position_.cursor = 0;
  }
  FeedResult result = progress();
  result.step = step;
  return result;
}

}  // namespace fovea::train
