// What courses teach about networks, as experiments through the public API: rows L19, L29 to L34, I8 to I12, G6,
// O4 of the feature list.
#include <algorithm>
#include <cmath>
#include <functional>

#include "support.h"

namespace fovea::test {
namespace {

double norm(const std::vector<double>& v) {
  double sum = 0;
  for (double x : v) sum += x * x;
  return std::sqrt(sum);
}

class LessonsTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err));
    OK(fv_graph_create(context, graph.out(), &err));
  }
  fv_node input(std::initializer_list<int64_t> shape) {
    auto d = init<fv_input_desc>();
    d.name = "x";
    std::copy(shape.begin(), shape.end(), d.shape);
    return fv_input(graph, &d);
  }
  Model model_of(fv_node y, fv_dtype dtype = FV_F64, uint64_t seed = 1) {
    Model model;
    EXPECT_EQ(FV_OK, fv_model_create(graph, &y, 1, DESC(fv_model_desc, .dtype = dtype, .seed = seed),
                                     model.out(), &err))
        << err.message;
    return model;
  }
  Trainer trainer_of(fv_model* model, fv_loss loss, double rate, double momentum = 0) {
    Trainer trainer;
    EXPECT_EQ(FV_OK, fv_trainer_create(model,
                                       DESC(fv_trainer_desc, .loss = loss, .optimizer = FV_OPT_SGD,
                                            .learning_rate = rate, .momentum = momentum),
                                       trainer.out(), &err))
        << err.message;
    return trainer;
  }
  // What `node` gives (NULL: the output).
  std::vector<double> run(const fv_model* model, const fv_tensor& x, size_t per_sample,
                          const char* node = nullptr) {
    Session session;
    std::vector<double> out(per_sample * static_cast<size_t>(x.shape[0]));
    fv_buffer b = buffer(out);
    auto d = init<fv_session_desc>();
    d.max_batch = static_cast<int32_t>(x.shape[0]);
    d.outputs = node == nullptr ? nullptr : &node;
    d.output_count = node == nullptr ? 0 : 1;
    EXPECT_EQ(FV_OK, fv_session_create(model, &d, session.out(), &err)) << err.message;
    EXPECT_EQ(FV_OK, fv_session_run(session, &x, 1, &b, 1, &err)) << err.message;
    return out;
  }
  std::vector<double> tensor_of(const fv_model* model, const std::string& name, size_t count) {
    std::vector<double> values(count);
    fv_buffer b = buffer(values);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(model, name.c_str(), &b, &err)) << err.message;
    return values;
  }
  std::vector<double> gradient_of(const fv_trainer* trainer, const std::string& name, size_t count) {
    std::vector<double> values(count);
    fv_buffer b = buffer(values);
    EXPECT_EQ(FV_OK, fv_trainer_get_gradient(trainer, name.c_str(), &b, &err)) << err.message;
    return values;
  }
  int64_t parameters(const fv_model* model) {
    auto info = init<fv_model_info>();
    EXPECT_EQ(FV_OK, fv_model_get_info(model, &info, &err)) << err.message;
    return info.parameters;
  }
  double step(fv_trainer* trainer, const fv_tensor& x, const fv_tensor& y) {
    double loss = NAN;
    EXPECT_EQ(FV_OK, fv_trainer_step(trainer, &x, 1, &y, &loss, &err)) << err.message;
    return loss;
  }

  Context context;
  Graph graph;
  fv_error err{};
};

fv_initializer_desc init_of(fv_initializer_kind kind) {
  fv_initializer_desc d{};
  d.struct_size = sizeof d;
  d.kind = kind;
  return d;
}

// A point for each class with noise around it.
struct Clusters {
  std::vector<float> x;
  std::vector<int32_t> y;
  Clusters(size_t count, size_t width, int32_t classes, float spread) : x(count * width), y(count) {
    const auto centres = noise(static_cast<size_t>(classes) * width, 7), around = noise(count * width, 9);
    for (size_t i = 0; i < count; ++i) {
      y[i] = static_cast<int32_t>(i) % classes;
      for (size_t k = 0; k < width; ++k)
        x[i * width + k] = centres[static_cast<size_t>(y[i]) * width + k] + spread * around[i * width + k];
    }
  }
};

