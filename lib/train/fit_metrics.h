// The metrics of fit: which they are, and their values in the history. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

#include <string>
#include <vector>

namespace fovea::train {

// The trainer's metrics; their names are borrowed from it.
fv_status read_metrics(const fv_trainer* trainer, std::vector<fv_metric_desc>* metrics, fv_error* error);

// The names under which record_metrics() records: for each metric its own, and with "val_" where it
// `validates`. The metric "accuracy" has none: it goes into the history's rows.
fv_status name_series(const fv_trainer* trainer, bool validates, std::vector<std::string>* names,
                      fv_error* error);

// Values for the row that is recorded next: those of the training, and of the validation unless empty.
// `series` receives them in the order of their names.
fv_status record_metrics(fv_trainer* trainer, const std::vector<double>& validation, fv_history_row* row,
                         std::vector<double>* series, fv_error* error);

// Whether larger is better of a value with this name in the history; `otherwise` where it is not known.
fv_status find_direction(const fv_trainer* trainer, const std::string& name, bool otherwise, bool* larger,
                         fv_error* error);

}  // namespace fovea::train
