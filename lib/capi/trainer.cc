#include <fovea/trainer.h>

#include <cmath>
#include <limits>

#include "base/text.h"
#include "capi/losses.h"
#include "capi/optimizers.h"

using namespace fovea;
using namespace fovea::capi;
using train::Trainer;

namespace {

train::TrainerOptions options_from(const fv_trainer_desc* desc) {
  const fv_trainer_desc d = read_desc(desc, "fv_trainer_desc");
  train::TrainerOptions o;
  if (d.losses == nullptr) {
    o.losses = {plain_loss(d.loss)};
  } else {
    FOVEA_REQUIRE(d.loss == 0, "loss and losses are both given");
    FOVEA_REQUIRE(d.loss_count >= 1 && d.loss_count <= 64, "loss_count is %zu, expected 1 to 64",
                  d.loss_count);
    o.losses.clear();
    for (size_t i = 0; i < d.loss_count; ++i) o.losses.push_back(loss_from(d.losses[i]));
  }
  if (d.optimizer_desc != nullptr) {
    FOVEA_REQUIRE(d.optimizer == 0, "optimizer and optimizer_desc are both given");
    FOVEA_REQUIRE(d.nesterov == 0 && d.learning_rate == 0 && d.momentum == 0 && d.beta1 == 0 &&
                      d.beta2 == 0 && d.epsilon == 0,
                  "an option of the optimizer stands beside optimizer_desc");
    o.optimizer = optimizer_from(d.optimizer_desc);
  } else {
    fv_optimizer_desc optimizer{};
    optimizer.struct_size = sizeof optimizer;
    optimizer.optimizer = d.optimizer;
    optimizer.nesterov = d.nesterov;
    optimizer.learning_rate = d.learning_rate;
    optimizer.momentum = d.momentum;
    optimizer.beta1 = d.beta1;
    optimizer.beta2 = d.beta2;
    optimizer.epsilon = d.epsilon;
    o.optimizer = optimizer_from(&optimizer);
  }
  o.groups = groups_from(d.groups, d.group_count);
  o.schedule = schedule_from(d.schedule);
  o.average = average_from(d.average);
  o.accumulate_steps = d.accumulate_steps == 0 ? 1 : d.accumulate_steps;
  o.rate_batch = d.rate_batch;
  o.penalty.l1 = number(d.l1, 0);
  o.penalty.l2 = number(d.l2, 0);
  o.penalty.proximal_l1 = d.proximal_l1 != 0;
  if (d.mix != nullptr) {
    const fv_mix_desc mix = read_desc(d.mix, "fv_mix_desc");
    o.mix = {number(mix.mixup, 0), number(mix.cutmix, 0), number(mix.probability, 1)};
  }
  o.seed = d.seed;
  o.max_batch = d.max_batch;
  return o;
}

fv_progress progress_of(const Trainer& t, const train::FeedResult& r) {
  const double samples = static_cast<double>(r.meters.samples);
  fv_progress p{};
  p.epoch_ended = r.epoch_ended ? 1 : 0;
  p.epoch = r.epoch;
  p.batch = r.batch;
  p.batches = r.batches;
  p.step = t.position().step;
  p.samples = r.meters.samples;
  p.loss = samples == 0 ? NAN : r.meters.loss / samples;
  p.accuracy = samples == 0 || r.meters.correct < 0 ? NAN : static_cast<double>(r.meters.correct) / samples;
  p.batch_loss = r.step.batch == 0 ? NAN : r.step.loss;
  p.learning_rate = t.position().step == 0 ? t.learning_rate() : t.last_rate();
  p.samples_per_second = p.seconds_left = p.seconds = NAN;
  p.val_loss = p.val_accuracy = NAN;
  return p;
}

const graph::Slot& parameter_slot(const Trainer& t, const char* name) {
  const model::Model::Tensor tensor = t.model()->tensor(&need(name, "name"));
  FOVEA_REQUIRE(tensor.trainable, "'%.200s' is state, which has no gradient", name);
  FOVEA_REQUIRE(t.has_gradients(), "there are no gradients: call fv_trainer_backward first");
  return *tensor.slot;
}

std::byte* gradient_of(const Trainer& t, const graph::Slot& slot) {
  return const_cast<Trainer&>(t).gradients() + static_cast<size_t>(slot.offset) * size_of(t.model()->dtype());
}

train::StepResult backward(Trainer& t, const fv_tensor* inputs, size_t input_count, const fv_tensor* target) {
  const Views views(inputs, input_count, "input");
  return t.backward(views, view_of(need(target, "target"), "the target"));
}

train::StepResult backward(Trainer& t, const fv_batch* batch) {
  const fv_batch b = read_desc(&need(batch, "batch"), "fv_batch");
  const Views inputs(b.inputs, b.input_count, "input"), targets(b.targets, b.target_count, "target");
  TensorView weights;
  if (b.sample_weights != nullptr) weights = view_of(*b.sample_weights, "the sample weights");
  return t.backward(train::HostBatch{inputs, targets, b.sample_weights == nullptr ? nullptr : &weights});
}

}  // namespace

