// The networks of the zoo: sizes as published. Links the shared library only.
#include <algorithm>

#include "zoo/networks.h"

namespace fovea::test {
namespace {

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
  if (GetParam().multiply_adds != 0) {
    EXPECT_EQ(b.info.multiply_adds, GetParam().multiply_adds);
  }
}

INSTANTIATE_TEST_SUITE_P(
    Zoo, PublishedSizes,
    ::testing::Values(
        Published{"R2L28AlexNet2012", [](fv_graph* g) { return fv_zoo_alexnet_2012(g, 2, nullptr); },
                  60965224, 724406816},
        Published{"R2L28AlexNet2012Ungrouped", [](fv_graph* g) { return fv_zoo_alexnet_2012(g, 1, nullptr); },
                  62378344, 1135256096},
        Published{"R2AlexNetOneTower", [](fv_graph* g) { return fv_zoo_alexnet(g, nullptr); }, 61100840,
                  714188480},
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)  // half a gigabyte of parameters each
        Published{"R3ZfNet", [](fv_graph* g) { return fv_zoo_zfnet(g, nullptr); }, 107627624, 0},
        Published{"R4Vgg11", [](fv_graph* g) { return fv_zoo_vgg(g, 11, 0, nullptr); }, 132863336, 0},
        Published{"R4Vgg11BatchNorm", [](fv_graph* g) { return fv_zoo_vgg(g, 11, 1, nullptr); }, 132868840,
                  0},
        Published{"R4Vgg13", [](fv_graph* g) { return fv_zoo_vgg(g, 13, 0, nullptr); }, 133047848, 0},
        Published{"R4Vgg13BatchNorm", [](fv_graph* g) { return fv_zoo_vgg(g, 13, 1, nullptr); }, 133053736,
                  0},
        Published{"R4Vgg16", [](fv_graph* g) { return fv_zoo_vgg(g, 16, 0, nullptr); }, 138357544,
                  15470264320},
        Published{"R4Vgg16BatchNorm", [](fv_graph* g) { return fv_zoo_vgg(g, 16, 1, nullptr); }, 138365992,
                  15470264320},
        Published{"R4Vgg19", [](fv_graph* g) { return fv_zoo_vgg(g, 19, 0, nullptr); }, 143667240, 0},
        Published{"R4Vgg19BatchNorm", [](fv_graph* g) { return fv_zoo_vgg(g, 19, 1, nullptr); }, 143678248,
                  0},
#endif
        Published{"R5GoogLeNet", [](fv_graph* g) { return fv_zoo_googlenet(g, nullptr); }, 6624904, 0},
        Published{"R5GoogLeNet2014", [](fv_graph* g) { return fv_zoo_googlenet_2014(g, nullptr); }, 6998552,
                  1582671872},
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
  EXPECT_EQ(parameters(FV_SHORTCUT_ZEROS), 269722);
  EXPECT_EQ(parameters(FV_SHORTCUT_NONE), 269722);
  EXPECT_EQ(parameters(FV_SHORTCUT_PROJECTION), 269722 + 16 * 32 + 32 * 64 + 2 * 32 + 2 * 64);
}

// Heads are further outputs; a model of the logits alone has none.
TEST(Zoo, R5GoogLeNetHeads) {
  struct Variant {
    fv_node (*network)(fv_graph*, const fv_zoo_desc*);
    int64_t with, without;
  };
  for (const Variant& v :
       {Variant{fv_zoo_googlenet, 13004888, 6624904}, Variant{fv_zoo_googlenet_2014, 13378280, 6998552}}) {
    fv_node heads[2] = {FV_NODE_INVALID, FV_NODE_INVALID};
    const auto all = [&](fv_graph* g) {
      const fv_node logits = v.network(g, DESC(fv_zoo_desc, .heads = heads));
      return std::vector<fv_node>{logits, heads[0], heads[1]};
    };
    const Built b = build_outputs(all);
    EXPECT_EQ(b.info.parameters, v.with);
    EXPECT_STREQ(fv_graph_node_name(b.graph, heads[0]), "aux1.fc2");
    EXPECT_STREQ(fv_graph_node_name(b.graph, heads[1]), "aux2.fc2");
    EXPECT_EQ(shapes_of(b.model).at("aux1.avgpool"), "4x4x512");
    EXPECT_EQ(shapes_of(b.model).at("aux2.avgpool"), "4x4x528");
    EXPECT_EQ(build([&](fv_graph* g) { return all(g)[0]; }).info.parameters, v.without);
  }
}

// R5: 5 to 7 million without its only dense layer, a twelfth of AlexNet's 60 by the lecture's round numbers.
TEST(Zoo, R5R11GoogLeNetHasATenthOfAlexNetsParameters) {
  const Built google = build([](fv_graph* g) { return fv_zoo_googlenet_2014(g, nullptr); });
  const int64_t convolutions = google.info.parameters - parameters_of(google.model, "fc.");
  EXPECT_EQ(convolutions, 5973552);
  const Built alex = build([](fv_graph* g) { return fv_zoo_alexnet_2012(g, 2, nullptr); });
  EXPECT_NEAR(static_cast<double>(alex.info.parameters) / static_cast<double>(convolutions), 10.2, 0.05);
}

TEST(Zoo, R5HeadsLearnWithTheirWeight) {
  fv_error err{};
  const Built b = build_outputs([](fv_graph* g) {
    fv_node heads[2];
    const fv_node logits = fv_zoo_googlenet(g, DESC(fv_zoo_desc, .classes = 10, .height = 32, .width = 32,
                                                    .width_multiplier = 0.125, .heads = heads));
    return std::vector<fv_node>{logits, heads[0], heads[1]};
  });
  fv_loss_desc losses[3];
  const fv_loss_desc* pointers[3];
  for (int i = 0; i < 3; ++i) {
    losses[i] = init<fv_loss_desc>();
    losses[i].loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    losses[i].weight = i == 0 ? 1 : 0.3;
    pointers[i] = &losses[i];
  }
  Trainer trainer;
  OK(fv_trainer_create(b.model,
                       DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .losses = pointers, .loss_count = 3),
                       trainer.out(), &err));
  const std::vector<float> images = noise(4 * 32 * 32 * 3);
  const std::vector<int32_t> classes = labels(4, 10);
  const fv_tensor x = tensor(images, {4, 32, 32, 3}), t = tensor(classes, {4});
  double loss = 0, parts[3] = {};
  OK(fv_trainer_backward(trainer, &x, 1, &t, &loss, &err));
  OK(fv_trainer_loss_values(trainer, parts, 3, nullptr, &err));
  EXPECT_NEAR(loss, parts[0] + 0.3 * parts[1] + 0.3 * parts[2], 1e-6);
  std::vector<float> gradient(128 / 8 * 2048 / 8 * 8 * 8);
  fv_buffer received = buffer(gradient);
  OK(fv_trainer_get_gradient(trainer, "aux1.fc1.kernel", &received, &err));
  EXPECT_TRUE(std::ranges::any_of(gradient, [](float g) { return g != 0; }));
}

