// The trainings that kill_child.cc is killed in and kill_test.cc compares with: every optimizer, and with each
// another schedule and other things that a checkpoint must carry.
#pragma once
#include <fovea/fovea.hpp>

#include <cstdio>
#include <iterator>
#include <string>
#include <vector>

namespace fovea::test {

struct Training {
  fv_optimizer_desc optimizer;
  fv_schedule_desc schedule;
  fv_average_desc average;
  int32_t accumulate_steps;
  bool frozen;       // the first layer, by a group
  bool stops_early;  // at the first epoch that is no better
  bool rotates;      // checkpoints with names of their own, of which two stay
  bool mixes = false;     // mixup and cutmix
  bool measures = false;  // a metric that keeps every row
  bool shrinks = false;   // L1 with exact zeros
  bool thaws = false;     // frozen up to a node, with rates that fall below it
  int32_t rate_batch = 0;
  bool restores = false;  // the best epoch, which is not the last
  bool augments = false;  // images drawn anew in every epoch, by a worker ahead of the steps
};

inline constexpr int64_t kMilestones[] = {1, 2};
inline const Training kTrainings[] = {
    {{.optimizer = FV_OPT_SGD, .momentum = 0.9, .nesterov = 1},
     {.schedule = FV_SCHEDULE_STEP, .period = 2, .gamma = 0.5},
     {}, 2, false, false, true},
    {{.optimizer = FV_OPT_ADAM, .learning_rate = 0.01},
     {.schedule = FV_SCHEDULE_PLATEAU, .gamma = 0.5, .patience = -1, .min_delta = 0.2},
     {.averaging = FV_AVERAGE_EXPONENTIAL, .decay = 0.9}, 1, false, false, false},
    {{.optimizer = FV_OPT_ADAGRAD}, {}, {}, 1, true, false, true},
    {{.optimizer = FV_OPT_RMSPROP, .learning_rate = 0.001, .momentum = 0.5, .centered = 1},
     {.schedule = FV_SCHEDULE_EXPONENTIAL, .gamma = 0.9},
     {.averaging = FV_AVERAGE_EQUAL, .start = 5, .period = 3}, 1, false, false, false},
    {{.optimizer = FV_OPT_ADADELTA},
     {.schedule = FV_SCHEDULE_COSINE_RESTARTS, .per_step = 1, .period = 4, .growth = 2},
     {}, 1, false, false, true},
    {{.optimizer = FV_OPT_ADAMAX},
     {.schedule = FV_SCHEDULE_ONE_CYCLE, .per_step = 1, .total = 21, .highest = 0.01,
      .lowest_momentum = 0.8, .highest_momentum = 0.95},
     {}, 1, false, false, false},
    {{.optimizer = FV_OPT_NADAM},
     {.schedule = FV_SCHEDULE_CYCLIC, .per_step = 1, .period = 3, .lowest = 1e-4},
     {.averaging = FV_AVERAGE_EQUAL}, 1, true, false, true},
    {{.optimizer = FV_OPT_LION, .weight_decay = 0.01},
     {.schedule = FV_SCHEDULE_POLYNOMIAL, .warmup = 1, .total = 3, .power = 2},
     {}, 3, false, false, false},
    {{.optimizer = FV_OPT_LARS, .learning_rate = 1},
     {.schedule = FV_SCHEDULE_COSINE, .per_step = 1, .warmup = 5, .total = 20},
     {}, 1, false, false, true},
    {{.optimizer = FV_OPT_LAMB},
     {.schedule = FV_SCHEDULE_INVERSE_TIME, .gamma = 0.5},
     {.averaging = FV_AVERAGE_EXPONENTIAL, .period = 2}, 3, false, false, false},
    {{.optimizer = FV_OPT_ADAMW, .learning_rate = 0.05, .clip_global_norm = 1, .amsgrad = 1},
     {}, {}, 1, false, true, true},
    {.optimizer = {.optimizer = FV_OPT_ADAM}, .accumulate_steps = 1, .mixes = true, .measures = true},
    {.optimizer = {.optimizer = FV_OPT_SGD, .learning_rate = 0.02, .momentum = 0.9},
     .schedule = {.schedule = FV_SCHEDULE_MULTI_STEP, .milestones = kMilestones, .milestone_count = 2},
     .accumulate_steps = 1, .rotates = true, .shrinks = true, .rate_batch = 8},
    {.optimizer = {.optimizer = FV_OPT_ADAM}, .accumulate_steps = 1, .rotates = true, .thaws = true},
    // Falls, then is ruined by a rate that grows a hundred times an epoch.
    {.optimizer = {.optimizer = FV_OPT_SGD, .learning_rate = 0.01},
     .schedule = {.schedule = FV_SCHEDULE_EXPONENTIAL, .gamma = 100},
     .accumulate_steps = 1, .restores = true},
    {.optimizer = {.optimizer = FV_OPT_ADAM}, .accumulate_steps = 1, .rotates = true, .augments = true},
};

// The digits turned, moved and under noise.
inline fv_status augment(fv_context* context, Handle<fv_dataset>& data, fv_error* err) {
  fv_augment_desc steps[3];
  const fv_augment_desc* pointers[3];
  for (int i = 0; i < 3; ++i) {
    steps[i] = init<fv_augment_desc>();
    pointers[i] = &steps[i];
  }
  steps[0].step = FV_AUGMENT_ROTATION;
  steps[0].low = -20;
  steps[0].high = 20;
  steps[1].step = FV_AUGMENT_CROP;
  steps[1].size[0] = 16;
  steps[1].padding = 2;
  steps[2].step = FV_AUGMENT_NOISE;
  steps[2].low = steps[2].high = 10;
  Handle<fv_augmentation> pipeline;
  Handle<fv_dataset> made;
  fv_status status = fv_augmentation_create(context, pointers, 3, nullptr, pipeline.out(), err);
  if (status == FV_OK) status = fv_dataset_augment(data, pipeline, made.out(), err);
  if (status == FV_OK) data = std::move(made);
  return status;
}

// Adds the step at which a run begins to a list beside the folder.
inline void note_begin(const std::string& folder, const fv_trainer* trainer) {
  auto progress = init<fv_progress>();
  if (fv_trainer_get_progress(trainer, &progress, nullptr) != FV_OK) return;
  std::FILE* const file = std::fopen((folder + ".begins").c_str(), "a");
  if (file == nullptr) return;
  std::fprintf(file, "%lld\n", static_cast<long long>(progress.step));
  std::fclose(file);
}

// Goes on where the newest checkpoint in `folder` stands, if there is one. What remains is in the folder.
inline fv_status train_in(const std::string& folder, size_t index, fv_error* err) {
  Training training = kTrainings[index];
  const std::string checkpoint = folder + (training.rotates ? "/c-{epoch}-{step}.fovea" : "/c.fovea");
  const std::string csv = folder + "/t.csv", best = folder + "/best.fovea";
  Handle<fv_context> context;
  Handle<fv_graph> graph;
  Handle<fv_model> model;
  Handle<fv_trainer> trainer;
  Handle<fv_dataset> data;
#define TRY(call) if (const fv_status s = (call); s != FV_OK) return s
  auto context_desc = init<fv_context_desc>();
  context_desc.threads = 1;
  TRY(fv_context_create(&context_desc, context.out(), err));
  auto digits = init<fv_digits_desc>();
  digits.count = 100;
  digits.size = 16;
  TRY(fv_dataset_digits(context, &digits, data.out(), err));
  char newest[4096];
  if (fv_checkpoint_find(checkpoint.c_str(), newest, sizeof newest, nullptr, nullptr) == FV_OK) {
    TRY(fv_trainer_load(context, newest, trainer.out(), err));
  } else {
    TRY(fv_graph_create(context, graph.out(), err));
    auto input = init<fv_input_desc>();
    input.shape[0] = input.shape[1] = 16;
    input.shape[2] = 1;
    auto conv = init<fv_conv2d_desc>();
    conv.name = "conv";
    conv.filters = 4;
    conv.kernel[0] = conv.kernel[1] = 3;
    auto dense = init<fv_dense_desc>();
    dense.units = 10;
    fv_node x = fv_conv2d(graph, fv_input(graph, &input), &conv);
    x = fv_relu(graph, fv_batch_norm(graph, x, nullptr), nullptr);
    x = fv_dropout(graph, fv_max_pool2d(graph, x, nullptr), nullptr);
    x = fv_dense(graph, fv_flatten(graph, x, nullptr), &dense);
    TRY(fv_model_create(graph, &x, 1, nullptr, model.out(), err));
    auto group = init<fv_group_desc>();
    group.parameters = "conv.*";
    group.frozen = 1;
    const fv_group_desc* const groups[] = {&group};
    training.optimizer.struct_size = sizeof training.optimizer;
    training.schedule.struct_size = sizeof training.schedule;
    training.average.struct_size = sizeof training.average;
    auto desc = init<fv_trainer_desc>();
    desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    desc.optimizer_desc = &training.optimizer;
    desc.schedule = &training.schedule;
    desc.average = &training.average;
    desc.accumulate_steps = training.accumulate_steps;
    desc.groups = groups;
    desc.group_count = training.frozen ? 1 : 0;
    desc.seed = index;
    auto mix = init<fv_mix_desc>();
    mix.mixup = 0.4;
    mix.cutmix = 1;
    desc.mix = training.mixes ? &mix : nullptr;
    desc.l1 = training.shrinks ? 0.01 : 0;
    desc.proximal_l1 = training.shrinks;
    desc.rate_batch = training.rate_batch;
    TRY(fv_trainer_create(model, &desc, trainer.out(), err));
    if (training.thaws) {
      TRY(fv_trainer_set_layer_rates(trainer, 0.5, err));
      TRY(fv_trainer_freeze_until(trainer, "conv", nullptr, err));
    }
  }
  note_begin(folder, trainer);
  // What a callback keeps goes on too.
  auto callbacks = init<fv_callbacks_desc>();
  callbacks.on_batch_end = [](void*, fv_trainer* t, const fv_progress* p) -> int32_t {
    char text[64] = "";
    fv_trainer_get_note(t, "losses", text, sizeof text, nullptr, nullptr);
    const std::string sum = std::to_string(std::atof(text) + p->batch_loss);
    return fv_trainer_set_note(t, "losses", sum.c_str(), nullptr);
  };
  // Thawed in the second epoch: Adam's count of steps is then another one for the first layer.
  callbacks.on_epoch_end = [](void* user, fv_trainer* t, const fv_progress*) -> int32_t {
    const bool thaws = static_cast<const Training*>(user)->thaws;
    return thaws && fv_trainer_freeze_until(t, nullptr, nullptr, nullptr) != FV_OK;
  };
  callbacks.user = &training;
  const fv_callbacks_desc* const list[] = {&callbacks};
  auto stop = init<fv_stop_desc>();
  stop.patience = training.stops_early ? 1 : 0;
  stop.min_delta = training.stops_early ? 0.5 : 0;
  stop.restore_best = training.restores;
  stop.keep_nan = training.restores;
  auto metric = init<fv_metric_desc>();
  metric.metric = FV_METRIC_ROC_AUC;
  const fv_metric_desc* const metrics[] = {&metric};
  auto fit = init<fv_fit_desc>();
  fit.epochs = 3;
  fit.batch_size = 16;
  fit.checkpoint_steps = 1;
  fit.checkpoint_path = checkpoint.c_str();
  fit.keep_checkpoints = training.rotates ? 2 : 0;
  fit.callbacks = list;
  fit.callback_count = 1;
  fit.csv_path = csv.c_str();
  fit.log_steps = 1;
  fit.stop = &stop;
  fit.best_path = best.c_str();
  fit.metrics = metrics;
  fit.metric_count = training.measures ? 1 : 0;
  Handle<fv_dataset> plain;
  TRY(fv_dataset_digits(context, &digits, plain.out(), err));
  if (training.augments) TRY(augment(context, data, err));
  fit.workers = training.augments;
  TRY(fv_trainer_fit(trainer, data, plain, &fit, err));
  // With what fit has put back; it also clears away what a killed run was about to write.
  return fv_trainer_save(trainer, (folder + "/final.fovea").c_str(), err);
#undef TRY
}

}  // namespace fovea::test
