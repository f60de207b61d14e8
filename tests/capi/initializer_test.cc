// Initialisers and activation statistics through the public API; rows I1 to I9 and T1 to T5 of the feature
// list.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

fv_initializer_desc init_of(fv_initializer_kind kind) {
  fv_initializer_desc d{};
  d.struct_size = sizeof d;
  d.kind = kind;
  return d;
}

class InitializerTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  std::vector<double> tensor_of(const fv_model* model, const char* name, size_t count) {
    std::vector<double> values(count);
    fv_buffer b = buffer(values);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(model, name, &b, &err)) << err.message;
    return values;
  }
  // The kernel [rows][columns] of a dense layer.
  std::vector<double> dense(const fv_initializer_desc& kernel, int64_t rows, int64_t columns,
                            fv_activation activation = FV_ACT_LINEAR) {
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {rows}));
    const fv_node y = fv_dense(graph, x,
                               DESC(fv_dense_desc, .name = "d", .units = columns, .activation = activation,
                                    .kernel_initializer = &kernel));
    Model model;
    EXPECT_EQ(FV_OK, fv_model_create(graph, &y, 1, DESC(fv_model_desc, .dtype = FV_F64, .seed = 7),
                                     model.out(), &err))
        << err.message;
    return tensor_of(model, "d.kernel", static_cast<size_t>(rows * columns));
  }
  static double stddev(const std::vector<double>& v) {
    double mean = 0, sum = 0;
    for (double x : v) mean += x / static_cast<double>(v.size());
    for (double x : v) sum += (x - mean) * (x - mean);
    return std::sqrt(sum / static_cast<double>(v.size()));
  }
  static double largest(const std::vector<double>& v) {
    double most = 0;
    for (double x : v) most = std::max(most, std::abs(x));
    return most;
  }

  // A multilayer perceptron: `layers` layers of `width` units.
  fv_node perceptron(int layers, int64_t width, fv_activation f, const fv_initializer_desc* kernel) {
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    fv_node x = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {width}));
    for (int i = 0; i < layers; ++i)
      x = fv_dense(graph, x,
                   DESC(fv_dense_desc, .units = width, .activation = f, .kernel_initializer = kernel));
    return x;
  }
  static std::vector<float> normal(size_t n, uint64_t seed) {
    std::vector<float> v(n);
    uint64_t state = seed * 0x9E3779B97F4A7C15u + 1;
    const auto next = [&] {
      state ^= state << 13, state ^= state >> 7, state ^= state << 17;
      return (static_cast<double>(state >> 11) + 0.5) * 0x1p-53;
    };
    for (size_t i = 0; i < n; ++i)
      v[i] = static_cast<float>(std::sqrt(-2 * std::log(next())) * std::cos(6.283185307179586 * next()));
    return v;
  }
  std::vector<fv_node_statistics> statistics(const fv_model* model, const std::vector<float>& x,
                                             int64_t batch, int64_t width, double saturation = 0) {
    const fv_tensor in = tensor(x, {batch, width});
    size_t count = 0;
    std::vector<fv_node_statistics> rows(32);
    EXPECT_EQ(FV_OK, fv_model_statistics(model, &in, 1, DESC(fv_statistics_desc, .saturation = saturation),
                                         rows.data(), rows.size(), &count, &err))
        << err.message;
    rows.resize(count);
    return rows;
  }
  // Mean and deviation of ten layers of 500 units on 1000 unit Gaussian samples.
  std::vector<fv_node_statistics> ten_layers(fv_activation f, const fv_initializer_desc& kernel,
                                             uint64_t seed, double saturation = 0) {
    const fv_node y = perceptron(10, 500, f, &kernel);
    Model model;
    EXPECT_EQ(FV_OK, fv_model_create(graph, &y, 1, DESC(fv_model_desc, .seed = seed), model.out(), &err));
    std::vector<fv_node_statistics> rows = statistics(model, normal(1000 * 500, seed), 1000, 500, saturation);
    EXPECT_EQ(11u, rows.size());
    EXPECT_NEAR(rows[0].mean, 0, 0.01);
    EXPECT_NEAR(rows[0].stddev, 1, 0.01);
    rows.erase(rows.begin());
    return rows;
  }

  Context context;
  Graph graph;
  fv_error err{};
};

