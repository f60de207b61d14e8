#include "train/checks/probe.h"

#include <algorithm>

#include "model/weights.h"

namespace fovea::train::checks {
namespace {

class ProbeLayer final : public layers::Typed<ProbeLayer> {
 public:
  std::string_view kind() const override { return "probe"; }
  void attributes(AttributeVisitor&) override {}
  Shape setup(std::span<const Shape> inputs) override { return shape_ = inputs[0]; }
  std::vector<layers::Parameter> parameters() const override {
    layers::Parameter p;
    p.name = "shift";
    p.shape = shape_;
    p.role = layers::Role::shift;
    p.initializer.kind = layers::InitializerKind::zeros;
    return {p};
  }
  template <class T>
  void run_forward(const layers::ForwardPass<T>& p) const {
    const int64_t n = shape_.elements();
    for (int64_t i = 0; i < p.batch * n; ++i) p.y[i] = p.x[0][i] + p.params[0][i % n];
  }
  template <class T>
  void run_backward(const layers::BackwardPass<T>& p) const {
    const int64_t n = shape_.elements();
    std::fill_n(p.dparams[0], n, T(0));
    for (int64_t i = 0; i < p.batch * n; ++i) p.dparams[0][i % n] += p.dy[i];
    if (p.dx[0] != nullptr) std::copy_n(p.dy, p.batch * n, p.dx[0]);
  }

 private:
  Shape shape_;
};

}  // namespace

ProbedModel with_probes(const model::Model& original, const std::vector<int>& heads,
                        std::vector<LossOptions> losses) {
  const graph::Graph& from = *original.graph();
  auto graph = std::make_shared<graph::Graph>();
  ProbedModel probed;
  const auto add_probe = [&](int producer, int consumer) {
    const int input = probed.node_of[static_cast<size_t>(producer)];
    const int node = graph->add(std::make_unique<ProbeLayer>(), {&input, 1}, "");
    probed.probes.push_back({producer, consumer, node});
    return node;
  };
  for (int n = 0; n < from.size(); ++n) {
    const graph::Node& node = from.node(n);
    std::vector<int> inputs;
    for (const int input : node.inputs)
      // The network's inputs need no gradient, and a layer behind them may give none.
      inputs.push_back(from.node(input).inputs.empty() ? probed.node_of[static_cast<size_t>(input)]
                                                       : add_probe(input, n));
    probed.node_of.push_back(graph->add(node.layer->clone(), inputs, node.name));
  }
  std::vector<int> outputs;
  for (size_t i = 0; i < heads.size(); ++i) {
    outputs.push_back(add_probe(heads[i], -1));
    losses[i].output = graph->node(outputs.back()).name;
  }
  model::ModelOptions options;
  options.dtype = DType::f64;
  options.transform = original.transform();
  probed.model = std::make_shared<model::Model>(original.context(), graph, outputs, options,
                                                model::Model::Uninitialised{});
  model::copy_weights(*probed.model, original, {});
  probed.losses = std::move(losses);
  return probed;
}

}  // namespace fovea::train::checks
