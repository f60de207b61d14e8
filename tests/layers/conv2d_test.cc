// Convolution as a layer: against the plain loop for random shapes and every algorithm, the same bits on
// every executor, gradients, what is refused.
#include <map>

#include "layers/gradcheck.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::gradcheck;
using fovea::testing::GradcheckOptions;
using fovea::testing::LayerRun;
using fovea::testing::output_away_from_zero;
using fovea::testing::refusal;

struct Case {
  Conv2dAttributes a;
  Shape in;
  int64_t batch;
};

std::string describe(const Case& c) {
  std::string s = c.in.text() + " batch " + std::to_string(c.batch) + " filters " +
                  std::to_string(c.a.filters) + " kernel ";
  const auto pair = [&](auto& p) { s += std::to_string(p[0]) + "x" + std::to_string(p[1]) + " "; };
  pair(c.a.kernel);
  s += "strides ";
  pair(c.a.strides);
  s += "dilation ";
  pair(c.a.dilation);
  s += "groups " + std::to_string(c.a.groups) + " pad";
  for (int64_t p : c.a.pad) s += " " + std::to_string(p);
  return s + (c.a.padding == Padding::same ? " same " : " ") +
         kConvAlgorithmNames[static_cast<int>(c.a.algorithm)] + " " +
         kernels::kActivationNames[static_cast<int>(c.a.activation)] + (c.a.use_bias ? "" : " no bias");
}

int64_t pick(std::mt19937_64& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
}

// A convolution that has an output; channels and extents up to the given bounds.
Case random_case(std::mt19937_64& random, ConvAlgorithm algorithm, int64_t most_channels,
                 int64_t most_extent) {
  for (;;) {
    Case c;
    Conv2dAttributes& a = c.a;
    a.algorithm = algorithm;
    a.activation = static_cast<Activation>(random() % 4);
    a.use_bias = random() % 4 != 0;
    c.batch = pick(random, 1, 4);
    const int64_t h = pick(random, 1, most_extent), w = pick(random, 1, most_extent);
    if (algorithm == ConvAlgorithm::depthwise) {
      a.groups = a.filters = pick(random, 2, most_channels);
      c.in = {h, w, a.groups};
    } else {
      a.groups = random() % 3 == 0 && algorithm != ConvAlgorithm::winograd ? pick(random, 2, 4) : 1;
      const int64_t each = std::max<int64_t>(most_channels / a.groups, 1);
      c.in = {h, w, a.groups * pick(random, 1, each)};
      a.filters = a.groups * pick(random, 1, each);
    }
    if (algorithm == ConvAlgorithm::gemm) {
      if (a.groups == 1 && random() % 2 == 0) a.kernel = {h, w}, a.strides = {pick(random, 1, 3), 2};
      return c;
    }
    if (algorithm == ConvAlgorithm::winograd) a.kernel[0] = a.kernel[1] = random() % 2 == 0 ? 3 : 5;
    for (size_t i = 0; i < 2 && algorithm != ConvAlgorithm::winograd; ++i) {
      a.kernel[i] = pick(random, 1, 5);
      a.strides[i] = pick(random, 1, 3);
      a.dilation[i] = random() % 3 == 0 ? pick(random, 2, 3) : 1;
    }
    if (random() % 4 == 0)
      a.padding = Padding::same;
    else
      for (int64_t& p : a.pad) p = pick(random, 0, 3);
    if (refusal(*make_conv2d(a), {c.in}).empty()) return c;
  }
}

