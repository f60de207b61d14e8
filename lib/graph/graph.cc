#include "graph/graph.h"

#include <cstring>

#include "base/error.h"
#include "base/text.h"

namespace fovea::graph {

std::string Graph::fresh_name(std::string_view kind) {
  for (;;) {
    std::string name = std::string(kind) + '_' + std::to_string(++counts_[std::string(kind)]);
    if (!by_name_.contains(name)) return name;
  }
}

int Graph::add(std::unique_ptr<layers::Layer> layer, std::span<const int> inputs, std::string_view name) {
  Node node;
  node.name = name.empty() ? fresh_name(layer->kind()) : std::string(name);
  const std::string kind(layer->kind());
  std::vector<Shape> shapes;
  for (int input : inputs) shapes.push_back(nodes_[static_cast<size_t>(input)].shape);
  try {
    FOVEA_REQUIRE(!by_name_.contains(node.name), "the name is taken by another layer");
    FOVEA_REQUIRE(node.name.size() <= 200, "the name is longer than 200 bytes");
    FOVEA_REQUIRE(is_printable_utf8(node.name), "the name is no UTF-8, or has control characters");
    // Files keep the optimizer's moments beside the parameters, under names that begin so.
    FOVEA_REQUIRE(!node.name.starts_with("optimizer."), "names that begin with 'optimizer.' are taken");
    if (size() == kMaxNodes)
      fail(Status::unsupported, "the graph has %d nodes, and cannot have more", kMaxNodes);
    node.shape = layer->setup(shapes);
    FOVEA_REQUIRE(node.shape.elements() > 0, "the output %s is empty", node.shape.text().c_str());
  } catch (const Error& error) {
    fail(error.status(), "%s '%.200s': %s", kind.c_str(), node.name.c_str(), error.what());
  }
  node.layer = std::move(layer);
  node.inputs.assign(inputs.begin(), inputs.end());
  nodes_.push_back(std::move(node));
  try {
    by_name_.emplace(nodes_.back().name, size() - 1);
  } catch (...) {
    nodes_.pop_back();
    throw;
  }
  return size() - 1;
}

void Graph::replace(int index, std::unique_ptr<layers::Layer> layer) {
  Node& node = nodes_[static_cast<size_t>(index)];
  std::vector<Shape> shapes;
  for (int input : node.inputs) shapes.push_back(nodes_[static_cast<size_t>(input)].shape);
  const Shape shape = layer->setup(shapes);
  FOVEA_REQUIRE(shape == node.shape, "'%.200s' was %s, the layer in its place is %s", node.name.c_str(),
                node.shape.text().c_str(), shape.text().c_str());
  node.layer = std::move(layer);
}

int Graph::find(std::string_view name) const {
  const auto found = by_name_.find(std::string(name));
  return found == by_name_.end() ? -1 : found->second;
}

std::vector<int> Graph::inputs() const {
  std::vector<int> found;
  for (int i = 0; i < size(); ++i)
    if (node(i).inputs.empty()) found.push_back(i);
  return found;
}

Graph Graph::pruned(std::vector<int>& outputs) const {
  std::vector<char> wanted(nodes_.size(), 0);
  for (int output : outputs) wanted[static_cast<size_t>(output)] = 1;
  for (size_t i = nodes_.size(); i-- > 0;)
    if (wanted[i])
      for (int input : nodes_[i].inputs) wanted[static_cast<size_t>(input)] = 1;

  Graph part;
  std::vector<int> renumbered(nodes_.size(), -1);
  for (size_t i = 0; i < nodes_.size(); ++i) {
    if (!wanted[i]) continue;
    Node copy = nodes_[i];
    for (int& input : copy.inputs) input = renumbered[static_cast<size_t>(input)];
    renumbered[i] = part.size();
    part.by_name_.emplace(copy.name, part.size());
    part.nodes_.push_back(std::move(copy));
  }
  for (int& output : outputs) output = renumbered[static_cast<size_t>(output)];
  return part;
}

namespace {

// Offsets are multiples of 16 elements: 64 bytes in f32, 128 in f64.
int64_t place(Slot& slot, int64_t& block) {
  slot.elements = slot.shape.elements();
  slot.offset = block;
  block = (block + slot.elements + 15) / 16 * 16;
  checked_mul(block, 1);
  return block;
}

}  // namespace

Layout::Layout(const Graph& graph) {
  for (int n = 0; n < graph.size(); ++n) {
    const Node& node = graph.node(n);
    first_parameter.push_back(static_cast<int>(parameters.size()));
    first_state.push_back(static_cast<int>(state.size()));
    for (layers::Parameter& p : node.layer->parameters()) {
      Slot slot;
      slot.node = n;
      slot.name = node.name + '.' + p.name;
      slot.shape = p.shape;
      slot.parameter = std::move(p);
      place(slot, parameter_block);
      parameters.push_back(std::move(slot));
    }
    for (layers::State& s : node.layer->state()) {
      Slot slot;
      slot.node = n;
      slot.name = node.name + '.' + s.name;
      slot.shape = s.shape;
      slot.initial = s.initial;
      place(slot, state_block);
      state.push_back(std::move(slot));
    }
  }
  first_parameter.push_back(static_cast<int>(parameters.size()));
  first_state.push_back(static_cast<int>(state.size()));
}

int64_t Layout::elements(const std::vector<Slot>& slots) {
  int64_t n = 0;
  for (const Slot& slot : slots) n += slot.elements;
  return n;
}

}  // namespace fovea::graph
