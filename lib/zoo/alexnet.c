/* AlexNet in one tower (Krizhevsky, "One weird trick for parallelizing convolutional neural networks", 2014),
 * as in torchvision: features.0, classifier.1. */
#include "zoo/zoo.h"

fv_node fovea_zoo_alexnet(fv_graph *g, const fv_zoo_desc *desc) {
  static const struct {
    const char *name;
    int64_t filters, kernel, stride, pad;
    const char *pool; /* 3x3, stride 2, behind it; or NULL */
  } kLayers[] = {{"features.0", 64, 11, 4, 2, "features.2"},
                 {"features.3", 192, 5, 1, 2, "features.5"},
                 {"features.6", 384, 3, 1, 1, NULL},
                 {"features.8", 256, 3, 1, 1, NULL},
                 {"features.10", 256, 3, 1, 1, "features.12"}};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  fv_node x = fovea_zoo_image(g, &s);
  for (size_t i = 0; i < sizeof kLayers / sizeof *kLayers; ++i) {
    int64_t pad = kLayers[i].pad;
    x = fv_conv2d(g, x,
                  FV_CONV2D(.name = kLayers[i].name, .filters = fovea_zoo_scaled(&s, kLayers[i].filters),
                            .kernel = {kLayers[i].kernel}, .strides = {kLayers[i].stride},
                            .pad = {pad, pad, pad, pad}, .activation = FV_ACT_RELU));
    if (kLayers[i].pool != NULL)
      x = fv_max_pool2d(g, x, FV_POOL2D(.name = kLayers[i].pool, .size = {3, 3}, .strides = {2, 2}));
  }
  x = fv_flatten(g, x, FV_LAYER(.name = "flatten"));
  x = fv_dropout(g, x, FV_DROPOUT(.name = "classifier.0", .rate = 0.5));
  x = fv_dense(
      g, x, FV_DENSE(.name = "classifier.1", .units = fovea_zoo_scaled(&s, 4096), .activation = FV_ACT_RELU));
  x = fv_dropout(g, x, FV_DROPOUT(.name = "classifier.3", .rate = 0.5));
  x = fv_dense(
      g, x, FV_DENSE(.name = "classifier.4", .units = fovea_zoo_scaled(&s, 4096), .activation = FV_ACT_RELU));
  return fv_dense(g, x, FV_DENSE(.name = "classifier.6", .units = s.classes));
}
