// metric.h: every metric against hand calculations and naive formulas; streaming; refusals.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

using Metrics = Handle<fv_metrics>;
using Values = std::vector<double>;

fv_metric_desc metric(fv_metric kind, fv_class_average average = FV_CLASS_MACRO) {
  auto desc = init<fv_metric_desc>();
  desc.metric = kind;
  desc.average = average;
  return desc;
}

// Rows of outputs with labels or targets, and weights.
struct Rows {
  int64_t classes;
  Values outputs;
  std::vector<int32_t> labels;
  Values targets;
  Values weights;
  size_t size() const { return outputs.size() / static_cast<size_t>(classes); }
};

class MetricTest : public ::testing::Test {
 protected:
  void SetUp() override { OK(fv_context_create(DESC(fv_context_desc, .threads = 3), context.out(), &err)); }

  Metrics make(const std::vector<fv_metric_desc>& set, fv_metrics_desc desc) {
    std::vector<const fv_metric_desc*> pointers;
    for (const fv_metric_desc& d : set) pointers.push_back(&d);
    desc.struct_size = sizeof desc;
    desc.metrics = pointers.data();
    desc.metric_count = pointers.size();
    Metrics made;
    EXPECT_EQ(FV_OK, fv_metrics_create(context, &desc, made.out(), &err)) << err.message;
    return made;
  }
  Metrics make(const std::vector<fv_metric_desc>& set, int64_t classes) {
    fv_metrics_desc desc{};
    desc.classes = classes;
    return make(set, desc);
  }
  // Rows [begin, end).
  fv_status update(fv_metrics* m, const Rows& rows, size_t begin, size_t end) {
    const int64_t n = static_cast<int64_t>(end - begin);
    const size_t k = static_cast<size_t>(rows.classes);
    fv_tensor x = tensor(rows.outputs, {n, rows.classes}), t = tensor(rows.labels, {n}), w{};
    x.data = rows.outputs.data() + begin * k;
    t.data = rows.labels.data() + begin;
    if (rows.labels.empty()) {
      t = tensor(rows.targets, {n, rows.classes});
      t.data = rows.targets.data() + begin * k;
    }
    if (!rows.weights.empty()) {
      w = tensor(rows.weights, {n});
      w.data = rows.weights.data() + begin;
    }
    return fv_metrics_update(m, &x, &t, rows.weights.empty() ? nullptr : &w, &err);
  }
  Values values(const fv_metrics* m) {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_metrics_values(m, nullptr, 0, &count, &err)) << err.message;
    Values all(count);
    EXPECT_EQ(FV_OK, fv_metrics_values(m, all.data(), count, nullptr, &err)) << err.message;
    return all;
  }
  Values of_classes(const fv_metrics* m, size_t index) {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_metrics_class_values(m, index, nullptr, 0, &count, &err)) << err.message;
    Values all(count);
    EXPECT_EQ(FV_OK, fv_metrics_class_values(m, index, all.data(), count, nullptr, &err)) << err.message;
    return all;
  }
  Values measure(const std::vector<fv_metric_desc>& set, const Rows& rows) {
    const Metrics m = make(set, rows.classes);
    EXPECT_EQ(FV_OK, update(m, rows, 0, rows.size())) << err.message;
    return values(m);
  }
  double measure(const fv_metric_desc& desc, const Rows& rows) { return measure(std::vector{desc}, rows)[0]; }

  Context context;
  fv_error err{};
};

// Random logits in steps of 1/4, so that there are ties; labels that agree with them more often than not.
Rows random_rows(int64_t classes, size_t count, uint32_t seed, bool weighted = false) {
  Rows rows{classes, {}, {}, {}, {}};
  const std::vector<float> draws = noise(count * static_cast<size_t>(classes), seed);
  for (float d : draws) rows.outputs.push_back(std::round(d * 12) / 4);
  rows.labels = labels(count, static_cast<int32_t>(classes));
  for (size_t i = 0; i < count; i += 2)
    rows.outputs[i * static_cast<size_t>(classes) + static_cast<size_t>(rows.labels[i])] += 2;
  for (size_t i = 0; weighted && i < count; ++i) rows.weights.push_back(static_cast<double>(i % 4) / 2);
  return rows;
}

