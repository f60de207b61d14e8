#include "graph/plan.h"

#include <algorithm>
#include <numeric>

#include "base/error.h"
#include "base/memory.h"

namespace fovea::graph {

using layers::Activation;

Plan::Plan(std::shared_ptr<const Graph> graph, std::shared_ptr<const Layout> layout, PlanOptions options)
    : graph_(std::move(graph)), layout_(std::move(layout)), options_(std::move(options)) {
  build_steps();
  if (options_.training) plan_backward();
  measure();
  assign_storage();
  if (options_.training) assign_gradients();
  lay_out_arena();
}

// ---- steps and fusion ---------------------------------------------------------------------------------

void Plan::build_steps() {
  const int n = graph_->size();
  // How many read each node's output; the caller is a reader, too. Nodes that nobody reads are left out.
  std::vector<int> consumers(static_cast<size_t>(n), 0);
  for (int output : options_.outputs) ++consumers[static_cast<size_t>(output)];
  for (int i = n; i-- > 0;)
    if (consumers[static_cast<size_t>(i)] > 0)
      for (int input : graph_->node(i).inputs) ++consumers[static_cast<size_t>(input)];

  value_of_node_.assign(static_cast<size_t>(n), -1);
  for (int i = 0; i < n; ++i) {
    if (consumers[static_cast<size_t>(i)] == 0 || fuse(i, consumers)) continue;
    const Node& node = graph_->node(i);
    Step step;
    step.layer = node.layer;
    step.node = i;
    step.training = runs_as_in_training(i);
    for (int input : node.inputs) step.inputs.push_back(value_of(input));
    step.output = static_cast<int>(values_.size());
    values_.push_back({i, node.shape.elements(), -1, -1});
    value_of_node_[static_cast<size_t>(i)] = step.output;
    steps_.push_back(std::move(step));
  }
  for (Step& step : steps_) step.traits = step.layer->traits();
}

// Tries to let the step that makes the node's only input do the node's work as well.
bool Plan::fuse(int node_index, const std::vector<int>& consumers) {
  const Node& node = graph_->node(node_index);
  if (node.inputs.size() != 1 || consumers[static_cast<size_t>(node.inputs[0])] != 1) return false;
  const int value = value_of(node.inputs[0]);
  // values and steps are made in pairs: value i is the output of step i.
  Step& producer = steps_[static_cast<size_t>(value)];

  const Activation activation = node.layer->as_activation();
  if (activation != Activation::linear) {
    // Nothing would be saved: the layer would have to keep that input, as the step of its own does.
    if (options_.training && kernels::derivative_needs_input(activation)) return false;
    std::unique_ptr<layers::Layer> fused = producer.layer->clone();
    if (!fused->absorb_activation(activation)) return false;
    producer.layer = std::move(fused);
  } else if (!options_.training && !producer.training && !runs_as_in_training(node_index) &&
             node.layer->is_affine_at_inference() && producer.layer->absorbs_affine() &&
             producer.affine < 0 && producer.node == node.inputs[0]) {
    producer.affine = node_index;
    producer.fold_channels = node.shape[node.shape.rank() - 1];
  } else {
    return false;
  }
  values_[static_cast<size_t>(value)].node = node_index;
  value_of_node_[static_cast<size_t>(node_index)] = value;
  return true;
}

// ---- what backward must do ----------------------------------------------------------------------------

void Plan::plan_backward() {
  std::vector<char> needs(values_.size(), 0);  // the value depends on a parameter that learns
  for (size_t s = 0; s < steps_.size(); ++s) {
    Step& step = steps_[s];
    const size_t n = static_cast<size_t>(step.node);
    bool any = layout_->first_parameter[n] != layout_->first_parameter[n + 1] && !is_frozen(step.node);
    for (int input : step.inputs) {
      const char input_needs = needs[static_cast<size_t>(input)];
      step.needs_dx.push_back(input_needs);
      any = any || input_needs != 0;
    }
    needs[static_cast<size_t>(step.output)] = any;
    step.accumulate.assign(step.inputs.size(), 0);
    step.detour.assign(step.inputs.size(), -1);
  }
  // Only what leads to an output has a gradient to pass on.
  std::vector<char> reached(values_.size(), 0);
  for (int output : options_.outputs) reached[static_cast<size_t>(value_of(output))] = 1;
  for (size_t s = steps_.size(); s-- > 0;) {
    Step& step = steps_[s];
    const size_t out = static_cast<size_t>(step.output);
    step.runs_backward = reached[out] && needs[out];
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      step.needs_dx[i] = step.needs_dx[i] && step.runs_backward;
      if (step.needs_dx[i]) reached[static_cast<size_t>(step.inputs[i])] = 1;
    }
  }
}

void Plan::measure() {
  // Layers multiply these without a check.
  for (const Value& value : values_)
    (void)checked_mul(checked_mul(value.elements, options_.max_batch), sizeof(double));
  for (Step& step : steps_) {
    const auto needs_dx = std::make_unique<bool[]>(step.inputs.size());
    for (size_t i = 0; i < step.needs_dx.size(); ++i) needs_dx[i] = step.needs_dx[i] != 0;
    step.demand = step.layer->demand(
        {options_.dtype, options_.max_batch, step.training, {needs_dx.get(), step.inputs.size()}});
    step.packed_offset = packed_bytes_;
    packed_bytes_ += align_up(step.demand.packed);
    if (step.affine >= 0) {
      step.fold_offset = packed_bytes_;
      packed_bytes_ += 2 * align_up(static_cast<size_t>(step.fold_channels) * size_of(options_.dtype));
    }
    scratch_bytes_ = std::max(scratch_bytes_, align_up(step.demand.scratch));
    lane_stride_ = std::max(lane_stride_, align_up(step.demand.lane_scratch));
  }
}

