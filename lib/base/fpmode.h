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
  friend class HostFpMode;
  uint64_t found_;
};

// Puts the host's mode back while it lives, for a call into the host from inside a FpMode; what the host
// changes there stays changed for it.
class HostFpMode {
 public:
  explicit HostFpMode(FpMode& mode) noexcept;
  ~HostFpMode();
  HostFpMode(const HostFpMode&) = delete;
  HostFpMode& operator=(const HostFpMode&) = delete;

 private:
  FpMode& mode_;
};

}  // namespace fovea