// Extents and padding in front, written anew from the definition.
struct Geometry {
  int64_t out[2], before[2];
};
Geometry geometry(const Case& c) {
  Geometry g{};
  for (size_t i = 0; i < 2; ++i) {
    const int64_t in = c.in[static_cast<int>(i)], reach = (c.a.kernel[i] - 1) * c.a.dilation[i] + 1,
                  stride = c.a.strides[i];
    if (c.a.padding == Padding::same) {
      g.out[i] = (in + stride - 1) / stride;
      g.before[i] = std::max<int64_t>((g.out[i] - 1) * stride + reach - in, 0) / 2;
    } else {
      g.before[i] = c.a.pad[2 * i];
      g.out[i] = (in + c.a.pad[2 * i] + c.a.pad[2 * i + 1] - reach) / stride + 1;
    }
  }
  return g;
}

double activate(Activation f, double z) {
  switch (f) {
    case Activation::linear:
      return z;
    case Activation::relu:
      return z > 0 ? z : 0;
    case Activation::relu6:
      return std::clamp(z, 0.0, 6.0);
    default:  // tests/layers/activation_test.cc has the others
      ADD_FAILURE() << "no reference";
    case Activation::sigmoid:
      return 1 / (1 + std::exp(-z));
    case Activation::tanh:
      return std::tanh(z);
  }
  return 0;
}
double derivative(Activation f, double y) {
  switch (f) {
    case Activation::linear:
      return 1;
    case Activation::relu:
      return y > 0 ? 1 : 0;
    case Activation::relu6:
      return y > 0 && y < 6 ? 1 : 0;
    default:
      ADD_FAILURE() << "no reference";
    case Activation::sigmoid:
      return y * (1 - y);
    case Activation::tanh:
      return 1 - y * y;
  }
  return 0;
}

// Calls f(y index, x index, kernel index) for every product of the convolution.
template <class F>
void for_products(const Case& c, F&& f) {
  const Geometry g = geometry(c);
  const int64_t H = c.in[0], W = c.in[1], C = c.in[2], N = c.a.filters, gc = C / c.a.groups,
                gn = N / c.a.groups;
  for (int64_t b = 0; b < c.batch; ++b)
    for (int64_t oy = 0; oy < g.out[0]; ++oy)
      for (int64_t ox = 0; ox < g.out[1]; ++ox)
        for (int64_t ky = 0; ky < c.a.kernel[0]; ++ky)
          for (int64_t kx = 0; kx < c.a.kernel[1]; ++kx) {
            const int64_t iy = oy * c.a.strides[0] - g.before[0] + ky * c.a.dilation[0];
            const int64_t ix = ox * c.a.strides[1] - g.before[1] + kx * c.a.dilation[1];
            if (iy < 0 || iy >= H || ix < 0 || ix >= W) continue;
            for (int64_t n = 0; n < N; ++n)
              for (int64_t k = 0; k < gc; ++k)
                f(((b * g.out[0] + oy) * g.out[1] + ox) * N + n,
                  ((b * H + iy) * W + ix) * C + n / gn * gc + k,
                  ((ky * c.a.kernel[1] + kx) * gc + k) * N + n);
          }
}

struct Results {
  std::vector<double> y, dx, dkernel, dbias;
};

template <class T>
Results reference(const Case& c, LayerRun<T>& run) {
  Results r;
  const size_t N = static_cast<size_t>(c.a.filters);
  r.y.assign(run.y.size(), 0);
  for (size_t i = 0; i < r.y.size(); ++i)
    r.y[i] = c.a.use_bias ? static_cast<double>(run.params[1][i % N]) : 0;
  for_products(c, [&](int64_t y, int64_t x, int64_t k) {
    r.y[static_cast<size_t>(y)] += static_cast<double>(run.x[0][static_cast<size_t>(x)]) *
                                   static_cast<double>(run.params[0][static_cast<size_t>(k)]);
  });
  std::vector<double> dz(r.y.size());
  for (size_t i = 0; i < dz.size(); ++i) {
    r.y[i] = activate(c.a.activation, r.y[i]);
    // As the layer does, from its own rounded output.
    dz[i] = static_cast<double>(run.dy[i]) * derivative(c.a.activation, r.y[i]);
  }
  r.dx.assign(run.x[0].size(), 0);
  r.dkernel.assign(run.params[0].size(), 0);
  r.dbias.assign(c.a.use_bias ? N : 0, 0);
  for_products(c, [&](int64_t y, int64_t x, int64_t k) {
    const double d = dz[static_cast<size_t>(y)];
    r.dx[static_cast<size_t>(x)] += d * static_cast<double>(run.params[0][static_cast<size_t>(k)]);
    r.dkernel[static_cast<size_t>(k)] += d * static_cast<double>(run.x[0][static_cast<size_t>(x)]);
  });
  for (size_t i = 0; i < dz.size() && c.a.use_bias; ++i) r.dbias[i % N] += dz[i];
  return r;
}

