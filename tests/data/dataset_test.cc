#include "data/dataset.h"

#include <gtest/gtest.h>

#include <cstring>
#include <map>
#include <numeric>
#include <set>
#include <thread>

#include "data/hash.h"
#include "data/order.h"
#include "data/split.h"
#include "data/stored.h"
#include "io/files.h"

namespace fovea::data {
namespace {

using testing::stored;

using testing::bytes_of;
using testing::expect_error;

// n samples of 2 x 3 floats, of labels i % 3.
struct Example {
  std::vector<float> samples;
  std::vector<int32_t> labels;
  std::vector<double> targets;

  explicit Example(int64_t n)
      : samples(static_cast<size_t>(6 * n)),
        labels(static_cast<size_t>(n)),
        targets(static_cast<size_t>(2 * n)) {
    std::iota(samples.begin(), samples.end(), 0.0f);
    std::iota(targets.begin(), targets.end(), 100.0);
    for (size_t i = 0; i < labels.size(); ++i) labels[i] = static_cast<int32_t>(i % 3);
  }
  int64_t size() const { return static_cast<int64_t>(labels.size()); }
  MemoryTensors labelled() const {
    MemoryTensors t;
    t.samples = {samples.data(), DType::f32, {size(), 2, 3}};
    t.labels = {labels.data(), DType::i32, {size()}};
    return t;
  }
  MemoryTensors targeted() const {
    MemoryTensors t;
    t.samples = {samples.data(), DType::f32, {size(), 2, 3}};
    t.targets = {targets.data(), DType::f64, {size(), 2}};
    return t;
  }
};

DatasetPtr copied(const MemoryTensors& tensors) {
  return copy_to_dataset(tensors, system_allocator());
}
float first_value(const Dataset& d, int64_t i) {
  float value = 0;
  std::memcpy(&value, stored(d, i), sizeof value);
  return value;
}

TEST(MemoryDataset, Labels) {
  const Example e(5);
  const DatasetPtr d = copied(e.labelled());
  EXPECT_EQ(d->size(), 5);
  EXPECT_EQ(d->sample_shape(), (Shape{2, 3}));
  EXPECT_EQ(d->dtype(), DType::f32);
  EXPECT_EQ(d->sample_bytes(), 24u);
  EXPECT_EQ(d->classes(), 3);
  EXPECT_EQ(d->class_name(2), "2");
  for (int64_t i = 0; i < 5; ++i) {
    EXPECT_EQ(first_value(*d, i), static_cast<float>(6 * i));
    EXPECT_EQ(d->label(i), i % 3);
  }
  EXPECT_EQ(d->stored_target(0), nullptr);
  float out[1];
  expect_error(Status::internal, "a target", [&] { d->target(0, out); });
}

TEST(MemoryDataset, Targets) {
  const Example e(5);
  const DatasetPtr d = copied(e.targeted());
  EXPECT_EQ(d->classes(), 0);
  EXPECT_EQ(d->target_shape(), Shape{2});
  EXPECT_EQ(d->label(0), -1);
  float narrow[2];
  double wide[2];
  d->target(3, narrow);
  d->target(3, wide);
  EXPECT_EQ(narrow[1], 107.0f);
  EXPECT_EQ(wide[0], 106.0);
  double wrong[3];
  expect_error(Status::internal, "3 values", [&] { d->target(0, wrong); });
}

TEST(MemoryDataset, RankOneCountsAsOneValueEach) {
  const double x[] = {1, 2, 3};
  MemoryTensors t;
  t.samples = {x, DType::f64, {3}};
  t.targets = {x, DType::f64, {3}};
  const DatasetPtr d = copied(t);
  EXPECT_EQ(d->sample_shape(), Shape{1});
  EXPECT_EQ(d->target_shape(), Shape{1});
}

TEST(MemoryDataset, CopiesAreCopiesAndBorrowedIsBorrowed) {
  Example e(4);
  const DatasetPtr copy = copied(e.labelled());
  int dropped = 0;
  {
    const std::shared_ptr<const void> owner(&e, [&dropped](const void*) { ++dropped; });
    DatasetPtr part;
    {
      const DatasetPtr borrowed = memory_dataset(e.labelled(), owner);
      part = subset(borrowed, {1});
      EXPECT_EQ(static_cast<const void*>(stored(*borrowed, 2)), &e.samples[12]);
    }
    e.samples[0] = -1;
    EXPECT_EQ(first_value(*copy, 0), 0.0f);
    EXPECT_EQ(dropped, 0);
  }
  EXPECT_EQ(dropped, 1);
}

TEST(MemoryDataset, WhatIsWrongIsSaid) {
  const Example e(4);
  const auto refused = [&](std::string_view message, auto&& change, bool targets = false) {
    SCOPED_TRACE(message);
    MemoryTensors t = targets ? e.targeted() : e.labelled();
    change(t);
    expect_error(Status::invalid_argument, message, [&] { copied(t); });
    expect_error(Status::invalid_argument, message, [&] { memory_dataset(t, nullptr); });
  };
  refused("samples have no data", [](auto& t) { t.samples.data = nullptr; });
  refused("samples are of type i32", [](auto& t) { t.samples.dtype = DType::i32; });
  refused("samples are a scalar", [](auto& t) { t.samples.shape = Shape(); });
  refused("neither labels nor targets", [](auto& t) { t.labels = {}; });
  refused("both labels and targets", [&](auto& t) { t.targets = e.targeted().targets; });
  refused("labels are of type f32", [&](auto& t) { t.labels = {e.samples.data(), DType::f32, {4}}; });
  refused("labels have the shape 3, expected 4", [](auto& t) { t.labels.shape = {3}; });
  refused("labels have the shape 4x1", [](auto& t) { t.labels.shape = {4, 1}; });
  refused("label 2 of sample 2 is not in [0, 2)", [](auto& t) { t.classes = 2; });
  refused("classes is -1", [](auto& t) { t.classes = -1; });
  refused(
      "classes is 5, but there are targets", [](auto& t) { t.classes = 5; }, true);
  refused(
      "targets are of type u8", [](auto& t) { t.targets.dtype = DType::u8; }, true);
  refused(
      "targets have the shape 3x2, expected 4",
      [](auto& t) {
        t.targets.shape = {3, 2};
      },
      true);
  refused(
      "targets of shape 4x0 are empty",
      [](auto& t) {
        t.targets.shape = {4, 0};
      },
      true);
  refused("samples of shape 0x2x3 are empty", [](auto& t) {
    t.samples.shape = {0, 2, 3};
    t.labels.shape = {0};
  });
  const int64_t wild[] = {0, -1, int64_t{1} << 40, 0};
  refused("label -1 of sample 1", [&](auto& t) { t.labels = {wild, DType::i64, {4}}; });
  refused("label 1099511627776 of sample 0", [&](auto& t) {
    t.labels = {wild + 2, DType::i64, {2}};
    t.samples.shape = {2, 2, 3};
  });
}

TEST(Subset, PicksInOrderWithRepeats) {
  const Example e(6);
  const DatasetPtr d = copied(e.labelled());
  const DatasetPtr part = subset(d, {5, 0, 5});
  EXPECT_EQ(part->size(), 3);
  EXPECT_EQ(part->classes(), 3);
  EXPECT_EQ(first_value(*part, 0), 30.0f);
  EXPECT_EQ(first_value(*part, 1), 0.0f);
  EXPECT_EQ(part->label(2), 2);
  const DatasetPtr again = subset(part, {2, 1});
  EXPECT_EQ(first_value(*again, 0), 30.0f);
  EXPECT_EQ(again->class_name(1), "1");
  expect_error(Status::invalid_argument, "index 3 is not in [0, 3)", [&] { subset(part, {0, 3}); });
  expect_error(Status::invalid_argument, "index -1", [&] { subset(d, {-1}); });
  expect_error(Status::invalid_argument, "without samples", [&] { subset(d, {}); });
}

// ---- fingerprints ---------------------------------------------------------------------------------

TEST(Fingerprint, Xxh64IsThePublishedOne) {
  // The specification's sanity checks: a PRIME32-generated buffer, seeds 0 and PRIME32.
  constexpr uint32_t kPrime32 = 2654435761u;
  std::vector<std::byte> buffer(2048);
  uint64_t generator = kPrime32;
  for (std::byte& b : buffer) {
    b = static_cast<std::byte>(generator >> 56);
    generator *= 11400714785074694797ull;
  }
  const auto hash = [&](size_t n, uint64_t seed) {
    Xxh64 h(seed);
    h.update({buffer.data(), n});
    return h.digest();
  };
  EXPECT_EQ(hash(0, 0), 0xEF46DB3751D8E999ull);
  EXPECT_EQ(hash(0, kPrime32), 0xAC75FDA2929B17EFull);
  EXPECT_EQ(hash(1, 0), 0xE934A84ADB052768ull);
  EXPECT_EQ(hash(1, kPrime32), 0x5014607643A9B4C3ull);
  EXPECT_EQ(hash(4, 0), 0x9136A0DCA57457EEull);
  EXPECT_EQ(hash(14, 0), 0x8282DCC4994E35C8ull);
  EXPECT_EQ(hash(14, kPrime32), 0xC3BD6BF63DEB6DF0ull);
  EXPECT_EQ(hash(222, 0), 0xB641AE8CB691C174ull);
  EXPECT_EQ(hash(222, kPrime32), 0x20CB8AB7AE10C14Aull);
  Xxh64 text;
  text.update(bytes_of("xxhash"));
  EXPECT_EQ(text.digest(), 0x32DD38952C4BC720ull);
  // Pieces make no difference.
  for (const size_t step : {1u, 7u, 31u, 32u, 33u, 100u}) {
    Xxh64 h;
    for (size_t at = 0; at < buffer.size(); at += step)
      h.update(std::span(buffer).subspan(at, std::min(step, buffer.size() - at)));
    EXPECT_EQ(h.digest(), hash(buffer.size(), 0)) << step;
  }
}

TEST(Fingerprint, SameSamplesInTheSameOrder) {
  const Example e(6);
  const DatasetPtr d = copied(e.labelled());
  EXPECT_EQ(d->fingerprint(), copied(e.labelled())->fingerprint());
  EXPECT_EQ(d->fingerprint(), subset(d, {0, 1, 2, 3, 4, 5})->fingerprint());
  // However the labels are stored.
  const std::vector<int64_t> wide(e.labels.begin(), e.labels.end());
  MemoryTensors t = e.labelled();
  t.labels = {wide.data(), DType::i64, {6}};
  EXPECT_EQ(d->fingerprint(), copied(t)->fingerprint());
}

TEST(Fingerprint, AnyDifferenceShows) {
  Example e(6);
  std::set<uint64_t> seen;
  const auto add = [&](const DatasetPtr& d) { EXPECT_TRUE(seen.insert(d->fingerprint()).second); };
  const DatasetPtr d = copied(e.labelled());
  add(d);
  add(copied(e.targeted()));
  add(subset(d, {1, 0, 2, 3, 4, 5}));
  add(subset(d, {0, 1, 2, 3, 4}));
  add(subset(d, {0, 1, 2, 3, 4, 4}));
  MemoryTensors t = e.labelled();
  t.samples.shape = {6, 3, 2};
  add(copied(t));
  t.samples.shape = {6, 6};
  add(copied(t));
  t = e.labelled();
  t.classes = 4;
  add(copied(t));
  std::swap(e.labels[0], e.labels[1]);
  add(copied(e.labelled()));
  std::swap(e.labels[0], e.labels[1]);
  for (float& value : e.samples) {
    const float before = value;
    value = std::nextafter(value, 100.0f);
    add(copied(e.labelled()));
    value = before;
  }
  e.targets[3] += 1e-9;
  add(copied(e.targeted()));
}

TEST(Fingerprint, FromManyThreadsAtOnce) {
  const Example e(500);
  const DatasetPtr d = copied(e.labelled());
  const uint64_t expected = copied(e.labelled())->fingerprint();
  std::vector<std::thread> threads;
  std::atomic<int> right{0};
  for (int i = 0; i < 8; ++i) threads.emplace_back([&] { right += d->fingerprint() == expected; });
  for (auto& thread : threads) thread.join();
  EXPECT_EQ(right, 8);
}

// ---- split ----------------------------------------------------------------------------------------

DatasetPtr numbered(int64_t n) {
  std::vector<double> x(static_cast<size_t>(n));
  std::iota(x.begin(), x.end(), 0.0);
  MemoryTensors t;
  t.samples = {x.data(), DType::f64, {n, 1}};
  t.targets = t.samples;
  return copied(t);
}
std::vector<int64_t> numbers(const Dataset& d) {
  std::vector<int64_t> out;
  for (int64_t i = 0; i < d.size(); ++i) {
    double value[1];
    d.target(i, value);
    out.push_back(static_cast<int64_t>(value[0]));
  }
  return out;
}

TEST(Split, D1DefaultIsTenThousandOrTenPercent) {
  for (const auto& [n, second] : std::map<int64_t, int64_t>{
           {60000, 6000}, {1000000, 10000}, {100001, 10000}, {10, 1}, {11, 2}, {2, 1}}) {
    const auto parts = split(numbered(n), {});
    EXPECT_EQ(parts.first->size(), n - second) << n;
    EXPECT_EQ(parts.second->size(), second) << n;
  }
}

TEST(Split, D4FractionComesFromTheEnd) {
  for (const int64_t n : {10, 100, 101, 60000})
    for (const double f : {0.001, 0.07, 0.1, 0.25, 0.29, 1 / 3.0, 0.5, 0.9}) {
      const int64_t second = static_cast<int64_t>(std::ceil(static_cast<long double>(f) * n - 1e-9L));
      if (second == n) continue;
      const auto parts = split(numbered(n), {.fraction = f});
      ASSERT_EQ(parts.second->size(), second) << f << " of " << n;
      ASSERT_EQ(numbers(*parts.first).back(), n - second - 1);
      ASSERT_EQ(numbers(*parts.second).front(), n - second);
      ASSERT_EQ(numbers(*parts.second).back(), n - 1);
    }
  EXPECT_EQ(split(numbered(7), {.count = 3}).second->size(), 3);
}

TEST(Split, ShuffledPartsAreDisjointAndWhole) {
  const DatasetPtr d = numbered(1000);
  const auto parts = split(d, {.shuffle = true, .fraction = 0.3, .seed = 5});
  std::vector<int64_t> all = numbers(*parts.first), second = numbers(*parts.second);
  EXPECT_EQ(second.size(), 300u);
  EXPECT_TRUE(std::is_sorted(all.begin(), all.end()) && std::is_sorted(second.begin(), second.end()));
  EXPECT_LT(second.front(), 20);  // drawn from all over
  all.insert(all.end(), second.begin(), second.end());
  std::sort(all.begin(), all.end());
  EXPECT_EQ(all, numbers(*d));
  EXPECT_EQ(numbers(*split(d, {.shuffle = true, .fraction = 0.3, .seed = 5}).second), second);
  EXPECT_NE(numbers(*split(d, {.shuffle = true, .fraction = 0.3, .seed = 6}).second), second);
}

TEST(Split, Errors) {
  const DatasetPtr d = numbered(10);
  const auto refused = [&](std::string_view message, SplitOptions options) {
    expect_error(Status::invalid_argument, message, [&] { split(d, options); });
  };
  refused("both fraction 0.5 and count 5", {.fraction = 0.5, .count = 5});
  refused("fraction 1 is not in (0, 1)", {.fraction = 1});
  refused("fraction -0.1", {.fraction = -0.1});
  refused("fraction nan", {.fraction = std::nan("")});
  refused("10 of 10 samples as the second part leave a part empty", {.count = 10});
  refused("-1 of 10", {.count = -1});
  refused("10 of 10", {.fraction = 0.95});
  expect_error(Status::invalid_argument, "1 of 1", [&] { split(numbered(1), {}); });
}

// ---- order ----------------------------------------------------------------------------------------

TEST(Order, EveryEpochIsAPermutationOfItsOwn) {
  std::vector<uint32_t> order(1000), other(1000), sorted;
  std::set<std::vector<uint32_t>> seen;
  for (const uint64_t seed : {1u, 2u})
    for (uint32_t epoch = 0; epoch < 5; ++epoch) {
      epoch_order(seed, epoch, true, order);
      epoch_order(seed, epoch, true, other);
      EXPECT_EQ(order, other);
      EXPECT_TRUE(seen.insert(order).second);
      sorted = order;
      std::sort(sorted.begin(), sorted.end());
      epoch_order(seed, epoch, false, other);
      EXPECT_EQ(sorted, other);
    }
}

// Pinned: a change would break the resumption of every training run.
TEST(Order, IsWhatItWas) {
  std::vector<uint32_t> order(10);
  epoch_order(42, 3, true, order);
  EXPECT_EQ(order, (std::vector<uint32_t>{7, 6, 5, 3, 1, 4, 2, 9, 8, 0}));
}

TEST(Order, EveryPermutationIsAsLikely) {
  std::map<std::vector<uint32_t>, int> counts;
  std::vector<uint32_t> order(4);
  constexpr int kDraws = 24000;
  for (uint32_t epoch = 0; epoch < kDraws; ++epoch) {
    epoch_order(9, epoch, true, order);
    ++counts[order];
  }
  EXPECT_EQ(counts.size(), 24u);
  double chi2 = 0;
  for (const auto& [permutation, n] : counts) chi2 += (n - 1000.0) * (n - 1000.0) / 1000;
  EXPECT_LT(chi2, 49.7);  // 23 degrees of freedom, p = 0.001; the draws are fixed, so this never flickers
}

TEST(Order, SmallestSizes) {
  epoch_order(1, 1, true, {});
  uint32_t one[] = {7};
  epoch_order(1, 1, true, one);
  EXPECT_EQ(one[0], 0u);
}

}  // namespace
}  // namespace fovea::data
