// Layers that learn less, through the public API: frozen up to a node, rates that fall with depth.
#include <cmath>
#include <map>

#include "support.h"

namespace fovea::test {
namespace {

// The small residual network (four convolutions with batch norm; the first three meet in "concat_1") on noise.
class FreezeTest : public ::testing::Test {
 protected:
  void SetUp() override { start(FV_F32); }
  void start(fv_dtype dtype, fv_optimizer optimizer = FV_OPT_SGD) {
    trainer.reset();
    made = make(small_resnet, DESC(fv_context_desc, .threads = 2), dtype);
    trainer = make_trainer(made.model, optimizer);
  }
  void freeze(const char* node, int train_statistics = 0) {
    OK(fv_trainer_freeze_until(trainer, node, DESC(fv_freeze_desc, .train_statistics = train_statistics),
                               &err));
  }
  double run(int steps) {
    double loss = 0;
    for (int i = 0; i < steps; ++i) {
      const std::vector<float> x = noise(16 * 192, static_cast<uint32_t>(i) + 1);
      const std::vector<int32_t> t = labels(16, 10);
      const fv_tensor in = tensor(x, {16, 8, 8, 3}), target = tensor(t, {16});
      EXPECT_EQ(FV_OK, fv_trainer_step(trainer, &in, 1, &target, &loss, &err)) << err.message;
    }
    return loss;
  }
  void backward() {
    const std::vector<float> x = noise(16 * 192);
    const std::vector<int32_t> t = labels(16, 10);
    const fv_tensor in = tensor(x, {16, 8, 8, 3}), target = tensor(t, {16});
    OK(fv_trainer_backward(trainer, &in, 1, &target, nullptr, &err));
  }
  // Every tensor by name; of a trainer the gradients.
  std::map<std::string, std::vector<double>> tensors() { return collect(false); }
  std::map<std::string, std::vector<double>> gradients() { return collect(true); }
  std::map<std::string, std::vector<double>> collect(bool gradients) {
    std::map<std::string, std::vector<double>> all;
    fv_model* const model = fv_trainer_model(trainer);
    fv_model_info info{.struct_size = sizeof info};
    EXPECT_EQ(FV_OK, fv_model_get_info(model, &info, &err));
    for (int32_t i = 0; i < info.tensors; ++i) {
      fv_tensor_info t{.struct_size = sizeof t};
      EXPECT_EQ(FV_OK, fv_model_tensor_info(model, i, &t, &err));
      if (gradients && !t.trainable) continue;
      std::vector<double> v(4096);
      fv_buffer b = buffer(v);
      EXPECT_EQ(FV_OK, gradients ? fv_trainer_get_gradient(trainer, t.name, &b, &err)
                                 : fv_model_get_tensor(model, t.name, &b, &err));
      size_t n = 1;
      for (int k = 0; k < b.rank; ++k) n *= static_cast<size_t>(b.shape[k]);
      v.resize(n);
      all[t.name] = v;
    }
    return all;
  }
  static bool is_below(const std::string& name) {
    return name.find("_4.") == std::string::npos && name.find("logits") == std::string::npos;
  }

