#include "kernels/random.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/random.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/math-inl.h"
#include "kernels/philox-inl.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// Words and values of a chunk stay in the first-level cache between the passes.
constexpr int64_t kBlocks = 256, kWords = 4 * kBlocks;

void Words(const RandomKey& key, uint32_t sample, uint32_t first, uint32_t* words) {
#if HWY_TARGET == HWY_SCALAR || HWY_TARGET == HWY_EMU128
  for (uint32_t b = 0; b < kBlocks; ++b) {
    const PhiloxBlock block = key.draw(sample, first + b);
    std::copy(block.begin(), block.end(), words + 4 * b);
  }
#else
  const D32 d;
  const PhiloxLanes random(key, sample);
  for (int64_t b = 0; b < kBlocks; b += PhiloxLanes::Blocks()) {
    V32 low, high;
    random.Draw(first + static_cast<uint32_t>(b), low, high);
    hn::StoreU(low, d, words + 4 * b);
    hn::StoreU(high, d, words + 4 * b + LanesOf(d));
  }
#endif
}

// The upper bits of a word, as many as T holds (and a sign leaves), exactly.
template <int kShift>
HWY_INLINE hn::Vec<Tag<float>> Upper(Tag<float> d, hn::Vec<hn::Rebind<uint32_t, Tag<float>>> words) {
  const hn::Rebind<int32_t, Tag<float>> di;
  return hn::ConvertTo(d, hn::BitCast(di, hn::ShiftRight<kShift>(words)));
}
template <int kShift>
HWY_INLINE hn::Vec<Tag<double>> Upper(Tag<double> d, hn::Vec<hn::Rebind<uint32_t, Tag<double>>> words) {
  const hn::Rebind<int32_t, Tag<double>> di;
  return hn::PromoteTo(d, hn::BitCast(di, hn::ShiftRight<kShift>(words)));
}
template <class T>
constexpr int kDropped = sizeof(T) == 4 ? 8 : 1;
template <class T>
constexpr T kUnit = sizeof(T) == 4 ? T(0x1p-24) : T(0x1p-31);

template <class T>
void UniformOf(const uint32_t* words, double low, double high, T* y) {
  const Tag<T> d;
  const hn::Rebind<uint32_t, Tag<T>> du;
  const auto from = hn::Set(d, static_cast<T>(low)),
             range = hn::Set(d, static_cast<T>(high - low) * kUnit<T>);
  for (int64_t i = 0; i < kWords; i += LanesOf(d))
    hn::StoreU(hn::MulAdd(range, Upper<kDropped<T>>(d, hn::LoadU(du, words + i)), from), d, y + i);
}

template <class T>
void NormalOf(const uint32_t* words, double mean, double stddev, T* y) {
  const Tag<T> d;
  const hn::Rebind<uint32_t, Tag<T>> du;
  const auto centre = hn::Set(d, static_cast<T>(mean)), deviation = hn::Set(d, static_cast<T>(stddev));
  const auto half = hn::Set(d, T(0.5)), unit = hn::Set(d, T(0x1p-31));
  const auto turn = hn::Set(d, static_cast<T>(6.283185307179586476925286766559) * kUnit<T>);
  for (int64_t i = 0; i < kWords; i += 2 * LanesOf(d)) {
    hn::Vec<decltype(du)> a, b;
    hn::LoadInterleaved2(du, words + i, a, b);
    // Never 0, and small where the word is, which is where the logarithm is large.
    const auto u = hn::Mul(hn::Add(Upper<1>(d, a), half), unit);
    const auto r = hn::Mul(hn::Sqrt(hn::Mul(hn::Set(d, T(-2)), hn::Log(d, u))), deviation);
    const auto angle = hn::Mul(Upper<kDropped<T>>(d, b), turn);
    hn::StoreInterleaved2(hn::MulAdd(r, hn::Cos(d, angle), centre), hn::MulAdd(r, hn::Sin(d, angle), centre),
                          d, y + i);
  }
}

template <class T, class F>
void Fill(const RandomKey& key, uint32_t sample, uint32_t first, int64_t n, T* y, F&& values_of) {
  HWY_ALIGN uint32_t words[kWords];
  HWY_ALIGN T values[kWords];
  for (int64_t i = 0; i < n; i += kWords, first += kBlocks) {
    Words(key, sample, first, words);
    const bool whole = n - i >= kWords;
    values_of(words, whole ? y + i : values);
    if (!whole) std::copy_n(values, n - i, y + i);
  }
}

template <class T>
void Uniform(const RandomKey& key, uint32_t sample, uint32_t first, int64_t n, double low, double high,
             T* y) {
  Fill(key, sample, first, n, y,
       [=](const uint32_t* words, T* to) HWY_ATTR { UniformOf(words, low, high, to); });
}
template <class T>
void Normal(const RandomKey& key, uint32_t sample, uint32_t first, int64_t n, double mean, double stddev,
            T* y) {
  Fill(key, sample, first, n, y,
       [=](const uint32_t* words, T* to) HWY_ATTR { NormalOf(words, mean, stddev, to); });
}

void UniformF32(const RandomKey& key, uint32_t sample, uint32_t first, int64_t n, double low, double high,
                float* y) {
  Uniform(key, sample, first, n, low, high, y);
}
void UniformF64(const RandomKey& key, uint32_t sample, uint32_t first, int64_t n, double low, double high,
                double* y) {
  Uniform(key, sample, first, n, low, high, y);
}
void NormalF32(const RandomKey& key, uint32_t sample, uint32_t first, int64_t n, double mean, double stddev,
               float* y) {
  Normal(key, sample, first, n, mean, stddev, y);
}
void NormalF64(const RandomKey& key, uint32_t sample, uint32_t first, int64_t n, double mean, double stddev,
               double* y) {
  Normal(key, sample, first, n, mean, stddev, y);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(UniformF32);
HWY_EXPORT(UniformF64);
HWY_EXPORT(NormalF32);
HWY_EXPORT(NormalF64);

void random_uniform(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double low,
                    double high, float* y) {
  HWY_DYNAMIC_DISPATCH(UniformF32)(key, sample, first_block, n, low, high, y);
}
void random_uniform(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double low,
                    double high, double* y) {
  HWY_DYNAMIC_DISPATCH(UniformF64)(key, sample, first_block, n, low, high, y);
}
void random_normal(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double mean,
                   double stddev, float* y) {
  HWY_DYNAMIC_DISPATCH(NormalF32)(key, sample, first_block, n, mean, stddev, y);
}
void random_normal(const RandomKey& key, uint32_t sample, uint32_t first_block, int64_t n, double mean,
                   double stddev, double* y) {
  HWY_DYNAMIC_DISPATCH(NormalF64)(key, sample, first_block, n, mean, stddev, y);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
