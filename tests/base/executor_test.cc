// parallel_for on every kind of executor: each task once, lanes apart, exceptions, many callers at once.
#include "base/executor.h"

#include <gtest/gtest.h>
#if defined(__unix__)
#include <sys/wait.h>
#include <unistd.h>
#endif

#include <atomic>
#include <mutex>
#include <set>
#include <stdexcept>
#include <thread>
#include <vector>

#include "base/error.h"

namespace fovea {
namespace {

// A host that runs every index on a thread of its own, last first.
void reversed_threads(void*, int64_t n, HostTask task, void* data) {
  std::vector<std::thread> threads;
  for (int64_t i = n - 1; i >= 0; --i) threads.emplace_back(task, data, i);
  for (std::thread& t : threads) t.join();
}
// A host with one thread only.
void one_by_one(void*, int64_t n, HostTask task, void* data) {
  for (int64_t i = n - 1; i >= 0; --i) task(data, i);
}

std::vector<std::unique_ptr<Executor>> all_executors() {
  std::vector<std::unique_ptr<Executor>> list;
  list.push_back(make_inline_executor());
  for (int threads : {1, 2, 3, 8}) list.push_back(make_pool_executor(threads));
  list.push_back(make_host_executor(4, reversed_threads, nullptr));
  list.push_back(make_host_executor(4, one_by_one, nullptr));
  return list;
}

TEST(Executor, RunsEachTaskOnce) {
  for (const auto& exec : all_executors())
    for (int64_t tasks : {0, 1, 2, 3, 7, 100, 1000}) {
      std::vector<std::atomic<int>> runs(static_cast<size_t>(tasks));
      exec->parallel_for(tasks, [&](int64_t task, int lane) {
        EXPECT_GE(lane, 0);
        EXPECT_LT(lane, exec->threads());
        ++runs[static_cast<size_t>(task)];
      });
      for (const auto& r : runs) EXPECT_EQ(r, 1);
    }
}

TEST(Executor, LanesAreApart) {
  for (const auto& exec : all_executors()) {
    std::vector<std::atomic<int>> busy(static_cast<size_t>(exec->threads()));
    std::atomic<int> clashes{0};
    exec->parallel_for(2000, [&](int64_t, int lane) {
      if (busy[static_cast<size_t>(lane)].fetch_add(1) != 0) ++clashes;
      std::this_thread::yield();
      busy[static_cast<size_t>(lane)].fetch_sub(1);
    });
    EXPECT_EQ(clashes, 0);
  }
}

TEST(Executor, UsesItsThreads) {
  const auto exec = make_pool_executor(3);
  std::mutex mutex;
  std::set<std::thread::id> seen;
  for (int round = 0; round < 200 && seen.size() < 3; ++round)
    exec->parallel_for(3, [&](int64_t, int) {
      {
        std::lock_guard<std::mutex> lock(mutex);
        seen.insert(std::this_thread::get_id());
      }
      std::this_thread::sleep_for(std::chrono::milliseconds(1));
    });
  EXPECT_EQ(seen.size(), 3u);
}

TEST(Executor, RethrowsAndGoesOn) {
  for (const auto& exec : all_executors()) {
    for (int64_t bad : {0, 57, 99}) {
      try {
        exec->parallel_for(100, [&](int64_t task, int) {
          if (task == bad) fail(Status::busy, "task %lld", static_cast<long long>(task));
        });
        ADD_FAILURE() << "nothing was thrown";
      } catch (const Error& e) {
        EXPECT_EQ(e.status(), Status::busy);
        EXPECT_EQ(std::string(e.what()), "task " + std::to_string(bad));
      }
    }
    EXPECT_THROW(exec->parallel_for(10, [](int64_t, int) { throw std::runtime_error("all"); }),
                 std::runtime_error);
    std::atomic<int> runs{0};
    exec->parallel_for(10, [&](int64_t, int) { ++runs; });
    EXPECT_EQ(runs, 10);
  }
}

TEST(Executor, ManyCallersAtOnce) {
  for (const auto& exec : all_executors()) {
    std::atomic<int64_t> sum{0};
    std::vector<std::thread> callers;
    for (int c = 0; c < 6; ++c)
      callers.emplace_back([&] {
        for (int round = 0; round < 50; ++round)
          exec->parallel_for(20, [&](int64_t task, int) { sum += task; });
      });
    for (std::thread& t : callers) t.join();
    EXPECT_EQ(sum, 6 * 50 * 190);
  }
}

TEST(Executor, ParksAndWakes) {
  const auto exec = make_pool_executor(2);
  std::atomic<int> runs{0};
  for (int round = 0; round < 20; ++round) {
    std::this_thread::sleep_for(std::chrono::milliseconds(3));  // longer than it spins
    exec->parallel_for(8, [&](int64_t, int) { ++runs; });
  }
  EXPECT_EQ(runs, 160);
}

#if defined(__unix__) && !defined(__SANITIZE_THREAD__)
// The child has none of the pool's threads, and neither waits for them nor tries to join them.
TEST(Executor, GoesOnInAForkedChild) {
  auto exec = make_pool_executor(3);
  std::atomic<int> runs{0};
  exec->parallel_for(50, [&](int64_t, int) { ++runs; });
  std::this_thread::sleep_for(std::chrono::milliseconds(3));  // its threads are parked
  const pid_t child = fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    alarm(20);
    exec->parallel_for(50, [&](int64_t, int) { ++runs; });
    exec.reset();
    _exit(runs == 100 ? 0 : 1);
  }
  int status = 0;
  ASSERT_EQ(child, waitpid(child, &status, 0));
  EXPECT_EQ(0, status);
  exec->parallel_for(50, [&](int64_t, int) { ++runs; });
  EXPECT_EQ(100, runs);
}
#endif

TEST(Executor, FewTasksForManyLanes) {
  const auto exec = make_pool_executor(8);
  for (int round = 0; round < 2000; ++round) {
    int64_t sum = 0;
    std::mutex mutex;
    const int64_t tasks = 2 + round % 9;
    exec->parallel_for(tasks, [&](int64_t task, int lane) {
      const std::lock_guard lock(mutex);
      EXPECT_LT(lane, std::min<int64_t>(tasks, 8));
      sum += task;
    });
    ASSERT_EQ(tasks * (tasks - 1) / 2, sum);
  }
}

TEST(Executor, RefusesSenselessThreads) {
  for (int threads : {0, -1, 1025}) {
    EXPECT_THROW((void)make_pool_executor(threads), Error);
    EXPECT_THROW((void)make_host_executor(threads, one_by_one, nullptr), Error);
  }
  EXPECT_GE(usable_cpus(), 1);
}

TEST(Executor, BlocksOf) {
  static_assert(blocks_of(0, 4) == 0 && blocks_of(1, 4) == 1 && blocks_of(4, 4) == 1 && blocks_of(5, 4) == 2);
}

}  // namespace
}  // namespace fovea
