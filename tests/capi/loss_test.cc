// Losses through the public API: options, several outputs, weights of samples, gradients of the host's,
// checkpoints.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class LossTest : public ::testing::Test {
 protected:
  LossTest() : x(noise(8 * 12)), y(labels(8, 3)), in(tensor(x, {8, 12})), target(tensor(y, {8})) {}
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  // Logits, and an auxiliary head on the layer before.
  Model two_heads() {
    Model model;
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    const fv_node image = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
    const fv_node h =
        fv_dense(graph, image, DESC(fv_dense_desc, .name = "h", .units = 16, .activation = FV_ACT_RELU));
    const fv_node h2 =
        fv_dense(graph, h, DESC(fv_dense_desc, .name = "h2", .units = 16, .activation = FV_ACT_RELU));
    const fv_node outputs[] = {fv_dense(graph, h2, DESC(fv_dense_desc, .name = "logits", .units = 3)),
                               fv_dense(graph, h, DESC(fv_dense_desc, .name = "aux", .units = 3))};
    EXPECT_EQ(FV_OK, fv_model_create(graph, outputs, 2, DESC(fv_model_desc, .seed = 2), model.out(), &err))
        << err.message;
    return model;
  }
  Trainer trainer_with(fv_model* model, std::vector<const fv_loss_desc*> losses) {
    Trainer trainer;
    EXPECT_EQ(FV_OK, fv_trainer_create(model,
                                       DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .learning_rate = 0.1,
                                            .losses = losses.data(), .loss_count = losses.size()),
                                       trainer.out(), &err))
        << err.message;
    return trainer;
  }

  std::vector<float> x;
  std::vector<int32_t> y;
  fv_tensor in, target;
  Context context;
  Graph graph;
  fv_error err{};
};

fv_loss_desc loss(fv_loss kind) {
  fv_loss_desc d{};
  d.struct_size = sizeof d;
  d.loss = kind;
  return d;
}

TEST_F(LossTest, SeveralOutputsAddUp) {
  Model model = two_heads();
  const fv_loss_desc main = loss(FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  fv_loss_desc aux = main;
  aux.output = "aux";
  aux.weight = 0.3;
  Trainer trainer = trainer_with(model, {&main, &aux});
  double total = 0, parts[2] = {};
  size_t count = 0;
  OK(fv_trainer_loss_values(trainer, parts, 2, &count, &err));
  EXPECT_EQ(2u, count);
  EXPECT_TRUE(std::isnan(parts[0]));
  OK(fv_trainer_backward(trainer, &in, 1, &target, &total, &err));
  OK(fv_trainer_loss_values(trainer, parts, 2, &count, &err));
  EXPECT_NEAR(total, parts[0] + 0.3 * parts[1], 1e-12);

  // The gradient of the shared layer is the weighted sum of those of two trainers with one loss each.
  std::vector<std::vector<double>> gradients;
  for (const auto& set : {std::vector<const fv_loss_desc*>{&main, &aux}, {&main}, {&aux}}) {
    Model fresh = two_heads();
    Trainer t = trainer_with(fresh, set);
    OK(fv_trainer_backward(t, &in, 1, &target, nullptr, &err));
    std::vector<double> g(12 * 16);
    fv_buffer b = buffer(g);
    OK(fv_trainer_get_gradient(t, "h.kernel", &b, &err));
    gradients.push_back(g);
  }
  for (size_t i = 0; i < gradients[0].size(); ++i)
    EXPECT_NEAR(gradients[0][i], gradients[1][i] + gradients[2][i], 1e-6);
  double first = 0, last = 0;
  OK(fv_trainer_step(trainer, &in, 1, &target, &first, &err));
  for (int i = 0; i < 100; ++i) OK(fv_trainer_step(trainer, &in, 1, &target, &last, &err));
  EXPECT_LT(last, 0.5 * first);
}

TEST_F(LossTest, OneTargetForEachLossAndWeightsForSamples) {
  Model model = two_heads();
  const fv_loss_desc main = loss(FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  fv_loss_desc squares = loss(FV_LOSS_HUBER);
  squares.delta = 0.5;
  Trainer trainer = trainer_with(model, {&main, &squares});
  const std::vector<float> values = noise(8 * 3, 9);
  const std::vector<double> weights{1, 1, 1, 1, 0, 0, 0, 0};
  const fv_tensor targets[] = {target, tensor(values, {8, 3})}, w = tensor(weights, {8});
  double all = 0, half = 0, first_half = 0;
  OK(fv_trainer_backward_batch(
      trainer, DESC(fv_batch, .inputs = &in, .input_count = 1, .targets = targets, .target_count = 2), &all,
      &err));
  OK(fv_trainer_backward_batch(trainer,
                               DESC(fv_batch, .inputs = &in, .input_count = 1, .targets = targets,
                                    .target_count = 2, .sample_weights = &w),
                               &half, &err));
  fv_tensor in4 = tensor(x, {4, 12});
  fv_tensor targets4[] = {tensor(y, {4}), tensor(values, {4, 3})};
  OK(fv_trainer_step_batch(
      trainer, DESC(fv_batch, .inputs = &in4, .input_count = 1, .targets = targets4, .target_count = 2),
      &first_half, &err));
  EXPECT_NEAR(half, first_half, 1e-6);
  EXPECT_NE(all, half);

  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_backward_batch(trainer, DESC(fv_batch, .inputs = &in, .input_count = 1), nullptr, &err),
        "0 targets", "1 or 2");
  const std::vector<double> bad{1, 1, -1, 1, 1, 1, 1, 1};
  const fv_tensor negative = tensor(bad, {8}), few = tensor(bad, {4});
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_backward_batch(trainer,
                                  DESC(fv_batch, .inputs = &in, .input_count = 1, .targets = targets,
                                       .target_count = 2, .sample_weights = &negative),
                                  nullptr, &err),
        "sample 2", "-1");
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_backward_batch(trainer,
                                  DESC(fv_batch, .inputs = &in, .input_count = 1, .targets = targets,
                                       .target_count = 2, .sample_weights = &few),
                                  nullptr, &err),
        "sample weights", "expected 8");
}

