// A graph as JSON text and back. May use: base, graph, layers/registry.h.
//
//   {"nodes": [{"name": "conv1", "kind": "conv2d", "inputs": [0], "attributes": {"filters": 6, ...}}, ...],
//    "outputs": [9]}
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "graph/graph.h"

namespace fovea::model {

std::string graph_to_json(const graph::Graph& graph, const std::vector<int>& outputs);

struct ParsedGraph {
  graph::Graph graph;
  std::vector<int> outputs;
};
// Raises FORMAT for anything that is not such a text: wrong types, unknown kinds or attributes, inputs that are not
// earlier nodes, attributes that the layer refuses.
ParsedGraph graph_from_json(std::string_view text);

}  // namespace fovea::model
