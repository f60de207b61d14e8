// model.h: creation, inspection, tensors by name, the protocol of variable-size output, and every refusal.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class ModelTest : public ::testing::Test {
 protected:
  fv_error err{};
};

TEST_F(ModelTest, InfoOfLenet) {
  Made made = make(lenet);
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(made.model, &info, &err));
  EXPECT_EQ(FV_F32, info.dtype);
  EXPECT_EQ(61706, info.parameters);
  EXPECT_EQ(0, info.state);
  EXPECT_EQ(28 * 28 * 25 * 6 + 10 * 10 * 150 * 16 + 400 * 120 + 120 * 84 + 84 * 10, info.multiply_adds);
  EXPECT_EQ(1, info.inputs);
  EXPECT_EQ(1, info.outputs);
  EXPECT_EQ(10, info.tensors);
  const char* name = nullptr;
  int64_t shape[FV_MAX_RANK];
  int32_t rank = 0;
  OK(fv_model_input(made.model, 0, &name, shape, &rank, &err));
  EXPECT_STREQ("image", name);
  ASSERT_EQ(3, rank);
  EXPECT_EQ(28, shape[0]);
  EXPECT_EQ(1, shape[2]);
  OK(fv_model_output(made.model, 0, &name, nullptr, nullptr, &err));
  EXPECT_STREQ("logits", name);
  auto tensor_info = init<fv_tensor_info>();
  OK(fv_model_tensor_info(made.model, 0, &tensor_info, &err));
  EXPECT_STREQ("conv1.kernel", tensor_info.name);
  EXPECT_EQ(4, tensor_info.rank);
  EXPECT_EQ(6, tensor_info.shape[3]);
  EXPECT_EQ(1, tensor_info.trainable);
}

TEST_F(ModelTest, InfoCountsStateOnce) {
  Made made = make(small_resnet);
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(made.model, &info, &err));
  EXPECT_EQ(2 * (8 + 8 + 8 + 16), info.state);
  int trainable = 0;
  for (int32_t i = 0; i < info.tensors; ++i) {
    auto t = init<fv_tensor_info>();
    OK(fv_model_tensor_info(made.model, i, &t, &err));
    trainable += t.trainable;
  }
  EXPECT_EQ(4 + 4 * 2 + 2, trainable);
}

TEST_F(ModelTest, OldCallersGetWhatTheirStructHasRoomFor) {
  Made made = make(lenet);
  fv_model_info info;
  std::memset(&info, 0x5a, sizeof info);
  info.struct_size = offsetof(fv_model_info, state);
  OK(fv_model_get_info(made.model, &info, &err));
  EXPECT_EQ(61706, info.parameters);
  EXPECT_EQ(0x5a5a5a5a5a5a5a5a, info.state) << "written beyond the caller's struct";
  EXPECT_EQ(offsetof(fv_model_info, state), info.struct_size);
  info.struct_size = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_model_get_info(made.model, &info, &err), "struct_size");
}