// I1: equal units learn the same for ever.
TEST_F(InitializerTest, I1ConstantKeepsUnitsEqual) {
  fv_initializer_desc constant = init_of(FV_INIT_CONSTANT);
  constant.value = 0.1;
  OK(fv_graph_create(context, graph.out(), &err));
  const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {6}));
  const fv_node h = fv_dense(graph, x,
                             DESC(fv_dense_desc, .name = "h", .units = 5, .activation = FV_ACT_TANH,
                                  .kernel_initializer = &constant));
  const fv_node y = fv_dense(graph, h, DESC(fv_dense_desc, .units = 3, .kernel_initializer = &constant));
  Model model;
  OK(fv_model_create(graph, &y, 1, nullptr, model.out(), &err));
  Trainer trainer = make_trainer(model);
  const std::vector<float> in = noise(8 * 6);
  const std::vector<int32_t> t = labels(8, 3);
  const fv_tensor xs = tensor(in, {8, 6}), ts = tensor(t, {8});
  const std::vector<double> before = tensor_of(model, "h.kernel", 30);
  for (int i = 0; i < 100; ++i) OK(fv_trainer_step(trainer, &xs, 1, &ts, nullptr, &err));
  const std::vector<double> kernel = tensor_of(model, "h.kernel", 30);
  EXPECT_NE(before, kernel);
  for (size_t i = 0; i < 6; ++i)
    for (size_t u = 1; u < 5; ++u) EXPECT_EQ(kernel[i * 5], kernel[i * 5 + u]);
}

// I4, I5, I6: the deviation of a million draws, within 0.3 %.
TEST_F(InitializerTest, I4I5I6DeviationsOfAMillionDraws) {
  const int64_t in = 2000, out = 500;
  const double fan_in = in, fan_out = out;
  const struct {
    fv_initializer_kind kind;
    double stddev;
    bool uniform;
  } cases[] = {{FV_INIT_LECUN_NORMAL, std::sqrt(1 / fan_in), false},
               {FV_INIT_LECUN_UNIFORM, std::sqrt(1 / fan_in), true},
               {FV_INIT_GLOROT_NORMAL, std::sqrt(2 / (fan_in + fan_out)), false},
               {FV_INIT_GLOROT_UNIFORM, std::sqrt(2 / (fan_in + fan_out)), true},
               {FV_INIT_HE_NORMAL, std::sqrt(2 / fan_in), false},
               {FV_INIT_HE_UNIFORM, std::sqrt(2 / fan_in), true},
               {FV_INIT_HE_NORMAL_OUT, std::sqrt(2 / fan_out), false},
               {FV_INIT_HE_UNIFORM_OUT, std::sqrt(2 / fan_out), true},
               {FV_INIT_TRUNCATED_NORMAL, 0.01 * 0.87962566103423978, false},
               {FV_INIT_RANDOM_WALK, std::exp(1 / (2 * fan_in)) / std::sqrt(fan_in), false}};
  for (const auto& c : cases) {
    const std::vector<double> w = dense(init_of(c.kind), in, out);
    EXPECT_NEAR(stddev(w), c.stddev, 0.003 * c.stddev) << c.kind;
    if (c.uniform) {
      EXPECT_LE(largest(w), std::sqrt(3) * c.stddev) << c.kind;
    }
    if (c.kind == FV_INIT_TRUNCATED_NORMAL) {
      EXPECT_LE(largest(w), 0.02);
      EXPECT_GT(largest(w), 0.0199);
    }
  }
  const double walk = std::sqrt(2) * std::exp(1.2 / (fan_in - 2.4)) / std::sqrt(fan_in);
  EXPECT_NEAR(stddev(dense(init_of(FV_INIT_RANDOM_WALK), in, out, FV_ACT_RELU)), walk, 0.003 * walk);
  EXPECT_NEAR(stddev(dense(init_of(FV_INIT_AUTOMATIC), in, out, FV_ACT_SELU)), std::sqrt(1 / fan_in), 1e-4);
  EXPECT_NEAR(stddev(dense(init_of(FV_INIT_AUTOMATIC), in, out, FV_ACT_SWISH)), std::sqrt(2 / fan_in), 1e-4);
}