// O3: a gradient that the host computes, here that of the mean squared error, does what the loss does, up to
// the rounding of the host's own arithmetic.
TEST_F(LossTest, O3GradientOfTheHost) {
  std::vector<std::vector<double>> after;
  for (const bool host : {false, true}) {
    Model model = two_heads();
    const fv_loss_desc own = loss(FV_LOSS_HOST_GRADIENT), squares = loss(FV_LOSS_MEAN_SQUARED_ERROR);
    Trainer trainer = trainer_with(model, {host ? &own : &squares});
    std::vector<float> one_hot(8 * 3, 0.0f);
    for (size_t i = 0; i < 8; ++i) one_hot[i * 3 + static_cast<size_t>(y[i])] = 1;
    for (int step = 0; step < 5; ++step) {
      if (!host) {
        OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
        continue;
      }
      std::vector<float> logits(24), aux(24), gradient(24), none(24, 0.0f);
      fv_buffer outputs[] = {buffer(logits), buffer(aux)};
      OK(fv_trainer_forward(trainer, &in, 1, outputs, 2, &err));
      EXPECT_EQ(8, outputs[0].shape[0]);
      EXPECT_EQ(3, outputs[0].shape[1]);
      for (size_t i = 0; i < 24; ++i)
        gradient[i] = static_cast<float>(2.0 / 3 / 8) * (logits[i] - one_hot[i]);
      const fv_tensor gradients[] = {tensor(gradient, {8, 3}), tensor(none, {8, 3})};
      OK(fv_trainer_backward_from(trainer, gradients, 2, &err));
      OK(fv_trainer_apply(trainer, &err));
    }
    after.push_back(weights(model));
  }
  ASSERT_EQ(after[0].size(), after[1].size());
  for (size_t i = 0; i < after[0].size(); ++i) EXPECT_NEAR(after[0][i], after[1][i], 1e-6);
}

