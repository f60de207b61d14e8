// The matrix product of two inputs, sample by sample: attention is made of it. May use: layers/layer.h,
// kernels.
#include <algorithm>

#include "base/error.h"
#include "kernels/gemm.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using kernels::gemm;
using kernels::Op;

// y = op(a) op(b), each transposed or not: m x k times k x n.
class Matmul final : public Typed<Matmul> {
 public:
  explicit Matmul(const MatmulAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "matmul"; }
  void attributes(AttributeVisitor& v) override {
    v.field("transpose_a", a_.transpose_a);
    v.field("transpose_b", a_.transpose_b);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 2);
    const Shape &a = inputs[0], &b = inputs[1];
    FOVEA_REQUIRE(a.rank() == 2 && b.rank() == 2, "expects two matrices, found %s and %s", a.text().c_str(),
                  b.text().c_str());
    m_ = a[a_.transpose_a ? 1 : 0], k_ = a[a_.transpose_a ? 0 : 1], n_ = b[a_.transpose_b ? 0 : 1];
    FOVEA_REQUIRE(b[a_.transpose_b ? 1 : 0] == k_, "%s%s and %s%s do not fit together", a.text().c_str(),
                  a_.transpose_a ? " transposed" : "", b.text().c_str(), a_.transpose_b ? " transposed" : "");
    lda_ = a[1], ldb_ = b[1];
    expect_few_products(checked_mul(m_, n_), k_);
    return {m_, n_};
  }
  Traits traits() const override { return {.backward_reads_x = true, .accumulates = true}; }
  int64_t multiply_adds() const override { return m_ * k_ * n_; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    p.exec.parallel_for(p.batch, [&](int64_t s, int) {
      gemm(op(a_.transpose_a), op(a_.transpose_b), m_, n_, k_, T{1}, p.x[0] + s * m_ * k_, lda_,
           p.x[1] + s * k_ * n_, ldb_, T{0}, p.y + s * m_ * n_, n_);
    });
  }

  // da = dy b', db = a' dy; of a transposed input the transposes of these.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    p.exec.parallel_for(p.batch, [&](int64_t s, int) {
      const T *a = p.x[0] + s * m_ * k_, *b = p.x[1] + s * k_ * n_, *dy = p.dy + s * m_ * n_;
      if (p.dx[0] != nullptr) {
        T* const da = p.dx[0] + s * m_ * k_;
        const T beta = p.accumulate[0] ? T{1} : T{0};
        if (a_.transpose_a)
          gemm(op(a_.transpose_b), Op::transposed, k_, m_, n_, T{1}, b, ldb_, dy, n_, beta, da, lda_);
        else
          gemm(Op::plain, op(!a_.transpose_b), m_, k_, n_, T{1}, dy, n_, b, ldb_, beta, da, lda_);
      }
      if (p.dx[1] != nullptr) {
        T* const db = p.dx[1] + s * k_ * n_;
        const T beta = p.accumulate[1] ? T{1} : T{0};
        if (a_.transpose_b)
          gemm(Op::transposed, op(a_.transpose_a), n_, k_, m_, T{1}, dy, n_, a, lda_, beta, db, ldb_);
        else
          gemm(op(!a_.transpose_a), Op::plain, k_, n_, m_, T{1}, a, lda_, dy, n_, beta, db, ldb_);
      }
    });
  }

 private:
  static Op op(bool transpose) { return transpose ? Op::transposed : Op::plain; }

  MatmulAttributes a_;
  int64_t m_ = 0, k_ = 0, n_ = 0, lda_ = 0, ldb_ = 0;
};

}  // namespace

std::unique_ptr<Layer> make_matmul(const MatmulAttributes& a) {
  return std::make_unique<Matmul>(a);
}

}  // namespace fovea::layers
