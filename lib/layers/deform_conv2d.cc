// Deformable convolution (Dai et al. 2017; with factors, Zhu et al. 2019): a convolution whose window's cells
// are moved by offsets that another part of the network computes, and, with a third input, multiplied by
// factors. Channels of the offsets as torchvision has them: [offset group][u][v][dy, dx].
//   x [batch][height][width][channels], offsets [batch][out_height][out_width][2 groups cells],
//   factors [batch][out_height][out_width][groups cells], kernel [kernel_h][kernel_w][channels /
//   groups][filters].
// May use: layers/layer.h, layers/conv_*.h, kernels.
#include <algorithm>

#include "base/error.h"
#include "kernels/deform.h"
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
using ll = long long;

// So that a coordinate keeps its fraction in f32.
constexpr int64_t kMostPixels = int64_t{1} << 22;

class DeformConv2d final : public Typed<DeformConv2d> {
 public:
  explicit DeformConv2d(const DeformConv2dAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "deform_conv2d"; }
  void attributes(AttributeVisitor& v) override {
    v.field("filters", a_.filters);
    v.field("kernel", std::span<int64_t>(a_.kernel));
    v.field("strides", std::span<int64_t>(a_.strides));
    v.field("dilation", std::span<int64_t>(a_.dilation));
    v.field("groups", a_.groups);
    v.field("offset_groups", a_.offset_groups);
    v.field("pad", std::span<int64_t>(a_.pad));
    v.field("use_bias", a_.use_bias);
    a_.kernel_initializer.visit("kernel_initializer", v);
    a_.bias_initializer.visit("bias_initializer", v);
    a_.kernel_regularizer.visit("kernel_regularizer", v);
    a_.bias_regularizer.visit("bias_regularizer", v);
  }

  Shape setup(std::span<const Shape> inputs) override {
    FOVEA_REQUIRE(inputs.size() == 2 || inputs.size() == 3,
                  "expects x, offsets and perhaps factors, got %zu inputs", inputs.size());
    const Shape& in = inputs[0];
    shape_ = shape_of_convolution(conv_attributes(a_), in);
    FOVEA_REQUIRE(in[0] <= kMostPixels && in[1] <= kMostPixels, "an input of %s is too large",
                  in.text().c_str());
    FOVEA_REQUIRE(a_.offset_groups >= 1, "offset_groups is %lld, expected at least 1", ll{a_.offset_groups});
    FOVEA_REQUIRE(in[2] % a_.offset_groups == 0,
                  "input has %lld channels, offset_groups=%lld does not divide it", ll{in[2]},
                  ll{a_.offset_groups});
    has_factors_ = inputs.size() == 3;
    for (size_t i = 1; i < inputs.size(); ++i) {
      const int64_t channels = i == 1 ? 2 * places() : places();
      const Shape wanted{shape_.out_height, shape_.out_width, channels};
      FOVEA_REQUIRE(inputs[i] == wanted, "expects %s of %s, found %s", i == 1 ? "offsets" : "factors",
                    wanted.text().c_str(), inputs[i].text().c_str());
    }
    return {shape_.out_height, shape_.out_width, a_.filters};
  }