Values softmax(const double* x, size_t classes) {
  Values p(x, x + classes);
  double sum = 0;
  for (double& v : p) sum += v = std::exp(v);
  for (double& v : p) v /= sum;
  return p;
}

// Pairs one by one.
double naive_auc(const Values& scores, const std::vector<bool>& positive, const Values& weights) {
  double won = 0, pairs = 0;
  for (size_t i = 0; i < scores.size(); ++i)
    for (size_t j = 0; j < scores.size(); ++j) {
      if (!positive[i] || positive[j]) continue;
      pairs += weights[i] * weights[j];
      won += weights[i] * weights[j] * (scores[i] > scores[j] ? 1 : scores[i] == scores[j] ? 0.5 : 0);
    }
  return won / pairs;
}

// Six rows of three classes; predictions 0 0 1 2 2 1, the third class 1 by a tie with 2.
const Rows kSix{3, {3, 1, 0, 2, 1, 1, 0, 5, 5, 0, 1, 2, 1, 0, 4, 0, 3, 1}, {0, 1, 1, 2, 0, 1}, {}, {}};

TEST_F(MetricTest, M1_AccuracyByHand) {
  EXPECT_DOUBLE_EQ(4.0 / 6, measure(metric(FV_METRIC_ACCURACY), kSix));
  Rows weighted = kSix;
  weighted.weights = {1, 2, 0.5, 1, 3, 0};
  EXPECT_DOUBLE_EQ(2.5 / 7.5, measure(metric(FV_METRIC_ACCURACY), weighted));
}

TEST_F(MetricTest, M2_TopKCountsTheLargerOutputs) {
  std::vector<fv_metric_desc> set(3, metric(FV_METRIC_TOP_K));
  for (int32_t k = 1; k <= 3; ++k) set[static_cast<size_t>(k) - 1].k = k;
  // Row 1: its class 1 ties with 2 and comes first. Row 4: class 0 is second.
  EXPECT_EQ((Values{4.0 / 6, 1, 1}), measure(set, kSix));
  const Rows last{3, {1, 1, 1, 1, 1, 1}, {2, 1}, {}, {}};
  EXPECT_EQ((Values{0, 0.5, 1}), measure(set, last));
}

TEST_F(MetricTest, M3_PrecisionRecallF1ByHand) {
  const auto all = [](fv_class_average average) {
    return std::vector{metric(FV_METRIC_PRECISION, average), metric(FV_METRIC_RECALL, average),
                       metric(FV_METRIC_F1, average)};
  };
  // right 1 2 1, predicted 2 2 2, truly 2 3 1
  const Values p{1.0 / 2, 1, 1.0 / 2}, r{1.0 / 2, 2.0 / 3, 1}, f{1.0 / 2, 4.0 / 5, 2.0 / 3};
  const Values macro = measure(all(FV_CLASS_MACRO), kSix), weighted = measure(all(FV_CLASS_WEIGHTED), kSix);
  size_t i = 0;
  for (const Values& v : {p, r, f}) {
    EXPECT_DOUBLE_EQ((v[0] + v[1] + v[2]) / 3, macro[i]);
    EXPECT_DOUBLE_EQ((2 * v[0] + 3 * v[1] + v[2]) / 6, weighted[i]);
    ++i;
  }
  EXPECT_EQ((Values(3, 4.0 / 6)), measure(all(FV_CLASS_MICRO), kSix));
  const Metrics m = make(all(FV_CLASS_MICRO), 3);
  OK(update(m, kSix, 0, 6));
  EXPECT_EQ(p, of_classes(m, 0));
  EXPECT_EQ(r, of_classes(m, 1));
  EXPECT_EQ(f, of_classes(m, 2));
  std::vector<fv_metric_desc> one = all(FV_CLASS_ONE);
  for (fv_metric_desc& d : one) d.class_index = 1;
  EXPECT_EQ((Values{1, 2.0 / 3, 4.0 / 5}), measure(one, kSix));
}

