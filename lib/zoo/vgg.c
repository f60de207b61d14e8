/* VGG (Simonyan and Zisserman, 2015), table 1: configurations A, B, D and E. Layers are named as in
 * torchvision: features.0, classifier.0. */
#include "zoo/zoo.h"

fv_node fovea_zoo_vgg(fv_graph *g, int32_t depth, int32_t batch_norm, const fv_zoo_desc *desc) {
  /* Convolutions in each of the five blocks. */
  static const struct {
    int32_t depth;
    int convolutions[5];
  } kTable1[] = {{11, {1, 1, 2, 2, 2}}, {13, {2, 2, 2, 2, 2}}, {16, {2, 2, 3, 3, 3}}, {19, {2, 2, 4, 4, 4}}};
  static const int64_t kFilters[5] = {64, 128, 256, 512, 512};
  const int *convolutions = NULL;
  for (size_t i = 0; i < sizeof kTable1 / sizeof *kTable1; ++i)
    if (kTable1[i].depth == depth) convolutions = kTable1[i].convolutions;
  if (convolutions == NULL) return FV_NODE_INVALID;
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  fv_node x = fovea_zoo_image(g, &s);
  int index = 0; /* torchvision counts batch norm and activation as layers of their own */
  for (int block = 0; block < 5; ++block) {
    for (int i = 0; i < convolutions[block]; ++i) {
      x = fv_conv2d(g, x,
                    FV_CONV2D(.name = fovea_zoo_named("features.%d", index).text,
                              .filters = fovea_zoo_scaled(&s, kFilters[block]), .kernel = {3, 3},
                              .pad = {1, 1, 1, 1}, .algorithm = s.algorithm,
                              .kernel_initializer = FV_INITIALIZER(.kind = FV_INIT_HE_NORMAL)));
      if (batch_norm)
        x = fv_batch_norm(g, x, FV_BATCH_NORM(.name = fovea_zoo_named("features.%d", index + 1).text));
      x = fv_relu(g, x, FV_LAYER(.name = fovea_zoo_named("features.%d", index + 1 + (batch_norm != 0)).text));
      index += batch_norm ? 3 : 2;
    }
    x = fv_max_pool2d(g, x, FV_POOL2D(.name = fovea_zoo_named("features.%d", index++).text, .size = {2, 2}));
  }
  x = fv_flatten(g, x, FV_LAYER(.name = "flatten"));
  x = fv_dense(
      g, x, FV_DENSE(.name = "classifier.0", .units = fovea_zoo_scaled(&s, 4096), .activation = FV_ACT_RELU));
  x = fovea_zoo_dropout(g, x, &s, "classifier.2", 0.5);
  x = fv_dense(
      g, x, FV_DENSE(.name = "classifier.3", .units = fovea_zoo_scaled(&s, 4096), .activation = FV_ACT_RELU));
  x = fovea_zoo_dropout(g, x, &s, "classifier.5", 0.5);
  return fv_dense(g, x, FV_DENSE(.name = "classifier.6", .units = s.classes));
}
