// Losses of the host's own through the public API.
#include <cmath>

#include "custom_types.h"

namespace fovea::test {
namespace {

class CustomLossTest : public ::testing::Test {
 protected:
  CustomLossTest() : x(noise(8 * 12)), in(tensor(x, {8, 12})) {}
  void SetUp() override {
    OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err));
    add_losses(context);
  }
  void add_losses(fv_context* to) {
    for (auto [name, evaluate, over_classes] : {std::tuple{"acme.squares", &squares, 0},
                                                {"acme.cross_entropy", &cross_entropy, 0},
                                                {"acme.own", &own_entropy, 1}}) {
      fv_custom_loss_desc d = custom_loss(name, evaluate, &host);
      d.over_classes = over_classes;
      OK(fv_context_register_loss(to, &d, &err));
    }
  }
  Model network(fv_dtype dtype, int64_t units) {
    Graph graph;
    Model model;
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    fv_node n = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {12}));
    n = fv_dense(graph, n, DESC(fv_dense_desc, .name = "h", .units = 16, .activation = FV_ACT_TANH));
    n = fv_dense(graph, n, DESC(fv_dense_desc, .name = "out", .units = units));
    EXPECT_EQ(FV_OK, fv_model_create(graph, &n, 1, DESC(fv_model_desc, .dtype = dtype, .seed = 2),
                                     model.out(), &err));
    return model;
  }
  Trainer trainer_with(fv_model* model, fv_loss_desc loss) {
    Trainer trainer;
    const fv_loss_desc* list[] = {&loss};
    EXPECT_EQ(FV_OK, fv_trainer_create(model,
                                       DESC(fv_trainer_desc, .optimizer = FV_OPT_ADAM, .learning_rate = 0.01,
                                            .losses = list, .loss_count = 1),
                                       trainer.out(), &err))
        << err.message;
    return trainer;
  }
  static fv_loss_desc named(const char* name) {
    auto d = init<fv_loss_desc>();
    d.loss = FV_LOSS_CUSTOM;
    d.custom = name;
    return d;
  }
  static fv_loss_desc built_in(fv_loss loss) {
    auto d = init<fv_loss_desc>();
    d.loss = loss;
    return d;
  }
  // Losses and weights after each of twenty steps.
  std::vector<double> history(fv_dtype dtype, int64_t units, const fv_loss_desc& loss,
                              const fv_batch& batch) {
    Model model = network(dtype, units);
    Trainer trainer = trainer_with(model, loss);
    std::vector<double> all;
    for (int i = 0; i < 20; ++i) {
      double value = 0;
      EXPECT_EQ(FV_OK, fv_trainer_step_batch(trainer, &batch, &value, &err)) << err.message;
      all.push_back(value);
      const std::vector<double> w = weights(model);
      all.insert(all.end(), w.begin(), w.end());
    }
    return all;
  }

  CustomHost host;  // outlives the context
  std::vector<float> x;
  fv_tensor in;
  fv_error err{};
  Context context;
};

fv_batch batch_of(const fv_tensor& in, const fv_tensor& target, const fv_tensor* weights = nullptr) {
  auto b = init<fv_batch>();
  b.inputs = &in;
  b.input_count = 1;
  b.targets = &target;
  b.target_count = 1;
  b.sample_weights = weights;
  return b;
}

// O4: a callback in plain C. Where the arithmetic is the library's (squares: differences, and sums of two),
// bits are the same; where it is not (the library's exponential is its own), the two agree to rounding.
TEST_F(CustomLossTest, O4CallbackGivesWhatTheLibraryGives) {
  const std::vector<float> values = noise(8 * 2, 9);
  const std::vector<int32_t> two = labels(8, 2), three = labels(8, 3);
  const std::vector<double> counts{1, 0, 1, 1, 0, 1, 0, 0};
  const fv_tensor targets = tensor(values, {8, 2}), labels2 = tensor(two, {8}), labels3 = tensor(three, {8}),
                  w = tensor(counts, {8});
  for (const fv_dtype dtype : {FV_F32, FV_F64}) {
    const auto same = [&](const fv_batch& b) {
      EXPECT_EQ(history(dtype, 2, built_in(FV_LOSS_MEAN_SQUARED_ERROR), b),
                history(dtype, 2, named("acme.squares"), b));
    };
    same(batch_of(in, targets));
    same(batch_of(in, labels2));
    same(batch_of(in, targets, &w));  // four of eight count, with a fourth each
    const fv_batch b = batch_of(in, labels3);
    const std::vector<double> theirs = history(dtype, 3, built_in(FV_LOSS_SOFTMAX_CROSS_ENTROPY), b),
                              ours = history(dtype, 3, named("acme.cross_entropy"), b),
                              own = history(dtype, 3, named("acme.own"), b);
    EXPECT_EQ(theirs, own) << "cross-entropy through fv_custom_rows_loss";
    ASSERT_EQ(theirs.size(), ours.size());
    double worst = 0;
    for (size_t i = 0; i < ours.size(); ++i) worst = std::fmax(worst, std::fabs(ours[i] - theirs[i]));
    EXPECT_LT(worst, dtype == FV_F64 ? 1e-13 : 1e-4);
  }
}

