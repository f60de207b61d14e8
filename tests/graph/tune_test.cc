// Tuning, on layers whose speed is known because they wait.
#include "graph/tune.h"

#include <gtest/gtest.h>

#include <chrono>
#include <thread>

#include "base/error.h"
#include "base/memory.h"
#include "layers/registry.h"

namespace fovea::graph {
namespace {

using namespace std::chrono_literals;

constexpr const char* kWays[] = {"automatic", "slow", "fast", "never"};

// y = x, after a while that the way of computing it decides: automatic 2 units, slow 3, fast 1; "never" is
// refused.
class Waiting final : public layers::Typed<Waiting> {
 public:
  std::string_view kind() const override { return "waiting"; }
  void attributes(AttributeVisitor& v) override {
    v.choice("algorithm", all, kWays);
    v.choice("forward_algorithm", forward, kWays);
    v.choice("data_gradient_algorithm", data, kWays);
  }
  Shape setup(std::span<const Shape> inputs) override {
    if (forward == 3 || data == 3) fail(Status::invalid_argument, "never");
    shape_ = inputs[0];
    return shape_;
  }
  layers::Traits traits() const override { return {}; }
  template <class T>
  void run_prepare(const layers::PreparePass<T>&) const {}
  template <class T>
  void run_forward(const layers::ForwardPass<T>& p) const {
    wait(forward);
    std::copy_n(p.x[0], p.batch * shape_.elements(), p.y);
  }
  template <class T>
  void run_backward(const layers::BackwardPass<T>& p) const {
    wait(data);
    if (p.dx[0] != nullptr) std::copy_n(p.dy, p.batch * shape_.elements(), p.dx[0]);
  }

  int32_t all = 0, forward = 0, data = 0;

 private:
  static void wait(int32_t way) {
    constexpr int kUnits[] = {2, 3, 1};
    std::this_thread::sleep_for(kUnits[way] * 20ms);
  }
  Shape shape_;
};

int add_waiting(Graph& g, const Waiting& layer, int input, const char* name) {
  return g.add(std::make_unique<Waiting>(layer), {{input}}, name);
}

// A parameter in front, so that the data gradients are wanted.
struct Network {
  std::shared_ptr<Graph> graph = std::make_shared<Graph>();
  int open, forced, output;

  Network() {
    layers::InputAttributes in;
    in.shape[0] = 3;
    in.rank = 1;
    layers::DenseAttributes dense;
    dense.units = 4;
    int x = graph->add(layers::make_input(in), {}, "x");
    x = graph->add(layers::make_dense(dense), {{x}}, "dense");
    Waiting given;
    given.all = 1;
    open = add_waiting(*graph, {}, x, "open");
    forced = add_waiting(*graph, given, open, "forced");
    output = forced;
  }
};

const Waiting& layer_of(const Tuning& tuning, int node) {
  return static_cast<const Waiting&>(*tuning.graph->node(node).layer);
}

TuneOptions options_for(const Network& network) {
  TuneOptions o;
  o.batch = 2;
  o.training = true;
  o.outputs = {network.output};
  o.repetitions = 1;
  return o;
}

TEST(Tune, TakesTheFastestOfEachPass) {
  const auto context = std::make_shared<Context>(system_allocator(), make_inline_executor(), nullptr);
  const Network network;
  const Tuning tuning = tune(context, network.graph, options_for(network));
  EXPECT_EQ(layer_of(tuning, network.open).forward, 2);
  EXPECT_EQ(layer_of(tuning, network.open).data, 2);
  EXPECT_EQ(layer_of(tuning, network.open).all, 0);
  // What the host has chosen stays.
  EXPECT_EQ(layer_of(tuning, network.forced).forward, 0);
  EXPECT_EQ(layer_of(tuning, network.forced).data, 0);
  EXPECT_EQ(tuning.changed, 1);
  EXPECT_LT(tuning.seconds_after, tuning.seconds_before);
  EXPECT_EQ(static_cast<const Waiting&>(*network.graph->node(network.open).layer).forward, 0);
}

TEST(Tune, ForInferenceTheForwardPassAlone) {
  const auto context = std::make_shared<Context>(system_allocator(), make_inline_executor(), nullptr);
  const Network network;
  TuneOptions o = options_for(network);
  o.training = false;
  const Tuning tuning = tune(context, network.graph, o);
  EXPECT_EQ(layer_of(tuning, network.open).forward, 2);
  EXPECT_EQ(layer_of(tuning, network.open).data, 0);
}

TEST(Tune, Cancelled) {
  const auto context = std::make_shared<Context>(system_allocator(), make_inline_executor(), nullptr);
  const Network network;
  CancelToken token;
  token.cancel();
  TuneOptions o = options_for(network);
  o.cancel = &token;
  try {
    tune(context, network.graph, o);
    FAIL();
  } catch (const Error& error) {
    EXPECT_EQ(error.status(), Status::cancelled);
  }
}

}  // namespace
}  // namespace fovea::graph
