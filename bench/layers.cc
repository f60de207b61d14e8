// The memory-bound layers beside a plain copy, one thread: bytes moved per second (what a layer must read and
// write at least, counted once). A ratio to `copy` of the same size in the same run is what counts.
//
//   bench/layers --benchmark_filter='8MB' --benchmark_enable_random_interleaving=true
//   --benchmark_repetitions=5
#include <benchmark/benchmark.h>

#include <cstring>
#include <memory>
#include <string>
#include <vector>

#include "base/fpmode.h"
#include "kernels/elementwise.h"
#include "kernels/loss.h"
#include "kernels/optimizer.h"
#include "layer_bench.h"
#include "layers/registry.h"

namespace fovea {
namespace {

using namespace layers;

// `moved`: floats read and written per element of x and of y.
void register_layer(const std::string& name, std::unique_ptr<Layer> (*make)(), Shape shape, size_t inputs,
                    int64_t batch, double forward_x, double forward_y, double backward_x, double backward_y) {
  const auto run = [=](benchmark::State& state, bool backward, double per_x, double per_y) {
    const FpMode mode;
    Bench bench(make(), std::vector<Shape>(inputs, shape), batch);
    bench.forward();
    for (auto _ : state) backward ? bench.backward() : bench.forward();
    state.SetBytesProcessed(static_cast<int64_t>(
        static_cast<double>(state.iterations()) * sizeof(float) *
        (per_x * static_cast<double>(bench.x_elements) + per_y * static_cast<double>(bench.y_elements))));
  };
  benchmark::RegisterBenchmark((name + "/forward").c_str(), run, false, forward_x, forward_y);
  benchmark::RegisterBenchmark((name + "/backward").c_str(), run, true, backward_x, backward_y);
}

void register_flat(const std::string& name, int64_t n, double arrays,
                   void (*f)(int64_t, float*, float*, float*, float*)) {
  benchmark::RegisterBenchmark(name.c_str(), [=](benchmark::State& state) {
    const FpMode mode;
    const Buffer a = block(static_cast<size_t>(n)), b = block(static_cast<size_t>(n)),
                 c = block(static_cast<size_t>(n)), d = block(static_cast<size_t>(n), 3.0f);
    for (auto _ : state) {
      f(n, a.as<float>(), b.as<float>(), c.as<float>(), d.as<float>());
      benchmark::ClobberMemory();
    }
    state.SetBytesProcessed(
        static_cast<int64_t>(static_cast<double>(state.iterations() * n) * arrays * sizeof(float)));
  });
}

std::unique_ptr<Layer> batch_norm_relu() {
  auto layer = make_batch_norm({});
  layer->absorb_activation(Activation::relu);
  return layer;
}
std::unique_ptr<Layer> add_relu() {
  auto layer = make_add();
  layer->absorb_activation(Activation::relu);
  return layer;
}

// CIFAR ResNet-20's first stage at batch 128 (8 MB a tensor), and tensors larger than any cache.
void register_size(const std::string& tag, int64_t batch) {
  const Shape stage{32, 32, 16};
  const int64_t n = stage.elements() * batch;
  register_flat("copy/" + tag, n, 2, [](int64_t k, float* a, float* b, float*, float*) {
    std::memcpy(b, a, static_cast<size_t>(k) * sizeof(float));
  });
  register_flat("add/" + tag, n, 3,
                [](int64_t k, float* a, float* b, float* c, float*) { kernels::add(k, a, b, c); });
  register_flat("sum_of_squares/" + tag, n, 1, [](int64_t k, float* a, float*, float*, float*) {
    double s = kernels::sum_of_squares(k, a);
    benchmark::DoNotOptimize(s);
  });
  register_flat("bias_gradient/" + tag, n, 1, [](int64_t k, float* a, float* b, float*, float*) {
    kernels::bias_gradient(k / 16, 16, a, 16, b);
  });
  // An optimizer reads the gradient, and reads and writes the rest.
  static constexpr kernels::Update still{1e-9};
  register_flat("sgd_momentum/" + tag, n, 5, [](int64_t k, float* a, float* b, float* c, float*) {
    kernels::sgd(k, a, b, c, {still, 0.9});
  });
  register_flat("adam/" + tag, n, 7, [](int64_t k, float* a, float* b, float* c, float* d) {
    kernels::adam(k, a, b, c, d, nullptr, {still});
  });
  register_flat("adamax/" + tag, n, 7, [](int64_t k, float* a, float* b, float* c, float* d) {
    kernels::adamax(k, a, b, c, d, {still});
  });
  register_flat("adagrad/" + tag, n, 5, [](int64_t k, float* a, float* b, float* c, float*) {
    kernels::adagrad(k, a, b, c, {still});
  });
  register_flat("rmsprop/" + tag, n, 5, [](int64_t k, float* a, float* b, float* c, float*) {
    kernels::rmsprop(k, a, b, c, nullptr, nullptr, {still});
  });
  register_flat("adadelta/" + tag, n, 7, [](int64_t k, float* a, float* b, float* c, float* d) {
    kernels::adadelta(k, a, b, c, d, {still});
  });
  register_flat("lion/" + tag, n, 5, [](int64_t k, float* a, float* b, float* c, float*) {
    kernels::lion(k, a, b, c, {still});
  });
  register_flat("move_towards/" + tag, n, 3, [](int64_t k, float* a, float* b, float*, float*) {
    kernels::move_towards(k, 0.5, a, b);
  });
  register_layer(
      "relu/" + tag, [] { return make_activation(Activation::relu); }, stage, 1, batch, 1, 1, 1, 2);
  register_layer(
      "sigmoid/" + tag, [] { return make_activation(Activation::sigmoid); }, stage, 1, batch, 1, 1, 1, 2);
  register_layer(
      "tanh/" + tag, [] { return make_activation(Activation::tanh); }, stage, 1, batch, 1, 1, 1, 2);
  register_layer(
      "batch_norm/" + tag, [] { return make_batch_norm({}); }, stage, 1, batch, 2, 1, 3, 2);
  register_layer("batch_norm_relu/" + tag, batch_norm_relu, stage, 1, batch, 2, 1, 3, 2);
  register_layer("add_relu/" + tag, add_relu, stage, 2, batch, 2, 1, 2, 2);
  register_layer(
      "dropout/" + tag, [] { return make_dropout({}); }, stage, 1, batch, 1, 1, 1, 1);
  register_layer(
      "global_average/" + tag, [] { return make_global_average_pool2d(); }, stage, 1, batch, 1, 1, 1, 1);
  register_layer(
      "max_pool/" + tag, [] { return make_max_pool2d({}); }, stage, 1, batch, 1, 1.25, 1, 1.25);
  register_layer(
      "average_pool/" + tag, [] { return make_average_pool2d({}); }, stage, 1, batch, 1, 1, 1, 1);
}

// The other memory-bound layers, by family, on the same stage, beyond any cache.
struct Row {
  const char* name;
  std::unique_ptr<Layer> (*make)();
  size_t inputs;
  double forward_x, forward_y, backward_x, backward_y;
};
constexpr Row kRows[] = {
    {"subtract", [] { return make_subtract(); }, 2, 2, 1, 2, 1},
    {"multiply", [] { return make_multiply(); }, 2, 2, 1, 4, 1},
    {"average", [] { return make_average(); }, 2, 2, 1, 2, 1},
    {"maximum", [] { return make_maximum(); }, 2, 2, 1, 4, 2},
    {"concat", [] { return make_concat(); }, 2, 2, 1, 2, 1},
    {"slice",
     [] {
       return make_slice({.begin = {0, 0, 8}});
     },
     1, 0, 2, 1, 1},
    {"pad_reflect",
     [] {
       return make_pad({{1, 1}, {1, 1}, PadMode::reflect});
     },
     1, 1, 1, 1, 1},
    {"permute",
     [] {
       return make_permute({{2, 0, 1}});
     },
     1, 1, 1, 1, 1},
    {"layer_norm", [] { return make_layer_norm({}); }, 1, 1, 1, 2, 1},
    {"layer_norm_all", [] { return make_layer_norm({.axes = 3}); }, 1, 1, 1, 2, 1},
    {"group_norm", [] { return make_group_norm({.groups = 4}); }, 1, 1, 1, 2, 1},
    {"instance_norm", [] { return make_instance_norm({}); }, 1, 1, 1, 2, 1},
    {"local_response_norm", [] { return make_local_response_norm({}); }, 1, 1, 1, 2, 1},
    {"adaptive_max_pool",
     [] {
       return make_adaptive_max_pool2d({{16, 16}});
     },
     1, 1, 2, 1, 2},
    {"adaptive_average_pool",
     [] {
       return make_adaptive_average_pool2d({{16, 16}});
     },
     1, 1, 1, 1, 1},
    {"fractional_max_pool", [] { return make_fractional_max_pool2d({}); }, 1, 1, 2, 1, 2},
    {"global_max_pool", [] { return make_global_max_pool2d(); }, 1, 1, 1, 1, 1},
    {"upsample_nearest", [] { return make_upsample2d({}); }, 1, 1, 1, 1, 1},
    {"upsample_bilinear", [] { return make_upsample2d({.method = Upsample::bilinear}); }, 1, 1, 1, 1, 1},
    {"bed_of_nails", [] { return make_upsample2d({.method = Upsample::bed_of_nails}); }, 1, 1, 1, 1, 0.25},
    {"pixel_shuffle", [] { return make_pixel_shuffle({}); }, 1, 1, 1, 1, 1},
    {"pixel_unshuffle", [] { return make_pixel_unshuffle({}); }, 1, 1, 1, 1, 1},
    {"spatial_dropout", [] { return make_spatial_dropout({}); }, 1, 1, 1, 1, 1},
    {"stochastic_depth", [] { return make_stochastic_depth({}); }, 1, 1, 1, 1, 1},
    {"gaussian_noise", [] { return make_gaussian_noise({}); }, 1, 1, 1, 1, 1},
    {"maxout", [] { return make_maxout({}); }, 1, 1, 1, 2, 2},
};

void register_all() {
  register_size("8MB", 128);
  register_size("64MB", 1024);
  for (const Row& r : kRows)
    register_layer(r.name + std::string("/64MB"), r.make, {32, 32, 16}, r.inputs, 1024, r.forward_x,
                   r.forward_y, r.backward_x, r.backward_y);
  // LeNet-5 at batch 64, the Keras CNN at batch 128, AlexNet's overlapping windows, class scores.
  register_layer(
      "max_pool/lenet_28x28x6", [] { return make_max_pool2d({}); }, {28, 28, 6}, 1, 64, 1, 1.25, 1, 1.25);
  register_layer(
      "max_pool/lenet_10x10x16", [] { return make_max_pool2d({}); }, {10, 10, 16}, 1, 64, 1, 1.25, 1, 1.25);
  register_layer(
      "max_pool/keras_24x24x64", [] { return make_max_pool2d({}); }, {24, 24, 64}, 1, 128, 1, 1.25, 1, 1.25);
  register_layer(
      "max_pool/alexnet_55x55x96",
      [] {
        return make_max_pool2d({.size = {3, 3}});
      },
      {55, 55, 96}, 1, 16, 1, 1.25, 1, 1.25);
  register_layer("batch_norm_relu/8x8x64", batch_norm_relu, {8, 8, 64}, 1, 128, 2, 1, 3, 2);
  register_layer("batch_norm_relu/7x7x2048", batch_norm_relu, {7, 7, 2048}, 1, 16, 2, 1, 3, 2);
  register_layer("batch_norm_relu/28x28x6", batch_norm_relu, {28, 28, 6}, 1, 64, 2, 1, 3, 2);
  register_layer(
      "softmax/10", [] { return make_softmax(); }, {10}, 1, 128, 1, 1, 1, 2);
  register_layer(
      "softmax/1000", [] { return make_softmax(); }, {1000}, 1, 128, 1, 1, 1, 2);
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  fovea::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
