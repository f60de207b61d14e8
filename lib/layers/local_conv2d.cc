// Locally connected layer: a convolution whose kernel differs from place to place.
//   x [batch][height][width][channels], kernel
//   [out_height][out_width][kernel_h][kernel_w][channels][filters], bias [out_height][out_width][filters], y
//   [batch][out_height][out_width][filters].
// Each place is a matrix product over the batch. May use: layers/layer.h, layers/conv_*.h, kernels.
#include <algorithm>

#include "kernels/conv_im2col.h"
#include "kernels/epilogue.h"
#include "kernels/gemm.h"
#include "layers/blocks.h"
#include "layers/conv_attributes.h"
#include "layers/conv_block.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using kernels::gemm;
using kernels::Op;
class LocalConv2d final : public Typed<LocalConv2d> {
 public:
  explicit LocalConv2d(const LocalConv2dAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "local_conv2d"; }
  void attributes(AttributeVisitor& v) override {
    v.field("filters", a_.filters);
    v.field("kernel", std::span<int64_t>(a_.kernel));
    v.field("strides", std::span<int64_t>(a_.strides));
    v.field("pad", std::span<int64_t>(a_.pad));
    v.field("use_bias", a_.use_bias);
    v.choice("activation", a_.activation, kernels::kActivationNames);
    a_.kernel_initializer.visit("kernel_initializer", v);
    a_.bias_initializer.visit("bias_initializer", v);
    a_.kernel_regularizer.visit("kernel_regularizer", v);
    a_.bias_regularizer.visit("bias_regularizer", v);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    expect_derivative_from_output(a_.activation);
    shape_ = shape_of_convolution(conv_attributes(a_), inputs[0]);
    const Shape y{shape_.out_height, shape_.out_width, a_.filters};
    (void)checked_mul(shape_.window(), y.elements());  // the kernel
    return y;
  }

  std::vector<Parameter> parameters() const override {
    const ConvShape& s = shape_;
    const int64_t fan_in = s.window(), fan_out = s.kernel_h * s.kernel_w * s.filters;
    std::vector<Parameter> list;
    list.push_back({"kernel", Shape{s.out_height, s.out_width, s.kernel_h, s.kernel_w, s.channels, s.filters},
                    Role::kernel, resolve_kernel_initializer(a_.kernel_initializer, a_.activation), fan_in,
                    fan_out, a_.kernel_regularizer});
    if (a_.use_bias)
      list.push_back({"bias", Shape{s.out_height, s.out_width, s.filters}, Role::bias,
                      resolve_bias_initializer(a_.bias_initializer), fan_in, fan_out, a_.bias_regularizer});
    return list;
  }
  Traits traits() const override {
    return {.backward_reads_x = true, .backward_reads_y = fused() != Activation::linear, .accumulates = true};
  }
  Demand demand(const DemandQuery& q) const override {
    const int64_t columns = q.batch * shape_.window();
    return {.scratch = q.training ? static_cast<size_t>(columns * shape_.out_width) * size_of(q.dtype) : 0,
            .lane_scratch = static_cast<size_t>(columns) * size_of(q.dtype)};
  }
  int64_t multiply_adds() const override { return shape_.multiply_adds(); }
  bool absorb_activation(Activation f) override {
    if (fused() != Activation::linear || kernels::derivative_needs_input(f)) return false;
    absorbed_ = f;
    return true;
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const int64_t n = shape_.filters, places = shape_.out_height * shape_.out_width;
    p.exec.parallel_for(places, [&](int64_t place, int lane) {
      const T* const columns = windows(p, place, lane_memory<T>(p, lane));
      T* const y = p.y + place * n;
      gemm(Op::plain, Op::plain, p.batch, n, shape_.window(), T{1}, columns, shape_.window(),
           kernel(p.params[0], place), n, T{0}, y, places * n);
      kernels::finish_rows(fused(), p.batch, n, places * n, static_cast<const T*>(nullptr),
                           a_.use_bias ? p.params[1] + place * n : nullptr, y);
    });
  }

