// Convolution by GEMM. Where the images are a matrix already (pointwise: 1x1, stride 1; or one window over
// the whole image) they are used as they stand. Else the windows of some rows of outputs at a time are laid
// out in lane memory (im2col), few enough to stay in the cache.
#include "kernels/conv_im2col.h"
#include "kernels/epilogue.h"
#include "kernels/gemm.h"
#include "layers/conv_block.h"
#include "layers/conv_method.h"

namespace fovea::layers {
namespace {

using kernels::gemm;
using kernels::Op;

// An image of one pixel, whose channels are all that the window sees.
ConvSpec as_pointwise(ConvSpec spec) {
  ConvShape& s = spec.shape;
  if (s.is_whole_image()) {
    const int64_t elements = s.input_elements();
    s.channels = elements;
    s.height = s.width = s.kernel_h = s.kernel_w = s.stride_h = s.stride_w = 1;
  }
  return spec;
}

class GemmMethod final : public TypedConvMethod<GemmMethod> {
 public:
  GemmMethod(const ConvSpec& spec, bool pointwise) : spec_(spec), pointwise_(pointwise) {}

  Demand forward_demand(const DemandQuery& q) const override {
    const ConvShape& s = spec_.shape;
    return {q.training ? 0 : bytes(2 * s.filters, q.dtype), 0, 0, bytes(columns_elements(), q.dtype)};
  }
  Demand data_demand(const DemandQuery& q) const override {
    return {0, 0, 0, bytes(columns_elements(), q.dtype) + bytes(dz_elements(), q.dtype)};
  }
  Demand weights_demand(const DemandQuery& q) const override {
    const Cut cut = cut_weights(q.batch, q.dtype);
    return {0, 0, bytes((cut.parts.count - 1) * part_elements(), q.dtype),
            bytes(columns_elements(), q.dtype) + bytes(dz_elements(), q.dtype) +
                bytes(spec_.shape.filters, q.dtype)};
  }

  // OpenBLAS packs the weights itself; a folded batch norm becomes part of what follows the product.
  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    if (p.training) return;
    const int64_t n = spec_.shape.filters;
    T* scale = reinterpret_cast<T*>(p.packed);
    T* shift = scale + n;
    for (int64_t c = 0; c < n; ++c) {
      scale[c] = p.fold.scale ? p.fold.scale[c] : T{1};
      shift[c] =
          (spec_.use_bias ? p.params[1][c] * scale[c] : T{0}) + (p.fold.shift ? p.fold.shift[c] : T{0});
    }
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    const T* scale = p.training ? nullptr : reinterpret_cast<const T*>(p.packed);
    const T* shift = scale ? scale + s.filters : spec_.use_bias ? p.params[1] : nullptr;
    const int64_t rows = p.batch * s.out_height, row_blocks = blocks_of(rows, block_rows());
    const int64_t cuts = cuts_of(s.filters, row_blocks), cut = blocks_of(s.filters, cuts);
    p.exec.parallel_for(row_blocks * cuts, [&](int64_t task, int lane) {
      const int64_t row = task / cuts * block_rows(), n = std::min(block_rows(), rows - row);
      const int64_t first = task % cuts * cut, filters = std::min(cut, s.filters - first);
      T* columns = lane_memory<T>(p, lane);
      const int64_t pixels = n * s.out_width;
      T* y = p.y + row * s.out_width * s.filters + first;
      for (int64_t g = 0; g < s.groups && filters > 0; ++g) {
        const Matrix<T> x = windows(p.x[0], g, row, n, columns);
        const int64_t wide = s.groups > 1 ? s.group_filters() : filters, at = g * s.group_filters();
        gemm(Op::plain, Op::plain, pixels, wide, s.window(), T{1}, x.data, x.row, p.params[0] + first + at,
             s.filters, T{0}, y + at, s.filters);
      }
      if (filters > 0)
        kernels::finish_rows(spec_.activation, pixels, filters, s.filters, scale ? scale + first : nullptr,
                             shift ? shift + first : nullptr, y);
    });
  }

  template <class T>
  void run_data(const BackwardPass<T>& p) const {
    if (pointwise_)
      run_pointwise_data(p);
    else
      run_gathered_data(p);
  }

