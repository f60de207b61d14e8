// A graph as JSON text and back. May use: base, graph, layers/custom.h, layers/registry.h.
//
//   {"nodes": [{"name": "conv1", "kind": "conv2d", "inputs": [0], "attributes": {"filters": 6, ...}}, ...],
//    "outputs": [9]}
//
// A layer of a host's: {"kind": "custom", "type": "acme.swish", ..., "attributes": {"bytes": "<base64>"}}.
#pragma once
#include <string>
#include <string_view>
#include <vector>

#include "base/context.h"
#include "graph/graph.h"

namespace fovea::model {

std::string graph_to_json(const graph::Graph& graph, const std::vector<int>& outputs);

struct ParsedGraph {
  graph::Graph graph;
  std::vector<int> outputs;
};
// Raises FORMAT for anything that is not such a text: wrong types, unknown kinds or attributes, inputs that
// are not earlier nodes, attributes that the layer refuses; NOT_FOUND for a host's type that is not
// registered with the context.
ParsedGraph graph_from_json(const Context& context, std::string_view text);

}  // namespace fovea::model