// ---- memory -------------------------------------------------------------------------------------------
//
// Time: step s runs forward at s. The caller reads outputs and writes their gradients at S = steps. Step
// s runs backward at 2 S - s.

int Plan::new_storage(size_t bytes, int first, int last) {
  storages_.push_back({align_up(bytes), 0, first, last});
  return static_cast<int>(storages_.size()) - 1;
}

void Plan::touch(int storage, int time) {
  Storage& s = storages_[static_cast<size_t>(storage)];
  s.first = std::min(s.first, time);
  s.last = std::max(s.last, time);
}

void Plan::assign_storage() {
  const int steps = static_cast<int>(steps_.size());
  // When each value is read for the last time, its own step's reads included.
  std::vector<int> last(values_.size(), 0);
  for (int s = 0; s < steps; ++s) {
    const Step& step = steps_[static_cast<size_t>(s)];
    const bool again = step.runs_backward;
    int& own = last[static_cast<size_t>(step.output)];
    own = std::max(own, s);
    if (again && step.traits.backward_reads_y) own = std::max(own, backward_time(static_cast<size_t>(s)));
    for (int input : step.inputs) {
      int& read = last[static_cast<size_t>(input)];
      read = std::max(read, s);
      if (again && step.traits.backward_reads_x) read = std::max(read, backward_time(static_cast<size_t>(s)));
    }
  }
  for (int output : options_.outputs) {
    int& read = last[static_cast<size_t>(value_of(output))];
    read = std::max(read, steps);
  }

  const size_t element = size_of(options_.dtype);
  for (int s = 0; s < steps; ++s) {
    Step& step = steps_[static_cast<size_t>(s)];
    Value& out = values_[static_cast<size_t>(step.output)];
    const size_t bytes = static_cast<size_t>(checked_mul(out.elements, options_.max_batch)) * element;
    if (!step.inputs.empty()) {
      const Value& in = values_[static_cast<size_t>(step.inputs[0])];
      const bool dies_here = storages_[static_cast<size_t>(in.storage)].last <= s &&
                             in.elements == out.elements &&
                             std::count(step.inputs.begin(), step.inputs.end(), step.inputs[0]) == 1;
      if (step.traits.view || (step.traits.in_place && dies_here)) out.storage = in.storage;
    }
    // The caller fills inputs before the first step.
    const int first = step.inputs.empty() ? -1 : s;
    const int end = last[static_cast<size_t>(step.output)];
    if (out.storage < 0) out.storage = new_storage(bytes, first, end);
    else touch(out.storage, end);
    if (step.training && step.demand.saved > 0)
      step.saved = new_storage(step.demand.saved, s,
                               step.runs_backward ? backward_time(static_cast<size_t>(s)) : s);
  }
}

void Plan::assign_gradients() {
  const size_t element = size_of(options_.dtype);
  const int steps = static_cast<int>(steps_.size());
  const auto bytes_of = [&](const Value& v) {
    return static_cast<size_t>(v.elements * options_.max_batch) * element;
  };
  for (int output : options_.outputs) {
    Value& v = values_[static_cast<size_t>(value_of(output))];
    if (v.gradient < 0) v.gradient = new_storage(bytes_of(v), steps, steps);
  }
  for (size_t s = steps_.size(); s-- > 0;) {
    Step& step = steps_[s];
    if (!step.runs_backward) continue;
    const int now = backward_time(s);
    const int dy = values_[static_cast<size_t>(step.output)].gradient;
    touch(dy, now);
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      if (!step.needs_dx[i]) continue;
      Value& in = values_[static_cast<size_t>(step.inputs[i])];
      if (in.gradient < 0) {
        const bool same = (step.traits.view || step.traits.backward_in_place) && i == 0 &&
                          in.elements == values_[static_cast<size_t>(step.output)].elements;
        in.gradient = same ? dy : new_storage(bytes_of(in), now, now);
        continue;
      }
      touch(in.gradient, now);
      // A value that is an input twice may have dy's own memory by now; adding to that would read what it
      // writes.
      const bool can_add = step.traits.view || (step.traits.accumulates && in.gradient != dy);
      if (can_add) step.accumulate[i] = 1;
      else step.detour[i] = new_storage(bytes_of(in), now, now);
    }
  }
}

// Largest first, each at the lowest offset where nothing alive at the same time lies.
void Plan::lay_out_arena() {
  std::vector<size_t> order(storages_.size());
  std::iota(order.begin(), order.end(), size_t{0});
  std::stable_sort(order.begin(), order.end(),
                   [&](size_t a, size_t b) { return storages_[a].bytes > storages_[b].bytes; });
  std::vector<size_t> placed;  // sorted by offset
  for (size_t index : order) {
    Storage& s = storages_[index];
    size_t offset = 0;
    for (size_t other : placed) {
      const Storage& o = storages_[other];
      if (o.last < s.first || s.last < o.first) continue;
      if (offset + s.bytes <= o.offset) break;
      offset = std::max(offset, o.offset + o.bytes);
    }
    s.offset = offset;
    arena_bytes_ = std::max(arena_bytes_, offset + s.bytes);
    placed.insert(
        std::upper_bound(placed.begin(), placed.end(), index,
                         [&](size_t a, size_t b) { return storages_[a].offset < storages_[b].offset; }),
        index);
  }
}

size_t Plan::peak_live_bytes() const {
  size_t peak = 0;
  for (int t = -1; t <= 2 * static_cast<int>(steps_.size()); ++t) {
    size_t live = 0;
    for (const Storage& s : storages_)
      if (s.first <= t && t <= s.last) live += s.bytes;
    peak = std::max(peak, live);
  }
  return peak;
}

}  // namespace fovea::graph
