// Max, average and global average pooling of images, and max-unpooling.
// May use: layers/layer.h, layers/conv_attributes.h, kernels.
#include <algorithm>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/pool.h"
#include "layers/blocks.h"
#include "layers/conv_attributes.h"

namespace fovea::layers {
namespace {

long long number(int64_t v) {
  return static_cast<long long>(v);
}

// Resolves attributes along one axis (0: height, 1: width).
WindowAxis resolve(const Pool2dAttributes& a, size_t axis, int64_t in) {
  const int64_t size = a.size[axis], stride = a.strides[axis];
  if (a.padding == Padding::same) return same_padding(in, size, stride);
  WindowAxis r{0, a.pad[2 * axis], a.pad[2 * axis + 1]};
  const int64_t room = in + r.before + r.after - size;
  FOVEA_REQUIRE(room >= 0,
                "%s: the window of %lld is larger than the input of %lld with padding %lld and %lld",
                kAxisNames[axis], number(size), number(in), number(r.before), number(r.after));
  r.out = (a.ceil_mode ? blocks_of(room, stride) : room / stride) + 1;
  // A window must start inside the image or the padding before it.
  if ((r.out - 1) * stride >= in + r.before) --r.out;
  return r;
}

void check(const Pool2dAttributes& a) {
  for (size_t i = 0; i < 2; ++i)
    FOVEA_REQUIRE(a.size[i] >= 1 && a.size[i] <= kMostExtent, "%s of the window is %lld, expected 1 to %lld",
                  kAxisNames[i], number(a.size[i]), number(kMostExtent));
  check_strides(a.strides);
  FOVEA_REQUIRE(a.size[0] <= kMostExtent / a.size[1], "a window of %lldx%lld cells is too large",
                number(a.size[0]), number(a.size[1]));
  check_padding_is_one(a.padding, a.pad);
  for (size_t side = 0; side < 4; ++side)
    FOVEA_REQUIRE(a.pad[side] >= 0 && a.pad[side] <= a.size[side / 2] / 2,
                  "padding of %lld at the %s, expected 0 to %lld, half of the window's %lld",
                  number(a.pad[side]), kSideNames[side], number(a.size[side / 2] / 2),
                  number(a.size[side / 2]));
}

// What both poolings share: attributes and geometry.
template <class Me>
class Pool : public Typed<Me> {
 public:
  explicit Pool(const Pool2dAttributes& attributes) : a_(attributes) {}

  void attributes(AttributeVisitor& v) override {
    v.field("size", std::span<int64_t>(a_.size));
    v.field("strides", std::span<int64_t>(a_.strides));
    v.choice("padding", a_.padding, kPaddingNames);
    v.field("pad", std::span<int64_t>(a_.pad));
    v.field("ceil_mode", a_.ceil_mode);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    return set_geometry(inputs[0]);
  }

 protected:
  // Of pooling `image`; returns the output's shape.
  Shape set_geometry(const Shape& image) {
    expect_image(image);
    check(a_);
    const WindowAxis v = resolve(a_, 0, image[0]), h = resolve(a_, 1, image[1]);
    p_ = {0,
          image[0],
          image[1],
          image[2],
          v.out,
          h.out,
          {a_.size[0], a_.size[1]},
          {a_.strides[0], a_.strides[1]},
          {v.before, v.after, h.before, h.after},
          a_.exclude_padding};
    return {v.out, h.out, p_.channels};
  }

  // f(geometry, first row, rows) over the output's rows, or the input's.
  template <class F>
  void for_output_rows(Executor& exec, int64_t batch, F&& f) const {
    kernels::Pool2d p = p_;
    p.batch = batch;
    const int64_t per_row = p.out_width * p.channels * std::max<int64_t>(1, p.height / p.out_height) *
                            std::max<int64_t>(1, p.width / p.out_width);
    for_blocks(exec, batch * p.out_height, rows_per_task(per_row),
               [&](int64_t row, int64_t rows) { f(p, row, rows); });
  }
  template <class F>
  void for_input_rows(Executor& exec, int64_t batch, F&& f) const {
    kernels::Pool2d p = p_;
    p.batch = batch;
    for_blocks(exec, batch * p.height, rows_per_task(p.width * p.channels),
               [&](int64_t row, int64_t rows) { f(p, row, rows); });
  }

