// What is said of layers by their place in the network: how far down it is frozen, how rates fall. May use:
// base, graph, train.
#pragma once
#include <string>
#include <vector>

#include "graph/graph.h"
#include "train/groups.h"

namespace fovea::train {

struct DepthOptions {
  std::string frozen_until;        // a node: it and all that it needs are frozen; empty: nothing is
  bool trains_statistics = false;  // frozen layers with a state run as in training, and it learns
  double rate_decay = 1;           // factor of the rate from a layer to the one below
};

// Raises not_found (no such node) and invalid_argument (a number that makes no sense, or nothing is left that
// learns).
void check_depth(const DepthOptions& options, const graph::Graph& graph, const graph::Layout& layout);

// By node: whether it is frozen_until or something that this needs.
std::vector<char> nodes_below(const DepthOptions& options, const graph::Graph& graph);

// By node: whether it runs as in training; frozen layers with a state do not, which leaves it alone.
std::vector<char> nodes_in_training(const DepthOptions& options, const graph::Graph& graph,
                                    const graph::Layout& layout);

// The groups with what `options` add to them: a group of its own for each parameter; `groups` itself where
// that is nothing.
Groups by_depth(const Groups& groups, const DepthOptions& options, const graph::Graph& graph,
                const graph::Layout& layout);

// By node: whether it has parameters and all of them are frozen.
std::vector<char> frozen_nodes(const Groups& groups, const graph::Layout& layout);

}  // namespace fovea::train
