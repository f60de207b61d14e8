// A model as a table for people. May use: base, graph, model.
#pragma once
#include <string>

#include "model/model.h"

namespace fovea::model {

std::string summary(const Model& model, int64_t batch);

}  // namespace fovea::model
