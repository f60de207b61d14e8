// The direct method's way with 1x1 kernels against OpenBLAS in double precision, over sizes around those that
// it cuts at.
#include <cmath>

#include "base/fpmode.h"
#include "layers/gradcheck.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::Guarded;
using fovea::testing::LayerRun;

struct Sizes {
  int64_t height, width, channels, filters, batch;
};
// Tiles of 14, blocks of some hundred pixels, parts; strips of 14 channels; pixels 4 KB apart; cuts of the
// weight gradient at 256 channels and 128 filters.
constexpr Sizes kSizes[] = {{1, 2, 1, 1, 1},       {3, 3, 13, 31, 2},   {7, 7, 14, 33, 3},
                            {9, 20, 15, 129, 4},   {30, 31, 29, 65, 2}, {45, 46, 5, 40, 2},
                            {8, 9, 257, 16, 5},    {8, 8, 300, 140, 2}, {4, 5, 1024, 48, 13},
                            {12, 12, 24, 1024, 3}, {3, 7, 520, 270, 30}};

Conv2dAttributes pointwise(int64_t filters, Activation activation, ConvAlgorithm algorithm) {
  Conv2dAttributes a;
  a.filters = filters;
  a.kernel = {1, 1};
  a.activation = activation;
  a.algorithm = algorithm;
  return a;
}

template <class T>
void expect_close(const Guarded<T>& found, const Guarded<double>& wanted, double terms, const char* what) {
  double worst = 0, largest = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(found[i]) - wanted[i]));
    largest = std::max(largest, std::abs(wanted[i]));
  }
  EXPECT_LE(worst, static_cast<double>(std::numeric_limits<T>::epsilon()) * (16 + 0.25 * terms) * largest)
      << what;
}

// `T` against GEMM in f64, all three directions and the bias.
template <class T>
void check(const Sizes& s, Activation activation) {
  SCOPED_TRACE(::testing::Message() << s.height << "x" << s.width << "x" << s.channels << " -> " << s.filters
                                    << ", batch " << s.batch << ", activation "
                                    << static_cast<int>(activation));
  const auto exec = make_pool_executor(2);
  const Shape in{s.height, s.width, s.channels};
  LayerRun<T> run(*make_conv2d(pointwise(s.filters, activation, ConvAlgorithm::direct)), {in}, s.batch, true);
  LayerRun<double> exact(*make_conv2d(pointwise(s.filters, activation, ConvAlgorithm::gemm)), {in}, s.batch,
                         true);
  std::mt19937_64 random(1);
  const auto draw = [&](const Guarded<T>& f, const Guarded<double>& d, double deviation) {
    std::normal_distribution<double> normal(0, deviation);
    for (size_t i = 0; i < f.size(); ++i)
      d[i] = static_cast<double>(f[i] = static_cast<T>(static_cast<float>(normal(random))));
  };
  draw(run.x[0], exact.x[0], 1);
  draw(run.dy, exact.dy, 1);
  draw(run.params[0], exact.params[0], std::sqrt(1.0 / static_cast<double>(s.channels)));
  draw(run.params[1], exact.params[1], 0.5);
  run.prepare(*exec);
  exact.prepare(*exec);
  run.forward(*exec);
  exact.forward(*exec);
  const double terms = static_cast<double>(std::max(s.channels, s.filters));
  expect_close(run.y, exact.y, terms, "y");
  // The same outputs for both, so that relu's derivative is the same.
  for (size_t i = 0; i < exact.y.size(); ++i) exact.y[i] = static_cast<double>(run.y[i]);
  run.backward(*exec);
  exact.backward(*exec);
  expect_close(run.dx[0], exact.dx[0], terms, "dx");
  const double pixels = static_cast<double>(s.batch * s.height * s.width);
  expect_close(run.dparams[0], exact.dparams[0], pixels, "dkernel");
  expect_close(run.dparams[1], exact.dparams[1], pixels, "dbias");
  EXPECT_TRUE(run.intact());
}

TEST(ConvPointwise, EqualsGemmInDoublePrecision) {
  const FpMode mode;
  for (const Sizes& s : kSizes) {
    for (const Activation f : {Activation::linear, Activation::relu, Activation::tanh}) check<float>(s, f);
    check<double>(s, Activation::linear);
    check<double>(s, Activation::sigmoid);
  }
}

TEST(ConvPointwise, Contract) {
  for (const Sizes& s : {Sizes{9, 20, 15, 129, 4}, Sizes{8, 9, 257, 16, 5}, Sizes{4, 5, 1024, 48, 13}}) {
    for (const Activation f : {Activation::linear, Activation::relu, Activation::swish})
      check_contract<float>(*make_conv2d(pointwise(s.filters, f, ConvAlgorithm::direct)),
                            {{s.height, s.width, s.channels}}, s.batch, 1);
  }
}

TEST(ConvPointwise, Gradients) {
  for (const Activation f : {Activation::linear, Activation::tanh, Activation::gelu})
    EXPECT_TRUE(gradcheck(*make_conv2d(pointwise(19, f, ConvAlgorithm::direct)), {{3, 2, 17}}, 2, 1));
}

}  // namespace
}  // namespace fovea::layers
