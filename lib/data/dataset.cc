#include "data/dataset.h"

#include <algorithm>
#include <array>
#include <cstring>
#include <limits>
#include <numeric>
#include <utility>

#include "base/text.h"
#include "data/hash.h"

namespace fovea::data {
namespace {

using Ll = long long;

template <class To, class From>
void convert(const std::byte* in, std::span<To> out) {
  for (size_t i = 0; i < out.size(); ++i) {
    From value;
    std::memcpy(&value, in + i * sizeof value, sizeof value);
    out[i] = static_cast<To>(value);
  }
}

template <class To>
void convert_target(const Dataset& dataset, int64_t i, std::span<To> out) {
  const std::byte* stored = dataset.stored_target(i);
  if (stored == nullptr || static_cast<int64_t>(out.size()) != dataset.target_shape().elements())
    fail(Status::internal, "a target of %zu values was asked for", out.size());
  with_float(dataset.format().target_dtype, [&](auto type) { convert<To, decltype(type)>(stored, out); });
}

// Integer `i` of a tensor of labels.
int64_t integer_at(DType dtype, const std::byte* data, int64_t i) {
  const std::byte* at = data + static_cast<size_t>(i) * size_of(dtype);
  const auto load = [at](auto value) {
    std::memcpy(&value, at, sizeof value);
    return static_cast<int64_t>(value);
  };
  switch (dtype) {
    case DType::u8:
      return load(uint8_t{});
    case DType::i32:
      return load(int32_t{});
    default:
      return load(int64_t{});
  }
}

// ---- in memory ------------------------------------------------------------------------------------

class MemoryDataset final : public Dataset {
 public:
  MemoryDataset(const MemoryTensors& tensors, int64_t size, SampleFormat format,
                std::shared_ptr<const void> owner)
      : Dataset(size, std::move(format)),
        samples_(static_cast<const std::byte*>(tensors.samples.data)),
        labels_(static_cast<const std::byte*>(tensors.labels.data)),
        label_dtype_(tensors.labels.dtype),
        targets_(static_cast<const std::byte*>(tensors.targets.data)),
        target_bytes_(targets_ != nullptr ? this->format().target_bytes() : 0),
        owner_(std::move(owner)) {}

  TensorView sample(int64_t i, SampleMemory&, const Draw*) const override {
    return {samples_ + static_cast<size_t>(i) * sample_bytes(), dtype(), sample_shape()};
  }
  int64_t label(int64_t i) const override {
    return labels_ != nullptr ? integer_at(label_dtype_, labels_, i) : -1;
  }
  const std::byte* stored_target(int64_t i) const override {
    return targets_ != nullptr ? targets_ + static_cast<size_t>(i) * target_bytes_ : nullptr;
  }

 private:
  const std::byte* samples_;
  const std::byte* labels_;
  DType label_dtype_;
  const std::byte* targets_;
  size_t target_bytes_;
  std::shared_ptr<const void> owner_;
};

// Of one sample, out of a tensor of all.
Shape shape_of_one(const char* what, const TensorView& tensor, int64_t count) {
  const std::span<const int64_t> extents = tensor.shape.extents();
  FOVEA_REQUIRE(!extents.empty() && extents[0] == count, "%s have the shape %s, expected %lld of them", what,
                tensor.shape.text().c_str(), Ll{count});
  const Shape one = extents.size() == 1 ? Shape{1} : Shape(extents.subspan(1));
  FOVEA_REQUIRE(tensor.shape.elements() > 0, "%s of shape %s are empty", what, tensor.shape.text().c_str());
  return one;
}

int checked_classes(const TensorView& labels, int classes) {
  const int64_t count = labels.shape[0];
  const int64_t limit = classes != 0 ? classes : std::numeric_limits<int32_t>::max();
  int64_t largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    const int64_t label = integer_at(labels.dtype, static_cast<const std::byte*>(labels.data), i);
    FOVEA_REQUIRE(label >= 0 && label < limit, "label %lld of sample %lld is not in [0, %lld)", Ll{label},
                  Ll{i}, Ll{limit});
    largest = std::max(largest, label);
  }
  return classes != 0 ? classes : static_cast<int>(largest + 1);
}

// ---- parts ----------------------------------------------------------------------------------------

class SubsetDataset final : public Dataset {
 public:
  SubsetDataset(DatasetPtr base, SampleFormat format, std::vector<int64_t> indices)
      : Dataset(static_cast<int64_t>(indices.size()), std::move(format)),
        base_(std::move(base)),
        indices_(std::move(indices)) {}

