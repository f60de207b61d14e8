// The checks against what the lectures print: rows S, C, H and others of the list of features.
#include <cstdlib>
#include <fstream>

#include "check_support.h"

namespace fovea::test {
namespace {

constexpr size_t kPixels = 3072;

// 3072-50-10 with weights of 1e-4 randn and biases of 0.
fv_node two_layers(fv_graph* g) {
  const fv_initializer_desc kernel = *DESC(fv_initializer_desc, .kind = FV_INIT_NORMAL, .stddev = 1e-4);
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {kPixels}));
  x = fv_dense(g, x,
               DESC(fv_dense_desc, .name = "hidden", .units = 50, .activation = FV_ACT_RELU,
                    .kernel_initializer = &kernel));
  return fv_dense(g, x, DESC(fv_dense_desc, .name = "scores", .units = 10, .kernel_initializer = &kernel));
}

class CheckLessons : public ::testing::Test {
 protected:
  CheckLessons() { OK_EXPECT(fv_context_create(nullptr, context_.out(), &err)); }
  void OK_EXPECT(fv_status status) { EXPECT_EQ(FV_OK, status) << err.message; }

  Training lecture(double rate, double scale = 1) {
    return training(context_, two_layers,
                    DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                         .learning_rate = rate),
                    scale);
  }
  Dataset put(const std::vector<float>& x, const std::vector<int32_t>& y) {
    Dataset data;
    const auto count = static_cast<int64_t>(y.size());
    OK_EXPECT(
        fv_dataset_from_memory(context_,
                               DESC(fv_memory_dataset_desc, .classes = 10,
                                    .samples = tensor(x, {count, static_cast<int64_t>(x.size()) / count}),
                                    .labels = tensor(y, {count})),
                               data.out(), &err));
    return data;
  }
  // What looks like pictures less their mean to a network that has seen none.
  Dataset made_up(size_t count) { return put(noise(count * kPixels), labels(count, 10)); }

  fv_error err{};
  Context context_;
};

TEST_F(CheckLessons, S1FirstLossIsAtChance) {
  const Training t = lecture(1e-3);
  const Report r = check(fv_check_chance_loss, t.trainer, made_up(100));
  const Found& f = r.of(FV_CHECK_CHANCE_LOSS);
  EXPECT_NEAR(2.302585, f.value, 0.001);
  EXPECT_EQ(FV_SEVERITY_OK, f.severity);
}

TEST_F(CheckLessons, S2LossRisesWithRegularization) {
  const Training t = lecture(1e-3);
  const Report r = check(fv_check_regularization, t.trainer, made_up(100));
  const Found& f = r.of(FV_CHECK_REGULARIZATION);
  EXPECT_EQ(FV_SEVERITY_OK, f.severity) << r.text;
  EXPECT_GE(f.value, 3.0648);
  EXPECT_LE(f.value, 3.0815);
  EXPECT_NEAR(f.threshold, f.value, 1e-4);
}

// The first 20 pictures of CIFAR-10, 0 to 255 less the mean picture, vanilla gradient descent at 1e-3: the
// lecture comes to 0.0026 after 200 epochs.
TEST_F(CheckLessons, S3TwentyPicturesByHeart) {
  const char* root = std::getenv("FOVEA_DATA");
  if (root == nullptr) GTEST_SKIP() << "FOVEA_DATA is not set";
  std::ifstream file(std::string(root) + "/cifar10/data_batch_1_first4000.bin", std::ios::binary);
  constexpr size_t kCount = 1000;
  std::vector<float> x;
  std::vector<int32_t> y;
  std::vector<double> mean(kPixels, 0);
  std::vector<char> record(1 + kPixels);
  for (size_t i = 0; i < kCount; ++i) {
    ASSERT_TRUE(file.read(record.data(), std::streamsize(record.size())));
    y.push_back(record[0]);
    for (size_t p = 0; p < kPixels; ++p) {
      x.push_back(static_cast<float>(static_cast<uint8_t>(record[1 + p])));
      mean[p] += static_cast<double>(x.back()) / kCount;
    }
  }
  for (size_t i = 0; i < x.size(); ++i) x[i] -= static_cast<float>(mean[i % kPixels]);
  const Training t = lecture(1e-3);
  const Dataset data = put(x, y);
  const Report r = check(fv_check_overfit, t.trainer, data);
  const Found& f = r.of(FV_CHECK_OVERFIT);
  EXPECT_EQ(FV_FINDING_NONE, f.code) << r.text;
  EXPECT_LT(f.value, 0.01);
  EXPECT_LE(f.step, 200);
}

