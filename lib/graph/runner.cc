#include "graph/runner.h"

#include <algorithm>
#include <array>
#include <cstdio>

#include "base/error.h"
#include "kernels/elementwise.h"

namespace fovea::graph {
namespace {

using layers::Affine;
using layers::BackwardPass;
using layers::ForwardPass;
using layers::PreparePass;

// A step with its pointers, found once.
template <class T> struct BoundStep {
  const Step* plan = nullptr;
  std::vector<const T*> x;
  T* y = nullptr;
  T* dy = nullptr;
  std::vector<T*> dx;         // what the layer writes to
  std::vector<T*> detour_to;  // where a detour is added afterwards, or null
  std::unique_ptr<bool[]> accumulate;
  std::byte* packed = nullptr;
  T* fold_scale = nullptr;
  T* fold_shift = nullptr;
  std::byte* saved = nullptr;
  // Filled in at each call, since the blocks are the caller's.
  std::vector<const T*> params;
  std::vector<T*> state;
  std::vector<const T*> state_read;
  std::vector<T*> dparams;
};

// A layer of the library does not fail here, but one of a host's may: with its kind and name in front.
[[noreturn]] void raise_naming(const Node& node, const Error& error) {
  const std::string_view kind = node.layer->kind();
  fail(error.status(), "%.*s '%.200s': %s", static_cast<int>(kind.size()), kind.data(), node.name.c_str(),
       error.what());
}
template <class F>
void naming(const Node& node, F&& call) {
  try {
    call();
  } catch (const Error& error) {
    raise_naming(node, error);
  }
}

template <class T> class TypedRunner final : public Runner {
 public:
  TypedRunner(std::shared_ptr<const Context> context, std::shared_ptr<const Plan> plan)
      : Runner(std::move(plan)),
        context_(std::move(context)),
        arena_(context_->buffer(plan_->arena_bytes())),
        workspace_(context_->buffer(plan_->workspace_bytes())),
        scratch_(workspace_.data() + plan_->packed_bytes()),
        lane_scratch_(scratch_ + plan_->scratch_bytes()) {
    steps_.reserve(plan_->steps().size());
    for (const Step& step : plan_->steps()) steps_.push_back(bind(step));
    find_unreached();
    log_size();
  }

  void* value(int node) const override {
    const int index = plan_->value_of(node);
    return index < 0 ? nullptr : at(plan_->values()[static_cast<size_t>(index)].storage);
  }
  void* gradient(int node) const override {
    return at(plan_->values()[static_cast<size_t>(plan_->value_of(node))].gradient);
  }

  void prepare(const void* params, const void* state) override {
    const Stopwatch stopwatch(*this);
    for (BoundStep<T>& b : steps_) {
      const Profile::Timer timer = stopwatch.time(Pass::prepare, index_of(b), 0);
      bind_params(b, static_cast<const T*>(params));
      bind_state(b, static_cast<const T*>(state));
      Affine<T> fold;
      if (b.plan->affine >= 0) fold = folded(b, static_cast<const T*>(params), static_cast<const T*>(state));
      b.plan->layer->prepare(PreparePass<T>{context_->executor(), b.plan->training, b.params,
                                            b.state_read, fold, b.packed, scratch_});
    }
  }

  void forward(int64_t batch, const void* params, void* state, const StepKey& key) override {
    const Stopwatch stopwatch(*this);
    for (BoundStep<T>& b : steps_) {
      if (b.plan->traits.view || b.plan->inputs.empty()) continue;
      const Profile::Timer timer = stopwatch.time(Pass::forward, index_of(b), batch);
      bind_params(b, static_cast<const T*>(params));
      bind_state(b, static_cast<T*>(state));
      naming(node_of(b), [&] {
        b.plan->layer->forward(ForwardPass<T>{
            context_->executor(), batch, b.plan->training, b.x, b.y, b.params, b.state, b.packed,
            b.saved, scratch_, lane_scratch_, plan_->lane_stride(), random_key(b, key), key.first_sample});
      });
    }
  }

  void backward(int64_t batch, const void* params, const void* state, void* gradients,
                const StepKey& key) override {
    const Stopwatch stopwatch(*this);
    T* const grads = static_cast<T*>(gradients);
    for (const Slot* slot : unreached_) std::fill_n(grads + slot->offset, slot->elements, T(0));
    for (size_t s = steps_.size(); s-- > 0;) {
      BoundStep<T>& b = steps_[s];
      if (!b.plan->runs_backward || b.plan->inputs.empty()) continue;
      const Profile::Timer timer = stopwatch.time(Pass::backward, s, batch);
      if (b.plan->traits.view) {
        pass_view(b, batch);
        continue;
      }
      bind_params(b, static_cast<const T*>(params));
      bind_state(b, static_cast<const T*>(state));
      bind_gradients(b, grads);
      naming(node_of(b), [&] {
        b.plan->layer->backward(BackwardPass<T>{
            context_->executor(), batch, b.x, b.y, b.dy, b.dx, {b.accumulate.get(), b.dx.size()}, b.params,
            b.dparams, b.state_read, b.packed, b.saved, scratch_, lane_scratch_, plan_->lane_stride(),
            random_key(b, key), key.first_sample});
      });
      for (size_t i = 0; i < b.dx.size(); ++i)
        if (b.detour_to[i] != nullptr) add(elements_of_input(b, i) * batch, b.dx[i], b.detour_to[i]);
    }
  }

 private:
  const Node& node_of(const BoundStep<T>& b) const { return plan_->graph().node(b.plan->node); }
  size_t index_of(const BoundStep<T>& b) const { return static_cast<size_t>(&b - steps_.data()); }
  void find_unreached() {
    if (!plan_->options().training) return;
    std::vector<char> reached(static_cast<size_t>(plan_->graph().size()), 0);
    for (const Step& step : plan_->steps())
      reached[static_cast<size_t>(step.node)] = step.runs_backward && !plan_->is_frozen(step.node);
    for (const Slot& slot : plan_->layout().parameters)
      if (!reached[static_cast<size_t>(slot.node)]) unreached_.push_back(&slot);
  }
  void log_size() const {
    const PlanOptions& o = plan_->options();
    char line[160];
    std::snprintf(
        line, sizeof line, "planned %s for batches up to %lld: %zu steps, arena %.1f MiB, workspace %.1f MiB",
        o.training ? "training" : "inference", static_cast<long long>(o.max_batch), steps_.size(),
        static_cast<double>(arena_.bytes()) / 1048576, static_cast<double>(workspace_.bytes()) / 1048576);
    context_->log(LogLevel::info, line);
  }
  T* at(int storage) const {
    return storage < 0
               ? nullptr
               : reinterpret_cast<T*>(arena_.data() + plan_->storages()[static_cast<size_t>(storage)].offset);
  }
  const Value& input_value(const Step& step, size_t i) const {
    return plan_->values()[static_cast<size_t>(step.inputs[i])];
  }
  int64_t elements_of_input(const BoundStep<T>& b, size_t i) const {
    return input_value(*b.plan, i).elements;
  }

  BoundStep<T> bind(const Step& step) const {
    BoundStep<T> b;
    b.plan = &step;
    const Value& out = plan_->values()[static_cast<size_t>(step.output)];
    b.y = at(out.storage);
    b.dy = at(out.gradient);
    b.packed = workspace_.data() + step.packed_offset;
    if (step.affine >= 0) {
      b.fold_scale = reinterpret_cast<T*>(workspace_.data() + step.fold_offset);
      b.fold_shift = b.fold_scale + align_up(static_cast<size_t>(step.fold_channels) * sizeof(T)) / sizeof(T);
    }
    b.saved = reinterpret_cast<std::byte*>(at(step.saved));
    b.accumulate = std::make_unique<bool[]>(step.inputs.size());
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      const Value& in = input_value(step, i);
      b.x.push_back(at(in.storage));
      const bool wanted = !step.needs_dx.empty() && step.needs_dx[i];
      const int detour = wanted ? step.detour[i] : -1;
      b.dx.push_back(wanted ? at(detour >= 0 ? detour : in.gradient) : nullptr);
      b.detour_to.push_back(detour >= 0 ? at(in.gradient) : nullptr);
      b.accumulate[i] = wanted && step.accumulate[i];
    }
    const Layout& layout = plan_->layout();
    const size_t n = static_cast<size_t>(step.node);
    b.params.resize(static_cast<size_t>(layout.first_parameter[n + 1] - layout.first_parameter[n]));
    b.dparams.resize(b.params.size());
    b.state.resize(static_cast<size_t>(layout.first_state[n + 1] - layout.first_state[n]));
    b.state_read.resize(b.state.size());
    return b;
  }

