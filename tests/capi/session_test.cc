// session.h: inference, its agreement with what it should compute, sharing, BUSY, and every refusal.
#include <atomic>
#include <cmath>
#include <thread>

#include "support.h"

namespace fovea::test {
namespace {

class SessionTest : public ::testing::Test {
 protected:
  std::vector<float> run(fv_session* session, const fv_tensor& in, size_t outputs = 10) {
    std::vector<float> y(static_cast<size_t>(in.shape[0]) * outputs);
    fv_buffer out = buffer(y);
    EXPECT_EQ(FV_OK, fv_session_run(session, &in, 1, &out, 1, &err)) << err.message;
    EXPECT_EQ(2, out.rank);
    EXPECT_EQ(in.shape[0], out.shape[0]);
    return y;
  }
  fv_error err{};
};

TEST_F(SessionTest, RunsWhatTheGraphSays) {
  Context context;
  Graph g;
  OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node a = fv_input(g, DESC(fv_input_desc, .name = "a", .shape = {2}));
  const fv_node b = fv_input(g, DESC(fv_input_desc, .name = "b", .shape = {2}));
  const fv_node sum = fv_add(g, a, b, DESC(fv_layer_desc, .name = "sum"));
  const fv_node outputs[] = {fv_dense(g, sum, DESC(fv_dense_desc, .name = "y", .units = 1)),
                             fv_relu(g, sum, DESC(fv_layer_desc, .name = "positive"))};
  Model model;
  OK(fv_model_create(g, outputs, 2, DESC(fv_model_desc, .transform = DESC(fv_transform_desc, .scale = 0.5)),
                     model.out(), &err));
  const std::vector<float> kernel{2, 3}, bias{10};
  const fv_tensor k = tensor(kernel, {2, 1}), bi = tensor(bias, {1});
  OK(fv_model_set_tensor(model, "y.kernel", &k, &err));
  OK(fv_model_set_tensor(model, "y.bias", &bi, &err));
  Session session;
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 2), session.out(), &err));
  const std::vector<float> xa{2, 4, -6, 8, 0, 1};
  const std::vector<double> xb{2, 2, 2, 2, 2, 2};
  const fv_tensor in[] = {tensor(xa, {3, 2}), tensor(xb, {3, 2})};
  std::vector<double> y(3);
  std::vector<float> positive(6);
  fv_buffer out[] = {buffer(y), buffer(positive)};
  OK(fv_session_run(session, in, 2, out, 2, &err));  // three samples through a session of two
  EXPECT_EQ((std::vector<double>{10 + 2 * 2 + 3 * 3, 10 + 2 * -2 + 3 * 5, 10 + 2 * 1 + 3 * 1.5}), y);
  EXPECT_EQ((std::vector<float>{2, 3, 0, 5, 1, 1.5}), positive);
  EXPECT_EQ(3, out[0].shape[0]);
  EXPECT_EQ(1, out[0].shape[1]);

  // Any node can be asked for by name.
  const char* names[] = {"sum"};
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 8, .outputs = names, .output_count = 1),
                       session.out(), &err));
  fv_buffer only = buffer(positive);
  OK(fv_session_run(session, in, 2, &only, 1, &err));
  EXPECT_EQ((std::vector<float>{2, 3, -2, 5, 1, 1.5}), positive);
}

TEST_F(SessionTest, BytesAndFloatsAreOneInput) {
  Made made = make(lenet);
  Session session;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 4), session.out(), &err));
  std::vector<uint8_t> bytes(4 * 784);
  for (size_t i = 0; i < bytes.size(); ++i) bytes[i] = static_cast<uint8_t>(i * 31);
  const std::vector<float> floats(bytes.begin(), bytes.end());
  const std::vector<double> doubles(bytes.begin(), bytes.end());
  const auto y = run(session, tensor(bytes, {4, 28, 28, 1}));
  EXPECT_EQ(y, run(session, tensor(floats, {4, 28, 28, 1})));
  EXPECT_EQ(y, run(session, tensor(doubles, {4, 28, 28, 1})));
}