// max |a - b| <= tolerance * max |b|.
template <class A>
void expect_close(const A& a, const std::vector<double>& b, double tolerance, const char* what) {
  ASSERT_EQ(a.size(), b.size()) << what;
  double largest = 0, worst = 0;
  for (size_t i = 0; i < b.size(); ++i) {
    largest = std::max(largest, std::abs(b[i]));
    const double d = std::abs(static_cast<double>(a[i]) - b[i]);
    if (!(d <= worst)) worst = d;
  }
  EXPECT_LE(worst, tolerance * largest) << what;
}

template <class T>
void check_against_reference(const Case& c, uint64_t seed, int threads) {
  SCOPED_TRACE(describe(c));
  const FpMode mode;
  const auto exec = make_pool_executor(threads);
  LayerRun<T> run(*make_conv2d(c.a), {c.in}, c.batch, true);
  run.draw_all(seed);
  run.prepare(*exec);
  run.forward(*exec);
  const Results wanted = reference(c, run);
  const int64_t window = c.a.kernel[0] * c.a.kernel[1] * c.in[2] / c.a.groups;
  // Winograd's transforms multiply rounding errors (lib/kernels/README.md), those of 5x5 kernels more.
  const bool winograd = run.layer->algorithm(dtype_of<T>::value) == "winograd";
  const double factor = !winograd ? 1 : c.a.kernel[0] == 3 ? 4 : 16;
  const double tolerance = factor * static_cast<double>(std::numeric_limits<T>::epsilon()) *
                           (16 + 0.25 * static_cast<double>(window));
  expect_close(run.y, wanted.y, tolerance, "y");
  // A relu's sign may differ where the sum is nearly zero; then so does the gradient.
  bool doubtful = false;
  for (size_t i = 0; i < wanted.y.size(); ++i)
    doubtful = doubtful || (c.a.activation == Activation::relu && (wanted.y[i] > 0) != (run.y[i] > 0));
  run.backward(*exec);
  EXPECT_TRUE(run.intact());
  if (doubtful) return;
  expect_close(run.dx[0], wanted.dx, 4 * tolerance, "dx");
  expect_close(run.dparams[0], wanted.dkernel, 4 * tolerance, "dkernel");
  if (c.a.use_bias) expect_close(run.dparams[1], wanted.dbias, 4 * tolerance, "dbias");
}

constexpr ConvAlgorithm kAll[] = {ConvAlgorithm::automatic, ConvAlgorithm::gemm, ConvAlgorithm::im2col,
                                  ConvAlgorithm::direct, ConvAlgorithm::depthwise,
                                  ConvAlgorithm::winograd};

TEST(Conv2d, EqualsThePlainLoop) {
  std::mt19937_64 random(1);
  for (const ConvAlgorithm algorithm : kAll) {
    for (int i = 0; i < 60; ++i) {
      check_against_reference<float>(random_case(random, algorithm, 12, 12), random(), 2);
      check_against_reference<double>(random_case(random, algorithm, 12, 12), random(), 2);
    }
    for (int i = 0; i < 10; ++i)
      check_against_reference<float>(random_case(random, algorithm, 70, 20), random(), 2);
    if (HasFailure()) return;
  }
}

