// Input transforms fitted on a dataset: rows D5 to D11 and D14 of the feature list.
#include <cmath>
#include <functional>

#include "support.h"

namespace fovea::test {
namespace {

using Transform = Handle<fv_transform>;

// What is known of `n` samples of `size` values each, after the transform.
struct Applied {
  size_t n, size;
  std::vector<double> values;
  double mean(size_t i) const {
    double sum = 0;
    for (size_t s = 0; s < n; ++s) sum += values[s * size + i];
    return sum / static_cast<double>(n);
  }
  double covariance(size_t i, size_t j) const {
    const double a = mean(i), b = mean(j);
    double sum = 0;
    for (size_t s = 0; s < n; ++s) sum += (values[s * size + i] - a) * (values[s * size + j] - b);
    return sum / static_cast<double>(n);
  }
};

class TransformTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err)); }

  // Samples of f32 values that depend on each other, with means and scales of their own.
  Dataset correlated(int64_t count, std::initializer_list<int64_t> shape, size_t size) {
    std::vector<float> x = noise(static_cast<size_t>(count) * size, 5);
    for (size_t i = 0; i < x.size(); ++i)
      x[i] = x[i] * static_cast<float>(1 + i % size) + (i % size > 0 ? x[i - 1] : 0.0f) + 10.0f;
    return from(x, shape, count);
  }
  template <class T>
  Dataset from(const std::vector<T>& x, std::initializer_list<int64_t> shape, int64_t count) {
    auto desc = init<fv_memory_dataset_desc>();
    desc.samples = tensor(x, shape);
    const std::vector<int32_t> y = labels(static_cast<size_t>(count), 2);
    desc.labels = tensor(y, {count});
    Dataset d;
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context, &desc, d.out(), &err)) << err.message;
    return d;
  }
  Transform fit(const fv_dataset* d, const fv_transform_fit_desc* desc) {
    Transform t;
    EXPECT_EQ(FV_OK, fv_transform_fit(context, d, desc, t.out(), &err)) << err.message;
    return t;
  }
  template <class T>
  std::vector<T> apply(const fv_transform* t, const fv_tensor& sample, size_t size) {
    std::vector<T> out(size);
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_transform_apply(t, &sample, &b, &err)) << err.message;
    return out;
  }
  Applied applied(const fv_transform* t, const fv_dataset* d, size_t size) {
    auto info = init<fv_dataset_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_info(d, &info, &err));
    Applied a{static_cast<size_t>(info.count), size, {}};
    size_t elements = 1;
    for (int i = 0; i < info.rank; ++i) elements *= static_cast<size_t>(info.shape[i]);
    std::vector<double> memory(elements);  // room for any type
    for (int64_t i = 0; i < info.count; ++i) {
      fv_buffer b{};
      b.data = memory.data();
      b.capacity = elements * sizeof(double);
      EXPECT_EQ(FV_OK, fv_dataset_get(d, i, &b, nullptr, &err)) << err.message;
      fv_tensor sample{};
      sample.data = b.data;
      sample.dtype = b.dtype;
      sample.rank = b.rank;
      std::copy_n(b.shape, FV_MAX_RANK, sample.shape);
      const std::vector<double> y = apply<double>(t, sample, size);
      a.values.insert(a.values.end(), y.begin(), y.end());
    }
    return a;
  }
  std::vector<double> part(const fv_transform* t, fv_transform_part which, size_t count) {
    std::vector<double> values(count);
    fv_buffer b = buffer(values);
    EXPECT_EQ(FV_OK, fv_transform_get(t, which, &b, &err)) << err.message;
    EXPECT_EQ(static_cast<size_t>(b.shape[0]) * static_cast<size_t>(b.rank == 2 ? b.shape[1] : 1), count);
    return values;
  }
  // A model whose output is what enters it.
  Model identity(std::initializer_list<int64_t> shape, const fv_transform_desc* plain,
                 const fv_transform* fitted, fv_dtype dtype = FV_F32) {
    Graph graph;
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    auto input = init<fv_input_desc>();
    input.name = "x";
    std::copy(shape.begin(), shape.end(), input.shape);
    const fv_node x = fv_flatten(graph, fv_input(graph, &input), nullptr);
    Model model;
    EXPECT_EQ(FV_OK,
              fv_model_create(graph, &x, 1,
                              DESC(fv_model_desc, .dtype = dtype, .transform = plain, .fitted = fitted),
                              model.out(), &err))
        << err.message;
    return model;
  }
  template <class T>
  std::vector<T> run(const fv_model* model, const fv_tensor& batch, size_t size) {
    Session session;
    std::vector<T> out(size);
    fv_buffer b = buffer(out);
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_batch = 4), session.out(), &err));
    EXPECT_EQ(FV_OK, fv_session_run(session, &batch, 1, &b, 1, &err)) << err.message;
    return out;
  }

  Context context;
  fv_error err{};
};

