// GEMM and convolution, each on one thread, with GFLOP/s as counters. Convolutions run as layers, so that
// packing and padding count. Names:
// <direction>/<algorithm>/<height>x<width>x<channels>-><filters>/<kernel>/s<stride>/b<batch>.
#include <benchmark/benchmark.h>

#include <string>
#include <vector>

#include "base/executor.h"
#include "base/fpmode.h"
#include "base/memory.h"
#include "base/rng.h"
#include "kernels/gemm.h"
#include "layers/registry.h"

namespace fovea {
namespace {

using layers::Activation;
using layers::ConvAlgorithm;

void fill(float* p, int64_t n, uint32_t stream) {
  RandomSequence random({.seed = 1, .stream = stream}, 0);
  for (int64_t i = 0; i < n; ++i) p[i] = static_cast<float>(random.uniform(-1, 1));
}

Buffer random_tensor(int64_t n, uint32_t stream) {
  Buffer buffer(system_allocator(), static_cast<size_t>(n) * sizeof(float));
  fill(buffer.as<float>(), n, stream);
  return buffer;
}

void count_flops(benchmark::State& state, int64_t multiply_adds) {
  state.counters["GFLOP/s"] =
      benchmark::Counter(2e-9 * static_cast<double>(multiply_adds) * static_cast<double>(state.iterations()),
                         benchmark::Counter::kIsRate);
}

void gemm(benchmark::State& state, int64_t m, int64_t n, int64_t k) {
  const FpMode mode;
  const Buffer a = random_tensor(m * k, 1), b = random_tensor(k * n, 2), c = random_tensor(m * n, 3);
  for (auto _ : state) {
    kernels::gemm(kernels::Op::plain, kernels::Op::plain, m, n, k, 1.0f, a.as<float>(), k, b.as<float>(), n,
                  0.0f, c.as<float>(), n);
    benchmark::ClobberMemory();
  }
  count_flops(state, m * n * k);
}

struct ConvCase {
  int64_t size, channels, filters, kernel, stride, pad, batch;
  int64_t groups = 1;
  std::string name() const {
    const auto text = [](int64_t n) { return std::to_string(n); };
    return text(size) + "x" + text(size) + "x" + text(channels) + "->" + text(filters) +
           (groups > 1 ? "/g" + text(groups) : "") + "/" + text(kernel) + "x" + text(kernel) + "/s" +
           text(stride) + "/b" + text(batch);
  }
};

enum class Direction { forward, data, weights };
constexpr const char* kDirectionNames[] = {"forward", "data", "weights"};

// A convolution layer with all its memory, on the calling thread.
class ConvRun {
 public:
  ConvRun(const ConvCase& c, ConvAlgorithm algorithm) : batch_(c.batch), exec_(make_inline_executor()) {
    layers::Conv2dAttributes a{.filters = c.filters,
                               .kernel = {c.kernel, c.kernel},
                               .strides = {c.stride, c.stride},
                               .groups = c.groups,
                               .pad = {c.pad, c.pad, c.pad, c.pad},
                               .algorithm = algorithm};
    layer_ = layers::make_conv2d(a);
    const Shape in{c.size, c.size, c.channels};
    const Shape out = layer_->setup({&in, 1});
    x_ = random_tensor(in.elements() * batch_, 1);
    dx_ = random_tensor(in.elements() * batch_, 2);
    y_ = random_tensor(out.elements() * batch_, 3);
    dy_ = random_tensor(out.elements() * batch_, 4);
    for (const layers::Parameter& p : layer_->parameters()) {
      params_.push_back(random_tensor(p.shape.elements(), 5));
      dparams_.push_back(random_tensor(p.shape.elements(), 6));
      param_pointers_.push_back(params_.back().as<float>());
      dparam_pointers_.push_back(dparams_.back().as<float>());
    }
    const bool wanted = true;
    const layers::Demand d =
        layer_->demand({.dtype = DType::f32, .batch = batch_, .training = true, .needs_dx = {&wanted, 1}});
    packed_ = Buffer(system_allocator(), d.packed);
    scratch_ = Buffer(system_allocator(), d.scratch);
    lane_ = Buffer(system_allocator(), d.lane_scratch);
    lane_stride_ = d.lane_scratch;
  }
  int64_t multiply_adds() const { return layer_->multiply_adds() * batch_; }

