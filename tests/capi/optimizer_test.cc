// Optimizers, groups, averages and schedules through the public API: the hand tables of the lectures, what
// the options promise, and training that goes on after a checkpoint as if nothing had been.
#include <array>
#include <cmath>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

// Descriptors that outlive the expression.
template <class T>
T sized(T desc) {
  desc.struct_size = sizeof desc;
  return desc;
}
class Groups {
 public:
  Groups(std::initializer_list<fv_group_desc> groups) {
    for (const fv_group_desc& g : groups) descs_.push_back(sized(g));
    for (const fv_group_desc& g : descs_) pointers_.push_back(&g);
  }
  const fv_group_desc* const* data() const { return pointers_.data(); }
  size_t size() const { return pointers_.size(); }

 private:
  std::vector<fv_group_desc> descs_;
  std::vector<const fv_group_desc*> pointers_;
};

// One kernel of f64 weights, and gradients of the host's making.
class OptimizerTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  // A row of weights, each `start`.
  void make_weights(int64_t count, double start = 1) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node x = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {1}));
    const fv_node y = fv_dense(
        graph, x,
        DESC(fv_dense_desc, .name = "w", .units = count, .no_bias = 1,
             .kernel_initializer = DESC(fv_initializer_desc, .kind = FV_INIT_CONSTANT, .value = start)));
    OK(fv_model_create(graph, &y, 1, DESC(fv_model_desc, .dtype = FV_F64), model.out(), &err));
  }
  void make_trainer(const fv_optimizer_desc* optimizer, fv_trainer_desc desc = {}) {
    desc.struct_size = sizeof desc;
    desc.loss = FV_LOSS_HOST_GRADIENT;
    desc.optimizer_desc = optimizer;
    OK(fv_trainer_create(model, &desc, trainer.out(), &err));
  }
  // One step with these gradients; the weights after it.
  std::vector<double> step(const std::vector<double>& g) {
    const std::vector<double> one{1};
    const fv_tensor in = tensor(one, {1, 1});
    std::vector<double> y(g.size());
    fv_buffer out = buffer(y);
    EXPECT_EQ(FV_OK, fv_trainer_forward(trainer, &in, 1, &out, 1, &err)) << err.message;
    // The input is 1, so that the output's gradient is the kernel's.
    const fv_tensor gradient = tensor(g, {1, static_cast<int64_t>(g.size())});
    EXPECT_EQ(FV_OK, fv_trainer_backward_from(trainer, &gradient, 1, &err)) << err.message;
    EXPECT_EQ(FV_OK, fv_trainer_apply(trainer, &err)) << err.message;
    return weights(model);
  }
  double step1(double g) { return step({g})[0]; }

  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  fv_error err{};
};

TEST_F(OptimizerTest, P1GradientDescentOnAQuadratic) {
  make_weights(1, 3);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 0.25));
  EXPECT_EQ(3 - 0.25 * 6, step1(2 * 3.0));
}

// Both conventions by hand, f = x^2 from 1, rate 0.1, momentum 0.9; they agree while the rate stays.
TEST_F(OptimizerTest, P2MomentumTable) {
  for (const int inside : {0, 1}) {
    make_weights(1);
    make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 0.1, .momentum = 0.9,
                      .rate_in_velocity = inside));
    double x = 1;
    for (const double expected : {0.8, 0.46, 0.062, -0.3086, -0.58042})
      EXPECT_NEAR(expected, x = step1(2 * x), 1e-12);
  }
}
TEST_F(OptimizerTest, P2ConventionsDifferWhenTheRateChanges) {
  std::array<double, 2> after{};
  for (const int inside : {0, 1}) {
    make_weights(1, 0);
    make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 1, .momentum = 0.5,
                      .rate_in_velocity = inside));
    step1(1);
    OK(fv_trainer_set_learning_rate(trainer, 0.1, &err));
    after[static_cast<size_t>(inside)] = step1(1);
  }
  EXPECT_NEAR(-1 - 0.1 * 1.5, after[0], 1e-12);
  EXPECT_NEAR(-1 - (0.5 + 0.1), after[1], 1e-12);
}