TEST(Zoo, DropoutAndAlgorithmCanBeChosen) {
  const std::vector<float> images = noise(2 * 28 * 28);
  const std::vector<int32_t> classes = labels(2, 10);
  const fv_tensor x = tensor(images, {2, 28, 28, 1}), t = tensor(classes, {2});
  // The loss in training, with two masks.
  const auto losses = [&](double dropout) {
    std::vector<double> found(2);
    for (uint64_t seed : {0, 1}) {
      fv_error err{};
      const Built b =
          build([&](fv_graph* g) { return fv_zoo_keras_cnn(g, DESC(fv_zoo_desc, .dropout = dropout)); });
      Trainer trainer;
      EXPECT_EQ(fv_trainer_create(b.model,
                                  DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                       .optimizer = FV_OPT_SGD, .seed = seed),
                                  trainer.out(), &err),
                FV_OK);
      EXPECT_EQ(fv_trainer_backward(trainer, &x, 1, &t, &found[seed], &err), FV_OK) << err.message;
    }
    return found;
  };
  EXPECT_NE(losses(0)[0], losses(0)[1]);
  EXPECT_EQ(losses(FV_ZERO)[0], losses(FV_ZERO)[1]);
  EXPECT_NE(losses(0.9)[0], losses(0)[0]);
  const std::vector<Network> networks = {
      [](fv_graph* g) { return fv_zoo_resnet(g, 18, DESC(fv_zoo_desc, .algorithm = FV_CONV_DIRECT)); },
      [](fv_graph* g) { return fv_zoo_googlenet_2014(g, DESC(fv_zoo_desc, .algorithm = FV_CONV_DIRECT)); },
      [](fv_graph* g) { return fv_zoo_squeezenet(g, DESC(fv_zoo_desc, .algorithm = FV_CONV_DIRECT)); },
      [](fv_graph* g) { return fv_zoo_mobilenet_v2(g, DESC(fv_zoo_desc, .algorithm = FV_CONV_DIRECT)); },
      [](fv_graph* g) { return fv_zoo_lenet5(g, DESC(fv_zoo_desc, .algorithm = FV_CONV_DIRECT)); },
      [](fv_graph* g) { return fv_zoo_keras_cnn(g, DESC(fv_zoo_desc, .algorithm = FV_CONV_DIRECT)); },
      [](fv_graph* g) { return fv_zoo_densenet121(g, DESC(fv_zoo_desc, .algorithm = FV_CONV_DIRECT)); },
      [](fv_graph* g) {
        return fv_zoo_vgg(g, 11, 0,
                          DESC(fv_zoo_desc, .width_multiplier = 0.125, .algorithm = FV_CONV_DIRECT));
      },
      [](fv_graph* g) {
        return fv_zoo_alexnet(g, DESC(fv_zoo_desc, .width_multiplier = 0.125, .algorithm = FV_CONV_DIRECT));
      }};
  for (Network network : networks)
    for (const Row& row : summary_rows(build(network).model))
      if (row.kind == "conv2d") {
        EXPECT_EQ(row.algorithm, "direct") << row.name;
      }
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

