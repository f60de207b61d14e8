/* GoogLeNet (Szegedy et al., 2015), with batch norm as in torchvision, and as it won ILSVRC 2014. Layers are
 * named as in torchvision: inception3a.branch2.0.conv. */
#include "zoo/zoo.h"

/* In what the two differ. */
typedef struct style {
  const fovea_zoo_size *size;
  int batch_norm; /* else a bias */
  int response_norm;
  int64_t five; /* kernel of the third branch: 5, torchvision's 3 */
  int64_t last_pool;
  double dropout, head_dropout;
} style;

/* Convolution, batch norm with epsilon 0.001, ReLU. */
static fv_node unit(fv_graph *g, fv_node x, const style *t, const char *name, int64_t filters, int64_t kernel,
                    int64_t stride) {
  fovea_zoo_name conv = fovea_zoo_named("%s.conv", name);
  int64_t n = fovea_zoo_scaled(t->size, filters), pad = kernel / 2;
  if (!t->batch_norm)
    return fv_conv2d(
        g, x,
        FV_CONV2D(.name = conv.text, .filters = n, .kernel = {kernel}, .strides = {stride},
                  .pad = {pad, pad, pad, pad}, .activation = FV_ACT_RELU, .algorithm = t->size->algorithm));
  x = fovea_zoo_conv(g, x, t->size, conv.text, n, kernel, stride, 1);
  x = fv_batch_norm(g, x, FV_BATCH_NORM(.name = fovea_zoo_named("%s.bn", name).text, .epsilon = 0.001));
  return fv_relu(g, x, FV_LAYER(.name = fovea_zoo_named("%s.relu", name).text));
}

/* Table 1: 1x1, 3x3 behind a reduction, 5x5 behind a reduction, and the pool's projection. */
typedef struct inception {
  const char *name;
  int64_t one, three_reduce, three, five_reduce, five, pool;
} inception;

static fv_node inception_module(fv_graph *g, fv_node x, const inception *m, const style *t) {
#define BRANCH(suffix) fovea_zoo_named("inception%s." suffix, m->name).text
  fv_node one = unit(g, x, t, BRANCH("branch1"), m->one, 1, 1);
  fv_node three = unit(g, x, t, BRANCH("branch2.0"), m->three_reduce, 1, 1);
  three = unit(g, three, t, BRANCH("branch2.1"), m->three, 3, 1);
  fv_node five = unit(g, x, t, BRANCH("branch3.0"), m->five_reduce, 1, 1);
  five = unit(g, five, t, BRANCH("branch3.1"), m->five, t->five, 1);
  fv_node pool = fv_max_pool2d(
      g, x, FV_POOL2D(.name = BRANCH("branch4.0"), .size = {3, 3}, .strides = {1, 1}, .pad = {1, 1, 1, 1}));
  pool = unit(g, pool, t, BRANCH("branch4.1"), m->pool, 1, 1);
  fv_node branches[] = {one, three, five, pool};
  return fv_concat(g, branches, 4, FV_LAYER(.name = BRANCH("concat")));
#undef BRANCH
}

static fv_node reduce(fv_graph *g, fv_node x, const char *name, int64_t size) {
  return fv_max_pool2d(g, x,
                       FV_POOL2D(.name = name, .size = {size, size}, .strides = {2, 2}, .ceil_mode = 1));
}

/* Caffe's constants, since the paper has none. */
static fv_node response_norm(fv_graph *g, fv_node x, const char *name, const style *t) {
  if (!t->response_norm) return x;
  return fv_local_response_norm(g, x, FV_LOCAL_RESPONSE_NORM(.name = name, .k = 1, .divide_alpha = 1));
}

/* Section 5. torchvision makes the 4x4 cells of any image, the paper of 14x14. */
static fv_node auxiliary_head(fv_graph *g, fv_node x, const style *t, const char *name) {
#define PART(suffix) fovea_zoo_named("%s." suffix, name).text
  if (t->batch_norm)
    x = fv_adaptive_average_pool2d(g, x, FV_ADAPTIVE_POOL2D(.name = PART("avgpool"), .size = {4, 4}));
  else
    x = fv_average_pool2d(g, x, FV_POOL2D(.name = PART("avgpool"), .size = {5, 5}, .strides = {3, 3}));
  x = unit(g, x, t, PART("conv"), 128, 1, 1);
  x = fv_flatten(g, x, FV_LAYER(.name = PART("flatten")));
  x = fv_dense(
      g, x,
      FV_DENSE(.name = PART("fc1"), .units = fovea_zoo_scaled(t->size, 1024), .activation = FV_ACT_RELU));
  x = fovea_zoo_dropout(g, x, t->size, PART("dropout"), t->head_dropout);
  return fv_dense(g, x, FV_DENSE(.name = PART("fc2"), .units = t->size->classes));
#undef PART
}

static fv_node network(fv_graph *g, const style *t, fv_node heads[2]) {
  static const inception kTable1[] = {
      {"3a", 64, 96, 128, 16, 32, 32},     {"3b", 128, 128, 192, 32, 96, 64},
      {"4a", 192, 96, 208, 16, 48, 64},    {"4b", 160, 112, 224, 24, 64, 64},
      {"4c", 128, 128, 256, 24, 64, 64},   {"4d", 112, 144, 288, 32, 64, 64},
      {"4e", 256, 160, 320, 32, 128, 128}, {"5a", 256, 160, 320, 32, 128, 128},
      {"5b", 384, 192, 384, 48, 128, 128}};
  fv_node after[9];

  fv_node x = fovea_zoo_image(g, t->size);
  x = unit(g, x, t, "conv1", 64, 7, 2);
  x = response_norm(g, reduce(g, x, "maxpool1", 3), "norm1", t);
  x = unit(g, x, t, "conv2", 64, 1, 1);
  x = response_norm(g, unit(g, x, t, "conv3", 192, 3, 1), "norm2", t);
  x = reduce(g, x, "maxpool2", 3);
  for (int i = 0; i < 9; ++i) {
    if (i == 2) x = reduce(g, x, "maxpool3", 3);
    if (i == 7) x = reduce(g, x, "maxpool4", t->last_pool);
    x = after[i] = inception_module(g, x, &kTable1[i], t);
  }
  fv_node found[2] = {FV_NODE_INVALID, FV_NODE_INVALID};
  if (heads != NULL) {
    found[0] = auxiliary_head(g, after[2], t, "aux1");
    found[1] = auxiliary_head(g, after[5], t, "aux2");
  }
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  x = fovea_zoo_dropout(g, x, t->size, "dropout", t->dropout);
  x = fv_dense(g, x, FV_DENSE(.name = "fc", .units = t->size->classes));
  if (heads != NULL && x != FV_NODE_INVALID) heads[0] = found[0], heads[1] = found[1];
  return x;
}

fv_node fovea_zoo_googlenet(fv_graph *g, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);
  const style t = {&s, .batch_norm = 1, .five = 3, .last_pool = 2, .dropout = 0.2, .head_dropout = 0.7};
  return network(g, &t, desc->heads);
}

fv_node fovea_zoo_googlenet_2014(fv_graph *g, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);
  const style t = {&s, .response_norm = 1, .five = 5, .last_pool = 3, .dropout = 0.4, .head_dropout = 0.7};
  return network(g, &t, desc->heads);
}
