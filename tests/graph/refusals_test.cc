// What makes no sense is refused when a network is built, by the node's name and with the numbers: a table
// with an entry for every kind of layer, and numbers that mean nothing in every attribute.
#include <cmath>
#include <functional>
#include <limits>
#include <set>

#include <gtest/gtest.h>

#include "base/error.h"
#include "graph/graph.h"
#include "layers/random_layer.h"
#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::graph {
namespace {

using namespace fovea::layers;
using fovea::testing::draw_layer;
using fovea::testing::Drawn;
using fovea::testing::refusal;

constexpr double kNan = std::numeric_limits<double>::quiet_NaN();
constexpr int64_t kHuge = int64_t{1} << 62;

struct Refusal {
  std::unique_ptr<Layer> layer;
  std::vector<Shape> inputs;
  std::vector<const char*> words;  // numbers of the attribute and of what it stands against
};

void convolutions(std::vector<Refusal>& t) {
  const Shape in{8, 9, 6};
  t.push_back({make_conv2d({.filters = 0}), {in}, {"filters is 0"}});
  t.push_back({make_conv2d({.filters = kHuge}), {in}, {"filters is 4611686018427387904"}});
  t.push_back({make_conv2d({.filters = 4, .strides = {0, 1}}), {in}, {"height stride is 0"}});
  t.push_back({make_conv2d({.filters = 4, .kernel = {1, -3}}), {in}, {"kernel width is -3"}});
  t.push_back({make_conv2d({.filters = 4, .dilation = {1, 0}}), {in}, {"width dilation is 0"}});
  t.push_back({make_conv2d({.filters = 4, .groups = 4}), {in}, {"6 channels", "groups=4"}});
  t.push_back({make_conv2d({.filters = 4, .groups = 3}), {in}, {"filters is 4", "groups=3"}});
  t.push_back({make_conv2d({.filters = 4, .pad = {0, 0, -1, 0}}), {in}, {"left is -1"}});
  t.push_back({make_conv2d({.filters = 4, .kernel = {9, 1}}), {in}, {"height", "kernel of 9", "input of 8"}});
  t.push_back({make_conv2d({.filters = 4, .kernel_regularizer = {.l2 = -1}}), {in}, {"kernel", "l2 = -1"}});
  t.push_back({make_conv2d({.filters = 1 << 30, .kernel = {3, 3}}), {{64, 64, 6}}, {"multiply-adds"}});
  t.push_back({make_conv2d({.filters = 4}), {in, in}, {"expects 1 input, got 2"}});
  t.push_back({make_conv2d({.filters = 4}), {{8, 9}}, {"height x width x channels, got 8x9"}});

  t.push_back({make_transposed_conv2d({.filters = 0}), {in}, {"filters is 0"}});
  t.push_back({make_transposed_conv2d({.filters = 4, .strides = {1, 0}}), {in}, {"width stride is 0"}});
  t.push_back({make_transposed_conv2d({.filters = 4, .groups = 4}), {in}, {"6 channels", "groups=4"}});
  t.push_back({make_transposed_conv2d({.filters = 2, .output_padding = {0, 1}}),
               {in},
               {"output padding of the width is 1", "0 to 0"}});
  t.push_back({make_transposed_conv2d({.filters = 2, .pad = {4, 4, 0, 0}}), {in}, {"4 and 4", "8 cells"}});
  t.push_back({make_transposed_conv2d({.filters = 2, .pad = {0, -4, 0, 0}}), {in}, {"bottom is -4"}});
  t.push_back({make_transposed_conv2d({.filters = 1 << 20, .kernel = {999, 999}}), {in}, {"multiply-adds"}});

  t.push_back({make_local_conv2d({.filters = -2}), {in}, {"filters is -2"}});
  t.push_back({make_local_conv2d({.filters = 2, .strides = {0, 1}}), {in}, {"height stride is 0"}});
  t.push_back({make_local_conv2d({.filters = 2, .kernel = {1, 10}}), {in}, {"width", "10", "input of 9"}});
  t.push_back({make_local_conv2d({.filters = 2, .bias_regularizer = {.l2 = kNan}}), {in}, {"bias", "l2"}});
  t.push_back({make_local_conv2d({.filters = 1 << 30}), {{64, 64, 32}}, {"multiply-adds"}});

  const auto deform = [&](const DeformConv2dAttributes& a, int64_t channels, const char* word) {
    t.push_back({make_deform_conv2d(a), {in, {8, 9, channels}}, {word}});
  };
  deform({.filters = 0}, 2, "filters is 0");
  deform({.filters = 2, .strides = {0, 1}}, 2, "height stride is 0");
  deform({.filters = 2, .offset_groups = 0}, 2, "offset_groups is 0");
  deform({.filters = 2, .offset_groups = 4}, 8, "offset_groups=4");
  deform({.filters = 2, .kernel = {9, 1}}, 18, "kernel of 9");
  deform({.filters = 2}, 3, "offsets of 8x9x2, found 8x9x3");

  t.push_back({make_drop_connect(make_conv2d({.filters = 2}), 1), {in}, {"drop_connect is 1"}});
  t.push_back({make_drop_connect(make_conv2d({}), 0.5), {in}, {"filters is 0"}});
}

void products(std::vector<Refusal>& t) {
  t.push_back({make_dense({.units = 0}), {{5}}, {"units is 0"}});
  t.push_back({make_dense({.units = kHuge}), {{5}}, {"units is 4611686018427387904"}});
  t.push_back({make_dense({.units = 1 << 30}), {{1 << 20}}, {"1073741824 times 1048576 multiply-adds"}});
  t.push_back({make_dense({.units = 4}), {{5, 6, 7}}, {"flat input, got 5x6x7"}});
  t.push_back({make_dense({.units = 4, .kernel_regularizer = {.l2 = kNan}}), {{5}}, {"kernel", "l2"}});
  t.push_back({make_drop_connect(make_dense({.units = 4}), -0.5), {{5}}, {"drop_connect is -0.5"}});
  t.push_back({make_drop_connect(make_dense({.units = 4}), kNan), {{5}}, {"drop_connect is"}});
  t.push_back({make_matmul({}), {{3, 4}, {3, 5}}, {"3x4", "3x5"}});
  t.push_back({make_matmul({}), {{1 << 20, 1 << 20}, {1 << 20, 1 << 20}}, {"multiply-adds"}});
}

void pooling(std::vector<Refusal>& t) {
  const Shape in{8, 9, 6};
  for (const auto make : {make_max_pool2d, make_average_pool2d}) {
    t.push_back({make({.size = {0, 2}}), {in}, {"height of the window is 0"}});
    t.push_back({make({.strides = {1, 0}}), {in}, {"width stride is 0"}});
    t.push_back({make({.pad = {0, 2, 0, 0}}), {in}, {"2 at the bottom", "0 to 1"}});
    t.push_back({make({.size = {2, 10}}), {in}, {"width", "window of 10", "input of 9"}});
    t.push_back({make({.padding = Padding::same, .pad = {1, 0, 0, 0}}), {in}, {"same", "1 at the top"}});
    t.push_back({make({}), {{8}}, {"got 8"}});
  }
  t.push_back({make_max_unpool2d({}), {{4, 5, 6}, in}, {"4x4x6", "4x5x6"}});
  t.push_back({make_max_unpool2d({.strides = {0, 1}}), {in, in}, {"height stride is 0"}});
  t.push_back({make_adaptive_max_pool2d({{0, 2}}), {in}, {"height of the output is 0"}});
  t.push_back({make_adaptive_average_pool2d({{2, -1}}), {in}, {"width of the output is -1"}});
  t.push_back({make_fractional_max_pool2d({{0.5, 2}, false}), {in}, {"height ratio is 0.5", "1 to 8"}});
  t.push_back({make_fractional_max_pool2d({{2, kNan}, false}), {in}, {"width ratio", "1 to 9"}});
  t.push_back({make_global_max_pool2d(), {{6}}, {"got 6"}});
  t.push_back({make_global_average_pool2d(), {{6}}, {"got 6"}});
  t.push_back({make_upsample2d({.scale = {0, 2}}), {in}, {"height scale is 0"}});
  t.push_back({make_upsample2d({.align_corners = true}), {in}, {"align_corners", "nearest"}});
  t.push_back({make_pixel_shuffle({0}), {in}, {"factor is 0"}});
  t.push_back({make_pixel_shuffle({2}), {in}, {"6 channels", "factor 2"}});
  t.push_back({make_pixel_unshuffle({2}), {in}, {"factor 2", "8x9x6"}});
}

void norms_and_noise(std::vector<Refusal>& t) {
  const Shape in{4, 4, 6};
  t.push_back({make_batch_norm({.epsilon = 0}), {in}, {"epsilon is 0"}});
  t.push_back({make_batch_norm({.momentum = 1.5}), {in}, {"momentum is 1.5"}});
  t.push_back({make_layer_norm({.axes = 4}), {in}, {"axes is 4", "4x4x6"}});
  t.push_back({make_layer_norm({.epsilon = -1}), {in}, {"epsilon is -1"}});
  t.push_back({make_group_norm({.groups = 4}), {in}, {"6 channels", "groups=4"}});
  t.push_back({make_group_norm({.groups = 0}), {in}, {"groups is 0"}});
  t.push_back({make_instance_norm({}), {{6}}, {"single value"}});
  t.push_back({make_local_response_norm({.size = 0}), {in}, {"size is 0"}});
  t.push_back({make_local_response_norm({.beta = -1}), {in}, {"beta is -1"}});
  t.push_back({make_dropout({.rate = -0.25}), {in}, {"rate is -0.25"}});
  t.push_back({make_dropout({.rate = 1}), {in}, {"rate is 1"}});
  t.push_back({make_spatial_dropout({.rate = 1}), {in}, {"rate is 1"}});
  t.push_back({make_stochastic_depth({.rate = -1}), {in}, {"rate is -1"}});
  t.push_back({make_gaussian_noise({.stddev = -1}), {in}, {"stddev is -1"}});
  t.push_back({make_maxout({.pieces = 4}), {in}, {"6 channels", "pieces=4"}});
}

void activations(std::vector<Refusal>& t) {
  for (size_t i = 0; i < std::size(kernels::kActivationNames); ++i)
    t.push_back({make_activation(static_cast<Activation>(i)), {{4}, {4}}, {"expects 1 input, got 2"}});
  t.push_back({make_activation(Activation::leaky_relu, -0.5), {{4}}, {"is -0.5"}});
  t.push_back({make_activation(Activation::celu, 0), {{4}}, {"is 0"}});
  t.push_back({make_prelu({.initial = kNan}), {{4}}, {"finite"}});
  t.push_back({make_learned_swish({.initial = HUGE_VAL}), {{4}}, {"inf"}});
  t.push_back({make_softmax(), {{4}, {4}}, {"expects 1 input, got 2"}});
  t.push_back({make_log_softmax(), {{4}, {4}}, {"expects 1 input, got 2"}});
}

void merges_and_shapes(std::vector<Refusal>& t) {
  for (const auto make : {make_add, make_average, make_maximum}) {
    t.push_back({make(), {{4}}, {"two or more inputs, found 1"}});
    t.push_back({make(), {{4}, {4}, {5}}, {"4 and 5", "input 2"}});
  }
  t.push_back({make_subtract(), {{4}, {5}}, {"4 and 5"}});
  t.push_back({make_multiply(), {{2, 4}, {2, 5}}, {"2x4 and 2x5"}});
  t.push_back({make_concat(), {{2, 4}, {3, 4}}, {"2x4 and 3x4"}});
  t.push_back({make_input({.shape = {4, 0}, .rank = 2}), {}, {"extent 1", "is 0"}});
  t.push_back({make_input({.shape = {4}, .rank = 1}), {{4}}, {"expects 0 inputs, got 1"}});
  t.push_back({make_flatten(), {{4}, {4}}, {"expects 1 input, got 2"}});
  t.push_back({make_reshape({.shape = {3, -1}, .rank = 2}), {{4}}, {"4 elements", "3x1"}});
  t.push_back({make_permute({.axes = {1, 1}}), {{4, 5}}, {"axis 1", "twice"}});
  t.push_back({make_slice({.begin = {2}, .end = {2}}), {{4}}, {"from 2 to 2", "extent of 4"}});
  t.push_back({make_pad({.before = {-1}}), {{4}}, {"axis 0 is -1"}});
  t.push_back({make_pad({.before = {4}, .mode = PadMode::reflect}), {{4}}, {"4 and 0", "extent of 4"}});
}

std::vector<Refusal> all_refusals() {
  std::vector<Refusal> table;
  for (const auto add : {convolutions, products, pooling, norms_and_noise, activations, merges_and_shapes})
    add(table);
  return table;
}

// What adding the layer under the name "here" says; empty when it is accepted.
std::string refused_by_graph(const Layer& layer, const std::vector<Shape>& inputs) {
  Graph g;
  std::vector<int> nodes;
  for (const Shape& s : inputs) {
    InputAttributes a{.rank = s.rank()};
    std::copy(s.extents().begin(), s.extents().end(), a.shape.begin());
    nodes.push_back(g.add(make_input(a), {}, ""));
  }
  try {
    (void)g.add(layer.clone(), nodes, "here");
    return {};
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), Status::invalid_argument) << e.what();
    EXPECT_EQ(g.size(), static_cast<int>(inputs.size())) << "the graph is not as it was";
    return e.what();
  }
}

