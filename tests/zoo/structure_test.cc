// What the networks of the zoo are made of: sizes of their layers, and what their blocks do.
#include <algorithm>
#include <cmath>

#include "zoo/networks.h"

namespace fovea::test {
namespace {

TEST(Zoo, L4AlexNetsSizes) {
  const Built b = build(
      [](fv_graph* g) { return fv_zoo_alexnet_2012(g, 2, DESC(fv_zoo_desc, .width_multiplier = 0.25)); });
  const auto shapes = shapes_of(b.model);
  std::string sides;
  for (const char* name :
       {"conv1", "pool1", "norm1", "conv2", "pool2", "norm2", "conv3", "conv4", "conv5", "pool5"}) {
    const std::string& shape = shapes.at(name);
    const std::string side = shape.substr(0, shape.find('x'));
    EXPECT_EQ(shape.substr(0, 2 * side.size() + 2), side + "x" + side + "x") << name;
    sides += side + ",";
  }
  EXPECT_EQ(sides, "55,27,27,27,13,13,13,13,13,6,");
#if !defined(__SANITIZE_ADDRESS__) && !defined(__SANITIZE_THREAD__)
  const auto whole = shapes_of(build([](fv_graph* g) { return fv_zoo_alexnet_2012(g, 2, nullptr); }).model);
  EXPECT_EQ(whole.at("fc6") + "," + whole.at("fc7") + "," + whole.at("fc8"), "4096,4096,1000");
#endif
}

TEST(Zoo, R3ZfNetsSizesAndConvolutions) {
  const Built b = build([](fv_graph* g) { return fv_zoo_zfnet(g, nullptr); });
  EXPECT_EQ(parameters_of(b.model, "conv"), 11247744);
  const auto shapes = shapes_of(b.model);
  const std::pair<const char*, const char*> expected[] = {
      {"conv1", "110x110x96"}, {"pool1", "55x55x96"},   {"conv2", "26x26x256"}, {"pool2", "13x13x256"},
      {"conv3", "13x13x512"},  {"conv4", "13x13x1024"}, {"conv5", "13x13x512"}, {"pool5", "6x6x512"},
      {"fc6", "4096"},         {"fc7", "4096"},         {"fc8", "1000"}};
  for (const auto& [name, shape] : expected) EXPECT_EQ(shapes.at(name), shape) << name;
}

// Szegedy et al. 2015, table 1, and what follows from it; with batch norm as torchvision counts.
TEST(Zoo, L25InceptionModules) {
  struct Module {
    const char *name, *shape;
    int64_t paper, torchvision;
  };
  const Module modules[] = {{"3a", "28x28x256", 163696, 155872}, {"3b", "28x28x480", 388736, 340224},
                            {"4a", "14x14x512", 376176, 364512}, {"4b", "14x14x512", 449160, 425232},
                            {"4c", "14x14x512", 510104, 486192}, {"4d", "14x14x528", 605376, 573312},
                            {"4e", "14x14x832", 868352, 803840}, {"5a", "7x7x832", 1043456, 978944},
                            {"5b", "7x7x1024", 1444080, 1347040}};
  const Built paper = build([](fv_graph* g) { return fv_zoo_googlenet_2014(g, nullptr); });
  const Built torchvision = build([](fv_graph* g) { return fv_zoo_googlenet(g, nullptr); });
  const auto shapes = shapes_of(paper.model), others = shapes_of(torchvision.model);
  for (const Module& m : modules) {
    const std::string name = "inception" + std::string(m.name) + ".";
    EXPECT_EQ(shapes.at(name + "concat"), m.shape);
    EXPECT_EQ(others.at(name + "concat"), m.shape);
    EXPECT_EQ(parameters_of(paper.model, name), m.paper) << name;
    EXPECT_EQ(parameters_of(torchvision.model, name), m.torchvision) << name;
  }
}

// Layer l of a block sees 64 or so channels and the 32 of each layer before it.
TEST(Zoo, L27DenseBlocksGrow) {
  const Built b = build([](fv_graph* g) { return fv_zoo_densenet121(g, nullptr); });
  const auto shapes = shapes_of(b.model);
  const int layers[] = {6, 12, 24, 16};
  int channels = 64, side = 56;
  for (int block = 1; block <= 4; ++block) {
    for (int layer = 1; layer <= layers[block - 1]; ++layer) {
      const std::string name =
          "features.denseblock" + std::to_string(block) + ".denselayer" + std::to_string(layer) + ".";
      // Two batch norms, 1x1 to 128, 3x3 to 32.
      EXPECT_EQ(parameters_of(b.model, name), 2 * channels + channels * 128 + 2 * 128 + 9 * 128 * 32) << name;
      channels += 32;
      const std::string extent = std::to_string(side);
      EXPECT_EQ(shapes.at(name + "concat"), extent + "x" + extent + "x" + std::to_string(channels));
    }
    if (block < 4) channels /= 2, side /= 2;
  }
  EXPECT_EQ(channels, 1024);
}

// ---- what blocks compute ----------------------------------------------------------------------------------

// Values of a node of the model on a batch.
std::vector<float> run(const fv_model* model, const std::vector<float>& values,
                       std::initializer_list<int64_t> shape, const char* output, size_t count) {
  fv_error err{};
  Session session;
  EXPECT_EQ(
      fv_session_create(model, DESC(fv_session_desc, .max_batch = 2, .outputs = &output, .output_count = 1),
                        session.out(), &err),
      FV_OK)
      << err.message;
  const fv_tensor x = tensor(values, shape);
  std::vector<float> y(count);
  fv_buffer received = buffer(y);
  EXPECT_EQ(fv_session_run(session, &x, 1, &received, 1, &err), FV_OK) << err.message;
  return y;
}

void set(fv_model* model, const std::string& name, const std::vector<float>& values,
         std::initializer_list<int64_t> shape) {
  fv_error err{};
  const fv_tensor t = tensor(values, shape);
  EXPECT_EQ(fv_model_set_tensor(model, name.c_str(), &t, &err), FV_OK) << err.message;
}

TEST(Zoo, L23ZeroResidualWeightsAreTheIdentity) {
  const Built b = build([](fv_graph* g) { return fv_zoo_resnet_cifar(g, 20, nullptr); });
  for (int block = 0; block < 3; ++block)
    for (int conv = 1; conv <= 2; ++conv)
      set(b.model, "layer1." + std::to_string(block) + ".conv" + std::to_string(conv) + ".kernel",
          std::vector<float>(9 * 16 * 16), {3, 3, 16, 16});
  const std::vector<float> images = noise(2 * 32 * 32 * 3);
  const size_t count = 2 * 32 * 32 * 16;
  const auto before = run(b.model, images, {2, 32, 32, 3}, "relu1", count);
  EXPECT_EQ(run(b.model, images, {2, 32, 32, 3}, "layer1.2.relu2", count), before);
  EXPECT_GT(*std::ranges::max_element(before), 0.5f);
}

// A bottleneck whose 3x3 convolution has groups, against the sum of as many narrow bottlenecks: Xie et al.
// 2017, figure 3 (c) and (a).
TEST(Zoo, L26GroupsEqualBranches) {
  constexpr int64_t kPaths = 8, kWidth = 4, kInner = kPaths * kWidth, kChannels = 64;
  const auto conv = [](fv_graph* g, fv_node x, const std::string& name, int64_t filters, int64_t kernel,
                       int64_t groups, bool relu) {
    const int64_t p = kernel / 2;
    return fv_conv2d(
        g, x,
        DESC(fv_conv2d_desc, .name = name.c_str(), .filters = filters, .kernel = {kernel}, .groups = groups,
             .no_bias = 1, .pad = {p, p, p, p}, .activation = relu ? FV_ACT_RELU : FV_ACT_LINEAR));
  };
  const Built b = build_outputs([&](fv_graph* g) {
    const fv_node image = fv_input(g, DESC(fv_input_desc, .shape = {7, 7, kChannels}));
    fv_node x = conv(g, image, "in", kInner, 1, 1, true);
    x = conv(g, conv(g, x, "grouped", kInner, 3, kPaths, true), "out", kChannels, 1, 1, false);
    fv_node sum = FV_NODE_INVALID;
    for (int64_t i = 0; i < kPaths; ++i) {
      const std::string n = std::to_string(i);
      fv_node y = conv(g, conv(g, image, "in" + n, kWidth, 1, 1, true), "conv" + n, kWidth, 3, 1, true);
      y = conv(g, y, "out" + n, kChannels, 1, 1, false);
      sum = i == 0 ? y : fv_add(g, sum, y, DESC(fv_layer_desc, .name = ("sum" + n).c_str()));
    }
    return std::vector<fv_node>{x, sum};
  });
  // Path i has columns i * kWidth and so on of each kernel, rows of the last.
  const auto in = noise(kChannels * kInner, 2), grouped = noise(9 * kWidth * kInner, 3),
             out = noise(kInner * kChannels, 4);
  set(b.model, "in.kernel", in, {1, 1, kChannels, kInner});
  set(b.model, "grouped.kernel", grouped, {3, 3, kWidth, kInner});
  set(b.model, "out.kernel", out, {1, 1, kInner, kChannels});
  const auto columns = [&](const std::vector<float>& kernel, int64_t path) {
    std::vector<float> part;
    for (size_t i = 0; i < kernel.size(); ++i)
      if (static_cast<int64_t>(i) % kInner / kWidth == path) part.push_back(kernel[i]);
    return part;
  };
  for (int64_t i = 0; i < kPaths; ++i) {
    const std::string n = std::to_string(i);
    set(b.model, "in" + n + ".kernel", columns(in, i), {1, 1, kChannels, kWidth});
    set(b.model, "conv" + n + ".kernel", columns(grouped, i), {3, 3, kWidth, kWidth});
    const auto begin = out.begin() + i * kWidth * kChannels;
    set(b.model, "out" + n + ".kernel", {begin, begin + kWidth * kChannels}, {1, 1, kWidth, kChannels});
  }
  const std::vector<float> x = noise(2 * 7 * 7 * kChannels);
  const auto left = run(b.model, x, {2, 7, 7, kChannels}, "out", x.size());
  const auto right = run(b.model, x, {2, 7, 7, kChannels}, "sum7", x.size());
  float largest = 0, difference = 0;
  for (size_t i = 0; i < left.size(); ++i) {
    largest = std::max(largest, std::abs(right[i]));
    difference = std::max(difference, std::abs(left[i] - right[i]));
  }
  EXPECT_GT(largest, 1);
  EXPECT_LE(difference, 1e-5 * largest);
}

// Three 3x3 convolutions see as much as one of 7x7, with 27 C^2 weights for 49 C^2.
TEST(Zoo, R11L31ThreeSmallKernelsAreCheaperThanALargeOne) {
  const auto stack = [](int64_t kernel, int count) {
    return build([=](fv_graph* g) {
      fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {7, 7, 24}));
      for (int i = 0; i < count; ++i)
        x = fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 24, .kernel = {kernel}, .no_bias = 1));
      return x;
    });
  };
  const Built small = stack(3, 3), large = stack(7, 1);
  EXPECT_EQ(small.info.parameters, 27 * 24 * 24);
  EXPECT_EQ(large.info.parameters, 49 * 24 * 24);
  for (const Built* b : {&small, &large}) EXPECT_EQ(summary_rows(b->model).back().shape, "1x1x24");
}

