#include "capi/transform.h"

#include "capi/fields.h"
#include "data/fit_transform.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

constexpr int32_t kMaxEntries = 1 << 26;

data::Geometry geometry_from(const fv_transform_desc& d) {
  data::Geometry g;
  g.channels = choice(d.color, data::Channels::rgb, "transform.color");
  g.interpolation = choice(d.interpolation, data::Interpolation::area, "transform.interpolation");
  g.antialias = d.no_antialias == 0;
  g.short_side = d.resize_short;
  g.height = d.resize_height;
  g.width = d.resize_width;
  g.crop_height = d.crop_height;
  g.crop_width = d.crop_width;
  return g;
}

data::FitOptions fit_from(const fv_transform_fit_desc& d) {
  data::FitOptions o;
  o.base = transform_from(d.base);
  o.center = choice(d.featurewise_center, data::Statistic::feature, "featurewise_center");
  o.std = choice(d.featurewise_std_normalization, data::Statistic::feature, "featurewise_std_normalization");
  o.whitening = choice(d.whitening, data::WhiteningKind::zca_whitening, "whitening");
  o.epsilon = number(d.zca_epsilon, o.epsilon);
  o.components = d.components;
  o.max_samples = d.max_samples;
  return o;
}

// Of the shape of the samples, or as many values as there are components.
Shape result_shape(const data::PreprocessOptions& o) {
  const data::Whitening* w = o.whitening.get();
  return w == nullptr || w->outputs == w->inputs ? o.sample : Shape{w->outputs};
}

template <class T>
void write_list(const std::vector<T>& values, const Shape& shape, fv_buffer* out, const char* name) {
  if (values.empty()) fail(Status::not_found, "the transform has no %s", name);
  fv_buffer& buffer = need(out, "values");
  if (buffer.dtype == 0) buffer.dtype = FV_F64;
  write_tensor(shape, dtype_of<T>::value, values.data(), &buffer, "values");
}

// The values of a sample that has its shape.
void write_applied(const data::Preprocess& preprocess, const TensorView& x, data::SampleMemory& memory,
                   fv_buffer* out) {
  const int64_t n = preprocess.input_shape().elements();
  with_float(need(out, "out").dtype == FV_F64 ? DType::f64 : DType::f32, [&]<class T>(T) {
    auto* values = memory.piece_of<T>(static_cast<size_t>(n));
    preprocess.apply(x.dtype, x.data, 1, values);
    write_tensor(preprocess.input_shape(), dtype_of<T>::value, values, out, "out");
  });
}

}  // namespace

namespace fovea::capi {

data::PreprocessOptions transform_from(const fv_transform_desc* desc) {
  data::PreprocessOptions t;
  if (desc == nullptr) return t;
  const fv_transform_desc d = read_desc(desc, "fv_transform_desc");
  t.values.scale = number(d.scale, 1);
  FOVEA_REQUIRE(d.channels >= 0 && d.channels <= kMaxEntries, "transform.channels is %d",
                static_cast<int>(d.channels));
  FOVEA_REQUIRE(d.channels > 0 || (d.mean == nullptr && d.stddev == nullptr),
                "transform.channels is 0, but mean or stddev are given");
  if (d.mean != nullptr) t.values.mean.assign(d.mean, d.mean + d.channels);
  if (d.stddev != nullptr) t.values.std.assign(d.stddev, d.stddev + d.channels);
  t.samplewise_center = d.samplewise_center != 0;
  t.samplewise_std = d.samplewise_std_normalization != 0;
  t.geometry = geometry_from(d);
  return t;
}

fv_transform_desc desc_of(const data::PreprocessOptions& t) {
  const data::InputTransform& v = t.values;
  // A file may have one mean and many deviations.
  if (!v.mean.empty() && !v.std.empty() && v.mean.size() != v.std.size())
    fail(Status::unsupported, "the transform has %zu means and %zu standard deviations", v.mean.size(),
         v.std.size());
  if (t.whitening != nullptr) fail(Status::unsupported, "the transform whitens");
  fv_transform_desc d{};
  d.channels = static_cast<int32_t>(std::max(v.mean.size(), v.std.size()));
  d.scale = v.scale == 0 ? FV_ZERO : v.scale;
  d.mean = v.mean.empty() ? nullptr : v.mean.data();
  d.stddev = v.std.empty() ? nullptr : v.std.data();
  d.samplewise_center = t.samplewise_center;
  d.samplewise_std_normalization = t.samplewise_std;
  d.color = static_cast<fv_channels>(t.geometry.channels);
  d.interpolation = static_cast<fv_interpolation>(t.geometry.interpolation);
  d.no_antialias = !t.geometry.antialias;
  d.resize_short = static_cast<int32_t>(t.geometry.short_side);
  d.resize_height = static_cast<int32_t>(t.geometry.height);
  d.resize_width = static_cast<int32_t>(t.geometry.width);
  d.crop_height = static_cast<int32_t>(t.geometry.crop_height);
  d.crop_width = static_cast<int32_t>(t.geometry.crop_width);
  return d;
}

}  // namespace fovea::capi

