// Node ids, and how a node function adds a layer. May use: all.
#pragma once
#include <initializer_list>

#include "capi/objects.h"
#include "layers/registry.h"

namespace fovea::capi {

// NULL: automatic.
layers::Initializer initializer_from(const fv_initializer_desc* desc);

// Empty, with a number of its own.
std::unique_ptr<fv_graph> new_graph(std::shared_ptr<const Context> context);

fv_node node_id(const fv_graph& graph, int index);
// -1 when it is no node of this graph.
int node_index(const fv_graph& graph, fv_node node);
// Raises invalid_argument instead.
int need_node(const fv_graph& graph, fv_node node, const char* what);

// Runs `body`; what it throws becomes the graph's error, with the id that the next node would have had.
template <class Body> bool keep_error(fv_graph& graph, Body&& body) noexcept {
  const FpMode mode;
  fv_error error;
  if (fence(&error, body) == FV_OK) return true;
  try {
    fail(static_cast<Status>(error.code), "%s", error.message);
  } catch (Error& e) {
    e.set_node(node_id(graph, graph.graph.size()));
    graph.error = e;
  }
  return false;
}

// Puts the layer's kind and name in front of what `body` throws.
template <class Body> void naming(const char* kind, const char* name, Body&& body) {
  try {
    body();
  } catch (const Error& e) {
    if (name == nullptr) fail(e.status(), "%s: %s", kind, e.what());
    fail(e.status(), "%s '%.200s': %s", kind, name, e.what());
  }
}

// The body of a node function: make() returns the layer, whose descriptor it has read; `name` as in the
// descriptor.
template <class Make>
fv_node add_node(fv_graph* graph, const char* kind, std::span<const fv_node> inputs, const char* name,
                 Make&& make) noexcept {
  if (graph == nullptr || graph->error) return FV_NODE_INVALID;
  if (graph->building) {
    keep_error(*graph,
               [] { fail(Status::busy, "a shape callback must not build on the graph that calls it"); });
    return FV_NODE_INVALID;
  }
  graph->building = true;
  const fv_node id = node_id(*graph, graph->graph.size());
  const bool added = keep_error(*graph, [&] {
    std::vector<int> indices;
    std::unique_ptr<layers::Layer> layer;
    naming(kind, name, [&] {
      for (fv_node input : inputs) indices.push_back(need_node(*graph, input, "the input"));
      layer = make();
    });
    graph->graph.add(std::move(layer), indices, name == nullptr ? "" : name);
  });
  graph->building = false;
  return added ? id : FV_NODE_INVALID;
}

// A name from a descriptor that may be NULL or too old to have one.
template <class Desc> const char* name_of_desc(const Desc* desc) {
  return desc != nullptr && desc->struct_size >= offsetof(Desc, name) + sizeof(const char*) ? desc->name
                                                                                            : nullptr;
}

}  // namespace fovea::capi
