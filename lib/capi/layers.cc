#include <fovea/layers.h>

#include "capi/fields.h"

using namespace fovea;
using namespace fovea::capi;
using layers::Activation;
using layers::ConvAlgorithm;
using layers::Initializer;
using layers::InitializerKind;
using layers::Padding;
using layers::Regularizer;
using layers::Sharing;

static_assert(FV_ACT_LINEAR == static_cast<int>(Activation::linear) &&
              FV_ACT_RELU == static_cast<int>(Activation::relu));
static_assert(FV_ACT_SIGMOID == static_cast<int>(Activation::sigmoid) &&
              FV_ACT_TANH == static_cast<int>(Activation::tanh));
static_assert(FV_ACT_RELU6 == static_cast<int>(Activation::relu6) &&
              FV_ACT_SELU == static_cast<int>(Activation::selu));
static_assert(FV_ACT_SWISH == static_cast<int>(Activation::swish));
static_assert(FV_ACT_SOFTPLUS == static_cast<int>(Activation::softplus));
static_assert(FV_SHARE_CHANNEL == static_cast<int>(Sharing::channel) &&
              FV_SHARE_NONE == static_cast<int>(Sharing::none));
static_assert(FV_INIT_AUTOMATIC == static_cast<int>(InitializerKind::automatic));
static_assert(FV_INIT_HE_UNIFORM == static_cast<int>(InitializerKind::he_uniform));
static_assert(FV_INIT_RANDOM_WALK == static_cast<int>(InitializerKind::random_walk));
static_assert(FV_PAD_EXPLICIT == static_cast<int>(Padding::explicit_) &&
              FV_PAD_SAME == static_cast<int>(Padding::same));
static_assert(FV_CONV_AUTOMATIC == static_cast<int>(ConvAlgorithm::automatic) &&
              FV_CONV_WINOGRAD == static_cast<int>(ConvAlgorithm::winograd));

// ---- parts of descriptors -----------------------------------------------------------------------------

Initializer capi::initializer_from(const fv_initializer_desc* desc) {
  if (desc == nullptr) return {};
  const fv_initializer_desc d = read_desc(desc, "fv_initializer_desc");
  Initializer i;
  i.kind = choice(d.kind, InitializerKind::random_walk, "initializer.kind");
  switch (i.kind) {
    case InitializerKind::automatic:
    case InitializerKind::zeros:
      break;
    case InitializerKind::constant:
      i.a = finite(d.value == FV_ZERO ? 0 : d.value, "initializer.value");
      break;
    case InitializerKind::normal:
    case InitializerKind::truncated_normal:
      i.a = finite(d.mean == FV_ZERO ? 0 : d.mean, "initializer.mean");
      i.b = finite(number(d.stddev, 0.01), "initializer.stddev");
      FOVEA_REQUIRE(i.b >= 0, "initializer.stddev is %g", i.b);
      break;
    case InitializerKind::uniform: {
      const bool both_default = d.low == 0 && d.high == 0;
      i.a = finite(both_default ? -0.05 : number(d.low, 0), "initializer.low");
      i.b = finite(both_default ? 0.05 : number(d.high, 0), "initializer.high");
      FOVEA_REQUIRE(i.a <= i.b, "initializer.low %g is above high %g", i.a, i.b);
      break;
    }
    default:
      i.a = finite(number(d.gain, 1), "initializer.gain");
      FOVEA_REQUIRE(i.a >= 0, "initializer.gain is %g", i.a);
      break;
  }
  return i;
}

Regularizer capi::regularizer_from(const fv_regularizer_desc* desc) {
  if (desc == nullptr) return {};
  const fv_regularizer_desc d = read_desc(desc, "fv_regularizer_desc");
  Regularizer r;
  r.l2 = finite(number(d.l2, 0), "regularizer.l2");
  r.l1 = finite(number(d.l1, 0), "regularizer.l1");
  r.full_square = d.full_square != 0;
  FOVEA_REQUIRE(r.l2 >= 0, "regularizer.l2 is %g", r.l2);
  FOVEA_REQUIRE(r.l1 >= 0, "regularizer.l1 is %g", r.l1);
  return r;
}

fv_node fv_input(fv_graph* graph, const fv_input_desc* desc) {
  return add_node(graph, "input", {}, name_of_desc(desc), [&] {
    const fv_input_desc d = read_desc(desc, "fv_input_desc");
    layers::InputAttributes a;
    for (int64_t extent : d.shape) {
      if (extent == 0) break;
      a.shape[static_cast<size_t>(a.rank++)] = extent;
    }
    return layers::make_input(a);
  });
}