fv_status fv_trainer_create(fv_model* model, const fv_trainer_desc* desc, fv_trainer** trainer,
                            fv_error* error) {
  return guard(error, [&] {
    need(trainer, "trainer");
    auto made = std::make_unique<fv_trainer>();
    made->model.impl = need(model, "model").impl;
    made->impl = std::make_unique<Trainer>(made->model.impl, options_from(desc));
    *trainer = made.release();
  });
}

void fv_trainer_destroy(fv_trainer* trainer) { delete trainer; }

fv_model* fv_trainer_model(fv_trainer* trainer) { return trainer == nullptr ? nullptr : &trainer->model; }

fv_loss fv_trainer_loss(const fv_trainer* trainer) {
  return trainer == nullptr ? 0 : static_cast<fv_loss>(trainer->impl->losses()[0].loss);
}

fv_status fv_trainer_get_loss(const fv_trainer* trainer, int32_t index, fv_loss_desc* desc, fv_error* error) {
  return guard(error, [&] {
    const std::vector<train::LossOptions>& losses = need(trainer, "trainer").impl->losses();
    FOVEA_REQUIRE(index >= 0 && static_cast<size_t>(index) < losses.size(),
                  "loss %d was asked for, there are %zu", static_cast<int>(index), losses.size());
    write_info(desc, loss_to(losses[static_cast<size_t>(index)]), "desc");
  });
}

fv_status fv_trainer_loss_values(const fv_trainer* trainer, double* values, size_t capacity, size_t* needed,
                                 fv_error* error) {
  return guard(error, [&] {
    const std::vector<double>& losses = need(trainer, "trainer").impl->loss_values();
    FOVEA_REQUIRE(values != nullptr || capacity == 0, "values is NULL");
    if (needed != nullptr) *needed = losses.size();
    for (size_t i = 0; i < losses.size() && i < capacity; ++i) values[i] = losses[i];
  });
}

fv_status fv_trainer_get_info(const fv_trainer* trainer, fv_trainer_info* info, fv_error* error) {
  return guard(error, [&] {
    const Trainer& t = *need(trainer, "trainer").impl;
    const train::TrainerOptions o = t.options();
    fv_trainer_info result{};
    result.losses = static_cast<int32_t>(o.losses.size());
    result.groups = static_cast<int32_t>(t.groups().size());
    result.accumulate_steps = static_cast<int32_t>(o.accumulate_steps);
    result.accumulated = t.position().accumulated;
    result.averages = t.average().count();
    result.seed = o.seed;
    result.l1 = o.penalty.l1;
    result.l2 = o.penalty.l2;
    if (const std::optional<train::FeedOptions> feed = t.feed_options()) {
      result.batch_size = static_cast<int32_t>(feed->batch_size);
      result.no_shuffle = feed->shuffle ? 0 : 1;
      result.drop_last = feed->drop_last ? 1 : 0;
    }
    result.proximal_l1 = o.penalty.proximal_l1 ? 1 : 0;
    result.rate_batch = static_cast<int32_t>(o.rate_batch);
    result.mixup = o.mix.mixup;
    result.cutmix = o.mix.cutmix;
    result.mix_probability = o.mix.probability;
    write_info(info, result, "info");
  });
}

fv_status fv_trainer_memory(const fv_trainer* trainer, int64_t batch, fv_memory* memory, fv_error* error) {
  return guard(error, [&] {
    FOVEA_REQUIRE(batch >= 1 && batch <= train::kMaxBatch, "batch is %lld", static_cast<long long>(batch));
    const train::MemoryNeed n = need(trainer, "trainer").impl->memory(batch);
    fv_memory result{};
    result.parameters = n.parameters;
    result.gradients = n.gradients;
    result.optimizer = n.optimizer;
    result.arena = n.arena;
    result.workspace = n.workspace;
    write_info(memory, result, "memory");
  });
}

fv_status fv_trainer_backward(fv_trainer* trainer, const fv_tensor* inputs, size_t input_count,
                              const fv_tensor* target, double* loss, fv_error* error) {
  return guard(error, [&] {
    const train::StepResult result = backward(*need(trainer, "trainer").impl, inputs, input_count, target);
    if (loss != nullptr) *loss = result.loss;
  });
}

