#include "train/fit_classes.h"

#include <algorithm>
#include <string>
#include <vector>

#include "train/fit_error.h"

namespace fovea::train {
namespace {

constexpr int64_t kMostNames = 65536;  // that a model takes

// The names of the classes, of a dataset or of a model.
template <class Object>
fv_status read_names(const Object* object, int64_t count,
                     fv_status (*read)(const Object*, int32_t, char*, size_t, size_t*, fv_error*),
                     std::vector<std::string>* names, fv_error* error) {
  for (int32_t k = 0; k < count; ++k) {
    size_t needed = 0;
    TRY(read(object, k, nullptr, 0, &needed, error));
    std::string name(needed, '\0');
    TRY(read(object, k, name.data(), needed, &needed, error));
    name.resize(needed - 1);
    names->push_back(std::move(name));
  }
  return FV_OK;
}

// The first class, of those that both have, with two names; -1: none.
int differing(const std::vector<std::string>& a, const std::vector<std::string>& b) {
  const size_t both = std::min(a.size(), b.size());
  for (size_t k = 0; k < both; ++k)
    if (a[k] != b[k]) return static_cast<int>(k);
  return -1;
}

fv_status refuse_names(int k, const std::string& a, const char* in_a, const std::string& b, const char* in_b,
                       fv_error* error) {
  return refuse(error, FV_INVALID_ARGUMENT, "fit: class %d is '%.100s' in the %s and '%.100s' in the %s", k,
                a.c_str(), in_a, b.c_str(), in_b);
}

}  // namespace

fv_status check_classes(const fv_dataset* train, const fv_dataset* validation, fv_error* error) {
  if (validation == nullptr) return FV_OK;
  int32_t here_count = 0, there_count = 0;
  TRY(fv_dataset_count_class_names(train, &here_count, error));
  TRY(fv_dataset_count_class_names(validation, &there_count, error));
  const int32_t both = std::min(here_count, there_count);
  std::vector<std::string> here, there;
  TRY(read_names(train, both, fv_dataset_class_name, &here, error));
  TRY(read_names(validation, both, fv_dataset_class_name, &there, error));
  const int k = differing(here, there);
  if (k < 0) return FV_OK;
  const auto at = static_cast<size_t>(k);
  return refuse_names(k, here[at], "training data", there[at], "validation data", error);
}

fv_status keep_classes(fv_trainer* trainer, int64_t step, const fv_dataset* train, fv_error* error) {
  fv_model* const model = fv_trainer_model(trainer);
  int64_t shape[FV_MAX_RANK];
  int32_t rank = 0, named = 0;
  TRY(fv_model_output(model, 0, nullptr, shape, &rank, error));
  TRY(fv_dataset_count_class_names(train, &named, error));
  // A dataset may claim more classes than the network tells apart; a single output decides between two.
  const int64_t outputs = rank == 0 ? 0 : std::max<int64_t>(shape[rank - 1], 2);
  const int64_t count = std::min<int64_t>(named, outputs);
  if (count == 0 || count > kMostNames) return FV_OK;
  std::vector<std::string> names, old;
  TRY(read_names(train, count, fv_dataset_class_name, &names, error));
  if (step > 0) {
    fv_model_info info{};
    info.struct_size = sizeof info;
    TRY(fv_model_get_info(model, &info, error));
    TRY(read_names<fv_model>(model, info.class_names, fv_model_class_name, &old, error));
    const int k = differing(old, names);
    const auto at = static_cast<size_t>(k);
    if (k >= 0) return refuse_names(k, old[at], "model", names[at], "training data", error);
    if (old.size() >= names.size()) return FV_OK;
  }
  std::vector<const char*> texts;
  for (const std::string& name : names) texts.push_back(name.c_str());
  return fv_model_set_class_names(model, texts.data(), texts.size(), error);
}

}  // namespace fovea::train
