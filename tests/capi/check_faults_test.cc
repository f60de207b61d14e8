// Faults that are planted in a training of small digits: each is named by the checks, where it is.
#include "check_support.h"
#include "custom_types.h"

namespace fovea::test {
namespace {

class CheckFaults : public ::testing::Test {
 protected:
  static void SetUpTestSuite() {
    fv_error err{};
    OK(fv_context_create(nullptr, context_.out(), &err));
    train_ = small_digits(context_, 2000);
    validation_ = small_digits(context_, 300, 2);
  }
  static void TearDownTestSuite() {
    train_ = {};
    validation_ = {};
    context_ = {};
  }
  static Training sgd(double rate, const SmallOptions& o = {}, double scale = kU8) {
    return training(
        context_, [&](fv_graph* g) { return small(g, o); },
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
             .learning_rate = rate, .momentum = 0.9),
        scale);
  }
  static Report all(const Training& t, const fv_dataset* train = nullptr,
                    const fv_dataset* validation = nullptr) {
    return check(fv_check_all, t.trainer, train == nullptr ? train_ : train,
                 DESC(fv_check_desc, .validation = validation == nullptr ? validation_ : validation));
  }

  static Context context_;
  static Dataset train_, validation_;
};
Context CheckFaults::context_;
Dataset CheckFaults::train_, CheckFaults::validation_;

#define NAMES(report, ...) EXPECT_NE(nullptr, (report).alarm(__VA_ARGS__)) << (report).text

TEST_F(CheckFaults, NoneRaisesNoAlarm) {
  const Report r = all(sgd(0.01));
  EXPECT_LT(r.severity, FV_SEVERITY_WARNING) << r.text;
  for (fv_check c = FV_CHECK_GRADIENT; c <= FV_CHECK_ADVICE; ++c) r.of(c);
}

// S5
TEST_F(CheckFaults, RateFarTooHigh) {
  const Report r = all(sgd(1e3));
  NAMES(r, FV_FINDING_RATE_TOO_HIGH);
}

TEST_F(CheckFaults, RateTooHigh) {
  NAMES(all(sgd(1)), FV_FINDING_RATE_TOO_HIGH);
}

TEST_F(CheckFaults, RateTooLow) {
  NAMES(all(sgd(1e-6)), FV_FINDING_RATE_TOO_LOW);
}

// I1
TEST_F(CheckFaults, ZeroWeights) {
  const Report r = all(sgd(0.01, {.kernel = DESC(fv_initializer_desc, .kind = FV_INIT_ZEROS)}));
  NAMES(r, FV_FINDING_SYMMETRIC_WEIGHTS, "hidden.kernel");
  NAMES(r, FV_FINDING_SYMMETRIC_WEIGHTS, "conv.kernel");
}
TEST_F(CheckFaults, ConstantWeights) {
  NAMES(all(sgd(0.01, {.kernel = DESC(fv_initializer_desc, .kind = FV_INIT_CONSTANT, .value = 0.05)})),
        FV_FINDING_SYMMETRIC_WEIGHTS, "conv.kernel");
}

TEST_F(CheckFaults, DeadUnits) {
  NAMES(all(sgd(0.01, {.bias = DESC(fv_initializer_desc, .kind = FV_INIT_CONSTANT, .value = -20)})),
        FV_FINDING_DEAD_UNITS, "hidden");
}

// A12
TEST_F(CheckFaults, SaturatedSigmoids) {
  const Report r =
      all(sgd(0.01, {.activation = FV_ACT_SIGMOID,
                     .kernel = DESC(fv_initializer_desc, .kind = FV_INIT_NORMAL, .stddev = 10)}));
  NAMES(r, FV_FINDING_SATURATED_UNITS, "hidden");
  NAMES(r, FV_FINDING_HIDDEN_ACTIVATION, "hidden");
}

TEST_F(CheckFaults, VanishingGradient) {
  const auto deep = [](fv_graph* g) {
    fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {16, 16, 1}));
    x = fv_flatten(g, x, nullptr);
    for (int i = 0; i < 10; ++i)
      x = fv_dense(g, x, DESC(fv_dense_desc, .units = 32, .activation = FV_ACT_SIGMOID));
    return fv_dense(g, x, DESC(fv_dense_desc, .units = 10));
  };
  const Training t = training(context_, deep,
                              DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                   .optimizer = FV_OPT_SGD, .learning_rate = 0.01));
  NAMES(all(t), FV_FINDING_VANISHING_GRADIENT, "dense_1.kernel");
}

TEST_F(CheckFaults, UnscaledPixels) {
  const Report r = all(sgd(0.01, {}, 1));
  NAMES(r, FV_FINDING_UNSCALED_INPUT);
  NAMES(r, FV_FINDING_LOSS_NOT_AT_CHANCE);
}

