// All checks, in an order in which each may use what the ones before have found.
#include "base/error.h"
#include "train/checks/checks.h"

namespace fovea::train::checks {
namespace {

// One that fails leaves a note; out of memory and cancelling are for the caller.
template <class F>
void run(Check check, Report& report, F&& call) {
  try {
    call();
  } catch (const Error& error) {
    if (error.status() == Status::cancelled || error.status() == Status::out_of_memory) throw;
    report.add({check, Severity::note, Code::skipped, "", std::string("It failed: ") + error.what() + "."});
  }
}

// What follows from a finding that is there.
void drop_consequences(Report& report) {
  const bool too_high = report.alarmed(Code::rate_too_high);
  if (too_high) report.drop(Code::non_finite);
  if (too_high || report.alarmed(Code::rate_too_low)) {
    report.drop(Code::updates_too_large);
    report.drop(Code::updates_too_small);
  }
  // A larger step would not wake them.
  if (report.alarmed(Code::dead_units) || report.alarmed(Code::vanishing_gradient))
    report.drop(Code::updates_too_small);
  if (report.alarmed(Code::labels_unrelated) || report.alarmed(Code::constant_labels)) {
    report.drop(Code::rate_too_high);
    report.drop(Code::rate_too_low);
  }
}

}  // namespace

void check_all(Subject& subject, Report& report) {
  using Function = void (*)(Subject&, Report&);
  constexpr std::pair<Check, Function> kChecks[] = {
      {Check::advice, check_advice},
      {Check::inputs, check_inputs},
      {Check::chance_loss, check_chance_loss},
      {Check::regularization, check_regularization},
      {Check::labels, check_labels},
      {Check::symmetry, check_symmetry},
      {Check::gradient, check_gradient},
      {Check::gradient_flow, check_gradient_flow},
      {Check::units, check_units},
      {Check::update_ratio, check_update_ratio},
      {Check::learning_rate, check_learning_rate},
      {Check::non_finite, check_non_finite},
      {Check::overfit, check_overfit},
  };
  run(Check::leakage, report, [&] { check_leakage(subject.train(), subject.options(), report); });
  for (const auto& [check, function] : kChecks) {
    subject.check_cancelled();
    run(check, report, [&] { function(subject, report); });
  }
  drop_consequences(report);
}

}  // namespace fovea::train::checks
