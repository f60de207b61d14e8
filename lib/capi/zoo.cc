#include <fovea/zoo.h>

#include <algorithm>
#include <cmath>
#include <initializer_list>
#include <string>

#include "capi/nodes.h"
#include "zoo/zoo.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

// Reads the descriptor and builds the network.
template <class Build>
fv_node build(fv_graph* graph, const fv_zoo_desc* desc, const char* name, Build&& build_with,
              bool has_heads = false) {
  if (graph == nullptr || graph->error) return FV_NODE_INVALID;
  fv_zoo_desc d{};
  const bool readable = keep_error(*graph, [&] {
    naming(name, nullptr, [&] {
      d = read_desc(desc, "fv_zoo_desc");
      FOVEA_REQUIRE(d.classes >= 0 && d.height >= 0 && d.width >= 0 && d.channels >= 0,
                    "classes, height, width or channels is negative");
      FOVEA_REQUIRE(
          std::isfinite(d.width_multiplier) && d.width_multiplier >= 0 && d.width_multiplier <= 1024,
          "width_multiplier is %g", d.width_multiplier);
      FOVEA_REQUIRE(d.shortcut >= 0 && d.shortcut <= FV_SHORTCUT_NONE, "shortcut is %d",
                    static_cast<int>(d.shortcut));
      const double dropout = number(d.dropout, 0);
      FOVEA_REQUIRE(dropout >= 0 && dropout < 1, "dropout is %g", d.dropout);
      FOVEA_REQUIRE(d.heads == nullptr || has_heads, "it has no auxiliary heads");
    });
  });
  return readable ? build_with(d) : FV_NODE_INVALID;
}

// Keeps an error unless `depth` is one of the network's.
bool is_depth(fv_graph& graph, const char* name, int32_t depth, std::initializer_list<int32_t> depths) {
  return keep_error(graph, [&] {
    if (std::ranges::find(depths, depth) != depths.end()) return;
    std::string list;
    for (const int32_t d : depths) list += (list.empty() ? "" : ", ") + std::to_string(d);
    fail(Status::invalid_argument, "%s: depth is %d, expected one of %s", name, static_cast<int>(depth),
         list.c_str());
  });
}

}  // namespace

fv_node fv_zoo_lenet5(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "lenet5", [&](const fv_zoo_desc& d) { return fovea_zoo_lenet5(graph, &d); });
}

fv_node fv_zoo_keras_cnn(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "keras_cnn",
               [&](const fv_zoo_desc& d) { return fovea_zoo_keras_cnn(graph, &d); });
}

fv_node fv_zoo_resnet_cifar(fv_graph* graph, int32_t depth, const fv_zoo_desc* desc) {
  return build(graph, desc, "resnet_cifar", [&](const fv_zoo_desc& d) -> fv_node {
    const bool legal = keep_error(*graph, [&] {
      FOVEA_REQUIRE(depth >= 8 && depth <= 1202 && (depth - 2) % 6 == 0,
                    "resnet_cifar: depth is %d, expected 6n + 2 from 8 to 1202", static_cast<int>(depth));
    });
    if (!legal) return FV_NODE_INVALID;
    return fovea_zoo_resnet_cifar(graph, depth, &d);
  });
}

fv_node fv_zoo_resnet(fv_graph* graph, int32_t depth, const fv_zoo_desc* desc) {
  return build(graph, desc, "resnet", [&](const fv_zoo_desc& d) {
    return is_depth(*graph, "resnet", depth, {18, 34, 50, 101, 152}) ? fovea_zoo_resnet(graph, depth, &d)
                                                                     : FV_NODE_INVALID;
  });
}

fv_node fv_zoo_vgg(fv_graph* graph, int32_t depth, int32_t batch_norm, const fv_zoo_desc* desc) {
  return build(graph, desc, "vgg", [&](const fv_zoo_desc& d) {
    return is_depth(*graph, "vgg", depth, {11, 13, 16, 19}) ? fovea_zoo_vgg(graph, depth, batch_norm, &d)
                                                            : FV_NODE_INVALID;
  });
}

fv_node fv_zoo_resnext50(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "resnext50",
               [&](const fv_zoo_desc& d) { return fovea_zoo_resnext50(graph, &d); });
}

fv_node fv_zoo_alexnet(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "alexnet", [&](const fv_zoo_desc& d) { return fovea_zoo_alexnet(graph, &d); });
}

fv_node fv_zoo_alexnet_2012(fv_graph* graph, int32_t towers, const fv_zoo_desc* desc) {
  return build(graph, desc, "alexnet_2012", [&](const fv_zoo_desc& d) -> fv_node {
    const bool legal = keep_error(*graph, [&] {
      FOVEA_REQUIRE(towers == 1 || towers == 2, "alexnet_2012: towers is %d, expected 1 or 2",
                    static_cast<int>(towers));
    });
    return legal ? fovea_zoo_alexnet_2012(graph, towers, &d) : FV_NODE_INVALID;
  });
}

fv_node fv_zoo_zfnet(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "zfnet", [&](const fv_zoo_desc& d) { return fovea_zoo_zfnet(graph, &d); });
}

fv_node fv_zoo_googlenet(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(
      graph, desc, "googlenet", [&](const fv_zoo_desc& d) { return fovea_zoo_googlenet(graph, &d); }, true);
}

fv_node fv_zoo_googlenet_2014(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(
      graph, desc, "googlenet_2014",
      [&](const fv_zoo_desc& d) { return fovea_zoo_googlenet_2014(graph, &d); }, true);
}

fv_node fv_zoo_densenet121(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "densenet121",
               [&](const fv_zoo_desc& d) { return fovea_zoo_densenet121(graph, &d); });
}

fv_node fv_zoo_squeezenet(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "squeezenet",
               [&](const fv_zoo_desc& d) { return fovea_zoo_squeezenet(graph, &d); });
}

fv_node fv_zoo_mobilenet_v2(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "mobilenet_v2",
               [&](const fv_zoo_desc& d) { return fovea_zoo_mobilenet_v2(graph, &d); });
}
