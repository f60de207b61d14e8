#include "train/fit_classes.h"

#include <cstring>
#include <string>

#include "train/fit_error.h"

namespace fovea::train {

fv_status check_classes(const fv_dataset* train, const fv_dataset* validation, fv_error* error) {
  if (validation == nullptr) return FV_OK;
  char here[256], there[256];  // a class without a name has its number
  // Up to the last class that both have: fv_dataset_get_info would read the whole dataset.
  for (int32_t k = 0;; ++k) {
    if (fv_dataset_class_name(train, k, here, sizeof here, nullptr, nullptr) != FV_OK ||
        fv_dataset_class_name(validation, k, there, sizeof there, nullptr, nullptr) != FV_OK)
      return FV_OK;
    const std::string number = std::to_string(k);
    const auto differs = [](const char* a, const char* b) { return std::strcmp(a, b) != 0; };
    if (differs(here, there) && differs(here, number.c_str()) && differs(there, number.c_str()))
      return refuse(error, FV_INVALID_ARGUMENT,
                    "fit: class %d is '%.100s' in the training data and '%.100s' in the validation data", k,
                    here, there);
  }
}

}  // namespace fovea::train
