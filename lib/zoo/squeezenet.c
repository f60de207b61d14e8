/* SqueezeNet 1.1 (Iandola et al., 2016; version 1.1 of its authors' repository). Layers are named as in
 * torchvision: features.3.squeeze. */
#include "zoo/zoo.h"

static fv_node conv_relu(fv_graph *g, fv_node x, const fovea_zoo_size *s, const char *name, int64_t filters,
                         int64_t kernel) {
  int64_t pad = kernel / 2;
  return fv_conv2d(
      g, x,
      FV_CONV2D(.name = name, .filters = filters, .kernel = {kernel}, .pad = {pad, pad, pad, pad},
                .activation = FV_ACT_RELU, .algorithm = s->algorithm));
}

/* A 1x1 convolution to few channels, then 1x1 and 3x3 side by side. */
static fv_node fire(fv_graph *g, fv_node x, const fovea_zoo_size *s, int index, int64_t squeeze,
                    int64_t expand) {
  x = conv_relu(g, x, s, fovea_zoo_named("features.%d.squeeze", index).text, squeeze, 1);
  fv_node parts[] = {conv_relu(g, x, s, fovea_zoo_named("features.%d.expand1x1", index).text, expand, 1),
                     conv_relu(g, x, s, fovea_zoo_named("features.%d.expand3x3", index).text, expand, 3)};
  return fv_concat(g, parts, 2, FV_LAYER(.name = fovea_zoo_named("features.%d.concat", index).text));
}

fv_node fovea_zoo_squeezenet(fv_graph *g, const fv_zoo_desc *desc) {
  /* features.2 to features.12; squeeze 0 is a pool. */
  static const struct {
    int64_t squeeze, expand;
  } kLayers[] = {{0, 0}, {16, 64},  {16, 64},  {0, 0},    {32, 128}, {32, 128},
                 {0, 0}, {48, 192}, {48, 192}, {64, 256}, {64, 256}};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  fv_node x = fovea_zoo_image(g, &s);
  x = fv_conv2d(g, x,
                FV_CONV2D(.name = "features.0", .filters = fovea_zoo_scaled(&s, 64), .kernel = {3, 3},
                          .strides = {2, 2}, .activation = FV_ACT_RELU, .algorithm = s.algorithm));
  for (int i = 0; i < (int)(sizeof kLayers / sizeof *kLayers); ++i) {
    if (kLayers[i].squeeze == 0)
      x = fv_max_pool2d(g, x,
                        FV_POOL2D(.name = fovea_zoo_named("features.%d", i + 2).text, .size = {3, 3},
                                  .strides = {2, 2}, .ceil_mode = 1));
    else
      x = fire(g, x, &s, i + 2, fovea_zoo_scaled(&s, kLayers[i].squeeze),
               fovea_zoo_scaled(&s, kLayers[i].expand));
  }
  x = fovea_zoo_dropout(g, x, &s, "classifier.0", 0.5);
  x = conv_relu(g, x, &s, "classifier.1", s.classes, 1);
  return fv_global_average_pool2d(g, x, FV_LAYER(.name = "classifier.3"));
}