  template <class T>
  void run_weights(const BackwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    const Cut cut = cut_weights(p.batch, dtype_of<T>::value);
    const int64_t rows = p.batch * s.out_height;
    T* dkernel = p.dparams[0];
    T* dbias = spec_.use_bias ? p.dparams[1] : nullptr;
    T* others = reinterpret_cast<T*>(p.scratch);
    p.exec.parallel_for(cut.parts.count * cut.cuts, [&](int64_t task, int lane) {
      const int64_t part = task / cut.cuts, first = task % cut.cuts * cut.filters;
      const int64_t filters = std::min(cut.filters, s.filters - first);
      if (filters <= 0) return;
      T* columns = lane_memory<T>(p, lane);
      T* dz_copy = aligned_end(columns, columns_elements());
      T* spare = aligned_end(dz_copy, dz_elements());
      T* kernel_sum = part == 0 ? dkernel : others + (part - 1) * part_elements();
      T* bias_sum = part == 0 ? dbias : others + (part - 1) * part_elements() + s.kernel_elements();
      if (dbias) std::fill_n(bias_sum + first, filters, T{0});
      T beta = T{0};
      const int64_t end = cut.parts.first(part + 1, rows);
      for (int64_t row = cut.parts.first(part, rows); row < end; row += block_rows(), beta = T{1}) {
        const int64_t n = std::min(block_rows(), end - row);
        const T* dz = dz_rows(p, row, n, dz_copy) + first;
        if (dbias) add_bias_gradient(n * s.out_width, filters, dz, s.filters, spare, bias_sum + first);
        for (int64_t g = 0; g < s.groups && dkernel; ++g) {
          const Matrix<T> x = windows(p.x[0], g, row, n, columns);
          const int64_t wide = s.groups > 1 ? s.group_filters() : filters, at = g * s.group_filters();
          gemm(Op::transposed, Op::plain, s.window(), wide, n * s.out_width, T{1}, x.data, x.row, dz + at,
               s.filters, beta, kernel_sum + first + at, s.filters);
        }
      }
    });
    if (dkernel)
      add_parts(p.exec, cut.parts.count - 1, s.kernel_elements(), others, part_elements(), dkernel);
    if (dbias)
      add_parts(p.exec, cut.parts.count - 1, s.filters, others + s.kernel_elements(), part_elements(), dbias);
  }

 private:
  struct Cut {
    Parts parts;
    int64_t cuts, filters;
  };
  template <class T>
  struct Matrix {
    const T* data;
    int64_t row;  // distance
  };

  static size_t bytes(int64_t n, DType dtype) { return align_up(static_cast<size_t>(n) * size_of(dtype)); }

  // Rows of outputs that a block takes, counted through the whole batch. OpenBLAS packs all weights again in
  // every call, so there must be enough rows to pay for that; more only drive the windows out of the cache.
  int64_t block_rows() const {
    constexpr int64_t kFewestPixels = 192, kMostPixels = 768, kWindowElements = 96 << 10;
    const int64_t pixels = std::clamp(kWindowElements / spec_.shape.window(), kFewestPixels, kMostPixels);
    return blocks_of(pixels, spec_.shape.out_width);
  }
  int64_t columns_elements() const {
    return pointwise_ ? 0 : block_rows() * spec_.shape.out_width * spec_.shape.window();
  }
  int64_t dz_elements() const {
    return spec_.activation == Activation::linear
               ? 0
               : block_rows() * spec_.shape.out_width * spec_.shape.filters;
  }
  // Into how many pieces a product's columns are cut where its rows are few tasks, as in inference on one
  // image. Fewer columns would waste OpenBLAS's packing of the rows, and every piece lays the windows out
  // anew.
  int64_t cuts_of(int64_t columns, int64_t tasks) const {
    constexpr int64_t kFewestColumns = 64;
    const int64_t enough = pointwise_ ? 16 : 2;
    if (spec_.shape.groups > 1) return 1;
    return std::clamp<int64_t>(enough / tasks, 1, blocks_of(columns, kFewestColumns));
  }
  int64_t part_elements() const { return spec_.shape.kernel_elements() + spec_.shape.filters; }

  Cut cut_weights(int64_t batch, DType dtype) const {
    const ConvShape& s = spec_.shape;
    Cut cut{make_parts(blocks_of(batch * s.out_height, block_rows()),
                       part_elements() * static_cast<int64_t>(size_of(dtype))),
            1, s.filters};
    cut.cuts = cuts_of(s.filters, cut.parts.count);
    cut.filters = blocks_of(s.filters, cut.cuts);
    return cut;
  }

