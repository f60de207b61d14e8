// Losses between the descriptor and the library. May use: all.
#pragma once
#include "capi/objects.h"
#include "train/objective.h"

namespace fovea::capi {

train::LossOptions loss_from(const fv_loss_desc* desc);
// Pointers into `options`.
fv_loss_desc loss_to(const train::LossOptions& options);
// A loss with default options.
train::LossOptions plain_loss(fv_loss loss);

}  // namespace fovea::capi
