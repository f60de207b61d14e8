#include <fovea/convolution.h>

#include <string>

#include "capi/fields.h"

using namespace fovea;
using namespace fovea::capi;
using layers::Activation;
using layers::ConvAlgorithm;

namespace {

// The fields that all of these descriptors end in.
template <class Attributes, class Desc>
void read_parameters(const Desc& d, Attributes& a) {
  a.use_bias = d.no_bias == 0;
  a.kernel_initializer = initializer_from(d.kernel_initializer);
  a.bias_initializer = initializer_from(d.bias_initializer);
  a.kernel_regularizer = regularizer_from(d.kernel_regularizer);
  a.bias_regularizer = regularizer_from(d.bias_regularizer);
}

int64_t one(int64_t given) {
  return given == 0 ? 1 : given;
}

}  // namespace

fv_node fv_transposed_conv2d(fv_graph* graph, fv_node x, const fv_transposed_conv2d_desc* desc) {
  return add_node(graph, "transposed_conv2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_transposed_conv2d_desc d = read_desc(desc, "fv_transposed_conv2d_desc");
    layers::TransposedConv2dAttributes a;
    a.filters = d.filters;
    a.kernel = pair(d.kernel, {0, 0});
    a.strides = pair(d.strides, {1, 1});
    a.dilation = pair(d.dilation, {1, 1});
    a.groups = one(d.groups);
    a.pad = four(d.pad);
    a.output_padding = {d.output_padding[0], d.output_padding[1]};
    a.activation = choice(d.activation, Activation::softplus, "activation");
    a.algorithm = choice(d.algorithm, ConvAlgorithm::winograd, "algorithm");
    read_parameters(d, a);
    return layers::make_transposed_conv2d(a);
  });
}

namespace {

// The channels of node x, an image.
int64_t channels_of(const fv_graph& graph, fv_node x) {
  const Shape& shape = graph.graph.node(need_node(graph, x, "the input")).shape;
  FOVEA_REQUIRE(shape.rank() == 3, "expects an input of height x width x channels, got %s",
                shape.text().c_str());
  return shape[2];
}

template <class Desc>
layers::Conv2dAttributes depthwise_from(const Desc& d, int64_t channels) {
  FOVEA_REQUIRE(d.multiplier >= 0 && d.multiplier <= INT32_MAX, "multiplier is %lld, expected at least 1",
                static_cast<long long>(d.multiplier));
  layers::Conv2dAttributes a;
  a.filters = checked_mul(channels, one(d.multiplier));
  a.groups = channels;
  a.kernel = pair(d.kernel, {0, 0});
  a.strides = pair(d.strides, {1, 1});
  a.dilation = pair(d.dilation, {1, 1});
  a.padding = choice(d.padding, layers::Padding::same, "padding");
  a.pad = four(d.pad);
  return a;
}

}  // namespace

fv_node fv_depthwise_conv2d(fv_graph* graph, fv_node x, const fv_depthwise_conv2d_desc* desc) {
  return add_node(graph, "conv2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_depthwise_conv2d_desc d = read_desc(desc, "fv_depthwise_conv2d_desc");
    layers::Conv2dAttributes a = depthwise_from(d, channels_of(*graph, x));
    a.activation = choice(d.activation, Activation::softplus, "activation");
    read_parameters(d, a);
    return layers::make_conv2d(a);
  });
}

fv_node fv_separable_conv2d(fv_graph* graph, fv_node x, const fv_separable_conv2d_desc* desc) {
  if (graph == nullptr || graph->error) return FV_NODE_INVALID;
  fv_node last = FV_NODE_INVALID;
  keep_error(*graph, [&] {
    std::vector<int> input;
    std::unique_ptr<layers::Layer> depthwise, pointwise;
    std::string name;
    naming("separable_conv2d", name_of_desc(desc), [&] {
      const fv_separable_conv2d_desc d = read_desc(desc, "fv_separable_conv2d_desc");
      if (d.name != nullptr) name = d.name;
      input.push_back(need_node(*graph, x, "the input"));
      layers::Conv2dAttributes a = depthwise_from(d, channels_of(*graph, x));
      a.use_bias = false;
      depthwise = layers::make_conv2d(a);
      a = {};
      a.filters = d.filters;
      a.use_bias = d.no_bias == 0;
      a.activation = choice(d.activation, Activation::softplus, "activation");
      pointwise = layers::make_conv2d(a);
    });
    input[0] = graph->graph.add(std::move(depthwise), input, name.empty() ? name : name + "_depthwise");
    last = node_id(*graph, graph->graph.add(std::move(pointwise), input, name));
  });
  return last;
}

fv_node fv_local_conv2d(fv_graph* graph, fv_node x, const fv_local_conv2d_desc* desc) {
  return add_node(graph, "local_conv2d", {&x, 1}, name_of_desc(desc), [&] {
    const fv_local_conv2d_desc d = read_desc(desc, "fv_local_conv2d_desc");
    layers::LocalConv2dAttributes a;
    a.filters = d.filters;
    a.kernel = pair(d.kernel, {0, 0});
    a.strides = pair(d.strides, {1, 1});
    a.pad = four(d.pad);
    a.activation = choice(d.activation, Activation::softplus, "activation");
    read_parameters(d, a);
    return layers::make_local_conv2d(a);
  });
}

fv_node fv_deform_conv2d(fv_graph* graph, fv_node x, fv_node offsets, fv_node factors,
                         const fv_deform_conv2d_desc* desc) {
  const fv_node inputs[] = {x, offsets, factors};
  return add_node(graph, "deform_conv2d", {inputs, factors == FV_NODE_INVALID ? size_t{2} : size_t{3}},
                  name_of_desc(desc), [&] {
                    const fv_deform_conv2d_desc d = read_desc(desc, "fv_deform_conv2d_desc");
                    layers::DeformConv2dAttributes a;
                    a.filters = d.filters;
                    a.kernel = pair(d.kernel, {0, 0});
                    a.strides = pair(d.strides, {1, 1});
                    a.dilation = pair(d.dilation, {1, 1});
                    a.groups = one(d.groups);
                    a.offset_groups = one(d.offset_groups);
                    a.pad = four(d.pad);
                    read_parameters(d, a);
                    return layers::make_deform_conv2d(a);
                  });
}