// What a training needs and has no default is asked for by name.
TEST(Zoo, R15IncompleteSpecificationsNameTheField) {
  fv_error err{};
  Context context;
  OK(fv_context_create(nullptr, context.out(), &err));
  const auto asks = [&](const std::function<void(fv_graph*, fv_node)>& add, const char* field) {
    Graph graph;
    ASSERT_EQ(fv_graph_create(context, graph.out(), &err), FV_OK);
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .shape = {8, 8, 3}));
    add(graph, image);
    FAILS(FV_INVALID_ARGUMENT, fv_graph_status(graph, &err), field);
  };
  asks([](fv_graph* g, fv_node) { fv_input(g, nullptr); }, "shape");
  asks([](fv_graph* g, fv_node x) { fv_conv2d(g, x, DESC(fv_conv2d_desc, .kernel = {3})); }, "filters");
  asks([](fv_graph* g, fv_node x) { fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 3)); }, "kernel");
  asks([](fv_graph* g, fv_node x) { fv_dense(g, fv_flatten(g, x, nullptr), nullptr); }, "units");
  const Built b = build([](fv_graph* g) { return fv_zoo_lenet5(g, nullptr); });
  Trainer trainer;
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_create(b.model, DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD), trainer.out(), &err),
        "loss");
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_create(b.model, DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY),
                          trainer.out(), &err),
        "optimizer");
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
  refused([](fv_graph* g) { return fv_zoo_alexnet_2012(g, 3, nullptr); }, "towers is 3");
  refused([](fv_graph* g) { return fv_zoo_resnet(g, 18, DESC(fv_zoo_desc, .dropout = 1)); }, "dropout");
  fv_node heads[2] = {7, 7};
  refused([&](fv_graph* g) { return fv_zoo_resnet(g, 18, DESC(fv_zoo_desc, .heads = heads)); }, "heads");
  refused(
      [&](fv_graph* g) {
        return fv_zoo_googlenet_2014(g, DESC(fv_zoo_desc, .height = 64, .width = 64, .heads = heads));
      },
      "aux1");
  EXPECT_EQ(heads[0], 7u);
  desc.classes = 10;
  desc.height = desc.width = 4;
  refused([&](fv_graph* g) { return fv_zoo_lenet5(g, &desc); }, "conv2d");
}

}  // namespace
}  // namespace fovea::test
