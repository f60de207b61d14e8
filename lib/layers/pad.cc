// Padding along any axis: with a constant, with the border repeated, or with the tensor mirrored at it.
// May use: base, layers/layer.h.
#include <algorithm>
#include <cmath>
#include <vector>

#include "base/error.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using ll = long long;

class Pad final : public Typed<Pad> {
 public:
  explicit Pad(const PadAttributes& a) : a_(a) {}

  std::string_view kind() const override { return "pad"; }
  void attributes(AttributeVisitor& v) override {
    v.field("before", std::span<int64_t>(a_.before));
    v.field("after", std::span<int64_t>(a_.after));
    v.choice("mode", a_.mode, kPadModeNames);
    v.field("value", a_.value);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    in_ = inputs[0];
    FOVEA_REQUIRE(in_.rank() >= 1, "expects an input with at least one axis, found %s", in_.text().c_str());
    FOVEA_REQUIRE(std::isfinite(a_.value), "value is %g, expected a finite number", a_.value);
    FOVEA_REQUIRE(a_.mode == PadMode::constant || a_.value == 0, "value is %g, which mode %s has no use for",
                  a_.value, kPadModeNames[static_cast<size_t>(a_.mode)]);
    std::vector<int64_t> extents;
    for (int i = 0; i < kMaxRank; ++i) {
      const int64_t before = a_.before[static_cast<size_t>(i)];
      const int64_t after = a_.after[static_cast<size_t>(i)];
      FOVEA_REQUIRE(before >= 0 && after >= 0 && before < kMaxElements && after < kMaxElements,
                    "the padding of axis %d is %lld and %lld", i, ll{before}, ll{after});
      FOVEA_REQUIRE(i < in_.rank() || (before == 0 && after == 0), "axis %d is padded, but the input is %s",
                    i, in_.text().c_str());
      if (i >= in_.rank()) continue;
      FOVEA_REQUIRE(a_.mode != PadMode::reflect || std::max(before, after) < in_[i],
                    "axis %d: a padding of %lld and %lld cannot mirror an extent of %lld, expected less", i,
                    ll{before}, ll{after}, ll{in_[i]});
      extents.push_back(before + in_[i] + after);
    }
    out_ = Shape(extents);
    return out_;
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const int last = in_.rank() - 1;
    for_rows(p.exec, p.batch, out_, [&](int64_t row) {
      T* const y = p.y + row * out_[last];
      const int64_t from = source_row(row);
      if (from < 0) {
        std::fill_n(y, out_[last], static_cast<T>(a_.value));
        return;
      }
      const T* const x = p.x[0] + from * in_[last];
      const int64_t before = a_.before[static_cast<size_t>(last)], end = before + in_[last];
      for (int64_t i = 0; i < before; ++i) y[i] = edge(x, last, i);
      std::copy_n(x, in_[last], y + before);
      for (int64_t i = end; i < out_[last]; ++i) y[i] = edge(x, last, i);
    });
  }

  // Rows of the output that mirror one row add up in it, so a sample belongs to one task.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    T* const dx = p.dx[0];
    if (dx == nullptr) return;
    const int last = in_.rank() - 1;
    const int64_t rows = out_.elements() / out_[last], size = in_.elements();
    for_blocks(p.exec, p.batch, rows_per_task(out_.elements()), [&](int64_t first, int64_t samples) {
      if (!p.accumulate[0]) std::fill_n(dx + first * size, samples * size, T{0});
      for (int64_t row = first * rows; row < (first + samples) * rows; ++row) {
        const int64_t to = source_row(row);
        if (to < 0) continue;
        const T* const dy = p.dy + row * out_[last];
        T* const into = dx + to * in_[last];
        const int64_t before = a_.before[static_cast<size_t>(last)], end = before + in_[last];
        kernels::accumulate(in_[last], dy + before, into);
        if (a_.mode == PadMode::constant) continue;
        for (int64_t i = 0; i < before; ++i) into[source(last, i)] += dy[i];
        for (int64_t i = end; i < out_[last]; ++i) into[source(last, i)] += dy[i];
      }
    });
  }

 private:
  // f(row) over the rows of the batch's tensors of `shape`, along its last axis.
  template <class F>
  static void for_rows(Executor& exec, int64_t batch, const Shape& shape, F&& f) {
    const int64_t length = shape[shape.rank() - 1];
    for_blocks(exec, batch * (shape.elements() / length), rows_per_task(length),
               [&](int64_t first, int64_t count) {
                 for (int64_t row = first; row < first + count; ++row) f(row);
               });
  }

  // The place along an axis of the input that place `o` of the output takes its value from; -1: none.
  int64_t source(int axis, int64_t o) const {
    const int64_t n = in_[axis], i = o - a_.before[static_cast<size_t>(axis)];
    if (i >= 0 && i < n) return i;
    if (a_.mode == PadMode::constant) return -1;
    if (a_.mode == PadMode::replicate) return i < 0 ? 0 : n - 1;
    return i < 0 ? -i : 2 * (n - 1) - i;
  }
  // The row of the batch's input that a row of its output is made from; -1: none.
  int64_t source_row(int64_t row) const {
    int64_t from = 0, stride = 1;
    for (int axis = in_.rank() - 2; axis >= 0; --axis) {
      const int64_t place = source(axis, row % out_[axis]);
      if (place < 0) return -1;
      from += place * stride;
      stride *= in_[axis];
      row /= out_[axis];
    }
    return row * stride + from;
  }
  template <class T>
  T edge(const T* x, int last, int64_t o) const {
    const int64_t i = source(last, o);
    return i < 0 ? static_cast<T>(a_.value) : x[i];
  }

  PadAttributes a_;
  Shape in_, out_;
};

}  // namespace

std::unique_ptr<Layer> make_pad(const PadAttributes& a) {
  return std::make_unique<Pad>(a);
}

}  // namespace fovea::layers
