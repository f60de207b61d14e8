#include "train/evaluate.h"

#include <algorithm>
#include <cmath>
#include <numeric>
#include <vector>

#include "base/error.h"
#include "graph/inspect.h"
#include "model/batch.h"
#include "model/images.h"

namespace fovea::train {
namespace {

// A dataset as images for a session with crops, and the mean over them in the place of the output.
class CroppedOutputs final : public model::Images {
 public:
  CroppedOutputs(model::Session& session, const data::Dataset& dataset)
      : dataset_(dataset),
        runner_(session),
        raw_(session.crops().raw),
        dtype_(session.model().dtype()),
        elements_(session.model().graph()->node(session.nodes()[0]).shape.elements()),
        values_(session.model().context()->buffer(
            static_cast<size_t>(checked_mul(session.max_batch(), elements_)) * size_of(dtype_))) {}

  int64_t count() const override { return dataset_.size(); }
  TensorView image(int64_t i, data::SampleMemory& memory) const override {
    return dataset_.sample(i, memory);
  }
  [[noreturn]] void raise_with_name(const Error& error, int64_t i) const override {
    data::raise_with_name(error, dataset_, i);
  }

  // Of averaged probabilities the logarithms: their softmax is what they were.
  const void* run(std::span<const uint32_t> indices) {
    runner_.run(*this, indices, [&](size_t i, std::span<const double> means) {
      with_float(dtype_, [&]<class T>(T) {
        T* out = values_.as<T>() + i * static_cast<size_t>(elements_);
        for (size_t k = 0; k < static_cast<size_t>(elements_); ++k)
          out[k] = static_cast<T>(raw_ ? means[k] : std::log(std::max(means[k], 1e-30)));
      });
    });
    return values_.data();
  }

