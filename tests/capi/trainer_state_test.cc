// What can be read of a trainer: all that it was created with, also after a checkpoint.
#include "support.h"

namespace fovea::test {
namespace {

class TrainerStateTest : public ::testing::Test {
 protected:
  void SetUp() override { made = make(lenet); }
  // The trainer as a checkpoint brings it back.
  Trainer reloaded(fv_trainer* trainer) {
    const std::string path = folder / "c.fovea";
    Trainer loaded;
    EXPECT_EQ(FV_OK, fv_trainer_save(trainer, path.c_str(), &err)) << err.message;
    EXPECT_EQ(FV_OK, fv_trainer_load(made.context, path.c_str(), loaded.out(), &err)) << err.message;
    return loaded;
  }

  Folder folder;
  Made made;
  fv_error err{};
};

TEST_F(TrainerStateTest, SaysWhatItWasCreatedWith) {
  const int64_t milestones[] = {3, 7};
  const auto schedule = init<fv_schedule_desc>();
  fv_schedule_desc multi = schedule;
  multi.schedule = FV_SCHEDULE_MULTI_STEP;
  multi.milestones = milestones;
  multi.milestone_count = 2;
  multi.gamma = FV_ZERO;
  multi.warmup = 2;
  multi.warmup_start = 0.25;
  const fv_group_desc first{.struct_size = sizeof first, .frozen = 1, .parameters = "conv1.*"};
  const fv_group_desc second{.struct_size = sizeof second, .parameters = "*.bias", .learning_rate = 2,
                             .weight_decay = FV_ZERO, .l1 = 1e-3, .l2 = 1e-2,
                             .constraint = FV_CONSTRAINT_MIN_MAX_NORM, .min_norm = 0.5, .max_norm = 3};
  const fv_group_desc* const groups[] = {&first, &second};
  Trainer created;
  OK(fv_trainer_create(
      made.model,
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .l2 = 1e-4,
           .seed = 77, .schedule = &multi, .groups = groups, .group_count = 2,
           .average = DESC(fv_average_desc, .averaging = FV_AVERAGE_EQUAL, .start = 1, .period = 2), .l1 = 1e-5,
           .accumulate_steps = 3),
      created.out(), &err));
  Dataset data = digits(made.context, 100);
  OK(fv_trainer_feed(created, data, DESC(fv_feed_desc, .batch_size = 10, .drop_last = 1), &err));
  for (int i = 0; i < 10; ++i) OK(fv_trainer_next(created, nullptr, &err));
  Trainer loaded = reloaded(created);
  for (fv_trainer* trainer : {static_cast<fv_trainer*>(created), static_cast<fv_trainer*>(loaded)}) {
    auto info = init<fv_trainer_info>();
    OK(fv_trainer_get_info(trainer, &info, &err));
    EXPECT_EQ(1, info.losses);
    EXPECT_EQ(2, info.groups);
    EXPECT_EQ(3, info.accumulate_steps);
    EXPECT_EQ(1, info.accumulated);  // 10 batches
    EXPECT_EQ(1, info.averages);     // after step 3
    EXPECT_EQ(77u, info.seed);
    EXPECT_EQ(1e-5, info.l1);
    EXPECT_EQ(1e-4, info.l2);
    EXPECT_EQ(10, info.batch_size);
    EXPECT_EQ(0, info.no_shuffle);
    EXPECT_EQ(1, info.drop_last);
    auto s = init<fv_schedule_desc>();
    OK(fv_trainer_get_schedule(trainer, &s, &err));
    EXPECT_EQ(FV_SCHEDULE_MULTI_STEP, s.schedule);
    ASSERT_EQ(2u, s.milestone_count);
    EXPECT_EQ(3, s.milestones[0]);
    EXPECT_EQ(7, s.milestones[1]);
    EXPECT_EQ(FV_ZERO, s.gamma);
    EXPECT_EQ(2, s.warmup);
    EXPECT_EQ(0.25, s.warmup_start);
    auto g = init<fv_group_desc>();
    OK(fv_trainer_get_group(trainer, 0, &g, &err));
    EXPECT_STREQ("conv1.*", g.parameters);
    EXPECT_EQ(1, g.frozen);
    EXPECT_EQ(1, g.learning_rate);
    EXPECT_EQ(1, g.weight_decay);
    EXPECT_EQ(FV_CONSTRAINT_NONE, g.constraint);
    OK(fv_trainer_get_group(trainer, 1, &g, &err));
    EXPECT_STREQ("*.bias", g.parameters);
    EXPECT_EQ(2, g.learning_rate);
    EXPECT_EQ(FV_ZERO, g.weight_decay);
    EXPECT_EQ(1e-3, g.l1);
    EXPECT_EQ(1e-2, g.l2);
    EXPECT_EQ(FV_CONSTRAINT_MIN_MAX_NORM, g.constraint);
    EXPECT_EQ(0.5, g.min_norm);
    EXPECT_EQ(3, g.max_norm);
    FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_group(trainer, 2, &g, &err), "group 2");
    FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_group(trainer, -1, &g, &err), "group -1");
    auto a = init<fv_average_desc>();
    OK(fv_trainer_get_average(trainer, &a, &err));
    EXPECT_EQ(FV_AVERAGE_EQUAL, a.averaging);
    EXPECT_EQ(1, a.start);
    EXPECT_EQ(2, a.period);
  }
}