// cache += g^2; x -= rate g / (sqrt(cache) + 1e-7): the steps shrink as 1 / sqrt(t).
TEST_F(OptimizerTest, P3AdagradComesToAHalt) {
  make_weights(1, 0);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_ADAGRAD, .learning_rate = 0.1, .epsilon = 1e-7));
  double x = 0;
  for (int t = 1; t <= 50; ++t) {
    const double next = step1(2);
    EXPECT_NEAR(x - next, 0.1 * 2 / (2 * std::sqrt(t) + 1e-7), 1e-12) << t;
    x = next;
  }
}
TEST_F(OptimizerTest, P4RmspropTable) {
  make_weights(1, 0);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_RMSPROP, .learning_rate = 0.1, .rho = 0.9,
                    .epsilon = 1e-7));
  double x = 0, cache = 0;
  for (const double g : {1.0, -2.0, 0.5, 3.0}) {
    cache = 0.9 * cache + 0.1 * g * g;
    x -= 0.1 * g / (std::sqrt(cache) + 1e-7);
    EXPECT_NEAR(x, step1(g), 1e-12);
  }
}
TEST_F(OptimizerTest, P5AdamWithoutBiasCorrectionBeginsWithALargeStep) {
  make_weights(1, 0);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_ADAM, .learning_rate = 1e-3, .epsilon = 1e-7,
                    .no_bias_correction = 1));
  EXPECT_NEAR(-3.1623e-3, step1(2), 1e-7);
}
TEST_F(OptimizerTest, P6AdamBeginsWithTheRate) {
  make_weights(2, 0);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_ADAM, .epsilon = 1e-7));
  const auto w = step({5, -0.3});
  EXPECT_NEAR(-1e-3, w[0], 1e-9);
  EXPECT_NEAR(1e-3, w[1], 1e-9);
}
// On x^2 - y^2 from y = 0 exactly gradient descent stays on the ridge; momentum with noise leaves it.
TEST_F(OptimizerTest, P7SaddlePoint) {
  for (const bool noisy : {false, true}) {
    make_weights(2, 1);
    make_trainer(
        DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 0.05, .momentum = noisy ? 0.9 : 0));
    std::vector<double> w{1, 0};
    const fv_tensor start = tensor(w, {1, 2});
    OK(fv_model_set_tensor(model, "w.kernel", &start, &err));
    const auto random = noise(200);
    for (size_t t = 0; t < 100; ++t) {
      const double more = noisy ? 1e-3 : 0;
      w = step({2 * w[0] + more * random[2 * t], -2 * w[1] + more * random[2 * t + 1]});
    }
    EXPECT_NEAR(0, w[0], 0.05);
    if (noisy)
      EXPECT_GT(std::abs(w[1]), 0.5);
    else
      EXPECT_EQ(0, w[1]);
  }
}
// A narrow valley, scales 1 : 50: momentum takes a shorter way and gets further.
TEST_F(OptimizerTest, P7ZigZag) {
  std::array<double, 2> length{}, left{};
  for (const size_t i : {0u, 1u}) {
    make_weights(2, 1);
    make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = i == 0 ? 0.038 : 0.01,
                      .momentum = i == 0 ? 0 : 0.8));
    std::vector<double> w{1, 1};
    for (int t = 0; t < 60; ++t) {
      const auto next = step({w[0], 50 * w[1]});
      length[i] += std::hypot(next[0] - w[0], next[1] - w[1]);
      w = next;
    }
    left[i] = std::hypot(w[0], w[1]);
  }
  EXPECT_GT(length[0], 2 * length[1]);
  EXPECT_GT(left[0], left[1]);
}

