// Stratified splits, folds, and the mark of a test set.
#include "data/split.h"

#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <cstring>
#include <numeric>

#include "data/stored.h"
#include "io/files.h"

namespace fovea::data {
namespace {

using testing::stored;

using testing::expect_error;

// Samples with the numbers 0, 1, 2, ...; their labels, or targets where there are none.
DatasetPtr numbered(int64_t n, const std::vector<int32_t>& labels = {}) {
  std::vector<double> x(static_cast<size_t>(n));
  std::iota(x.begin(), x.end(), 0.0);
  MemoryTensors t;
  t.samples = {x.data(), DType::f64, {n, 1}};
  if (labels.empty()) t.targets = t.samples;
  else t.labels = {labels.data(), DType::i32, {n}};
  return copy_to_dataset(t, system_allocator());
}
std::vector<int64_t> numbers(const Dataset& d) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < d.size(); ++i) {
    double value;
    std::memcpy(&value, stored(d, i), sizeof value);
    out.push_back(static_cast<int64_t>(value));
  }
  return out;
}
// So many samples of each class, mixed.
std::vector<int32_t> labels_of(const std::vector<int>& counts) {
  std::vector<int> left = counts;
  std::vector<int32_t> labels;
  for (bool any = true; any;) {
    any = false;
    for (size_t c = 0; c < left.size(); ++c)
      for (int i = 0; i < 1 + static_cast<int>(c) && left[c] > 0; ++i, --left[c], any = true)
        labels.push_back(static_cast<int32_t>(c));
  }
  return labels;
}
std::vector<int64_t> class_counts(const Dataset& d) {
  std::vector<int64_t> counts(static_cast<size_t>(d.classes()));
  for (int64_t i = 0; i < d.size(); ++i) ++counts[static_cast<size_t>(d.label(i))];
  return counts;
}
const std::vector<int> kUneven{1, 7, 40, 3, 333, 16, 100};  // 500 samples

TEST(Split, D1PartsAreDisjoint) {
  for (const int64_t n : {60000, 1000000})
    for (const bool shuffle : {false, true}) {
      const auto [first, second] = split(numbered(n), {.shuffle = shuffle});
      EXPECT_EQ(second->size(), n == 60000 ? 6000 : 10000);
      std::vector<bool> seen(static_cast<size_t>(n));
      for (const DatasetPtr& part : {first, second})
        for (const int64_t i : numbers(*part)) {
          ASSERT_FALSE(seen[static_cast<size_t>(i)]);
          seen[static_cast<size_t>(i)] = true;
        }
      EXPECT_EQ(std::ranges::count(seen, true), n);
    }
}

TEST(Split, StratifiedWithinOneSample) {
  const DatasetPtr d = numbered(500, labels_of(kUneven));
  for (const bool shuffle : {false, true})
    for (const int64_t second : {1, 50, 123, 250, 499}) {
      const SplitOptions options{.shuffle = shuffle, .count = second, .seed = 3, .stratified = true};
      const auto parts = split(d, options);
      ASSERT_EQ(parts.second->size(), second);
      ASSERT_EQ(parts.first->size(), 500 - second);
      const std::vector<int64_t> counts = class_counts(*parts.second);
      for (size_t c = 0; c < kUneven.size(); ++c)
        EXPECT_LT(std::abs(static_cast<double>(counts[c]) - kUneven[c] * static_cast<double>(second) / 500), 1)
            << "class " << c << " of " << second;
      std::vector<int64_t> all = numbers(*parts.first), other = numbers(*parts.second);
      EXPECT_TRUE(std::ranges::is_sorted(all) && std::ranges::is_sorted(other));
      all.insert(all.end(), other.begin(), other.end());
      std::ranges::sort(all);
      EXPECT_EQ(all, numbers(*d));
      EXPECT_EQ(numbers(*split(d, options).second), other);
    }
}

TEST(Split, D4StratifiedTakesTheEndOfEachClass) {
  const DatasetPtr d = numbered(8, {0, 1, 0, 1, 0, 1, 0, 1});
  EXPECT_EQ(numbers(*split(d, {.count = 4, .stratified = true}).second), (std::vector<int64_t>{4, 5, 6, 7}));
  const DatasetPtr sorted = numbered(8, {0, 0, 0, 0, 1, 1, 1, 1});
  EXPECT_EQ(numbers(*split(sorted, {.count = 4, .stratified = true}).second),
            (std::vector<int64_t>{2, 3, 6, 7}));
}

