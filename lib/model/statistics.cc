#include "model/statistics.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "graph/runner.h"
#include "model/batch.h"

namespace fovea::model {
namespace {

template <class T>
NodeStatistics measure(int64_t batch, int64_t elements, const T* x, const StatisticsOptions& o) {
  NodeStatistics s;
  const int64_t n = batch * elements;
  s.minimum = s.maximum = static_cast<double>(x[0]);
  s.histogram.assign(static_cast<size_t>(o.bins), 0);
  int64_t beyond = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double v = static_cast<double>(x[i]);
    s.mean += v;
    s.minimum = std::min(s.minimum, v);
    s.maximum = std::max(s.maximum, v);
    beyond += std::abs(v) > o.saturation;
    // As NumPy: the last bin holds its upper edge, too; what lies outside is in none.
    if (o.bins > 0 && v >= o.low && v <= o.high) {
      const auto bin = static_cast<int64_t>((v - o.low) / (o.high - o.low) * static_cast<double>(o.bins));
      ++s.histogram[static_cast<size_t>(std::min(bin, o.bins - 1))];
    }
  }
  s.mean /= static_cast<double>(n);
  double squares = 0;
  for (int64_t i = 0; i < n; ++i) {
    const double e = static_cast<double>(x[i]) - s.mean;
    squares += e * e;
  }
  s.stddev = std::sqrt(squares / static_cast<double>(n));
  s.saturated = static_cast<double>(beyond) / static_cast<double>(n);
  int64_t dead = 0;
  for (int64_t e = 0; e < elements; ++e) {
    int64_t b = 0;
    while (b < batch && x[b * elements + e] == 0) ++b;
    dead += b == batch;
  }
  s.dead = static_cast<double>(dead) / static_cast<double>(elements);
  return s;
}

// After a forward pass that gives every node out, so that none is fused into another.
std::unique_ptr<graph::Runner> run(const Model& model, int64_t batch, const std::vector<int>& nodes,
                                   std::span<const TensorView> inputs, const StatisticsOptions& o) {
  graph::PlanOptions plan;
  plan.dtype = model.dtype();
  plan.max_batch = batch;
  plan.training = o.training;
  plan.threads = model.context()->executor().threads();
  plan.outputs = nodes;
  auto runner = graph::make_runner(model.context(),
                                   std::make_shared<graph::Plan>(model.graph(), model.layout(), plan));
  for (size_t i = 0; i < inputs.size(); ++i)
    fill_from_tensor(model, i, inputs[i], 0, batch, runner->value(model.inputs()[i]));
  // Training moves running statistics: those of a copy.
  const Buffer state = model.context()->buffer(model.state_bytes());
  if (state.bytes() > 0) std::memcpy(state.data(), model.state(), model.state_bytes());
  runner->prepare(model.parameters(), state.data());
  runner->forward(batch, model.parameters(), state.data(), {.seed = o.seed});
  return runner;
}

}  // namespace

std::vector<NodeStatistics> statistics(const std::shared_ptr<const Model>& model,
                                       std::span<const TensorView> inputs, const StatisticsOptions& options) {
  const int64_t batch = check_inputs(*model, inputs);
  std::vector<int> nodes(static_cast<size_t>(model->graph()->size()));
  std::iota(nodes.begin(), nodes.end(), 0);
  const Reading reading(*model);
  const std::unique_ptr<graph::Runner> runner = run(*model, batch, nodes, inputs, options);
  std::vector<NodeStatistics> all(nodes.size());
  model->context()->executor().parallel_for(static_cast<int64_t>(nodes.size()), [&](int64_t i, int) {
    const int64_t elements = model->graph()->node(static_cast<int>(i)).shape.elements();
    with_float(model->dtype(), [&](auto zero) {
      const auto* x = static_cast<const decltype(zero)*>(runner->value(static_cast<int>(i)));
      all[static_cast<size_t>(i)] = measure(batch, elements, x, options);
    });
  });
  return all;
}

}  // namespace fovea::model