// ---- structure ------------------------------------------------------------------------------------------

// L29: the features of a node inside can be read, by a session or a model that ends there, and a linear
// classifier learns from them.
TEST_F(LessonsTest, L29FeaturesOfAnInnerNode) {
  const Clusters data(80, 48, 4, 0.7f);
  const fv_tensor x = tensor(data.x, {80, 4, 4, 3}), y = tensor(data.y, {80});
  fv_node h = fv_conv2d(graph, input({4, 4, 3}),
                        DESC(fv_conv2d_desc, .name = "conv1", .filters = 8, .kernel = {3},
                             .padding = FV_PAD_SAME, .activation = FV_ACT_RELU));
  h = fv_dense(graph, fv_flatten(graph, h, nullptr),
               DESC(fv_dense_desc, .name = "fc7", .units = 24, .activation = FV_ACT_RELU));
  const Model model = model_of(fv_dense(graph, h, DESC(fv_dense_desc, .units = 4)));
  {
    Trainer trainer = trainer_of(model, FV_LOSS_SOFTMAX_CROSS_ENTROPY, 0.05, 0.9);
    for (int i = 0; i < 30; ++i) step(trainer, x, y);
  }
  const std::vector<double> features = run(model, x, 24, "fc7");
  const Model tap = model_of(h);
  for (const char* name : {"conv1.kernel", "conv1.bias", "fc7.kernel", "fc7.bias"}) {
    auto info = init<fv_tensor_info>();
    for (int32_t i = 0;; ++i) {
      OK(fv_model_tensor_info(model, i, &info, &err));
      if (std::strcmp(info.name, name) == 0) break;
    }
    size_t count = 1;
    for (int32_t axis = 0; axis < info.rank; ++axis) count *= static_cast<size_t>(info.shape[axis]);
    const std::vector<double> values = tensor_of(model, name, count);
    fv_tensor t{};
    t.data = values.data();
    t.dtype = FV_F64;
    t.rank = info.rank;
    std::copy_n(info.shape, info.rank, t.shape);
    OK(fv_model_set_tensor(tap, name, &t, &err));
  }
  EXPECT_EQ(features, run(tap, x, 24));

  Graph other;
  OK(fv_graph_create(context, other.out(), &err));
  const fv_node in = fv_input(other, DESC(fv_input_desc, .shape = {24}));
  const fv_node logits = fv_dense(other, in, DESC(fv_dense_desc, .units = 4));
  Model linear;
  OK(fv_model_create(other, &logits, 1, nullptr, linear.out(), &err));
  Trainer trainer = trainer_of(linear, FV_LOSS_SOFTMAX_CROSS_ENTROPY, 0.05, 0.9);
  const fv_tensor f = tensor(features, {80, 24});
  const double before = step(trainer, f, y);
  double after = 0;
  for (int i = 0; i < 100; ++i) after = step(trainer, f, y);
  EXPECT_LT(after, 0.1 * before);
}

// L19: batch norm before the nonlinearity or behind it: both can be built, and both learn.
TEST_F(LessonsTest, L19BatchNormBeforeOrBehind) {
  const Clusters data(60, 12, 3, 0.5f);
  const fv_tensor x = tensor(data.x, {60, 12}), y = tensor(data.y, {60});
  for (const bool before : {true, false}) {
    OK(fv_graph_create(context, graph.out(), &err));
    fv_node h = fv_dense(graph, input({12}), DESC(fv_dense_desc, .units = 16));
    h = before ? fv_relu(graph, fv_batch_norm(graph, h, nullptr), nullptr)
               : fv_batch_norm(graph, fv_relu(graph, h, nullptr), nullptr);
    const Model model = model_of(fv_dense(graph, h, DESC(fv_dense_desc, .units = 3)));
    Trainer trainer = trainer_of(model, FV_LOSS_SOFTMAX_CROSS_ENTROPY, 0.1, 0.9);
    const double first = step(trainer, x, y);
    double last = 0;
    for (int i = 0; i < 50; ++i) last = step(trainer, x, y);
    EXPECT_LT(last, 0.1 * first) << before;
  }
}

