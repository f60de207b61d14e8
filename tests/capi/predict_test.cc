// Predictions from several passes and several models, and temperatures, through the public API.
#include <cmath>
#include <functional>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

std::vector<double> softmax(const double* z, size_t n, double temperature = 1) {
  std::vector<double> p(z, z + n);
  const double most = *std::max_element(p.begin(), p.end());
  double sum = 0;
  for (double& v : p) sum += v = std::exp((v - most) / temperature);
  for (double& v : p) v /= sum;
  return p;
}

class PredictTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  Model build(const std::function<fv_node(fv_graph*)>& network, fv_dtype dtype = FV_F64, uint64_t seed = 1,
              const fv_transform_desc* transform = nullptr) {
    Graph g;
    Model made;
    EXPECT_EQ(FV_OK, fv_graph_create(context, g.out(), &err));
    const fv_node node = network(g);
    EXPECT_EQ(FV_OK, fv_model_create(g, &node, 1,
                                     DESC(fv_model_desc, .dtype = dtype, .seed = seed, .transform = transform),
                                     made.out(), &err))
        << err.message;
    return made;
  }
  Session session_of(const fv_model* model, int32_t max_batch = 8) {
    Session made;
    EXPECT_EQ(FV_OK,
              fv_session_create(model, DESC(fv_session_desc, .max_batch = max_batch), made.out(), &err))
        << err.message;
    return made;
  }
  static fv_node vector(fv_graph* g, int64_t n) {
    return fv_input(g, DESC(fv_input_desc, .name = "x", .shape = {n}));
  }
  static fv_node linear(fv_graph* g) {
    return fv_dense(g, fv_dropout(g, vector(g, 8), DESC(fv_dropout_desc, .rate = 0.5)),
                    DESC(fv_dense_desc, .name = "y", .units = 3));
  }

  struct Sampled {
    std::vector<double> mean, variance;
  };
  Sampled sample(fv_session* session, const fv_tensor& in, size_t values, int32_t passes, uint64_t seed = 1,
                 int32_t softmax = 0) {
    Sampled s{std::vector<double>(values), std::vector<double>(values)};
    fv_buffer mean = buffer(s.mean), variance = buffer(s.variance);
    EXPECT_EQ(FV_OK, fv_session_sample(
                         session, &in, 1,
                         DESC(fv_sample_desc, .passes = passes, .seed = seed, .softmax = softmax), &mean,
                         &variance, 1, &err))
        << err.message;
    EXPECT_EQ(in.shape[0], mean.shape[0]);
    return s;
  }
  std::vector<double> run(fv_session* session, const fv_tensor& in, size_t values) {
    std::vector<double> y(values);
    fv_buffer out = buffer(y);
    EXPECT_EQ(FV_OK, fv_session_run(session, &in, 1, &out, 1, &err)) << err.message;
    return y;
  }

  Context context;
  fv_error err{};
};

// A linear net: the mean over masks is the scaled pass, the variance sum_i (w_i x_i)^2 p / (1 - p).
TEST_F(PredictTest, G6MeanOverPassesIsTheScaledPassOfALinearNet) {
  const Model model = build(linear);
  Session session = session_of(model);
  const std::vector<float> x = noise(4 * 8);
  const fv_tensor in = tensor(x, {4, 8});
  const std::vector<double> single = run(session, in, 12);
  const Sampled s = sample(session, in, 12, 1000);
  std::vector<double> w(24);
  fv_buffer kernel = buffer(w);
  OK(fv_model_get_tensor(model, "y.kernel", &kernel, &err));
  for (size_t n = 0; n < 4; ++n)
    for (size_t k = 0; k < 3; ++k) {
      const size_t i = n * 3 + k;
      EXPECT_NEAR(single[i], s.mean[i], 3 * std::sqrt(s.variance[i] / 1000));
      double expected = 0;
      for (size_t c = 0; c < 8; ++c) expected += std::pow(w[c * 3 + k] * static_cast<double>(x[n * 8 + c]), 2);
      EXPECT_NEAR(expected, s.variance[i], 0.2 * expected);
      EXPECT_GT(s.variance[i], 0);
    }
  EXPECT_EQ(single, run(session, in, 12));  // a plain run stays what it was
}

