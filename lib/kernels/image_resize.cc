#include "kernels/image_resize.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/image_resize.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128  // without vectors the plain loops are best

inline uint8_t Round(int32_t sum, int bits) {
  return static_cast<uint8_t>(std::clamp((sum + (1 << (bits - 1))) >> bits, 0, 255));
}

void ResampleRowU8(const ByteWindows& w, const uint8_t* row, uint8_t* out) {
  for (int64_t o = 0; o < w.groups * 4; ++o, out += w.channels) {
    int32_t sum[4] = {};
    for (int64_t l = 0; l < w.loads; ++l) {
      const uint8_t* x = row + w.first[o] + l * resample_taps_per_load(w.channels) * w.channels;
      for (int half = 0; half < 2; ++half)
        for (int i = 0; i < 8; ++i) {
          const ResampleTap at = resample_tap(w.channels, half, i / 2, i % 2);
          if (at.channel >= w.channels) continue;
          const int64_t place = (((o / 4 * w.loads + l) * 2 + half) * 4 + o % 4) * 8 + i;
          sum[at.channel] += w.weights[place] * x[at.tap * w.channels + at.channel];
        }
    }
    for (int c = 0; c < w.channels; ++c) out[c] = Round(sum[c], w.bits);
  }
}

void ResampleColumnU8(int64_t n, int64_t taps, int bits, const uint8_t* const* rows, const int16_t* weights,
                      uint8_t* out) {
  for (int64_t i = 0; i < n; ++i) {
    int32_t sum = 0;
    for (int64_t t = 0; t < taps; ++t) sum += weights[t] * rows[t][i];
    out[i] = Round(sum, bits);
  }
}

void ResampleRowF32(const FloatWindows& w, const float* row, float* out) {
  for (int64_t o = 0; o < w.outputs; ++o)
    for (int c = 0; c < w.channels; ++c) {
      float sum = 0;
      for (int32_t t = 0; t < w.count[o]; ++t)
        sum += w.weights[o * w.taps + t] * row[w.first[o] + t * w.channels + c];
      *out++ = sum;
    }
}

#else

using Bytes = hn::CappedTag<uint8_t, 64>;
using Shorts = hn::Repartition<int16_t, Bytes>;
using Ints = hn::Repartition<int32_t, Bytes>;
constexpr int kBlocks = static_cast<int>(hn::MaxLanes(Bytes()) / 16);  // outputs of a vector: 1, 2, 4

// sum + a[2i] * b[2i] + a[2i + 1] * b[2i + 1].
HWY_INLINE hn::Vec<Ints> AddPairs(hn::Vec<Ints> sum, hn::Vec<Shorts> a, hn::Vec<Shorts> b) {
  const Ints d;
#if HWY_ARCH_X86
  auto unused = hn::Zero(d);
  return hn::ReorderWidenMulAccumulate(d, a, b, sum, unused);
#else
  const auto even = [=](auto v) FOVEA_INLINE_LAMBDA {
    return hn::ShiftRight<16>(hn::ShiftLeft<16>(hn::BitCast(d, v)));
  };
  const auto odd = [=](auto v) FOVEA_INLINE_LAMBDA { return hn::ShiftRight<16>(hn::BitCast(d, v)); };
  return hn::Add(sum, hn::Add(hn::Mul(even(a), even(b)), hn::Mul(odd(a), odd(b))));
#endif
}

// Block b of the vector comes from x + first[b].
template <class D>
HWY_INLINE hn::Vec<D> LoadBlocks(D d, const uint8_t* x, const int32_t* first) {
  if constexpr (hn::MaxLanes(d) == 16) {
    return hn::LoadU(d, x + *first);
  } else {
    const hn::Half<D> half;
    return hn::Combine(d, LoadBlocks(half, x, first + hn::MaxLanes(d) / 32), LoadBlocks(half, x, first));
  }
}

// kBlocks outputs of one row, before rounding: [output][lane of a block].
HWY_INLINE hn::Vec<Ints> RowSums(const ByteWindows& w, const uint8_t* row, const int32_t* first,
                                 const int16_t* weights, hn::Vec<Bytes> low, hn::Vec<Bytes> high,
                                 int64_t bytes_per_load) {
  const Bytes d8;
  const Shorts d16;
  auto sum = hn::Zero(Ints());
  for (int64_t l = 0; l < w.loads; ++l, row += bytes_per_load, weights += 64) {
    const auto x = LoadBlocks(d8, row, first);
    sum = AddPairs(sum, hn::BitCast(d16, hn::TableLookupBytesOr0(x, low)), hn::LoadU(d16, weights));
    sum = AddPairs(sum, hn::BitCast(d16, hn::TableLookupBytesOr0(x, high)), hn::LoadU(d16, weights + 32));
  }
  if (w.channels == 1) sum = hn::Add(sum, hn::Shuffle2301(sum));
  if (w.channels <= 2) sum = hn::Add(sum, hn::Shuffle1032(sum));
  return sum;
}