  TensorView sample(int64_t i, SampleMemory& memory, const Draw* draw) const override {
    return base_->sample(at(i), memory, draw);
  }
  int64_t label(int64_t i) const override { return base_->label(at(i)); }
  const std::byte* stored_target(int64_t i) const override { return base_->stored_target(at(i)); }
  std::string class_name(int label) const override { return base_->class_name(label); }
  bool has_class_names() const override { return base_->has_class_names(); }
  std::string sample_name(int64_t i) const override { return base_->sample_name(at(i)); }
  std::shared_ptr<const FilesReport> files_report() const override { return base_->files_report(); }

  void identify(int64_t i, SampleMemory& memory, Xxh64& hash) const override {
    Dataset::identify(*base_, at(i), memory, hash);
  }

  const DatasetPtr& base() const { return base_; }
  int64_t at(int64_t i) const { return indices_[static_cast<size_t>(i)]; }

 private:
  DatasetPtr base_;
  std::vector<int64_t> indices_;
};

}  // namespace

Dataset::Dataset(int64_t size, SampleFormat format)
    : size_(size), format_(std::move(format)), sample_bytes_(format_.sample_bytes()) {}

void Dataset::target(int64_t i, std::span<float> out) const {
  convert_target(*this, i, out);
}
void Dataset::target(int64_t i, std::span<double> out) const {
  convert_target(*this, i, out);
}

TensorView Dataset::read(int64_t i, SampleMemory& memory, const Draw* draw) const {
  try {
    return sample(i, memory, draw);
  } catch (const Error& error) {
    raise_with_name(error, *this, i);
  }
}

void Dataset::copy_sample(int64_t i, SampleMemory& memory, std::byte* out, const Draw* draw) const {
  std::memcpy(out, read(i, memory, draw).data, sample_bytes_);
}

void raise_with_name(const Error& error, const Dataset& dataset, int64_t i) {
  const std::string path = dataset.sample_name(i);
  const std::string name = path.empty() ? "sample " + std::to_string(i) : in_quotes(path);
  if (std::strstr(error.what(), name.c_str()) != nullptr) throw;
  fail(error.status(), "%s: %s", name.c_str(), error.what());
}

int differing_class(const Dataset& a, const Dataset& b) {
  if (!a.has_class_names() || !b.has_class_names()) return -1;
  for (int c = 0; c < std::min(a.classes(), b.classes()); ++c)
    if (a.class_name(c) != b.class_name(c)) return c;
  return -1;
}

void add_shape(const Shape& shape, Xxh64& hash) {
  hash.update(static_cast<uint64_t>(shape.rank()));
  for (const int64_t extent : shape.extents()) hash.update(static_cast<uint64_t>(extent));
}

void Dataset::identify(int64_t i, SampleMemory& memory, Xxh64& hash) const {
  const TensorView x = sample(i, memory);
  if (format_.varies) add_shape(x.shape, hash);
  hash.update({static_cast<const std::byte*>(x.data), x.bytes()});
}

uint64_t Dataset::fingerprint() const {
  const std::lock_guard lock(fingerprint_mutex_);
  if (fingerprint_) return *fingerprint_;
  Xxh64 hash;
  hash.update(static_cast<uint64_t>(size_));
  hash.update(static_cast<uint64_t>(format_.dtype));
  add_shape(format_.shape, hash);
  hash.update(static_cast<uint64_t>(format_.classes));
  if (format_.classes == 0) {
    hash.update(static_cast<uint64_t>(format_.target_dtype));
    add_shape(format_.target_shape, hash);
  }
  SampleMemory memory(system_allocator());
  const size_t target_bytes = format_.classes == 0 ? format_.target_bytes() : 0;
  for (int64_t i = 0; i < size_; ++i) {
    memory.reset();
    try {
      identify(i, memory, hash);
    } catch (const Error& error) {
      raise_with_name(error, *this, i);
    }
    if (format_.classes != 0) {
      hash.update(static_cast<uint64_t>(label(i)));
    } else {
      hash.update({stored_target(i), target_bytes});
    }
  }
  fingerprint_ = hash.digest();
  return *fingerprint_;
}

