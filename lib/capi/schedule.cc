#include <fovea/schedule.h>

#include <algorithm>
#include <cmath>

#include "capi/optimizers.h"
#include "train/rate_finder.h"

using namespace fovea;
using namespace fovea::capi;
using train::ScheduleKind;
using train::ScheduleOptions;

static_assert(FV_SCHEDULE_ONE_CYCLE == static_cast<int>(ScheduleKind::one_cycle));
static_assert(FV_SCHEDULE_PLATEAU == static_cast<int>(ScheduleKind::plateau));
static_assert(FV_MONITOR_ACCURACY == static_cast<int>(train::Monitor::accuracy));
static_assert(FV_CYCLE_EXPONENTIAL == static_cast<int>(train::CycleShape::exponential));

ScheduleOptions capi::schedule_from(const fv_schedule_desc* desc) {
  const fv_schedule_desc d = read_desc(desc, "fv_schedule_desc");
  ScheduleOptions o;
  o.kind = choice(d.schedule, ScheduleKind::plateau, "schedule");
  const bool needs_total = o.kind == ScheduleKind::polynomial || o.kind == ScheduleKind::cosine ||
                           o.kind == ScheduleKind::one_cycle;
  FOVEA_REQUIRE(!needs_total || d.total > 0, "total is required for %s", train::kScheduleNames[d.schedule]);
  const bool needs_gamma = o.kind == ScheduleKind::exponential ||
                           (o.kind == ScheduleKind::cyclic && d.shape == FV_CYCLE_EXPONENTIAL);
  FOVEA_REQUIRE(!needs_gamma || d.gamma != 0, "gamma is required for %s", train::kScheduleNames[d.schedule]);
  FOVEA_REQUIRE(d.milestones != nullptr || d.milestone_count == 0, "milestones is NULL");
  FOVEA_REQUIRE(d.milestone_count <= 65536, "there are %zu milestones, at most 65536 are possible",
                d.milestone_count);
  o.per_step = d.per_step != 0;
  o.staircase = d.staircase != 0;
  o.warmup = d.warmup;
  o.warmup_start = number(d.warmup_start, 0);
  o.period = d.period == 0 ? 1 : d.period;
  o.total = d.total == 0 ? 1 : d.total;
  o.milestones.assign(d.milestones, d.milestones + d.milestone_count);
  o.gamma = number(d.gamma, 0.1);
  o.power = number(d.power, 1);
  o.lowest = number(d.lowest, 0);
  o.highest = number(d.highest, 0);
  o.growth = d.growth == 0 ? 1 : d.growth;
  o.falling = d.falling;
  o.rising = number(d.rising, 0.3);
  o.start_divisor = number(d.start_divisor, 25);
  o.end_divisor = number(d.end_divisor, 1e4);
  o.lowest_momentum = d.lowest_momentum;
  o.highest_momentum = d.highest_momentum;
  o.shape = choice(d.shape, train::CycleShape::exponential, "shape");
  o.monitor = choice(d.monitor, train::Monitor::accuracy, "monitor");
  o.patience = d.patience == 0 ? 10 : d.patience == -1 ? 0 : d.patience;
  o.cooldown = d.cooldown;
  o.min_delta = number(d.min_delta, 1e-4);
  FOVEA_REQUIRE(d.monitor_name == nullptr || (d.monitor == 0 && *d.monitor_name != '\0'),
                "the schedule has both monitor and monitor_name, or that is empty");
  if (d.monitor_name != nullptr) o.monitor_name = d.monitor_name;
  o.monitor_larger = d.monitor_larger != 0;
  train::check_schedule(o);
  return o;
}

namespace {

void check_time(int64_t epoch, int64_t step) {
  FOVEA_REQUIRE(epoch >= 0 && step >= 0, "epoch is %lld and step %lld, expected 0 or more",
                static_cast<long long>(epoch), static_cast<long long>(step));
}

}  // namespace

