// The list of all layers by name. A new layer is one line here; there is no self-registration, because that
// is a static constructor, and a static library drops it. May use: layers/registry.h.
#include "layers/registry.h"

namespace fovea::layers {
namespace {

struct Entry {
  std::string_view kind;
  std::unique_ptr<Layer> (*make)();
};

constexpr Entry kEntries[] = {
    {"input", [] { return make_input({}); }},
    {"conv2d", [] { return make_conv2d({}); }},
    {"transposed_conv2d", [] { return make_transposed_conv2d({}); }},
    {"local_conv2d", [] { return make_local_conv2d({}); }},
    {"deform_conv2d", [] { return make_deform_conv2d({}); }},
    {"dense", [] { return make_dense({}); }},
    {"max_pool2d", [] { return make_max_pool2d({}); }},
    {"average_pool2d", [] { return make_average_pool2d({}); }},
    {"max_unpool2d", [] { return make_max_unpool2d({}); }},
    {"adaptive_max_pool2d", [] { return make_adaptive_max_pool2d({}); }},
    {"adaptive_average_pool2d", [] { return make_adaptive_average_pool2d({}); }},
    {"fractional_max_pool2d", [] { return make_fractional_max_pool2d({}); }},
    {"global_max_pool2d", [] { return make_global_max_pool2d(); }},
    {"upsample2d", [] { return make_upsample2d({}); }},
    {"pixel_shuffle", [] { return make_pixel_shuffle({}); }},
    {"pixel_unshuffle", [] { return make_pixel_unshuffle({}); }},
    {"global_average_pool2d", [] { return make_global_average_pool2d(); }},
    {"batch_norm", [] { return make_batch_norm({}); }},
    {"linear", [] { return make_activation(Activation::linear); }},
    {"relu", [] { return make_activation(Activation::relu); }},
    {"sigmoid", [] { return make_activation(Activation::sigmoid); }},
    {"tanh", [] { return make_activation(Activation::tanh); }},
    {"relu6", [] { return make_activation(Activation::relu6); }},
    {"leaky_relu", [] { return make_activation(Activation::leaky_relu); }},
    {"elu", [] { return make_activation(Activation::elu); }},
    {"selu", [] { return make_activation(Activation::selu); }},
    {"celu", [] { return make_activation(Activation::celu); }},
    {"gelu", [] { return make_activation(Activation::gelu); }},
    {"gelu_tanh", [] { return make_activation(Activation::gelu_tanh); }},
    {"swish", [] { return make_activation(Activation::swish); }},
    {"hard_swish", [] { return make_activation(Activation::hard_swish); }},
    {"hard_sigmoid", [] { return make_activation(Activation::hard_sigmoid); }},
    {"mish", [] { return make_activation(Activation::mish); }},
    {"softplus", [] { return make_activation(Activation::softplus); }},
    {"prelu", [] { return make_prelu({.initial = 0.25}); }},
    {"learned_swish", [] { return make_learned_swish({.initial = 1}); }},
    {"softmax", [] { return make_softmax(); }},
    {"log_softmax", [] { return make_log_softmax(); }},
    {"dropout", [] { return make_dropout({}); }},
    {"spatial_dropout", [] { return make_spatial_dropout({}); }},
    {"stochastic_depth", [] { return make_stochastic_depth({}); }},
    {"gaussian_noise", [] { return make_gaussian_noise({}); }},
    {"maxout", [] { return make_maxout({}); }},
    {"drop_connect_conv2d", [] { return make_drop_connect(make_conv2d({}), 0.5); }},
    {"drop_connect_dense", [] { return make_drop_connect(make_dense({}), 0.5); }},
    {"add", [] { return make_add(); }},
    {"concat", [] { return make_concat(); }},
    {"layer_norm", [] { return make_layer_norm({}); }},
    {"group_norm", [] { return make_group_norm({}); }},
    {"instance_norm", [] { return make_instance_norm({}); }},
    {"local_response_norm", [] { return make_local_response_norm({}); }},
    {"subtract", [] { return make_subtract(); }},
    {"multiply", [] { return make_multiply(); }},
    {"average", [] { return make_average(); }},
    {"maximum", [] { return make_maximum(); }},
    {"matmul", [] { return make_matmul({}); }},
    {"reshape", [] { return make_reshape({}); }},
    {"permute", [] { return make_permute({}); }},
    {"slice", [] { return make_slice({}); }},
    {"flatten", [] { return make_flatten(); }},
    {"pad", [] { return make_pad({}); }},
};

}  // namespace

std::unique_ptr<Layer> create(std::string_view kind) {
  for (const Entry& entry : kEntries)
    if (entry.kind == kind) return entry.make();
  return nullptr;
}

std::vector<std::string_view> kinds() {
  std::vector<std::string_view> all;
  for (const Entry& entry : kEntries) all.push_back(entry.kind);
  return all;
}

}  // namespace fovea::layers
