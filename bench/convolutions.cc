// Layers that compute as convolutions do, for peers/layers.py, which runs the same in PyTorch. Rows:
//   <forward|train>/<case>/threads:<T>
// forward: at inference, with the weights packed before. train: packing, forward and backward, with all
// gradients.
#include <benchmark/benchmark.h>

#include <string>

#include "base/fpmode.h"
#include "layer_bench.h"

namespace fovea {
namespace {

struct Part {
  std::unique_ptr<Layer> (*make)();
  std::vector<Shape> inputs;
};
struct Case {
  const char* name;
  int64_t batch;
  std::vector<Part> parts;  // layers, one after the other
};

std::unique_ptr<Layer> depthwise() {
  return make_conv2d({.filters = 128, .kernel = {3, 3}, .groups = 128, .pad = {1, 1, 1, 1}});
}

// What torch_layers.py has under the same names.
std::vector<Case> cases() {
  return {
      {"dense", 128, {{[] { return make_dense({.units = 1024}); }, {{1024}}}}},
      {"depthwise", 8, {{depthwise, {{56, 56, 128}}}}},
      {"separable",
       8,
       {{depthwise, {{56, 56, 128}}}, {[] { return make_conv2d({.filters = 128}); }, {{56, 56, 128}}}}},
      {"transposed",
       8,
       {{[] {
           return make_transposed_conv2d(
               {.filters = 64, .kernel = {4, 4}, .strides = {2, 2}, .pad = {1, 1, 1, 1}});
         },
         {{28, 28, 128}}}}},
      {"local",
       32,
       {{[] {
           return make_local_conv2d({.filters = 32, .kernel = {3, 3}});
         },
         {{16, 16, 32}}}}},
      {"deformable",
       8,
       {{[] {
           return make_deform_conv2d({.filters = 64, .kernel = {3, 3}, .pad = {1, 1, 1, 1}});
         },
         {{28, 28, 64}, {28, 28, 18}}}}},
      {"maxout", 8, {{[] { return make_maxout({.pieces = 2}); }, {{56, 56, 128}}}}},
  };
}

void measure(benchmark::State& state, const Case& c, bool train, int threads) {
  const FpMode mode;
  std::vector<std::unique_ptr<Bench>> layers;
  for (const Part& part : c.parts)
    layers.push_back(std::make_unique<Bench>(part.make(), part.inputs, c.batch, threads, train));
  for (auto _ : state) {
    if (train)
      for (auto& layer : layers) layer->prepare();
    for (auto& layer : layers) layer->forward();
    if (train)
      for (auto layer = layers.rbegin(); layer != layers.rend(); ++layer) (*layer)->backward();
  }
  state.SetItemsProcessed(state.iterations() * c.batch);
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  for (const fovea::Case& c : fovea::cases())
    for (const bool train : {false, true})
      for (const int threads : {1, 2})
        benchmark::RegisterBenchmark(
            ((train ? "train/" : "forward/") + std::string(c.name) + "/threads:" + std::to_string(threads))
                .c_str(),
            [=](benchmark::State& state) { fovea::measure(state, c, train, threads); })
            ->UseRealTime();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  benchmark::Shutdown();
  return 0;
}