TEST_F(OptimizerTest, WeightDecayStandsBesideTheGradient) {
  make_weights(1);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_ADAMW, .learning_rate = 0.1, .weight_decay = 0.5));
  EXPECT_NEAR(1 * (1 - 0.1 * 0.5) - 0.1, step1(1e6), 1e-8);
  fv_optimizer_desc d{};
  d.struct_size = sizeof d;
  OK(fv_trainer_get_optimizer(trainer, &d, &err));
  EXPECT_EQ(FV_OPT_ADAMW, d.optimizer);
  EXPECT_EQ(0.5, d.weight_decay);
  EXPECT_EQ(0.999, d.beta2);
}
TEST_F(OptimizerTest, ClipsByValueAndNorm) {
  make_weights(2, 0);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 1, .clip_value = 0.5));
  EXPECT_EQ((std::vector<double>{-0.5, 0.25}), step({3, -0.25}));
  make_weights(2, 0);
  make_trainer(DESC(fv_optimizer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 1, .clip_global_norm = 1));
  const auto w = step({3, -4});
  EXPECT_NEAR(-0.6, w[0], 1e-6);
  EXPECT_NEAR(0.8, w[1], 1e-6);
}

// ---- groups ---------------------------------------------------------------------------------------------

// Two layers in f32 with real data.
class GroupTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }
  void make(fv_trainer_desc desc, fv_optimizer optimizer = FV_OPT_SGD) {
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
    const fv_node h =
        fv_dense(graph, image, DESC(fv_dense_desc, .name = "h", .units = 16, .activation = FV_ACT_TANH));
    const fv_node logits = fv_dense(graph, h, DESC(fv_dense_desc, .name = "logits", .units = 3));
    OK(fv_model_create(graph, &logits, 1, DESC(fv_model_desc, .seed = 2), model.out(), &err));
    desc.struct_size = sizeof desc;
    desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    if (desc.optimizer_desc == nullptr) desc.optimizer = optimizer;
    OK(fv_trainer_create(model, &desc, trainer.out(), &err));
  }
  void run(int steps) {
    for (int i = 0; i < steps; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  }
  std::vector<double> get(const char* name, size_t count) {
    std::vector<double> v(count);
    fv_buffer b = buffer(v);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(model, name, &b, &err)) << err.message;
    return v;
  }

  std::vector<float> x = noise(8 * 12);
  std::vector<int32_t> y = labels(8, 3);
  fv_tensor in = tensor(x, {8, 12}), target = tensor(y, {8});
  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  fv_error err{};
};

TEST_F(GroupTest, FrozenKeepsItsBitsWhateverTheOptimizer) {
  for (fv_optimizer optimizer = FV_OPT_SGD; optimizer <= FV_OPT_ADAMW; ++optimizer) {
    const Groups groups{{.frozen = 1, .parameters = "h.*"}};
    fv_trainer_desc desc{};
    desc.groups = groups.data();
    desc.group_count = groups.size();
    desc.l2 = 0.1;
    const auto rule = sized(fv_optimizer_desc{.optimizer = optimizer, .weight_decay = 0.1});
    desc.optimizer_desc = &rule;
    make(desc);
    const auto h = get("h.kernel", 192), logits = get("logits.kernel", 48);
    run(3);
    EXPECT_EQ(h, get("h.kernel", 192));
    EXPECT_NE(logits, get("logits.kernel", 48));
    // Thawed, it moves.
    OK(fv_trainer_set_groups(trainer, nullptr, 0, &err));
    run(1);
    EXPECT_NE(h, get("h.kernel", 192));
  }
}

TEST_F(GroupTest, RatesAreFactorsAndTheLastPatternCounts) {
  fv_trainer_desc desc{};
  desc.learning_rate = 0.1;
  make(desc);
  const auto before = get("h.kernel", 192), bias = get("h.bias", 16);
  run(1);
  const auto plain = get("h.kernel", 192), plain_bias = get("h.bias", 16);
  const Groups groups{{.parameters = "*", .learning_rate = FV_ZERO},
                      {.parameters = "h.?ernel", .learning_rate = 0.5}};
  desc.groups = groups.data();
  desc.group_count = groups.size();
  make(desc);
  run(1);
  const auto slow = get("h.kernel", 192);
  for (size_t i = 0; i < slow.size(); ++i)
    EXPECT_NEAR(before[i] + 0.5 * (plain[i] - before[i]), slow[i], 1e-7);
  EXPECT_EQ(bias, get("h.bias", 16));
  EXPECT_NE(bias, plain_bias);
}

