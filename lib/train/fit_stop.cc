#include "train/fit_stop.h"

#include <cmath>
#include <cstdlib>
#include <string>

#include "train/fit_error.h"
#include "train/fit_metrics.h"

namespace fovea::train {
namespace {

// The trainer's note of the epoch whose weights it keeps.
constexpr const char* kKept = "fit.best";

std::string name_of(const fv_stop_desc& stop) {
  constexpr const char* kNames[] = {"val_loss", "loss", "val_accuracy", "accuracy"};
  return stop.monitor_name != nullptr ? stop.monitor_name : kNames[stop.monitor];
}

}  // namespace

fv_status read_history(const fv_trainer* trainer, std::vector<fv_history_row>* rows, fv_error* error) {
  size_t count = 0;
  TRY(fv_trainer_history(trainer, nullptr, 0, &count, error));
  rows->resize(count);
  return fv_trainer_history(trainer, rows->data(), rows->size(), nullptr, error);
}

fv_status judge(const fv_trainer* trainer, const fv_stop_desc& stop, Verdict* verdict, fv_error* error) {
  *verdict = {};
  std::vector<fv_history_row> rows;
  TRY(read_history(trainer, &rows, error));
  if (rows.empty()) return FV_OK;  // a series begins with its first value
  const std::string name = name_of(stop);
  std::vector<double> values(rows.size());
  TRY(fv_trainer_series(trainer, name.c_str(), values.data(), values.size(), nullptr, error));
  bool larger = false;
  TRY(find_direction(trainer, name, stop.monitor_larger != 0, &larger, error));
  const double sign = larger ? 1 : -1;
  const bool has_baseline = stop.baseline != 0;
  const double baseline = sign * (stop.baseline == FV_ZERO ? 0 : stop.baseline);
  double best = -INFINITY;
  int64_t bad = 0, apart = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double value = sign * values[i];
    verdict->newest_is_best = value > best + (std::isinf(best) ? 0 : stop.min_delta);
    if (verdict->newest_is_best) best = value, verdict->best_epoch = rows[i].epoch;
    const bool is_good = verdict->newest_is_best && (!has_baseline || value > baseline + stop.min_delta);
    bad = is_good ? 0 : bad + 1;
    const bool parts = i > 0 && rows[i].loss < rows[i - 1].loss &&
                       rows[i].val_loss > rows[i - 1].val_loss + stop.divergence_delta;
    apart = parts ? apart + 1 : 0;
  }
  if (stop.patience > 0 && bad >= stop.patience) verdict->reason = FV_STOP_NO_IMPROVEMENT;
  if (stop.divergence > 0 && apart >= stop.divergence) verdict->reason = FV_STOP_DIVERGENCE;
  return FV_OK;
}

fv_status check_stop(const fv_stop_desc& s, bool watches, bool validates, fv_error* error) {
  if (s.monitor < FV_MONITOR_VAL_LOSS || s.monitor > FV_MONITOR_ACCURACY)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: monitor of stop is none");
  if (s.patience < 0 || s.divergence < 0 || !(s.min_delta >= 0) || !(s.divergence_delta >= 0) ||
      !(s.seconds >= 0))
    return refuse(error, FV_INVALID_ARGUMENT, "fit: a number of stop is negative or none");
  if (s.monitor_name != nullptr && s.monitor != 0)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: stop has both monitor and monitor_name");
  // A series of the host's own may begin with "val_" too: it shows when it is missing.
  const std::string name = name_of(s);
  const bool of_validation = name == "val_loss" || name == "val_accuracy";
  if (!validates && of_validation && (watches || s.patience > 0 || s.restore_best != 0))
    return refuse(error, FV_INVALID_ARGUMENT,
                  "fit: stop watches the validation, and there is no validation set");
  if (!validates && s.divergence > 0)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: divergence needs a validation set");
  return FV_OK;
}

fv_status keep_epoch(fv_trainer* trainer, int64_t epoch, fv_error* error) {
  TRY(fv_trainer_set_note(trainer, kKept, nullptr, error));
  TRY(fv_trainer_keep_weights(trainer, error));
  return fv_trainer_set_note(trainer, kKept, std::to_string(epoch).c_str(), error);
}

int64_t kept_epoch(const fv_trainer* trainer) {
  char epoch[32];
  if (fv_trainer_get_note(trainer, kKept, epoch, sizeof epoch, nullptr, nullptr) != FV_OK) return -1;
  return std::strtoll(epoch, nullptr, 10);
}

}  // namespace fovea::train
