// Layers with random attributes and inputs of random shapes, of every kind there is. For tests. May use:
// base, layers/layer.h.
#pragma once
#include <memory>
#include <string_view>
#include <vector>

#include "layers/gradcheck.h"

namespace fovea::testing {

struct Drawn {
  std::unique_ptr<layers::Layer> layer;  // null: nobody draws the kind
  std::vector<Shape> inputs;
  int64_t batch = 2;
  GradcheckOptions options = {};  // that keep clear of its kinks
};

// A pure function of kind and round. What is drawn may not fit together: setup() then refuses it.
Drawn draw_layer(std::string_view kind, uint32_t round);

}  // namespace fovea::testing
