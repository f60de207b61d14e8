#include "base/executor.h"

#include <algorithm>
#include <condition_variable>
#include <mutex>
#include <string>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/fpmode.h"
#include "base/signals.h"

#if defined(__linux__)
#include <sched.h>

#include <climits>
#include <cstdio>
#include <memory>
#endif

namespace fovea {
namespace {

// Tells the core that we spin.
inline void spin_pause() {
#if defined(__x86_64__)
  __builtin_ia32_pause();
#elif defined(__aarch64__)
  __asm__ volatile("yield");
#endif
}

class InlineExecutor final : public Executor {
 public:
  int threads() const override { return 1; }

 protected:
  void run_lanes(int lanes, LaneFunction lane_function, void* arg) override {
    for (int i = 0; i < lanes; ++i) lane_function(arg, i);
  }
};

class HostExecutor final : public Executor {
 public:
  HostExecutor(int threads, HostParallelFor call, void* user, std::shared_ptr<void> keep)
      : threads_(threads), parallel_for_(call), user_(user), keep_(std::move(keep)) {}
  int threads() const override { return threads_; }

 protected:
  void run_lanes(int lanes, LaneFunction lane_function, void* arg) override {
    struct Call {
      LaneFunction function;
      void* arg;
    } call{lane_function, arg};
    parallel_for_(user_, lanes, [](void* data, int64_t index) {
      auto* c = static_cast<Call*>(data);
      c->function(c->arg, static_cast<int>(index));
    }, &call);
  }

 private:
  int threads_;
  HostParallelFor parallel_for_;
  void* user_;
  std::shared_ptr<void> keep_;
};

// Workers wait for `call_` to change, first spinning, then parked on a condition variable. It tells them
// which call this is and for how many lanes: only those touch the rest. One call at a time owns the pool;
// others run on their caller, and so do all in a process that was forked, where the workers are not.
class PoolExecutor final : public Executor {
 public:
  explicit PoolExecutor(int threads) : threads_(threads), team_(std::make_unique<Team>()) {
    team_->workers.reserve(static_cast<size_t>(threads - 1));
    const SignalsBlocked blocked;
    try {
      for (int lane = 1; lane < threads; ++lane) team_->workers.emplace_back([this, lane] { work(lane); });
    } catch (...) {
      stop();
      throw;
    }
  }
  ~PoolExecutor() override { stop(); }
  int threads() const override { return threads_; }

 protected:
  void run_lanes(int lanes, LaneFunction lane_function, void* arg) override {
    if (forked() || owned_.exchange(true, std::memory_order_acquire)) {
      for (int i = 0; i < lanes; ++i) lane_function(arg, i);
      return;
    }
    function_ = lane_function;
    arg_ = arg;
    pending_.store(lanes - 1, std::memory_order_relaxed);
    announce(static_cast<uint64_t>(lanes));
    if (parked_.load(std::memory_order_seq_cst) > 0) {
      std::lock_guard<std::mutex> lock(team_->mutex);
      team_->wake.notify_all();
    }
    lane_function(arg, 0);
    for (int spins = 0; pending_.load(std::memory_order_acquire) != 0; ++spins) {
      if (spins < kSpins) spin_pause();
      else std::this_thread::yield();
    }
    owned_.store(false, std::memory_order_release);
  }

 private:
  struct Team {
    std::mutex mutex;
    std::condition_variable wake;
    std::vector<std::thread> workers;
  };

  // About 50 microseconds: longer than the gaps between two layers, short enough to cost nobody a core.
  static constexpr int kSpins = 2000;

  void work(int lane) {
    uint64_t seen = 0;
    for (;;) {
      seen = wait_for_change(seen);
      if (stopping_.load(std::memory_order_acquire)) return;
      if (static_cast<uint64_t>(lane) >= seen % kMostLanes) continue;
      function_(arg_, lane);
      pending_.fetch_sub(1, std::memory_order_acq_rel);
    }
  }

  uint64_t wait_for_change(uint64_t seen) {
    for (int spins = 0; spins < kSpins; ++spins) {
      const uint64_t now = call_.load(std::memory_order_acquire);
      if (now != seen) return now;
      spin_pause();
    }
    std::unique_lock<std::mutex> lock(team_->mutex);
    parked_.fetch_add(1, std::memory_order_seq_cst);
    team_->wake.wait(lock, [&] { return call_.load(std::memory_order_seq_cst) != seen; });
    parked_.fetch_sub(1, std::memory_order_relaxed);
    return call_.load(std::memory_order_acquire);
  }

  // Called by the pool's owner only.
  void announce(uint64_t lanes) {
    const uint64_t number = call_.load(std::memory_order_relaxed) / kMostLanes + 1;
    call_.store(number * kMostLanes + lanes, std::memory_order_seq_cst);
  }

