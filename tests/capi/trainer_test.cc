// trainer.h: steps, their halves, feeding, fit, history, cancelling, and every refusal.
#include <atomic>
#include <cmath>
#include <thread>

#include "support.h"

namespace fovea::test {
namespace {

class TrainerTest : public ::testing::Test {
 protected:
  TrainerTest() : x(noise(16 * 192)), y(labels(16, 10)) {
    in = tensor(x, {16, 8, 8, 3});
    target = tensor(y, {16});
  }
  // y = x w for a single weight; loss (y - t)^2.
  Model one_weight(double start) {
    OK_(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
    OK_(fv_graph_create(context, graph.out(), &err));
    auto constant = init<fv_initializer_desc>();
    constant.kind = FV_INIT_CONSTANT;
    constant.value = start;
    const fv_node input = fv_input(graph, DESC(fv_input_desc, .shape = {1}));
    const fv_node node = fv_dense(graph, input, DESC(fv_dense_desc, .name = "w", .units = 1, .no_bias = 1,
                                                     .kernel_initializer = &constant));
    Model model;
    OK_(fv_model_create(graph, &node, 1, DESC(fv_model_desc, .dtype = FV_F64), model.out(), &err));
    return model;
  }
  void OK_(fv_status status) { ASSERT_EQ(FV_OK, status) << err.message; }
  double weight(fv_model* model) { return weights(model)[0]; }

  std::vector<float> x;
  std::vector<int32_t> y;
  fv_tensor in, target;
  Context context;
  Graph graph;
  fv_error err{};
};

TEST_F(TrainerTest, LearnsABatchByHeart) {
  for (fv_dtype dtype : {FV_F32, FV_F64}) {
    Made made = make(small_resnet, nullptr, dtype);
    Trainer trainer = make_trainer(made.model, FV_OPT_ADAM);
    OK(fv_trainer_set_learning_rate(trainer, 0.01, &err));
    double first = 0, loss = 0;
    OK(fv_trainer_step(trainer, &in, 1, &target, &first, &err));
    for (int i = 0; i < 60; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, &loss, &err));
    EXPECT_GT(first, 1.5);
    EXPECT_LT(loss, 0.2);
  }
}

// A second head that the loss does not see: its penalty is the only gradient, and does not add up over the
// steps.
TEST_F(TrainerTest, AHeadWithoutALossDecays) {
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_graph_create(context, graph.out(), &err));
  auto one = init<fv_initializer_desc>();
  one.kind = FV_INIT_CONSTANT;
  one.value = 1;
  auto l2 = init<fv_regularizer_desc>();
  l2.l2 = 0.01;
  const fv_node input = fv_input(graph, DESC(fv_input_desc, .shape = {1}));
  const auto head = [&](const char* name) {
    return fv_dense(graph, input,
                    DESC(fv_dense_desc, .name = name, .units = 1, .no_bias = 1, .kernel_initializer = &one,
                         .kernel_regularizer = &l2));
  };
  const fv_node outputs[] = {head("a"), head("b")};
  Model model;
  Trainer trainer;
  OK(fv_model_create(graph, outputs, 2, DESC(fv_model_desc, .dtype = FV_F64), model.out(), &err));
  OK(fv_trainer_create(model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_SGD),
                       trainer.out(), &err));
  const std::vector<double> value{1};
  const fv_tensor one_value = tensor(value, {1, 1});
  double weight_of_b = 1;
  for (int i = 0; i < 20; ++i) {
    OK(fv_trainer_backward(trainer, &one_value, 1, &one_value, nullptr, &err));
    std::vector<double> g(1);
    fv_buffer out = buffer(g);
    OK(fv_trainer_get_gradient(trainer, "b.kernel", &out, &err));
    EXPECT_DOUBLE_EQ(0.01 * weight_of_b, g[0]);
    OK(fv_trainer_apply(trainer, &err));
    weight_of_b -= 0.01 * g[0];
  }
}

