#include "kernels/image_warp.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <type_traits>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/image_warp.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

using D = Tag<float>;
using V = hn::Vec<D>;

void ProjectRow(const double* m, int64_t row, int64_t n, float* x, float* y) {
  const D d;
  const auto r = static_cast<double>(row);
  const auto set = [d](double value) HWY_ATTR { return hn::Set(d, static_cast<float>(value)); };
  const V x0 = set(m[1] * r + m[2]), y0 = set(m[4] * r + m[5]), z0 = set(m[7] * r + m[8]);
  const V dx = set(m[0]), dy = set(m[3]), dz = set(m[6]);
  const bool affine = m[6] == 0 && m[7] == 0 && m[8] == 1;
  ForEachVector(d, n, [=](int64_t i, auto at) FOVEA_INLINE_LAMBDA {
    const V column = hn::Iota(d, static_cast<float>(i));
    V px = hn::MulAdd(dx, column, x0), py = hn::MulAdd(dy, column, y0);
    if (!affine) {
      const V pz = hn::MulAdd(dz, column, z0);
      px = hn::Div(px, pz);
      py = hn::Div(py, pz);
    }
    at.store(px, x + i);
    at.store(py, y + i);
  });
}

// The cell of four pixels around a place, and how far it is from the upper left one of them.
struct Cell {
  int64_t index;
  float weight;
};
HWY_INLINE Cell CellOf(float at, int64_t extent, bool constant) {
  // Far outside is as good as just outside; what is no number is outside, too.
  const float low = constant ? -1.0f : 0.0f, high = static_cast<float>(constant ? extent : extent - 1);
  const float bounded = at > low ? std::min(at, high) : low;
  const float lower = std::floor(bounded);
  return {static_cast<int64_t>(lower), bounded - lower};
}

template <class T>
HWY_INLINE void SamplePixel(const WarpImage& image, const T* pixels, float x, float y, T* out) {
  const Cell column = CellOf(x, image.width, image.constant), row = CellOf(y, image.height, image.constant);
  const auto at = [&](int64_t r, int64_t c, int64_t channel) HWY_ATTR {
    if (image.constant && (r < 0 || r >= image.height || c < 0 || c >= image.width)) return image.fill;
    r = std::min(r, image.height - 1);
    c = std::min(c, image.width - 1);
    return static_cast<float>(pixels[(r * image.width + c) * image.channels + channel]);
  };
  for (int64_t channel = 0; channel < image.channels; ++channel) {
    const float a = at(row.index, column.index, channel), b = at(row.index, column.index + 1, channel);
    const float c = at(row.index + 1, column.index, channel),
                e = at(row.index + 1, column.index + 1, channel);
    const float upper = a + column.weight * (b - a), lower = c + column.weight * (e - c);
    const float value = upper + row.weight * (lower - upper);
    if constexpr (std::is_same_v<T, uint8_t>)
      out[channel] = static_cast<uint8_t>(std::clamp(value, 0.0f, 255.0f) + 0.5f);
    else
      out[channel] = value;
  }
}

template <class T>
void SampleEach(const WarpImage& image, const T* pixels, int64_t n, const float* x, const float* y, T* out) {
  for (int64_t i = 0; i < n; ++i) SamplePixel(image, pixels, x[i], y[i], out + i * image.channels);
}

#if HWY_TARGET <= HWY_AVX2  // gathers

// RGB: a gather of four bytes has a pixel and a byte of its neighbour.
class RgbSampler {
 public:
  RgbSampler(const WarpImage& image, const uint8_t* pixels) : image_(image), pixels_(pixels) {}

  static bool Serves(const WarpImage& image) {
    return image.channels == 3 && image.height >= 2 && image.width >= 2 &&
           image.height * image.width * 3 <= std::numeric_limits<int32_t>::max();
  }

