// What classes are called: whether two datasets mean the same, and the model's memory of it.
// May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

namespace fovea::train {

// Refuses a validation dataset (nullable) that has another name for a class than the training data, where
// both have names: labels are numbers, and one would be taken for the other.
fv_status check_classes(const fv_dataset* train, const fv_dataset* validation, fv_error* error);

// Gives the model the names of the training data's classes, where these have any. After the first step it
// refuses others than the model has: what it learned is those.
fv_status keep_classes(fv_trainer* trainer, int64_t step, const fv_dataset* train, fv_error* error);

}  // namespace fovea::train
