// Metrics: a set of measures of outputs against their truth, summed up batch by batch. May use: base,
// train/metric_kinds.h.
#pragma once
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/context.h"
#include "base/dtype.h"
#include "train/metric_kinds.h"

namespace fovea::train {

struct MetricSetOptions {
  std::vector<MetricOptions> metrics;
  int64_t classes = 0;  // the outputs' last extent
  bool ignores = false;
  int32_t ignored_label = 0;
  bool confusion = false;
  double confusion_threshold = 0;  // of a single output
};

// Rows of outputs with labels or targets; of which the other is null.
struct MetricBatch {
  DType dtype;  // of outputs and targets
  int64_t rows;
  int64_t rows_per_sample;
  const void* outputs;
  const int32_t* labels;
  const void* targets;
  const double* sample_weights;  // null: 1
};

class Metrics {
 public:
  // Raises invalid_argument for options that make no sense.
  Metrics(const Context& context, MetricSetOptions options);

  const MetricSetOptions& options() const { return options_; }
  size_t size() const { return metrics_.size(); }
  // Memory for that many rows in all.
  void reserve(int64_t rows);
  // Raises invalid_argument (a label), out_of_memory; nothing is counted then.
  void update(const MetricBatch& batch);
  // The same in two halves: what has been measured last counts from count() on, which cannot fail.
  void measure(const MetricBatch& batch);
  void count();
  // Forgets what counts, not what has been measured since.
  void reset();

  double value(size_t metric) const;
  // Raises invalid_argument where the metric has none.
  std::vector<double> class_values(size_t metric) const;
  // Empty where it was not asked for; classes x classes, 2 x 2 of a single output.
  const std::vector<int64_t>& confusion() const { return confusion_; }

  // Everything that has been counted but the confusion, for a checkpoint; restore() is false for what no set
  // of these options can have counted.
  std::vector<double> state() const;
  bool restore(std::span<const double> state);

 private:
  void check_labels(const MetricBatch& batch) const;
  template <class T>
  bool read_row(const MetricBatch& batch, int64_t i, double* scratch, MetricRow& row) const;
  template <class T>
  void count_confusion(const MetricBatch& batch);

  Executor& executor_;
  MetricSetOptions options_;
  std::vector<std::unique_ptr<Metric>> metrics_;
  std::vector<size_t> first_;  // of each metric's sums
  bool wants_targets_ = false;
  size_t width_ = 0;           // of all sums
  std::vector<double> sums_;   // of all rows
  std::vector<double> parts_;  // of the parts of a batch
  int64_t measured_parts_ = 0;
  std::vector<double> rows_;  // an output and a target row for each lane
  std::vector<int64_t> confusion_;
};

}  // namespace fovea::train