TEST_F(SessionTest, SmallBatchesAndPiecesGiveTheSame) {
  Made made = make(small_resnet);
  Session big, small;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 16), big.out(), &err));
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 3), small.out(), &err));
  const std::vector<float> x = noise(16 * 192);
  const auto all = run(big, tensor(x, {16, 8, 8, 3}));
  const auto pieces = run(small, tensor(x, {16, 8, 8, 3}));
  for (size_t i = 0; i < all.size(); ++i) EXPECT_NEAR(all[i], pieces[i], 1e-5);
  const std::vector<float> first(x.begin(), x.begin() + 192);
  const auto one = run(big, tensor(first, {1, 8, 8, 3}));
  for (size_t i = 0; i < one.size(); ++i) EXPECT_NEAR(all[i], one[i], 1e-5);
}

TEST_F(SessionTest, SeesNewParameters) {
  Made made = make(lenet);
  Session session;
  OK(fv_session_create(made.model, nullptr, session.out(), &err));
  const std::vector<float> x = noise(784);
  const auto before = run(session, tensor(x, {1, 28, 28, 1}));
  EXPECT_EQ(before, run(session, tensor(x, {1, 28, 28, 1})));
  std::vector<float> bias(10, 100.0f);
  const fv_tensor in = tensor(bias, {10});
  OK(fv_model_set_tensor(made.model, "logits.bias", &in, &err));
  const auto after = run(session, tensor(x, {1, 28, 28, 1}));
  for (size_t i = 0; i < 10; ++i) EXPECT_NEAR(before[i] + 100, after[i], 1e-3);
  Trainer trainer = make_trainer(made.model);
  const std::vector<int32_t> y{3};
  const fv_tensor input = tensor(x, {1, 28, 28, 1}), target = tensor(y, {1});
  OK(fv_trainer_step(trainer, &input, 1, &target, nullptr, &err));
  EXPECT_NE(after, run(session, tensor(x, {1, 28, 28, 1})));
}

TEST_F(SessionTest, FoldedBatchNormAgreesWithTheDefinition) {
  // conv + batch norm, which inference folds, against the two computed one after the other.
  Context context;
  Graph g;
  OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
  OK(fv_graph_create(context, g.out(), &err));
  fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {6, 6, 3}));
  const fv_node conv = fv_conv2d(g, x, DESC(fv_conv2d_desc, .name = "c", .filters = 4, .kernel = {3}));
  const fv_node norm = fv_batch_norm(g, conv, DESC(fv_batch_norm_desc, .name = "n"));
  Model model;
  OK(fv_model_create(g, &norm, 1, nullptr, model.out(), &err));
  const std::vector<float> gamma{1, -2, 0.5f, 3}, beta{0, 1, 2, -3}, mean{0.1f, -0.2f, 0.3f, 0.4f},
      var{1, 2, 0.5f, 4};
  for (auto [name, values] : {std::pair{"n.gamma", &gamma}, {"n.beta", &beta}, {"n.running_mean", &mean},
                              {"n.running_var", &var}}) {
    const fv_tensor t = tensor(*values, {4});
    OK(fv_model_set_tensor(model, name, &t, &err));
  }
  const char *plain_name = "c", *norm_name = "n";
  Session folded, plain;
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 2, .outputs = &norm_name, .output_count = 1),
                       folded.out(), &err));
  OK(fv_session_create(model,
                       DESC(fv_session_desc, .max_batch = 2, .outputs = &plain_name, .output_count = 1),
                       plain.out(), &err));
  const std::vector<float> data = noise(2 * 108);
  const fv_tensor in = tensor(data, {2, 6, 6, 3});
  std::vector<float> c(2 * 64), n(2 * 64);
  fv_buffer out = buffer(c);
  OK(fv_session_run(plain, &in, 1, &out, 1, &err));
  out = buffer(n);
  OK(fv_session_run(folded, &in, 1, &out, 1, &err));
  EXPECT_EQ(4, out.rank);
  for (size_t i = 0; i < n.size(); ++i) {
    const size_t k = i % 4;
    EXPECT_NEAR(gamma[k] * (c[i] - mean[k]) / std::sqrt(var[k] + 1e-5f) + beta[k], n[i], 1e-5);
  }
}

