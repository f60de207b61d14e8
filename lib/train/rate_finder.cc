#include "train/rate_finder.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace fovea::train {
namespace {

void check(const RateRangeOptions& o) {
  FOVEA_REQUIRE(o.lowest > 0 && o.highest > o.lowest && o.highest <= 1e30,
                "the rates go from %g to %g, expected a rising range above 0", o.lowest, o.highest);
  FOVEA_REQUIRE(o.steps >= 10 && o.steps <= 1 << 20, "steps is %lld, expected 10 to 2^20",
                static_cast<long long>(o.steps));
  FOVEA_REQUIRE(o.smoothing >= 0 && o.smoothing < 1, "smoothing is %g, expected 0 up to but not 1",
                o.smoothing);
  FOVEA_REQUIRE(o.divergence > 1, "divergence is %g, expected more than 1", o.divergence);
}

// The first tenth tells of the beginning, not of the rate; beyond the lowest loss nothing is to be sought.
void suggest(RateRange& range) {
  const std::vector<RatePoint>& p = range.points;
  const auto lower = [](const RatePoint& a, const RatePoint& b) { return a.smoothed < b.smoothed; };
  const size_t skipped = p.size() / 10;
  size_t end = p.size();
  while (end > 0 && !std::isfinite(p[end - 1].smoothed)) --end;
  if (end < skipped + 3) return;
  const auto lowest = std::min_element(p.begin() + static_cast<std::ptrdiff_t>(skipped),
                                       p.begin() + static_cast<std::ptrdiff_t>(end), lower);
  range.lowest_loss = lowest->rate;
  const size_t last = static_cast<size_t>(lowest - p.begin());
  double steepest = 0;
  for (size_t i = skipped + 1; i < last; ++i) {
    const double slope = (p[i + 1].smoothed - p[i - 1].smoothed) / std::log(p[i + 1].rate / p[i - 1].rate);
    if (slope >= steepest) continue;
    steepest = slope;
    range.suggested = std::min(p[i].rate, lowest->rate / 10);
  }
}

}  // namespace

RateRange find_rate(const Trainer& trainer, const data::DatasetPtr& dataset, const RateRangeOptions& o,
                    const CancelToken* cancel) {
  check(o);
  TrainerOptions options = trainer.options();
  options.schedule = {};
  options.average = {};
  Trainer trial(trainer.model()->clone(), options);
  trial.feed(dataset, {.batch_size = o.batch_size});
  RateRange range;
  double average = 0, kept = 1, best = INFINITY;
  for (int64_t i = 0; i < o.steps; ++i) {
    if (cancel != nullptr && cancel->wait()) fail(Status::cancelled, "the rate finder was cancelled");
    const double share = static_cast<double>(i) / static_cast<double>(o.steps - 1);
    const double rate = o.lowest * std::pow(o.highest / o.lowest, share);
    trial.set_learning_rate(rate);
    const double loss = trial.next().step.loss;
    average = o.smoothing * average + (1 - o.smoothing) * loss;
    kept *= o.smoothing;
    const double smoothed = average / (1 - kept);
    range.points.push_back({rate, loss, smoothed});
    best = std::min(best, smoothed);
    // Nothing is learnt from a network that has blown up.
    if (!std::isfinite(loss) || (i > o.steps / 10 && smoothed > o.divergence * best)) break;
  }
  suggest(range);
  return range;
}

}  // namespace fovea::train
