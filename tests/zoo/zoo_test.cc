// The networks of the zoo: sizes as published. Links the shared library only.
#include <gtest/gtest.h>

#include <fovea/fovea.hpp>
#include <functional>
#include <string>
#include <vector>

namespace {

using fovea::Handle;
using fovea::init;

struct Built {
  Handle<fv_context> context;
  Handle<fv_graph> graph;
  Handle<fv_model> model;
  fv_model_info info = init<fv_model_info>();
};

Built build(const std::function<fv_node(fv_graph*)>& network) {
  Built b;
  fv_error error{};
  EXPECT_EQ(fv_context_create(nullptr, b.context.out(), &error), FV_OK) << error.message;
  EXPECT_EQ(fv_graph_create(b.context, b.graph.out(), &error), FV_OK) << error.message;
  const fv_node logits = network(b.graph);
  EXPECT_EQ(fv_model_create(b.graph, &logits, 1, nullptr, b.model.out(), &error), FV_OK) << error.message;
  EXPECT_EQ(fv_model_get_info(b.model, &b.info, &error), FV_OK) << error.message;
  return b;
}

TEST(Zoo, R1LeNet5Has61706Parameters) {
  EXPECT_EQ(build([](fv_graph* g) { return fv_zoo_lenet5(g, nullptr); }).info.parameters, 61706);
}

TEST(Zoo, R0KerasCnnHas1199882Parameters) {
  EXPECT_EQ(build([](fv_graph* g) { return fv_zoo_keras_cnn(g, nullptr); }).info.parameters, 1199882);
}

// He et al. 2016, table 6: 0.27, 0.46, 0.66, 0.85, 1.7 million.
TEST(Zoo, CifarResNetsHaveThePapersSizes) {
  const std::vector<std::pair<int, int64_t>> expected = {{20, 269722}, {32, 464154}, {44, 658586}, {56, 853018}, {110, 1727962}};
  for (const auto& [depth, parameters] : expected)
    EXPECT_EQ(build([d = depth](fv_graph* g) { return fv_zoo_resnet_cifar(g, d, nullptr); }).info.parameters, parameters) << depth;
}

TEST(Zoo, R6ResNet18Has11689512Parameters) {
  const Built b = build([](fv_graph* g) { return fv_zoo_resnet18(g, nullptr); });
  EXPECT_EQ(b.info.parameters, 11689512);
  EXPECT_EQ(b.info.multiply_adds, 1814073344);
}

TEST(Zoo, R4Vgg16Has138357544Parameters) {
  const Built b = build([](fv_graph* g) { return fv_zoo_vgg16(g, nullptr); });
  EXPECT_EQ(b.info.parameters, 138357544);
  EXPECT_EQ(b.info.multiply_adds, 15470264320);
}

TEST(Zoo, SizesCanBeChosen) {
  auto desc = init<fv_zoo_desc>();
  desc.classes = 7;
  desc.height = desc.width = 64;
  desc.channels = 1;
  desc.width_multiplier = 0.25;
  const Built b = build([&](fv_graph* g) { return fv_zoo_resnet18(g, &desc); });
  fv_buffer kernel{};
  std::vector<float> values(7 * 7 * 16);
  kernel.data = values.data();
  kernel.capacity = values.size() * sizeof(float);
  ASSERT_EQ(fv_model_get_tensor(b.model, "conv1.kernel", &kernel, nullptr), FV_OK);
  EXPECT_EQ(kernel.shape[2], 1);
  EXPECT_EQ(kernel.shape[3], 16);
  int64_t shape[FV_MAX_RANK];
  int32_t rank = 0;
  ASSERT_EQ(fv_model_output(b.model, 0, nullptr, shape, &rank, nullptr), FV_OK);
  EXPECT_EQ(rank, 1);
  EXPECT_EQ(shape[0], 7);
}

TEST(Zoo, NonsenseIsRefusedByName) {
  fv_error error{};
  Handle<fv_context> context;
  ASSERT_EQ(fv_context_create(nullptr, context.out(), &error), FV_OK);
  const auto refused = [&](const std::function<fv_node(fv_graph*)>& network, const char* part) {
    Handle<fv_graph> graph;
    ASSERT_EQ(fv_graph_create(context, graph.out(), &error), FV_OK);
    EXPECT_EQ(network(graph), FV_NODE_INVALID);
    EXPECT_EQ(fv_graph_status(graph, &error), FV_INVALID_ARGUMENT);
    EXPECT_NE(std::string(error.message).find(part), std::string::npos) << error.message;
  };
  refused([](fv_graph* g) { return fv_zoo_resnet_cifar(g, 21, nullptr); }, "21");
  auto desc = init<fv_zoo_desc>();
  desc.classes = -1;
  refused([&](fv_graph* g) { return fv_zoo_vgg16(g, &desc); }, "vgg16");
  desc.classes = 10;
  desc.height = desc.width = 4;
  refused([&](fv_graph* g) { return fv_zoo_lenet5(g, &desc); }, "conv2d");
}

}  // namespace