  // The windows of group g for n rows of outputs from `row`, counted through the batch.
  template <class T>
  Matrix<T> windows(const T* x, int64_t g, int64_t row, int64_t n, T* columns) const {
    const ConvShape& s = spec_.shape;
    if (pointwise_) return {x + row * s.width * s.channels + g * s.group_channels(), s.channels};
    T* to = columns;
    for (int64_t end = row + n; row < end;) {
      const int64_t image = row / s.out_height, first = row % s.out_height;
      const int64_t rows = std::min(end - row, s.out_height - first);
      kernels::im2col(s.windows(), first, rows, x + image * s.input_elements() + g * s.group_channels(), to);
      to += rows * s.out_width * s.window();
      row += rows;
    }
    return {columns, s.window()};
  }

  // n rows of dz from `row`, counted through the batch.
  template <class T>
  const T* dz_rows(const BackwardPass<T>& p, int64_t row, int64_t n, T* copy) const {
    const ConvShape& s = spec_.shape;
    const int64_t line = s.out_width * s.filters;
    if (spec_.activation == Activation::linear) return p.dy + row * line;
    kernels::activate_backward(spec_.activation, n * line, p.y + row * line, p.dy + row * line, copy);
    return copy;
  }

  template <class T>
  void run_pointwise_data(const BackwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    const int64_t rows = p.batch * s.out_height, row_blocks = blocks_of(rows, block_rows());
    const int64_t cuts = cuts_of(s.channels, row_blocks), cut = blocks_of(s.channels, cuts);
    p.exec.parallel_for(row_blocks * cuts, [&](int64_t task, int lane) {
      const int64_t row = task / cuts * block_rows(), n = std::min(block_rows(), rows - row);
      const int64_t first = task % cuts * cut, channels = std::min(cut, s.channels - first);
      if (channels <= 0) return;
      const T* dz = dz_rows(p, row, n, lane_memory<T>(p, lane));
      for (int64_t g = 0; g < s.groups; ++g) {
        const int64_t at = g * s.group_channels() + first;
        const int64_t wide = s.groups > 1 ? s.group_channels() : channels;
        gemm(Op::plain, Op::transposed, n * s.out_width, wide, s.group_filters(), T{1},
             dz + g * s.group_filters(), s.filters, p.params[0] + first * s.filters + g * s.group_filters(),
             s.filters, p.accumulate[0] ? T{1} : T{0}, p.dx[0] + row * s.width * s.channels + at, s.channels);
      }
    });
  }

  // Windows of neighbouring rows overlap, so an image belongs to one task.
  template <class T>
  void run_gathered_data(const BackwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    p.exec.parallel_for(p.batch, [&](int64_t image, int lane) {
      T* columns = lane_memory<T>(p, lane);
      T* dz_copy = aligned_end(columns, columns_elements());
      T* dx = p.dx[0] + image * s.input_elements();
      if (!p.accumulate[0]) std::fill_n(dx, s.input_elements(), T{0});
      for (int64_t row = 0; row < s.out_height; row += block_rows()) {
        const int64_t n = std::min(block_rows(), s.out_height - row);
        const T* dz = dz_rows(p, image * s.out_height + row, n, dz_copy);
        for (int64_t g = 0; g < s.groups; ++g) {
          gemm(Op::plain, Op::transposed, n * s.out_width, s.window(), s.group_filters(), T{1},
               dz + g * s.group_filters(), s.filters, p.params[0] + g * s.group_filters(), s.filters, T{0},
               columns, s.window());
          kernels::col2im_add(s.windows(), row, n, columns, dx + g * s.group_channels());
        }
      }
    });
  }

  ConvSpec spec_;
  bool pointwise_;
};

}  // namespace

std::unique_ptr<const ConvMethod> make_gemm_method(const ConvSpec& spec) {
  return std::make_unique<GemmMethod>(as_pointwise(spec), true);
}
std::unique_ptr<const ConvMethod> make_im2col_method(const ConvSpec& spec) {
  return std::make_unique<GemmMethod>(spec, false);
}

}  // namespace fovea::layers
