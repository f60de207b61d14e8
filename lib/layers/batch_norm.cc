// Batch normalisation over the last axis, with an activation fused behind it.
//
// Training: y = f(gamma * (x - mean) / sqrt(variance + epsilon) + beta) with the batch's mean and biased
// variance. The forward pass reads memory twice (statistics, then the map), the backward pass twice (two sums
// per channel, then dx). The mask of a fused relu or relu6 is computed again from x, which both passes read
// anyway; y is then not needed. Inference: the running mean and variance; what remains is one map per
// channel, computed by prepare(). May use: layers/layer.h, kernels.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "base/memory.h"
#include "kernels/norm.h"
#include "layers/blocks.h"
#include "layers/layer.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

// Takes arrays one after the other from a block of memory, each aligned. With no block it only counts.
class Carve {
 public:
  explicit Carve(std::byte* memory = nullptr) : memory_(memory) {}
  template <class T>
  T* take(int64_t n) {
    std::byte* const p = memory_ == nullptr ? nullptr : memory_ + used_;
    used_ += align_up(static_cast<size_t>(n) * sizeof(T));
    return reinterpret_cast<T*>(p);
  }
  size_t used() const { return used_; }

 private:
  std::byte* memory_;
  size_t used_ = 0;
};

class BatchNorm final : public Typed<BatchNorm> {
 public:
  explicit BatchNorm(const BatchNormAttributes& attributes) : a_(attributes) {}
  std::string_view kind() const override { return "batch_norm"; }
  void attributes(AttributeVisitor& v) override {
    v.field("momentum", a_.momentum);
    v.field("epsilon", a_.epsilon);
    v.field("scale", a_.scale);
    v.field("center", a_.center);
    v.field("biased_running_variance", a_.biased_running_variance);
    v.choice("activation", a_.activation, kernels::kActivationNames);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_derivative_from_output(a_.activation);
    expect_inputs(inputs, 1);
    const Shape& shape = inputs[0];
    FOVEA_REQUIRE(shape.rank() >= 1 && shape.elements() >= 1,
                  "expects an input with at least one axis, found %s", shape.text().c_str());
    FOVEA_REQUIRE(a_.epsilon > 0 && std::isfinite(a_.epsilon), "epsilon is %g, expected more than 0",
                  a_.epsilon);
    FOVEA_REQUIRE(a_.momentum >= 0 && a_.momentum <= 1, "momentum is %g, expected 0 to 1", a_.momentum);
    channels_ = shape[shape.rank() - 1];
    rows_ = shape.elements() / channels_;
    return shape;
  }

  std::vector<Parameter> parameters() const override {
    std::vector<Parameter> list;
    if (a_.scale) list.push_back(parameter("gamma", Role::scale, 1));
    if (a_.center) list.push_back(parameter("beta", Role::shift, 0));
    return list;
  }
  std::vector<State> state() const override {
    return {{"running_mean", {channels_}, 0.0}, {"running_var", {channels_}, 1.0}};
  }
  Traits traits() const override {
    return {.backward_reads_x = true,
            .backward_reads_y = !mask_from_x(),
            .in_place = true,
            .backward_in_place = true,
            .accumulates = true};
  }
  Demand demand(const DemandQuery& q) const override {
    return q.dtype == DType::f64 ? demand_of<double>(q) : demand_of<float>(q);
  }

