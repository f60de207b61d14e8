// Pooling whose regions follow from the number of outputs: adaptive (max, average), global max, and
// fractional max pooling (Graham, "Fractional max-pooling", 2014). May use: layers/layer.h,
// layers/conv_attributes.h, kernels.
#include "kernels/region_pool.h"

#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/memory.h"
#include "layers/blocks.h"
#include "layers/conv_attributes.h"

namespace fovea::layers {
namespace {

using ll = long long;

// An image within reach of 32-bit pixel numbers.
void expect_small_image(const Shape& shape) {
  expect_image(shape);
  FOVEA_REQUIRE(shape[0] <= INT32_MAX / shape[1], "an image of %s is too large", shape.text().c_str());
}

// Region i of n along an axis: [begin[i], end[i]).
struct Regions {
  int32_t *begin, *end;
};

// What all have in common. Me gives regions(axis, n, key, sample, regions).
template <class Me>
class RegionPool : public Typed<Me> {
 public:
  Traits traits() const override { return {.accumulates = true, .draws = Me::kDraws}; }
  Demand demand(const DemandQuery& q) const override {
    const bool saves = q.training && me().is_max();
    return {.saved = saves ? static_cast<size_t>(q.batch * outputs()) * sizeof(uint32_t) : 0,
            .lane_scratch = static_cast<size_t>(2 * (out_[0] + out_[1])) * sizeof(int32_t)};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    uint32_t* const indices = p.training && me().is_max() ? reinterpret_cast<uint32_t*>(p.saved) : nullptr;
    for_rows(p, p.training, rows_per_task(row_cost()), [&](int64_t row, const kernels::RegionRow& r) {
      const T* const x = p.x[0] + row / out_[0] * image();
      const int64_t at = row * out_[1] * channels_;
      if (me().is_max())
        kernels::region_max(r, x, p.y + at, indices == nullptr ? nullptr : indices + at);
      else
        kernels::region_average(r, x, p.y + at);
    });
  }

  // Regions overlap, so an image belongs to one task.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    T* const dx = p.dx[0];
    if (dx == nullptr) return;
    const int64_t images = rows_per_task(image());
    const auto clear = [&](int64_t sample) {
      if (!p.accumulate[0]) std::fill_n(dx + sample * image(), image(), T{0});
    };
    if (me().is_max()) {
      const uint32_t* const indices = reinterpret_cast<const uint32_t*>(p.saved);
      for_blocks(p.exec, p.batch, images, [&](int64_t first, int64_t count) {
        for (int64_t s = first; s < first + count; ++s) {
          clear(s);
          kernels::region_max_backward(out_[0] * out_[1], channels_, indices + s * outputs(),
                                       p.dy + s * outputs(), dx + s * image());
        }
      });
      return;
    }
    for_rows(p, true, images * out_[0], [&](int64_t row, const kernels::RegionRow& r) {
      if (row % out_[0] == 0) clear(row / out_[0]);
      kernels::region_average_backward(r, p.dy + row * out_[1] * channels_, dx + row / out_[0] * image());
    });
  }

 protected:
  int64_t in_[2] = {}, out_[2] = {}, channels_ = 0;

 private:
  const Me& me() const { return static_cast<const Me&>(*this); }
  int64_t image() const { return in_[0] * in_[1] * channels_; }
  int64_t outputs() const { return out_[0] * out_[1] * channels_; }
  int64_t row_cost() const { return blocks_of(image(), out_[0]); }

  // f(row, regions) over the rows of outputs of the batch, `step` to a task.
  template <class Pass, class F>
  void for_rows(const Pass& p, bool training, int64_t step, F&& f) const {
    const int64_t all = p.batch * out_[0];
    p.exec.parallel_for(blocks_of(all, step), [&](int64_t task, int lane) {
      auto* memory = reinterpret_cast<int32_t*>(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride);
      const Regions vertical{memory, memory + out_[0]};
      memory += 2 * out_[0];
      const Regions horizontal{memory, memory + out_[1]};
      const int64_t end = std::min(all, (task + 1) * step);
      for (int64_t row = task * step, sample = -1; row < end; ++row) {
        if (row / out_[0] != sample) {
          sample = row / out_[0];
          RandomKey key = p.key;
          key.purpose = Purpose::pooling;
          RandomSequence random(key, p.first_sample + static_cast<uint32_t>(sample));
          me().regions(0, training ? &random : nullptr, vertical);
          me().regions(1, training ? &random : nullptr, horizontal);
        }
        const int64_t oy = row % out_[0];
        f(row, kernels::RegionRow{in_[1], channels_, vertical.begin[oy], vertical.end[oy], out_[1],
                                  horizontal.begin, horizontal.end});
      }
    });
  }
};

class AdaptivePool2d final : public RegionPool<AdaptivePool2d> {
 public:
  AdaptivePool2d(const AdaptivePool2dAttributes& a, bool max) : a_(a), max_(max) {}
  std::string_view kind() const override { return max_ ? "adaptive_max_pool2d" : "adaptive_average_pool2d"; }
  void attributes(AttributeVisitor& v) override { v.field("size", std::span<int64_t>(a_.size)); }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    expect_small_image(inputs[0]);
    for (size_t i = 0; i < 2; ++i) {
      FOVEA_REQUIRE(a_.size[i] >= 1 && a_.size[i] <= INT32_MAX,
                    "%s of the output is %lld, expected at least 1", kAxisNames[i], ll{a_.size[i]});
      in_[i] = inputs[0][static_cast<int>(i)];
      out_[i] = a_.size[i];
    }
    channels_ = inputs[0][2];
    return {out_[0], out_[1], channels_};
  }

