// What reading one sample takes: memory to make it in, and what its random numbers depend on.
// May use: base.
#pragma once
#include <cstddef>
#include <memory>
#include <utility>
#include <vector>

#include "base/memory.h"
#include "base/rng.h"

namespace fovea::data {

// Memory of one lane in which samples are decoded, transformed and drawn. The pieces grow to what is asked of
// them and serve the next sample again, so that nothing is allocated once the largest has come.
class SampleMemory {
 public:
  explicit SampleMemory(std::shared_ptr<Allocator> allocator) : allocator_(std::move(allocator)) {}

  // `bytes` of memory, aligned to kAlignment, until reset(). Raises out_of_memory.
  std::byte* piece(size_t bytes) {
    if (used_ == pieces_.size()) pieces_.emplace_back();
    Buffer& piece = pieces_[used_];
    if (piece.bytes() < bytes) piece = Buffer(allocator_, bytes);
    ++used_;
    return piece.data();
  }
  template <class T> T* piece_of(size_t count) {
    return reinterpret_cast<T*>(piece(count * sizeof(T)));
  }
  // What was taken is free again: before the next sample.
  void reset() { used_ = 0; }
  // For memory that is not kept for the next sample.
  const std::shared_ptr<Allocator>& allocator() const { return allocator_; }

 private:
  std::shared_ptr<Allocator> allocator_;
  std::vector<Buffer> pieces_;
  size_t used_ = 0;
};

// One for each lane of an executor.
class SampleLanes {
 public:
  SampleLanes() = default;
  SampleLanes(const std::shared_ptr<Allocator>& allocator, int lanes) {
    for (int i = 0; i < lanes; ++i) lanes_.emplace_back(allocator);
  }
  // Empty, for the next sample.
  SampleMemory& operator[](int lane) {
    SampleMemory& memory = lanes_[static_cast<size_t>(lane)];
    memory.reset();
    return memory;
  }

 private:
  std::vector<SampleMemory> lanes_;
};

// Which draw of a random sample is wanted: the one of a place in an epoch of a training. Read without one,
// a sample is the same each time.
struct Draw {
  uint64_t seed = 0;
  uint32_t epoch = 0;
  uint32_t position = 0;  // in the epoch

  RandomKey key(uint32_t stream) const {
    return {.seed = seed, .step = epoch, .stream = stream, .purpose = Purpose::augment};
  }
};

}  // namespace fovea::data
