#include "graph/tune.h"

#include <algorithm>

#include "base/error.h"
#include "base/rng.h"
#include "graph/inspect.h"
#include "graph/runner.h"

namespace fovea::graph {
namespace {

// A choice that layers may have, by the attribute's name, and the pass that it is about. 0 is automatic.
struct Field {
  const char* name;
  Pass pass;
};
constexpr Field kFields[] = {{"forward_algorithm", Pass::forward},
                             {"data_gradient_algorithm", Pass::backward},
                             {"weight_gradient_algorithm", Pass::backward}};
constexpr double kGain = 0.97;  // what a choice must be faster by than the one before

// Values around 0, small enough for any depth.
template <class T>
void scatter(T* to, int64_t n, uint32_t seed) {
  for (int64_t i = 0; i < n; i += 4) {
    const PhiloxBlock block =
        philox4x32({static_cast<uint32_t>(i), static_cast<uint32_t>(i >> 32), 0, 0}, {seed, 0});
    for (int64_t k = i; k < std::min(n, i + 4); ++k)
      to[k] = static_cast<T>(0.1f * (uniform01(block[static_cast<size_t>(k - i)]) - 0.5f));
  }
}

// The fastest repetition of each node's passes, in nanoseconds.
using Times = std::vector<int64_t>;

class Stand {
 public:
  Stand(std::shared_ptr<const Context> context, const Graph& graph, const TuneOptions& options)
      : context_(std::move(context)),
        options_(options),
        layout_(std::make_shared<Layout>(graph)),
        parameters_(block(layout_->parameter_block)),
        gradients_(options.training ? block(layout_->parameter_block) : Buffer()),
        state_(block(layout_->state_block)) {
    with_float(options_.dtype, [&]<class T>(T) {
      scatter(parameters_.as<T>(), layout_->parameter_block, 1);
      for (const Slot& slot : layout_->state)
        std::fill_n(state_.as<T>() + slot.offset, slot.elements, static_cast<T>(slot.initial));
    });
  }

  // `pass` with the packing of weights for it, by node; Pass::other: all passes.
  Times measure(const std::shared_ptr<const Graph>& graph, Pass pass) {
    PlanOptions o;
    o.dtype = options_.dtype;
    o.max_batch = options_.batch;
    o.training = options_.training;
    o.threads = context_->executor().threads();
    o.outputs = options_.outputs;
    const std::unique_ptr<Runner> runner =
        make_runner(context_, std::make_shared<Plan>(graph, layout_, std::move(o)));
    Times best(static_cast<size_t>(graph->size()), INT64_MAX);
    for (int repetition = -1; repetition < options_.repetitions; ++repetition) {  // the first warms up
      if (options_.cancel != nullptr && options_.cancel->wait())
        fail(Status::cancelled, "the tuning was cancelled");
      const auto profile = std::make_shared<Profile>(0);
      runner->profile(profile);
      run(*runner, pass);
      if (repetition < 0) continue;
      Times times(best.size(), 0);
      for (const Profile::Row& row : profile->rows())
        if (row.pass == pass || row.pass == Pass::prepare || pass == Pass::other)
          times[static_cast<size_t>(graph->find(row.name))] += row.nanoseconds;
      for (size_t n = 0; n < best.size(); ++n) best[n] = std::min(best[n], times[n]);
    }
    return best;
  }

 private:
  Buffer block(int64_t elements) const {
    return context_->buffer(static_cast<size_t>(elements) * size_of(options_.dtype), true);
  }
  void fill(void* values, const Shape& shape) const {
    with_float(options_.dtype,
               [&]<class T>(T) { scatter(static_cast<T*>(values), options_.batch * shape.elements(), 2); });
  }
  void run(Runner& runner, Pass pass) {
    const Graph& graph = runner.plan().graph();
    for (const int input : graph.inputs())
      if (void* values = runner.value(input); values != nullptr) fill(values, graph.node(input).shape);
    runner.prepare(parameters_.data(), state_.data());
    runner.forward(options_.batch, parameters_.data(), state_.data(), {});
    if (pass == Pass::forward || !options_.training) return;
    for (const int output : options_.outputs) fill(runner.gradient(output), graph.node(output).shape);
    runner.backward(options_.batch, parameters_.data(), state_.data(), gradients_.data(), {});
  }