TEST_F(TrainerTest, SgdAndL2ByHand) {
  Model model = one_weight(0.5);
  Trainer trainer;
  OK(fv_trainer_create(model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_SGD,
                            .learning_rate = 0.1, .momentum = 0.5, .l2 = 0.2),
                       trainer.out(), &err));
  const std::vector<double> xs{1, 2}, ts{3, 1};
  const fv_tensor input = tensor(xs, {2, 1}), wanted = tensor(ts, {2, 1});
  double w = 0.5, v = 0, loss = 0;
  for (int step = 0; step < 5; ++step) {
    const double expected = ((w - 3) * (w - 3) + (2 * w - 1) * (2 * w - 1)) / 2 + 0.1 * w * w;
    const double gradient = (2 * (w - 3) * 1 + 2 * (2 * w - 1) * 2) / 2 + 0.2 * w;
    v = step == 0 ? gradient : 0.5 * v + gradient;
    w -= 0.1 * v;
    OK(fv_trainer_step(trainer, &input, 1, &wanted, &loss, &err));
    EXPECT_NEAR(expected, loss, 1e-12);
    EXPECT_NEAR(w, weight(model), 1e-12);
  }
}

TEST_F(TrainerTest, RegularizersAddUp) {
  // Layer: l2 * w^2 with full_square; trainer: l2 / 2 * w^2.
  OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
  OK(fv_graph_create(context, graph.out(), &err));
  auto constant = init<fv_initializer_desc>();
  constant.kind = FV_INIT_CONSTANT;
  constant.value = 2;
  auto l2 = init<fv_regularizer_desc>();
  l2.full_square = 1;
  l2.l2 = 0.5;
  const fv_node input = fv_input(graph, DESC(fv_input_desc, .shape = {1}));
  const fv_node node = fv_dense(graph, input,
                                DESC(fv_dense_desc, .name = "w", .units = 1, .no_bias = 1,
                                     .kernel_initializer = &constant, .kernel_regularizer = &l2));
  Model model;
  OK(fv_model_create(graph, &node, 1, DESC(fv_model_desc, .dtype = FV_F64), model.out(), &err));
  Trainer trainer;
  OK(fv_trainer_create(
      model, DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_SGD, .l2 = 0.25),
      trainer.out(), &err));
  const std::vector<double> zero{0};
  const fv_tensor at = tensor(zero, {1, 1});
  double loss = 0;
  OK(fv_trainer_backward(trainer, &at, 1, &at, &loss, &err));
  EXPECT_NEAR(0.5 * 4 + 0.25 / 2 * 4, loss, 1e-12);
  std::vector<double> gradient(1);
  fv_buffer out = buffer(gradient);
  OK(fv_trainer_get_gradient(trainer, "w.kernel", &out, &err));
  EXPECT_NEAR(2 * 0.5 * 2 + 0.25 * 2, gradient[0], 1e-12);
}

TEST_F(TrainerTest, HalvesMakeAStep) {
  Made one = make(small_resnet), two = make(small_resnet);
  Trainer a = make_trainer(one.model), b = make_trainer(two.model);
  EXPECT_EQ(nullptr, fv_trainer_gradient_block(b, nullptr));
  for (int i = 0; i < 3; ++i) {
    double loss_a = 0, loss_b = 0;
    OK(fv_trainer_step(a, &in, 1, &target, &loss_a, &err));
    OK(fv_trainer_backward(b, &in, 1, &target, &loss_b, &err));
    OK(fv_trainer_apply(b, &err));
    EXPECT_EQ(loss_a, loss_b);
  }
  EXPECT_EQ(weights(one.model), weights(two.model));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_apply(b, &err), "gradient");
}

