// parallel_for over tasks, on the library's own pool, on the host's threads, or on the caller alone.
//
// Work is cut into tasks by problem size, never by thread count, and a task's result may not depend
// on which lane runs it: so results do not depend on the number of threads. May use: base.
#pragma once
#include <atomic>
#include <cstdint>
#include <exception>
#include <memory>
#include <type_traits>

namespace fovea {

class Executor {
 public:
  virtual ~Executor() = default;

  // The largest number of lanes that run at once; lanes are numbered 0 .. threads() - 1.
  virtual int threads() const = 0;

  // Calls f(task, lane) for every task in [0, tasks), in any order and at most threads() at once; two
  // calls that run at the same time have different lanes (an index for scratch memory). Returns when
  // all are done. The first exception of a task is rethrown here. Not to be nested.
  template <class F> void parallel_for(int64_t tasks, F&& f) {
    using Body = std::remove_reference_t<F>;
    run(tasks, [](void* body, int64_t task, int lane) { (*static_cast<Body*>(body))(task, lane); },
        const_cast<void*>(static_cast<const void*>(std::addressof(f))));
  }

 protected:
  using TaskFunction = void (*)(void* body, int64_t task, int lane);
  // Runs lane_function(arg, lane) once for each lane in [0, lanes); must return only when all have
  // returned. lane_function does not throw.
  using LaneFunction = void (*)(void* arg, int lane);
  virtual void run_lanes(int lanes, LaneFunction lane_function, void* arg) = 0;

 private:
  void run(int64_t tasks, TaskFunction function, void* body);
};

// The caller's thread alone.
std::unique_ptr<Executor> make_inline_executor();
// A pool of `threads` lanes: the caller and threads - 1 threads of ours, which spin for a bounded time
// after work and then park. Calls from several threads at once are legal: one uses the pool, the
// others run on their own thread meanwhile.
std::unique_ptr<Executor> make_pool_executor(int threads);
// The host's threads. `parallel_for(user, n, task, data)` must call task(data, i) once for each i in
// [0, n), from any threads in any order, and return when all have returned.
using HostTask = void (*)(void* data, int64_t index);
using HostParallelFor = void (*)(void* user, int64_t n, HostTask task, void* data);
// `keep` lives as long as the executor.
std::unique_ptr<Executor> make_host_executor(int threads, HostParallelFor parallel_for, void* user,
                                             std::shared_ptr<void> keep = nullptr);

// The CPUs that affinity and the cgroup's quota allow; at least 1.
int usable_cpus();

// How to cut [0, n): the number of blocks of `size` that cover it.
constexpr int64_t blocks_of(int64_t n, int64_t size) { return (n + size - 1) / size; }

}  // namespace fovea