// S4: where the network cannot tell the samples apart, they are not learned by heart.
TEST_F(CheckLessons, S4CannotOverfit) {
  const Training t = training(
      context_,
      [](fv_graph* g) {
        fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {kPixels}));
        x = fv_dense(g, x, DESC(fv_dense_desc, .units = 1));
        x = fv_dense(g, x, DESC(fv_dense_desc, .units = 1));
        return fv_dense(g, x, DESC(fv_dense_desc, .units = 10));
      },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
           .learning_rate = 1e-3),
      1);
  const Report r = check(fv_check_overfit, t.trainer, made_up(100));
  EXPECT_NE(nullptr, r.alarm(FV_FINDING_CANNOT_OVERFIT)) << r.text;
}

TEST_F(CheckLessons, S5RateTenThousandTimesTooHigh) {
  const auto network = [](fv_graph* g) {
    fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {16, 16, 1}));
    x = fv_conv2d(g, x,
                  DESC(fv_conv2d_desc, .name = "conv", .filters = 8, .kernel = {3, 3},
                       .activation = FV_ACT_LEAKY_RELU));
    return fv_dense(g, fv_flatten(g, x, nullptr), DESC(fv_dense_desc, .name = "logits", .units = 10));
  };
  const Training t = training(context_, network,
                              DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR,
                                   .optimizer = FV_OPT_SGD, .learning_rate = 0.05 * 1e4));
  const Dataset data = small_digits(context_, 500);
  const Report r = check(fv_check_all, t.trainer, data);
  const Found* f = r.alarm(FV_FINDING_RATE_TOO_HIGH);
  ASSERT_NE(nullptr, f) << r.text;
  EXPECT_GT(f->step, 0);
  EXPECT_NE("", f->where);
  EXPECT_NE(std::string::npos, f->message.find("too high at step")) << f->message;
  EXPECT_NE(std::string::npos, f->message.find("first NaN")) << f->message;
  EXPECT_EQ(nullptr, r.alarm(FV_FINDING_NON_FINITE)) << r.text;

  const Report alone = check(fv_check_non_finite, t.trainer, data);
  ASSERT_NE(nullptr, alone.alarm(FV_FINDING_NON_FINITE)) << alone.text;
  EXPECT_EQ(f->where, alone.findings[0].where);
}

// C3, C4: every component, as one vector, at the lectures' step.
TEST_F(CheckLessons, C3C4GradientsAgree) {
  const Training t = training(
      context_, [](fv_graph* g) { return small(g, {.activation = FV_ACT_TANH}); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .l2 = 1e-3));
  const Dataset data = small_digits(context_, 200);
  for (const double step : {0.0, 1e-7}) {
    const Report r =
        check(fv_check_gradient, t.trainer, data, DESC(fv_check_desc, .steps = 20, .gradient_step = step));
    const Found& f = r.of(FV_CHECK_GRADIENT);
    EXPECT_EQ(FV_SEVERITY_OK, f.severity) << r.text;
    EXPECT_LT(f.value, step == 0 ? FV_GRADIENT_GREAT : FV_GRADIENT_KINKS) << r.text;
  }
}

// H8
TEST_F(CheckLessons, H8ThreeRates) {
  const Dataset data = small_digits(context_, 2000);
  const auto verdict = [&](double rate) {
    const Training t = training(
        context_, [](fv_graph* g) { return small(g); },
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
             .learning_rate = rate, .momentum = 0.9));
    const Found f = check(fv_check_learning_rate, t.trainer, data).findings[0];
    return f.severity == FV_SEVERITY_ERROR ? f.code : f.severity == FV_SEVERITY_OK ? FV_FINDING_NONE : -1;
  };
  EXPECT_EQ(FV_FINDING_RATE_TOO_HIGH, verdict(5));
  EXPECT_EQ(FV_FINDING_NONE, verdict(0.01));
  EXPECT_EQ(FV_FINDING_RATE_TOO_LOW, verdict(1e-6));
}

