#include <fovea/session.h>

#include "capi/fields.h"
#include "capi/losses.h"
#include "capi/metrics.h"
#include "capi/transform.h"
#include "capi/views.h"
#include "train/evaluate.h"

using namespace fovea;
using namespace fovea::capi;
using model::Model;
using model::Session;

namespace {

struct SessionOptions {
  int64_t max_batch;
  std::vector<int> nodes;
  data::CropOptions crops;
  int64_t max_pixels;
};

data::CropOptions crops_from(const fv_crops_desc* desc) {
  const fv_crops_desc d = read_desc(desc, "fv_crops_desc");
  data::CropOptions o;
  o.crops = choice(d.crops, data::Crops::resnet_multi_scale, "crops");
  o.raw = d.raw != 0;
  FOVEA_REQUIRE(d.scale_count <= 100, "%zu scales, at most 100", d.scale_count);
  FOVEA_REQUIRE(d.scale_count == 0 || o.crops != data::Crops::none, "scales without crops");
  for (size_t i = 0; i < d.scale_count; ++i) {
    o.scales.push_back((&need(d.scales, "scales"))[i]);
    FOVEA_REQUIRE(o.scales.back() >= 1 && o.scales.back() <= 65536, "scale %zu is %lld", i,
                  static_cast<long long>(o.scales.back()));
  }
  return o;
}

SessionOptions options_from(const Model& m, const fv_session_desc* desc) {
  const fv_session_desc d = read_desc(desc, "fv_session_desc");
  FOVEA_REQUIRE(d.max_batch >= 0 && d.max_batch <= train::kMaxBatch, "max_batch is %d",
                static_cast<int>(d.max_batch));
  SessionOptions options{
      d.max_batch == 0 ? 1 : d.max_batch, {}, crops_from(d.crops), data::kDefaultMaxPixels};
  FOVEA_REQUIRE(d.max_pixels >= 0 && d.max_pixels <= data::kLargestMaxPixels,
                "max_pixels is %lld, expected up to %lld", static_cast<long long>(d.max_pixels),
                static_cast<long long>(data::kLargestMaxPixels));
  if (d.max_pixels != 0) options.max_pixels = d.max_pixels;
  if (d.outputs == nullptr || d.output_count == 0) {
    options.nodes = m.outputs();
    return options;
  }
  FOVEA_REQUIRE(d.output_count <= 1024, "%zu outputs were asked for, at most 1024", d.output_count);
  for (size_t i = 0; i < d.output_count; ++i) {
    const char* name = &need(d.outputs[i], "the name of an output");
    const int node = m.graph()->find(name);
    if (node < 0) fail(Status::not_found, "the model has no node '%.200s'", name);
    options.nodes.push_back(node);
  }
  return options;
}

train::MetricSetOptions metric_set(const Session& session, const fv_evaluate_desc& d,
                                   const std::optional<train::LossOptions>& loss) {
  const Shape& output = session.model().graph()->node(session.nodes()[0]).shape;
  train::MetricSetOptions o;
  o.metrics = metrics_from(d.metrics, d.metric_count);
  o.classes = output.rank() == 0 ? 1 : output[output.rank() - 1];
  o.ignores = loss && loss->ignores;
  o.ignored_label = loss ? loss->ignored_label : 0;
  return o;
}

}  // namespace

fv_status fv_session_create(const fv_model* model, const fv_session_desc* desc, fv_session** session,
                            fv_error* error) {
  return guard(error, [&] {
    need(session, "session");
    const std::shared_ptr<Model>& m = need(model, "model").impl;
    SessionOptions options = options_from(*m, desc);
    auto made = std::make_unique<fv_session>();
    made->impl = std::make_unique<Session>(m, options.max_batch, std::move(options.nodes), false,
                                           std::move(options.crops));
    made->max_pixels = options.max_pixels;
    *session = made.release();
  });
}

void fv_session_destroy(fv_session* session) {
  delete session;
}

fv_status fv_session_memory(const fv_model* model, const fv_session_desc* desc, size_t* bytes,
                            fv_error* error) {
  return guard(error, [&] {
    need(bytes, "bytes");
    const Model& m = *need(model, "model").impl;
    const SessionOptions options = options_from(m, desc);
    const std::shared_ptr<const graph::Plan> plan = Session::plan(m, options.max_batch, options.nodes);
    *bytes = plan->arena_bytes() + plan->workspace_bytes();
  });
}

fv_status fv_session_run(fv_session* session, const fv_tensor* inputs, size_t input_count, fv_buffer* outputs,
                         size_t output_count, fv_error* error) {
  return guard(error, [&] {
    Session& s = *need(session, "session").impl;
    OutputViews out(outputs, output_count, s.model().dtype());
    s.run(InputViews(inputs, input_count), out);
    out.give();
  });
}