TEST_F(CheckFaults, ShuffledLabels) {
  Pictures p(train_);
  std::rotate(p.classes.begin(), p.classes.begin() + 1, p.classes.end());
  const Report r = all(sgd(0.01), p.put(context_));
  NAMES(r, FV_FINDING_LABELS_UNRELATED);
}

TEST_F(CheckFaults, SwappedLabels) {
  Pictures p(validation_);
  for (int32_t& c : p.classes) c = c == 3 ? 7 : c == 7 ? 3 : c;
  NAMES(all(sgd(0.01), nullptr, p.put(context_)), FV_FINDING_SWAPPED_LABELS, "validation");
}

TEST_F(CheckFaults, ConstantLabels) {
  Pictures p(train_);
  std::fill(p.classes.begin(), p.classes.end(), 4);
  NAMES(all(sgd(0.01), p.put(context_)), FV_FINDING_CONSTANT_LABELS, "train");
}

TEST_F(CheckFaults, LeakedSplit) {
  Pictures p(validation_);
  const Pictures from(train_);
  for (size_t i = 0; i < 30; ++i) {
    for (size_t y = 0; y < 16; ++y)  // mirrored
      for (size_t x = 0; x < 16; ++x)
        p.pixels[i * 256 + y * 16 + x] = from.pixels[i * 7 * 256 + y * 16 + 15 - x];
    p.classes[i] = from.classes[i * 7];
  }
  const Report r = all(sgd(0.01), nullptr, p.put(context_));
  NAMES(r, FV_FINDING_LEAKED_SPLIT, "validation");
  EXPECT_EQ(0.1, r.alarm(FV_FINDING_LEAKED_SPLIT)->value);
}

TEST_F(CheckFaults, LeakedNoisyCopies) {
  Pictures p(validation_);
  const Pictures from(train_);
  for (size_t i = 0; i < 60; ++i) {
    for (size_t k = 0; k < 256; ++k) {
      const int noise = static_cast<int>((i * 31 + k * 17) % 7) - 3;
      p.pixels[i * 256 + k] =
          static_cast<uint8_t>(std::clamp(static_cast<int>(from.pixels[i * 7 * 256 + k]) + noise, 0, 255));
    }
    p.classes[i] = from.classes[i * 7];
  }
  NAMES(all(sgd(0.01), nullptr, p.put(context_)), FV_FINDING_LEAKED_SPLIT, "validation");
}

TEST_F(CheckFaults, FifthOfTheLabelsWrong) {
  Pictures p(train_);
  for (size_t i = 0; i < p.classes.size(); i += 5) p.classes[i] = static_cast<int32_t>(i * 7 / 5) % 10;
  NAMES(all(sgd(0.01), p.put(context_)), FV_FINDING_CONFLICTING_LABELS, "train");
}

TEST_F(CheckFaults, ValidationScaledInAnotherWay) {
  Pictures p(validation_);
  for (uint8_t& pixel : p.pixels) pixel = static_cast<uint8_t>(pixel / 16);
  NAMES(all(sgd(0.01), nullptr, p.put(context_)), FV_FINDING_UNSCALED_INPUT, "validation");
}

TEST_F(CheckFaults, SortedAndNotShuffled) {
  fv_error err{};
  std::vector<int64_t> order;
  const Pictures p(train_);
  for (int32_t c = 0; c < 10; ++c)
    for (size_t i = 0; i < p.classes.size(); ++i)
      if (p.classes[i] == c) order.push_back(static_cast<int64_t>(i));
  Dataset sorted;
  OK(fv_dataset_subset(train_, order.data(), order.size(), sorted.out(), &err));
  const Training t = sgd(0.01);
  OK(fv_trainer_feed(t.trainer, sorted, DESC(fv_feed_desc, .no_shuffle = 1), &err));
  NAMES(all(t, sorted), FV_FINDING_SORTED_SAMPLES, "train");
}

TEST_F(CheckFaults, NanInTheData) {
  fv_error err{};
  std::vector<float> x = noise(200 * 256);
  x[77 * 256 + 3] = NAN;
  const std::vector<int32_t> y = labels(200, 10);
  Dataset data;
  OK(fv_dataset_from_memory(context_,
                            DESC(fv_memory_dataset_desc, .classes = 10,
                                 .samples = tensor(x, {200, 16, 16, 1}), .labels = tensor(y, {200})),
                            data.out(), &err));
  const Report r = check(fv_check_inputs, sgd(0.01).trainer, data);
  NAMES(r, FV_FINDING_NON_FINITE, "train");
  EXPECT_NE(std::string::npos, r.findings[0].message.find("77"));
}

TEST_F(CheckFaults, ConstantInput) {
  Pictures p(train_);
  for (size_t i = 256; i < p.pixels.size(); ++i) p.pixels[i] = p.pixels[i - 256];
  NAMES(all(sgd(0.01), p.put(context_)), FV_FINDING_CONSTANT_INPUT);
}

