// 2-D convolution (cross-correlation) of channels-last images, with bias and a fused activation.
//   x [batch][height][width][channels], kernel [kernel_h][kernel_w][channels / groups][filters], bias
//   [filters], y [batch][out_height][out_width][filters].
// How it is computed stands in the methods (conv_method.h); which method, in conv_algorithm.cc.
// May use: layers/layer.h, layers/conv_*.h.
#include <algorithm>
#include <map>

#include "layers/blocks.h"
#include "layers/conv_algorithm.h"
#include "layers/conv_attributes.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Conv2d final : public Typed<Conv2d> {
 public:
  explicit Conv2d(const Conv2dAttributes& attributes) : a_(attributes) {}

  std::string_view kind() const override { return "conv2d"; }

  void attributes(AttributeVisitor& v) override {
    v.field("filters", a_.filters);
    v.field("kernel", std::span<int64_t>(a_.kernel));
    v.field("strides", std::span<int64_t>(a_.strides));
    v.field("dilation", std::span<int64_t>(a_.dilation));
    v.field("groups", a_.groups);
    v.choice("padding", a_.padding, kPaddingNames);
    v.field("pad", std::span<int64_t>(a_.pad));
    v.field("use_bias", a_.use_bias);
    v.choice("activation", a_.activation, kernels::kActivationNames);
    a_.kernel_initializer.visit("kernel_initializer", v);
    a_.bias_initializer.visit("bias_initializer", v);
    a_.kernel_regularizer.visit("kernel_regularizer", v);
    a_.bias_regularizer.visit("bias_regularizer", v);
    a_.activity_regularizer.visit("activity_regularizer", v);
    v.choice("algorithm", a_.algorithm, kConvAlgorithmNames);
    v.choice("forward_algorithm", a_.forward, kConvAlgorithmNames);
    v.choice("data_gradient_algorithm", a_.data_gradient, kConvAlgorithmNames);
    v.choice("weight_gradient_algorithm", a_.weight_gradient, kConvAlgorithmNames);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    spec_.shape = shape_of_convolution(conv_attributes(a_), inputs[0]);
    spec_.activation = fused();
    spec_.use_bias = a_.use_bias;
    make_methods();
    const ConvShape& s = spec_.shape;
    return {s.out_height, s.out_width, s.filters};
  }

  Regularizer activity() const override { return a_.activity_regularizer; }

  // A filter sees kernel_h * kernel_w * channels / groups inputs, and an input reaches kernel_h * kernel_w *
  // filters / groups outputs.
  std::vector<Parameter> parameters() const override {
    const ConvShape& s = spec_.shape;
    const int64_t cells = s.kernel_h * s.kernel_w;
    const int64_t fan_in = cells * s.group_channels(), fan_out = cells * s.group_filters();
    std::vector<Parameter> list;
    list.push_back({"kernel", Shape{s.kernel_h, s.kernel_w, s.group_channels(), s.filters}, Role::kernel,
                    resolve_kernel_initializer(a_.kernel_initializer, a_.activation), fan_in, fan_out,
                    a_.kernel_regularizer});
    if (a_.use_bias) {
      list.push_back({"bias", Shape{s.filters}, Role::bias, resolve_bias_initializer(a_.bias_initializer),
                      fan_in, fan_out, a_.bias_regularizer});
    }
    return list;
  }

  Traits traits() const override {
    Traits t;
    t.backward_reads_x = true;
    t.backward_reads_y = spec_.activation != Activation::linear && !keeps_input();
    t.accumulates = true;
    return t;
  }

  Demand demand(const DemandQuery& q) const override {
    const Methods& m = methods(q.dtype);
    if (!q.training) return m.forward->forward_demand(q);
    Demand d = m.trained->forward_demand(q);
    if (keeps_input()) d.saved = static_cast<size_t>(elements(q.batch)) * size_of(q.dtype);
    const auto add = [&](const Demand& more) {
      d.scratch = std::max(d.scratch, more.scratch);
      d.lane_scratch = std::max(d.lane_scratch, more.lane_scratch);
    };
    add(m.weights->weights_demand(q));
    if (q.needs_dx.empty() || q.needs_dx[0]) add(m.data->data_demand(q));
    return d;
  }

  int64_t multiply_adds() const override { return spec_.shape.multiply_adds(); }
  std::string algorithm(DType dtype) const override {
    return kConvAlgorithmNames[static_cast<size_t>(methods(dtype).algorithm)];
  }

  bool absorb_activation(Activation activation) override {
    if (fused() != Activation::linear) return false;
    absorbed_ = activation;
    spec_.activation = activation;
    if (f32_.forward) make_methods();
    return true;
  }
  bool absorbs_affine() const override { return fused() == Activation::linear; }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    const Methods& m = methods(dtype_of<T>::value);
    (p.training ? m.trained : m.forward)->prepare(p);
  }
  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const Methods& m = methods(dtype_of<T>::value);
    if (!p.training) return m.forward->forward(p);
    if (!keeps_input()) return m.trained->forward(p);
    ForwardPass<T> to_saved = p;
    to_saved.y = reinterpret_cast<T*>(p.saved);
    m.trained->forward(to_saved);
    for_elements(p.exec, elements(p.batch),
                 [&](int64_t i, int64_t n) { kernels::activate(fused(), n, to_saved.y + i, p.y + i); });
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (keeps_input()) {
      const T* const z = reinterpret_cast<const T*>(p.saved);
      for_elements(p.exec, elements(p.batch), [&](int64_t i, int64_t n) {
        kernels::activate_backward(fused(), n, z + i, p.dy + i, p.dy + i);
      });
    }
    const bool bias = spec_.use_bias && p.dparams[1] != nullptr;
    const Methods& m = methods(dtype_of<T>::value);
    if (p.dparams[0] != nullptr || bias) m.weights->weight_gradient(p);
    if (p.dx[0] != nullptr) m.data->data_gradient(p);
  }

 private:
  // What is applied to the output; attributes and initializers stay as they were given.
  Activation fused() const { return absorbed_ != Activation::linear ? absorbed_ : a_.activation; }

  // The derivative needs the activation's input: in training the methods compute that alone, into saved
  // memory, and see dz in place of dy.
  bool keeps_input() const { return kernels::derivative_needs_input(fused()); }
  int64_t elements(int64_t batch) const {
    return batch * spec_.shape.out_height * spec_.shape.out_width * spec_.shape.filters;
  }

  // What computes each direction in one element type.
  struct Methods {
    ConvAlgorithm algorithm = ConvAlgorithm::automatic;  // of the forward pass
    std::shared_ptr<const ConvMethod> forward, trained;  // at inference, in training
    std::shared_ptr<const ConvMethod> data, weights;
  };
  const Methods& methods(DType dtype) const { return dtype == DType::f32 ? f32_ : f64_; }

  ConvAlgorithm wanted(ConvDirection d) const {
    const ConvAlgorithm own = d == ConvDirection::forward         ? a_.forward
                              : d == ConvDirection::data_gradient ? a_.data_gradient
                                                                  : a_.weight_gradient;
    return own == ConvAlgorithm::automatic ? a_.algorithm : own;
  }

  void make_methods() {
    ConvSpec trained = spec_;
    if (keeps_input()) trained.activation = Activation::linear;
    std::map<ConvAlgorithm, std::shared_ptr<const ConvMethod>> made;  // for training
    const auto make = [&](ConvAlgorithm algorithm) {
      auto& method = made[algorithm];
      if (!method) method = make_conv_method(algorithm, trained);
      return method;
    };
    for (const DType dtype : {DType::f32, DType::f64}) {
      const auto choose = [&](ConvDirection d) {
        return choose_conv_algorithm(spec_.shape, d, dtype, wanted(d));
      };
      Methods& m = dtype == DType::f32 ? f32_ : f64_;
      m.algorithm = choose(ConvDirection::forward);
      m.trained = make(m.algorithm);
      m.forward = m.trained;
      if (keeps_input()) m.forward = make_conv_method(m.algorithm, spec_);
      m.data = make(choose(ConvDirection::data_gradient));
      m.weights = make(choose(ConvDirection::weight_gradient));
    }
  }

  Conv2dAttributes a_;
  Activation absorbed_ = Activation::linear;
  ConvSpec spec_;
  Methods f32_, f64_;
};

}  // namespace

std::unique_ptr<Layer> make_conv2d(const Conv2dAttributes& attributes) {
  return std::make_unique<Conv2d>(attributes);
}

}  // namespace fovea::layers