TEST_F(MetricTest, M3_AgreesWithTheConfusionMatrix) {
  const Rows rows = random_rows(5, 400, 7);
  fv_metrics_desc desc{};
  desc.classes = 5;
  desc.confusion = 1;
  const Metrics m = make({metric(FV_METRIC_PRECISION), metric(FV_METRIC_RECALL), metric(FV_METRIC_F1)}, desc);
  OK(update(m, rows, 0, rows.size()));
  std::vector<int64_t> confusion(25), expected(25);
  size_t needed = 0;
  OK(fv_metrics_confusion(m, confusion.data(), 25, &needed, &err));
  EXPECT_EQ(25u, needed);
  for (size_t i = 0; i < rows.size(); ++i) {
    const auto row = rows.outputs.begin() + static_cast<ptrdiff_t>(5 * i);
    ++expected[static_cast<size_t>(rows.labels[i] * 5 + (std::max_element(row, row + 5) - row))];
  }
  EXPECT_EQ(expected, confusion);
  Values p(5), r(5), f(5);
  OK(fv_confusion_scores(confusion.data(), 5, p.data(), r.data(), f.data(), &err));
  for (size_t c = 0; c < 5; ++c) {
    EXPECT_DOUBLE_EQ(p[c], of_classes(m, 0)[c]);
    EXPECT_DOUBLE_EQ(r[c], of_classes(m, 1)[c]);
    EXPECT_DOUBLE_EQ(f[c], of_classes(m, 2)[c]);
  }
}

TEST_F(MetricTest, M3_ClassesWithoutRowsGiveZero) {
  const Rows rows{4, {1, 0, 0, 0, 0, 1, 0, 0}, {0, 0}, {}, {}};
  const Metrics m = make({metric(FV_METRIC_PRECISION), metric(FV_METRIC_RECALL), metric(FV_METRIC_F1),
                          metric(FV_METRIC_ROC_AUC)},
                         4);
  OK(update(m, rows, 0, 2));
  EXPECT_EQ((Values{1, 0, 0, 0}), of_classes(m, 0));
  EXPECT_EQ((Values{0.5, 0, 0, 0}), of_classes(m, 1));
  EXPECT_EQ(2.0 / 3 / 4, values(m)[2]);
  // No class has both rows of it and others.
  for (double v : of_classes(m, 3)) EXPECT_TRUE(std::isnan(v));
  EXPECT_TRUE(std::isnan(values(m)[3]));
}

TEST_F(MetricTest, M3_RocAucCountsPairs) {
  for (const bool weighted : {false, true}) {
    Rows rows = random_rows(4, 150, 3, weighted);
    const size_t n = rows.size();
    // Ties are rows that come twice: others would hang on how a softmax rounds.
    for (size_t i = 0; i < 600; ++i)
      rows.outputs[i] = i < 300 ? rows.outputs[i] + noise(600)[i] : rows.outputs[i - 300];
    const Values weights = weighted ? rows.weights : Values(n, 1);
    Values each, support, all, all_weights;
    std::vector<bool> all_positive;
    for (size_t c = 0; c < 4; ++c) {
      Values scores;
      std::vector<bool> positive;
      double w = 0;
      for (size_t i = 0; i < n; ++i) {
        scores.push_back(softmax(&rows.outputs[4 * i], 4)[c]);
        positive.push_back(rows.labels[i] == static_cast<int32_t>(c));
        if (positive.back()) w += weights[i];
      }
      each.push_back(naive_auc(scores, positive, weights));
      support.push_back(w);
      all.insert(all.end(), scores.begin(), scores.end());
      all_positive.insert(all_positive.end(), positive.begin(), positive.end());
      all_weights.insert(all_weights.end(), weights.begin(), weights.end());
    }
    const double macro = (each[0] + each[1] + each[2] + each[3]) / 4;
    const double mean = std::inner_product(each.begin(), each.end(), support.begin(), 0.0) /
                        std::accumulate(support.begin(), support.end(), 0.0);
    fv_metric_desc one = metric(FV_METRIC_ROC_AUC, FV_CLASS_ONE);
    one.class_index = 2;
    const Values got = measure({metric(FV_METRIC_ROC_AUC), metric(FV_METRIC_ROC_AUC, FV_CLASS_WEIGHTED),
                                metric(FV_METRIC_ROC_AUC, FV_CLASS_MICRO), one},
                               rows);
    EXPECT_NEAR(macro, got[0], 1e-12);
    EXPECT_NEAR(mean, got[1], 1e-12);
    EXPECT_NEAR(naive_auc(all, all_positive, all_weights), got[2], 1e-12);
    EXPECT_NEAR(each[2], got[3], 1e-12);
  }
}

