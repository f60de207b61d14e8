// The library's floating-point mode: round to nearest, denormals flushed to zero. FpMode sets it for
// the current thread and restores what it found, exception flags included. Uses std only.
#pragma once
#include <cstdint>

namespace fovea {

class FpMode {
 public:
  FpMode() noexcept;
  ~FpMode();
  FpMode(const FpMode&) = delete;
  FpMode& operator=(const FpMode&) = delete;

 private:
  uint64_t found_;
};

}  // namespace fovea