TEST_F(TrainerTest, GradientsCanBeReadAndReplaced) {
  Made made = make(small_resnet);
  Trainer trainer;
  OK(fv_trainer_create(made.model, DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                        .optimizer = FV_OPT_SGD, .learning_rate = 1.0), trainer.out(), &err));
  std::vector<float> g(16 * 10), before(160), after(160);
  fv_buffer out = buffer(g);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_gradient(trainer, "logits.kernel", &out, &err), "backward");
  OK(fv_trainer_backward(trainer, &in, 1, &target, nullptr, &err));
  OK(fv_trainer_get_gradient(trainer, "logits.kernel", &out, &err));
  EXPECT_EQ(16, out.shape[0]);
  int64_t count = 0;
  auto* block = static_cast<float*>(fv_trainer_gradient_block(trainer, &count));
  ASSERT_NE(nullptr, block);
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(made.model, &info, &err));
  EXPECT_GE(count, info.parameters);
  const float first = g[0];
  EXPECT_NE(block + count, std::find(block, block + count, first));
  for (float& v : g) v = 0.125f;
  const fv_tensor set = tensor(g, {16, 10});
  OK(fv_trainer_set_gradient(trainer, "logits.kernel", &set, &err));
  fv_buffer w = buffer(before);
  OK(fv_model_get_tensor(made.model, "logits.kernel", &w, &err));
  OK(fv_trainer_apply(trainer, &err));
  w = buffer(after);
  OK(fv_model_get_tensor(made.model, "logits.kernel", &w, &err));
  for (size_t i = 0; i < 160; ++i) EXPECT_EQ(before[i] - 0.125f, after[i]);

  OK(fv_trainer_backward(trainer, &in, 1, &target, nullptr, &err));
  out = buffer(g);
  FAILS(FV_NOT_FOUND, fv_trainer_get_gradient(trainer, "none", &out, &err), "none");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_gradient(trainer, "batch_norm_1.running_mean", &out, &err),
        "batch_norm_1.running_mean");
  out.capacity = 1;
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_gradient(trainer, "logits.kernel", &out, &err), "logits.kernel",
        "640");
  const fv_tensor wrong = tensor(g, {10, 16});
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_gradient(trainer, "logits.kernel", &wrong, &err), "10x16",
        "16x10");
}

TEST_F(TrainerTest, SoftLabelsAgreeWithOneHot) {
  Made one = make(small_resnet), two = make(small_resnet);
  Trainer a = make_trainer(one.model), b = make_trainer(two.model);
  std::vector<float> soft(160, 0);
  for (size_t i = 0; i < 16; ++i) soft[i * 10 + static_cast<size_t>(y[i])] = 1;
  const fv_tensor distribution = tensor(soft, {16, 10});
  double hard_loss = 0, soft_loss = 0;
  for (int i = 0; i < 2; ++i) {
    OK(fv_trainer_step(a, &in, 1, &target, &hard_loss, &err));
    OK(fv_trainer_step(b, &in, 1, &distribution, &soft_loss, &err));
    EXPECT_NEAR(hard_loss, soft_loss, 1e-5);
  }
  std::vector<int64_t> wide(y.begin(), y.end());
  const fv_tensor long_labels = tensor(wide, {16});
  OK(fv_trainer_step(a, &in, 1, &long_labels, nullptr, &err));
}

TEST_F(TrainerTest, RefusedDescriptors) {
  Made made = make(small_resnet);
  fv_trainer* none = nullptr;
  auto refused = [&](auto set, std::initializer_list<const char*> words) {
    auto d = init<fv_trainer_desc>();
    d.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    d.optimizer = FV_OPT_SGD;
    set(d);
    std::memset(&err, 0x5a, sizeof err);
    const fv_status status = fv_trainer_create(made.model, &d, &none, &err);
    EXPECT_TRUE(failed(status, FV_INVALID_ARGUMENT, err, words));
  };
  using D = fv_trainer_desc;
  refused([](D& d) { d.loss = 0; }, {"loss"});
  refused([](D& d) { d.loss = 99; }, {"loss", "99"});
  refused([](D& d) { d.optimizer = 0; }, {"optimizer"});
  refused([](D& d) { d.optimizer = -4; }, {"optimizer", "-4"});
  refused([](D& d) { d.learning_rate = -0.5; }, {"learning_rate", "-0.5"});
  refused([](D& d) { d.learning_rate = NAN; }, {"learning_rate"});
  refused([](D& d) { d.learning_rate = INFINITY; }, {"learning_rate"});
  refused([](D& d) { d.momentum = 1; }, {"momentum", "1"});
  refused([](D& d) { d.momentum = -0.1; }, {"momentum", "-0.1"});
  refused([](D& d) { d.nesterov = 1; }, {"nesterov", "momentum"});
  refused([](D& d) { d.beta1 = 1; }, {"beta1"});
  refused([](D& d) { d.beta2 = 1.5; }, {"beta2", "1.5"});
  refused([](D& d) { d.epsilon = -1; }, {"epsilon", "-1"});
  refused([](D& d) { d.l2 = -3; }, {"l2", "-3"});
  refused([](D& d) { d.max_batch = -1; }, {"max_batch", "-1"});
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_create(made.model, nullptr, &none, &err), "loss");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_create(nullptr, nullptr, &none, &err), "model");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_create(made.model, nullptr, nullptr, &err), "trainer");
  EXPECT_EQ(nullptr, none);
  // None of these left a claim on the model; a real trainer does.
  Trainer first = make_trainer(made.model);
  auto d = init<fv_trainer_desc>();
  d.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  d.optimizer = FV_OPT_ADAM;
  FAILS(FV_BUSY, fv_trainer_create(made.model, &d, &none, &err), "trainer");
  first.reset();
  Trainer second = make_trainer(made.model);
}