TEST_F(MetricTest, M3_RocAucOfASingleOutputWithTies) {
  // Positives 3 2 2, negatives 2 1: won 1 + 1, 0.5 + 1, 0.5 + 1 of 6.
  const Rows rows{1, {3, 2, 2, 2, 1}, {1, 1, 1, 0, 0}, {}, {}};
  EXPECT_DOUBLE_EQ(5.0 / 6, measure(metric(FV_METRIC_ROC_AUC), rows));
  // Logits that are all probability 1 in double precision are told apart.
  const Rows sure{2, {100, 0, 200, 0, 300, 0}, {1, 0, 0}, {}, {}};
  EXPECT_EQ(1, measure(metric(FV_METRIC_ROC_AUC), sure));
}

TEST_F(MetricTest, CalibrationErrorIsGuos) {
  for (const bool probabilities : {false, true}) {
    Rows rows = random_rows(3, 300, 11, true);
    fv_metric_desc desc = metric(FV_METRIC_CALIBRATION_ERROR);
    desc.bins = 7;
    desc.probabilities = probabilities;
    double distance[7] = {}, total = 0;
    for (size_t i = 0; i < rows.size(); ++i) {
      const Values p = softmax(&rows.outputs[3 * i], 3);
      if (probabilities) std::copy(p.begin(), p.end(), &rows.outputs[3 * i]);
      const size_t predicted = static_cast<size_t>(std::max_element(p.begin(), p.end()) - p.begin());
      size_t bin = 0;
      while (p[predicted] > static_cast<double>(bin + 1) / 7) ++bin;
      const bool right = static_cast<int32_t>(predicted) == rows.labels[i];
      distance[bin] += rows.weights[i] * ((right ? 1 : 0) - p[predicted]);
      total += rows.weights[i];
    }
    double expected = 0;
    for (double d : distance) expected += std::fabs(d) / total;
    EXPECT_GT(expected, 0.02);
    EXPECT_NEAR(expected, measure(desc, rows), 1e-12);
  }
}

TEST_F(MetricTest, ErrorsAndR2ByHand) {
  const Rows rows{2, {1, 2, 3, 4, 5, 9}, {}, {1, 0, 2, 4, 6, 8}, {}};
  fv_metric_desc one = metric(FV_METRIC_MEAN_ABSOLUTE_ERROR, FV_CLASS_ONE);
  one.class_index = 1;
  fv_metric_desc r2_one = metric(FV_METRIC_R2, FV_CLASS_ONE);
  const Values got = measure(
      {metric(FV_METRIC_MEAN_ABSOLUTE_ERROR), metric(FV_METRIC_MEAN_SQUARED_ERROR), one, metric(FV_METRIC_R2),
       metric(FV_METRIC_R2, FV_CLASS_WEIGHTED), metric(FV_METRIC_R2, FV_CLASS_MICRO), r2_one},
      rows);
  EXPECT_DOUBLE_EQ((0 + 2 + 1 + 0 + 1 + 1) / 6.0, got[0]);
  EXPECT_DOUBLE_EQ((0 + 4 + 1 + 0 + 1 + 1) / 6.0, got[1]);
  EXPECT_DOUBLE_EQ(1, got[2]);
  // Units: errors 2 and 5; spread of 1 2 6 is 14, of 0 4 8 is 32, of all six 50 + 5 / 6 - 3 / 6.
  const double a = 1 - 2.0 / 14, b = 1 - 5.0 / 32;
  EXPECT_NEAR((a + b) / 2, got[3], 1e-15);
  EXPECT_NEAR(1 - 7.0 / 46, got[4], 1e-15);
  EXPECT_NEAR(1 - 7.0 / (121 - 21.0 * 21 / 6), got[5], 1e-15);
  EXPECT_NEAR(a, got[6], 1e-15);
  // Targets that never change.
  const Rows flat{1, {2, 2}, {}, {2, 2}, {}}, wrong{1, {2, 3}, {}, {2, 2}, {}};
  EXPECT_EQ(1, measure(metric(FV_METRIC_R2), flat));
  EXPECT_EQ(0, measure(metric(FV_METRIC_R2), wrong));
}

