// Tuned models: what is saved of the choices, and that they are part of the numerics.
#include "support.h"

namespace fovea::test {
namespace {

class TuneTest : public ::testing::Test {
 protected:
  void SetUp() override { made = make(small_resnet); }
  std::string summary(const fv_model* model) {
    size_t size = 0;
    EXPECT_EQ(FV_OK, fv_model_summary(model, 4, nullptr, 0, &size, &err)) << err.message;
    std::string text(size, '\0');
    EXPECT_EQ(FV_OK, fv_model_summary(model, 4, text.data(), size, nullptr, &err)) << err.message;
    return text;
  }

  fv_error err{};
  Made made;
  Folder folder;
};

// Of a model that was loaded the choices are those of the tuning, and the bits on any number of threads.
TEST_F(TuneTest, ChoicesAreSavedAndGiveTheSameBits) {
  const std::vector<double> before = weights(made.model);
  auto tuning = init<fv_tuning>();
  OK(fv_model_tune(made.model, DESC(fv_tune_desc, .batch_size = 4, .training = 1, .repetitions = 1), &tuning,
                   &err));
  EXPECT_EQ(weights(made.model), before);
  EXPECT_GT(tuning.seconds_before, 0);
  EXPECT_GT(tuning.seconds_after, 0);
  EXPECT_GE(tuning.changed, 0);
  const std::string path = folder / "tuned.fovea";
  OK(fv_model_save(made.model, path.c_str(), &err));
  const std::vector<float> x = noise(4 * 8 * 8 * 3);
  const std::vector<int32_t> y = labels(4, 10);
  std::vector<double> first;
  for (const int32_t threads : {1, 2, 3}) {
    Context context;
    Model model;
    OK(fv_context_create(DESC(fv_context_desc, .threads = threads), context.out(), &err));
    OK(fv_model_load(context, path.c_str(), model.out(), &err));
    EXPECT_EQ(summary(model), summary(made.model));
    const Trainer trainer = make_trainer(model);
    const fv_tensor in = tensor(x, {4, 8, 8, 3}), target = tensor(y, {4});
    for (int step = 0; step < 3; ++step) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
    if (first.empty()) first = weights(model);
    EXPECT_EQ(weights(model), first) << threads;
  }
  // The model that was tuned computes as the loaded ones.
  const Trainer trainer = make_trainer(made.model);
  const fv_tensor in = tensor(x, {4, 8, 8, 3}), target = tensor(y, {4});
  for (int step = 0; step < 3; ++step) OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  EXPECT_EQ(weights(made.model), first);
}

TEST_F(TuneTest, Refusals) {
  FAILS(FV_INVALID_ARGUMENT, fv_model_tune(made.model, DESC(fv_tune_desc, .batch_size = -1), nullptr, &err),
        "batch_size is -1");
  FAILS(FV_INVALID_ARGUMENT,
        fv_model_tune(made.model, DESC(fv_tune_desc, .repetitions = 1001), nullptr, &err),
        "repetitions is 1001");
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  fv_cancel_token_cancel(token);
  const std::string before = summary(made.model);
  FAILS(FV_CANCELLED, fv_model_tune(made.model, DESC(fv_tune_desc, .cancel = token), nullptr, &err),
        "tuning");
  EXPECT_EQ(summary(made.model), before);
  const Trainer trainer = make_trainer(made.model);
  FAILS(FV_BUSY, fv_model_tune(made.model, nullptr, nullptr, &err), "has a trainer");
}

}  // namespace
}  // namespace fovea::test
