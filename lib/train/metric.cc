#include "train/metric.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/largest.h"

namespace fovea::train {
namespace {

// A batch is cut by its size into at most so many parts, whose sums are put together in order.
constexpr int64_t kParts = 8;
constexpr int64_t kValuesPerPart = 16384;

}  // namespace

Metrics::Metrics(const Context& context, MetricSetOptions options)
    : executor_(context.executor()), options_(std::move(options)) {
  const int64_t classes = options_.classes;
  FOVEA_REQUIRE(classes >= 1 && classes <= 1 << 24, "classes is %lld, expected 1 to 2^24",
                static_cast<long long>(classes));
  FOVEA_REQUIRE(options_.metrics.size() <= 64, "there are %zu metrics, at most 64", options_.metrics.size());
  for (const MetricOptions& o : options_.metrics) {
    check_metric(o, classes);
    const std::string name = metric_name(o);
    const auto same = [&](const MetricOptions& other) { return metric_name(other) == name; };
    FOVEA_REQUIRE(std::ranges::count_if(options_.metrics, same) == 1, "there are two metrics '%.80s'",
                  name.c_str());
    metrics_.push_back(make_metric(o, classes));
    first_.push_back(1 + width_);
    width_ += metrics_.back()->width();
    wants_targets_ = wants_targets_ || metrics_.back()->wants_targets();
  }
  ++width_;  // the first sum is that of the weights
  sums_.resize(width_);
  parts_.resize(width_ * kParts);
  rows_.resize(static_cast<size_t>(executor_.threads()) * 2 * static_cast<size_t>(classes));
  if (!options_.confusion) return;
  FOVEA_REQUIRE(classes <= 65536, "a confusion matrix is of up to 65536 classes");
  const size_t side = classes == 1 ? 2 : static_cast<size_t>(classes);
  confusion_.resize(side * side);
}

void Metrics::check_labels(const MetricBatch& b) const {
  if (b.labels == nullptr) return;
  const int64_t classes = std::max<int64_t>(2, options_.classes);
  for (int64_t i = 0; i < b.rows; ++i) {
    if (options_.ignores && b.labels[i] == options_.ignored_label) continue;
    FOVEA_REQUIRE(b.labels[i] >= 0 && b.labels[i] < classes, "label %d of sample %lld is not in [0, %lld)",
                  b.labels[i], static_cast<long long>(i / b.rows_per_sample),
                  static_cast<long long>(classes));
  }
}

void Metrics::reserve(int64_t rows) {
  for (const std::unique_ptr<Metric>& metric : metrics_)
    if (metric->kept() != nullptr) metric->kept()->reserve(rows);
}

// Row i of a batch, with its values in `scratch`, which has room for outputs and targets; false where it does
// not count.
template <class T>
bool Metrics::read_row(const MetricBatch& b, int64_t i, double* scratch, MetricRow& row) const {
  const int64_t classes = options_.classes;
  double *const x = scratch, *const t = scratch + classes;
  row = {i, x, t, -1, -1, b.sample_weights == nullptr ? 1 : b.sample_weights[i / b.rows_per_sample]};
  const bool ignored = b.labels != nullptr && options_.ignores && b.labels[i] == options_.ignored_label;
  if (ignored || row.weight == 0) return false;
  std::copy_n(static_cast<const T*>(b.outputs) + i * classes, classes, x);
  row.predicted = largest_of(x, classes);
  if (b.labels == nullptr) {
    std::copy_n(static_cast<const T*>(b.targets) + i * classes, classes, t);
    row.truth = classes == 1 ? t[0] > 0.5 : largest_of(t, classes);
    return true;
  }
  row.truth = b.labels[i];
  if (!wants_targets_) return true;
  std::fill_n(t, classes, 0.0);
  if (classes == 1)
    t[0] = row.truth;
  else
    t[row.truth] = 1;
  return true;
}

// By itself, in one thread: a matrix for each part of a batch would be large.
template <class T>
void Metrics::count_confusion(const MetricBatch& b) {
  const bool decides = options_.classes == 1;
  const int32_t side = decides ? 2 : static_cast<int32_t>(options_.classes);
  for (int64_t i = 0; i < b.rows; ++i) {
    MetricRow row;
    if (!read_row<T>(b, i, rows_.data(), row) || row.predicted < 0 || row.truth < 0) continue;
    const int32_t predicted = decides ? row.x[0] > options_.confusion_threshold : row.predicted;
    ++confusion_[static_cast<size_t>(row.truth) * static_cast<size_t>(side) + static_cast<size_t>(predicted)];
  }
}

void Metrics::measure(const MetricBatch& b) {
  check_labels(b);
  for (const std::unique_ptr<Metric>& metric : metrics_)
    if (metric->kept() != nullptr) metric->kept()->reserve(metric->kept()->size() + b.rows);
  for (const std::unique_ptr<Metric>& metric : metrics_)
    if (metric->kept() != nullptr) metric->kept()->grow(b.rows);
  const int64_t least = std::max<int64_t>(1, kValuesPerPart / options_.classes);
  const int64_t step = std::max(least, blocks_of(b.rows, kParts));
  measured_parts_ = blocks_of(b.rows, step);
  std::fill_n(parts_.begin(), static_cast<size_t>(measured_parts_) * width_, 0.0);
  with_float(b.dtype, [&](auto zero) {
    using T = decltype(zero);
    executor_.parallel_for(measured_parts_, [&](int64_t part, int lane) {
      double* const scratch = rows_.data() + lane * 2 * options_.classes;
      double* const sums = parts_.data() + static_cast<size_t>(part) * width_;
      MetricRow row;
      for (int64_t i = part * step; i < std::min(b.rows, (part + 1) * step); ++i) {
        if (!read_row<T>(b, i, scratch, row)) continue;
        sums[0] += row.weight;
        for (size_t m = 0; m < metrics_.size(); ++m) metrics_[m]->add(row, sums + first_[m]);
      }
    });
  });
}

void Metrics::count() {
  for (int64_t part = 0; part < measured_parts_; ++part) {
    const double* const from = parts_.data() + static_cast<size_t>(part) * width_;
    sums_[0] += from[0];
    for (size_t m = 0; m < metrics_.size(); ++m)
      metrics_[m]->merge(from + first_[m], sums_.data() + first_[m]);
  }
  measured_parts_ = 0;
  for (const std::unique_ptr<Metric>& metric : metrics_)
    if (metric->kept() != nullptr) metric->kept()->keep();
}

void Metrics::update(const MetricBatch& b) {
  measure(b);
  count();
  if (confusion_.empty()) return;
  with_float(b.dtype, [&](auto zero) { count_confusion<decltype(zero)>(b); });
}

void Metrics::reset() {
  std::ranges::fill(sums_, 0.0);
  std::ranges::fill(confusion_, 0);
  for (const std::unique_ptr<Metric>& metric : metrics_)
    if (metric->kept() != nullptr) metric->kept()->forget_kept();
}

double Metrics::value(size_t metric) const {
  return sums_[0] == 0 ? NAN : metrics_[metric]->value(sums_.data() + first_[metric]);
}

std::vector<double> Metrics::class_values(size_t metric) const {
  FOVEA_REQUIRE(metric < size(), "metric %zu was asked for, there are %zu", metric, size());
  std::vector<double> values = metrics_[metric]->class_values(sums_.data() + first_[metric]);
  FOVEA_REQUIRE(!values.empty(), "metric '%.80s' has no value for each class",
                metric_name(options_.metrics[metric]).c_str());
  if (sums_[0] == 0) std::ranges::fill(values, NAN);
  return values;
}

// The sums; then, for each metric that keeps rows, how many numbers they are, and these.
std::vector<double> Metrics::state() const {
  std::vector<double> state = sums_;
  for (const std::unique_ptr<Metric>& metric : metrics_) {
    if (metric->kept() == nullptr) continue;
    const std::span<const double> kept = metric->kept()->values();
    state.push_back(static_cast<double>(kept.size()));
    state.insert(state.end(), kept.begin(), kept.end());
  }
  return state;
}

bool Metrics::restore(std::span<const double> state) {
  if (state.size() < width_) return false;
  std::vector<std::span<const double>> rows;
  std::span<const double> rest = state.subspan(width_);
  for (const std::unique_ptr<Metric>& metric : metrics_) {
    if (metric->kept() == nullptr) continue;
    if (rest.empty() || !(rest[0] >= 0 && rest[0] <= static_cast<double>(rest.size() - 1))) return false;
    const size_t count = static_cast<size_t>(rest[0]);
    if (count % metric->kept()->stride() != 0) return false;
    rows.push_back(rest.subspan(1, count));
    rest = rest.subspan(1 + count);
  }
  if (!rest.empty()) return false;
  std::copy_n(state.begin(), width_, sums_.begin());
  size_t next = 0;
  for (const std::unique_ptr<Metric>& metric : metrics_)
    if (metric->kept() != nullptr) metric->kept()->assign(rows[next++]);
  return true;
}

}  // namespace fovea::train