TEST(Refusals, OfEveryKindNameTheNodeAndTheNumbers) {
  std::set<std::string_view> missing;
  for (const std::string_view kind : kinds()) missing.insert(kind);
  for (const Refusal& r : all_refusals()) {
    const std::string kind(r.layer->kind()), said = refused_by_graph(*r.layer, r.inputs);
    SCOPED_TRACE(kind + ", " + r.words[0]);
    EXPECT_TRUE(said.starts_with(kind + " 'here': ")) << said;
    for (const char* word : r.words) EXPECT_NE(said.find(word), std::string::npos) << word << ": " << said;
    missing.erase(r.layer->kind());
  }
  EXPECT_TRUE(missing.empty()) << "no refusal of a " << *missing.begin();
}

// Sets one number of a layer's attributes, those of initializers left out: these are checked with the
// parameters.
class Spoiler final : public AttributeVisitor {
 public:
  Spoiler(int number, double real, int64_t integer) : number_(number), real_(real), integer_(integer) {}
  std::string spoiled;  // the attribute's name; empty when there are no more
  bool is_real = false;

  void field(const char* name, int64_t& v) override {
    if (take(name)) v = integer_;
  }
  void field(const char* name, double& v) override {
    if (!take(name)) return;
    v = real_;
    is_real = true;
  }
  void field(const char*, bool&) override {}
  void field(const char* name, std::span<int64_t> values) override {
    for (int64_t& v : values)
      if (take(name)) v = integer_;
  }
  void choice(const char*, int32_t&, std::span<const char* const>) override {}
  void bytes(const char*, std::string&) override {}
  void begin(const char* name) override { skips_ = std::string_view(name).ends_with("initializer"); }
  void end() override { skips_ = false; }