TEST_F(TransformTest, D5_ZeroCentred) {
  const Dataset d = correlated(100, {100, 2, 2, 3}, 12);
  const Transform t = fit(d, DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_FEATURE));
  const Applied a = applied(t, d, 12);
  for (size_t i = 0; i < 12; ++i) EXPECT_LT(std::abs(a.mean(i)), 1e-6) << i;
  EXPECT_GT(a.covariance(0, 0), 0.1);
}

TEST_F(TransformTest, D6_StandardisedOverN) {
  const Dataset d = correlated(100, {100, 2, 2, 3}, 12);
  const Transform t = fit(d, DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_FEATURE,
                                  .featurewise_std_normalization = FV_STATISTIC_FEATURE));
  const Applied a = applied(t, d, 12);
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_LT(std::abs(a.mean(i)), 1e-6) << i;
    EXPECT_NEAR(std::sqrt(a.covariance(i, i)), 1, 1e-6) << i;
  }
}

// A feature that never changes is centred and not blown up.
TEST_F(TransformTest, D6_AConstantFeatureStays) {
  std::vector<float> x = noise(60);
  for (size_t i = 0; i < 60; i += 3) x[i] = 0.1f;
  const Dataset d = from(x, {20, 3}, 20);
  const Transform t = fit(d, DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_FEATURE,
                                  .featurewise_std_normalization = FV_STATISTIC_FEATURE));
  EXPECT_EQ(part(t, FV_TRANSFORM_STDDEV, 3)[0], 1);
  const Applied a = applied(t, d, 3);
  for (size_t s = 0; s < 20; ++s) EXPECT_EQ(a.values[s * 3], 0);
}

TEST_F(TransformTest, D7_PcaDecorrelates) {
  const Dataset d = correlated(300, {300, 12}, 12);
  const Transform t = fit(d, DESC(fv_transform_fit_desc, .whitening = FV_WHITENING_PCA));
  const std::vector<double> values = part(t, FV_TRANSFORM_EIGENVALUES, 12);
  const Applied a = applied(t, d, 12);
  for (size_t i = 0; i < 12; ++i)
    for (size_t j = 0; j < 12; ++j)
      EXPECT_NEAR(a.covariance(i, j), i == j ? values[i] : 0, 1e-4 * values[0]) << i << ' ' << j;
}

TEST_F(TransformTest, D7_WhiteningGivesTheIdentity) {
  const Dataset d = correlated(300, {300, 2, 2, 3}, 12);
  for (const fv_whitening kind : {FV_WHITENING_PCA_WHITENING, FV_WHITENING_ZCA}) {
    const Transform t = fit(d, DESC(fv_transform_fit_desc, .whitening = kind, .zca_epsilon = FV_ZERO));
    const Applied a = applied(t, d, 12);
    for (size_t i = 0; i < 12; ++i)
      for (size_t j = 0; j < 12; ++j)
        EXPECT_NEAR(a.covariance(i, j), i == j ? 1 : 0, 1e-4) << kind << ' ' << i << ' ' << j;
  }
}

// ZCA's matrix is symmetric, W = U diag(1 / sqrt(l + eps)) U^T; PCA's columns are orthonormal.
TEST_F(TransformTest, D7_MatricesAreWhatTheyAreDefinedAs) {
  const Dataset d = correlated(200, {200, 6}, 6);
  const std::vector<double> u =
      part(fit(d, DESC(fv_transform_fit_desc, .whitening = FV_WHITENING_PCA)), FV_TRANSFORM_MATRIX, 36);
  const Transform t = fit(d, DESC(fv_transform_fit_desc, .whitening = FV_WHITENING_ZCA, .zca_epsilon = 0.1));
  const std::vector<double> w = part(t, FV_TRANSFORM_MATRIX, 36), l = part(t, FV_TRANSFORM_EIGENVALUES, 6);
  for (size_t i = 0; i < 6; ++i)
    for (size_t j = 0; j < 6; ++j) {
      double product = 0, dot = 0;
      for (size_t k = 0; k < 6; ++k) {
        product += u[i * 6 + k] * u[j * 6 + k] / std::sqrt(l[k] + 0.1);
        dot += u[k * 6 + i] * u[k * 6 + j];
      }
      EXPECT_NEAR(w[i * 6 + j], product, 1e-6);
      EXPECT_NEAR(dot, i == j, 1e-6);
    }
}

