// Things made ahead of their use, by threads of our own: what the batches of a training are to its steps.
// May use: base.
#pragma once
#include <cstdint>
#include <memory>

namespace fovea::data {

// Makes numbers n, n + 1, ... in this order into a few slots, several at once, and waits when all are full.
// What is made may depend on the number only, so that it is the same whoever makes it.
class Prefetcher {
 public:
  class Maker {
   public:
    virtual ~Maker() = default;
    // Called by one thread at a time for each slot and for each worker. May raise.
    virtual void make(int64_t number, int slot, int worker) = 0;
  };

  // `maker` outlives this. Raises out_of_memory where a thread cannot be started.
  Prefetcher(Maker& maker, int workers, int slots);
  ~Prefetcher();
  Prefetcher(const Prefetcher&) = delete;
  Prefetcher& operator=(const Prefetcher&) = delete;

  // Waits for `number` and gives its slot, which stays as it is until the next call. Raises what making it
  // has raised; the next call then makes it again. A number that does not follow the last one begins anew
  // there. Raises unsupported in a process that was forked from the one with the threads.
  int take(int64_t number);

 private:
  struct Team;
  std::unique_ptr<Team> team_;
};

}  // namespace fovea::data