TEST_F(SessionTest, ManySessionsRunAtOnce) {
  Made made = make(lenet, DESC(fv_context_desc, .threads = 2));
  const std::vector<float> x = noise(8 * 784);
  const fv_tensor in = tensor(x, {8, 28, 28, 1});
  Session reference;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 8), reference.out(), &err));
  const auto expected = run(reference, in);
  std::atomic<int> faults{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 6; ++t)
    threads.emplace_back([&] {
      fv_error e{};
      Session session;
      if (fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 8), session.out(), &e))
        return ++faults, void();
      for (int i = 0; i < 20; ++i) {
        std::vector<float> y(80);
        fv_buffer out = buffer(y);
        if (fv_session_run(session, &in, 1, &out, 1, &e) != FV_OK || y != expected) ++faults;
      }
    });
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(0, faults.load());
}

TEST_F(SessionTest, BusyWhileTraining) {
  // A host's parallel_for that, in the middle of a training step, asks what another thread would ask.
  struct Probe {
    fv_session* session = nullptr;
    fv_model* model = nullptr;
    bool armed = false;
    fv_status run = FV_OK, clone = FV_OK, save = FV_OK, create = FV_OK, set = FV_OK;
    fv_error err{};
  } probe;
  auto host = init<fv_context_desc>();
  host.threads = 2;
  host.parallel_for_user = &probe;
  host.parallel_for = [](void* user, int64_t count, fv_task_fn task, void* data) {
    auto& p = *static_cast<Probe*>(user);
    if (p.armed) {
      p.armed = false;
      std::thread other([&p] {
        const std::vector<float> x = noise(784);
        std::vector<float> y(10);
        const fv_tensor in = tensor(x, {1, 28, 28, 1});
        fv_buffer out = buffer(y);
        fv_model* clone = nullptr;
        fv_session* session = nullptr;
        p.run = fv_session_run(p.session, &in, 1, &out, 1, &p.err);
        p.clone = fv_model_clone(p.model, &clone, nullptr);
        p.save = fv_model_save(p.model, "/tmp/fovea-never-written", nullptr);
        p.create = fv_session_create(p.model, nullptr, &session, nullptr);
        const std::vector<float> bias(10);
        const fv_tensor b = tensor(bias, {10});
        p.set = fv_model_set_tensor(p.model, "logits.bias", &b, nullptr);
        fv_session_destroy(session);
      });
      other.join();
    }
    for (int64_t i = 0; i < count; ++i) task(data, i);
  };
  Made made = make(lenet, &host);
  Session session;
  OK(fv_session_create(made.model, nullptr, session.out(), &err));
  Trainer trainer = make_trainer(made.model);
  const std::vector<float> x = noise(64 * 784);
  const std::vector<int32_t> y = labels(64, 10);
  const fv_tensor in = tensor(x, {64, 28, 28, 1}), target = tensor(y, {64});
  probe.session = session;
  probe.model = made.model;
  probe.armed = true;
  OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  ASSERT_FALSE(probe.armed) << "the step ran no task";
  EXPECT_EQ(FV_BUSY, probe.run);
  EXPECT_EQ(FV_BUSY, probe.err.code);
  EXPECT_EQ(FV_BUSY, probe.clone);
  EXPECT_EQ(FV_BUSY, probe.save);
  EXPECT_EQ(FV_BUSY, probe.set);
  // Afterwards everything works again.
  Model clone;
  OK(fv_model_clone(made.model, clone.out(), &err));
  const std::vector<float> one = noise(784);
  run(session, tensor(one, {1, 28, 28, 1}));
}

TEST_F(SessionTest, TrainingIsBusyWhileASessionRuns) {
  struct Probe {
    fv_trainer* trainer = nullptr;
    bool armed = false;
    fv_status step = FV_OK;
  } probe;
  auto host = init<fv_context_desc>();
  host.threads = 2;
  host.parallel_for_user = &probe;
  host.parallel_for = [](void* user, int64_t count, fv_task_fn task, void* data) {
    auto& p = *static_cast<Probe*>(user);
    if (p.armed) {
      p.armed = false;
      std::thread other([&p] {
        const std::vector<float> x = noise(784);
        const std::vector<int32_t> y{1};
        const fv_tensor in = tensor(x, {1, 28, 28, 1}), target = tensor(y, {1});
        p.step = fv_trainer_step(p.trainer, &in, 1, &target, nullptr, nullptr);
      });
      other.join();
    }
    for (int64_t i = 0; i < count; ++i) task(data, i);
  };
  Made made = make(lenet, &host);
  Trainer trainer = make_trainer(made.model);
  Session session;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 64), session.out(), &err));
  const std::vector<float> x = noise(64 * 784);
  probe.trainer = trainer;
  probe.armed = true;
  run(session, tensor(x, {64, 28, 28, 1}));
  ASSERT_FALSE(probe.armed) << "the run had no task";
  EXPECT_EQ(FV_BUSY, probe.step);
}

