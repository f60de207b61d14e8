#include <fovea/graph.h>

#include <atomic>

#include "capi/nodes.h"

namespace fovea::capi {
namespace {

// Numbers graphs, so that a node of one is not taken for a node of another. The only counter that the process
// shares; it decides no result.
constinit std::atomic<uint32_t> next_serial{1};

}  // namespace

std::unique_ptr<fv_graph> new_graph(std::shared_ptr<const Context> context) {
  auto made = std::make_unique<fv_graph>();
  made->context = std::move(context);
  made->serial = next_serial.fetch_add(1, std::memory_order_relaxed);
  return made;
}

fv_node node_id(const fv_graph& graph, int index) {
  return (static_cast<fv_node>(graph.serial) << 32) | static_cast<uint32_t>(index + 1);
}

int node_index(const fv_graph& graph, fv_node node) {
  const uint32_t index = static_cast<uint32_t>(node);
  if ((node >> 32) != graph.serial) return -1;
  return index >= 1 && index <= static_cast<uint32_t>(graph.graph.size()) ? static_cast<int>(index) - 1 : -1;
}

int need_node(const fv_graph& graph, fv_node node, const char* what) {
  if (node == FV_NODE_INVALID) fail(Status::invalid_argument, "%s is FV_NODE_INVALID", what);
  const int index = node_index(graph, node);
  if (index < 0)
    fail(Status::invalid_argument, "%s %016llx is not a node of this graph", what,
         static_cast<unsigned long long>(node));
  return index;
}

}  // namespace fovea::capi

using namespace fovea;
using namespace fovea::capi;

fv_status fv_graph_create(fv_context* context, fv_graph** graph, fv_error* error) {
  return guard(error, [&] {
    need(graph, "graph");
    *graph = new_graph(need(context, "context").impl).release();
  });
}

void fv_graph_destroy(fv_graph* graph) { delete graph; }

fv_status fv_graph_status(const fv_graph* graph, fv_error* error) {
  return guard(error, [&] {
    if (need(graph, "graph").error) throw *graph->error;
  });
}

fv_status fv_graph_node_shape(const fv_graph* graph, fv_node node, int64_t shape[FV_MAX_RANK], int32_t* rank,
                              fv_error* error) {
  return guard(error, [&] {
    const int index = need_node(need(graph, "graph"), node, "node");
    shape_to(graph->graph.node(index).shape, &need(shape, "shape"), &need(rank, "rank"));
  });
}

const char* fv_graph_node_name(const fv_graph* graph, fv_node node) {
  if (graph == nullptr) return nullptr;
  const int index = node_index(*graph, node);
  return index < 0 ? nullptr : graph->graph.node(index).name.c_str();
}

fv_node fv_graph_find(const fv_graph* graph, const char* name) {
  if (graph == nullptr || name == nullptr) return FV_NODE_INVALID;
  fv_node found = FV_NODE_INVALID;
  guard(nullptr, [&] {
    if (const int index = graph->graph.find(name); index >= 0) found = node_id(*graph, index);
  });
  return found;
}
