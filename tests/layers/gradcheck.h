// Checks that every layer must pass: gradients against central differences, and the promises of the
// contract (same bits on every executor, in place, accumulate, skipped gradients). Takes the contract of
// layers/layer.h alone. The layer need not be set up; it is cloned.
//
//   EXPECT_TRUE(gradcheck(*make_softmax(), {{5}}, 3, seed));
//   check_contract<float>(*make_softmax(), {{5}}, 3, seed);
#pragma once
#include <gtest/gtest.h>

#include <algorithm>
#include <cmath>
#include <functional>
#include <memory>
#include <string>
#include <vector>

#include "base/fpmode.h"
#include "layers/layer_run.h"

namespace fovea::testing {

struct GradcheckOptions {
  double step = 6e-6;  // times max(1, |theta|)
  double tolerance = 1e-7;
  double low = -1, high = 1;  // inputs are uniform in it
  double kink = 0;            // no input is nearer to zero than this
  double spread =
      0;  // inputs are multiples of this in random order, so no two are nearer (overrides low, high)
  // Whether what was drawn will do (forward has run); a refused draw is repeated with another seed. For kinks
  // behind a sum, such as a fused relu.
  std::function<bool(LayerRun<double>&)> accept = {};
};

namespace detail {

inline void draw_inputs(LayerRun<double>& run, uint64_t seed, const GradcheckOptions& o) {
  run.draw_all(seed, o.low, o.high);
  std::mt19937_64 random(seed ^ 0x9E3779B97F4A7C15u);
  for (auto& block : run.x) {
    if (o.spread > 0) {
      const double middle = static_cast<double>(block.size()) / 2;
      for (size_t i = 0; i < block.size(); ++i) block[i] = (static_cast<double>(i) + 0.5 - middle) * o.spread;
      std::shuffle(block.begin(), block.end(), random);
    }
    for (double& v : block)
      while (std::abs(v) < o.kink) v = draw(random, o.low, o.high);
  }
}

inline double norm(const std::vector<double>& v) {
  double s = 0;
  for (double e : v) s += e * e;
  return std::sqrt(s);
}

}  // namespace detail

// d/d theta of sum r_i y_i, for random r, against differences of the forward pass in double precision,
// for every input and parameter: ||num - ana|| / (||num|| + ||ana||) < tolerance for each tensor. A tensor
// whose two norms are both below 1e-9 of the whole gradient's passes. Random draws of the layer are frozen
// by the key.
inline ::testing::AssertionResult gradcheck(const layers::Layer& layer, const std::vector<Shape>& inputs,
                                            int64_t batch, uint64_t seed,
                                            const GradcheckOptions& options = {}) {
  const FpMode mode;
  const auto exec = make_inline_executor();
  LayerRun<double> run(layer, inputs, batch, true);
  int attempt = 0;
  for (;; ++attempt) {
    if (attempt == 1000) return ::testing::AssertionFailure() << "no draw was accepted";
    detail::draw_inputs(run, seed + 1000003u * static_cast<uint64_t>(attempt), options);
    if (!options.accept) break;
    std::vector<std::vector<double>> before;
    for (auto& s : run.state) before.push_back(s.values());
    run.prepare(*exec);
    run.forward(*exec);
    for (size_t i = 0; i < run.state.size(); ++i) run.state[i].assign(before[i]);
    if (options.accept(run)) break;
  }
  const std::vector<double> weights = run.dy.values();
  std::vector<std::vector<double>> state;
  for (auto& s : run.state) state.push_back(s.values());

  const auto evaluate = [&] {
    for (size_t i = 0; i < run.state.size(); ++i) run.state[i].assign(state[i]);
    run.prepare(*exec);
    run.forward(*exec);
    return run.y.values();
  };
  (void)evaluate();
  run.backward(*exec);
  if (!run.intact()) return ::testing::AssertionFailure() << "a guard region was overwritten";

  struct Tensor {
    std::string name;
    Guarded<double>* theta;
    std::vector<double> analytic, numeric;
  };
  std::vector<Tensor> tensors;
  for (size_t i = 0; i < run.x.size(); ++i)
    tensors.push_back({"dx[" + std::to_string(i) + "]", &run.x[i], run.dx[i].values(), {}});
  const auto parameters = run.layer->parameters();
  for (size_t i = 0; i < run.params.size(); ++i)
    tensors.push_back({"d" + parameters[i].name, &run.params[i], run.dparams[i].values(), {}});

  double whole = 0;
  for (Tensor& t : tensors) {
    for (double& theta : *t.theta) {
      const double found = theta;
      const double h = options.step * std::max(1.0, std::abs(found));
      theta = found + h;
      const double above = theta;
      const std::vector<double> up = evaluate();
      theta = found - h;
      const double below = theta;
      const std::vector<double> down = evaluate();
      theta = found;
      double difference = 0;
      for (size_t i = 0; i < up.size(); ++i) difference += weights[i] * (up[i] - down[i]);
      t.numeric.push_back(difference / (above - below));
    }
    whole = std::hypot(whole, detail::norm(t.numeric));
  }
  for (const Tensor& t : tensors) {
    std::vector<double> difference(t.numeric);
    for (size_t i = 0; i < difference.size(); ++i) difference[i] -= t.analytic[i];
    const double sum = detail::norm(t.numeric) + detail::norm(t.analytic);
    const double error = detail::norm(difference) / sum;
    const bool vanishing = detail::norm(t.numeric) < 1e-9 * whole && detail::norm(t.analytic) < 1e-9 * whole;
    if (sum != 0 && !vanishing && !(error < options.tolerance))
      return ::testing::AssertionFailure()
             << t.name << ": relative error " << error << " over " << t.numeric.size()
             << " values (first: numeric " << t.numeric[0] << ", analytic " << t.analytic[0] << ")";
  }
  return ::testing::AssertionSuccess();
}

// An accept function for a layer with a fused activation: `plain` is the same layer without it, and none
// of its outputs may be nearer to a kink than `margin`.
inline std::function<bool(LayerRun<double>&)> output_away_from(std::vector<double> kinks,
                                                               const layers::Layer& plain,
                                                               const std::vector<Shape>& inputs,
                                                               double margin = 1e-3) {
  return [kinks = std::move(kinks), plain = std::shared_ptr<const layers::Layer>(plain.clone()), inputs,
          margin](LayerRun<double>& drawn) {
    const auto exec = make_inline_executor();
    LayerRun<double> run(*plain, inputs, drawn.batch, drawn.training);
    for (size_t i = 0; i < run.x.size(); ++i) run.x[i].assign(drawn.x[i].values());
    for (size_t i = 0; i < run.params.size(); ++i) run.params[i].assign(drawn.params[i].values());
    for (size_t i = 0; i < run.state.size(); ++i) run.state[i].assign(drawn.state[i].values());
    run.prepare(*exec);
    run.forward(*exec);
    return std::all_of(run.y.begin(), run.y.end(), [&](double v) {
      return std::all_of(kinks.begin(), kinks.end(), [&](double k) { return std::abs(v - k) > margin; });
    });
  };
}
inline std::function<bool(LayerRun<double>&)> output_away_from_zero(const layers::Layer& plain,
                                                                    const std::vector<Shape>& inputs,
                                                                    double margin = 1e-3) {
  return output_away_from({0}, plain, inputs, margin);
}

template <class T>
::testing::AssertionResult same_bits(const Guarded<T>& a, const Guarded<T>& b) {
  for (size_t i = 0; i < a.size(); ++i)
    if (std::memcmp(&a[i], &b[i], sizeof(T)) != 0)
      return ::testing::AssertionFailure()
             << "element " << i << " of " << a.size() << ": " << a[i] << " and " << b[i];
  return ::testing::AssertionSuccess();
}

template <class T>
bool all_finite(const Guarded<T>& a) {
  return std::all_of(a.begin(), a.end(), [](T v) { return std::isfinite(v); });
}

namespace detail {

// One pass over the layer with everything drawn from `seed`; `change` may alter the run before it starts.
template <class T, class F>
LayerRun<T> run_once(const layers::Layer& layer, const std::vector<Shape>& inputs, int64_t batch,
                     bool training, uint64_t seed, Executor& exec, F&& change) {
  const FpMode mode;
  LayerRun<T> run(layer, inputs, batch, training);
  run.draw_all(seed);
  change(run);
  run.prepare(exec);
  run.forward(exec);
  if (training) run.backward(exec);
  EXPECT_TRUE(run.intact()) << "a guard region was overwritten";
  return run;
}

template <class T>
void expect_same(const LayerRun<T>& a, const LayerRun<T>& b, const std::string& what) {
  EXPECT_TRUE(same_bits(a.result(), b.result())) << what << ": y";
  for (size_t i = 0; i < a.state.size(); ++i)
    EXPECT_TRUE(same_bits(a.state[i], b.state[i])) << what << ": state " << i;
  if (!a.training) return;
  for (size_t i = 0; i < a.dx.size(); ++i) {
    if (!a.needs_dx[i] || !b.needs_dx[i]) continue;
    EXPECT_TRUE(same_bits(a.gradient(i), b.gradient(i))) << what << ": dx " << i;
  }
  for (size_t i = 0; i < a.dparams.size(); ++i) {
    if (!a.needs_dparams[i] || !b.needs_dparams[i]) continue;
    EXPECT_TRUE(same_bits(a.dparams[i], b.dparams[i])) << what << ": dparams " << i;
  }
}

}  // namespace detail

// Same bits from the caller alone, pools of 2, 3 and 8, and a host that shuffles; in training and at
// inference.
template <class T>
void check_executors(const layers::Layer& layer, const std::vector<Shape>& inputs, int64_t batch,
                     uint64_t seed) {
  for (bool training : {true, false}) {
    const auto nothing = [](LayerRun<T>&) {};
    const auto inline_executor = make_inline_executor();
    const auto reference =
        detail::run_once<T>(layer, inputs, batch, training, seed, *inline_executor, nothing);
    const std::string phase = training ? " (training)" : " (inference)";
    for (int threads : {2, 3, 8}) {
      const auto pool = make_pool_executor(threads);
      detail::expect_same(reference,
                          detail::run_once<T>(layer, inputs, batch, training, seed, *pool, nothing),
                          "pool of " + std::to_string(threads) + phase);
    }
    ShuffledHost host(seed);
    const auto shuffled = host.executor(4);
    detail::expect_same(reference,
                        detail::run_once<T>(layer, inputs, batch, training, seed, *shuffled, nothing),
                        "shuffled host" + phase);
  }
}

// What Traits promises: in place gives the same bits; accumulate adds; a gradient that nobody wants is
// skipped and changes no other. Values are finite, so nothing unwritten was read.
template <class T>
void check_traits(const layers::Layer& layer, const std::vector<Shape>& inputs, int64_t batch,
                  uint64_t seed) {
  const auto exec = make_inline_executor();
  const auto run = [&](bool training, auto&& change) {
    return detail::run_once<T>(layer, inputs, batch, training, seed, *exec, change);
  };
  const auto reference = run(true, [](LayerRun<T>&) {});
  const layers::Traits traits = reference.traits;
  EXPECT_TRUE(all_finite(reference.y)) << "y";
  for (const auto& b : reference.dx) EXPECT_TRUE(all_finite(b)) << "dx";
  for (const auto& b : reference.dparams) EXPECT_TRUE(all_finite(b)) << "dparams";
  EXPECT_TRUE(all_finite(run(false, [](LayerRun<T>&) {}).y)) << "y at inference";

  if (traits.in_place) {
    const auto in_place = [](LayerRun<T>& r) { r.in_place = true; };
    detail::expect_same(run(false, [](LayerRun<T>&) {}), run(false, in_place), "in place at inference");
    if (!traits.backward_reads_x) detail::expect_same(reference, run(true, in_place), "in place");
  }
  if (traits.backward_in_place)
    detail::expect_same(reference, run(true, [](LayerRun<T>& r) { r.backward_in_place = true; }),
                        "backward in place");

  for (size_t i = 0; i < inputs.size(); ++i)
    detail::expect_same(reference, run(true, [i](LayerRun<T>& r) { r.needs_dx[i] = false; }), "a dx is null");
  for (size_t i = 0; i < reference.params.size(); ++i)
    detail::expect_same(reference, run(true, [i](LayerRun<T>& r) { r.needs_dparams[i] = false; }),
                        "a dparam is null");

  if (!traits.accumulates) return;
  for (size_t i = 0; i < inputs.size(); ++i) {
    std::vector<T> before;
    const auto sum = run(true, [&](LayerRun<T>& r) {
      r.accumulate[i] = true;
      std::mt19937_64 random(seed + 1);
      fill(r.dx[i], random);
      before = r.dx[i].values();
    });
    for (size_t j = 0; j < inputs.size(); ++j) {
      if (j != i) {
        EXPECT_TRUE(same_bits(reference.dx[j], sum.dx[j])) << "accumulate changed dx " << j;
        continue;
      }
      double largest = 1;
      for (T v : reference.dx[j]) largest = std::max(largest, std::abs(static_cast<double>(v)));
      double worst = 0;
      for (size_t e = 0; e < before.size(); ++e)
        worst = std::max(worst, std::abs(static_cast<double>(sum.dx[j][e]) - before[e] - reference.dx[j][e]));
      EXPECT_LE(worst, 16 * static_cast<double>(std::numeric_limits<T>::epsilon()) * largest)
          << "accumulate, dx " << j;
    }
  }
}

template <class T>
void check_contract(const layers::Layer& layer, const std::vector<Shape>& inputs, int64_t batch,
                    uint64_t seed) {
  check_executors<T>(layer, inputs, batch, seed);
  check_traits<T>(layer, inputs, batch, seed);
}

}  // namespace fovea::testing
