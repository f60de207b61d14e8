// Regularisation by noise beside dropout.cc: dropout of whole channels, stochastic depth, Gaussian noise. All
// of it is a pure function of (seed, step, stream, sample, element), and does nothing at inference.
// May use: layers/layer.h, kernels.
#include <algorithm>
#include <cmath>

#include "base/error.h"
#include "kernels/merge.h"
#include "kernels/random.h"
#include "layers/blocks.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using ll = long long;

void check_rate(double rate) {
  FOVEA_REQUIRE(rate >= 0 && rate < 1, "rate is %g, expected at least 0 and below 1", rate);
}

// Multiplies what belongs together, the channels of a sample or a whole sample, by 0 or by 1 / (1 - rate). Me
// gives units(), how many factors a sample has.
template <class Me>
class DropWhole : public Typed<Me> {
 public:
  void attributes(AttributeVisitor& v) override { v.field("rate", rate_); }
  Traits traits() const override {
    return {.in_place = true, .backward_in_place = true, .accumulates = true, .draws = true};
  }
  Demand demand(const DemandQuery& q) const override {
    return {.saved = q.training ? static_cast<size_t>(q.batch * me().units()) * size_of(q.dtype) : 0};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    if (p.training) {
      T* const factors = reinterpret_cast<T*>(p.saved);
      draw(p, factors);
      apply(p.exec, p.batch, factors, p.x[0], false, p.y);
    } else if (p.y != p.x[0]) {
      for_elements(p.exec, p.batch * sample(),
                   [&](int64_t i, int64_t n) { std::copy_n(p.x[0] + i, n, p.y + i); });
    }
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    apply(p.exec, p.batch, reinterpret_cast<const T*>(p.saved), static_cast<const T*>(p.dy), p.accumulate[0],
          p.dx[0]);
  }

 protected:
  explicit DropWhole(double rate) : rate_(rate) {}

  double rate_;
  bool same_for_all_ = false;  // samples share their factors
  int64_t rows_ = 0, channels_ = 1;

 private:
  const Me& me() const { return static_cast<const Me&>(*this); }
  int64_t sample() const { return rows_ * channels_; }

  // Kept where the draw is at least `threshold`, as in dropout.
  template <class T>
  void draw(const ForwardPass<T>& p, T* factors) const {
    RandomKey key = p.key;
    key.purpose = Purpose::dropout;
    const auto threshold = static_cast<uint32_t>(std::min(rate_ * 0x1p32, 0x1p32 - 1));
    const T kept = static_cast<T>(1 / (1 - rate_));
    const int64_t units = me().units();
    for_blocks(p.exec, p.batch, rows_per_task(16 * units), [&](int64_t first, int64_t count) {
      for (int64_t s = first; s < first + count; ++s) {
        const uint32_t number = same_for_all_ ? 0 : p.first_sample + static_cast<uint32_t>(s);
        for (int64_t u = 0; u < units; u += 4) {
          const PhiloxBlock block = key.draw(number, static_cast<uint32_t>(u / 4));
          for (int64_t k = u; k < std::min(units, u + 4); ++k)
            factors[s * units + k] = block[static_cast<size_t>(k - u)] >= threshold ? kept : T{0};
        }
      }
    });
  }

  template <class T>
  void apply(Executor& exec, int64_t batch, const T* factors, const T* from, bool accumulate, T* to) const {
    const int64_t piece = rows_per_task(channels_), pieces = blocks_of(rows_, piece), units = me().units();
    for_blocks(exec, batch * pieces, rows_per_task(std::min(piece, rows_) * channels_),
               [&](int64_t first, int64_t count) {
                 for (int64_t i = first; i < first + count; ++i) {
                   const int64_t row = i % pieces * piece, at = (i / pieces * rows_ + row) * channels_;
                   kernels::multiply_channels(std::min(piece, rows_ - row), channels_, from + at,
                                              factors + i / pieces * units, accumulate, to + at);
                 }
               });
  }
};

