// The momentum of cyclic schedules: what the optimizer does with it. PyTorch's numbers are in tests/golden.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

constexpr fv_schedule_desc kCycle{.struct_size = sizeof kCycle,
                                  .schedule = FV_SCHEDULE_ONE_CYCLE,
                                  .per_step = 1,
                                  .warmup = 2,
                                  .warmup_start = 0.5,
                                  .total = 10,
                                  .lowest_momentum = 0.6,
                                  .highest_momentum = 0.9};

// A single weight w with the loss w^2.
class CycleTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(nullptr, context.out(), &err));
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_initializer_desc two{.struct_size = sizeof two, .kind = FV_INIT_CONSTANT, .value = 2};
    const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {1}));
    y = fv_dense(graph, x, DESC(fv_dense_desc, .units = 1, .no_bias = 1, .kernel_initializer = &two));
  }
  // The weight after each of twelve steps.
  std::vector<double> train(const fv_optimizer_desc& optimizer, const fv_schedule_desc& schedule) {
    Model model;
    Trainer trainer;
    EXPECT_EQ(FV_OK, fv_model_create(graph, &y, 1, DESC(fv_model_desc, .dtype = FV_F64), model.out(), &err));
    EXPECT_EQ(FV_OK, fv_trainer_create(model,
                                       DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR,
                                            .optimizer_desc = &optimizer, .schedule = &schedule),
                                       trainer.out(), &err))
        << err.message;
    const std::vector<double> one{1}, zero{0};
    const fv_tensor in = tensor(one, {1, 1}), target = tensor(zero, {1, 1});
    std::vector<double> path;
    for (int step = 0; step < 12; ++step) {
      EXPECT_EQ(FV_OK, fv_trainer_step(trainer, &in, 1, &target, nullptr, &err)) << err.message;
      path.push_back(weights(model).at(0));
    }
    return path;
  }
  double momentum(int64_t step) {
    double value = NAN;
    EXPECT_EQ(FV_OK, fv_schedule_momentum(&kCycle, 0, step, &value, &err)) << err.message;
    return value;
  }
  double rate(int64_t step) {
    double value = NAN;
    EXPECT_EQ(FV_OK, fv_schedule_rate(&kCycle, 0.1, 0, step, &value, &err)) << err.message;
    return value;
  }

  fv_error err{};
  Context context;
  Graph graph;
  fv_node y = 0;
};

TEST_F(CycleTest, GoesAgainstTheRate) {
  for (int64_t t = 0; t <= 2; ++t) EXPECT_EQ(momentum(t), 0.9);
  EXPECT_DOUBLE_EQ(momentum(4), 0.6);  // peak of 10 x 0.3 steps, the warm-up before them
  EXPECT_DOUBLE_EQ(rate(4), 0.1);
  EXPECT_DOUBLE_EQ(momentum(11), 0.9);
  double none = 0;
  OK(fv_schedule_momentum(DESC(fv_schedule_desc, .schedule = FV_SCHEDULE_CYCLIC), 0, 3, &none, &err));
  EXPECT_TRUE(std::isnan(none));
}

TEST_F(CycleTest, OfSgd) {
  const fv_optimizer_desc sgd{
      .struct_size = sizeof sgd, .optimizer = FV_OPT_SGD, .learning_rate = 0.1, .momentum = 0.5};
  const std::vector<double> path = train(sgd, kCycle);
  double w = 2, v = 0;
  for (int t = 0; t < 12; ++t) {
    v = (t == 0 ? 0 : momentum(t) * v) + 2 * w;
    w -= rate(t) * v;
    EXPECT_NEAR(path[static_cast<size_t>(t)], w, 1e-14) << t;
  }
}

TEST_F(CycleTest, IsAdamsBeta1) {
  const fv_optimizer_desc adam{.struct_size = sizeof adam, .optimizer = FV_OPT_ADAM, .learning_rate = 0.1};
  const std::vector<double> path = train(adam, kCycle);
  double w = 2, m = 0, v = 0;
  for (int t = 0; t < 12; ++t) {
    const double beta1 = momentum(t), g = 2 * w;
    m = beta1 * m + (1 - beta1) * g;
    v = 0.999 * v + 0.001 * g * g;
    w -= rate(t) * m / (1 - std::pow(beta1, t + 1)) / (std::sqrt(v / (1 - std::pow(0.999, t + 1))) + 1e-8);
    EXPECT_NEAR(path[static_cast<size_t>(t)], w, 1e-13) << t;
  }
}

TEST_F(CycleTest, Refusals) {
  Model model;
  OK(fv_model_create(graph, &y, 1, nullptr, model.out(), &err));
  Trainer trainer;
  const auto create = [&](fv_optimizer kind, const fv_schedule_desc& schedule) {
    return fv_trainer_create(
        model,
        DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = kind, .schedule = &schedule),
        trainer.out(), &err);
  };
  for (const fv_optimizer kind : {FV_OPT_SGD, FV_OPT_ADAGRAD, FV_OPT_NADAM})
    FAILS(FV_INVALID_ARGUMENT, create(kind, kCycle), "momentum", "options has none");
  OK(create(FV_OPT_SGD, {.struct_size = sizeof(fv_schedule_desc)}));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_schedule(trainer, &kCycle, &err), "sgd");
  fv_schedule_desc d = kCycle;
  d.lowest_momentum = 0.95;
  double value;
  FAILS(FV_INVALID_ARGUMENT, fv_schedule_momentum(&d, 0, 0, &value, &err), "0.95 to 0.9");
  d = kCycle;
  d.schedule = FV_SCHEDULE_COSINE;
  FAILS(FV_INVALID_ARGUMENT, fv_schedule_momentum(&d, 0, 0, &value, &err), "cosine takes no momentum");
}

}  // namespace
}  // namespace fovea::test
