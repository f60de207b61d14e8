// Mixup and cutmix through the public API. What the network and the loss get to see is read through a loss of
// the host's own behind a network that computes nothing.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

constexpr int64_t kBatch = 5, kHeight = 6, kWidth = 8, kChannels = 2, kValues = kHeight * kWidth * kChannels;

struct Seen {
  std::vector<double> outputs, targets;
};
fv_status look(void* user, const fv_custom_rows* rows, fv_error*) {
  auto& seen = *static_cast<Seen*>(user);
  const size_t count = static_cast<size_t>(rows->rows * rows->columns);
  const auto* x = static_cast<const double*>(rows->output);
  const auto* t = static_cast<const double*>(rows->targets);
  seen.outputs.assign(x, x + count);
  seen.targets.assign(t, t + count);
  for (int64_t r = 0; r < rows->rows; ++r) rows->losses[r] = 0;
  return FV_OK;
}

class MixTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = threads), context.out(), &err));
    auto loss = init<fv_custom_loss_desc>();
    loss.name = "test.look";
    loss.evaluate = look;
    loss.user = &seen;
    OK(fv_context_register_loss(context, &loss, &err));
    for (int64_t i = 0; i < kBatch * kValues; ++i) targets.push_back(std::sin(static_cast<double>(i)));
  }
  // The image itself is the output, up to a parameter that training needs and that stays 0.
  void watch(const fv_mix_desc& mix) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {kHeight, kWidth, kChannels}));
    const fv_initializer_desc zeros{.struct_size = sizeof zeros, .kind = FV_INIT_ZEROS};
    const fv_node nothing = fv_conv2d(
        graph, x, DESC(fv_conv2d_desc, .filters = kChannels, .kernel = {1, 1}, .kernel_initializer = &zeros));
    fv_node y = fv_add(graph, x, nothing, nullptr);
    y = fv_flatten(graph, y, nullptr);
    OK(fv_model_create(graph, &y, 1, DESC(fv_model_desc, .dtype = FV_F64), model.out(), &err));
    auto loss = init<fv_loss_desc>();
    loss.loss = FV_LOSS_CUSTOM;
    loss.custom = "test.look";
    const fv_loss_desc* losses[] = {&loss};
    OK(fv_trainer_create(model,
                         DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .learning_rate = FV_ZERO, .seed = 9,
                              .losses = losses, .loss_count = 1, .mix = &mix),
                         trainer.out(), &err));
  }
  void step() {
    const fv_tensor in = tensor(images, {kBatch, kHeight, kWidth, kChannels});
    const fv_tensor target = tensor(targets, {kBatch, kValues});
    OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  }
  // The share that sample i keeps, from targets that are linear in it.
  double share() const {
    const double own = targets[0], next = targets[kValues];
    return (seen.targets[0] - next) / (own - next);
  }
  static size_t neighbour(size_t i) { return (i + kValues) % (kBatch * kValues); }

  int32_t threads = 2;
  Seen seen;
  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  fv_error err{};
  std::vector<float> images = noise(kBatch * kValues);
  std::vector<double> targets;
};

TEST_F(MixTest, U8MixupBlendsSamplesAndTargetsAlike) {
  watch({.struct_size = sizeof(fv_mix_desc), .mixup = 0.4});
  for (int i = 0; i < 20; ++i) {
    step();
    const double own = share();
    ASSERT_GE(own, -1e-12);
    ASSERT_LE(own, 1 + 1e-12);
    for (size_t k = 0; k < targets.size(); ++k) {
      const double x =
          own * static_cast<double>(images[k]) + (1 - own) * static_cast<double>(images[neighbour(k)]);
      ASSERT_NEAR(x, seen.outputs[k], 1e-6);
      ASSERT_NEAR(own * targets[k] + (1 - own) * targets[neighbour(k)], seen.targets[k], 1e-12);
    }
  }
}