TEST_F(ModelTest, SummaryFollowsTheProtocol) {
  Made made = make(lenet);
  size_t needed = 0;
  OK(fv_model_summary(made.model, 64, nullptr, 0, &needed, &err));
  ASSERT_GT(needed, 200u);
  std::string text(needed, '\x5a');
  size_t again = 0;
  OK(fv_model_summary(made.model, 64, text.data(), text.size(), &again, &err));
  EXPECT_EQ(needed, again);
  EXPECT_EQ(needed - 1, std::strlen(text.c_str()));
  for (const char* word : {"conv1", "conv2d", "28x28x6", "logits", "61,706"})
    EXPECT_NE(std::string::npos, text.find(word)) << word << " is missing in\n" << text;
  std::string cut(10, '\x5a');
  OK(fv_model_summary(made.model, 64, cut.data(), cut.size(), &again, &err));
  EXPECT_EQ(needed, again);
  EXPECT_EQ(text.substr(0, 9), cut.c_str());
  OK(fv_model_summary(made.model, 0, text.data(), text.size(), nullptr, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_model_summary(made.model, 64, nullptr, 5, &needed, &err), "buffer");
  FAILS(FV_INVALID_ARGUMENT, fv_model_summary(made.model, -1, nullptr, 0, &needed, &err), "batch");
  FAILS(FV_INVALID_ARGUMENT, fv_model_summary(nullptr, 1, nullptr, 0, &needed, &err), "model");
}

TEST_F(ModelTest, TensorsOutAndIn) {
  Made made = make(lenet);
  std::vector<float> kernel(5 * 5 * 6);
  fv_buffer out = buffer(kernel);
  OK(fv_model_get_tensor(made.model, "conv1.kernel", &out, &err));
  EXPECT_EQ(4, out.rank);
  EXPECT_EQ(5, out.shape[0]);
  EXPECT_EQ(FV_F32, out.dtype);
  std::vector<double> wide(kernel.size());
  out = buffer(wide);
  OK(fv_model_get_tensor(made.model, "conv1.kernel", &out, &err));
  for (size_t i = 0; i < kernel.size(); ++i) EXPECT_EQ(static_cast<double>(kernel[i]), wide[i]);
  for (size_t i = 0; i < wide.size(); ++i) wide[i] = static_cast<double>(i);
  const fv_tensor in = tensor(wide, {5, 5, 1, 6});
  OK(fv_model_set_tensor(made.model, "conv1.kernel", &in, &err));
  out = buffer(kernel);
  out.dtype = 0;
  OK(fv_model_get_tensor(made.model, "conv1.kernel", &out, &err));
  EXPECT_EQ(FV_F32, out.dtype);
  for (size_t i = 0; i < kernel.size(); ++i) EXPECT_EQ(static_cast<float>(i), kernel[i]);

  out = buffer(kernel);
  FAILS(FV_NOT_FOUND, fv_model_get_tensor(made.model, "conv9.kernel", &out, &err), "conv9.kernel");
  FAILS(FV_INVALID_ARGUMENT, fv_model_get_tensor(made.model, nullptr, &out, &err), "name");
  FAILS(FV_INVALID_ARGUMENT, fv_model_get_tensor(made.model, "conv1.kernel", nullptr, &err));
  out.capacity -= 1;
  FAILS(FV_INVALID_ARGUMENT, fv_model_get_tensor(made.model, "conv1.kernel", &out, &err), "conv1.kernel",
        "599", "600");
  EXPECT_EQ(0, out.rank) << "touched on failure";
  out = buffer(kernel);
  out.dtype = FV_I32;
  FAILS(FV_INVALID_ARGUMENT, fv_model_get_tensor(made.model, "conv1.kernel", &out, &err), "i32");
  out.dtype = 77;
  FAILS(FV_INVALID_ARGUMENT, fv_model_get_tensor(made.model, "conv1.kernel", &out, &err), "77");
  fv_tensor bad = tensor(kernel, {5, 5, 6, 1});
  FAILS(FV_INVALID_ARGUMENT, fv_model_set_tensor(made.model, "conv1.kernel", &bad, &err), "5x5x6x1",
        "5x5x1x6");
  bad = tensor(kernel, {5, 5, 1, 6});
  bad.data = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_model_set_tensor(made.model, "conv1.kernel", &bad, &err), "conv1.kernel");
  bad.rank = 9;
  FAILS(FV_INVALID_ARGUMENT, fv_model_set_tensor(made.model, "conv1.kernel", &bad, &err), "rank", "9");
  bad.rank = -1;
  FAILS(FV_INVALID_ARGUMENT, fv_model_set_tensor(made.model, "conv1.kernel", &bad, &err), "rank", "-1");
  FAILS(FV_INVALID_ARGUMENT, fv_model_set_tensor(made.model, "conv1.kernel", nullptr, &err));
}

