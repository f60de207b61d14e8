#include <fovea/sources.h>

#include <algorithm>

#include "base/text.h"
#include "capi/objects.h"
#include "data/audit.h"
#include "data/callback.h"
#include "data/cifar.h"
#include "data/combine.h"
#include "data/file_dataset.h"

using namespace fovea;
using namespace fovea::capi;
using data::DatasetPtr;

struct fv_audit {
  data::Audit impl;
};

namespace {

void give(fv_dataset** out, DatasetPtr dataset) {
  *out = new fv_dataset{std::move(dataset)};
}

data::ImageFilesOptions files_options(const fv_image_files_desc* desc) {
  const fv_image_files_desc d = read_desc(desc, "fv_image_files_desc");
  data::ImageFilesOptions options;
  if (d.channels != 0) options.image.channels = d.channels;
  options.image.keep_orientation = d.keep_orientation != 0;
  if (d.max_pixels != 0) options.image.max_pixels = d.max_pixels;
  options.refuse_broken = d.refuse_broken != 0;
  options.headers_only = d.headers_only != 0;
  FOVEA_REQUIRE(d.class_count <= 65536, "%zu names of classes are too many", d.class_count);
  for (size_t i = 0; i < d.class_count; ++i)
    options.class_names.emplace_back(&need((&need(d.class_names, "class_names"))[i], "a class's name"));
  return options;
}

void need_index(const data::Dataset& d, int64_t index) {
  FOVEA_REQUIRE(index >= 0 && index < d.size(), "index %lld is not in [0, %lld)",
                static_cast<long long>(index), static_cast<long long>(d.size()));
}

// What a callback of the host's returned, as an error of ours.
void check_returned(fv_status status, const fv_error& error, const char* what, int64_t index) {
  if (status == FV_OK) return;
  if (error.message[0] != '\0') fail(status_of(status), "%.*s", 480, error.message);
  fail(status_of(status), "%s of sample %lld returned %s", what, static_cast<long long>(index),
       fv_status_name(status));
}

}  // namespace

// ---- image files --------------------------------------------------------------------------------------

fv_status fv_dataset_open_folder(fv_context* context, const char* root, const fv_image_files_desc* desc,
                                 fv_dataset** dataset, fv_error* error) {
  return guard(error, [&] {
    const std::shared_ptr<const Context>& c = need(context, "context").impl;
    need(root, "root");
    need(dataset, "dataset");
    give(dataset, data::open_image_folder(root, files_options(desc), c));
  });
}

fv_status fv_dataset_open_list(fv_context* context, const char* path, const fv_image_list_desc* desc,
                               fv_dataset** dataset, fv_error* error) {
  return guard(error, [&] {
    const std::shared_ptr<const Context>& c = need(context, "context").impl;
    need(path, "path");
    need(dataset, "dataset");
    const fv_image_list_desc d = read_desc(desc, "fv_image_list_desc");
    FOVEA_REQUIRE(d.header >= 0 && d.header <= 2, "header is %d, expected 0, 1 or 2", d.header);
    data::ImageListOptions options;
    FOVEA_REQUIRE(d.delimiter >= 0 && d.delimiter < 128, "delimiter is %d, expected ',', ';' or a tab",
                  d.delimiter);
    options.delimiter = static_cast<char>(d.delimiter);
    options.header = static_cast<data::ImageListOptions::Header>(d.header);
    options.classes = d.classes;
    if (d.root != nullptr) options.root = d.root;
    options.files = files_options(d.files);
    give(dataset, data::open_image_list(path, options, c));
  });
}

fv_status fv_dataset_get_files_info(const fv_dataset* dataset, fv_files_info* info, fv_error* error) {
  return guard(error, [&] {
    fv_files_info result{};
    if (const auto report = need(dataset, "dataset").impl->files_report()) {
      result.files = report->files;
      result.broken = static_cast<int64_t>(report->problems.size());
      result.ignored = report->ignored;
    }
    write_info(info, result, "info");
  });
}