TEST_F(GroupTest, G4Constraints) {
  const auto norms = [&](const std::vector<double>& kernel, size_t columns) {
    std::vector<double> n(columns);
    for (size_t i = 0; i < kernel.size(); ++i) n[i % columns] += kernel[i] * kernel[i];
    for (double& v : n) v = std::sqrt(v);
    return n;
  };
  const Groups groups{{.parameters = "h.kernel", .constraint = FV_CONSTRAINT_MAX_NORM, .max_norm = 0.6},
                      {.parameters = "logits.kernel", .constraint = FV_CONSTRAINT_UNIT_NORM},
                      {.parameters = "*.bias", .constraint = FV_CONSTRAINT_NON_NEGATIVE}};
  fv_trainer_desc desc{};
  desc.learning_rate = 0.5;
  desc.groups = groups.data();
  desc.group_count = groups.size();
  make(desc);
  for (int i = 0; i < 5; ++i) {
    run(1);
    for (double n : norms(get("h.kernel", 192), 16)) EXPECT_LE(n, 0.6 * (1 + 1e-6));
    for (double n : norms(get("logits.kernel", 48), 3)) EXPECT_NEAR(1, n, 1e-6);
    for (double b : get("logits.bias", 3)) EXPECT_GE(b, 0);
  }
  const Groups bounds{
      {.parameters = "h.kernel", .constraint = FV_CONSTRAINT_MIN_MAX_NORM, .min_norm = 2, .max_norm = 3}};
  OK(fv_trainer_set_groups(trainer, bounds.data(), bounds.size(), &err));
  run(1);
  for (double n : norms(get("h.kernel", 192), 16)) EXPECT_NEAR(2, n, 1e-5);
}

// l1 sum |w| + l2 / 2 sum w^2 in the loss, its slope in the gradient.
TEST_F(GroupTest, G2PenaltiesOfGroups) {
  make({});
  double plain = 0, with = 0;
  OK(fv_trainer_backward(trainer, &in, 1, &target, &plain, &err));
  std::vector<double> g(192), g2(192);
  fv_buffer b = buffer(g), b2 = buffer(g2);
  OK(fv_trainer_get_gradient(trainer, "h.kernel", &b, &err));
  const Groups groups{{.parameters = "h.kernel", .l1 = 0.5, .l2 = 0.2}};
  fv_trainer_desc desc{};
  desc.groups = groups.data();
  desc.group_count = groups.size();
  make(desc);
  OK(fv_trainer_backward(trainer, &in, 1, &target, &with, &err));
  OK(fv_trainer_get_gradient(trainer, "h.kernel", &b2, &err));
  const auto w = get("h.kernel", 192);
  double sum = 0, squares = 0;
  for (double v : w) sum += std::abs(v), squares += v * v;
  EXPECT_NEAR(plain + 0.5 * sum + 0.1 * squares, with, 1e-6);
  for (size_t i = 0; i < w.size(); ++i)
    EXPECT_NEAR(g[i] + 0.5 * (w[i] > 0 ? 1 : -1) + 0.2 * w[i], g2[i], 1e-6);
}