// O3: the expected reward of a bandit has no gradient to differentiate, since the arm is drawn. The score
// function's estimator (Williams 1992, REINFORCE with a baseline) gives one for the logits: (reward - baseline)
// (p - one-hot of the arm). Four contexts, three arms, one of them right in each.
TEST_F(LossTest, O3ScoreFunctionLearnsABandit) {
  constexpr size_t kContexts = 4, kArms = 3, kBatch = 32;
  Graph bandit;
  Model model;
  OK(fv_graph_create(context, bandit.out(), &err));
  const fv_node seen = fv_input(bandit, DESC(fv_input_desc, .name = "context", .shape = {kContexts}));
  const fv_node arms = fv_dense(bandit, seen, DESC(fv_dense_desc, .units = kArms));
  OK(fv_model_create(bandit, &arms, 1, nullptr, model.out(), &err));
  const fv_loss_desc own = loss(FV_LOSS_HOST_GRADIENT);
  Trainer trainer = trainer_with(model, {&own});

  uint32_t state = 1;
  const auto uniform = [&state] {
    state = state * 1664525u + 1013904223u;
    return static_cast<double>(state >> 8) / (1 << 24);
  };
  std::vector<float> contexts(kBatch * kContexts), logits(kBatch * kArms), gradient(kBatch * kArms);
  double baseline = 0, early = 0, late = 0;
  for (int step = 0; step < 600; ++step) {
    std::vector<size_t> right(kBatch);
    std::fill(contexts.begin(), contexts.end(), 0.0f);
    for (size_t i = 0; i < kBatch; ++i) {
      const auto k = static_cast<size_t>(uniform() * kContexts);
      contexts[i * kContexts + k] = 1;
      right[i] = (2 * k + 1) % kArms;
    }
    const fv_tensor in_contexts = tensor(contexts, {kBatch, kContexts});
    const fv_tensor dy = tensor(gradient, {kBatch, kArms});
    fv_buffer out = buffer(logits);
    OK(fv_trainer_forward(trainer, &in_contexts, 1, &out, 1, &err));
    double rewards = 0;
    for (size_t i = 0; i < kBatch; ++i) {
      const float* x_i = logits.data() + i * kArms;
      double p[kArms], sum = 0;
      for (size_t a = 0; a < kArms; ++a) sum += p[a] = std::exp(static_cast<double>(x_i[a]));
      size_t arm = 0;
      for (double left = uniform() * sum - p[0]; left > 0 && arm + 1 < kArms; left -= p[arm]) ++arm;
      const double reward = arm == right[i] ? 1 : 0;
      rewards += reward / kBatch;
      for (size_t a = 0; a < kArms; ++a)
        gradient[i * kArms + a] =
            static_cast<float>((reward - baseline) * (p[a] / sum - (a == arm ? 1 : 0)) / kBatch);
    }
    baseline = 0.9 * baseline + 0.1 * rewards;
    (step < 20 ? early : late) += step < 20 ? rewards / 20 : step >= 500 ? rewards / 100 : 0;
    OK(fv_trainer_backward_from(trainer, &dy, 1, &err));
    OK(fv_trainer_apply(trainer, &err));
  }
  EXPECT_LT(early, 0.6);
  EXPECT_GT(late, 0.9);
}