// L30: a graph with branches that meet again computes what its equations say.
TEST_F(LessonsTest, L30GraphOfBranches) {
  const fv_node x = input({3});
  const fv_node a = fv_dense(graph, x, DESC(fv_dense_desc, .name = "a", .units = 4));
  const fv_node b = fv_relu(graph, a, nullptr), c = fv_tanh(graph, a, nullptr);
  const fv_node d = fv_multiply(graph, b, c, nullptr), e = fv_subtract(graph, d, a, nullptr);
  const fv_node both[] = {e, x};
  const Model model = model_of(
      fv_dense(graph, fv_concat(graph, both, 2, nullptr), DESC(fv_dense_desc, .name = "out", .units = 2)));
  const std::vector<float> in = noise(15);
  const std::vector<double> y = run(model, tensor(in, {5, 3}), 2), w = tensor_of(model, "a.kernel", 12),
                            v = tensor_of(model, "out.kernel", 14);
  for (size_t s = 0; s < 5; ++s) {
    double joined[7];
    for (size_t i = 0; i < 3; ++i) joined[4 + i] = in[3 * s + i];
    for (size_t k = 0; k < 4; ++k) {
      double sum = 0;
      for (size_t i = 0; i < 3; ++i) sum += in[3 * s + i] * w[4 * i + k];
      joined[k] = std::max(0.0, sum) * std::tanh(sum) - sum;
    }
    for (size_t k = 0; k < 2; ++k) {
      double sum = 0;
      for (size_t i = 0; i < 7; ++i) sum += joined[i] * v[2 * i + k];
      EXPECT_NEAR(y[2 * s + k], sum, 1e-14);
    }
  }
}

// L31: three 3 x 3 convolutions see what one of 7 x 7 does, with 27 C^2 parameters in the place of 49 C^2.
TEST_F(LessonsTest, L31ThreeSmallKernelsSeeSevenPixels) {
  constexpr int64_t kChannels = 5;
  fv_initializer_desc one = init_of(FV_INIT_CONSTANT);
  one.value = 1;
  const auto conv = [&](fv_node x, int64_t kernel) {
    return fv_conv2d(graph, x,
                     DESC(fv_conv2d_desc, .filters = kChannels, .kernel = {kernel}, .padding = FV_PAD_SAME,
                          .no_bias = 1, .kernel_initializer = &one));
  };
  const fv_node x = input({15, 15, kChannels});
  const Model small = model_of(conv(conv(conv(x, 3), 3), 3)), large = model_of(conv(x, 7));
  EXPECT_EQ(27 * kChannels * kChannels, parameters(small));
  EXPECT_EQ(49 * kChannels * kChannels, parameters(large));
  std::vector<float> impulse(15 * 15 * kChannels);
  impulse[(7 * 15 + 7) * kChannels] = 1;
  const fv_tensor in = tensor(impulse, {1, 15, 15, kChannels});
  const auto a = run(small, in, impulse.size()), b = run(large, in, impulse.size());
  for (size_t i = 0; i < impulse.size(); ++i) {
    const auto row = static_cast<int>(i / (15 * kChannels)), column = static_cast<int>(i / kChannels % 15);
    const bool seen = std::abs(row - 7) <= 3 && std::abs(column - 7) <= 3;
    EXPECT_EQ(seen, a[i] != 0) << row << ", " << column;
    EXPECT_EQ(seen, b[i] != 0) << row << ", " << column;
  }
}

