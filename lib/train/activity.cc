#include "train/activity.h"

#include <algorithm>

#include "kernels/elementwise.h"

namespace fovea::train {

Activity::Activity(const graph::Graph& graph, const std::vector<int>& heads) {
  std::vector<char> needed(static_cast<size_t>(graph.size()), 0);
  for (int head : heads) needed[static_cast<size_t>(head)] = 1;
  for (int i = graph.size(); i-- > 0;) {
    if (!needed[static_cast<size_t>(i)]) continue;
    for (int input : graph.node(i).inputs) needed[static_cast<size_t>(input)] = 1;
    const layers::Regularizer regularizer = graph.node(i).layer->activity();
    if (regularizer.empty()) continue;
    parts_.push_back({i, regularizer, std::find(heads.begin(), heads.end(), i) != heads.end()});
  }
}

std::vector<int> Activity::more_outputs() const {
  std::vector<int> nodes;
  for (const Part& part : parts_)
    if (!part.is_head) nodes.push_back(part.node);
  return nodes;
}

template <class T>
double Activity::sample(const Part& part, int64_t elements, double share, const T* y, T* dy) const {
  const layers::Regularizer& r = part.regularizer;
  if (!part.is_head) std::fill_n(dy, elements, T{0});
  double sum = 0;
  if (r.l2 != 0) {
    kernels::add_scaled(elements, r.slope() * share, y, dy);
    sum = r.slope() / 2 * kernels::sum_of_squares(elements, y);
  }
  if (r.l1 != 0) sum += r.l1 * kernels::add_signs(elements, r.l1 * share, y, dy);
  return sum;
}

double Activity::apply(const Context& context, const graph::Runner& runner, int64_t batch) {
  if (parts_.empty()) return 0;
  const size_t bytes = static_cast<size_t>(batch) * sizeof(double);
  if (sums_.bytes() < bytes) sums_ = context.buffer(bytes);
  double* const sums = sums_.as<double>();
  double total = 0;
  for (const Part& part : parts_) {
    const int64_t elements = runner.plan().graph().node(part.node).shape.elements();
    const double share = 1 / static_cast<double>(batch);
    with_float(runner.plan().options().dtype, [&](auto zero) {
      using T = decltype(zero);
      const T* const y = static_cast<const T*>(runner.value(part.node));
      T* const dy = static_cast<T*>(runner.gradient(part.node));
      context.executor().parallel_for(batch, [&](int64_t i, int) {
        sums[i] = sample(part, elements, share, y + i * elements, dy + i * elements);
      });
    });
    for (int64_t i = 0; i < batch; ++i) total += sums[i] * share;
  }
  return total;
}

}  // namespace fovea::train
