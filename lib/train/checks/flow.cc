// How far gradients reach, and what the steps make of them.
#include <algorithm>
#include <cmath>

#include "train/checks/activations.h"
#include "train/checks/checks.h"
#include "train/checks/trial.h"

namespace fovea::train::checks {
namespace {

constexpr double kVanishing = 1e-5, kExploding = 1e4;

// A kernel that is being trained, with what the trial saw of it.
struct Kernel {
  const graph::Slot* slot;
  const ParameterTrace* trace;
  double relative() const { return trace->weight > 0 ? trace->gradient_norm / trace->weight : 0; }
};

std::vector<Kernel> trained_kernels(const Subject& subject, const Trial& trial) {
  std::vector<Kernel> kernels;
  for (size_t i = 0; i < trial.parameters.size(); ++i) {
    const graph::Slot& slot = subject.layout().parameters[i];
    if (slot.parameter.role == layers::Role::kernel && !trial.parameters[i].frozen)
      kernels.push_back({&slot, &trial.parameters[i]});
  }
  return kernels;
}

void skip(Check check, Report& report, const char* why) {
  report.add({check, Severity::note, Code::skipped, "", why});
}

}  // namespace

void check_update_ratio(Subject& subject, Report& report) {
  const Trial& trial = subject.trial();
  if (trial.blew_up) return skip(Check::update_ratio, report, "The trial ended in NaN or infinity.");
  double least = INFINITY, most = 0;
  for (const Kernel& k : trained_kernels(subject, trial)) {
    const double ratio = k.trace->ratio;
    if (k.trace->gradient == 0) continue;  // the gradient's flow is another check's
    least = std::min(least, ratio);
    most = std::max(most, ratio);
    const bool large = ratio > 0.1, small = ratio < 1e-5;
    if (!large && !small) continue;
    const bool alarm = ratio > 0.5 || ratio < 1e-8;
    report.add({Check::update_ratio, alarm ? Severity::warning : Severity::note,
                large ? Code::updates_too_large : Code::updates_too_small, k.slot->name,
                words("A step changes %.3g of the weights; healthy is about 0.001. %s the rate%s.", ratio,
                      large ? "Lower" : "Raise", large ? ", or clip the gradients" : ""),
                ratio, large ? 0.1 : 1e-5});
  }
  if (!report.alarmed(Check::update_ratio))
    report.add({Check::update_ratio, Severity::ok, Code::none, "",
                words("A step changes %.3g to %.3g of each kernel; healthy is about 0.001.", least, most),
                most, 0.5});
}

namespace {

void check_vanishing(const std::vector<Kernel>& kernels, Report& report) {
  const auto by = [](auto measure) {
    return [measure](const Kernel& a, const Kernel& b) { return measure(a) < measure(b); };
  };
  const auto rms = [](const Kernel& k) { return k.trace->gradient; };
  const auto relative = [](const Kernel& k) { return k.relative(); };
  const double most_rms = rms(*std::max_element(kernels.begin(), kernels.end(), by(rms)));
  const double most_relative = relative(*std::max_element(kernels.begin(), kernels.end(), by(relative)));
  const Kernel* worst = nullptr;
  double least = 1;
  int count = 0;
  for (const Kernel& k : kernels) {
    if (rms(k) == 0) continue;
    const double quotient = std::max(rms(k) / most_rms, relative(k) / most_relative);
    if (quotient >= kVanishing) continue;
    ++count;
    if (quotient < least) least = quotient, worst = &k;
  }
  if (worst == nullptr) return;
  report.add(
      {Check::gradient_flow, Severity::error, Code::vanishing_gradient, worst->slot->name,
       words("Its gradient is %.2g of the largest one of the network, and so with %d kernels: those learn"
             " nothing. Use rectifiers instead of sigmoids, He or Glorot initialisation, batch norm or"
             " shortcuts.",
             least, count),
       least, kVanishing});
}

// Gradients that grow towards the input, or signals towards the output.
void check_exploding(const Subject& subject, const std::vector<Kernel>& kernels, Report& report) {
  const Batch batch = subject.fixed_batch(subject.batch_size());
  const std::vector<NodeMeasure> nodes = measure_nodes(subject.model(), {&batch.samples(), 1});
  double input = 0, largest = 0;
  size_t at = 0;
  for (size_t n = 0; n < nodes.size(); ++n) {
    if (subject.graph().node(static_cast<int>(n)).inputs.empty())
      input = std::max(input, nodes[n].rms);
    else if (nodes[n].rms > largest)
      largest = nodes[n].rms, at = n;
  }
  Finding f{Check::gradient_flow, Severity::error, Code::exploding_gradient, "", "", NAN, kExploding};
  const char* const cure = " Use He or Glorot initialisation, batch norm, or clip the gradients.";
  if (input > 0 && largest > kExploding * input) {
    f.where = subject.graph().node(static_cast<int>(at)).name;
    f.value = largest / input;
    f.message = words("Values grow from %.3g at the input to %.3g here.%s", input, largest, cure);
    report.add(std::move(f));
    return;
  }
  if (kernels.size() < 3) return;
  const double last = kernels.back().trace->first_gradient;
  for (const Kernel& k : kernels) {
    const double quotient = k.trace->first_gradient / last;
    if (last == 0 || quotient <= kExploding) continue;
    f.where = k.slot->name;
    f.value = quotient;
    f.message =
        words("Its gradient at first is %.3g times that of the last kernel: it grows on its way back.%s",
              quotient, cure);
    report.add(std::move(f));
    return;
  }
}

}  // namespace

void check_gradient_flow(Subject& subject, Report& report) {
  const Trial& trial = subject.trial();
  const std::vector<Kernel> kernels = trained_kernels(subject, trial);
  const bool any = std::any_of(trial.parameters.begin(), trial.parameters.end(),
                               [](const ParameterTrace& p) { return !p.frozen; });
  if (!any) {
    report.add({Check::gradient_flow, Severity::error, Code::nothing_trains, "",
                "Every parameter is frozen, or there are none: nothing is trained."});
    return;
  }
  if (kernels.empty()) return skip(Check::gradient_flow, report, "No kernel is trained.");
  check_exploding(subject, kernels, report);
  if (!trial.blew_up) {
    for (const Kernel& k : kernels)
      if (k.trace->largest_gradient == 0)
        report.add(
            {Check::gradient_flow, Severity::error, Code::no_gradient, k.slot->name,
             "Its gradient is 0 in every step: no loss depends on it, or nothing comes through the layers"
             " behind it. Look for dead units, for kernels of zeros and for an output without a loss.",
             0, NAN});
    check_vanishing(kernels, report);
  }
  if (!report.alarmed(Check::gradient_flow))
    report.add({Check::gradient_flow, Severity::ok, Code::none, "", "Gradients reach every kernel."});
}

}  // namespace fovea::train::checks