  bool forked() const { return process_.forked(); }

  void stop() {
    // The threads are the parent's: to join them, or to destroy what they wait on, would wait for ever.
    if (forked()) return static_cast<void>(team_.release());
    {
      std::lock_guard<std::mutex> lock(team_->mutex);
      stopping_.store(true, std::memory_order_release);
      announce(0);
    }
    team_->wake.notify_all();
    for (std::thread& worker : team_->workers) worker.join();
  }

  static constexpr uint64_t kMostLanes = 2048;

  const int threads_;
  const ProcessMark process_;
  std::unique_ptr<Team> team_;
  LaneFunction function_ = nullptr;
  void* arg_ = nullptr;
  std::atomic<bool> owned_{false};
  std::atomic<bool> stopping_{false};
  alignas(64) std::atomic<uint64_t> call_{0};  // number * kMostLanes + lanes
  alignas(64) std::atomic<int> pending_{0};
  alignas(64) std::atomic<int> parked_{0};
};

}  // namespace

void Executor::run(int64_t tasks, TaskFunction function, void* body) {
  if (tasks <= 0) return;
  struct Job {
    TaskFunction function;
    void* body;
    int64_t tasks;
    std::atomic<int64_t> next{0};
    std::atomic<bool> failed{false};
    std::exception_ptr error;
  } job{function, body, tasks, {}, {}, {}};

  const auto lane_function = [](void* arg, int lane) {
    Job& j = *static_cast<Job*>(arg);
    FpMode mode;
    try {
      for (;;) {
        const int64_t task = j.next.fetch_add(1, std::memory_order_relaxed);
        if (task >= j.tasks) return;
        j.function(j.body, task, lane);
      }
    } catch (...) {
      if (!j.failed.exchange(true)) j.error = std::current_exception();
      j.next.store(j.tasks, std::memory_order_relaxed);
    }
  };

  const int lanes = static_cast<int>(tasks < threads() ? tasks : threads());
  if (lanes == 1) lane_function(&job, 0);
  else run_lanes(lanes, lane_function, &job);
  if (job.error) std::rethrow_exception(job.error);
}

std::unique_ptr<Executor> make_inline_executor() { return std::make_unique<InlineExecutor>(); }

std::unique_ptr<Executor> make_pool_executor(int threads) {
  FOVEA_REQUIRE(threads >= 1 && threads <= 1024, "threads is %d, expected 1 to 1024", threads);
  if (threads == 1) return make_inline_executor();
  return std::make_unique<PoolExecutor>(threads);
}

std::unique_ptr<Executor> make_host_executor(int threads, HostParallelFor parallel_for, void* user,
                                             std::shared_ptr<void> keep) {
  FOVEA_REQUIRE(threads >= 1 && threads <= 1024, "threads is %d, expected 1 to 1024", threads);
  return std::make_unique<HostExecutor>(threads, parallel_for, user, std::move(keep));
}

#if defined(__linux__)
namespace {

using File = std::unique_ptr<std::FILE, int (*)(std::FILE*)>;

// The CPUs that a control group's quota comes to; INT_MAX without one. v2: cpu.max, "200000 100000" or "max
// 100000".
int quota_of(const std::string& group) {
  const File file(std::fopen((group + "/cpu.max").c_str(), "re"), std::fclose);
  long long quota = 0, period = 0;
  if (file == nullptr || std::fscanf(file.get(), "%lld %lld", &quota, &period) != 2) return INT_MAX;
  if (quota <= 0 || period <= 0) return INT_MAX;
  return static_cast<int>(std::min<long long>((quota + period - 1) / period, INT_MAX));
}

// The strictest of the process's control group (v2) and the groups around it.
int cgroup_cpus() {
  int cpus = quota_of("/sys/fs/cgroup");
  const File file(std::fopen("/proc/self/cgroup", "re"), std::fclose);
  char line[4096];
  while (file != nullptr && std::fgets(line, sizeof line, file.get()) != nullptr) {
    std::string path(line);
    if (!path.starts_with("0::/")) continue;
    path = path.substr(3, path.find('\n') - 3);
    for (; path.size() > 1; path.erase(path.rfind('/')))
      cpus = std::min(cpus, quota_of("/sys/fs/cgroup" + path));
  }
  return cpus;
}

}  // namespace
#endif

int usable_cpus() {
  int cpus = static_cast<int>(std::thread::hardware_concurrency());
#if defined(__linux__)
  cpu_set_t set;
  if (sched_getaffinity(0, sizeof set, &set) == 0) cpus = CPU_COUNT(&set);
  cpus = std::min(cpus, cgroup_cpus());
#endif
  return std::clamp(cpus, 1, 1024);
}

}  // namespace fovea
