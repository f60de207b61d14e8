// Running statistics measured anew, as after averaging weights.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class BatchNormUpdateTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err));
    OK(fv_graph_create(context, graph.out(), &err));
    fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {5, 5, 2}));
    x = fv_conv2d(graph, x, DESC(fv_conv2d_desc, .name = "conv", .filters = 4, .kernel = {3, 3}));
    x = fv_batch_norm(graph, x, DESC(fv_batch_norm_desc, .name = "bn"));
    x = fv_dropout(graph, fv_relu(graph, x, nullptr), nullptr);
    x = fv_dense(graph, fv_flatten(graph, x, nullptr), DESC(fv_dense_desc, .units = 3));
    OK(fv_model_create(graph, &x, 1, DESC(fv_model_desc, .dtype = FV_F64, .seed = 2), model.out(), &err));
    const fv_tensor samples = tensor(images, {kCount, 5, 5, 2}), target = tensor(truth, {kCount});
    OK(fv_dataset_from_memory(context, DESC(fv_memory_dataset_desc, .samples = samples, .labels = target),
                              data.out(), &err));
  }
  std::vector<double> get(const char* name) {
    std::vector<double> values(4);
    fv_buffer to = buffer(values);
    EXPECT_EQ(FV_OK, fv_model_get_tensor(model, name, &to, &err)) << err.message;
    return values;
  }
  // What the convolution gives, by inference.
  std::vector<double> convolved() {
    const char* node = "conv";
    Session session;
    EXPECT_EQ(FV_OK,
              fv_session_create(
                  model, DESC(fv_session_desc, .max_batch = kCount, .outputs = &node, .output_count = 1),
                  session.out(), &err));
    std::vector<double> y(kCount * 9 * 4);
    fv_buffer to = buffer(y);
    const fv_tensor in = tensor(images, {kCount, 5, 5, 2});
    EXPECT_EQ(FV_OK, fv_session_run(session, &in, 1, &to, 1, &err)) << err.message;
    return y;
  }

  static constexpr int64_t kCount = 24;
  Context context;
  Graph graph;
  Model model;
  Dataset data;
  fv_error err{};
  std::vector<float> images = noise(kCount * 50);
  std::vector<int32_t> truth = labels(kCount, 3);
};

TEST_F(BatchNormUpdateTest, OneBatchGivesItsOwnMeanAndVariance) {
  const std::vector<double> y = convolved(), before = weights(model);
  OK(fv_model_update_batch_norm(model, data, DESC(fv_batch_norm_update_desc, .batch_size = kCount), &err));
  const std::vector<double> mean = get("bn.running_mean"), variance = get("bn.running_var");
  for (size_t c = 0; c < 4; ++c) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < y.size(); i += 4) sum += y[i];
    const double n = kCount * 9, m = sum / n;
    for (size_t i = c; i < y.size(); i += 4) squares += (y[i] - m) * (y[i] - m);
    EXPECT_NEAR(m, mean[c], 1e-12);
    EXPECT_NEAR(squares / (n - 1), variance[c], 1e-12);
  }
  // Nothing else has moved.
  const std::vector<double> after = weights(model);
  size_t moved = 0;
  for (size_t i = 0; i < after.size(); ++i) moved += before[i] != after[i];
  EXPECT_EQ(8u, moved);
}

TEST_F(BatchNormUpdateTest, SeveralBatchesGiveTheMeanOfTheirs) {
  const std::vector<double> y = convolved();
  OK(fv_model_update_batch_norm(model, data, DESC(fv_batch_norm_update_desc, .batch_size = 8, .seed = 5),
                                &err));
  const std::vector<double> mean = get("bn.running_mean"), variance = get("bn.running_var");
  for (size_t c = 0; c < 4; ++c) {
    double sum = 0, squares = 0;
    for (size_t i = c; i < y.size(); i += 4) sum += y[i], squares += y[i] * y[i];
    const double n = kCount * 9, m = sum / n;
    EXPECT_NEAR(m, mean[c], 1e-12);  // batches of one size: the mean of the means
    // The mean variance within batches is that of the whole less what lies between them.
    EXPECT_NEAR(squares / n - m * m, variance[c], 0.2 * variance[c]);
  }
  OK(fv_model_update_batch_norm(
      model, data, DESC(fv_batch_norm_update_desc, .batch_size = 8, .batches = 1, .seed = 5), &err));
  EXPECT_NE(mean, get("bn.running_mean"));
}

TEST_F(BatchNormUpdateTest, AfterWeightAveraging) {
  Trainer trainer;
  OK(fv_trainer_create(
      model,
      DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
           .learning_rate = 0.5, .average = DESC(fv_average_desc, .averaging = FV_AVERAGE_EQUAL)),
      trainer.out(), &err));
  OK(fv_trainer_fit(trainer, data, nullptr, DESC(fv_fit_desc, .epochs = 20, .batch_size = 8), &err));
  Model averaged;
  OK(fv_trainer_averaged_model(trainer, averaged.out(), &err));
  const auto loss = [&] {
    Session session;
    auto result = init<fv_evaluation>();
    EXPECT_EQ(FV_OK, fv_session_create(averaged, nullptr, session.out(), &err));
    EXPECT_EQ(FV_OK, fv_session_evaluate(session, data,
                                         DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY),
                                         &result, &err));
    return result.loss;
  };
  const double before = loss();
  OK(fv_model_update_batch_norm(averaged, data, nullptr, &err));
  EXPECT_LT(loss(), before);
}

TEST_F(BatchNormUpdateTest, RefusalsLeaveTheModelAlone) {
  const std::vector<double> before = weights(model);
  const Dataset other = digits(context, 10);
  FAILS(FV_INVALID_ARGUMENT, fv_model_update_batch_norm(model, other, nullptr, &err), "28x28x1", "5x5x2");
  FAILS(FV_INVALID_ARGUMENT,
        fv_model_update_batch_norm(model, data, DESC(fv_batch_norm_update_desc, .batches = -1), &err), "-1");
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  fv_cancel_token_cancel(token);
  FAILS(FV_CANCELLED,
        fv_model_update_batch_norm(model, data, DESC(fv_batch_norm_update_desc, .cancel = token), &err),
        "cancelled");
  EXPECT_EQ(before, weights(model));
}

}  // namespace
}  // namespace fovea::test
