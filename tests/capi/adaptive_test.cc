// Optimizers that treat tensors by their role: LARS and LAMB with two kernels and a bias, by their papers'
// formulas, and decay of kernels alone. PyTorch's numbers for one kernel are in tests/golden.
#include <cmath>
#include <map>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

using Values = std::vector<double>;

double norm(const Values& x) {
  return std::sqrt(std::inner_product(x.begin(), x.end(), x.begin(), 0.0));
}

class AdaptiveTest : public ::testing::Test {
 protected:
  // Dense layers of 3 x 4 with a bias and 4 x 2 without one, in double precision; gradients are made up.
  void start(fv_optimizer_desc optimizer) {
    optimizer.struct_size = sizeof optimizer;
    OK(fv_context_create(DESC(fv_context_desc, .threads = 2), context.out(), &err));
    OK(fv_graph_create(context, graph.out(), &err));
    fv_node x = fv_input(graph, DESC(fv_input_desc, .shape = {3}));
    x = fv_dense(graph, x, DESC(fv_dense_desc, .name = "a", .units = 4));
    x = fv_dense(graph, x, DESC(fv_dense_desc, .name = "b", .units = 2, .no_bias = 1));
    OK(fv_model_create(graph, &x, 1, DESC(fv_model_desc, .dtype = FV_F64, .seed = 4), model.out(), &err));
    const std::vector<double> bias{0.5, -1, 2, 0.25};
    const fv_tensor t = tensor(bias, {4});
    OK(fv_model_set_tensor(model, "a.bias", &t, &err));
    OK(fv_trainer_create(
        model,
        DESC(fv_trainer_desc, .loss = FV_LOSS_MEAN_SQUARED_ERROR, .optimizer_desc = &optimizer),
        trainer.out(), &err));
    for (const auto& [name, shape] : kShapes) {
      const size_t count =
          static_cast<size_t>(std::accumulate(shape.begin(), shape.end(), int64_t{1}, std::multiplies<>()));
      w[name].resize(count);
      m[name].resize(count);
      v[name].resize(count);
    }
    read(w);
  }
  void read(std::map<std::string, Values>& to) {
    for (auto& [name, values] : to) {
      fv_buffer b = buffer(values);
      OK(fv_model_get_tensor(model, name.c_str(), &b, &err));
    }
  }
  // A step on gradients of which each tensor's is another one; gives them.
  std::map<std::string, Values> step(int number) {
    const std::vector<double> ones(3, 1), zeros(2, 0);
    const fv_tensor in = tensor(ones, {1, 3}), target = tensor(zeros, {1, 2});
    EXPECT_EQ(FV_OK, fv_trainer_backward(trainer, &in, 1, &target, nullptr, &err)) << err.message;
    std::map<std::string, Values> all;
    uint32_t seed = static_cast<uint32_t>(number) * 7;
    for (const auto& [name, shape] : kShapes) {
      const std::vector<float> drawn = noise(w[name].size(), ++seed);
      Values& g = all[name];
      for (const float x : drawn) g.push_back(static_cast<double>(x) * (name[0] == 'a' ? 1 : 100));
      fv_tensor t{};
      t.data = g.data();
      t.dtype = FV_F64;
      for (const int64_t extent : shape) t.shape[t.rank++] = extent;
      EXPECT_EQ(FV_OK, fv_trainer_set_gradient(trainer, name.c_str(), &t, &err)) << err.message;
    }
    EXPECT_EQ(FV_OK, fv_trainer_apply(trainer, &err)) << err.message;
    return all;
  }
  void agrees(int number) {
    std::map<std::string, Values> found = w;
    read(found);
    for (const auto& [name, values] : w)
      for (size_t i = 0; i < values.size(); ++i)
        EXPECT_NEAR(values[i], found[name][i], 1e-12 * norm(values)) << name << " in step " << number;
  }

  const std::map<std::string, std::vector<int64_t>> kShapes{
      {"a.bias", {4}}, {"a.kernel", {3, 4}}, {"b.kernel", {4, 2}}};
  Context context;
  Graph graph;
  Model model;
  Trainer trainer;
  fv_error err{};
  std::map<std::string, Values> w, m, v;  // by the formula
};

// You, Gitman and Ginsburg 2017, algorithm 1, for each layer; a bias has no trust ratio and no decay.
TEST_F(AdaptiveTest, LarsLayerByLayer) {
  constexpr double kRate = 0.5, kMomentum = 0.8, kTrust = 0.02, kEpsilon = 1e-3, kDecay = 0.1;
  start({.optimizer = FV_OPT_LARS, .learning_rate = kRate, .momentum = kMomentum, .epsilon = kEpsilon,
         .trust_coefficient = kTrust, .weight_decay = kDecay});
  for (int t = 1; t <= 4; ++t) {
    for (const auto& [name, g] : step(t)) {
      const bool kernel = name != "a.bias";
      const double decay = kernel ? kDecay : 0;
      const double local = kernel ? kTrust * norm(w[name]) / (norm(g) + decay * norm(w[name]) + kEpsilon) : 1;
      for (size_t i = 0; i < g.size(); ++i) {
        m[name][i] = kMomentum * m[name][i] + kRate * local * (g[i] + decay * w[name][i]);
        w[name][i] -= m[name][i];
      }
    }
    agrees(t);
  }
}

// You et al. 2020, algorithm 2, for each layer; a bias has no trust ratio and no decay.
TEST_F(AdaptiveTest, LambLayerByLayer) {
  constexpr double kRate = 0.01, kBeta1 = 0.8, kBeta2 = 0.9, kEpsilon = 1e-3, kDecay = 0.1;
  start({.optimizer = FV_OPT_LAMB, .learning_rate = kRate, .beta1 = kBeta1, .beta2 = kBeta2,
         .epsilon = kEpsilon, .weight_decay = kDecay});
  for (int t = 1; t <= 4; ++t) {
    for (const auto& [name, g] : step(t)) {
      const bool kernel = name != "a.bias";
      Values r(g.size());
      for (size_t i = 0; i < g.size(); ++i) {
        m[name][i] = kBeta1 * m[name][i] + (1 - kBeta1) * g[i];
        v[name][i] = kBeta2 * v[name][i] + (1 - kBeta2) * g[i] * g[i];
        const double mean = m[name][i] / (1 - std::pow(kBeta1, t)), square = v[name][i] / (1 - std::pow(kBeta2, t));
        r[i] = mean / (std::sqrt(square) + kEpsilon) + (kernel ? kDecay * w[name][i] : 0);
      }
      const double trust = kernel ? norm(w[name]) / norm(r) : 1;
      for (size_t i = 0; i < g.size(); ++i) w[name][i] -= kRate * trust * r[i];
    }
    agrees(t);
  }
}

// Decoupled: a bias keeps what gradients of 0 leave it, a kernel shrinks by rate times decay.
TEST_F(AdaptiveTest, OnlyKernelsDecay) {
  for (const int32_t only : {0, 1}) {
    constexpr double kRate = 0.1, kDecay = 0.5;
    start({.optimizer = FV_OPT_SGD, .learning_rate = kRate, .weight_decay = kDecay,
           .decay_kernels_only = only});
    for (const auto& [name, g] : step(1))
      for (size_t i = 0; i < g.size(); ++i) {
        const bool decays = only == 0 || name != "a.bias";
        w[name][i] = w[name][i] * (1 - (decays ? kRate * kDecay : 0)) - kRate * g[i];
      }
    agrees(1);
  }
}

}  // namespace
}  // namespace fovea::test