// H5: 0.1 / 2^epoch after epoch 100 is 3.9e-32 at once.
TEST_F(CheckLessons, H5RateOfNearlyNothing) {
  const Training t = lecture(0.1);
  const Dataset data = made_up(20);
  OK(fv_trainer_fit(
      t.trainer, data, nullptr,
      DESC(
          fv_fit_desc, .epochs = 102, .batch_size = 20,
          .rate = [](void*, int64_t epoch, int64_t,
                     double) { return epoch > 100 ? 0.1 / std::pow(2.0, static_cast<double>(epoch)) : 0.1; }),
      &err));
  const Report r = check(fv_check_learning_rate, t.trainer, data);
  const Found* f = r.alarm(FV_FINDING_RATE_TOO_LOW);
  ASSERT_NE(nullptr, f) << r.text;
  EXPECT_NEAR(3.9e-32, f->value, 1e-33);

  const Training later =
      training(context_, two_layers,
               DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                    .learning_rate = 0.01,
                    .schedule = DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_EXPONENTIAL, .gamma = 0.1)));
  EXPECT_NE(nullptr, check(fv_check_learning_rate, later.trainer, data, DESC(fv_check_desc, .epochs = 50))
                         .alarm(FV_FINDING_RATE_TOO_LOW));
  EXPECT_EQ(nullptr, check(fv_check_learning_rate, later.trainer, data, DESC(fv_check_desc, .epochs = 5))
                         .alarm(FV_FINDING_RATE_TOO_LOW, "schedule"));
}

// A4: a rate of 10 kills rectifiers, leaky ones live on.
TEST_F(CheckLessons, A4DyingRectifiers) {
  const Dataset data = small_digits(context_, 500);
  const auto dead = [&](fv_activation activation) {
    const Training t = training(
        context_, [&](fv_graph* g) { return small(g, {.activation = activation}); },
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
             .learning_rate = 10));
    return check(fv_check_units, t.trainer, data, DESC(fv_check_desc, .steps = 50))
               .alarm(FV_FINDING_DEAD_UNITS) != nullptr;
  };
  EXPECT_TRUE(dead(FV_ACT_RELU));
  EXPECT_FALSE(dead(FV_ACT_LEAKY_RELU));
}

// A12
TEST_F(CheckLessons, A12Advice) {
  const Dataset data = small_digits(context_, 100);
  const auto severity = [&](fv_activation activation) {
    const Training t = training(
        context_, [&](fv_graph* g) { return small(g, {.activation = activation}); },
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD));
    return check(fv_check_advice, t.trainer, data).severity;
  };
  EXPECT_EQ(FV_SEVERITY_WARNING, severity(FV_ACT_SIGMOID));
  EXPECT_EQ(FV_SEVERITY_NOTE, severity(FV_ACT_TANH));
  for (const fv_activation good : {FV_ACT_RELU, FV_ACT_LEAKY_RELU, FV_ACT_ELU, FV_ACT_SELU, FV_ACT_SWISH})
    EXPECT_EQ(FV_SEVERITY_OK, severity(good));
  const Training strong = training(
      context_, [](fv_graph* g) { return small(g, {.dropout = 0.95}); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD));
  const Report r = check(fv_check_advice, strong.trainer, data);
  ASSERT_NE(nullptr, r.alarm(FV_FINDING_DROPOUT_TOO_STRONG, "dropout")) << r.text;
  EXPECT_EQ(0.95, r.alarm(FV_FINDING_DROPOUT_TOO_STRONG)->value);
}

