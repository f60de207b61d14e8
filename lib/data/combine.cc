#include "data/combine.h"

#include <algorithm>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "base/text.h"
#include "data/hash.h"
#include "data/order.h"

namespace fovea::data {
namespace {

using Ll = long long;

// The first that has names for its classes; else the first.
const DatasetPtr& named(std::span<const DatasetPtr> parts) {
  const auto found = std::ranges::find_if(parts, [](const DatasetPtr& p) { return p->has_class_names(); });
  return found == parts.end() ? parts.front() : *found;
}

class ConcatDataset final : public Dataset {
 public:
  ConcatDataset(std::vector<DatasetPtr> parts, std::vector<int64_t> ends, SampleFormat format)
      : Dataset(ends.back(), std::move(format)), parts_(std::move(parts)), ends_(std::move(ends)) {}

  TensorView sample(int64_t i, SampleMemory& memory, const Draw* draw) const override {
    const Place at = place(i);
    return at.part.sample(at.index, memory, draw);
  }
  int64_t label(int64_t i) const override {
    const Place at = place(i);
    return at.part.label(at.index);
  }
  const std::byte* stored_target(int64_t i) const override {
    const Place at = place(i);
    return at.part.stored_target(at.index);
  }
  std::string class_name(int label) const override { return named(parts_)->class_name(label); }
  bool has_class_names() const override { return named(parts_)->has_class_names(); }
  std::string sample_name(int64_t i) const override {
    const Place at = place(i);
    return at.part.sample_name(at.index);
  }
  // Of all parts together.
  std::shared_ptr<const FilesReport> files_report() const override {
    auto all = std::make_shared<FilesReport>();
    for (const DatasetPtr& part : parts_)
      if (const auto report = part->files_report()) {
        all->files += report->files;
        all->ignored += report->ignored;
        all->problems.insert(all->problems.end(), report->problems.begin(), report->problems.end());
      }
    return all;
  }

 protected:
  void identify(int64_t i, SampleMemory& memory, Xxh64& hash) const override {
    const Place at = place(i);
    if (format().varies && !at.part.format().varies)
      add_shape(at.part.sample_shape(), hash);
    Dataset::identify(at.part, at.index, memory, hash);
  }

 private:
  struct Place {
    const Dataset& part;
    int64_t index;
  };
  Place place(int64_t i) const {
    const auto part = static_cast<size_t>(std::ranges::upper_bound(ends_, i) - ends_.begin());
    return {*parts_[part], part == 0 ? i : i - ends_[part - 1]};
  }