TEST_F(CheckFaults, Softmax) {
  const Training t = training(
      context_, [](fv_graph* g) { return fv_softmax(g, small(g), nullptr); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_SGD,
           .learning_rate = 0.01));
  EXPECT_EQ(nullptr, all(t).alarm(FV_FINDING_OUTPUT_ACTIVATION));
}
TEST_F(CheckFaults, RectifiedLogits) {
  const Training t = training(
      context_, [](fv_graph* g) { return fv_relu(g, small(g), nullptr); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM));
  NAMES(all(t), FV_FINDING_OUTPUT_ACTIVATION);
}

TEST_F(CheckFaults, EverythingFrozen) {
  const fv_group_desc group = *DESC(fv_group_desc, .frozen = 1, .parameters = "*");
  const fv_group_desc* const groups[] = {&group};
  const Training t = training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .groups = groups,
           .group_count = 1));
  NAMES(all(t), FV_FINDING_NOTHING_TRAINS);
}

TEST_F(CheckFaults, PenaltyTooStrong) {
  const Training t = training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM, .l2 = 10));
  NAMES(all(t), FV_FINDING_REGULARIZATION_TOO_STRONG);
}

// acme.swish with a backward pass that forgets a term, in the middle of the network.
fv_status square_forward(void*, const fv_custom_pass* p, fv_error*) {
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = static_cast<const T*>(p->inputs[0].data);
    for (int64_t i = 0; i < p->batch * p->elements; ++i)
      static_cast<T*>(p->output)[i] = x[i] * std::tanh(x[i]);
    return FV_OK;
  });
}
fv_status square_backward(void*, const fv_custom_pass* p, fv_error*) {
  return with_type(p->dtype, [&](auto zero) {
    using T = decltype(zero);
    const T* x = static_cast<const T*>(p->inputs[0].data);
    const T* dy = static_cast<const T*>(p->output_gradient);
    for (int64_t i = 0; i < p->batch * p->elements; ++i)
      static_cast<T*>(p->inputs[0].gradient)[i] = dy[i] * std::tanh(x[i]);
    return FV_OK;
  });
}

// C5
TEST_F(CheckFaults, CorruptedBackward) {
  fv_error err{};
  Context context;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_context_register_layer(
      context,
      DESC(fv_custom_layer_desc, .type = "acme.bent", .forward = square_forward, .backward = square_backward),
      &err));
  const auto network = [](fv_graph* g) {
    fv_node x = fv_flatten(g, fv_input(g, DESC(fv_input_desc, .shape = {16, 16, 1})), nullptr);
    x = fv_dense(g, x, DESC(fv_dense_desc, .name = "first", .units = 20, .activation = FV_ACT_RELU));
    x = fv_custom(g, &x, 1, DESC(fv_custom_desc, .name = "bent", .type = "acme.bent"));
    x = fv_dense(g, x, DESC(fv_dense_desc, .name = "second", .units = 20, .activation = FV_ACT_RELU));
    return fv_dense(g, x, DESC(fv_dense_desc, .name = "logits", .units = 10));
  };
  const Training t =
      training(context, network,
               DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM));
  const Dataset data = small_digits(context, 500);
  const Report r = check(fv_check_gradient, t.trainer, data);
  NAMES(r, FV_FINDING_WRONG_GRADIENT, "bent");
  NAMES(r, FV_FINDING_WRONG_GRADIENT, "first.kernel");
  EXPECT_EQ(nullptr, r.alarm(FV_FINDING_WRONG_GRADIENT, "second.kernel")) << r.text;
  EXPECT_EQ(nullptr, r.alarm(FV_FINDING_WRONG_GRADIENT, "logits")) << r.text;
  EXPECT_GT(r.alarm(FV_FINDING_WRONG_GRADIENT, "first.kernel")->value, FV_GRADIENT_WRONG);
}

// Where nothing could be compared the check does not say that all is well, and says what was not done.
TEST_F(CheckFaults, AGradientThatCannotBeCompared) {
  const Training t = training(
      context_, [](fv_graph* g) { return small(g); },
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD));
  const std::vector<double> none(10, NAN);
  const fv_tensor bias = tensor(none, {10});
  fv_error err{};
  OK(fv_model_set_tensor(fv_trainer_model(t.trainer), "logits.bias", &bias, &err));
  const Report r = check(fv_check_gradient, t.trainer, train_);
  size_t parameters = 0, second = 0;
  for (const Found& f : r.findings) {
    EXPECT_EQ(FV_FINDING_SKIPPED, f.code) << r.text;
    EXPECT_EQ(FV_SEVERITY_NOTE, f.severity);
    parameters += f.message.find("could not be compared") != std::string::npos;
    second += f.message.find("no second comparison") != std::string::npos;
  }
  EXPECT_EQ(6u, parameters) << r.text;
  EXPECT_EQ(1u, second) << r.text;
}

}  // namespace
}  // namespace fovea::test
