#include "train/metric_kinds.h"

#include <algorithm>
#include <cmath>
#include <numeric>

#include "base/error.h"

namespace fovea::train {
namespace {

double quotient(double a, double b) {
  return b == 0 ? 0 : a / b;
}

// One value for all classes; a class whose value is NaN is left out.
double average(const MetricOptions& o, const std::vector<double>& values, const double* weights) {
  if (o.average == ClassAverage::one) return values[static_cast<size_t>(o.class_index)];
  double sum = 0, total = 0;
  for (size_t c = 0; c < values.size(); ++c) {
    if (std::isnan(values[c])) continue;
    const double weight = o.average == ClassAverage::weighted ? weights[c] : 1;
    sum += weight * values[c];
    total += weight;
  }
  return quotient(sum, total);
}

// What stands for a class's "yes" where each is a decision of its own.
class Decisions {
 public:
  Decisions(const MetricOptions& o, size_t classes)
      : separate_(o.multilabel || classes == 1),
        probabilities_(o.probabilities),
        cut_(o.probabilities ? o.threshold : std::log(o.threshold / (1 - o.threshold))) {}

  bool separate() const { return separate_; }
  bool says_yes(double x) const { return x > cut_; }
  static bool is_yes(double t) { return t > 0.5; }
  double probability(double x) const { return probabilities_ ? x : 1 / (1 + std::exp(-x)); }

 private:
  bool separate_, probabilities_;
  double cut_;
};

// Sums: what is right, and all there is.
class Accuracy : public Metric {
 public:
  Accuracy(const MetricOptions& o, int64_t classes) : Metric(classes), decisions_(o, classes_) {}
  bool wants_targets() const override { return decisions_.separate(); }
  size_t width() const override { return 2; }
  void add(const MetricRow& r, double* sums) override {
    if (!decisions_.separate()) {
      sums[1] += r.weight;
      if (r.predicted >= 0 && r.predicted == r.truth) sums[0] += r.weight;
      return;
    }
    for (size_t c = 0; c < classes_; ++c) {
      const bool right = decisions_.says_yes(r.x[c]) == Decisions::is_yes(r.t[c]) && !std::isnan(r.x[c]);
      if (right) sums[0] += r.weight;
      sums[1] += r.weight;
    }
  }
  double value(const double* sums) const override { return quotient(sums[0], sums[1]); }

 private:
  Decisions decisions_;
};

class TopK : public Metric {
 public:
  TopK(const MetricOptions& o, int64_t classes) : Metric(classes), k_(static_cast<size_t>(o.k)) {}
  size_t width() const override { return 2; }
  void add(const MetricRow& r, double* sums) override {
    sums[1] += r.weight;
    if (r.predicted < 0 || r.truth < 0) return;
    const size_t truth = static_cast<size_t>(r.truth);
    size_t larger = 0;
    for (size_t c = 0; c < classes_; ++c) larger += c < truth ? r.x[c] >= r.x[truth] : r.x[c] > r.x[truth];
    if (larger < k_) sums[0] += r.weight;
  }
  double value(const double* sums) const override { return quotient(sums[0], sums[1]); }

 private:
  size_t k_;
};

// Precision, recall and F1. Sums, for each class: right, predicted as it, truly it.
class ClassScores : public Metric {
 public:
  ClassScores(const MetricOptions& o, int64_t classes)
      : Metric(classes), options_(o), decisions_(o, classes_) {}
  bool wants_targets() const override { return decisions_.separate(); }
  size_t width() const override { return 3 * classes_; }
  void add(const MetricRow& r, double* sums) override {
    if (!decisions_.separate()) return count(r.predicted, r.truth, r.weight, sums);
    for (int32_t c = 0; c < static_cast<int32_t>(classes_); ++c)
      count(decisions_.says_yes(r.x[c]) ? c : -1, Decisions::is_yes(r.t[c]) ? c : -1, r.weight, sums);
  }
  double value(const double* sums) const override {
    const double *right = sums, *predicted = sums + classes_, *truly = sums + 2 * classes_;
    if (options_.average == ClassAverage::micro)
      return score(std::accumulate(right, predicted, 0.0), std::accumulate(predicted, truly, 0.0),
                   std::accumulate(truly, truly + classes_, 0.0));
    return average(options_, class_values(sums), truly);
  }
  std::vector<double> class_values(const double* sums) const override {
    std::vector<double> values(classes_);
    for (size_t c = 0; c < classes_; ++c)
      values[c] = score(sums[c], sums[classes_ + c], sums[2 * classes_ + c]);
    return values;
  }

