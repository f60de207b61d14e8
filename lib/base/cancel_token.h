// The token with which one thread stops or pauses what another one does. May use: std.
#pragma once
#include <atomic>
#include <chrono>
#include <condition_variable>
#include <mutex>

namespace fovea {

class CancelToken {
 public:
  void cancel();
  // Neither cancelled nor paused.
  void reset();
  bool is_cancelled() const { return cancelled_.load(std::memory_order_relaxed); }

  void pause();
  void resume();
  bool is_paused() const;
  // Returns when the token is not paused, or is cancelled; whether it is.
  bool wait() const;
  // Since the token was made, a pause that lasts included.
  double paused_seconds() const;

 private:
  using Clock = std::chrono::steady_clock;

  void resume_locked();

  std::atomic<bool> cancelled_{false};
  mutable std::mutex mutex_;
  mutable std::condition_variable changed_;
  bool paused_ = false;
  Clock::time_point since_;  // when it was paused
  Clock::duration before_{};  // pauses that have ended
};

}  // namespace fovea
