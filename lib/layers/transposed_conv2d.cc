// Transposed convolution: the data gradient of a convolution as a forward pass. The convolution that it is
// the adjoint of goes from our output to our input, so that
//   forward = its data gradient, weight gradient = its weight gradient, data gradient = its forward pass,
// each by whichever method conv_algorithm.cc chooses.
//   x [batch][height][width][channels], kernel [kernel_h][kernel_w][filters / groups][channels],
//   y [batch][out_height][out_width][filters].
// May use: layers/layer.h, layers/conv_*.h, kernels.
#include <algorithm>

#include "base/error.h"
#include "kernels/epilogue.h"
#include "layers/blocks.h"
#include "layers/conv_algorithm.h"
#include "layers/conv_attributes.h"
#include "layers/conv_block.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using ll = long long;

// The output's extent along an axis.
int64_t resolve(const TransposedConv2dAttributes& a, size_t axis, int64_t in) {
  const int64_t most = std::max(a.strides[axis], a.dilation[axis]) - 1;
  FOVEA_REQUIRE(a.output_padding[axis] >= 0 && a.output_padding[axis] <= most,
                "output padding of the %s is %lld, expected 0 to %lld, less than stride or dilation",
                kAxisNames[axis], ll{a.output_padding[axis]}, ll{most});
  const int64_t reach = (a.kernel[axis] - 1) * a.dilation[axis] + 1;
  const int64_t whole = (in - 1) * a.strides[axis] + reach + a.output_padding[axis];
  const int64_t before = a.pad[2 * axis], after = a.pad[2 * axis + 1];
  FOVEA_REQUIRE(whole > before + after,
                "%s: padding of %lld and %lld takes all of the %lld cells of the output", kAxisNames[axis],
                ll{before}, ll{after}, ll{whole});
  return whole - before - after;
}

class TransposedConv2d final : public Typed<TransposedConv2d> {
 public:
  explicit TransposedConv2d(const TransposedConv2dAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "transposed_conv2d"; }
  void attributes(AttributeVisitor& v) override {
    v.field("filters", a_.filters);
    v.field("kernel", std::span<int64_t>(a_.kernel));
    v.field("strides", std::span<int64_t>(a_.strides));
    v.field("dilation", std::span<int64_t>(a_.dilation));
    v.field("groups", a_.groups);
    v.field("pad", std::span<int64_t>(a_.pad));
    v.field("output_padding", std::span<int64_t>(a_.output_padding));
    v.field("use_bias", a_.use_bias);
    v.choice("activation", a_.activation, kernels::kActivationNames);
    a_.kernel_initializer.visit("kernel_initializer", v);
    a_.bias_initializer.visit("bias_initializer", v);
    a_.kernel_regularizer.visit("kernel_regularizer", v);
    a_.bias_regularizer.visit("bias_regularizer", v);
    v.choice("algorithm", a_.algorithm, kConvAlgorithmNames);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& in = inputs[0];
    check_convolution(conv_attributes(a_), in);
    expect_derivative_from_output(a_.activation);
    const Shape out{resolve(a_, 0, in[0]), resolve(a_, 1, in[1]), a_.filters};
    FOVEA_REQUIRE(out[0] <= kMostExtent && out[1] <= kMostExtent, "an output of %s is too large",
                  out.text().c_str());
    ConvSpec spec;
    spec.use_bias = false;
    ConvShape& s = spec.shape;
    s = {out[0],         out[1],         a_.filters,   in[0],         in[1],
         in[2],          a_.kernel[0],   a_.kernel[1], a_.strides[0], a_.strides[1],
         a_.dilation[0], a_.dilation[1], a_.pad[0],    a_.pad[2],     a_.groups};
    check_size(s);
    shape_ = s;
    for (const DType dtype : {DType::f32, DType::f64}) {
      const auto choose = [&](ConvDirection d) { return choose_conv_algorithm(s, d, dtype, a_.algorithm); };
      Methods& m = dtype == DType::f32 ? f32_ : f64_;
      m.algorithm = choose(ConvDirection::data_gradient);
      m.forward = make_conv_method(m.algorithm, spec);
      m.weights = make_conv_method(choose(ConvDirection::weight_gradient), spec);
      m.data = make_conv_method(choose(ConvDirection::forward), spec);
    }
    return out;
  }

  std::vector<Parameter> parameters() const override {
    const ConvShape& s = shape_;
    const int64_t cells = s.kernel_h * s.kernel_w;
    const int64_t fan_in = cells * s.group_filters(), fan_out = cells * s.group_channels();
    std::vector<Parameter> list;
    list.push_back({"kernel", Shape{s.kernel_h, s.kernel_w, s.group_channels(), s.filters}, Role::kernel,
                    resolve_kernel_initializer(a_.kernel_initializer, a_.activation), fan_in, fan_out,
                    a_.kernel_regularizer});
    if (a_.use_bias)
      list.push_back({"bias", Shape{s.channels}, Role::bias, resolve_bias_initializer(a_.bias_initializer),
                      fan_in, fan_out, a_.bias_regularizer});
    return list;
  }
  Traits traits() const override {
    return {.backward_reads_x = true, .backward_reads_y = fused() != Activation::linear};
  }

