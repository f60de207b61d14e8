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
};

// What the network sees of a sample: after the input transform.
class Reader {
 public:
  explicit Reader(const model::Model& model) : model_(model) {}
  std::span<const double> operator()(const data::Dataset& d, int64_t index) {
    values_.resize(static_cast<size_t>(model_.preprocess().input_shape().elements()));
    memory_.reset();
    const TensorView x = d.read(index, memory_);
    model_.preprocess().apply(x.dtype, x.data, 1, values_.data());
    return values_;
  }

 private:
  const model::Model& model_;
  data::SampleMemory memory_{system_allocator()};
  std::vector<double> values_;
};

Moments measure(const Subject& subject, const data::Dataset& d, std::span<const uint32_t> indices) {
  const size_t n = static_cast<size_t>(subject.model().preprocess().input_shape().elements());
  std::vector<double> sum(n, 0), squares(n, 0);
  Reader read(subject.model());
  for (const uint32_t index : indices) {
    const std::span<const double> x = read(d, index);
    for (size_t e = 0; e < n; ++e) {
      sum[e] += x[e];
      squares[e] += x[e] * x[e];
    }
  }
  const auto count = static_cast<double>(indices.size());
  Moments m;
  double all = 0;
  for (size_t e = 0; e < n; ++e) {
    all += squares[e];
    m.spread = std::max(m.spread, squares[e] / count - (sum[e] / count) * (sum[e] / count));
  }
  m.rms = std::sqrt(all / count / static_cast<double>(n));
  m.spread = std::sqrt(std::max(m.spread, 0.0));
  return m;
}

// The first sample with a NaN or an infinity; -1 where there is none.
int64_t bad_sample(const Subject& subject, const data::Dataset& d) {
  if (d.dtype() == DType::u8) return -1;
  Reader read(subject.model());
  for (int64_t i = 0; i < d.size(); ++i) {
    subject.check_cancelled();
    for (const double x : read(d, i))
      if (!std::isfinite(x)) return i;
  }
  return -1;
}

std::vector<uint32_t> spread_over(int64_t size, int64_t wanted) {
  const int64_t count = std::min(size, wanted);
  std::vector<uint32_t> indices;
  for (int64_t i = 0; i < count; ++i) indices.push_back(static_cast<uint32_t>(i * size / count));
  return indices;
}

// Whether the validation set is read as the training set is.
void check_validation(const Subject& subject, const Moments& train, Report& report) {
  const data::DatasetPtr& validation = subject.options().validation;
  if (!validation) return;
  if (const int64_t bad = bad_sample(subject, *validation); bad >= 0) {
    report.add(
        {Check::inputs, Severity::error, Code::non_finite, "validation",
         words("Sample %lld holds a NaN or an infinity. Clean the data.", static_cast<long long>(bad))});
    return;
  }
  const Moments m = measure(subject, *validation, spread_over(validation->size(), 1024));
  const double quotient = m.rms / train.rms;
  if (!(quotient > 3 || quotient < 1.0 / 3)) return;
  report.add({Check::inputs, Severity::error, Code::unscaled_input, "validation",
              words("The inputs have a root mean square of %.3g, %.3g times that of the training set: the two"
                    " are not read or scaled in one way.",
                    m.rms, quotient),
              quotient, quotient > 1 ? 3 : 1.0 / 3});
}

// Whether training minds: the first loss is far from chance, or nothing is learned.
bool training_minds(Subject& subject) {
  if (subject.trial().fall() < 0.03) return true;
  if (!is_of_logits(subject.trainer().losses()[0].loss)) return false;
  const Batch batch = subject.fixed_batch(subject.batch_size());
  const std::optional<double> chance = chance_loss(subject.trainer(), batch);
  return chance && subject.trial().losses[0] > 2.5 * *chance;
}

}  // namespace

void check_inputs(Subject& subject, Report& report) {
  Finding f{Check::inputs, Severity::ok, Code::none, "train"};
  if (const int64_t bad = bad_sample(subject, subject.train()); bad >= 0) {
    f.severity = Severity::error;
    f.code = Code::non_finite;
    f.message =
        words("Sample %lld holds a NaN or an infinity. Clean the data, or look at the input transform.",
              static_cast<long long>(bad));
    report.add(std::move(f));
    return;
  }
  const std::vector<uint32_t>& order = subject.order();
  const size_t count = std::min<size_t>(1024, order.size());
  const Moments m = measure(subject, subject.train(), {order.data(), count});
  f.value = m.rms;
  f.message = words("The inputs have a root mean square of %.3g.", m.rms);
  if (count > 1 && m.spread <= 1e-6 * m.rms) {
    f.severity = Severity::error;
    f.code = Code::constant_input;
    f.value = m.spread;
    f.message =
        words("%zu samples are all the same: the network sees nothing. Look at how they are read.", count);
  } else if (m.rms > 10 || m.rms < 0.01) {
    f.code = Code::unscaled_input;
    f.severity = training_minds(subject) ? Severity::warning : Severity::note;
    f.threshold = m.rms > 10 ? 10 : 0.01;
    f.message +=
        " Initial weights and rates are made for about 1: scale them with the transform of the model,"
        " u8 pixels by 1 / 255, and take off the mean.";
  } else if (count > 1 && m.spread < 0.03 * m.rms) {
    f.code = Code::unscaled_input;
    f.severity = training_minds(subject) ? Severity::warning : Severity::note;
    f.value = m.spread / m.rms;
    f.threshold = 0.03;
    f.message += words(
        " But no value differs by more than %.3g between samples: are mean and deviation of the transform in"
        " the units of the data?",
        m.spread);
  }
  report.add(std::move(f));
  check_validation(subject, m, report);
}

}  // namespace fovea::train::checks
