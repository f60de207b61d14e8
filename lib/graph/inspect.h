// What a node's layer says of itself when it is asked by name. May use: base, layers.
#pragma once
#include "graph/graph.h"

namespace fovea::graph {

// The activation that a node is, or ends in; linear where there is none.
layers::Activation activation_of(const Node& node);
// An attribute of that name, or `otherwise`.
double number_attribute(const Node& node, const char* name, double otherwise);

}  // namespace fovea::graph