namespace {

std::unique_ptr<layers::Layer> with_drop_connect(std::unique_ptr<layers::Layer> layer, double rate) {
  return rate == 0 ? std::move(layer) : layers::make_drop_connect(std::move(layer), rate);
}

}  // namespace

fv_node fv_conv2d(fv_graph* graph, fv_node x, const fv_conv2d_desc* desc) {
  return add_node(graph, "conv2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_conv2d_desc d = read_desc(desc, "fv_conv2d_desc");
    layers::Conv2dAttributes a;
    a.filters = d.filters;
    a.kernel = pair(d.kernel, {0, 0});
    a.strides = pair(d.strides, {1, 1});
    a.dilation = pair(d.dilation, {1, 1});
    a.groups = d.groups == 0 ? 1 : d.groups;
    a.padding = choice(d.padding, Padding::same, "padding");
    a.pad = four(d.pad);
    a.use_bias = d.no_bias == 0;
    a.activation = choice(d.activation, Activation::softplus, "activation");
    a.algorithm = choice(d.algorithm, ConvAlgorithm::winograd, "algorithm");
    a.kernel_initializer = initializer_from(d.kernel_initializer);
    a.bias_initializer = initializer_from(d.bias_initializer);
    a.kernel_regularizer = regularizer_from(d.kernel_regularizer);
    a.bias_regularizer = regularizer_from(d.bias_regularizer);
    a.activity_regularizer = regularizer_from(d.activity_regularizer);
    return with_drop_connect(layers::make_conv2d(a), d.drop_connect);
  });
}

fv_node fv_dense(fv_graph* graph, fv_node x, const fv_dense_desc* desc) {
  return add_node(graph, "dense", {&x, 1}, name_of_desc(desc), [&] {
    const fv_dense_desc d = read_desc(desc, "fv_dense_desc");
    layers::DenseAttributes a;
    a.units = d.units;
    a.use_bias = d.no_bias == 0;
    a.activation = choice(d.activation, Activation::softplus, "activation");
    a.kernel_initializer = initializer_from(d.kernel_initializer);
    a.bias_initializer = initializer_from(d.bias_initializer);
    a.kernel_regularizer = regularizer_from(d.kernel_regularizer);
    a.bias_regularizer = regularizer_from(d.bias_regularizer);
    a.activity_regularizer = regularizer_from(d.activity_regularizer);
    return with_drop_connect(layers::make_dense(a), d.drop_connect);
  });
}

namespace {

template <class Make>
fv_node add_pool(fv_graph* graph, const char* kind, fv_node x, const fv_pool2d_desc* desc, Make&& make) {
  return add_node(graph, kind, {&x, 1}, name_of_desc(desc), [&] {
    const fv_pool2d_desc d = read_desc(desc, "fv_pool2d_desc");
    layers::Pool2dAttributes a;
    a.size = pair(d.size, {2, 2});
    a.strides = pair(d.strides, a.size);
    a.padding = choice(d.padding, Padding::same, "padding");
    a.pad = four(d.pad);
    a.ceil_mode = d.ceil_mode != 0;
    a.exclude_padding = d.exclude_padding != 0;
    return make(a);
  });
}

}  // namespace

fv_node fv_max_pool2d(fv_graph* graph, fv_node x, const fv_pool2d_desc* desc) {
  return add_pool(graph, "max_pool2d", x, desc, layers::make_max_pool2d);
}

fv_node fv_average_pool2d(fv_graph* graph, fv_node x, const fv_pool2d_desc* desc) {
  return add_pool(graph, "average_pool2d", x, desc, layers::make_average_pool2d);
}

fv_node fv_global_average_pool2d(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_plain(graph, "global_average_pool2d", x, desc,
                   [] { return layers::make_global_average_pool2d(); });
}

fv_node fv_batch_norm(fv_graph* graph, fv_node x, const fv_batch_norm_desc* desc) {
  return add_node(graph, "batch_norm", {&x, 1}, name_of_desc(desc), [&] {
    const fv_batch_norm_desc d = read_desc(desc, "fv_batch_norm_desc");
    layers::BatchNormAttributes a;
    a.momentum = number(d.momentum, 0.1);
    a.epsilon = number(d.epsilon, 1e-5);
    a.scale = d.no_scale == 0;
    a.center = d.no_center == 0;
    a.biased_running_variance = d.biased_running_variance != 0;
    return layers::make_batch_norm(a);
  });
}

