#include "base/cancel_token.h"

namespace fovea {

void CancelToken::cancel() {
  // Under the lock, so that a waiter cannot miss it between its look and its sleep.
  const std::lock_guard lock(mutex_);
  cancelled_.store(true, std::memory_order_relaxed);
  changed_.notify_all();
}

void CancelToken::reset() {
  const std::lock_guard lock(mutex_);
  cancelled_.store(false, std::memory_order_relaxed);
  resume_locked();
}

void CancelToken::pause() {
  const std::lock_guard lock(mutex_);
  if (paused_) return;
  paused_ = true;
  since_ = Clock::now();
}

void CancelToken::resume() {
  const std::lock_guard lock(mutex_);
  resume_locked();
}

void CancelToken::resume_locked() {
  if (!paused_) return;
  paused_ = false;
  before_ += Clock::now() - since_;
  changed_.notify_all();
}

bool CancelToken::is_paused() const {
  const std::lock_guard lock(mutex_);
  return paused_;
}

bool CancelToken::wait() const {
  std::unique_lock lock(mutex_);
  changed_.wait(lock, [&] { return !paused_ || is_cancelled(); });
  return is_cancelled();
}

double CancelToken::paused_seconds() const {
  const std::lock_guard lock(mutex_);
  const Clock::duration now = paused_ ? Clock::now() - since_ : Clock::duration{};
  return std::chrono::duration<double>(before_ + now).count();
}

}  // namespace fovea
