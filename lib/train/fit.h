// fit: the training loop, written with public calls only: copy fit*.h and fit*.cc into your program where you
// need another one. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

namespace fovea::train {

// fv_trainer_fit with a complete descriptor.
fv_status fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation,
              const fv_fit_desc& desc, fv_error* error);

}  // namespace fovea::train