TEST_F(TrainerTest, RefusedModels) {
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_graph_create(context, graph.out(), &err));
  const fv_node image = fv_input(graph, DESC(fv_input_desc, .name = "image", .shape = {4, 4, 2}));
  const fv_node flat = fv_flatten(graph, image, nullptr);
  const fv_node soft = fv_softmax(graph, flat, DESC(fv_layer_desc, .name = "soft"));
  auto d = init<fv_trainer_desc>();
  d.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  d.optimizer = FV_OPT_SGD;
  fv_trainer* none = nullptr;
  Model model;
  OK(fv_model_create(graph, &soft, 1, nullptr, model.out(), &err));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_create(model, &d, &none, &err), "soft", "logits");
  OK(fv_model_create(graph, &image, 1, nullptr, model.out(), &err));
  EXPECT_EQ(nullptr, none);
  // A label for each pixel, not for each image.
  Trainer pixels;
  OK(fv_trainer_create(model, &d, pixels.out(), &err));
  const std::vector<float> images = noise(2 * 4 * 4 * 2);
  const std::vector<int32_t> two{0, 1};
  const fv_tensor in2 = tensor(images, {2, 4, 4, 2}), labels2 = tensor(two, {2});
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_step(pixels, &in2, 1, &labels2, nullptr, &err), "labels are 2",
        "2x4x4");
}

