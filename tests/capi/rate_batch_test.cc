// How batch size, learning rate and the noise of the gradient go together.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class RateBatchTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = make(lenet, nullptr, FV_F64);
    data = digits(made.context, 50);
  }
  Trainer trainer(double rate, int32_t rate_batch, int32_t accumulate = 0) {
    Trainer t;
    EXPECT_EQ(FV_OK, fv_model_reinitialize(made.model, 1, &err));
    EXPECT_EQ(FV_OK, fv_trainer_create(made.model,
                                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                            .optimizer = FV_OPT_SGD, .learning_rate = rate, .seed = 2,
                                            .accumulate_steps = accumulate, .rate_batch = rate_batch),
                                       t.out(), &err)) << err.message;
    return t;
  }
  std::vector<double> after_fit(double rate, int32_t rate_batch, int32_t batch_size, int32_t accumulate = 0) {
    const Trainer t = trainer(rate, rate_batch, accumulate);
    EXPECT_EQ(FV_OK, fv_trainer_fit(t, data, nullptr, DESC(fv_fit_desc, .batch_size = batch_size), &err))
        << err.message;
    return weights(made.model);
  }

  Made made;
  Dataset data;
  fv_error err{};
};

TEST_F(RateBatchTest, P8TheRateGrowsWithTheBatch) {
  // 50 samples in batches of 16: the last one, of 2, takes the same rate.
  EXPECT_EQ(after_fit(0.0625, 0, 16), after_fit(0.03125, 8, 16));
  EXPECT_EQ(after_fit(0.0625, 0, 16), after_fit(0.25, 64, 16));
  EXPECT_EQ(after_fit(0.125, 0, 16, 2), after_fit(0.03125, 8, 16, 2));
  // A batch larger than the dataset has its 50 samples.
  EXPECT_EQ(after_fit(0.25, 0, 50), after_fit(0.125, 25, 64));
}

TEST_F(RateBatchTest, P8TheRateIsReported) {
  Trainer t = trainer(0.125, 4);
  EXPECT_EQ(0.125, fv_trainer_learning_rate(t));
  OK(fv_trainer_feed(t, data, DESC(fv_feed_desc, .batch_size = 16), &err));
  EXPECT_EQ(0.5, fv_trainer_learning_rate(t));
  auto progress = init<fv_progress>();
  OK(fv_trainer_next(t, &progress, &err));
  EXPECT_EQ(0.5, progress.learning_rate);
  // The host's own batch is as large as it is.
  const std::vector<float> x = noise(2 * 28 * 28);
  const std::vector<int32_t> y = labels(2, 10);
  const fv_tensor input = tensor(x, {2, 28, 28, 1});
  const fv_tensor target = tensor(y, {2});
  OK(fv_trainer_step(t, &input, 1, &target, nullptr, &err));
  EXPECT_EQ(0.0625, fv_trainer_learning_rate(t));
  OK(fv_trainer_next(t, &progress, &err));
  EXPECT_EQ(0.5, progress.learning_rate);
}

TEST_F(RateBatchTest, P8ACheckpointKeepsIt) {
  const Folder folder;
  Trainer t = trainer(0.125, 4);
  OK(fv_trainer_fit(t, data, nullptr, DESC(fv_fit_desc, .batch_size = 16), &err));
  OK(fv_trainer_save(t, (folder / "t").c_str(), &err));
  Trainer loaded;
  OK(fv_trainer_load(made.context, (folder / "t").c_str(), loaded.out(), &err));
  const fv_fit_desc more = *DESC(fv_fit_desc, .epochs = 2, .batch_size = 16);
  OK(fv_trainer_fit(t, data, nullptr, &more, &err));
  OK(fv_trainer_fit(loaded, data, nullptr, &more, &err));
  EXPECT_EQ(weights(made.model), weights(fv_trainer_model(loaded)));
  EXPECT_EQ(0.5, fv_trainer_learning_rate(loaded));
}

TEST_F(RateBatchTest, Refused) {
  fv_trainer* none = nullptr;
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_create(made.model, DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                           .optimizer = FV_OPT_SGD, .rate_batch = -1), &none, &err),
        "rate_batch is -1");
}

// The mean of B independent gradients has 1 / B of their variance: four times the batch, a quarter of it.
TEST_F(RateBatchTest, P9GradientNoiseFallsWithTheBatch) {
  constexpr int64_t kDraws = 48;
  const Dataset many = digits(made.context, kDraws * 64, 3);
  const Trainer t = trainer(0.1, 0);
  std::vector<uint8_t> images(64 * 28 * 28);
  std::vector<int64_t> truth(64);
  double before = 0;
  for (const int64_t batch : {4, 16, 64}) {
    std::vector<double> sum, squares;
    for (int64_t draw = 0; draw < kDraws; ++draw) {
      for (int64_t i = 0; i < batch; ++i) {
        fv_buffer image{};
        image.data = images.data() + i * 28 * 28;
        image.capacity = 28 * 28;
        OK(fv_dataset_get(many, draw * batch + i, &image, &truth[static_cast<size_t>(i)], &err));
      }
      const fv_tensor input = tensor(images, {batch, 28, 28, 1});
      const fv_tensor target = tensor(truth, {batch});
      OK(fv_trainer_backward(t, &input, 1, &target, nullptr, &err));
      std::vector<double> gradient(6 * 5 * 5);  // of the first convolution
      fv_buffer out = buffer(gradient);
      OK(fv_trainer_get_gradient(t, "conv1.kernel", &out, &err));
      sum.resize(gradient.size());
      squares.resize(gradient.size());
      for (size_t i = 0; i < gradient.size(); ++i) {
        sum[i] += gradient[i];
        squares[i] += gradient[i] * gradient[i];
      }
    }
    double variance = 0;
    for (size_t i = 0; i < sum.size(); ++i)
      variance += (squares[i] - sum[i] * sum[i] / kDraws) / (kDraws - 1);
    if (before != 0) {
      EXPECT_NEAR(4, before / variance, 1.4) << batch;
    }
    before = variance;
  }
}

}  // namespace
}  // namespace fovea::test