TEST_F(LossTest, HostGradientRefusals) {
  Model model = two_heads();
  std::vector<float> a(24), b(24);
  fv_buffer outputs[] = {buffer(a), buffer(b)};
  const fv_tensor gradients[] = {tensor(a, {8, 3}), tensor(b, {8, 3})},
                  wrong[] = {tensor(a, {4, 3}), tensor(b, {4, 3})};
  const fv_loss_desc own = loss(FV_LOSS_HOST_GRADIENT), main = loss(FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  {
    Trainer trainer = trainer_with(model, {&main});
    FAILS(FV_INVALID_ARGUMENT, fv_trainer_forward(trainer, &in, 1, outputs, 1, &err), "losses of its own");
    FAILS(FV_INVALID_ARGUMENT, fv_trainer_backward_from(trainer, gradients, 1, &err),
          "fv_trainer_forward first");
  }
  Trainer trainer = trainer_with(model, {&own});
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_step(trainer, &in, 1, &target, nullptr, &err), "no loss");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_backward_from(trainer, gradients, 2, &err),
        "fv_trainer_forward first");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_forward(trainer, &in, 1, outputs, 1, &err), "1 outputs", "has 2");
  OK(fv_trainer_forward(trainer, &in, 1, outputs, 2, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_backward_from(trainer, gradients, 1, &err), "1 gradients",
        "2 outputs");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_backward_from(trainer, wrong, 2, &err), "gradient 0", "8x3");
  const std::vector<float> bias(16);
  const fv_tensor zero = tensor(bias, {16});
  OK(fv_model_set_tensor(model, "h.bias", &zero, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_backward_from(trainer, gradients, 2, &err), "changed");
  OK(fv_trainer_forward(trainer, &in, 1, outputs, 2, &err));
  OK(fv_trainer_backward_from(trainer, gradients, 2, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_backward_from(trainer, gradients, 2, &err),
        "fv_trainer_forward first");
  OK(fv_trainer_apply(trainer, &err));
}

TEST_F(LossTest, CheckpointsHoldTheOptions) {
  Model model = two_heads();
  const double classes[] = {1, 2, 0.5};
  fv_loss_desc main = loss(FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  main.label_smoothing = 0.1;
  main.class_weights = classes;
  main.class_count = 3;
  main.ignore = 1;
  main.ignore_label = -1;
  fv_loss_desc hinge = loss(FV_LOSS_HINGE);
  hinge.output = "aux";
  hinge.weight = 0.5;
  hinge.margin = 2;
  hinge.squared = 1;
  hinge.reduction = FV_REDUCE_SUM;
  Trainer trainer = trainer_with(model, {&main, &hinge}), loaded;
  OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  const Folder folder;
  OK(fv_trainer_save(trainer, (folder / "t").c_str(), &err));
  OK(fv_trainer_load(context, (folder / "t").c_str(), loaded.out(), &err));
  fv_loss_desc found = loss(0);
  OK(fv_trainer_get_loss(loaded, 0, &found, &err));
  EXPECT_EQ(FV_LOSS_SOFTMAX_CROSS_ENTROPY, found.loss);
  EXPECT_EQ(0.1, found.label_smoothing);
  ASSERT_EQ(3u, found.class_count);
  EXPECT_EQ(0.5, found.class_weights[2]);
  EXPECT_EQ(1, found.ignore);
  EXPECT_EQ(-1, found.ignore_label);
  OK(fv_trainer_get_loss(loaded, 1, &found, &err));
  EXPECT_STREQ("aux", found.output);
  EXPECT_EQ(0.5, found.weight);
  EXPECT_EQ(2, found.margin);
  EXPECT_EQ(1, found.squared);
  EXPECT_EQ(FV_REDUCE_SUM, found.reduction);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_get_loss(loaded, 2, &found, &err), "loss 2", "2");
  double a = 0, b = 0;
  OK(fv_trainer_step(trainer, &in, 1, &target, &a, &err));
  OK(fv_trainer_step(loaded, &in, 1, &target, &b, &err));
  EXPECT_EQ(a, b);
  EXPECT_EQ(weights(fv_trainer_model(trainer)), weights(fv_trainer_model(loaded)));
}

// Positive weights weigh what the ones cost, and are in a checkpoint.
TEST_F(LossTest, PositiveWeights) {
  const double positive[] = {4, 1, 0.5};
  fv_loss_desc weighted = loss(FV_LOSS_BINARY_CROSS_ENTROPY), plain = weighted;
  weighted.positive_weights = positive;
  weighted.positive_count = 3;
  const std::vector<float> ones(24, 1.0f), zeros(24, 0.0f);
  for (const auto& values : {ones, zeros}) {
    const fv_tensor t = tensor(values, {8, 3});
    Model model = two_heads();
    double with = 0, without = 0, by_hand = 0;
    std::vector<float> logits(24);
    {
      Session session;
      fv_buffer b[] = {buffer(logits), buffer(logits)};
      const char* name = "logits";
      OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 8, .outputs = &name, .output_count = 1),
                           session.out(), &err));
      OK(fv_session_run(session, &in, 1, b, 1, &err));
    }
    for (size_t i = 0; i < 24; ++i)
      by_hand += (values[0] == 1 ? positive[i % 3] * std::log1p(std::exp(-logits[i]))
                                 : std::log1p(std::exp(logits[i]))) / 24;
    {
      Trainer trainer = trainer_with(model, {&weighted}), loaded;
      OK(fv_trainer_backward(trainer, &in, 1, &t, &with, &err));
      const Folder folder;
      OK(fv_trainer_save(trainer, (folder / "t").c_str(), &err));
      OK(fv_trainer_load(context, (folder / "t").c_str(), loaded.out(), &err));
      fv_loss_desc found = loss(0);
      OK(fv_trainer_get_loss(loaded, 0, &found, &err));
      ASSERT_EQ(3u, found.positive_count);
      EXPECT_EQ(0.5, found.positive_weights[2]);
    }
    Trainer trainer = trainer_with(model, {&plain});
    OK(fv_trainer_backward(trainer, &in, 1, &t, &without, &err));
    EXPECT_NEAR(by_hand, with, 1e-6);
    EXPECT_EQ(values[0] == 0, with == without);
  }
}

