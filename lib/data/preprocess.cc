#include "data/preprocess.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "data/wrapper.h"
#include "kernels/elementwise.h"
#include "kernels/gemm.h"

namespace fovea::data {
namespace {

// Values that whitening takes at a time, on the stack.
constexpr int64_t kBlock = 512;

template <class F>
void with_stored(DType dtype, const void* data, F&& f) {
  switch (dtype) {
    case DType::u8:
      return f(static_cast<const uint8_t*>(data));
    case DType::f32:
      return f(static_cast<const float*>(data));
    case DType::f64:
      return f(static_cast<const double*>(data));
    default:
      fail(Status::internal, "transform: values of type %s", name_of(dtype));
  }
}

// Mean and deviation, in four sums that do not wait for each other.
template <class From, class F>
double mean_of(const From* x, int64_t n, F&& term) {
  double sum[4] = {};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int64_t k = 0; k < 4; ++k) sum[k] += term(static_cast<double>(x[i + k]));
  for (; i < n; ++i) sum[0] += term(static_cast<double>(x[i]));
  return ((sum[0] + sum[1]) + (sum[2] + sum[3])) / static_cast<double>(n);
}

double entry(const std::vector<double>& values, size_t element, size_t channels, double none) {
  if (values.empty()) return none;
  return values[values.size() == 1 ? 0 : values.size() == channels ? element % channels : element];
}

// y += x * matrix, x a piece of a sample.
void add_product(int64_t n, int64_t outputs, const float* x, const float* matrix, float* y) {
  kernels::gemm(kernels::Op::plain, kernels::Op::plain, 1, outputs, n, 1.0f, x, n, matrix, outputs, 1.0f, y,
                outputs);
}
void add_product(int64_t n, int64_t outputs, const double* x, const float* matrix, double* y) {
  for (int64_t i = 0; i < n; ++i, matrix += outputs)
    for (int64_t o = 0; o < outputs; ++o) y[o] += x[i] * static_cast<double>(matrix[o]);
}

class ShapedDataset final : public Wrapper {
 public:
  ShapedDataset(DatasetPtr base, SampleFormat format, const Preprocess& preprocess)
      : Wrapper(std::move(base), std::move(format)), preprocess_(preprocess) {}

  TensorView sample(int64_t i, SampleMemory& memory, const Draw* draw) const override {
    return preprocess_.shaped(base().sample(i, memory, draw), memory);
  }

 private:
  const Preprocess& preprocess_;
};

}  // namespace

Preprocess::Preprocess(PreprocessOptions options, const Shape& input)
    : options_(std::move(options)),
      input_(input),
      sample_(options_.sample.rank() > 0 ? options_.sample : input) {
  const int64_t elements = sample_.elements();
  const int64_t channels = sample_.rank() == 0 ? 1 : sample_[sample_.rank() - 1];
  const auto by_element = [&](const std::vector<double>& v) {
    return static_cast<int64_t>(v.size()) == elements && elements > 1;
  };
  const InputTransform& values = options_.values;
  const bool feature = by_element(values.mean) || by_element(values.std);
  InputTransform{values.scale, values.mean, {}}.validate(by_element(values.mean) ? elements : channels);
  InputTransform{1, {}, values.std}.validate(by_element(values.std) ? elements : channels);
  complete_geometry();
  const Whitening* whitening = options_.whitening.get();
  FOVEA_REQUIRE(
      whitening == nullptr || (whitening->inputs == elements && whitening->outputs == input_.elements()),
      "transform: whitening is of %lld values and gives %lld, samples are %s and the input is %s",
      static_cast<long long>(whitening->inputs), static_cast<long long>(whitening->outputs),
      sample_.text().c_str(), input_.text().c_str());
  FOVEA_REQUIRE(whitening != nullptr || sample_ == input_, "transform: it was fitted on %s, the input is %s",
                sample_.text().c_str(), input_.text().c_str());
  if (!feature && whitening == nullptr) return;
  const bool own = options_.samplewise_center || options_.samplewise_std;  // scales already
  const auto count = static_cast<size_t>(elements);
  for (size_t i = 0; i < count; ++i) {
    const double deviation = entry(values.std, i, static_cast<size_t>(channels), 1);
    const double factor = (own ? 1 : values.scale) / deviation;
    const double offset = -entry(values.mean, i, static_cast<size_t>(channels), 0) / deviation;
    floats_.factor.push_back(static_cast<float>(factor));
    floats_.offset.push_back(static_cast<float>(offset));
    doubles_.factor.push_back(factor);
    doubles_.offset.push_back(offset);
  }
}

void Preprocess::complete_geometry() {
  Geometry& g = options_.geometry;
  g.validate();
  if (!g.any()) return;
  FOVEA_REQUIRE(sample_.rank() == 3, "transform: images are made for an input of %s", sample_.text().c_str());
  if (g.crop_height == 0 && g.height == 0) {
    g.crop_height = sample_[0];
    g.crop_width = sample_[1];
  }
  const int64_t height = g.crop_height > 0 ? g.crop_height : g.height;
  const int64_t width = g.crop_width > 0 ? g.crop_width : g.width;
  FOVEA_REQUIRE(height == sample_[0] && width == sample_[1],
                "transform: images become %lld x %lld, the input is %s", static_cast<long long>(height),
                static_cast<long long>(width), sample_.text().c_str());
  FOVEA_REQUIRE(g.channels == Channels::keep || sample_[2] == (g.channels == Channels::grey ? 1 : 3),
                "transform: images become %s, the input is %s", g.channels == Channels::grey ? "grey" : "RGB",
                sample_.text().c_str());
}

