// A single output that decides between two classes, fed with labels.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

constexpr size_t kCount = 48;

class Decision : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(nullptr, context.out(), &err));
    for (size_t i = 0; i < kCount; ++i) {
      const float sum = x[2 * i] + 0.5f * x[2 * i + 1];
      yes.push_back(sum > 0.1f);
      targets.push_back(static_cast<float>(yes.back()));
    }
  }
  Model make(fv_activation activation) {
    Model model;
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    const fv_node in = fv_input(graph, DESC(fv_input_desc, .shape = {2}));
    const fv_node out = fv_dense(graph, in, DESC(fv_dense_desc, .units = 1, .activation = activation));
    EXPECT_EQ(FV_OK, fv_model_create(graph, &out, 1, DESC(fv_model_desc, .seed = 3), model.out(), &err));
    return model;
  }
  Trainer train(const Model& model, fv_loss loss, const fv_mix_desc* mix = nullptr) {
    Trainer trainer;
    EXPECT_EQ(FV_OK, fv_trainer_create(model,
                                       DESC(fv_trainer_desc, .loss = loss, .optimizer = FV_OPT_SGD,
                                            .learning_rate = 1, .seed = 5, .mix = mix),
                                       trainer.out(), &err))
        << err.message;
    return trainer;
  }
  Dataset labelled(int32_t classes = 2) {
    Dataset d;
    EXPECT_EQ(FV_OK,
              fv_dataset_from_memory(context,
                                     DESC(fv_memory_dataset_desc, .classes = classes,
                                          .samples = tensor(x, {kCount, 2}), .labels = tensor(yes, {kCount})),
                                     d.out(), &err));
    return d;
  }
  Dataset targeted() {
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context,
                                            DESC(fv_memory_dataset_desc, .samples = tensor(x, {kCount, 2}),
                                                 .targets = tensor(targets, {kCount, 1})),
                                            d.out(), &err))
        << err.message;
    return d;
  }
  // How many of the model's outputs are on the right side of the threshold.
  double right(const Model& model, float threshold) {
    Session session;
    EXPECT_EQ(FV_OK,
              fv_session_create(model, DESC(fv_session_desc, .max_batch = kCount), session.out(), &err));
    const fv_tensor in = tensor(x, {kCount, 2});
    std::vector<float> y(kCount);
    fv_buffer out = buffer(y);
    EXPECT_EQ(FV_OK, fv_session_run(session, &in, 1, &out, 1, &err)) << err.message;
    double count = 0;
    for (size_t i = 0; i < kCount; ++i) count += (y[i] > threshold) == (yes[i] == 1);
    return count / kCount;
  }
  fv_evaluation evaluate(const Model& model, const fv_evaluate_desc* desc) {
    Session session;
    auto e = init<fv_evaluation>();
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_batch = 7), session.out(), &err));
    EXPECT_EQ(FV_OK, fv_session_evaluate(session, labelled(), desc, &e, &err)) << err.message;
    return e;
  }

  fv_error err{};
  Context context;
  Graph graph;
  std::vector<float> x = noise(2 * kCount), targets;
  std::vector<int32_t> yes;
};

// Labels train to the same bits as targets of 0 and 1, also where batches are mixed.
TEST_F(Decision, LabelsAreTargets) {
  const fv_mix_desc mixup{.struct_size = sizeof mixup, .mixup = 0.4};
  for (const fv_loss loss : {FV_LOSS_BINARY_CROSS_ENTROPY, FV_LOSS_FOCAL, FV_LOSS_MEAN_SQUARED_ERROR})
    for (const fv_mix_desc* mix : {static_cast<const fv_mix_desc*>(nullptr), &mixup}) {
      const Model a = make(FV_ACT_LINEAR), b = make(FV_ACT_LINEAR);
      const Trainer of_a = train(a, loss, mix), of_b = train(b, loss, mix);
      OK(fv_trainer_fit(of_a, labelled(), nullptr, DESC(fv_fit_desc, .epochs = 3, .batch_size = 9), &err));
      OK(fv_trainer_fit(of_b, targeted(), nullptr, DESC(fv_fit_desc, .epochs = 3, .batch_size = 9), &err));
      EXPECT_EQ(weights(a), weights(b)) << loss;
    }
}

TEST_F(Decision, AccuracyIsThatOfTheThreshold) {
  const Model model = make(FV_ACT_LINEAR);
  const Trainer trainer = train(model, FV_LOSS_BINARY_CROSS_ENTROPY);
  OK(fv_trainer_fit(trainer, labelled(), labelled(), DESC(fv_fit_desc, .epochs = 40, .batch_size = 8), &err));
  auto row = init<fv_progress>();
  OK(fv_trainer_get_progress(trainer, &row, &err));
  EXPECT_GT(row.accuracy, 0.9);
  const double logits = right(model, 0), halves = right(model, 0.5f);
  ASSERT_NE(logits, halves);
  auto f1 = init<fv_metric_desc>(), accuracy = init<fv_metric_desc>();
  f1.metric = FV_METRIC_F1;
  accuracy.metric = FV_METRIC_ACCURACY;
  const fv_metric_desc* const metrics[] = {&f1, &accuracy};
  double values[2];
  int64_t confusion[4];
  const fv_evaluation e =
      evaluate(model, DESC(fv_evaluate_desc, .loss = FV_LOSS_BINARY_CROSS_ENTROPY, .confusion = confusion,
                           .metrics = metrics, .metric_count = 2, .metric_values = values));
  EXPECT_EQ(e.accuracy, logits);
  EXPECT_EQ(values[1], logits);
  EXPECT_EQ(static_cast<double>(confusion[0] + confusion[3]) / kCount, logits);
  EXPECT_DOUBLE_EQ(values[0], 2.0 * static_cast<double>(confusion[3]) /
                                  static_cast<double>(2 * confusion[3] + confusion[1] + confusion[2]));
  EXPECT_EQ(evaluate(model, DESC(fv_evaluate_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR)).accuracy, halves);
  EXPECT_EQ(evaluate(model, nullptr).accuracy, logits);
}

// Without a loss the output of a sigmoid is no logit.
TEST_F(Decision, ASigmoidDecidesAtAHalf) {
  const Model model = make(FV_ACT_SIGMOID);
  ASSERT_NE(right(model, 0.5f), right(model, 0));
  EXPECT_EQ(evaluate(model, nullptr).accuracy, right(model, 0.5f));
}

TEST_F(Decision, Refusals) {
  const Model model = make(FV_ACT_LINEAR);
  const Trainer trainer = train(model, FV_LOSS_BINARY_CROSS_ENTROPY);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_fit(trainer, labelled(3), nullptr, nullptr, &err), "3 classes", "1");
  const fv_tensor in = tensor(x, {kCount, 2});
  std::vector<int32_t> many = yes;
  many[7] = 2;
  const fv_tensor target = tensor(many, {kCount});
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_step(trainer, &in, 1, &target, nullptr, &err), "label 2 of sample 7",
        "[0, 2)");
  Trainer softmax;
  const Model other = make(FV_ACT_LINEAR);
  OK(fv_trainer_create(other,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD),
                       softmax.out(), &err));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_fit(softmax, labelled(), nullptr, nullptr, &err), "2 classes");
}

}  // namespace
}  // namespace fovea::test
