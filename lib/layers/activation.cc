// Activations as layers of their own. Where the layer before can absorb one, the planner fuses it away.
// May use: layers/layer.h, kernels.
#include <cmath>

#include "base/error.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

// What a function's parameter is called; null where it has none.
const char* parameter_name(Activation f) {
  switch (f) {
    case Activation::leaky_relu:
      return "slope";
    case Activation::elu:
    case Activation::celu:
      return "alpha";
    case Activation::swish:
    case Activation::softplus:
      return "beta";
    default:
      return nullptr;
  }
}

// A slope or alpha below 0 would make two x have the same y, from which the derivative is computed.
void check_parameter(Activation f, double parameter) {
  FOVEA_REQUIRE(std::isfinite(parameter), "%s is %g, expected a finite number", parameter_name(f), parameter);
  if (f == Activation::leaky_relu || f == Activation::elu)
    FOVEA_REQUIRE(parameter >= 0, "%s is %g, expected 0 or more", parameter_name(f), parameter);
  if (f == Activation::celu || f == Activation::softplus)
    FOVEA_REQUIRE(parameter > 0, "%s is %g, expected more than 0", parameter_name(f), parameter);
}

class ActivationLayer final : public Typed<ActivationLayer> {
 public:
  ActivationLayer(Activation f, double parameter) : f_(f), parameter_(parameter) {}
  std::string_view kind() const override { return kernels::kActivationNames[static_cast<size_t>(f_)]; }
  void attributes(AttributeVisitor& v) override {
    if (const char* name = parameter_name(f_)) v.field(name, parameter_);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    if (parameter_name(f_) != nullptr) check_parameter(f_, parameter_);
    n_ = inputs[0].elements();
    return inputs[0];
  }
  Traits traits() const override {
    return {.backward_reads_x = reads_x(),
            .backward_reads_y = !reads_x() && f_ != Activation::linear,
            .in_place = true,
            .backward_in_place = true,
            .accumulates = true};
  }
  // Only as layers that absorb it would compute it: with the default parameter.
  Activation as_activation() const override {
    return parameter_ == kernels::default_parameter(f_) ? f_ : Activation::linear;
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_elements(p.exec, p.batch * n_,
                 [&](int64_t i, int64_t n) { kernels::activate(f_, parameter_, n, p.x[0] + i, p.y + i); });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    T* const dx = p.dx[0];
    if (dx == nullptr) return;
    T* const target = p.accumulate[0] ? p.dy : dx;
    const T* const from = reads_x() ? p.x[0] : p.y;
    for_elements(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      kernels::activate_backward(f_, parameter_, n, from == nullptr ? nullptr : from + i, p.dy + i,
                                 target + i);
      if (p.accumulate[0]) kernels::accumulate(n, target + i, dx + i);
    });
  }

 private:
  bool reads_x() const { return kernels::derivative_needs_input(f_); }

  Activation f_;
  double parameter_;
  int64_t n_ = 0;  // elements of one sample
};

}  // namespace

std::unique_ptr<Layer> make_activation(Activation f, double parameter) {
  FOVEA_REQUIRE(f >= Activation::linear && static_cast<size_t>(f) < std::size(kernels::kActivationNames),
                "activation %d is unknown", static_cast<int>(f));
  return std::make_unique<ActivationLayer>(f, parameter);
}
std::unique_ptr<Layer> make_activation(Activation f) {
  return make_activation(f, kernels::default_parameter(f));
}

}  // namespace fovea::layers
