// Bytes of a sample of a dataset that keeps them in memory of its own.
#pragma once
#include "data/dataset.h"

namespace fovea::testing {

inline const std::byte* stored(const data::Dataset& dataset, int64_t i) {
  data::SampleMemory memory(system_allocator());
  return static_cast<const std::byte*>(dataset.sample(i, memory).data);
}

}  // namespace fovea::testing
