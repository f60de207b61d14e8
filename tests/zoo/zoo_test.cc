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
  const std::vector<std::pair<int, int64_t>> expected = {
      {20, 269722}, {32, 464154}, {44, 658586}, {56, 853018}, {110, 1727962}};
  for (const auto& [depth, parameters] : expected)
    EXPECT_EQ(build([d = depth](fv_graph* g) { return fv_zoo_resnet_cifar(g, d, nullptr); }).info.parameters,
              parameters)
        << depth;
}

using Network = fv_node (*)(fv_graph*);

// Parameters as published (torchvision's models, which follow the papers), multiply-adds of convolutions and
// dense layers.
struct Published {
  const char* name;
  Network network;
  int64_t parameters, multiply_adds;
};

class PublishedSizes : public ::testing::TestWithParam<Published> {};

TEST_P(PublishedSizes, Agree) {
  const Built b = build(GetParam().network);
  EXPECT_EQ(b.info.parameters, GetParam().parameters);
  if (GetParam().multiply_adds != 0) { EXPECT_EQ(b.info.multiply_adds, GetParam().multiply_adds); }
}

INSTANTIATE_TEST_SUITE_P(
    Zoo, PublishedSizes,
    ::testing::Values(
        Published{"R2AlexNetOneTower", [](fv_graph* g) { return fv_zoo_alexnet(g, nullptr); }, 61100840,
                  714188480},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // half a gigabyte of parameters each
        Published{"R4Vgg11", [](fv_graph* g) { return fv_zoo_vgg(g, 11, 0, nullptr); }, 132863336, 0},
        Published{"R4Vgg13", [](fv_graph* g) { return fv_zoo_vgg(g, 13, 0, nullptr); }, 133047848, 0},
        Published{"R4Vgg16", [](fv_graph* g) { return fv_zoo_vgg(g, 16, 0, nullptr); }, 138357544,
                  15470264320},
        Published{"R4Vgg16BatchNorm", [](fv_graph* g) { return fv_zoo_vgg(g, 16, 1, nullptr); }, 138365992,
                  15470264320},
        Published{"R4Vgg19", [](fv_graph* g) { return fv_zoo_vgg(g, 19, 0, nullptr); }, 143667240, 0},
#endif
        Published{"R5GoogLeNet", [](fv_graph* g) { return fv_zoo_googlenet(g, nullptr); }, 6624904, 0},
        Published{"R6ResNet18", [](fv_graph* g) { return fv_zoo_resnet(g, 18, nullptr); }, 11689512,
                  1814073344},
        Published{"R6ResNet34", [](fv_graph* g) { return fv_zoo_resnet(g, 34, nullptr); }, 21797672, 0},
        Published{"R6ResNet50", [](fv_graph* g) { return fv_zoo_resnet(g, 50, nullptr); }, 25557032,
                  4089184256},
        Published{"R6ResNet101", [](fv_graph* g) { return fv_zoo_resnet(g, 101, nullptr); }, 44549160, 0},
        Published{"R6ResNet152", [](fv_graph* g) { return fv_zoo_resnet(g, 152, nullptr); }, 60192808, 0},
        Published{"R7ResNeXt50", [](fv_graph* g) { return fv_zoo_resnext50(g, nullptr); }, 25028904, 0},
        Published{"R8DenseNet121", [](fv_graph* g) { return fv_zoo_densenet121(g, nullptr); }, 7978856, 0},
        Published{"SqueezeNet", [](fv_graph* g) { return fv_zoo_squeezenet(g, nullptr); }, 1235496, 0},
        Published{"MobileNetV2", [](fv_graph* g) { return fv_zoo_mobilenet_v2(g, nullptr); }, 3504872,
                  300774272}),
    [](const auto& published) { return published.param.name; });

// A plain network has no shortcut, option B a convolution at each change of extents: 16 * 32 + 32 * 64, and
// two batch norms.
TEST(Zoo, CifarShortcuts) {
  const auto parameters = [](fv_shortcut shortcut) {
    auto desc = init<fv_zoo_desc>();
    desc.shortcut = shortcut;
    return build([&](fv_graph* g) { return fv_zoo_resnet_cifar(g, 20, &desc); }).info.parameters;
  };
  EXPECT_EQ(parameters(FV_SHORTCUT_NONE), 269722);
  EXPECT_EQ(parameters(FV_SHORTCUT_PROJECTION), 269722 + 16 * 32 + 32 * 64 + 2 * 32 + 2 * 64);
}

TEST(Zoo, SizesCanBeChosen) {
  auto desc = init<fv_zoo_desc>();
  desc.classes = 7;
  desc.height = desc.width = 64;
  desc.channels = 1;
  desc.width_multiplier = 0.25;
  const Built b = build([&](fv_graph* g) { return fv_zoo_resnet(g, 18, &desc); });
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
  refused([](fv_graph* g) { return fv_zoo_resnet(g, 35, nullptr); }, "18, 34, 50");
  refused([](fv_graph* g) { return fv_zoo_vgg(g, 17, 0, nullptr); }, "17");
  auto desc = init<fv_zoo_desc>();
  desc.classes = -1;
  refused([&](fv_graph* g) { return fv_zoo_vgg(g, 16, 0, &desc); }, "vgg");
  desc.classes = 10;
  desc.height = desc.width = 4;
  refused([&](fv_graph* g) { return fv_zoo_lenet5(g, &desc); }, "conv2d");
}

}  // namespace
