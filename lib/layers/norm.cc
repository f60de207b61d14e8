// Normalisation within each sample: layer norm over the last axes, group and instance norm over the image and
// some channels. Training and inference compute the same. (Batch norm: batch_norm.cc.)
// May use: layers/layer.h, kernels.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/norm.h"
#include "kernels/row_norm.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using ll = long long;

// gamma and beta, where there are any, of one shape.
class Affinity {
 public:
  void setup(bool scale, bool center, const Shape& shape) {
    scale_ = scale, center_ = center, shape_ = shape;
  }
  std::vector<Parameter> parameters() const {
    std::vector<Parameter> list;
    const auto add = [&](const char* name, Role role, double value) {
      Parameter p;
      p.name = name;
      p.shape = shape_;
      p.role = role;
      p.initializer = {InitializerKind::constant, value, 0};
      list.push_back(p);
    };
    if (scale_) add("gamma", Role::scale, 1);
    if (center_) add("beta", Role::shift, 0);
    return list;
  }
  // Of parameters or their gradients; null where there is none.
  template <class T>
  T* gamma(std::span<T* const> list) const {
    return scale_ ? list[0] : nullptr;
  }
  template <class T>
  T* beta(std::span<T* const> list) const {
    return center_ ? list[scale_ ? 1 : 0] : nullptr;
  }

 private:
  bool scale_ = true, center_ = true;
  Shape shape_;
};

void check_epsilon(double epsilon) {
  FOVEA_REQUIRE(epsilon > 0 && std::isfinite(epsilon), "epsilon is %g, expected more than 0", epsilon);
}

// Reductions are cut into at most so many parts, which are combined in order.
constexpr int64_t kMaxParts = 8;

class LayerNorm final : public Typed<LayerNorm> {
 public:
  explicit LayerNorm(const LayerNormAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "layer_norm"; }
  void attributes(AttributeVisitor& v) override {
    v.field("axes", a_.axes);
    v.field("epsilon", a_.epsilon);
    v.field("scale", a_.scale);
    v.field("center", a_.center);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& shape = inputs[0];
    FOVEA_REQUIRE(a_.axes >= 1 && a_.axes <= shape.rank(),
                  "axes is %lld, expected 1 to %d for an input of %s", ll{a_.axes}, shape.rank(),
                  shape.text().c_str());
    check_epsilon(a_.epsilon);
    const Shape last(shape.extents().last(static_cast<size_t>(a_.axes)));
    n_ = last.elements();
    rows_ = shape.elements() / n_;
    affinity_.setup(a_.scale, a_.center, last);
    return shape;
  }

