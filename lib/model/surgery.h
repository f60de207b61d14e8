// Networks made of parts of another. May use: base, graph, layers/registry.h, model.
#pragma once
#include <cstdint>
#include <memory>
#include <string>

#include "model/model.h"

namespace fovea::model {

struct HeadOptions {
  int64_t units = 0;
  std::string name = "head";
  uint64_t seed = 0;
  layers::Initializer initializer;  // of its kernel
};

// A new model: what `node` needs of `body`, with the same parameters and state, and behind it a new dense
// layer as the only output (and a flatten in between, where the node is no vector). Raises busy.
std::shared_ptr<Model> replace_head(const Model& body, int node, const HeadOptions& options);

}  // namespace fovea::model
