#include "model/norm_statistics.h"

#include <algorithm>
#include <cstring>
#include <string_view>
#include <vector>

#include "base/error.h"
#include "data/order.h"
#include "graph/runner.h"
#include "model/batch.h"

namespace fovea::model {
namespace {

constexpr std::string_view kBatchNorm = "batch_norm";

// Sets `momentum` to 1: the running statistics are then those of the last batch.
class ForgetTheRest final : public AttributeVisitor {
 public:
  void field(const char* name, double& value) override {
    if (std::string_view(name) == "momentum") value = 1;
  }
  void field(const char*, int64_t&) override {}
  void field(const char*, bool&) override {}
  void field(const char*, std::span<int64_t>) override {}
  void choice(const char*, int32_t&, std::span<const char* const>) override {}
  void bytes(const char*, std::string&) override {}
  void begin(const char*) override {}
  void end() override {}
};

std::shared_ptr<const graph::Graph> with_batch_statistics(const graph::Graph& graph) {
  auto copy = std::make_shared<graph::Graph>();
  for (const graph::Node& node : graph.nodes()) {
    std::unique_ptr<layers::Layer> layer = node.layer->clone();
    if (layer->kind() == kBatchNorm) {
      ForgetTheRest visitor;
      layer->attributes(visitor);
    }
    copy->add(std::move(layer), node.inputs, node.name);
  }
  return copy;
}

std::unique_ptr<graph::Runner> make_runner(const Model& model, int64_t batch) {
  graph::PlanOptions plan;
  plan.dtype = model.dtype();
  plan.max_batch = batch;
  plan.training = true;
  plan.threads = model.context()->executor().threads();
  plan.outputs = model.outputs();
  return graph::make_runner(model.context(),
                            std::make_shared<graph::Plan>(with_batch_statistics(*model.graph()),
                                                          model.layout(), plan));
}

// Sums of what the batch norms have found.
class Sums {
 public:
  explicit Sums(const Model& model) : model_(model) {
    for (const graph::Slot& slot : model.layout()->state)
      if (model.graph()->node(slot.node).layer->kind() == kBatchNorm) slots_.push_back(&slot);
    sums_.resize(slots_.size());
    for (size_t i = 0; i < slots_.size(); ++i) sums_[i].assign(static_cast<size_t>(slots_[i]->elements), 0);
  }
  bool empty() const { return slots_.empty(); }
  void add(const std::byte* state) {
    each(state, [](double& sum, const auto& value) { sum += static_cast<double>(value); });
  }
  void write_means(int64_t batches, std::byte* state) {
    each(state, [&](double& sum, auto& value) {
      value = static_cast<std::remove_reference_t<decltype(value)>>(sum / static_cast<double>(batches));
    });
  }

 private:
  template <class Byte, class F>
  void each(Byte* state, F&& f) {
    with_float(model_.dtype(), [&](auto zero) {
      using T = std::conditional_t<std::is_const_v<Byte>, const decltype(zero), decltype(zero)>;
      for (size_t i = 0; i < slots_.size(); ++i) {
        T* const values = reinterpret_cast<T*>(state) + slots_[i]->offset;
        for (size_t k = 0; k < sums_[i].size(); ++k) f(sums_[i][k], values[k]);
      }
    });
  }

  const Model& model_;
  std::vector<const graph::Slot*> slots_;
  std::vector<std::vector<double>> sums_;
};

}  // namespace

void update_norm_statistics(Model& model, const data::Dataset& dataset, const NormStatisticsOptions& options,
                            const CancelToken* cancel) {
  check_dataset(model, dataset);
  FOVEA_REQUIRE(dataset.size() <= int64_t{UINT32_MAX}, "the dataset has %lld samples, at most 2^32 - 1",
                static_cast<long long>(dataset.size()));
  FOVEA_REQUIRE(options.batch_size >= 1 && options.batches >= 0, "batch_size is %lld and batches %lld",
                static_cast<long long>(options.batch_size), static_cast<long long>(options.batches));
  const Writing writing(model);
  Sums sums(model);
  if (sums.empty()) return;
  const int64_t size = std::min(options.batch_size, dataset.size());
  // A smaller last batch would count as much as the others.
  const int64_t whole = dataset.size() / size;
  const int64_t batches = options.batches == 0 ? whole : std::min(whole, options.batches);
  const std::unique_ptr<graph::Runner> runner = make_runner(model, size);
  const Context& context = *model.context();
  const Buffer state = context.buffer(model.state_bytes());
  data::SampleLanes lanes = sample_lanes(model);
  std::vector<uint32_t> order(static_cast<size_t>(dataset.size()));
  data::epoch_order(options.seed, 0, true, order);
  std::memcpy(state.data(), model.state(), model.state_bytes());
  runner->prepare(model.parameters(), state.data());
  for (int64_t batch = 0; batch < batches; ++batch) {
    if (cancel != nullptr && cancel->wait())
      fail(Status::cancelled, "the update of batch norm was cancelled");
    fill_from_dataset(model, dataset,
                      std::span(order).subspan(static_cast<size_t>(batch * size), static_cast<size_t>(size)),
                      runner->value(model.inputs()[0]), {}, lanes);
    runner->forward(size, model.parameters(), state.data(),
                    {.seed = options.seed, .step = static_cast<uint32_t>(batch)});
    sums.add(state.data());
  }
  sums.write_means(batches, model.state());
  model.raise_version();
}

}  // namespace fovea::model