TEST_F(SessionTest, EvaluatesWithLossAndConfusion) {
  // A network that gives the label as its largest output, but for one sample.
  Context context;
  Graph g;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_input(g, DESC(fv_input_desc, .shape = {3}));
  Model model;
  OK(fv_model_create(g, &x, 1, nullptr, model.out(), &err));
  const std::vector<float> samples{2, 0, 0, 0, 2, 0, 0, 0, 2, 2, 0, 0};
  const std::vector<int32_t> truth{0, 1, 2, 1};
  Dataset data;
  OK(fv_dataset_from_memory(context, DESC(fv_memory_dataset_desc, .samples = tensor(samples, {4, 3}),
                                          .labels = tensor(truth, {4})), data.out(), &err));
  Session session;
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 3), session.out(), &err));
  int64_t confusion[9];
  std::fill_n(confusion, 9, -7);
  auto result = init<fv_evaluation>();
  OK(fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                             .confusion = confusion), &result, &err));
  EXPECT_EQ(4, result.samples);
  EXPECT_EQ(0.75, result.accuracy);
  const double right = std::log(std::exp(2.0) + 2) - 2, wrong = std::log(std::exp(2.0) + 2);
  EXPECT_NEAR((3 * right + wrong) / 4, result.loss, 1e-6);
  EXPECT_EQ((std::vector<int64_t>{1, 0, 0, 1, 1, 0, 0, 0, 1}),
            std::vector<int64_t>(confusion, confusion + 9));
  OK(fv_session_evaluate(session, data, nullptr, &result, &err));
  EXPECT_TRUE(std::isnan(result.loss));

  double precision[3], recall[3], f1[3];
  OK(fv_confusion_scores(confusion, 3, precision, recall, f1, &err));
  EXPECT_EQ(0.5, precision[0]);
  EXPECT_EQ(1.0, recall[0]);
  EXPECT_EQ(1.0, precision[1]);
  EXPECT_EQ(0.5, recall[1]);
  EXPECT_NEAR(2.0 / 3, f1[1], 1e-15);
  const int64_t empty[4] = {5, 0, 0, 0};
  OK(fv_confusion_scores(empty, 2, precision, recall, f1, &err));
  EXPECT_EQ(0, precision[1] + recall[1] + f1[1]);
  OK(fv_confusion_scores(empty, 2, nullptr, nullptr, f1, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_confusion_scores(nullptr, 2, precision, recall, f1, &err), "confusion");
  FAILS(FV_INVALID_ARGUMENT, fv_confusion_scores(empty, 0, precision, recall, f1, &err), "classes");

  // Cancelled before it begins, then run to the end.
  Handle<fv_cancel_token> token;
  OK(fv_cancel_token_create(token.out(), &err));
  fv_cancel_token_cancel(token);
  FAILS(FV_CANCELLED,
        fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .cancel = token), &result, &err));
  fv_cancel_token_reset(token);
  OK(fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .cancel = token), &result, &err));
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(session, nullptr, nullptr, &result, &err), "dataset");
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(nullptr, data, nullptr, &result, &err), "session");
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(session, data, nullptr, nullptr, &err), "evaluation");
  result.struct_size = 0;
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(session, data, nullptr, &result, &err), "struct_size");
  result = init<fv_evaluation>();
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_evaluate(session, data, DESC(fv_evaluate_desc, .loss = 99), &result, &err), "loss", "9");
  Dataset wrong_shape = digits(context, 5);
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(session, wrong_shape, nullptr, &result, &err), "28x28x1",
        "3");
}

