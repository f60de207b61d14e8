// What the tests of the checks share: reports as values, small trainings.
#pragma once
#include <algorithm>
#include <cmath>
#include <functional>

#include "support.h"

namespace fovea::test {

struct Found {
  fv_check check;
  fv_severity severity;
  fv_finding_code code;
  std::string where, message;
  double value, threshold;
  int64_t step;
};

struct Report {
  std::vector<Found> findings;
  std::string text;
  fv_severity severity = FV_SEVERITY_OK;

  // An alarm with that code, somewhere or there.
  const Found* alarm(fv_finding_code code, const std::string& where = "*") const {
    for (const Found& f : findings)
      if (f.code == code && f.severity >= FV_SEVERITY_WARNING && (where == "*" || f.where == where))
        return &f;
    return nullptr;
  }
  const Found& of(fv_check check) const {
    for (const Found& f : findings)
      if (f.check == check) return f;
    ADD_FAILURE() << "no finding of " << fv_check_name(check) << "\n" << text;
    static const Found none{};
    return none;
  }
};

inline Report read_report(fv_report* raw) {
  Handle<fv_report> handle;
  *handle.out() = raw;
  fv_error err{};
  Report report;
  size_t count = 0;
  EXPECT_EQ(FV_OK, fv_report_findings(raw, nullptr, 0, &count, &err)) << err.message;
  std::vector<fv_finding> rows(count);
  EXPECT_EQ(FV_OK, fv_report_findings(raw, rows.data(), count, nullptr, &err)) << err.message;
  for (const fv_finding& f : rows)
    report.findings.push_back(
        {f.check, f.severity, f.code, f.where, f.message, f.value, f.threshold, f.step});
  size_t needed = 0;
  EXPECT_EQ(FV_OK, fv_report_text(raw, nullptr, 0, &needed, &err)) << err.message;
  report.text.resize(needed);
  EXPECT_EQ(FV_OK, fv_report_text(raw, report.text.data(), needed, nullptr, &err)) << err.message;
  report.text.pop_back();
  report.severity = fv_report_severity(raw);
  return report;
}

using CheckFunction = fv_status (*)(const fv_trainer*, const fv_dataset*, const fv_check_desc*, fv_report**,
                                    fv_error*);
inline Report check(CheckFunction function, const fv_trainer* trainer, const fv_dataset* train,
                    const fv_check_desc* desc = nullptr) {
  fv_error err{};
  fv_report* report = nullptr;
  const fv_status status = function(trainer, train, desc, &report, &err);
  EXPECT_EQ(FV_OK, status) << err.message;
  return status == FV_OK ? read_report(report) : Report{};
}

// ---- small trainings ------------------------------------------------------------------------------

constexpr double kU8 = 1.0 / 255;

// A network, its model and trainer.
struct Training {
  Made made;
  Trainer trainer;
};
inline Training training(fv_context* context, const std::function<fv_node(fv_graph*)>& network,
                         const fv_trainer_desc* desc, double scale = kU8, fv_dtype dtype = FV_F32) {
  fv_error err{};
  Training t;
  EXPECT_EQ(FV_OK, fv_graph_create(context, t.made.graph.out(), &err)) << err.message;
  const fv_node node = network(t.made.graph);
  EXPECT_EQ(FV_OK, fv_model_create(t.made.graph, &node, 1,
                                   DESC(fv_model_desc, .dtype = dtype, .seed = 1,
                                        .transform = DESC(fv_transform_desc, .scale = scale)),
                                   t.made.model.out(), &err))
      << err.message;
  EXPECT_EQ(FV_OK, fv_trainer_create(t.made.model, desc, t.trainer.out(), &err)) << err.message;
  return t;
}

// 16 x 16 x 1 digits to 10 logits through one convolution and a hidden layer.
struct SmallOptions {
  fv_activation activation = FV_ACT_RELU;
  const fv_initializer_desc* kernel = nullptr;
  const fv_initializer_desc* bias = nullptr;
  double dropout = 0;
};
inline fv_node small(fv_graph* g, const SmallOptions& o = {}) {
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {16, 16, 1}));
  x = fv_conv2d(g, x,
                DESC(fv_conv2d_desc, .name = "conv", .filters = 8, .kernel = {3, 3},
                     .activation = o.activation, .kernel_initializer = o.kernel, .bias_initializer = o.bias));
  x = fv_flatten(g, fv_max_pool2d(g, x, nullptr), nullptr);
  x = fv_dense(g, x,
               DESC(fv_dense_desc, .name = "hidden", .units = 32, .activation = o.activation,
                    .kernel_initializer = o.kernel, .bias_initializer = o.bias));
  if (o.dropout > 0) x = fv_dropout(g, x, DESC(fv_dropout_desc, .name = "dropout", .rate = o.dropout));
  return fv_dense(g, x, DESC(fv_dense_desc, .name = "logits", .units = 10));
}

inline Dataset small_digits(fv_context* context, int64_t count, uint64_t seed = 1) {
  fv_error err{};
  Dataset data;
  EXPECT_EQ(FV_OK, fv_dataset_digits(context, DESC(fv_digits_desc, .size = 16, .count = count, .seed = seed),
                                     data.out(), &err))
      << err.message;
  return data;
}

// The samples and labels of a dataset of small digits, to be spoiled and put back.
struct Pictures {
  std::vector<uint8_t> pixels;
  std::vector<int32_t> classes;
  explicit Pictures(const fv_dataset* data) {
    fv_error err{};
    auto info = init<fv_dataset_info>();
    EXPECT_EQ(FV_OK, fv_dataset_get_info(data, &info, &err)) << err.message;
    pixels.resize(static_cast<size_t>(info.count) * 256);
    for (int64_t i = 0; i < info.count; ++i) {
      fv_buffer to{};
      to.data = pixels.data() + i * 256;
      to.capacity = 256;
      int64_t label = 0;
      EXPECT_EQ(FV_OK, fv_dataset_get(data, i, &to, &label, &err)) << err.message;
      classes.push_back(static_cast<int32_t>(label));
    }
  }
  Dataset put(fv_context* context) const {
    fv_error err{};
    Dataset data;
    const auto count = static_cast<int64_t>(classes.size());
    EXPECT_EQ(FV_OK, fv_dataset_from_memory(context,
                                            DESC(fv_memory_dataset_desc, .classes = 10,
                                                 .samples = tensor(pixels, {count, 16, 16, 1}),
                                                 .labels = tensor(classes, {count})),
                                            data.out(), &err))
        << err.message;
    return data;
  }
};

}  // namespace fovea::test