TEST_F(MetricTest, R2IsStableFarFromZero) {
  Rows rows{1, {}, {}, {}, {}};
  for (int i = 0; i < 4000; ++i) {
    rows.targets.push_back(1e9 + i % 8);
    rows.outputs.push_back(1e9 + i % 8 + (i % 2 == 0 ? 0.5 : -0.5));
  }
  const Metrics m = make({metric(FV_METRIC_R2)}, 1);
  for (size_t i = 0; i < rows.size(); i += 7) OK(update(m, rows, i, std::min(rows.size(), i + 7)));
  EXPECT_NEAR(1 - 0.25 / 5.25, values(m)[0], 1e-7);
}

TEST_F(MetricTest, LossIsThatOfItsKind) {
  fv_metric_desc entropy = metric(FV_METRIC_LOSS), absolute = entropy, hinge = entropy;
  entropy.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  absolute.loss = FV_LOSS_MEAN_ABSOLUTE_ERROR;
  hinge.loss = FV_LOSS_HINGE;
  Rows rows = random_rows(3, 40, 5, true);
  double sums[3] = {}, total = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double* x = &rows.outputs[3 * i];
    const size_t label = static_cast<size_t>(rows.labels[i]);
    total += rows.weights[i];
    sums[0] -= rows.weights[i] * std::log(softmax(x, 3)[label]);
    for (size_t c = 0; c < 3; ++c) {
      sums[1] += rows.weights[i] * std::fabs(x[c] - (c == label ? 1 : 0)) / 3;
      if (c != label) sums[2] += rows.weights[i] * std::max(0.0, x[c] - x[label] + 1);
    }
  }
  const Values got = measure({entropy, absolute, hinge}, rows);
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(sums[i] / total, got[i], 1e-12);
}

TEST_F(MetricTest, ASingleOutputIsADecision) {
  const Rows logits{1, {-1, 0.1, 2, -0.5, 1}, {}, {0, 1, 1, 1, 0}, {}};
  const std::vector<fv_metric_desc> set{metric(FV_METRIC_ACCURACY), metric(FV_METRIC_PRECISION),
                                        metric(FV_METRIC_RECALL), metric(FV_METRIC_F1)};
  EXPECT_EQ((Values{3.0 / 5, 2.0 / 3, 2.0 / 3, 2.0 / 3}), measure(set, logits));
  // The same as probabilities, and at another threshold.
  Rows probabilities = logits;
  for (double& x : probabilities.outputs) x = 1 / (1 + std::exp(-x));
  std::vector<fv_metric_desc> other = set;
  for (fv_metric_desc& d : other) d.probabilities = 1;
  EXPECT_EQ(measure(set, logits), measure(other, probabilities));
  for (fv_metric_desc& d : other) d.threshold = 0.7;
  const Values high{4.0 / 5 - 2.0 / 5, 1.0 / 2, 1.0 / 3, 2.0 / 5};
  EXPECT_EQ(high, measure(other, probabilities));
  for (fv_metric_desc& d : other) d.probabilities = 0;
  EXPECT_EQ(high, measure(other, logits));
  // Labels 0 and 1 say the same.
  Rows labelled = logits;
  labelled.targets.clear();
  labelled.labels = {0, 1, 1, 1, 0};
  fv_metrics_desc desc{};
  desc.classes = 1;
  desc.confusion = 1;
  const Metrics m = make(set, desc);
  OK(update(m, labelled, 0, 5));
  EXPECT_EQ(measure(set, logits), values(m));
  std::vector<int64_t> confusion(4);
  OK(fv_metrics_confusion(m, confusion.data(), 4, nullptr, &err));
  EXPECT_EQ((std::vector<int64_t>{1, 1, 1, 2}), confusion);
  // Confidences of the decision that is made.
  fv_metric_desc bins = metric(FV_METRIC_CALIBRATION_ERROR);
  bins.bins = 1;
  double confidence = 0;
  for (double p : probabilities.outputs) confidence += std::max(p, 1 - p) / 5;
  EXPECT_NEAR(confidence - 3.0 / 5, measure(bins, logits), 1e-12);
}