// Weights that are no power of two, a sum, a factor: one rounding of the gradient apart.
TEST_F(CustomLossTest, O4WeightsAndReductionAreTheLibrarys) {
  const std::vector<int32_t> y = labels(8, 3);
  const std::vector<double> counts{1, 0.3, 2, 1, 0, 1.7, 1, 1};
  const fv_tensor target = tensor(y, {8}), w = tensor(counts, {8});
  const fv_batch b = batch_of(in, target, &w);
  for (const fv_reduction reduction : {FV_REDUCE_MEAN, FV_REDUCE_SUM}) {
    fv_loss_desc theirs = built_in(FV_LOSS_SOFTMAX_CROSS_ENTROPY), ours = named("acme.own");
    theirs.weight = ours.weight = 0.7;
    theirs.reduction = ours.reduction = reduction;
    const std::vector<double> a = history(FV_F64, 3, theirs, b), c = history(FV_F64, 3, ours, b);
    EXPECT_EQ(a[0], c[0]) << "the first loss";
    double worst = 0;
    for (size_t i = 0; i < a.size(); ++i) worst = std::fmax(worst, std::fabs(a[i] - c[i]));
    EXPECT_LT(worst, 1e-13);
  }
}

TEST_F(CustomLossTest, GradientsMatchCentralDifferences) {
  Model model = network(FV_F64, 3);
  const std::vector<float> values = noise(8 * 3, 9);
  const std::vector<int32_t> y = labels(8, 3);
  const fv_tensor targets = tensor(values, {8, 3}), label = tensor(y, {8});
  for (const auto& [name, target] : {std::pair{"acme.squares", &targets}, {"acme.cross_entropy", &label}}) {
    Trainer trainer = trainer_with(model, named(name));
    std::vector<double> g(48), w(48);
    fv_buffer gradient = buffer(g), kernel = buffer(w);
    OK(fv_trainer_backward(trainer, &in, 1, target, nullptr, &err));
    OK(fv_trainer_get_gradient(trainer, "out.kernel", &gradient, &err));
    OK(fv_model_get_tensor(model, "out.kernel", &kernel, &err));
    const fv_tensor changed = tensor(w, {16, 3});
    double difference = 0, size = 0;
    for (size_t i = 0; i < 48; ++i) {
      const double h = 6e-6, kept = w[i];
      double ends[2];
      for (const int side : {0, 1}) {
        w[i] = side == 0 ? kept + h : kept - h;
        OK(fv_model_set_tensor(model, "out.kernel", &changed, &err));
        OK(fv_trainer_backward(trainer, &in, 1, target, &ends[side], &err));
      }
      w[i] = kept;
      OK(fv_model_set_tensor(model, "out.kernel", &changed, &err));
      difference += std::pow((ends[0] - ends[1]) / (2 * h) - g[i], 2);
      size += g[i] * g[i];
    }
    EXPECT_LT(std::sqrt(difference / size), 1e-7) << name;
  }
}

