// The input: where a graph's data comes in. It computes nothing.
// May use: layers/layer.h.
#include <algorithm>

#include "base/error.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Input final : public Typed<Input> {
 public:
  explicit Input(const InputAttributes& attributes) : a_(attributes) {}
  std::string_view kind() const override { return "input"; }

  void attributes(AttributeVisitor& v) override {
    v.field("rank", a_.rank);
    const int64_t rank = std::clamp<int64_t>(a_.rank, 0, kMaxRank);  // what a file says is checked by setup()
    v.field("shape", std::span<int64_t>(a_.shape.data(), static_cast<size_t>(rank)));
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 0);
    // The batch takes one.
    FOVEA_REQUIRE(a_.rank >= 1 && a_.rank < kMaxRank, "the shape's rank is %lld, expected 1 to %d",
                  static_cast<long long>(a_.rank), kMaxRank - 1);
    for (int i = 0; i < a_.rank; ++i)
      FOVEA_REQUIRE(a_.shape[static_cast<size_t>(i)] >= 1,
                    "extent %d of the shape is %lld, expected at least 1", i,
                    static_cast<long long>(a_.shape[static_cast<size_t>(i)]));
    const Shape shape(std::span<const int64_t>(a_.shape.data(), static_cast<size_t>(a_.rank)));
    (void)shape.elements();  // raises when they are too many
    return shape;
  }

  template <class T>
  void run_forward(const ForwardPass<T>&) const {}
  template <class T>
  void run_backward(const BackwardPass<T>&) const {}

 private:
  InputAttributes a_;
};

}  // namespace

std::unique_ptr<Layer> make_input(const InputAttributes& attributes) {
  return std::make_unique<Input>(attributes);
}

}  // namespace fovea::layers