TEST_F(TrainerTest, RefusedBatches) {
  Made made = make(small_resnet);
  Trainer trainer = make_trainer(made.model);
  const std::vector<double> before = weights(made.model);
  double loss = -7;
  auto refused = [&](const fv_tensor* inputs, size_t count, const fv_tensor* wanted,
                     std::initializer_list<const char*> words) {
    std::memset(&err, 0x5a, sizeof err);
    const fv_status status = fv_trainer_step(trainer, inputs, count, wanted, &loss, &err);
    EXPECT_TRUE(failed(status, FV_INVALID_ARGUMENT, err, words));
  };
  refused(nullptr, 1, &target, {"inputs"});
  refused(&in, 1, nullptr, {"target"});
  refused(&in, 0, &target, {"0 inputs", "1"});
  const fv_tensor two[] = {in, in};
  refused(two, 2, &target, {"2 inputs", "1"});
  fv_tensor bad = tensor(x, {16, 8, 24});
  refused(&bad, 1, &target, {"image", "16x8x24", "8x8x3"});
  bad = tensor(y, {15});
  refused(&in, 1, &bad, {"15", "16"});
  bad = tensor(y, {4, 4});
  refused(&in, 1, &bad, {"4x4", "16"});
  bad = tensor(x, {16, 9});
  refused(&in, 1, &bad, {"16x9", "10"});
  const std::vector<uint8_t> bytes(16);
  bad = tensor(bytes, {16});
  refused(&in, 1, &bad, {"u8"});
  bad = target;
  bad.data = nullptr;
  refused(&in, 1, &bad, {"target", "NULL"});
  std::vector<int32_t> wild = y;
  wild[5] = 10;
  bad = tensor(wild, {16});
  refused(&in, 1, &bad, {"label 10", "5", "10"});
  wild[5] = -1;
  refused(&in, 1, &bad, {"label -1"});
  std::vector<int64_t> huge(16, 0);
  huge[3] = int64_t{1} << 33;
  bad = tensor(huge, {16});
  refused(&in, 1, &bad, {"8589934592", "3"});
  EXPECT_EQ(-7, loss) << "touched on failure";
  EXPECT_EQ(before, weights(made.model));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_step(nullptr, &in, 1, &target, &loss, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_backward(nullptr, &in, 1, &target, &loss, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_apply(nullptr, &err), "trainer");
  // And it goes on as if nothing had happened.
  Made twin = make(small_resnet);
  Trainer other = make_trainer(twin.model);
  OK(fv_trainer_step(trainer, &in, 1, &target, &loss, &err));
  OK(fv_trainer_step(other, &in, 1, &target, &loss, &err));
  EXPECT_EQ(weights(twin.model), weights(made.model));
}

TEST_F(TrainerTest, LearningRateAndOtherQuestions) {
  Made made = make(small_resnet);
  Trainer trainer = make_trainer(made.model);
  EXPECT_EQ(0.01, fv_trainer_learning_rate(trainer));
  OK(fv_trainer_set_learning_rate(trainer, 0.5, &err));
  EXPECT_EQ(0.5, fv_trainer_learning_rate(trainer));
  OK(fv_trainer_set_learning_rate(trainer, 0, &err));
  EXPECT_EQ(0, fv_trainer_learning_rate(trainer));
  const std::vector<double> before = weights(made.model);
  OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_learning_rate(trainer, -1, &err), "rate", "-1");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_learning_rate(trainer, INFINITY, &err), "rate");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_learning_rate(trainer, NAN, &err), "rate");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_learning_rate(nullptr, 1, &err), "trainer");
  EXPECT_TRUE(std::isnan(fv_trainer_learning_rate(nullptr)));
  EXPECT_EQ(nullptr, fv_trainer_model(nullptr));
  EXPECT_EQ(FV_LOSS_SOFTMAX_CROSS_ENTROPY, fv_trainer_loss(trainer));
  EXPECT_EQ(0, fv_trainer_loss(nullptr));

  auto small = init<fv_memory>(), large = init<fv_memory>();
  OK(fv_trainer_memory(trainer, 1, &small, &err));
  OK(fv_trainer_memory(trainer, 100, &large, &err));
  EXPECT_EQ(small.parameters, large.parameters);
  EXPECT_GT(small.gradients, 0u);
  EXPECT_GT(small.optimizer, 0u);
  EXPECT_GT(large.arena, 20 * small.arena);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_memory(trainer, 0, &small, &err), "batch");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_memory(trainer, 1, nullptr, &err), "memory");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_memory(nullptr, 1, &small, &err), "trainer");
}

TEST_F(TrainerTest, FeedCoversEverySampleOnceAnEpoch) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  Dataset data = digits(made.context, 70);
  auto p = init<fv_progress>();
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_next(trainer, &p, &err), "feed");
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 32), &err));
  for (int64_t epoch = 0; epoch < 2; ++epoch)
    for (int64_t batch = 1; batch <= 3; ++batch) {
      OK(fv_trainer_next(trainer, &p, &err));
      EXPECT_EQ(epoch, p.epoch);
      EXPECT_EQ(batch, p.batch);
      EXPECT_EQ(3, p.batches);
      EXPECT_EQ(batch == 3, p.epoch_ended == 1);
      EXPECT_EQ(batch == 3 ? 70 : 32 * batch, p.samples);
      EXPECT_EQ(epoch * 3 + batch, p.step);
      EXPECT_TRUE(std::isfinite(p.loss) && std::isfinite(p.accuracy));
    }
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 32, .drop_last = 1), &err));
  OK(fv_trainer_next(trainer, nullptr, &err));
  // Inside an epoch: only the same again.
  Dataset other = digits(made.context, 70, 9);
  FAILS(FV_MISMATCH,
        fv_trainer_feed(trainer, other, DESC(fv_feed_desc, .batch_size = 32, .drop_last = 1), &err),
        "fingerprint");
  FAILS(FV_MISMATCH, fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 16), &err), "32", "16");
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 32, .drop_last = 1), &err));
  OK(fv_trainer_next(trainer, &p, &err));
  EXPECT_EQ(2, p.batches);
  EXPECT_EQ(1, p.epoch_ended);
  OK(fv_trainer_feed(trainer, other, nullptr, &err));

  p.struct_size = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_next(trainer, &p, &err), "struct_size");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_next(nullptr, nullptr, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_feed(trainer, nullptr, nullptr, &err), "dataset");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_feed(nullptr, data, nullptr, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = -1), &err),
        "batch_size", "-1");
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 71, .drop_last = 1), &err), "70",
        "71");
  Made resnet = make(small_resnet);
  Trainer colour = make_trainer(resnet.model);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_feed(colour, data, nullptr, &err), "28x28x1", "8x8x3");
}

