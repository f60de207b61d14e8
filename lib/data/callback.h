// Samples that the host makes. May use: base, data/dataset.h.
#pragma once
#include <functional>

#include "data/dataset.h"

namespace fovea::data {

struct CallbackOptions {
  int64_t count = 0;
  DType dtype = DType::u8;
  Shape shape;
  int classes = 0;      // 0: the largest label + 1
  bool serial = false;  // one call at a time
  DType target_dtype = DType::f32;
  Shape target_shape;
  // Writes the pixels of sample `index`, or its label where `pixels` is null; raises what is to be raised.
  std::function<void(int64_t index, void* pixels, int64_t* label)> get;
  // Null: there are labels.
  std::function<void(int64_t index, void* target)> get_target;
  // Null: all have `shape`; else images of u8, {0, 0, channels}.
  std::function<void(int64_t index, int64_t* height, int64_t* width)> get_size;
};
// Asks for all labels, targets and sizes at once, in order. Raises INVALID_ARGUMENT.
DatasetPtr callback_dataset(const CallbackOptions& options);

struct MapOptions {
  DType dtype = DType::u8;
  Shape shape;  // of rank 0: that of what goes in
  bool serial = false;
  std::function<void(int64_t index, const TensorView& in, void* out, size_t bytes)> map;
};
DatasetPtr map_dataset(const DatasetPtr& dataset, const MapOptions& options);

}  // namespace fovea::data
