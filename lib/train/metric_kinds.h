// The kinds of metrics, each as sums over rows and a value made out of them. May use: base,
// train/objective.h.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "train/objective.h"

namespace fovea::train {

// Values are those of fv_metric.
enum class MetricKind : int32_t {
  accuracy = 1,
  top_k = 2,
  precision = 3,
  recall = 4,
  f1 = 5,
  roc_auc = 6,
  calibration_error = 7,
  mean_absolute_error = 8,
  mean_squared_error = 9,
  r2 = 10,
  loss = 11
};
inline constexpr const char* kMetricNames[] = {nullptr,
                                               "accuracy",
                                               "top_k",
                                               "precision",
                                               "recall",
                                               "f1",
                                               "roc_auc",
                                               "calibration_error",
                                               "mean_absolute_error",
                                               "mean_squared_error",
                                               "r2",
                                               "loss"};

// Values are those of fv_class_average.
enum class ClassAverage : int32_t { macro = 0, micro = 1, weighted = 2, one = 3 };
inline constexpr const char* kClassAverageNames[] = {"macro", "micro", "weighted", "one"};

// What fv_metric_desc says.
struct MetricOptions {
  MetricKind kind = MetricKind::accuracy;
  ClassAverage average = ClassAverage::macro;
  int32_t class_index = 0;
  int32_t k = 5;
  int32_t bins = 15;
  bool probabilities = false;
  bool multilabel = false;
  double threshold = 0.5;
  Loss loss = Loss::softmax_cross_entropy;
  std::string name;  // empty: metric_name() makes it
  friend bool operator==(const MetricOptions&, const MetricOptions&) = default;
};

std::string metric_name(const MetricOptions& options);
bool is_larger_better(MetricKind kind);
// Raises invalid_argument unless the options make sense for outputs of so many classes.
void check_metric(const MetricOptions& options, int64_t classes);

// A row that counts.
struct MetricRow {
  int64_t index;    // among those that have been and will be added
  const double* x;  // the outputs
  const double* t;  // the targets; of a label its one-hot vector, where a metric wants it
  int32_t truth;    // its class; -1: none
  int32_t predicted;
  double weight;  // above 0
};

// Rows that are kept in one block, of which the newest may yet be taken back.
class KeptRows {
 public:
  explicit KeptRows(size_t stride) : stride_(stride) {}
  size_t stride() const { return stride_; }
  // Memory for that many rows in all.
  void reserve(int64_t rows);
  int64_t size() const { return static_cast<int64_t>(count_ / stride_); }
  // Room for the rows of a batch, instead of those that came after the last keep().
  void grow(int64_t rows) {
    values_.resize(count_);  // a row that does not count is not written: it has to be zero
    values_.resize(count_ + static_cast<size_t>(rows) * stride_);
  }
  double* newest(int64_t index) { return values_.data() + count_ + static_cast<size_t>(index) * stride_; }
  void keep() { count_ = values_.size(); }
  void forget_kept();
  std::span<const double> values() const { return {values_.data(), count_}; }
  void assign(std::span<const double> values);

 private:
  size_t stride_;
  std::vector<double> values_;
  size_t count_ = 0;  // of the values that are kept
};

// One metric. What it knows of the rows is in `sums`, which lie in its set, so that parts of a batch can be
// summed up side by side; ROC-AUC keeps the rows themselves.
class Metric {
 public:
  explicit Metric(int64_t classes) : classes_(static_cast<size_t>(classes)) {}
  virtual ~Metric() = default;

  virtual bool wants_targets() const { return false; }
  virtual size_t width() const = 0;
  virtual void add(const MetricRow& row, double* sums) = 0;
  // Adds the sums of a later part.
  virtual void merge(const double* part, double* sums) const {
    for (size_t i = 0; i < width(); ++i) sums[i] += part[i];
  }
  // Of sums in which something has counted.
  virtual double value(const double* sums) const = 0;
  // Nothing where there is no value for each class.
  virtual std::vector<double> class_values(const double*) const { return {}; }

  // Of a metric that keeps rows: them, else null.
  virtual KeptRows* kept() { return nullptr; }

 protected:
  size_t classes_;
};

std::unique_ptr<Metric> make_metric(const MetricOptions& options, int64_t classes);

}  // namespace fovea::train