 private:
  void count(int32_t predicted, int32_t truth, double weight, double* sums) const {
    if (predicted >= 0) sums[classes_ + static_cast<size_t>(predicted)] += weight;
    if (truth >= 0) sums[2 * classes_ + static_cast<size_t>(truth)] += weight;
    if (predicted >= 0 && predicted == truth) sums[static_cast<size_t>(truth)] += weight;
  }
  double score(double right, double predicted, double truly) const {
    if (options_.kind == MetricKind::precision) return quotient(right, predicted);
    if (options_.kind == MetricKind::recall) return quotient(right, truly);
    return quotient(2 * right, predicted + truly);
  }

  MetricOptions options_;
  Decisions decisions_;
};

// Keeps each row: its scores; its class, or each decision's truth; its weight. A score has the order of the
// probability among all rows and is finer: the logarithm of p / (1 - p), which does not round to 1.
class RocAuc : public Metric {
 public:
  RocAuc(const MetricOptions& o, int64_t classes)
      : Metric(classes),
        options_(o),
        decisions_(o, classes_),
        stride_(classes_ + 1 + (decisions_.separate() ? classes_ : 1)),
        rows_(stride_) {}
  bool wants_targets() const override { return decisions_.separate(); }
  size_t width() const override { return 0; }
  KeptRows* kept() override { return &rows_; }

  void add(const MetricRow& r, double*) override {
    double* const to = rows_.newest(r.index);
    to[stride_ - 1] = r.weight;
    if (decisions_.separate() || options_.probabilities)
      std::copy_n(r.x, classes_, to);
    else
      write_log_odds(r, to);
    if (!decisions_.separate())
      to[classes_] = r.truth;
    else
      for (size_t c = 0; c < classes_; ++c) to[classes_ + c] = Decisions::is_yes(r.t[c]);
  }
  double value(const double* sums) const override {
    if (options_.average == ClassAverage::one) return of_class(static_cast<size_t>(options_.class_index));
    if (options_.average == ClassAverage::micro) return of_all();
    const std::vector<double> values = class_values(sums), weights = positives();
    if (std::ranges::all_of(values, [](double v) { return std::isnan(v); }) || has_nan()) return NAN;
    return average(options_, values, weights.data());
  }
  std::vector<double> class_values(const double*) const override {
    std::vector<double> values(classes_);
    for (size_t c = 0; c < classes_; ++c) values[c] = of_class(c);
    return values;
  }

 private:
  struct Scored {
    double score, weight;
    bool positive;
  };