// I9: Q^T Q = 1, for the shorter side of the matrix.
TEST_F(InitializerTest, I9Orthogonal) {
  fv_initializer_desc d = init_of(FV_INIT_ORTHOGONAL);
  d.gain = 1.5;
  for (const auto& [rows, columns] : {std::pair<int64_t, int64_t>{90, 40}, {40, 90}, {64, 64}}) {
    const std::vector<double> w = dense(d, rows, columns);
    const bool tall = rows >= columns;
    const int64_t n = tall ? columns : rows, length = tall ? rows : columns;
    for (int64_t a = 0; a < n; ++a)
      for (int64_t b = 0; b <= a; ++b) {
        double dot = 0;
        for (int64_t i = 0; i < length; ++i)
          dot += tall ? w[static_cast<size_t>(i * columns + a)] * w[static_cast<size_t>(i * columns + b)]
                      : w[static_cast<size_t>(a * columns + i)] * w[static_cast<size_t>(b * columns + i)];
        EXPECT_NEAR(dot, a == b ? 2.25 : 0, 1e-10);
      }
  }
}

TEST_F(InitializerTest, IdentityPassesItsInput) {
  const fv_initializer_desc d = init_of(FV_INIT_IDENTITY);
  const std::vector<double> w = dense(d, 3, 4);
  EXPECT_EQ(w, (std::vector<double>{1, 0, 0, 0, 0, 1, 0, 0, 0, 0, 1, 0}));
  for (const int64_t groups : {1, 2}) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {5, 6, 4}));
    const fv_node y = fv_conv2d(graph, x,
                                DESC(fv_conv2d_desc, .filters = 4, .kernel = {3}, .groups = groups,
                                     .padding = FV_PAD_SAME, .kernel_initializer = &d));
    Model model;
    Session session;
    OK(fv_model_create(graph, &y, 1, nullptr, model.out(), &err));
    OK(fv_session_create(model, nullptr, session.out(), &err));
    const std::vector<float> in = noise(5 * 6 * 4);
    std::vector<float> out(in.size());
    const fv_tensor t = tensor(in, {1, 5, 6, 4});
    fv_buffer b = buffer(out);
    OK(fv_session_run(session, &t, 1, &b, 1, &err));
    EXPECT_EQ(in, out);
  }
}

// The model's default serves kernels whose layer leaves it open, survives a file, and starts again by seed.
TEST_F(InitializerTest, DefaultOfAModelAndNewSeeds) {
  fv_initializer_desc tenth = init_of(FV_INIT_NORMAL), one = init_of(FV_INIT_CONSTANT);
  tenth.stddev = 0.1;
  one.value = 1;
  OK(fv_graph_create(context, graph.out(), &err));
  fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {100}));
  x = fv_dense(graph, x, DESC(fv_dense_desc, .name = "open", .units = 100));
  x = fv_batch_norm(graph, x, DESC(fv_batch_norm_desc, .name = "bn"));
  x = fv_dense(graph, x, DESC(fv_dense_desc, .name = "own", .units = 10, .kernel_initializer = &one));
  Model model, other, loaded;
  OK(fv_model_create(graph, &x, 1, DESC(fv_model_desc, .seed = 1, .kernel_initializer = &tenth), model.out(),
                     &err));
  OK(fv_model_create(graph, &x, 1, DESC(fv_model_desc, .seed = 2, .kernel_initializer = &tenth), other.out(),
                     &err));
  EXPECT_NEAR(stddev(tensor_of(model, "open.kernel", 10000)), 0.1, 0.003);
  EXPECT_EQ(1, tensor_of(model, "own.kernel", 1000)[5]);
  EXPECT_EQ(1, tensor_of(model, "bn.gamma", 100)[5]);
  EXPECT_EQ(0, tensor_of(model, "open.bias", 100)[5]);
  EXPECT_NE(weights(model), weights(other));
  const Folder folder;
  OK(fv_model_save(model, (folder / "m").c_str(), &err));
  OK(fv_model_load(context, (folder / "m").c_str(), loaded.out(), &err));
  OK(fv_model_reinitialize(loaded, 2, &err));
  EXPECT_EQ(weights(loaded), weights(other));
  OK(fv_model_reinitialize(loaded, 1, &err));
  EXPECT_EQ(weights(loaded), weights(model));
}

