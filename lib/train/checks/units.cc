// Units that do nothing: dead, saturated, or all the same.
#include <algorithm>
#include <cmath>

#include "graph/inspect.h"
#include "train/checks/activations.h"
#include "train/checks/checks.h"
#include "train/checks/trial.h"

namespace fovea::train::checks {

using graph::activation_of;
using kernels::Activation;

namespace {

constexpr double kDead = 0.7, kSaturated = 0.5;

// Nodes whose values the losses or the caller take.
std::vector<char> outputs_of(const Subject& subject) {
  std::vector<char> output(static_cast<size_t>(subject.graph().size()), 0);
  for (const int n : subject.model().outputs()) output[static_cast<size_t>(n)] = 1;
  for (const int n : subject.trainer().outputs()) output[static_cast<size_t>(n)] = 1;
  return output;
}

Finding dead_units(const graph::Node& node, double before, double after, double step) {
  Finding f{Check::units,
            after >= 0.9 ? Severity::error : Severity::warning,
            Code::dead_units,
            node.name,
            "",
            after,
            kDead,
            static_cast<int64_t>(step)};
  f.message = words("%.0f %% of the units give 0 for every sample", 100 * after);
  f.message += before >= kDead
                   ? ", from the beginning: look at the initial weights and biases."
                   : words(
                         " (at first %.0f %%): steps that were too large have pushed them where no"
                         " gradient reaches them. Lower the rate.",
                         100 * before);
  f.message += " A leaky rectifier cannot die.";
  return f;
}

Finding saturated_units(const graph::Node& node, double before, double after) {
  Finding f{Check::units, Severity::warning, Code::saturated_units, node.name, "", std::max(before, after),
            kSaturated};
  f.message = words(
      "%.0f %% of the values are within 0.01 of the ends of the activation, %.0f %% after the trial:"
      " its derivative is next to 0 there. Use smaller initial weights or inputs, batch norm,"
      " or a rectifier.",
      100 * before, 100 * after);
  return f;
}

}  // namespace

void check_units(Subject& subject, Report& report) {
  const Batch batch = subject.fixed_batch(256);
  const Trial& trial = subject.trial();
  const std::vector<NodeMeasure> before = measure_nodes(subject.model(), {&batch.samples(), 1});
  const std::vector<NodeMeasure> after = measure_nodes(*trial.model, {&batch.samples(), 1});
  const std::vector<char> output = outputs_of(subject);
  double worst = 0;
  for (size_t n = 0; n < before.size(); ++n) {
    const graph::Node& node = subject.graph().node(static_cast<int>(n));
    const Activation a = activation_of(node);
    if (output[n] != 0 || !after[n].finite || !before[n].finite) continue;
    if (is_rectifier(a)) {
      worst = std::max(worst, after[n].dead);
      if (after[n].dead >= kDead)
        report.add(dead_units(node, before[n].dead, after[n].dead,
                              before[n].dead >= kDead ? 0 : static_cast<double>(trial.losses.size())));
    } else if (is_sigmoid(a) || a == Activation::tanh) {
      worst = std::max({worst, before[n].saturated, after[n].saturated});
      if (std::max(before[n].saturated, after[n].saturated) >= kSaturated)
        report.add(saturated_units(node, before[n].saturated, after[n].saturated));
    }
  }
  if (!report.alarmed(Check::units))
    report.add({Check::units, Severity::ok, Code::none, "",
                words("At most %.0f %% of a layer's units are dead or saturated.", 100 * worst), worst,
                kSaturated});
}

namespace {

// The share of the columns (the last axis) that are equal to the first; 0 where there is only one.
template <class T>
double equal_columns(int64_t rows, int64_t columns, const T* w) {
  if (columns < 2) return 0;
  double largest = 0;
  for (int64_t i = 0; i < rows * columns; ++i)
    largest = std::max(largest, std::abs(static_cast<double>(w[i])));
  int64_t equal = 0;
  for (int64_t c = 1; c < columns; ++c) {
    int64_t r = 0;
    while (r < rows && std::abs(static_cast<double>(w[r * columns + c] - w[r * columns])) <= 1e-6 * largest)
      ++r;
    equal += r == rows;
  }
  return static_cast<double>(equal + 1) / static_cast<double>(columns);
}

double equal_columns(const model::Model& model, const graph::Slot& slot) {
  const int64_t columns = slot.shape[slot.shape.rank() - 1];
  return with_float(model.dtype(), [&](auto zero) {
    return equal_columns(slot.elements / columns, columns,
                         reinterpret_cast<const decltype(zero)*>(model.parameter(slot)));
  });
}

}  // namespace

void check_symmetry(Subject& subject, Report& report) {
  double worst = 0;
  const std::vector<graph::Slot>& slots = subject.layout().parameters;
  for (size_t i = 0; i < slots.size(); ++i) {
    const graph::Slot& slot = slots[i];
    if (slot.parameter.role != layers::Role::kernel || slot.shape.rank() < 2) continue;
    const double before = equal_columns(subject.model(), slot);
    if (before < 1) {
      worst = std::max(
          worst, before * static_cast<double>(before >
                                              1.0 / static_cast<double>(slot.shape[slot.shape.rank() - 1])));
      continue;
    }
    const Trial& trial = subject.trial();
    if (trial.parameters[i].frozen || trial.blew_up || equal_columns(*trial.model, slot) < 1) continue;
    report.add(
        {Check::symmetry, Severity::error, Code::symmetric_weights, slot.name,
         words("All %lld units begin with the same weights and still have the same after %zu steps: they"
               " compute one feature. Initialise the kernel at random (He or Glorot); zeros are for"
               " biases.",
               static_cast<long long>(slot.shape[slot.shape.rank() - 1]), trial.losses.size()),
         1, 1, 0});
  }
  if (!report.alarmed(Check::symmetry))
    report.add({Check::symmetry, Severity::ok, Code::none, "", "No layer's units are all equal.", worst, 1});
}

}  // namespace fovea::train::checks
