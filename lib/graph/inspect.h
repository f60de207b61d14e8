// What a node's layer says of itself when it is asked by name. May use: base, layers.
#pragma once
#include <string_view>

#include "graph/graph.h"

namespace fovea::graph {

// The activation that a node is, or ends in; linear where there is none.
layers::Activation activation_of(const Node& node);
// An attribute of that name, or `otherwise`.
double number_attribute(const Node& node, const char* name, double otherwise);

// A choice among a layer's attributes, by its index, and how many there are; -1 where it has none of that
// name.
struct Choice {
  int32_t value = -1, count = 0;
};
Choice choice_of(const Node& node, std::string_view name);
// Makes another one, before setup().
void choose(layers::Layer& layer, std::string_view name, int32_t value);

}  // namespace fovea::graph