  // Whether all places have their four pixels inside; then they can be looked up.
  HWY_INLINE bool Inside(V x, V y) const {
    const D d;
    const V zero = hn::Zero(d);
    const auto in_x = hn::And(hn::Ge(x, zero), hn::Le(x, Last(image_.width)));
    const auto in_y = hn::And(hn::Ge(y, zero), hn::Le(y, Last(image_.height)));
    return hn::AllTrue(d, hn::And(in_x, in_y));
  }
  // Whether all places are so far beside the image that none of their four pixels is inside.
  HWY_INLINE bool Outside(V x, V y) const {
    const D d;
    const V before = hn::Set(d, -1.0f);
    const auto beside_x = hn::Or(hn::Le(x, before), hn::Ge(x, hn::Set(d, static_cast<float>(image_.width))));
    const auto beside_y = hn::Or(hn::Le(y, before), hn::Ge(y, hn::Set(d, static_cast<float>(image_.height))));
    return hn::AllTrue(d, hn::Or(beside_x, beside_y));
  }
  HWY_INLINE void Bound(V& x, V& y) const {
    const V zero = hn::Zero(D());
    x = hn::Min(hn::Max(x, zero), Last(image_.width));
    y = hn::Min(hn::Max(y, zero), Last(image_.height));
  }

  HWY_INLINE void Sample(V x, V y, uint8_t* out) const {
    const D d;
    const DI di;
    const auto column = Lower(x, image_.width), row = Lower(y, image_.height);
    const V wx = hn::Sub(x, hn::ConvertTo(d, column)), wy = hn::Sub(y, hn::ConvertTo(d, row));
    const auto stride = hn::Set(di, static_cast<int32_t>(image_.width * 3));
    const auto left = hn::Add(hn::Mul(row, stride), hn::Mul(column, hn::Set(di, 3)));
    // The right one's bytes begin at the third of the left one's, so that nothing behind the image is read.
    const auto right = hn::Add(left, hn::Set(di, 2));
    auto a = At(left), b = hn::ShiftRight<8>(At(right));
    auto c = At(hn::Add(left, stride)), e = hn::ShiftRight<8>(At(hn::Add(right, stride)));
    const hn::Rebind<uint8_t, D> d8;
    hn::Vec<hn::Rebind<uint8_t, D>> color[3];
    for (auto& value : color) {
      const V upper = Between(wx, a, b), lower = Between(wx, c, e);
      value = hn::DemoteTo(d8, hn::NearestInt(hn::MulAdd(wy, hn::Sub(lower, upper), upper)));
      a = hn::ShiftRight<8>(a), b = hn::ShiftRight<8>(b);
      c = hn::ShiftRight<8>(c), e = hn::ShiftRight<8>(e);
    }
    hn::StoreInterleaved3(color[0], color[1], color[2], d8, out);
  }

 private:
  using DI = hn::Rebind<int32_t, D>;
  using VI = hn::Vec<DI>;

  static HWY_INLINE V Last(int64_t extent) { return hn::Set(D(), static_cast<float>(extent - 1)); }
  static HWY_INLINE VI Lower(V at, int64_t extent) {
    const DI di;
    return hn::Min(hn::Max(hn::ConvertTo(di, at), hn::Zero(di)),
                   hn::Set(di, static_cast<int32_t>(extent - 2)));
  }
  HWY_INLINE VI At(VI offset) const {
    return hn::GatherOffset(DI(), reinterpret_cast<const int32_t*>(pixels_), offset);
  }
  static HWY_INLINE V Between(V weight, VI a, VI b) {
    const D d;
    const auto byte = hn::Set(DI(), 255);
    const V from = hn::ConvertTo(d, hn::And(a, byte));
    return hn::MulAdd(weight, hn::Sub(hn::ConvertTo(d, hn::And(b, byte)), from), from);
  }

  WarpImage image_;
  const uint8_t* pixels_;
};

