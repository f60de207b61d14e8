/* VGG-16, configuration D (Simonyan and Zisserman, 2015). Layers are named as in torchvision: features.0, classifier.0. */
#include <stdio.h>

#include "zoo/zoo.h"

enum { POOL = 0 };

fv_node fovea_zoo_vgg16(fv_graph *g, const fv_zoo_desc *desc) {
  static const int64_t kConfiguration[] = {64,  64,  POOL, 128, 128, POOL, 256, 256, 256,
                                           POOL, 512, 512, 512, POOL, 512, 512, 512, POOL};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  fv_node x = fovea_zoo_image(g, &s);
  int index = 0; /* torchvision counts the activation as a layer of its own */
  for (size_t i = 0; i < sizeof kConfiguration / sizeof *kConfiguration; ++i) {
    char name[32];
    snprintf(name, sizeof name, "features.%d", index);
    if (kConfiguration[i] == POOL) {
      x = fv_max_pool2d(g, x, FV_POOL2D(.name = name, .size = {2, 2}));
      index += 1;
    } else {
      x = fv_conv2d(g, x, FV_CONV2D(.name = name, .filters = fovea_zoo_scaled(&s, kConfiguration[i]), .kernel = {3, 3},
                                    .pad = {1, 1, 1, 1}, .activation = FV_ACT_RELU));
      index += 2;
    }
  }
  x = fv_flatten(g, x, FV_LAYER(.name = "flatten"));
  x = fv_dense(g, x, FV_DENSE(.name = "classifier.0", .units = fovea_zoo_scaled(&s, 4096), .activation = FV_ACT_RELU));
  x = fv_dropout(g, x, FV_DROPOUT(.name = "classifier.2", .rate = 0.5));
  x = fv_dense(g, x, FV_DENSE(.name = "classifier.3", .units = fovea_zoo_scaled(&s, 4096), .activation = FV_ACT_RELU));
  x = fv_dropout(g, x, FV_DROPOUT(.name = "classifier.5", .rate = 0.5));
  return fv_dense(g, x, FV_DENSE(.name = "classifier.6", .units = s.classes));
}
