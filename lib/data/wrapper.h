// A dataset that reads from another one and changes something of it. May use: data/dataset.h.
#pragma once
#include <string>
#include <utility>

#include "data/dataset.h"

namespace fovea::data {

// All as it is; a class derived from it says what is not.
class Wrapper : public Dataset {
 public:
  TensorView sample(int64_t i, SampleMemory& memory, const Draw* draw) const override {
    return base_->sample(i, memory, draw);
  }
  int64_t label(int64_t i) const override { return base_->label(i); }
  const std::byte* stored_target(int64_t i) const override { return base_->stored_target(i); }
  std::string class_name(int label) const override { return base_->class_name(label); }
  bool has_class_names() const override { return base_->has_class_names(); }
  std::string sample_name(int64_t i) const override { return base_->sample_name(i); }
  std::shared_ptr<const FilesReport> files_report() const override { return base_->files_report(); }

 protected:
  Wrapper(DatasetPtr base, SampleFormat format)
      : Dataset(base->size(), std::move(format)), base_(std::move(base)) {}
  void identify(int64_t i, SampleMemory& memory, Xxh64& hash) const override {
    Dataset::identify(*base_, i, memory, hash);
  }
  const Dataset& base() const { return *base_; }

 private:
  DatasetPtr base_;
};

}  // namespace fovea::data