// I9: every layer's output has variance 1 +- 0.1 on the batch.
TEST_F(InitializerTest, I9Lsuv) {
  const fv_node y = perceptron(6, 40, FV_ACT_RELU, nullptr);
  Model model;
  OK(fv_model_create(graph, &y, 1, DESC(fv_model_desc, .seed = 3), model.out(), &err));
  std::vector<float> x = normal(64 * 40, 5);
  for (float& v : x) v *= 3;
  const fv_tensor in = tensor(x, {64, 40});
  OK(fv_model_lsuv(model, &in, 1, nullptr, &err));
  for (size_t i = 1; i < 7; ++i) {
    const double s = statistics(model, x, 64, 40)[i].stddev;
    EXPECT_NEAR(s * s, 1, 0.1) << i;
  }
  // A bounded output cannot have it, and says so.
  const fv_node z = perceptron(2, 40, FV_ACT_HARD_SIGMOID, nullptr);
  OK(fv_model_create(graph, &z, 1, nullptr, model.out(), &err));
  FAILS(FV_INVALID_ARGUMENT, fv_model_lsuv(model, &in, 1, nullptr, &err), "dense_1", "variance");
  FAILS(FV_INVALID_ARGUMENT, fv_model_lsuv(model, &in, 1, DESC(fv_lsuv_desc, .tolerance = 2), &err),
        "tolerance");
}

// ---- statistics -------------------------------------------------------------------------------------------

TEST_F(InitializerTest, StatisticsByHand) {
  OK(fv_graph_create(context, graph.out(), &err));
  const fv_node x = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {3}));
  const fv_node y = fv_relu(graph, x, DESC(fv_layer_desc, .name = "y"));
  Model model;
  OK(fv_model_create(graph, &y, 1, nullptr, model.out(), &err));
  const std::vector<float> in{-1, 2, 0.5, -3, -1, 0.25};
  const fv_tensor t = tensor(in, {2, 3});
  fv_node_statistics rows[2];
  int64_t histogram[8];
  size_t count = 0;
  OK(fv_model_statistics(
      model, &t, 1,
      DESC(fv_statistics_desc, .bins = 4, .low = -1, .high = 1, .saturation = 0.75, .histogram = histogram),
      rows, 2, &count, &err));
  EXPECT_EQ(2u, count);
  EXPECT_STREQ("x", rows[0].node);
  EXPECT_NEAR(rows[0].mean, -2.25 / 6, 1e-12);
  EXPECT_EQ(rows[0].minimum, -3);
  EXPECT_EQ(rows[0].maximum, 2);
  EXPECT_EQ(rows[0].dead, 0);
  EXPECT_STREQ("y", rows[1].node);
  EXPECT_NEAR(rows[1].mean, 2.75 / 6, 1e-12);
  EXPECT_NEAR(rows[1].stddev, std::sqrt((4 + 0.25 + 0.0625) / 6 - 2.75 * 2.75 / 36), 1e-12);
  EXPECT_NEAR(rows[1].dead, 1.0 / 3, 1e-12) << "the first unit is 0 in both samples";
  EXPECT_NEAR(rows[1].saturated, 1.0 / 6, 1e-12);
  EXPECT_EQ((std::vector<int64_t>{2, 0, 1, 1}), std::vector<int64_t>(histogram, histogram + 4));
  EXPECT_EQ((std::vector<int64_t>{0, 0, 4, 1}), std::vector<int64_t>(histogram + 4, histogram + 8));
  FAILS(FV_INVALID_ARGUMENT,
        fv_model_statistics(model, &t, 1, DESC(fv_statistics_desc, .bins = 3), rows, 2, &count, &err),
        "histogram");
  FAILS(FV_INVALID_ARGUMENT,
        fv_model_statistics(model, &t, 1, DESC(fv_statistics_desc, .low = 1, .high = -1), rows, 2, &count,
                            &err),
        "1 to -1");
}

