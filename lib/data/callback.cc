#include "data/callback.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "data/hash.h"
#include "data/wrapper.h"

namespace fovea::data {
namespace {

using Ll = long long;

bool is_sample_type(DType dtype) {
  return dtype == DType::u8 || dtype == DType::f32 || dtype == DType::f64;
}

// Calls f, where that was asked for one thread at a time.
template <class F>
void call(bool serial, std::mutex& mutex, F&& f) {
  std::unique_lock lock(mutex, std::defer_lock);
  if (serial) lock.lock();
  f();
}

class CallbackDataset final : public Dataset {
 public:
  CallbackDataset(const CallbackOptions& options, std::vector<int32_t> labels, SampleFormat format)
      : Dataset(options.count, std::move(format)),
        get_(options.get),
        serial_(options.serial),
        labels_(std::move(labels)) {}

  TensorView sample(int64_t i, SampleMemory& memory, const Draw*) const override {
    std::byte* pixels = memory.piece(sample_bytes());
    call(serial_, mutex_, [&] { get_(i, pixels, nullptr); });
    return {pixels, dtype(), sample_shape()};
  }
  int64_t label(int64_t i) const override { return labels_[static_cast<size_t>(i)]; }
  const std::byte* stored_target(int64_t) const override { return nullptr; }

 private:
  decltype(CallbackOptions::get) get_;
  bool serial_;
  std::vector<int32_t> labels_;
  mutable std::mutex mutex_;
};

class MapDataset final : public Wrapper {
 public:
  MapDataset(const DatasetPtr& base, const MapOptions& options, SampleFormat format)
      : Wrapper(base, std::move(format)), options_(options) {}

  TensorView sample(int64_t i, SampleMemory& memory, const Draw* draw) const override {
    const TensorView in = base().sample(i, memory, draw);
    TensorView out{nullptr, dtype(), options_.shape.rank() != 0 ? options_.shape : in.shape};
    std::byte* values = memory.piece(out.bytes());
    out.data = values;
    call(options_.serial, mutex_, [&] { options_.map(i, in, values, out.bytes()); });
    return out;
  }

 protected:
  void identify(int64_t i, SampleMemory& memory, Xxh64& hash) const override {
    // Of a random dataset it is what it draws from that counts, and that it is mapped.
    if (format().random) {
      hash.update(uint64_t{1});
      Wrapper::identify(i, memory, hash);
    } else {
      Dataset::identify(i, memory, hash);
    }
  }

 private:
  MapOptions options_;
  mutable std::mutex mutex_;
};

}  // namespace

DatasetPtr callback_dataset(const CallbackOptions& options) {
  const auto& [count, dtype, shape, classes, serial, get] = options;
  FOVEA_REQUIRE(count >= 1 && count <= std::numeric_limits<uint32_t>::max(),
                "count is %lld, expected 1 to 2^32 - 1", Ll{count});
  FOVEA_REQUIRE(is_sample_type(dtype), "samples are of type %s, expected u8, f32 or f64", name_of(dtype));
  FOVEA_REQUIRE(shape.rank() > 0 && shape.elements() > 0, "samples have the shape %s", shape.text().c_str());
  FOVEA_REQUIRE(classes >= 0, "classes is %d", classes);
  const int64_t limit = classes != 0 ? classes : std::numeric_limits<int32_t>::max();
  std::vector<int32_t> labels(static_cast<size_t>(count));
  int64_t largest = 0;
  for (int64_t i = 0; i < count; ++i) {
    int64_t label = -1;
    get(i, nullptr, &label);
    FOVEA_REQUIRE(label >= 0 && label < limit, "label %lld of sample %lld is not in [0, %lld)", Ll{label},
                  Ll{i}, Ll{limit});
    labels[static_cast<size_t>(i)] = static_cast<int32_t>(label);
    largest = std::max(largest, label);
  }
  SampleFormat format;
  format.dtype = dtype;
  format.shape = shape;
  format.classes = classes != 0 ? classes : static_cast<int>(largest + 1);
  return std::make_shared<CallbackDataset>(options, std::move(labels), std::move(format));
}

DatasetPtr map_dataset(const DatasetPtr& dataset, const MapOptions& options) {
  FOVEA_REQUIRE(is_sample_type(options.dtype), "samples are of type %s, expected u8, f32 or f64",
                name_of(options.dtype));
  SampleFormat format = dataset->format();
  if (options.shape.rank() != 0) {
    FOVEA_REQUIRE(options.shape.elements() > 0, "samples have the shape %s", options.shape.text().c_str());
    format.shape = options.shape;
    format.varies = false;
  }
  FOVEA_REQUIRE(!format.varies || options.dtype == DType::u8, "samples of various shapes are u8, not %s",
                name_of(options.dtype));
  format.dtype = options.dtype;
  return std::make_shared<MapDataset>(dataset, options, std::move(format));
}

}  // namespace fovea::data
