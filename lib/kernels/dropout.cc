#include "kernels/dropout.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/dropout.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
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

using D32 = hn::CappedTag<uint32_t, 16>;
using D64 = hn::Repartition<uint64_t, D32>;
using V32 = hn::Vec<D32>;
using V64 = hn::Vec<D64>;

// Philox on one block per 64-bit lane. The counter's four words lie in the even 32-bit lanes; what stands in
// the odd lanes is never looked at, because MulEven does not, so no masking is needed.
HWY_INLINE void PhiloxLanes(V32& c0, V32& c1, V32& c2, V32& c3, const RandomKey& key) {
  const D32 d;
  const V32 m0 = hn::Set(d, 0xD2511F53u), m1 = hn::Set(d, 0xCD9E8D57u);
  uint32_t k0 = static_cast<uint32_t>(key.seed), k1 = static_cast<uint32_t>(key.seed >> 32);
  for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
    const V64 p0 = hn::MulEven(m0, c0), p1 = hn::MulEven(m1, c2);
    const V32 n0 = hn::Xor(hn::BitCast(d, hn::ShiftRight<32>(p1)), hn::Xor(c1, hn::Set(d, k0)));
    const V32 n2 = hn::Xor(hn::BitCast(d, hn::ShiftRight<32>(p0)), hn::Xor(c3, hn::Set(d, k1)));
    c1 = hn::BitCast(d, p1);
    c3 = hn::BitCast(d, p0);
    c0 = n0;
    c2 = n2;
  }
}

// a's even lanes, and b's even lanes in the odd places.
HWY_INLINE V64 Pairs(V32 a, V32 b) {
  const D32 d;
  const D64 d64;
  return hn::BitCast(d64, hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(hn::BitCast(d64, b))), a));
}

HWY_INLINE uint64_t KeptBits(V64 draws, V32 threshold) {
  const D32 d;
  uint8_t bytes[8] = {};
  hn::StoreMaskBits(d, hn::Not(hn::Lt(hn::BitCast(d, draws), threshold)), bytes);
  return static_cast<uint64_t>(bytes[0]) | static_cast<uint64_t>(bytes[1]) << 8;
}

void RandomMask(const RandomKey& key, uint32_t sample, int64_t first_word, int64_t words, uint32_t threshold,
                uint32_t* bits) {
  const D32 d;
  const D64 d64;
  const int64_t blocks = LanesOf(d64);  // per pass
  const int64_t passes = 8 / blocks;    // for one word: 8 blocks of 4 elements
  // Interleaving two vectors of pairs puts the blocks of the even lanes first; numbered so, they come out in
  // order.
  HWY_ALIGN uint64_t order[8];
  for (int64_t i = 0; i < blocks; ++i) order[i] = static_cast<uint64_t>(i % 2 * (blocks / 2) + i / 2);
  const V32 number = hn::BitCast(d, hn::Load(d64, order));
  const V32 sample_word = hn::Set(d, sample), step = hn::Set(d, key.step);
  const V32 stream = hn::Set(d, (static_cast<uint32_t>(key.purpose) << 24) | (key.stream & 0xFFFFFFu));
  const V32 limit = hn::Set(d, threshold);
  for (int64_t w = 0; w < words; ++w) {
    uint64_t word = 0;
    for (int64_t pass = 0; pass < passes; ++pass) {
      const uint32_t first = static_cast<uint32_t>((first_word + w) * 8 + pass * blocks);
      V32 c0 = hn::Add(number, hn::Set(d, first)), c1 = sample_word, c2 = step, c3 = stream;
      PhiloxLanes(c0, c1, c2, c3, key);
      const V64 low = Pairs(c0, c1), high = Pairs(c2, c3);
      const uint64_t kept = KeptBits(hn::InterleaveLower(d64, low, high), limit) |
                            KeptBits(hn::InterleaveUpper(d64, low, high), limit) << (2 * blocks);
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