TEST_F(MetricTest, MultilabelTakesEachClassAlone) {
  const Rows rows{3, {1, -1, 1, -1, 1, 1, 2, 2, -2}, {}, {1, 0, 0, 0, 1, 1, 1, 0, 1}, {}};
  std::vector<fv_metric_desc> set{metric(FV_METRIC_ACCURACY), metric(FV_METRIC_F1),
                                  metric(FV_METRIC_F1, FV_CLASS_MICRO), metric(FV_METRIC_ROC_AUC)};
  for (fv_metric_desc& d : set) d.multilabel = 1;
  // right 2 1 1, predicted 2 2 2, truly 2 1 2; AUC 1, 0.5, 0.5 (1 against 1 and -2 against 1)
  const Values got = measure(set, rows);
  EXPECT_DOUBLE_EQ(6.0 / 9, got[0]);
  EXPECT_DOUBLE_EQ((1 + 2.0 / 3 + 1.0 / 2) / 3, got[1]);
  EXPECT_DOUBLE_EQ(8.0 / 11, got[2]);
  EXPECT_DOUBLE_EQ((1 + 0.5 + 0.25) / 3, got[3]);
}

std::vector<fv_metric_desc> every_metric() {
  std::vector<fv_metric_desc> set;
  for (fv_metric kind = FV_METRIC_ACCURACY; kind <= FV_METRIC_LOSS; ++kind) set.push_back(metric(kind));
  set[FV_METRIC_TOP_K - 1].k = 2;
  set[FV_METRIC_LOSS - 1].loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY;
  for (const fv_metric kind : {FV_METRIC_F1, FV_METRIC_ROC_AUC, FV_METRIC_R2})
    for (const fv_class_average average : {FV_CLASS_MICRO, FV_CLASS_WEIGHTED})
      set.push_back(metric(kind, average));
  return set;
}

TEST_F(MetricTest, BatchesAddUpToTheWhole) {
  const Rows rows = random_rows(6, 9000, 21, true);  // several parts at once
  const Metrics whole = make(every_metric(), 6), streamed = make(every_metric(), 6);
  OK(update(whole, rows, 0, rows.size()));
  for (size_t i = 0, n = 1; i < rows.size(); i += n, n = n * 3 % 257)
    OK(update(streamed, rows, i, std::min(rows.size(), i + n)));
  const Values a = values(whole), b = values(streamed);
  ASSERT_EQ(every_metric().size(), a.size());
  for (size_t i = 0; i < a.size(); ++i) EXPECT_NEAR(a[i], b[i], 1e-12) << i;
  // Reset forgets; the same again gives the same bits, with any number of threads.
  fv_metrics_reset(streamed);
  for (double v : values(streamed)) EXPECT_TRUE(std::isnan(v));
  OK(update(streamed, rows, 0, rows.size()));
  EXPECT_EQ(a, values(streamed));
  OK(fv_context_create(DESC(fv_context_desc, .threads = 1), context.out(), &err));
  EXPECT_EQ(a, measure(every_metric(), rows));
}

TEST_F(MetricTest, TypesAndPixels) {
  const Rows rows = random_rows(3, 12, 9);
  const std::vector<fv_metric_desc> set{metric(FV_METRIC_ACCURACY), metric(FV_METRIC_MEAN_SQUARED_ERROR)};
  const Values expected = measure(set, rows);
  const std::vector<float> x(rows.outputs.begin(), rows.outputs.end());
  const std::vector<int64_t> wide(rows.labels.begin(), rows.labels.end());
  std::vector<double> one_hot(36);
  for (size_t i = 0; i < 12; ++i) one_hot[3 * i + static_cast<size_t>(rows.labels[i])] = 1;
  const fv_tensor outputs = tensor(x, {3, 2, 2, 3});
  for (const fv_tensor& truth :
       {tensor(rows.labels, {3, 2, 2}), tensor(wide, {3, 2, 2}), tensor(one_hot, {3, 2, 2, 3})}) {
    const Metrics m = make(set, 3);
    OK(fv_metrics_update(m, &outputs, &truth, nullptr, &err));
    EXPECT_EQ(expected, values(m));
  }
  // A sample's weight is that of each of its pixels.
  const Metrics m = make(set, 3);
  const std::vector<float> weights{0, 0, 2};
  const fv_tensor truth = tensor(rows.labels, {3, 2, 2}), w = tensor(weights, {3});
  OK(fv_metrics_update(m, &outputs, &truth, &w, &err));
  const Metrics last = make(set, 3);
  OK(update(last, rows, 8, 12));
  EXPECT_EQ(values(last), values(m));
}

