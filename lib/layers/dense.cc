// Fully connected layer with a fused activation: y = f(x kernel + bias).
//   x [batch][in], kernel [in][units], bias [units], y [batch][units].
// May use: layers/layer.h, kernels.
#include <algorithm>

#include "base/error.h"
#include "kernels/epilogue.h"
#include "kernels/gemm.h"
#include "layers/conv_block.h"
#include "layers/dense_product.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using kernels::gemm;
using kernels::Op;
using ll = long long;

// A product with m x n results of k terms, cut into blocks of its results. The terms are never cut.
struct Product {
  int64_t rows, columns;  // of a block
  int64_t row_blocks, column_blocks;
  int64_t blocks() const { return row_blocks * column_blocks; }

  // Halves blocks until there are enough of them, but keeps each long beside the cost of a task and large
  // enough for OpenBLAS, which packs the rows and columns of every block again.
  Product(int64_t m, int64_t n, int64_t k) : rows(m), columns(n) {
    constexpr int64_t kEnough = 16, kFewestRows = 32, kFewestColumns = 32, kLeastWork = int64_t{1} << 19;
    const auto round = [](int64_t half, int64_t to) { return blocks_of(half, to) * to; };
    while (blocks_of(m, rows) * blocks_of(n, columns) < kEnough && rows * columns * k >= 2 * kLeastWork) {
      if (rows >= columns && rows >= 2 * kFewestRows)
        rows = round(rows / 2, 8);
      else if (columns >= 2 * kFewestColumns)
        columns = round(columns / 2, 16);
      else if (rows >= 2 * kFewestRows)
        rows = round(rows / 2, 8);
      else
        break;
    }
    row_blocks = blocks_of(m, rows);
    column_blocks = blocks_of(n, columns);
  }
};

class Dense final : public Typed<Dense> {
 public:
  explicit Dense(const DenseAttributes& attributes) : a_(attributes) {}

  std::string_view kind() const override { return "dense"; }

  void attributes(AttributeVisitor& v) override {
    v.field("units", a_.units);
    v.field("use_bias", a_.use_bias);
    v.choice("activation", a_.activation, kernels::kActivationNames);
    a_.kernel_initializer.visit("kernel_initializer", v);
    a_.bias_initializer.visit("bias_initializer", v);
    a_.kernel_regularizer.visit("kernel_regularizer", v);
    a_.bias_regularizer.visit("bias_regularizer", v);
    a_.activity_regularizer.visit("activity_regularizer", v);
  }

  Shape setup(std::span<const Shape> inputs) override {
    constexpr int64_t kMost = int64_t{1} << 30;
    expect_inputs(inputs, 1);
    FOVEA_REQUIRE(inputs[0].rank() == 1 && inputs[0][0] > 0, "expects a flat input, got %s: flatten first",
                  inputs[0].text().c_str());
    FOVEA_REQUIRE(a_.units >= 1 && a_.units <= kMost, "units is %lld, expected 1 to %lld", ll{a_.units},
                  ll{kMost});
    FOVEA_REQUIRE(inputs[0][0] <= kMost, "an input of %lld values is too large", ll{inputs[0][0]});
    expect_regularizers(a_.kernel_regularizer, a_.bias_regularizer, a_.activity_regularizer);
    in_ = inputs[0][0];
    expect_few_products(a_.units, in_);
    return Shape{a_.units};
  }

