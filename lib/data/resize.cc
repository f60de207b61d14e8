#include "data/resize.h"

#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "kernels/image_resize.h"

namespace fovea::data {
namespace {

using Ll = long long;

constexpr int64_t kMaxSide = 1 << 20;
// Bits behind the point: as many as 16-bit weights hold, at most PIL's 22.
constexpr int kMaxBits = 22;
constexpr int32_t kRoom = 700;  // between the largest weight and the largest 16-bit number

// How one axis is resampled: the windows of the wanted outputs.
struct Axis {
  int64_t outputs = 0;
  int64_t taps = 0;           // of the longest window
  int32_t* first = nullptr;   // [outputs]
  int32_t* count = nullptr;   // [outputs], at least 1
  double* weights = nullptr;  // [outputs][taps], sum 1
  bool identity = false;      // output i is source first[0] + i
};

double reach(Interpolation kind) {
  switch (kind) {
    case Interpolation::nearest:
      return 0;
    case Interpolation::bilinear:
      return 1;
    case Interpolation::bicubic:
      return 2;
    case Interpolation::area:
      return 0.5;
  }
  return 0;
}

double weight(Interpolation kind, double x) {
  if (kind == Interpolation::area) return x > -0.5 && x <= 0.5 ? 1 : 0;
  x = std::abs(x);
  if (kind == Interpolation::bilinear) return x < 1 ? 1 - x : 0;
  constexpr double a = -0.5;  // Keys, "Cubic convolution interpolation for digital image processing", 1981
  if (x < 1) return ((a + 2) * x - (a + 3)) * x * x + 1;
  return x < 2 ? (((x - 5) * x + 8) * x - 4) * a : 0;
}

// One axis of a request: pixels low to high - 1 of the source become `whole` outputs; wanted are `outputs` of
// them from `from` on.
struct AxisPlan {
  int64_t low, high;
  int64_t whole, from, outputs;
  bool reversed;
};

Axis windows(const AxisPlan& plan, const Resize& how, SampleMemory& memory) {
  const double scale = static_cast<double>(plan.high - plan.low) / static_cast<double>(plan.whole);
  const double stretch = how.antialias ? std::max(scale, 1.0) : 1.0;
  const double support = reach(how.interpolation) * stretch;
  Axis axis;
  axis.outputs = plan.outputs;
  axis.taps = std::min<int64_t>(static_cast<int64_t>(std::ceil(support)) * 2 + 1, plan.high - plan.low);
  axis.first = memory.piece_of<int32_t>(static_cast<size_t>(plan.outputs));
  axis.count = memory.piece_of<int32_t>(static_cast<size_t>(plan.outputs));
  axis.weights = memory.piece_of<double>(static_cast<size_t>(plan.outputs * axis.taps));
  axis.identity = true;
  for (int64_t o = 0; o < plan.outputs; ++o) {
    const int64_t at = plan.from + (plan.reversed ? plan.outputs - 1 - o : o);
    const double center = static_cast<double>(plan.low) + (static_cast<double>(at) + 0.5) * scale;
    double* w = axis.weights + o * axis.taps;
    int64_t first = std::max(static_cast<int64_t>(center - support + 0.5), plan.low);
    int64_t end = std::min(static_cast<int64_t>(center + support + 0.5), plan.high);
    if (how.interpolation == Interpolation::nearest || end <= first) {
      first = std::clamp(static_cast<int64_t>(center), plan.low, plan.high - 1);
      end = first + 1;
      w[0] = 1;
    } else {
      double sum = 0;
      for (int64_t i = first; i < end; ++i)
        sum += w[i - first] = weight(how.interpolation, (static_cast<double>(i) - center + 0.5) / stretch);
      for (int64_t i = first; i < end; ++i) w[i - first] /= sum;
      while (end - first > 1 && w[end - first - 1] == 0) --end;
      int64_t zeros = 0;
      while (zeros < end - first - 1 && w[zeros] == 0) ++zeros;
      std::copy(w + zeros, w + (end - first), w);
      first += zeros;
    }
    axis.first[o] = static_cast<int32_t>(first);
    axis.count[o] = static_cast<int32_t>(end - first);
    axis.identity &= end - first == 1 && first == axis.first[0] + o;
  }
  return axis;
}

// The weights of one output as multiples of 2^-bits that sum to exactly 1: what rounding takes is given to
// the largest, so that an even area keeps its grey; where 16 bits have no room, to as many as it takes.
void fixed_point(const double* weights, int64_t count, int bits, int16_t* out) {
  int32_t sum = 0;
  int64_t largest = 0;
  for (int64_t t = 0; t < count; ++t) {
    const auto w = static_cast<int32_t>(std::lround(std::ldexp(weights[t], bits)));
    out[t] = static_cast<int16_t>(w);
    sum += w;
    if (weights[t] > weights[largest]) largest = t;
  }
  const int32_t rest = (1 << bits) - sum;
  if (std::abs(rest) <= kRoom) {
    out[largest] = static_cast<int16_t>(out[largest] + rest);
    return;
  }
  for (int64_t t = 0; t < std::abs(rest); ++t) out[t] = static_cast<int16_t>(out[t] + (rest > 0 ? 1 : -1));
}

int bits_for(const Axis& axis) {
  double largest = 0;
  for (int64_t o = 0; o < axis.outputs; ++o)
    for (int32_t t = 0; t < axis.count[o]; ++t)
      largest = std::max(largest, std::abs(axis.weights[o * axis.taps + t]));
  int bits = kMaxBits;
  while (std::ldexp(largest, bits) > INT16_MAX - kRoom) --bits;
  return bits;
}

kernels::ByteWindows row_windows(const Axis& axis, int channels, SampleMemory& memory, const uint8_t*) {
  const int64_t per_load = kernels::resample_taps_per_load(channels);
  const int64_t groups = (axis.outputs + 3) / 4;
  int32_t longest = 1;
  for (int64_t o = 0; o < axis.outputs; ++o) longest = std::max(longest, axis.count[o]);
  kernels::ByteWindows w{groups, (longest + per_load - 1) / per_load, channels, bits_for(axis), nullptr,
                         nullptr};
  const auto entries = static_cast<size_t>(groups * w.loads * 64);
  auto* first = memory.piece_of<int32_t>(static_cast<size_t>(groups * 4));
  auto* weights = memory.piece_of<int16_t>(entries);
  auto* fixed = memory.piece_of<int16_t>(static_cast<size_t>(longest));
  std::fill_n(weights, entries, int16_t{0});
  for (int64_t o = 0; o < groups * 4; ++o) {
    const int64_t from = std::min(o, axis.outputs - 1);
    first[o] = axis.first[from] * channels;
    fixed_point(axis.weights + from * axis.taps, axis.count[from], w.bits, fixed);
    for (int64_t i = 0; i < w.loads * 16; ++i) {
      const auto place = kernels::resample_tap(channels, static_cast<int>(i / 8 % 2),
                                               static_cast<int>(i / 2 % 4), static_cast<int>(i % 2));
      const int64_t tap = i / 16 * per_load + place.tap;
      if (place.channel < channels && tap < axis.count[from])
        weights[((o / 4 * w.loads * 2 + i / 8) * 4 + o % 4) * 8 + i % 8] = fixed[tap];
    }
  }
  w.first = first;
  w.weights = weights;
  return w;
}

kernels::FloatWindows row_windows(const Axis& axis, int channels, SampleMemory& memory, const float*) {
  const auto entries = static_cast<size_t>(axis.outputs * axis.taps);
  auto* first = memory.piece_of<int32_t>(static_cast<size_t>(axis.outputs));
  auto* weights = memory.piece_of<float>(entries);
  for (int64_t o = 0; o < axis.outputs; ++o) {
    first[o] = axis.first[o] * channels;
    for (int32_t t = 0; t < axis.count[o]; ++t)
      weights[o * axis.taps + t] = static_cast<float>(axis.weights[o * axis.taps + t]);
  }
  return {axis.outputs, channels, first, axis.count, weights, axis.taps};
}

// The weights of one column window as the kernels take them, padded with one zero; made for one output after
// the other.
struct ColumnWeights {
  int bits;
  int16_t* fixed;
  void column(int64_t n, const double* weights, int64_t count, const uint8_t** rows, uint8_t* out) const {
    fixed_point(weights, count, bits, fixed);
    fixed[count] = 0;
    rows[count] = rows[count - 1];
    kernels::resample_column(n, (count + 1) / 2 * 2, bits, rows, fixed, out);
  }
};
struct FloatColumnWeights {
  float* rounded;
  void column(int64_t n, const double* weights, int64_t count, const float** rows, float* out) const {
    for (int64_t t = 0; t < count; ++t) rounded[t] = static_cast<float>(weights[t]);
    kernels::resample_column(n, count, rows, rounded, out);
  }
};
ColumnWeights column_weights(const Axis& axis, SampleMemory& memory, const uint8_t*) {
  return {bits_for(axis), memory.piece_of<int16_t>(static_cast<size_t>(axis.taps + 1))};
}
FloatColumnWeights column_weights(const Axis& axis, SampleMemory& memory, const float*) {
  return {memory.piece_of<float>(static_cast<size_t>(axis.taps))};
}

// From the start of a row to the end of what its windows read, in values.
int64_t reads(const kernels::ByteWindows& w) {
  const int64_t per_load = kernels::resample_taps_per_load(w.channels) * w.channels;
  return *std::max_element(w.first, w.first + w.groups * 4) + (w.loads - 1) * per_load + 16;
}
int64_t reads(const kernels::FloatWindows& w) {
  int64_t end = 0;
  for (int64_t o = 0; o < w.outputs; ++o)
    end = std::max<int64_t>(end, w.first[o] + (w.count[o] - 1) * w.channels + 4);
  return end;
}

// An image's rows, each readable as far as the windows go: near the end of the image, from a copy.
template <class T>
class Rows {
 public:
  Rows(const TensorView& image, int64_t reads, SampleMemory& memory)
      : pixels_(static_cast<const T*>(image.data)),
        row_(image.shape[1] * image.shape[2]),
        reads_(reads),
        end_(image.shape[0] * row_),
        copy_(memory.piece_of<T>(static_cast<size_t>(std::max(row_, reads)))) {
    std::fill_n(copy_, std::max(row_, reads), T{0});
  }
  const T* row(int64_t y) const {
    const T* at = pixels_ + y * row_;
    return y * row_ + reads_ <= end_ ? at : std::copy_n(at, row_, copy_) - row_;
  }

