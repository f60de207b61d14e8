// Activations through the public API: every layer, every value of the fused field, files, and refusals.
#include <cmath>
#include <functional>

#include "support.h"

namespace fovea::test {
namespace {

constexpr int32_t kActivations = FV_ACT_SOFTPLUS + 1;

class ActivationTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err));
    OK(fv_graph_create(context, graph.out(), &err));
    x = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {6, 5, 3}));
  }
  std::vector<float> run(fv_model* model, size_t outputs) {
    Session session;
    const std::vector<float> in = noise(2 * 6 * 5 * 3);
    std::vector<float> out(2 * outputs);
    const fv_tensor t = tensor(in, {2, 6, 5, 3});
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_batch = 2), session.out(), &err))
        << err.message;
    EXPECT_EQ(FV_OK, fv_session_run(session, &t, 1, &b, 1, &err)) << err.message;
    return out;
  }
  // Through every layer there is, then ten numbers.
  fv_node all_layers() {
    fv_node y = x;
    for (const auto layer : {fv_relu6, fv_sigmoid, fv_tanh, fv_selu, fv_gelu, fv_gelu_tanh, fv_hard_swish,
                             fv_hard_sigmoid, fv_mish, fv_log_softmax})
      y = fv_add(graph, layer(graph, y, nullptr), x, nullptr);
    y = fv_leaky_relu(graph, y, DESC(fv_leaky_relu_desc, .slope = 0.2));
    y = fv_elu(graph, y, DESC(fv_elu_desc, .alpha = 0.5));
    y = fv_celu(graph, y, DESC(fv_elu_desc, .alpha = 1.5));
    y = fv_softplus(graph, y, DESC(fv_softplus_desc, .beta = 2));
    y = fv_swish(graph, y, DESC(fv_swish_desc, .beta = 1.5));
    y = fv_prelu(graph, y, DESC(fv_prelu_desc, .name = "prelu", .sharing = FV_SHARE_NONE));
    y = fv_swish(graph, y, DESC(fv_swish_desc, .name = "swish", .learned = 1, .sharing = FV_SHARE_CHANNEL));
    for (int32_t f = 0; f < kActivations; ++f) {
      y = fv_conv2d(
          graph, y,
          DESC(fv_conv2d_desc, .filters = 3, .kernel = {3}, .padding = FV_PAD_SAME, .activation = f));
      y = fv_add(graph, y, x, nullptr);
    }
    y = fv_flatten(graph, y, nullptr);
    for (int32_t f = 0; f < kActivations; ++f)
      y = fv_dense(graph, y, DESC(fv_dense_desc, .units = 10, .activation = f));
    return fv_dense(graph, y, DESC(fv_dense_desc, .units = 10));
  }

  Context context;
  Graph graph;
  fv_node x = 0;
  fv_error err{};
};

TEST_F(ActivationTest, EveryLayerSurvivesAFile) {
  const fv_node y = all_layers();
  Model model, loaded;
  OK(fv_model_create(graph, &y, 1, DESC(fv_model_desc, .seed = 3), model.out(), &err));
  const Folder folder;
  OK(fv_model_save(model, (folder / "m").c_str(), &err));
  OK(fv_model_load(context, (folder / "m").c_str(), loaded.out(), &err));
  const std::vector<float> before = run(model, 10);
  EXPECT_EQ(before, run(loaded, 10));
  for (float v : before) EXPECT_TRUE(std::isfinite(v));
  fv_tensor_info info{};
  info.struct_size = sizeof info;
  OK(fv_model_tensor_info(model, 0, &info, &err));
  EXPECT_STREQ("prelu.slope", info.name);
  EXPECT_EQ(3, info.rank);
  OK(fv_model_tensor_info(model, 1, &info, &err));
  EXPECT_STREQ("swish.beta", info.name);
  EXPECT_EQ(1, info.rank);
}