  void run(Direction direction) {
    const float* x = x_.as<float>();
    const RandomKey key;
    if (direction == Direction::forward) {
      layer_->prepare(
          layers::PreparePass<float>{*exec_, true, param_pointers_, {}, {}, packed_.data(), scratch_.data()});
      layer_->forward(layers::ForwardPass<float>{*exec_,
                                                 batch_,
                                                 true,
                                                 {&x, 1},
                                                 y_.as<float>(),
                                                 param_pointers_,
                                                 {},
                                                 packed_.data(),
                                                 nullptr,
                                                 scratch_.data(),
                                                 lane_.data(),
                                                 lane_stride_,
                                                 key,
                                                 0});
      return;
    }
    float* dx = direction == Direction::data ? dx_.as<float>() : nullptr;
    const bool accumulate = false;
    std::vector<float*> dparams = dparam_pointers_;
    if (direction == Direction::data) dparams.assign(dparams.size(), nullptr);
    layer_->backward(layers::BackwardPass<float>{*exec_,
                                                 batch_,
                                                 {&x, 1},
                                                 y_.as<float>(),
                                                 dy_.as<float>(),
                                                 {&dx, 1},
                                                 {&accumulate, 1},
                                                 param_pointers_,
                                                 dparams,
                                                 {},
                                                 packed_.data(),
                                                 nullptr,
                                                 scratch_.data(),
                                                 lane_.data(),
                                                 lane_stride_,
                                                 key,
                                                 0});
  }