fv_status fv_transform_fit(fv_context* context, const fv_dataset* dataset, const fv_transform_fit_desc* desc,
                           fv_transform** transform, fv_error* error) {
  return guard(error, [&] {
    const std::shared_ptr<const Context>& c = need(context, "context").impl;
    const data::Dataset& d = *need(dataset, "dataset").impl;
    need(transform, "transform");
    data::PreprocessOptions fitted =
        data::fit_transform(*c, d, fit_from(read_desc(desc, "fv_transform_fit_desc")));
    const Shape result = result_shape(fitted);
    *transform = new fv_transform{c, data::Preprocess(std::move(fitted), result)};
  });
}

fv_status fv_model_transform(const fv_model* model, int32_t index, fv_transform** transform,
                             fv_error* error) {
  return guard(error, [&] {
    const model::Model& m = *need(model, "model").impl;
    need(transform, "transform");
    FOVEA_REQUIRE(index >= 0 && static_cast<size_t>(index) < m.inputs().size(),
                  "input %d does not exist, the model has %zu", static_cast<int>(index), m.inputs().size());
    const data::Preprocess& p = m.preprocess(static_cast<size_t>(index));
    data::PreprocessOptions options = p.options();
    options.sample = p.sample_shape();
    *transform = new fv_transform{m.context(), data::Preprocess(std::move(options), p.input_shape())};
  });
}

void fv_transform_destroy(fv_transform* transform) {
  delete transform;
}

fv_status fv_transform_apply(const fv_transform* transform, const fv_tensor* sample, fv_buffer* out,
                             fv_error* error) {
  return guard(error, [&] {
    const fv_transform& t = need(transform, "transform");
    TensorView x = view_of(need(sample, "sample"), "sample");
    FOVEA_REQUIRE(x.data != nullptr, "sample has no data");
    FOVEA_REQUIRE(x.dtype == DType::u8 || x.dtype == DType::f32 || x.dtype == DType::f64,
                  "sample is %s, expected u8, f32 or f64", name_of(x.dtype));
    data::SampleMemory memory(t.context->allocator());
    if (!(x.shape == t.impl.sample_shape())) x = t.impl.shaped(x, memory);
    write_applied(t.impl, x, memory, out);
  });
}

fv_status fv_transform_apply_image(const fv_transform* transform, const fv_encoded_image* image,
                                   fv_buffer* out, fv_error* error) {
  return guard(error, [&] {
    const fv_transform& t = need(transform, "transform");
    const Shape& s = t.impl.sample_shape();
    FOVEA_REQUIRE(s.rank() == 3 && s[2] <= 4, "the transform is of %s, not of an image", s.text().c_str());
    const model::EncodedImages images({encoded_from(need(image, "image"))},
                                      {.channels = static_cast<int>(s[2])});
    data::SampleMemory memory(t.context->allocator());
    const TensorView x = t.impl.shaped(images.image(0, memory), memory);
    write_applied(t.impl, x, memory, out);
  });
}

fv_status fv_transform_get(const fv_transform* transform, fv_transform_part part, fv_buffer* values,
                           fv_error* error) {
  return guard(error, [&] {
    const data::PreprocessOptions& o = need(transform, "transform").impl.options();
    const data::Whitening none;
    const data::Whitening& w = o.whitening == nullptr ? none : *o.whitening;
    const auto list = [](const auto& v) { return Shape{static_cast<int64_t>(v.size())}; };
    switch (part) {
      case FV_TRANSFORM_MEAN:
        return write_list(o.values.mean, list(o.values.mean), values, "mean");
      case FV_TRANSFORM_STDDEV:
        return write_list(o.values.std, list(o.values.std), values, "stddev");
      case FV_TRANSFORM_MATRIX:
        return write_list(w.matrix, {w.inputs, w.outputs}, values, "whitening");
      case FV_TRANSFORM_EIGENVALUES:
        return write_list(w.eigenvalues, list(w.eigenvalues), values, "whitening");
      default:
        fail(Status::invalid_argument, "part is %d, expected 0 to 3", static_cast<int>(part));
    }
  });
}

fv_status fv_transform_get_desc(const fv_transform* transform, fv_transform_desc* desc, fv_error* error) {
  return guard(error,
               [&] { write_info(desc, desc_of(need(transform, "transform").impl.options()), "desc"); });
}

fv_status fv_transform_get_info(const fv_transform* transform, fv_transform_info* info, fv_error* error) {
  return guard(error, [&] {
    const data::Preprocess& p = need(transform, "transform").impl;
    const data::PreprocessOptions& o = p.options();
    fv_transform_info result{};
    shape_to(p.sample_shape(), result.sample_shape, &result.sample_rank);
    result.means = static_cast<int64_t>(o.values.mean.size());
    result.stddevs = static_cast<int64_t>(o.values.std.size());
    result.components = o.whitening == nullptr ? 0 : static_cast<int64_t>(o.whitening->eigenvalues.size());
    result.geometry = o.geometry.any();
    write_info(info, result, "info");
  });
}
