// Status codes inside the library. Values are those of include/fovea/base.h; capi checks that at
// compile time. Uses nothing.
#pragma once
#include <cstdint>

namespace fovea {

enum class Status : int32_t {
  ok = 0,
  invalid_argument = 1,
  out_of_memory = 2,
  io = 3,
  format = 4,
  unsupported = 5,
  busy = 6,
  cancelled = 7,
  mismatch = 8,
  not_found = 9,
  internal = 10,
};

}  // namespace fovea
