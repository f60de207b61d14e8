// The plan: fusion, lifetimes and memory, on networks and on random graphs.
#include "graph/plan.h"

#include <gtest/gtest.h>

#include <cmath>
#include <cstring>
#include <random>

#include "base/error.h"
#include "base/memory.h"
#include "graph/runner.h"
#include "layers/registry.h"

namespace fovea::graph {
namespace {

using layers::Activation;

std::unique_ptr<layers::Layer> input(std::initializer_list<int64_t> shape) {
  layers::InputAttributes a;
  for (int64_t e : shape) a.shape[static_cast<size_t>(a.rank++)] = e;
  return layers::make_input(a);
}

std::unique_ptr<layers::Layer> conv(int64_t filters, int64_t kernel,
                                    Activation activation = Activation::linear) {
  layers::Conv2dAttributes a;
  a.filters = filters;
  a.kernel = {kernel, kernel};
  a.padding = layers::Padding::same;
  a.activation = activation;
  return layers::make_conv2d(a);
}

int add(Graph& g, std::unique_ptr<layers::Layer> layer, std::vector<int> inputs) {
  return g.add(std::move(layer), inputs, "");
}

std::shared_ptr<Plan> plan(const std::shared_ptr<Graph>& g, bool training, std::vector<int> outputs,
                           DType dtype = DType::f32) {
  PlanOptions o;
  o.dtype = dtype;
  o.max_batch = 4;
  o.training = training;
  o.outputs = std::move(outputs);
  return std::make_shared<Plan>(g, std::make_shared<Layout>(*g), o);
}

// conv - bn - relu, with a shortcut around, then pooling and a dense layer.
std::shared_ptr<Graph> residual() {
  auto g = std::make_shared<Graph>();
  const int x = add(*g, input({8, 8, 4}), {});
  int y = add(*g, conv(4, 3), {x});
  y = add(*g, layers::make_batch_norm({}), {y});
  y = add(*g, layers::make_activation(Activation::relu), {y});
  y = add(*g, layers::make_add(), {y, x});
  y = add(*g, layers::make_activation(Activation::relu), {y});
  y = add(*g, layers::make_global_average_pool2d(), {y});
  layers::DenseAttributes d;
  d.units = 3;
  add(*g, layers::make_dense(d), {y});
  return g;
}

TEST(Plan, TrainingFusesActivations) {
  const auto g = residual();
  const auto p = plan(g, true, {g->size() - 1});
  // input, conv, bn + relu, add + relu, pool, dense
  ASSERT_EQ(p->steps().size(), 6u);
  EXPECT_EQ(p->value_of(2), p->value_of(3));
  EXPECT_EQ(p->value_of(4), p->value_of(5));
}

TEST(Plan, InferenceFoldsBatchNormIntoTheConvolution) {
  const auto g = residual();
  const auto p = plan(g, false, {g->size() - 1});
  ASSERT_EQ(p->steps().size(), 5u);
  EXPECT_EQ(p->steps()[1].affine, 2);
}

TEST(Plan, AnOutputInBetweenIsNotFusedAway) {
  const auto g = residual();
  const auto p = plan(g, false, {1, 2, g->size() - 1});
  EXPECT_NE(p->value_of(1), p->value_of(2));
  EXPECT_EQ(p->steps()[1].affine, -1);
}

TEST(Plan, WhatNoOutputNeedsIsLeftOut) {
  const auto g = residual();
  const auto p = plan(g, false, {1});
  EXPECT_EQ(p->steps().size(), 2u);
  EXPECT_EQ(p->value_of(5), -1);
}

void expect_no_overlap(const Plan& p) {
  const auto& all = p.storages();
  for (size_t i = 0; i < all.size(); ++i) {
    EXPECT_EQ(all[i].offset % kAlignment, 0u);
    EXPECT_LE(all[i].offset + all[i].bytes, p.arena_bytes());
    for (size_t j = i + 1; j < all.size(); ++j) {
      const bool together = all[i].first <= all[j].last && all[j].first <= all[i].last;
      const bool overlap =
          all[i].offset < all[j].offset + all[j].bytes && all[j].offset < all[i].offset + all[i].bytes;
      EXPECT_FALSE(together && overlap && all[i].bytes > 0 && all[j].bytes > 0)
          << "storages " << i << " and " << j;
    }
  }
  EXPECT_GE(p.arena_bytes(), p.peak_live_bytes());
}

// A DAG of layers that keep the shape, with shortcuts, shared inputs and several outputs.
std::shared_ptr<Graph> random_graph(std::mt19937& random, std::vector<int>& outputs) {
  auto g = std::make_shared<Graph>();
  add(*g, input({5, 5, 3}), {});
  const auto pick = [&] { return static_cast<int>(random() % static_cast<unsigned>(g->size())); };
  const int layers_count = 3 + static_cast<int>(random() % 12);
  for (int i = 0; i < layers_count; ++i) {
    switch (random() % 7) {
      case 0: add(*g, conv(3, 3), {pick()}); break;
      case 1: add(*g, conv(3, 1, Activation::tanh), {pick()}); break;
      case 2: add(*g, layers::make_batch_norm({}), {pick()}); break;
      case 3: add(*g, layers::make_activation(Activation::sigmoid), {pick()}); break;
      case 4: add(*g, layers::make_activation(Activation::tanh), {pick()}); break;
      case 5: add(*g, layers::make_add(), {pick(), pick()}); break;
      case 6: add(*g, layers::make_dropout({0.3, false}), {pick()}); break;
    }
  }
  outputs = {g->size() - 1};
  return g;
}

TEST(Plan, NothingAliveAtTheSameTimeOverlaps) {
  std::mt19937 random(7);
  for (int round = 0; round < 200; ++round) {
    std::vector<int> outputs;
    const auto g = random_graph(random, outputs);
    expect_no_overlap(*plan(g, true, outputs));
    expect_no_overlap(*plan(g, false, outputs));
  }
  const auto g = residual();
  expect_no_overlap(*plan(g, true, {g->size() - 1}));
}

// Runs a graph in double precision with fixed parameters; `taps` are further outputs, which forbid fusion and
// the sharing of memory there, without changing the function.
struct Outcome {
  std::vector<double> y;
  std::vector<double> gradients;
};
Outcome run(const std::shared_ptr<Graph>& g, bool training, std::vector<int> taps) {
  auto context = std::make_shared<Context>(system_allocator(), make_inline_executor(), nullptr);
  const int output = taps[0];
  const auto p = plan(g, training, std::move(taps), DType::f64);
  const Layout& layout = p->layout();
  std::vector<double> params(static_cast<size_t>(layout.parameter_block));
  std::vector<double> state(static_cast<size_t>(layout.state_block), 1.0);
  std::mt19937 random(3);
  std::uniform_real_distribution<double> uniform(-1, 1);
  for (double& v : params) v = uniform(random);
  const auto runner = make_runner(context, p);
  double* x = static_cast<double*>(runner->value(0));
  const int64_t batch = 3;
  if (x != nullptr)
    for (int64_t i = 0; i < batch * g->node(0).shape.elements(); ++i) x[i] = uniform(random);
  Outcome result;
  runner->prepare(params.data(), state.data());
  runner->forward(batch, params.data(), state.data(), {5, 1, 0});
  const double* y = static_cast<const double*>(runner->value(output));
  const int64_t n = batch * g->node(output).shape.elements();
  result.y.assign(y, y + n);
  if (!training) return result;
  for (int node : p->options().outputs) {
    double* dy = static_cast<double*>(runner->gradient(node));
    for (int64_t i = 0; i < batch * g->node(node).shape.elements(); ++i)
      dy[i] = node == output ? std::cos(static_cast<double>(i)) : 0;
  }
  result.gradients.assign(params.size(), 0);
  runner->backward(batch, params.data(), state.data(), result.gradients.data(), {5, 1, 0});
  return result;
}

void expect_close(const std::vector<double>& a, const std::vector<double>& b) {
  ASSERT_EQ(a.size(), b.size());
  double largest = 1;
  for (double v : b) largest = std::max(largest, std::abs(v));
  for (size_t i = 0; i < a.size(); ++i) ASSERT_NEAR(a[i], b[i], 1e-11 * largest) << i;
}

TEST(Runner, FusionAndSharedMemoryDoNotChangeTheFunction) {
  std::mt19937 random(11);
  for (int round = 0; round < 60; ++round) {
    std::vector<int> outputs;
    const auto g = random_graph(random, outputs);
    // Tap everything that the output depends on: each value in memory of its own.
    std::vector<int> taps = outputs;
    std::vector<int> kept = outputs;
    const Graph part = g->pruned(kept);
    for (int i = 1; i + 1 < g->size(); ++i)
      if (part.find(g->node(i).name) >= 0) taps.push_back(i);
    for (bool training : {true, false}) {
      const Outcome fused = run(g, training, outputs);
      const Outcome plain = run(g, training, taps);
      expect_close(fused.y, plain.y);
      expect_close(fused.gradients, plain.gradients);
    }
  }
}

TEST(Graph, FailuresNameTheLayerAndLeaveTheGraphAsItWas) {
  Graph g;
  const int x = add(g, input({4, 4, 3}), {});
  layers::Conv2dAttributes a;
  a.filters = 8;
  a.kernel = {3, 3};
  a.groups = 2;
  try {
    const int inputs[] = {x};
    g.add(layers::make_conv2d(a), inputs, "conv3");
    FAIL() << "groups = 2 of 3 channels was accepted";
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), Status::invalid_argument);
    EXPECT_NE(std::strstr(e.what(), "conv2d 'conv3': "), nullptr) << e.what();
    EXPECT_NE(std::strstr(e.what(), "3"), nullptr) << e.what();
  }
  EXPECT_EQ(g.size(), 1);
  EXPECT_EQ(g.find("conv3"), -1);
}

TEST(Graph, MadeUpNamesDoNotClash) {
  Graph g;
  const int x = g.add(input({4}), {}, "relu_1");
  const int inputs[] = {x};
  EXPECT_EQ(g.node(g.add(layers::make_activation(Activation::relu), inputs, "")).name, "relu_2");
  EXPECT_THROW(g.add(layers::make_activation(Activation::relu), inputs, "relu_2"), Error);
}

}  // namespace
}  // namespace fovea::graph
