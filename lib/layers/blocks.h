// How element-wise layers cut their work. May use: base/executor.h, kernels/elementwise.h.
#pragma once
#include <algorithm>

#include "base/executor.h"
#include "kernels/elementwise.h"

namespace fovea::layers {

// f(first, count) over [0, n) in blocks of `size`, in parallel; a small n is a single task.
template <class F>
void for_blocks(Executor& exec, int64_t n, int64_t size, F&& f) {
  exec.parallel_for(blocks_of(n, size), [&](int64_t block, int) {
    const int64_t first = block * size;
    f(first, std::min(size, n - first));
  });
}

// f(first, count) over elements.
template <class F>
void for_elements(Executor& exec, int64_t n, F&& f) {
  for_blocks(exec, n, kernels::kElementsPerTask, f);
}

// Rows of `elements` each that make a task.
inline int64_t rows_per_task(int64_t elements, int64_t elements_per_task = kernels::kElementsPerTask) {
  return std::max<int64_t>(1, elements_per_task / std::max<int64_t>(1, elements));
}

// The last steps of a gradient that was computed in place of dy: to where it belongs.
template <class T>
void deliver(int64_t n, const T* dy, bool accumulate, T* dx) {
  if (dx == nullptr || dx == dy) return;
  if (accumulate)
    kernels::accumulate(n, dy, dx);
  else
    std::copy_n(dy, n, dx);
}

}  // namespace fovea::layers
