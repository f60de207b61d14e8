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
