// Penalties through the public API: L1 and elastic net of a layer, penalties on what layers give, and the
// proximal step that makes exact zeros.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class PenaltyTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  // Two dense layers and a convolution in f64, with these penalties on the first two.
  void make(const fv_regularizer_desc* kernel, const fv_regularizer_desc* bias,
            const fv_regularizer_desc* activity, fv_trainer_desc desc = {}) {
    trainer = {};
    model = {};
    graph = {};
    OK(fv_graph_create(context, graph.out(), &err));
    fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {4, 4, 2}));
    x = fv_conv2d(graph, x,
                  DESC(fv_conv2d_desc, .name = "conv", .filters = 3, .kernel = {3, 3}, .padding = FV_PAD_SAME,
                       .activation = FV_ACT_TANH, .kernel_regularizer = kernel, .bias_regularizer = bias,
                       .activity_regularizer = activity));
    x = fv_dense(graph, fv_flatten(graph, x, nullptr),
                 DESC(fv_dense_desc, .name = "hidden", .units = 5, .activation = FV_ACT_SIGMOID,
                      .kernel_regularizer = kernel, .bias_regularizer = bias,
                      .activity_regularizer = activity));
    x = fv_dense(graph, x,
                 DESC(fv_dense_desc, .name = "logits", .units = 3, .activity_regularizer = activity));
    OK(fv_model_create(graph, &x, 1, DESC(fv_model_desc, .dtype = FV_F64, .seed = 5), model.out(), &err));
    desc.struct_size = sizeof desc;
    desc.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
    desc.optimizer = FV_OPT_SGD;
    desc.learning_rate = 0.1;
    OK(fv_trainer_create(model, &desc, trainer.out(), &err));
  }
  double loss() {
    const fv_tensor in = tensor(images, {kBatch, 4, 4, 2}), target = tensor(truth, {kBatch});
    double value = NAN;
    EXPECT_EQ(FV_OK, fv_trainer_backward(trainer, &in, 1, &target, &value, &err)) << err.message;
    return value;
  }
  std::vector<double> get(const char* name, size_t count) {
    std::vector<double> values(count);
    fv_buffer to = buffer(values);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(model, name, &to, &err)) << err.message;
    return values;
  }
  std::vector<double> gradient(const char* name, size_t count) {
    std::vector<double> values(count);
    fv_buffer to = buffer(values);
    EXPECT_EQ(FV_OK, fv_trainer_get_gradient(trainer, name, &to, &err)) << err.message;
    return values;
  }
  void set(const char* name, const std::vector<double>& values, std::initializer_list<int64_t> shape) {
    const fv_tensor t = tensor(values, shape);
    OK(fv_model_set_tensor(model, name, &t, &err));
  }
  // |numeric - analytic| / (|numeric| + |analytic|) over a whole tensor, by central differences.
  double gradient_error(const char* name, size_t count, std::initializer_list<int64_t> shape) {
    (void)loss();
    const std::vector<double> analytic = gradient(name, count), w = get(name, count);
    double apart = 0, a = 0, n = 0;
    for (size_t i = 0; i < count; ++i) {
      constexpr double h = 6e-6;
      std::vector<double> moved = w;
      moved[i] = w[i] + h;
      set(name, moved, shape);
      const double above = loss();
      moved[i] = w[i] - h;
      set(name, moved, shape);
      const double numeric = (above - loss()) / (2 * h);
      apart += std::pow(numeric - analytic[i], 2);
      a += analytic[i] * analytic[i];
      n += numeric * numeric;
    }
    set(name, w, shape);
    return std::sqrt(apart) / (std::sqrt(a) + std::sqrt(n));
  }

  static constexpr int64_t kBatch = 6;
  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  fv_error err{};
  std::vector<float> images = noise(kBatch * 4 * 4 * 2);
  std::vector<int32_t> truth = labels(kBatch, 3);
};

TEST_F(PenaltyTest, G1G2ElasticNetOfALayer) {
  const std::vector<double> bias{0.5, -1, 2};
  make(nullptr, nullptr, nullptr);
  const double plain = loss();
  set("conv.bias", bias, {3});
  const double biased = loss();
  make(DESC(fv_regularizer_desc, .l2 = 0.3, .l1 = 0.02),
       DESC(fv_regularizer_desc, .full_square = 1, .l2 = 0.4, .l1 = 0.05), nullptr);
  double expected = 0;
  for (const auto& [name, count] : {std::pair{"conv.kernel", 54}, {"hidden.kernel", 240}})
    for (double w : get(name, static_cast<size_t>(count))) expected += 0.15 * w * w + 0.02 * std::abs(w);
  EXPECT_NEAR(plain + expected, loss(), 1e-12);
  set("conv.bias", bias, {3});
  expected += 0.4 * (0.25 + 1 + 4) + 0.05 * 3.5;
  EXPECT_NEAR(biased + expected, loss(), 1e-12);
  EXPECT_LT(gradient_error("conv.kernel", 54, {3, 3, 2, 3}), 1e-7);
  EXPECT_LT(gradient_error("conv.bias", 3, {3}), 1e-7);
}

