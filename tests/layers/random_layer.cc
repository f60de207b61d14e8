#include "layers/random_layer.h"

#include <functional>
#include <initializer_list>
#include <map>

#include "layers/refusals.h"
#include "layers/registry.h"

namespace fovea::testing {
namespace {

using namespace fovea::layers;

// Attributes and extents, a pure function of the round.
class Pick {
 public:
  explicit Pick(uint32_t round) : draws_({.seed = 2026, .step = round}, 0) {}
  int64_t operator()(int64_t low, int64_t high) {
    return low + static_cast<int64_t>(draws_.below(static_cast<uint32_t>(high - low + 1)));
  }
  bool coin() { return operator()(0, 1) == 1; }
  double real(double low, double high) { return draws_.uniform(low, high); }
  template <class T>
  T of(std::initializer_list<T> choices) {
    return choices.begin()[operator()(0, static_cast<int64_t>(choices.size()) - 1)];
  }
  std::array<int64_t, 2> two(int64_t low, int64_t high) {
    const int64_t first = operator()(low, high);
    return {first, operator()(low, high)};
  }
  std::array<int64_t, 4> four(int64_t low, int64_t high) {
    const auto a = two(low, high), b = two(low, high);
    return {a[0], a[1], b[0], b[1]};
  }
  Activation activation() {
    return static_cast<Activation>(operator()(0, std::ssize(kernels::kActivationNames) - 1));
  }
  // Of 1 to 3 axes.
  Shape shape() {
    std::vector<int64_t> extents;
    for (int64_t rank = operator()(1, 3); rank > 0; --rank) extents.push_back(operator()(1, 4));
    return Shape(std::span<const int64_t>(extents));
  }
  Shape image(int64_t channels) {
    const auto [height, width] = two(1, 6);
    return {height, width, channels};
  }

