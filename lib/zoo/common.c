#include "zoo/zoo.h"

fovea_zoo_size fovea_zoo_size_of(const fv_zoo_desc *desc, int64_t height, int64_t width, int64_t channels,
                                 int64_t classes) {
  fovea_zoo_size size = {height, width, channels, classes, 1};
  if (desc->height != 0) size.height = desc->height;
  if (desc->width != 0) size.width = desc->width;
  if (desc->channels != 0) size.channels = desc->channels;
  if (desc->classes != 0) size.classes = desc->classes;
  if (desc->width_multiplier != 0) size.multiplier = desc->width_multiplier;
  return size;
}

int64_t fovea_zoo_scaled(const fovea_zoo_size *size, int64_t filters) {
  int64_t n = (int64_t)((double)filters * size->multiplier + 0.5);
  return n < 1 ? 1 : n;
}

fv_node fovea_zoo_image(fv_graph *g, const fovea_zoo_size *size) {
  return fv_input(g, FV_INPUT(.name = "image", .shape = {size->height, size->width, size->channels}));
}