TEST_F(PenaltyTest, G3ActivityIsTheMeanOverTheBatch) {
  make(nullptr, nullptr, nullptr);
  const double plain = loss();
  auto nodes = std::vector<const char*>{"conv", "hidden", "logits"};
  std::vector<std::vector<float>> given{std::vector<float>(kBatch * 48), std::vector<float>(kBatch * 5),
                                        std::vector<float>(kBatch * 3)};
  Session session;
  OK(fv_session_create(
      model, DESC(fv_session_desc, .max_batch = kBatch, .outputs = nodes.data(), .output_count = 3),
      session.out(), &err));
  std::vector<fv_buffer> buffers;
  for (auto& values : given) buffers.push_back(buffer(values));
  const fv_tensor in = tensor(images, {kBatch, 4, 4, 2});
  OK(fv_session_run(session, &in, 1, buffers.data(), 3, &err));
  double sum = 0;
  for (const auto& values : given)
    for (float y : values) sum += 0.5 / 2 * y * y + 0.03 * std::abs(y);
  make(nullptr, nullptr, DESC(fv_regularizer_desc, .l2 = 0.5, .l1 = 0.03));
  EXPECT_NEAR(plain + sum / kBatch, loss(), 1e-6);
}

TEST_F(PenaltyTest, G3ActivityPassesTheGradientCheck) {
  for (const int32_t full : {0, 1}) {
    make(nullptr, nullptr, DESC(fv_regularizer_desc, .full_square = full, .l2 = 0.5, .l1 = 0.03));
    EXPECT_LT(gradient_error("conv.kernel", 54, {3, 3, 2, 3}), 1e-7);
    EXPECT_LT(gradient_error("hidden.kernel", 240, {48, 5}), 1e-7);
    EXPECT_LT(gradient_error("logits.bias", 3, {3}), 1e-7);
  }
}

TEST_F(PenaltyTest, ActivitySurvivesAFile) {
  make(nullptr, nullptr, DESC(fv_regularizer_desc, .l2 = 0.5, .l1 = 0.03));
  const double before = loss();
  const Folder folder;
  OK(fv_trainer_save(trainer, (folder / "a.fovea").c_str(), &err));
  trainer = {};
  OK(fv_trainer_load(context, (folder / "a.fovea").c_str(), trainer.out(), &err));
  EXPECT_EQ(before, loss());
}

TEST_F(PenaltyTest, G2ProximalL1IsTheSoftThreshold) {
  make(nullptr, nullptr, nullptr);
  (void)loss();
  const std::vector<double> g = gradient("hidden.kernel", 240), w = get("hidden.kernel", 240);
  make(DESC(fv_regularizer_desc, .l1 = 0.3), nullptr, nullptr, {.l1 = 0.7, .proximal_l1 = 1});
  (void)loss();
  OK(fv_trainer_apply(trainer, &err));
  const std::vector<double> after = get("hidden.kernel", 240);
  size_t zeros = 0;
  for (size_t i = 0; i < w.size(); ++i) {
    const double moved = w[i] - 0.1 * g[i];
    EXPECT_NEAR(std::copysign(std::max(std::abs(moved) - 0.1 * 1.0, 0.0), moved), after[i], 1e-15);
    zeros += after[i] == 0;
  }
  EXPECT_GT(zeros, 10u);
  EXPECT_LT(zeros, 230u);
}

TEST_F(PenaltyTest, G2ProximalL1LeavesFrozenWeightsAndKeepsNaN) {
  const fv_group_desc frozen{.struct_size = sizeof(fv_group_desc), .frozen = 1, .parameters = "hidden.*"};
  const fv_group_desc* const groups[] = {&frozen};
  make(nullptr, nullptr, nullptr, {.groups = groups, .group_count = 1, .l1 = 0.7, .proximal_l1 = 1});
  const std::vector<double> before = get("hidden.kernel", 240);
  std::vector<double> broken = get("logits.kernel", 15);
  broken[4] = NAN;
  set("logits.kernel", broken, {5, 3});
  (void)loss();
  OK(fv_trainer_apply(trainer, &err));
  EXPECT_EQ(before, get("hidden.kernel", 240));
  EXPECT_TRUE(std::isnan(get("logits.kernel", 15)[4]));
}

// A parameter of one axis has one norm, that of all of it: Keras's bias_constraint.
TEST_F(PenaltyTest, G4ABiasHasOneNorm) {
  const fv_group_desc bias{.struct_size = sizeof bias, .parameters = "hidden.bias",
                           .constraint = FV_CONSTRAINT_MAX_NORM, .max_norm = 0.5};
  const fv_group_desc* const groups[] = {&bias};
  make(nullptr, nullptr, nullptr, {.groups = groups, .group_count = 1});
  const std::vector<double> long_one = {3, -4, 0, 12, 0};
  set("hidden.bias", long_one, {5});
  (void)loss();
  OK(fv_trainer_set_learning_rate(trainer, 0, &err));
  OK(fv_trainer_apply(trainer, &err));
  const std::vector<double> after = get("hidden.bias", 5);
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(long_one[i] * 0.5 / 13, after[i], 1e-15);
}

TEST_F(PenaltyTest, NegativePenaltiesAreRefused) {
  OK(fv_graph_create(context, graph.out(), &err));
  const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {4}));
  (void)fv_dense(graph, x,
                 DESC(fv_dense_desc, .name = "odd", .units = 5,
                      .activity_regularizer = DESC(fv_regularizer_desc, .l1 = -1)));
  FAILS(FV_INVALID_ARGUMENT, fv_graph_status(graph, &err), "odd", "l1", "-1");
}

}  // namespace
}  // namespace fovea::test
