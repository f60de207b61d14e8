#include <fovea/predict.h>

#include <cmath>

#include "capi/views.h"
#include "model/predict.h"

using namespace fovea;
using namespace fovea::capi;
using model::EnsembleOptions;
using model::Session;

namespace {

double checked_temperature(double given) {
  const double t = given == 0 ? 1 : given;
  FOVEA_REQUIRE(t > 0 && std::isfinite(t), "temperature is %g, expected more than 0", given);
  return t;
}

std::vector<Session*> sessions_from(fv_session* const* sessions, size_t count) {
  FOVEA_REQUIRE(sessions != nullptr && count >= 1 && count <= 65536,
                "there are %zu sessions, expected 1 or more", sessions == nullptr ? size_t{0} : count);
  std::vector<Session*> found;
  for (size_t i = 0; i < count; ++i) found.push_back(need(sessions[i], "a session").impl.get());
  return found;
}

EnsembleOptions options_from(const fv_ensemble_desc* desc, size_t count) {
  const fv_ensemble_desc d = read_desc(desc, "fv_ensemble_desc");
  EnsembleOptions options;
  options.raw = d.raw != 0;
  double sum = 0;
  for (size_t i = 0; i < count; ++i) {
    const double weight = d.weights == nullptr ? 1 : d.weights[i];
    FOVEA_REQUIRE(weight >= 0 && weight <= 1e30, "weight %zu is %g, expected 0 or more", i, weight);
    options.weights.push_back(weight);
    options.temperatures.push_back(d.temperatures == nullptr ? 1 : checked_temperature(d.temperatures[i]));
    sum += weight;
  }
  FOVEA_REQUIRE(sum > 0, "all weights are 0");
  for (double& weight : options.weights) weight /= sum;
  return options;
}

}  // namespace

fv_status fv_session_sample(fv_session* session, const fv_tensor* inputs, size_t input_count,
                            const fv_sample_desc* desc, fv_buffer* means, fv_buffer* variances,
                            size_t output_count, fv_error* error) {
  return guard(error, [&] {
    Session& s = *need(session, "session").impl;
    const fv_sample_desc d = read_desc(desc, "fv_sample_desc");
    FOVEA_REQUIRE(d.passes >= 0, "passes is %d", static_cast<int>(d.passes));
    const model::SampleOptions options{d.passes == 0 ? 50 : d.passes, d.seed, d.softmax != 0,
                                       checked_temperature(d.temperature)};
    OutputViews mean(means, output_count, s.model().dtype());
    OutputViews variance(variances, variances == nullptr ? 0 : output_count, s.model().dtype());
    model::sample(s, InputViews(inputs, input_count), options, mean, variance);
    mean.give();
    variance.give();
  });
}

fv_status fv_ensemble_run(fv_session* const* sessions, size_t session_count, const fv_tensor* inputs,
                          size_t input_count, const fv_ensemble_desc* desc, fv_buffer* outputs,
                          size_t output_count, fv_error* error) {
  return guard(error, [&] {
    const std::vector<Session*> all = sessions_from(sessions, session_count);
    OutputViews out(outputs, output_count, all[0]->model().dtype());
    model::ensemble_run(all, InputViews(inputs, input_count), options_from(desc, session_count), out);
    out.give();
  });
}

fv_status fv_ensemble_evaluate(fv_session* const* sessions, size_t session_count, const fv_dataset* dataset,
                               const fv_ensemble_desc* desc, fv_evaluation* evaluation, fv_error* error) {
  return guard(error, [&] {
    const std::vector<Session*> all = sessions_from(sessions, session_count);
    const data::DatasetPtr& data = need(dataset, "dataset").impl;
    FOVEA_REQUIRE(need(evaluation, "evaluation").struct_size >= sizeof(uint32_t),
                  "evaluation.struct_size is not set");
    const EnsembleOptions options = options_from(desc, session_count);
    const std::shared_ptr<const CancelToken> cancel = token_of(read_desc(desc, "fv_ensemble_desc").cancel);
    const model::EnsembleQuality quality = model::ensemble_evaluate(all, data, options, cancel.get());
    fv_evaluation result{};
    result.samples = data->size();
    result.loss = quality.loss;
    result.accuracy = quality.accuracy;
    write_info(evaluation, result, "evaluation");
  });
}

fv_status fv_session_fit_temperature(fv_session* session, const fv_dataset* dataset,
                                     const fv_temperature_desc* desc, double* temperature, fv_error* error) {
  return guard(error, [&] {
    Session& s = *need(session, "session").impl;
    const data::DatasetPtr& data = need(dataset, "dataset").impl;
    need(temperature, "temperature");
    const std::shared_ptr<const CancelToken> cancel =
        token_of(read_desc(desc, "fv_temperature_desc").cancel);
    *temperature = model::fit_temperature(s, data, cancel.get());
  });
}
