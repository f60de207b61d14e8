// What enters the network.
#include <algorithm>
#include <cmath>

#include "train/checks/activations.h"
#include "train/checks/checks.h"
#include "train/checks/trial.h"

namespace fovea::train::checks {
namespace {

struct Moments {
  double rms = 0;
  double spread = 0;  // the largest deviation of one element over the samples
  int64_t bad = -1;   // the first sample with a value that is none
};

// As the network sees them: after the input transform.
Moments measure(const Subject& subject, const Batch& batch) {
  const model::Model& model = subject.model();
  const Shape& shape = subject.train().sample_shape();
  const int64_t n = shape.elements(), channels = shape[shape.rank() - 1];
  std::vector<double> sample(static_cast<size_t>(n)), sum(sample.size(), 0), squares(sample.size(), 0);
  Moments m;
  double all = 0;
  for (int64_t i = 0; i < batch.size(); ++i) {
    const auto* bytes = static_cast<const std::byte*>(batch.samples().data);
    const size_t size = static_cast<size_t>(n) * size_of(batch.samples().dtype);
    model.transform().apply(batch.samples().dtype, bytes + static_cast<size_t>(i) * size, n, channels,
                            sample.data());
    for (size_t e = 0; e < sample.size(); ++e) {
      if (!std::isfinite(sample[e])) {
        m.bad = i;
        return m;
      }
      sum[e] += sample[e];
      squares[e] += sample[e] * sample[e];
      all += sample[e] * sample[e];
    }
  }
  const double count = static_cast<double>(batch.size());
  m.rms = std::sqrt(all / count / static_cast<double>(n));
  for (size_t e = 0; e < sample.size(); ++e)
    m.spread = std::max(m.spread, squares[e] / count - (sum[e] / count) * (sum[e] / count));
  m.spread = std::sqrt(std::max(m.spread, 0.0));
  return m;
}

// Whether training minds: the first loss is far from chance, or nothing is learned.
bool training_minds(Subject& subject) {
  Batch batch = subject.fixed_batch(subject.batch_size());
  const std::optional<double> chance = chance_loss(subject.trainer(), batch);
  const Trial& trial = subject.trial();
  return trial.fall() < 0.03 ||
         (chance && !subject.train().classes() ? false : chance && trial.losses[0] > 2.5 * *chance);
}

}  // namespace

void check_inputs(Subject& subject, Report& report) {
  const Batch batch = subject.fixed_batch(1024);
  const Moments m = measure(subject, batch);
  Finding f{Check::inputs, Severity::ok, Code::none, "train", "", m.rms, NAN};
  if (m.bad >= 0) {
    f.severity = Severity::error;
    f.code = Code::non_finite;
    f.message = words("Sample %u holds a NaN or an infinity. Clean the data, or look at the input transform.",
                      subject.order()[static_cast<size_t>(m.bad)]);
  } else if (batch.size() > 1 && m.spread <= 1e-6 * m.rms) {
    f.severity = Severity::error;
    f.code = Code::constant_input;
    f.value = m.spread;
    f.message = words("%lld samples are all the same: the network sees nothing. Look at how they are read.",
                      static_cast<long long>(batch.size()));
  } else if (m.rms > 10 || m.rms < 0.01) {
    f.code = Code::unscaled_input;
    f.severity = training_minds(subject) ? Severity::warning : Severity::note;
    f.threshold = m.rms > 10 ? 10 : 0.01;
    f.message = words(
        "The inputs have a root mean square of %.3g: initial weights and rates are made for about 1."
        " Scale them with the transform of the model, u8 pixels by 1 / 255, and take off the"
        " mean.",
        m.rms);
  } else {
    f.message = words("The inputs have a root mean square of %.3g.", m.rms);
  }
  report.add(std::move(f));
}

}  // namespace fovea::train::checks