 private:
  const data::Dataset& dataset_;
  model::ImageRunner runner_;
  bool raw_;
  DType dtype_;
  int64_t elements_;
  Buffer values_;
};

// Without a loss the hits are still wanted, and the squared error is the cheapest way to them; but a single
// output is a logit unless it comes from a sigmoid.
LossOptions hits_alone(const graph::Node& output) {
  LossOptions hits;
  const bool logit =
      output.shape.elements() == 1 && graph::activation_of(output) != layers::Activation::sigmoid;
  hits.loss = logit ? Loss::binary_cross_entropy : Loss::mean_squared_error;
  return hits;
}

void check(const model::Session& session, const data::Dataset& dataset,
           const std::optional<LossOptions>& loss) {
  if (session.crops().crops == data::Crops::none) model::check_dataset(session.model(), dataset);
  FOVEA_REQUIRE(dataset.size() <= int64_t{UINT32_MAX},
                "the dataset has %lld samples, at most 2^32 - 1 can be evaluated",
                static_cast<long long>(dataset.size()));
  const graph::Node& output = session.model().graph()->node(session.nodes()[0]);
  check_output(output, loss);
  const Shape& out = output.shape;
  const int64_t classes = label_classes(loss.value_or(hits_alone(output)), out);
  FOVEA_REQUIRE(dataset.classes() == 0 || out.rank() == 1,
                "a dataset's labels are for a flat output, but '%.200s' is %s", output.name.c_str(),
                out.text().c_str());
  if (dataset.classes() > 0)
    FOVEA_REQUIRE(dataset.classes() <= classes, "the dataset has %d classes, the output is %s",
                  dataset.classes(), out.text().c_str());
  else
    FOVEA_REQUIRE(dataset.target_shape() == out, "the dataset's targets are %s, the output is %s",
                  dataset.target_shape().text().c_str(), out.text().c_str());
}

void check_metrics(const graph::Node& output, const Metrics& metrics) {
  const int64_t classes = output.shape[output.shape.rank() - 1];
  FOVEA_REQUIRE(
      metrics.options().classes == classes, "the metrics are of %lld classes, output '%.200s' is %s",
      static_cast<long long>(metrics.options().classes), output.name.c_str(), output.shape.text().c_str());
  for (const MetricOptions& o : metrics.options().metrics) {
    const bool scores = o.kind == MetricKind::roc_auc || o.kind == MetricKind::calibration_error;
    FOVEA_REQUIRE(!scores || o.probabilities || output.layer->kind() != "softmax",
                  "metric '%.80s' takes logits, but output '%.200s' is a softmax: set probabilities",
                  metric_name(o).c_str(), output.name.c_str());
  }
}

}  // namespace

Evaluation evaluate(model::Session& session, const data::Dataset& dataset, std::optional<LossOptions> loss,
                    std::span<int64_t> confusion, std::span<Metrics* const> metrics,
                    const CancelToken* cancel) {
  if (loss) resolve(*session.model().context(), *loss);
  check(session, dataset, loss);
  const model::Model& model = session.model();
  const Context& context = *model.context();
  const bool dense = dataset.classes() == 0;
  const graph::Node& node = model.graph()->node(session.nodes()[0]);
  const Shape& output = node.shape;
  const int64_t places = output.elements() / output[output.rank() - 1];
  for (Metrics* const m : metrics) {
    check_metrics(node, *m);
    m->reserve(dataset.size() * places);
  }
  Objective objective(context, loss.value_or(hits_alone(node)), model.dtype(), output, dense,
                      session.max_batch());
  data::SampleLanes lanes = model::sample_lanes(model);
  std::optional<CroppedOutputs> crops;
  if (session.crops().crops != data::Crops::none) crops.emplace(session, dataset);
  std::vector<uint32_t> indices(static_cast<size_t>(session.max_batch()));
  std::ranges::fill(confusion, 0);
  const size_t classes = static_cast<size_t>(dataset.classes());
  BatchLoss total;
  for (int64_t first = 0; first < dataset.size(); first += session.max_batch()) {
    if (cancel != nullptr && cancel->wait()) fail(Status::cancelled, "the evaluation was cancelled");
    const int64_t batch = std::min(session.max_batch(), dataset.size() - first);
    std::iota(indices.begin(), indices.begin() + batch, static_cast<uint32_t>(first));
    const model::Reading reading(model);
    const std::span<const uint32_t> chosen(indices.data(), static_cast<size_t>(batch));
    const model::TargetMemory targets{objective.labels(), objective.targets()};
    const void* outputs = session.output(0);
    if (crops) {
      model::fill_targets(model, dataset, chosen, targets);
      outputs = crops->run(chosen);
    } else {
      model::fill_from_dataset(model, dataset, chosen, session.input(0), targets, lanes);
      session.forward(batch);
    }
    // Before the loss, which may smooth the targets where they lie.
    for (Metrics* const m : metrics)
      m->update({model.dtype(), batch * places, places, outputs, dense ? nullptr : objective.labels(),
                 dense ? objective.targets() : nullptr, nullptr});
    const BatchLoss part = objective.evaluate(context.executor(), batch, nullptr, outputs, nullptr);
    total.sum += part.sum;
    total.weight += part.weight;
    total.correct += part.correct;
    // Outputs may be more than the dataset's classes; such predictions are wrong and have no column.
    for (int64_t i = 0; !confusion.empty() && i < batch; ++i) {
      const size_t predicted = static_cast<size_t>(objective.predictions()[i]);
      if (predicted < classes) ++confusion[static_cast<size_t>(objective.labels()[i]) * classes + predicted];
    }
  }
  const double n = static_cast<double>(dataset.size());
  return {dataset.size(), loss ? objective.value(total) : NAN,
          dense ? NAN : static_cast<double>(total.correct) / n};
}

void confusion_scores(const int64_t* confusion, size_t classes, double* precision, double* recall,
                      double* f1) {
  const auto quotient = [](double a, double b) { return b == 0 ? 0 : a / b; };
  for (size_t c = 0; c < classes; ++c) {
    double right = static_cast<double>(confusion[c * classes + c]);
    double predicted = 0, actual = 0;
    for (size_t k = 0; k < classes; ++k) {
      predicted += static_cast<double>(confusion[k * classes + c]);
      actual += static_cast<double>(confusion[c * classes + k]);
    }
    const double p = quotient(right, predicted);
    const double r = quotient(right, actual);
    if (precision != nullptr) precision[c] = p;
    if (recall != nullptr) recall[c] = r;
    if (f1 != nullptr) f1[c] = quotient(2 * p * r, p + r);
  }
}

}  // namespace fovea::train
