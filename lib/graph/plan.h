// Plan: how a graph is executed for batches of up to a given size. A pure function of the graph and the
// options: fused steps in order, the memory of every value and gradient laid out by lifetime, and what all
// of it will take. Nothing is allocated for tensors here. May use: base, graph, layers/layer.h.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "base/dtype.h"
#include "graph/graph.h"

namespace fovea::graph {

struct PlanOptions {
  DType dtype = DType::f32;
  int64_t max_batch = 1;
  bool training = false;
  int threads = 1;           // decides the size of scratch memory, never a result
  std::vector<int> outputs;  // nodes whose values the caller reads; in training, whose gradients it writes
  // By node; empty: as `training` says, and none.
  std::vector<char> as_in_training;  // whether it runs as in a training step. A node that does not has no
                                     // gradient to pass on, and so must not have one to get
  std::vector<char> frozen;          // its parameters get no gradients
};

// One place in the arena, shared by values that live in the same memory (views, in-place results).
struct Storage {
  size_t bytes = 0;
  size_t offset = 0;
  int first = 0;  // lifetime in time steps, both ends included
  int last = 0;
};

// The output of a step, and its gradient in training.
struct Value {
  int node = 0;  // the graph's node that it is the output of
  int64_t elements = 0;
  int storage = -1;
  int gradient = -1;  // storage of the gradient; -1: none is needed
};

struct Step {
  std::shared_ptr<const layers::Layer> layer;
  layers::Traits traits;
  layers::Demand demand;
  bool training = false;  // how it runs
  int node = 0;   // the graph's node with the parameters, and the stream of random numbers
  int affine = -1;  // a batch norm folded into prepare(), or -1
  std::vector<int> inputs;  // values
  int output = 0;           // value
  size_t packed_offset = 0;
  size_t fold_offset = 0;   // scale and shift of the folded batch norm, in packed memory
  int64_t fold_channels = 0;
  int saved = -1;  // storage
  // Backward, for each input:
  std::vector<char> needs_dx;
  std::vector<char> accumulate;  // dx is added to what later consumers have written
  std::vector<int> detour;       // storage to write dx to before it is added, or -1
  bool runs_backward = false;
};

class Plan {
 public:
  Plan(std::shared_ptr<const Graph> graph, std::shared_ptr<const Layout> layout, PlanOptions options);

  const Graph& graph() const { return *graph_; }
  const Layout& layout() const { return *layout_; }
  const PlanOptions& options() const { return options_; }
  const std::vector<Step>& steps() const { return steps_; }
  const std::vector<Value>& values() const { return values_; }
  const std::vector<Storage>& storages() const { return storages_; }
  // The value that holds the output of `node`; -1 where no output needs the node.
  int value_of(int node) const { return value_of_node_[static_cast<size_t>(node)]; }

  bool is_frozen(int node) const {
    return !options_.frozen.empty() && options_.frozen[static_cast<size_t>(node)] != 0;
  }

  size_t arena_bytes() const { return arena_bytes_; }
  size_t packed_bytes() const { return packed_bytes_; }
  size_t scratch_bytes() const { return scratch_bytes_; }
  size_t lane_stride() const { return lane_stride_; }
  size_t workspace_bytes() const {
    return packed_bytes_ + scratch_bytes_ + lane_stride_ * static_cast<size_t>(options_.threads);
  }
  // The sum of what is alive at the fullest moment: no layout can need less.
  size_t peak_live_bytes() const;

 private:
  bool runs_as_in_training(int node) const {
    return options_.as_in_training.empty() ? options_.training
                                           : options_.as_in_training[static_cast<size_t>(node)] != 0;
  }
  int backward_time(size_t step) const {
    return 2 * static_cast<int>(steps_.size()) - static_cast<int>(step);
  }

  void build_steps();
  bool fuse(int node, const std::vector<int>& consumers);
  void plan_backward();
  void assign_storage();
  void assign_gradients();
  int new_storage(size_t bytes, int first, int last);
  void touch(int storage, int time);
  void measure();
  void lay_out_arena();

  std::shared_ptr<const Graph> graph_;
  std::shared_ptr<const Layout> layout_;
  PlanOptions options_;
  std::vector<Step> steps_;
  std::vector<Value> values_;
  std::vector<Storage> storages_;
  std::vector<int> value_of_node_;
  size_t arena_bytes_ = 0;
  size_t packed_bytes_ = 0;
  size_t scratch_bytes_ = 0;
  size_t lane_stride_ = 0;
};

}  // namespace fovea::graph