void ResampleRowU8(const ByteWindows& w, const uint8_t* row, uint8_t* out) {
  const Bytes d8;
  const Ints d32;
  const hn::Full128<uint8_t> block;
  HWY_ALIGN uint8_t table[2][16], packed[16];
  for (int half = 0; half < 2; ++half)
    for (int i = 0; i < 16; ++i) {
      const ResampleTap at = resample_tap(w.channels, half, i / 4, i / 2 % 2);
      const bool zero = i % 2 == 1 || at.channel >= w.channels;
      table[half][i] = static_cast<uint8_t>(zero ? 0x80 : at.tap * w.channels + at.channel);
    }
  for (int i = 0; i < 16; ++i)
    packed[i] = static_cast<uint8_t>(i < 4 * w.channels ? i / w.channels * 4 + i % w.channels : 0);
  const auto low = hn::LoadDup128(d8, table[0]), high = hn::LoadDup128(d8, table[1]);
  const auto pack = hn::Load(block, packed);
  const auto rounding = hn::Set(d32, 1 << (w.bits - 1));
  const int64_t bytes_per_load = resample_taps_per_load(w.channels) * w.channels;
  HWY_ALIGN uint8_t four[16];
  for (int64_t g = 0; g < w.groups; ++g, out += 4 * w.channels) {
    for (int part = 0; part < 4; part += kBlocks) {
      const auto sum = RowSums(w, row, w.first + g * 4 + part, w.weights + g * w.loads * 64 + part * 8, low,
                               high, bytes_per_load);
      const hn::Rebind<uint8_t, Ints> narrow;
      hn::StoreU(hn::DemoteTo(narrow, hn::ShiftRightSame(hn::Add(sum, rounding), w.bits)), narrow,
                 four + part * 4);
    }
    hn::StoreU(hn::TableLookupBytes(hn::Load(block, four), pack), block, out);
  }
}

// A vector of outputs from byte i on; their sums are in four vectors of integers.
HWY_INLINE hn::Vec<Bytes> ColumnSums(int64_t taps, int bits, const uint8_t* const* rows, int64_t i,
                                     const int16_t* weights) {
  const Bytes d8;
  const Shorts d16;
  const Ints d32;
  const auto zero = hn::Zero(d8);
  auto a = hn::Set(d32, 1 << (bits - 1)), b = a, c = a, e = a;
  for (int64_t t = 0; t < taps; t += 2) {
    int32_t both;
    std::memcpy(&both, weights + t, sizeof(both));
    const auto k = hn::BitCast(d16, hn::Set(d32, both));
    const auto x = hn::LoadU(d8, rows[t] + i), y = hn::LoadU(d8, rows[t + 1] + i);
    const auto lower = hn::InterleaveLower(d8, x, y), upper = hn::InterleaveUpper(d8, x, y);
    a = AddPairs(a, hn::BitCast(d16, hn::InterleaveLower(d8, lower, zero)), k);
    b = AddPairs(b, hn::BitCast(d16, hn::InterleaveUpper(d8, lower, zero)), k);
    c = AddPairs(c, hn::BitCast(d16, hn::InterleaveLower(d8, upper, zero)), k);
    e = AddPairs(e, hn::BitCast(d16, hn::InterleaveUpper(d8, upper, zero)), k);
  }
  const auto clip = [=](auto v) FOVEA_INLINE_LAMBDA {
    return hn::Min(hn::Max(hn::ShiftRightSame(v, bits), hn::Zero(d32)), hn::Set(d32, 255));
  };
  const auto ab = hn::Or(clip(a), hn::ShiftLeft<16>(clip(b)));
  const auto ce = hn::Or(clip(c), hn::ShiftLeft<16>(clip(e)));
  const auto mixed = hn::BitCast(d8, hn::Or(ab, hn::ShiftLeft<8>(ce)));
  // Of each block: the first byte of its four lanes is a's, the second c's, the third b's, the last e's.
  HWY_ALIGN static constexpr uint8_t kOrder[16] = {0, 4, 8, 12, 2, 6, 10, 14, 1, 5, 9, 13, 3, 7, 11, 15};
  return hn::TableLookupBytes(mixed, hn::LoadDup128(d8, kOrder));
}

void ResampleColumnU8(int64_t n, int64_t taps, int bits, const uint8_t* const* rows, const int16_t* weights,
                      uint8_t* out) {
  const Bytes d;
  int64_t i = 0;
  for (; i + LanesOf(d) <= n; i += LanesOf(d))
    hn::StoreU(ColumnSums(taps, bits, rows, i, weights), d, out + i);
  if (i < n) StoreFirst(ColumnSums(taps, bits, rows, i, weights), d, out + i, n - i);
}

void ResampleRowF32(const FloatWindows& w, const float* row, float* out) {
  const hn::Full128<float> d;
  for (int64_t o = 0; o < w.outputs; ++o, out += w.channels) {
    auto sum = hn::Zero(d);
    for (int32_t t = 0; t < w.count[o]; ++t)
      sum = hn::MulAdd(hn::Set(d, w.weights[o * w.taps + t]), hn::LoadU(d, row + w.first[o] + t * w.channels),
                       sum);
    hn::StoreU(sum, d, out);
  }
}

#endif

void ResampleColumnF32(int64_t n, int64_t taps, const float* const* rows, const float* weights, float* out) {
  const Tag<float> d;
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    auto sum = hn::Zero(d);
    for (int64_t t = 0; t < taps; ++t) sum = hn::MulAdd(hn::Set(d, weights[t]), at.load(rows[t] + i), sum);
    at.store(sum, out + i);
  });
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(ResampleRowU8);
HWY_EXPORT(ResampleColumnU8);
HWY_EXPORT(ResampleRowF32);
HWY_EXPORT(ResampleColumnF32);

void resample_row(const ByteWindows& windows, const uint8_t* row, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(ResampleRowU8)(windows, row, out);
}
void resample_column(int64_t n, int64_t taps, int bits, const uint8_t* const* rows, const int16_t* weights,
                     uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(ResampleColumnU8)(n, taps, bits, rows, weights, out);
}
void resample_row(const FloatWindows& windows, const float* row, float* out) {
  HWY_DYNAMIC_DISPATCH(ResampleRowF32)(windows, row, out);
}
void resample_column(int64_t n, int64_t taps, const float* const* rows, const float* weights, float* out) {
  HWY_DYNAMIC_DISPATCH(ResampleColumnF32)(n, taps, rows, weights, out);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
