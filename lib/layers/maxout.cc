// Maxout (Goodfellow et al. 2013): the largest of `pieces` values for each unit, which the layer in front
// makes: of channels [pieces][units]. May use: layers/layer.h, kernels.
#include "kernels/maxout.h"

#include <vector>

#include "base/error.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Maxout final : public Typed<Maxout> {
 public:
  explicit Maxout(const MaxoutAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "maxout"; }
  void attributes(AttributeVisitor& v) override { v.field("pieces", a_.pieces); }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& in = inputs[0];
    FOVEA_REQUIRE(in.rank() >= 1, "expects an input with at least one axis, found %s", in.text().c_str());
    const int64_t channels = in[in.rank() - 1];
    FOVEA_REQUIRE(a_.pieces >= 1 && channels % a_.pieces == 0,
                  "input has %lld channels, pieces=%lld does not divide it", static_cast<long long>(channels),
                  static_cast<long long>(a_.pieces));
    units_ = channels / a_.pieces;
    rows_ = in.elements() / channels;
    std::vector<int64_t> extents(in.extents().begin(), in.extents().end());
    extents.back() = units_;
    return Shape(extents);
  }
  Traits traits() const override {
    return {.backward_reads_x = true, .backward_reads_y = true, .accumulates = true};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const int64_t channels = a_.pieces * units_;
    for_blocks(p.exec, p.batch * rows_, rows_per_task(channels), [&](int64_t row, int64_t rows) {
      kernels::maxout(rows, units_, a_.pieces, p.x[0] + row * channels, p.y + row * units_);
    });
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    const int64_t channels = a_.pieces * units_;
    for_blocks(p.exec, p.batch * rows_, rows_per_task(channels), [&](int64_t row, int64_t rows) {
      kernels::maxout_backward(rows, units_, a_.pieces, p.x[0] + row * channels, p.y + row * units_,
                               p.dy + row * units_, p.accumulate[0], p.dx[0] + row * channels);
    });
  }

 private:
  MaxoutAttributes a_;
  int64_t rows_ = 0, units_ = 0;  // of one sample
};

}  // namespace

std::unique_ptr<Layer> make_maxout(const MaxoutAttributes& a) {
  return std::make_unique<Maxout>(a);
}

}  // namespace fovea::layers