 private:
  const T* pixels_;
  int64_t row_, reads_, end_;
  T* copy_;
};

// Horizontally first, as PIL does, into a ring of as many rows as a window has; then vertically.
template <class T>
void two_passes(const TensorView& image, const Axis& rows, const Axis& columns, SampleMemory& memory,
                T* out) {
  constexpr auto slack = static_cast<int64_t>(kernels::kResampleSlack / sizeof(T));
  const int channels = static_cast<int>(image.shape[2]);
  const int64_t n = columns.outputs * channels;
  const int64_t stride = (columns.outputs + 3) / 4 * 4 * channels + slack;
  const auto windows = row_windows(columns, channels, memory, out);
  const auto column = column_weights(rows, memory, out);
  const Rows<T> source(image, reads(windows), memory);
  T* ring = memory.piece_of<T>(static_cast<size_t>(rows.taps * stride));
  std::fill_n(ring, rows.taps * stride, T{0});  // what is read behind a row is something
  auto** window = memory.piece_of<const T*>(static_cast<size_t>(rows.taps + 1));
  int64_t next = *std::min_element(rows.first, rows.first + rows.outputs);
  for (int64_t o = 0; o < rows.outputs; ++o, out += n) {
    for (; next < rows.first[o] + rows.count[o]; ++next) {
      const T* from = source.row(next);
      T* to = ring + next % rows.taps * stride;
      if (columns.identity)
        std::copy_n(from + columns.first[0] * channels, n, to);
      else
        kernels::resample_row(windows, from, to);
    }
    for (int32_t t = 0; t < rows.count[o]; ++t) window[t] = ring + (rows.first[o] + t) % rows.taps * stride;
    if (rows.count[o] == 1)
      std::copy_n(window[0], n, out);
    else
      column.column(n, rows.weights + o * rows.taps, rows.count[o], window, out);
  }
}

// A crop of a result of `whole` pixels; extent 0: all of it.
void check_crop(const char* what, int64_t from, int64_t extent, int64_t whole) {
  FOVEA_REQUIRE(from >= 0 && extent >= 1 && from <= whole - extent,
                "resize: the crop takes %s %lld to %lld of %lld", what, Ll{from}, Ll{from + extent},
                Ll{whole});
}

// With what 0 stands for.
Resize completed(const Resize& how, const TensorView& image) {
  Resize r = how;
  const int64_t height = image.shape[0], width = image.shape[1];
  if (r.top == 0 && r.left == 0 && r.bottom == 0 && r.right == 0) {
    r.bottom = height;
    r.right = width;
  }
  if (r.crop_height == 0) r.crop_height = r.height;
  if (r.crop_width == 0) r.crop_width = r.width;
  FOVEA_REQUIRE(r.height >= 1 && r.width >= 1 && r.height <= kMaxSide && r.width <= kMaxSide,
                "resize: the size is %lld x %lld", Ll{r.height}, Ll{r.width});
  FOVEA_REQUIRE(r.top >= 0 && r.left >= 0 && r.top < r.bottom && r.left < r.right && r.bottom <= height &&
                    r.right <= width,
                "resize: rows %lld to %lld and columns %lld to %lld of an image of %lld x %lld", Ll{r.top},
                Ll{r.bottom}, Ll{r.left}, Ll{r.right}, Ll{height}, Ll{width});
  check_crop("rows", r.crop_top, r.crop_height, r.height);
  check_crop("columns", r.crop_left, r.crop_width, r.width);
  return r;
}

}  // namespace

TensorView resize(const TensorView& image, const Resize& how, SampleMemory& memory) {
  check_image(image);
  TensorView from = image;
  if (from.dtype == DType::f64) {
    const int64_t n = from.shape.elements();
    auto* values = memory.piece_of<float>(static_cast<size_t>(n));
    convert(n, DType::f64, image.data, DType::f32, values);
    from = {values, DType::f32, image.shape};
  }
  const Resize r = completed(how, image);
  const Axis rows = windows({r.top, r.bottom, r.height, r.crop_top, r.crop_height, false}, r, memory);
  const Axis columns = windows({r.left, r.right, r.width, r.crop_left, r.crop_width, r.mirror}, r, memory);
  const Shape shape{r.crop_height, r.crop_width, image.shape[2]};
  if (rows.identity && columns.identity && shape == image.shape) return from;
  const auto n = static_cast<size_t>(shape.elements());
  if (from.dtype == DType::u8) {
    auto* out = memory.piece_of<uint8_t>(n);
    two_passes(from, rows, columns, memory, out);
    return {out, DType::u8, shape};
  }
  auto* out = memory.piece_of<float>(n);
  two_passes(from, rows, columns, memory, out);
  return {out, DType::f32, shape};
}

void check_image(const TensorView& image) {
  FOVEA_REQUIRE(image.shape.rank() == 3 && image.shape[2] >= 1 && image.shape[2] <= 4,
                "an image is %s, expected height x width x 1 to 4 channels", image.shape.text().c_str());
  FOVEA_REQUIRE(
      image.shape[0] >= 1 && image.shape[1] >= 1 && image.shape[0] <= kMaxSide && image.shape[1] <= kMaxSide,
      "an image is %s", image.shape.text().c_str());
  FOVEA_REQUIRE(image.dtype == DType::u8 || image.dtype == DType::f32 || image.dtype == DType::f64,
                "an image is %s, expected u8, f32 or f64", name_of(image.dtype));
}

ImageSize short_side(int64_t height, int64_t width, int64_t side) {
  if (height <= width) return {side, std::max<int64_t>(1, side * width / height)};
  return {std::max<int64_t>(1, side * height / width), side};
}

ImageOffset center_offset(int64_t height, int64_t width, int64_t crop_height, int64_t crop_width) {
  const auto half = [](int64_t room) { return room / 2 + (room % 2 == 1 && room / 2 % 2 == 1 ? 1 : 0); };
  return {half(height - crop_height), half(width - crop_width)};
}

}  // namespace fovea::data
