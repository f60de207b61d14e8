#include "model/model.h"

#include <algorithm>

#include "base/error.h"
#include "base/tensor_view.h"
#include "model/initialize.h"

namespace fovea::model {

using layers::Activation;

Model::Model(std::shared_ptr<const Context> context, std::shared_ptr<const graph::Graph> graph,
             std::vector<int> outputs, const ModelOptions& options, Uninitialised)
    : context_(std::move(context)),
      graph_(std::move(graph)),
      layout_(std::make_shared<graph::Layout>(*graph_)),
      inputs_(graph_->inputs()),
      outputs_(std::move(outputs)),
      options_(options) {
  for (int input : inputs_) preprocess_.emplace_back(options_.transform, graph_->node(input).shape);
  const size_t element = size_of(options_.dtype);
  parameters_ = context_->buffer(static_cast<size_t>(layout_->parameter_block) * element, true);
  state_ = context_->buffer(static_cast<size_t>(layout_->state_block) * element, true);
}

Model::Model(std::shared_ptr<const Context> context, std::shared_ptr<const graph::Graph> graph,
             std::vector<int> outputs, const ModelOptions& options)
    : Model(std::move(context), std::move(graph), std::move(outputs), options, Uninitialised{}) {
  reinitialize(options_.seed);
}

void Model::reinitialize(uint64_t seed) {
  options_.seed = seed;
  uint32_t index = 0;
  for (const graph::Slot& slot : layout_->parameters) {
    layers::Parameter p = slot.parameter;
    const layers::Initializer& common = options_.kernel_initializer;
    if (p.role == layers::Role::kernel && p.initializer.by_default &&
        common.kind != layers::InitializerKind::automatic) {
      const double rectifier = p.initializer.b;
      p.initializer = layers::resolve_kernel_initializer(common, Activation::linear);
      if (common.kind == layers::InitializerKind::random_walk) p.initializer.b = rectifier;
    }
    initialize(*context_, p, index++, seed, dtype(), parameter(slot));
  }
  for (const graph::Slot& slot : layout_->state)
    with_float(dtype(), [&](auto zero) {
      auto* values = reinterpret_cast<decltype(zero)*>(state(slot));
      std::fill(values, values + slot.elements, static_cast<decltype(zero)>(slot.initial));
    });
  raise_version();
}

std::shared_ptr<Model> Model::clone() const { return clone(dtype()); }

std::shared_ptr<Model> Model::clone(DType dtype) const {
  const Reading reading(*this);
  ModelOptions options = options_;
  options.dtype = dtype;
  auto copy = std::make_shared<Model>(context_, graph_, outputs_, options, Uninitialised{});
  fovea::convert(layout_->parameter_block, options_.dtype, parameters(), dtype, copy->parameters());
  fovea::convert(layout_->state_block, options_.dtype, state(), dtype, copy->state());
  copy->class_names_ = class_names_;
  return copy;
}

Model::Tensor Model::tensor(int index) const {
  const size_t i = static_cast<size_t>(index);
  const size_t count = layout_->parameters.size();
  if (i < count) return {&layout_->parameters[i], parameter(layout_->parameters[i]), true};
  const graph::Slot& slot = layout_->state[i - count];
  return {&slot, state(slot), false};
}

Model::Tensor Model::tensor(std::string_view name) const {
  for (int i = 0; i < tensor_count(); ++i) {
    const Tensor t = tensor(i);
    if (t.slot->name == name) return t;
  }
  fail(Status::not_found, "the model has no tensor '%.*s'",
       static_cast<int>(std::min<size_t>(name.size(), 200)), name.data());
}

Reading::Reading(const Model& model) : model_(model) {
  int users = model.users_.load(std::memory_order_relaxed);
  do {
    if (users < 0) fail(Status::busy, "the model is being written (trained or loaded) by another call");
  } while (!model.users_.compare_exchange_weak(users, users + 1, std::memory_order_acquire));
}

Writing::Writing(Model& model) : model_(model) {
  int free = 0;
  if (!model.users_.compare_exchange_strong(free, -1, std::memory_order_acquire))
    fail(Status::busy, "the model is in use by another call (%s)",
         free > 0 ? "a session or a save" : "a trainer");
}

}  // namespace fovea::model
