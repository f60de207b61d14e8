#include "data/geometry.h"

#include <algorithm>

#include "base/error.h"

namespace fovea::data {
namespace {

constexpr int64_t kMaxSide = 65536;

// PIL's: 16 bits behind the point, rounded.
uint8_t grey_of(const uint8_t* p) {
  return static_cast<uint8_t>((p[0] * 19595 + p[1] * 38470 + p[2] * 7471 + 0x8000) >> 16);
}
template <class T>
T grey_of(const T* p) {
  return static_cast<T>(0.299) * p[0] + static_cast<T>(0.587) * p[1] + static_cast<T>(0.114) * p[2];
}

template <class T>
TensorView converted(const TensorView& image, Channels channels, SampleMemory& memory) {
  const int64_t from = image.shape[2], to = channels == Channels::grey ? 1 : 3;
  const int64_t pixels = image.shape[0] * image.shape[1];
  const auto* in = static_cast<const T*>(image.data);
  T* out = memory.piece_of<T>(static_cast<size_t>(pixels * to));
  for (int64_t p = 0; p < pixels; ++p, in += from)
    if (to == 1)
      out[p] = from < 3 ? in[0] : grey_of(in);
    else
      for (int64_t c = 0; c < 3; ++c) out[p * 3 + c] = in[from < 3 ? 0 : c];
  return {out, image.dtype, {image.shape[0], image.shape[1], to}};
}

}  // namespace

TensorView with_channels(const TensorView& image, Channels channels, SampleMemory& memory) {
  const int64_t wanted = channels == Channels::grey ? 1 : 3;
  if (channels == Channels::keep || image.shape[2] == wanted) return image;
  if (image.dtype == DType::u8) return converted<uint8_t>(image, channels, memory);
  if (image.dtype == DType::f64) return converted<double>(image, channels, memory);
  return converted<float>(image, channels, memory);
}

bool Geometry::any() const {
  return channels != Channels::keep || short_side != 0 || height != 0 || crop_height != 0 || crop_width != 0;
}

void Geometry::validate() const {
  for (const int64_t side : {short_side, height, width, crop_height, crop_width})
    FOVEA_REQUIRE(side >= 0 && side <= kMaxSide, "transform: a side of %lld pixels",
                  static_cast<long long>(side));
  FOVEA_REQUIRE((height == 0) == (width == 0), "transform: resize to %lld x %lld",
                static_cast<long long>(height), static_cast<long long>(width));
  FOVEA_REQUIRE(short_side == 0 || height == 0, "transform: both a short side and an exact size");
  FOVEA_REQUIRE((crop_height == 0) == (crop_width == 0), "transform: crop to %lld x %lld",
                static_cast<long long>(crop_height), static_cast<long long>(crop_width));
}

TensorView Geometry::apply(const TensorView& image, SampleMemory& memory) const {
  check_image(image);
  // Fewer channels before, more of them after the resizing.
  const bool fewer = channels == Channels::grey || image.shape[2] == 4;
  const TensorView from = fewer ? with_channels(image, channels, memory) : image;
  ImageSize size{from.shape[0], from.shape[1]};
  if (short_side > 0) size = data::short_side(size.height, size.width, short_side);
  if (height > 0) size = {height, width};
  Resize how{
      .height = size.height, .width = size.width, .interpolation = interpolation, .antialias = antialias};
  if (crop_height > 0) {
    FOVEA_REQUIRE(crop_height <= size.height && crop_width <= size.width,
                  "an image of %lld x %lld is cropped to %lld x %lld: the transform has to resize it first",
                  static_cast<long long>(size.height), static_cast<long long>(size.width),
                  static_cast<long long>(crop_height), static_cast<long long>(crop_width));
    const ImageOffset middle = center_offset(size.height, size.width, crop_height, crop_width);
    how.crop_top = middle.top;
    how.crop_left = middle.left;
    how.crop_height = crop_height;
    how.crop_width = crop_width;
  }
  return with_channels(resize(from, how, memory), channels, memory);
}

}  // namespace fovea::data
