#include <fovea/metric.h>

#include <cmath>

#include "capi/fields.h"
#include "capi/metrics.h"

using namespace fovea;
using namespace fovea::capi;
using train::ClassAverage;
using train::Loss;
using train::MetricKind;
using train::MetricOptions;

static_assert(FV_METRIC_ACCURACY == static_cast<int>(MetricKind::accuracy) &&
              FV_METRIC_TOP_K == static_cast<int>(MetricKind::top_k) &&
              FV_METRIC_PRECISION == static_cast<int>(MetricKind::precision) &&
              FV_METRIC_RECALL == static_cast<int>(MetricKind::recall) &&
              FV_METRIC_F1 == static_cast<int>(MetricKind::f1) &&
              FV_METRIC_ROC_AUC == static_cast<int>(MetricKind::roc_auc) &&
              FV_METRIC_CALIBRATION_ERROR == static_cast<int>(MetricKind::calibration_error));
static_assert(FV_METRIC_MEAN_ABSOLUTE_ERROR == static_cast<int>(MetricKind::mean_absolute_error) &&
              FV_METRIC_MEAN_SQUARED_ERROR == static_cast<int>(MetricKind::mean_squared_error) &&
              FV_METRIC_R2 == static_cast<int>(MetricKind::r2) &&
              FV_METRIC_LOSS == static_cast<int>(MetricKind::loss));
static_assert(FV_CLASS_MACRO == static_cast<int>(ClassAverage::macro) &&
              FV_CLASS_MICRO == static_cast<int>(ClassAverage::micro) &&
              FV_CLASS_WEIGHTED == static_cast<int>(ClassAverage::weighted) &&
              FV_CLASS_ONE == static_cast<int>(ClassAverage::one));

namespace {

// An option that only these metrics have.
void only_for(bool given, bool has, const char* field, MetricKind kind) {
  FOVEA_REQUIRE(!given || has, "metric %s takes no %s", train::kMetricNames[static_cast<size_t>(kind)],
                field);
}

bool is_label(const TensorView& t) {
  return t.dtype == DType::i32 || t.dtype == DType::i64;
}

bool is_float(const TensorView& t) {
  return t.dtype == DType::f32 || t.dtype == DType::f64;
}

// What update() was given, as the library takes it: views where types agree, copies where not.
class Batch {
 public:
  Batch(const fv_tensor* outputs, const fv_tensor* truth, const fv_tensor* weights, int64_t classes) {
    const TensorView x = view_of(need(outputs, "outputs"), "the outputs");
    const TensorView t = view_of(need(truth, "truth"), "the truth");
    const int rank = x.shape.rank();
    FOVEA_REQUIRE(x.data != nullptr && is_float(x), "the outputs are not f32 or f64 values");
    FOVEA_REQUIRE(rank >= 2 && x.shape[rank - 1] == classes && x.shape[0] >= 1,
                  "the outputs are %s, expected batch x ... x %lld", x.shape.text().c_str(),
                  static_cast<long long>(classes));
    FOVEA_REQUIRE(t.data != nullptr && (is_label(t) || is_float(t)),
                  "the truth is not i32 or i64 labels, or f32 or f64 targets");
    const int64_t rows = x.shape.elements() / classes;
    batch_ = {x.dtype, rows, rows / x.shape[0], x.data, nullptr, nullptr, nullptr};
    if (is_label(t))
      take_labels(t, x.shape);
    else
      take_targets(t, x.shape);
    if (weights != nullptr) take_weights(view_of(*weights, "the sample weights"), x.shape[0]);
  }
  const train::MetricBatch& get() const { return batch_; }

 private:
  void take_labels(const TensorView& t, const Shape& outputs) {
    const Shape places(outputs.extents().first(static_cast<size_t>(outputs.rank() - 1)));
    FOVEA_REQUIRE(t.shape == places, "the labels are %s, expected %s", t.shape.text().c_str(),
                  places.text().c_str());
    batch_.labels = static_cast<const int32_t*>(t.data);
    if (t.dtype == DType::i32) return;
    labels_.resize(static_cast<size_t>(batch_.rows));
    for (size_t i = 0; i < labels_.size(); ++i) {
      const int64_t label = static_cast<const int64_t*>(t.data)[i];
      FOVEA_REQUIRE(label >= INT32_MIN && label <= INT32_MAX, "label %lld of sample %lld is out of range",
                    static_cast<long long>(label),
                    static_cast<long long>(static_cast<int64_t>(i) / batch_.rows_per_sample));
      labels_[i] = static_cast<int32_t>(label);
    }
    batch_.labels = labels_.data();
  }
  void take_targets(const TensorView& t, const Shape& outputs) {
    FOVEA_REQUIRE(t.shape == outputs, "the targets are %s, expected %s", t.shape.text().c_str(),
                  outputs.text().c_str());
    batch_.targets = t.data;
    if (t.dtype == batch_.dtype) return;
    const int64_t count = outputs.elements();
    targets_.resize(static_cast<size_t>(count) * size_of(batch_.dtype));
    convert(count, t.dtype, t.data, batch_.dtype, targets_.data());
    batch_.targets = targets_.data();
  }
  void take_weights(const TensorView& w, int64_t samples) {
    FOVEA_REQUIRE(w.data != nullptr && is_float(w) && w.shape == Shape{samples},
                  "the sample weights are not %lld values of f32 or f64", static_cast<long long>(samples));
    weights_.resize(static_cast<size_t>(samples));
    convert(samples, w.dtype, w.data, DType::f64, weights_.data());
    for (size_t i = 0; i < weights_.size(); ++i)
      FOVEA_REQUIRE(weights_[i] >= 0 && std::isfinite(weights_[i]),
                    "the weight of sample %zu is %g, expected 0 or more", i, weights_[i]);
    batch_.sample_weights = weights_.data();
  }

