#include "train/fit_classes.h"

#include <cstring>
#include <string>
#include <vector>

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

fv_status keep_classes(fv_model* model, const fv_dataset* train, fv_error* error) {
  int64_t shape[FV_MAX_RANK];
  int32_t rank = 0;
  TRY(fv_model_output(model, 0, nullptr, shape, &rank, error));
  std::vector<std::string> names;
  bool named = false;
  // A dataset may claim more classes than the network tells apart.
  for (int32_t k = 0; rank > 0 && k < shape[rank - 1]; ++k) {
    size_t needed = 0;
    if (fv_dataset_class_name(train, k, nullptr, 0, &needed, nullptr) != FV_OK) break;
    std::vector<char> name(needed);
    TRY(fv_dataset_class_name(train, k, name.data(), needed, nullptr, error));
    named = named || std::strcmp(name.data(), std::to_string(k).c_str()) != 0;
    names.emplace_back(name.data());
  }
  if (!named) return FV_OK;
  std::vector<const char*> texts;
  for (const std::string& name : names) texts.push_back(name.c_str());
  return fv_model_set_class_names(model, texts.data(), texts.size(), error);
}

}  // namespace fovea::train
