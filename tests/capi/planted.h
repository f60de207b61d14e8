// Data and trainings for the tests of the checks that plant faults, and what the checks say of them.
#pragma once
#include <algorithm>
#include <cmath>
#include <numbers>

#include "support.h"

namespace fovea::test {

using Report = Handle<fv_report>;

// ---- data -----------------------------------------------------------------------------------------------

struct Samples {
  std::vector<float> x;  // [count][features]
  std::vector<int32_t> labels;
  std::vector<float> targets;  // [count][outputs], in place of labels
  int64_t features = 256;
  int64_t outputs = 1;

  size_t count() const { return x.size() / static_cast<size_t>(features); }
  float* row(size_t i) { return x.data() + i * static_cast<size_t>(features); }
  void append(const Samples& more) {
    x.insert(x.end(), more.x.begin(), more.x.end());
    labels.insert(labels.end(), more.labels.begin(), more.labels.end());
  }
  Samples part(size_t first, size_t last) {
    Samples some{.features = features};
    some.x.assign(row(first), row(last));
    some.labels.assign(&labels[first], &labels[last]);
    return some;
  }
};

// Drawn digits of 16 x 16, with mean 0 and deviation 1 or nearly so.
inline Samples scaled_digits(int64_t count, uint64_t seed) {
  fv_error err{};
  Context context;
  Dataset data;
  EXPECT_EQ(FV_OK, fv_context_create(nullptr, context.out(), &err)) << err.message;
  EXPECT_EQ(FV_OK, fv_dataset_digits(context, DESC(fv_digits_desc, .size = 16, .count = count, .seed = seed),
                                     data.out(), &err));
  Samples s;
  std::vector<uint8_t> pixels(256);
  for (int64_t i = 0; i < count; ++i) {
    fv_buffer out = buffer(pixels);
    int64_t label = 0;
    EXPECT_EQ(FV_OK, fv_dataset_get(data, i, &out, &label, &err)) << err.message;
    for (const uint8_t p : pixels) s.x.push_back((static_cast<float>(p) / 255 - 0.2f) / 0.33f);
    s.labels.push_back(static_cast<int32_t>(label));
  }
  return s;
}

// Two inputs and a smooth function of them, times `scale`.
inline Samples hills(size_t count, uint32_t seed, float scale = 1) {
  Samples s{.x = noise(2 * count, seed), .features = 2};
  for (size_t i = 0; i < count; ++i)
    s.targets.push_back(scale * (std::sin(3 * s.x[2 * i]) + s.x[2 * i] * s.x[2 * i + 1]));
  return s;
}

// Five marks, each on or off by the side of a plane that the sample lies on.
inline Samples marks(size_t count, uint32_t seed) {
  Samples s{.x = noise(16 * count, seed), .features = 16, .outputs = 5};
  const std::vector<float> planes = noise(16 * 5, 99);
  for (size_t i = 0; i < count; ++i)
    for (size_t k = 0; k < 5; ++k) {
      float side = 0;
      for (size_t j = 0; j < 16; ++j) side += planes[16 * k + j] * s.x[16 * i + j];
      s.targets.push_back(side > 0 ? 1.0f : 0.0f);
    }
  return s;
}

// Pictures of 8 x 8 x 3: waves whose direction is the class, anywhere and with noise.
inline Samples waves(size_t count, uint32_t seed) {
  Samples s{.x = noise(192 * count, seed), .features = 192};
  const std::vector<float> phases = noise(count, seed + 1);
  for (size_t i = 0; i < count; ++i) {
    const int32_t label = static_cast<int32_t>(i % 10);
    const float angle = static_cast<float>(label) * std::numbers::pi_v<float> / 10;
    for (size_t p = 0; p < 192; ++p) {
      const float along =
          std::cos(angle) * static_cast<float>(p / 24) + std::sin(angle) * static_cast<float>(p / 3 % 8);
      s.row(i)[p] += 1.3f * std::sin(3 * phases[i] + 1.2f * along);
    }
    s.labels.push_back(label);
  }
  return s;
}

// ---- a training -----------------------------------------------------------------------------------------

struct Training {
  fv_error err{};
  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  Dataset train, validation, test;

