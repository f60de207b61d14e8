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
    // The axes behind the last padded one make cells, which move as a whole.
    last_ = in_.rank() - 1;
    cell_ = 1;
    for (; last_ > 0 && out_[last_] == in_[last_]; --last_) cell_ *= in_[last_];
    return out_;
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_blocks(p.exec, p.batch * rows(), rows_per_task(out_row()), [&](int64_t first, int64_t count) {
      for (int64_t row = first; row < first + count; ++row) {
        T* const y = p.y + row * out_row();
        const int64_t from = source_row(row);
        if (from < 0) {
          std::fill_n(y, out_row(), static_cast<T>(a_.value));
          continue;
        }
        const T* const x = p.x[0] + from * in_row();
        std::copy_n(x, in_row(), y + before() * cell_);
        for_edges([&](int64_t i, int64_t place) {
          if (place < 0)
            std::fill_n(y + i * cell_, cell_, static_cast<T>(a_.value));
          else
            std::copy_n(x + place * cell_, cell_, y + i * cell_);
        });
      }
    });
  }

  // Rows of the output that mirror one row add up in it, so a sample belongs to one task. The row itself
  // comes first and may overwrite.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    T* const dx = p.dx[0];
    if (dx == nullptr) return;
    const auto add_row = [&](int64_t row, int64_t to, bool accumulate) {
      const T* const dy = p.dy + row * out_row();
      T* const into = dx + to * in_row();
      deliver(in_row(), dy + before() * cell_, accumulate, into);
      for_edges([&](int64_t i, int64_t place) {
        if (place < 0) return;
        for (int64_t k = 0; k < cell_; ++k) into[place * cell_ + k] += dy[i * cell_ + k];
      });
    };
    for_blocks(p.exec, p.batch, rows_per_task(out_.elements()), [&](int64_t first, int64_t samples) {
      const int64_t begin = first * rows(), end = begin + samples * rows();
      for (int64_t row = begin; row < end; ++row)
        if (is_inside(row)) add_row(row, source_row(row), p.accumulate[0]);
      if (a_.mode == PadMode::constant) return;
      for (int64_t row = begin; row < end; ++row)
        if (!is_inside(row)) add_row(row, source_row(row), true);
    });
  }

 private:
  int64_t before() const { return a_.before[static_cast<size_t>(last_)]; }
  int64_t in_row() const { return in_[last_] * cell_; }
  int64_t out_row() const { return out_[last_] * cell_; }
  int64_t rows() const { return out_.elements() / out_row(); }  // of a sample

  // f(place in a row of the output, the place of the input that it repeats) for the padding of a row.
  template <class F>
  void for_edges(F&& f) const {
    for (int64_t i = 0; i < before(); ++i) f(i, source(last_, i));
    for (int64_t i = before() + in_[last_]; i < out_[last_]; ++i) f(i, source(last_, i));
  }

  // Whether a row of the batch's output is one of the input's, not padding.
  bool is_inside(int64_t row) const {
    for (int axis = last_ - 1; axis >= 0; --axis) {
      const int64_t i = row % out_[axis] - a_.before[static_cast<size_t>(axis)];
      if (i < 0 || i >= in_[axis]) return false;
      row /= out_[axis];
    }
    return true;
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
    for (int axis = last_ - 1; axis >= 0; --axis) {
      const int64_t place = source(axis, row % out_[axis]);
      if (place < 0) return -1;
      from += place * stride;
      stride *= in_[axis];
      row /= out_[axis];
    }
    return row * stride + from;
  }
  PadAttributes a_;
  Shape in_, out_;
  int last_ = 0;      // the last padded axis, along which a row goes
  int64_t cell_ = 1;  // elements of a place of it
};

}  // namespace

std::unique_ptr<Layer> make_pad(const PadAttributes& a) {
  return std::make_unique<Pad>(a);
}

}  // namespace fovea::layers
