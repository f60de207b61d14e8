#include <fovea/norm.h>

#include "capi/fields.h"

using namespace fovea;
using namespace fovea::capi;

fv_node fv_layer_norm(fv_graph* graph, fv_node x, const fv_layer_norm_desc* desc) {
  return add_node(graph, "layer_norm", {&x, 1}, name_of_desc(desc), [&] {
    const fv_layer_norm_desc d = read_desc(desc, "fv_layer_norm_desc");
    return layers::make_layer_norm(
        {d.axes == 0 ? 1 : d.axes, number(d.epsilon, 1e-5), d.no_scale == 0, d.no_center == 0});
  });
}

fv_node fv_group_norm(fv_graph* graph, fv_node x, const fv_group_norm_desc* desc) {
  return add_node(graph, "group_norm", {&x, 1}, name_of_desc(desc), [&] {
    const fv_group_norm_desc d = read_desc(desc, "fv_group_norm_desc");
    return layers::make_group_norm({d.groups, number(d.epsilon, 1e-5), d.no_scale == 0, d.no_center == 0});
  });
}

fv_node fv_instance_norm(fv_graph* graph, fv_node x, const fv_instance_norm_desc* desc) {
  return add_node(graph, "instance_norm", {&x, 1}, name_of_desc(desc), [&] {
    const fv_instance_norm_desc d = read_desc(desc, "fv_instance_norm_desc");
    return layers::make_instance_norm({1, number(d.epsilon, 1e-5), d.affine != 0, d.affine != 0});
  });
}

fv_node fv_local_response_norm(fv_graph* graph, fv_node x, const fv_local_response_norm_desc* desc) {
  return add_node(graph, "local_response_norm", {&x, 1}, name_of_desc(desc), [&] {
    const fv_local_response_norm_desc d = read_desc(desc, "fv_local_response_norm_desc");
    return layers::make_local_response_norm({d.size == 0 ? 5 : d.size, number(d.k, 2), number(d.alpha, 1e-4),
                                             number(d.beta, 0.75), d.divide_alpha != 0});
  });
}
