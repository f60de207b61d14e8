#include <fovea/dataset.h>

#include "capi/objects.h"
#include "data/digits.h"
#include "data/idx.h"
#include "data/split.h"

using namespace fovea;
using namespace fovea::capi;
using data::DatasetPtr;

namespace {

void give(fv_dataset** out, DatasetPtr dataset) {
  *out = new fv_dataset{std::move(dataset)};
}

void give(fv_dataset** first, fv_dataset** second, std::pair<DatasetPtr, DatasetPtr> parts) {
  auto made = std::make_unique<fv_dataset>(std::move(parts.first));
  give(second, std::move(parts.second));
  *first = made.release();
}

}  // namespace

void fv_dataset_destroy(fv_dataset* dataset) {
  delete dataset;
}

fv_status fv_dataset_open_idx(fv_context* context, const char* images_path, const char* labels_path,
                              const fv_idx_desc* desc, fv_dataset** dataset, fv_error* error) {
  return guard(error, [&] {
    const Context& c = *need(context, "context").impl;
    const char* images = &need(images_path, "images_path");
    const char* labels = &need(labels_path, "labels_path");
    need(dataset, "dataset");
    const fv_idx_desc d = read_desc(desc, "fv_idx_desc");
    FOVEA_REQUIRE(d.max_bytes >= 0, "max_bytes is %lld", static_cast<long long>(d.max_bytes));
    give(dataset,
         data::open_idx(images, labels, {d.classes, static_cast<uint64_t>(d.max_bytes)}, c.allocator()));
  });
}

fv_status fv_dataset_from_memory(fv_context* context, const fv_memory_dataset_desc* desc,
                                 fv_dataset** dataset, fv_error* error) {
  return guard(error, [&] {
    // First of all, so that drop is called whatever is wrong with the rest.
    std::shared_ptr<HostUser> owner;
    if (has_field(desc, &fv_memory_dataset_desc::drop)) owner = own_user(desc->user, desc->drop);
    const Context& c = *need(context, "context").impl;
    need(dataset, "dataset");
    const fv_memory_dataset_desc d = read_desc(desc, "fv_memory_dataset_desc");
    data::MemoryTensors tensors;
    tensors.classes = d.classes;
    if (d.samples.data != nullptr) tensors.samples = view_of(d.samples, "samples");
    if (d.labels.data != nullptr) tensors.labels = view_of(d.labels, "labels");
    if (d.targets.data != nullptr) tensors.targets = view_of(d.targets, "targets");
    FOVEA_REQUIRE(!tensors.labels || tensors.labels.dtype != DType::u8, "labels is u8, expected i32 or i64");
    if (d.borrow != 0)
      give(dataset, data::memory_dataset(tensors, std::move(owner)));
    else
      give(dataset, data::copy_to_dataset(tensors, c.allocator()));
  });
}

fv_status fv_dataset_digits(fv_context* context, const fv_digits_desc* desc, fv_dataset** dataset,
                            fv_error* error) {
  return guard(error, [&] {
    const Context& c = *need(context, "context").impl;
    need(dataset, "dataset");
    const fv_digits_desc d = read_desc(desc, "fv_digits_desc");
    data::DigitsOptions options;
    if (d.size != 0) options.size = d.size;
    options.count = d.count;
    options.seed = d.seed;
    options.noise = number(d.noise, options.noise);
    give(dataset, data::digits(options, c.allocator(), c.executor()));
  });
}

fv_status fv_dataset_split(const fv_dataset* dataset, const fv_split_desc* desc, fv_dataset** first,
                           fv_dataset** second, fv_error* error) {
  return guard(error, [&] {
    const DatasetPtr& whole = need(dataset, "dataset").impl;
    need(first, "first");
    need(second, "second");
    const fv_split_desc d = read_desc(desc, "fv_split_desc");
    give(first, second,
         data::split(whole, {d.shuffle != 0, d.fraction, d.count, d.seed, d.stratified != 0}));
  });
}

fv_status fv_dataset_fold(const fv_dataset* dataset, const fv_fold_desc* desc, fv_dataset** train,
                          fv_dataset** validation, fv_error* error) {
  return guard(error, [&] {
    const DatasetPtr& whole = need(dataset, "dataset").impl;
    need(train, "train");
    need(validation, "validation");
    const fv_fold_desc d = read_desc(desc, "fv_fold_desc");
    give(train, validation,
         data::fold(whole,
                    {d.fold, d.folds == 0 ? 5 : d.folds, d.shuffle != 0, d.stratified != 0, d.seed}));
  });
}

fv_status fv_dataset_mark_test(fv_dataset* dataset, fv_error* error) {
  return guard(error, [&] {
    DatasetPtr& impl = need(dataset, "dataset").impl;
    if (!impl->format().test) impl = data::mark_test(impl);
  });
}

fv_status fv_dataset_subset(const fv_dataset* dataset, const int64_t* indices, size_t count,
                            fv_dataset** subset, fv_error* error) {
  return guard(error, [&] {
    const DatasetPtr& whole = need(dataset, "dataset").impl;
    need(subset, "subset");
    FOVEA_REQUIRE(count <= static_cast<size_t>(kMaxElements), "count is %zu", count);
    const int64_t* from = count == 0 ? nullptr : &need(indices, "indices");
    give(subset, data::subset(whole, {from, from + count}));
  });
}

fv_status fv_dataset_get_info(const fv_dataset* dataset, fv_dataset_info* info, fv_error* error) {
  return guard(error, [&] {
    const data::Dataset& d = *need(dataset, "dataset").impl;
    FOVEA_REQUIRE(need(info, "info").struct_size >= sizeof(uint32_t), "info.struct_size is not set");
    fv_dataset_info result{};
    result.dtype = static_cast<fv_dtype>(d.dtype());
    result.count = d.size();
    shape_to(d.sample_shape(), result.shape, &result.rank);
    result.classes = d.classes();
    shape_to(d.target_shape(), result.target_shape, &result.target_rank);
    result.fingerprint = d.fingerprint();
    result.test = d.format().test ? 1 : 0;
    write_info(info, result, "info");
  });
}

fv_status fv_dataset_get(const fv_dataset* dataset, int64_t index, fv_buffer* sample, int64_t* label,
                         fv_error* error) {
  return guard(error, [&] {
    const data::Dataset& d = *need(dataset, "dataset").impl;
    fv_buffer& out = need(sample, "sample");
    FOVEA_REQUIRE(index >= 0 && index < d.size(), "index %lld is not in [0, %lld)",
                  static_cast<long long>(index), static_cast<long long>(d.size()));
    FOVEA_REQUIRE(out.dtype == 0 || out.dtype == static_cast<fv_dtype>(d.dtype()),
                  "sample wants dtype %d, the dataset stores %s", static_cast<int>(out.dtype),
                  name_of(d.dtype()));
    data::SampleMemory memory(system_allocator());
    const TensorView x = d.read(index, memory);
    const size_t bytes = x.bytes();
    FOVEA_REQUIRE(out.data != nullptr && out.capacity >= bytes,
                  "sample has room for %zu bytes, %zu are needed",
                  out.data == nullptr ? size_t{0} : out.capacity, bytes);
    std::memcpy(out.data, x.data, bytes);
    out.dtype = static_cast<fv_dtype>(x.dtype);
    shape_to(x.shape, out.shape, &out.rank);
    if (label != nullptr) *label = d.label(index);
  });
}
