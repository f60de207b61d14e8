// When fit ends early, and the best epoch. May use: include/fovea only.
#pragma once
#include <fovea/fovea.hpp>

#include <vector>

namespace fovea::train {

fv_status read_history(const fv_trainer* trainer, std::vector<fv_history_row>* rows, fv_error* error);

// What the history says about going on.
struct Verdict {
  bool newest_is_best = false;
  fv_stop_reason reason = FV_STOP_EPOCHS;
};
fv_status judge(const fv_trainer* trainer, const fv_stop_desc& stop, Verdict* verdict, fv_error* error);

// Refuses what makes no sense. `watches`: something besides `stop` itself needs its monitor.
fv_status check_stop(const fv_stop_desc& stop, bool watches, bool validates, fv_error* error);

// The tensors of one model into another of the same graph.
fv_status copy_tensors(const fv_model* from, fv_model* to, fv_error* error);

}  // namespace fovea::train
