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
    const size_t sums = sum_bytes();
    const size_t spare = static_cast<size_t>(kernels::norm_scratch(channels_)) * size_of(q.dtype);
    // A smaller batch may be cut into parts where this one is not.
    const size_t split = parts(1) == 1 ? 0 : static_cast<size_t>(std::min(q.batch, kMaxParts / 2));
    return {.saved = q.training ? static_cast<size_t>(2 * q.batch * groups_) * sizeof(double) : 0,
            .scratch = (q.training ? align_up(static_cast<size_t>(q.batch) * sums) : 0) +
                       split * work_bytes(size_of(q.dtype)) + (split == 0 ? 0 : kMaxParts * sums),
            .lane_scratch = work_bytes(size_of(q.dtype)) + spare};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    for_samples<T>(p, p.training, Forward<T>(*this, p));
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    for_samples<T>(p, true, Backward<T>(*this, p));
    add_samples(p, 0, affinity_.gamma(p.dparams));
    add_samples(p, channels_, affinity_.beta(p.dparams));
  }

 private:
  // What a sample is worked on with: two sums for each channel (one behind the other), its map, its gradient.
  template <class T>
  struct Work {
    double *first, *second;
    T *mean, *scale, *shift, *slope, *offset, *spare;
    kernels::NormMap<T> map() const { return {mean, scale, shift}; }
  };
  // In work_bytes() of memory; `spare` is what follows.
  template <class T>
  Work<T> work(std::byte* memory) const {
    Work<T> w{};
    w.first = reinterpret_cast<double*>(memory);
    w.second = w.first + channels_;
    memory += align_up(static_cast<size_t>(2 * channels_) * sizeof(double));
    for (T** array : {&w.mean, &w.scale, &w.shift, &w.slope, &w.offset, &w.spare}) {
      *array = reinterpret_cast<T*>(memory);
      memory += align_up(static_cast<size_t>(channels_) * sizeof(T));
    }
    return w;
  }
  size_t sum_bytes() const { return static_cast<size_t>(2 * channels_) * sizeof(double); }
  size_t work_bytes(size_t element) const {
    const size_t channel = static_cast<size_t>(channels_);
    return align_up(2 * channel * sizeof(double)) + 5 * align_up(channel * element);
  }

  int64_t width() const { return channels_ / groups_; }
  double group_elements() const { return static_cast<double>(pixels_ * width()); }
  int64_t at(int64_t sample, int64_t pixel) const { return (sample * pixels_ + pixel) * channels_; }
  // Into which a sample is cut where there are too few samples.
  int64_t parts(int64_t batch) const {
    const int64_t most = std::min(pixels_, kMaxParts / batch);
    return most < 2 ? 1 : std::clamp<int64_t>(pixels_ * channels_ / kernels::kElementsPerTask, 1, most);
  }

  // What is done to each sample: reduce() its pixels, solve(), apply() to its pixels. Large samples, where
  // they are few, are cut into parts, which merge() adds to the `rows` before them, in order.
  template <class T>
  struct Steps {
    virtual void reduce(int64_t s, int64_t pixel, int64_t pixels, const Work<T>& w) const = 0;
    virtual void merge(int64_t rows, const Work<T>& w, int64_t part_rows, const double* part) const = 0;
    virtual void solve(int64_t s, const Work<T>& w) const = 0;
    virtual void apply(int64_t s, int64_t pixel, int64_t pixels, const Work<T>& w) const = 0;

   protected:
    ~Steps() = default;
  };

  // Small samples, several to a task; or parts of large ones. (Not inlined: once for both passes.)
  template <class T, class Pass>
  void for_samples(const Pass& p, bool training, const Steps<T>& steps) const {
    const Memory memory{p.exec, p.batch, p.lane_scratch, p.lane_stride,
                        p.scratch + (training ? align_up(static_cast<size_t>(p.batch) * sum_bytes()) : 0)};
    if (parts(p.batch) == 1)
      whole_samples(memory, steps);
    else
      split_samples(memory, steps);
  }
  struct Memory {
    Executor& exec;
    int64_t batch;
    std::byte* lanes;
    size_t lane_stride;
    std::byte* works;  // of samples in parts, and behind them the parts' sums
  };
  template <class T>
  [[gnu::noinline]] void whole_samples(const Memory& m, const Steps<T>& steps) const {
    const int64_t step = rows_per_task(pixels_ * channels_);
    m.exec.parallel_for(blocks_of(m.batch, step), [&](int64_t task, int lane) {
      const Work<T> w = work<T>(m.lanes + static_cast<size_t>(lane) * m.lane_stride);
      for (int64_t s = task * step; s < std::min(m.batch, (task + 1) * step); ++s) {
        steps.reduce(s, 0, pixels_, w);
        steps.solve(s, w);
        steps.apply(s, 0, pixels_, w);
      }
    });
  }
  template <class T>
  [[gnu::noinline]] void split_samples(const Memory& m, const Steps<T>& steps) const {
    const int64_t count = parts(m.batch), tasks = m.batch * count;
    const size_t one = work_bytes(sizeof(T));
    const auto sample_work = [&](int64_t s) { return work<T>(m.works + static_cast<size_t>(s) * one); };
    const auto sums_of = [&](int64_t task) {
      return reinterpret_cast<double*>(m.works + static_cast<size_t>(m.batch) * one) + task * 2 * channels_;
    };
    const auto first_pixel = [&](int64_t part) { return pixels_ * part / count; };
    const auto pixels_of = [&](int64_t part) { return first_pixel(part + 1) - first_pixel(part); };
    m.exec.parallel_for(tasks, [&](int64_t task, int lane) {
      Work<T> w = work<T>(m.lanes + static_cast<size_t>(lane) * m.lane_stride);
      w.first = sums_of(task);
      w.second = w.first + channels_;
      steps.reduce(task / count, first_pixel(task % count), pixels_of(task % count), w);
    });
    for (int64_t s = 0; s < m.batch; ++s) {
      const Work<T> w = sample_work(s);
      std::copy_n(sums_of(s * count), 2 * channels_, w.first);
      for (int64_t part = 1; part < count; ++part)
        steps.merge(first_pixel(part), w, pixels_of(part), sums_of(s * count + part));
      steps.solve(s, w);
    }
    m.exec.parallel_for(tasks, [&](int64_t task, int) {
      const int64_t s = task / count, part = task % count;
      steps.apply(s, first_pixel(part), pixels_of(part), sample_work(s));
    });
  }

  template <class T>
  struct Forward final : Steps<T> {
    const GroupNorm& l;
    const ForwardPass<T>& p;
    Forward(const GroupNorm& layer, const ForwardPass<T>& pass) : l(layer), p(pass) {}

    void reduce(int64_t s, int64_t pixel, int64_t pixels, const Work<T>& w) const override {
      kernels::norm_statistics(pixels, l.channels_, p.x[0] + l.at(s, pixel), w.spare, w.first, w.second);
    }
    void merge(int64_t rows, const Work<T>& w, int64_t part_rows, const double* part) const override {
      kernels::norm_combine(l.channels_, &rows, w.first, w.second, part_rows, part, part + l.channels_);
    }
    void solve(int64_t s, const Work<T>& w) const override {
      for (int64_t g = 0; g < l.groups_; ++g) {
        const double mean = l.group_statistics(w, g);  // w.second[g's first] is now the sum of squares
        const double inverse = 1 / std::sqrt(w.second[g * l.width()] / l.group_elements() + l.a_.epsilon);
        l.fill_map(w, g, mean, inverse, l.affinity_.gamma(p.params), l.affinity_.beta(p.params));
        if (!p.training) continue;
        double* const saved = reinterpret_cast<double*>(p.saved) + 2 * (s * l.groups_ + g);
        saved[0] = mean;
        saved[1] = inverse;
      }
    }
    void apply(int64_t s, int64_t pixel, int64_t pixels, const Work<T>& w) const override {
      kernels::normalize(pixels, l.channels_, p.x[0] + l.at(s, pixel), w.map(), Activation::linear,
                         p.y + l.at(s, pixel));
    }
  };

  // With r = 1 / sqrt(variance + epsilon) and g = gamma dy:
  // dx = r g - r mean(g) - (x - mean) r^3 mean(g (x - mean)), means over a group.
  template <class T>
  struct Backward final : Steps<T> {
    const GroupNorm& l;
    const BackwardPass<T>& p;
    Backward(const GroupNorm& layer, const BackwardPass<T>& pass) : l(layer), p(pass) {}

    const double* saved(int64_t s) const {
      return reinterpret_cast<const double*>(p.saved) + 2 * s * l.groups_;
    }
    void fill(int64_t s, const Work<T>& w) const {
      for (int64_t g = 0; g < l.groups_; ++g)
        l.fill_map<T>(w, g, saved(s)[2 * g], saved(s)[2 * g + 1], l.affinity_.gamma(p.params), nullptr);
    }
    void reduce(int64_t s, int64_t pixel, int64_t pixels, const Work<T>& w) const override {
      fill(s, w);
      const int64_t i = l.at(s, pixel);
      kernels::norm_reduce(pixels, l.channels_, p.x[0] + i, p.dy + i, w.map(), Activation::linear, w.spare,
                           w.first, w.second);
    }
    void merge(int64_t, const Work<T>& w, int64_t, const double* part) const override {
      for (int64_t i = 0; i < 2 * l.channels_; ++i) w.first[i] += part[i];
    }
    // Slope and offset of each channel's gradient from the sums, which are kept for the parameters.
    void solve(int64_t s, const Work<T>& w) const override {
      fill(s, w);
      double* const sums = reinterpret_cast<double*>(p.scratch) + 2 * s * l.channels_;
      const T* const gamma = l.affinity_.gamma(p.params);
      const int64_t width = l.width();
      const double share = 1 / l.group_elements();
      for (int64_t g = 0; g < l.groups_; ++g) {
        const double inverse = saved(s)[2 * g + 1];
        double sum = 0, product = 0;
        for (int64_t c = g * width; c < (g + 1) * width; ++c) {
          const double factor = gamma == nullptr ? 1 : static_cast<double>(gamma[c]);
          sum += factor * w.first[c];
          product += factor * w.second[c];
          sums[c] = w.second[c] * inverse;
          sums[l.channels_ + c] = w.first[c];
        }
        const double slope = -inverse * inverse * inverse * product * share;
        std::fill_n(w.slope + g * width, width, static_cast<T>(slope));
        std::fill_n(w.offset + g * width, width, static_cast<T>(-inverse * sum * share));
      }
    }
    void apply(int64_t s, int64_t pixel, int64_t pixels, const Work<T>& w) const override {
      if (p.dx[0] == nullptr) return;
      const int64_t i = l.at(s, pixel);
      kernels::norm_backward(pixels, l.channels_, p.x[0] + i, p.dy + i, w.map(),
                             kernels::NormGradient<T>{w.slope, w.offset}, Activation::linear, p.accumulate[0],
                             p.dx[0] + i);
    }
  };

  // The mean of group g; the sum of squares about it goes to the place of the group's first channel.
  template <class T>
  double group_statistics(const Work<T>& w, int64_t g) const {
    const int64_t first = g * width();
    int64_t rows = pixels_;
    for (int64_t c = first + 1; c < first + width(); ++c)
      kernels::norm_combine(1, &rows, w.first + first, w.second + first, pixels_, w.first + c, w.second + c);
    return w.first[first];
  }

  template <class T>
  void fill_map(const Work<T>& w, int64_t g, double mean, double inverse, const T* gamma,
                const T* beta) const {
    for (int64_t c = g * width(); c < (g + 1) * width(); ++c) {
      w.mean[c] = static_cast<T>(mean);
      w.scale[c] = static_cast<T>(gamma == nullptr ? inverse : static_cast<double>(gamma[c]) * inverse);
      // With what the mean loses in T.
      const double lost = (static_cast<double>(w.mean[c]) - mean) * static_cast<double>(w.scale[c]);
      w.shift[c] = static_cast<T>((beta == nullptr ? 0 : static_cast<double>(beta[c])) + lost);
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
