// Fills the memory of a network's input with a batch, through the input transform. May use: base, data,
// model.
#pragma once
#include <span>

#include "base/tensor_view.h"
#include "data/dataset.h"
#include "model/model.h"

namespace fovea::model {

// Checks that `inputs` fit the model's inputs and agree on the batch, which is returned.
int64_t check_inputs(const Model& model, std::span<const TensorView> inputs);

// Samples [first, first + count) of `tensor` into `out`, the memory of an input, which has the model's
// element type.
void fill_from_tensor(const Model& model, size_t input, const TensorView& tensor, int64_t first,
                      int64_t count, void* out);

// Where a dataset's targets go: labels, or dense targets of the model's element type; null: nowhere.
struct TargetMemory {
  int32_t* labels = nullptr;
  void* dense = nullptr;
};

// Room for the targets of a batch.
class TargetScratch {
 public:
  TargetScratch(const Context& context, const data::Dataset& dataset, int64_t max_batch, DType dtype);
  TargetMemory memory() const {
    return labels_ ? TargetMemory{buffer_.as<int32_t>(), nullptr} : TargetMemory{nullptr, buffer_.data()};
  }

 private:
  bool labels_;
  Buffer buffer_;
};

// Memory for the samples of a dataset, for the executor of the model.
data::SampleLanes sample_lanes(const Model& model);

// Samples and targets `indices` of the dataset. `draw`: that of the first; those of the others follow it.
void fill_from_dataset(const Model& model, const data::Dataset& dataset, std::span<const uint32_t> indices,
                       void* out, const TargetMemory& targets, data::SampleLanes& lanes,
                       const data::Draw* draw = nullptr);
// The same on another executor than the model's.
void fill_from_dataset(Executor& executor, const Model& model, const data::Dataset& dataset,
                       std::span<const uint32_t> indices, void* out, const TargetMemory& targets,
                       data::SampleLanes& lanes, const data::Draw* draw = nullptr);

// The targets alone.
void fill_targets(const Model& model, const data::Dataset& dataset, std::span<const uint32_t> indices,
                  const TargetMemory& targets);

// Refuses a dataset whose samples are not the model's only input.
void check_dataset(const Model& model, const data::Dataset& dataset);
// Refuses a dataset that has another name for a class than the model.
void check_class_names(const Model& model, const data::Dataset& dataset);

}  // namespace fovea::model
