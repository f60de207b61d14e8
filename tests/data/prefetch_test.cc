#include "data/prefetch.h"

#include <gtest/gtest.h>

#include <array>
#include <atomic>
#include <set>
#include <thread>

#include "base/error.h"
#include "io/files.h"

namespace fovea::data {
namespace {

using testing::expect_error;

// Makes squares, and counts.
struct Squares final : Prefetcher::Maker {
  void make(int64_t number, int slot, int worker) override {
    ++made;
    EXPECT_LT(worker, 4);
    if (number == bad) fail(Status::format, "number %d is bad", static_cast<int>(number));
    if (number % 3 == 0) std::this_thread::yield();
    values[static_cast<size_t>(slot)] = number * number;
  }
  std::array<int64_t, 8> values{};
  std::atomic<int64_t> made{0}, bad{-1};
};

TEST(Prefetcher, GivesEachNumberInItsTurn) {
  for (const int workers : {1, 2, 4}) {
    Squares squares;
    Prefetcher prefetcher(squares, workers, workers + 2);
    for (int64_t n = 10; n < 400; ++n)
      ASSERT_EQ(squares.values[static_cast<size_t>(prefetcher.take(n))], n * n) << workers;
  }
}

TEST(Prefetcher, IsNeverFurtherAheadThanItsSlots) {
  Squares squares;
  Prefetcher prefetcher(squares, 2, 5);
  for (int64_t n = 0; n < 50; ++n) {
    prefetcher.take(n);
    EXPECT_LE(squares.made, n + 5);
  }
}

TEST(Prefetcher, BeginsAnewWhereItIsTold) {
  Squares squares;
  Prefetcher prefetcher(squares, 3, 6);
  for (const int64_t n : {5, 6, 0, 1, 100, 7, 7, 8})
    EXPECT_EQ(squares.values[static_cast<size_t>(prefetcher.take(n))], n * n);
}

TEST(Prefetcher, WhatIsRaisedComesInItsTurnAndIsTriedAgain) {
  Squares squares;
  squares.bad = 3;
  Prefetcher prefetcher(squares, 2, 4);
  for (int64_t n = 0; n < 3; ++n) EXPECT_EQ(squares.values[static_cast<size_t>(prefetcher.take(n))], n * n);
  for (int i = 0; i < 2; ++i) expect_error(Status::format, "number 3", [&] { prefetcher.take(3); });
  squares.bad = -1;
  for (int64_t n = 3; n < 9; ++n) EXPECT_EQ(squares.values[static_cast<size_t>(prefetcher.take(n))], n * n);
}

TEST(Prefetcher, EndsInTheMiddleOfItsWork) {
  for (int i = 0; i < 50; ++i) {
    Squares squares;
    Prefetcher prefetcher(squares, 4, 8);
    if (i % 2 == 0) prefetcher.take(i);
  }
}

}  // namespace
}  // namespace fovea::data