  void write_log_odds(const MetricRow& r, double* to) const {
    if (r.predicted < 0) return void(std::fill_n(to, classes_, NAN));
    const size_t largest = static_cast<size_t>(r.predicted);
    double others = 0;
    for (size_t c = 0; c < classes_; ++c) {
      to[c] = std::exp(r.x[c] - r.x[largest]);
      if (c != largest) others += to[c];
    }
    // The sum of the others holds the largest's 1, so nothing cancels.
    for (size_t c = 0; c < classes_; ++c)
      to[c] = c == largest ? -std::log(others) : r.x[c] - r.x[largest] - std::log(1 + others - to[c]);
  }
  Scored scored(const double* row, size_t c) const {
    const bool positive =
        decisions_.separate() ? row[classes_ + c] != 0 : row[classes_] == static_cast<double>(c);
    return {row[c], row[stride_ - 1], positive};
  }
  // F(row) for each row that counts.
  template <class F>
  void for_rows(F&& f) const {
    const std::span<const double> rows = rows_.values();
    for (size_t i = 0; i < rows.size(); i += stride_)
      if (rows[i + stride_ - 1] > 0) f(rows.data() + i);
  }
  bool has_nan() const {
    bool any = false;
    for_rows([&](const double* row) {
      any = any || std::any_of(row, row + classes_, [](double x) { return std::isnan(x); });
    });
    return any;
  }
  std::vector<double> positives() const {
    std::vector<double> sums(classes_);
    for_rows([&](const double* row) {
      for (size_t c = 0; c < classes_; ++c)
        if (scored(row, c).positive) sums[c] += row[stride_ - 1];
    });
    return sums;
  }
  double of_class(size_t c) const {
    std::vector<Scored> all;
    all.reserve(rows_.values().size() / stride_);
    for_rows([&](const double* row) { all.push_back(scored(row, c)); });
    return area(all);
  }
  double of_all() const {
    std::vector<Scored> all;
    all.reserve(rows_.values().size() / stride_ * classes_);
    for_rows([&](const double* row) {
      for (size_t c = 0; c < classes_; ++c) all.push_back(scored(row, c));
    });
    return area(all);
  }
  // Pairs of a positive above a negative, equal ones half, among all pairs.
  static double area(std::vector<Scored>& all) {
    if (std::ranges::any_of(all, [](const Scored& s) { return std::isnan(s.score); })) return NAN;
    std::ranges::sort(all, [](const Scored& a, const Scored& b) { return a.score < b.score; });
    double won = 0, positives = 0, negatives = 0;
    for (size_t i = 0; i < all.size();) {
      double equal_positives = 0, equal_negatives = 0;
      const double score = all[i].score;
      for (; i < all.size() && all[i].score == score; ++i)
        (all[i].positive ? equal_positives : equal_negatives) += all[i].weight;
      won += equal_positives * (negatives + equal_negatives / 2);
      positives += equal_positives;
      negatives += equal_negatives;
    }
    return positives == 0 || negatives == 0 ? NAN : won / (positives * negatives);
  }

  MetricOptions options_;
  Decisions decisions_;
  size_t stride_;
  KeptRows rows_;
};

// Sums, for each interval: weight, confidence, what is right.
class CalibrationError : public Metric {
 public:
  CalibrationError(const MetricOptions& o, int64_t classes)
      : Metric(classes), options_(o), decisions_(o, classes_) {}
  bool wants_targets() const override { return decisions_.separate(); }
  size_t width() const override { return 3 * bins(); }
  void add(const MetricRow& r, double* sums) override {
    if (!decisions_.separate()) return count(confidence(r), r.predicted == r.truth, r.weight, sums);
    for (size_t c = 0; c < classes_; ++c) {
      const double p = decisions_.probability(r.x[c]);
      const bool yes = decisions_.says_yes(r.x[c]);
      count(yes ? p : 1 - p, yes == Decisions::is_yes(r.t[c]), r.weight, sums);
    }
  }
  double value(const double* sums) const override {
    double distance = 0, total = 0;
    for (size_t b = 0; b < bins(); ++b) {
      total += sums[b];
      distance += std::fabs(sums[2 * bins() + b] - sums[bins() + b]);
    }
    return distance / total;
  }

 private:
  size_t bins() const { return static_cast<size_t>(options_.bins); }
  double confidence(const MetricRow& r) const {
    if (r.predicted < 0) return NAN;
    const double largest = r.x[r.predicted];
    if (options_.probabilities) return largest;
    double sum = 0;
    for (size_t c = 0; c < classes_; ++c) sum += std::exp(r.x[c] - largest);
    return 1 / sum;
  }
  // Interval b is from b / bins, exclusive, to (b + 1) / bins.
  void count(double confidence, bool right, double weight, double* sums) const {
    const double last = static_cast<double>(bins()) - 1;
    const double at = std::ceil(confidence * static_cast<double>(bins())) - 1;
    const size_t b = at > 0 ? static_cast<size_t>(std::min(at, last)) : 0;  // NaN: 0
    sums[b] += weight;
    sums[bins() + b] += weight * confidence;
    if (right) sums[2 * bins() + b] += weight;
  }