  std::vector<Parameter> parameters() const override { return affinity_.parameters(); }
  Traits traits() const override {
    return {.backward_reads_x = true, .in_place = true, .backward_in_place = true, .accumulates = true};
  }
  Demand demand(const DemandQuery& q) const override {
    if (!q.training) return {};
    const size_t sums = align_up(static_cast<size_t>(2 * n_) * sizeof(double));
    return {.saved = static_cast<size_t>(2 * q.batch * rows_) * sizeof(double),
            .scratch = affine() ? static_cast<size_t>(parts(q.batch * rows_)) * sums : 0,
            .lane_scratch = affine() ? static_cast<size_t>(2 * n_) * size_of(q.dtype) : 0};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    double* const statistics = reinterpret_cast<double*>(p.saved);
    for_blocks(p.exec, p.batch * rows_, rows_per_task(n_), [&](int64_t row, int64_t rows) {
      kernels::row_norm(rows, n_, a_.epsilon, affinity_.gamma(p.params), affinity_.beta(p.params),
                        p.x[0] + row * n_, p.training ? statistics + 2 * row : nullptr, p.y + row * n_);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    const int64_t all = p.batch * rows_;
    if (affine()) return sum_parameters(p, all);
    for_blocks(p.exec, all, rows_per_task(n_), [&](int64_t first, int64_t rows) {
      backward_rows(p, first, rows, static_cast<T*>(nullptr), nullptr);
    });
  }

 private:
  bool affine() const { return a_.scale || a_.center; }
  int64_t parts(int64_t rows) const {
    return std::clamp<int64_t>(rows * n_ / kernels::kElementsPerTask, 1, std::min(rows, kMaxParts));
  }

  // sums (may be null): of gamma's gradient, then of beta's.
  template <class T>
  void backward_rows(const BackwardPass<T>& p, int64_t first, int64_t rows, T* spare, double* sums) const {
    const double* const statistics = reinterpret_cast<const double*>(p.saved) + 2 * first;
    const int64_t at = first * n_;
    kernels::row_norm_backward(rows, n_, affinity_.gamma(p.params), p.x[0] + at, p.dy + at, statistics,
                               p.accumulate[0], p.dx[0] == nullptr ? nullptr : p.dx[0] + at, spare, sums,
                               sums == nullptr ? nullptr : sums + n_);
  }

  // All gradients, the parameters' summed by part.
  template <class T>
  void sum_parameters(const BackwardPass<T>& p, int64_t all) const {
    const int64_t count = parts(all);
    const size_t stride = align_up(static_cast<size_t>(2 * n_) * sizeof(double));
    const auto sums = [&](int64_t part) {
      return reinterpret_cast<double*>(p.scratch + static_cast<size_t>(part) * stride);
    };
    p.exec.parallel_for(count, [&](int64_t part, int lane) {
      const int64_t first = all * part / count, end = all * (part + 1) / count;
      std::fill_n(sums(part), 2 * n_, 0.0);
      backward_rows(p, first, end - first,
                    reinterpret_cast<T*>(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride),
                    sums(part));
    });
    T* const dgamma = affinity_.gamma(p.dparams);
    T* const dbeta = affinity_.beta(p.dparams);
    for (int64_t i = 0; i < n_; ++i) {
      double gamma = 0, beta = 0;
      for (int64_t part = 0; part < count; ++part) {
        gamma += sums(part)[i];
        beta += sums(part)[n_ + i];
      }
      if (dgamma != nullptr) dgamma[i] = static_cast<T>(gamma);
      if (dbeta != nullptr) dbeta[i] = static_cast<T>(beta);
    }
  }

  LayerNormAttributes a_;
  Affinity affinity_;
  int64_t rows_ = 0, n_ = 0;  // of one sample; elements of a row
};

// A sample is [pixels][channels], normalised over its pixels and the channels of each group. Instance norm
// has a group for each channel.
class GroupNorm final : public Typed<GroupNorm> {
 public:
  GroupNorm(const GroupNormAttributes& a, bool instance) : a_(a), instance_(instance) {}
  std::string_view kind() const override { return instance_ ? "instance_norm" : "group_norm"; }
  void attributes(AttributeVisitor& v) override {
    if (!instance_) v.field("groups", a_.groups);
    v.field("epsilon", a_.epsilon);
    v.field("scale", a_.scale);
    v.field("center", a_.center);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    const Shape& shape = inputs[0];
    FOVEA_REQUIRE(shape.rank() >= 1, "expects an input with at least one axis, found %s",
                  shape.text().c_str());
    channels_ = shape[shape.rank() - 1];
    pixels_ = shape.elements() / channels_;
    groups_ = instance_ ? channels_ : a_.groups;
    FOVEA_REQUIRE(groups_ >= 1, "groups is %lld, expected at least 1", ll{groups_});
    FOVEA_REQUIRE(channels_ % groups_ == 0, "input has %lld channels, groups=%lld does not divide it",
                  ll{channels_}, ll{groups_});
    FOVEA_REQUIRE(pixels_ * (channels_ / groups_) > 1, "a group of an input of %s has a single value",
                  shape.text().c_str());
    check_epsilon(a_.epsilon);
    affinity_.setup(a_.scale, a_.center, {channels_});
    return shape;
  }

  std::vector<Parameter> parameters() const override { return affinity_.parameters(); }
  Traits traits() const override {
    return {.backward_reads_x = true, .in_place = true, .backward_in_place = true, .accumulates = true};
  }
  Demand demand(const DemandQuery& q) const override {
    const size_t channel = static_cast<size_t>(channels_);
    return {.saved = q.training ? static_cast<size_t>(2 * q.batch * groups_) * sizeof(double) : 0,
            .scratch = q.training ? static_cast<size_t>(q.batch) * 2 * channel * sizeof(double) : 0,
            .lane_scratch = align_up(2 * channel * sizeof(double)) +
                            5 * align_up(channel * size_of(q.dtype)) +
                            static_cast<size_t>(kernels::norm_scratch(channels_)) * size_of(q.dtype)};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_samples(p, [&](int64_t s, const Lane<T>& lane) {
      const T* const x = p.x[0] + s * pixels_ * channels_;
      kernels::norm_statistics(pixels_, channels_, x, lane.spare, lane.first, lane.second);
      for (int64_t g = 0; g < groups_; ++g) {
        const double mean = group_statistics(lane, g);  // lane.second[g's first] is now the sum of squares
        const double inverse = 1 / std::sqrt(lane.second[g * width()] / group_elements() + a_.epsilon);
        fill_map(lane, g, mean, inverse, affinity_.gamma(p.params), affinity_.beta(p.params));
        if (!p.training) continue;
        double* const saved = reinterpret_cast<double*>(p.saved) + 2 * (s * groups_ + g);
        saved[0] = mean;
        saved[1] = inverse;
      }
      kernels::normalize(pixels_, channels_, x, lane.map(), Activation::linear,
                         p.y + s * pixels_ * channels_);
    });
  }

  // With r = 1 / sqrt(variance + epsilon) and g = gamma dy:
  // dx = r g - r mean(g) - (x - mean) r^3 mean(g (x - mean)), means over a group.
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_samples(p, [&](int64_t s, const Lane<T>& lane) {
      const int64_t at = s * pixels_ * channels_;
      const double* const saved = reinterpret_cast<const double*>(p.saved) + 2 * s * groups_;
      double* const sums = reinterpret_cast<double*>(p.scratch) + 2 * s * channels_;
      const T* const gamma = affinity_.gamma(p.params);
      for (int64_t g = 0; g < groups_; ++g)
        fill_map<T>(lane, g, saved[2 * g], saved[2 * g + 1], gamma, nullptr);
      kernels::norm_reduce(pixels_, channels_, p.x[0] + at, p.dy + at, lane.map(), Activation::linear,
                           lane.spare, lane.first, lane.second);
      for (int64_t g = 0; g < groups_; ++g) {
        const double inverse = saved[2 * g + 1];
        double sum = 0, product = 0;
        for (int64_t c = g * width(); c < (g + 1) * width(); ++c) {
          const double factor = gamma == nullptr ? 1 : static_cast<double>(gamma[c]);
          sum += factor * lane.first[c];
          product += factor * lane.second[c];
          sums[c] = lane.second[c] * inverse;
          sums[channels_ + c] = lane.first[c];
        }
        const double share = 1 / group_elements();
        std::fill_n(lane.slope + g * width(), width(),
                    static_cast<T>(-inverse * inverse * inverse * product * share));
        std::fill_n(lane.offset + g * width(), width(), static_cast<T>(-inverse * sum * share));
      }
      if (p.dx[0] != nullptr)
        kernels::norm_backward(pixels_, channels_, p.x[0] + at, p.dy + at, lane.map(),
                               kernels::NormGradient<T>{lane.slope, lane.offset}, Activation::linear,
                               p.accumulate[0], p.dx[0] + at);
    });
    add_samples(p, 0, affinity_.gamma(p.dparams));
    add_samples(p, channels_, affinity_.beta(p.dparams));
  }

 private:
  // What a task works with: two sums for each channel, the map of a sample, its gradient.
  template <class T>
  struct Lane {
    double *first, *second;
    T *mean, *scale, *shift, *slope, *offset, *spare;
    kernels::NormMap<T> map() const { return {mean, scale, shift}; }
  };

  int64_t width() const { return channels_ / groups_; }
  double group_elements() const { return static_cast<double>(pixels_ * width()); }

  // f(sample, lane) over the batch, small samples several to a task.
  template <class Pass, class F>
  void for_samples(const Pass& p, F&& f) const {
    using T = std::remove_cvref_t<decltype(*p.x[0])>;
    const int64_t step = rows_per_task(pixels_ * channels_);
    p.exec.parallel_for(blocks_of(p.batch, step), [&](int64_t task, int index) {
      std::byte* memory = p.lane_scratch + static_cast<size_t>(index) * p.lane_stride;
      const auto take = [&]<class E>(E*, int64_t n) {
        E* const taken = reinterpret_cast<E*>(memory);
        memory += align_up(static_cast<size_t>(n) * sizeof(E));
        return taken;
      };
      constexpr T* kT = nullptr;
      Lane<T> lane{};
      lane.first = take(static_cast<double*>(nullptr), 2 * channels_);
      lane.second = lane.first + channels_;
      for (T** array : {&lane.mean, &lane.scale, &lane.shift, &lane.slope, &lane.offset})
        *array = take(kT, channels_);
      lane.spare = take(kT, 0);
      for (int64_t s = task * step; s < std::min(p.batch, (task + 1) * step); ++s) f(s, lane);
    });
  }

  // The mean of group g; the sum of squares about it goes to the place of the group's first channel.
  template <class T>
  double group_statistics(const Lane<T>& lane, int64_t g) const {
    const int64_t first = g * width();
    int64_t rows = pixels_;
    for (int64_t c = first + 1; c < first + width(); ++c)
      kernels::norm_combine(1, &rows, lane.first + first, lane.second + first, pixels_, lane.first + c,
                            lane.second + c);
    return lane.first[first];
  }

  template <class T>
  void fill_map(const Lane<T>& lane, int64_t g, double mean, double inverse, const T* gamma,
                const T* beta) const {
    for (int64_t c = g * width(); c < (g + 1) * width(); ++c) {
      lane.mean[c] = static_cast<T>(mean);
      lane.scale[c] = static_cast<T>(gamma == nullptr ? inverse : static_cast<double>(gamma[c]) * inverse);
      // With what the mean loses in T.
      const double lost = (static_cast<double>(lane.mean[c]) - mean) * static_cast<double>(lane.scale[c]);
      lane.shift[c] = static_cast<T>((beta == nullptr ? 0 : static_cast<double>(beta[c])) + lost);
    }
  }

  // d[c] = the samples' sums at `offset`, in order.
  template <class T>
  void add_samples(const BackwardPass<T>& p, int64_t offset, T* d) const {
    if (d == nullptr) return;
    const double* const sums = reinterpret_cast<const double*>(p.scratch) + offset;
    for (int64_t c = 0; c < channels_; ++c) {
      double total = 0;
      for (int64_t s = 0; s < p.batch; ++s) total += sums[2 * s * channels_ + c];
      d[c] = static_cast<T>(total);
    }
  }

  GroupNormAttributes a_;
  bool instance_;
  Affinity affinity_;
  int64_t pixels_ = 0, channels_ = 0, groups_ = 1;
};

}  // namespace

std::unique_ptr<Layer> make_layer_norm(const LayerNormAttributes& a) {
  return std::make_unique<LayerNorm>(a);
}
std::unique_ptr<Layer> make_group_norm(const GroupNormAttributes& a) {
  return std::make_unique<GroupNorm>(a, false);
}
std::unique_ptr<Layer> make_instance_norm(const GroupNormAttributes& a) {
  return std::make_unique<GroupNorm>(a, true);
}

}  // namespace fovea::layers