TEST_F(GroupTest, Refusals) {
  make({});
  const Groups nobody{{.parameters = "conv*"}};
  FAILS(FV_NOT_FOUND, fv_trainer_set_groups(trainer, nobody.data(), nobody.size(), &err), "conv*");
  const Groups nameless{{.frozen = 1}};
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_groups(trainer, nameless.data(), nameless.size(), &err),
        "parameters");
  const Groups negative{{.parameters = "h.*", .l2 = -1}};
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_groups(trainer, negative.data(), negative.size(), &err), "l2",
        "h.*", "-1");
  const auto refused = [&](fv_optimizer_desc o, std::initializer_list<const char*> words) {
    Made other = test::make(small_resnet);
    Trainer t;
    o.struct_size = sizeof o;
    const fv_status got = fv_trainer_create(
        other.model, DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer_desc = &o),
        t.out(), &err);
    EXPECT_TRUE(failed(got, FV_INVALID_ARGUMENT, err, words));
  };
  refused({}, {"optimizer is required"});
  refused({.optimizer = 99}, {"optimizer is 99"});
  refused({.optimizer = FV_OPT_ADAM, .epsilon = FV_ZERO}, {"epsilon is 0"});
  refused({.optimizer = FV_OPT_ADAM, .beta1 = 1}, {"beta1 is 1"});
  refused({.optimizer = FV_OPT_SGD, .learning_rate = -1}, {"learning_rate is -1"});
  refused({.optimizer = FV_OPT_SGD, .weight_decay = NAN}, {"weight_decay is nan"});
  refused({.optimizer = FV_OPT_SGD, .nesterov = 1}, {"nesterov needs a momentum"});
  refused({.optimizer = FV_OPT_LARS, .clip_value = 1}, {"lars", "clip_value"});
}

// ---- accumulation and averages --------------------------------------------------------------------------

// Four quarters of a batch make the step that the whole makes.
TEST_F(GroupTest, AccumulatedBatchesAreOneLargeBatch) {
  fv_trainer_desc desc{};
  desc.learning_rate = 0.1;
  desc.momentum = 0.9;
  make(desc);
  run(3);
  const auto whole = weights(model);
  desc.accumulate_steps = 4;
  make(desc);
  for (int round = 0; round < 3; ++round)
    for (size_t part = 0; part < 4; ++part) {
      fv_tensor piece = in, its = target;
      piece.shape[0] = its.shape[0] = 2;
      piece.data = x.data() + part * 24;
      its.data = y.data() + part * 2;
      OK(fv_trainer_step(trainer, &piece, 1, &its, nullptr, &err));
    }
  const auto parts = weights(model);
  for (size_t i = 0; i < whole.size(); ++i) EXPECT_NEAR(whole[i], parts[i], 1e-6);
}

TEST_F(GroupTest, AveragesOfTheWeights) {
  for (const fv_averaging kind : {FV_AVERAGE_EXPONENTIAL, FV_AVERAGE_EQUAL}) {
    fv_trainer_desc desc{};
    const auto average = sized(fv_average_desc{.averaging = kind, .decay = 0.8, .start = 2, .period = 2});
    desc.average = &average;
    make(desc);
    Model averaged;
    std::vector<double> expected;
    double count = 0;
    for (int t = 1; t <= 9; ++t) {
      if (t <= 3) {
        FAILS(FV_NOT_FOUND, fv_trainer_averaged_model(trainer, averaged.out(), &err), "average");
      }
      run(1);
      if (t <= 2 || t % 2 != 0) continue;
      const auto now = weights(model);
      if (count == 0) expected = now;
      for (size_t i = 0; i < now.size(); ++i)
        expected[i] += (kind == FV_AVERAGE_EQUAL ? 1 / (count + 1)
                        : count == 0             ? 1
                                                 : 0.2) *
                       (now[i] - expected[i]);
      ++count;
    }
    OK(fv_trainer_averaged_model(trainer, averaged.out(), &err));
    const auto found = weights(averaged);
    for (size_t i = 0; i < found.size(); ++i) EXPECT_NEAR(expected[i], found[i], 1e-6);
    EXPECT_NE(found, weights(model));
  }
}

// ---- schedules ------------------------------------------------------------------------------------------