// The field of a layer and a node behind it are the same function, at inference (where the node is fused) and
// in training (where some are not).
TEST_F(ActivationTest, FieldEqualsNode) {
  const fv_layer_desc* none = nullptr;
  const std::vector<std::function<fv_node(fv_graph*, fv_node)>> nodes{
      [&](fv_graph*, fv_node n) { return n; },
      [&](fv_graph* g, fv_node n) { return fv_relu(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_sigmoid(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_tanh(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_relu6(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_leaky_relu(g, n, nullptr); },
      [&](fv_graph* g, fv_node n) { return fv_elu(g, n, nullptr); },
      [&](fv_graph* g, fv_node n) { return fv_selu(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_celu(g, n, nullptr); },
      [&](fv_graph* g, fv_node n) { return fv_gelu(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_gelu_tanh(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_swish(g, n, nullptr); },
      [&](fv_graph* g, fv_node n) { return fv_hard_swish(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_hard_sigmoid(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_mish(g, n, none); },
      [&](fv_graph* g, fv_node n) { return fv_softplus(g, n, nullptr); }};
  ASSERT_EQ(static_cast<size_t>(kActivations), nodes.size());
  const std::vector<float> in = noise(4 * 6 * 5 * 3);
  const std::vector<int32_t> y = labels(4, 10);
  const fv_tensor xs = tensor(in, {4, 6, 5, 3}), ts = tensor(y, {4});
  fv_initializer_desc he{};
  he.struct_size = sizeof he;
  he.kind = FV_INIT_HE_NORMAL;
  for (int32_t f = 0; f < kActivations; ++f) {
    std::vector<std::vector<double>> after;
    std::vector<std::vector<float>> outputs;
    for (const bool field : {true, false}) {
      OK(fv_graph_create(context, graph.out(), &err));
      fv_node n = fv_input(graph, DESC(fv_input_desc, .shape = {6, 5, 3}));
      n = fv_conv2d(graph, n,
                    DESC(fv_conv2d_desc, .filters = 8, .kernel = {3}, .activation = field ? f : 0,
                         .kernel_initializer = &he));
      if (!field) n = nodes[static_cast<size_t>(f)](graph, n);
      n = fv_dense(graph, fv_flatten(graph, n, nullptr),
                   DESC(fv_dense_desc, .units = 12, .activation = field ? f : 0, .kernel_initializer = &he));
      if (!field) n = nodes[static_cast<size_t>(f)](graph, n);
      n = fv_dense(graph, n, DESC(fv_dense_desc, .units = 10, .kernel_initializer = &he));
      Model model;
      OK(fv_model_create(graph, &n, 1, DESC(fv_model_desc, .seed = 5), model.out(), &err));
      Trainer trainer = make_trainer(model);
      for (int i = 0; i < 3; ++i) OK(fv_trainer_step(trainer, &xs, 1, &ts, nullptr, &err));
      after.push_back(weights(model));
      outputs.push_back(run(model, 10));
    }
    ASSERT_EQ(after[0].size(), after[1].size());
    for (size_t i = 0; i < after[0].size(); ++i)
      ASSERT_NEAR(after[0][i], after[1][i], 1e-6) << "activation " << f;
    for (size_t i = 0; i < outputs[0].size(); ++i) ASSERT_NEAR(outputs[0][i], outputs[1][i], 1e-5);
  }
}

TEST_F(ActivationTest, Refusals) {
  const auto refused = [&](auto build, std::initializer_list<const char*> words) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node in = fv_input(graph, DESC(fv_input_desc, .shape = {4}));
    EXPECT_EQ(FV_NODE_INVALID, build(in));
    EXPECT_TRUE(failed(fv_graph_status(graph, &err), FV_INVALID_ARGUMENT, err, words));
  };
  refused(
      [&](fv_node n) {
        return fv_dense(graph, n, DESC(fv_dense_desc, .units = 1, .activation = kActivations));
      },
      {"dense", "activation", "16"});
  refused(
      [&](fv_node n) {
        return fv_leaky_relu(graph, n, DESC(fv_leaky_relu_desc, .name = "l", .slope = -0.5));
      },
      {"leaky_relu 'l'", "slope", "-0.5"});
  refused([&](fv_node n) { return fv_elu(graph, n, DESC(fv_elu_desc, .alpha = -1)); },
          {"elu", "alpha", "-1"});
  refused([&](fv_node n) { return fv_celu(graph, n, DESC(fv_elu_desc, .alpha = FV_ZERO)); },
          {"celu", "alpha", "0"});
  refused([&](fv_node n) { return fv_softplus(graph, n, DESC(fv_softplus_desc, .beta = -1)); },
          {"softplus", "beta"});
  refused([&](fv_node n) { return fv_swish(graph, n, DESC(fv_swish_desc, .beta = HUGE_VAL)); },
          {"swish", "beta"});
  refused([&](fv_node n) { return fv_prelu(graph, n, DESC(fv_prelu_desc, .sharing = 3)); },
          {"prelu", "sharing", "3"});
}

}  // namespace
}  // namespace fovea::test