TEST_F(ModelTest, SeedsAndInitialisers) {
  const std::vector<double> one = weights(make(lenet, nullptr, FV_F32, 1).model);
  EXPECT_EQ(one, weights(make(lenet, nullptr, FV_F32, 1).model));
  EXPECT_NE(one, weights(make(lenet, nullptr, FV_F32, 2).model));

  Context context;
  Graph g;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {200}));
  auto spread = [&](const fv_initializer_desc* how, fv_activation activation) {
    const fv_node y = fv_dense(g, x, DESC(fv_dense_desc, .units = 300, .activation = activation,
                                          .kernel_initializer = how));
    Model model;
    EXPECT_EQ(FV_OK, fv_model_create(g, &y, 1, nullptr, model.out(), &err)) << err.message;
    const std::vector<double> w = weights(model);
    double mean = 0, square = 0, largest = 0;
    for (size_t i = 0; i < 60000; ++i) mean += w[i] / 60000;
    for (size_t i = 0; i < 60000; ++i) square += (w[i] - mean) * (w[i] - mean) / 60000;
    for (size_t i = 0; i < 60000; ++i) largest = std::max(largest, std::abs(w[i]));
    for (size_t i = 60000; i < w.size(); ++i) EXPECT_EQ(0, w[i]) << "a bias starts at zero";
    return std::array<double, 3>{mean, std::sqrt(square), largest};
  };
  auto is = [&](fv_initializer_kind kind) {
    static fv_initializer_desc d;
    d = init<fv_initializer_desc>();
    d.kind = kind;
    return &d;
  };
  const double he = std::sqrt(2.0 / 200), glorot = std::sqrt(2.0 / 500);
  EXPECT_NEAR(he, spread(nullptr, FV_ACT_RELU)[1], 0.02 * he);
  EXPECT_NEAR(glorot, spread(nullptr, FV_ACT_LINEAR)[1], 0.02 * glorot);
  EXPECT_LE(spread(nullptr, FV_ACT_TANH)[2], std::sqrt(6.0 / 500));
  EXPECT_NEAR(he, spread(is(FV_INIT_HE_NORMAL), FV_ACT_TANH)[1], 0.02 * he);
  EXPECT_LE(spread(is(FV_INIT_HE_UNIFORM), FV_ACT_TANH)[2], std::sqrt(6.0 / 200));
  EXPECT_NEAR(glorot, spread(is(FV_INIT_GLOROT_NORMAL), FV_ACT_RELU)[1], 0.02 * glorot);
  EXPECT_NEAR(0.01, spread(is(FV_INIT_NORMAL), FV_ACT_LINEAR)[1], 0.0002);
  EXPECT_LE(spread(is(FV_INIT_UNIFORM), FV_ACT_LINEAR)[2], 0.05);
  EXPECT_NEAR(0.1 / std::sqrt(12), spread(is(FV_INIT_UNIFORM), FV_ACT_LINEAR)[1], 0.001);
  EXPECT_EQ(0, spread(is(FV_INIT_ZEROS), FV_ACT_LINEAR)[2]);
  auto constant = init<fv_initializer_desc>();
  constant.kind = FV_INIT_CONSTANT;
  constant.value = 0.25;
  EXPECT_EQ(0.25, spread(&constant, FV_ACT_LINEAR)[2]);
}

TEST_F(ModelTest, LeavesOutWhatNoOutputNeeds) {
  Context context;
  Graph g;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {4}));
  const fv_node unused = fv_input(g, DESC(fv_input_desc, .shape = {5}));
  fv_dense(g, unused, DESC(fv_dense_desc, .units = 7));
  const fv_node y = fv_dense(g, x, DESC(fv_dense_desc, .name = "y", .units = 3));
  const fv_node outputs[] = {y, x, y};
  Model model;
  OK(fv_model_create(g, outputs, 3, nullptr, model.out(), &err));
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(model, &info, &err));
  EXPECT_EQ(15, info.parameters);
  EXPECT_EQ(1, info.inputs);
  EXPECT_EQ(3, info.outputs);
  EXPECT_EQ(2, info.nodes);
  // The graph may go on growing, or go.
  EXPECT_NE(FV_NODE_INVALID, fv_relu(g, y, nullptr));
  g.reset();
  OK(fv_model_get_info(model, &info, &err));
}

TEST_F(ModelTest, CloneIsIndependent) {
  Made made = make(small_resnet);
  Model clone;
  OK(fv_model_clone(made.model, clone.out(), &err));
  const std::vector<double> before = weights(made.model);
  EXPECT_EQ(before, weights(clone));
  std::vector<double> ones(10, 1.0);
  const fv_tensor in = tensor(ones, {10});
  OK(fv_model_set_tensor(clone, "logits.bias", &in, &err));
  EXPECT_EQ(before, weights(made.model));
  EXPECT_NE(before, weights(clone));
}