// L32: a perceptron of 20 layers of tanh whose weights begin at 0.01 (the signal vanishes) or 1 (it
// saturates), at ten times the usual rate. With batch norm the loss falls within 200 steps, without it stays
// that of chance.
TEST_F(LessonsTest, L32BatchNormForgivesTheInitialisation) {
  const Clusters data(256, 30, 4, 1.0f);
  const fv_tensor x = tensor(data.x, {256, 30}), y = tensor(data.y, {256});
  for (const double stddev : {0.01, 1.0})
    for (const bool normalised : {false, true}) {
      OK(fv_graph_create(context, graph.out(), &err));
      fv_initializer_desc gaussian = init_of(FV_INIT_NORMAL);
      gaussian.stddev = stddev;
      fv_node h = input({30});
      for (int layer = 0; layer < 20; ++layer) {
        h = fv_dense(graph, h, DESC(fv_dense_desc, .units = 32, .kernel_initializer = &gaussian));
        if (normalised) h = fv_batch_norm(graph, h, nullptr);
        h = fv_tanh(graph, h, nullptr);
      }
      const Model model = model_of(fv_dense(graph, h, DESC(fv_dense_desc, .units = 4)), FV_F32);
      Trainer trainer = trainer_of(model, FV_LOSS_SOFTMAX_CROSS_ENTROPY, 1);
      double last = 0;
      for (int i = 0; i < 200; ++i) last = step(trainer, x, y);
      if (normalised)
        EXPECT_LT(last, 0.1) << stddev;
      else
        EXPECT_GT(last, 0.99 * std::log(4)) << stddev;
    }
}

// L34: pooled features change less than others when the image moves by a pixel.
TEST_F(LessonsTest, L34PoolingForgivesAShift) {
  constexpr size_t kImages = 20, kSize = 16;
  const fv_node conv = fv_conv2d(graph, input({kSize, kSize, 1}),
                                 DESC(fv_conv2d_desc, .name = "conv", .filters = 8, .kernel = {3},
                                      .padding = FV_PAD_SAME, .activation = FV_ACT_RELU));
  const fv_node pool = fv_max_pool2d(graph, conv, DESC(fv_pool2d_desc, .size = {4}));
  const Model model = model_of(pool);
  const std::vector<float> image = noise(kImages * kSize * kSize, 3);
  std::vector<float> moved(image.size());
  for (size_t i = 0; i < image.size(); ++i) moved[i] = i % kSize == 0 ? 0 : image[i - 1];
  const auto change = [&](const char* node, size_t count) {
    const auto a = run(model, tensor(image, {kImages, kSize, kSize, 1}), count, node),
               b = run(model, tensor(moved, {kImages, kSize, kSize, 1}), count, node);
    std::vector<double> difference(a);
    for (size_t i = 0; i < a.size(); ++i) difference[i] -= b[i];
    return norm(difference) / norm(a);
  };
  const double unpooled = change("conv", kSize * kSize * 8), pooled = change(nullptr, 4 * 4 * 8);
  EXPECT_GT(pooled, 0);
  EXPECT_LT(pooled, 0.5 * unpooled);
}

// ---- initialisation -------------------------------------------------------------------------------------

// I8, S1: of 3072-50-10 with weights of 1e-4 the loss at first is that of chance, ln 10; S2: with a penalty
// of lambda / 2 sum w^2 at lambda = 1000 it is 3.07.
TEST_F(LessonsTest, I8S1S2LossAtTheBeginning) {
  std::vector<float> pixels = noise(100 * 3072);
  for (float& v : pixels) v *= 100;
  const std::vector<int32_t> classes = labels(100, 10);
  const fv_tensor x = tensor(pixels, {100, 3072}), y = tensor(classes, {100});
  fv_initializer_desc small = init_of(FV_INIT_NORMAL);
  small.stddev = 1e-4;
  for (const double lambda : {0.0, 1e3}) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_regularizer_desc penalty{.struct_size = sizeof penalty, .l2 = lambda};
    fv_dense_desc d = init<fv_dense_desc>();
    d.kernel_initializer = &small;
    d.kernel_regularizer = &penalty;
    d.units = 50;
    d.activation = FV_ACT_RELU;
    const fv_node h = fv_dense(graph, input({3072}), &d);
    d.units = 10;
    d.activation = FV_ACT_LINEAR;
    const Model model = model_of(fv_dense(graph, h, &d));
    Trainer trainer = trainer_of(model, FV_LOSS_SOFTMAX_CROSS_ENTROPY, 0.01);
    double loss = 0;
    OK(fv_trainer_backward(trainer, &x, 1, &y, &loss, &err));
    EXPECT_NEAR(loss, lambda == 0 ? 2.302585 : 3.07309, lambda == 0 ? 0.001 : 0.0083);
  }
}

