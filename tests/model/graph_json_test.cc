// A graph as JSON: round trip, and every kind of wrong text.
#include "model/graph_json.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "layers/registry.h"

namespace fovea::model {
namespace {

graph::Graph sample() {
  graph::Graph g;
  layers::InputAttributes in;
  in.shape = {8, 8, 4};
  in.rank = 3;
  const int x[] = {g.add(layers::make_input(in), {}, "image")};
  layers::Conv2dAttributes c;
  c.filters = 4;
  c.kernel = {3, 5};
  c.strides = {1, 1};
  c.pad = {1, 1, 2, 2};
  c.groups = 2;
  c.use_bias = false;
  c.activation = layers::Activation::tanh;
  c.kernel_initializer = {layers::InitializerKind::normal, 0.25, 0.1};
  c.kernel_regularizer = {1e-3, true};
  const int y[] = {g.add(layers::make_conv2d(c), x, "conv \"quoted\" \xC3\xA9")};
  const int z[] = {g.add(layers::make_batch_norm({0.2, 1e-3, true, false, true}), y, "bn"), x[0]};
  const int a[] = {g.add(layers::make_add(), z, "add")};
  const int p[] = {g.add(layers::make_pad({{0, 0, 2}, {1, 0, 0}}), a, "pad")};
  g.add(layers::make_dropout({0.3, true}), p, "dropout");
  return g;
}

TEST(GraphJson, RoundTripKeepsEveryAttribute) {
  const graph::Graph g = sample();
  const std::string text = graph_to_json(g, {5, 2});
  const ParsedGraph parsed = graph_from_json(text);
  EXPECT_EQ(graph_to_json(parsed.graph, parsed.outputs), text);
  ASSERT_EQ(parsed.graph.size(), g.size());
  for (int i = 0; i < g.size(); ++i) EXPECT_EQ(parsed.graph.node(i).shape, g.node(i).shape);
  for (const char* part : {"\"tanh\"", "0.001", "\"normal\"", "0.25", "\"biased_running_variance\":true"})
    EXPECT_NE(text.find(part), std::string::npos) << part;
}

std::string replaced(std::string text, const std::string& from, const std::string& to) {
  const size_t at = text.find(from);
  EXPECT_NE(at, std::string::npos) << from;
  return at == std::string::npos ? text : text.replace(at, from.size(), to);
}

void expect_refused(const std::string& text, const char* part) {
  try {
    graph_from_json(text);
    ADD_FAILURE() << "accepted: " << text.substr(0, 80);
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), Status::format) << e.what();
    EXPECT_NE(std::strstr(e.what(), part), nullptr) << e.what();
  }
}

TEST(GraphJson, WrongTextsAreRefusedByName) {
  const std::string good = graph_to_json(sample(), {5});
  expect_refused("", "graph");
  expect_refused("[]", "not an object");
  expect_refused("{}", "nodes");
  expect_refused(good.substr(0, good.size() / 2), "graph");
  expect_refused(replaced(good, "\"conv2d\"", "\"conv9d\""), "conv9d");
  expect_refused(replaced(good, "\"filters\":4", "\"filters\":4.5"), "filters");
  expect_refused(replaced(good, "\"filters\":4", "\"filters\":18446744073709551615"), "filters");
  expect_refused(replaced(good, "\"filters\":4", "\"filters\":-4"), "conv2d");
  expect_refused(replaced(good, "\"filters\":4", "\"filter\":4"), "filter");
  expect_refused(replaced(good, "\"tanh\"", "\"tank\""), "activation");
  expect_refused(replaced(good, "\"inputs\":[0]", "\"inputs\":[7]"), "input");
  expect_refused(replaced(good, "\"inputs\":[0]", "\"inputs\":[-1]"), "input");
  expect_refused(replaced(good, "\"outputs\":[5]", "\"outputs\":[]"), "output");
  expect_refused(replaced(good, "\"outputs\":[5]", "\"outputs\":[6]"), "output");
  expect_refused(replaced(good, "\"name\":\"bn\"", "\"name\":\"image\""), "image");
  expect_refused(std::string(100000, '['), "nested");
}

TEST(GraphJson, NoTruncationCrashes) {
  const std::string good = graph_to_json(sample(), {5});
  for (size_t n = 0; n < good.size(); ++n) EXPECT_THROW(graph_from_json(good.substr(0, n)), Error);
}

}  // namespace
}  // namespace fovea::model