// ---- gradients of whole networks --------------------------------------------------------------------------

// Central differences in f64 for some values of every parameter.
void check_gradients(const Built& b, int64_t side, int64_t channels) {
  fv_error err{};
  Trainer trainer;
  OK(fv_trainer_create(b.model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD),
                       trainer.out(), &err));
  const std::vector<float> images = noise(static_cast<size_t>(3 * side * side * channels), 5);
  const std::vector<int32_t> classes = labels(3, 4);
  const fv_tensor x = tensor(images, {3, side, side, channels}), t = tensor(classes, {3});
  const auto loss = [&] {
    double value = 0;
    EXPECT_EQ(fv_trainer_backward(trainer, &x, 1, &t, &value, &err), FV_OK) << err.message;
    return value;
  };
  loss();
  double error = 0, size = 0;
  for (int32_t i = 0; i < b.info.tensors; ++i) {
    auto info = init<fv_tensor_info>();
    OK(fv_model_tensor_info(b.model, i, &info, &err));
    if (info.trainable == 0) continue;
    std::vector<double> values(static_cast<size_t>(parameters_of(b.model, info.name))),
        gradient(values.size());
    fv_buffer from = buffer(values), into = buffer(gradient);
    OK(fv_model_get_tensor(b.model, info.name, &from, &err));
    loss();
    OK(fv_trainer_get_gradient(trainer, info.name, &into, &err));
    fv_tensor whole{values.data(), FV_F64, info.rank, {}};
    std::copy_n(info.shape, info.rank, whole.shape);
    const auto moved = [&](size_t at, double by) {
      values[at] += by;
      EXPECT_EQ(fv_model_set_tensor(b.model, info.name, &whole, &err), FV_OK) << err.message;
      const double value = loss();
      values[at] -= by;
      return value;
    };
    for (size_t at = static_cast<size_t>(i) % values.size(); at < values.size();
         at += values.size() / 3 + 1) {
      const double h = 6e-6 * std::max(1.0, std::abs(values[at]));
      const double numeric = (moved(at, h) - moved(at, -h)) / (2 * h);
      error += (numeric - gradient[at]) * (numeric - gradient[at]);
      size += (std::abs(numeric) + std::abs(gradient[at])) * (std::abs(numeric) + std::abs(gradient[at]));
    }
    OK(fv_model_set_tensor(b.model, info.name, &whole, &err));
  }
  EXPECT_GT(size, 1e-4);
  EXPECT_LT(std::sqrt(error / size), 1e-7);
}

TEST(Zoo, L23GradientsOfResidualNetworks) {
  for (fv_shortcut shortcut : {FV_SHORTCUT_ZEROS, FV_SHORTCUT_PROJECTION, FV_SHORTCUT_NONE})
    check_gradients(build(
                        [=](fv_graph* g) {
                          return fv_zoo_resnet_cifar(
                              g, 8,
                              DESC(fv_zoo_desc, .classes = 4, .height = 12, .width = 12,
                                   .width_multiplier = 0.25, .shortcut = shortcut));
                        },
                        FV_F64),
                    12, 3);
}

}  // namespace
}  // namespace fovea::test
