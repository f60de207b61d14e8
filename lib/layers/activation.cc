// Activations as layers of their own. Where the layer before can absorb one, the planner fuses it away.
// May use: layers/layer.h, kernels.
#include "base/error.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class ActivationLayer final : public Typed<ActivationLayer> {
 public:
  explicit ActivationLayer(Activation f) : f_(f) {}
  std::string_view kind() const override { return kernels::kActivationNames[static_cast<size_t>(f_)]; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    n_ = inputs[0].elements();
    return inputs[0];
  }
  Traits traits() const override {
    return {.backward_reads_y = f_ != Activation::linear,
            .in_place = true,
            .backward_in_place = true,
            .accumulates = true};
  }
  Activation as_activation() const override { return f_; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_elements(p.exec, p.batch * n_,
                 [&](int64_t i, int64_t n) { kernels::activate(f_, n, p.x[0] + i, p.y + i); });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    T* const dx = p.dx[0];
    if (dx == nullptr) return;
    T* const target = p.accumulate[0] ? p.dy : dx;
    for_elements(p.exec, p.batch * n_, [&](int64_t i, int64_t n) {
      kernels::activate_backward(f_, n, p.y + i, p.dy + i, target + i);
      if (p.accumulate[0]) kernels::accumulate(n, target + i, dx + i);
    });
  }

 private:
  Activation f_;
  int64_t n_ = 0;  // elements of one sample
};

}  // namespace

std::unique_ptr<Layer> make_activation(Activation f) {
  FOVEA_REQUIRE(f >= Activation::linear && f <= Activation::relu6, "activation %d is unknown",
                static_cast<int>(f));
  return std::make_unique<ActivationLayer>(f);
}

}  // namespace fovea::layers