TEST_F(PredictTest, G6SeedsThreadsAndPieces) {
  const std::vector<float> x = noise(5 * 8);
  const fv_tensor in = tensor(x, {5, 8});
  Model model = build(linear);
  Session session = session_of(model);
  const Sampled first = sample(session, in, 15, 20), again = sample(session, in, 15, 20),
                other = sample(session, in, 15, 20, 2), one = sample(session, in, 15, 1);
  EXPECT_EQ(first.mean, again.mean);
  EXPECT_EQ(first.variance, again.variance);
  EXPECT_NE(first.mean, other.mean);
  EXPECT_EQ(std::vector<double>(15, 0), one.variance);
  // A sample's draws go with its place, however the batch is cut.
  const Sampled pieces = sample(session_of(model, 2), in, 15, 20);
  for (size_t i = 0; i < 15; ++i) EXPECT_NEAR(first.mean[i], pieces.mean[i], 1e-12);
  for (const int32_t threads : {1, 3}) {
    OK(fv_context_create(DESC(fv_context_desc, .threads = threads), context.out(), &err));
    model = build(linear);
    const Sampled s = sample(session_of(model), in, 15, 20);
    EXPECT_EQ(first.mean, s.mean);
    EXPECT_EQ(first.variance, s.variance);
  }
}

TEST_F(PredictTest, G6WhatDrawsAndWhatDoesNot) {
  const std::vector<float> x = noise(2 * 48);
  const fv_tensor in = tensor(x, {2, 4, 4, 3});
  const auto variance_of = [&](const std::function<fv_node(fv_graph*, fv_node)>& layer) {
    const Model model = build([&](fv_graph* g) {
      const fv_node image = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {4, 4, 3}));
      return fv_dense(g, fv_flatten(g, layer(g, image), nullptr), DESC(fv_dense_desc, .units = 2));
    });
    Session session = session_of(model);
    const Sampled s = sample(session, in, 4, 10);
    if (s.variance[0] == 0) {
      EXPECT_EQ(run(session, in, 4), s.mean);
    }
    return s.variance[0];
  };
  EXPECT_GT(variance_of([](auto g, auto v) { return fv_dropout(g, v, nullptr); }), 0);
  EXPECT_GT(variance_of([](auto g, auto v) { return fv_spatial_dropout(g, v, nullptr); }), 0);
  EXPECT_GT(variance_of([](auto g, auto v) { return fv_gaussian_noise(g, v, DESC(fv_gaussian_noise_desc, .stddev = 0.5)); }), 0);
  EXPECT_GT(variance_of([](auto g, auto v) { return fv_stochastic_depth(g, v, DESC(fv_stochastic_depth_desc, .rate = 0.5)); }), 0);
  EXPECT_GT(variance_of([](auto g, auto v) { return fv_fractional_max_pool2d(g, v, DESC(fv_fractional_pool2d_desc, .ratio = {1.3})); }), 0);
  EXPECT_GT(variance_of([](auto g, auto v) {
              v = fv_conv2d(g, v, DESC(fv_conv2d_desc, .filters = 4, .kernel = {3, 3}, .drop_connect = 0.5));
              return fv_relu(g, fv_batch_norm(g, v, nullptr), nullptr);
            }),
            0);
  // Batch norm runs as at inference, folded or not.
  EXPECT_EQ(0, variance_of([](auto g, auto v) {
              v = fv_conv2d(g, v, DESC(fv_conv2d_desc, .filters = 4, .kernel = {3, 3}));
              return fv_relu(g, fv_batch_norm(g, v, nullptr), nullptr);
            }));
}

TEST_F(PredictTest, G6ProbabilitiesAreAveragedAfterTheSoftmax) {
  const Model model = build(linear);
  Session session = session_of(model);
  const std::vector<float> x = noise(3 * 8);
  const Sampled s = sample(session, tensor(x, {3, 8}), 9, 7, 1, 1);
  for (size_t n = 0; n < 3; ++n) EXPECT_NEAR(1, s.mean[3 * n] + s.mean[3 * n + 1] + s.mean[3 * n + 2], 1e-12);
}