  Made made;
  Trainer trainer;
  fv_error err{};
};

// Momentum, weight decay, batch norm: whatever lies below keeps its bits, running statistics too.
TEST_F(FreezeTest, X1FrozenTensorsKeepTheirBits) {
  for (const fv_optimizer optimizer : {FV_OPT_SGD, FV_OPT_ADAMW}) {
    start(FV_F32, optimizer);
    run(3);  // momentum that would go on
    const auto before = tensors();
    freeze("concat_1");
    EXPECT_STREQ("concat_1", fv_trainer_frozen_until(trainer));
    run(5);
    for (const auto& [name, values] : tensors()) {
      if (is_below(name))
        EXPECT_EQ(before.at(name), values) << name;
      else
        EXPECT_NE(before.at(name), values) << name;
    }
    // Thawed half way, then all.
    freeze("relu_1");
    run(1);
    EXPECT_EQ(before.at("conv2d_1.kernel"), tensors().at("conv2d_1.kernel"));
    EXPECT_NE(before.at("conv2d_2.kernel"), tensors().at("conv2d_2.kernel"));
    freeze(nullptr);
    EXPECT_EQ(nullptr, fv_trainer_frozen_until(trainer));
    run(1);
    for (const auto& [name, values] : tensors()) EXPECT_NE(before.at(name), values) << name;
  }
}

TEST_F(FreezeTest, X1StatisticsMayGoOnLearning) {
  const auto before = tensors();
  freeze("concat_1", 1);
  run(2);
  for (const auto& [name, values] : tensors()) {
    if (is_below(name) && name.find("running") == std::string::npos)
      EXPECT_EQ(before.at(name), values) << name;
    else
      EXPECT_NE(before.at(name), values) << name;
  }
}

// With the batch's statistics the network computes the same, so what still learns has the same gradients.
TEST_F(FreezeTest, WhatLearnsHasTheGradientsOfTheWholeNetwork) {
  backward();
  const auto whole = gradients();
  freeze("concat_1", 1);
  backward();
  for (const auto& [name, values] : gradients()) {
    // Frozen kernels have the trainer's l2.
    const bool is_kernel = name.find("kernel") != std::string::npos;
    if (!is_below(name)) {
      EXPECT_EQ(whole.at(name), values) << name;
    } else if (!is_kernel) {
      EXPECT_EQ(std::vector<double>(values.size(), 0), values) << name;
    }
  }
}

// A frozen layer between layers that learn passes its gradient on and has none of its own.
TEST_F(FreezeTest, FrozenInTheMiddle) {
  backward();
  const auto whole = gradients();
  const fv_group_desc conv{.struct_size = sizeof conv, .frozen = 1, .parameters = "conv2d_3.*"},
      norm{.struct_size = sizeof norm, .frozen = 1, .parameters = "batch_norm_4.*"};
  const fv_group_desc* const groups[] = {&conv, &norm};
  OK(fv_trainer_set_groups(trainer, groups, 2, &err));
  backward();
  for (const auto& [name, values] : gradients()) {
    if (name.starts_with("batch_norm_4")) {
      EXPECT_EQ(std::vector<double>(values.size(), 0), values) << name;
    } else if (!name.starts_with("conv2d_3")) {
      EXPECT_EQ(whole.at(name), values) << name;
    }
  }
}

TEST_F(FreezeTest, NoMemoryIsKeptForTheFrozenPart) {
  fv_memory whole{.struct_size = sizeof whole}, frozen{.struct_size = sizeof frozen};
  OK(fv_trainer_memory(trainer, 64, &whole, &err));
  freeze("concat_1");
  OK(fv_trainer_memory(trainer, 64, &frozen, &err));
  EXPECT_LT(2 * frozen.arena, whole.arena);
}

TEST_F(FreezeTest, BitsDoNotDependOnThreadsAndSurviveACheckpoint) {
  Folder folder;
  const std::string path = folder / "c.fovea";
  freeze("concat_1");
  OK(fv_trainer_set_layer_rates(trainer, 0.5, &err));
  run(2);
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  run(2);
  const std::vector<double> expected = weights(made.model);
  for (const int32_t threads : {1, 3}) {
    Context context;
    Trainer again;
    OK(fv_context_create(DESC(fv_context_desc, .threads = threads), context.out(), &err));
    OK(fv_trainer_load(context, path.c_str(), again.out(), &err));
    EXPECT_STREQ("concat_1", fv_trainer_frozen_until(again));
    double factor = 0;
    OK(fv_trainer_rate_factor(again, "conv2d_4.kernel", &factor, &err));
    EXPECT_EQ(0.5, factor);
    std::swap(trainer, again);
    run(2);
    std::swap(trainer, again);
    EXPECT_EQ(expected, weights(fv_trainer_model(again)));
  }
}

TEST_F(FreezeTest, RatesFallWithDepth) {
  const auto factor = [&](const char* name) {
    double f = -1;
    EXPECT_EQ(FV_OK, fv_trainer_rate_factor(trainer, name, &f, &err)) << err.message;
    return f;
  };
  EXPECT_EQ(1, factor("conv2d_1.kernel"));
  OK(fv_trainer_set_layer_rates(trainer, 0, &err));
  const std::pair<const char*, int> depths[] = {{"logits.kernel", 0},   {"logits.bias", 0},
                                                {"batch_norm_4.beta", 1}, {"conv2d_4.kernel", 1},
                                                {"conv2d_3.kernel", 2}, {"batch_norm_2.gamma", 3},
                                                {"conv2d_2.kernel", 3}, {"conv2d_1.kernel", 4}};
  for (const auto& [name, depth] : depths) EXPECT_NEAR(std::pow(2.6, -depth), factor(name), 1e-12) << name;
  // Beside the groups' factors and what is frozen.
  const fv_group_desc half{.struct_size = sizeof half, .parameters = "conv2d_4.*", .learning_rate = 0.5};
  const fv_group_desc* const groups[] = {&half};
  OK(fv_trainer_set_groups(trainer, groups, 1, &err));
  EXPECT_NEAR(0.5 / 2.6, factor("conv2d_4.kernel"), 1e-12);
  freeze("relu_1");
  EXPECT_EQ(0, factor("conv2d_1.kernel"));
  OK(fv_trainer_set_layer_rates(trainer, 1, &err));
  EXPECT_EQ(1, factor("conv2d_2.kernel"));
}

// One step of plain SGD: w -= rate decay^depth g.
TEST_F(FreezeTest, ARateIsWhatAStepIsMultipliedWith) {
  OK(fv_trainer_set_layer_rates(trainer, 0.5, &err));
  const auto before = tensors();
  backward();
  const auto g = gradients();
  OK(fv_trainer_apply(trainer, &err));
  const auto after = tensors();
  for (const auto& [name, factor] : {std::pair{"logits.kernel", 1.0}, std::pair{"conv2d_4.kernel", 0.5},
                                     std::pair{"conv2d_1.kernel", 0.0625}})
    for (size_t i = 0; i < g.at(name).size(); ++i)
      EXPECT_NEAR(before.at(name)[i] - 0.01 * factor * g.at(name)[i], after.at(name)[i], 1e-7) << name;
}

TEST_F(FreezeTest, Refusals) {
  FAILS(FV_NOT_FOUND, fv_trainer_freeze_until(trainer, "conv9", nullptr, &err), "conv9");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_freeze_until(trainer, "logits", nullptr, &err), "logits", "learns");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_layer_rates(trainer, 1.5, &err), "1.5");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_layer_rates(trainer, NAN, &err), "decay");
  double factor = 0;
  FAILS(FV_NOT_FOUND, fv_trainer_rate_factor(trainer, "none", &factor, &err), "none");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_rate_factor(trainer, "batch_norm_1.running_var", &factor, &err),
        "state");
  EXPECT_EQ(nullptr, fv_trainer_frozen_until(nullptr));
  run(1);  // it is as it was
}

}  // namespace
}  // namespace fovea::test