 private:
  int64_t batch_;
  std::unique_ptr<Executor> exec_;
  std::unique_ptr<layers::Layer> layer_;
  Buffer x_, dx_, y_, dy_, packed_, scratch_, lane_;
  std::vector<Buffer> params_, dparams_;
  std::vector<const float*> param_pointers_;
  std::vector<float*> dparam_pointers_;
  size_t lane_stride_ = 0;
};

void convolution(benchmark::State& state, const ConvCase& c, ConvAlgorithm algorithm, Direction direction) {
  const FpMode mode;
  ConvRun run(c, algorithm);
  for (auto _ : state) {
    run.run(direction);
    benchmark::ClobberMemory();
  }
  count_flops(state, run.multiply_adds());
}

// What the networks of the benchmarks consist of.
const ConvCase kCases[] = {
    {28, 1, 6, 5, 1, 2, 64},       {14, 6, 16, 5, 1, 0, 64},    // LeNet-5
    {28, 1, 32, 3, 1, 0, 128},     {26, 32, 64, 3, 1, 0, 128},  // Keras CNN
    {32, 3, 16, 3, 1, 1, 128},     {32, 16, 16, 3, 1, 1, 128},      {32, 16, 32, 3, 2, 1, 128},
    {16, 32, 32, 3, 1, 1, 128},    {8, 64, 64, 3, 1, 1, 128},       {32, 16, 32, 1, 2, 0, 128},  // ResNet-20
    {224, 3, 64, 7, 2, 3, 4},      {56, 64, 64, 3, 1, 1, 4},        {28, 128, 128, 3, 1, 1, 4},
    {14, 256, 256, 3, 1, 1, 8},    {7, 512, 512, 3, 1, 1, 8},       {56, 64, 128, 3, 2, 1, 4},   // ResNet-18
    {224, 64, 64, 3, 1, 1, 2},     {112, 128, 128, 3, 1, 1, 2},     {56, 256, 256, 3, 1, 1, 2},
    {28, 512, 512, 3, 1, 1, 4},    {14, 512, 512, 3, 1, 1, 16},                                  // VGG-16
    {27, 64, 192, 5, 1, 2, 32},    {13, 192, 384, 3, 1, 1, 32},     {13, 384, 256, 3, 1, 1, 32},  // AlexNet
    {28, 32, 96, 5, 1, 2, 16},     {14, 32, 128, 5, 1, 2, 16},                                   // GoogLeNet
    {28, 128, 256, 1, 1, 0, 8},    {14, 1024, 256, 1, 1, 0, 8},     {7, 512, 2048, 1, 1, 0, 8},  // pointwise
    {56, 64, 256, 1, 1, 0, 16},    {56, 256, 64, 1, 1, 0, 16},      {28, 512, 128, 1, 1, 0, 16},
    {14, 256, 1024, 1, 1, 0, 16},  {56, 160, 128, 1, 1, 0, 8},      {14, 640, 128, 1, 1, 0, 8},
    {112, 32, 32, 3, 1, 1, 4, 32}, {14, 512, 512, 3, 1, 1, 8, 512},                              // depthwise
};

void register_all() {
  const int64_t products[][3] = {{2048, 2048, 2048}, {128, 128, 9216}, {64, 120, 400}, {4096, 64, 576}};
  for (const auto& p : products) {
    const std::string name =
        "gemm/" + std::to_string(p[0]) + "x" + std::to_string(p[1]) + "x" + std::to_string(p[2]);
    benchmark::RegisterBenchmark(name.c_str(), [p](benchmark::State& s) { gemm(s, p[0], p[1], p[2]); });
  }
  // The same product by GEMM alone and by im2col and GEMM, side by side.
  for (const ConvCase& c : {ConvCase{56, 64, 64, 3, 1, 1, 1}, ConvCase{28, 128, 128, 3, 1, 1, 1},
                            ConvCase{14, 256, 256, 3, 1, 1, 1}}) {
    const int64_t m = c.size * c.size, n = c.filters, k = c.kernel * c.kernel * c.channels;
    const std::string name = c.name();
    benchmark::RegisterBenchmark(("side_by_side/" + name + "/gemm").c_str(),
                                 [=](benchmark::State& s) { gemm(s, m, n, k); });
    benchmark::RegisterBenchmark(("side_by_side/" + name + "/im2col").c_str(), [=](benchmark::State& s) {
      convolution(s, c, ConvAlgorithm::im2col, Direction::forward);
    });
    benchmark::RegisterBenchmark(("side_by_side/" + name + "/direct").c_str(), [=](benchmark::State& s) {
      convolution(s, c, ConvAlgorithm::direct, Direction::forward);
    });
  }
  for (const ConvCase& c : kCases) {
    for (const Direction direction : {Direction::forward, Direction::data, Direction::weights}) {
      std::vector<ConvAlgorithm> algorithms{ConvAlgorithm::direct};
      if (c.groups > 1)
        algorithms.push_back(ConvAlgorithm::depthwise);
      else
        algorithms.push_back(c.kernel == 1 && c.stride == 1 ? ConvAlgorithm::gemm : ConvAlgorithm::im2col);
      if ((c.kernel == 3 || c.kernel == 5) && c.stride == 1 && c.groups == 1)
        algorithms.push_back(ConvAlgorithm::winograd);
      for (const ConvAlgorithm algorithm : algorithms) {
        const std::string name = std::string(kDirectionNames[static_cast<int>(direction)]) + "/" +
                                 layers::kConvAlgorithmNames[static_cast<int>(algorithm)] + "/" + c.name();
        benchmark::RegisterBenchmark(name.c_str(),
                                     [=](benchmark::State& s) { convolution(s, c, algorithm, direction); });
      }
    }
  }
}

}  // namespace
}  // namespace fovea

int main(int argc, char** argv) {
  fovea::register_all();
  benchmark::Initialize(&argc, argv);
  if (benchmark::ReportUnrecognizedArguments(argc, argv)) return 1;
  benchmark::RunSpecifiedBenchmarks();
  return 0;
}