fv_status fv_trainer_apply(fv_trainer* trainer, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->apply(); });
}

fv_status fv_trainer_step(fv_trainer* trainer, const fv_tensor* inputs, size_t input_count,
                          const fv_tensor* target, double* loss, fv_error* error) {
  return guard(error, [&] {
    Trainer& t = *need(trainer, "trainer").impl;
    const train::StepResult result = backward(t, inputs, input_count, target);
    t.apply();
    if (loss != nullptr) *loss = result.loss;
  });
}

fv_status fv_trainer_backward_batch(fv_trainer* trainer, const fv_batch* batch, double* loss,
                                    fv_error* error) {
  return guard(error, [&] {
    const train::StepResult result = backward(*need(trainer, "trainer").impl, batch);
    if (loss != nullptr) *loss = result.loss;
  });
}

fv_status fv_trainer_step_batch(fv_trainer* trainer, const fv_batch* batch, double* loss, fv_error* error) {
  return guard(error, [&] {
    Trainer& t = *need(trainer, "trainer").impl;
    const train::StepResult result = backward(t, batch);
    t.apply();
    if (loss != nullptr) *loss = result.loss;
  });
}

fv_status fv_trainer_forward(fv_trainer* trainer, const fv_tensor* inputs, size_t input_count,
                             fv_buffer* outputs, size_t output_count, fv_error* error) {
  return guard(error, [&] {
    Trainer& t = *need(trainer, "trainer").impl;
    const std::vector<int> nodes = t.outputs();
    FOVEA_REQUIRE(outputs != nullptr && output_count == nodes.size(),
                  "%zu outputs were given, the model has %zu", outputs == nullptr ? size_t{0} : output_count,
                  nodes.size());
    const Views views(inputs, input_count, "input");
    t.forward(views);
    for (size_t i = 0; i < nodes.size(); ++i) {
      const graph::Node& node = t.model()->graph()->node(nodes[i]);
      std::array<int64_t, kMaxRank> extents{t.forward_batch()};
      FOVEA_REQUIRE(node.shape.rank() < kMaxRank, "output '%.200s' has too many axes", node.name.c_str());
      for (int a = 0; a < node.shape.rank(); ++a) extents[static_cast<size_t>(a) + 1] = node.shape[a];
      const Shape shape(std::span<const int64_t>(extents.data(), static_cast<size_t>(node.shape.rank()) + 1));
      write_tensor(shape, t.model()->dtype(), t.output_value(i), &outputs[i], node.name.c_str());
    }
  });
}

fv_status fv_trainer_backward_from(fv_trainer* trainer, const fv_tensor* gradients, size_t gradient_count,
                                   fv_error* error) {
  return guard(error, [&] {
    const Views views(gradients, gradient_count, "gradient");
    need(trainer, "trainer").impl->backward_from(views);
  });
}

fv_status fv_trainer_get_gradient(const fv_trainer* trainer, const char* name, fv_buffer* gradient,
                                  fv_error* error) {
  return guard(error, [&] {
    const Trainer& t = *need(trainer, "trainer").impl;
    const graph::Slot& slot = parameter_slot(t, name);
    write_tensor(slot.shape, t.model()->dtype(), gradient_of(t, slot), gradient, slot.name.c_str());
  });
}

fv_status fv_trainer_set_gradient(fv_trainer* trainer, const char* name, const fv_tensor* gradient,
                                  fv_error* error) {
  return guard(error, [&] {
    const Trainer& t = *need(trainer, "trainer").impl;
    const graph::Slot& slot = parameter_slot(t, name);
    read_tensor(gradient, slot.shape, t.model()->dtype(), gradient_of(t, slot), slot.name.c_str());
  });
}

void* fv_trainer_gradient_block(fv_trainer* trainer, int64_t* count) {
  if (trainer == nullptr || !trainer->impl->has_gradients()) return nullptr;
  if (count != nullptr) *count = trainer->impl->gradient_block();
  return trainer->impl->gradients();
}

double fv_trainer_learning_rate(const fv_trainer* trainer) {
  return trainer == nullptr ? NAN : trainer->impl->learning_rate();
}

fv_status fv_trainer_set_learning_rate(fv_trainer* trainer, double rate, fv_error* error) {
  return guard(error, [&] {
    need(trainer, "trainer").impl->set_learning_rate(number(rate, 0));
  });
}

