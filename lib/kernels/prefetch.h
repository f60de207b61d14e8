// Memory fetched ahead in its own order. May use: std.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// Fetches n elements into the second-level cache (in the first one they would take the place of the rows
// under the current window). A kernel that reads several rows side by side calls it for what comes next,
// piece by piece: the hardware follows one stream through memory far better than several short ones.
template <class T>
inline void prefetch(const T* p, int64_t n) {
  for (int64_t i = 0; i < n; i += 64 / static_cast<int64_t>(sizeof(T))) __builtin_prefetch(p + i, 0, 2);
}

}  // namespace fovea::kernels