// A scripted curve: the drops come at the epochs counted by hand. Patience 2: the third bad epoch lowers the
// rate.
TEST_F(GroupTest, H4H7PlateauDropsAtTheRightEpochs) {
  fv_trainer_desc desc{};
  desc.learning_rate = 1;
  const auto plateau = sized(fv_schedule_desc{.schedule = FV_SCHEDULE_PLATEAU,
                                              .gamma = 0.1,
                                              .lowest = 0.005,
                                              .monitor = FV_MONITOR_VAL_ACCURACY,
                                              .patience = 2,
                                              .cooldown = 1,
                                              .min_delta = 0.01});
  desc.schedule = &plateau;
  make(desc);
  const double accuracy[] = {.5, .6, .605, .6, .6, .7, .7, .7, .7, .7, .7, .7, .7, .7};
  const double expected[] = {1, 1, 1, 1, .1, .1, .1, .1, .01, .01, .01, .01, .005, .005};
  for (size_t e = 0; e < std::size(accuracy); ++e) {
    const fv_history_row row{static_cast<int64_t>(e), 1, 1, 1, accuracy[e], 1};
    OK(fv_trainer_record(trainer, &row, &err));
    EXPECT_NEAR(expected[e], fv_trainer_learning_rate(trainer), 1e-12) << e;
  }
}

// What was not measured changes nothing, and another monitor begins anew.
TEST_F(GroupTest, APlateauSeesWhatIsMeasured) {
  fv_trainer_desc desc{};
  desc.learning_rate = 1;
  auto plateau = sized(fv_schedule_desc{.schedule = FV_SCHEDULE_PLATEAU, .patience = -1});
  desc.schedule = &plateau;
  make(desc);
  const auto record = [&](double val_loss, double val_accuracy) {
    const fv_history_row row{0, 1, 1, val_loss, val_accuracy, 1};
    OK(fv_trainer_record(trainer, &row, &err));
  };
  for (int i = 0; i < 5; ++i) record(NAN, 0.5);
  EXPECT_EQ(1, fv_trainer_learning_rate(trainer));
  record(0.5, 0.5);
  plateau.monitor = FV_MONITOR_VAL_ACCURACY;
  OK(fv_trainer_set_schedule(trainer, &plateau, &err));
  record(2, 0.2);  // less than the loss was, yet the first accuracy
  EXPECT_EQ(1, fv_trainer_learning_rate(trainer));
  record(2, 0.2);
  EXPECT_NEAR(0.1, fv_trainer_learning_rate(trainer), 1e-12);
}

// rate .1; epoch > 100: .1 / 2^epoch, which at 101 is nothing.
TEST_F(GroupTest, H5K4RateOfTheHosts) {
  make({});
  Dataset data = digits(context, 40);
  Made other = test::make(lenet);
  Trainer t = make_trainer(other.model);
  Dataset train = digits(other.context, 40);
  std::vector<double> seen;
  const auto rate = [](void* user, int64_t epoch, int64_t step, double) {
    EXPECT_EQ(step / 2, epoch);
    static_cast<std::vector<double>*>(user)->push_back(static_cast<double>(epoch));
    return epoch > 0 ? 0.1 / std::pow(2.0, 101) : 0.1;
  };
  OK(fv_trainer_fit(t, train, nullptr,
                    DESC(fv_fit_desc, .epochs = 2, .batch_size = 20, .user = &seen, .rate = rate), &err));
  EXPECT_EQ((std::vector<double>{0, 0, 1, 1}), seen);
  EXPECT_NEAR(3.9e-32, fv_trainer_learning_rate(t), 1e-33);
  std::vector<fv_history_row> rows(2);
  OK(fv_trainer_history(t, rows.data(), 2, nullptr, &err));
  EXPECT_EQ(0.1, rows[0].learning_rate);
  const auto bad = [](void*, int64_t, int64_t, double) { return -1.0; };
  FAILS(
      FV_INVALID_ARGUMENT,
      fv_trainer_fit(t, train, nullptr, DESC(fv_fit_desc, .epochs = 3, .batch_size = 20, .rate = bad), &err),
      "learning_rate is -1");
}