  train::MetricBatch batch_{};
  std::vector<int32_t> labels_;
  std::vector<std::byte> targets_;
  std::vector<double> weights_;
};

template <class T>
void write_values(const std::vector<T>& all, T* values, size_t capacity, size_t* needed) {
  FOVEA_REQUIRE(values != nullptr || capacity == 0, "the buffer is NULL");
  if (needed != nullptr) *needed = all.size();
  std::copy_n(all.begin(), std::min(capacity, all.size()), values);
}

// The values of metrics, or of none.
void write_metrics(const train::Metrics* metrics, double* values, size_t capacity, size_t* needed) {
  std::vector<double> all(metrics == nullptr ? 0 : metrics->size());
  for (size_t i = 0; capacity > 0 && i < all.size(); ++i) all[i] = metrics->value(i);
  write_values(all, values, capacity, needed);
}

fv_metric_desc metric_to(const MetricOptions& o) {
  const auto of = [&](MetricKind kind, int32_t value) { return o.kind == kind ? value : 0; };
  const bool decides = o.kind <= MetricKind::calibration_error && o.kind != MetricKind::top_k;
  fv_metric_desc d{};
  d.metric = static_cast<fv_metric>(o.kind);
  d.average = static_cast<fv_class_average>(o.average);
  d.class_index = o.class_index;
  d.k = of(MetricKind::top_k, o.k);
  d.bins = of(MetricKind::calibration_error, o.bins);
  d.probabilities = o.probabilities ? 1 : 0;
  d.multilabel = o.multilabel ? 1 : 0;
  d.threshold = decides && o.kind != MetricKind::roc_auc ? o.threshold : 0;
  d.loss = of(MetricKind::loss, static_cast<int32_t>(o.loss));
  d.name = o.name.c_str();
  return d;
}

}  // namespace

MetricOptions capi::metric_from(const fv_metric_desc* desc) {
  const fv_metric_desc d = read_desc(&need(desc, "a metric"), "fv_metric_desc");
  FOVEA_REQUIRE(d.metric >= FV_METRIC_ACCURACY && d.metric <= FV_METRIC_LOSS,
                "metric is %d, expected 1 to %d", static_cast<int>(d.metric), FV_METRIC_LOSS);
  MetricOptions o;
  o.kind = static_cast<MetricKind>(d.metric);
  o.average = choice(d.average, ClassAverage::one, "average");
  const bool calibration = o.kind == MetricKind::calibration_error, auc = o.kind == MetricKind::roc_auc,
             loss = o.kind == MetricKind::loss;
  const bool decides = o.kind <= MetricKind::calibration_error && o.kind != MetricKind::top_k;
  only_for(d.class_index != 0, o.average == ClassAverage::one, "class_index", o.kind);
  only_for(d.k != 0, o.kind == MetricKind::top_k, "k", o.kind);
  only_for(d.bins != 0, calibration, "bins", o.kind);
  only_for(d.probabilities != 0, decides, "probabilities", o.kind);
  only_for(d.multilabel != 0, decides, "multilabel", o.kind);
  only_for(d.threshold != 0, decides && !auc, "threshold", o.kind);
  only_for(d.loss != 0, loss, "loss", o.kind);
  FOVEA_REQUIRE(!loss || (d.loss >= 1 && d.loss < FV_LOSS_HOST_GRADIENT),
                "a metric's loss is %d, expected 1 to %d", static_cast<int>(d.loss),
                FV_LOSS_HOST_GRADIENT - 1);
  o.class_index = d.class_index;
  if (d.k != 0) o.k = d.k;
  if (d.bins != 0) o.bins = d.bins;
  o.probabilities = d.probabilities != 0;
  o.multilabel = d.multilabel != 0;
  o.threshold = number(d.threshold, 0.5);
  if (loss) o.loss = static_cast<Loss>(d.loss);
  if (d.name != nullptr) o.name = d.name;
  return o;
}