  // The windows of a row of places overlap, so its gradients are laid out first; then each image adds them
  // up.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const int64_t n = shape_.filters, places = shape_.out_height * shape_.out_width, window = shape_.window();
    const int64_t sample = places * n;
    if (fused() != Activation::linear)
      for_elements(p.exec, p.batch * sample, [&](int64_t i, int64_t count) {
        kernels::activate_backward(fused(), count, p.y + i, p.dy + i, p.dy + i);
      });
    T* const dbias = a_.use_bias ? p.dparams[1] : nullptr;
    if (p.dparams[0] != nullptr || dbias != nullptr)
      p.exec.parallel_for(places, [&](int64_t place, int lane) {
        const T* const dz = p.dy + place * n;
        if (dbias != nullptr) kernels::bias_gradient(p.batch, n, dz, sample, dbias + place * n);
        if (p.dparams[0] == nullptr) return;
        const T* const columns = windows(p, place, lane_memory<T>(p, lane));
        gemm(Op::transposed, Op::plain, window, n, p.batch, T{1}, columns, window, dz, sample, T{0},
             kernel(p.dparams[0], place), n);
      });
    if (p.dx[0] == nullptr) return;
    const int64_t image = shape_.input_elements(), width = shape_.out_width;
    if (!p.accumulate[0])
      for_elements(p.exec, p.batch * image,
                   [&](int64_t i, int64_t count) { std::fill_n(p.dx[0] + i, count, T{0}); });
    T* const columns = reinterpret_cast<T*>(p.scratch);  // [batch][place of the row][window]
    for (int64_t row = 0; row < shape_.out_height; ++row) {
      p.exec.parallel_for(width, [&](int64_t column, int) {
        const int64_t place = row * width + column;
        gemm(Op::plain, Op::transposed, p.batch, window, n, T{1}, p.dy + place * n, sample,
             kernel(p.params[0], place), n, T{0}, columns + column * window, width * window);
      });
      for_blocks(p.exec, p.batch, rows_per_task(width * window), [&](int64_t first, int64_t count) {
        for (int64_t s = first; s < first + count; ++s)
          kernels::col2im_add(shape_.windows(), row, 1, columns + s * width * window, p.dx[0] + s * image);
      });
    }
  }

 private:
  // What is applied to the output; attributes and initializers stay as they were given.
  Activation fused() const { return absorbed_ != Activation::linear ? absorbed_ : a_.activation; }
  template <class T>
  T* kernel(T* all, int64_t place) const {
    return all + place * shape_.window() * shape_.filters;
  }

  // What one place sees of each image of the batch: [batch][kernel_h][kernel_w][channels].
  template <class Pass, class T>
  const T* windows(const Pass& p, int64_t place, T* columns) const {
    const ConvShape& s = shape_;
    const int64_t top = place / s.out_width * s.stride_h - s.pad_top;
    const int64_t left = place % s.out_width * s.stride_w - s.pad_left;
    const int64_t begin = std::clamp<int64_t>(-left, 0, s.kernel_w);
    const int64_t end = std::clamp<int64_t>(s.width - left, begin, s.kernel_w);
    T* to = columns;
    for (int64_t image = 0; image < p.batch; ++image)
      for (int64_t u = 0; u < s.kernel_h; ++u, to += s.kernel_w * s.channels) {
        const int64_t y = top + u;
        if (y < 0 || y >= s.height) {
          std::fill_n(to, s.kernel_w * s.channels, T{0});
          continue;
        }
        std::fill_n(to, begin * s.channels, T{0});
        std::copy_n(p.x[0] + ((image * s.height + y) * s.width + left + begin) * s.channels,
                    (end - begin) * s.channels, to + begin * s.channels);
        std::fill_n(to + end * s.channels, (s.kernel_w - end) * s.channels, T{0});
      }
    return columns;
  }

  LocalConv2dAttributes a_;
  Activation absorbed_ = Activation::linear;
  ConvShape shape_;
};

}  // namespace

std::unique_ptr<Layer> make_local_conv2d(const LocalConv2dAttributes& a) {
  return std::make_unique<LocalConv2d>(a);
}

}  // namespace fovea::layers
