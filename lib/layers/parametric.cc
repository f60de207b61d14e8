// Activations that learn: PReLU (a slope below 0) and swish (beta). The parameter is one for all, one per
// channel, or one per element; the tensor is seen as a matrix with a column for each. May use:
// layers/layer.h, kernels.
#include "kernels/parametric.h"

#include <cmath>

#include "base/error.h"
#include "base/memory.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using kernels::Parametric;

class ParametricLayer final : public Typed<ParametricLayer> {
 public:
  ParametricLayer(Parametric f, const ParametricAttributes& attributes) : f_(f), a_(attributes) {}
  std::string_view kind() const override { return f_ == Parametric::prelu ? "prelu" : "learned_swish"; }
  void attributes(AttributeVisitor& v) override {
    v.choice("sharing", a_.sharing, kSharingNames);
    v.field(f_ == Parametric::prelu ? "slope" : "beta", a_.initial);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& shape = inputs[0];
    FOVEA_REQUIRE(shape.rank() >= 1 && shape.elements() >= 1,
                  "expects an input with at least one axis, found %s", shape.text().c_str());
    FOVEA_REQUIRE(std::isfinite(a_.initial), "the parameter begins at %g, expected a finite number",
                  a_.initial);
    parameter_ = a_.sharing == Sharing::all       ? Shape{1}
                 : a_.sharing == Sharing::channel ? Shape{shape[shape.rank() - 1]}
                                                  : shape;
    columns_ = parameter_.elements();
    rows_ = shape.elements() / columns_;
    return shape;
  }

  std::vector<Parameter> parameters() const override {
    Parameter p;
    p.name = f_ == Parametric::prelu ? "slope" : "beta";
    p.shape = parameter_;
    p.role = Role::scale;  // no weight decay: it would pull a PReLU to a ReLU (He et al. 2015, section 2.1)
    p.initializer = {InitializerKind::constant, a_.initial, 0};
    return {p};
  }
  Traits traits() const override {
    return {.backward_reads_x = true, .in_place = true, .backward_in_place = true, .accumulates = true};
  }
  Demand demand(const DemandQuery& q) const override {
    if (!q.training) return {};
    Demand d;
    d.scratch = static_cast<size_t>(kMaxParts * columns_) * sizeof(double);
    d.lane_scratch =
        static_cast<size_t>(kernels::parametric_scratch(wide() ? kWide : columns_)) * size_of(q.dtype);
    return d;
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_blocks(p.exec, p.batch * rows_, rows_per_task(columns_), [&](int64_t row, int64_t rows) {
      const int64_t at = row * columns_;
      kernels::parametric(f_, rows, columns_, columns_, p.x[0] + at, p.params[0], p.y + at);
    });
  }

  // Many columns are cut, with all their rows; else rows are, into parts whose sums are combined in order.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const int64_t rows = p.batch * rows_;
    double* const sums = reinterpret_cast<double*>(p.scratch);
    const auto run = [&](int64_t row, int64_t row_end, int64_t column, int64_t columns, int lane,
                         double* dp) {
      const int64_t at = row * columns_ + column;
      kernels::parametric_backward(
          f_, kernels::ParametricBackward<T>{
                  row_end - row, columns, columns_, p.x[0] + at, p.params[0] + column, p.dy + at,
                  p.dx[0] == nullptr ? nullptr : p.dx[0] + at, p.accumulate[0],
                  reinterpret_cast<T*>(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride), dp});
    };
    int64_t parts = 1;
    if (wide()) {
      p.exec.parallel_for(blocks_of(columns_, kWide), [&](int64_t task, int lane) {
        const int64_t column = task * kWide;
        run(0, rows, column, std::min(kWide, columns_ - column), lane, sums + column);
      });
    } else {
      parts = std::clamp<int64_t>(rows * columns_ / kernels::kElementsPerTask, 1, std::min(rows, kMaxParts));
      p.exec.parallel_for(parts, [&](int64_t part, int lane) {
        run(rows * part / parts, rows * (part + 1) / parts, 0, columns_, lane, sums + part * columns_);
      });
    }
    if (p.dparams[0] == nullptr) return;
    for (int64_t c = 0; c < columns_; ++c) {
      double sum = 0;
      for (int64_t part = 0; part < parts; ++part) sum += sums[part * columns_ + c];
      p.dparams[0][c] = static_cast<T>(sum);
    }
  }

 private:
  static constexpr int64_t kMaxParts = 8, kWide = 4096;
  bool wide() const { return columns_ >= 2 * kWide; }

  Parametric f_;
  ParametricAttributes a_;
  Shape parameter_;
  int64_t rows_ = 0, columns_ = 0;  // of one sample
};

}  // namespace

std::unique_ptr<Layer> make_prelu(const ParametricAttributes& attributes) {
  return std::make_unique<ParametricLayer>(Parametric::prelu, attributes);
}
std::unique_ptr<Layer> make_learned_swish(const ParametricAttributes& attributes) {
  return std::make_unique<ParametricLayer>(Parametric::swish, attributes);
}

}  // namespace fovea::layers
