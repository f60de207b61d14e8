// One network with a node of every kind that the registry has: built through the C API, trained, saved and
// loaded, in f32 and f64. Sees the registry, which the shared library hides.
#include <cmath>
#include <functional>
#include <set>

#include "capi/nodes.h"
#include "capi/support.h"
#include "layers/registry.h"

namespace fovea::test {
namespace {

constexpr size_t kBatch = 6;
constexpr int32_t kClasses = 5;

using Build = std::function<fv_node(fv_graph*, fv_node)>;
using Plain = fv_node (*)(fv_graph*, fv_node, const fv_layer_desc*);

Build plain(Plain layer) {
  return [layer](fv_graph* g, fv_node x) { return layer(g, x, nullptr); };
}
Build merge(fv_node (*layer)(fv_graph*, fv_node, fv_node, const fv_layer_desc*)) {
  return [layer](fv_graph* g, fv_node x) { return layer(g, x, fv_tanh(g, x, nullptr), nullptr); };
}
Build merge(fv_node (*layer)(fv_graph*, const fv_node*, size_t, const fv_layer_desc*)) {
  return [layer](fv_graph* g, fv_node x) {
    const fv_node nodes[] = {x, fv_tanh(g, x, nullptr), fv_sigmoid(g, x, nullptr)};
    return layer(g, nodes, 3, nullptr);
  };
}
// The default activation: no function makes a node of it, but a file may.
fv_node linear(fv_graph* g, fv_node x) {
  const int input = capi::node_index(*g, x);
  return capi::node_id(*g,
                       g->graph.add(layers::make_activation(layers::Activation::linear), {&input, 1}, ""));
}

// Layers on an image of 12 x 10 x 6.
std::vector<Build> activations() {
  return {
      linear,
      plain(fv_relu),
      plain(fv_relu6),
      plain(fv_sigmoid),
      plain(fv_tanh),
      plain(fv_selu),
      plain(fv_gelu),
      plain(fv_gelu_tanh),
      plain(fv_hard_swish),
      plain(fv_hard_sigmoid),
      plain(fv_mish),
      plain(fv_softmax),
      plain(fv_log_softmax),
      [](fv_graph* g, fv_node x) { return fv_leaky_relu(g, x, DESC(fv_leaky_relu_desc, .slope = 0.1)); },
      [](fv_graph* g, fv_node x) { return fv_elu(g, x, DESC(fv_elu_desc, .alpha = 0.5)); },
      [](fv_graph* g, fv_node x) { return fv_celu(g, x, DESC(fv_elu_desc, .alpha = 2)); },
      [](fv_graph* g, fv_node x) { return fv_softplus(g, x, DESC(fv_softplus_desc, .beta = 2)); },
      [](fv_graph* g, fv_node x) { return fv_swish(g, x, DESC(fv_swish_desc, .beta = 0.5)); },
      [](fv_graph* g, fv_node x) {
        return fv_swish(g, x, DESC(fv_swish_desc, .learned = 1, .sharing = FV_SHARE_CHANNEL));
      },
      [](fv_graph* g, fv_node x) { return fv_prelu(g, x, DESC(fv_prelu_desc, .sharing = FV_SHARE_NONE)); }};
}
std::vector<Build> convolutions() {
  return {
      [](fv_graph* g, fv_node x) {
        return fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 4, .kernel = {3}, .drop_connect = 0.25));
      },
      [](fv_graph* g, fv_node x) {
        return fv_dense(g, fv_flatten(g, x, nullptr), DESC(fv_dense_desc, .units = 7, .drop_connect = 0.5));
      },
      [](fv_graph* g, fv_node x) {
        return fv_transposed_conv2d(g, x,
                                    DESC(fv_transposed_conv2d_desc, .filters = 4, .kernel = {3},
                                         .strides = {2}, .groups = 2, .activation = FV_ACT_ELU));
      },
      [](fv_graph* g, fv_node x) {
        return fv_local_conv2d(g, x, DESC(fv_local_conv2d_desc, .filters = 3, .kernel = {3}, .strides = {2}));
      },
      [](fv_graph* g, fv_node x) {
        const fv_node offsets =
            fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 18, .kernel = {3}, .padding = FV_PAD_SAME));
        return fv_deform_conv2d(
            g, x, offsets, FV_NODE_INVALID,
            DESC(fv_deform_conv2d_desc, .filters = 5, .kernel = {3}, .pad = {1, 1, 1, 1}));
      },
      [](fv_graph* g, fv_node x) {
        x = fv_reshape(g, x, DESC(fv_reshape_desc, .shape = {12, 60}));
        return fv_matmul(g, x, x, DESC(fv_matmul_desc, .transpose_b = 1));
      }};
}
std::vector<Build> poolings() {
  return {
      [](fv_graph* g, fv_node x) {
        const fv_node pool = fv_max_pool2d(g, x, DESC(fv_pool2d_desc, .size = {3}, .strides = {2}));
        return fv_max_unpool2d(g, fv_tanh(g, pool, nullptr), pool, nullptr);
      },
      [](fv_graph* g, fv_node x) { return fv_average_pool2d(g, x, nullptr); },
      plain(fv_global_average_pool2d),
      plain(fv_global_max_pool2d),
      [](fv_graph* g, fv_node x) {
        return fv_adaptive_max_pool2d(g, x, DESC(fv_adaptive_pool2d_desc, .size = {5}));
      },
      [](fv_graph* g, fv_node x) {
        return fv_adaptive_average_pool2d(g, x, DESC(fv_adaptive_pool2d_desc, .size = {5, 3}));
      },
      [](fv_graph* g, fv_node x) { return fv_fractional_max_pool2d(g, x, nullptr); },
      [](fv_graph* g, fv_node x) {
        return fv_upsample2d(g, x, DESC(fv_upsample2d_desc, .method = FV_UPSAMPLE_BILINEAR));
      },
      [](fv_graph* g, fv_node x) { return fv_pixel_shuffle(g, fv_pixel_unshuffle(g, x, nullptr), nullptr); }};
}
std::vector<Build> norms_and_noise() {
  return {[](fv_graph* g, fv_node x) { return fv_batch_norm(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_layer_norm(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_group_norm(g, x, DESC(fv_group_norm_desc, .groups = 3)); },
          [](fv_graph* g, fv_node x) { return fv_instance_norm(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_local_response_norm(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_dropout(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_spatial_dropout(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_stochastic_depth(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_gaussian_noise(g, x, nullptr); },
          [](fv_graph* g, fv_node x) { return fv_maxout(g, x, DESC(fv_maxout_desc, .pieces = 3)); }};
}
std::vector<Build> merges_and_shapes() {
  return {merge(fv_add),
          merge(fv_subtract),
          merge(fv_multiply),
          merge(fv_average),
          merge(fv_maximum),
          merge(fv_concat),
          [](fv_graph* g, fv_node x) {
            return fv_pad(g, x, DESC(fv_pad_desc, .before = {1, 2}));
          },
          [](fv_graph* g, fv_node x) {
            return fv_slice(g, x, DESC(fv_slice_desc, .begin = {3, 1}));
          },
          [](fv_graph* g, fv_node x) {
            return fv_permute(g, x, DESC(fv_permute_desc, .axes = {2, 0, 1}));
          }};
}

// A branch for each layer, whose logits are added up.
fv_node network(fv_graph* g) {
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {12, 10, 6}));
  x = fv_conv2d(g, x, DESC(fv_conv2d_desc, .name = "first", .filters = 6, .kernel = {1}));
  std::vector<fv_node> logits;
  for (const auto& family :
       {activations(), convolutions(), poolings(), norms_and_noise(), merges_and_shapes()})
    for (const Build& layer : family)
      logits.push_back(
          fv_dense(g, fv_flatten(g, layer(g, x), nullptr), DESC(fv_dense_desc, .units = kClasses)));
  return fv_average(g, logits.data(), logits.size(), nullptr);
}

const graph::Graph& graph_of(const fv_model* model) {
  return *model->impl->graph();
}

template <class T>
class EveryLayer : public ::testing::Test {
 protected:
  std::vector<T> run(const fv_model* model) {
    fv_error err{};
    Session session;
    std::vector<T> out(kBatch * kClasses);
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_session_create(model, nullptr, session.out(), &err)) << err.message;
    EXPECT_EQ(FV_OK, fv_session_run(session, &x, 1, &b, 1, &err)) << err.message;
    return out;
  }
  void step(fv_trainer* trainer) {
    fv_error err{};
    double loss = 0;
    EXPECT_EQ(FV_OK, fv_trainer_step(trainer, &x, 1, &y, &loss, &err)) << err.message;
    EXPECT_TRUE(std::isfinite(loss));
  }

  const std::vector<float> values = noise(kBatch * 12 * 10 * 6);
  const std::vector<int32_t> classes = labels(kBatch, kClasses);
  const fv_tensor x = tensor(values, {kBatch, 12, 10, 6}), y = tensor(classes, {kBatch});
};
using Elements = ::testing::Types<float, double>;
TYPED_TEST_SUITE(EveryLayer, Elements);

TYPED_TEST(EveryLayer, ComesBackFromAFileAndGoesOn) {
  fv_error err{};
  const Made made = make(network, DESC(fv_context_desc, .threads = 2), dtype_of<TypeParam>());
  std::set<std::string_view> missing;
  for (const std::string_view kind : layers::kinds()) missing.insert(kind);
  for (const graph::Node& node : graph_of(made.model).nodes()) missing.erase(node.layer->kind());
  EXPECT_TRUE(missing.empty()) << *missing.begin() << " is not in the network";

  const std::vector<double> before = weights(made.model);
  Trainer trainer = make_trainer(made.model);
  for (int i = 0; i < 3; ++i) this->step(trainer);
  const std::vector<double> trained = weights(made.model);
  size_t still = 0;
  for (size_t i = 0; i < trained.size(); ++i) still += before[i] == trained[i];
  EXPECT_LT(still, trained.size() / 20);  // what follows a rectifier that is 0 for the whole batch

  const Folder folder;
  const std::string model_path = folder / "model", trainer_path = folder / "trainer";
  OK(fv_model_save(made.model, model_path.c_str(), &err));
  OK(fv_trainer_save(trainer, trainer_path.c_str(), &err));
  Model loaded;
  Trainer resumed;
  OK(fv_model_load(made.context, model_path.c_str(), loaded.out(), &err));
  OK(fv_trainer_load(made.context, trainer_path.c_str(), resumed.out(), &err));
  const std::vector<TypeParam> out = this->run(made.model);
  for (const TypeParam v : out) EXPECT_TRUE(std::isfinite(v));
  EXPECT_EQ(out, this->run(loaded));
  EXPECT_EQ(out, this->run(fv_trainer_model(resumed)));

  this->step(trainer);
  this->step(resumed);
  EXPECT_NE(trained, weights(made.model));
  EXPECT_EQ(weights(made.model), weights(fv_trainer_model(resumed)));
}

}  // namespace
}  // namespace fovea::test