TEST_F(TransformTest, D7_FewerComponents) {
  const Dataset d = correlated(200, {200, 4, 3}, 12);
  const Transform t =
      fit(d, DESC(fv_transform_fit_desc, .whitening = FV_WHITENING_PCA_WHITENING, .components = 5));
  const Applied a = applied(t, d, 5);
  for (size_t i = 0; i < 5; ++i) EXPECT_NEAR(a.covariance(i, i), 1, 1e-4);
  // The network has as many inputs; a session still takes samples as they are.
  const Model model = identity({5}, nullptr, t);
  std::vector<float> x(12, 1.0f);
  EXPECT_EQ(run<float>(model, tensor(x, {1, 4, 3}), 5), apply<float>(t, tensor(x, {4, 3}), 5));
  FAILS(FV_INVALID_ARGUMENT,
        fv_transform_fit(context, d,
                         DESC(fv_transform_fit_desc, .whitening = FV_WHITENING_ZCA, .components = 13),
                         Transform().out(), &err),
        "13 components");
}

TEST_F(TransformTest, D8_MeanImageIsStoredInTheModel) {
  std::vector<uint8_t> x(40 * 3072);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<uint8_t>((i * 2654435761u) >> 13);
  const Dataset d = from(x, {40, 32, 32, 3}, 40);
  const Transform t = fit(d, DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_FEATURE));
  const Folder folder;
  OK(fv_model_save(identity({32, 32, 3}, nullptr, t), (folder / "m").c_str(), &err));
  Model loaded;
  OK(fv_model_load(context, (folder / "m").c_str(), loaded.out(), &err));
  auto desc = init<fv_transform_desc>();
  OK(fv_model_get_transform(loaded, &desc, &err));
  ASSERT_EQ(desc.channels, 3072);
  for (size_t i = 0; i < 3072; ++i) {
    double sum = 0;
    for (size_t s = 0; s < 40; ++s) sum += x[s * 3072 + i];
    ASSERT_NEAR(desc.mean[i], sum / 40, 1e-10);
  }
}

TEST_F(TransformTest, D9_MeanByChannelIsThreeNumbers) {
  const Dataset d = correlated(50, {50, 4, 5, 3}, 60);
  const Transform t = fit(d, DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_CHANNEL,
                                  .featurewise_std_normalization = FV_STATISTIC_CHANNEL));
  const Applied a = applied(t, d, 60);
  for (size_t c = 0; c < 3; ++c) {
    double mean = 0, squares = 0;
    for (size_t i = c; i < a.values.size(); i += 3) mean += a.values[i] / 1000;
    for (size_t i = c; i < a.values.size(); i += 3)
      squares += (a.values[i] - mean) * (a.values[i] - mean) / 1000;
    EXPECT_LT(std::abs(mean), 1e-6);
    EXPECT_NEAR(std::sqrt(squares), 1, 1e-6);
  }
  EXPECT_EQ(part(t, FV_TRANSFORM_MEAN, 3).size(), 3u);
  auto desc = init<fv_transform_desc>();
  OK(fv_transform_get_desc(t, &desc, &err));
  EXPECT_EQ(desc.channels, 3);
}

