// One way to compute a convolution. conv_algorithm.cc chooses a method for each of the three directions; a
// new algorithm is one more method. May use: layers/layer.h, layers/conv_shape.h.
#pragma once
#include <memory>

#include "layers/conv_shape.h"
#include "layers/layer.h"

namespace fovea::layers {

struct ConvSpec {
  ConvShape shape;
  Activation activation = Activation::linear;
  bool use_bias = true;
};

// Passes are those of the layer: params are kernel and, with use_bias, bias. No direction writes dy, since
// each turns it into dz (the gradient before the activation) where it is in the cache. A method uses of a
// pass: prepare() and forward(): packed; gradients: scratch; all: lane_scratch.
class ConvMethod {
 public:
  virtual ~ConvMethod() = default;

  virtual Demand forward_demand(const DemandQuery&) const = 0;
  virtual Demand data_demand(const DemandQuery&) const = 0;
  virtual Demand weights_demand(const DemandQuery&) const = 0;

  virtual void prepare(const PreparePass<float>&) const = 0;
  virtual void prepare(const PreparePass<double>&) const = 0;
  virtual void forward(const ForwardPass<float>&) const = 0;
  virtual void forward(const ForwardPass<double>&) const = 0;
  // dx[0] is not null.
  virtual void data_gradient(const BackwardPass<float>&) const = 0;
  virtual void data_gradient(const BackwardPass<double>&) const = 0;
  // At least one of dparams is not null.
  virtual void weight_gradient(const BackwardPass<float>&) const = 0;
  virtual void weight_gradient(const BackwardPass<double>&) const = 0;
};

// Writes the virtuals once for both element types.
template <class Me>
class TypedConvMethod : public ConvMethod {
 public:
  void prepare(const PreparePass<float>& p) const override { me().run_prepare(p); }
  void prepare(const PreparePass<double>& p) const override { me().run_prepare(p); }
  void forward(const ForwardPass<float>& p) const override { me().run_forward(p); }
  void forward(const ForwardPass<double>& p) const override { me().run_forward(p); }
  void data_gradient(const BackwardPass<float>& p) const override { me().run_data(p); }
  void data_gradient(const BackwardPass<double>& p) const override { me().run_data(p); }
  void weight_gradient(const BackwardPass<float>& p) const override { me().run_weights(p); }
  void weight_gradient(const BackwardPass<double>& p) const override { me().run_weights(p); }

 private:
  const Me& me() const { return static_cast<const Me&>(*this); }
};

std::unique_ptr<const ConvMethod> make_gemm_method(const ConvSpec&);
std::unique_ptr<const ConvMethod> make_im2col_method(const ConvSpec&);
std::unique_ptr<const ConvMethod> make_direct_method(const ConvSpec&);
// The direct method for is_pointwise() and one group.
std::unique_ptr<const ConvMethod> make_pointwise_method(const ConvSpec&);
std::unique_ptr<const ConvMethod> make_depthwise_method(const ConvSpec&);
std::unique_ptr<const ConvMethod> make_winograd_method(const ConvSpec&);

}  // namespace fovea::layers