  MetricOptions options_;
  Decisions decisions_;
};

// Sums: of the weights, and of each unit's errors.
class MeanError : public Metric {
 public:
  MeanError(const MetricOptions& o, int64_t classes) : Metric(classes), options_(o) {}
  bool wants_targets() const override { return true; }
  size_t width() const override { return 1 + classes_; }
  void add(const MetricRow& r, double* sums) override {
    const bool squared = options_.kind == MetricKind::mean_squared_error;
    sums[0] += r.weight;
    for (size_t c = 0; c < classes_; ++c) {
      const double error = r.x[c] - r.t[c];
      sums[1 + c] += r.weight * (squared ? error * error : std::fabs(error));
    }
  }
  double value(const double* sums) const override {
    if (options_.average == ClassAverage::one)
      return sums[1 + static_cast<size_t>(options_.class_index)] / sums[0];
    return std::accumulate(sums + 1, sums + 1 + classes_, 0.0) / (sums[0] * static_cast<double>(classes_));
  }
  std::vector<double> class_values(const double* sums) const override {
    std::vector<double> values(sums + 1, sums + 1 + classes_);
    for (double& v : values) v /= sums[0];
    return values;
  }

 private:
  MetricOptions options_;
};

// Sums: of the weights; for each unit the mean of the targets, the squares of their distances from it
// (Welford 1962; parts are put together as Chan et al. 1983), and the squared errors.
class R2 : public Metric {
 public:
  R2(const MetricOptions& o, int64_t classes) : Metric(classes), options_(o) {}
  bool wants_targets() const override { return true; }
  size_t width() const override { return 1 + 3 * classes_; }
  void add(const MetricRow& r, double* sums) override {
    double *mean = sums + 1, *spread = mean + classes_, *errors = spread + classes_;
    sums[0] += r.weight;
    const double share = r.weight / sums[0];
    for (size_t c = 0; c < classes_; ++c) {
      const double distance = r.t[c] - mean[c], error = r.x[c] - r.t[c];
      mean[c] += share * distance;
      spread[c] += r.weight * distance * (r.t[c] - mean[c]);
      errors[c] += r.weight * error * error;
    }
  }
  void merge(const double* part, double* sums) const override {
    if (part[0] == 0) return;
    double *mean = sums + 1, *spread = mean + classes_, *errors = spread + classes_;
    const double total = sums[0] + part[0], share = part[0] / total;
    for (size_t c = 0; c < classes_; ++c) {
      const double distance = part[1 + c] - mean[c];
      mean[c] += share * distance;
      spread[c] += part[1 + classes_ + c] + distance * distance * sums[0] * share;
      errors[c] += part[1 + 2 * classes_ + c];
    }
    sums[0] = total;
  }
  double value(const double* sums) const override {
    const double *mean = sums + 1, *spread = mean + classes_, *errors = spread + classes_;
    if (options_.average == ClassAverage::one) {
      const size_t c = static_cast<size_t>(options_.class_index);
      return explained(errors[c], spread[c]);
    }
    if (options_.average == ClassAverage::macro) {
      const std::vector<double> values = class_values(sums);
      return std::accumulate(values.begin(), values.end(), 0.0) / static_cast<double>(classes_);
    }
    double all = std::accumulate(spread, errors, 0.0);
    if (options_.average == ClassAverage::micro) {
      const double middle = std::accumulate(mean, spread, 0.0) / static_cast<double>(classes_);
      for (size_t c = 0; c < classes_; ++c) all += sums[0] * (mean[c] - middle) * (mean[c] - middle);
    }
    return explained(std::accumulate(errors, errors + classes_, 0.0), all);
  }
  std::vector<double> class_values(const double* sums) const override {
    const double *spread = sums + 1 + classes_, *errors = spread + classes_;
    std::vector<double> values(classes_);
    for (size_t c = 0; c < classes_; ++c) values[c] = explained(errors[c], spread[c]);
    return values;
  }

 private:
  static double explained(double errors, double spread) {
    if (spread == 0) return errors == 0 ? 1 : std::isnan(errors) ? NAN : 0;
    return 1 - errors / spread;
  }
  MetricOptions options_;
};

class MeanLoss : public Metric {
 public:
  MeanLoss(const MetricOptions& o, int64_t classes) : Metric(classes), loss_(o.loss) {}
  bool wants_targets() const override { return true; }
  size_t width() const override { return 2; }
  void add(const MetricRow& r, double* sums) override {
    const bool labelled = loss_ == Loss::hinge;
    double loss = 0;
    if (labelled && r.truth < 0)
      loss = NAN;
    else
      own_loss(loss_, {DType::f64, 1, static_cast<int64_t>(classes_), nullptr, r.x, labelled ? nullptr : r.t,
                       labelled ? &r.truth : nullptr, nullptr, &loss, nullptr});
    sums[0] += r.weight * loss;
    sums[1] += r.weight;
  }
  double value(const double* sums) const override { return quotient(sums[0], sums[1]); }

