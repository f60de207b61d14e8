// What a network sees at a node, as a dataset, and linear probes on it, through the public API.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class FeaturesTest : public ::testing::Test {
 protected:
  // The features of `node`, and the session's other outputs, on `data`.
  std::vector<Dataset> features(const fv_model* model, std::vector<const char*> nodes, const fv_dataset* data,
                                int32_t max_batch = 16) {
    Session session;
    EXPECT_EQ(FV_OK, fv_session_create(model,
                                       DESC(fv_session_desc, .max_batch = max_batch, .outputs = nodes.data(),
                                            .output_count = nodes.size()),
                                       session.out(), &err))
        << err.message;
    std::vector<fv_dataset*> made(nodes.size(), nullptr);
    EXPECT_EQ(FV_OK, fv_session_features(session, data, nullptr, made.data(), made.size(), &err))
        << err.message;
    std::vector<Dataset> owned;
    for (fv_dataset* d : made) owned.emplace_back(d);
    return owned;
  }
  fv_dataset_info info_of(const fv_dataset* data) {
    fv_dataset_info info{.struct_size = sizeof info};
    EXPECT_EQ(FV_OK, fv_dataset_get_info(data, &info, &err)) << err.message;
    return info;
  }
  // A dense layer on a dataset of vectors; its accuracy there.
  double train_linear(fv_context* context, const fv_dataset* data, int32_t epochs) {
    const fv_dataset_info info = info_of(data);
    Graph g;
    Model model;
    EXPECT_EQ(FV_OK, fv_graph_create(context, g.out(), &err));
    const fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {info.shape[0]}));
    const fv_node y = fv_dense(g, x, DESC(fv_dense_desc, .units = info.classes));
    EXPECT_EQ(FV_OK, fv_model_create(g, &y, 1, nullptr, model.out(), &err)) << err.message;
    Trainer trainer = make_trainer(model, FV_OPT_ADAM);
    EXPECT_EQ(FV_OK, fv_trainer_fit(trainer, data, nullptr,
                                    DESC(fv_fit_desc, .epochs = epochs, .batch_size = 10), &err))
        << err.message;
    std::vector<fv_history_row> rows(static_cast<size_t>(epochs));
    EXPECT_EQ(FV_OK, fv_trainer_history(trainer, rows.data(), rows.size(), nullptr, &err));
    return rows.back().accuracy;
  }

  fv_error err{};
};

// AlexNet on the smallest image that it can take: fc7 is as wide as ever.
TEST_F(FeaturesTest, L29Fc7OfAlexNet) {
  constexpr int64_t kCount = 20, kSide = 67;
  Made made = make([](fv_graph* g) {
    return fv_zoo_alexnet_2012(g, 1, DESC(fv_zoo_desc, .height = kSide, .width = kSide));
  });
  const std::vector<float> x = noise(kCount * kSide * kSide * 3);
  std::vector<int32_t> t(kCount);
  for (size_t i = 0; i < kCount; ++i) t[i] = static_cast<int32_t>(i % 2);
  Dataset data;
  OK(fv_dataset_from_memory(made.context,
                            DESC(fv_memory_dataset_desc, .samples = tensor(x, {kCount, kSide, kSide, 3}),
                                 .labels = tensor(t, {kCount})),
                            data.out(), &err));
  const std::vector<Dataset> fc7 = features(made.model, {"fc7"}, data);
  const fv_dataset_info info = info_of(fc7[0]);
  EXPECT_EQ(kCount, info.count);
  ASSERT_EQ(1, info.rank);
  EXPECT_EQ(4096, info.shape[0]);
  EXPECT_EQ(FV_F32, info.dtype);
  EXPECT_EQ(1, train_linear(made.context, fc7[0], 40));
}