  Demand demand(const DemandQuery& q) const override {
    const Methods& m = methods(q.dtype);
    Demand d = m.forward->data_demand(q);
    if (!q.training) return d;
    const auto add = [&](const Demand& more) {
      d.scratch = std::max(d.scratch, more.scratch);
      d.lane_scratch = std::max(d.lane_scratch, more.lane_scratch);
    };
    add(m.weights->weights_demand(q));
    const Demand data = m.data->forward_demand(q);
    add(data);
    d.packed = data.packed;
    add({.scratch = static_cast<size_t>(kMostParts * shape_.channels) * size_of(q.dtype)});
    return d;
  }

  int64_t multiply_adds() const override { return shape_.multiply_adds(); }
  std::string algorithm(DType dtype) const override {
    return kConvAlgorithmNames[static_cast<size_t>(methods(dtype).algorithm)];
  }
  bool absorb_activation(Activation f) override {
    if (fused() != Activation::linear || kernels::derivative_needs_input(f)) return false;
    absorbed_ = f;
    return true;
  }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    if (p.training) methods(dtype_of<T>::value).data->prepare(p);
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    // The methods write no dy.
    T* const dy = const_cast<T*>(p.x[0]);
    T* const dx[] = {p.y};
    const bool overwrite[] = {false};
    methods(dtype_of<T>::value)
        .forward->data_gradient(BackwardPass<T>{p.exec,
                                                p.batch,
                                                {},
                                                nullptr,
                                                dy,
                                                dx,
                                                overwrite,
                                                p.params,
                                                {},
                                                {},
                                                p.packed,
                                                nullptr,
                                                p.scratch,
                                                p.lane_scratch,
                                                p.lane_stride,
                                                p.key,
                                                p.first_sample});
    if (!a_.use_bias && fused() == Activation::linear) return;
    const int64_t channels = shape_.channels;
    for_blocks(p.exec, p.batch * shape_.height * shape_.width, rows_per_task(channels),
               [&](int64_t row, int64_t rows) {
                 kernels::finish_rows(fused(), rows, channels, channels, static_cast<const T*>(nullptr),
                                      a_.use_bias ? p.params[1] : nullptr, p.y + row * channels);
               });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const int64_t elements = p.batch * shape_.input_elements();
    if (fused() != Activation::linear)
      for_elements(p.exec, elements, [&](int64_t i, int64_t n) {
        kernels::activate_backward(fused(), n, p.y + i, p.dy + i, p.dy + i);
      });
    if (a_.use_bias && p.dparams[1] != nullptr) sum_bias(p);
    if (p.dparams[0] != nullptr) {
      const T* const images[] = {p.dy};
      T* const kernel[] = {p.dparams[0]};
      T* const x = const_cast<T*>(p.x[0]);  // their dy, which the methods do not write
      methods(dtype_of<T>::value)
          .weights->weight_gradient(BackwardPass<T>{p.exec,
                                                    p.batch,
                                                    images,
                                                    nullptr,
                                                    x,
                                                    {},
                                                    {},
                                                    p.params,
                                                    kernel,
                                                    {},
                                                    p.packed,
                                                    nullptr,
                                                    p.scratch,
                                                    p.lane_scratch,
                                                    p.lane_stride,
                                                    p.key,
                                                    p.first_sample});
    }
    if (p.dx[0] == nullptr) return;
    const T* const images[] = {p.dy};
    methods(dtype_of<T>::value)
        .data->forward(ForwardPass<T>{p.exec,
                                      p.batch,
                                      true,
                                      images,
                                      p.dx[0],
                                      p.params,
                                      {},
                                      p.packed,
                                      nullptr,
                                      p.scratch,
                                      p.lane_scratch,
                                      p.lane_stride,
                                      p.key,
                                      p.first_sample});
  }

 private:
  static constexpr int64_t kMostParts = 8;

  // Our own directions: `forward` is a method whose data gradient is used, and so on.
  struct Methods {
    ConvAlgorithm algorithm = ConvAlgorithm::automatic;
    std::shared_ptr<const ConvMethod> forward, weights, data;
  };
  const Methods& methods(DType dtype) const { return dtype == DType::f32 ? f32_ : f64_; }

  // What is applied to the output; attributes and initializers stay as they were given.
  Activation fused() const { return absorbed_ != Activation::linear ? absorbed_ : a_.activation; }

  template <class T>
  void sum_bias(const BackwardPass<T>& p) const {
    const int64_t channels = shape_.channels, rows = p.batch * shape_.height * shape_.width;
    const Parts parts = make_parts(rows, 1);
    T* const sums = reinterpret_cast<T*>(p.scratch);
    p.exec.parallel_for(parts.count, [&](int64_t part, int) {
      const int64_t first = parts.first(part, rows), end = parts.first(part + 1, rows);
      kernels::bias_gradient(end - first, channels, p.dy + first * channels, channels,
                             sums + part * channels);
    });
    std::fill_n(p.dparams[1], channels, T{0});
    add_parts(p.exec, parts.count, channels, sums, channels, p.dparams[1]);
  }

  TransposedConv2dAttributes a_;
  Activation absorbed_ = Activation::linear;
  ConvShape shape_;  // of the convolution that this is the adjoint of
  Methods f32_, f64_;
};

}  // namespace

std::unique_ptr<Layer> make_transposed_conv2d(const TransposedConv2dAttributes& a) {
  return std::make_unique<TransposedConv2d>(a);
}

}  // namespace fovea::layers
