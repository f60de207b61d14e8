#include <fovea/noise.h>

#include "capi/fields.h"

using namespace fovea;
using namespace fovea::capi;

fv_node fv_spatial_dropout(fv_graph* graph, fv_node x, const fv_spatial_dropout_desc* desc) {
  return add_node(graph, "spatial_dropout", {&x, 1}, name_of_desc(desc), [&] {
    const fv_spatial_dropout_desc d = read_desc(desc, "fv_spatial_dropout_desc");
    return layers::make_spatial_dropout({number(d.rate, 0.5)});
  });
}

fv_node fv_stochastic_depth(fv_graph* graph, fv_node x, const fv_stochastic_depth_desc* desc) {
  return add_node(graph, "stochastic_depth", {&x, 1}, name_of_desc(desc), [&] {
    const fv_stochastic_depth_desc d = read_desc(desc, "fv_stochastic_depth_desc");
    return layers::make_stochastic_depth({number(d.rate, 0.5), d.whole_batch != 0});
  });
}

fv_node fv_gaussian_noise(fv_graph* graph, fv_node x, const fv_gaussian_noise_desc* desc) {
  return add_node(graph, "gaussian_noise", {&x, 1}, name_of_desc(desc), [&] {
    const fv_gaussian_noise_desc d = read_desc(desc, "fv_gaussian_noise_desc");
    return layers::make_gaussian_noise({number(d.stddev, 0.1)});
  });
}

fv_node fv_maxout(fv_graph* graph, fv_node x, const fv_maxout_desc* desc) {
  return add_node(graph, "maxout", {&x, 1}, name_of_desc(desc), [&] {
    const fv_maxout_desc d = read_desc(desc, "fv_maxout_desc");
    return layers::make_maxout({d.pieces == 0 ? 2 : d.pieces});
  });
}
