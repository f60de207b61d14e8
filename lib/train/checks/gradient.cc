// Gradients by backward against central differences, in double precision.
#include <algorithm>
#include <cmath>

#include "train/checks/checks.h"
#include "train/checks/difference.h"
#include "train/checks/probe.h"
#include "train/checks/trial.h"

namespace fovea::train::checks {
namespace {

constexpr double kGreat = 1e-7, kKinks = 1e-5, kConcern = 1e-3, kWrong = 1e-2;

// Sums over the components of one parameter, or of all.
struct Comparison {
  double analytic = 0, numeric = 0;  // squares
  double difference = 0;             // squares
  double excess = 0;                 // squares of what rounding does not explain
  int64_t components = 0, kinks = 0;

  double size() const { return std::sqrt(analytic) + std::sqrt(numeric); }
  double error() const { return size() == 0 ? 0 : std::sqrt(difference) / size(); }
  // What counts against it: where a gradient is small, rounding is most of its error.
  double sure_error() const { return size() == 0 ? 0 : std::sqrt(excess) / size(); }
  // Whether nothing of it counts beside the whole.
  bool is_nothing(const Comparison& whole) const {
    return std::max(analytic, numeric) <= 1e-18 * std::max(whole.analytic, whole.numeric);
  }
  // More was left out than compared.
  bool says_little() const { return kinks > components; }
  void add(const Comparison& other) {
    analytic += other.analytic;
    numeric += other.numeric;
    difference += other.difference;
    excess += other.excess;
    components += other.components;
    kinks += other.kinks;
  }
};

// Nothing may stand exactly on a kink, such as a bias of 0 under a black border.
void move_off_kinks(const model::Model& model) {
  uint32_t stream = 0;
  for (const graph::Slot& slot : model.layout()->parameters) {
    auto* const w = reinterpret_cast<double*>(model.parameter(slot));
    double squares = 0;
    for (int64_t i = 0; i < slot.elements; ++i) squares += w[i] * w[i];
    const double rms = std::sqrt(squares / static_cast<double>(slot.elements));
    RandomSequence random({.seed = 1, .stream = stream++, .purpose = Purpose::noise}, 0);
    for (int64_t i = 0; i < slot.elements; ++i) w[i] += (rms == 0 ? 0.01 : 0.01 * rms) * random.normal();
  }
}

class Examiner {
 public:
  Examiner(const Subject& subject, Trainer& trainer, const Batch& batch)
      : subject_(subject), trainer_(trainer), batch_(batch) {
    value_ = trainer.backward(batch.host()).loss;
    const auto* block = reinterpret_cast<const double*>(trainer.gradients());
    gradients_.assign(block, block + trainer.gradient_block());
  }

  int64_t coordinates() const {
    if (subject_.options().coordinates != 0) return subject_.options().coordinates;
    const auto slots = static_cast<int64_t>(trainer_.model()->layout()->parameters.size());
    return std::clamp<int64_t>(400 / std::max<int64_t>(slots, 1), 3, 20);
  }

  Comparison compare(const graph::Slot& slot, uint32_t stream, int64_t wanted) const {
    Comparison c;
    RandomSequence random({.seed = 2, .stream = stream, .purpose = Purpose::noise}, 0);
    const bool all = wanted < 0 || wanted >= slot.elements;
    const int64_t tries = all ? slot.elements : 3 * wanted;
    for (int64_t i = 0; i < tries && (all || c.components < wanted); ++i) {
      subject_.check_cancelled();
      const int64_t at = all ? i : static_cast<int64_t>(random.below(static_cast<uint32_t>(slot.elements)));
      add_component(slot, at, c);
    }
    return c;
  }

 private:
  void add_component(const graph::Slot& slot, int64_t index, Comparison& c) const {
    double& w = reinterpret_cast<double*>(trainer_.model()->parameter(slot))[index];
    const double before = w, a = gradients_[static_cast<size_t>(slot.offset + index)];
    const auto f = [&](double step) {
      w = before + step;
      const double loss = trainer_.loss(batch_.host()).loss;
      w = before;
      return loss;
    };
    double h = subject_.options().gradient_step;
    if (h == 0) h = 6e-6 * std::max(1.0, std::abs(before));
    // A kink may lie within h, or the function bend much: nearer by, it may be smooth.
    for (int attempt = 0; attempt < 3; ++attempt, h /= 8) {
      const std::optional<double> n = derivative(f, value_, h);
      if (!n) continue;
      const double difference = std::abs(a - *n);
      const double excess = std::max(0.0, difference - 2 * rounding(value_, h));
      c.add({a * a, *n * *n, difference * difference, excess * excess, 1, 0});
      return;
    }
    ++c.kinks;
  }