TEST_F(MetricTest, IgnoredLabelsDoNotCount) {
  fv_metrics_desc desc{};
  desc.classes = 3;
  desc.ignore = 1;
  desc.ignore_label = 255;
  const Metrics m = make({metric(FV_METRIC_ACCURACY), metric(FV_METRIC_ROC_AUC)}, desc);
  Rows rows = kSix;
  rows.labels[1] = rows.labels[4] = 255;
  OK(update(m, rows, 0, 6));
  EXPECT_EQ(1, values(m)[0]);
  EXPECT_EQ(1, values(m)[1]);
}

TEST_F(MetricTest, NaNOutputsAreWrong) {
  Rows rows = kSix;
  rows.outputs[0] = NAN;
  fv_metrics_desc desc{};
  desc.classes = 3;
  desc.confusion = 1;
  const Metrics m = make(every_metric(), desc);
  OK(update(m, rows, 0, 6));
  const Values v = values(m);
  EXPECT_DOUBLE_EQ(3.0 / 6, v[FV_METRIC_ACCURACY - 1]);
  EXPECT_DOUBLE_EQ(5.0 / 6, v[FV_METRIC_TOP_K - 1]);
  EXPECT_DOUBLE_EQ((0 + 1 + 0.5) / 3, v[FV_METRIC_PRECISION - 1]);
  EXPECT_DOUBLE_EQ((0 + 2.0 / 3 + 1) / 3, v[FV_METRIC_RECALL - 1]);
  for (const fv_metric kind : {FV_METRIC_ROC_AUC, FV_METRIC_CALIBRATION_ERROR, FV_METRIC_MEAN_ABSOLUTE_ERROR,
                               FV_METRIC_MEAN_SQUARED_ERROR, FV_METRIC_R2, FV_METRIC_LOSS})
    EXPECT_TRUE(std::isnan(v[static_cast<size_t>(kind) - 1])) << kind;
  std::vector<int64_t> confusion(9);
  OK(fv_metrics_confusion(m, confusion.data(), 9, nullptr, &err));
  EXPECT_EQ(5, std::accumulate(confusion.begin(), confusion.end(), int64_t{0}));
}

TEST_F(MetricTest, Names) {
  const auto name = [&](const fv_metric_desc& d) {
    char text[64];
    EXPECT_EQ(FV_OK, fv_metric_name(&d, text, sizeof text, nullptr, &err)) << err.message;
    return std::string(text);
  };
  fv_metric_desc top = metric(FV_METRIC_TOP_K), one = metric(FV_METRIC_RECALL, FV_CLASS_ONE);
  EXPECT_EQ("top_5", name(top));
  top.k = 3;
  EXPECT_EQ("top_3", name(top));
  one.class_index = 4;
  EXPECT_EQ("recall_4", name(one));
  EXPECT_EQ("f1_micro", name(metric(FV_METRIC_F1, FV_CLASS_MICRO)));
  EXPECT_EQ("roc_auc_weighted", name(metric(FV_METRIC_ROC_AUC, FV_CLASS_WEIGHTED)));
  fv_metric_desc loss = metric(FV_METRIC_LOSS);
  loss.loss = FV_LOSS_HUBER;
  EXPECT_EQ("huber", name(loss));
  loss.name = "mine";
  EXPECT_EQ("mine", name(loss));
  EXPECT_EQ(1, fv_metric_is_larger_better(FV_METRIC_ROC_AUC));
  EXPECT_EQ(1, fv_metric_is_larger_better(FV_METRIC_R2));
  EXPECT_EQ(0, fv_metric_is_larger_better(FV_METRIC_MEAN_SQUARED_ERROR));
  EXPECT_EQ(0, fv_metric_is_larger_better(77));
}