class SpatialDropout final : public DropWhole<SpatialDropout> {
 public:
  explicit SpatialDropout(const SpatialDropoutAttributes& a) : DropWhole(a.rate) {}
  std::string_view kind() const override { return "spatial_dropout"; }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    expect_image(inputs[0]);
    check_rate(rate_);
    rows_ = inputs[0][0] * inputs[0][1];
    channels_ = inputs[0][2];
    return inputs[0];
  }
  int64_t units() const { return channels_; }
};

// A sample is seen as rows of one channel.
class StochasticDepth final : public DropWhole<StochasticDepth> {
 public:
  explicit StochasticDepth(const StochasticDepthAttributes& a) : DropWhole(a.rate), a_(a) {}
  std::string_view kind() const override { return "stochastic_depth"; }
  void attributes(AttributeVisitor& v) override {
    DropWhole::attributes(v);
    v.field("whole_batch", a_.whole_batch);
  }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    check_rate(rate_);
    same_for_all_ = a_.whole_batch;
    rows_ = inputs[0].elements();
    return inputs[0];
  }
  int64_t units() const { return 1; }

 private:
  StochasticDepthAttributes a_;
};

class GaussianNoise final : public Typed<GaussianNoise> {
 public:
  explicit GaussianNoise(const GaussianNoiseAttributes& a) : a_(a) {}
  std::string_view kind() const override { return "gaussian_noise"; }
  void attributes(AttributeVisitor& v) override { v.field("stddev", a_.stddev); }

  Shape setup(std::span<const Shape> inputs) override {
    expect_inputs(inputs, 1);
    FOVEA_REQUIRE(a_.stddev >= 0 && std::isfinite(a_.stddev), "stddev is %g, expected 0 or more", a_.stddev);
    n_ = inputs[0].elements();
    // Draws are numbered in 32 bits, in blocks of four.
    FOVEA_REQUIRE(n_ <= int64_t{1} << 34, "%lld elements in a sample are too many, expected at most 2^34",
                  ll{n_});
    return inputs[0];
  }
  Traits traits() const override {
    return {.in_place = true, .backward_in_place = true, .accumulates = true, .draws = true};
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    if (!p.training) {
      if (p.y != p.x[0])
        for_elements(p.exec, p.batch * n_,
                     [&](int64_t i, int64_t n) { std::copy_n(p.x[0] + i, n, p.y + i); });
      return;
    }
    RandomKey key = p.key;
    key.purpose = Purpose::noise;
    constexpr int64_t kElements = 1024;  // whose noise stays in the first-level cache
    const int64_t pieces = blocks_of(n_, kElements);
    p.exec.parallel_for(p.batch * pieces, [&](int64_t task, int) {
      const int64_t sample = task / pieces, first = task % pieces * kElements;
      const T* const x = p.x[0] + sample * n_;
      T* const y = p.y + sample * n_;
      const int64_t n = std::min(n_ - first, kElements);
      T noise[kElements];
      kernels::random_normal(key, p.first_sample + static_cast<uint32_t>(sample),
                             static_cast<uint32_t>(first / 4), n, 0, a_.stddev, noise);
      kernels::add(n, x + first, noise, y + first);
    });
  }
  template <class T>
  void run_backward(const BackwardPass<T>& p) const {
    if (p.dx[0] == nullptr) return;
    for_elements(p.exec, p.batch * n_,
                 [&](int64_t i, int64_t n) { deliver(n, p.dy + i, p.accumulate[0], p.dx[0] + i); });
  }

 private:
  GaussianNoiseAttributes a_;
  int64_t n_ = 0;  // elements of one sample
};

}  // namespace

std::unique_ptr<Layer> make_spatial_dropout(const SpatialDropoutAttributes& a) {
  return std::make_unique<SpatialDropout>(a);
}
std::unique_ptr<Layer> make_stochastic_depth(const StochasticDepthAttributes& a) {
  return std::make_unique<StochasticDepth>(a);
}
std::unique_ptr<Layer> make_gaussian_noise(const GaussianNoiseAttributes& a) {
  return std::make_unique<GaussianNoise>(a);
}

}  // namespace fovea::layers
