#include "model/statistics.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "model/batch.h"
#include "model/session.h"

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

}  // namespace

std::vector<NodeStatistics> statistics(const std::shared_ptr<const Model>& model,
                                       std::span<const TensorView> inputs, const StatisticsOptions& options) {
  const int64_t batch = check_inputs(*model, inputs);
  std::vector<int> nodes(static_cast<size_t>(model->graph()->size()));
  std::iota(nodes.begin(), nodes.end(), 0);
  // Every node is given out, so that none is fused into another.
  Session session(model, batch, nodes);
  const Reading reading(*model);
  for (size_t i = 0; i < inputs.size(); ++i)
    fill_from_tensor(*model, inputs[i], 0, batch, session.input(static_cast<int>(i)));
  session.forward(batch);
  std::vector<NodeStatistics> all(nodes.size());
  model->context()->executor().parallel_for(static_cast<int64_t>(nodes.size()), [&](int64_t i, int) {
    const int64_t elements = model->graph()->node(static_cast<int>(i)).shape.elements();
    with_float(model->dtype(), [&](auto zero) {
      const auto* x = static_cast<const decltype(zero)*>(session.output(static_cast<int>(i)));
      all[static_cast<size_t>(i)] = measure(batch, elements, x, options);
    });
  });
  return all;
}

}  // namespace fovea::model
