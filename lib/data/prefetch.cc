#include "data/prefetch.h"

#include <algorithm>
#include <condition_variable>
#include <exception>
#include <mutex>
#include <thread>
#include <vector>

#include "base/error.h"
#include "base/fpmode.h"
#include "base/signals.h"

namespace fovea::data {

struct Prefetcher::Team {
  enum class State { free, making, ready };
  struct Slot {
    State state = State::free;
    int64_t number = 0;
    uint64_t round = 0;
    std::exception_ptr error;
  };

  explicit Team(Maker& m, int slot_count) : maker(m), slots(static_cast<size_t>(slot_count)) {}

  void work(int worker) {
    const FpMode mode;
    std::unique_lock lock(mutex);
    for (;;) {
      auto slot = slots.end();
      wake.wait(lock, [&] {
        slot = std::ranges::find(slots, State::free, &Slot::state);
        return stopping || (started && slot != slots.end());
      });
      if (stopping) return;
      *slot = {State::making, next++, round, nullptr};
      lock.unlock();
      std::exception_ptr error;
      try {
        maker.make(slot->number, static_cast<int>(slot - slots.begin()), worker);
      } catch (...) {
        error = std::current_exception();
      }
      lock.lock();
      slot->error = error;
      slot->state = slot->round == round ? State::ready : State::free;
      ready.notify_all();
    }
  }

  // What was made and not taken is made again, if it is still wanted.
  void restart(int64_t number) {
    ++round;
    next = expected = number;
    started = true;
    for (Slot& slot : slots)
      if (slot.state == State::ready) slot.state = State::free;
  }

  int take(int64_t number) {
    std::unique_lock lock(mutex);
    if (held != nullptr) held->state = State::free;
    held = nullptr;
    if (!started || number != expected) restart(number);
    wake.notify_all();
    auto slot = slots.end();
    ready.wait(lock, [&] {
      slot = std::ranges::find_if(
          slots, [&](const Slot& s) { return s.state == State::ready && s.number == number; });
      return slot != slots.end();
    });
    if (slot->error) {
      started = false;
      std::rethrow_exception(slot->error);
    }
    held = &*slot;
    expected = number + 1;
    return static_cast<int>(slot - slots.begin());
  }

  void stop() {
    {
      const std::lock_guard lock(mutex);
      stopping = true;
    }
    wake.notify_all();
    for (std::thread& thread : threads) thread.join();
  }

  Maker& maker;
  const ProcessMark process;
  std::mutex mutex;
  std::condition_variable wake, ready;
  std::vector<Slot> slots;
  std::vector<std::thread> threads;
  Slot* held = nullptr;
  int64_t next = 0;      // to be made
  int64_t expected = 0;  // to be taken
  uint64_t round = 0;    // raised by every restart: slots of an earlier one are void
  bool started = false;
  bool stopping = false;
};

Prefetcher::Prefetcher(Maker& maker, int workers, int slots) : team_(std::make_unique<Team>(maker, slots)) {
  const SignalsBlocked blocked;
  try {
    for (int i = 0; i < workers; ++i) team_->threads.emplace_back([team = team_.get(), i] { team->work(i); });
  } catch (...) {
    team_->stop();
    fail(Status::out_of_memory, "a worker thread could not be started");
  }
}

Prefetcher::~Prefetcher() {
  // A forked process has no such threads: to join them, or to destroy what they wait on, would wait for ever.
  if (team_->process.forked())
    team_.release();
  else
    team_->stop();
}

int Prefetcher::take(int64_t number) {
  if (team_->process.forked())
    fail(Status::unsupported,
         "the workers that load batches are threads of the process that this one was"
         " forked from");
  return team_->take(number);
}

}  // namespace fovea::data