TEST_F(FeaturesTest, FeaturesAreWhatTheSessionGives) {
  Made made = make(lenet);
  const Dataset data = digits(made.context, 21);
  const std::vector<Dataset> parts = features(made.model, {"conv2", "dense2"}, data, 4);
  Session session;
  const char* const names[] = {"conv2", "dense2"};
  OK(fv_session_create(made.model,
                       DESC(fv_session_desc, .max_batch = 4, .outputs = names, .output_count = 2),
                       session.out(), &err));
  for (const int64_t i : {0, 7, 20}) {
    std::vector<uint8_t> image(784);
    std::vector<float> conv(1600), dense(84), stored_conv(1600), stored_dense(84);
    int64_t label = 0, label_there = 0;
    fv_buffer pixels = buffer(image), out[] = {buffer(conv), buffer(dense)};
    fv_buffer conv_there = buffer(stored_conv), dense_there = buffer(stored_dense);
    OK(fv_dataset_get(data, i, &pixels, &label, &err));
    OK(fv_dataset_get(parts[0], i, &conv_there, &label_there, &err));
    EXPECT_EQ(label, label_there);
    OK(fv_dataset_get(parts[1], i, &dense_there, &label_there, &err));
    EXPECT_EQ(label, label_there);
    EXPECT_EQ(3, conv_there.rank);
    // Whatever batch it ran in, to rounding.
    const fv_tensor in = tensor(image, {1, 28, 28, 1});
    OK(fv_session_run(session, &in, 1, out, 2, &err));
    for (size_t k = 0; k < conv.size(); ++k) ASSERT_NEAR(conv[k], stored_conv[k], 1e-3);
    for (size_t k = 0; k < dense.size(); ++k) ASSERT_NEAR(dense[k], stored_dense[k], 1e-5);
  }
  EXPECT_EQ(10, info_of(parts[1]).classes);
}

TEST_F(FeaturesTest, TargetsComeAlong) {
  Made made = make([](fv_graph* g) {
    return fv_dense(g, fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {3})),
                    DESC(fv_dense_desc, .name = "y", .units = 2));
  });
  const std::vector<float> x = noise(5 * 3), t = noise(5 * 4, 2);
  Dataset data;
  OK(fv_dataset_from_memory(made.context,
                            DESC(fv_memory_dataset_desc, .samples = tensor(x, {5, 3}),
                                 .targets = tensor(t, {5, 4})),
                            data.out(), &err));
  OK(fv_dataset_mark_test(data, &err));
  const std::vector<Dataset> y = features(made.model, {"y"}, data);
  data.reset();  // which its features keep
  const fv_dataset_info info = info_of(y[0]);
  EXPECT_EQ(0, info.classes);
  EXPECT_EQ(1, info.test);
  EXPECT_EQ(4, info.target_shape[0]);
  EXPECT_EQ(2, info.shape[0]);
}

// A head that is trained behind a frozen body learns what it learns on the body's features.
TEST_F(FeaturesTest, X1AFrozenBodyIsItsFeatures) {
  Made made = make(small_resnet);
  const std::vector<float> x = noise(32 * 192);
  const std::vector<int32_t> t = labels(32, 10);
  Dataset data;
  OK(fv_dataset_from_memory(made.context,
                            DESC(fv_memory_dataset_desc, .samples = tensor(x, {32, 8, 8, 3}),
                                 .labels = tensor(t, {32})),
                            data.out(), &err));
  const char* const node = "global_average_pool2d_1";
  const std::vector<Dataset> pooled = features(made.model, {node}, data);
  Made head = make([](fv_graph* g) {
    return fv_dense(g, fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {16})),
                    DESC(fv_dense_desc, .name = "logits", .units = 10));
  });
  OK(fv_model_copy_weights(head.model, made.model, nullptr, nullptr, &err));
  Trainer whole = make_trainer(made.model), alone = make_trainer(head.model);
  OK(fv_trainer_freeze_until(whole, node, nullptr, &err));
  const fv_fit_desc fit{.struct_size = sizeof fit, .epochs = 5, .batch_size = 8};
  OK(fv_trainer_fit(whole, data, nullptr, &fit, &err));
  OK(fv_trainer_fit(alone, pooled[0], nullptr, &fit, &err));
  std::vector<float> a(160), b(160);
  fv_buffer ka = buffer(a), kb = buffer(b);
  OK(fv_model_get_tensor(made.model, "logits.kernel", &ka, &err));
  OK(fv_model_get_tensor(head.model, "logits.kernel", &kb, &err));
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-5);
}