DatasetPtr memory_dataset(const MemoryTensors& tensors, std::shared_ptr<const void> owner) {
  const auto& [samples, labels, targets, classes] = tensors;
  FOVEA_REQUIRE(samples, "samples have no data");
  FOVEA_REQUIRE(samples.dtype == DType::u8 || samples.dtype == DType::f32 || samples.dtype == DType::f64,
                "samples are of type %s, expected u8, f32 or f64", name_of(samples.dtype));
  FOVEA_REQUIRE(samples.shape.rank() > 0, "samples are a scalar");
  const int64_t count = samples.shape[0];
  FOVEA_REQUIRE(static_cast<bool>(labels) != static_cast<bool>(targets), "%s",
                labels ? "there are both labels and targets" : "there are neither labels nor targets");
  FOVEA_REQUIRE(classes >= 0, "classes is %d", classes);
  SampleFormat format;
  format.dtype = samples.dtype;
  format.shape = shape_of_one("samples", samples, count);
  if (labels) {
    FOVEA_REQUIRE(labels.dtype == DType::u8 || labels.dtype == DType::i32 || labels.dtype == DType::i64,
                  "labels are of type %s, expected i32 or i64", name_of(labels.dtype));
    FOVEA_REQUIRE(labels.shape == Shape{count}, "labels have the shape %s, expected %lld",
                  labels.shape.text().c_str(), Ll{count});
    format.classes = checked_classes(labels, classes);
  } else {
    FOVEA_REQUIRE(classes == 0, "classes is %d, but there are targets instead of labels", classes);
    FOVEA_REQUIRE(targets.dtype == DType::f32 || targets.dtype == DType::f64,
                  "targets are of type %s, expected f32 or f64", name_of(targets.dtype));
    format.target_dtype = targets.dtype;
    format.target_shape = shape_of_one("targets", targets, count);
  }
  return std::make_shared<MemoryDataset>(tensors, count, std::move(format), std::move(owner));
}

DatasetPtr copy_to_dataset(const MemoryTensors& tensors, const std::shared_ptr<Allocator>& allocator) {
  memory_dataset(tensors, nullptr);  // refuses what makes no sense before anything of it is copied
  auto copies = std::make_shared<std::array<Buffer, 3>>();
  MemoryTensors copied = tensors;
  TensorView* views[] = {&copied.samples, &copied.labels, &copied.targets};
  for (size_t i = 0; i < copies->size(); ++i) {
    TensorView& view = *views[i];
    if (!view) continue;
    Buffer& copy = (*copies)[i] = Buffer(allocator, view.bytes());
    std::memcpy(copy.data(), view.data, view.bytes());
    view.data = copy.data();
  }
  return memory_dataset(copied, std::move(copies));
}

namespace {

DatasetPtr select(DatasetPtr dataset, SampleFormat format, std::vector<int64_t> indices) {
  FOVEA_REQUIRE(!indices.empty(), "a subset without samples");
  for (const int64_t index : indices)
    FOVEA_REQUIRE(index >= 0 && index < dataset->size(), "index %lld is not in [0, %lld)", Ll{index},
                  Ll{dataset->size()});
  // A part of a part refers to the whole, so that reading takes one step however often it was cut.
  if (const auto* part = dynamic_cast<const SubsetDataset*>(dataset.get())) {
    for (int64_t& index : indices) index = part->at(index);
    DatasetPtr base = part->base();
    return std::make_shared<SubsetDataset>(std::move(base), std::move(format), std::move(indices));
  }
  return std::make_shared<SubsetDataset>(std::move(dataset), std::move(format), std::move(indices));
}

}  // namespace

DatasetPtr subset(DatasetPtr dataset, std::vector<int64_t> indices) {
  SampleFormat format = dataset->format();
  return select(std::move(dataset), std::move(format), std::move(indices));
}

DatasetPtr mark_test(DatasetPtr dataset) {
  SampleFormat format = dataset->format();
  format.test = true;
  std::vector<int64_t> all(static_cast<size_t>(dataset->size()));
  std::iota(all.begin(), all.end(), int64_t{0});
  return select(std::move(dataset), std::move(format), std::move(all));
}

}  // namespace fovea::data
