// The DAG of layers, in the order of building, which is a topological order. May use: base, layers/layer.h.
#pragma once
#include <deque>
#include <memory>
#include <span>
#include <string>
#include <string_view>
#include <unordered_map>
#include <vector>

#include "base/shape.h"
#include "layers/layer.h"

namespace fovea::graph {

struct Node {
  std::string name;
  std::shared_ptr<const layers::Layer> layer;  // after setup()
  std::vector<int> inputs;                     // indices of earlier nodes
  Shape shape;                                 // of one sample of the output
};

class Graph {
 public:
  static constexpr int kMaxNodes = 65536;

  // Sets the layer up on the shapes of its inputs and adds it; an empty name becomes kind_1, kind_2, ...
  // Raises with "kind 'name': " in front of the layer's message; the graph is then as it was.
  int add(std::unique_ptr<layers::Layer> layer, std::span<const int> inputs, std::string_view name);

  // Another layer in the place of a node's, with the same output and parameters. Raises as add().
  void replace(int index, std::unique_ptr<layers::Layer> layer);

  const std::deque<Node>& nodes() const { return nodes_; }
  const Node& node(int index) const { return nodes_[static_cast<size_t>(index)]; }
  int size() const { return static_cast<int>(nodes_.size()); }
  // Index of the node of that name, or -1.
  int find(std::string_view name) const;
  // Indices of the nodes without inputs, in order.
  std::vector<int> inputs() const;

  // The part that `outputs` need, in the same order; `outputs` is rewritten to the new indices.
  Graph pruned(std::vector<int>& outputs) const;

 private:
  std::string fresh_name(std::string_view kind);

  std::deque<Node> nodes_;  // which never move: names are lent out
  std::unordered_map<std::string, int> by_name_;
  std::unordered_map<std::string, int> counts_;
};

// Where a parameter or state tensor lives in the flat block of its sort.
struct Slot {
  int node = 0;
  std::string name;  // "conv1.kernel"
  Shape shape;
  int64_t elements = 0;
  int64_t offset = 0;           // in elements, aligned to 64 bytes
  layers::Parameter parameter;  // parameters only
  double initial = 0;           // state only
};

// The flat blocks of a graph: parameters and state, node by node. A block's size includes the padding
// between its tensors, which is zero and stays so.
struct Layout {
  explicit Layout(const Graph& graph);

  std::vector<Slot> parameters;
  std::vector<Slot> state;
  int64_t parameter_block = 0;  // elements
  int64_t state_block = 0;
  // Range of slots of each node: [first[n], first[n + 1]).
  std::vector<int> first_parameter;
  std::vector<int> first_state;

  // Sum of the tensors' sizes, without padding.
  static int64_t elements(const std::vector<Slot>& slots);
};

}  // namespace fovea::graph