// I9: a random walk is unbiased: the logarithm of what a layer does to a vector's length is 0 in the mean. It
// is not with variance 1 / fan-in.
TEST_F(LessonsTest, I9RandomWalkIsUnbiased) {
  constexpr int64_t kWidth = 10;
  constexpr int kSeeds = 2000;
  for (const fv_initializer_kind kind : {FV_INIT_RANDOM_WALK, FV_INIT_LECUN_NORMAL}) {
    const fv_initializer_desc d = init_of(kind);
    OK(fv_graph_create(context, graph.out(), &err));
    const Model model = model_of(fv_dense(
        graph, input({kWidth}), DESC(fv_dense_desc, .name = "d", .units = kWidth, .kernel_initializer = &d)));
    double mean = 0, squares = 0;
    for (uint64_t seed = 0; seed < kSeeds; ++seed) {
      OK(fv_model_reinitialize(model, seed, &err));
      std::vector<double> row = tensor_of(model, "d.kernel", kWidth * kWidth);
      row.resize(kWidth);  // what becomes of (1, 0, 0, ...)
      const double growth = std::log(norm(row));
      mean += growth / kSeeds, squares += growth * growth / kSeeds;
    }
    const double error = std::sqrt((squares - mean * mean) / kSeeds);
    if (kind == FV_INIT_RANDOM_WALK)
      EXPECT_LT(std::abs(mean), 4 * error);
    else
      EXPECT_LT(mean, -4 * error);
  }
}

// Convolutions of the five blocks and three dense layers, with names that say where they stand.
fv_node vgg(fv_graph* g, const int (&blocks)[5]) {
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {32, 32, 3}));
  for (int block = 0; block < 5; ++block) {
    for (int i = 0; i < blocks[block]; ++i) {
      const std::string name = "conv" + std::to_string(block + 1) + "_" + std::to_string(i + 1);
      x = fv_conv2d(g, x,
                    DESC(fv_conv2d_desc, .name = name.c_str(), .filters = 4 << std::min(block, 3),
                         .kernel = {3}, .padding = FV_PAD_SAME, .activation = FV_ACT_RELU));
    }
    x = fv_max_pool2d(g, x, nullptr);
  }
  x = fv_flatten(g, x, nullptr);
  x = fv_dense(g, x, DESC(fv_dense_desc, .name = "fc6", .units = 16, .activation = FV_ACT_RELU));
  x = fv_dense(g, x, DESC(fv_dense_desc, .name = "fc7", .units = 16, .activation = FV_ACT_RELU));
  return fv_dense(g, x, DESC(fv_dense_desc, .name = "fc8", .units = 10));
}

// I10: a trained VGG-11 is where VGG-16 begins: what has the same name and shape is copied, all 22 tensors of
// its 11 layers; the 10 of the 5 new layers keep what they were drawn as.
TEST_F(LessonsTest, I10DeeperFromShallower) {
  const Model shallow = model_of(vgg(graph, {1, 1, 2, 2, 2}), FV_F32, 1);
  OK(fv_graph_create(context, graph.out(), &err));
  const Model deep = model_of(vgg(graph, {2, 2, 3, 3, 3}), FV_F32, 2);
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(deep, &info, &err));
  EXPECT_EQ(32, info.tensors);
  int copied = 0, kept = 0;
  for (int32_t i = 0; i < info.tensors; ++i) {
    auto t = init<fv_tensor_info>();
    OK(fv_model_tensor_info(deep, i, &t, &err));
    size_t count = 1;
    for (int32_t axis = 0; axis < t.rank; ++axis) count *= static_cast<size_t>(t.shape[axis]);
    std::vector<double> values(count);
    const std::vector<double> drawn = tensor_of(deep, t.name, count);
    fv_buffer b = buffer(values);
    if (fv_model_get_tensor(shallow, t.name, &b, nullptr) != FV_OK) {
      ++kept;
      continue;
    }
    fv_tensor in{};
    in.data = values.data();
    in.dtype = FV_F64;
    in.rank = t.rank;
    std::copy_n(t.shape, t.rank, in.shape);
    OK(fv_model_set_tensor(deep, t.name, &in, &err));
    EXPECT_EQ(values, tensor_of(deep, t.name, count)) << t.name;
    if (std::strstr(t.name, "kernel") != nullptr) {
      EXPECT_NE(drawn, values) << t.name;
    }
    ++copied;
  }
  EXPECT_EQ(22, copied);
  EXPECT_EQ(10, kept);
  const std::vector<float> images = noise(4 * 32 * 32 * 3);
  const std::vector<int32_t> classes = labels(4, 10);
  Trainer trainer = trainer_of(deep, FV_LOSS_SOFTMAX_CROSS_ENTROPY, 0.01);
  EXPECT_TRUE(std::isfinite(step(trainer, tensor(images, {4, 32, 32, 3}), tensor(classes, {4}))));
}

