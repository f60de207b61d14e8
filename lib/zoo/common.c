#include "zoo/zoo.h"

#include <stdarg.h>
#include <stdio.h>

fovea_zoo_size fovea_zoo_size_of(const fv_zoo_desc *desc, int64_t height, int64_t width, int64_t channels,
                                 int64_t classes) {
  fovea_zoo_size size = {height, width, channels, classes, 1, desc->dropout, desc->algorithm};
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

fovea_zoo_name fovea_zoo_named(const char *format, ...) {
  fovea_zoo_name name;
  va_list values;
  va_start(values, format);
  vsnprintf(name.text, sizeof name.text, format, values);
  va_end(values);
  return name;
}

fv_node fovea_zoo_dropout(fv_graph *g, fv_node x, const fovea_zoo_size *size, const char *name, double rate) {
  return fv_dropout(g, x, FV_DROPOUT(.name = name, .rate = size->dropout != 0 ? size->dropout : rate));
}

fv_node fovea_zoo_conv(fv_graph *g, fv_node x, const fovea_zoo_size *size, const char *name, int64_t filters,
                       int64_t kernel, int64_t stride, int64_t groups) {
  int64_t pad = kernel / 2;
  return fv_conv2d(
      g, x,
      FV_CONV2D(.name = name, .filters = filters, .kernel = {kernel}, .strides = {stride},
                .pad = {pad, pad, pad, pad}, .groups = groups, .no_bias = 1, .algorithm = size->algorithm,
                .kernel_initializer = FV_INITIALIZER(.kind = FV_INIT_HE_NORMAL)));
}

fv_node fovea_zoo_conv_bn(fv_graph *g, fv_node x, const fovea_zoo_size *size, const char *conv,
                          const char *bn, int64_t filters, int64_t kernel, int64_t stride, int64_t groups) {
  return fv_batch_norm(g, fovea_zoo_conv(g, x, size, conv, filters, kernel, stride, groups),
                       FV_BATCH_NORM(.name = bn));
}
