// Layers that make images larger: nearest, bilinear and "bed of nails" upsampling, pixel shuffle and its
// inverse. May use: layers/layer.h, layers/conv_attributes.h, kernels.
#include "kernels/resize.h"

#include <algorithm>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/copy.h"
#include "layers/blocks.h"
#include "layers/conv_attributes.h"

namespace fovea::layers {
namespace {

using ll = long long;

class Upsample2d final : public Typed<Upsample2d> {
 public:
  explicit Upsample2d(const Upsample2dAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "upsample2d"; }
  void attributes(AttributeVisitor& v) override {
    v.field("scale", std::span<int64_t>(a_.scale));
    v.choice("method", a_.method, kUpsampleNames);
    v.field("align_corners", a_.align_corners);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    expect_image(inputs[0]);
    for (size_t i = 0; i < 2; ++i) {
      in_[i] = inputs[0][static_cast<int>(i)];
      FOVEA_REQUIRE(a_.scale[i] >= 1 && a_.scale[i] <= INT32_MAX / in_[i],
                    "%s scale is %lld, expected 1 to %lld", kAxisNames[i], ll{a_.scale[i]},
                    ll{INT32_MAX / in_[i]});
    }
    FOVEA_REQUIRE(!a_.align_corners || a_.method == Upsample::bilinear,
                  "align_corners is for method bilinear, not %s",
                  kUpsampleNames[static_cast<size_t>(a_.method)]);
    channels_ = inputs[0][2];
    return {height(), width(), channels_};
  }
  Traits traits() const override { return {.accumulates = true}; }
  Demand demand(const DemandQuery&) const override {
    const size_t n = static_cast<size_t>(width());
    return {.lane_scratch =
                a_.method == Upsample::bilinear ? align_up(n * sizeof(double)) + 2 * n * sizeof(int32_t) : 0};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    if (a_.method == Upsample::bilinear) return interpolate(p);
    for_blocks(p.exec, p.batch * in_[0], rows_per_task(a_.scale[0] * line()),
               [&](int64_t first, int64_t rows) {
                 for (int64_t row = first; row < first + rows; ++row) {
                   const T* const x = p.x[0] + row * in_[1] * channels_;
                   T* const y = p.y + row * a_.scale[0] * line();
                   if (a_.method == Upsample::nearest) {
                     kernels::repeat_pixels(in_[1], a_.scale[1], channels_, x, y);
                     for (int64_t k = 1; k < a_.scale[0]; ++k) std::copy_n(y, line(), y + k * line());
                   } else {
                     std::fill_n(y, a_.scale[0] * line(), T{0});
                     kernels::copy_rows(in_[1], channels_, x, channels_, false, y, a_.scale[1] * channels_);
                   }
                 }
               });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    if (a_.method == Upsample::bilinear) return interpolate_backward(p);
    for_blocks(p.exec, p.batch * in_[0], rows_per_task(a_.scale[0] * line()),
               [&](int64_t first, int64_t rows) {
                 for (int64_t row = first; row < first + rows; ++row) {
                   const T* const dy = p.dy + row * a_.scale[0] * line();
                   T* const dx = p.dx[0] + row * in_[1] * channels_;
                   if (a_.method == Upsample::nearest)
                     kernels::sum_pixels(in_[1], a_.scale[1], channels_, a_.scale[0], line(), dy,
                                         p.accumulate[0], dx);
                   else
                     kernels::copy_rows(in_[1], channels_, dy, a_.scale[1] * channels_, p.accumulate[0], dx,
                                        channels_);
                 }
               });
  }

 private:
  int64_t height() const { return in_[0] * a_.scale[0]; }
  int64_t width() const { return in_[1] * a_.scale[1]; }
  int64_t line() const { return width() * channels_; }

  // The two cells of the input that place o of the output lies between, and how far on the way.
  struct Place {
    int64_t before, after;
    double weight;
  };
  Place place(size_t axis, int64_t o) const {
    const double n = static_cast<double>(in_[axis]), m = n * static_cast<double>(a_.scale[axis]);
    const double at = static_cast<double>(o);
    const double source =
        a_.align_corners ? (m > 1 ? at * (n - 1) / (m - 1) : 0) : std::max(0.0, (at + 0.5) * n / m - 0.5);
    const int64_t before = std::min(static_cast<int64_t>(source), in_[axis] - 1);
    return {before, std::min(before + 1, in_[axis] - 1), source - static_cast<double>(before)};
  }

  kernels::BilinearRow columns(std::byte* memory) const {
    auto* const weight = reinterpret_cast<double*>(memory);
    auto* const left =
        reinterpret_cast<int32_t*>(memory + align_up(static_cast<size_t>(width()) * sizeof(double)));
    int32_t* const right = left + width();
    for (int64_t o = 0; o < width(); ++o) {
      const Place p = place(1, o);
      left[o] = static_cast<int32_t>(p.before);
      right[o] = static_cast<int32_t>(p.after);
      weight[o] = p.weight;
    }
    return {width(), channels_, left, right, weight, 0};
  }

  template <class T>
  void interpolate(const ForwardPass<T>& p) const {
    const int64_t all = p.batch * height(), step = rows_per_task(line());
    p.exec.parallel_for(blocks_of(all, step), [&](int64_t task, int lane) {
      kernels::BilinearRow b = columns(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride);
      for (int64_t row = task * step; row < std::min(all, (task + 1) * step); ++row) {
        const Place v = place(0, row % height());
        const T* const image = p.x[0] + row / height() * in_[0] * in_[1] * channels_;
        b.row_weight = v.weight;
        kernels::bilinear(b, image + v.before * in_[1] * channels_, image + v.after * in_[1] * channels_,
                          p.y + row * line());
      }
    });
  }

