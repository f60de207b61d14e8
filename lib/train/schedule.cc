#include "train/schedule.h"

#include <algorithm>
#include <cmath>
#include <numbers>

#include "base/error.h"
#include "base/text.h"

namespace fovea::train {
namespace {

// Half a cosine from `from` at 0 to `to` at 1.
double anneal(double from, double to, double share) {
  return to + (from - to) * (1 + std::cos(std::numbers::pi * share)) / 2;
}

double share_of(int64_t t, int64_t total) {
  return std::min(1.0, static_cast<double>(t) / static_cast<double>(total));
}

// Loshchilov and Hutter 2017, eq. 5: periods of period, period * growth, ...
double with_restarts(const ScheduleOptions& o, double base, int64_t t) {
  int64_t length = o.period;
  if (o.growth == 1) {
    t %= length;
  } else {
    while (t >= length) {
      t -= length;
      if (length > INT64_MAX / o.growth) break;
      length *= o.growth;
    }
  }
  return anneal(base, o.lowest, share_of(t, length));
}

// Smith and Topin 2018, with PyTorch's cosine: from `start` to `middle` in a share of the steps, then to
// `end`.
double one_cycle(const ScheduleOptions& o, double start, double middle, double end, int64_t t) {
  const double peak = o.rising * static_cast<double>(o.total) - 1, last = static_cast<double>(o.total - 1);
  const double now = std::min(static_cast<double>(t), last);
  if (now <= peak) return anneal(start, middle, peak <= 0 ? 1 : now / peak);
  return anneal(middle, end, last <= peak ? 1 : (now - peak) / (last - peak));
}

// How far between the ends a cycle is; Smith 2017, section 3.2.
double cyclic(const ScheduleOptions& o, int64_t t) {
  const int64_t falling = o.falling == 0 ? o.period : o.falling, length = o.period + falling;
  const int64_t cycle = t / length, at = t % length;
  const double height = at <= o.period ? static_cast<double>(at) / static_cast<double>(o.period)
                                       : static_cast<double>(length - at) / static_cast<double>(falling);
  double scale = 1;
  if (o.shape == CycleShape::triangular2) scale = std::pow(0.5, static_cast<double>(cycle));
  if (o.shape == CycleShape::exponential) scale = std::pow(o.gamma, static_cast<double>(t));
  return height * scale;
}

}  // namespace

void check_schedule(const ScheduleOptions& o) {
  const auto count = [](int64_t n, int64_t least, const char* field) {
    FOVEA_REQUIRE(n >= least && n <= int64_t{1} << 40, "%s of the schedule is %lld, expected %lld to 2^40",
                  field, static_cast<long long>(n), static_cast<long long>(least));
  };
  const auto number = [](double x, double least, const char* field) {
    FOVEA_REQUIRE(x >= least && std::isfinite(x), "%s of the schedule is %g, expected %g or more", field, x,
                  least);
  };
  count(o.warmup, 0, "warmup");
  FOVEA_REQUIRE(o.warmup_start >= 0 && o.warmup_start <= 1, "warmup_start is %g, expected 0 to 1",
                o.warmup_start);
  count(o.period, 1, "period");
  count(o.total, 1, "total");
  count(o.growth, 1, "growth");
  count(o.falling, 0, "falling");
  count(o.patience, 0, "patience");
  count(o.cooldown, 0, "cooldown");
  number(o.gamma, 0, "gamma");
  number(o.power, 0, "power");
  number(o.lowest, 0, "lowest_rate");
  number(o.highest, 0, "highest_rate");
  number(o.min_delta, 0, "min_delta");
  FOVEA_REQUIRE(o.monitor_name.size() <= 128 && is_printable_utf8(o.monitor_name),
                "monitor_name of the schedule is not 1 to 128 bytes of UTF-8");
  FOVEA_REQUIRE(o.rising >= 0 && o.rising <= 1, "rising is %g, expected 0 to 1", o.rising);
  FOVEA_REQUIRE(o.start_divisor >= 1 && o.end_divisor >= 1,
                "a divisor of one_cycle is %g, expected 1 or more", std::min(o.start_divisor, o.end_divisor));
  const bool turns = o.lowest_momentum != 0 || o.highest_momentum != 0;
  FOVEA_REQUIRE(!turns || o.kind == ScheduleKind::one_cycle || o.kind == ScheduleKind::cyclic,
                "%s takes no momentum", kScheduleNames[static_cast<size_t>(o.kind)]);
  FOVEA_REQUIRE(
      !turns || (o.lowest_momentum >= 0 && o.lowest_momentum <= o.highest_momentum && o.highest_momentum < 1),
      "the momentum of the schedule is %g to %g, expected numbers from 0 to below 1", o.lowest_momentum,
      o.highest_momentum);
  FOVEA_REQUIRE(o.kind != ScheduleKind::plateau || o.gamma < 1,
                "factor of a plateau is %g, expected less than 1", o.gamma);
  FOVEA_REQUIRE(o.kind != ScheduleKind::multi_step || !o.milestones.empty(), "multi_step has no milestones");
  FOVEA_REQUIRE(o.highest == 0 || o.highest >= o.lowest, "highest of the schedule is %g, lowest %g",
                o.highest, o.lowest);
  for (size_t i = 0; i < o.milestones.size(); ++i)
    FOVEA_REQUIRE(o.milestones[i] >= 0 && (i == 0 || o.milestones[i] > o.milestones[i - 1]),
                  "milestones must rise from 0 on, found %lld", static_cast<long long>(o.milestones[i]));
}

Schedule::Schedule(ScheduleOptions options) : options_(std::move(options)) {
  check_schedule(options_);
}

double Schedule::rate(double base, int64_t epoch, int64_t step) const {
  const int64_t t = options_.per_step ? step : epoch;
  if (t < options_.warmup) {
    const double target = after_warmup(base, 0);
    // A whole epoch at rate 0 would be wasted.
    const double share = share_of(options_.per_step ? t : t + 1, options_.warmup);
    return target * (options_.warmup_start + (1 - options_.warmup_start) * share);
  }
  return after_warmup(base, t - options_.warmup);
}

std::optional<double> Schedule::momentum(int64_t epoch, int64_t step) const {
  const ScheduleOptions& o = options_;
  if (o.highest_momentum == 0) return std::nullopt;
  const int64_t t = std::max<int64_t>(0, (o.per_step ? step : epoch) - o.warmup);
  if (o.kind == ScheduleKind::one_cycle)
    return one_cycle(o, o.highest_momentum, o.lowest_momentum, o.highest_momentum, t);
  return o.highest_momentum - (o.highest_momentum - o.lowest_momentum) * cyclic(o, t);
}

double Schedule::after_warmup(double base, int64_t t) const {
  const ScheduleOptions& o = options_;
  const double time = static_cast<double>(t);
  switch (o.kind) {
    case ScheduleKind::constant:
      return base;
    case ScheduleKind::step:
      return base * std::pow(o.gamma, static_cast<double>(t / o.period));
    case ScheduleKind::multi_step: {
      const auto passed =
          std::upper_bound(o.milestones.begin(), o.milestones.end(), t) - o.milestones.begin();
      return base * std::pow(o.gamma, static_cast<double>(passed));
    }
    case ScheduleKind::exponential:
      return base * std::pow(o.gamma, time);
    case ScheduleKind::inverse_time: {
      const double periods =
          o.staircase ? static_cast<double>(t / o.period) : time / static_cast<double>(o.period);
      return base / (1 + o.gamma * periods);
    }
    case ScheduleKind::polynomial:
      return o.lowest + (base - o.lowest) * std::pow(1 - share_of(t, o.total), o.power);
    case ScheduleKind::cosine:
      return anneal(base, o.lowest, share_of(t, o.total));
    case ScheduleKind::cosine_restarts:
      return with_restarts(o, base, t);
    case ScheduleKind::one_cycle: {
      const double highest = o.highest > 0 ? o.highest : base, start = highest / o.start_divisor;
      return one_cycle(o, start, highest, start / o.end_divisor, t);
    }
    case ScheduleKind::cyclic:
      return o.lowest + ((o.highest > 0 ? o.highest : base) - o.lowest) * cyclic(o, t);
    case ScheduleKind::plateau:
      return std::max(std::min(base, o.lowest), base * plateau_.factor);
  }
  return base;
}

void Schedule::observe(double base, double value, bool larger) {
  if (options_.kind != ScheduleKind::plateau || std::isnan(value)) return;
  PlateauState& s = plateau_;
  const double gain = larger ? value - s.best : s.best - value;
  if (!s.any || gain > options_.min_delta) {
    s.any = true;
    s.best = value;
    s.bad = 0;
  } else {
    ++s.bad;
  }
  if (s.resting > 0) {
    --s.resting;
    s.bad = 0;
  }
  if (s.bad <= options_.patience) return;
  if (base * s.factor > options_.lowest) s.factor *= options_.gamma;
  s.resting = options_.cooldown;
  s.bad = 0;
}

}  // namespace fovea::train