  Pool2dAttributes a_;
  kernels::Pool2d p_{};  // but for the batch
};

class MaxPool2d final : public Pool<MaxPool2d> {
 public:
  using Pool::Pool;
  std::string_view kind() const override { return "max_pool2d"; }
  Traits traits() const override { return {.accumulates = true}; }
  Demand demand(const DemandQuery& q) const override {
    const int64_t outputs = q.batch * p_.out_height * p_.out_width * p_.channels;
    return {.saved = q.training ? static_cast<size_t>(outputs) * (small_window() ? 1 : 4) : 0};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    if (small_window())
      forward_with(p, reinterpret_cast<uint8_t*>(p.saved));
    else
      forward_with(p, reinterpret_cast<uint32_t*>(p.saved));
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    if (small_window())
      backward_with(p, reinterpret_cast<const uint8_t*>(p.saved));
    else
      backward_with(p, reinterpret_cast<const uint32_t*>(p.saved));
  }

 private:
  bool small_window() const { return p_.window() <= 255; }
  template <class T, class Index>
  void forward_with(const ForwardPass<T>& p, Index* index) const {
    this->for_output_rows(p.exec, p.batch, [&](const kernels::Pool2d& g, int64_t row, int64_t rows) {
      kernels::max_pool(g, row, rows, p.x[0], p.y, p.training ? index : nullptr);
    });
  }
  template <class T, class Index>
  void backward_with(const BackwardPass<T>& p, const Index* index) const {
    this->for_input_rows(p.exec, p.batch, [&](const kernels::Pool2d& g, int64_t row, int64_t rows) {
      kernels::max_pool_backward(g, row, rows, index, p.dy, p.accumulate[0], p.dx[0]);
    });
  }
};

// The inverse of a max pooling: puts each value of x back where the largest cell of its window was in
// `pooled`, the image that was pooled, and zeros elsewhere; values that meet add up. It finds the cells
// again, since a layer sees tensors only. No gradient goes to `pooled`.
class MaxUnpool2d final : public Pool<MaxUnpool2d> {
 public:
  using Pool::Pool;
  std::string_view kind() const override { return "max_unpool2d"; }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 2);
    const Shape small = set_geometry(inputs[1]);
    FOVEA_REQUIRE(inputs[0] == small, "expects what pooling an image of %s gives, %s, found %s",
                  inputs[1].text().c_str(), small.text().c_str(), inputs[0].text().c_str());
    return inputs[1];
  }
  Traits traits() const override { return {.accumulates = true}; }
  Demand demand(const DemandQuery& q) const override {
    const size_t values = static_cast<size_t>(q.batch * outputs());
    const size_t indices = align_up(values * sizeof(uint32_t)), pooled = values * size_of(q.dtype);
    return {.saved = q.training ? indices : 0, .scratch = q.training ? pooled : indices + pooled};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const size_t indices = align_up(static_cast<size_t>(p.batch * outputs()) * sizeof(uint32_t));
    auto* const index = reinterpret_cast<uint32_t*>(p.training ? p.saved : p.scratch);
    T* const pooled = reinterpret_cast<T*>(p.scratch + (p.training ? 0 : indices));
    this->for_output_rows(p.exec, p.batch, [&](const kernels::Pool2d& g, int64_t row, int64_t rows) {
      kernels::max_pool(g, row, rows, p.x[1], pooled, index);
    });
    this->for_input_rows(p.exec, p.batch, [&](const kernels::Pool2d& g, int64_t row, int64_t rows) {
      kernels::max_pool_backward(g, row, rows, index, p.x[0], false, p.y);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const int64_t image = p_.height * p_.width * p_.channels;
    if (p.dx[1] != nullptr && !p.accumulate[1])
      for_elements(p.exec, p.batch * image, [&](int64_t i, int64_t n) { std::fill_n(p.dx[1] + i, n, T{0}); });
    if (p.dx[0] == nullptr) return;
    const auto* const index = reinterpret_cast<const uint32_t*>(p.saved);
    this->for_output_rows(p.exec, p.batch, [&](const kernels::Pool2d& g, int64_t row, int64_t rows) {
      for (int64_t r = row; r < row + rows; ++r) {
        const int64_t top = r % g.out_height * g.stride[0] - g.pad[0];
        const T* const dy = p.dy + r / g.out_height * image;
        for (int64_t i = 0; i < g.out_width * g.channels; ++i) {
          const int64_t at = r * g.out_width * g.channels + i, cell = index[at];
          const int64_t y = top + cell / g.size[1];
          const int64_t x = i / g.channels * g.stride[1] - g.pad[2] + cell % g.size[1];
          const T value = dy[(y * g.width + x) * g.channels + i % g.channels];
          p.dx[0][at] = p.accumulate[0] ? p.dx[0][at] + value : value;
        }
      }
    });
  }

 private:
  int64_t outputs() const { return p_.out_height * p_.out_width * p_.channels; }
};

class AveragePool2d final : public Pool<AveragePool2d> {
 public:
  using Pool::Pool;
  std::string_view kind() const override { return "average_pool2d"; }
  void attributes(AttributeVisitor& v) override {
    Pool::attributes(v);
    v.field("exclude_padding", a_.exclude_padding);
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    this->for_output_rows(p.exec, p.batch, [&](const kernels::Pool2d& g, int64_t row, int64_t rows) {
      kernels::average_pool(g, row, rows, p.x[0], p.y);
    });
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    this->for_input_rows(p.exec, p.batch, [&](const kernels::Pool2d& g, int64_t row, int64_t rows) {
      kernels::average_pool_backward(g, row, rows, p.dy, p.accumulate[0], p.dx[0]);
    });
  }
};

// height x width x channels -> channels.
class GlobalAveragePool2d final : public Typed<GlobalAveragePool2d> {
 public:
  std::string_view kind() const override { return "global_average_pool2d"; }
  void attributes(AttributeVisitor&) override {}
  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    expect_image(inputs[0]);
    pixels_ = inputs[0][0] * inputs[0][1];
    channels_ = inputs[0][2];
    return {channels_};
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_images(p.exec, p.batch, [&](int64_t image) {
      kernels::column_sums(pixels_, channels_, p.x[0] + image * pixels_ * channels_, channels_, share(),
                           p.y + image * channels_);
    });
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    for_images(p.exec, p.batch, [&](int64_t image) {
      T* const dy = p.dy + image * channels_;
      T* const dx = p.dx[0] + image * pixels_ * channels_;
      kernels::scale(channels_, share(), dy, dy);
      for (int64_t i = 0; i < pixels_; ++i) deliver(channels_, dy, p.accumulate[0], dx + i * channels_);
    });
  }

 private:
  double share() const { return 1.0 / static_cast<double>(pixels_); }
  template <class F>
  void for_images(Executor& exec, int64_t batch, F&& f) const {
    for_blocks(exec, batch, rows_per_task(pixels_ * channels_), [&](int64_t first, int64_t count) {
      for (int64_t i = first; i < first + count; ++i) f(i);
    });
  }

  int64_t pixels_ = 0;
  int64_t channels_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_max_pool2d(const Pool2dAttributes& a) {
  return std::make_unique<MaxPool2d>(a);
}
std::unique_ptr<Layer> make_max_unpool2d(const Pool2dAttributes& a) {
  return std::make_unique<MaxUnpool2d>(a);
}
std::unique_ptr<Layer> make_average_pool2d(const Pool2dAttributes& a) {
  return std::make_unique<AveragePool2d>(a);
}
std::unique_ptr<Layer> make_global_average_pool2d() {
  return std::make_unique<GlobalAveragePool2d>();
}

}  // namespace fovea::layers