  Regularizer activity() const override { return a_.activity_regularizer; }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> list;
    list.push_back({"kernel", Shape{in_, a_.units}, Role::kernel,
                    resolve_kernel_initializer(a_.kernel_initializer, a_.activation), in_, a_.units,
                    a_.kernel_regularizer});
    if (a_.use_bias) {
      list.push_back({"bias", Shape{a_.units}, Role::bias, resolve_bias_initializer(a_.bias_initializer), in_,
                      a_.units, a_.bias_regularizer});
    }
    return list;
  }

  Traits traits() const override {
    Traits t;
    t.backward_reads_x = true;
    t.backward_reads_y = fused() != Activation::linear && !keeps_input();
    t.accumulates = true;
    return t;
  }

  // At inference what follows the product (bias, a folded batch norm) is one scale and one shift for each
  // unit.
  Demand demand(const DemandQuery& q) const override {
    Demand d;
    if (!q.training) d.packed = align_up(static_cast<size_t>(2 * a_.units) * size_of(q.dtype));
    if (q.training && keeps_input()) d.saved = static_cast<size_t>(q.batch * a_.units) * size_of(q.dtype);
    if (!packs(q.batch)) return d;
    const Demand forward = packed().forward_demand(q);
    const Demand backward = q.training ? packed().backward_demand(q) : Demand{};
    d.scratch = backward.scratch;
    d.lane_scratch = std::max(forward.lane_scratch, backward.lane_scratch);
    return d;
  }

  int64_t multiply_adds() const override { return in_ * a_.units; }

  bool absorb_activation(Activation activation) override {
    if (fused() != Activation::linear) return false;
    absorbed_ = activation;
    return true;
  }
  bool absorbs_affine() const override { return fused() == Activation::linear; }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    if (p.training) return;
    T* scale = reinterpret_cast<T*>(p.packed);
    T* shift = scale + a_.units;
    for (int64_t c = 0; c < a_.units; ++c) {
      scale[c] = p.fold.scale ? p.fold.scale[c] : T{1};
      shift[c] = (a_.use_bias ? p.params[1][c] * scale[c] : T{0}) + (p.fold.shift ? p.fold.shift[c] : T{0});
    }
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const int64_t n = a_.units;
    const T* scale = p.training ? nullptr : reinterpret_cast<const T*>(p.packed);
    const T* shift = scale ? scale + n : a_.use_bias ? p.params[1] : nullptr;
    T* const z = p.training && keeps_input() ? reinterpret_cast<T*>(p.saved) : nullptr;
    // What follows the product, on a block of its results.
    const auto finish = [&](int64_t row, int64_t rows, int64_t column, int64_t columns) {
      T* y = (z ? z : p.y) + row * n + column;
      kernels::finish_rows(z ? Activation::linear : fused(), rows, columns, n,
                           scale ? scale + column : nullptr, shift ? shift + column : nullptr, y);
      for (int64_t i = 0; i < rows && z != nullptr; ++i)
        kernels::activate(fused(), columns, y + i * n, p.y + (row + i) * n + column);
    };
    if (packs(p.batch)) {
      packed().forward(p, z ? z : p.y);
      p.exec.parallel_for(p.batch, [&](int64_t row, int) { finish(row, 1, 0, n); });
      return;
    }
    const Product cut(p.batch, n, in_);
    p.exec.parallel_for(cut.blocks(), [&](int64_t task, int) {
      const int64_t row = task / cut.column_blocks * cut.rows,
                    column = task % cut.column_blocks * cut.columns;
      const int64_t rows = std::min(cut.rows, p.batch - row), columns = std::min(cut.columns, n - column);
      gemm(Op::plain, Op::plain, rows, columns, in_, T{1}, p.x[0] + row * in_, in_, p.params[0] + column, n,
           T{0}, (z ? z : p.y) + row * n + column, n);
      finish(row, rows, column, columns);
    });
  }

  // dy becomes dz, the gradient before the activation; then both gradients are blocks of one list of tasks.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const int64_t n = a_.units;
    if (fused() != Activation::linear) {
      const int64_t elements = p.batch * n;
      const T* const from = keeps_input() ? reinterpret_cast<const T*>(p.saved) : p.y;
      p.exec.parallel_for(blocks_of(elements, kernels::kElementsPerTask), [&](int64_t task, int) {
        const int64_t at = task * kernels::kElementsPerTask;
        kernels::activate_backward(fused(), std::min(kernels::kElementsPerTask, elements - at), from + at,
                                   p.dy + at, p.dy + at);
      });
    }
    const T* dz = p.dy;
    T* dbias = a_.use_bias ? p.dparams[1] : nullptr;
    if (packs(p.batch)) {
      packed().backward(p);
      if (dbias) kernels::bias_gradient(p.batch, n, dz, n, dbias);
      return;
    }
    const Product weights(in_, n, p.batch), data(p.batch, in_, n);
    const int64_t weight_tasks = p.dparams[0] ? weights.blocks() : 0;
    const int64_t data_tasks = p.dx[0] ? data.blocks() : 0;
    p.exec.parallel_for(weight_tasks + data_tasks + (dbias ? 1 : 0), [&](int64_t task, int) {
      if (task < weight_tasks) {
        const int64_t row = task / weights.column_blocks * weights.rows;
        const int64_t column = task % weights.column_blocks * weights.columns;
        gemm(Op::transposed, Op::plain, std::min(weights.rows, in_ - row),
             std::min(weights.columns, n - column), p.batch, T{1}, p.x[0] + row, in_, dz + column, n, T{0},
             p.dparams[0] + row * n + column, n);
      } else if (task < weight_tasks + data_tasks) {
        const int64_t block = task - weight_tasks;
        const int64_t row = block / data.column_blocks * data.rows,
                      column = block % data.column_blocks * data.columns;
        gemm(Op::plain, Op::transposed, std::min(data.rows, p.batch - row),
             std::min(data.columns, in_ - column), n, T{1}, dz + row * n, n, p.params[0] + column * n, n,
             p.accumulate[0] ? T{1} : T{0}, p.dx[0] + row * in_ + column, in_);
      } else {
        kernels::bias_gradient(p.batch, n, dz, n, dbias);
      }
    });
  }

 private:
  // What is applied to the output; attributes and initializers stay as they were given.
  Activation fused() const { return absorbed_ != Activation::linear ? absorbed_ : a_.activation; }

  // Whether products go by packed blocks. A single row is GEMV's, which packs nothing.
  bool packs(int64_t batch) const { return packed().gains() && batch > 1; }
  DenseProduct packed() const { return {in_, a_.units}; }

  // The derivative needs the activation's input, which training keeps in saved memory.
  bool keeps_input() const { return kernels::derivative_needs_input(fused()); }

  DenseAttributes a_;
  Activation absorbed_ = Activation::linear;
  int64_t in_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_dense(const DenseAttributes& attributes) {
  return std::make_unique<Dense>(attributes);
}

}  // namespace fovea::layers