  // Rows of the output share rows of the input, so an image belongs to one task.
  template <class T>
  void interpolate_backward(const BackwardPass<T>& p) const {
    const int64_t size = in_[0] * in_[1] * channels_, step = rows_per_task(height() * line());
    p.exec.parallel_for(blocks_of(p.batch, step), [&](int64_t task, int lane) {
      kernels::BilinearRow b = columns(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride);
      for (int64_t s = task * step; s < std::min(p.batch, (task + 1) * step); ++s) {
        T* const image = p.dx[0] + s * size;
        if (!p.accumulate[0]) std::fill_n(image, size, T{0});
        for (int64_t row = 0; row < height(); ++row) {
          const Place v = place(0, row);
          b.row_weight = v.weight;
          kernels::bilinear_backward(b, p.dy + (s * height() + row) * line(),
                                     image + v.before * in_[1] * channels_,
                                     image + v.after * in_[1] * channels_);
        }
      }
    });
  }

  Upsample2dAttributes a_;
  int64_t in_[2] = {}, channels_ = 0;
};

// Channel c * r * r + i * r + j of a pixel <-> channel c of pixel (i, j) of the r x r block in its place.
class PixelShuffle final : public Typed<PixelShuffle> {
 public:
  PixelShuffle(const PixelShuffleAttributes& a, bool inverse) : a_(a), inverse_(inverse) {}
  std::string_view kind() const override { return inverse_ ? "pixel_unshuffle" : "pixel_shuffle"; }
  void attributes(AttributeVisitor& v) override { v.field("factor", a_.factor); }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& in = inputs[0];
    expect_image(in);
    const int64_t r = a_.factor;
    FOVEA_REQUIRE(r >= 1 && r <= 1 << 15, "factor is %lld, expected 1 to 32768", ll{r});
    if (inverse_) {
      FOVEA_REQUIRE(in[0] % r == 0 && in[1] % r == 0, "factor %lld does not divide an image of %s", ll{r},
                    in.text().c_str());
      height_ = in[0] / r, width_ = in[1] / r, channels_ = in[2];
      return {height_, width_, checked_mul(channels_, r * r)};
    }
    FOVEA_REQUIRE(in[2] % (r * r) == 0, "input has %lld channels, which factor %lld squared does not divide",
                  ll{in[2]}, ll{r});
    height_ = in[0], width_ = in[1], channels_ = in[2] / (r * r);
    return {checked_mul(height_, r), checked_mul(width_, r), channels_};
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    move(p.exec, p.batch, !inverse_, p.x[0], false, p.y);
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] != nullptr) move(p.exec, p.batch, inverse_, p.dy, p.accumulate[0], p.dx[0]);
  }

 private:
  // From channels to pixels, or back. `deep` has the channels, `wide` the pixels.
  template <class T>
  void move(Executor& exec, int64_t batch, bool to_pixels, const T* from, bool accumulate, T* to) const {
    const int64_t r = a_.factor, squared = r * r, line = width_ * r * channels_;
    for_blocks(exec, batch * height_, rows_per_task(line * r), [&](int64_t first, int64_t rows) {
      for (int64_t row = first; row < first + rows; ++row)
        for (int64_t i = 0; i < r; ++i)
          for (int64_t j = 0; j < r; ++j) {
            const int64_t deep = row * width_ * channels_ * squared + i * r + j;
            const int64_t wide = (row * r + i) * line + j * channels_;
            if (to_pixels)
              move_line({channels_, squared, 1}, {width_, channels_ * squared, channels_ * r}, from + deep,
                        accumulate, to + wide);
            else
              move_line({channels_, 1, squared}, {width_, channels_ * r, channels_ * squared}, from + wide,
                        accumulate, to + deep);
          }
    });
  }

  struct Loop {
    int64_t count, read, write;  // steps
  };
  // The longer loop inside.
  template <class T>
  static void move_line(const Loop& a, const Loop& b, const T* from, bool accumulate, T* to) {
    const Loop& inner = a.count < b.count ? b : a;
    const Loop& outer = a.count < b.count ? a : b;
    for (int64_t k = 0; k < outer.count; ++k, from += outer.read, to += outer.write)
      if (accumulate)
        for (int64_t i = 0; i < inner.count; ++i) to[i * inner.write] += from[i * inner.read];
      else
        for (int64_t i = 0; i < inner.count; ++i) to[i * inner.write] = from[i * inner.read];
  }

  PixelShuffleAttributes a_;
  bool inverse_;
  int64_t height_ = 0, width_ = 0, channels_ = 0;  // of the deep image, and channels of the wide one
};

}  // namespace

std::unique_ptr<Layer> make_upsample2d(const Upsample2dAttributes& a) {
  return std::make_unique<Upsample2d>(a);
}
std::unique_ptr<Layer> make_pixel_shuffle(const PixelShuffleAttributes& a) {
  return std::make_unique<PixelShuffle>(a, false);
}
std::unique_ptr<Layer> make_pixel_unshuffle(const PixelShuffleAttributes& a) {
  return std::make_unique<PixelShuffle>(a, true);
}

}  // namespace fovea::layers