fv_status fv_schedule_rate(const fv_schedule_desc* desc, double base, int64_t epoch, int64_t step,
                           double* rate, fv_error* error) {
  return guard(error, [&] {
    check_time(epoch, step);
    FOVEA_REQUIRE(base >= 0 && std::isfinite(base), "base is %g, expected 0 or more", base);
    need(rate, "rate") = train::Schedule(schedule_from(desc)).rate(base, epoch, step);
  });
}

fv_status fv_schedule_momentum(const fv_schedule_desc* desc, int64_t epoch, int64_t step, double* momentum,
                               fv_error* error) {
  return guard(error, [&] {
    check_time(epoch, step);
    need(momentum, "momentum") = train::Schedule(schedule_from(desc)).momentum(epoch, step).value_or(NAN);
  });
}

fv_status fv_trainer_find_rate(const fv_trainer* trainer, const fv_dataset* dataset,
                               const fv_rate_range_desc* desc, fv_rate_range* range, fv_rate_point* points,
                               size_t capacity, size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const fv_rate_range_desc d = read_desc(desc, "fv_rate_range_desc");
    FOVEA_REQUIRE(need(range, "range").struct_size >= sizeof(uint32_t), "range.struct_size is not set");
    FOVEA_REQUIRE(points != nullptr || capacity == 0, "points is NULL");
    const train::Trainer& t = *need(trainer, "trainer").impl;
    train::RateRangeOptions o;
    o.batch_size = d.batch_size;
    if (o.batch_size == 0) o.batch_size = t.feed_options().value_or(train::FeedOptions()).batch_size;
    o.lowest = number(d.lowest, o.lowest);
    o.highest = number(d.highest, o.highest);
    o.steps = d.steps == 0 ? o.steps : d.steps;
    o.smoothing = number(d.smoothing, o.smoothing);
    o.divergence = number(d.divergence, o.divergence);
    const std::shared_ptr<const CancelToken> cancel = token_of(d.cancel);
    const train::RateRange found = train::find_rate(t, need(dataset, "dataset").impl, o, cancel.get());
    for (size_t i = 0; i < std::min(capacity, found.points.size()); ++i)
      points[i] = {found.points[i].rate, found.points[i].loss, found.points[i].smoothed};
    if (needed != nullptr) *needed = found.points.size();
    fv_rate_range result{};
    result.suggested = found.suggested;
    result.lowest_loss = found.lowest_loss;
    write_info(range, result, "range");
  });
}

fv_status fv_trainer_set_schedule(fv_trainer* trainer, const fv_schedule_desc* desc, fv_error* error) {
  return guard(error, [&] { need(trainer, "trainer").impl->set_schedule(schedule_from(desc)); });
}

fv_status fv_trainer_get_schedule(const fv_trainer* trainer, fv_schedule_desc* desc, fv_error* error) {
  return guard(error, [&] {
    const ScheduleOptions& o = need(trainer, "trainer").impl->schedule().options();
    fv_schedule_desc d{};
    d.schedule = static_cast<fv_schedule>(o.kind);
    d.per_step = o.per_step;
    d.staircase = o.staircase;
    d.warmup = o.warmup;
    d.warmup_start = o.warmup_start;
    d.period = o.period;
    d.total = o.total;
    d.milestones = o.milestones.empty() ? nullptr : o.milestones.data();
    d.milestone_count = o.milestones.size();
    d.gamma = given(o.gamma);
    d.power = given(o.power);
    d.lowest = o.lowest;
    d.highest = o.highest;
    d.growth = o.growth;
    d.falling = o.falling;
    d.rising = given(o.rising);
    d.start_divisor = given(o.start_divisor);
    d.end_divisor = given(o.end_divisor);
    d.lowest_momentum = o.lowest_momentum;
    d.highest_momentum = o.highest_momentum;
    d.shape = static_cast<fv_cycle_shape>(o.shape);
    d.monitor = static_cast<fv_monitor>(o.monitor);
    d.patience = o.patience == 0 ? -1 : o.patience;
    d.cooldown = o.cooldown;
    d.min_delta = given(o.min_delta);
    d.monitor_name = o.monitor_name.empty() ? nullptr : o.monitor_name.c_str();
    d.monitor_larger = o.monitor_larger;
    write_info(desc, d, "desc");
  });
}
