// Layers that give the same elements another shape. flatten and reshape are views: nothing is computed;
// permute moves the elements. May use: layers/layer.h, kernels.
#include <algorithm>
#include <vector>

#include "base/error.h"
#include "kernels/copy.h"
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
    fold_axes();
    return out_;
  }
  Traits traits() const override { return {.accumulates = true}; }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_tiles(p.exec, p.batch, [&](const Tile& t) {
      const T* const x = p.x[0] + t.input;
      if (row_.stride == 1)
        kernels::copy_rows(t.lines, t.places, x, line_.stride, false, p.y + t.output, line_.step);
      else
        kernels::transpose(t.places, t.lines, x, row_.stride, false, p.y + t.output, line_.step);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    for_tiles(p.exec, p.batch, [&](const Tile& t) {
      T* const dx = p.dx[0] + t.input;
      if (row_.stride == 1)
        kernels::copy_rows(t.lines, t.places, p.dy + t.output, line_.step, p.accumulate[0], dx, line_.stride);
      else
        kernels::transpose(t.lines, t.places, p.dy + t.output, line_.step, p.accumulate[0], dx, row_.stride);
    });
  }

 private:
  // An axis of the output: its extent, and the elements from a place to the next in the input and the output.
  struct Axis {
    int64_t extent, stride, step;
  };
  // Part of a matrix [lines of line_][places of row_] of the output, and where it begins.
  struct Tile {
    int64_t input, output, lines, places;
  };

  // Axes that are neighbours in both tensors become one. row_ is the output's last; line_ is the input's
  // last, where that has moved (then a matrix is transposed), else the output's last but one.
  void fold_axes() {
    std::vector<Axis> axes{{1, out_.elements(), out_.elements()}};
    int64_t step = out_.elements();
    for (int k = 0; k < rank_; ++k) {
      const int64_t extent = out_[k], stride = stride_[static_cast<size_t>(k)];
      step /= extent;
      if (extent == 1) continue;
      if (axes.back().extent > 1 && axes.back().stride == stride * extent)
        axes.back() = {axes.back().extent * extent, stride, step};
      else
        axes.push_back({extent, stride, step});
    }
    row_ = axes.size() > 1 ? axes.back() : Axis{1, 1, 1};
    if (axes.size() > 1) axes.pop_back();
    auto line = axes.end() - 1;
    if (row_.stride != 1) line = std::ranges::find(axes, 1, &Axis::stride);
    line_ = *line;
    axes.erase(line);
    outer_ = axes;
  }

  // f(tile) over the batch, in tiles that fit the first-level cache.
  template <class F>
  void for_tiles(Executor& exec, int64_t batch, F&& f) const {
    constexpr int64_t kTile = 16384, kMostLines = 256;
    const int64_t lines = std::min(line_.extent, kMostLines), places = std::min(row_.extent, kTile / lines);
    const int64_t down = blocks_of(line_.extent, lines), across = blocks_of(row_.extent, places);
    const int64_t planes = out_.elements() / (line_.extent * row_.extent);
    for_blocks(exec, batch * planes * down * across, rows_per_task(lines * places),
               [&](int64_t first, int64_t count) {
                 for (int64_t i = first; i < first + count; ++i) {
                   const int64_t line = i / across % down * lines, place = i % across * places;
                   Tile t = plane(i / across / down, planes);
                   t.input += line * line_.stride + place * row_.stride;
                   t.output += line * line_.step + place;
                   t.lines = std::min(lines, line_.extent - line);
                   t.places = std::min(places, row_.extent - place);
                   f(t);
                 }
               });
  }
  // Where matrix i of the batch's begins.
  Tile plane(int64_t i, int64_t planes) const {
    Tile t{i / planes * out_.elements(), i / planes * out_.elements(), 0, 0};
    i %= planes;
    for (size_t k = outer_.size(); k-- > 0; i /= outer_[k].extent) {
      t.input += i % outer_[k].extent * outer_[k].stride;
      t.output += i % outer_[k].extent * outer_[k].step;
    }
    return t;
  }

  PermuteAttributes a_;
  int rank_ = 0;
  Shape out_;
  std::array<int64_t, kMaxRank> stride_{};  // in the input, of each axis of the output
  Axis line_{}, row_{};
  std::vector<Axis> outer_;
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
