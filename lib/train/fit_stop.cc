#include "train/fit_stop.h"

#include <cmath>
#include <string>

#include "train/fit_error.h"
#include "train/fit_metrics.h"

namespace fovea::train {
namespace {

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
  double best = has_baseline ? sign * (stop.baseline == FV_ZERO ? 0 : stop.baseline) : -INFINITY;
  int64_t bad = 0, apart = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double value = sign * values[i];
    verdict->newest_is_best = value > best + (std::isinf(best) ? 0 : stop.min_delta);
    bad = verdict->newest_is_best ? 0 : bad + 1;
    if (verdict->newest_is_best) best = value;
    const bool parts = i > 0 && rows[i].loss < rows[i - 1].loss && rows[i].val_loss > rows[i - 1].val_loss;
    apart = parts ? apart + 1 : 0;
  }
  if (stop.patience > 0 && bad >= stop.patience) verdict->reason = FV_STOP_NO_IMPROVEMENT;
  if (stop.divergence > 0 && apart >= stop.divergence) verdict->reason = FV_STOP_DIVERGENCE;
  return FV_OK;
}

fv_status check_stop(const fv_stop_desc& s, bool watches, bool validates, fv_error* error) {
  if (s.monitor < FV_MONITOR_VAL_LOSS || s.monitor > FV_MONITOR_ACCURACY)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: monitor of stop is none");
  if (s.patience < 0 || s.divergence < 0 || !(s.min_delta >= 0) || !(s.seconds >= 0))
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

fv_status copy_tensors(const fv_model* from, fv_model* to, fv_error* error) {
  auto info = init<fv_model_info>();
  TRY(fv_model_get_info(from, &info, error));
  std::vector<double> values;
  for (int32_t i = 0; i < info.tensors; ++i) {
    auto tensor = init<fv_tensor_info>();
    TRY(fv_model_tensor_info(from, i, &tensor, error));
    fv_tensor source{};
    size_t count = 1;
    for (int32_t axis = 0; axis < tensor.rank; ++axis)
      count *= static_cast<size_t>(source.shape[axis] = tensor.shape[axis]);
    values.resize(count);
    fv_buffer buffer{};
    buffer.data = values.data();
    buffer.capacity = count * sizeof(double);
    buffer.dtype = FV_F64;
    TRY(fv_model_get_tensor(from, tensor.name, &buffer, error));
    source.data = values.data();
    source.dtype = FV_F64;
    source.rank = tensor.rank;
    TRY(fv_model_set_tensor(to, tensor.name, &source, error));
  }
  return FV_OK;
}

}  // namespace fovea::train