  std::vector<Parameter> parameters() const override {
    const ConvShape& s = shape_;
    const int64_t cells = s.kernel_h * s.kernel_w;
    const int64_t fan_in = cells * s.group_channels(), fan_out = cells * s.group_filters();
    std::vector<Parameter> list;
    list.push_back({"kernel", Shape{s.kernel_h, s.kernel_w, s.group_channels(), s.filters}, Role::kernel,
                    resolve_kernel_initializer(a_.kernel_initializer, Activation::linear), fan_in, fan_out,
                    a_.kernel_regularizer});
    if (a_.use_bias)
      list.push_back({"bias", Shape{s.filters}, Role::bias, resolve_bias_initializer(a_.bias_initializer),
                      fan_in, fan_out, a_.bias_regularizer});
    return list;
  }
  Traits traits() const override { return {.backward_reads_x = true, .accumulates = true}; }
  Demand demand(const DemandQuery& q) const override {
    const size_t element = size_of(q.dtype), columns = aligned(row_columns(), element);
    if (!q.training) return {.lane_scratch = columns};
    const Parts parts = parts_of(q.batch);
    return {.scratch = static_cast<size_t>((parts.count - 1) * part_elements()) * element,
            .lane_scratch = 2 * columns + aligned(shape_.filters, element)};
  }
  int64_t multiply_adds() const override { return shape_.multiply_adds(); }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const ConvShape& s = shape_;
    const int64_t line = s.out_width * s.filters;
    p.exec.parallel_for(p.batch * s.out_height, [&](int64_t row, int lane) {
      T* const columns = lane_memory<T>(p, lane);
      lay_out(p, row, columns);
      T* const y = p.y + row * line;
      for_products([&](int64_t cell, int64_t g) {
        gemm(Op::plain, Op::plain, s.out_width, s.group_filters(), depth(), T{1},
             columns + column_of(cell, g), columns_width(), p.params[0] + kernel_at(cell, g), s.filters,
             cell == 0 ? T{0} : T{1}, y + g * s.group_filters(), s.filters);
      });
      if (a_.use_bias)
        kernels::finish_rows(Activation::linear, s.out_width, s.filters, s.filters,
                             static_cast<const T*>(nullptr), p.params[1], y);
    });
  }

  // Windows overlap, so an image belongs to one task; parameters are summed in parts of the batch.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const ConvShape& s = shape_;
    const Parts parts = parts_of(p.batch);
    T* const others = reinterpret_cast<T*>(p.scratch);
    T* const dkernel = p.dparams[0];
    T* const dbias = a_.use_bias ? p.dparams[1] : nullptr;
    const auto sum_of = [&](int64_t part, T* first, int64_t offset) {
      if (first == nullptr) return first;
      return part == 0 ? first : others + (part - 1) * part_elements() + offset;
    };
    p.exec.parallel_for(parts.count, [&](int64_t part, int lane) {
      T* const kernel_sum = sum_of(part, dkernel, 0);
      T* const bias_sum = sum_of(part, dbias, s.kernel_elements());
      if (kernel_sum != nullptr) std::fill_n(kernel_sum, s.kernel_elements(), T{0});
      if (bias_sum != nullptr) std::fill_n(bias_sum, s.filters, T{0});
      for (int64_t image = parts.first(part, p.batch); image < parts.first(part + 1, p.batch); ++image) {
        clear(p, image);
        for (int64_t row = image * s.out_height; row < (image + 1) * s.out_height; ++row)
          backward_row(p, row, lane, kernel_sum, bias_sum);
      }
    });
    if (dkernel != nullptr)
      add_parts(p.exec, parts.count - 1, s.kernel_elements(), others, part_elements(), dkernel);
    if (dbias != nullptr)
      add_parts(p.exec, parts.count - 1, s.filters, others + s.kernel_elements(), part_elements(), dbias);
  }

 private:
  static size_t aligned(int64_t n, size_t element) { return align_up(static_cast<size_t>(n) * element); }
  // Offsets of a pixel, in pairs.
  int64_t places() const { return a_.offset_groups * shape_.kernel_h * shape_.kernel_w; }
  int64_t columns_width() const { return shape_.kernel_h * shape_.kernel_w * shape_.channels; }
  int64_t row_columns() const { return shape_.out_width * columns_width(); }
  int64_t part_elements() const { return shape_.kernel_elements() + shape_.filters; }
  Parts parts_of(int64_t batch) const { return make_parts(batch, part_elements() * 8); }

  // The products of a row with the kernel: one, or with groups one for each cell and group, since a group's
  // channels do not lie together then. f(cell, group).
  template <class F>
  void for_products(F&& f) const {
    const int64_t cells = shape_.groups == 1 ? 1 : shape_.kernel_h * shape_.kernel_w;
    for (int64_t cell = 0; cell < cells; ++cell)
      for (int64_t g = 0; g < shape_.groups; ++g) f(cell, g);
  }
  int64_t depth() const { return shape_.groups == 1 ? columns_width() : shape_.group_channels(); }
  int64_t column_of(int64_t cell, int64_t g) const {
    return cell * shape_.channels + g * shape_.group_channels();
  }
  int64_t kernel_at(int64_t cell, int64_t g) const {
    return cell * shape_.group_channels() * shape_.filters + g * shape_.group_filters();
  }

  kernels::Deform geometry() const {
    const ConvShape& s = shape_;
    return {s.height,     s.width,      s.channels, s.kernel_h, s.kernel_w,  s.stride_h,      s.stride_w,
            s.dilation_h, s.dilation_w, s.pad_top,  s.pad_left, s.out_width, a_.offset_groups};
  }
  // Row `row`, counted through the batch, of an input with n values for each pixel of the output.
  template <class P>
  P row_of(P all, int64_t row, int64_t n) const {
    return all == nullptr ? nullptr : all + row * shape_.out_width * n;
  }
  template <class Pass, class T>
  void lay_out(const Pass& p, int64_t row, T* columns) const {
    kernels::deform_columns(
        geometry(), row % shape_.out_height, p.x[0] + row / shape_.out_height * shape_.input_elements(),
        row_of(p.x[1], row, 2 * places()), has_factors_ ? row_of(p.x[2], row, places()) : nullptr, columns);
  }

  template <class T>
  void clear(const BackwardPass<T>& p, int64_t image) const {
    const int64_t pixels = shape_.out_height * shape_.out_width;
    const int64_t sizes[] = {shape_.input_elements(), pixels * 2 * places(), pixels * places()};
    for (size_t i = 0; i < p.dx.size(); ++i)
      if (p.dx[i] != nullptr && !p.accumulate[i]) std::fill_n(p.dx[i] + image * sizes[i], sizes[i], T{0});
  }

  template <class T>
  void backward_row(const BackwardPass<T>& p, int64_t row, int lane, T* kernel_sum, T* bias_sum) const {
    const ConvShape& s = shape_;
    T* const columns = lane_memory<T>(p, lane);
    T* const dcolumns = aligned_end(columns, row_columns());
    T* const spare = aligned_end(dcolumns, row_columns());
    const T* const dz = p.dy + row * s.out_width * s.filters;
    if (bias_sum != nullptr) add_bias_gradient(s.out_width, s.filters, dz, s.filters, spare, bias_sum);
    if (kernel_sum != nullptr) {
      lay_out(p, row, columns);
      for_products([&](int64_t cell, int64_t g) {
        gemm(Op::transposed, Op::plain, depth(), s.group_filters(), s.out_width, T{1},
             columns + column_of(cell, g), columns_width(), dz + g * s.group_filters(), s.filters, T{1},
             kernel_sum + kernel_at(cell, g), s.filters);
      });
    }
    T* const dfactors = has_factors_ ? p.dx[2] : nullptr;
    if (p.dx[0] == nullptr && p.dx[1] == nullptr && dfactors == nullptr) return;
    for_products([&](int64_t cell, int64_t g) {
      gemm(Op::plain, Op::transposed, s.out_width, depth(), s.group_filters(), T{1},
           dz + g * s.group_filters(), s.filters, p.params[0] + kernel_at(cell, g), s.filters, T{0},
           dcolumns + column_of(cell, g), columns_width());
    });
    const int64_t image = row / s.out_height * s.input_elements();
    kernels::deform_columns_backward(geometry(), row % s.out_height, p.x[0] + image,
                                     row_of(p.x[1], row, 2 * places()),
                                     has_factors_ ? row_of(p.x[2], row, places()) : nullptr, dcolumns,
                                     p.dx[0] == nullptr ? nullptr : p.dx[0] + image,
                                     row_of(p.dx[1], row, 2 * places()), row_of(dfactors, row, places()));
  }

  DeformConv2dAttributes a_;
  ConvShape shape_;
  bool has_factors_ = false;
};

}  // namespace

std::unique_ptr<Layer> make_deform_conv2d(const DeformConv2dAttributes& a) {
  return std::make_unique<DeformConv2d>(a);
}

}  // namespace fovea::layers
