#include "kernels/dropout.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dropout.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/philox-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128

void RandomMask(const RandomKey& key, uint32_t sample, int64_t first_word, int64_t words, uint32_t threshold,
                uint32_t* bits) {
  for (int64_t w = 0; w < words; ++w) {
    uint32_t word = 0;
    for (uint32_t b = 0; b < 8; ++b) {
      const PhiloxBlock block = key.draw(sample, static_cast<uint32_t>((first_word + w) * 8) + b);
      for (uint32_t i = 0; i < 4; ++i) word |= static_cast<uint32_t>(block[i] >= threshold) << (4 * b + i);
    }
    bits[w] = word;
  }
}

#else

HWY_INLINE uint64_t KeptBits(V32 draws, V32 threshold) {
  const D32 d;
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, hn::Not(hn::Lt(draws, threshold)), bytes);
  return static_cast<uint64_t>(bytes[0]) | static_cast<uint64_t>(bytes[1]) << 8;
}

void RandomMask(const RandomKey& key, uint32_t sample, int64_t first_word, int64_t words, uint32_t threshold,
                uint32_t* bits) {
  const PhiloxLanes random(key, sample);
  const int64_t blocks = PhiloxLanes::Blocks(), passes = 8 / blocks;  // for one word: 8 blocks of 4 elements
  const V32 limit = hn::Set(D32(), threshold);
  for (int64_t w = 0; w < words; ++w) {
    uint64_t word = 0;
    for (int64_t pass = 0; pass < passes; ++pass) {
      V32 low, high;
      random.Draw(static_cast<uint32_t>((first_word + w) * 8 + pass * blocks), low, high);
      const uint64_t kept = KeptBits(low, limit) | KeptBits(high, limit) << (2 * blocks);
      word |= kept << (4 * blocks * pass);
    }
    bits[w] = static_cast<uint32_t>(word);
  }
}

#endif

template <class T>
void ApplyMask(int64_t n, const uint32_t* bits, double scale, const T* x, T* y) {
  const Tag<T> d;
  const hn::RebindToUnsigned<Tag<T>> du;
  using U = hn::TFromD<decltype(du)>;
  const int64_t lanes = LanesOf(d);
  const auto lane_bits = hn::Shl(hn::Set(du, U(1)), hn::Iota(du, U(0)));
  const auto factor = hn::Set(d, static_cast<T>(scale));
  const int64_t whole = n / kMaskBits * kMaskBits;
  for (int64_t i = 0; i < whole; i += kMaskBits) {
    const uint32_t word = bits[i / kMaskBits];
    for (int64_t j = 0; j < kMaskBits; j += lanes) {
      const auto kept = hn::RebindMask(d, hn::TestBit(hn::Set(du, static_cast<U>(word >> j)), lane_bits));
      hn::StoreU(hn::IfThenElseZero(kept, hn::Mul(factor, hn::LoadU(d, x + i + j))), d, y + i + j);
    }
  }
  for (int64_t i = whole; i < n; ++i)
    y[i] = (bits[i / kMaskBits] >> (i % kMaskBits) & 1) != 0 ? static_cast<T>(scale) * x[i] : T(0);
}

void ApplyMaskF32(int64_t n, const uint32_t* bits, double scale, const float* x, float* y) {
  ApplyMask(n, bits, scale, x, y);
}
void ApplyMaskF64(int64_t n, const uint32_t* bits, double scale, const double* x, double* y) {
  ApplyMask(n, bits, scale, x, y);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(RandomMask);
HWY_EXPORT(ApplyMaskF32);
HWY_EXPORT(ApplyMaskF64);

void random_mask(const RandomKey& key, uint32_t sample, int64_t first_word, int64_t words, uint32_t threshold,
                 uint32_t* bits) {
  HWY_DYNAMIC_DISPATCH(RandomMask)(key, sample, first_word, words, threshold, bits);
}
void apply_mask(int64_t n, const uint32_t* bits, double scale, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(ApplyMaskF32)(n, bits, scale, x, y);
}
void apply_mask(int64_t n, const uint32_t* bits, double scale, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(ApplyMaskF64)(n, bits, scale, x, y);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