  bool absorb_activation(Activation f) override {
    if (a_.activation != Activation::linear) return false;
    a_.activation = f;
    return true;
  }
  bool is_affine_at_inference() const override { return a_.activation == Activation::linear; }
  void affine(std::span<const float* const> params, std::span<const float* const> state, float* scale,
              float* shift) const override {
    write_affine(params, state, scale, shift);
  }
  void affine(std::span<const double* const> params, std::span<const double* const> state, double* scale,
              double* shift) const override {
    write_affine(params, state, scale, shift);
  }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    if (p.training) return;
    const Map<T> map = map_in<T>(p.packed);
    for (int64_t c = 0; c < channels_; ++c) {
      map.mean[c] = p.state[0][c];
      map.scale[c] = static_cast<T>(gamma(p.params, c) / std::sqrt(p.state[1][c] + a_.epsilon));
      map.shift[c] = static_cast<T>(beta(p.params, c));
    }
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    if (p.training) learn(p);
    // The layout is the same; packed memory is only read.
    const Map<T> map = map_in<T>(p.training ? p.saved : const_cast<std::byte*>(p.packed));
    for_blocks(p.exec, p.batch * rows_, rows_per_task(channels_), [&](int64_t row, int64_t rows) {
      const int64_t at = row * channels_;
      kernels::normalize(rows, channels_, p.x[0] + at, map.view(), a_.activation, p.y + at);
    });
  }

  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (!mask_from_x())
      for_elements(p.exec, p.batch * rows_ * channels_, [&](int64_t i, int64_t n) {
        kernels::activate_backward(a_.activation, n, p.y + i, p.dy + i, p.dy + i);
      });
    // The mask of a clamp is found again from x; for the others dy is done.
    const Activation clamp = mask_from_x() ? a_.activation : Activation::linear;
    const int64_t rows = p.batch * rows_;
    const Map<T> map = map_in<T>(p.saved);
    Carve scratch(p.scratch);
    const Sums sums(scratch, parts(rows), channels_);
    T* const slope = scratch.take<T>(channels_);
    T* const offset = scratch.take<T>(channels_);

    for_parts(p.exec, rows, [&](int64_t part, int64_t first, int64_t count, int lane) {
      const int64_t at = first * channels_;
      kernels::norm_reduce(count, channels_, p.x[0] + at, p.dy + at, map.view(), clamp,
                           reinterpret_cast<T*>(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride),
                           sums.first(part), sums.second(part));
    });
    size_t next = 0;
    T* const dgamma = a_.scale ? p.dparams[next++] : nullptr;
    T* const dbeta = a_.center ? p.dparams[next] : nullptr;
    for (int64_t c = 0; c < channels_; ++c) {
      double dy = 0, dyx = 0;
      for (int64_t part = 0; part < parts(rows); ++part) {
        dy += sums.first(part)[c];
        dyx += sums.second(part)[c];
      }
      const double inverse = map.inverse[c], scale = gamma(p.params, c) * inverse,
                   share = 1.0 / static_cast<double>(rows);
      if (dgamma != nullptr) dgamma[c] = static_cast<T>(dyx * inverse);
      if (dbeta != nullptr) dbeta[c] = static_cast<T>(dy);
      slope[c] = static_cast<T>(-scale * inverse * inverse * dyx * share);
      offset[c] = static_cast<T>(-scale * dy * share);
    }
    if (p.dx[0] == nullptr) return;
    for_blocks(p.exec, rows, rows_per_task(channels_), [&](int64_t row, int64_t count) {
      const int64_t at = row * channels_;
      kernels::norm_backward(count, channels_, p.x[0] + at, p.dy + at, map.view(),
                             kernels::NormGradient<T>{slope, offset}, clamp, p.accumulate[0], p.dx[0] + at);
    });
  }

 private:
  // Per-channel constants of a forward pass: saved in training, packed at inference.
  template <class T>
  struct Map {
    T *mean, *scale, *shift;
    double* inverse;  // 1 / sqrt(variance + epsilon); training only
    kernels::NormMap<T> view() const { return {mean, scale, shift}; }
  };
  template <class T>
  Map<T> map_from(Carve& memory, bool training) const {
    T* const mean = memory.take<T>(channels_);
    T* const scale = memory.take<T>(channels_);
    T* const shift = memory.take<T>(channels_);
    return {mean, scale, shift, training ? memory.take<double>(channels_) : nullptr};
  }
  template <class T>
  Map<T> map_in(std::byte* memory) const {
    Carve carve(memory);
    return map_from<T>(carve, true);
  }

  // Two sums per channel and part.
  struct Sums {
    double* memory;
    int64_t channels;
    Sums(Carve& from, int64_t parts, int64_t n) : memory(from.take<double>(2 * parts * n)), channels(n) {}
    double* first(int64_t part) const { return memory + 2 * part * channels; }
    double* second(int64_t part) const { return first(part) + channels; }
  };
  // Rows are reduced in at most 8 parts, which are combined in order.
  static constexpr int64_t kMaxParts = 8;
  int64_t parts(int64_t rows) const {
    return std::clamp<int64_t>(rows * channels_ / kernels::kElementsPerTask, 1, std::min(rows, kMaxParts));
  }
  template <class F>
  void for_parts(Executor& exec, int64_t rows, F&& f) const {
    const int64_t n = parts(rows);
    exec.parallel_for(n, [&](int64_t part, int lane) {
      const int64_t first = rows * part / n;
      f(part, first, rows * (part + 1) / n - first, lane);
    });
  }

  template <class T>
  Demand demand_of(const DemandQuery& q) const {
    Demand d;
    Carve map;
    (void)map_from<T>(map, q.training);
    (q.training ? d.saved : d.packed) = map.used();
    if (!q.training) return d;
    Carve scratch;
    (void)Sums(scratch, kMaxParts, channels_);
    (void)scratch.take<T>(channels_);
    (void)scratch.take<T>(channels_);
    d.scratch = scratch.used();
    d.lane_scratch = static_cast<size_t>(kernels::norm_scratch(channels_)) * sizeof(T);
    return d;
  }

  // The batch's statistics, the map that follows from them, and the running statistics.
  template <class T>
  void learn(const ForwardPass<T>& p) const {
    const int64_t rows = p.batch * rows_, n = parts(rows);
    Carve scratch(p.scratch);
    const Sums sums(scratch, n, channels_);
    for_parts(p.exec, rows, [&](int64_t part, int64_t first, int64_t count, int lane) {
      kernels::norm_statistics(
          count, channels_, p.x[0] + first * channels_,
          reinterpret_cast<T*>(p.lane_scratch + static_cast<size_t>(lane) * p.lane_stride), sums.first(part),
          sums.second(part));
    });
    int64_t counted = rows / n;
    for (int64_t part = 1; part < n; ++part)
      kernels::norm_combine(channels_, &counted, sums.first(0), sums.second(0),
                            rows * (part + 1) / n - rows * part / n, sums.first(part), sums.second(part));

    const Map<T> map = map_in<T>(p.saved);
    const double count = static_cast<double>(rows);
    const double divisor = a_.biased_running_variance ? count : count - 1;
    for (int64_t c = 0; c < channels_; ++c) {
      const double mean = sums.first(0)[c], m2 = sums.second(0)[c];
      const double inverse = 1 / std::sqrt(m2 / count + a_.epsilon);
      map.mean[c] = static_cast<T>(mean);
      map.scale[c] = static_cast<T>(gamma(p.params, c) * inverse);
      map.shift[c] = static_cast<T>(beta(p.params, c));
      map.inverse[c] = inverse;
      blend(p.state[0][c], mean);
      if (rows > 1) blend(p.state[1][c], m2 / divisor);  // a single value has no variance to learn from
    }
  }
  template <class T>
  void blend(T& running, double value) const {
    running = static_cast<T>((1 - a_.momentum) * static_cast<double>(running) + a_.momentum * value);
  }

  template <class T>
  void write_affine(std::span<const T* const> params, std::span<const T* const> state, T* scale,
                    T* shift) const {
    for (int64_t c = 0; c < channels_; ++c) {
      const double factor = gamma(params, c) / std::sqrt(static_cast<double>(state[1][c]) + a_.epsilon);
      scale[c] = static_cast<T>(factor);
      shift[c] = static_cast<T>(beta(params, c) - factor * static_cast<double>(state[0][c]));
    }
  }

  bool mask_from_x() const { return kernels::is_clamp(a_.activation); }
  template <class T>
  double gamma(std::span<const T* const> params, int64_t c) const {
    return a_.scale ? static_cast<double>(params[0][c]) : 1.0;
  }
  template <class T>
  double beta(std::span<const T* const> params, int64_t c) const {
    return a_.center ? static_cast<double>(params[a_.scale ? 1 : 0][c]) : 0.0;
  }
  Parameter parameter(const char* name, Role role, double value) const {
    Parameter p;
    p.name = name;
    p.shape = {channels_};
    p.role = role;
    p.initializer = {InitializerKind::constant, value, 0};
    return p;
  }

  BatchNormAttributes a_;
  int64_t channels_ = 0;
  int64_t rows_ = 0;  // of one sample
};

}  // namespace

std::unique_ptr<Layer> make_batch_norm(const BatchNormAttributes& attributes) {
  return std::make_unique<BatchNorm>(attributes);
}

}  // namespace fovea::layers
