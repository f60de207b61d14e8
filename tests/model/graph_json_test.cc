// A graph as JSON: round trip, and every kind of wrong text.
#include "model/graph_json.h"

#include <gtest/gtest.h>

#include <cstring>

#include "base/error.h"
#include "layers/custom.h"
#include "layers/registry.h"
#include "model/base64.h"

namespace fovea::model {
namespace {

// A layer of a host's that passes its input on.
class Echo final : public layers::CustomType {
 public:
  const std::string& name() const override { return name_; }
  layers::Traits traits() const override { return {}; }
  layers::CustomShape shape(const std::string& attributes, std::span<const Shape> inputs) const override {
    FOVEA_REQUIRE(attributes != "wrong", "the attributes are wrong");
    return {.output = inputs[0], .parameters = {}};
  }
  void forward(const layers::CustomNode&, const layers::ForwardPass<float>&) const override {}
  void forward(const layers::CustomNode&, const layers::ForwardPass<double>&) const override {}
  void backward(const layers::CustomNode&, const layers::BackwardPass<float>&) const override {}
  void backward(const layers::CustomNode&, const layers::BackwardPass<double>&) const override {}

 private:
  std::string name_ = "acme.echo";
};

Context context() {
  return {system_allocator(), make_inline_executor(), nullptr};
}

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
  const ParsedGraph parsed = graph_from_json(context(), text);
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
    graph_from_json(context(), text);
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

TEST(Base64, RoundTripAndRefusals) {
  // RFC 4648, section 10.
  for (const auto& [bytes, text] : {std::pair{"", ""},
                                    {"f", "Zg=="},
                                    {"fo", "Zm8="},
                                    {"foo", "Zm9v"},
                                    {"foob", "Zm9vYg=="},
                                    {"fooba", "Zm9vYmE="},
                                    {"foobar", "Zm9vYmFy"}}) {
    EXPECT_EQ(to_base64(bytes), text);
    EXPECT_EQ(from_base64(text), bytes);
  }
  std::string all;
  for (int i = 0; i < 256; ++i) all += static_cast<char>(i);
  EXPECT_EQ(from_base64(to_base64(all)), all);
  for (const char* wrong :
       {"Z", "Zg", "Zg=", "Zh==", "=", "====", "Zg==Zg==", "Z===", "Zm9v\n", "Zm9_", "=m9v", "Zm=v"})
    EXPECT_EQ(from_base64(wrong), std::nullopt) << wrong;
}

TEST(GraphJson, TypesOfTheHost) {
  const Context known = context();
  known.layer_types().add("acme.echo", std::make_shared<const Echo>());
  EXPECT_THROW(known.layer_types().add("acme.echo", std::make_shared<const Echo>()), Error);
  graph::Graph g = sample();
  const int x[] = {5};
  g.add(layers::make_custom(layers::find_custom(known, "acme.echo"), std::string("\0\xff", 2)), x, "e");
  const std::string text = graph_to_json(g, {6});
  EXPECT_NE(
      text.find(
          "\"kind\":\"custom\",\"type\":\"acme.echo\",\"inputs\":[5],\"attributes\":{\"bytes\":\"AP8=\"}"),
      std::string::npos)
      << text;
  const ParsedGraph parsed = graph_from_json(known, text);
  EXPECT_EQ(graph_to_json(parsed.graph, parsed.outputs), text);

  const auto status = [](const Context& c, const std::string& t) {
    try {
      graph_from_json(c, t);
      return Status::ok;
    } catch (const Error& e) {
      return e.status();
    }
  };
  EXPECT_EQ(Status::not_found, status(context(), text));
  EXPECT_EQ(Status::not_found, status(known, replaced(text, "acme.echo", "acme.echn")));
  EXPECT_EQ(Status::format, status(known, replaced(text, "\"type\"", "\"tape\"")));
  EXPECT_EQ(Status::format, status(known, replaced(text, "\"custom\"", "\"acme.echo\"")));
  EXPECT_EQ(Status::format, status(known, replaced(text, "AP8=", "AP9=")));  // bits behind the last byte
  EXPECT_EQ(Status::format, status(known, replaced(text, "\"AP8=\"", "8")));
  EXPECT_EQ(Status::format, status(known, replaced(text, "AP8=", to_base64("wrong"))));
  EXPECT_EQ(Status::format, status(known, replaced(text, "AP8=", to_base64(std::string(65537, 'x')))));
}

TEST(GraphJson, NoTruncationCrashes) {
  const std::string good = graph_to_json(sample(), {5});
  for (size_t n = 0; n < good.size(); ++n) EXPECT_THROW(graph_from_json(context(), good.substr(0, n)), Error);
}

}  // namespace
}  // namespace fovea::model