TEST_F(PredictTest, EnsembleIsTheWeightedMean) {
  const Model a = build(linear, FV_F64, 1), b = build(linear, FV_F64, 2);
  Session first = session_of(a, 2), second = session_of(b);
  fv_session* const both[] = {first, second};
  const std::vector<float> x = noise(3 * 8);
  const fv_tensor in = tensor(x, {3, 8});
  const std::vector<double> ya = run(first, in, 9), yb = run(second, in, 9);
  const double weights[] = {1, 3}, temperatures[] = {2, 0.5};
  std::vector<double> mean(9), raw(9);
  fv_buffer out = buffer(mean), out_raw = buffer(raw);
  OK(fv_ensemble_run(both, 2, &in, 1,
                     DESC(fv_ensemble_desc, .weights = weights, .temperatures = temperatures), &out, 1, &err));
  OK(fv_ensemble_run(both, 2, &in, 1, DESC(fv_ensemble_desc, .raw = 1), &out_raw, 1, &err));
  EXPECT_EQ(2, out.rank);
  for (size_t n = 0; n < 9; n += 3) {
    const std::vector<double> pa = softmax(&ya[n], 3, 2), pb = softmax(&yb[n], 3, 0.5);
    for (size_t k = 0; k < 3; ++k) {
      EXPECT_NEAR(0.25 * pa[k] + 0.75 * pb[k], mean[n + k], 1e-12);
      EXPECT_NEAR((ya[n + k] + yb[n + k]) / 2, raw[n + k], 1e-12);
    }
  }
  const Model wide = build([](fv_graph* g) {
    return fv_dense(g, vector(g, 8), DESC(fv_dense_desc, .units = 2));
  });
  Session other = session_of(wide);
  fv_session* const odd[] = {first, other};
  FAILS(FV_INVALID_ARGUMENT, fv_ensemble_run(odd, 2, &in, 1, nullptr, &out, 1, &err), "session 1", "shapes");
  FAILS(FV_INVALID_ARGUMENT, fv_ensemble_run(both, 0, &in, 1, nullptr, &out, 1, &err), "0 sessions");
  const double none[] = {0, 0}, cold[] = {1, -1};
  FAILS(FV_INVALID_ARGUMENT,
        fv_ensemble_run(both, 2, &in, 1, DESC(fv_ensemble_desc, .weights = none), &out, 1, &err), "weights");
  FAILS(FV_INVALID_ARGUMENT,
        fv_ensemble_run(both, 2, &in, 1, DESC(fv_ensemble_desc, .temperatures = cold), &out, 1, &err), "-1");
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_sample(first, &in, 1, DESC(fv_sample_desc, .passes = -1), &out, nullptr, 1, &err), "-1");
}

// The mean of several networks is right more often than each of them is on average.
TEST_F(PredictTest, E2EnsembleBeatsTheMeanOfItsMembers) {
  constexpr size_t kNets = 5;
  const Dataset train = digits(context, 400, 1), test = digits(context, 1000, 2);
  std::vector<Model> models;
  std::vector<Session> sessions;
  std::vector<fv_session*> all;
  double error = 0, loss = 0;
  for (size_t i = 0; i < kNets; ++i) {
    models.push_back(build(
        [](fv_graph* g) {
          fv_node x = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {28, 28, 1}));
          x = fv_conv2d(g, x, DESC(fv_conv2d_desc, .filters = 6, .kernel = {5, 5}, .strides = {2, 2},
                                   .activation = FV_ACT_RELU));
          x = fv_flatten(g, fv_max_pool2d(g, fv_batch_norm(g, x, nullptr), nullptr), nullptr);
          return fv_dense(g, x, DESC(fv_dense_desc, .units = 10));
        },
        FV_F32, i + 1, DESC(fv_transform_desc, .scale = 1.0 / 255)));
    Trainer trainer = make_trainer(models.back(), FV_OPT_ADAM);
    OK(fv_trainer_fit(trainer, train, nullptr, DESC(fv_fit_desc, .epochs = 10, .batch_size = 20), &err));
    sessions.push_back(session_of(models.back(), 100));
    fv_evaluation e{.struct_size = sizeof e};
    OK(fv_session_evaluate(sessions.back(), test,
                           DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY), &e, &err));
    error += (1 - e.accuracy) / kNets;
    loss += e.loss / kNets;
    // A single session is an ensemble of one.
    fv_evaluation one{.struct_size = sizeof one};
    fv_session* const alone = sessions.back();
    OK(fv_ensemble_evaluate(&alone, 1, test, nullptr, &one, &err));
    EXPECT_NEAR(e.accuracy, one.accuracy, 1e-9);
    EXPECT_NEAR(e.loss, one.loss, 1e-5);
  }
  for (const Session& session : sessions) all.push_back(session);
  fv_evaluation e{.struct_size = sizeof e};
  OK(fv_ensemble_evaluate(all.data(), kNets, test, nullptr, &e, &err));
  EXPECT_EQ(1000, e.samples);
  EXPECT_LT(error, 0.5);
  EXPECT_LT(1 - e.accuracy, error - 0.01);
  EXPECT_LT(e.loss, loss);
}