fv_status fv_trainer_feed(fv_trainer* trainer, const fv_dataset* dataset, const fv_feed_desc* desc,
                          fv_error* error) {
  return guard(error, [&] {
    const fv_feed_desc d = read_desc(desc, "fv_feed_desc");
    FOVEA_REQUIRE(d.batch_size >= 0 && d.batch_size <= train::kMaxBatch, "batch_size is %d",
                  static_cast<int>(d.batch_size));
    const train::FeedOptions options{d.batch_size == 0 ? 32 : d.batch_size, d.no_shuffle == 0,
                                     d.drop_last != 0};
    need(trainer, "trainer").impl->feed(
        need(dataset, "dataset").impl, options,
        {d.workers, d.prefetch == 0 ? train::FeedWorkers().prefetch : d.prefetch});
  });
}

fv_status fv_trainer_end_feed(fv_trainer* trainer, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->end_feed(); });
}

fv_status fv_trainer_next(fv_trainer* trainer, fv_progress* progress, fv_error* error) {
  return guard(error, [&] {
    Trainer& t = *need(trainer, "trainer").impl;
    FOVEA_REQUIRE(progress == nullptr || progress->struct_size >= sizeof(uint32_t),
                  "progress.struct_size is not set");
    const train::FeedResult result = t.next();
    if (progress != nullptr) write_info(progress, progress_of(t, result), "progress");
  });
}

fv_status fv_trainer_get_progress(const fv_trainer* trainer, fv_progress* progress, fv_error* error) {
  return guard(error, [&] {
    const Trainer& t = *need(trainer, "trainer").impl;
    write_info(progress, progress_of(t, t.progress()), "progress");
  });
}

fv_status fv_trainer_record(fv_trainer* trainer, const fv_history_row* row, fv_error* error) {
  return guard(error, [&] {
    const fv_history_row& r = need(row, "row");
    need(trainer, "trainer")
        .impl->record({r.epoch, r.loss, r.accuracy, r.val_loss, r.val_accuracy, r.learning_rate});
  });
}

fv_status fv_trainer_record_value(fv_trainer* trainer, const char* name, double value, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->record_value(&need(name, "name"), value); });
}

const char* fv_trainer_series_name(const fv_trainer* trainer, size_t index) {
  if (trainer == nullptr || index >= trainer->impl->history().series().size()) return nullptr;
  return trainer->impl->history().series()[index].name.c_str();
}

fv_status fv_trainer_series(const fv_trainer* trainer, const char* name, double* values, size_t capacity,
                            size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const std::vector<double> all = need(trainer, "trainer").impl->history().values(&need(name, "name"));
    FOVEA_REQUIRE(values != nullptr || capacity == 0, "values is NULL");
    if (needed != nullptr) *needed = all.size();
    std::copy_n(all.begin(), std::min(capacity, all.size()), values);
  });
}

fv_status fv_trainer_history(const fv_trainer* trainer, fv_history_row* rows, size_t capacity, size_t* needed,
                             fv_error* error) {
  return guard(error, [&] {
    const std::vector<train::HistoryRow>& history = need(trainer, "trainer").impl->history().rows();
    FOVEA_REQUIRE(rows != nullptr || capacity == 0, "rows is NULL");
    if (needed != nullptr) *needed = history.size();
    for (size_t i = 0; i < history.size() && i < capacity; ++i) {
      const train::HistoryRow& r = history[i];
      rows[i] = {r.epoch, r.loss, r.accuracy, r.val_loss, r.val_accuracy, r.learning_rate};
    }
  });
}

fv_status fv_trainer_set_note(fv_trainer* trainer, const char* key, const char* text, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->set_note(&need(key, "key"), text); });
}

fv_status fv_trainer_get_note(const fv_trainer* trainer, const char* key, char* buffer, size_t capacity,
                              size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const std::string* note = need(trainer, "trainer").impl->find_note(&need(key, "key"));
    if (note == nullptr) fail(Status::not_found, "there is no note %s", in_quotes(key).c_str());
    write_text(note->data(), note->size(), buffer, capacity, needed);
  });
}

fv_status fv_trainer_keep_weights(fv_trainer* trainer, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->keep_weights(); });
}

fv_status fv_trainer_restore_weights(fv_trainer* trainer, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->restore_weights(); });
}

fv_status fv_trainer_save(fv_trainer* trainer, const char* path, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->save(&need(path, "path")); });
}

fv_status fv_trainer_load(fv_context* context, const char* path, fv_trainer** trainer, fv_error* error) {
  return guard(error, [&] {
    need(trainer, "trainer");
    const std::shared_ptr<const Context>& c = need(context, "context").impl;
    auto made = std::make_unique<fv_trainer>();
    made->impl = Trainer::load(c, io::SafetensorsReader(&need(path, "path")));
    made->model.impl = made->impl->model();
    *trainer = made.release();
  });
}