 private:
  RandomSequence draws_;
};

bool has_kinks(Activation f) {
  switch (f) {
    case Activation::relu:
    case Activation::relu6:
    case Activation::leaky_relu:
    case Activation::elu:
    case Activation::selu:
    case Activation::celu:
    case Activation::hard_swish:
    case Activation::hard_sigmoid:
      return true;
    default:
      return false;
  }
}

// Where activations have theirs.
const std::vector<double> kKinks{-3, 0, 3, 6};

// A layer whose attributes hold an activation. Outputs that see padding alone are their bias: one that is
// not there would stand on the kink.
template <class Attributes>
Drawn with_activation(std::unique_ptr<Layer> (*make)(const Attributes&), Attributes a, const Shape& in,
                      int64_t batch) {
  Drawn d{nullptr, {in}, batch};
  if (has_kinks(a.activation)) {
    a.use_bias = true;
    Attributes plain = a;
    plain.activation = Activation::linear;
    if (refusal(*make(plain), d.inputs).empty())
      d.options.accept = output_away_from(kKinks, *make(plain), d.inputs, 1e-4);
  }
  d.layer = make(a);
  return d;
}

// ---- convolutions and products --------------------------------------------------------------------------

Conv2dAttributes conv_attributes(Pick& pick, int64_t* channels) {
  Conv2dAttributes a;
  a.groups = pick(1, 3);
  *channels = a.groups * pick(1, 3);
  a.filters = a.groups * pick(1, 3);
  a.kernel = pick.two(1, 3), a.strides = pick.two(1, 3), a.dilation = pick.two(1, 2);
  a.use_bias = pick.coin();
  a.padding = pick(0, 3) == 0 ? Padding::same : Padding::explicit_;
  if (a.padding == Padding::explicit_) a.pad = pick.four(0, 2);
  a.algorithm = static_cast<ConvAlgorithm>(pick(0, std::ssize(kConvAlgorithmNames) - 1));
  if (a.algorithm == ConvAlgorithm::winograd) {
    a.kernel[0] = a.kernel[1] = pick(0, 1) == 0 ? 3 : 5, a.strides = a.dilation = {1, 1};
    a.groups = 1;
  }
  if (a.algorithm == ConvAlgorithm::depthwise) a.filters = *channels = a.groups;
  if (a.algorithm == ConvAlgorithm::gemm) a.kernel = a.strides = {1, 1}, a.pad = {};
  return a;
}
Drawn draw_conv2d(Pick& pick) {
  int64_t channels;
  Conv2dAttributes a = conv_attributes(pick, &channels);
  a.activation = pick.activation();
  return with_activation(make_conv2d, a, pick.image(channels), pick(1, 3));
}
Drawn draw_drop_connect_conv2d(Pick& pick) {
  int64_t channels;
  const Conv2dAttributes a = conv_attributes(pick, &channels);
  return {make_drop_connect(make_conv2d(a), pick.real(0, 0.7)), {pick.image(channels)}};
}
Drawn draw_transposed_conv2d(Pick& pick) {
  TransposedConv2dAttributes a;
  a.groups = pick(1, 3);
  a.filters = a.groups * pick(1, 2);
  const int64_t channels = a.groups * pick(1, 2);
  a.kernel = pick.two(1, 3), a.strides = pick.two(1, 3), a.dilation = pick.two(1, 2);
  a.output_padding = pick.two(0, 1);
  a.pad = pick.four(0, 2);
  a.use_bias = pick.coin();
  a.activation = pick.activation();
  a.algorithm = pick.of({ConvAlgorithm::automatic, ConvAlgorithm::im2col, ConvAlgorithm::direct});
  return with_activation(make_transposed_conv2d, a, {pick(1, 4), pick(1, 4), channels}, pick(1, 3));
}
Drawn draw_local_conv2d(Pick& pick) {
  LocalConv2dAttributes a{.filters = pick(1, 3)};
  a.kernel = pick.two(1, 3), a.strides = pick.two(1, 3);
  a.pad = pick.four(0, 2);
  a.use_bias = pick.coin();
  a.activation = pick.activation();
  return with_activation(make_local_conv2d, a, {pick(1, 4), pick(1, 4), pick(1, 3)}, pick(1, 3));
}
// Interpolation has a kink at whole offsets.
Drawn draw_deform_conv2d(Pick& pick) {
  DeformConv2dAttributes a;
  a.groups = pick(1, 2), a.offset_groups = pick(1, 2);
  a.filters = a.groups * pick(1, 2);
  a.kernel = pick.two(1, 3), a.strides = pick.two(1, 2), a.dilation = pick.two(1, 2);
  a.pad = pick.four(0, 2);
  a.use_bias = pick.coin();
  const Shape in{pick(2, 4), pick(2, 4), 2 * pick(1, 2)};
  int64_t out[2];
  for (size_t i = 0; i < 2; ++i) {
    const int64_t room = in[static_cast<int>(i)] + a.pad[2 * i] + a.pad[2 * i + 1];
    out[i] = std::max<int64_t>(0, room - (a.kernel[i] - 1) * a.dilation[i] - 1) / a.strides[i] + 1;
  }
  const int64_t places = a.offset_groups * a.kernel[0] * a.kernel[1];
  std::vector<Shape> inputs{in, {out[0], out[1], 2 * places}};
  if (pick.coin()) inputs.push_back({out[0], out[1], places});
  const auto off_the_grid = [](LayerRun<double>& run) {
    return std::all_of(run.x[1].begin(), run.x[1].end(),
                       [](double v) { return std::abs(v - std::round(v)) > 1e-4; });
  };
  return {make_deform_conv2d(a), inputs, 2, {.low = -1.8, .high = 1.8, .accept = off_the_grid}};
}
Drawn draw_dense(Pick& pick) {
  const DenseAttributes a{.units = pick(1, 7), .use_bias = pick.coin(), .activation = pick.activation()};
  return with_activation(make_dense, a, {pick(1, 9)}, pick(1, 4));
}
Drawn draw_drop_connect_dense(Pick& pick) {
  const DenseAttributes a{.units = pick(1, 7), .use_bias = pick.coin()};
  return {make_drop_connect(make_dense(a), pick.real(0, 0.7)), {{pick(1, 9)}}, pick(1, 4)};
}
Drawn draw_matmul(Pick& pick) {
  const MatmulAttributes a{pick.coin(), pick.coin()};
  const int64_t m = pick(1, 5), n = pick(1, 5), k = pick(1, 5);
  return {make_matmul(a),
          {a.transpose_a ? Shape{k, m} : Shape{m, k}, a.transpose_b ? Shape{n, k} : Shape{k, n}},
          pick(1, 3)};
}

// ---- pooling and resizing -------------------------------------------------------------------------------

// A maximum has a kink where two cells are equal: none are.
const GradcheckOptions kAllDifferent{.spread = 0.01};

Pool2dAttributes pool_attributes(Pick& pick) {
  Pool2dAttributes a;
  a.padding = pick(0, 3) == 0 ? Padding::same : Padding::explicit_;
  a.ceil_mode = pick.coin();
  a.size = pick.two(1, 4), a.strides = pick.two(1, 3);
  if (a.padding == Padding::explicit_)
    for (size_t side = 0; side < 4; ++side) a.pad[side] = pick(0, a.size[side / 2] / 2);
  return a;
}
Drawn draw_max_pool2d(Pick& pick) {
  const Pool2dAttributes a = pool_attributes(pick);
  return {make_max_pool2d(a), {pick.image(pick(1, 3))}, 2, kAllDifferent};
}
Drawn draw_average_pool2d(Pick& pick) {
  Pool2dAttributes a = pool_attributes(pick);
  a.exclude_padding = pick.coin();
  return {make_average_pool2d(a), {pick.image(pick(1, 3))}};
}
Drawn draw_max_unpool2d(Pick& pick) {
  const Pool2dAttributes a = pool_attributes(pick);
  const Shape image = pick.image(pick(1, 3));
  std::vector<Shape> inputs{image, image};
  if (refusal(*make_max_pool2d(a), {image}).empty())
    inputs[0] = make_max_pool2d(a)->setup(std::vector<Shape>{image});
  return {make_max_unpool2d(a), inputs, 2, kAllDifferent};
}
Drawn draw_adaptive_max_pool2d(Pick& pick) {
  return {make_adaptive_max_pool2d({pick.two(1, 5)}), {pick.image(pick(1, 3))}, 2, kAllDifferent};
}
Drawn draw_adaptive_average_pool2d(Pick& pick) {
  return {make_adaptive_average_pool2d({pick.two(1, 5)}), {pick.image(pick(1, 3))}};
}
Drawn draw_fractional_max_pool2d(Pick& pick) {
  const FractionalPool2dAttributes a{{pick.real(1, 3), pick.real(1, 3)}, pick.coin()};
  return {make_fractional_max_pool2d(a), {pick.image(pick(1, 3))}, 3, kAllDifferent};
}
Drawn draw_global_max_pool2d(Pick& pick) {
  return {make_global_max_pool2d(), {pick.image(pick(1, 5))}, 2, kAllDifferent};
}
Drawn draw_global_average_pool2d(Pick& pick) {
  return {make_global_average_pool2d(), {pick.image(pick(1, 5))}};
}
Drawn draw_upsample2d(Pick& pick) {
  const Upsample method = pick.of({Upsample::nearest, Upsample::bilinear, Upsample::bed_of_nails});
  return {make_upsample2d({pick.two(1, 3), method, pick.coin()}), {{pick(1, 4), pick(1, 4), pick(1, 3)}}};
}
Drawn draw_pixel_shuffle(Pick& pick) {
  const int64_t r = pick(1, 3);
  return {make_pixel_shuffle({r}), {{pick(1, 4), pick(1, 4), r * r * pick(1, 3)}}};
}
Drawn draw_pixel_unshuffle(Pick& pick) {
  const int64_t r = pick(1, 3);
  return {make_pixel_unshuffle({r}), {{r * pick(1, 3), r * pick(1, 3), pick(1, 3)}}};
}

// ---- normalisation: at least four values in each set, as fewer leave hardly a gradient ------------------

Drawn draw_batch_norm(Pick& pick) {
  BatchNormAttributes a;
  a.momentum = pick.real(0.01, 1), a.epsilon = pick.of({1e-5, 1e-3, 0.1});
  a.scale = pick.coin(), a.center = pick.coin();
  a.activation = pick.activation();
  Drawn d{make_batch_norm(a), {pick.shape()}, pick(4, 7)};
  if (has_kinks(a.activation)) {
    a.activation = Activation::linear;
    d.options.accept = output_away_from(kKinks, *make_batch_norm(a), d.inputs, 1e-4);
  }
  return d;
}
Drawn draw_layer_norm(Pick& pick) {
  std::vector<int64_t> extents;
  const int64_t rank = pick(1, 3);
  for (int64_t i = 1; i < rank; ++i) extents.push_back(pick(1, 3));
  extents.push_back(pick(4, 7));
  return {make_layer_norm({.axes = pick(1, rank),
                           .epsilon = pick.of({1e-5, 1e-3, 0.1}),
                           .scale = pick.coin(),
                           .center = pick.coin()}),
          {Shape(std::span<const int64_t>(extents))}};
}
GroupNormAttributes group_norm_attributes(Pick& pick) {
  return {.groups = pick(1, 3),
          .epsilon = pick.of({1e-5, 1e-3, 0.1}),
          .scale = pick.coin(),
          .center = pick.coin()};
}
Drawn draw_group_norm(Pick& pick) {
  const GroupNormAttributes a = group_norm_attributes(pick);
  return {make_group_norm(a), {{pick(2, 4), pick(2, 4), a.groups * pick(1, 3)}}};
}
Drawn draw_instance_norm(Pick& pick) {
  GroupNormAttributes a = group_norm_attributes(pick);
  a.groups = 1;
  return {make_instance_norm(a), {{pick(2, 4), pick(2, 4), pick(1, 5)}}};
}
Drawn draw_local_response_norm(Pick& pick) {
  return {make_local_response_norm(
              {pick(1, 6), pick.real(1, 2), pick.real(0.2, 1), pick.real(0.5, 1), pick.coin()}),
          {{pick(1, 3), pick(1, 3), pick(1, 9)}}};
}

// ---- activations ----------------------------------------------------------------------------------------

// Clear of the kinks at 0, at 6, and at -3 and 3, on all sides of them.
GradcheckOptions clear_of_kinks(Pick& pick) {
  const int64_t side = pick(0, 3);
  if (side == 0) return {.low = 3.001, .high = 5.999};
  if (side == 1) return {.low = -4, .high = -3.001};
  return {.low = -2.999, .high = 2.999, .kink = 1e-3};
}
Drawn draw_activation(Pick& pick, Activation f) {
  const bool given = pick.coin() && !refusal(*make_activation(f, 0.6), {{1}}).size();
  auto layer = given ? make_activation(f, pick.real(0.6, 2)) : make_activation(f);
  return {std::move(layer), {pick.shape()}, pick(1, 3), clear_of_kinks(pick)};
}
ParametricAttributes parametric_attributes(Pick& pick) {
  return {pick.of({Sharing::all, Sharing::channel, Sharing::none}), 0.25};
}
Drawn draw_prelu(Pick& pick) {
  return {make_prelu(parametric_attributes(pick)), {pick.shape()}, pick(1, 3), clear_of_kinks(pick)};
}
Drawn draw_learned_swish(Pick& pick) {
  return {make_learned_swish(parametric_attributes(pick)), {pick.shape()}, pick(1, 3)};
}
Drawn draw_softmax(Pick& pick) {
  return {make_softmax(), {{pick(1, 3), pick(2, 7)}}, pick(1, 3)};
}
Drawn draw_log_softmax(Pick& pick) {
  return {make_log_softmax(), {{pick(1, 3), pick(2, 7)}}, pick(1, 3)};
}
Drawn draw_maxout(Pick& pick) {
  const int64_t pieces = pick(1, 4);
  return {make_maxout({pieces}), {{pick(1, 3), pieces * pick(1, 4)}}, 2, kAllDifferent};
}

// ---- noise ----------------------------------------------------------------------------------------------

Drawn draw_dropout(Pick& pick) {
  return {make_dropout({pick.real(0, 0.8), pick.coin()}), {pick.shape()}, pick(1, 4)};
}
Drawn draw_spatial_dropout(Pick& pick) {
  return {make_spatial_dropout({pick.real(0, 0.8)}), {pick.image(pick(1, 7))}, pick(1, 4)};
}
Drawn draw_stochastic_depth(Pick& pick) {
  return {make_stochastic_depth({pick.real(0, 0.8), pick.coin()}), {pick.shape()}, pick(1, 6)};
}
Drawn draw_gaussian_noise(Pick& pick) {
  return {make_gaussian_noise({pick.real(0, 2)}), {pick.shape()}, pick(1, 4)};
}

// ---- merging --------------------------------------------------------------------------------------------

Drawn draw_add(Pick& pick) {
  const auto n = static_cast<size_t>(pick(2, 5));
  Drawn d{make_add(), std::vector<Shape>(n, pick.shape()), pick(1, 3)};
  const Activation f = pick.activation();
  if (kernels::derivative_needs_input(f)) return d;
  if (has_kinks(f)) d.options.accept = output_away_from(kKinks, *d.layer, d.inputs, 1e-4);
  (void)d.layer->absorb_activation(f);
  return d;
}
Drawn draw_subtract(Pick& pick) {
  return {make_subtract(), std::vector<Shape>(2, pick.shape()), pick(1, 3)};
}
Drawn draw_multiply(Pick& pick) {
  std::vector<Shape> inputs(2, pick.coin() ? pick.shape() : pick.image(pick(1, 5)));
  if (const Shape in = inputs[0]; in.rank() == 3 && pick.coin())
    inputs[pick.coin()] = pick.coin() ? Shape{in[2]} : Shape{1, 1, in[2]};
  return {make_multiply(), inputs, pick(1, 3)};
}
Drawn draw_average(Pick& pick) {
  return {make_average(), std::vector<Shape>(static_cast<size_t>(pick(2, 5)), pick.shape()), pick(1, 3)};
}
Drawn draw_maximum(Pick& pick) {
  const auto apart = [](LayerRun<double>& run) {
    for (size_t a = 0; a < run.x.size(); ++a)
      for (size_t b = 0; b < a; ++b)
        for (size_t i = 0; i < run.x[a].size(); ++i)
          if (std::abs(run.x[a][i] - run.x[b][i]) < 1e-4) return false;
    return true;
  };
  return {make_maximum(),
          std::vector<Shape>(static_cast<size_t>(pick(2, 4)), pick.shape()),
          pick(1, 3),
          {.accept = apart}};
}
Drawn draw_concat(Pick& pick) {
  const Shape first = pick.shape();
  std::vector<Shape> inputs;
  for (int64_t n = pick(2, 4); n > 0; --n) {
    std::vector<int64_t> extents;
    for (int i = 0; i < first.rank(); ++i) extents.push_back(first[i]);
    extents.back() = pick(1, 4);
    inputs.push_back(Shape(std::span<const int64_t>(extents)));
  }
  return {make_concat(), inputs, pick(1, 3)};
}

// ---- shapes ---------------------------------------------------------------------------------------------

Drawn draw_input(Pick& pick) {
  return {make_input({.shape = {pick(1, 4), pick(1, 4)}, .rank = 2}), {}};
}
Drawn draw_flatten(Pick& pick) {
  return {make_flatten(), {pick.shape()}};
}
Drawn draw_reshape(Pick& pick) {
  return {make_reshape({.shape = {pick(1, 4), -1}, .rank = 2}), {pick.shape()}};
}
Drawn draw_permute(Pick& pick) {
  PermuteAttributes a;
  const Shape in = pick.shape();
  for (size_t i = 0; i < static_cast<size_t>(in.rank()); ++i) {
    a.axes[i] = static_cast<int64_t>(i);
    std::swap(a.axes[i], a.axes[static_cast<size_t>(pick(0, static_cast<int64_t>(i)))]);
  }
  return {make_permute(a), {in}};
}
Drawn draw_slice(Pick& pick) {
  SliceAttributes a;
  const Shape in = pick.shape();
  for (int i = 0; i < in.rank(); ++i) {
    a.begin[static_cast<size_t>(i)] = pick(-in[i], in[i] - 1);
    a.end[static_cast<size_t>(i)] = pick(1 - in[i], in[i]);
  }
  return {make_slice(a), {in}};
}
Drawn draw_pad(Pick& pick) {
  PadAttributes a{.mode = pick.of({PadMode::constant, PadMode::reflect, PadMode::replicate})};
  if (a.mode == PadMode::constant) a.value = pick.real(-1, 1);
  const Shape in = pick.shape();
  for (size_t i = 0; i < static_cast<size_t>(in.rank()); ++i) {
    a.before[i] = pick(0, 3);
    a.after[i] = pick(0, 3);
  }
  return {make_pad(a), {in}};
}

// ---------------------------------------------------------------------------------------------------------

using Draw = std::function<Drawn(Pick&)>;

std::map<std::string_view, Draw> all_draws() {
  std::map<std::string_view, Draw> draws{
#define FOVEA_DRAW(kind) {#kind, draw_##kind}
      FOVEA_DRAW(input),
      FOVEA_DRAW(conv2d),
      FOVEA_DRAW(transposed_conv2d),
      FOVEA_DRAW(local_conv2d),
      FOVEA_DRAW(deform_conv2d),
      FOVEA_DRAW(dense),
      FOVEA_DRAW(max_pool2d),
      FOVEA_DRAW(average_pool2d),
      FOVEA_DRAW(max_unpool2d),
      FOVEA_DRAW(adaptive_max_pool2d),
      FOVEA_DRAW(adaptive_average_pool2d),
      FOVEA_DRAW(fractional_max_pool2d),
      FOVEA_DRAW(global_max_pool2d),
      FOVEA_DRAW(upsample2d),
      FOVEA_DRAW(pixel_shuffle),
      FOVEA_DRAW(pixel_unshuffle),
      FOVEA_DRAW(global_average_pool2d),
      FOVEA_DRAW(batch_norm),
      FOVEA_DRAW(prelu),
      FOVEA_DRAW(learned_swish),
      FOVEA_DRAW(softmax),
      FOVEA_DRAW(log_softmax),
      FOVEA_DRAW(dropout),
      FOVEA_DRAW(spatial_dropout),
      FOVEA_DRAW(stochastic_depth),
      FOVEA_DRAW(gaussian_noise),
      FOVEA_DRAW(maxout),
      FOVEA_DRAW(drop_connect_conv2d),
      FOVEA_DRAW(drop_connect_dense),
      FOVEA_DRAW(add),
      FOVEA_DRAW(concat),
      FOVEA_DRAW(layer_norm),
      FOVEA_DRAW(group_norm),
      FOVEA_DRAW(instance_norm),
      FOVEA_DRAW(local_response_norm),
      FOVEA_DRAW(subtract),
      FOVEA_DRAW(multiply),
      FOVEA_DRAW(average),
      FOVEA_DRAW(maximum),
      FOVEA_DRAW(matmul),
      FOVEA_DRAW(reshape),
      FOVEA_DRAW(permute),
      FOVEA_DRAW(slice),
      FOVEA_DRAW(flatten),
      FOVEA_DRAW(pad)
#undef FOVEA_DRAW
  };
  for (size_t i = 0; i < std::size(kernels::kActivationNames); ++i)
    draws[kernels::kActivationNames[i]] = [i](Pick& pick) {
      return draw_activation(pick, static_cast<Activation>(i));
    };
  return draws;
}

}  // namespace

Drawn draw_layer(std::string_view kind, uint32_t round) {
  static const auto draws = all_draws();
  const auto found = draws.find(kind);
  if (found == draws.end()) return {};
  Pick pick(round);
  return found->second(pick);
}

}  // namespace fovea::testing