// In training noise is drawn and batch norm takes the batch's own statistics; the model stays as it is.
TEST_F(InitializerTest, StatisticsInTraining) {
  OK(fv_graph_create(context, graph.out(), &err));
  fv_node y = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {100}));
  y = fv_batch_norm(graph, y, DESC(fv_batch_norm_desc, .name = "bn"));
  y = fv_dropout(graph, y, DESC(fv_dropout_desc, .name = "drop", .rate = 0.25));
  Model model;
  OK(fv_model_create(graph, &y, 1, nullptr, model.out(), &err));
  std::vector<float> x = normal(50 * 100, 1);
  for (float& v : x) v = 3 * v + 5;
  const fv_tensor in = tensor(x, {50, 100});
  const std::vector<double> before = weights(model);
  const auto rows_of = [&](int32_t training, uint64_t seed) {
    std::vector<fv_node_statistics> rows(3);
    EXPECT_EQ(FV_OK, fv_model_statistics(model, &in, 1,
                                         DESC(fv_statistics_desc, .seed = seed, .training = training),
                                         rows.data(), rows.size(), nullptr, &err))
        << err.message;
    return rows;
  };
  const auto test = rows_of(0, 1), train = rows_of(1, 1), again = rows_of(1, 1), other = rows_of(1, 2);
  EXPECT_NEAR(test[1].mean, 5, 0.1);  // running statistics are 0 and 1 still
  EXPECT_EQ(test[1].mean, test[2].mean);
  EXPECT_NEAR(train[1].mean, 0, 1e-6);
  EXPECT_NEAR(train[1].stddev, 1, 1e-3);
  EXPECT_NEAR(train[2].stddev, std::sqrt(1 / 0.75), 0.03);  // kept values are divided by 0.75
  EXPECT_EQ(train[2].mean, again[2].mean);
  EXPECT_NE(train[2].mean, other[2].mean);
  EXPECT_EQ(before, weights(model));
}

TEST_F(InitializerTest, I2T1SmallGaussianVanishes) {
  const double expected[] = {.213546, .047642, .010652, .002382, .000533,
                             .000119, .000027, .000006, .000001, .000000};
  fv_initializer_desc d = init_of(FV_INIT_NORMAL);
  d.stddev = 0.01;
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto rows = ten_layers(FV_ACT_TANH, d, seed);
    for (size_t i = 0; i < 10; ++i) {
      EXPECT_NEAR(rows[i].stddev, expected[i], 0.02 * expected[i] + 5e-7)
          << i;  // the table ends at the sixth digit
      EXPECT_NEAR(rows[i].mean, 0, 1.2e-4 * 5) << i;
    }
  }
}

TEST_F(InitializerTest, I3T2LargeGaussianSaturates) {
  fv_initializer_desc d = init_of(FV_INIT_NORMAL);
  d.stddev = 1;
  const auto rows = ten_layers(FV_ACT_TANH, d, 1);
  const auto looser = ten_layers(FV_ACT_TANH, d, 1, 0.9);
  for (size_t i = 0; i < 10; ++i) {
    EXPECT_NEAR(rows[i].stddev, i == 0 ? .982012 : .98168, 0.002) << i;
    EXPECT_NEAR(rows[i].saturated, 0.904, 0.01) << i;
    EXPECT_NEAR(looser[i].saturated, 0.947, 0.01) << i;
  }
}

TEST_F(InitializerTest, I4T3XavierKeepsTanhAlive) {
  const double expected[] = {.627929, .486262, .408236, .357638, .321622,
                             .294390, .272911, .255430, .240856, .228473};
  for (uint64_t seed = 1; seed <= 3; ++seed) {
    const auto rows = ten_layers(FV_ACT_TANH, init_of(FV_INIT_LECUN_NORMAL), seed);
    for (size_t i = 0; i < 10; ++i) EXPECT_NEAR(rows[i].stddev, expected[i], 0.03 * expected[i]) << i;
  }
}

// T4, T5: 20 % for one seed (the first), 8 % for the mean of 16. The layers' random factors multiply: a
// seed's deviation from the table grows to 16 % (one sigma) at layer 10 of width 500, that of the mean of 16
// to 4 %.
void expect_table(const std::vector<std::vector<fv_node_statistics>>& seeds, double mean1, double std1,
                  double ratio) {
  for (size_t i = 0; i < 10; ++i) {
    const double scale = std::pow(ratio, static_cast<double>(i)), mean = mean1 * scale,
                 deviation = std1 * scale;
    double means = 0, deviations = 0;
    for (const auto& rows : seeds) {
      means += rows[i].mean / static_cast<double>(seeds.size());
      deviations += rows[i].stddev / static_cast<double>(seeds.size());
    }
    EXPECT_NEAR(seeds[0][i].mean, mean, 0.2 * mean) << i;
    EXPECT_NEAR(seeds[0][i].stddev, deviation, 0.2 * deviation) << i;
    EXPECT_NEAR(means, mean, 0.08 * mean) << i;
    EXPECT_NEAR(deviations, deviation, 0.08 * deviation) << i;
  }
}
TEST_F(InitializerTest, I4T4XavierBreaksWithRelu) {
  std::vector<std::vector<fv_node_statistics>> seeds;
  for (uint64_t seed = 1; seed <= 16; ++seed)
    seeds.push_back(ten_layers(FV_ACT_RELU, init_of(FV_INIT_LECUN_NORMAL), seed));
  expect_table(seeds, .398940, .583821, std::sqrt(0.5));
}
TEST_F(InitializerTest, I6T5HeKeepsRelu) {
  std::vector<std::vector<fv_node_statistics>> seeds;
  for (uint64_t seed = 1; seed <= 16; ++seed)
    seeds.push_back(ten_layers(FV_ACT_RELU, init_of(FV_INIT_HE_NORMAL), seed));
  expect_table(seeds, .564187, .825647, 1);
}