// Everything at once survives the file: session, transform and loaded model give the same bits.
TEST_F(TransformTest, D10_SavedAndLoadedGivesTheSameBits) {
  const Dataset d = correlated(64, {64, 9, 7, 3}, 189);
  const Transform t =
      fit(d, DESC(fv_transform_fit_desc, .featurewise_std_normalization = FV_STATISTIC_CHANNEL,
                  .whitening = FV_WHITENING_ZCA,
                  .base = DESC(fv_transform_desc, .scale = 1.0 / 3, .samplewise_center = 1,
                               .samplewise_std_normalization = 1, .interpolation = FV_INTERPOLATION_BICUBIC,
                               .no_antialias = 1, .resize_short = 6, .crop_height = 5, .crop_width = 4)));
  const Folder folder;
  const std::vector<float> raw = noise(4 * 60), image = noise(9 * 7 * 3);
  for (const fv_dtype dtype : {FV_F32, FV_F64}) {
    const Model model = identity({5, 4, 3}, nullptr, t, dtype);
    OK(fv_model_save(model, (folder / "m").c_str(), &err));
    Model loaded, clone;
    OK(fv_model_load(context, (folder / "m").c_str(), loaded.out(), &err));
    OK(fv_model_clone(model, clone.out(), &err));
    Transform again;
    OK(fv_model_transform(loaded, 0, again.out(), &err));
    const auto same = [&]<class T>(T) {
      const std::vector<T> expected = run<T>(model, tensor(raw, {4, 5, 4, 3}), 240);
      EXPECT_EQ(expected, run<T>(loaded, tensor(raw, {4, 5, 4, 3}), 240));
      EXPECT_EQ(expected, run<T>(clone, tensor(raw, {4, 5, 4, 3}), 240));
      fv_tensor second = tensor(raw, {5, 4, 3});
      second.data = raw.data() + 60;
      const std::vector<T> one = apply<T>(again, second, 60);
      EXPECT_TRUE(std::equal(one.begin(), one.end(), expected.begin() + 60));
      EXPECT_EQ(apply<T>(t, tensor(image, {9, 7, 3}), 60), apply<T>(again, tensor(image, {9, 7, 3}), 60));
    };
    if (dtype == FV_F64)
      same(double{});
    else
      same(float{});
  }
  // A checkpoint is such a file too.
  Trainer trainer, resumed;
  const Model model = identity({5, 4, 3}, nullptr, t);
  OK(fv_trainer_create(model, DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer = FV_OPT_SGD), trainer.out(),
                       &err));
  OK(fv_trainer_save(trainer, (folder / "c").c_str(), &err));
  OK(fv_trainer_load(context, (folder / "c").c_str(), resumed.out(), &err));
  EXPECT_EQ(run<float>(model, tensor(raw, {4, 5, 4, 3}), 240),
            run<float>(fv_trainer_model(resumed), tensor(raw, {4, 5, 4, 3}), 240));
}

// The result is the same for any number of threads.
TEST_F(TransformTest, D10_FittedBitsDoNotDependOnThreads) {
  const Dataset d = correlated(700, {700, 150}, 150);
  std::vector<std::vector<double>> all;
  for (const int threads : {1, 2, 3}) {
    Context other;
    OK(fv_context_create(DESC(fv_context_desc, .threads = threads), other.out(), &err));
    Transform t;
    OK(fv_transform_fit(
        other, d,
        DESC(fv_transform_fit_desc, .featurewise_std_normalization = 2, .whitening = FV_WHITENING_ZCA),
        t.out(), &err));
    all.push_back(part(t, FV_TRANSFORM_MEAN, 150));
    const std::vector<double> matrix = part(t, FV_TRANSFORM_MATRIX, 150 * 150);
    all.back().insert(all.back().end(), matrix.begin(), matrix.end());
    EXPECT_EQ(all.back(), all.front());
  }
}