// What is read makes the same schedule again: the rates are equal, whatever the kind, defaults and zeros.
TEST_F(TrainerStateTest, AScheduleComesBackWhole) {
  for (fv_schedule kind = FV_SCHEDULE_CONSTANT; kind <= FV_SCHEDULE_PLATEAU; ++kind)
    for (const bool zeros : {false, true}) {
      auto desc = init<fv_schedule_desc>();
      desc.schedule = kind;
      desc.total = 10;
      desc.period = 3;
      desc.lowest = 0.001;
      desc.warmup = 2;
      desc.gamma = kind == FV_SCHEDULE_EXPONENTIAL ? 0.9 : 0;
      const int64_t milestones[] = {4, 6};
      desc.milestones = milestones;
      desc.milestone_count = 2;
      if (zeros) {
        desc.min_delta = FV_ZERO;
        desc.patience = -1;
        desc.rising = kind == FV_SCHEDULE_ONE_CYCLE ? 0 : FV_ZERO;
        desc.power = 2;
      }
      OK(fv_model_reinitialize(made.model, 1, &err));
      Trainer trainer = make_trainer(made.model);
      OK(fv_trainer_set_schedule(trainer, &desc, &err));
      auto got = init<fv_schedule_desc>();
      OK(fv_trainer_get_schedule(trainer, &got, &err));
      EXPECT_EQ(kind, got.schedule);
      for (int64_t epoch = 0; epoch < 12; ++epoch) {
        double expected = -1, rate = -2;
        OK(fv_schedule_rate(&desc, 0.1, epoch, 0, &expected, &err));
        OK(fv_schedule_rate(&got, 0.1, epoch, 0, &rate, &err));
        EXPECT_EQ(expected, rate) << "schedule " << kind << " in epoch " << epoch;
      }
      // Read once more, it says the same.
      got.milestones = milestones;
      OK(fv_trainer_set_schedule(trainer, &got, &err));
      auto again = init<fv_schedule_desc>();
      OK(fv_trainer_get_schedule(trainer, &again, &err));
      again.milestones = got.milestones;  // which moved
      EXPECT_EQ(0, std::memcmp(&got, &again, sizeof got)) << "schedule " << kind;
      EXPECT_EQ(zeros ? -1 : 10, again.patience);
      EXPECT_EQ(zeros ? FV_ZERO : 1e-4, again.min_delta);
    }
}

TEST_F(TrainerStateTest, SaysHowItMixesAndScales) {
  Trainer created;
  OK(fv_trainer_create(made.model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                            .proximal_l1 = 1, .mix = DESC(fv_mix_desc, .mixup = 0.4, .cutmix = 2),
                            .rate_batch = 64),
                       created.out(), &err));
  Trainer loaded = reloaded(created);
  for (const fv_trainer* trainer : {static_cast<fv_trainer*>(created), static_cast<fv_trainer*>(loaded)}) {
    auto info = init<fv_trainer_info>();
    OK(fv_trainer_get_info(trainer, &info, &err));
    EXPECT_EQ(1, info.proximal_l1);
    EXPECT_EQ(64, info.rate_batch);
    EXPECT_EQ(0.4, info.mixup);
    EXPECT_EQ(2, info.cutmix);
    EXPECT_EQ(1, info.mix_probability);
  }
}

// Gradients are not in a checkpoint, so a loaded trainer has none to apply.
TEST_F(TrainerStateTest, GradientsAreNotSaved) {
  Trainer trainer = make_trainer(made.model);
  const std::vector<float> x = noise(2 * 784);
  const std::vector<int32_t> t = labels(2, 10);
  const fv_tensor in = tensor(x, {2, 28, 28, 1}), target = tensor(t, {2});
  OK(fv_trainer_backward(trainer, &in, 1, &target, nullptr, &err));
  Trainer loaded = reloaded(trainer);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_apply(loaded, &err), "no gradients");
  OK(fv_trainer_backward(loaded, &in, 1, &target, nullptr, &err));
  OK(fv_trainer_apply(loaded, &err));
}

TEST_F(TrainerStateTest, NewOnesHaveDefaults) {
  Trainer trainer = make_trainer(made.model);
  auto info = init<fv_trainer_info>();
  OK(fv_trainer_get_info(trainer, &info, &err));
  EXPECT_EQ(0, info.groups);
  EXPECT_EQ(1, info.accumulate_steps);
  EXPECT_EQ(0, info.averages);
  EXPECT_EQ(0, info.batch_size);
  auto a = init<fv_average_desc>();
  OK(fv_trainer_get_average(trainer, &a, &err));
  EXPECT_EQ(FV_AVERAGE_NONE, a.averaging);
  EXPECT_EQ(0.999, a.decay);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_info(trainer, nullptr, &err), "info");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_info(nullptr, &info, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_average(nullptr, &a, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_schedule(trainer, nullptr, &err), "desc");
}

}  // namespace
}  // namespace fovea::test
