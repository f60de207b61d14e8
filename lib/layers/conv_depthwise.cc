// Depthwise convolution: as many filters as channels, each sees one channel.
#include "kernels/conv_depthwise.h"

#include "kernels/epilogue.h"
#include "layers/conv_correlator.h"
#include "layers/conv_method.h"

namespace fovea::layers {
namespace {

// One direction. Its weights are rows of channels: the bias, then [step][tap].
struct DepthwiseDirection {
  Correlator correlator;
  std::vector<std::vector<int64_t>> offsets;  // [step][tap]
  std::vector<int64_t> first_tap;             // [step]
  int64_t taps = 0;

  explicit DepthwiseDirection(Correlator c) : correlator(std::move(c)) {
    for (const Correlator::Step& step : correlator.steps()) {
      first_tap.push_back(taps);
      taps += static_cast<int64_t>(step.runs.size());
      auto& of_step = offsets.emplace_back();
      for (const kernels::Run& run : step.runs) of_step.push_back(run.offset);
    }
  }

  int64_t weight_elements(int64_t channels) const { return (taps + 1) * channels; }

  template <class T>
  void pack(int64_t channels, const T* weights, const T* bias, const Affine<T>& fold, T* packed) const {
    for (int64_t c = 0; c < channels; ++c) {
      const T scale = fold.scale ? fold.scale[c] : T{1};
      packed[c] = (bias ? bias[c] * scale : T{0}) + (fold.shift ? fold.shift[c] : T{0});
    }
    T* to = packed + channels;
    for (const Correlator::Step& step : correlator.steps()) {
      for (const Tap& tap : step.plan.taps) {
        for (int64_t c = 0; c < channels; ++c)
          *to++ = weights[tap.cell * channels + c] * (fold.scale ? fold.scale[c] : T{1});
      }
    }
  }

  template <class T>
  void run(const DirectionPass<T>& p) const {
    const int64_t channels = p.source.channels;
    correlator.run(p, 0, [&](const Correlator::Piece<T>& piece) {
      const Correlator::Step& step = correlator.steps()[piece.step];
      const T* weights = p.packed + (1 + first_tap[piece.step]) * channels;
      kernels::DepthwiseCorrelation<T> row{};
      row.x = piece.x;
      row.x_pixel = piece.x_pixel;
      row.bias = p.packed;
      row.y_pixel = piece.y_pixel;
      row.pixels = piece.pixels;
      row.channels = channels;
      row.accumulate = p.accumulate;
      row.bounds = kernels::bounds_of<T>(p.activation);
      for (int64_t r = 0; r < piece.rows; ++r) {
        const kernels::RunRange range = step.row_runs[static_cast<size_t>(piece.first_row + r)];
        row.x_first = piece.x_first + r * piece.x_row;
        row.offsets = std::span(offsets[piece.step])
                          .subspan(static_cast<size_t>(range.first), static_cast<size_t>(range.count));
        row.weights = weights + range.first * channels;
        row.y = piece.y + r * piece.y_row;
        kernels::depthwise_correlate(row);
      }
      if (!kernels::is_clamp(p.activation))
        kernels::activate(p.activation, piece.rows * piece.pixels * channels, piece.y, piece.y);
    });
  }
};

class DepthwiseMethod final : public TypedConvMethod<DepthwiseMethod> {
 public:
  explicit DepthwiseMethod(const ConvSpec& spec)
      : spec_(spec), forward_(correlator(spec, true)), data_(correlator(spec, false)) {
    const ConvShape& s = spec.shape;
    for (int64_t ky = 0; ky < s.kernel_h; ++ky)
      for (int64_t kx = 0; kx < s.kernel_w; ++kx)
        tap_offsets_.push_back((ky * s.dilation_h * padded_columns() + kx * s.dilation_w) *
                               copied_pixel(s.channels));
  }

  Demand forward_demand(const DemandQuery& q) const override {
    return {bytes(forward_.weight_elements(spec_.shape.channels), q.dtype), 0, 0,
            forward_.correlator.lane_bytes(size_of(q.dtype))};
  }
  Demand data_demand(const DemandQuery& q) const override {
    return {0, 0, bytes(data_.weight_elements(spec_.shape.channels), q.dtype),
            data_.correlator.lane_bytes(size_of(q.dtype))};
  }
  Demand weights_demand(const DemandQuery& q) const override {
    const int64_t parts = weight_parts(q.batch, q.dtype).count;
    return {0, 0, bytes((parts - 1) * part_elements(), q.dtype),
            bytes(spec_.shape.channels, q.dtype) + bytes(dz_elements(), q.dtype) +
                bytes(padded_rows(block_rows()) * padded_columns() * copied_pixel(spec_.shape.channels),
                      q.dtype)};
  }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    forward_.pack(spec_.shape.channels, p.params[0], spec_.use_bias ? p.params[1] : nullptr, p.fold,
                  reinterpret_cast<T*>(p.packed));
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    forward_.run(DirectionPass<T>{p.exec,
                                  p.batch,
                                  {p.x[0], s.height, s.width, s.channels},
                                  reinterpret_cast<const T*>(p.packed),
                                  p.y,
                                  false,
                                  spec_.activation,
                                  p.lane_scratch,
                                  p.lane_stride});
  }

