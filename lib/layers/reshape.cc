// Layers that give the same elements another shape. They are views: nothing is computed.
// May use: layers/layer.h.
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Flatten final : public Typed<Flatten> {
 public:
  std::string_view kind() const override { return "flatten"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    return {inputs[0].elements()};
  }
  Traits traits() const override { return {.view = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>&) const {}
  template <class T>
  void run_backward(const BackwardPass<T>&) const {}
};

}  // namespace

std::unique_ptr<Layer> make_flatten() {
  return std::make_unique<Flatten>();
}

}  // namespace fovea::layers