  const Subject& subject_;
  Trainer& trainer_;
  const Batch& batch_;
  double value_;
  std::vector<double> gradients_;
};

// What is frozen has no gradients to compare: here it is not.
TrainerOptions all_trained(const Subject& subject) {
  TrainerOptions options = subject.trainer_options();
  for (Group& group : options.groups) group.frozen = false;
  options.depth = {};
  return options;
}

Batch small_batch(const Subject& subject) {
  return Batch(subject.train(), subject.distinct(subject.options().gradient_samples));
}

// What the gradient of the probes says: the node whose backward pass is wrong; "" for the loss; none where
// they agree after all.
std::optional<std::string> to_blame(const Subject& subject, const model::Model& model) {
  const ProbedModel probed = with_probes(model, subject.trainer().outputs(), subject.trainer().losses());
  TrainerOptions options = all_trained(subject);
  options.losses = probed.losses;
  options.groups.clear();
  options.optimizer = {};
  const std::unique_ptr<Trainer> trainer = subject.copy(probed.model, options);
  const Batch batch = small_batch(subject);
  const Examiner examiner(subject, *trainer, batch);
  const graph::Layout& layout = *probed.model->layout();
  std::vector<Comparison> slots;
  Comparison whole;
  for (size_t i = 0; i < layout.parameters.size(); ++i) {
    slots.push_back(examiner.compare(layout.parameters[i], static_cast<uint32_t>(i), 4));
    whole.add(slots.back());
  }
  const auto wrong = [&](size_t i) {
    return !slots[i].is_nothing(whole) && slots[i].sure_error() > kConcern;
  };
  const auto wrong_node = [&](int node) {
    const size_t n = static_cast<size_t>(node);
    for (int i = layout.first_parameter[n]; i < layout.first_parameter[n + 1]; ++i)
      if (wrong(static_cast<size_t>(i))) return true;
    return false;
  };
  for (const Probe& p : probed.probes)
    if (p.consumer < 0 && wrong_node(p.node)) return "";
  // From the output on: the first whose own gradients or those that it passes back are wrong.
  for (int n = model.graph()->size() - 1; n >= 0; --n) {
    bool bad = wrong_node(probed.node_of[static_cast<size_t>(n)]);
    for (const Probe& p : probed.probes) bad = bad || (p.consumer == n && wrong_node(p.node));
    if (bad) return model.graph()->node(n).name;
  }
  return std::nullopt;
}

Severity severity_of(double error) {
  if (error > kConcern) return Severity::error;
  if (error > kKinks) return Severity::warning;
  return error > kGreat ? Severity::note : Severity::ok;
}

struct Result {
  Comparison whole;
  size_t worst = 0;  // parameter
  double worst_error = 0;
};

void note_left_out(const graph::Slot& slot, const Comparison& c, int64_t step, Report& report) {
  report.add({Check::gradient, Severity::note, Code::skipped, slot.name,
              words("%lld of %lld components could not be compared: the loss has a kink near by, bends much,"
                    " or is no number.",
                    static_cast<long long>(c.kinks), static_cast<long long>(c.kinks + c.components)),
              NAN, NAN, step});
}

Result examine(const Subject& subject, const model::Model& model, int64_t step, Report& report) {
  const std::unique_ptr<Trainer> trainer = subject.copy(model.clone(DType::f64), all_trained(subject));
  move_off_kinks(*trainer->model());
  const Batch batch = small_batch(subject);
  const Examiner examiner(subject, *trainer, batch);
  const std::vector<graph::Slot>& slots = subject.layout().parameters;
  std::vector<Comparison> each;
  Result result;
  for (size_t i = 0; i < slots.size(); ++i) {
    each.push_back(examiner.compare(slots[i], static_cast<uint32_t>(i), examiner.coordinates()));
    result.whole.add(each.back());
  }
  for (size_t i = 0; i < slots.size(); ++i) {
    if (each[i].says_little()) note_left_out(slots[i], each[i], step, report);
    if (each[i].is_nothing(result.whole)) continue;
    const double error = each[i].sure_error();
    if (error > result.worst_error) result.worst = i, result.worst_error = error;
    if (severity_of(error) < Severity::warning) continue;
    report.add({Check::gradient, severity_of(error), Code::wrong_gradient, slots[i].name,
                words("Its gradient differs from central differences by %.2g%s (%lld components, %lld near a"
                      " kink left out).",
                      error, error > kWrong ? ", which is almost certainly a bug" : ", which is a concern",
                      static_cast<long long>(each[i].components), static_cast<long long>(each[i].kinks)),
                error, kConcern, step});
  }
  if (result.worst_error <= kConcern) return result;
  if (const std::optional<std::string> node = to_blame(subject, *trainer->model()))
    report.add({Check::gradient, Severity::error, Code::wrong_gradient, *node,
                node->empty()
                    ? "The gradient of the loss itself is wrong: look at the loss."
                    : "What arrives at this node from behind is right, what it makes of it is wrong: its"
                      " backward pass is to blame.",
                result.worst_error, kConcern, step});
  return result;
}

}  // namespace

void check_gradient(Subject& subject, Report& report) {
  if (subject.layout().parameters.empty()) {
    report.add({Check::gradient, Severity::note, Code::skipped, "", "The model has no parameters."});
    return;
  }
  Result worst = examine(subject, subject.model(), 0, report);
  const int64_t burn_in = subject.options().burn_in;
  if (!report.alarmed(Check::gradient) && burn_in >= 0) {
    std::shared_ptr<model::Model> later;
    int64_t step = burn_in == 0 ? subject.options().steps : burn_in;
    if (step == subject.options().steps) {
      const Trial& trial = subject.trial();
      if (!trial.blew_up) later = trial.model;
    } else if (Trial trial = run_trial(subject, 1, step); !trial.blew_up) {
      later = trial.model;
    }
    if (later == nullptr)
      report.add({Check::gradient, Severity::note, Code::skipped, "",
                  words("There is no second comparison after %lld steps: these end in a NaN or an infinity.",
                        static_cast<long long>(step))});
    else if (const Result again = examine(subject, *later, step, report);
             again.worst_error > worst.worst_error)
      worst = again;
  }
  if (report.alarmed(Check::gradient) || worst.whole.components == 0) return;
  const std::string& name = subject.layout().parameters[worst.worst].name;
  report.add(
      {Check::gradient, severity_of(worst.worst_error), Code::none, name,
       words("Gradients agree with central differences: %lld components, as one vector to %.2g, at worst"
             " to %.2g in '%s'.",
             static_cast<long long>(worst.whole.components), worst.whole.error(), worst.worst_error,
             name.c_str()),
       worst.whole.error(), kConcern});
}

}  // namespace fovea::train::checks
