/* Blocks of several nodes. */
#include <string.h>

#include "zoo/zoo.h"

/* "name_part" in `text`, or NULL without a name, so that the graph numbers the node. A name too long for
 * `text` is too long for the graph, which says so of the block's last node. */
static const char *part_of(const char *name, const char *part, char text[256]) {
  if (name == NULL || strlen(name) + strlen(part) + 2 > 256) return NULL;
  strcpy(text, name);
  strcat(text, "_");
  return strcat(text, part);
}

fv_node fovea_squeeze_excite(fv_graph *g, fv_node x, int64_t channels, const fv_squeeze_excite_desc *desc) {
  char text[256];
  int64_t ratio = desc->ratio == 0 ? 16 : desc->ratio;
  int64_t units = desc->squeeze != 0 ? desc->squeeze : channels / ratio > 0 ? channels / ratio : 1;
  fv_node s = fv_global_average_pool2d(g, x, FV_LAYER(.name = part_of(desc->name, "squeeze", text)));
  s = fv_dense(g, s, FV_DENSE(.name = part_of(desc->name, "reduce", text), .units = units,
                              .activation = FV_ACT_RELU));
  s = fv_dense(g, s, FV_DENSE(.name = part_of(desc->name, "expand", text), .units = channels,
                              .activation = FV_ACT_SIGMOID));
  return fv_multiply(g, x, s, FV_LAYER(.name = desc->name));
}

fv_node fovea_non_local(fv_graph *g, fv_node x, const int64_t shape[3], const fv_non_local_desc *desc) {
  char text[256];
  int64_t places = shape[0] * shape[1];
  int64_t inner = desc->channels != 0 ? desc->channels : shape[2] > 1 ? shape[2] / 2 : 1;
  static const char *const parts[] = {"theta", "phi", "g"};
  fv_node embedded[3];
  for (int i = 0; i < 3; ++i) {
    fv_node e = fv_conv2d(g, x, FV_CONV2D(.name = part_of(desc->name, parts[i], text), .filters = inner,
                                          .kernel = {1}));
    embedded[i] = fv_reshape(g, e, FV_RESHAPE(.shape = {places, inner}));
  }
  fv_node likeness = fv_matmul(g, embedded[0], embedded[1], FV_MATMUL(.transpose_b = 1));
  fv_node y = fv_matmul(g, fv_softmax(g, likeness, NULL), embedded[2], NULL);
  y = fv_reshape(g, y, FV_RESHAPE(.shape = {shape[0], shape[1], inner}));
  y = fv_conv2d(g, y, FV_CONV2D(.name = part_of(desc->name, "out", text), .filters = shape[2], .kernel = {1},
                                .kernel_initializer = FV_INITIALIZER(.kind = FV_INIT_ZEROS)));
  return fv_add(g, x, y, FV_LAYER(.name = desc->name));
}