fv_status fv_session_run_images(fv_session* session, const fv_encoded_image* images, size_t count,
                                fv_buffer* outputs, size_t output_count, fv_error* error) {
  return guard(error, [&] {
    const fv_session& handle = need(session, "session");
    Session& s = *handle.impl;
    FOVEA_REQUIRE(images != nullptr || count == 0, "images is NULL");
    std::vector<model::EncodedImage> list;
    for (size_t i = 0; i < count; ++i) list.push_back(encoded_from(images[i]));
    OutputViews out(outputs, output_count, s.model().dtype());
    model::check_image_input(s.model());
    data::ImageOptions options{.max_pixels = handle.max_pixels};
    options.channels = static_cast<int>(s.model().preprocess().sample_shape()[2]);
    model::run_images(s, model::EncodedImages(std::move(list), options), out);
    out.give();
  });
}

fv_status fv_crop_boxes(int64_t image_height, int64_t image_width, int64_t height, int64_t width,
                        int32_t resize_short, const fv_crops_desc* desc, fv_crop_box* boxes, size_t capacity,
                        size_t* needed, fv_error* error) {
  return guard(error, [&] {
    for (const int64_t side : {image_height, image_width, height, width})
      FOVEA_REQUIRE(side >= 1 && side <= 1 << 20, "a side of %lld pixels", static_cast<long long>(side));
    FOVEA_REQUIRE(boxes != nullptr || capacity == 0, "boxes is NULL");
    data::Geometry geometry;
    geometry.short_side = resize_short;
    geometry.validate();
    const std::vector<data::CropBox> all =
        data::crop_boxes({image_height, image_width}, height, width, geometry, crops_from(desc));
    if (needed != nullptr) *needed = all.size();
    for (size_t i = 0; i < std::min(capacity, all.size()); ++i) {
      const data::CropBox& b = all[i];
      boxes[i] = {b.resized_height, b.resized_width, b.top, b.left, height, width, b.mirrored, 0};
    }
  });
}

fv_status fv_session_evaluate(fv_session* session, const fv_dataset* dataset, const fv_evaluate_desc* desc,
                              fv_evaluation* evaluation, fv_error* error) {
  return guard(error, [&] {
    Session& s = *need(session, "session").impl;
    const data::Dataset& data = *need(dataset, "dataset").impl;
    const fv_evaluate_desc d = read_desc(desc, "fv_evaluate_desc");
    FOVEA_REQUIRE(need(evaluation, "evaluation").struct_size >= sizeof(uint32_t),
                  "evaluation.struct_size is not set");
    FOVEA_REQUIRE(d.loss == 0 || d.loss_desc == nullptr, "loss and loss_desc are both given");
    std::optional<train::LossOptions> loss;
    if (d.loss_desc != nullptr)
      loss = loss_from(d.loss_desc);
    else if (d.loss != 0)
      loss = plain_loss(d.loss);
    FOVEA_REQUIRE(!loss || loss->loss != train::Loss::host_gradient, "loss host_gradient cannot be measured");
    const size_t classes = static_cast<size_t>(data.classes());
    FOVEA_REQUIRE(d.confusion == nullptr || classes > 0,
                  "a confusion matrix needs labels, but the dataset has targets");
    const std::shared_ptr<const CancelToken> cancel = token_of(d.cancel);
    FOVEA_REQUIRE(d.metric_count == 0 || d.metric_values != nullptr, "metric_values is NULL");
    std::optional<train::Metrics> own;
    if (d.metric_count > 0) own.emplace(*s.model().context(), metric_set(s, d, loss));
    std::vector<train::Metrics*> metrics;
    if (own) metrics.push_back(&*own);
    if (d.measure != nullptr) metrics.push_back(&d.measure->impl);
    std::vector<int64_t> confusion(d.confusion == nullptr ? 0 : classes * classes);
    model::check_class_names(s.model(), data);
    const train::Evaluation e = train::evaluate(s, data, loss, confusion, metrics, cancel.get());
    std::vector<double> values(d.metric_count);
    for (size_t i = 0; i < values.size(); ++i) values[i] = own->value(i);
    std::ranges::copy(values, d.metric_values);
    std::ranges::copy(confusion, d.confusion);
    fv_evaluation result{};
    result.samples = e.samples;
    result.loss = e.loss;
    result.accuracy = e.accuracy;
    write_info(evaluation, result, "evaluation");
  });
}

fv_status fv_confusion_scores(const int64_t* confusion, size_t classes, double* precision, double* recall,
                              double* f1, fv_error* error) {
  return guard(error, [&] {
    FOVEA_REQUIRE(classes >= 1 && classes <= 65536, "classes is %zu", classes);
    train::confusion_scores(&need(confusion, "confusion"), classes, precision, recall, f1);
  });
}