// I11: through L linear layers of W = omega I the gradient shrinks or grows by omega^(L - 1).
TEST_F(LessonsTest, I11VanishingAndExplodingGradients) {
  constexpr int kLayers = 50;
  for (const double omega : {0.5, 1.0, 1.5}) {
    OK(fv_graph_create(context, graph.out(), &err));
    fv_initializer_desc identity = init_of(FV_INIT_IDENTITY);
    identity.gain = omega;
    fv_node h = input({4});
    for (int layer = 1; layer <= kLayers; ++layer)
      h = fv_dense(graph, h,
                   DESC(fv_dense_desc, .name = ("layer" + std::to_string(layer)).c_str(), .units = 4,
                        .kernel_initializer = &identity));
    const Model model = model_of(h);
    Trainer trainer = trainer_of(model, FV_LOSS_MEAN_SQUARED_ERROR, 0.01);
    const std::vector<double> in{1, -2, 0.5, 3}, target{0.1, 0.2, -0.3, 0.4};
    const fv_tensor x = tensor(in, {1, 4}), t = tensor(target, {1, 4});
    OK(fv_trainer_backward(trainer, &x, 1, &t, nullptr, &err));
    const auto first = gradient_of(trainer, "layer1.bias", 4), last = gradient_of(trainer, "layer50.bias", 4);
    for (size_t i = 0; i < 4; ++i)
      EXPECT_NEAR(first[i] / last[i] / std::pow(omega, kLayers - 1), 1, 1e-6) << omega;
  }
}

// I12: with inputs that are all positive, the gradients of a unit's weights all have one sign, so that steps
// zig-zag; with centred ones they have both.
TEST_F(LessonsTest, I12PositiveInputsMakeGradientsOfOneSign) {
  constexpr size_t kInputs = 20, kUnits = 10;
  const Model model =
      model_of(fv_dense(graph, input({kInputs}),
                        DESC(fv_dense_desc, .name = "d", .units = kUnits, .activation = FV_ACT_SIGMOID)));
  Trainer trainer = trainer_of(model, FV_LOSS_MEAN_SQUARED_ERROR, 0.01);
  for (const bool positive : {true, false}) {
    int uniform = 0;
    for (uint32_t sample = 0; sample < 20; ++sample) {
      std::vector<float> in = noise(kInputs, sample + 1);
      const std::vector<float> target = noise(kUnits, sample + 100);
      if (positive)
        for (float& v : in) v = std::abs(v) + 1e-3f;
      const fv_tensor x = tensor(in, {1, kInputs}), t = tensor(target, {1, kUnits});
      OK(fv_trainer_backward(trainer, &x, 1, &t, nullptr, &err));
      const auto gradient = gradient_of(trainer, "d.kernel", kInputs * kUnits);
      for (size_t unit = 0; unit < kUnits; ++unit) {
        size_t above = 0;
        for (size_t i = 0; i < kInputs; ++i) above += gradient[i * kUnits + unit] > 0;
        uniform += above == 0 || above == kInputs;
      }
    }
    EXPECT_EQ(positive ? 200 : 0, uniform);
  }
}

// ---- noise and losses -----------------------------------------------------------------------------------