std::vector<MetricOptions> capi::metrics_from(const fv_metric_desc* const* descs, size_t count) {
  FOVEA_REQUIRE(descs != nullptr || count == 0, "metrics is NULL");
  FOVEA_REQUIRE(count <= 64, "metric_count is %zu, expected up to 64", count);
  std::vector<MetricOptions> metrics;
  for (size_t i = 0; i < count; ++i) metrics.push_back(metric_from(descs[i]));
  return metrics;
}

fv_status fv_metric_name(const fv_metric_desc* desc, char* buffer, size_t capacity, size_t* needed,
                         fv_error* error) {
  return guard(error, [&] {
    const std::string name = train::metric_name(metric_from(desc));
    write_text(name.c_str(), name.size(), buffer, capacity, needed);
  });
}

int32_t fv_metric_is_larger_better(fv_metric metric) {
  const bool known = metric >= FV_METRIC_ACCURACY && metric <= FV_METRIC_LOSS;
  return known && train::is_larger_better(static_cast<MetricKind>(metric)) ? 1 : 0;
}

fv_status fv_metrics_create(fv_context* context, const fv_metrics_desc* desc, fv_metrics** metrics,
                            fv_error* error) {
  return guard(error, [&] {
    need(metrics, "metrics");
    const std::shared_ptr<const Context>& c = need(context, "context").impl;
    const fv_metrics_desc d = read_desc(desc, "fv_metrics_desc");
    train::MetricSetOptions o;
    o.metrics = metrics_from(d.metrics, d.metric_count);
    o.classes = d.classes;
    o.ignores = d.ignore != 0;
    o.ignored_label = d.ignore_label;
    o.confusion = d.confusion != 0;
    o.confusion_threshold = finite(number(d.confusion_threshold, 0), "confusion_threshold");
    FOVEA_REQUIRE(d.rows >= 0 && d.rows <= int64_t{UINT32_MAX}, "rows is %lld",
                  static_cast<long long>(d.rows));
    auto made = std::make_unique<fv_metrics>(c, train::Metrics(*c, std::move(o)));
    made->impl.reserve(d.rows);
    *metrics = made.release();
  });
}

void fv_metrics_destroy(fv_metrics* metrics) {
  delete metrics;
}

fv_status fv_metrics_update(fv_metrics* metrics, const fv_tensor* outputs, const fv_tensor* truth,
                            const fv_tensor* sample_weights, fv_error* error) {
  return guard(error, [&] {
    train::Metrics& m = need(metrics, "metrics").impl;
    const Batch batch(outputs, truth, sample_weights, m.options().classes);
    m.update(batch.get());
  });
}

void fv_metrics_reset(fv_metrics* metrics) {
  if (metrics != nullptr) metrics->impl.reset();
}

fv_status fv_metrics_values(const fv_metrics* metrics, double* values, size_t capacity, size_t* needed,
                            fv_error* error) {
  return guard(error, [&] { write_metrics(&need(metrics, "metrics").impl, values, capacity, needed); });
}

fv_status fv_metrics_class_values(const fv_metrics* metrics, size_t index, double* values, size_t capacity,
                                  size_t* needed, fv_error* error) {
  return guard(error, [&] {
    write_values(need(metrics, "metrics").impl.class_values(index), values, capacity, needed);
  });
}

fv_status fv_metrics_confusion(const fv_metrics* metrics, int64_t* confusion, size_t capacity, size_t* needed,
                               fv_error* error) {
  return guard(error, [&] {
    const std::vector<int64_t>& all = need(metrics, "metrics").impl.confusion();
    FOVEA_REQUIRE(!all.empty(), "no confusion matrix was asked for: see fv_metrics_desc.confusion");
    write_values(all, confusion, capacity, needed);
  });
}

fv_status fv_trainer_set_metrics(fv_trainer* trainer, const fv_metric_desc* const* metrics,
                                 size_t metric_count, fv_error* error) {
  return guard(error,
               [&] { need(trainer, "trainer").impl->set_metrics(metrics_from(metrics, metric_count)); });
}

fv_status fv_trainer_get_metric(const fv_trainer* trainer, size_t index, fv_metric_desc* desc,
                                fv_error* error) {
  return guard(error, [&] {
    const train::Metrics* const m = need(trainer, "trainer").impl->metrics();
    const size_t count = m == nullptr ? 0 : m->size();
    FOVEA_REQUIRE(index < count, "metric %zu was asked for, there are %zu", index, count);
    write_info(desc, metric_to(m->options().metrics[index]), "desc");
  });
}

fv_status fv_trainer_metric_values(const fv_trainer* trainer, double* values, size_t capacity, size_t* needed,
                                   fv_error* error) {
  return guard(error,
               [&] { write_metrics(need(trainer, "trainer").impl->metrics(), values, capacity, needed); });
}

void fv_trainer_reset_metrics(fv_trainer* trainer) {
  if (trainer != nullptr) trainer->impl->reset_metrics();
}
