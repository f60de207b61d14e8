#include "data/transform.h"

#include <algorithm>
#include <cmath>
#include <type_traits>

#include "base/error.h"
#include "kernels/elementwise.h"

namespace fovea::data {
namespace {

// So many channels' constants are kept on the stack; more channels are done in blocks of this size.
constexpr int64_t kBlock = 512;

double entry(const std::vector<double>& values, int64_t channel, double none) {
  if (values.empty()) return none;
  return values[values.size() == 1 ? 0 : static_cast<size_t>(channel)];
}

void check_entries(const char* what, const std::vector<double>& values, int64_t channels, bool positive) {
  FOVEA_REQUIRE(values.size() <= 1 || static_cast<int64_t>(values.size()) == channels,
                "input transform: %s has %zu entries, expected 1 or %lld (channels)", what, values.size(),
                static_cast<long long>(channels));
  for (const double value : values)
    FOVEA_REQUIRE(std::isfinite(value) && (!positive || value > 0), "input transform: %s is %g", what, value);
}

// `rows` rows of `channels` contiguous values.
template <class From, class T>
void affine(int64_t rows, int64_t channels, const From* in, const T* factor, const T* offset, T* out) {
  if constexpr (std::is_same_v<From, uint8_t>) {
    kernels::convert_u8(rows, channels, in, factor, offset, out);
  } else if constexpr (std::is_same_v<From, T>) {
    kernels::affine_channels(rows, channels, in, factor, offset, out);
  } else {
    std::copy_n(in, rows * channels, out);
    kernels::affine_channels(rows, channels, out, factor, offset, out);
  }
}

template <class From, class T>
void apply_from(const InputTransform& transform, const From* in, int64_t elements, int64_t channels, T* out) {
  if (transform.mean.size() <= 1 && transform.std.size() <= 1) channels = 1;  // all alike
  T factor[kBlock], offset[kBlock];
  for (int64_t begin = 0; begin < channels; begin += kBlock) {
    const int64_t width = std::min(kBlock, channels - begin);
    for (int64_t i = 0; i < width; ++i) {
      const double deviation = entry(transform.std, begin + i, 1);
      factor[i] = static_cast<T>(transform.scale / deviation);
      offset[i] = static_cast<T>(-entry(transform.mean, begin + i, 0) / deviation);
    }
    if (width == channels) return affine(elements / channels, channels, in, factor, offset, out);
    for (int64_t at = begin; at < elements; at += channels)
      affine(1, width, in + at, factor, offset, out + at);
  }
}

}  // namespace

void InputTransform::validate(int64_t channels) const {
  FOVEA_REQUIRE(std::isfinite(scale), "input transform: scale is %g", scale);
  check_entries("mean", mean, channels, false);
  check_entries("stddev", std, channels, true);
}

template <class T>
void InputTransform::apply(DType from, const void* in, int64_t elements, int64_t channels, T* out) const {
  switch (from) {
    case DType::u8:
      return apply_from(*this, static_cast<const uint8_t*>(in), elements, channels, out);
    case DType::f32:
      return apply_from(*this, static_cast<const float*>(in), elements, channels, out);
    case DType::f64:
      return apply_from(*this, static_cast<const double*>(in), elements, channels, out);
    default:
      fail(Status::internal, "input transform: values of type %s", name_of(from));
  }
}

template void InputTransform::apply(DType, const void*, int64_t, int64_t, float*) const;
template void InputTransform::apply(DType, const void*, int64_t, int64_t, double*) const;

}  // namespace fovea::data