// G6: of a linear network, the mean of 1000 passes with dropout is the pass that scales, within three
// standard errors; the passes' variance comes with it.
TEST_F(LessonsTest, G6MonteCarloDropout) {
  constexpr size_t kOutputs = 6;
  constexpr int kPasses = 1000;
  const fv_node kept = fv_dropout(graph, input({40}), nullptr);
  const Model model = model_of(fv_dense(graph, kept, DESC(fv_dense_desc, .units = kOutputs)));
  const std::vector<float> in = noise(40);
  const fv_tensor x = tensor(in, {1, 40});
  const std::vector<double> scaled = run(model, x, kOutputs);
  Trainer trainer = trainer_of(model, FV_LOSS_HOST_GRADIENT, 0.01);
  std::vector<double> y(kOutputs), nothing(kOutputs), mean(kOutputs), squares(kOutputs);
  const fv_tensor gradient = tensor(nothing, {1, kOutputs});
  for (int pass = 0; pass < kPasses; ++pass) {
    fv_buffer b = buffer(y);
    OK(fv_trainer_forward(trainer, &x, 1, &b, 1, &err));
    OK(fv_trainer_backward_from(trainer, &gradient, 1, &err));
    OK(fv_trainer_apply(trainer, &err));  // of a gradient of 0: the next step draws another mask
    for (size_t i = 0; i < kOutputs; ++i) mean[i] += y[i] / kPasses, squares[i] += y[i] * y[i] / kPasses;
  }
  for (size_t i = 0; i < kOutputs; ++i) {
    const double variance = squares[i] - mean[i] * mean[i];
    EXPECT_GT(variance, 0.01);
    EXPECT_NEAR(mean[i], scaled[i], 3 * std::sqrt(variance / kPasses));
  }
}

// O4: the host's own loss. Of squares, whose gradient here is exact, it gives the same bits as the built-in
// one; of softmax cross-entropy the same within the rounding of the host's exp.
TEST_F(LessonsTest, O4LossOfTheHost) {
  constexpr size_t kRows = 8, kClasses = 4;
  const std::vector<float> in = noise(kRows * 5);
  const std::vector<int32_t> classes = labels(kRows, kClasses);
  const fv_tensor x = tensor(in, {kRows, 5}), y = tensor(classes, {kRows});
  for (const fv_loss built_in : {FV_LOSS_MEAN_SQUARED_ERROR, FV_LOSS_SOFTMAX_CROSS_ENTROPY}) {
    std::vector<double> after[2];
    for (const bool host : {false, true}) {
      OK(fv_graph_create(context, graph.out(), &err));
      const fv_node h =
          fv_dense(graph, input({5}), DESC(fv_dense_desc, .units = 6, .activation = FV_ACT_TANH));
      const Model model = model_of(fv_dense(graph, h, DESC(fv_dense_desc, .units = kClasses)));
      Trainer trainer = trainer_of(model, host ? FV_LOSS_HOST_GRADIENT : built_in, 0.1, 0.9);
      for (int i = 0; i < 10; ++i) {
        if (!host) {
          step(trainer, x, y);
          continue;
        }
        std::vector<double> out(kRows * kClasses);
        fv_buffer b = buffer(out);
        OK(fv_trainer_forward(trainer, &x, 1, &b, 1, &err));
        for (size_t row = 0; row < kRows; ++row) {
          double* const z = out.data() + row * kClasses;
          const auto label = static_cast<size_t>(classes[row]);
          double sum = 0;
          for (size_t k = 0; k < kClasses; ++k) sum += std::exp(z[k]);
          for (size_t k = 0; k < kClasses; ++k)
            z[k] = built_in == FV_LOSS_MEAN_SQUARED_ERROR ? (z[k] - (k == label)) * (2.0 / (kRows * kClasses))
                                                          : (std::exp(z[k]) / sum - (k == label)) / kRows;
        }
        const fv_tensor gradient = tensor(out, {kRows, kClasses});
        OK(fv_trainer_backward_from(trainer, &gradient, 1, &err));
        OK(fv_trainer_apply(trainer, &err));
      }
      after[host] = weights(model);
    }
    if (built_in == FV_LOSS_MEAN_SQUARED_ERROR)
      EXPECT_EQ(after[0], after[1]);
    else
      for (size_t i = 0; i < after[0].size(); ++i) EXPECT_NEAR(after[0][i], after[1][i], 1e-14);
  }
}

}  // namespace
}  // namespace fovea::test