  std::shared_ptr<const Context> context_;
  const TuneOptions& options_;
  std::shared_ptr<const Layout> layout_;
  Buffer parameters_, gradients_, state_;
};

// The graph with one more choice made in every node that `wants` it; null where no node takes it.
template <class Wants>
std::shared_ptr<Graph> with_choice(const Graph& graph, const char* field, int32_t value, const Wants& wants,
                                   std::vector<char>& taken) {
  auto changed = std::make_shared<Graph>(graph);
  taken.assign(static_cast<size_t>(graph.size()), 0);
  for (int n = 0; n < graph.size(); ++n) {
    if (!wants(n)) continue;
    std::unique_ptr<layers::Layer> layer = graph.node(n).layer->clone();
    choose(*layer, field, value);
    try {
      changed->replace(n, std::move(layer));
      taken[static_cast<size_t>(n)] = 1;
    } catch (const Error& error) {
      // It is not for this shape.
      if (error.status() != Status::invalid_argument) throw;
    }
  }
  return std::find(taken.begin(), taken.end(), 1) == taken.end() ? nullptr : changed;
}

double seconds(const Times& times) {
  double sum = 0;
  for (const int64_t t : times) sum += static_cast<double>(t) / 1e9;
  return sum;
}

}  // namespace

Tuning tune(const std::shared_ptr<const Context>& context, const std::shared_ptr<const Graph>& graph,
            const TuneOptions& options) {
  Stand stand(context, *graph, options);
  Tuning result{graph};
  std::vector<char> changed(static_cast<size_t>(graph->size()), 0);
  for (const Field& field : kFields) {
    if (field.pass == Pass::backward && !options.training) continue;
    // Which nodes have this choice, and leave it open.
    std::vector<char> open(changed.size(), 0);
    int32_t count = 0;
    for (int n = 0; n < graph->size(); ++n) {
      const Choice choice = choice_of(graph->node(n), field.name);
      const bool given = choice_of(graph->node(n), "algorithm").value != 0;
      open[static_cast<size_t>(n)] = choice.value == 0 && !given;
      count = std::max(count, choice.count);
    }
    const Times before = stand.measure(result.graph, field.pass);
    Times best = before;
    std::vector<int32_t> chosen(open.size(), 0);
    for (int32_t value = 1; value < count; ++value) {
      std::vector<char> taken;
      const auto tried = with_choice(
          *result.graph, field.name, value, [&](int n) { return open[static_cast<size_t>(n)] != 0; }, taken);
      if (tried == nullptr) continue;
      const Times times = stand.measure(tried, field.pass);
      for (size_t n = 0; n < taken.size(); ++n) {
        if (!taken[n] || static_cast<double>(times[n]) >= kGain * static_cast<double>(best[n])) continue;
        best[n] = times[n];
        chosen[n] = value;
      }
    }
    for (int32_t value = 1; value < count; ++value) {
      std::vector<char> taken;
      const auto made = with_choice(
          *result.graph, field.name, value, [&](int n) { return chosen[static_cast<size_t>(n)] == value; },
          taken);
      if (made == nullptr) continue;
      result.graph = made;
      for (size_t n = 0; n < taken.size(); ++n) changed[n] |= taken[n];
    }
  }
  result.seconds_before = seconds(stand.measure(graph, Pass::other));
  result.seconds_after = seconds(stand.measure(result.graph, Pass::other));
  result.changed = static_cast<int>(std::count(changed.begin(), changed.end(), 1));
  return result;
}

}  // namespace fovea::graph
