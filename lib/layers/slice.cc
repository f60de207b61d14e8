// A rectangular part of a tensor: slice, and with it crop and split. May use: base, layers/layer.h, kernels.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "kernels/copy.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using ll = long long;

class Slice final : public Typed<Slice> {
 public:
  explicit Slice(const SliceAttributes& a) : a_(a) {}

  std::string_view kind() const override { return "slice"; }
  void attributes(AttributeVisitor& v) override {
    v.field("begin", std::span<int64_t>(a_.begin));
    v.field("end", std::span<int64_t>(a_.end));
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    in_ = inputs[0];
    FOVEA_REQUIRE(in_.rank() >= 1, "expects an input with at least one axis, found %s", in_.text().c_str());
    std::vector<int64_t> extents;
    for (int i = 0; i < kMaxRank; ++i) {
      const size_t axis = static_cast<size_t>(i);
      if (i >= in_.rank()) {
        FOVEA_REQUIRE(a_.begin[axis] == 0 && a_.end[axis] == 0, "axis %d is cut, but the input is %s", i,
                      in_.text().c_str());
        continue;
      }
      const int64_t n = in_[i];
      const int64_t begin = a_.begin[axis] < 0 ? a_.begin[axis] + n : a_.begin[axis];
      const int64_t end = a_.end[axis] <= 0 ? a_.end[axis] + n : a_.end[axis];
      FOVEA_REQUIRE(begin >= 0 && begin < end && end <= n,
                    "axis %d: from %lld to %lld is no part of an extent of %lld", i, ll{a_.begin[axis]},
                    ll{a_.end[axis]}, ll{n});
      begin_[axis] = begin;
      extents.push_back(end - begin);
    }
    out_ = Shape(extents);
    // The axes from `joined_` on are whole, so that a run goes through all of them.
    joined_ = in_.rank() - 1;
    while (joined_ > 0 && out_[joined_] == in_[joined_]) --joined_;
    run_ = inner_ = 1;
    for (int i = joined_; i < in_.rank(); ++i) {
      run_ *= out_[i];
      inner_ *= in_[i];
    }
    return out_;
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const int64_t runs = out_.elements() / run_;  // of a sample
    for_blocks(p.exec, p.batch * runs, rows_per_task(run_), [&](int64_t first, int64_t count) {
      for_rows(first, count, [&](int64_t from, int64_t to, int64_t rows) {
        kernels::copy_rows(rows, run_, p.x[0] + from, inner_, false, p.y + to, run_);
      });
    });
  }

  // Zeros and the part go to a sample while it is in the cache.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    T* const dx = p.dx[0];
    if (dx == nullptr) return;
    const int64_t size = in_.elements(), runs = out_.elements() / run_;
    for_blocks(p.exec, p.batch, rows_per_task(size), [&](int64_t first, int64_t samples) {
      if (!p.accumulate[0]) std::fill_n(dx + first * size, samples * size, T{0});
      for_rows(first * runs, samples * runs, [&](int64_t to, int64_t from, int64_t rows) {
        kernels::copy_rows(rows, run_, p.dy + from, run_, p.accumulate[0], dx + to, inner_);
      });
    });
  }

 private:
  // f(place in the input, place in the output, rows) for runs [first, first + count) of the batch, `inner_`
  // apart in the input as far as an axis goes.
  template <class F>
  void for_rows(int64_t first, int64_t count, F&& f) const {
    const int64_t runs = out_.elements() / run_, extent = joined_ == 0 ? 1 : out_[joined_ - 1];
    for (int64_t r = first; r < first + count;) {
      const int64_t rows = std::min(first + count - r, extent - r % extent);
      f(source(r, runs), r * run_, rows);
      r += rows;
    }
  }
  // Where run r, counted through the batch, stands in the input.
  int64_t source(int64_t r, int64_t runs) const {
    int64_t rest = r % runs, from = begin_[static_cast<size_t>(joined_)] * (inner_ / in_[joined_]);
    int64_t stride = inner_;
    for (int i = joined_ - 1; i >= 0; --i) {
      from += (begin_[static_cast<size_t>(i)] + rest % out_[i]) * stride;
      rest /= out_[i];
      stride *= in_[i];
    }
    return r / runs * in_.elements() + from;
  }

  SliceAttributes a_;
  Shape in_, out_;
  std::array<int64_t, kMaxRank> begin_{};
  int joined_ = 0;
  int64_t run_ = 1, inner_ = 1;  // elements of a run, and of the input's axes from `joined_` on
};

}  // namespace

std::unique_ptr<Layer> make_slice(const SliceAttributes& a) {
  return std::make_unique<Slice>(a);
}

}  // namespace fovea::layers