  const Slot& parameter(const BoundStep<T>& b, size_t i) const {
    const Layout& layout = plan_->layout();
    return layout
        .parameters[static_cast<size_t>(layout.first_parameter[static_cast<size_t>(b.plan->node)]) + i];
  }
  const Slot& state_slot(const BoundStep<T>& b, size_t i) const {
    const Layout& layout = plan_->layout();
    return layout.state[static_cast<size_t>(layout.first_state[static_cast<size_t>(b.plan->node)]) + i];
  }
  void bind_params(BoundStep<T>& b, const T* block) const {
    for (size_t i = 0; i < b.params.size(); ++i) b.params[i] = block + parameter(b, i).offset;
  }
  void bind_gradients(BoundStep<T>& b, T* block) const {
    const bool frozen = plan_->is_frozen(b.plan->node);
    for (size_t i = 0; i < b.dparams.size(); ++i)
      b.dparams[i] = frozen ? nullptr : block + parameter(b, i).offset;
  }
  void bind_state(BoundStep<T>& b, T* block) const {
    for (size_t i = 0; i < b.state.size(); ++i) b.state[i] = block + state_slot(b, i).offset;
  }
  void bind_state(BoundStep<T>& b, const T* block) const {
    for (size_t i = 0; i < b.state.size(); ++i) b.state_read[i] = block + state_slot(b, i).offset;
  }

