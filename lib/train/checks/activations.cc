#include "train/checks/activations.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "graph/inspect.h"
#include "graph/runner.h"
#include "model/batch.h"

namespace fovea::train::checks {

using graph::activation_of;
using kernels::Activation;

namespace {

template <class T>
NodeMeasure measure(int64_t n, int64_t channels, Activation activation, const T* x) {
  NodeMeasure m;
  double squares = 0;
  int64_t saturated = 0;
  const double low = activation == Activation::tanh ? -0.99 : 0.01;
  std::vector<char> alive(static_cast<size_t>(channels), 0);
  for (int64_t i = 0; i < n; ++i) {
    const double v = static_cast<double>(x[i]);
    squares += v * v;
    saturated += v < low || v > 0.99;
    if (v != 0) alive[static_cast<size_t>(i % channels)] = 1;
  }
  m.finite = std::isfinite(squares) || std::all_of(x, x + n, [](T v) { return std::isfinite(v); });
  m.rms = std::sqrt(squares / static_cast<double>(n));
  m.dead = static_cast<double>(std::count(alive.begin(), alive.end(), 0)) / static_cast<double>(channels);
  m.saturated = static_cast<double>(saturated) / static_cast<double>(n);
  return m;
}

}  // namespace

std::vector<NodeMeasure> measure_nodes(const model::Model& model, std::span<const TensorView> inputs) {
  const int64_t batch = model::check_inputs(model, inputs);
  const graph::Graph& graph = *model.graph();
  graph::PlanOptions plan;
  plan.dtype = model.dtype();
  plan.max_batch = batch;
  plan.training = true;
  plan.threads = model.context()->executor().threads();
  plan.outputs.resize(static_cast<size_t>(graph.size()));  // all of them, so that none is fused into another
  std::iota(plan.outputs.begin(), plan.outputs.end(), 0);
  const model::Reading reading(model);
  const auto runner =
      graph::make_runner(model.context(), std::make_shared<graph::Plan>(model.graph(), model.layout(), plan));
  for (size_t i = 0; i < inputs.size(); ++i)
    model::fill_from_tensor(model, i, inputs[i], 0, batch, runner->value(model.inputs()[i]));
  const Buffer state = model.context()->buffer(model.state_bytes());  // training moves it
  if (state.bytes() > 0) std::memcpy(state.data(), model.state(), model.state_bytes());
  runner->prepare(model.parameters(), state.data());
  runner->forward(batch, model.parameters(), state.data(), {});
  std::vector<NodeMeasure> all(plan.outputs.size());
  for (size_t n = 0; n < all.size(); ++n) {
    const graph::Node& node = graph.node(static_cast<int>(n));
    const Shape& shape = node.shape;
    const int64_t channels = shape.rank() == 0 ? 1 : shape[shape.rank() - 1];
    all[n] = with_float(model.dtype(), [&](auto zero) {
      return measure(batch * shape.elements(), channels, activation_of(node),
                     static_cast<const decltype(zero)*>(runner->value(static_cast<int>(n))));
    });
  }
  return all;
}

}  // namespace fovea::train::checks