  std::vector<DatasetPtr> parts_;
  std::vector<int64_t> ends_;
};

// Images that need not be of one size.
bool may_vary(const SampleFormat& a, const SampleFormat& b) {
  const auto is_image = [](const SampleFormat& f) { return f.dtype == DType::u8 && f.shape.rank() == 3; };
  return is_image(a) && is_image(b) && a.shape[2] == b.shape[2];
}

void check_agree(const Dataset& first, const Dataset& other, size_t index) {
  const SampleFormat &a = first.format(), &b = other.format();
  FOVEA_REQUIRE((a.dtype == b.dtype && a.shape == b.shape) || may_vary(a, b),
                "dataset %zu has samples of %s %s, the first %s %s", index, name_of(b.dtype),
                b.shape.text().c_str(), name_of(a.dtype), a.shape.text().c_str());
  FOVEA_REQUIRE(a.classes == b.classes, "dataset %zu has %d classes, the first %d", index, b.classes,
                a.classes);
  FOVEA_REQUIRE(a.classes != 0 || (a.target_dtype == b.target_dtype && a.target_shape == b.target_shape),
                "dataset %zu has targets of %s %s, the first %s %s", index, name_of(b.target_dtype),
                b.target_shape.text().c_str(), name_of(a.target_dtype), a.target_shape.text().c_str());
}

void check_names(const Dataset& first, const Dataset& other, size_t index) {
  const int c = differing_class(first, other);
  FOVEA_REQUIRE(c < 0, "class %d is %s in dataset %zu and %s in the first", c,
                in_quotes(other.class_name(c)).c_str(), index, in_quotes(first.class_name(c)).c_str());
}

void check_labels(const Dataset& dataset) {
  FOVEA_REQUIRE(dataset.classes() > 0, "the dataset has targets instead of labels");
}

}  // namespace

DatasetPtr concat(std::span<const DatasetPtr> datasets) {
  FOVEA_REQUIRE(!datasets.empty(), "no datasets to put together");
  SampleFormat format = datasets.front()->format();
  std::vector<int64_t> ends;
  int64_t end = 0;
  for (size_t i = 0; i < datasets.size(); ++i) {
    check_agree(*datasets.front(), *datasets[i], i);
    check_names(*named(datasets), *datasets[i], i);
    format.test = format.test || datasets[i]->format().test;
    format.random = format.random || datasets[i]->format().random;
    if (!(format.shape == datasets[i]->sample_shape())) {
      format.varies = true;
      format.shape = {0, 0, format.shape[2]};
    }
    FOVEA_REQUIRE(datasets[i]->size() <= kMaxElements - end, "too many samples");
    ends.push_back(end += datasets[i]->size());
  }
  return std::make_shared<ConcatDataset>(std::vector<DatasetPtr>(datasets.begin(), datasets.end()),
                                         std::move(ends), std::move(format));
}

DatasetPtr repeat(const DatasetPtr& dataset, int64_t times) {
  const int64_t n = dataset->size();
  FOVEA_REQUIRE(times >= 1 && times <= std::numeric_limits<uint32_t>::max() / n,
                "times is %lld, expected 1 or more and at most 2^32 - 1 samples", Ll{times});
  std::vector<int64_t> indices(static_cast<size_t>(n * times));
  for (size_t i = 0; i < indices.size(); ++i) indices[i] = static_cast<int64_t>(i) % n;
  return subset(dataset, std::move(indices));
}

DatasetPtr shuffle(const DatasetPtr& dataset, uint64_t seed) {
  FOVEA_REQUIRE(dataset->size() <= std::numeric_limits<uint32_t>::max(),
                "%lld samples are too many to shuffle", Ll{dataset->size()});
  std::vector<uint32_t> drawn(static_cast<size_t>(dataset->size()));
  permutation({.seed = seed, .purpose = Purpose::sampling}, drawn);
  return subset(dataset, {drawn.begin(), drawn.end()});
}

std::vector<int64_t> count_classes(const Dataset& dataset) {
  check_labels(dataset);
  std::vector<int64_t> counts(static_cast<size_t>(dataset.classes()));
  for (int64_t i = 0; i < dataset.size(); ++i) ++counts[static_cast<size_t>(dataset.label(i))];
  return counts;
}

DatasetPtr balance(const DatasetPtr& dataset, int64_t per_class, uint64_t seed) {
  const std::vector<int64_t> counts = count_classes(*dataset);
  FOVEA_REQUIRE(dataset->size() <= std::numeric_limits<uint32_t>::max(),
                "%lld samples are too many to draw from", Ll{dataset->size()});
  const auto filled = std::ranges::count_if(counts, [](int64_t n) { return n > 0; });
  FOVEA_REQUIRE(per_class >= 0 && per_class <= std::numeric_limits<uint32_t>::max() / filled,
                "per_class is %lld, expected 0 or more and at most 2^32 - 1 samples in all", Ll{per_class});
  const int64_t wanted = per_class != 0 ? per_class : std::ranges::max(counts);
  std::vector<std::vector<int64_t>> members(counts.size());
  for (int64_t i = 0; i < dataset->size(); ++i) members[static_cast<size_t>(dataset->label(i))].push_back(i);
  std::vector<int64_t> chosen;
  for (size_t c = 0; c < members.size(); ++c) {
    const auto n = static_cast<int64_t>(members[c].size());
    if (n == 0) continue;
    for (int64_t round = 0; round < wanted / n; ++round)
      chosen.insert(chosen.end(), members[c].begin(), members[c].end());
    std::vector<uint32_t> drawn(members[c].size());
    permutation({.seed = seed, .stream = static_cast<uint32_t>(c) + 1, .purpose = Purpose::sampling}, drawn);
    for (int64_t i = 0; i < wanted % n; ++i) chosen.push_back(members[c][drawn[static_cast<size_t>(i)]]);
  }
  std::ranges::sort(chosen);
  return subset(dataset, std::move(chosen));
}

}  // namespace fovea::data
