#include "model/predict.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/largest.h"
#include "model/batch.h"
#include "model/node_features.h"

namespace fovea::model {
namespace {

// Rows of `n` logits become softmax(z / temperature).
void softmax(std::span<double> z, size_t n, double temperature) {
  for (size_t row = 0; row < z.size(); row += n) {
    double* const x = z.data() + row;
    const double most = *std::max_element(x, x + n);
    double sum = 0;
    for (size_t i = 0; i < n; ++i) sum += x[i] = std::exp((x[i] - most) / temperature);
    for (size_t i = 0; i < n; ++i) x[i] /= sum;
  }
}

const Shape& shape_of(const Session& session, size_t output) {
  return session.model().graph()->node(session.nodes()[output]).shape;
}

size_t columns_of(const Session& session, size_t output) {
  const Shape& shape = shape_of(session, output);
  return static_cast<size_t>(shape[shape.rank() - 1]);
}

void fill_inputs(Session& session, std::span<const TensorView> inputs, int64_t first, int64_t count) {
  for (size_t i = 0; i < inputs.size(); ++i)
    if (void* const memory = session.input(static_cast<int>(i)); memory != nullptr)
      fill_from_tensor(session.model(), i, inputs[i], first, count, memory);
}

// `count` samples of an output as it lies in the session.
void read_output(const Session& session, size_t output, int64_t count, std::vector<double>& values) {
  const int64_t elements = count * shape_of(session, output).elements();
  values.resize(static_cast<size_t>(elements));
  convert(elements, session.model().dtype(), session.output(static_cast<int>(output)), DType::f64,
          values.data());
}

void write(const std::vector<double>& values, const Shape& shape, MutableTensorView& to) {
  convert(static_cast<int64_t>(values.size()), DType::f64, values.data(), to.dtype, to.data);
  to.shape = shape;
}

// Where the labels' class is, and whether it is the largest.
struct Hit {
  double share;
  bool right;
};
Hit look_up(std::span<const double> row, int64_t label) {
  return {row[static_cast<size_t>(label)],
          largest_of(row.data(), static_cast<int64_t>(row.size())) == label};
}

void check_labels(const Session& session, const data::Dataset& dataset) {
  const Shape& out = shape_of(session, 0);
  FOVEA_REQUIRE(dataset.classes() > 0, "the dataset has targets, expected labels");
  FOVEA_REQUIRE(out.rank() == 1 && dataset.classes() <= out[0],
                "the dataset has %d classes, the output is %s", dataset.classes(), out.text().c_str());
  check_class_names(session.model(), dataset);
}

}  // namespace

void sample(Session& session, std::span<const TensorView> inputs, const SampleOptions& options,
            std::span<MutableTensorView> means, std::span<MutableTensorView> variances) {
  const int64_t batch = check_inputs(session.model(), inputs);
  const std::vector<Shape> shapes = session.check_outputs(batch, means);
  if (!variances.empty()) session.check_outputs(batch, variances);
  Session& drawing = session.drawing();
  std::vector<std::vector<double>> mean(means.size()), squares(means.size());
  for (size_t i = 0; i < means.size(); ++i) {
    mean[i].resize(static_cast<size_t>(shapes[i].elements()));
    squares[i].resize(mean[i].size());
  }
  std::vector<double> values;
  const Reading reading(session.model());
  for (int64_t first = 0; first < batch; first += session.max_batch()) {
    const int64_t count = std::min(session.max_batch(), batch - first);
    for (int64_t pass = 0; pass < options.passes; ++pass) {
      fill_inputs(drawing, inputs, first, count);  // which the pass before may have overwritten
      drawing.forward(count, {options.seed, static_cast<uint32_t>(pass), static_cast<uint32_t>(first)});
      for (size_t i = 0; i < means.size(); ++i) {
        read_output(drawing, i, count, values);
        if (options.softmax) softmax(values, columns_of(drawing, i), options.temperature);
        const size_t at = static_cast<size_t>(first) * values.size() / static_cast<size_t>(count);
        // Welford 1962.
        for (size_t k = 0; k < values.size(); ++k) {
          const double difference = values[k] - mean[i][at + k];
          mean[i][at + k] += difference / static_cast<double>(pass + 1);
          squares[i][at + k] += difference * (values[k] - mean[i][at + k]);
        }
      }
    }
  }
  const double divisor = static_cast<double>(std::max<int64_t>(1, options.passes - 1));
  for (size_t i = 0; i < means.size(); ++i) {
    write(mean[i], shapes[i], means[i]);
    for (double& square : squares[i]) square /= divisor;
    if (!variances.empty()) write(squares[i], shapes[i], variances[i]);
  }
}

void ensemble_run(std::span<Session* const> sessions, std::span<const TensorView> inputs,
                  const EnsembleOptions& options, std::span<MutableTensorView> outputs) {
  std::vector<Shape> shapes;
  std::vector<std::vector<double>> sums(outputs.size());
  std::vector<double> values;
  for (size_t s = 0; s < sessions.size(); ++s) {
    Session& session = *sessions[s];
    const int64_t batch = check_inputs(session.model(), inputs);
    std::vector<Shape> own = session.check_outputs(batch, outputs);
    FOVEA_REQUIRE(s == 0 || own == shapes, "the outputs of session %zu have other shapes than the first's",
                  s);
    shapes = std::move(own);
    const Reading reading(session.model());
    for (int64_t first = 0; first < batch; first += session.max_batch()) {
      const int64_t count = std::min(session.max_batch(), batch - first);
      fill_inputs(session, inputs, first, count);
      session.forward(count);
      for (size_t i = 0; i < outputs.size(); ++i) {
        read_output(session, i, count, values);
        if (!options.raw) softmax(values, columns_of(session, i), options.temperatures[s]);
        sums[i].resize(static_cast<size_t>(shapes[i].elements()));
        const size_t at = static_cast<size_t>(first) * values.size() / static_cast<size_t>(count);
        for (size_t k = 0; k < values.size(); ++k) sums[i][at + k] += options.weights[s] * values[k];
      }
    }
  }
  for (size_t i = 0; i < outputs.size(); ++i) write(sums[i], shapes[i], outputs[i]);
}

EnsembleQuality ensemble_evaluate(std::span<Session* const> sessions, const data::DatasetPtr& dataset,
                                  const EnsembleOptions& options, const CancelToken* cancel) {
  const size_t columns = columns_of(*sessions[0], 0), samples = static_cast<size_t>(dataset->size());
  std::vector<double> sums(samples * columns), values(columns);
  data::SampleMemory memory(system_allocator());
  for (size_t s = 0; s < sessions.size(); ++s) {
    check_labels(*sessions[s], *dataset);
    FOVEA_REQUIRE(columns_of(*sessions[s], 0) == columns, "session %zu has %zu outputs, the first %zu", s,
                  columns_of(*sessions[s], 0), columns);
    const data::DatasetPtr outputs = features(*sessions[s], dataset, cancel)[0];
    for (size_t n = 0; n < samples; ++n) {
      convert(static_cast<int64_t>(columns), outputs->dtype(),
              outputs->sample(static_cast<int64_t>(n), memory).data, DType::f64, values.data());
      if (!options.raw) softmax(values, columns, options.temperatures[s]);
      for (size_t k = 0; k < columns; ++k) sums[n * columns + k] += options.weights[s] * values[k];
    }
  }
  if (options.raw) softmax(sums, columns, 1);
  EnsembleQuality quality{0, 0};
  for (size_t n = 0; n < samples; ++n) {
    const Hit hit =
        look_up({sums.data() + n * columns, columns}, dataset->label(static_cast<int64_t>(n)));
    quality.loss -= std::log(hit.share) / static_cast<double>(samples);
    quality.accuracy += hit.right / static_cast<double>(samples);
  }
  return quality;
}

double fit_temperature(Session& session, const data::DatasetPtr& dataset, const CancelToken* cancel) {
  check_labels(session, *dataset);
  const data::DatasetPtr logits = features(session, dataset, cancel)[0];
  const size_t columns = columns_of(session, 0);
  std::vector<double> z(columns), p(columns);
  data::SampleMemory memory(system_allocator());
  // Slope and curvature of the mean loss in b = 1 / T, in which it is convex: E_p[z] - z_label, and Var_p[z].
  const auto derivatives = [&](double b) {
    double slope = 0, curvature = 0;
    for (int64_t n = 0; n < logits->size(); ++n) {
      convert(static_cast<int64_t>(columns), logits->dtype(), logits->sample(n, memory).data, DType::f64,
              z.data());
      p = z;
      softmax(p, columns, 1 / b);
      double mean = 0, square = 0;
      for (size_t k = 0; k < columns; ++k) mean += p[k] * z[k];
      for (size_t k = 0; k < columns; ++k) square += p[k] * (z[k] - mean) * (z[k] - mean);
      slope += mean - z[static_cast<size_t>(logits->label(n))];
      curvature += square;
    }
    return std::pair{slope, curvature};
  };
  double low = 1e-3, high = 1e3, b = 1;
  if (derivatives(low).first >= 0) return 1 / low;
  if (derivatives(high).first <= 0) return 1 / high;
  // Newton's steps, within a bracket that each of them narrows.
  for (int i = 0; i < 100 && high / low > 1 + 1e-12; ++i) {
    const auto [slope, curvature] = derivatives(b);
    FOVEA_REQUIRE(std::isfinite(slope), "the outputs are not finite");
    (slope < 0 ? low : high) = b;
    const double next = b - slope / curvature;
    if (std::abs(next - b) <= 1e-12 * b) return 1 / next;
    b = next > low && next < high ? next : std::sqrt(low * high);
  }
  return 1 / b;
}

}  // namespace fovea::model