TensorView Preprocess::shaped(const TensorView& image, SampleMemory& memory) const {
  if (image.shape == sample_) return image;  // whichever way it comes
  const Geometry& g = options_.geometry;
  const TensorView x = g.any() ? g.apply(image, memory) : image;
  FOVEA_REQUIRE(x.shape == sample_, "an image of %s becomes %s%s, the input is %s",
                image.shape.text().c_str(), x.shape.text().c_str(),
                g.any() ? "" : " (the model's transform does not resize)", sample_.text().c_str());
  return x;
}

bool Preprocess::shapes(const SampleFormat& format, const char* name) const {
  if (!format.varies && format.shape == sample_) return false;
  const Shape& s = format.shape;
  const char* why = options_.geometry.any() ? "" : " and the model's transform does not resize";
  FOVEA_REQUIRE(
      options_.geometry.any() && s.rank() == 3, "the dataset's samples are %s, input '%.200s' is %s%s",
      format.varies ? "images of several sizes" : s.text().c_str(), name, sample_.text().c_str(), why);
  FOVEA_REQUIRE(options_.geometry.channels != Channels::keep || s[2] == sample_[2],
                "the dataset's images have %lld channels, input '%.200s' is %s", static_cast<long long>(s[2]),
                name, sample_.text().c_str());
  return true;
}

// What samplewise_center and samplewise_std do to this sample, with the scale.
InputTransform Preprocess::sample_transform(DType from, const void* in) const {
  const double scale = options_.values.scale;
  double mean = 0, deviation = 1;
  with_stored(from, in, [&](const auto* x) {
    const int64_t n = sample_.elements();
    const double own = mean_of(x, n, [](double v) { return v; });
    if (options_.samplewise_center) mean = own * scale;
    if (options_.samplewise_std)
      deviation =
          std::abs(scale) * std::sqrt(mean_of(x, n, [=](double v) { return (v - own) * (v - own); })) + 1e-6;
  });
  return {scale, {mean}, {deviation}};
}

// Elements begin .. begin + count of one sample, up to the whitening.
template <class T>
void Preprocess::feature_values(DType from, const void* in, int64_t begin, int64_t count,
                                const InputTransform& sample, T* out) const {
  const Constants<T>& c = constants<T>();
  with_stored(from, in, [&](const auto* x) { sample.apply(from, x + begin, count, 1, out); });
  kernels::affine_channels(1, count, out, c.factor.data() + begin, c.offset.data() + begin, out);
}

template <class T>
void Preprocess::apply_one(DType from, const std::byte* in, T* out) const {
  const InputTransform& values = options_.values;
  const bool own = options_.samplewise_center || options_.samplewise_std;
  const int64_t elements = sample_.elements();
  const InputTransform sample = own ? sample_transform(from, in) : InputTransform{};
  if (options_.whitening == nullptr && !constants<T>().factor.empty())
    return feature_values(from, in, 0, elements, sample, out);
  if (options_.whitening == nullptr) {
    sample.apply(from, in, elements, 1, out);
    return InputTransform{1, values.mean, values.std}.apply(dtype_of<T>::value, out, elements,
                                                            sample_[sample_.rank() - 1], out);
  }
  const Whitening& w = *options_.whitening;
  std::fill_n(out, w.outputs, T{0});
  T block[kBlock];
  for (int64_t begin = 0; begin < elements; begin += kBlock) {
    const int64_t count = std::min(kBlock, elements - begin);
    feature_values(from, in, begin, count, sample, block);
    add_product(count, w.outputs, block, w.matrix.data() + begin * w.outputs, out);
  }
}

template <class T>
void Preprocess::apply(DType from, const void* in, int64_t count, T* out) const {
  const int64_t elements = sample_.elements();
  const bool own = options_.samplewise_center || options_.samplewise_std;
  const Constants<T>& c = constants<T>();
  if (!own && c.factor.empty())
    return options_.values.apply(from, in, count * elements,
                                 sample_.rank() == 0 ? 1 : sample_[sample_.rank() - 1], out);
  const size_t bytes = static_cast<size_t>(elements) * size_of(from);
  for (int64_t i = 0; i < count; ++i)
    apply_one(from, static_cast<const std::byte*>(in) + static_cast<size_t>(i) * bytes,
              out + i * input_.elements());
}

template void Preprocess::apply(DType, const void*, int64_t, float*) const;
template void Preprocess::apply(DType, const void*, int64_t, double*) const;

DatasetPtr shaped(DatasetPtr dataset, const Preprocess& preprocess) {
  if (!preprocess.shapes(dataset->format(), "")) return dataset;
  SampleFormat format = dataset->format();
  format.varies = false;
  format.shape = preprocess.sample_shape();
  if (format.dtype != DType::u8) format.dtype = DType::f32;  // as resize() gives them
  return std::make_shared<ShapedDataset>(std::move(dataset), std::move(format), preprocess);
}

}  // namespace fovea::data
