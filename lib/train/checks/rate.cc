// The learning rate, and numbers that are none, which it often is to blame for.
#include <algorithm>
#include <cmath>

#include "train/checks/checks.h"
#include "train/checks/trial.h"

namespace fovea::train::checks {
namespace {

constexpr double kNothing = 0.03;  // a fall of the loss that is none
constexpr double kLearns = 0.1;
constexpr double kSmallest = 1e-12;  // a rate below is no rate

bool learns_instead(const Trial& other, const Trial& own) {
  return other.fall() >= kLearns && other.fall() >= 5 * std::max(own.fall(), 0.0);
}

std::string place_of(const Blowup& b) {
  switch (b.in) {
    case Blowup::In::input:
      return "in the data, at input '" + b.where + "'";
    case Blowup::In::output:
      return "in the output of '" + b.where + "'";
    case Blowup::In::loss:
      return "in the loss";
    case Blowup::In::gradient:
      return "in the gradient of '" + b.where + "'";
    case Blowup::In::parameter:
      return "in the parameter '" + b.where + "', which the step before has made so";
  }
  return "";
}

// Whether the trial with a smaller rate goes well where this one does not; its factor, or 0.
double smaller_rate_that_learns(Subject& subject, const Trial& own) {
  for (const double factor : {0.1, 0.01, 1e-3, 1e-4, 1e-5, 1e-6})
    if (learns_instead(subject.trial(factor), own)) return factor;
  return 0;
}

double larger_rate_that_learns(Subject& subject, const Trial& own) {
  for (const double factor : {10.0, 100.0, 1e3, 1e4, 1e5, 1e6})
    if (learns_instead(subject.trial(factor), own)) return factor;
  return 0;
}

// The first of several epochs in a row at nearly no rate; none in the warm-up. One at the end is that of a
// schedule that comes down to nothing.
const HistoryRow* find_smallest(const Trainer& t, int64_t steps_per_epoch) {
  const ScheduleOptions& o = t.schedule().options();
  const int64_t warmup = o.per_step ? blocks_of(o.warmup, steps_per_epoch) : o.warmup;
  const std::vector<HistoryRow>& rows = t.history().rows();
  for (size_t i = 0; i + 1 < rows.size(); ++i)
    if (rows[i].epoch >= warmup && rows[i].learning_rate < kSmallest &&
        rows[i + 1].learning_rate < kSmallest)
      return &rows[i];
  return nullptr;
}

// A rate of nearly nothing now, in the past, or to come.
bool check_smallest(const Subject& subject, Report& report) {
  const Trainer& t = subject.trainer();
  const int64_t steps = blocks_of(subject.train().size(), subject.batch_size());
  Finding f{Check::learning_rate, Severity::error, Code::rate_too_low, "", "", NAN, kSmallest};
  if (const HistoryRow* const row = find_smallest(t, steps)) {
    f.value = row->learning_rate;
    f.message = words(
        "The rate was %.3g in epoch %lld: since then nothing is learned. Look at the schedule,"
        " or at the callback that sets the rate.",
        row->learning_rate, static_cast<long long>(row->epoch));
    report.add(f);
    return true;
  }
  const double base = t.optimizer().learning_rate;
  if (base < kSmallest) {
    f.value = base;
    f.message = words("The rate is %.3g: nothing is learned. Look at the callback that sets it.", base);
    report.add(f);
    return true;
  }
  for (int64_t epoch = t.position().epoch; epoch + 1 < subject.options().epochs; ++epoch) {
    const double rate = t.schedule().rate(base, epoch, epoch * steps + steps - 1);
    if (rate >= kSmallest) continue;
    f.value = rate;
    f.message = words(
        "The schedule makes the rate %.3g in epoch %lld of %lld: from there on nothing is"
        " learned. Let it fall more slowly.",
        rate, static_cast<long long>(epoch), static_cast<long long>(subject.options().epochs));
    report.add(f);
    return true;
  }
  // A schedule in steps that was meant in epochs.
  const double first = t.schedule().rate(base, 0, 0), half = t.schedule().rate(base, 0, steps / 2);
  if (steps < 4 || half >= 1e-3 * first) return false;
  f.value = half;
  f.threshold = 1e-3 * first;
  f.message = words(
      "The schedule brings the rate from %.3g to %.3g in half of the first epoch, %lld steps. Does it count"
      " steps where you meant epochs?",
      first, half, static_cast<long long>(steps / 2));
  report.add(f);
  return true;
}

bool has_learned_already(const Subject& subject, const Trial& trial) {
  const Batch batch = subject.fixed_batch(256);
  const std::optional<double> chance = chance_loss(subject.trainer(), batch);
  return chance && trial.first < 0.2 * *chance;
}

Finding too_high(const Subject& subject, const Trial& own, const Trial& other) {
  const double rate = subject.trainer().optimizer().learning_rate;
  Finding f{Check::learning_rate, Severity::error, Code::rate_too_high, "", "", own.fall(), kNothing};
  if (own.blew_up) {
    f.value = NAN;
    f.step = own.blowup.step;
    f.where = own.blowup.where;
    f.message = words("The rate is too high at step %lld: the first NaN or infinity is %s.",
                      static_cast<long long>(own.blowup.step), place_of(own.blowup).c_str());
  } else {
    f.message = words("In %zu steps the loss goes from %.4g to %.4g, over %.4g on the way.",
                      own.losses.size(), own.first, own.last, own.largest_loss());
  }
  f.message += words(" With a rate of %.3g instead of %.3g it falls to %.4g: lower the rate.",
                     rate * other.factor, rate, other.last);
  return f;
}

Finding too_low(const Subject& subject, const Trial& own, const Trial& other) {
  const double rate = subject.trainer().optimizer().learning_rate;
  return {Check::learning_rate,
          Severity::error,
          Code::rate_too_low,
          "",
          words("In %zu steps the loss goes from %.4g to %.4g only; with a rate of %.3g instead of %.3g to"
                " %.4g: raise the rate.",
                own.losses.size(), own.first, own.last, rate * other.factor, rate, other.last),
          own.fall(),
          kNothing};
}

}  // namespace

void check_learning_rate(Subject& subject, Report& report) {
  if (check_smallest(subject, report)) return;
  const Trial& own = subject.trial();
  Finding fine{Check::learning_rate,
               Severity::ok,
               Code::none,
               "",
               words("In %zu steps the loss goes from %.4g to %.4g.", own.losses.size(), own.first, own.last),
               own.fall(),
               kNothing};
  if (!own.blew_up && has_learned_already(subject, own)) {
    fine.message += " The model has learned already: a trial says little about its rate.";
    report.add(fine);
    return;
  }
  if (own.blew_up && own.blowup.step == 0) {
    report.add({Check::learning_rate, Severity::note, Code::skipped, "",
                "The first step already has a NaN or an infinity: see the check of non-finite numbers."});
    return;
  }
  // It learns, but after a leap that a smaller rate does without.
  const bool leaps = own.fall() < 0.5 && own.largest_loss() > 3 * own.first;
  if (own.fall() >= kNothing && !leaps) {
    report.add(fine);
    return;
  }
  if (leaps && own.fall() >= kNothing) {
    const Trial& lower = subject.trial(0.1);
    if (lower.last < 0.5 * own.last)
      report.add(too_high(subject, own, lower));
    else
      report.add(fine);
    return;
  }
  if (const double factor = smaller_rate_that_learns(subject, own); factor > 0) {
    report.add(too_high(subject, own, subject.trial(factor)));
    return;
  }
  const double factor = own.blew_up ? 0 : larger_rate_that_learns(subject, own);
  if (factor >= 100) {
    report.add(too_low(subject, own, subject.trial(factor)));
    return;
  }
  fine.severity = Severity::note;
  if (factor > 0) {
    fine.code = Code::rate_too_low;
    fine.message += words(" Ten times the rate brings it to %.4g.", subject.trial(factor).last);
  } else {
    fine.code = Code::skipped;
    fine.message += " No other rate does better: what is wrong is not the rate.";
  }
  report.add(fine);
}

void check_non_finite(Subject& subject, Report& report) {
  const Trial& own = subject.trial();
  if (!own.blew_up) {
    report.add({Check::non_finite, Severity::ok, Code::none, "",
                words("No NaN and no infinity in %zu steps.", own.losses.size())});
    return;
  }
  Finding f{Check::non_finite, Severity::error, Code::non_finite, own.blowup.where};
  f.step = own.blowup.step;
  f.message = words("At step %lld of the trial the first NaN or infinity is %s.",
                    static_cast<long long>(f.step), place_of(own.blowup).c_str());
  if (own.blowup.in == Blowup::In::input)
    f.message += " Clean the data, or look at the input transform.";
  else if (f.step > 0)
    f.message += " Try a lower rate, or clip the gradients.";
  else
    f.message +=
        " It is there before the first step: look at the initial weights, and at layers and"
        " losses of your own for log(0), 0 / 0 and overflow.";
  report.add(std::move(f));
}

}  // namespace fovea::train::checks
