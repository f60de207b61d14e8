// The loops of a search, and cross-validation. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

namespace fovea::train {

// fv_search_run, fv_search_fit and fv_cross_validate with complete descriptors, those that they point to
// included, but for `drop`; see search.h.
fv_status run_search(fv_search* search, const fv_search_run_desc& desc, fv_error* error);
fv_status fit_search(fv_search* search, const fv_dataset* train, const fv_dataset* validation,
                     fv_monitor monitor, const fv_search_fit_desc& desc, fv_error* error);
// `rows` receives one for each fold.
fv_status cross_validate(const fv_model* model, const fv_trainer_desc& trainer, const fv_dataset* dataset,
                         const fv_cross_validate_desc& desc, fv_history_row* rows, fv_error* error);

}  // namespace fovea::train
