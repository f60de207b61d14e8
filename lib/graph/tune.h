// Chooses among the ways to compute each node by timing them where they stand, in the whole network. A choice
// is an attribute of its layer, so it is part of what is saved and decides bits as any attribute does; how
// fast the machine was decides which is made, once. May use: base, graph, layers.
#pragma once
#include <memory>
#include <vector>

#include "base/cancel_token.h"
#include "base/context.h"
#include "graph/graph.h"

namespace fovea::graph {

struct TuneOptions {
  DType dtype = DType::f32;
  int64_t batch = 32;
  bool training = false;
  std::vector<int> outputs;
  int repetitions = 3;  // the fastest counts
  const CancelToken* cancel = nullptr;
};

struct Tuning {
  std::shared_ptr<const Graph> graph;            // the same network with its choices made
  int changed = 0;                               // nodes that have another way in some pass than before
  double seconds_before = 0, seconds_after = 0;  // of all nodes, each in its fastest repetition
};

// Layers that the host has given an algorithm keep it, and where nothing is faster by 3 % the choice is left
// as it was. Raises cancelled, out_of_memory.
Tuning tune(const std::shared_ptr<const Context>& context, const std::shared_ptr<const Graph>& graph,
            const TuneOptions& options);

}  // namespace fovea::graph