namespace {

fv_node add_activation(fv_graph* graph, Activation f, fv_node x, const fv_layer_desc* desc) {
  return add_plain(graph, kernels::kActivationNames[static_cast<size_t>(f)], x, desc,
                   [&] { return layers::make_activation(f); });
}

}  // namespace

fv_node fv_relu(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::relu, x, desc);
}

fv_node fv_relu6(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::relu6, x, desc);
}

fv_node fv_sigmoid(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::sigmoid, x, desc);
}

fv_node fv_tanh(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::tanh, x, desc);
}

fv_node fv_selu(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::selu, x, desc);
}

fv_node fv_gelu(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::gelu, x, desc);
}

fv_node fv_gelu_tanh(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::gelu_tanh, x, desc);
}

fv_node fv_hard_swish(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::hard_swish, x, desc);
}

fv_node fv_hard_sigmoid(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::hard_sigmoid, x, desc);
}

fv_node fv_mish(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_activation(graph, Activation::mish, x, desc);
}

fv_node fv_leaky_relu(fv_graph* graph, fv_node x, const fv_leaky_relu_desc* desc) {
  return add_node(graph, "leaky_relu", {&x, 1}, name_of_desc(desc), [&] {
    const fv_leaky_relu_desc d = read_desc(desc, "fv_leaky_relu_desc");
    return layers::make_activation(Activation::leaky_relu, number(d.slope, 0.01));
  });
}

fv_node fv_elu(fv_graph* graph, fv_node x, const fv_elu_desc* desc) {
  return add_node(graph, "elu", {&x, 1}, name_of_desc(desc), [&] {
    const fv_elu_desc d = read_desc(desc, "fv_elu_desc");
    return layers::make_activation(Activation::elu, number(d.alpha, 1));
  });
}

fv_node fv_celu(fv_graph* graph, fv_node x, const fv_elu_desc* desc) {
  return add_node(graph, "celu", {&x, 1}, name_of_desc(desc), [&] {
    const fv_elu_desc d = read_desc(desc, "fv_elu_desc");
    return layers::make_activation(Activation::celu, number(d.alpha, 1));
  });
}

fv_node fv_softplus(fv_graph* graph, fv_node x, const fv_softplus_desc* desc) {
  return add_node(graph, "softplus", {&x, 1}, name_of_desc(desc), [&] {
    const fv_softplus_desc d = read_desc(desc, "fv_softplus_desc");
    return layers::make_activation(Activation::softplus, number(d.beta, 1));
  });
}

fv_node fv_prelu(fv_graph* graph, fv_node x, const fv_prelu_desc* desc) {
  return add_node(graph, "prelu", {&x, 1}, name_of_desc(desc), [&] {
    const fv_prelu_desc d = read_desc(desc, "fv_prelu_desc");
    return layers::make_prelu({choice(d.sharing, Sharing::none, "sharing"), number(d.slope, 0.25)});
  });
}

fv_node fv_swish(fv_graph* graph, fv_node x, const fv_swish_desc* desc) {
  return add_node(graph, "swish", {&x, 1}, name_of_desc(desc), [&] {
    const fv_swish_desc d = read_desc(desc, "fv_swish_desc");
    const Sharing sharing = choice(d.sharing, Sharing::none, "sharing");
    const double beta = number(d.beta, 1);
    return d.learned != 0 ? layers::make_learned_swish({sharing, beta})
                          : layers::make_activation(Activation::swish, beta);
  });
}

fv_node fv_softmax(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_plain(graph, "softmax", x, desc, [] { return layers::make_softmax(); });
}

fv_node fv_log_softmax(fv_graph* graph, fv_node x, const fv_layer_desc* desc) {
  return add_plain(graph, "log_softmax", x, desc, [] { return layers::make_log_softmax(); });
}

fv_node fv_dropout(fv_graph* graph, fv_node x, const fv_dropout_desc* desc) {
  return add_node(graph, "dropout", {&x, 1}, name_of_desc(desc), [&] {
    const fv_dropout_desc d = read_desc(desc, "fv_dropout_desc");
    return layers::make_dropout({number(d.rate, 0.5), d.scale_at_test != 0});
  });
}
