#include "base/fpmode.h"

#if defined(__x86_64__)
#include <xmmintrin.h>
#else
#include <cfenv>
#endif

namespace fovea {

#if defined(__x86_64__)

// MXCSR: all exceptions masked (0x1F80), flush-to-zero (bit 15), denormals-are-zero (bit 6), round to
// nearest (bits 13-14 clear).
FpMode::FpMode() noexcept : found_(_mm_getcsr()) { _mm_setcsr(0x1F80u | 0x8000u | 0x0040u); }
FpMode::~FpMode() { _mm_setcsr(static_cast<unsigned>(found_)); }

#elif defined(__aarch64__)

// FPCR: FZ is bit 24; rounding (bits 22-23) and trap enables (bits 8-15) clear.
FpMode::FpMode() noexcept {
  __asm__ volatile("mrs %0, fpcr" : "=r"(found_));
  const uint64_t mode = uint64_t{1} << 24;
  __asm__ volatile("msr fpcr, %0" : : "r"(mode));
}
FpMode::~FpMode() { __asm__ volatile("msr fpcr, %0" : : "r"(found_)); }

#else

// No portable way to flush denormals: only the rounding direction is set.
FpMode::FpMode() noexcept : found_(static_cast<uint64_t>(std::fegetround())) { std::fesetround(FE_TONEAREST); }
FpMode::~FpMode() { std::fesetround(static_cast<int>(found_)); }

#endif

}  // namespace fovea
