// A few samples by heart: what cannot do that cannot learn.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "train/checks/checks.h"
#include "train/checks/trial.h"
#include "train/evaluate.h"

namespace fovea::train::checks {
namespace {

struct Attempt {
  double first = NAN, last = NAN;
  double right = NAN;  // share of the samples; NaN with targets
  int64_t steps = 0;
  // With targets half of what is there to be learned, between `least` and `most`, must be.
  bool done(double least, double most) const {
    return std::isfinite(last) && (std::isnan(right) ? last - least <= 0.5 * (most - least) : right == 1);
  }
};

// The trainer's options without what keeps it from learning by heart.
TrainerOptions unpenalised(const Subject& subject) {
  TrainerOptions o = subject.trainer_options();
  o.penalty = {};
  o.mix = {};
  o.optimizer.weight_decay = 0;
  for (Group& g : o.groups) g.l1 = g.l2 = 0;
  return o;
}

// Dropout hides what has been learned; so it is measured at inference, too, and the better of both counts.
void measure_calmly(const Trainer& trainer, const data::DatasetPtr& samples, Attempt& a) {
  if (trainer.losses().size() > 1) return;
  const graph::Node& output = trainer.model()->graph()->node(trainer.outputs()[0]);
  if (samples->classes() > 0 && output.shape.rank() != 1) return;
  model::Session session(trainer.model(), samples->size(), trainer.outputs());
  const Evaluation calm = evaluate(session, *samples, trainer.losses()[0], {}, {}, nullptr);
  if (!(calm.loss < a.last)) return;
  a.last = calm.loss;
  a.right = calm.accuracy;
}

Attempt attempt(const Subject& subject, const TrainerOptions& options, const data::DatasetPtr& samples) {
  std::vector<uint32_t> all(static_cast<size_t>(samples->size()));
  std::iota(all.begin(), all.end(), 0u);
  const Batch batch(*samples, all);
  const std::unique_ptr<Trainer> trainer = subject.copy(subject.trainer().model()->clone(), options);
  Attempt a;
  for (; a.steps < subject.options().overfit_steps; ++a.steps) {
    subject.check_cancelled();
    trainer->backward(batch.host());
    const double loss = data_loss(*trainer);
    if (!std::isfinite(loss)) return a;
    if (a.steps == 0) a.first = loss;
    if (loss <= 1e-3 * a.first) break;
    trainer->apply();
  }
  const StepResult after = trainer->loss(batch.host());
  a.last = data_loss(*trainer);
  if (after.correct >= 0) a.right = static_cast<double>(after.correct) / static_cast<double>(batch.size());
  measure_calmly(*trainer, samples, a);
  return a;
}

}  // namespace

void check_overfit(Subject& subject, Report& report) {
  const std::vector<uint32_t> few = subject.distinct(subject.options().overfit_samples);
  const data::DatasetPtr samples =
      data::subset(subject.train_data(), std::vector<int64_t>(few.begin(), few.end()));
  const Batch batch(subject.train(), few);
  const double least = least_loss(subject.trainer(), batch).value_or(0);
  const double chance = chance_loss(subject.trainer(), batch).value_or(INFINITY);
  const TrainerOptions own = unpenalised(subject);
  Attempt best;
  for (const double factor : {1.0, 10.0, 0.1, 0.0}) {
    TrainerOptions options = own;
    if (factor > 0) {
      scale_rates(options, factor);
    } else {  // a last try that owes nothing to the trainer's optimizer
      options.optimizer = {.kind = OptimizerKind::adam, .learning_rate = 1e-3};
      options.schedule = {};
    }
    const Attempt a = attempt(subject, options, samples);
    // The one that has learned them, even where the loss of another is less.
    const bool done = a.done(least, std::min(a.first, chance));
    if (done || factor == 1 || a.last < best.last || std::isnan(best.last)) best = a;
    if (done) break;
  }
  Finding f{Check::overfit, Severity::ok, Code::none, "", "", best.last, NAN, best.steps};
  if (best.done(least, std::min(best.first, chance))) {
    f.message = words("%zu samples are learned by heart in %lld steps: from %.4g to a loss of %.4g.",
                      few.size(), static_cast<long long>(best.steps), best.first, best.last);
  } else {
    f.severity = Severity::error;
    f.code = Code::cannot_overfit;
    f.message = words(
        "Not even %zu samples are learned by heart: in %lld steps the loss goes from %.4g to %.4g,"
        " with the trainer's rate, 10 times and a tenth of it, and with Adam. Before anything"
        " else look at the other findings, the network and the labels.",
        few.size(), static_cast<long long>(best.steps), best.first, best.last);
    if (!std::isnan(best.right)) f.message += words(" %.0f %% are right.", 100 * best.right);
  }
  report.add(std::move(f));
}

}  // namespace fovea::train::checks
