#include "base/fpmode.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace fovea {

namespace {

#if defined(__x86_64__)

uint64_t current() { return _mm_getcsr(); }
void set(uint64_t state) { _mm_setcsr(static_cast<unsigned>(state)); }
// MXCSR: all exceptions masked (0x1F80), flush-to-zero (bit 15), denormals-are-zero (bit 6), round to
// nearest (bits 13-14 clear).
constexpr uint64_t kOurs = 0x1F80u | 0x8000u | 0x0040u;

#elif defined(__aarch64__)

uint64_t current() {
  uint64_t state;
  __asm__ volatile("mrs %0, fpcr" : "=r"(state));
  return state;
}
void set(uint64_t state) { __asm__ volatile("msr fpcr, %0" : : "r"(state)); }
// FPCR: flush-to-zero (bit 24); rounding (bits 22-23) and trap enables (bits 8-15) clear.
constexpr uint64_t kOurs = uint64_t{1} << 24;

#else

// No portable way to flush denormals: only the rounding direction is set.
uint64_t current() { return static_cast<uint64_t>(std::fegetround()); }
void set(uint64_t state) { std::fesetround(static_cast<int>(state)); }
constexpr uint64_t kOurs = FE_TONEAREST;

#endif

}  // namespace

FpMode::FpMode() noexcept : found_(current()) { set(kOurs); }
FpMode::~FpMode() { set(found_); }

HostFpMode::HostFpMode(FpMode& mode) noexcept : mode_(mode) { set(mode.found_); }
HostFpMode::~HostFpMode() {
  mode_.found_ = current();
  set(kOurs);
}

}  // namespace fovea
