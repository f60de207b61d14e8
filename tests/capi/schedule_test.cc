// Schedules as functions of epoch and step; what they make of a training is in optimizer_test.cc, and PyTorch's
// numbers are in tests/golden.
#include <cmath>
#include <iterator>

#include "support.h"

namespace fovea::test {
namespace {

double rate_at(fv_schedule_desc d, double base, int64_t t) {
  d.struct_size = sizeof d;
  double rate = NAN;
  fv_error err{};
  EXPECT_EQ(FV_OK, fv_schedule_rate(&d, base, t, 1000 * t, &rate, &err)) << err.message;
  return rate;
}

TEST(Schedule, H1FixedRate) {
  for (int64_t t : {0, 1, 1000}) EXPECT_EQ(0.1, rate_at({}, 0.1, t));
}
TEST(Schedule, H2LargeThenSmaller) {
  const int64_t at[] = {20};
  const fv_schedule_desc d{
      .schedule = FV_SCHEDULE_MULTI_STEP, .milestones = at, .milestone_count = 1, .gamma = 0.2};
  EXPECT_NEAR(0.5, rate_at(d, 0.5, 19), 1e-15);
  EXPECT_NEAR(0.1, rate_at(d, 0.5, 20), 1e-15);
}
TEST(Schedule, H3SlowDecay) {
  EXPECT_NEAR(0.1 * std::pow(0.95, 10),
              rate_at({.schedule = FV_SCHEDULE_EXPONENTIAL, .gamma = 0.95}, 0.1, 10), 1e-15);
  EXPECT_NEAR(0.1 / (1 + 0.5 * 4), rate_at({.schedule = FV_SCHEDULE_INVERSE_TIME, .gamma = 0.5}, 0.1, 4),
              1e-15);
}
TEST(Schedule, H6StepDecay) {
  const fv_schedule_desc d{.schedule = FV_SCHEDULE_STEP, .period = 30};
  const double trace[] = {.1, .1, .01, .01, .001, .001, .0001};
  const int64_t epochs[] = {0, 29, 30, 59, 60, 89, 90};
  for (size_t i = 0; i < 7; ++i) EXPECT_NEAR(trace[i], rate_at(d, 0.1, epochs[i]), 1e-15);
}
TEST(Schedule, PerStepAndWarmup) {
  const fv_schedule_desc d{
      .schedule = FV_SCHEDULE_CONSTANT, .per_step = 1, .warmup = 4000, .warmup_start = 0.25};
  EXPECT_NEAR(0.25, rate_at(d, 1, 0), 1e-15);
  EXPECT_NEAR(0.25 + 0.75 / 2, rate_at(d, 1, 2), 1e-15);
  EXPECT_NEAR(1, rate_at(d, 1, 4), 1e-15);
}
// The last epoch of the warm-up is at the full rate, and none at 0.
TEST(Schedule, WarmupInEpochs) {
  fv_schedule_desc d{.schedule = FV_SCHEDULE_STEP, .warmup = 4, .period = 2};
  const double rates[] = {0.25, 0.5, 0.75, 1, 1, 1, 0.1};
  for (int64_t t = 0; t < 7; ++t) EXPECT_NEAR(rates[t], rate_at(d, 1, t), 1e-15) << t;
  d.warmup_start = 0.2;
  EXPECT_NEAR(0.4, rate_at(d, 1, 0), 1e-15);
}

// A plateau that watches a series, whether larger is better or smaller, through a checkpoint.
TEST(Schedule, APlateauWatchesAValueByItsName) {
  for (const int32_t larger : {0, 1}) {
    fv_error err{};
    const Folder folder;
    Made made = make(lenet);
    Trainer trainer;
    OK(fv_trainer_create(made.model,
                         DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                              .learning_rate = 1,
                              .schedule = DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_PLATEAU, .gamma = 0.5,
                                               .patience = -1, .monitor_name = "distance",
                                               .monitor_larger = larger)),
                         trainer.out(), &err));
    double rate = 1;
    const double values[] = {1, 2, 3, 2, 1, NAN, 5};
    for (size_t i = 0; i < 7; ++i) {
      if (i == 3) {
        OK(fv_trainer_save(trainer, (folder / "c.fovea").c_str(), &err));
        OK(fv_trainer_load(made.context, (folder / "c.fovea").c_str(), trainer.out(), &err));
        auto read = init<fv_schedule_desc>();
        OK(fv_trainer_get_schedule(trainer, &read, &err));
        EXPECT_STREQ("distance", read.monitor_name);
        EXPECT_EQ(larger, read.monitor_larger);
      }
      OK(fv_trainer_record_value(trainer, "distance", values[i], &err));
      const fv_history_row row{static_cast<int64_t>(i), 0, 0, 0, 0, 0};
      OK(fv_trainer_record(trainer, &row, &err));
      // Not better: with larger ones the fourth and fifth; with smaller ones all but the first.
      const bool worse = larger != 0 ? i == 3 || i == 4 : i > 0 && i != 5;
      rate *= worse ? 0.5 : 1;
      EXPECT_NEAR(rate, fv_trainer_learning_rate(trainer), 1e-15) << i << " larger " << larger;
    }
  }
}
// Of a metric it is known.
TEST(Schedule, APlateauKnowsWhichMetricsAreBetterWhenLarger) {
  fv_error err{};
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  const fv_metric_desc f1{.struct_size = sizeof f1, .metric = FV_METRIC_F1};
  const fv_metric_desc* const metrics[] = {&f1};
  OK(fv_trainer_set_metrics(trainer, metrics, 1, &err));
  OK(fv_trainer_set_schedule(trainer,
                             DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_PLATEAU, .gamma = 0.5,
                                  .patience = -1, .monitor_name = "val_f1"),
                             &err));
  const double base = fv_trainer_learning_rate(trainer);
  const fv_history_row row{};
  for (const double value : {0.5, 0.6, 0.7}) {
    OK(fv_trainer_record_value(trainer, "val_f1", value, &err));
    OK(fv_trainer_record(trainer, &row, &err));
  }
  EXPECT_EQ(base, fv_trainer_learning_rate(trainer));
}

