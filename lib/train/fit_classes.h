// Whether two datasets mean the same classes. May use: include/fovea only.
#pragma once
#include <fovea/fovea.h>

namespace fovea::train {

// Refuses a validation dataset (nullable) that has another name for a class than the training data, where
// both have names: labels are numbers, and one would be taken for the other.
fv_status check_classes(const fv_dataset* train, const fv_dataset* validation, fv_error* error);

}  // namespace fovea::train
