#include "model/transform_file.h"

#include <algorithm>

#include "base/error.h"

namespace fovea::model {
namespace {

// Longer lists are tensors.
constexpr size_t kListed = 64;

constexpr const char* kMean = "transform/mean";
constexpr const char* kStddev = "transform/stddev";
constexpr const char* kMatrix = "transform/whitening";
constexpr const char* kEigenvalues = "transform/eigenvalues";

constexpr const char* kChannels[] = {"keep", "grey", "rgb"};
constexpr const char* kInterpolations[] = {"bilinear", "nearest", "bicubic", "area"};

template <class T>
TransformTensor tensor_of(const char* name, const std::vector<T>& values, Shape shape) {
  return {name, std::move(shape), dtype_of<T>::value, std::as_bytes(std::span(values))};
}

void put_list(const std::vector<double>& values, const char* tensor, const std::string& key,
              io::Metadata& metadata, std::vector<TransformTensor>& tensors) {
  const bool listed = values.size() <= kListed;
  io::put_int(metadata, key + ".count", listed ? values.size() : 0);
  if (!listed) tensors.push_back(tensor_of(tensor, values, {static_cast<int64_t>(values.size())}));
  for (size_t i = 0; listed && i < values.size(); ++i)
    io::put_double(metadata, key + '.' + std::to_string(i), values[i]);
}

template <class T>
std::vector<T> read_values(const io::SafetensorsReader& reader, const io::TensorEntry& entry) {
  if (entry.dtype != dtype_of<T>::value)
    fail(Status::format, "tensor '%.80s' is %s, expected %s", entry.name.c_str(), entry.dtype_name.c_str(),
         name_of(dtype_of<T>::value));
  std::vector<T> values(static_cast<size_t>(entry.shape.elements()));  // the file is as long
  reader.read(entry, std::as_writable_bytes(std::span(values)));
  return values;
}

std::vector<double> get_list(const io::SafetensorsReader& reader, const char* tensor,
                             const std::string& key) {
  const io::Metadata& metadata = reader.metadata();
  if (const io::TensorEntry* entry = reader.find(tensor)) return read_values<double>(reader, *entry);
  const uint64_t count = io::get_uint(metadata, key + ".count");
  if (count > metadata.size()) fail(Status::format, "%s.count is larger than the list", key.c_str());
  std::vector<double> values;
  for (uint64_t i = 0; i < count; ++i)
    values.push_back(io::get_double(metadata, key + '.' + std::to_string(i)));
  return values;
}

// Absent where it is the default.
int64_t optional(const io::Metadata& metadata, const std::string& key) {
  return metadata.contains(key) ? io::get_int(metadata, key) : 0;
}

void put_optional(io::Metadata& metadata, const std::string& key, int64_t value) {
  if (value != 0) io::put_int(metadata, key, value);
}

template <class E, size_t n>
E get_choice(const io::Metadata& metadata, const std::string& key, const char* const (&names)[n]) {
  const auto found = metadata.find(key);
  if (found == metadata.end()) return E{};
  for (size_t i = 0; i < n; ++i)
    if (found->second == names[i]) return static_cast<E>(i);
  fail(Status::format, "%s is '%.40s'", key.c_str(), found->second.c_str());
}

struct Extent {
  const char* key;
  int64_t data::Geometry::*member;
};
constexpr Extent kExtents[] = {{"fovea.transform.short_side", &data::Geometry::short_side},
                               {"fovea.transform.height", &data::Geometry::height},
                               {"fovea.transform.width", &data::Geometry::width},
                               {"fovea.transform.crop_height", &data::Geometry::crop_height},
                               {"fovea.transform.crop_width", &data::Geometry::crop_width}};

std::shared_ptr<const data::Whitening> get_whitening(const io::SafetensorsReader& reader) {
  const io::TensorEntry* matrix = reader.find(kMatrix);
  if (matrix == nullptr) return nullptr;
  const io::TensorEntry* values = reader.find(kEigenvalues);
  if (values == nullptr || matrix->shape.rank() != 2)
    fail(Status::format, "tensor '%s' is %s, '%s' is %s", kMatrix, matrix->shape.text().c_str(), kEigenvalues,
         values == nullptr ? "missing" : "there");
  auto w = std::make_shared<data::Whitening>();
  w->inputs = matrix->shape[0];
  w->outputs = matrix->shape[1];
  w->matrix = read_values<float>(reader, *matrix);
  w->eigenvalues = read_values<double>(reader, *values);
  return w;
}

}  // namespace

bool is_of_transform(std::string_view tensor) {
  return tensor == kMean || tensor == kStddev || tensor == kMatrix || tensor == kEigenvalues;
}

std::vector<TransformTensor> put_transform(const data::PreprocessOptions& t, io::Metadata& metadata) {
  std::vector<TransformTensor> tensors;
  io::put_double(metadata, "fovea.transform.scale", t.values.scale);
  put_list(t.values.mean, kMean, "fovea.transform.mean", metadata, tensors);
  put_list(t.values.std, kStddev, "fovea.transform.stddev", metadata, tensors);
  put_optional(metadata, "fovea.transform.samplewise_center", t.samplewise_center);
  put_optional(metadata, "fovea.transform.samplewise_std_normalization", t.samplewise_std);
  const data::Geometry& g = t.geometry;
  for (const Extent& e : kExtents) put_optional(metadata, e.key, g.*e.member);
  if (g.channels != data::Channels::keep)
    metadata["fovea.transform.channels"] = kChannels[static_cast<size_t>(g.channels)];
  if (g.interpolation != data::Interpolation::bilinear)
    metadata["fovea.transform.interpolation"] = kInterpolations[static_cast<size_t>(g.interpolation)];
  put_optional(metadata, "fovea.transform.no_antialias", !g.antialias);
  put_optional(metadata, "fovea.transform.sample.rank", t.sample.rank());
  for (int i = 0; i < t.sample.rank(); ++i)
    io::put_int(metadata, "fovea.transform.sample." + std::to_string(i), t.sample[i]);
  if (const data::Whitening* w = t.whitening.get()) {
    tensors.push_back(tensor_of(kMatrix, w->matrix, {w->inputs, w->outputs}));
    tensors.push_back(tensor_of(kEigenvalues, w->eigenvalues, {static_cast<int64_t>(w->eigenvalues.size())}));
  }
  return tensors;
}

data::PreprocessOptions get_transform(const io::SafetensorsReader& reader) {
  const io::Metadata& metadata = reader.metadata();
  data::PreprocessOptions t;
  t.values.scale = io::get_double(metadata, "fovea.transform.scale");
  t.values.mean = get_list(reader, kMean, "fovea.transform.mean");
  t.values.std = get_list(reader, kStddev, "fovea.transform.stddev");
  t.samplewise_center = optional(metadata, "fovea.transform.samplewise_center") != 0;
  t.samplewise_std = optional(metadata, "fovea.transform.samplewise_std_normalization") != 0;
  data::Geometry& g = t.geometry;
  for (const Extent& e : kExtents) g.*e.member = optional(metadata, e.key);
  g.channels = get_choice<data::Channels>(metadata, "fovea.transform.channels", kChannels);
  g.interpolation =
      get_choice<data::Interpolation>(metadata, "fovea.transform.interpolation", kInterpolations);
  g.antialias = optional(metadata, "fovea.transform.no_antialias") == 0;
  const int64_t rank = optional(metadata, "fovea.transform.sample.rank");
  if (rank < 0 || rank > kMaxRank) fail(Status::format, "fovea.transform.sample.rank is out of range");
  std::vector<int64_t> extents;
  for (int64_t i = 0; i < rank; ++i)
    extents.push_back(io::get_int(metadata, "fovea.transform.sample." + std::to_string(i)));
  t.sample = Shape(extents);
  t.whitening = get_whitening(reader);
  return t;
}

}  // namespace fovea::model