TEST_F(SessionTest, Refusals) {
  Made made = make(lenet);
  Session session;
  fv_session* none = nullptr;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 2), session.out(), &err));
  FAILS(FV_INVALID_ARGUMENT, fv_session_create(nullptr, nullptr, &none, &err), "model");
  FAILS(FV_INVALID_ARGUMENT, fv_session_create(made.model, nullptr, nullptr, &err), "session");
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_create(made.model, DESC(fv_session_desc, .max_batch = -1), &none, &err), "max_batch",
        "-1");
  const char* names[] = {"nothing"};
  FAILS(
      FV_NOT_FOUND,
      fv_session_create(made.model, DESC(fv_session_desc, .outputs = names, .output_count = 1), &none, &err),
      "nothing");
  names[0] = nullptr;
  FAILS(
      FV_INVALID_ARGUMENT,
      fv_session_create(made.model, DESC(fv_session_desc, .outputs = names, .output_count = 1), &none, &err),
      "name");
  size_t bytes = 0, more = 0;
  OK(fv_session_memory(made.model, nullptr, &bytes, &err));
  OK(fv_session_memory(made.model, DESC(fv_session_desc, .max_batch = 64), &more, &err));
  EXPECT_GT(bytes, 0u);
  EXPECT_GT(more, 4 * bytes / 3);
  FAILS(FV_INVALID_ARGUMENT, fv_session_memory(made.model, nullptr, nullptr, &err), "bytes");
  FAILS(FV_INVALID_ARGUMENT, fv_session_memory(nullptr, nullptr, &bytes, &err), "model");

  const std::vector<float> x = noise(2 * 784);
  std::vector<float> y(20, 7);
  const std::vector<int32_t> whole(784);
  fv_tensor in = tensor(x, {2, 28, 28, 1});
  fv_buffer out = buffer(y);
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(nullptr, &in, 1, &out, 1, &err), "session");
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, nullptr, 1, &out, 1, &err), "inputs");
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, nullptr, 1, &err), "outputs");
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 0, &out, 1, &err), "0 inputs", "1");
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 0, &err), "0 outputs", "1");
  in = tensor(x, {2, 28, 28});
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "image", "2x28x28", "28x28x1");
  in = tensor(x, {2, 14, 56, 1});
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "image", "2x14x56x1", "28x28x1");
  in = tensor(x, {0, 28, 28, 1});
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "image", "batch");
  in = tensor(x, {-1, 28, 28, 1});
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "-1");
  in = tensor(whole, {1, 28, 28, 1});
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "image", "i32");
  in = tensor(x, {2, 28, 28, 1});
  in.data = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "image", "NULL");
  in = tensor(x, {2, 28, 28, 1});
  out.capacity = 79;
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "logits", "79", "80");
  out = buffer(y);
  out.data = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "logits");
  out = buffer(y);
  out.dtype = FV_U8;
  FAILS(FV_INVALID_ARGUMENT, fv_session_run(session, &in, 1, &out, 1, &err), "u8");
  EXPECT_EQ(std::vector<float>(20, 7), y) << "touched on failure";
}

TEST_F(SessionTest, EvaluationsThatMeanNothingAreRefused) {
  Made made = make(lenet);
  Session session;
  OK(fv_session_create(made.model, nullptr, session.out(), &err));
  Dataset data = digits(made.context, 4);
  auto result = init<fv_evaluation>();
  const std::vector<double> targets(40);
  const std::vector<float> samples(4 * 784);
  Dataset regression;
  OK(fv_dataset_from_memory(made.context,
                            DESC(fv_memory_dataset_desc, .samples = tensor(samples, {4, 28, 28, 1}),
                                 .targets = tensor(targets, {4, 10})),
                            regression.out(), &err));
  std::vector<int64_t> counts(100);
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_evaluate(session, regression, DESC(fv_evaluate_desc, .confusion = counts.data()), &result,
                            &err),
        "confusion", "targets");
  const char* image = "image";
  Session whole;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .outputs = &image, .output_count = 1), whole.out(),
                       &err));
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(whole, data, nullptr, &result, &err), "flat", "28x28x1");
}

}  // namespace
}  // namespace fovea::test