// A loss over classes has a row and a label for each pixel.
TEST_F(CustomLossTest, RowsMayBePixels) {
  std::vector<std::vector<double>> after;
  const std::vector<float> pixels = noise(4 * 5 * 6 * 2);
  const std::vector<int32_t> y = labels(4 * 5 * 6, 3);
  const fv_tensor image = tensor(pixels, {4, 5, 6, 2}), target = tensor(y, {4, 5, 6});
  for (const fv_loss_desc& loss : {built_in(FV_LOSS_SOFTMAX_CROSS_ENTROPY), named("acme.own")}) {
    Graph graph;
    Model model;
    OK(fv_graph_create(context, graph.out(), &err));
    fv_node n = fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {5, 6, 2}));
    n = fv_conv2d(graph, n, DESC(fv_conv2d_desc, .filters = 3, .kernel = {1, 1}));
    OK(fv_model_create(graph, &n, 1, nullptr, model.out(), &err));
    Trainer trainer = trainer_with(model, loss);
    OK(fv_trainer_backward(trainer, &image, 1, &target, nullptr, &err));
    std::vector<double> g(6);
    fv_buffer b = buffer(g);
    OK(fv_trainer_get_gradient(trainer, "conv2d_1.kernel", &b, &err));
    after.push_back(g);
  }
  for (size_t i = 0; i < 6; ++i) EXPECT_NEAR(after[0][i], after[1][i], 1e-7);
}

TEST_F(CustomLossTest, CheckpointsHoldTheName) {
  Model model = network(FV_F32, 3);
  const std::vector<int32_t> y = labels(8, 3);
  const fv_tensor target = tensor(y, {8});
  Trainer trainer = trainer_with(model, named("acme.cross_entropy")), loaded;
  OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  const Folder folder;
  const std::string path = folder / "t.fovea";
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  Context other;
  OK(fv_context_create(nullptr, other.out(), &err));
  FAILS(FV_NOT_FOUND, fv_trainer_load(other, path.c_str(), loaded.out(), &err), "'acme.cross_entropy'",
        "not registered", "t.fovea");
  Model alone;
  OK(fv_model_load(other, path.c_str(), alone.out(), &err));
  add_losses(other);
  OK(fv_trainer_load(other, path.c_str(), loaded.out(), &err));
  auto found = init<fv_loss_desc>();
  OK(fv_trainer_get_loss(loaded, 0, &found, &err));
  EXPECT_EQ(FV_LOSS_CUSTOM, found.loss);
  EXPECT_STREQ("acme.cross_entropy", found.custom);
  double a = 0, b = 0;
  OK(fv_trainer_step(trainer, &in, 1, &target, &a, &err));
  OK(fv_trainer_step(loaded, &in, 1, &target, &b, &err));
  EXPECT_EQ(a, b);
  EXPECT_EQ(weights(model), weights(fv_trainer_model(loaded)));
}

TEST_F(CustomLossTest, FitAndEvaluateUseIt) {
  Model model = network(FV_F32, 3);
  const std::vector<int32_t> y = labels(8, 3);
  const fv_tensor target = tensor(y, {8});
  Trainer trainer = trainer_with(model, named("acme.cross_entropy"));
  Dataset data;
  OK(fv_dataset_from_memory(context,
                            DESC(fv_memory_dataset_desc, .classes = 3, .samples = in, .labels = target),
                            data.out(), &err));
  OK(fv_trainer_fit(trainer, data, data, DESC(fv_fit_desc, .epochs = 40, .batch_size = 4), &err));
  fv_history_row rows[40];
  OK(fv_trainer_history(trainer, rows, 40, nullptr, &err));
  EXPECT_LT(rows[39].val_loss, 0.5 * rows[0].loss);
  EXPECT_GT(rows[39].accuracy, rows[0].accuracy);
  Session session;
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 3), session.out(), &err));
  const fv_loss_desc ours = named("acme.cross_entropy"), nowhere = named("acme.nothing");
  auto e = init<fv_evaluation>();
  OK(fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .loss_desc = &ours), &e, &err));
  EXPECT_NEAR(rows[39].val_loss, e.loss, 1e-12);
  FAILS(FV_NOT_FOUND,
        fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .loss_desc = &nowhere), &e, &err),
        "'acme.nothing'");
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .loss = FV_LOSS_CUSTOM), &e, &err),
        "needs a name");
}