TEST_F(ModelTest, RefusedCreation) {
  Made made = make(lenet);
  fv_graph* g = made.graph;
  const fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {2, 2, 3}));
  fv_model* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(nullptr, &x, 1, nullptr, &none, &err), "graph");
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(g, &x, 1, nullptr, nullptr, &err), "model");
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(g, nullptr, 1, nullptr, &none, &err), "output");
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(g, &x, 0, nullptr, &none, &err), "0 outputs", "64");
  const std::vector<fv_node> many(65, x);
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(g, many.data(), many.size(), nullptr, &none, &err), "65", "64");
  const fv_node invalid = FV_NODE_INVALID;
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(g, &invalid, 1, nullptr, &none, &err), "FV_NODE_INVALID");
  FAILS(FV_INVALID_ARGUMENT, fv_model_create(g, &x, 1, DESC(fv_model_desc, .dtype = FV_I32), &none, &err),
        "dtype");
  const double mean[2] = {1, 2}, zero[3] = {1, 0, 1}, bad[3] = {1, NAN, 1};
  auto transform = [&](int32_t channels, double scale, const double* m, const double* s) {
    return fv_model_create(g, &x, 1,
                           DESC(fv_model_desc, .transform = DESC(fv_transform_desc, .channels = channels,
                                                                 .scale = scale, .mean = m, .stddev = s)),
                           &none, &err);
  };
  FAILS(FV_INVALID_ARGUMENT, transform(2, 0, mean, nullptr), "mean", "2", "3");
  FAILS(FV_INVALID_ARGUMENT, transform(3, 0, nullptr, zero), "stddev is 0");
  FAILS(FV_INVALID_ARGUMENT, transform(3, 0, bad, nullptr), "mean", "nan");
  FAILS(FV_INVALID_ARGUMENT, transform(0, NAN, nullptr, nullptr), "scale");
  FAILS(FV_INVALID_ARGUMENT, transform(0, 0, mean, nullptr), "channels");
  FAILS(FV_INVALID_ARGUMENT, transform(-1, 0, nullptr, nullptr), "channels", "-1");
  EXPECT_EQ(nullptr, none);
}

TEST_F(ModelTest, RefusedIndicesAndNulls) {
  Made made = make(lenet);
  const char* name = "untouched";
  auto info = init<fv_tensor_info>();
  auto model_info = init<fv_model_info>();
  fv_model* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_model_input(made.model, 1, &name, nullptr, nullptr, &err), "input", "1");
  FAILS(FV_INVALID_ARGUMENT, fv_model_input(made.model, -1, &name, nullptr, nullptr, &err), "input", "-1");
  FAILS(FV_INVALID_ARGUMENT, fv_model_output(made.model, 7, &name, nullptr, nullptr, &err), "output", "7");
  FAILS(FV_INVALID_ARGUMENT, fv_model_output(nullptr, 0, &name, nullptr, nullptr, &err), "model");
  EXPECT_STREQ("untouched", name);
  FAILS(FV_INVALID_ARGUMENT, fv_model_tensor_info(made.model, 10, &info, &err), "10");
  FAILS(FV_INVALID_ARGUMENT, fv_model_tensor_info(made.model, -1, &info, &err), "-1");
  FAILS(FV_INVALID_ARGUMENT, fv_model_tensor_info(made.model, 0, nullptr, &err), "info");
  FAILS(FV_INVALID_ARGUMENT, fv_model_get_info(nullptr, &model_info, &err), "model");
  FAILS(FV_INVALID_ARGUMENT, fv_model_clone(nullptr, &none, &err), "model");
  FAILS(FV_INVALID_ARGUMENT, fv_model_clone(made.model, nullptr, &err), "clone");
  FAILS(FV_INVALID_ARGUMENT, fv_model_save(nullptr, "x", &err), "model");
  FAILS(FV_INVALID_ARGUMENT, fv_model_save(made.model, nullptr, &err), "path");
  FAILS(FV_INVALID_ARGUMENT, fv_model_load(made.context, nullptr, &none, &err), "path");
  FAILS(FV_INVALID_ARGUMENT, fv_model_load(nullptr, "x", &none, &err), "context");
}

}  // namespace
}  // namespace fovea::test
