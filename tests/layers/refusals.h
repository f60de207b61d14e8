// What a layer says when it refuses attributes or shapes. For tests.
#pragma once
#include <string>
#include <vector>

#include "base/error.h"
#include "layers/layer.h"

namespace fovea::testing {

// The message of the Error(invalid_argument) that setup() raises; empty when it raises none.
inline std::string refusal(const layers::Layer& layer, const std::vector<Shape>& inputs) {
  try {
    (void)layer.clone()->setup(inputs);
    return {};
  } catch (const Error& e) {
    return e.status() == Status::invalid_argument ? e.what() : "another status";
  }
}

}  // namespace fovea::testing