fv_status fv_dataset_get_problem(const fv_dataset* dataset, int64_t index, char* buffer, size_t capacity,
                                 size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const auto report = need(dataset, "dataset").impl->files_report();
    const size_t count = report == nullptr ? 0 : report->problems.size();
    FOVEA_REQUIRE(index >= 0 && static_cast<size_t>(index) < count, "index %lld is not in [0, %zu)",
                  static_cast<long long>(index), count);
    const std::string& text = report->problems[static_cast<size_t>(index)];
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}

fv_status fv_dataset_sample_name(const fv_dataset* dataset, int64_t index, char* buffer, size_t capacity,
                                 size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const data::Dataset& d = *need(dataset, "dataset").impl;
    need_index(d, index);
    const std::string text = d.sample_name(index);
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}

fv_status fv_dataset_class_name(const fv_dataset* dataset, int32_t label, char* buffer, size_t capacity,
                                size_t* needed, fv_error* error) {
  return guard(error, [&] {
    const data::Dataset& d = *need(dataset, "dataset").impl;
    FOVEA_REQUIRE(label >= 0 && label < d.classes(), "label %d is not in [0, %d)", label, d.classes());
    const std::string text = as_utf8(d.class_name(label));
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}

fv_status fv_dataset_count_class_names(const fv_dataset* dataset, int32_t* count, fv_error* error) {
  return guard(error, [&] {
    const data::Dataset& d = *need(dataset, "dataset").impl;
    need(count, "count") = d.has_class_names() ? d.classes() : 0;
  });
}

fv_status fv_dataset_count_classes(const fv_dataset* dataset, int64_t* counts, size_t capacity,
                                   fv_error* error) {
  return guard(error, [&] {
    const data::Dataset& d = *need(dataset, "dataset").impl;
    need(counts, "counts");
    const std::vector<int64_t> found = data::count_classes(d);
    FOVEA_REQUIRE(capacity >= found.size(), "counts has room for %zu classes, there are %zu", capacity,
                  found.size());
    std::copy(found.begin(), found.end(), counts);
  });
}

// ---- CIFAR --------------------------------------------------------------------------------------------

fv_status fv_dataset_open_cifar(fv_context* context, const char* const* paths, size_t count,
                                const fv_cifar_desc* desc, fv_dataset** dataset, fv_error* error) {
  return guard(error, [&] {
    const Context& c = *need(context, "context").impl;
    need(dataset, "dataset");
    const fv_cifar_desc d = read_desc(desc, "fv_cifar_desc");
    FOVEA_REQUIRE(d.hundred != 0 || d.coarse == 0, "coarse is for CIFAR-100");
    FOVEA_REQUIRE(count <= 65536, "%zu files are too many", count);
    std::vector<std::string> names;
    for (size_t i = 0; i < count; ++i) names.emplace_back(&need((&need(paths, "paths"))[i], "a path"));
    const data::Cifar kind = d.hundred == 0  ? data::Cifar::ten
                             : d.coarse == 0 ? data::Cifar::hundred
                                             : data::Cifar::hundred_coarse;
    give(dataset, data::open_cifar(names, kind, c.allocator()));
  });
}

// ---- of the host's ------------------------------------------------------------------------------------

fv_status fv_dataset_from_callback(fv_context* context, const fv_callback_dataset_desc* desc,
                                   fv_dataset** dataset, fv_error* error) {
  return guard(error, [&] {
    // First of all, so that drop is called whatever is wrong with the rest.
    std::shared_ptr<HostUser> owner;
    if (has_field(desc, &fv_callback_dataset_desc::drop)) owner = own_user(desc->user, desc->drop);
    need(context, "context");
    need(dataset, "dataset");
    const fv_callback_dataset_desc d = read_desc(desc, "fv_callback_dataset_desc");
    FOVEA_REQUIRE(d.get != nullptr, "get is NULL");
    FOVEA_REQUIRE(d.get_target != nullptr || (d.target_rank == 0 && d.target_dtype == 0),
                  "there are targets without get_target");
    data::CallbackOptions options;
    options.count = d.count;
    if (d.dtype != 0) options.dtype = dtype_from(d.dtype, "dtype");
    options.shape = shape_from(d.shape, d.rank, "shape");
    options.classes = d.classes;
    options.serial = d.serial != 0;
    if (owner == nullptr) owner = own_user(d.user, nullptr);  // a host that knows of no drop
    options.get = [owner, get = d.get](int64_t index, void* pixels, int64_t* label) {
      fv_error failed{};
      check_returned(get(owner->get(), index, pixels, label, &failed), failed, "get", index);
    };
    if (d.get_target != nullptr) {
      if (d.target_dtype != 0) options.target_dtype = dtype_from(d.target_dtype, "target_dtype");
      options.target_shape = shape_from(d.target_shape, d.target_rank, "target_shape");
      options.get_target = [owner, get = d.get_target](int64_t index, void* target) {
        fv_error failed{};
        check_returned(get(owner->get(), index, target, &failed), failed, "get_target", index);
      };
    }
    if (d.get_size != nullptr)
      options.get_size = [owner, get = d.get_size](int64_t index, int64_t* height, int64_t* width) {
        fv_error failed{};
        check_returned(get(owner->get(), index, height, width, &failed), failed, "get_size", index);
      };
    give(dataset, data::callback_dataset(options));
  });
}

fv_status fv_dataset_map(const fv_dataset* dataset, const fv_map_desc* desc, fv_dataset** mapped,
                         fv_error* error) {
  return guard(error, [&] {
    std::shared_ptr<HostUser> owner;
    if (has_field(desc, &fv_map_desc::drop)) owner = own_user(desc->user, desc->drop);
    const DatasetPtr& base = need(dataset, "dataset").impl;
    need(mapped, "mapped");
    const fv_map_desc d = read_desc(desc, "fv_map_desc");
    FOVEA_REQUIRE(d.map != nullptr, "map is NULL");
    data::MapOptions options;
    options.dtype = d.dtype != 0 ? dtype_from(d.dtype, "dtype") : base->dtype();
    options.shape = shape_from(d.shape, d.rank, "shape");
    options.serial = d.serial != 0;
    if (owner == nullptr) owner = own_user(d.user, nullptr);
    options.map = [owner, map = d.map](int64_t index, const TensorView& in, void* out, size_t bytes) {
      fv_error failed{};
      fv_tensor given{};
      given.data = in.data;
      given.dtype = static_cast<fv_dtype>(in.dtype);
      shape_to(in.shape, given.shape, &given.rank);
      check_returned(map(owner->get(), index, &given, out, bytes, &failed), failed, "map", index);
    };
    give(mapped, data::map_dataset(base, options));
  });
}

// ---- of other datasets --------------------------------------------------------------------------------

fv_status fv_dataset_concat(const fv_dataset* const* datasets, size_t count, fv_dataset** dataset,
                            fv_error* error) {
  return guard(error, [&] {
    need(dataset, "dataset");
    FOVEA_REQUIRE(count <= 65536, "%zu datasets are too many", count);
    std::vector<DatasetPtr> parts;
    for (size_t i = 0; i < count; ++i)
      parts.push_back(need((&need(datasets, "datasets"))[i], "a dataset").impl);
    give(dataset, data::concat(parts));
  });
}

fv_status fv_dataset_repeat(const fv_dataset* dataset, int64_t times, fv_dataset** repeated,
                            fv_error* error) {
  return guard(error, [&] {
    const DatasetPtr& whole = need(dataset, "dataset").impl;
    need(repeated, "repeated");
    give(repeated, data::repeat(whole, times));
  });
}

fv_status fv_dataset_shuffle(const fv_dataset* dataset, uint64_t seed, fv_dataset** shuffled,
                             fv_error* error) {
  return guard(error, [&] {
    const DatasetPtr& whole = need(dataset, "dataset").impl;
    need(shuffled, "shuffled");
    give(shuffled, data::shuffle(whole, seed));
  });
}

fv_status fv_dataset_balance(const fv_dataset* dataset, const fv_balance_desc* desc, fv_dataset** balanced,
                             fv_error* error) {
  return guard(error, [&] {
    const DatasetPtr& whole = need(dataset, "dataset").impl;
    need(balanced, "balanced");
    const fv_balance_desc d = read_desc(desc, "fv_balance_desc");
    give(balanced, data::balance(whole, d.per_class, d.seed));
  });
}

fv_status fv_dataset_cache(fv_context* context, const fv_dataset* dataset, int64_t max_bytes,
                           fv_dataset** cached, fv_error* error) {
  return guard(error, [&] {
    const Context& c = *need(context, "context").impl;
    const DatasetPtr& base = need(dataset, "dataset").impl;
    need(cached, "cached");
    FOVEA_REQUIRE(max_bytes >= 0, "max_bytes is %lld", static_cast<long long>(max_bytes));
    const uint64_t most = max_bytes != 0 ? static_cast<uint64_t>(max_bytes) : uint64_t{1} << 32;
    give(cached, data::cache(base, most, c.allocator()));
  });
}

// ---- audit --------------------------------------------------------------------------------------------

void fv_audit_destroy(fv_audit* audit) {
  delete audit;
}

fv_status fv_dataset_audit(fv_context* context, const fv_dataset* const* datasets, const char* const* names,
                           size_t count, fv_audit** audit, fv_error* error) {
  return guard(error, [&] {
    const Context& c = *need(context, "context").impl;
    need(audit, "audit");
    FOVEA_REQUIRE(count <= 65536, "%zu datasets are too many", count);
    std::vector<DatasetPtr> parts;
    std::vector<std::string> called;
    for (size_t i = 0; i < count; ++i) {
      parts.push_back(need((&need(datasets, "datasets"))[i], "a dataset").impl);
      const bool named = names != nullptr && names[i] != nullptr;
      called.push_back(named ? names[i] : "dataset " + std::to_string(i));
    }
    auto made = std::make_unique<fv_audit>();
    made->impl = data::audit(parts, called, c);
    *audit = made.release();
  });
}

fv_status fv_audit_get_part(const fv_audit* audit, size_t index, fv_audit_part* part, fv_error* error) {
  return guard(error, [&] {
    const std::vector<data::AuditPart>& parts = need(audit, "audit").impl.parts;
    FOVEA_REQUIRE(index < parts.size(), "index %zu is not in [0, %zu)", index, parts.size());
    const data::AuditPart& p = parts[index];
    fv_audit_part result{};
    result.classes = static_cast<int32_t>(p.per_class.size());
    result.count = p.count;
    result.broken = p.broken;
    result.unreadable = p.unreadable;
    result.duplicates = p.duplicates;
    result.conflicts = p.conflicts;
    result.shared = p.shared;
    result.near_duplicates = p.near_duplicates;
    result.near_shared = p.near_shared;
    if (!p.per_class.empty()) {
      const auto [least, most] = std::ranges::minmax(p.per_class);
      result.smallest_class = least;
      result.largest_class = most;
    }
    result.height_min = p.height.least;
    result.height_max = p.height.most;
    result.height_mean = p.height.mean;
    result.width_min = p.width.least;
    result.width_max = p.width.most;
    result.width_mean = p.width.mean;
    write_info(part, result, "part");
  });
}

fv_status fv_audit_text(const fv_audit* audit, char* buffer, size_t capacity, size_t* needed,
                        fv_error* error) {
  return guard(error, [&] {
    const std::string& text = need(audit, "audit").impl.text;
    write_text(text.c_str(), text.size(), buffer, capacity, needed);
  });
}
