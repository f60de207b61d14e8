// Trainings that are well: no check raises an alarm.
#include <cstdlib>
#include <fstream>

#include "check_support.h"
#include "custom_types.h"

namespace fovea::test {
namespace {

class CheckHealthy : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    fv_error err{};
    OK(fv_context_create(nullptr, context_.out(), &err));
    OK(fv_context_register_loss(
        context_, DESC(fv_custom_loss_desc, .over_classes = 1, .name = "acme.own", .evaluate = own_entropy),
        &err));
    train_ = small_digits(context_, 2000);
    validation_ = small_digits(context_, 300, 2);
  }
  static void TearDownTestSuite() {
    train_ = {};
    validation_ = {};
    context_ = {};
  }
  static void well(const Training& t, const fv_dataset* train = nullptr,
                   const fv_dataset* validation = nullptr, int32_t steps = 0, int32_t batch_size = 0) {
    const Report r = check(fv_check_all, t.trainer, train == nullptr ? train_ : train,
                           DESC(fv_check_desc, .steps = steps, .batch_size = batch_size,
                                .validation = train == nullptr ? validation_ : validation));
    EXPECT_LT(r.severity, FV_SEVERITY_WARNING) << r.text;
    EXPECT_EQ(FV_FINDING_NONE, r.of(FV_CHECK_GRADIENT).code) << r.text;
  }
  // Random samples with targets made of them.
  static Dataset made_up(int64_t count, int64_t inputs, int64_t outputs, bool binary, uint32_t seed) {
    fv_error err{};
    const std::vector<float> x = noise(static_cast<size_t>(count * inputs), seed);
    const std::vector<float> w = noise(static_cast<size_t>(inputs * outputs), 99);
    std::vector<float> y(static_cast<size_t>(count * outputs));
    for (size_t i = 0; i < y.size(); ++i) {
      const size_t sample = i / static_cast<size_t>(outputs), unit = i % static_cast<size_t>(outputs);
      double sum = 0;
      for (size_t k = 0; k < static_cast<size_t>(inputs); ++k)
        sum += static_cast<double>(x[sample * static_cast<size_t>(inputs) + k] *
                                   w[k * static_cast<size_t>(outputs) + unit]);
      y[i] = static_cast<float>(binary ? (sum > 0 ? 1 : 0) : std::sin(sum));
    }
    Dataset data;
    EXPECT_EQ(FV_OK,
              fv_dataset_from_memory(context_,
                                     DESC(fv_memory_dataset_desc, .samples = tensor(x, {count, inputs}),
                                          .targets = tensor(y, {count, outputs})),
                                     data.out(), &err))
        << err.message;
    return data;
  }
  static fv_node perceptron(fv_graph* g, int64_t inputs, int64_t outputs) {
    fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {inputs}));
    for (int i = 0; i < 2; ++i)
      x = fv_dense(g, x, DESC(fv_dense_desc, .units = 64, .activation = FV_ACT_RELU));
    return fv_dense(g, x, DESC(fv_dense_desc, .units = outputs));
  }

  static Context context_;
  static Dataset train_, validation_;
};
Context CheckHealthy::context_;
Dataset CheckHealthy::train_, CheckHealthy::validation_;