struct Seen {
  std::vector<fv_progress> all;
  int stop_at = -1, drops = 0;
  fv_cancel_token* cancel = nullptr;
  static int32_t progress(void* user, const fv_progress* p) {
    auto& s = *static_cast<Seen*>(user);
    s.all.push_back(*p);
    if (s.cancel && static_cast<int>(s.all.size()) == s.stop_at) return fv_cancel_token_cancel(s.cancel), 0;
    return static_cast<int>(s.all.size()) == s.stop_at ? 1 : 0;
  }
  static void drop(void* user) { ++static_cast<Seen*>(user)->drops; }
};

TEST_F(TrainerTest, FitReportsAndRecords) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  Dataset train = digits(made.context, 100), validation = digits(made.context, 40, 2);
  Seen seen;
  OK(fv_trainer_fit(trainer, train, validation,
                    DESC(fv_fit_desc, .epochs = 2, .batch_size = 32, .on_progress = Seen::progress,
                         .user = &seen, .drop = Seen::drop),
                    &err));
  EXPECT_EQ(1, seen.drops);
  ASSERT_EQ(8u, seen.all.size());
  const fv_progress& last = seen.all.back();
  EXPECT_EQ(sizeof(fv_progress), last.struct_size);
  EXPECT_EQ(1, last.epoch);
  EXPECT_EQ(2, last.epochs);
  EXPECT_EQ(100, last.samples);
  EXPECT_EQ(8, last.step);
  EXPECT_GT(last.samples_per_second, 0);
  EXPECT_GE(seen.all[0].seconds_left, 0);
  EXPECT_NEAR(0, last.seconds_left, 1e-6);
  EXPECT_TRUE(std::isnan(seen.all[0].val_loss));
  EXPECT_TRUE(std::isfinite(seen.all[4].val_loss)) << "the newest validation";

  fv_history_row rows[4];
  size_t needed = 0;
  OK(fv_trainer_history(trainer, nullptr, 0, &needed, &err));
  ASSERT_EQ(2u, needed);
  OK(fv_trainer_history(trainer, rows, 4, &needed, &err));
  EXPECT_EQ(0, rows[0].epoch);
  EXPECT_EQ(1, rows[1].epoch);
  EXPECT_EQ(seen.all[3].loss, rows[0].loss);
  EXPECT_TRUE(std::isfinite(rows[1].val_accuracy));
  // With a batch left out, too, no time is left at the end.
  Made other = make(lenet);
  Trainer dropping = make_trainer(other.model);
  Seen dropped;
  OK(fv_trainer_fit(dropping, train, nullptr, DESC(fv_fit_desc, .epochs = 2, .batch_size = 32, .drop_last = 1,
                                                   .on_progress = Seen::progress, .user = &dropped), &err));
  ASSERT_EQ(6u, dropped.all.size());
  EXPECT_NEAR(0, dropped.all.back().seconds_left, 1e-6);

  // The row's validation is what a session measures.
  Session session;
  auto result = init<fv_evaluation>();
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 32), session.out(), &err));
  OK(fv_session_evaluate(session, validation, DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY),
                         &result, &err));
  EXPECT_EQ(result.loss, rows[1].val_loss);
  EXPECT_EQ(result.accuracy, rows[1].val_accuracy);
  // All epochs are done; asking again does nothing, asking for one more does one.
  OK(fv_trainer_fit(trainer, train, nullptr, DESC(fv_fit_desc, .epochs = 2, .batch_size = 32), &err));
  OK(fv_trainer_history(trainer, nullptr, 0, &needed, &err));
  EXPECT_EQ(2u, needed);
  OK(fv_trainer_fit(trainer, train, nullptr, DESC(fv_fit_desc, .epochs = 3, .batch_size = 32), &err));
  OK(fv_trainer_history(trainer, rows, 4, &needed, &err));
  EXPECT_EQ(3u, needed);
  EXPECT_TRUE(std::isnan(rows[2].val_loss));

  FAILS(FV_INVALID_ARGUMENT, fv_trainer_history(trainer, nullptr, 2, &needed, &err), "rows");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_history(nullptr, rows, 2, &needed, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_record(trainer, nullptr, &err), "row");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_record(nullptr, rows, &err), "trainer");
}