TEST_F(CustomLossTest, FailuresAndRefusals) {
  Model model = network(FV_F32, 3);
  const std::vector<int32_t> y = labels(8, 3);
  const fv_tensor target = tensor(y, {8});
  {
    Trainer trainer = trainer_with(model, named("acme.squares"));
    const std::vector<double> before = weights(model);
    host.fail_loss = FV_MISMATCH;
    FAILS(FV_MISMATCH, fv_trainer_step(trainer, &in, 1, &target, nullptr, &err), "loss 'acme.squares'",
          "FV_MISMATCH", "no loss today");
    EXPECT_EQ(before, weights(model));
    host.fail_loss = FV_OK;
    OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  }
  const auto refused = [&](fv_loss_desc d, std::initializer_list<const char*> words, fv_status code) {
    const fv_loss_desc* list[] = {&d};
    fv_trainer* trainer = nullptr;
    const fv_status status = fv_trainer_create(
        model, DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .losses = list, .loss_count = 1), &trainer,
        &err);
    EXPECT_TRUE(failed(status, code, err, words));
  };
  refused(named(nullptr), {"name of a custom loss"}, FV_INVALID_ARGUMENT);
  refused(named("acme.nothing"), {"'acme.nothing'", "not registered"}, FV_NOT_FOUND);
  fv_loss_desc d = built_in(FV_LOSS_HUBER);
  d.custom = "acme.squares";
  refused(d, {"huber", "custom"}, FV_INVALID_ARGUMENT);
  d = named("acme.squares");
  d.gamma = 2;
  refused(d, {"custom", "gamma"}, FV_INVALID_ARGUMENT);
  fv_trainer* trainer = nullptr;
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_create(model, DESC(fv_trainer_desc, .loss = FV_LOSS_CUSTOM, .optimizer = FV_OPT_SGD),
                          &trainer, &err),
        "needs a name");
  int drops = host.drops;
  for (fv_custom_loss_desc bad :
       {custom_loss("plain", squares, &host), custom_loss("acme.more", nullptr, &host),
        custom_loss(nullptr, squares, &host), custom_loss("acme.squares", squares, &host)}) {
    EXPECT_EQ(FV_INVALID_ARGUMENT, fv_context_register_loss(context, &bad, &err));
    EXPECT_EQ(++drops, host.drops) << err.message;
  }
  FAILS(FV_INVALID_ARGUMENT, fv_custom_rows_loss(nullptr, FV_LOSS_HUBER, &err), "rows is NULL");
  context.reset();
  model.reset();
  EXPECT_EQ(drops + 3, host.drops);
}

// What fv_custom_rows_loss takes, asked from inside a callback.
TEST_F(CustomLossTest, RowsTakeTheLibrarysLosses) {
  struct Asked {
    fv_loss loss;
    fv_error error;
  } asked{};
  fv_custom_loss_desc d = custom_loss("acme.asks", nullptr, nullptr);
  d.user = &asked;
  d.drop = nullptr;
  d.evaluate = [](void* user, const fv_custom_rows* r, fv_error*) {
    auto& a = *static_cast<Asked*>(user);
    const fv_status status = fv_custom_rows_loss(r, a.loss, &a.error);
    return status == FV_OK ? status : fv_status{FV_UNSUPPORTED};
  };
  OK(fv_context_register_loss(context, &d, &err));
  const std::vector<int32_t> y = labels(8, 3);
  const std::vector<float> values = noise(24, 5);
  const fv_tensor label = tensor(y, {8}), targets = tensor(values, {8, 3});
  Model model = network(FV_F32, 3);
  const auto ask = [&](fv_loss loss, const fv_tensor& target, double* value) {
    Trainer trainer = trainer_with(model, named("acme.asks"));
    asked = {loss, {}};
    return fv_trainer_backward(trainer, &in, 1, &target, value, &err);
  };
  for (const fv_loss loss :
       {FV_LOSS_MEAN_SQUARED_ERROR, FV_LOSS_HUBER, FV_LOSS_COSINE, FV_LOSS_MEAN_ABSOLUTE_ERROR}) {
    double ours = 0, theirs = 0;
    OK(ask(loss, targets, &ours));
    Trainer trainer = trainer_with(model, built_in(loss));
    OK(fv_trainer_backward(trainer, &in, 1, &targets, &theirs, &err));
    EXPECT_EQ(theirs, ours);
  }
  OK(ask(FV_LOSS_HINGE, label, nullptr));
  const auto refused = [&](fv_loss loss, const fv_tensor& target, std::initializer_list<const char*> words) {
    EXPECT_EQ(FV_UNSUPPORTED, ask(loss, target, nullptr));
    EXPECT_TRUE(failed(asked.error.code, FV_INVALID_ARGUMENT, asked.error, words));
  };
  refused(FV_LOSS_HUBER, label, {"huber takes targets"});
  refused(FV_LOSS_HINGE, targets, {"hinge takes labels"});
  refused(FV_LOSS_CUSTOM, targets, {"loss 12"});
  refused(-3, targets, {"loss -3"});
}

}  // namespace
}  // namespace fovea::test
