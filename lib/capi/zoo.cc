#include <fovea/zoo.h>

#include <cmath>

#include "capi/nodes.h"
#include "zoo/zoo.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

// Reads the descriptor and builds the network.
template <class Build> fv_node build(fv_graph* graph, const fv_zoo_desc* desc, const char* name, Build&& build_with) {
  if (graph == nullptr || graph->error) return FV_NODE_INVALID;
  fv_zoo_desc d{};
  const bool readable = keep_error(*graph, [&] {
    naming(name, nullptr, [&] {
      d = read_desc(desc, "fv_zoo_desc");
      FOVEA_REQUIRE(d.classes >= 0 && d.height >= 0 && d.width >= 0 && d.channels >= 0,
                    "classes, height, width or channels is negative");
      FOVEA_REQUIRE(std::isfinite(d.width_multiplier) && d.width_multiplier >= 0 && d.width_multiplier <= 1024,
                    "width_multiplier is %g", d.width_multiplier);
    });
  });
  return readable ? build_with(d) : FV_NODE_INVALID;
}

}  // namespace

fv_node fv_zoo_lenet5(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "lenet5", [&](const fv_zoo_desc& d) { return fovea_zoo_lenet5(graph, &d); });
}

fv_node fv_zoo_keras_cnn(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "keras_cnn", [&](const fv_zoo_desc& d) { return fovea_zoo_keras_cnn(graph, &d); });
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

fv_node fv_zoo_resnet18(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "resnet18", [&](const fv_zoo_desc& d) { return fovea_zoo_resnet18(graph, &d); });
}

fv_node fv_zoo_vgg16(fv_graph* graph, const fv_zoo_desc* desc) {
  return build(graph, desc, "vgg16", [&](const fv_zoo_desc& d) { return fovea_zoo_vgg16(graph, &d); });
}