 private:
  bool take(const char* name) {
    if (skips_ || number_-- != 0) return false;
    spoiled = name;
    return true;
  }
  int number_;
  double real_;
  int64_t integer_;
  bool skips_ = false;
};

// Setting up takes as long as the kernel is large, not the stride: this output has 2^40 pixels.
TEST(Refusals, ALargeStrideIsSetUpAtOnce) {
  const TransposedConv2dAttributes a{.filters = 1, .kernel = {2, 2}, .strides = {1 << 20, 1 << 20}};
  EXPECT_EQ(refused_by_graph(*make_transposed_conv2d(a), {{2, 2, 1}}), "");
}

// A layer whose attributes and inputs fit together.
Drawn accepted_layer(std::string_view kind) {
  for (uint32_t round = 0; round < 1000; ++round) {
    Drawn d = draw_layer(kind, round);
    if (refusal(*d.layer, d.inputs).empty()) return d;
  }
  ADD_FAILURE() << "no " << kind << " was accepted";
  return {};
}

// No number that is none passes, no integer is harmless when it is very negative.
TEST(Refusals, NumbersThatMeanNothingAreRefusedInEveryAttribute) {
  for (const std::string_view kind : kinds())
    for (const double real : {kNan, HUGE_VAL, -HUGE_VAL})
      for (int number = 0;; ++number) {
        const Drawn d = accepted_layer(kind);
        Spoiler spoiler(number, real, -kHuge);
        d.layer->attributes(spoiler);
        if (spoiler.spoiled.empty()) break;
        if (kind == "reshape" && number > 2) break;  // extents behind its rank, which nothing reads
        SCOPED_TRACE(std::string(kind) + ", " + spoiler.spoiled + " (number " + std::to_string(number) + ")");
        EXPECT_NE(refusal(*d.layer, d.inputs), "") << (spoiler.is_real ? real : -0x1p62);
      }
}

}  // namespace
}  // namespace fovea::graph