// Shapes of networks, cut into many tasks and blocks.
TEST(Conv2d, EqualsThePlainLoopOnShapesOfNetworks) {
  const auto square = [](int64_t filters, int64_t kernel, int64_t stride, int64_t pad) {
    Conv2dAttributes a;
    a.filters = filters;
    a.kernel = {kernel, kernel};
    a.strides = {stride, stride};
    a.pad = {pad, pad, pad, pad};
    a.activation = Activation::relu;
    return a;
  };
  std::vector<Case> cases{{square(6, 5, 1, 2), {28, 28, 1}, 9},  {square(16, 5, 1, 0), {14, 14, 6}, 9},
                          {square(32, 3, 1, 0), {28, 28, 1}, 3}, {square(64, 3, 1, 0), {26, 26, 32}, 2},
                          {square(16, 3, 1, 1), {32, 32, 3}, 2}, {square(32, 3, 2, 1), {32, 32, 16}, 2},
                          {square(64, 3, 1, 1), {8, 8, 64}, 11}, {square(160, 3, 1, 1), {7, 7, 130}, 2},
                          {square(64, 7, 2, 3), {60, 60, 3}, 1}, {square(32, 1, 2, 0), {16, 16, 16}, 3},
                          {square(300, 1, 1, 0), {9, 9, 64}, 2}, {square(24, 3, 1, 1), {90, 70, 20}, 1}};
  for (Case& c : cases) {
    for (const ConvAlgorithm algorithm :
         {ConvAlgorithm::direct, ConvAlgorithm::im2col, ConvAlgorithm::winograd}) {
      c.a.algorithm = algorithm;
      if (!refusal(*make_conv2d(c.a), {c.in}).empty()) continue;
      check_against_reference<float>(c, 3, 2);
    }
  }
}

// A smaller batch runs in the memory of a larger one.
TEST(Conv2d, SmallerBatchFitsItsMemory) {
  std::mt19937_64 random(2);
  const auto exec = make_inline_executor();
  for (const ConvAlgorithm algorithm : kAll) {
    for (int i = 0; i < 12; ++i) {
      Case c = random_case(random, algorithm, i < 6 ? 20 : 200, 9);
      SCOPED_TRACE(describe(c));
      for (int64_t batch : {1, 3, 7, 8, 9, 17}) {
        LayerRun<float> run(*make_conv2d(c.a), {c.in}, batch, true, 17);
        LayerRun<float> own(*make_conv2d(c.a), {c.in}, batch, true);
        for (LayerRun<float>* r : {&run, &own}) {
          r->draw_all(5);
          r->prepare(*exec);
          r->forward(*exec);
          r->backward(*exec);
          EXPECT_TRUE(r->intact());
        }
        EXPECT_EQ(run.dparams[0].values(), own.dparams[0].values());
        EXPECT_EQ(run.dx[0].values(), own.dx[0].values());
      }
    }
  }
}

TEST(Conv2d, Contract) {
  std::mt19937_64 random(3);
  for (const ConvAlgorithm algorithm : kAll) {
    for (int i = 0; i < 3; ++i) {
      Case c = random_case(random, algorithm, 40, 12);
      c.batch = 5 + i;
      SCOPED_TRACE(describe(c));
      check_contract<float>(*make_conv2d(c.a), {c.in}, c.batch, random());
      check_contract<double>(*make_conv2d(c.a), {c.in}, c.batch, random());
    }
  }
  // Enough work for many tasks in every direction.
  Conv2dAttributes a;
  a.filters = 48;
  a.kernel = {3, 3};
  a.pad = {1, 1, 1, 1};
  a.activation = Activation::relu;
  for (const ConvAlgorithm algorithm :
       {ConvAlgorithm::direct, ConvAlgorithm::im2col, ConvAlgorithm::winograd}) {
    a.algorithm = algorithm;
    check_contract<float>(*make_conv2d(a), {{40, 36, 24}}, 3, 1);
  }
}