TEST_F(TrainerTest, FitStopsAndGoesOnAsIfItHadNot) {
  Made whole = make(lenet), parts = make(lenet);
  Trainer a = make_trainer(whole.model), b = make_trainer(parts.model);
  Dataset data = digits(whole.context, 100);
  OK(fv_trainer_fit(a, data, nullptr, DESC(fv_fit_desc, .epochs = 3, .batch_size = 32), &err));

  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  Seen seen;
  seen.stop_at = 3;
  auto fit = [&] {
    return fv_trainer_fit(b, data, nullptr,
                          DESC(fv_fit_desc, .epochs = 3, .batch_size = 32, .on_progress = Seen::progress,
                               .user = &seen, .drop = Seen::drop, .cancel = token),
                          &err);
  };
  FAILS(FV_CANCELLED, fit(), "on_progress");
  EXPECT_EQ(3u, seen.all.size());
  seen.cancel = token;
  seen.stop_at = 6;
  FAILS(FV_CANCELLED, fit());
  EXPECT_EQ(6u, seen.all.size());
  FAILS(FV_CANCELLED, fit());
  EXPECT_EQ(6u, seen.all.size()) << "a token that is set stops before the first batch";
  fv_cancel_token_reset(token);
  OK(fit());
  EXPECT_EQ(4, seen.drops);
  EXPECT_EQ(12u, seen.all.size());
  EXPECT_EQ(weights(whole.model), weights(parts.model));
}

TEST_F(TrainerTest, AnotherThreadCancels) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  Dataset data = digits(made.context, 2000);
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  std::atomic<bool> begun{false};
  std::thread other([&] {
    while (!begun) std::this_thread::yield();
    fv_cancel_token_cancel(token);
  });
  const fv_status status = fv_trainer_fit(trainer, data, nullptr,
                                          DESC(
                                              fv_fit_desc, .epochs = 100000, .batch_size = 16,
                                              .on_progress =
                                                  [](void* user, const fv_progress*) {
                                                    *static_cast<std::atomic<bool>*>(user) = true;
                                                    return 0;
                                                  },
                                              .user = &begun, .cancel = token),
                                          &err);
  other.join();
  EXPECT_EQ(FV_CANCELLED, status);
  OK(fv_trainer_next(trainer, nullptr, &err));
}

TEST_F(TrainerTest, RefusedFits) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  Dataset data = digits(made.context, 10);
  Seen seen;
  auto d = init<fv_fit_desc>();
  d.user = &seen;
  d.drop = Seen::drop;
  d.epochs = -1;
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_fit(trainer, data, nullptr, &d, &err), "epochs");
  d.epochs = 1;
  d.batch_size = -3;
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_fit(trainer, data, nullptr, &d, &err), "batch_size", "-3");
  d.batch_size = 5;
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_fit(trainer, nullptr, nullptr, &d, &err), "dataset");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_fit(nullptr, data, nullptr, &d, &err), "trainer");
  EXPECT_EQ(4, seen.drops);
  d.checkpoint_path = "/nowhere/at/all.fovea";
  const fv_status status = fv_trainer_fit(trainer, data, nullptr, &d, &err);
  EXPECT_TRUE(status == FV_NOT_FOUND || status == FV_IO) << err.message;
  EXPECT_NE(nullptr, std::strstr(err.message, "/nowhere/at/all.fovea"));
  EXPECT_EQ(5, seen.drops);
  OK(fv_trainer_fit(trainer, data, nullptr, nullptr, &err));
}

}  // namespace
}  // namespace fovea::test