  template <class T>
  void run_data(const BackwardPass<T>& p) const {
    T* packed = reinterpret_cast<T*>(p.scratch);
    const T* none = nullptr;
    data_.pack(spec_.shape.channels, p.params[0], none, Affine<T>{}, packed);
    data_.run(DirectionPass<T>{p.exec, p.batch, dz_source(p), packed, p.dx[0], p.accumulate[0],
                               Activation::linear, p.lane_scratch, p.lane_stride});
  }

  template <class T>
  void run_weights(const BackwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    const Parts parts = weight_parts(p.batch, dtype_of<T>::value);
    T* dkernel = p.dparams[0];
    T* dbias = spec_.use_bias ? p.dparams[1] : nullptr;
    T* others = reinterpret_cast<T*>(p.scratch);
    const int64_t rows = block_rows();
    p.exec.parallel_for(parts.count, [&](int64_t part, int lane) {
      T* spare = lane_memory<T>(p, lane);
      T* dz_copy = aligned_end(spare, s.channels);
      T* x_copy = aligned_end(dz_copy, dz_elements());
      T* kernel_sum = part == 0 ? dkernel : others + (part - 1) * part_elements();
      T* bias_sum = part == 0 ? dbias : others + (part - 1) * part_elements() + s.kernel_elements();
      if (dkernel) std::fill_n(kernel_sum, s.kernel_elements(), T{0});
      if (dbias) std::fill_n(bias_sum, s.filters, T{0});
      for (int64_t i = parts.first(part, p.batch); i < parts.first(part + 1, p.batch); ++i) {
        for (int64_t r = 0; r < s.out_height; r += rows) {
          const int64_t n = std::min(rows, s.out_height - r);
          const int64_t start = (i * s.out_height + r) * s.out_width * s.channels;
          const T* dz = p.dy + start;
          if (spec_.activation != Activation::linear) {
            read_elements(dz_source(p), start, n * s.out_width * s.channels, dz_copy);
            dz = dz_copy;
          }
          if (dbias) add_bias_gradient(n * s.out_width, s.channels, dz, s.channels, spare, bias_sum);
          if (dkernel == nullptr) continue;
          // The rows that these outputs see, with their padding.
          const int64_t top = r * s.stride_h - s.pad_top, pixel = copied_pixel(s.channels);
          const int64_t pitch = padded_columns() * pixel;
          copy_rectangle(ImageSource<T>{p.x[0], s.height, s.width, s.channels}, i,
                         {top, top + padded_rows(n), -s.pad_left, padded_columns() - s.pad_left}, pixel,
                         x_copy);
          kernels::depthwise_outer(kernels::DepthwiseOuter<T>{
              x_copy, s.stride_h * pitch, s.stride_w * pixel, tap_offsets_, dz, s.out_width * s.channels,
              s.channels, n, s.out_width, s.channels, kernel_sum});
        }
      }
    });
    if (dkernel) add_parts(p.exec, parts.count - 1, s.kernel_elements(), others, part_elements(), dkernel);
    if (dbias)
      add_parts(p.exec, parts.count - 1, s.filters, others + s.kernel_elements(), part_elements(), dbias);
  }

 private:
  static Correlator correlator(const ConvSpec& spec, bool forward) {
    const ConvShape& s = spec.shape;
    const ImageExtents in{s.height, s.width, s.channels}, out{s.out_height, s.out_width, s.filters};
    if (forward) return Correlator({forward_plan(s)}, in, out, s.groups, false, s.multiply_adds());
    return Correlator(data_gradient_plans(s), out, in, s.groups, spec.activation != Activation::linear,
                      s.multiply_adds());
  }
  static size_t bytes(int64_t elements, DType dtype) {
    return align_up(static_cast<size_t>(elements) * size_of(dtype));
  }
  int64_t part_elements() const { return spec_.shape.kernel_elements() + spec_.shape.filters; }
  Parts weight_parts(int64_t batch, DType dtype) const {
    return make_parts(batch, part_elements() * static_cast<int64_t>(size_of(dtype)));
  }
  // Rows of outputs whose x and dz stay in the second-level cache while all taps pass.
  int64_t block_rows() const {
    constexpr int64_t kElements = 64 << 10;
    const ConvShape& s = spec_.shape;
    return std::clamp<int64_t>(kElements / ((s.out_width + s.width * s.stride_h) * s.channels), 1,
                               s.out_height);
  }
  int64_t dz_elements() const {
    return spec_.activation == Activation::linear
               ? 0
               : block_rows() * spec_.shape.out_width * spec_.shape.channels;
  }
  template <class T>
  ImageSource<T> dz_source(const BackwardPass<T>& p) const {
    return {p.dy, spec_.shape.out_height, spec_.shape.out_width, spec_.shape.filters, spec_.activation, p.y};
  }

  int64_t padded_columns() const {
    const ConvShape& s = spec_.shape;
    return (s.out_width - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
  }
  int64_t padded_rows(int64_t rows) const {
    const ConvShape& s = spec_.shape;
    return (rows - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
  }

  ConvSpec spec_;
  DepthwiseDirection forward_, data_;
  std::vector<int64_t> tap_offsets_;  // in padded rows
};

}  // namespace

std::unique_ptr<const ConvMethod> make_depthwise_method(const ConvSpec& spec) {
  return std::make_unique<DepthwiseMethod>(spec);
}

}  // namespace fovea::layers
