// The model file: safetensors with the parameters and state by name and, in the metadata,
//
//   fovea.format   "1"
//   fovea.dtype    "f32" or "f64"
//   fovea.layout   "HWIO": convolution kernels are [kh][kw][in][out], dense kernels [in][out], images NHWC
//   fovea.seed     of the initialisers
//   fovea.classes  how many classes have names, where they have: .0, .1, ...
//   fovea.graph    the graph, see graph_json.h
//   fovea.transform.scale; fovea.transform.mean.count, .0, .1, ...; likewise .stddev; further choices where
//                  they are not the default, and tensors "transform/...": see transform_file.cc
//
// A checkpoint is the same with more tensors and metadata. May use: base, graph, data/preprocess.h, io,
// model.
#pragma once
#include <functional>
#include <memory>
#include <string>
#include <string_view>
#include <vector>

#include "io/safetensors.h"
#include "model/model.h"

namespace fovea::model {

// A tensor that a checkpoint adds. Its name is "optimizer." or "trainer." and what is not a node's, with a
// '/' in it.
struct ExtraTensor {
  std::string name;
  Shape shape;
  DType dtype;
  std::byte* data;
};

void save_model(const Model& model, const std::string& path, const std::vector<ExtraTensor>& extra = {},
                const io::Metadata& metadata = {});

// Whether a tensor of that name is one that a checkpoint adds: no layer's name begins so.
bool is_of_trainer(std::string_view tensor);

// Reads the model; `reader` stays open for what a checkpoint has besides.
std::shared_ptr<Model> load_model(std::shared_ptr<const Context> context,
                                  const io::SafetensorsReader& reader);

// Reads tensor `name`, which must have the shape and the element type, into `data`.
void read_tensor(const io::SafetensorsReader& reader, const std::string& name, const Shape& shape,
                 DType dtype, std::byte* data);

}  // namespace fovea::model
