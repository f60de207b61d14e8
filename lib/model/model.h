// Model: a graph with its parameters, state and input transform. May use: base, graph, data/preprocess.h.
#pragma once
#include <atomic>
#include <memory>
#include <string>
#include <string_view>
#include <utility>
#include <vector>

#include "base/context.h"
#include "data/preprocess.h"
#include "graph/graph.h"

namespace fovea::model {

struct ModelOptions {
  DType dtype = DType::f32;
  uint64_t seed = 0;
  data::PreprocessOptions transform;
  layers::Initializer
      kernel_initializer;  // of kernels whose layer leaves it open; automatic: the layer's choice
};

class Model {
 public:
  // Initialises the parameters.
  Model(std::shared_ptr<const Context> context, std::shared_ptr<const graph::Graph> graph,
        std::vector<int> outputs, const ModelOptions& options);
  // With parameters and state zero, for a loader or a copy to fill.
  struct Uninitialised {};
  Model(std::shared_ptr<const Context> context, std::shared_ptr<const graph::Graph> graph,
        std::vector<int> outputs, const ModelOptions& options, Uninitialised);

  std::shared_ptr<Model> clone() const;
  // In another element type.
  std::shared_ptr<Model> clone(DType dtype) const;

  const std::shared_ptr<const Context>& context() const { return context_; }
  const std::shared_ptr<const graph::Graph>& graph() const { return graph_; }
  const std::shared_ptr<const graph::Layout>& layout() const { return layout_; }
  const std::vector<int>& inputs() const { return inputs_; }
  const std::vector<int>& outputs() const { return outputs_; }
  DType dtype() const { return options_.dtype; }
  const data::PreprocessOptions& transform() const { return options_.transform; }
  // The transform for one of the inputs.
  const data::Preprocess& preprocess(size_t input = 0) const { return preprocess_[input]; }
  uint64_t seed() const { return options_.seed; }
  const layers::Initializer& kernel_initializer() const { return options_.kernel_initializer; }

  // The same network, computed in other ways, for plans from now on. The caller holds a Writing.
  void adopt(std::shared_ptr<const graph::Graph> graph) { graph_ = std::move(graph); }

  // Parameters and state as a new model with this seed has them. The caller holds a Writing.
  void reinitialize(uint64_t seed);

  std::byte* parameters() const { return parameters_.data(); }
  std::byte* state() const { return state_.data(); }
  size_t parameter_bytes() const { return parameters_.bytes(); }
  size_t state_bytes() const { return state_.bytes(); }
  // Memory of a slot of the layout.
  std::byte* parameter(const graph::Slot& s) const {
    return parameters_.data() + static_cast<size_t>(s.offset) * size_of(dtype());
  }
  std::byte* state(const graph::Slot& s) const {
    return state_.data() + static_cast<size_t>(s.offset) * size_of(dtype());
  }
  // Name -> slot and its memory; raises not_found.
  struct Tensor {
    const graph::Slot* slot;
    std::byte* data;
    bool trainable;
  };
  Tensor tensor(std::string_view name) const;
  Tensor tensor(int index) const;  // parameters first, then state
  int tensor_count() const { return static_cast<int>(layout_->parameters.size() + layout_->state.size()); }

  // What the outputs stand for; none: not known. The caller who sets them holds a Writing.
  const std::vector<std::string>& class_names() const { return class_names_; }
  void set_class_names(std::vector<std::string> names) { class_names_ = std::move(names); }

  // Raised by every write; what was derived from older values is stale.
  uint64_t version() const { return version_.load(std::memory_order_acquire); }
  void raise_version() { version_.fetch_add(1, std::memory_order_acq_rel); }

  // At most one trainer holds a model.
  bool claim_trainer() { return !has_trainer_.exchange(true); }
  void release_trainer() { has_trainer_.store(false); }

 private:
  friend class Reading;
  friend class Writing;

  std::shared_ptr<const Context> context_;
  std::shared_ptr<const graph::Graph> graph_;
  std::shared_ptr<const graph::Layout> layout_;
  std::vector<int> inputs_;
  std::vector<int> outputs_;
  ModelOptions options_;
  std::vector<data::Preprocess> preprocess_;
  std::vector<std::string> class_names_;
  Buffer parameters_;
  Buffer state_;
  std::atomic<uint64_t> version_{1};
  std::atomic<bool> has_trainer_{false};
  mutable std::atomic<int> users_{0};  // readers, or -1 for a writer
};

// Holds a model for reading (any number at once) or writing (alone); raises busy where the other sort holds
// it.
class Reading {
 public:
  explicit Reading(const Model& model);
  ~Reading() { model_.users_.fetch_sub(1, std::memory_order_release); }
  Reading(const Reading&) = delete;
  Reading& operator=(const Reading&) = delete;

 private:
  const Model& model_;
};
class Writing {
 public:
  explicit Writing(Model& model);
  ~Writing() { model_.users_.store(0, std::memory_order_release); }
  Writing(const Writing&) = delete;
  Writing& operator=(const Writing&) = delete;

 private:
  Model& model_;
};

}  // namespace fovea::model