// Logits that are three times as large as they should be: x are the logits that the labels were drawn from.
class TemperatureTest : public PredictTest {
 protected:
  static constexpr size_t kCount = 4000, kClasses = 4;
  void SetUp() override {
    PredictTest::SetUp();
    model = build([](fv_graph* g) {
      return fv_dense(g, vector(g, kClasses), DESC(fv_dense_desc, .name = "y", .units = kClasses));
    });
    std::vector<double> kernel(kClasses * kClasses, 0);
    for (size_t k = 0; k < kClasses; ++k) kernel[k * (kClasses + 1)] = 3;
    const fv_tensor three = tensor(kernel, {kClasses, kClasses});
    OK(fv_model_set_tensor(model, "y.kernel", &three, &err));
    x = noise(kCount * kClasses, 7);
    const std::vector<float> u = noise(kCount, 11);
    for (size_t n = 0; n < kCount; ++n) {
      std::vector<double> z(kClasses);
      for (size_t k = 0; k < kClasses; ++k) z[k] = static_cast<double>(x[n * kClasses + k] *= 3);
      const std::vector<double> p = softmax(z.data(), kClasses);
      double at = (static_cast<double>(u[n]) + 1) / 2;
      int32_t label = 0;
      while (label + 1 < static_cast<int32_t>(kClasses) && (at -= p[static_cast<size_t>(label)]) > 0) ++label;
      truth.push_back(label);
    }
    OK(fv_dataset_from_memory(
        context,
        DESC(fv_memory_dataset_desc, .classes = kClasses, .samples = tensor(x, {kCount, kClasses}),
             .labels = tensor(truth, {kCount})),
        data.out(), &err));
    session = session_of(model, 100);
  }
  double loss(double temperature) {
    fv_session* const alone = session;
    fv_evaluation e{.struct_size = sizeof e};
    EXPECT_EQ(FV_OK,
              fv_ensemble_evaluate(&alone, 1, data, DESC(fv_ensemble_desc, .temperatures = &temperature),
                                   &e, &err));
    return e.loss;
  }
  // Guo et al. 2017, equation 3, in 15 bins.
  double calibration_error(double temperature) {
    fv_session* const alone = session;
    std::vector<double> p(kCount * kClasses);
    fv_buffer out = buffer(p);
    const fv_tensor in = tensor(x, {kCount, kClasses});
    EXPECT_EQ(FV_OK, fv_ensemble_run(&alone, 1, &in, 1,
                                     DESC(fv_ensemble_desc, .temperatures = &temperature), &out, 1, &err));
    std::vector<double> sure(15), right(15);
    for (size_t n = 0; n < kCount; ++n) {
      const double* const row = &p[n * kClasses];
      const size_t best = static_cast<size_t>(std::max_element(row, row + kClasses) - row);
      const size_t bin = std::min<size_t>(14, static_cast<size_t>(row[best] * 15));
      sure[bin] += row[best];
      right[bin] += static_cast<size_t>(truth[n]) == best;
    }
    double error = 0;
    for (size_t b = 0; b < 15; ++b) error += std::abs(sure[b] - right[b]) / kCount;
    return error;
  }

  Model model;
  std::vector<float> x;
  std::vector<int32_t> truth;
  Dataset data;
  Session session;
};

TEST_F(TemperatureTest, TemperatureMakesProbabilitiesOfOverconfidentLogits) {
  double t = 0;
  OK(fv_session_fit_temperature(session, data, nullptr, &t, &err));
  EXPECT_NEAR(3, t, 0.2);
  EXPECT_LT(loss(t), loss(t * 1.01));
  EXPECT_LT(loss(t), loss(t / 1.01));
  // The slope vanishes, as far as differences of a loss of about 1 can show.
  EXPECT_NEAR(loss(t * 1.0001), loss(t / 1.0001), 1e-8);
  EXPECT_GT(calibration_error(1), 0.1);
  EXPECT_LT(calibration_error(t), 0.03);
}

TEST_F(TemperatureTest, TemperatureIsBoundedWhereNothingIsWrong) {
  // Every sample in its own class: the surer the better.
  std::vector<float> one(kClasses * kClasses, 0);
  std::vector<int32_t> classes(kClasses);
  std::iota(classes.begin(), classes.end(), 0);
  for (size_t k = 0; k < kClasses; ++k) one[k * (kClasses + 1)] = 1;
  Dataset easy;
  OK(fv_dataset_from_memory(context,
                            DESC(fv_memory_dataset_desc, .samples = tensor(one, {kClasses, kClasses}),
                                 .labels = tensor(classes, {kClasses})),
                            easy.out(), &err));
  double t = 0;
  OK(fv_session_fit_temperature(session, easy, nullptr, &t, &err));
  EXPECT_NEAR(0.001, t, 1e-12);
}

TEST_F(TemperatureTest, TemperatureRefusals) {
  std::vector<float> targets(kClasses, 0);
  Dataset dense;
  OK(fv_dataset_from_memory(context,
                            DESC(fv_memory_dataset_desc, .samples = tensor(targets, {1, kClasses}),
                                 .targets = tensor(targets, {1, kClasses})),
                            dense.out(), &err));
  double t = 5;
  FAILS(FV_INVALID_ARGUMENT, fv_session_fit_temperature(session, dense, nullptr, &t, &err), "labels");
  Handle<fv_cancel_token> cancel;
  OK(fv_cancel_token_create(cancel.out(), &err));
  fv_cancel_token_cancel(cancel);
  FAILS(FV_CANCELLED,
        fv_session_fit_temperature(session, data, DESC(fv_temperature_desc, .cancel = cancel), &t, &err), "cancelled");
  EXPECT_EQ(5, t);
}

}  // namespace
}  // namespace fovea::test
