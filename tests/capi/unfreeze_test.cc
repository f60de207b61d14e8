// Gradual unfreezing: a parameter's first step is its first, however late it comes.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

// One dense layer from four numbers to two, in double precision; the kernel is frozen at first, while the bias
// learns to give 0. Then the target is another one, far away.
class UnfreezeTest : public ::testing::TestWithParam<fv_optimizer> {
 protected:
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
    OK(fv_graph_create(context, graph.out(), &err));
    const fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {4}));
    const fv_node y = fv_dense(graph, x, DESC(fv_dense_desc, .name = "d", .units = 2));
    OK(fv_model_create(graph, &y, 1, DESC(fv_model_desc, .dtype = FV_F64, .seed = 3), model.out(), &err));
    auto optimizer = init<fv_optimizer_desc>();
    optimizer.optimizer = GetParam();
    optimizer.learning_rate = kRate;
    optimizer.weight_decay = FV_ZERO;
    if (GetParam() == FV_OPT_SGD) optimizer.momentum = 0.9, optimizer.dampening = 0.9;
    OK(fv_trainer_create(
        model,
        DESC(fv_trainer_desc, .losses = loss_list, .loss_count = 1, .optimizer_desc = &optimizer),
        trainer.out(), &err));
    freeze(true);
  }
  void freeze(bool frozen) {
    const fv_group_desc kernel{.struct_size = sizeof kernel, .frozen = frozen, .parameters = "d.kernel"};
    const fv_group_desc* const groups[] = {&kernel};
    OK(fv_trainer_set_groups(trainer, groups, 1, &err));
  }
  void step(int count) {
    const fv_tensor in = tensor(ones, {1, 4}), target = tensor(wanted, {1, 2});
    for (int i = 0; i < count; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  }
  std::vector<double> kernel() {
    std::vector<double> values(8);
    fv_buffer to = buffer(values);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(fv_trainer_model(trainer), "d.kernel", &to, &err)) << err.message;
    return values;
  }

  static constexpr double kRate = 1e-3;
  const std::vector<double> ones = std::vector<double>(4, 1);
  std::vector<double> wanted = std::vector<double>(2, 0);
  const fv_loss_desc loss{.struct_size = sizeof loss, .loss = FV_LOSS_MEAN_SQUARED_ERROR};
  const fv_loss_desc* loss_list[1] = {&loss};
  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  fv_error err{};
};

// A first step of these is the rate, towards where the gradient falls; SGD's first velocity is the whole
// gradient, whatever the dampening.
TEST_P(UnfreezeTest, TheFirstStepIsAFirstOne) {
  const std::vector<double> before = kernel();
  step(1000);
  ASSERT_EQ(before, kernel());
  freeze(false);
  wanted = {30, -30};
  const Folder folder;
  const std::string path = folder / "c.fovea";
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  if (GetParam() == FV_OPT_SGD) {
    const fv_tensor in = tensor(ones, {1, 4}), target = tensor(wanted, {1, 2});
    OK(fv_trainer_backward(trainer, &in, 1, &target, nullptr, &err));
    std::vector<double> gradient(8);
    fv_buffer to = buffer(gradient);
    OK(fv_trainer_get_gradient(trainer, "d.kernel", &to, &err));
    OK(fv_trainer_apply(trainer, &err));
    for (size_t i = 0; i < 8; ++i) EXPECT_NEAR(before[i] - kRate * gradient[i], kernel()[i], 1e-15);
  } else {
    step(1);
    // NAdam looks one momentum ahead.
    const double most = GetParam() == FV_OPT_NADAM ? 2 : 1.001, least = GetParam() == FV_OPT_NADAM ? 0.5 : 0.999;
    for (size_t i = 0; i < 8; ++i) {
      const double moved = std::abs(kernel()[i] - before[i]) / kRate;
      EXPECT_LT(moved, most);
      EXPECT_GT(moved, least);
    }
  }
  step(5);
  const std::vector<double> expected = kernel();
  OK(fv_trainer_load(context, path.c_str(), trainer.out(), &err));
  step(6);
  EXPECT_EQ(expected, kernel());
}
INSTANTIATE_TEST_SUITE_P(Optimizers, UnfreezeTest,
                         ::testing::Values(FV_OPT_SGD, FV_OPT_ADAM, FV_OPT_ADAMW, FV_OPT_ADAMAX,
                                           FV_OPT_NADAM));

}  // namespace
}  // namespace fovea::test