  static constexpr bool kDraws = false;
  bool is_max() const { return max_; }
  // From floor(i n / m) to ceil((i + 1) n / m), as PyTorch.
  void regions(size_t axis, RandomSequence*, const Regions& r) const {
    const int64_t n = in_[axis], m = out_[axis];
    for (int64_t i = 0; i < m; ++i) {
      r.begin[i] = static_cast<int32_t>(i * n / m);
      r.end[i] = static_cast<int32_t>(blocks_of((i + 1) * n, m));
    }
  }

 private:
  AdaptivePool2dAttributes a_;
  bool max_;
};

class GlobalMaxPool2d final : public RegionPool<GlobalMaxPool2d> {
 public:
  std::string_view kind() const override { return "global_max_pool2d"; }
  void attributes(AttributeVisitor&) override {}

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    expect_small_image(inputs[0]);
    for (size_t i = 0; i < 2; ++i) {
      in_[i] = inputs[0][static_cast<int>(i)];
      out_[i] = 1;
    }
    channels_ = inputs[0][2];
    return {channels_};
  }

  static constexpr bool kDraws = false;
  bool is_max() const { return true; }
  void regions(size_t axis, RandomSequence*, const Regions& r) const {
    r.begin[0] = 0;
    r.end[0] = static_cast<int32_t>(in_[axis]);
  }
};

// n / ratio regions of 1 or 2 (in general floor or ceil of the ratio) cells, in an order that each sample of
// each step draws: region i begins behind cell ceil(alpha (i + u)) - 1, alpha = n / outputs. At inference u
// is in the middle of its range.
class FractionalMaxPool2d final : public RegionPool<FractionalMaxPool2d> {
 public:
  explicit FractionalMaxPool2d(const FractionalPool2dAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "fractional_max_pool2d"; }
  void attributes(AttributeVisitor& v) override {
    v.field("height_ratio", a_.ratio[0]);
    v.field("width_ratio", a_.ratio[1]);
    v.field("overlapping", a_.overlapping);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    expect_small_image(inputs[0]);
    for (size_t i = 0; i < 2; ++i) {
      in_[i] = inputs[0][static_cast<int>(i)];
      FOVEA_REQUIRE(a_.ratio[i] >= 1 && a_.ratio[i] <= static_cast<double>(in_[i]),
                    "%s ratio is %g, expected 1 to %lld, the input's extent", kAxisNames[i], a_.ratio[i],
                    ll{in_[i]});
      out_[i] = static_cast<int64_t>(static_cast<double>(in_[i]) / a_.ratio[i]);
    }
    channels_ = inputs[0][2];
    return {out_[0], out_[1], channels_};
  }

  static constexpr bool kDraws = true;
  bool is_max() const { return true; }
  void regions(size_t axis, RandomSequence* random, const Regions& r) const {
    const int64_t n = in_[axis], m = out_[axis];
    const double alpha = static_cast<double>(n) / static_cast<double>(m), k = std::floor(alpha);
    // The first region has at most k + 1 cells, the last one at least k.
    const double most =
        std::min((k + 2) / alpha - 1, (static_cast<double>(n) + 1 - k) / alpha - static_cast<double>(m - 1));
    const double u = std::max(0.0, most) * (random == nullptr ? 0.5 : random->uniform());
    for (int64_t i = 0; i < m; ++i) {
      const auto cut = static_cast<int64_t>(std::ceil(alpha * (static_cast<double>(i) + u))) - 1;
      r.begin[i] = i == 0 ? 0 : static_cast<int32_t>(std::clamp(cut, i, n - (m - i)));
    }
    for (int64_t i = 0; i < m; ++i) {
      const int64_t next = i + 1 == m ? n : r.begin[i + 1];
      r.end[i] = static_cast<int32_t>(std::min(n, next + (a_.overlapping ? 1 : 0)));
    }
  }

 private:
  FractionalPool2dAttributes a_;
};

}  // namespace

std::unique_ptr<Layer> make_adaptive_max_pool2d(const AdaptivePool2dAttributes& a) {
  return std::make_unique<AdaptivePool2d>(a, true);
}
std::unique_ptr<Layer> make_adaptive_average_pool2d(const AdaptivePool2dAttributes& a) {
  return std::make_unique<AdaptivePool2d>(a, false);
}
std::unique_ptr<Layer> make_global_max_pool2d() {
  return std::make_unique<GlobalMaxPool2d>();
}
std::unique_ptr<Layer> make_fractional_max_pool2d(const FractionalPool2dAttributes& a) {
  return std::make_unique<FractionalMaxPool2d>(a);
}

}  // namespace fovea::layers