TEST(Conv2d, Gradients) {
  std::mt19937_64 random(4);
  for (const ConvAlgorithm algorithm : kAll) {
    for (int i = 0; i < 8; ++i) {
      Case c = random_case(random, algorithm, 4, 6);
      c.batch = pick(random, 1, 3);
      // Without a bias, an output that sees padding alone would stand on the kink.
      if (c.a.activation == Activation::relu) c.a.use_bias = true;
      SCOPED_TRACE(describe(c));
      GradcheckOptions options;
      Conv2dAttributes plain = c.a;
      plain.activation = Activation::linear;
      const auto linear = make_conv2d(plain);
      if (c.a.activation == Activation::relu) options.accept = output_away_from_zero(*linear, {c.in}, 1e-4);
      EXPECT_TRUE(gradcheck(*make_conv2d(c.a), {c.in}, c.batch, random(), options));
    }
  }
}

// At inference a following batch norm becomes part of the weights: y = f((conv(x) + bias) * scale + shift).
TEST(Conv2d, FoldsAnAffineMap) {
  std::mt19937_64 random(5);
  const auto exec = make_inline_executor();
  for (const ConvAlgorithm algorithm : kAll) {
    for (int i = 0; i < 6; ++i) {
      Case c = random_case(random, algorithm, 24, 9);
      c.a.activation = Activation::linear;
      SCOPED_TRACE(describe(c));
      LayerRun<float> plain(*make_conv2d(c.a), {c.in}, c.batch, false),
          folded(*make_conv2d(c.a), {c.in}, c.batch, false);
      plain.draw_all(9);
      folded.draw_all(9);
      plain.prepare(*exec);
      plain.forward(*exec);
      ASSERT_TRUE(folded.layer->absorbs_affine());
      ASSERT_TRUE(folded.layer->absorb_activation(Activation::relu));
      EXPECT_FALSE(folded.layer->absorb_activation(Activation::tanh));
      std::vector<float> scale, shift;
      for (int64_t n = 0; n < c.a.filters; ++n) {
        scale.push_back(0.5f + 0.25f * static_cast<float>(n % 5));
        shift.push_back(0.1f * static_cast<float>(n % 7) - 0.3f);
      }
      folded.prepare(*exec, {scale.data(), shift.data()});
      folded.forward(*exec);
      std::vector<double> wanted;
      for (size_t e = 0; e < plain.y.size(); ++e) {
        const size_t n = e % scale.size();
        wanted.push_back(std::max(0.0, static_cast<double>(plain.y[e]) * static_cast<double>(scale[n]) +
                                           static_cast<double>(shift[n])));
      }
      expect_close(folded.y, wanted, 2e-6, "y");
      EXPECT_TRUE(folded.intact());
    }
  }
}

// A relu lets NaN pass, fused or not.
TEST(Conv2d, NanPassesTheFusedRelu) {
  const auto exec = make_inline_executor();
  for (const ConvAlgorithm algorithm : {ConvAlgorithm::direct, ConvAlgorithm::im2col, ConvAlgorithm::gemm}) {
    Conv2dAttributes a;
    a.filters = 3;
    a.activation = Activation::relu;
    a.algorithm = algorithm;
    LayerRun<float> run(*make_conv2d(a), {{1, 1, 2}}, 1, true);
    run.draw_all(1);
    run.x[0][0] = std::numeric_limits<float>::quiet_NaN();
    run.prepare(*exec);
    run.forward(*exec);
    for (float y : run.y) EXPECT_TRUE(std::isnan(y));
  }
}

