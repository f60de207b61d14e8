// Layers that give the same elements another shape. flatten and reshape are views: nothing is computed;
// permute moves the elements. May use: layers/layer.h.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using ll = long long;

class Flatten final : public Typed<Flatten> {
 public:
  std::string_view kind() const override { return "flatten"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    return {inputs[0].elements()};
  }
  Traits traits() const override { return {.view = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>&) const {}
  template <class T>
  void run_backward(const BackwardPass<T>&) const {}
};

class Reshape final : public Typed<Reshape> {
 public:
  explicit Reshape(const ReshapeAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "reshape"; }
  void attributes(AttributeVisitor& v) override {
    v.field("rank", a_.rank);
    v.field("shape", std::span<int64_t>(a_.shape));
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    FOVEA_REQUIRE(a_.rank >= 1 && a_.rank <= kMaxRank, "rank is %lld, expected 1 to %d", ll{a_.rank},
                  kMaxRank);
    const int64_t elements = inputs[0].elements();
    std::vector<int64_t> extents(a_.shape.begin(), a_.shape.begin() + a_.rank);
    int64_t known = 1, open = -1;
    for (int64_t i = 0; i < a_.rank; ++i) {
      const int64_t extent = extents[static_cast<size_t>(i)];
      FOVEA_REQUIRE(extent >= 1 || (extent == -1 && open < 0),
                    "extent %lld of the shape is %lld, expected at least 1, or -1 once", ll{i}, ll{extent});
      if (extent == -1)
        open = i;
      else
        known = checked_mul(known, extent);
    }
    if (open >= 0) extents[static_cast<size_t>(open)] = elements / known;
    const Shape out{std::span<const int64_t>(extents)};
    FOVEA_REQUIRE(out.elements() == elements, "%s has %lld elements, which %s cannot hold",
                  inputs[0].text().c_str(), ll{elements}, out.text().c_str());
    return out;
  }
  Traits traits() const override { return {.view = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>&) const {}
  template <class T>
  void run_backward(const BackwardPass<T>&) const {}

 private:
  ReshapeAttributes a_;
};

// y[i_axes[0]][i_axes[1]]... = x[i_0][i_1]...: axis k of the output is axis axes[k] of the input.
class Permute final : public Typed<Permute> {
 public:
  explicit Permute(const PermuteAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "permute"; }
  void attributes(AttributeVisitor& v) override { v.field("axes", std::span<int64_t>(a_.axes)); }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& in = inputs[0];
    rank_ = in.rank();
    std::array<bool, kMaxRank> seen{};
    std::vector<int64_t> extents;
    for (int k = 0; k < kMaxRank; ++k) {
      const int64_t axis = a_.axes[static_cast<size_t>(k)];
      if (k >= rank_) {
        FOVEA_REQUIRE(axis == 0, "%d axes are named, but the input is %s", k + 1, in.text().c_str());
        continue;
      }
      FOVEA_REQUIRE(axis >= 0 && axis < rank_, "axis %d of the output is %lld of the input, which is %s", k,
                    ll{axis}, in.text().c_str());
      FOVEA_REQUIRE(!seen[static_cast<size_t>(axis)], "axis %lld of the input is named twice", ll{axis});
      seen[static_cast<size_t>(axis)] = true;
      extents.push_back(in[static_cast<int>(axis)]);
      stride_[static_cast<size_t>(k)] = 1;
      for (int i = static_cast<int>(axis) + 1; i < rank_; ++i) stride_[static_cast<size_t>(k)] *= in[i];
    }
    out_ = Shape(extents);
    return out_;
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_rows(p.exec, p.batch, [&](int64_t from, int64_t to, int64_t n, int64_t stride) {
      const T* const x = p.x[0] + from;
      T* const y = p.y + to;
      if (stride == 1)
        std::copy_n(x, n, y);
      else
        for (int64_t i = 0; i < n; ++i) y[i] = x[i * stride];
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    const bool accumulate = p.accumulate[0];
    for_rows(p.exec, p.batch, [&](int64_t from, int64_t to, int64_t n, int64_t stride) {
      const T* const dy = p.dy + to;
      T* const dx = p.dx[0] + from;
      if (stride == 1)
        deliver(n, dy, accumulate, dx);
      else
        for (int64_t i = 0; i < n; ++i) dx[i * stride] = accumulate ? dx[i * stride] + dy[i] : dy[i];
    });
  }

 private:
  // f(place in x, place in y, count, stride in x) for each piece of a row of the output: where the last axis
  // moved, squares of rows and columns, so that lines of both tensors are used while they are in the cache.
  template <class F>
  void for_rows(Executor& exec, int64_t batch, F&& f) const {
    constexpr int64_t kTile = 32;
    const int64_t columns = out_[rank_ - 1], stride = stride_[static_cast<size_t>(rank_ - 1)];
    const int64_t rows = out_.elements() / columns, sample = out_.elements();
    const int64_t piece = stride == 1 ? columns : kTile;
    const int64_t block =
        stride == 1 ? rows_per_task(columns) : blocks_of(rows_per_task(columns), kTile) * kTile;
    for_blocks(exec, batch * rows, block, [&](int64_t first, int64_t count) {
      for (int64_t r = 0; r < count; r += kTile)
        for (int64_t c = 0; c < columns; c += piece)
          for (int64_t row = first + r; row < first + std::min(r + kTile, count); ++row)
            f(row / rows * sample + row_start(row % rows) + c * stride, row * columns + c,
              std::min(piece, columns - c), stride);
    });
  }
  // Where row `row` of a sample's output begins in its input.
  int64_t row_start(int64_t row) const {
    int64_t from = 0;
    for (int k = rank_ - 2; k >= 0; --k) {
      from += row % out_[k] * stride_[static_cast<size_t>(k)];
      row /= out_[k];
    }
    return from;
  }

  PermuteAttributes a_;
  int rank_ = 0;
  Shape out_;
  std::array<int64_t, kMaxRank> stride_{};  // in the input, of each axis of the output
};

}  // namespace

std::unique_ptr<Layer> make_flatten() {
  return std::make_unique<Flatten>();
}
std::unique_ptr<Layer> make_reshape(const ReshapeAttributes& a) {
  return std::make_unique<Reshape>(a);
}
std::unique_ptr<Layer> make_permute(const PermuteAttributes& a) {
  return std::make_unique<Permute>(a);
}

}  // namespace fovea::layers