 private:
  Loss loss_;
};

}  // namespace

void KeptRows::reserve(int64_t rows) {
  const size_t wanted = static_cast<size_t>(rows) * stride_;
  if (wanted > values_.capacity()) values_.reserve(std::max(wanted, 2 * values_.capacity()));
}

void KeptRows::forget_kept() {
  values_.erase(values_.begin(), values_.begin() + static_cast<ptrdiff_t>(count_));
  count_ = 0;
}

void KeptRows::assign(std::span<const double> values) {
  values_.assign(values.begin(), values.end());
  keep();
}

std::string metric_name(const MetricOptions& o) {
  if (!o.name.empty()) return o.name;
  std::string name = kMetricNames[static_cast<size_t>(o.kind)];
  if (o.kind == MetricKind::top_k) name = "top_" + std::to_string(o.k);
  if (o.kind == MetricKind::loss) name = kLossNames[static_cast<size_t>(o.loss)];
  if (o.average == ClassAverage::micro) name += "_micro";
  if (o.average == ClassAverage::weighted) name += "_weighted";
  if (o.average == ClassAverage::one) name += '_' + std::to_string(o.class_index);
  return name;
}

bool is_larger_better(MetricKind kind) {
  return kind <= MetricKind::roc_auc || kind == MetricKind::r2;
}

void check_metric(const MetricOptions& o, int64_t classes) {
  const std::string own = metric_name(o);
  const char* const name = own.c_str();
  const bool scores = o.kind >= MetricKind::precision && o.kind <= MetricKind::roc_auc;
  const bool errors = o.kind == MetricKind::mean_absolute_error || o.kind == MetricKind::mean_squared_error;
  const bool averages = scores || o.kind == MetricKind::r2;
  FOVEA_REQUIRE(o.average == ClassAverage::macro || averages || (errors && o.average == ClassAverage::one),
                "metric '%.80s' has no such average", name);
  FOVEA_REQUIRE(o.average != ClassAverage::one || (o.class_index >= 0 && o.class_index < classes),
                "metric '%.80s': class_index is %d, there are %lld classes", name, o.class_index,
                static_cast<long long>(classes));
  FOVEA_REQUIRE(o.kind != MetricKind::top_k || (classes >= 2 && o.k >= 1 && o.k <= classes),
                "metric '%.80s': k is %d, there are %lld classes", name, o.k,
                static_cast<long long>(classes));
  FOVEA_REQUIRE(o.bins >= 1 && o.bins <= 65536, "metric '%.80s': bins is %d", name, o.bins);
  FOVEA_REQUIRE(o.threshold > 0 && o.threshold < 1, "metric '%.80s': threshold is %g, expected 0 to 1", name,
                o.threshold);
  FOVEA_REQUIRE(o.kind != MetricKind::roc_auc || classes <= 65536, "metric '%.80s' is of up to 65536 classes",
                name);
  FOVEA_REQUIRE(o.kind != MetricKind::loss || o.loss != Loss::hinge || classes >= 2,
                "metric '%.80s' takes classes, the outputs have one unit", name);
}

std::unique_ptr<Metric> make_metric(const MetricOptions& o, int64_t classes) {
  switch (o.kind) {
    case MetricKind::accuracy:
      return std::make_unique<Accuracy>(o, classes);
    case MetricKind::top_k:
      return std::make_unique<TopK>(o, classes);
    case MetricKind::precision:
    case MetricKind::recall:
    case MetricKind::f1:
      return std::make_unique<ClassScores>(o, classes);
    case MetricKind::roc_auc:
      return std::make_unique<RocAuc>(o, classes);
    case MetricKind::calibration_error:
      return std::make_unique<CalibrationError>(o, classes);
    case MetricKind::mean_absolute_error:
    case MetricKind::mean_squared_error:
      return std::make_unique<MeanError>(o, classes);
    case MetricKind::r2:
      return std::make_unique<R2>(o, classes);
    default:
      return std::make_unique<MeanLoss>(o, classes);
  }
}

}  // namespace fovea::train