TEST_F(LossTest, Refusals) {
  Model model = two_heads();
  const auto refused = [&](fv_loss_desc d, std::initializer_list<const char*> words,
                           fv_status code = FV_INVALID_ARGUMENT) {
    const fv_loss_desc* list[] = {&d};
    fv_trainer* trainer = nullptr;
    const fv_status status = fv_trainer_create(
        model, DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .losses = list, .loss_count = 1), &trainer,
        &err);
    EXPECT_TRUE(failed(status, code, err, words));
    EXPECT_EQ(nullptr, trainer);
  };
  fv_loss_desc d = loss(0);
  refused(d, {"loss is required"});
  refused(d = loss(99), {"99"});
  d = loss(FV_LOSS_HUBER);
  d.squared = 1;
  refused(d, {"huber", "squared"});
  d = loss(FV_LOSS_HUBER);
  d.delta = -1;
  refused(d, {"delta", "-1"});
  d = loss(FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  d.output = "nowhere";
  refused(d, {"nowhere"}, FV_NOT_FOUND);
  const double two[] = {1, 2};
  d = loss(FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  d.class_weights = two;
  d.class_count = 2;
  refused(d, {"2 class_weights", "3 classes"});
  d.class_weights = nullptr;
  d.class_count = 0;
  d.positive_weights = two;
  d.positive_count = 2;
  refused(d, {"softmax_cross_entropy", "positive_weights"});
  d.loss = FV_LOSS_BINARY_CROSS_ENTROPY;
  refused(d, {"2 positive_weights", "3"});
  d.positive_count = 0;
  refused(d, {"positive_weights and positive_count"});
  fv_trainer* trainer = nullptr;
  const fv_loss_desc main = loss(FV_LOSS_SOFTMAX_CROSS_ENTROPY);
  fv_loss_desc again = main;
  again.output = "logits";
  const fv_loss_desc* both[] = {&main, &again};
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_create(model,
                          DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .losses = both, .loss_count = 2),
                          &trainer, &err),
        "'logits'", "two losses");
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_create(model,
                          DESC(fv_trainer_desc, .loss = FV_LOSS_HUBER, .optimizer = FV_OPT_SGD,
                               .losses = both, .loss_count = 2),
                          &trainer, &err),
        "both");
}

// fit measures the validation loss with the trainer's options, on the output that the loss is on.
TEST_F(LossTest, FitMeasuresWithTheOptions) {
  Model model = two_heads();
  fv_loss_desc d = loss(FV_LOSS_SMOOTH_L1);
  d.delta = 0.25;
  d.output = "aux";
  Trainer trainer = trainer_with(model, {&d});
  Dataset data;
  OK(fv_dataset_from_memory(context,
                            DESC(fv_memory_dataset_desc, .classes = 3, .samples = in, .labels = target),
                            data.out(), &err));
  OK(fv_trainer_fit(trainer, data, data, DESC(fv_fit_desc, .epochs = 2, .batch_size = 8), &err));
  fv_history_row rows[2];
  OK(fv_trainer_history(trainer, rows, 2, nullptr, &err));
  double after = 0;
  OK(fv_trainer_backward(trainer, &in, 1, &target, &after, &err));
  EXPECT_NEAR(after, rows[1].val_loss, 1e-6);
  EXPECT_LT(rows[1].val_loss, rows[0].loss);
}

}  // namespace
}  // namespace fovea::test
