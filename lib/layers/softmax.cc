// Softmax and its logarithm over the last axis. Training wants softmax cross-entropy on the logits instead;
// this layer gives probabilities at inference, or inside a network. May use: layers/layer.h, kernels.
#include "kernels/softmax.h"
#include "base/error.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Softmax final : public Typed<Softmax> {
 public:
  explicit Softmax(bool log) : log_(log) {}
  std::string_view kind() const override { return log_ ? "log_softmax" : "softmax"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& shape = inputs[0];
    FOVEA_REQUIRE(shape.rank() >= 1 && shape.elements() >= 1,
                  "expects an input with at least one axis, found %s", shape.text().c_str());
    cols_ = shape[shape.rank() - 1];
    rows_ = shape.elements() / cols_;
    return shape;
  }
  Traits traits() const override {
    return {.backward_reads_y = true, .in_place = true, .backward_in_place = true, .accumulates = true};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_blocks(p.exec, p.batch * rows_, task_rows(), [&](int64_t row, int64_t rows) {
      const int64_t at = row * cols_;
      if (log_)
        kernels::log_softmax(rows, cols_, p.x[0] + at, p.y + at);
      else
        kernels::softmax(rows, cols_, p.x[0] + at, p.y + at);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    for_blocks(p.exec, p.batch * rows_, task_rows(), [&](int64_t row, int64_t rows) {
      const int64_t at = row * cols_;
      if (log_)
        kernels::log_softmax_backward(rows, cols_, p.y + at, p.dy + at, p.accumulate[0], p.dx[0] + at);
      else
        kernels::softmax_backward(rows, cols_, p.y + at, p.dy + at, p.accumulate[0], p.dx[0] + at);
    });
  }

 private:
  int64_t task_rows() const { return rows_per_task(cols_, kernels::kElementsPerTask / 4); }
  bool log_;
  int64_t rows_ = 0;  // of one sample
  int64_t cols_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_softmax() {
  return std::make_unique<Softmax>(false);
}
std::unique_ptr<Layer> make_log_softmax() {
  return std::make_unique<Softmax>(true);
}

}  // namespace fovea::layers