// D2, D12
TEST_F(CheckLessons, D2D12SetsApart) {
  const Dataset train = small_digits(context_, 300), validation = small_digits(context_, 100, 2),
                test = small_digits(context_, 100, 3);
  const auto leakage = [&](const fv_dataset* first, const fv_dataset* second, const fv_dataset* third) {
    fv_report* report = nullptr;
    EXPECT_EQ(FV_OK, fv_check_leakage(first, DESC(fv_check_desc, .validation = second, .test = third),
                                      &report, &err))
        << err.message;
    return read_report(report);
  };
  EXPECT_EQ(FV_SEVERITY_OK, leakage(train, validation, test).severity);
  EXPECT_NE(nullptr, leakage(train, test, test).alarm(FV_FINDING_TEST_SET_USED, "test"));
  EXPECT_NE(nullptr, leakage(train, nullptr, train).alarm(FV_FINDING_TEST_SET_USED, "test"));

  Pictures p(train);
  std::copy_n(p.pixels.begin(), 20 * 256, p.pixels.begin() + 50 * 256);  // with the labels of others
  const Report r = leakage(p.put(context_), validation, nullptr);
  EXPECT_NE(nullptr, r.alarm(FV_FINDING_CONFLICTING_LABELS, "train")) << r.text;
  const auto duplicates = std::find_if(r.findings.begin(), r.findings.end(),
                                       [](const Found& f) { return f.code == FV_FINDING_DUPLICATE_SAMPLES; });
  ASSERT_NE(r.findings.end(), duplicates);
  EXPECT_NEAR(20.0 / 300, duplicates->value, 1e-12);
}

TEST_F(CheckLessons, RefusesWhatMakesNoSense) {
  const Training t = lecture(1e-3);
  const Dataset data = made_up(40), pictures = small_digits(context_, 20);
  fv_report* report = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_check_all(nullptr, data, nullptr, &report, &err), "trainer is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_check_all(t.trainer, nullptr, nullptr, &report, &err), "train is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_check_all(t.trainer, data, nullptr, nullptr, &err), "report is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_check_all(t.trainer, pictures, nullptr, &report, &err), "16x16x1");
  FAILS(FV_INVALID_ARGUMENT,
        fv_check_all(t.trainer, data, DESC(fv_check_desc, .validation = pictures), &report, &err), "16x16x1");
  FAILS(FV_INVALID_ARGUMENT, fv_check_all(t.trainer, data, DESC(fv_check_desc, .steps = -1), &report, &err),
        "steps is -1");
  FAILS(FV_INVALID_ARGUMENT,
        fv_check_gradient(t.trainer, data, DESC(fv_check_desc, .gradient_step = 2), &report, &err),
        "gradient_step");
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  fv_cancel_token_cancel(token);
  FAILS(FV_CANCELLED, fv_check_all(t.trainer, data, DESC(fv_check_desc, .cancel = token), &report, &err),
        "cancelled");
  EXPECT_EQ(nullptr, report);
  EXPECT_EQ(FV_SEVERITY_OK, fv_report_severity(nullptr));
  EXPECT_STREQ("learning rate", fv_check_name(FV_CHECK_LEARNING_RATE));
  EXPECT_STREQ("rate too high", fv_finding_name(FV_FINDING_RATE_TOO_HIGH));
  EXPECT_EQ(nullptr, fv_check_name(0));
  EXPECT_EQ(nullptr, fv_finding_name(-1));
  fv_report_destroy(nullptr);
}

// Neither the model nor the trainer is changed, and reports do not depend on the number of threads.
TEST_F(CheckLessons, ChangesNothingAndDependsOnNoThreads) {
  std::string texts[2];
  for (const int32_t threads : {1, 3}) {
    Context context;
    OK(fv_context_create(DESC(fv_context_desc, .threads = threads), context.out(), &err));
    const Training t = training(
        context, [](fv_graph* g) { return small(g, {.dropout = 0.3}); },
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .seed = 3));
    const Dataset data = small_digits(context, 400);
    OK(fv_trainer_feed(t.trainer, data, nullptr, &err));
    OK(fv_trainer_next(t.trainer, nullptr, &err));  // inside an epoch
    const std::vector<double> before = weights(t.made.model);
    texts[threads == 1 ? 0 : 1] = check(fv_check_all, t.trainer, data, DESC(fv_check_desc, .steps = 40)).text;
    EXPECT_EQ(before, weights(t.made.model));
    auto progress = init<fv_progress>();
    OK(fv_trainer_next(t.trainer, &progress, &err));
    EXPECT_EQ(2, progress.step);
  }
  EXPECT_EQ(texts[0], texts[1]);
}

}  // namespace
}  // namespace fovea::test
