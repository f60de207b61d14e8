// The input transform in a model file: numbers and choices in the metadata, what has an entry for each
// element or component as tensors. May use: base, data/preprocess.h, io, model/model_file.h.
#pragma once
#include <span>
#include <vector>

#include "data/preprocess.h"
#include "io/safetensors.h"

namespace fovea::model {

// A tensor of the transform, borrowed from it.
struct TransformTensor {
  const char* name;
  Shape shape;
  DType dtype;
  std::span<const std::byte> bytes;
};
// Adds to the metadata; what is too long for them is returned.
std::vector<TransformTensor> put_transform(const data::PreprocessOptions& transform, io::Metadata& metadata);

// Raises FORMAT. What is read is believed by the model only after it has checked it against its input.
data::PreprocessOptions get_transform(const io::SafetensorsReader& reader);

// Whether a tensor of that name is the transform's: parameters have a '.' in their names.
bool is_of_transform(std::string_view tensor);

}  // namespace fovea::model