TEST(Schedule, Refusals) {
  double rate = -7;
  fv_error err{};
  const auto refused = [&](fv_schedule_desc d, std::initializer_list<const char*> words) {
    d.struct_size = sizeof d;
    EXPECT_TRUE(failed(fv_schedule_rate(&d, 1, 0, 0, &rate, &err), FV_INVALID_ARGUMENT, err, words));
    EXPECT_EQ(-7, rate);
  };
  refused({.schedule = 99}, {"schedule is 99"});
  refused({.schedule = FV_SCHEDULE_COSINE}, {"total", "cosine"});
  refused({.schedule = FV_SCHEDULE_EXPONENTIAL}, {"gamma", "exponential"});
  refused({.schedule = FV_SCHEDULE_CYCLIC, .shape = FV_CYCLE_EXPONENTIAL}, {"gamma", "cyclic"});
  refused({.schedule = FV_SCHEDULE_PLATEAU, .monitor = FV_MONITOR_LOSS, .monitor_name = "f1"}, {"monitor"});
  refused({.schedule = FV_SCHEDULE_PLATEAU, .monitor_name = ""}, {"monitor_name"});
  refused({.schedule = FV_SCHEDULE_STEP, .period = -1}, {"period", "-1"});
  refused({.schedule = FV_SCHEDULE_PLATEAU, .gamma = 1}, {"plateau", "1"});
  refused({.schedule = FV_SCHEDULE_MULTI_STEP}, {"milestones"});
  refused({.schedule = FV_SCHEDULE_CYCLIC, .lowest = 2, .highest = 1}, {"highest", "1", "2"});
  const int64_t falling[] = {3, 2};
  refused({.schedule = FV_SCHEDULE_MULTI_STEP, .milestones = falling, .milestone_count = 2},
          {"milestones", "2"});
  FAILS(FV_INVALID_ARGUMENT, fv_schedule_rate(nullptr, 1, -1, 0, &rate, &err), "epoch");
  FAILS(FV_INVALID_ARGUMENT, fv_schedule_rate(nullptr, NAN, 0, 0, &rate, &err), "base");
}

}  // namespace
}  // namespace fovea::test