TEST_F(MetricTest, RefusesWhatMakesNoSense) {
  const auto create = [&](const fv_metric_desc& d, int64_t classes = 3) {
    const fv_metric_desc* set[] = {&d, &d};
    Metrics made;
    const size_t count = classes < 0 ? 2 : 1;
    return fv_metrics_create(
        context, DESC(fv_metrics_desc, .classes = std::abs(classes), .metrics = set, .metric_count = count),
        made.out(), &err);
  };
  fv_metric_desc d = metric(0);
  FAILS(FV_INVALID_ARGUMENT, create(d), "metric is 0");
  d = metric(FV_METRIC_TOP_K);
  FAILS(FV_INVALID_ARGUMENT, create(d), "k is 5", "3 classes");
  d.bins = 4;
  FAILS(FV_INVALID_ARGUMENT, create(d), "top_k takes no bins");
  d = metric(FV_METRIC_ACCURACY);
  d.k = 1;
  FAILS(FV_INVALID_ARGUMENT, create(d), "accuracy takes no k");
  FAILS(FV_INVALID_ARGUMENT, create(metric(FV_METRIC_ACCURACY, FV_CLASS_MICRO)), "no such average");
  FAILS(FV_INVALID_ARGUMENT, create(metric(FV_METRIC_MEAN_SQUARED_ERROR, FV_CLASS_WEIGHTED)),
        "no such average");
  FAILS(FV_INVALID_ARGUMENT, create(metric(FV_METRIC_F1, 4)), "average is 4");
  d = metric(FV_METRIC_F1, FV_CLASS_ONE);
  d.class_index = 3;
  FAILS(FV_INVALID_ARGUMENT, create(d), "class_index is 3");
  d = metric(FV_METRIC_F1);
  d.threshold = 1;
  FAILS(FV_INVALID_ARGUMENT, create(d), "threshold is 1");
  FAILS(FV_INVALID_ARGUMENT, create(metric(FV_METRIC_LOSS)), "loss is 0");
  FAILS(FV_INVALID_ARGUMENT, create(metric(FV_METRIC_F1), -3), "two metrics 'f1'");
  FAILS(FV_INVALID_ARGUMENT, create(metric(FV_METRIC_F1), 0), "classes is 0");

  const Metrics m = make({metric(FV_METRIC_ACCURACY), metric(FV_METRIC_ROC_AUC)}, 3);
  Rows rows = kSix;
  rows.labels[5] = 3;
  FAILS(FV_INVALID_ARGUMENT, update(m, rows, 0, 6), "label 3 of sample 5", "[0, 3)");
  rows.labels[5] = -1;
  FAILS(FV_INVALID_ARGUMENT, update(m, rows, 0, 6), "label -1 of sample 5");
  rows.labels[5] = 1;
  rows.weights = {1, 1, 1, 1, 1, -1};
  FAILS(FV_INVALID_ARGUMENT, update(m, rows, 0, 6), "weight of sample 5 is -1");
  const fv_tensor outputs = tensor(rows.outputs, {9, 2}), narrow = tensor(rows.labels, {5});
  FAILS(FV_INVALID_ARGUMENT, fv_metrics_update(m, &outputs, &narrow, nullptr, &err), "9x2", "x 3");
  const fv_tensor right = tensor(rows.outputs, {6, 3});
  FAILS(FV_INVALID_ARGUMENT, fv_metrics_update(m, &right, &narrow, nullptr, &err), "labels are 5");
  FAILS(FV_INVALID_ARGUMENT, fv_metrics_update(m, &right, nullptr, nullptr, &err), "truth is NULL");
  for (double v : values(m)) EXPECT_TRUE(std::isnan(v));  // nothing of all that was counted
  double value;
  FAILS(FV_INVALID_ARGUMENT, fv_metrics_class_values(m, 0, &value, 1, nullptr, &err), "accuracy",
        "each class");
  FAILS(FV_INVALID_ARGUMENT, fv_metrics_class_values(m, 2, &value, 1, nullptr, &err), "metric 2");
  int64_t count;
  FAILS(FV_INVALID_ARGUMENT, fv_metrics_confusion(m, &count, 1, nullptr, &err), "no confusion");
  FAILS(FV_INVALID_ARGUMENT, fv_metrics_values(nullptr, &value, 1, nullptr, &err), "metrics is NULL");
  fv_metrics_reset(nullptr);
  fv_metrics_destroy(nullptr);
}

}  // namespace
}  // namespace fovea::test
