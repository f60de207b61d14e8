// Local response normalisation across channels (AlexNet). May use: layers/layer.h, kernels.
#include "kernels/lrn.h"

#include <cmath>

#include "base/error.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class LocalResponseNorm final : public Typed<LocalResponseNorm> {
 public:
  explicit LocalResponseNorm(const LrnAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "local_response_norm"; }
  void attributes(AttributeVisitor& v) override {
    v.field("size", a_.size);
    v.field("k", a_.k);
    v.field("alpha", a_.alpha);
    v.field("beta", a_.beta);
    v.field("divide_alpha", a_.divide_alpha);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& shape = inputs[0];
    FOVEA_REQUIRE(shape.rank() >= 1, "expects an input with at least one axis, found %s",
                  shape.text().c_str());
    constexpr int64_t kMost = 1 << 20;
    FOVEA_REQUIRE(a_.size >= 1 && a_.size <= kMost, "size is %lld, expected 1 to %lld",
                  static_cast<long long>(a_.size), static_cast<long long>(kMost));
    FOVEA_REQUIRE(a_.k > 0 && std::isfinite(a_.k), "k is %g, expected more than 0", a_.k);
    FOVEA_REQUIRE(a_.alpha >= 0 && std::isfinite(a_.alpha), "alpha is %g, expected 0 or more", a_.alpha);
    FOVEA_REQUIRE(a_.beta >= 0 && std::isfinite(a_.beta), "beta is %g, expected 0 or more", a_.beta);
    channels_ = shape[shape.rank() - 1];
    rows_ = shape.elements() / channels_;
    const double size = static_cast<double>(a_.size);
    lrn_ = {a_.size / 2, (a_.size - 1) / 2, a_.k, a_.divide_alpha ? a_.alpha / size : a_.alpha, a_.beta};
    return shape;
  }
  Traits traits() const override {
    return {.backward_reads_x = true, .in_place = true, .backward_in_place = true, .accumulates = true};
  }
  Demand demand(const DemandQuery& q) const override {
    return {.lane_scratch = static_cast<size_t>(kernels::lrn_scratch(channels_, lrn_)) * size_of(q.dtype)};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_rows(p, [&](int64_t at, int64_t rows, T* scratch) {
      kernels::lrn_forward(lrn_, rows, channels_, p.x[0] + at, scratch, p.y + at);
    });
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    for_rows(p, [&](int64_t at, int64_t rows, T* scratch) {
      kernels::lrn_backward(lrn_, rows, channels_, p.x[0] + at, p.dy + at, p.accumulate[0], scratch,
                            p.dx[0] + at);
    });
  }

 private:
  // f(place, rows, scratch) over the pixels of the batch.
  template <class Pass, class F>
  void for_rows(const Pass& p, F&& f) const {
    using T = std::remove_cvref_t<decltype(*p.x[0])>;
    const int64_t all = p.batch * rows_, step = rows_per_task(channels_);
    p.exec.parallel_for(blocks_of(all, step), [&](int64_t task, int lane) {
      f(task * step * channels_, std::min(step, all - task * step),
        reinterpret_cast<T*>(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride));
    });
  }

  LrnAttributes a_;
  kernels::Lrn lrn_{};
  int64_t rows_ = 0, channels_ = 0;  // pixels of one sample
};

}  // namespace

std::unique_ptr<Layer> make_local_response_norm(const LrnAttributes& a) {
  return std::make_unique<LocalResponseNorm>(a);
}

}  // namespace fovea::layers