TEST_F(CheckHealthy, PlainGradientDescent) {
  well(training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
           .learning_rate = 0.01)));
}
TEST_F(CheckHealthy, DropoutAdamAndDecay) {
  well(training(
      context_, [](fv_graph* g) { return small(g, {.dropout = 0.5}); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .l2 = 1e-4)));
}
TEST_F(CheckHealthy, WarmUp) {
  well(training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
           .optimizer_desc = DESC(fv_optimizer_desc, .optimizer = FV_OPT_ADAMW),
           .schedule = DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_COSINE, .per_step = 1, .warmup = 500,
                            .total = 5000))));
}
// What is said of a training's rates stands in its history, too: in a warm-up, and at the end of a schedule
// that comes down to nothing.
TEST_F(CheckHealthy, RatesOfNothingAtBothEnds) {
  const Training t = training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM,
           .schedule = DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_CONSTANT, .warmup = 2)));
  fv_error err{};
  int64_t epoch = 0;
  const auto alarm_after = [&](double rate) {
    const fv_history_row row{epoch++, 1, 1, 1, 1, rate};
    EXPECT_EQ(FV_OK, fv_trainer_record(t.trainer, &row, &err)) << err.message;
    return check(fv_check_learning_rate, t.trainer, train_, DESC(fv_check_desc, .steps = 50))
               .alarm(FV_FINDING_RATE_TOO_LOW) != nullptr;
  };
  for (const double rate : {0.0, 0.0, 1e-3, 0.0}) EXPECT_FALSE(alarm_after(rate)) << "epoch " << epoch - 1;
  EXPECT_TRUE(alarm_after(0)) << "a second epoch of nothing";
}
TEST_F(CheckHealthy, BatchNormAndShortcuts) {
  const auto network = [](fv_graph* g) {
    fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {16, 16, 1}));
    const auto conv = [&](fv_node from) {
      return fv_batch_norm(
          g,
          fv_conv2d(g, from,
                    DESC(fv_conv2d_desc, .filters = 8, .kernel = {3, 3}, .no_bias = 1, .pad = {1, 1, 1, 1})),
          nullptr);
    };
    x = fv_relu(g, conv(x), nullptr);
    for (int i = 0; i < 4; ++i) {
      const fv_node y = conv(fv_relu(g, conv(x), nullptr));
      x = fv_relu(g, fv_add(g, x, y, nullptr), nullptr);
    }
    return fv_dense(g, fv_global_average_pool2d(g, x, nullptr), DESC(fv_dense_desc, .units = 10));
  };
  well(training(context_, network,
                DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                     .learning_rate = 0.1, .momentum = 0.9, .l2 = 1e-4)));
}
TEST_F(CheckHealthy, Regression) {
  const Dataset train = made_up(1000, 8, 1, false, 1), validation = made_up(200, 8, 1, false, 2);
  well(training(
           context_, [](fv_graph* g) { return perceptron(g, 8, 1); },
           DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_ADAM), 1),
       train, validation);
}
TEST_F(CheckHealthy, SeveralLabelsAtOnce) {
  const Dataset train = made_up(1000, 20, 5, true, 1), validation = made_up(200, 20, 5, true, 2);
  well(training(
           context_, [](fv_graph* g) { return perceptron(g, 20, 5); },
           DESC(fv_trainer_desc, .loss = FV_LOSS_BINARY_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM), 1),
       train, validation);
}
TEST_F(CheckHealthy, TinyBatchesInDoublePrecision) {
  well(training(
           context_, [](fv_graph* g) { return small(g); },
           DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                .learning_rate = 0.01),
           kU8, FV_F64),
       nullptr, nullptr, 400, 2);
}
TEST_F(CheckHealthy, FrozenBackbone) {
  const fv_group_desc group = *DESC(fv_group_desc, .frozen = 1, .parameters = "conv.*");
  const fv_group_desc* const groups[] = {&group};
  well(training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .groups = groups,
           .group_count = 1)));
}
TEST_F(CheckHealthy, LossOfTheHosts) {
  const fv_loss_desc loss = *DESC(fv_loss_desc, .loss = FV_LOSS_CUSTOM, .custom = "acme.own");
  const fv_loss_desc* const losses[] = {&loss};
  well(training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .optimizer = FV_OPT_ADAM, .losses = losses, .loss_count = 1)));
}
TEST_F(CheckHealthy, GatesOfSigmoid) {
  const auto network = [](fv_graph* g) {
    fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {16, 16, 1}));
    x = fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 16, .kernel = {3, 3}, .activation = FV_ACT_RELU));
    x = fv_squeeze_excite(g, x, DESC(fv_squeeze_excite_desc, .squeeze = 8));
    return fv_dense(g, fv_flatten(g, fv_max_pool2d(g, x, nullptr), nullptr),
                    DESC(fv_dense_desc, .units = 10));
  };
  well(training(context_, network,
                DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM)));
}
// What has been trained already is as well as before.
TEST_F(CheckHealthy, TrainedModel) {
  fv_error err{};
  const Training t = training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM));
  OK(fv_trainer_fit(t.trainer, train_, nullptr, DESC(fv_fit_desc, .epochs = 8), &err));
  const std::vector<double> before = weights(t.made.model);
  well(t);
  EXPECT_EQ(before, weights(t.made.model));
}
TEST_F(CheckHealthy, LeNetOnMnist) {
  const char* root = std::getenv("FOVEA_DATA");
  if (root == nullptr) GTEST_SKIP() << "FOVEA_DATA is not set";
  fv_error err{};
  const auto open = [&](const char* images, const char* labels_of, Dataset& data) {
    OK(fv_dataset_open_idx(context_, (std::string(root) + "/mnist/" + images).c_str(),
                           (std::string(root) + "/mnist/" + labels_of).c_str(), nullptr, data.out(), &err));
  };
  Dataset train, test;
  open("train-images-idx3-ubyte.gz", "train-labels-idx1-ubyte.gz", train);
  open("t10k-images-idx3-ubyte.gz", "t10k-labels-idx1-ubyte.gz", test);
  well(training(
           context_, [](fv_graph* g) { return fv_zoo_lenet5(g, nullptr); },
           DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM)),
       train, test);
}

// Photographs, whose nearest neighbours say little.
TEST_F(CheckHealthy, PhotographsOfCifar) {
  const char* root = std::getenv("FOVEA_DATA");
  if (root == nullptr) GTEST_SKIP() << "FOVEA_DATA is not set";
  fv_error err{};
  std::ifstream file(std::string(root) + "/cifar10/data_batch_1_first4000.bin", std::ios::binary);
  constexpr int64_t kCount = 4000, kPixels = 32 * 32;
  std::vector<uint8_t> images;
  std::vector<int32_t> classes;
  std::vector<char> record(1 + 3 * kPixels);
  for (int64_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE(file.read(record.data(), std::streamsize(record.size())));
    classes.push_back(record[0]);
    for (size_t p = 0; p < kPixels; ++p)
      for (size_t c = 0; c < 3; ++c) images.push_back(static_cast<uint8_t>(record[1 + c * kPixels + p]));
  }
  Dataset all, train, validation;
  OK(fv_dataset_from_memory(
      context_,
      DESC(fv_memory_dataset_desc, .classes = 10, .samples = tensor(images, {kCount, 32, 32, 3}),
           .labels = tensor(classes, {kCount})),
      all.out(), &err));
  OK(fv_dataset_split(all, nullptr, train.out(), validation.out(), &err));
  const auto network = [](fv_graph* g) {
    fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {32, 32, 3}));
    for (const int64_t filters : {16, 32}) {
      x = fv_conv2d(g, x,
                    DESC(fv_conv2d_desc, .filters = filters, .kernel = {3, 3}, .activation = FV_ACT_RELU));
      x = fv_max_pool2d(g, x, nullptr);
    }
    return fv_dense(g, fv_flatten(g, x, nullptr), DESC(fv_dense_desc, .units = 10));
  };
  well(training(context_, network,
                DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM)),
       train, validation);
}

}  // namespace
}  // namespace fovea::test
