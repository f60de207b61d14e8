#include "data/callback.h"

#include <algorithm>
#include <limits>

#include "base/error.h"
#include "data/hash.h"
#include "data/wrapper.h"

namespace fovea::data {
namespace {

using Ll = long long;

constexpr int64_t kMaxSide = 1 << 20;  // as resizing takes them

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

// What is asked for once, for all samples.
struct Asked {
  std::vector<int32_t> labels;                   // or
  std::vector<std::byte> targets;                // of all samples
  std::vector<std::pair<int64_t, int64_t>> sizes;  // height and width, where they vary
};

class CallbackDataset final : public Dataset {
 public:
  CallbackDataset(const CallbackOptions& options, Asked asked, SampleFormat format)
      : Dataset(options.count, std::move(format)),
        get_(options.get),
        serial_(options.serial),
        asked_(std::move(asked)) {}

  TensorView sample(int64_t i, SampleMemory& memory, const Draw*) const override {
    Shape shape = sample_shape();
    if (!asked_.sizes.empty()) {
      const auto [height, width] = asked_.sizes[static_cast<size_t>(i)];
      shape = {height, width, shape[2]};
    }
    std::byte* pixels = memory.piece(static_cast<size_t>(shape.elements()) * size_of(dtype()));
    call(serial_, mutex_, [&] { get_(i, pixels, nullptr); });
    return {pixels, dtype(), shape};
  }
  int64_t label(int64_t i) const override {
    return asked_.labels.empty() ? -1 : asked_.labels[static_cast<size_t>(i)];
  }
  const std::byte* stored_target(int64_t i) const override {
    return asked_.targets.empty() ? nullptr
                                  : asked_.targets.data() + static_cast<size_t>(i) * format().target_bytes();
  }

 private:
  decltype(CallbackOptions::get) get_;
  bool serial_;
  Asked asked_;
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

// Refuses what makes no sense before anything is asked.
SampleFormat checked_format(const CallbackOptions& o) {
  FOVEA_REQUIRE(o.count >= 1 && o.count <= std::numeric_limits<uint32_t>::max(),
                "count is %lld, expected 1 to 2^32 - 1", Ll{o.count});
  FOVEA_REQUIRE(is_sample_type(o.dtype), "samples are of type %s, expected u8, f32 or f64",
                name_of(o.dtype));
  SampleFormat format;
  format.varies = static_cast<bool>(o.get_size);
  if (format.varies)
    FOVEA_REQUIRE(o.shape.rank() == 3 && o.shape[0] == 0 && o.shape[1] == 0 && o.shape[2] >= 1 &&
                      o.shape[2] <= 4 && o.dtype == DType::u8,
                  "images of many sizes are %s %s, expected u8 0 x 0 x 1 to 4 channels", name_of(o.dtype),
                  o.shape.text().c_str());
  else
    FOVEA_REQUIRE(o.shape.rank() > 0 && o.shape.elements() > 0, "samples have the shape %s",
                  o.shape.text().c_str());
  FOVEA_REQUIRE(o.classes >= 0 && (o.classes == 0 || !o.get_target), "classes is %d", o.classes);
  format.dtype = o.dtype;
  format.shape = o.shape;
  format.classes = o.classes;
  if (!o.get_target) return format;
  FOVEA_REQUIRE(o.target_dtype == DType::f32 || o.target_dtype == DType::f64,
                "targets are of type %s, expected f32 or f64", name_of(o.target_dtype));
  FOVEA_REQUIRE(o.target_shape.rank() > 0 && o.target_shape.elements() > 0, "targets have the shape %s",
                o.target_shape.text().c_str());
  format.target_dtype = o.target_dtype;
  format.target_shape = o.target_shape;
  return format;
}

std::vector<int32_t> ask_labels(const CallbackOptions& o, SampleFormat& format) {
  const int64_t limit = o.classes != 0 ? o.classes : std::numeric_limits<int32_t>::max();
  std::vector<int32_t> labels(static_cast<size_t>(o.count));
  int64_t largest = 0;
  for (int64_t i = 0; i < o.count; ++i) {
    int64_t label = -1;
    o.get(i, nullptr, &label);
    FOVEA_REQUIRE(label >= 0 && label < limit, "label %lld of sample %lld is not in [0, %lld)", Ll{label},
                  Ll{i}, Ll{limit});
    labels[static_cast<size_t>(i)] = static_cast<int32_t>(label);
    largest = std::max(largest, label);
  }
  if (o.classes == 0) format.classes = static_cast<int>(largest + 1);
  return labels;
}

}  // namespace

DatasetPtr callback_dataset(const CallbackOptions& options) {
  SampleFormat format = checked_format(options);
  Asked asked;
  if (options.get_target) {
    const size_t bytes = format.target_bytes();
    asked.targets.resize(
        static_cast<size_t>(checked_mul(options.count, static_cast<int64_t>(bytes))));
    for (int64_t i = 0; i < options.count; ++i)
      options.get_target(i, asked.targets.data() + static_cast<size_t>(i) * bytes);
  } else {
    asked.labels = ask_labels(options, format);
  }
  for (int64_t i = 0; options.get_size && i < options.count; ++i) {
    int64_t height = 0, width = 0;
    options.get_size(i, &height, &width);
    FOVEA_REQUIRE(height >= 1 && width >= 1 && height <= kMaxSide && width <= kMaxSide,
                  "image %lld has %lld x %lld pixels", Ll{i}, Ll{width}, Ll{height});
    asked.sizes.emplace_back(height, width);
  }
  return std::make_shared<CallbackDataset>(options, std::move(asked), std::move(format));
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