// With a schedule the callback has its base, and the same base leaves the schedule alone.
TEST_F(GroupTest, RateOfTheHostsIsTheSchedulesBase) {
  Made other = test::make(lenet);
  Trainer t;
  OK(fv_trainer_create(other.model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                            .learning_rate = 0.1,
                            .schedule = DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_STEP, .gamma = 0.5)),
                       t.out(), &err));
  Dataset train = digits(other.context, 40);
  const auto same = [](void*, int64_t, int64_t, double rate) { return rate; };
  OK(fv_trainer_fit(t, train, nullptr, DESC(fv_fit_desc, .epochs = 3, .batch_size = 20, .rate = same), &err));
  std::vector<fv_history_row> rows(3);
  OK(fv_trainer_history(t, rows.data(), 3, nullptr, &err));
  for (size_t e = 0; e < 3; ++e) EXPECT_NEAR(0.1 * std::pow(0.5, e), rows[e].learning_rate, 1e-12);
}

// ---- checkpoints ----------------------------------------------------------------------------------------

// Saved in the middle, loaded, gone on: the same bits as without, for every optimizer, with everything
// switched on.
TEST(OptimizerResume, SameBitsForEveryOptimizer) {
  fv_error err{};
  const Folder folder;
  const std::string path = folder / "t.fovea";
  for (fv_optimizer optimizer = FV_OPT_SGD; optimizer <= FV_OPT_ADAMW; ++optimizer) {
    SCOPED_TRACE(optimizer);
    const Groups groups{
        {.parameters = "*.bias", .learning_rate = 2, .weight_decay = FV_ZERO},
        {.parameters = "*.kernel", .l1 = 1e-4, .constraint = FV_CONSTRAINT_MAX_NORM, .max_norm = 2}};
    const auto make_one = [&](Made& made) {
      made = make(small_resnet);
      Trainer t;
      EXPECT_EQ(FV_OK,
                fv_trainer_create(
                    made.model,
                    DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .seed = 4,
                         .optimizer_desc = DESC(
                             fv_optimizer_desc, .optimizer = optimizer,
                             .momentum = optimizer == FV_OPT_SGD || optimizer == FV_OPT_RMSPROP ? 0.9 : 0,
                             .weight_decay = 0.01, .clip_global_norm = 5, .amsgrad = optimizer == FV_OPT_ADAM,
                             .centered = 1),
                         .schedule = DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_COSINE, .per_step = 1,
                                          .warmup = 2, .total = 8),
                         .groups = groups.data(), .group_count = groups.size(),
                         .average = DESC(fv_average_desc, .averaging = FV_AVERAGE_EXPONENTIAL, .decay = 0.7),
                         .accumulate_steps = 2),
                    t.out(), &err))
          << err.message;
      return t;
    };
    const auto x = noise(4 * 8 * 8 * 3);
    const auto y = labels(4, 10);
    const fv_tensor in = tensor(x, {4, 8, 8, 3}), target = tensor(y, {4});
    const auto run = [&](fv_trainer* t, int steps) {
      for (int i = 0; i < steps; ++i)
        EXPECT_EQ(FV_OK, fv_trainer_step(t, &in, 1, &target, nullptr, &err)) << err.message;
    };
    Made made, other;
    Trainer straight = make_one(made);
    run(straight, 14);
    Trainer half = make_one(other);
    run(half, 7);  // in the middle of an accumulation
    OK(fv_trainer_save(half, path.c_str(), &err));
    half.reset();
    Trainer resumed;
    OK(fv_trainer_load(other.context, path.c_str(), resumed.out(), &err));
    run(resumed, 7);
    EXPECT_EQ(weights(made.model), weights(fv_trainer_model(resumed)));
    EXPECT_EQ(fv_trainer_learning_rate(straight), fv_trainer_learning_rate(resumed));
    Model a, b;
    OK(fv_trainer_averaged_model(straight, a.out(), &err));
    OK(fv_trainer_averaged_model(resumed, b.out(), &err));
    EXPECT_EQ(weights(a), weights(b));
  }
}

}  // namespace
}  // namespace fovea::test
