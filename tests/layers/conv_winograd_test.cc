// How exact Winograd's convolution is, and where it is chosen.
#include <array>
#include <cmath>
#include <cstdio>
#include <cstdlib>

#include <gtest/gtest.h>
#include "base/fpmode.h"
#include "layers/conv_algorithm.h"
#include "layers/layer_run.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::Guarded;
using fovea::testing::LayerRun;

// Largest and root-mean-square difference, both relative to the largest value wanted.
struct Error {
  double largest, rms;
};
template <class A, class B>
Error error_of(const A& found, const B& wanted) {
  double scale = 0, largest = 0, squares = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    const double d = std::abs(static_cast<double>(found[i]) - wanted[i]);
    scale = std::max(scale, std::abs(wanted[i]));
    largest = std::max(largest, d);
    squares += d * d;
  }
  return {largest / scale, std::sqrt(squares / static_cast<double>(wanted.size())) / scale};
}

// Forward, data gradient, weight gradient in f32 against im2col in f64, of images, gradients and weights that
// are normal, the latter with the deviation of an initializer.
std::array<Error, 3> measure(ConvAlgorithm algorithm, int64_t kernel, int64_t extent, int64_t channels,
                             int64_t batch) {
  const FpMode mode;
  const auto exec = make_pool_executor(2);
  Conv2dAttributes a;
  a.filters = channels;
  a.kernel = {kernel, kernel};
  a.padding = Padding::same;
  a.algorithm = algorithm;
  LayerRun<float> run(*make_conv2d(a), {{extent, extent, channels}}, batch, true);
  a.algorithm = ConvAlgorithm::im2col;
  LayerRun<double> exact(*make_conv2d(a), {{extent, extent, channels}}, batch, true);
  std::mt19937_64 random(1);
  const auto draw = [&](const Guarded<float>& f, const Guarded<double>& d, double deviation) {
    std::normal_distribution<double> normal(0, deviation);
    for (size_t i = 0; i < f.size(); ++i)
      d[i] = static_cast<double>(f[i] = static_cast<float>(normal(random)));
  };
  draw(run.x[0], exact.x[0], 1);
  draw(run.dy, exact.dy, 1);
  draw(run.params[0], exact.params[0], std::sqrt(2.0 / static_cast<double>(kernel * kernel * channels)));
  draw(run.params[1], exact.params[1], 0.1);
  run.prepare(*exec);
  run.forward(*exec);
  run.backward(*exec);
  exact.prepare(*exec);
  exact.forward(*exec);
  exact.backward(*exec);
  return {error_of(run.y, exact.y), error_of(run.dx[0], exact.dx[0]),
          error_of(run.dparams[0], exact.dparams[0])};
}

// The bounds that include/fovea/layers.h documents; the tables of lib/kernels/README.md
// (FOVEA_PRINT_ACCURACY=1).
TEST(ConvWinograd, ErrorAgainstDoublePrecision) {
  struct Sizes {
    int64_t kernel, extent, channels, batch;
  };
  for (const auto& [kernel, extent, channels, batch] :
       {Sizes{3, 32, 16, 8}, Sizes{3, 28, 64, 4}, Sizes{3, 14, 256, 4}, Sizes{3, 14, 512, 2},
        Sizes{5, 32, 16, 8}, Sizes{5, 28, 64, 4}, Sizes{5, 14, 256, 4}, Sizes{5, 14, 512, 2}}) {
    const double most = kernel == 3 ? 8e-6 : 2e-5, most_rms = kernel == 3 ? 6e-7 : 2e-6;
    const auto winograd = measure(ConvAlgorithm::winograd, kernel, extent, channels, batch);
    const auto direct = measure(ConvAlgorithm::direct, kernel, extent, channels, batch);
    constexpr const char* kDirections[] = {"forward", "data gradient", "weight gradient"};
    for (size_t i = 0; i < 3; ++i) {
      SCOPED_TRACE(std::string(kDirections[i]) + ", kernel " + std::to_string(kernel) + ", channels " +
                   std::to_string(channels));
      EXPECT_LE(winograd[i].largest, most);
      EXPECT_LE(winograd[i].rms, most_rms);
      if (std::getenv("FOVEA_PRINT_ACCURACY") != nullptr)
        std::printf("kernel %lld, %4lld channels, %-15s winograd %.1e, rms %.1e; direct %.1e, rms %.1e\n",
                    static_cast<long long>(kernel), static_cast<long long>(channels), kDirections[i],
                    winograd[i].largest, winograd[i].rms, direct[i].largest, direct[i].rms);
    }
  }
}