// The switches of Keras' ImageDataGenerator, each against its formula.
TEST_F(TransformTest, D11_KerasSwitches) {
  const Dataset d = correlated(30, {30, 2, 3, 2}, 12);
  const std::vector<float> x = noise(12, 9);
  const fv_tensor sample = tensor(x, {2, 3, 2});
  const auto given = [&](const fv_transform_fit_desc* desc) {
    return apply<double>(fit(d, desc), sample, 12);
  };
  double mean = 0, squares = 0;
  for (const float v : x) mean += v / 12.0;
  for (const float v : x) squares += (v - mean) * (v - mean) / 12;
  const std::vector<double> rescale =
      given(DESC(fv_transform_fit_desc, .base = DESC(fv_transform_desc, .scale = 1.0 / 255)));
  const std::vector<double> center =
      given(DESC(fv_transform_fit_desc, .base = DESC(fv_transform_desc, .samplewise_center = 1)));
  const std::vector<double> std =
      given(DESC(fv_transform_fit_desc, .base = DESC(fv_transform_desc, .samplewise_std_normalization = 1)));
  const Transform by_channel = fit(d, DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_CHANNEL,
                                           .featurewise_std_normalization = FV_STATISTIC_CHANNEL));
  const std::vector<double> m = part(by_channel, FV_TRANSFORM_MEAN, 2),
                            s = part(by_channel, FV_TRANSFORM_STDDEV, 2);
  const std::vector<double> featurewise = apply<double>(by_channel, sample, 12);
  const std::vector<double> only_center =
      given(DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_CHANNEL));
  const std::vector<double> only_std =
      given(DESC(fv_transform_fit_desc, .featurewise_std_normalization = FV_STATISTIC_CHANNEL));
  for (size_t i = 0; i < 12; ++i) {
    EXPECT_NEAR(rescale[i], x[i] / 255.0, 1e-15);
    EXPECT_NEAR(center[i], x[i] - mean, 1e-12);
    EXPECT_NEAR(std[i], x[i] / (std::sqrt(squares) + 1e-6), 1e-12);
    EXPECT_NEAR(featurewise[i], (x[i] - m[i % 2]) / s[i % 2], 1e-12);
    EXPECT_NEAR(only_center[i], x[i] - m[i % 2], 1e-12);
    EXPECT_NEAR(only_std[i], x[i] / s[i % 2], 1e-12);
  }
  // zca_whitening with Keras' zca_epsilon: (x - mean) * matrix.
  const Transform zca = fit(d, DESC(fv_transform_fit_desc, .whitening = FV_WHITENING_ZCA));
  const std::vector<double> mu = part(zca, FV_TRANSFORM_MEAN, 12), w = part(zca, FV_TRANSFORM_MATRIX, 144);
  const std::vector<double> y = apply<double>(zca, sample, 12);
  for (size_t o = 0; o < 12; ++o) {
    double sum = 0;
    for (size_t i = 0; i < 12; ++i) sum += (x[i] - mu[i]) * w[i * 12 + o];
    EXPECT_NEAR(y[o], sum, 1e-9);
  }
}

// Of a dataset that is sorted by class each class is looked at.
TEST_F(TransformTest, SomeSamplesAreSpreadOverAllOfThem) {
  std::vector<float> x(1000 * 2);
  for (size_t i = 0; i < x.size(); ++i) x[i] = i < x.size() / 2 ? 0 : 10;
  const Transform t = fit(from(x, {1000, 2}, 1000),
                          DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_FEATURE,
                               .max_samples = 10));
  EXPECT_EQ(part(t, FV_TRANSFORM_MEAN, 2), (std::vector<double>{5, 5}));
}

// Images of another size than the input's go through the geometry on their way into an evaluation.
TEST_F(TransformTest, ADatasetOfLargerImagesIsResized) {
  std::vector<uint8_t> x(6 * 20 * 30 * 3);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<uint8_t>((i * 2654435761u) >> 11);
  const Model model =
      identity({8, 8, 1}, DESC(fv_transform_desc, .color = FV_CHANNELS_GREY, .resize_short = 8), nullptr);
  Transform t;
  OK(fv_model_transform(model, 0, t.out(), &err));
  Session session;
  OK(fv_session_create(model, DESC(fv_session_desc, .max_batch = 4), session.out(), &err));
  // The label is the brightest pixel's after the geometry as fv_transform_apply applies it.
  std::vector<int32_t> brightest;
  for (size_t i = 0; i < 6; ++i) {
    fv_tensor one = tensor(x, {20, 30, 3});
    one.data = x.data() + i * 1800;
    const std::vector<float> y = apply<float>(t, one, 64);
    brightest.push_back(static_cast<int32_t>(std::max_element(y.begin(), y.end()) - y.begin()));
  }
  EXPECT_GT(*std::max_element(brightest.begin(), brightest.end()), brightest[0]);
  Dataset d;
  OK(fv_dataset_from_memory(context,
                            DESC(fv_memory_dataset_desc, .classes = 64, .samples = tensor(x, {6, 20, 30, 3}),
                                 .labels = tensor(brightest, {6})),
                            d.out(), &err));
  auto e = init<fv_evaluation>();
  OK(fv_session_evaluate(session, d, nullptr, &e, &err));
  EXPECT_EQ(e.accuracy, 1);
  const Model fixed = identity({8, 8, 3}, nullptr, nullptr);
  OK(fv_session_create(fixed, nullptr, session.out(), &err));
  FAILS(FV_INVALID_ARGUMENT, fv_session_evaluate(session, d, nullptr, &e, &err), "20x30x3", "8x8x3",
        "does not resize");
}

