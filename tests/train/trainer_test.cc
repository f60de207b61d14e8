// The trainer's parts: whole-network gradients against central differences, penalties, optimizers,
// evaluation.
#include "train/trainer.h"

#include <gtest/gtest.h>

#include <cmath>

#include "base/error.h"
#include "layers/registry.h"
#include "train/evaluate.h"

namespace fovea::train {
namespace {

using layers::Activation;

std::shared_ptr<Context> context(int threads = 1) {
  return std::make_shared<Context>(system_allocator(), make_pool_executor(threads), nullptr);
}

// Everything at once: convolutions of several kinds, batch norm, shortcuts, pooling, concat, padding, dense.
// Smooth activations, so that differences are exact.
std::shared_ptr<model::Model> smooth_network(DType dtype, std::shared_ptr<const Context> c) {
  auto g = std::make_shared<graph::Graph>();
  const auto add = [&](std::unique_ptr<layers::Layer> layer, std::vector<int> inputs) {
    return g->add(std::move(layer), inputs, "");
  };
  layers::InputAttributes in;
  in.shape = {7, 6, 3};
  in.rank = 3;
  const int x = add(layers::make_input(in), {});
  layers::Conv2dAttributes a;
  a.filters = 4;
  a.kernel = {3, 3};
  a.padding = layers::Padding::same;
  a.kernel_regularizer = {0.01, false};
  int y = add(layers::make_conv2d(a), {x});
  y = add(layers::make_batch_norm({}), {y});
  y = add(layers::make_activation(Activation::tanh), {y});
  a.groups = 2;
  a.activation = Activation::sigmoid;
  a.kernel_regularizer = {0.02, true};
  const int branch = add(layers::make_conv2d(a), {y});
  const int sum = add(layers::make_add(), {branch, y});
  const int both = add(layers::make_concat(), {sum, branch, y});
  const int padded = add(layers::make_pad({{1, 0, 0}, {0, 1, 0}}), {both});
  const int pooled = add(layers::make_average_pool2d({}), {padded});
  const int flat = add(layers::make_flatten(), {pooled});
  layers::DenseAttributes d;
  d.units = 5;
  const int logits = add(layers::make_dense(d), {flat});
  model::ModelOptions options;
  options.dtype = dtype;
  options.seed = 4;
  return std::make_shared<model::Model>(std::move(c), g, std::vector<int>{logits}, options);
}

struct Batch {
  std::vector<double> x;
  std::vector<int32_t> labels;
  TensorView input, target;
  explicit Batch(int64_t n) {
    for (int64_t i = 0; i < n * 7 * 6 * 3; ++i)
      x.push_back(std::sin(1.7 * static_cast<double>(i * i % 1009)));
    for (int64_t i = 0; i < n; ++i) labels.push_back(static_cast<int32_t>(i % 5));
    input = {x.data(), DType::f64, Shape{n, 7, 6, 3}};
    target = {labels.data(), DType::i32, Shape{n}};
  }
};

TEST(Trainer, WholeNetworkGradientMatchesCentralDifferences) {
  const auto model = smooth_network(DType::f64, context());
  TrainerOptions options;
  options.penalty.l2 = 0.05;
  Trainer trainer(model, options);
  const Batch batch(6);
  trainer.backward({&batch.input, 1}, batch.target);
  const int64_t n = trainer.gradient_block();
  const double* g = reinterpret_cast<double*>(trainer.gradients());
  const std::vector<double> analytic(g, g + n);
  double* w = reinterpret_cast<double*>(model->parameters());
  for (const graph::Slot& slot : model->layout()->parameters) {
    double error = 0, norm = 0;
    for (int64_t i = slot.offset; i < slot.offset + slot.elements; ++i) {
      const double kept = w[i];
      const double h = 6e-6 * std::max(1.0, std::abs(kept));
      w[i] = kept + h;
      const double up = trainer.backward({&batch.input, 1}, batch.target).loss;
      w[i] = kept - h;
      const double down = trainer.backward({&batch.input, 1}, batch.target).loss;
      w[i] = kept;
      const double numeric = (up - down) / (2 * h);
      error += (numeric - analytic[static_cast<size_t>(i)]) * (numeric - analytic[static_cast<size_t>(i)]);
      norm += numeric * numeric + analytic[static_cast<size_t>(i)] * analytic[static_cast<size_t>(i)];
    }
    // A bias in front of a batch norm has no gradient.
    if (std::sqrt(norm) < 1e-9) continue;
    EXPECT_LT(std::sqrt(error) / std::sqrt(norm), 1e-7) << slot.name;
  }
}

TEST(Trainer, MeanSquaredErrorGradientMatchesCentralDifferences) {
  const auto model = smooth_network(DType::f64, context());
  TrainerOptions options;
  options.losses[0].loss = Loss::mean_squared_error;
  Trainer trainer(model, options);
  const Batch batch(3);
  std::vector<double> targets(15);
  for (size_t i = 0; i < targets.size(); ++i) targets[i] = std::cos(static_cast<double>(i));
  const TensorView target{targets.data(), DType::f64, Shape{3, 5}};
  trainer.backward({&batch.input, 1}, target);
  const graph::Slot& slot = model->layout()->parameters.back();
  const double analytic = reinterpret_cast<double*>(trainer.gradients())[slot.offset];
  double& w = reinterpret_cast<double*>(model->parameters())[slot.offset];
  const double kept = w;
  w = kept + 1e-5;
  const double up = trainer.backward({&batch.input, 1}, target).loss;
  w = kept - 1e-5;
  const double down = trainer.backward({&batch.input, 1}, target).loss;
  EXPECT_NEAR((up - down) / 2e-5, analytic, 1e-8);
}

TEST(Trainer, UniformLogitsCostLogOfTheClasses) {
  const auto model = smooth_network(DType::f64, context());
  std::fill_n(reinterpret_cast<double*>(model->parameters()), model->layout()->parameter_block, 0.0);
  Trainer trainer(model, {});
  const Batch batch(4);
  EXPECT_NEAR(trainer.backward({&batch.input, 1}, batch.target).loss, std::log(5.0), 1e-12);
}

// Both conventions of L2: lambda / 2 * sum w^2 and lambda * sum w^2.
TEST(Trainer, PenaltiesAreAddedInTheirOwnConvention) {
  const auto c = context();
  const auto model = smooth_network(DType::f64, c);
  const graph::Layout& layout = *model->layout();
  double expected = 0;
  const double* w = reinterpret_cast<double*>(model->parameters());
  for (const graph::Slot& slot : layout.parameters) {
    double squares = 0;
    for (int64_t i = 0; i < slot.elements; ++i) squares += w[slot.offset + i] * w[slot.offset + i];
    if (slot.name == "conv2d_1.kernel") expected += 0.01 / 2 * squares;
    if (slot.name == "conv2d_2.kernel") expected += 0.02 * squares;
    if (slot.parameter.role == layers::Role::kernel) expected += 0.3 / 2 * squares;
  }
  Penalty penalty(*c, layout, {}, DType::f64, {.l2 = 0.3});
  std::vector<double> gradients(static_cast<size_t>(layout.parameter_block), 0);
  EXPECT_NEAR(penalty.apply(c->executor(), model->parameters(), gradients.data()), expected,
              1e-12 * expected);
  const graph::Slot& second = layout.parameters[static_cast<size_t>(layout.first_parameter[4])];
  ASSERT_EQ(second.name, "conv2d_2.kernel");
  EXPECT_NEAR(gradients[static_cast<size_t>(second.offset)], (2 * 0.02 + 0.3) * w[second.offset], 1e-15);
}

TEST(Trainer, OneTrainerAModel) {
  const auto model = smooth_network(DType::f32, context());
  auto first = std::make_unique<Trainer>(model, TrainerOptions{});
  EXPECT_THROW(Trainer(model, {}), Error);
  first.reset();
  EXPECT_NO_THROW(Trainer(model, {}));
}

TEST(Evaluate, ConfusionScoresByHand) {
  // Class 2 is never predicted, class 3 never occurs.
  const int64_t confusion[] = {5, 1, 0, 0,  2, 6, 0, 0,  1, 3, 0, 0,  0, 0, 0, 0};
  double precision[4], recall[4], f1[4];
  confusion_scores(confusion, 4, precision, recall, f1);
  EXPECT_DOUBLE_EQ(precision[0], 5.0 / 8);
  EXPECT_DOUBLE_EQ(recall[0], 5.0 / 6);
  EXPECT_DOUBLE_EQ(f1[0], 2 * (5.0 / 8) * (5.0 / 6) / (5.0 / 8 + 5.0 / 6));
  EXPECT_DOUBLE_EQ(precision[1], 0.6);
  EXPECT_DOUBLE_EQ(recall[1], 0.75);
  EXPECT_EQ(precision[2], 0);
  EXPECT_EQ(recall[2], 0);
  EXPECT_EQ(f1[3], 0);
}

}  // namespace
}  // namespace fovea::train
