#include "train/fit_metrics.h"

#include <fovea/fovea.hpp>

#include "train/fit_error.h"

namespace fovea::train {

fv_status read_metrics(const fv_trainer* trainer, std::vector<fv_metric_desc>* metrics, fv_error* error) {
  size_t count = 0;
  TRY(fv_trainer_metric_values(trainer, nullptr, 0, &count, error));
  metrics->assign(count, init<fv_metric_desc>());
  for (size_t i = 0; i < count; ++i) TRY(fv_trainer_get_metric(trainer, i, &(*metrics)[i], error));
  return FV_OK;
}

fv_status name_series(const fv_trainer* trainer, bool validates, std::vector<std::string>* names,
                      fv_error* error) {
  std::vector<fv_metric_desc> metrics;
  TRY(read_metrics(trainer, &metrics, error));
  for (const fv_metric_desc& metric : metrics) {
    const std::string name = metric.name;
    if (name == "accuracy") continue;
    names->push_back(name);
    if (validates) names->push_back("val_" + name);
  }
  return FV_OK;
}

fv_status record_metrics(fv_trainer* trainer, const std::vector<double>& validation, fv_history_row* row,
                         std::vector<double>* series, fv_error* error) {
  std::vector<fv_metric_desc> metrics;
  TRY(read_metrics(trainer, &metrics, error));
  std::vector<double> values(metrics.size());
  TRY(fv_trainer_metric_values(trainer, values.data(), values.size(), nullptr, error));
  series->clear();
  for (size_t i = 0; i < metrics.size(); ++i) {
    const std::string name = metrics[i].name;
    if (name == "accuracy") {
      row->accuracy = values[i];
      if (!validation.empty()) row->val_accuracy = validation[i];
      continue;
    }
    TRY(fv_trainer_record_value(trainer, name.c_str(), values[i], error));
    series->push_back(values[i]);
    if (validation.empty()) continue;
    TRY(fv_trainer_record_value(trainer, ("val_" + name).c_str(), validation[i], error));
    series->push_back(validation[i]);
  }
  return FV_OK;
}

fv_status find_direction(const fv_trainer* trainer, const std::string& name, bool otherwise, bool* larger,
                         fv_error* error) {
  const std::string plain = name.substr(0, 4) == "val_" ? name.substr(4) : name;
  *larger = plain == "accuracy" || (plain != "loss" && otherwise);
  std::vector<fv_metric_desc> metrics;
  TRY(read_metrics(trainer, &metrics, error));
  for (const fv_metric_desc& metric : metrics)
    if (plain == metric.name) *larger = fv_metric_is_larger_better(metric.metric) != 0;
  return FV_OK;
}

}  // namespace fovea::train