  Training() {
    EXPECT_EQ(FV_OK, fv_context_create(nullptr, context.out(), &err)) << err.message;
    EXPECT_EQ(FV_OK, fv_graph_create(context, graph.out(), &err)) << err.message;
  }
  fv_node flat(int64_t features = 256) {
    return fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {features}));
  }
  fv_node picture(int64_t size = 16) {
    return fv_input(graph, DESC(fv_input_desc, .name = "x", .shape = {size, size, 1}));
  }
  // "hidden1", "hidden2", ...
  fv_node hidden(fv_node x, int layers, int64_t units, fv_activation activation = FV_ACT_RELU,
                 const fv_initializer_desc* kernel = nullptr, const fv_initializer_desc* bias = nullptr) {
    for (int i = 1; i <= layers; ++i)
      x = fv_dense(graph, x,
                   DESC(fv_dense_desc, .name = ("hidden" + std::to_string(i)).c_str(), .units = units,
                        .activation = activation, .kernel_initializer = kernel, .bias_initializer = bias));
    return x;
  }
  fv_node logits(fv_node x, int64_t units = 10, fv_activation activation = FV_ACT_LINEAR,
                 const fv_initializer_desc* kernel = nullptr) {
    return fv_dense(graph, x,
                    DESC(fv_dense_desc, .name = "logits", .units = units, .activation = activation,
                         .kernel_initializer = kernel));
  }
  void make(fv_node output, const fv_trainer_desc& desc, const fv_transform_desc* transform = nullptr,
            fv_dtype dtype = FV_F32) {
    EXPECT_EQ(FV_OK, fv_model_create(graph, &output, 1,
                                     DESC(fv_model_desc, .dtype = dtype, .seed = 11, .transform = transform),
                                     model.out(), &err))
        << err.message;
    EXPECT_EQ(FV_OK, fv_trainer_create(model, &desc, trainer.out(), &err)) << err.message;
  }
  Dataset dataset(const Samples& s, std::initializer_list<int64_t> shape = {}) {
    auto d = init<fv_memory_dataset_desc>();
    const int64_t count = static_cast<int64_t>(s.count());
    d.samples = tensor(s.x, {count, s.features});
    if (shape.size() != 0) std::copy(shape.begin(), shape.end(), d.samples.shape + 1);
    if (shape.size() != 0) d.samples.rank = static_cast<int32_t>(shape.size()) + 1;
    if (s.targets.empty())
      d.labels = tensor(s.labels, {count});
    else
      d.targets = tensor(s.targets, {count, s.outputs});
    d.classes = s.targets.empty() ? std::max(2, *std::max_element(s.labels.begin(), s.labels.end()) + 1) : 0;
    Dataset data;
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context, &d, data.out(), &err)) << err.message;
    return data;
  }
  void data(const Samples& t, const Samples& v, std::initializer_list<int64_t> shape = {}) {
    train = dataset(t, shape);
    validation = dataset(v, shape);
  }
  void digits_data() { data(scaled_digits(600, 1), scaled_digits(200, 2)); }
  void raw_digits() {
    for (Dataset* d : {&train, &validation})
      EXPECT_EQ(FV_OK,
                fv_dataset_digits(
                    context, DESC(fv_digits_desc, .size = 16, .count = 500, .seed = d == &train ? 1u : 2u),
                    d->out(), &err));
  }
};

inline fv_trainer_desc trainer_desc(fv_optimizer optimizer, double rate, fv_loss loss) {
  auto d = init<fv_trainer_desc>();
  d.loss = loss;
  d.optimizer = optimizer;
  d.learning_rate = rate;
  d.seed = 3;
  return d;
}
inline fv_trainer_desc sgd(double rate = 0.02, fv_loss loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY) {
  auto d = trainer_desc(FV_OPT_SGD, rate, loss);
  d.momentum = 0.9;
  return d;
}
inline fv_trainer_desc adam(double rate = 0.001, fv_loss loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY) {
  return trainer_desc(FV_OPT_ADAM, rate, loss);
}

// ---- what the checks say ----------------------------------------------------------------------------------

inline std::string text_of(const fv_report* report) {
  fv_error err{};
  size_t needed = 0;
  EXPECT_EQ(FV_OK, fv_report_text(report, nullptr, 0, &needed, &err)) << err.message;
  std::string text(needed, '\0');
  EXPECT_EQ(FV_OK, fv_report_text(report, text.data(), text.size(), nullptr, &err)) << err.message;
  return text.c_str();
}

// The findings that are alarms; they go into the test's record too.
inline std::vector<fv_finding> alarms(Training& t, Report& report) {
  EXPECT_EQ(FV_OK,
            fv_check_all(t.trainer, t.train, DESC(fv_check_desc, .validation = t.validation, .test = t.test),
                         report.out(), &t.err))
      << t.err.message;
  size_t count = 0;
  EXPECT_EQ(FV_OK, fv_report_findings(report, nullptr, 0, &count, &t.err)) << t.err.message;
  std::vector<fv_finding> all(count);
  EXPECT_EQ(FV_OK, fv_report_findings(report, all.data(), count, nullptr, &t.err)) << t.err.message;
  std::erase_if(all, [](const fv_finding& f) { return f.severity < FV_SEVERITY_WARNING; });
  std::string text;
  for (const fv_finding& f : all) text += std::string(fv_finding_name(f.code)) + " (" + f.where + "); ";
  ::testing::Test::RecordProperty("alarms", text);
  return all;
}

}  // namespace fovea::test
