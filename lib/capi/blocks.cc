#include <fovea/blocks.h>

#include "capi/nodes.h"
#include "zoo/zoo.h"

using namespace fovea;
using namespace fovea::capi;

namespace {

// Reads the descriptor and the image's shape, then lets `build` add the nodes.
template <class Desc, class Build>
fv_node add_block(fv_graph* graph, const char* kind, const char* desc_name, fv_node x, const Desc* desc,
                  Build&& build) {
  if (graph == nullptr || graph->error) return FV_NODE_INVALID;
  Desc d{};
  int64_t shape[3] = {};
  const bool readable = keep_error(*graph, [&] {
    naming(kind, name_of_desc(desc), [&] {
      d = read_desc(desc, desc_name);
      const Shape& given = graph->graph.node(need_node(*graph, x, "the input")).shape;
      FOVEA_REQUIRE(given.rank() == 3, "expects an input of height x width x channels, got %s",
                    given.text().c_str());
      for (int i = 0; i < 3; ++i) shape[i] = given[i];
    });
  });
  return readable ? build(d, shape) : FV_NODE_INVALID;
}

}  // namespace

fv_node fv_squeeze_excite(fv_graph* graph, fv_node x, const fv_squeeze_excite_desc* desc) {
  return add_block(graph, "squeeze_excite", "fv_squeeze_excite_desc", x, desc,
                   [&](const fv_squeeze_excite_desc& d, const int64_t* shape) -> fv_node {
                     const bool legal = keep_error(*graph, [&] {
                       naming("squeeze_excite", d.name, [&] {
                         FOVEA_REQUIRE(d.ratio >= 0 && d.squeeze >= 0,
                                       "ratio is %lld and squeeze %lld, expected 0 or more",
                                       static_cast<long long>(d.ratio), static_cast<long long>(d.squeeze));
                       });
                     });
                     return legal ? fovea_squeeze_excite(graph, x, shape[2], &d) : FV_NODE_INVALID;
                   });
}

fv_node fv_non_local(fv_graph* graph, fv_node x, const fv_non_local_desc* desc) {
  return add_block(
      graph, "non_local", "fv_non_local_desc", x, desc,
      [&](const fv_non_local_desc& d, const int64_t* shape) { return fovea_non_local(graph, x, shape, &d); });
}
