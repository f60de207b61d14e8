#include "train/depth.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"

namespace fovea::train {
namespace {

// How many layers with a kernel lie between each node and the output, on the longest way: a convolution and
// the batch norm behind it are equally deep.
std::vector<int> kernels_above(const graph::Graph& graph, const graph::Layout& layout) {
  std::vector<char> has_kernel(static_cast<size_t>(graph.size()), 0);
  for (const graph::Slot& slot : layout.parameters)
    if (slot.parameter.role == layers::Role::kernel) has_kernel[static_cast<size_t>(slot.node)] = 1;
  std::vector<int> above(static_cast<size_t>(graph.size()), 0);
  for (int n = graph.size(); n-- > 0;)
    for (const int input : graph.node(n).inputs) {
      int& below = above[static_cast<size_t>(input)];
      below = std::max(below, above[static_cast<size_t>(n)] + has_kernel[static_cast<size_t>(n)]);
    }
  return above;
}

}  // namespace

void check_depth(const DepthOptions& options, const graph::Graph& graph, const graph::Layout& layout) {
  FOVEA_REQUIRE(options.rate_decay > 0 && options.rate_decay <= 1,
                "the decay of the layers' rates is %g, expected more than 0, at most 1", options.rate_decay);
  if (options.frozen_until.empty()) return;
  if (graph.find(options.frozen_until) < 0)
    fail(Status::not_found, "the model has no node '%.200s'", options.frozen_until.c_str());
  const std::vector<char> below = nodes_below(options, graph);
  const auto learns = [&](const graph::Slot& s) { return !below[static_cast<size_t>(s.node)]; };
  FOVEA_REQUIRE(std::ranges::any_of(layout.parameters, learns),
                "frozen up to '%.200s' no parameter is left that learns", options.frozen_until.c_str());
}

std::vector<char> nodes_below(const DepthOptions& options, const graph::Graph& graph) {
  std::vector<char> below(static_cast<size_t>(graph.size()), 0);
  if (options.frozen_until.empty()) return below;
  below[static_cast<size_t>(graph.find(options.frozen_until))] = 1;
  for (int n = graph.size(); n-- > 0;)
    if (below[static_cast<size_t>(n)])
      for (const int input : graph.node(n).inputs) below[static_cast<size_t>(input)] = 1;
  return below;
}

std::vector<char> nodes_in_training(const DepthOptions& options, const graph::Graph& graph,
                                    const graph::Layout& layout) {
  std::vector<char> nodes(static_cast<size_t>(graph.size()), 1);
  if (options.trains_statistics) return nodes;
  const std::vector<char> below = nodes_below(options, graph);
  for (size_t n = 0; n < nodes.size(); ++n)
    if (below[n] && layout.first_state[n] != layout.first_state[n + 1]) nodes[n] = 0;
  return nodes;
}

Groups by_depth(const Groups& groups, const DepthOptions& options, const graph::Graph& graph,
                const graph::Layout& layout) {
  if (options.frozen_until.empty() && options.rate_decay == 1) return groups;
  const std::vector<char> below = nodes_below(options, graph);
  const std::vector<int> above = kernels_above(graph, layout);
  Groups all;
  for (const graph::Slot& slot : layout.parameters) {
    const size_t node = static_cast<size_t>(slot.node);
    Group group = group_of(groups, slot);
    group.parameters = slot.name;
    group.whole_name = true;
    group.frozen = group.frozen || below[node];
    group.rate *= std::pow(options.rate_decay, above[node]);
    all.push_back(std::move(group));
  }
  return all;
}

std::vector<char> frozen_nodes(const Groups& groups, const graph::Layout& layout) {
  std::vector<char> frozen(layout.first_parameter.size() - 1, 0);
  for (size_t n = 0; n < frozen.size(); ++n) {
    const auto first = layout.parameters.begin() + layout.first_parameter[n];
    const auto end = layout.parameters.begin() + layout.first_parameter[n + 1];
    frozen[n] = first != end &&
                std::all_of(first, end, [&](const graph::Slot& s) { return group_of(groups, s).frozen; });
  }
  return frozen;
}

}  // namespace fovea::train
