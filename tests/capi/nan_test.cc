// Outputs that are no numbers: whoever asks for the largest of them gets the same answer, that none is.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class NanTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = make(lenet);
    data = digits(made.context, 60);
    const std::vector<double> none(10, NAN);
    const fv_tensor bias = tensor(none, {10});
    OK(fv_model_set_tensor(made.model, "logits.bias", &bias, &err));
  }
  void open() {
    OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 20), session.out(), &err));
  }

  Made made;
  Dataset data;
  Session session;
  fv_error err{};
};

TEST_F(NanTest, AStepHasNothingRight) {
  Trainer trainer = make_trainer(made.model);
  const fv_metric_desc accuracy{.struct_size = sizeof accuracy, .metric = FV_METRIC_ACCURACY};
  const fv_metric_desc* const metrics[] = {&accuracy};
  OK(fv_trainer_set_metrics(trainer, metrics, 1, &err));
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 60), &err));
  auto progress = init<fv_progress>();
  OK(fv_trainer_next(trainer, &progress, &err));
  EXPECT_EQ(0, progress.accuracy);
  double measured = -1;
  OK(fv_trainer_metric_values(trainer, &measured, 1, nullptr, &err));
  EXPECT_EQ(0, measured);
}

TEST_F(NanTest, AnEvaluationHasNothingRightAndNoColumn) {
  open();
  int64_t confusion[100];
  auto found = init<fv_evaluation>();
  OK(fv_session_evaluate(
      session, data, DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .confusion = confusion),
      &found, &err));
  EXPECT_EQ(0, found.accuracy);
  EXPECT_TRUE(std::isnan(found.loss));
  for (const int64_t count : confusion) EXPECT_EQ(0, count);
}

TEST_F(NanTest, AnEnsembleHasNothingRight) {
  open();
  fv_session* const sessions[] = {session};
  auto found = init<fv_evaluation>();
  OK(fv_ensemble_evaluate(sessions, 1, data, nullptr, &found, &err));
  EXPECT_EQ(0, found.accuracy);
  EXPECT_TRUE(std::isnan(found.loss));
}

}  // namespace
}  // namespace fovea::test
