// The recipes' constants, and that a trainer takes them.
#include <cstdio>

#include "zoo/networks.h"

namespace fovea::test {
namespace {

fv_recipe recipe_of(fv_recipe_name name) {
  auto recipe = init<fv_recipe>();
  fv_error err{};
  EXPECT_EQ(fv_zoo_recipe(name, &recipe, &err), FV_OK) << err.message;
  return recipe;
}

// One line with every field that is not 0.
std::string dump(const fv_recipe& r) {
  std::string text;
  const auto add = [&](const char* name, double value) {
    char part[64];
    std::snprintf(part, sizeof part, "%s%s %g", text.empty() ? "" : ", ", name, value);
    if (value != 0) text += part;
  };
  add("optimizer", r.optimizer), add("nesterov", r.nesterov), add("batch", r.batch_size),
      add("epochs", r.epochs);
  add("rate", r.learning_rate), add("momentum", r.momentum), add("l2", r.l2);
  if (r.schedule != nullptr) {
    const fv_schedule_desc& s = *r.schedule;
    add("schedule", s.schedule), add("factor", s.gamma);
    for (const int64_t at : {s.period, s.patience, s.total}) add("at", static_cast<double>(at));
    for (size_t i = 0; i < s.milestone_count; ++i) add("at", static_cast<double>(s.milestones[i]));
    add("monitor", s.monitor);
  }
  add("input dropout", r.input_dropout), add("dropout", r.dropout), add("heads", r.head_weight);
  add("mean", r.mean), add("flip", r.flip), add("resize", r.resize[0]), add("to", r.resize[1]);
  add("pad", r.crop_pad), add("crop", r.crop), add("area", r.crop_area[0]), add("to", r.crop_area[1]);
  add("aspect", r.crop_aspect), add("color", r.color_noise);
  return text;
}

TEST(Recipe, R2AlexNet) {
  EXPECT_EQ(
      dump(recipe_of(FV_RECIPE_ALEXNET)),
      "optimizer 1, batch 128, epochs 90, rate 0.01, momentum 0.9, l2 0.0005, schedule 10, factor 0.1, at 10, monitor 2, "
      "dropout 0.5, mean 2, flip 1, resize 256, to 256, crop 224, color 0.1");
}

TEST(Recipe, R6ResNetOffersBothWeightDecays) {
  const std::string
      before = "optimizer 1, batch 256, epochs 120, rate 0.1, momentum 0.9, l2 ",
      behind = ", schedule 10, factor 0.1, at 10, monitor 2, mean 1, flip 1, resize 256, to 480, crop 224, color 0.1";
  EXPECT_EQ(dump(recipe_of(FV_RECIPE_RESNET)), before + "0.0001" + behind);
  EXPECT_EQ(dump(recipe_of(FV_RECIPE_RESNET_LECTURE)), before + "1e-05" + behind);
  EXPECT_EQ(dump(recipe_of(FV_RECIPE_RESNET_CIFAR)),
            "optimizer 1, batch 128, epochs 164, rate 0.1, momentum 0.9, l2 0.0001, schedule 2, factor 0.1, "
            "at 82, at 123, "
            "mean 2, flip 1, pad 4, crop 32");
}

TEST(Recipe, R13UsualDropout) {
  EXPECT_EQ(dump(recipe_of(FV_RECIPE_PERCEPTRON)),
            "optimizer 1, batch 100, epochs 200, rate 0.001, momentum 0.9, input dropout 0.2, dropout 0.5");
}

TEST(Recipe, R3R4R5R7R8TheOthers) {
  const std::pair<fv_recipe_name, const char*> expected[] = {
      {FV_RECIPE_LENET5,
       "optimizer 1, batch 64, epochs 6, rate 0.05, momentum 0.9, schedule 1, factor 0.5, at 1"},
      {FV_RECIPE_KERAS_CNN, "optimizer 2, batch 128, epochs 12, rate 0.001, dropout 0.5"},
      {FV_RECIPE_ZFNET,
       "optimizer 1, batch 128, epochs 70, rate 0.01, momentum 0.9, schedule 10, factor 0.1, at 10, monitor 2, "
       "dropout 0.5, mean 2, flip 1, resize 256, to 256, crop 224"},
      {FV_RECIPE_VGG,
       "optimizer 1, batch 256, epochs 74, rate 0.01, momentum 0.9, l2 0.0005, schedule 10, factor 0.1, "
       "at 10, monitor 2, dropout 0.5, mean 1, flip 1, resize 256, to 512, crop 224, color 0.1"},
      {FV_RECIPE_GOOGLENET,
       "optimizer 1, batch 32, rate 0.01, momentum 0.9, l2 0.0002, schedule 1, factor 0.96, at 8, "
       "dropout 0.4, heads 0.3, mean 1, flip 1, crop 224, area 0.08, to 1, aspect 1.33333"},
      {FV_RECIPE_RESNEXT,
       "optimizer 1, batch 256, rate 0.1, momentum 0.9, l2 0.0001, schedule 2, factor 0.1, at 30, "
       "at 60, at 90, mean 1, flip 1, crop 224, area 0.08, to 1, aspect 1.33333"},
      {FV_RECIPE_DENSENET,
       "optimizer 1, nesterov 1, batch 256, epochs 90, rate 0.1, momentum 0.9, l2 0.0001, "
       "schedule 2, factor 0.1, at 30, at 60, mean 1, flip 1, crop 224, area 0.08, to 1, "
       "aspect 1.33333"},
      {FV_RECIPE_SQUEEZENET,
       "optimizer 1, batch 512, epochs 68, rate 0.04, momentum 0.9, l2 0.0002, schedule 5, at 68, "
       "dropout 0.5, mean 1, flip 1, resize 256, to 256, crop 224"},
      {FV_RECIPE_MOBILENET_V2,
       "optimizer 1, batch 96, epochs 300, rate 0.045, momentum 0.9, l2 4e-05, schedule 1, "
       "factor 0.98, at 1, dropout 0.2, mean 1, flip 1, crop 224, area 0.08, to 1, "
       "aspect 1.33333"}};
  for (const auto& [name, text] : expected) EXPECT_EQ(dump(recipe_of(name)), text) << name;
}

// R14: momentum of 0.8 to 0.9. And every recipe makes a trainer that steps.
TEST(Recipe, R14EveryOneTrains) {
  const std::vector<float> images = noise(2 * 32 * 32 * 3);
  const std::vector<int32_t> classes = labels(2, 10);
  const fv_tensor x = tensor(images, {2, 32, 32, 3}), t = tensor(classes, {2});
  for (fv_recipe_name name = FV_RECIPE_LENET5; name <= FV_RECIPE_PERCEPTRON; ++name) {
    const fv_recipe r = recipe_of(name);
    if (r.optimizer == FV_OPT_SGD) {
      EXPECT_TRUE(r.momentum >= 0.8 && r.momentum <= 0.9) << name;
    }
    const Built b = build([](fv_graph* g) { return fv_zoo_resnet_cifar(g, 8, nullptr); });
    Trainer trainer;
    fv_error err{};
    OK(fv_trainer_create(
        b.model,
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = r.optimizer,
             .nesterov = r.nesterov, .learning_rate = r.learning_rate, .momentum = r.momentum, .l2 = r.l2,
             .schedule = r.schedule),
        trainer.out(), &err));
    OK(fv_trainer_step(trainer, &x, 1, &t, nullptr, &err));
    EXPECT_EQ(fv_trainer_learning_rate(trainer), r.learning_rate);
  }
}

TEST(Recipe, UnknownOnesAreRefused) {
  fv_error err{};
  auto recipe = init<fv_recipe>();
  recipe.epochs = 5;
  for (fv_recipe_name name : {0, -1, FV_RECIPE_PERCEPTRON + 1})
    FAILS(FV_INVALID_ARGUMENT, fv_zoo_recipe(name, &recipe, &err), "recipe");
  FAILS(FV_INVALID_ARGUMENT, fv_zoo_recipe(FV_RECIPE_VGG, nullptr, &err), "fv_recipe");
  EXPECT_EQ(recipe.epochs, 5);
}

// A caller that knows fewer fields gets those.
TEST(Recipe, FillsAShorterStruct) {
  fv_recipe recipe{};
  recipe.struct_size = offsetof(fv_recipe, l2);
  recipe.l2 = 7;
  fv_error err{};
  OK(fv_zoo_recipe(FV_RECIPE_VGG, &recipe, &err));
  EXPECT_EQ(recipe.momentum, 0.9);
  EXPECT_EQ(recipe.l2, 7);
}

}  // namespace
}  // namespace fovea::test
