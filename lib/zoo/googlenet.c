/* GoogLeNet (Szegedy et al., 2015) with batch norm, as in torchvision: the third branch's kernel is 3x3, not
 * the paper's 5x5. Layers are named as there: inception3a.branch2.0.conv. */
#include "zoo/zoo.h"

/* Convolution, batch norm with epsilon 0.001, ReLU. */
static fv_node unit(fv_graph *g, fv_node x, const char *name, int64_t filters, int64_t kernel,
                    int64_t stride) {
  x = fovea_zoo_conv(g, x, fovea_zoo_named("%s.conv", name).text, filters, kernel, stride, 1);
  x = fv_batch_norm(g, x, FV_BATCH_NORM(.name = fovea_zoo_named("%s.bn", name).text, .epsilon = 0.001));
  return fv_relu(g, x, FV_LAYER(.name = fovea_zoo_named("%s.relu", name).text));
}

/* Table 1: 1x1, 3x3 behind a reduction, 5x5 behind a reduction, and the pool's projection. */
typedef struct inception {
  const char *name;
  int64_t one, three_reduce, three, five_reduce, five, pool;
} inception;

static fv_node inception_module(fv_graph *g, fv_node x, const inception *m, const fovea_zoo_size *s) {
#define BRANCH(suffix) fovea_zoo_named("inception%s." suffix, m->name).text
  fv_node one = unit(g, x, BRANCH("branch1"), fovea_zoo_scaled(s, m->one), 1, 1);
  fv_node three = unit(g, x, BRANCH("branch2.0"), fovea_zoo_scaled(s, m->three_reduce), 1, 1);
  three = unit(g, three, BRANCH("branch2.1"), fovea_zoo_scaled(s, m->three), 3, 1);
  fv_node five = unit(g, x, BRANCH("branch3.0"), fovea_zoo_scaled(s, m->five_reduce), 1, 1);
  five = unit(g, five, BRANCH("branch3.1"), fovea_zoo_scaled(s, m->five), 3, 1);
  fv_node pool = fv_max_pool2d(g, x, FV_POOL2D(.name = BRANCH("branch4.0"), .size = {3, 3}, .strides = {1, 1},
                                               .pad = {1, 1, 1, 1}));
  pool = unit(g, pool, BRANCH("branch4.1"), fovea_zoo_scaled(s, m->pool), 1, 1);
  fv_node branches[] = {one, three, five, pool};
  return fv_concat(g, branches, 4, FV_LAYER(.name = BRANCH("concat")));
#undef BRANCH
}

static fv_node reduce(fv_graph *g, fv_node x, const char *name, int64_t size) {
  return fv_max_pool2d(g, x,
                       FV_POOL2D(.name = name, .size = {size, size}, .strides = {2, 2}, .ceil_mode = 1));
}

fv_node fovea_zoo_googlenet(fv_graph *g, const fv_zoo_desc *desc) {
  static const inception kTable1[] = {
      {"3a", 64, 96, 128, 16, 32, 32},     {"3b", 128, 128, 192, 32, 96, 64},
      {"4a", 192, 96, 208, 16, 48, 64},    {"4b", 160, 112, 224, 24, 64, 64},
      {"4c", 128, 128, 256, 24, 64, 64},   {"4d", 112, 144, 288, 32, 64, 64},
      {"4e", 256, 160, 320, 32, 128, 128}, {"5a", 256, 160, 320, 32, 128, 128},
      {"5b", 384, 192, 384, 48, 128, 128}};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  fv_node x = fovea_zoo_image(g, &s);
  x = unit(g, x, "conv1", fovea_zoo_scaled(&s, 64), 7, 2);
  x = reduce(g, x, "maxpool1", 3);
  x = unit(g, x, "conv2", fovea_zoo_scaled(&s, 64), 1, 1);
  x = unit(g, x, "conv3", fovea_zoo_scaled(&s, 192), 3, 1);
  x = reduce(g, x, "maxpool2", 3);
  for (int i = 0; i < 9; ++i) {
    if (i == 2) x = reduce(g, x, "maxpool3", 3);
    if (i == 7) x = reduce(g, x, "maxpool4", 2);
    x = inception_module(g, x, &kTable1[i], &s);
  }
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  x = fv_dropout(g, x, FV_DROPOUT(.name = "dropout", .rate = 0.2));
  return fv_dense(g, x, FV_DENSE(.name = "fc", .units = s.classes));
}
