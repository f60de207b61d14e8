// Philox4x32-10 (base/rng.h) on several counters at once. Included once per target, inside kernels/*.cc only.
// Uses Highway.
#if defined(FOVEA_KERNELS_PHILOX_INL_H_) == defined(HWY_TARGET_TOGGLE)
#ifdef FOVEA_KERNELS_PHILOX_INL_H_
#undef FOVEA_KERNELS_PHILOX_INL_H_
#else
#define FOVEA_KERNELS_PHILOX_INL_H_
#endif

#include "base/rng.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {

#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128

namespace hn = hwy::HWY_NAMESPACE;

using D32 = hn::CappedTag<uint32_t, 16>;
using D64 = hn::Repartition<uint64_t, D32>;
using V32 = hn::Vec<D32>;
using V64 = hn::Vec<D64>;

// The draws of consecutive blocks of one sample, in order. The counter's four words lie in the even 32-bit
// lanes; what stands in the odd lanes is never looked at, because MulEven does not, so no masking is needed.
class PhiloxLanes {
 public:
  PhiloxLanes(const RandomKey& key, uint32_t sample) : key_(key), sample_(sample) {
    // Interleaving two vectors of pairs puts the blocks of the even lanes first; numbered so, they come out
    // in order.
    const int64_t blocks = Blocks();
    HWY_ALIGN uint64_t order[8];
    for (int64_t i = 0; i < blocks; ++i) order[i] = static_cast<uint64_t>(i % 2 * (blocks / 2) + i / 2);
    number_ = hn::BitCast(D32(), hn::Load(D64(), order));
  }

  // How many come at a time.
  static int64_t Blocks() { return LanesOf(D64()); }

  // The words of blocks first ... first + Blocks() - 1: the first half of them in `low`.
  HWY_INLINE void Draw(uint32_t first, V32& low, V32& high) const {
    const D32 d;
    const D64 d64;
    V32 c0 = hn::Add(number_, hn::Set(d, first)), c1 = hn::Set(d, sample_), c2 = hn::Set(d, key_.step);
    V32 c3 = hn::Set(d, (static_cast<uint32_t>(key_.purpose) << 24) | (key_.stream & 0xFFFFFFu));
    const V32 m0 = hn::Set(d, 0xD2511F53u), m1 = hn::Set(d, 0xCD9E8D57u);
    uint32_t k0 = static_cast<uint32_t>(key_.seed), k1 = static_cast<uint32_t>(key_.seed >> 32);
    for (int round = 0; round < 10; ++round, k0 += 0x9E3779B9u, k1 += 0xBB67AE85u) {
      const V64 p0 = hn::MulEven(m0, c0), p1 = hn::MulEven(m1, c2);
      const V32 n0 = hn::Xor(hn::BitCast(d, hn::ShiftRight<32>(p1)), hn::Xor(c1, hn::Set(d, k0)));
      const V32 n2 = hn::Xor(hn::BitCast(d, hn::ShiftRight<32>(p0)), hn::Xor(c3, hn::Set(d, k1)));
      c1 = hn::BitCast(d, p1);
      c3 = hn::BitCast(d, p0);
      c0 = n0;
      c2 = n2;
    }
    const V64 front = Pairs(c0, c1), back = Pairs(c2, c3);
    low = hn::BitCast(d, hn::InterleaveLower(d64, front, back));
    high = hn::BitCast(d, hn::InterleaveUpper(d64, front, back));
  }

 private:
  // a's even lanes, and b's even lanes in the odd places.
  static HWY_INLINE V64 Pairs(V32 a, V32 b) {
    const D32 d;
    const D64 d64;
    return hn::BitCast(d64, hn::OddEven(hn::BitCast(d, hn::ShiftLeft<32>(hn::BitCast(d64, b))), a));
  }

  RandomKey key_;
  uint32_t sample_;
  V32 number_;
};

#endif

}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#endif  // include guard, once per target