// Why data are normalised: on a quadratic whose axes have scales 1 and 100 gradient descent takes (condition
// number) times as many steps as on the normalised one, each with the largest rate that is safe.
TEST_F(TransformTest, D14_NormalisedDataTrainFaster) {
  constexpr int64_t n = 64;
  std::vector<double> x, y;
  for (int64_t i = 0; i < n; ++i) {
    const double a = i % 2 == 0 ? 1 : -1, b = i / 2 % 2 == 0 ? 1 : -1;
    x.insert(x.end(), {a, 100 * b});
    y.push_back(0.7 * a - 0.3 * b);
  }
  const Dataset d = from(x, {n, 2}, n);
  const Transform normalised = fit(d, DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_FEATURE,
                                           .featurewise_std_normalization = FV_STATISTIC_FEATURE));
  // d2/dw2 of the mean squared error is 2 x^2: 2 and 20,000, or 2 and 2.
  const auto steps = [&](const fv_transform* t, double curvature) {
    Graph graph;
    Model model;
    Trainer trainer;
    auto input = init<fv_input_desc>();
    input.shape[0] = 2;
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err));
    const fv_node w =
        fv_dense(graph, fv_input(graph, &input), DESC(fv_dense_desc, .name = "w", .units = 1, .no_bias = 1));
    EXPECT_EQ(FV_OK, fv_model_create(graph, &w, 1, DESC(fv_model_desc, .dtype = FV_F64, .fitted = t),
                                     model.out(), &err));
    const std::vector<double> zero(2, 0.0);
    const fv_tensor start = tensor(zero, {2, 1}), inputs = tensor(x, {n, 2}), targets = tensor(y, {n, 1});
    EXPECT_EQ(FV_OK, fv_model_set_tensor(model, "w.kernel", &start, &err)) << err.message;
    EXPECT_EQ(FV_OK, fv_trainer_create(model,
                                       DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR,
                                            .optimizer = FV_OPT_SGD, .learning_rate = 1 / curvature),
                                       trainer.out(), &err));
    int taken = 0;
    for (double loss = 1; loss > 1e-6 && taken < 200000; ++taken)
      EXPECT_EQ(FV_OK, fv_trainer_step(trainer, &inputs, 1, &targets, &loss, &err)) << err.message;
    return taken;
  };
  const int raw = steps(nullptr, 20000), after = steps(normalised, 2);
  EXPECT_LE(after, 3);
  EXPECT_LT(raw, 200000);
  EXPECT_GE(raw, 10 * after);
}

TEST_F(TransformTest, RefusesWhatItCannotFit) {
  const Dataset d = correlated(20, {20, 3}, 3);
  Transform t;
  const auto fails = [&](const fv_transform_fit_desc* desc, const char* word) {
    FAILS(FV_INVALID_ARGUMENT, fv_transform_fit(context, d, desc, t.out(), &err), word);
  };
  fails(DESC(fv_transform_fit_desc, .featurewise_center = 3), "featurewise_center");
  fails(DESC(fv_transform_fit_desc, .whitening = 9), "whitening");
  fails(DESC(fv_transform_fit_desc, .zca_epsilon = -1), "zca_epsilon");
  fails(DESC(fv_transform_fit_desc, .components = 2), "components");
  fails(DESC(fv_transform_fit_desc, .max_samples = -1), "max_samples");
  fails(
      DESC(fv_transform_fit_desc, .featurewise_center = FV_STATISTIC_CHANNEL, .whitening = FV_WHITENING_PCA),
      "each feature");
  const double one = 1;
  fails(DESC(fv_transform_fit_desc, .base = DESC(fv_transform_desc, .channels = 1, .mean = &one)), "fitted");
  t = fit(d, nullptr);
  std::vector<double> out(3);
  fv_buffer b = buffer(out);
  FAILS(FV_NOT_FOUND, fv_transform_get(t, FV_TRANSFORM_MEAN, &b, &err), "mean");
  FAILS(FV_INVALID_ARGUMENT, fv_transform_get(t, 4, &b, &err), "part");
  OK(fv_dataset_mark_test(d, &err));
  fails(nullptr, "test set");
}

}  // namespace
}  // namespace fovea::test
