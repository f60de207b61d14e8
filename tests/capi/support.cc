#include "support.h"

namespace fovea::test {

fv_node lenet(fv_graph* g) {
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {28, 28, 1}));
  x = fv_conv2d(g, x,
                DESC(fv_conv2d_desc, .name = "conv1", .filters = 6, .kernel = {5, 5}, .padding = FV_PAD_SAME,
                     .activation = FV_ACT_RELU));
  x = fv_max_pool2d(g, x, nullptr);
  x = fv_conv2d(g, x, DESC(fv_conv2d_desc, .name = "conv2", .filters = 16, .kernel = {5, 5},
                           .activation = FV_ACT_RELU));
  x = fv_max_pool2d(g, x, nullptr);
  x = fv_flatten(g, x, nullptr);
  x = fv_dense(g, x, DESC(fv_dense_desc, .name = "dense1", .units = 120, .activation = FV_ACT_RELU));
  x = fv_dropout(g, x, DESC(fv_dropout_desc, .rate = 0.2));
  x = fv_dense(g, x, DESC(fv_dense_desc, .name = "dense2", .units = 84, .activation = FV_ACT_TANH));
  return fv_dense(g, x, DESC(fv_dense_desc, .name = "logits", .units = 10));
}

fv_node small_resnet(fv_graph* g) {
  auto conv = [g](fv_node x, int64_t filters, int64_t stride) {
    x = fv_conv2d(g, x,
                  DESC(fv_conv2d_desc, .filters = filters, .kernel = {3, 3}, .strides = {stride, stride},
                       .no_bias = 1, .pad = {1, 1, 1, 1}));
    return fv_batch_norm(g, x, nullptr);
  };
  const fv_node image = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {8, 8, 3}));
  fv_node x = fv_relu(g, conv(image, 8, 1), nullptr);
  const fv_node first = x;
  fv_node y = conv(fv_relu(g, conv(x, 8, 1), nullptr), 8, 1);
  x = fv_relu(g, fv_add(g, x, y, nullptr), nullptr);
  const fv_node both[] = {x, first};
  x = fv_concat(g, both, 2, nullptr);
  x = fv_relu(g, conv(x, 16, 2), nullptr);
  x = fv_average_pool2d(g, x, nullptr);
  x = fv_global_average_pool2d(g, x, nullptr);
  return fv_dense(g, x, DESC(fv_dense_desc, .name = "logits", .units = 10));
}

Made make(Network network, const fv_context_desc* context, fv_dtype dtype, uint64_t seed) {
  fv_error err{};
  Made made;
  EXPECT_EQ(FV_OK, fv_context_create(context, made.context.out(), &err)) << err.message;
  EXPECT_EQ(FV_OK, fv_graph_create(made.context, made.graph.out(), &err)) << err.message;
  const fv_node node = network(made.graph);
  EXPECT_EQ(FV_OK, fv_model_create(made.graph, &node, 1, DESC(fv_model_desc, .dtype = dtype, .seed = seed),
                                   made.model.out(), &err)) << err.message;
  return made;
}

Trainer make_trainer(fv_model* model, fv_optimizer optimizer) {
  fv_error err{};
  Trainer trainer;
  EXPECT_EQ(FV_OK, fv_trainer_create(
                       model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = optimizer,
                            .momentum = optimizer == FV_OPT_SGD ? 0.9 : 0, .l2 = 1e-4, .seed = 5),
                       trainer.out(), &err))
      << err.message;
  return trainer;
}

Dataset digits(fv_context* context, int64_t count, uint64_t seed) {
  fv_error err{};
  Dataset data;
  EXPECT_EQ(FV_OK,
            fv_dataset_digits(context, DESC(fv_digits_desc, .count = count, .seed = seed), data.out(), &err))
      << err.message;
  return data;
}

std::vector<double> weights(const fv_model* model) {
  fv_error err{};
  std::vector<double> all;
  auto info = init<fv_model_info>();
  EXPECT_EQ(FV_OK, fv_model_get_info(model, &info, &err)) << err.message;
  for (int32_t i = 0; i < info.tensors; ++i) {
    auto t = init<fv_tensor_info>();
    EXPECT_EQ(FV_OK, fv_model_tensor_info(model, i, &t, &err)) << err.message;
    size_t count = 1;
    for (int32_t axis = 0; axis < t.rank; ++axis) count *= static_cast<size_t>(t.shape[axis]);
    std::vector<double> values(count);
    fv_buffer out = buffer(values);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(model, t.name, &out, &err)) << err.message;
    all.insert(all.end(), values.begin(), values.end());
  }
  return all;
}

}  // namespace fovea::test