TEST(Fold, D3FoldsPartition) {
  const DatasetPtr d = numbered(103, labels_of({13, 40, 50}));
  for (const bool shuffle : {false, true})
    for (const bool stratified : {false, true})
      for (const int64_t folds : {2, 5, 10, 103}) {
        std::vector<int> validated(103);
        int64_t smallest = 103, largest = 0;
        for (int64_t i = 0; i < folds; ++i) {
          const FoldOptions options{i, folds, shuffle, stratified, 7};
          const auto [train, validation] = fold(d, options);
          EXPECT_EQ(train->size() + validation->size(), 103);
          std::vector<int64_t> ours = numbers(*train), theirs = numbers(*validation);
          EXPECT_TRUE(std::ranges::is_sorted(ours) && std::ranges::is_sorted(theirs));
          for (const int64_t k : theirs) {
            ++validated[static_cast<size_t>(k)];
            EXPECT_FALSE(std::ranges::binary_search(ours, k));
          }
          smallest = std::min(smallest, validation->size());
          largest = std::max(largest, validation->size());
          EXPECT_EQ(numbers(*fold(d, options).second), theirs);
          if (!stratified) continue;
          const std::vector<int64_t> counts = class_counts(*validation), whole = class_counts(*d);
          for (size_t c = 0; c < counts.size(); ++c)
            EXPECT_LT(std::abs(static_cast<double>(counts[c]) -
                               static_cast<double>(whole[c]) / static_cast<double>(folds)), 1);
        }
        EXPECT_EQ(validated, std::vector<int>(103, 1));
        EXPECT_LE(largest - smallest, 1);
      }
}

TEST(Fold, StretchesUnlessDrawn) {
  const DatasetPtr d = numbered(11);
  EXPECT_EQ(numbers(*fold(d, {.fold = 0, .folds = 3}).second), (std::vector<int64_t>{0, 1, 2, 3}));
  EXPECT_EQ(numbers(*fold(d, {.fold = 1, .folds = 3}).second), (std::vector<int64_t>{4, 5, 6, 7}));
  EXPECT_EQ(numbers(*fold(d, {.fold = 2, .folds = 3}).second), (std::vector<int64_t>{8, 9, 10}));
  const auto drawn = [&](uint64_t seed) {
    return numbers(*fold(numbered(100), {.shuffle = true, .seed = seed}).second);
  };
  EXPECT_NE(drawn(1), drawn(2));
}

TEST(Fold, Errors) {
  const DatasetPtr d = numbered(10);
  const auto refused = [&](std::string_view message, const FoldOptions& options) {
    expect_error(Status::invalid_argument, message, [&] { fold(d, options); });
  };
  refused("folds is 1, expected 2 to 10", {.folds = 1});
  refused("folds is 11, expected 2 to 10", {.folds = 11});
  refused("fold is 3, expected 0 to 2", {.fold = 3, .folds = 3});
  refused("fold is -1", {.fold = -1});
  refused("targets instead of labels", {.stratified = true});
  expect_error(Status::invalid_argument, "targets instead of labels", [&] { split(d, {.stratified = true}); });
}

TEST(TestSet, D2TheMarkGoesToTheParts) {
  const DatasetPtr d = numbered(20);
  const DatasetPtr test = mark_test(d);
  EXPECT_FALSE(d->format().test);
  EXPECT_TRUE(test->format().test);
  EXPECT_EQ(test->fingerprint(), d->fingerprint());
  EXPECT_EQ(numbers(*test), numbers(*d));
  EXPECT_TRUE(subset(test, {3, 1})->format().test);
  EXPECT_TRUE(subset(subset(test, {3, 1}), {0})->format().test);
  EXPECT_TRUE(split(test, {}).first->format().test);
  EXPECT_TRUE(fold(test, {}).second->format().test);
  EXPECT_FALSE(subset(d, {3, 1})->format().test);
  // Of a part.
  const DatasetPtr part = mark_test(subset(d, {5, 2}));
  EXPECT_EQ(numbers(*part), (std::vector<int64_t>{5, 2}));
  EXPECT_TRUE(subset(part, {1})->format().test);
}

}  // namespace
}  // namespace fovea::data