// L2: a 1x1 convolution on one pixel is a dense layer.
TEST(Conv2d, L2PointwiseEqualsDense) {
  const auto exec = make_inline_executor();
  Conv2dAttributes a;
  a.filters = 7;
  DenseAttributes b;
  b.units = 7;
  LayerRun<double> conv(*make_conv2d(a), {{1, 1, 13}}, 4, true), dense(*make_dense(b), {{13}}, 4, true);
  for (LayerRun<double>* r : {&conv, &dense}) {
    r->draw_all(6);
    r->prepare(*exec);
    r->forward(*exec);
    r->backward(*exec);
  }
  expect_close(conv.y, dense.y.values(), 1e-15, "y");
  expect_close(conv.dx[0], dense.dx[0].values(), 1e-15, "dx");
  expect_close(conv.dparams[0], dense.dparams[0].values(), 1e-15, "dkernel");
}

Shape output_of(const Conv2dAttributes& a, const Shape& in) {
  return make_conv2d(a)->setup(std::vector<Shape>{in});
}

TEST(Conv2d, Extents) {
  Conv2dAttributes a;
  a.filters = 96;
  a.kernel = {11, 11};
  a.strides = {4, 4};
  EXPECT_EQ(output_of(a, {227, 227, 3}), (Shape{55, 55, 96}));  // L3
  a.kernel = {3, 3};
  a.strides = {2, 2};
  a.padding = Padding::same;
  EXPECT_EQ(output_of(a, {7, 8, 3}), (Shape{4, 4, 96}));
  a.padding = Padding::explicit_;
  a.dilation = {2, 3};
  a.pad = {1, 0, 2, 1};
  EXPECT_EQ(output_of(a, {9, 9, 3}), (Shape{3, 3, 96}));
}

TEST(Conv2d, SmallestCases) {
  // Smaller than the kernel, one pixel, a stride beyond the image, outputs that see padding alone.
  for (const Case& c : {Case{{.filters = 1}, {1, 1, 1}, 1},
                        Case{{.filters = 2, .kernel = {3, 3}, .pad = {1, 1, 1, 1}}, {1, 1, 1}, 2},
                        Case{{.filters = 2, .kernel = {2, 2}, .strides = {9, 7}}, {5, 4, 3}, 2},
                        Case{{.filters = 2, .strides = {2, 2}, .pad = {3, 3, 3, 3}}, {2, 2, 2}, 1},
                        Case{{.filters = 2, .strides = {3, 3}, .pad = {1, 1, 1, 1}}, {1, 1, 2}, 1}}) {
    for (const ConvAlgorithm algorithm : {ConvAlgorithm::direct, ConvAlgorithm::im2col}) {
      Case with = c;
      with.a.algorithm = algorithm;
      check_against_reference<double>(with, 8, 1);
    }
  }
}

TEST(Conv2d, CountsMultiplyAddsAndParameters) {
  Conv2dAttributes a;
  a.filters = 6;
  a.kernel = {5, 3};
  a.groups = 2;
  const auto layer = make_conv2d(a);
  EXPECT_EQ(layer->setup(std::vector<Shape>{{10, 9, 4}}), (Shape{6, 7, 6}));
  EXPECT_EQ(layer->multiply_adds(), 6 * 7 * 6 * 5 * 3 * 2);
  const auto parameters = layer->parameters();
  ASSERT_EQ(parameters.size(), 2u);
  EXPECT_EQ(parameters[0].name, "kernel");
  EXPECT_EQ(parameters[0].shape, (Shape{5, 3, 2, 6}));
  EXPECT_EQ(parameters[0].fan_in, 5 * 3 * 2);
  EXPECT_EQ(parameters[0].fan_out, 5 * 3 * 3);
  EXPECT_EQ(parameters[0].initializer.kind, InitializerKind::glorot_uniform);
  EXPECT_EQ(parameters[1].name, "bias");
  EXPECT_EQ(parameters[1].initializer.kind, InitializerKind::zeros);
  a.activation = Activation::relu;
  a.use_bias = false;
  const auto relu = make_conv2d(a);
  (void)relu->setup(std::vector<Shape>{{10, 9, 4}});
  ASSERT_EQ(relu->parameters().size(), 1u);
  EXPECT_EQ(relu->parameters()[0].initializer.kind, InitializerKind::he_normal);
  EXPECT_EQ(relu->parameters()[0].initializer.a, 1);
}

