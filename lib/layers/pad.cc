// Padding with zeros along any axis. May use: base, layers/layer.h.
#include <algorithm>
#include <cstring>

#include "base/error.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

class Pad final : public Typed<Pad> {
 public:
  explicit Pad(const PadAttributes& a) : a_(a) {}

  std::string_view kind() const override { return "pad"; }
  void attributes(AttributeVisitor& v) override {
    v.field("before", a_.before);
    v.field("after", a_.after);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    in_ = inputs[0];
    std::vector<int64_t> extents;
    for (int i = 0; i < kMaxRank; ++i) {
      const int64_t before = a_.before[static_cast<size_t>(i)];
      const int64_t after = a_.after[static_cast<size_t>(i)];
      FOVEA_REQUIRE(before >= 0 && after >= 0 && before < kMaxElements && after < kMaxElements,
                    "the padding of axis %d is %lld and %lld", i, static_cast<long long>(before), static_cast<long long>(after));
      FOVEA_REQUIRE(i < in_.rank() || (before == 0 && after == 0), "axis %d is padded, but the input is %s", i,
                    in_.text().c_str());
      if (i < in_.rank()) extents.push_back(before + in_[i] + after);
    }
    out_ = Shape(extents);
    return out_;
  }

  template <class T> void run_forward(const ForwardPass<T>& p) const {
    for_samples(p.exec, p.batch, [&](int64_t s) {
      T* const y = p.y + s * out_.elements();
      std::fill_n(y, out_.elements(), T(0));
      copy(0, p.x[0] + s * in_.elements(), y, [](const T* in, T* out, int64_t n) { std::copy_n(in, n, out); });
    });
  }

  template <class T> void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    for_samples(p.exec, p.batch, [&](int64_t s) {
      copy(0, p.dx[0] + s * in_.elements(), p.dy + s * out_.elements(),
           [](T* in, const T* out, int64_t n) { std::copy_n(out, n, in); });
    });
  }

 private:
  template <class F> void for_samples(Executor& exec, int64_t batch, F&& f) const {
    const int64_t step = std::max<int64_t>(1, 32768 / std::max<int64_t>(1, out_.elements()));
    exec.parallel_for(blocks_of(batch, step), [&](int64_t task, int) {
      for (int64_t s = task * step; s < std::min(batch, (task + 1) * step); ++s) f(s);
    });
  }

  // Calls row(inner, outer, n) for each run along the last axis that both tensors have.
  template <class In, class Out, class Row> void copy(int axis, In* in, Out* out, Row&& row) const {
    const int64_t before = a_.before[static_cast<size_t>(axis)];
    if (axis == in_.rank() - 1) {
      row(in, out + before, in_[axis]);
      return;
    }
    int64_t in_stride = 1, out_stride = 1;
    for (int i = axis + 1; i < in_.rank(); ++i) {
      in_stride *= in_[i];
      out_stride *= out_[i];
    }
    for (int64_t i = 0; i < in_[axis]; ++i) copy(axis + 1, in + i * in_stride, out + (before + i) * out_stride, row);
  }

  PadAttributes a_;
  Shape in_, out_;
};

}  // namespace

std::unique_ptr<Layer> make_pad(const PadAttributes& a) { return std::make_unique<Pad>(a); }

}  // namespace fovea::layers