TEST(ConvWinograd, IsChosenWhereItGains) {
  const auto chosen = [](int64_t extent, int64_t channels, int64_t filters, DType dtype, auto change) {
    Conv2dAttributes a;
    a.filters = filters;
    a.kernel = {3, 3};
    a.pad = {1, 1, 1, 1};
    change(a);
    const auto layer = make_conv2d(a);
    (void)layer->setup(std::vector<Shape>{{extent, extent, channels}});
    return layer->algorithm(dtype);
  };
  const auto plain = [](Conv2dAttributes&) {};
  EXPECT_EQ(chosen(56, 64, 64, DType::f32, plain), "winograd");
  EXPECT_EQ(chosen(32, 16, 16, DType::f32, plain), "winograd");
  EXPECT_EQ(chosen(8, 64, 64, DType::f32, plain), "winograd");
  EXPECT_EQ(chosen(56, 64, 64, DType::f64, plain), "direct");
  EXPECT_EQ(chosen(32, 3, 16, DType::f32, plain), "direct");
  EXPECT_EQ(chosen(5, 64, 64, DType::f32, plain), "direct");
  EXPECT_EQ(chosen(7, 512, 512, DType::f32, plain), "direct");
  ConvShape few;
  few.height = few.width = few.out_height = few.out_width = 7;
  few.channels = few.filters = 512;
  few.kernel_h = few.kernel_w = 3;
  few.pad_top = few.pad_left = 1;
  const auto choose = [&](ConvDirection direction) {
    return choose_conv_algorithm(few, direction, DType::f32, ConvAlgorithm::automatic);
  };
  EXPECT_EQ(choose(ConvDirection::data_gradient), ConvAlgorithm::direct);
  EXPECT_EQ(choose(ConvDirection::weight_gradient), ConvAlgorithm::winograd);
  EXPECT_EQ(chosen(56, 64, 64, DType::f32, [](Conv2dAttributes& a) { a.strides = {2, 2}; }), "direct");
  EXPECT_EQ(chosen(56, 64, 64, DType::f32, [](Conv2dAttributes& a) { a.groups = 2; }), "direct");
  EXPECT_EQ(chosen(56, 64, 64, DType::f32, [](Conv2dAttributes& a) { a.dilation = {2, 2}; }), "direct");
  EXPECT_EQ(chosen(56, 64, 64, DType::f32, [](Conv2dAttributes& a) { a.algorithm = ConvAlgorithm::direct; }),
            "direct");
  const auto five = [](Conv2dAttributes& a) { a.kernel = {5, 5}, a.pad = {2, 2, 2, 2}; };
  EXPECT_EQ(chosen(27, 64, 192, DType::f32, five), "winograd");
  EXPECT_EQ(chosen(14, 16, 48, DType::f32, five), "winograd");
  EXPECT_EQ(chosen(14, 6, 16, DType::f32, five), "direct");
  EXPECT_EQ(chosen(27, 64, 192, DType::f64, five), "direct");
  EXPECT_EQ(chosen(27, 64, 192, DType::f32, [](Conv2dAttributes& a) { a.kernel = {5, 3}; }), "direct");
  EXPECT_EQ(
      chosen(56, 64, 64, DType::f64, [](Conv2dAttributes& a) { a.algorithm = ConvAlgorithm::winograd; }),
      "winograd");
}

}  // namespace
}  // namespace fovea::layers