void SampleU8(const WarpImage& image, const uint8_t* pixels, int64_t n, const float* x, const float* y,
              uint8_t* out) {
  const D d;
  const int64_t lanes = LanesOf(d);
  int64_t i = 0;
  if (RgbSampler::Serves(image)) {
    const RgbSampler sampler(image, pixels);
    const auto fill = static_cast<uint8_t>(std::clamp(image.fill, 0.0f, 255.0f) + 0.5f);
    for (; i + lanes <= n; i += lanes) {
      V px = hn::LoadU(d, x + i), py = hn::LoadU(d, y + i);
      if (!image.constant) {
        sampler.Bound(px, py);
      } else if (sampler.Outside(px, py)) {
        std::fill_n(out + i * 3, lanes * 3, fill);
        continue;
      } else if (!sampler.Inside(px, py)) {
        SampleEach(image, pixels, lanes, x + i, y + i, out + i * 3);
        continue;
      }
      sampler.Sample(px, py, out + i * 3);
    }
  }
  SampleEach(image, pixels, n - i, x + i, y + i, out + i * image.channels);
}

#else

void SampleU8(const WarpImage& image, const uint8_t* pixels, int64_t n, const float* x, const float* y,
              uint8_t* out) {
  SampleEach(image, pixels, n, x, y, out);
}

#endif

void SampleF32(const WarpImage& image, const float* pixels, int64_t n, const float* x, const float* y,
               float* out) {
  SampleEach(image, pixels, n, x, y, out);
}

// A pixel at a time, in the end.
template <class T>
void MirrorRest(int64_t n, int64_t channels, const T* x, T* out) {
  for (int64_t i = 0; i < n; ++i)
    for (int64_t c = 0; c < channels; ++c) out[i * channels + c] = x[(n - 1 - i) * channels + c];
}

void MirrorU8(int64_t n, int64_t channels, const uint8_t* x, uint8_t* out) {
#if HWY_TARGET != HWY_SCALAR && HWY_TARGET != HWY_EMU128
  const hn::Full128<uint8_t> d;
  HWY_ALIGN static constexpr uint8_t kReverse[16] = {15, 14, 13, 12, 11, 10, 9, 8, 7, 6, 5, 4, 3, 2, 1, 0};
  const auto reverse = hn::Load(d, kReverse);
  const auto reversed = [=](auto v) HWY_ATTR { return hn::TableLookupBytes(v, reverse); };
  if (channels == 3) {
    for (; n >= 16; n -= 16, out += 48) {
      auto r = hn::Zero(d), g = r, b = r;
      hn::LoadInterleaved3(d, x + (n - 16) * 3, r, g, b);
      hn::StoreInterleaved3(reversed(r), reversed(g), reversed(b), d, out);
    }
  } else if (channels == 1) {
    for (; n >= 16; n -= 16, out += 16) hn::StoreU(reversed(hn::LoadU(d, x + n - 16)), d, out);
  }
#endif
  MirrorRest(n, channels, x, out);
}

void MirrorF32(int64_t n, int64_t channels, const float* x, float* out) {
  MirrorRest(n, channels, x, out);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(ProjectRow);
HWY_EXPORT(SampleU8);
HWY_EXPORT(SampleF32);
HWY_EXPORT(MirrorU8);
HWY_EXPORT(MirrorF32);

void project_row(const double* m, int64_t row, int64_t n, float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(ProjectRow)(m, row, n, x, y);
}
void sample_bilinear(const WarpImage& image, const uint8_t* pixels, int64_t n, const float* x, const float* y,
                     uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(SampleU8)(image, pixels, n, x, y, out);
}
void sample_bilinear(const WarpImage& image, const float* pixels, int64_t n, const float* x, const float* y,
                     float* out) {
  HWY_DYNAMIC_DISPATCH(SampleF32)(image, pixels, n, x, y, out);
}
void mirror_row(int64_t n, int64_t channels, const uint8_t* x, uint8_t* out) {
  HWY_DYNAMIC_DISPATCH(MirrorU8)(n, channels, x, out);
}
void mirror_row(int64_t n, int64_t channels, const float* x, float* out) {
  HWY_DYNAMIC_DISPATCH(MirrorF32)(n, channels, x, out);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
