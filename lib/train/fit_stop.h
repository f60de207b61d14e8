// When fit ends early, and the best epoch. May use: include/fovea only.
#pragma once
#include <fovea/fovea.hpp>

#include <vector>

namespace fovea::train {

fv_status read_history(const fv_trainer* trainer, std::vector<fv_history_row>* rows, fv_error* error);

// What the history says about going on.
struct Verdict {
  bool newest_is_best = false;
  int64_t best_epoch = -1;  // -1: none
  fv_stop_reason reason = FV_STOP_EPOCHS;
};
fv_status judge(const fv_trainer* trainer, const fv_stop_desc& stop, Verdict* verdict, fv_error* error);

// Refuses what makes no sense. `watches`: something besides `stop` itself needs its monitor.
fv_status check_stop(const fv_stop_desc& stop, bool watches, bool validates, fv_error* error);

// Keeps the model as that of an epoch, and says whose it is; -1: of none that is known.
fv_status keep_epoch(fv_trainer* trainer, int64_t epoch, fv_error* error);
int64_t kept_epoch(const fv_trainer* trainer);

}  // namespace fovea::train
