/* DenseNet-121 (Huang et al., 2017), table 1: every layer of a block sees the outputs of all before it.
 * Layers are named as in torchvision: features.denseblock1.denselayer1.conv1. */
#include "zoo/zoo.h"

static fv_node norm_relu(fv_graph *g, fv_node x, const char *place, int number) {
  const char *digit = number == 0 ? "" : number == 1 ? "1" : "2";
  x = fv_batch_norm(g, x, FV_BATCH_NORM(.name = fovea_zoo_named("%snorm%s", place, digit).text));
  return fv_relu(g, x, FV_LAYER(.name = fovea_zoo_named("%srelu%s", place, digit).text));
}

/* 1x1 to four times the growth, then 3x3 to the growth; joined with its input. */
static fv_node dense_layer(fv_graph *g, fv_node x, const fovea_zoo_size *s, const char *place,
                           int64_t growth) {
  fv_node y = norm_relu(g, x, place, 1);
  y = fovea_zoo_conv(g, y, s, fovea_zoo_named("%sconv1", place).text, 4 * growth, 1, 1, 1);
  y = norm_relu(g, y, place, 2);
  y = fovea_zoo_conv(g, y, s, fovea_zoo_named("%sconv2", place).text, growth, 3, 1, 1);
  fv_node parts[] = {x, y};
  return fv_concat(g, parts, 2, FV_LAYER(.name = fovea_zoo_named("%sconcat", place).text));
}

fv_node fovea_zoo_densenet121(fv_graph *g, const fv_zoo_desc *desc) {
  static const int kLayers[4] = {6, 12, 24, 16};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);
  int64_t growth = fovea_zoo_scaled(&s, 32), channels = 2 * growth;

  fv_node x = fovea_zoo_image(g, &s);
  x = fovea_zoo_conv(g, x, &s, "features.conv0", channels, 7, 2, 1);
  x = fv_batch_norm(g, x, FV_BATCH_NORM(.name = "features.norm0"));
  x = fv_relu(g, x, FV_LAYER(.name = "features.relu0"));
  x = fv_max_pool2d(
      g, x, FV_POOL2D(.name = "features.pool0", .size = {3, 3}, .strides = {2, 2}, .pad = {1, 1, 1, 1}));
  for (int block = 1; block <= 4; ++block) {
    for (int layer = 1; layer <= kLayers[block - 1]; ++layer)
      x = dense_layer(g, x, &s, fovea_zoo_named("features.denseblock%d.denselayer%d.", block, layer).text,
                      growth);
    channels += kLayers[block - 1] * growth;
    if (block == 4) break;
    fovea_zoo_name place = fovea_zoo_named("features.transition%d.", block);
    x = norm_relu(g, x, place.text, 0);
    x = fovea_zoo_conv(g, x, &s, fovea_zoo_named("%sconv", place.text).text, channels /= 2, 1, 1, 1);
    x = fv_average_pool2d(g, x,
                          FV_POOL2D(.name = fovea_zoo_named("%spool", place.text).text, .size = {2, 2}));
  }
  x = fv_batch_norm(g, x, FV_BATCH_NORM(.name = "features.norm5"));
  x = fv_relu(g, x, FV_LAYER(.name = "features.relu5"));
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  return fv_dense(g, x, FV_DENSE(.name = "classifier", .units = s.classes));
}