// Beta(a, a): mean 1 / 2, variance 1 / (4 (2 a + 1)).
TEST_F(MixTest, U8TheShareIsFromABetaDistribution) {
  for (const double alpha : {0.2, 1.0, 4.0}) {
    trainer = {};
    watch({.struct_size = sizeof(fv_mix_desc), .mixup = alpha});
    constexpr int kDraws = 4000;
    double sum = 0, squares = 0;
    for (int i = 0; i < kDraws; ++i) {
      step();
      sum += share();
      squares += share() * share();
    }
    const double mean = sum / kDraws, variance = squares / kDraws - mean * mean;
    const double expected = 1 / (4 * (2 * alpha + 1));
    EXPECT_NEAR(0.5, mean, 4 * std::sqrt(expected / kDraws));
    EXPECT_NEAR(expected, variance, 0.08 * expected);
  }
}

TEST_F(MixTest, CutmixTakesABoxAndItsPartOfTheTarget) {
  watch({.struct_size = sizeof(fv_mix_desc), .cutmix = 1});
  int boxes = 0;
  for (int n = 0; n < 50; ++n) {
    step();
    int64_t top = kHeight, left = kWidth, bottom = -1, right = -1, taken = 0;
    for (int64_t p = 0; p < kHeight * kWidth; ++p) {
      const size_t k = static_cast<size_t>(p * kChannels);
      const bool own = seen.outputs[k] == static_cast<double>(images[k]);
      if (!own) {
        ASSERT_EQ(static_cast<double>(images[neighbour(k)]), seen.outputs[k]);
        ++taken;
        top = std::min(top, p / kWidth), bottom = std::max(bottom, p / kWidth);
        left = std::min(left, p % kWidth), right = std::max(right, p % kWidth);
      }
      // The same box in every sample and channel.
      for (size_t i = k; i < targets.size(); i += kValues)
        for (size_t c = 0; c < kChannels; ++c)
          ASSERT_EQ(static_cast<double>(images[own ? i + c : neighbour(i + c)]), seen.outputs[i + c]);
    }
    const int64_t box = bottom < 0 ? 0 : (bottom - top + 1) * (right - left + 1);
    ASSERT_EQ(box, taken);
    ASSERT_NEAR(1 - static_cast<double>(box) / (kHeight * kWidth), share(), 1e-12);
    boxes += box > 0 && box < kHeight * kWidth;
  }
  EXPECT_GT(boxes, 25);
}

TEST_F(MixTest, ProbabilityAndBothKinds) {
  watch({.struct_size = sizeof(fv_mix_desc), .mixup = 1, .cutmix = 1, .probability = 0.5});
  int mixed = 0, blended = 0;
  constexpr int kSteps = 1000;
  for (int n = 0; n < kSteps; ++n) {
    step();
    if (share() > 1 - 1e-12) continue;
    ++mixed;
    size_t between = 0;
    for (size_t k = 0; k < kValues; ++k)
      between += seen.outputs[k] != static_cast<double>(images[k]) &&
                 seen.outputs[k] != static_cast<double>(images[neighbour(k)]);
    blended += between > 0;
  }
  EXPECT_NEAR(0.5, static_cast<double>(mixed) / kSteps, 0.06);
  EXPECT_NEAR(0.5, static_cast<double>(blended) / mixed, 0.1);
}

// Labels are worth their one-hot rows, class weights and smoothing included.
TEST(MixLabels, AreWorthOneHotTargets) {
  fv_error err{};
  const std::vector<int32_t> classes = labels(16, 10);
  std::vector<double> rows(16 * 10);
  for (size_t i = 0; i < 16; ++i) rows[i * 10 + static_cast<size_t>(classes[i])] = 1;
  const std::vector<float> images = noise(16 * 8 * 8 * 3);
  const fv_tensor in = tensor(images, {16, 8, 8, 3}), one_hot = tensor(rows, {16, 10}),
                  label = tensor(classes, {16});
  for (const fv_loss kind : {FV_LOSS_SOFTMAX_CROSS_ENTROPY, FV_LOSS_BINARY_CROSS_ENTROPY}) {
    double losses[2];
    std::vector<double> after[2];
    for (const int dense : {0, 1}) {
      Made m = make(small_resnet, nullptr, FV_F64);
      auto loss = init<fv_loss_desc>();
      loss.loss = kind;
      if (kind == FV_LOSS_SOFTMAX_CROSS_ENTROPY) loss.label_smoothing = 0.1;
      const fv_loss_desc* list[] = {&loss};
      Trainer trainer;
      OK(fv_trainer_create(m.model,
                           DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .seed = 4, .losses = list,
                                .loss_count = 1, .mix = DESC(fv_mix_desc, .mixup = 0.4, .cutmix = 1)),
                           trainer.out(), &err));
      for (int i = 0; i < 4; ++i)
        OK(fv_trainer_step(trainer, &in, 1, dense ? &one_hot : &label, &losses[dense], &err));
      after[dense] = weights(m.model);
    }
    EXPECT_NEAR(losses[0], losses[1], 1e-12);
    for (size_t i = 0; i < after[0].size(); ++i) ASSERT_NEAR(after[0][i], after[1][i], 1e-12);
  }
}

