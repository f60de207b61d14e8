// What checks have found, and its words. Uses std only, and base/table.h.
#pragma once
#include <cmath>
#include <cstdint>
#include <string>
#include <vector>

#include "base/error.h"

namespace fovea::train::checks {

// Values are those of fv_check.
enum class Check : int32_t {
  gradient = 1,
  chance_loss = 2,
  regularization = 3,
  overfit = 4,
  symmetry = 5,
  units = 6,
  update_ratio = 7,
  gradient_flow = 8,
  learning_rate = 9,
  non_finite = 10,
  leakage = 11,
  labels = 12,
  inputs = 13,
  advice = 14
};
inline constexpr const char* kCheckNames[] = {
    nullptr,      "gradient", "chance loss",  "regularization", "overfit",
    "symmetry",   "units",    "update ratio", "gradient flow",  "learning rate",
    "non-finite", "leakage",  "labels",       "inputs",         "advice"};

// Values are those of fv_severity.
enum class Severity : int32_t { ok = 0, note = 1, warning = 2, error = 3 };
inline constexpr const char* kSeverityNames[] = {"ok", "note", "WARNING", "ERROR"};

// Values are those of fv_finding_code.
enum class Code : int32_t {
  none = 0,
  skipped,
  wrong_gradient,
  loss_not_at_chance,
  regularization_ignored,
  regularization_too_strong,
  cannot_overfit,
  symmetric_weights,
  dead_units,
  saturated_units,
  updates_too_large,
  updates_too_small,
  vanishing_gradient,
  exploding_gradient,
  no_gradient,
  nothing_trains,
  rate_too_high,
  rate_too_low,
  non_finite,
  leaked_split,
  duplicate_samples,
  test_set_used,
  labels_unrelated,
  swapped_labels,
  constant_labels,
  missing_class,
  imbalanced_classes,
  conflicting_labels,
  constant_input,
  unscaled_input,
  hidden_activation,
  output_activation,
  dropout_too_strong,
  sorted_samples
};
inline constexpr const char* kCodeNames[] = {"ok",
                                             "skipped",
                                             "wrong gradient",
                                             "loss not at chance",
                                             "regularization ignored",
                                             "regularization too strong",
                                             "cannot overfit",
                                             "symmetric weights",
                                             "dead units",
                                             "saturated units",
                                             "updates too large",
                                             "updates too small",
                                             "vanishing gradient",
                                             "exploding gradient",
                                             "no gradient",
                                             "nothing trains",
                                             "rate too high",
                                             "rate too low",
                                             "non-finite",
                                             "leaked split",
                                             "duplicate samples",
                                             "test set used",
                                             "labels unrelated",
                                             "swapped labels",
                                             "constant labels",
                                             "missing class",
                                             "imbalanced classes",
                                             "conflicting labels",
                                             "constant input",
                                             "unscaled input",
                                             "hidden activation",
                                             "output activation",
                                             "dropout too strong",
                                             "sorted samples"};

struct Finding {
  Check check;
  Severity severity = Severity::ok;
  Code code = Code::none;
  std::string where = {};  // a node, a parameter, a set; empty: everywhere
  std::string message = {};
  double value = NAN;
  double threshold = NAN;
  int64_t step = -1;
};

class Report {
 public:
  void add(Finding finding) { findings_.push_back(std::move(finding)); }
  const std::vector<Finding>& findings() const { return findings_; }
  bool has(Code code) const;
  // Whether an alarm was raised by the check, or with the code.
  bool alarmed(Check check) const;
  bool alarmed(Code code) const;
  Severity severity() const;
  // Leaves out all with this code.
  void drop(Code code);
  // The most severe first, then in the order of the checks.
  void sort();
  std::string text() const;

 private:
  std::vector<Finding> findings_;
};

// printf into a string.
std::string words(const char* format, ...) FOVEA_PRINTF(1, 2);

}  // namespace fovea::train::checks