// A8: after 20 layers of SELU that began as LeCun normal, mean 0 and variance 1.
TEST_F(InitializerTest, A8SeluKeepsMeanAndVariance) {
  const fv_initializer_desc lecun = init_of(FV_INIT_LECUN_NORMAL);
  const fv_node y = perceptron(20, 500, FV_ACT_SELU, &lecun);
  Model model;
  OK(fv_model_create(graph, &y, 1, DESC(fv_model_desc, .seed = 1), model.out(), &err));
  const auto rows = statistics(model, normal(1000 * 500, 1), 1000, 500);
  for (size_t i = 1; i < rows.size(); ++i) {
    EXPECT_NEAR(rows[i].mean, 0, 0.1) << i;
    EXPECT_NEAR(rows[i].stddev, 1, 0.1) << i;
  }
}

// A4: a step that is far too long kills ReLUs; leaky ones live. I7: a small positive bias keeps them alive at
// first.
TEST_F(InitializerTest, A4I7DyingRelu) {
  std::vector<float> x = normal(64 * 20, 3);
  for (float& v : x) v = std::abs(v);  // as pixels are
  const std::vector<int32_t> t = labels(64, 20);
  const fv_tensor xs = tensor(x, {64, 20}), ts = tensor(t, {64});
  for (const fv_activation f : {FV_ACT_RELU, FV_ACT_LEAKY_RELU}) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node in = fv_input(graph, DESC(fv_input_desc, .shape = {20}));
    const fv_node h = fv_dense(graph, in, DESC(fv_dense_desc, .name = "h", .units = 50, .activation = f));
    const fv_node y = fv_dense(graph, h, DESC(fv_dense_desc, .units = 20));
    Model model;
    OK(fv_model_create(graph, &y, 1, DESC(fv_model_desc, .seed = 1), model.out(), &err));
    Trainer trainer = make_trainer(model);
    OK(fv_trainer_set_learning_rate(trainer, 10, &err));
    const double at_first = statistics(model, x, 64, 20)[1].dead;
    EXPECT_LT(at_first, 0.1);
    for (int i = 0; i < 5; ++i) OK(fv_trainer_step(trainer, &xs, 1, &ts, nullptr, &err));
    const double dead = statistics(model, x, 64, 20)[1].dead;
    if (f == FV_ACT_RELU)
      EXPECT_GT(dead, at_first);
    else
      EXPECT_EQ(dead, 0);
  }
  fv_initializer_desc small = init_of(FV_INIT_NORMAL), positive = init_of(FV_INIT_CONSTANT);
  small.stddev = 1e-4;
  positive.value = 0.01;
  OK(fv_graph_create(context, graph.out(), &err));
  const fv_node in = fv_input(graph, DESC(fv_input_desc, .shape = {20}));
  const fv_node y = fv_dense(graph, in,
                             DESC(fv_dense_desc, .name = "h", .units = 50, .activation = FV_ACT_RELU,
                                  .kernel_initializer = &small, .bias_initializer = &positive));
  Model model;
  OK(fv_model_create(graph, &y, 1, nullptr, model.out(), &err));
  EXPECT_EQ(tensor_of(model, "h.bias", 50), std::vector<double>(50, static_cast<double>(0.01f)));
  EXPECT_GT(statistics(model, x, 64, 20)[1].minimum, 0);
}

}  // namespace
}  // namespace fovea::test