TEST(MixLabels, WhatCannotBeMixedIsRefused) {
  fv_error err{};
  Made m = make(small_resnet);
  Trainer trainer;
  const fv_mix_desc bad{.struct_size = sizeof bad, .mixup = -1};
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_create(m.model,
                          DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                               .optimizer = FV_OPT_SGD, .mix = &bad),
                          trainer.out(), &err),
        "mixup", "-1");
  OK(fv_trainer_create(m.model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_HINGE, .optimizer = FV_OPT_SGD,
                            .mix = DESC(fv_mix_desc, .mixup = 1)),
                       trainer.out(), &err));
  const std::vector<float> images = noise(4 * 8 * 8 * 3);
  const std::vector<int32_t> classes = labels(4, 10);
  const fv_tensor in = tensor(images, {4, 8, 8, 3}), label = tensor(classes, {4});
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_step(trainer, &in, 1, &label, nullptr, &err), "hinge", "mixed");
}

// A metric of the training looks for the same class of a mixed sample as the accuracy on the fly.
TEST(MixLabels, AMetricLooksForTheLargerShare) {
  fv_error err{};
  for (const bool cuts : {false, true}) {
    Made m = make(lenet);
    Trainer trainer;
    OK(fv_trainer_create(
        m.model,
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM,
             .mix = DESC(fv_mix_desc, .mixup = cuts ? 0.0 : 1.0, .cutmix = cuts ? 1.0 : 0.0)),
        trainer.out(), &err));
    const fv_metric_desc accuracy{.struct_size = sizeof accuracy, .metric = FV_METRIC_ACCURACY};
    const fv_metric_desc* const metrics[] = {&accuracy};
    OK(fv_trainer_set_metrics(trainer, metrics, 1, &err));
    const Dataset data = digits(m.context, 320);
    OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 16), &err));
    auto progress = init<fv_progress>();
    for (int i = 0; i < 2 * 20; ++i) OK(fv_trainer_next(trainer, &progress, &err));
    double measured = -1;
    OK(fv_trainer_metric_values(trainer, &measured, 1, nullptr, &err));
    EXPECT_NEAR(progress.accuracy, measured, 1e-12);
    EXPECT_GT(measured, 0);
  }
}

// The draws hang on seed and batch alone: a checkpoint in mid-epoch changes nothing, nor do threads.
TEST(MixLabels, ResumesExactlyOnAnyNumberOfThreads) {
  fv_error err{};
  const Folder folder;
  std::vector<double> runs[3];
  for (const int run : {0, 1, 2}) {
    Made m = make(lenet, DESC(fv_context_desc, .threads = run == 2 ? 3 : 1));
    Trainer trainer;
    OK(fv_trainer_create(
        m.model,
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .seed = 3,
             .mix = DESC(fv_mix_desc, .mixup = 0.4, .cutmix = 1)),
        trainer.out(), &err));
    const Dataset data = digits(m.context, 100);
    OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 16), &err));
    for (int i = 0; i < 10; ++i) {
      if (run == 1 && i == 4) {
        OK(fv_trainer_save(trainer, (folder / "half.fovea").c_str(), &err));
        trainer = {};
        OK(fv_trainer_load(m.context, (folder / "half.fovea").c_str(), trainer.out(), &err));
        OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 16), &err));
      }
      OK(fv_trainer_next(trainer, nullptr, &err));
    }
    runs[run] = weights(fv_trainer_model(trainer));
  }
  EXPECT_EQ(runs[0], runs[1]);
  EXPECT_EQ(runs[0], runs[2]);
}

}  // namespace
}  // namespace fovea::test