  // The batch norm that follows the step, as an affine map.
  Affine<T> folded(const BoundStep<T>& b, const T* params, const T* state) const {
    const Layout& layout = plan_->layout();
    const size_t n = static_cast<size_t>(b.plan->affine);
    std::array<const T*, 2> p{};
    std::array<const T*, 2> s{};
    const size_t count = static_cast<size_t>(layout.first_parameter[n + 1] - layout.first_parameter[n]);
    const size_t states = static_cast<size_t>(layout.first_state[n + 1] - layout.first_state[n]);
    for (size_t i = 0; i < count; ++i)
      p[i] = params + layout.parameters[static_cast<size_t>(layout.first_parameter[n]) + i].offset;
    for (size_t i = 0; i < states; ++i)
      s[i] = state + layout.state[static_cast<size_t>(layout.first_state[n]) + i].offset;
    plan_->graph()
        .node(b.plan->affine)
        .layer->affine(std::span<const T* const>(p.data(), count),
                       std::span<const T* const>(s.data(), states), b.fold_scale, b.fold_shift);
    return {b.fold_scale, b.fold_shift};
  }

  RandomKey random_key(const BoundStep<T>& b, const StepKey& key) const {
    return {key.seed, key.step, static_cast<uint32_t>(b.plan->node), Purpose::init};
  }

  // x += y over blocks.
  void add(int64_t n, const T* x, T* y) const {
    constexpr int64_t kBlock = 32768;
    context_->executor().parallel_for(blocks_of(n, kBlock), [&](int64_t task, int) {
      const int64_t begin = task * kBlock;
      kernels::accumulate(std::min(kBlock, n - begin), x + begin, y + begin);
    });
  }

  void pass_view(const BoundStep<T>& b, int64_t batch) const {
    if (b.dx[0] == nullptr || b.dx[0] == b.dy) return;
    add(elements_of_input(b, 0) * batch, b.dy, b.dx[0]);
  }

  std::shared_ptr<const Context> context_;
  Buffer arena_;
  Buffer workspace_;
  std::byte* scratch_;
  std::byte* lane_scratch_;
  std::vector<BoundStep<T>> steps_;
  std::vector<const Slot*> unreached_;  // parameters that are frozen, or that no output depends on
};

}  // namespace

void Runner::profile(const std::shared_ptr<Profile>& profile) {
  std::vector<std::array<int, 3>> rows;
  const double size = static_cast<double>(size_of(plan_->options().dtype));
  for (const Step& step : plan_->steps()) {
    const Node& node = plan_->graph().node(step.node);
    Profile::Row row{node.name, std::string(node.layer->kind()),
                     step.layer->algorithm(plan_->options().dtype)};
    const double work = 2 * static_cast<double>(step.layer->multiply_adds());
    double inputs = 0, parameters = 0, gradients = 0;
    for (size_t i = 0; i < step.inputs.size(); ++i) {
      const auto elements =
          static_cast<double>(plan_->values()[static_cast<size_t>(step.inputs[i])].elements);
      inputs += elements;
      if (!step.needs_dx.empty() && step.needs_dx[i]) gradients += elements;
    }
    const auto output = static_cast<double>(plan_->values()[static_cast<size_t>(step.output)].elements);
    const Layout& layout = plan_->layout();
    const size_t n = static_cast<size_t>(step.node);
    for (int i = layout.first_parameter[n]; i < layout.first_parameter[n + 1]; ++i)
      parameters += static_cast<double>(layout.parameters[static_cast<size_t>(i)].elements);

    const auto add = [&](Pass pass, double flops, double sample_elements, double call_elements) {
      row.pass = pass;
      row.flops_per_sample = flops;
      row.bytes_per_sample = sample_elements * size;
      row.bytes_per_call = call_elements * size;
      return profile->add(row);
    };
    const double read =
        (step.traits.backward_reads_x ? inputs : 0) + (step.traits.backward_reads_y ? output : 0);
    const double products = (gradients > 0 ? 1 : 0) + (parameters > 0 ? 1 : 0);
    rows.push_back({add(Pass::prepare, 0, 0, parameters),
                    add(Pass::forward, work, inputs + output, parameters),
                    add(Pass::backward, work * products, read + output + gradients, 2 * parameters)});
  }
  rows_ = std::move(rows);
  profile_ = profile;
}

std::unique_ptr<Runner> make_runner(std::shared_ptr<const Context> context,
                                    std::shared_ptr<const Plan> plan) {
  return with_float(plan->options().dtype, [&](auto zero) -> std::unique_ptr<Runner> {
    return std::make_unique<TypedRunner<decltype(zero)>>(std::move(context), std::move(plan));
  });
}

}  // namespace fovea::graph