TEST_F(FeaturesTest, X2ProbesAtSeveralStages) {
  Made made;
  OK(fv_context_create(DESC(fv_context_desc, .threads = 2), made.context.out(), &err));
  OK(fv_graph_create(made.context, made.graph.out(), &err));
  fv_graph* const g = made.graph;
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {28, 28, 1}));
  x = fv_conv2d(g, x, DESC(fv_conv2d_desc, .name = "a", .filters = 8, .kernel = {5, 5}, .strides = {2, 2},
                           .activation = FV_ACT_RELU));
  x = fv_conv2d(g, x, DESC(fv_conv2d_desc, .name = "b", .filters = 16, .kernel = {3, 3}, .strides = {2, 2},
                           .activation = FV_ACT_RELU));
  x = fv_dense(g, fv_flatten(g, x, nullptr), DESC(fv_dense_desc, .name = "out", .units = 10));
  OK(fv_model_create(g, &x, 1,
                     DESC(fv_model_desc, .seed = 1, .transform = DESC(fv_transform_desc, .scale = 1.0 / 255)),
                     made.model.out(), &err));
  const Dataset train = digits(made.context, 1000, 1), test = digits(made.context, 500, 2);
  Trainer trainer = make_trainer(made.model, FV_OPT_ADAM);
  OK(fv_trainer_fit(trainer, train, nullptr, DESC(fv_fit_desc, .epochs = 12, .batch_size = 20), &err));
  trainer.reset();
  const std::vector<double> before = weights(made.model);
  const char* const nodes[] = {"a", "b", "out"};
  fv_probe_result pooled[3], whole[3];
  OK(fv_model_probe(made.model, nodes, 3, train, test, DESC(fv_probe_desc, .epochs = 40, .seed = 3), pooled,
                    &err));
  OK(fv_model_probe(made.model, nodes, 3, train, test,
                    DESC(fv_probe_desc, .epochs = 10, .whole_images = 1, .seed = 3), whole, &err));
  EXPECT_EQ(before, weights(made.model));
  const int64_t expected[] = {8, 16, 10}, all[] = {12 * 12 * 8, 5 * 5 * 16, 10};
  for (int i = 0; i < 3; ++i) {
    EXPECT_EQ(expected[i], pooled[i].features);
    EXPECT_EQ(all[i], whole[i].features);
    EXPECT_GT(pooled[i].loss, 0);
    EXPECT_GE(whole[i].accuracy, 0.5);
  }
  // Averages over the image tell more the deeper they are taken.
  EXPECT_LT(pooled[0].accuracy, pooled[1].accuracy);
  EXPECT_LT(pooled[1].accuracy, pooled[2].accuracy);
  EXPECT_GT(pooled[2].train_accuracy, 0.8);

  const char* const unknown[] = {"a", "z"};
  FAILS(FV_NOT_FOUND, fv_model_probe(made.model, unknown, 2, train, test, nullptr, pooled, &err), "'z'");
  FAILS(FV_INVALID_ARGUMENT, fv_model_probe(made.model, nodes, 0, train, test, nullptr, pooled, &err), "0 nodes");
}

TEST_F(FeaturesTest, RefusalsAndTheTransform) {
  Made made = make(lenet);
  const Dataset data = digits(made.context, 4);
  Session session;
  OK(fv_session_create(made.model, nullptr, session.out(), &err));
  fv_dataset* two[2] = {};
  FAILS(FV_INVALID_ARGUMENT, fv_session_features(session, data, nullptr, two, 2, &err), "2 datasets");
  Handle<fv_cancel_token> cancel;
  OK(fv_cancel_token_create(cancel.out(), &err));
  fv_cancel_token_cancel(cancel);
  FAILS(FV_CANCELLED,
        fv_session_features(session, data, DESC(fv_features_desc, .cancel = cancel), two, 1, &err), "cancel");
  EXPECT_EQ(nullptr, two[0]);

  const double mean[] = {3}, stddev[] = {2};
  Model model;
  const fv_node node = fv_graph_find(made.graph, "logits");
  OK(fv_model_create(made.graph, &node, 1,
                     DESC(fv_model_desc, .transform = DESC(fv_transform_desc, .channels = 1, .scale = FV_ZERO,
                                                           .mean = mean, .stddev = stddev)),
                     model.out(), &err));
  fv_transform_desc t{.struct_size = sizeof t};
  OK(fv_model_get_transform(model, &t, &err));
  EXPECT_EQ(1, t.channels);
  EXPECT_EQ(FV_ZERO, t.scale);
  EXPECT_EQ(3, t.mean[0]);
  EXPECT_EQ(2, t.stddev[0]);
  OK(fv_model_get_transform(made.model, &t, &err));
  EXPECT_EQ(1, t.scale);
  EXPECT_EQ(nullptr, t.mean);
}

}  // namespace
}  // namespace fovea::test