TEST(Conv2d, Refusals) {
  const auto said = [](auto change, const Shape& in = {8, 8, 64}) {
    Conv2dAttributes a;
    a.filters = 10;
    a.kernel = {3, 3};
    change(a);
    return refusal(*make_conv2d(a), {in});
  };
  using A = Conv2dAttributes;
  EXPECT_EQ(said([](A&) {}), "");
  EXPECT_EQ(said([](A& a) { a.filters = 0; }), "filters is 0, expected 1 to 1073741824");
  EXPECT_EQ(said([](A& a) { a.kernel = {3, 0}; }), "kernel width is 0, expected 1 to 1048576");
  EXPECT_EQ(said([](A& a) { a.strides = {0, 1}; }), "height stride is 0, expected 1 to 1073741824");
  EXPECT_EQ(said([](A& a) { a.dilation = {1, -2}; }), "width dilation is -2, expected 1 to 1048576");
  EXPECT_EQ(said([](A& a) { a.groups = 5; }), "input has 64 channels, groups=5 does not divide it");
  EXPECT_EQ(said([](A& a) { a.groups = 4; }), "filters is 10, groups=4 does not divide it");
  EXPECT_EQ(said([](A& a) { a.groups = 0; }), "groups is 0, expected at least 1");
  EXPECT_EQ(said([](A& a) { a.pad = {0, 0, -1, 0}; }), "padding at the left is -1, expected 0 to 1073741824");
  EXPECT_EQ(said([](A& a) {
              a.padding = Padding::same;
              a.pad = {0, 2, 0, 0};
            }),
            "padding is same, so that explicit padding has no place, found 2 at the bottom");
  EXPECT_EQ(
      said([](A& a) {
        a.dilation = {4, 1};
      }),
      "height: a kernel of 3 with dilation 4 reaches over 9, more than the input of 8 with padding 0 and 0");
  EXPECT_EQ(said([](A& a) { a.kernel = {2000, 2000}; }), "a kernel of 2000x2000 cells is too large");
  EXPECT_EQ(said([](A&) {}, {64}), "expects an input of height x width x channels, got 64");
  EXPECT_EQ(said([](A& a) { a.algorithm = ConvAlgorithm::gemm; }),
            "algorithm gemm needs a 1x1 kernel with strides 1x1 and no padding, or a kernel as large as the "
            "image, found kernel "
            "3x3, strides 1x1, output 6x6 of input 8x8");
  EXPECT_EQ(said([](A& a) {
              a.algorithm = ConvAlgorithm::depthwise;
              a.groups = 2;
            }),
            "algorithm depthwise needs as many groups as channels and filters, and more than one, found "
            "groups=2, channels=64, "
            "filters=10");
  EXPECT_EQ(said([](A& a) {
              a.algorithm = ConvAlgorithm::winograd;
              a.kernel = {3, 5};
              a.strides = {1, 2};
            }),
            "algorithm winograd needs a 3x3 or 5x5 kernel with strides 1x1, dilation 1x1 and groups=1, found "
            "kernel 3x5, strides 1x2, dilation 1x1, groups=1");
  EXPECT_EQ(said([](A& a) { a.kernel_regularizer.l2 = -1; }),
            "kernel regularizer has l2 = -1, expected 0 or more");
  EXPECT_EQ(said([](A& a) {
              a.kernel_initializer = {InitializerKind::normal, 0, -1};
            }),
            "");  // said by parameters()
  EXPECT_EQ(refusal(*make_conv2d({.filters = 1}), {{3, 3, 1}, {3, 3, 1}}), "expects 1 input, got 2");
}

}  // namespace
}  // namespace fovea::layers
