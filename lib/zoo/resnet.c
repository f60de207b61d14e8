/* Residual networks (He et al., 2016): the CIFAR family, ResNet-18 to -152, and ResNeXt-50 (Xie et al.,
 * 2017). Layers are named as in torchvision: layer2.0.conv1. */
#include <stdio.h>

#include "zoo/zoo.h"

/* One residual block: relu(F(x) + shortcut(x)). */
typedef struct block_spec {
  const fovea_zoo_size *size;
  char name[32]; /* "layer2.0." */
  int64_t filters, stride;
  int64_t inner;  /* bottleneck: filters of its first two convolutions */
  int64_t groups; /* bottleneck: of the 3x3 convolution */
} block_spec;

static fv_node conv_bn(fv_graph *g, fv_node x, const block_spec *b, int number, int64_t filters,
                       int64_t kernel, int64_t stride, int64_t groups) {
  return fovea_zoo_conv_bn(g, x, b->size, fovea_zoo_named("%sconv%d", b->name, number).text,
                           fovea_zoo_named("%sbn%d", b->name, number).text, filters, kernel, stride, groups);
}

static fv_node relu(fv_graph *g, fv_node x, const block_spec *b, int number) {
  return fv_relu(g, x, FV_LAYER(.name = fovea_zoo_named("%srelu%d", b->name, number).text));
}

/* Without a shortcut (FV_NODE_INVALID) a plain network's. */
static fv_node sum(fv_graph *g, fv_node y, fv_node shortcut, const block_spec *b, int last) {
  if (shortcut != FV_NODE_INVALID)
    y = fv_add(g, y, shortcut, FV_LAYER(.name = fovea_zoo_named("%sadd", b->name).text));
  return relu(g, y, b, last);
}

/* Two 3x3 convolutions: F(x) of the basic block. */
static fv_node basic(fv_graph *g, fv_node x, const block_spec *b) {
  fv_node y = relu(g, conv_bn(g, x, b, 1, b->filters, 3, b->stride, 1), b, 1);
  return conv_bn(g, y, b, 2, b->filters, 3, 1, 1);
}

/* 1x1, 3x3, 1x1; the stride is the 3x3's, as in torchvision (the paper's is the first 1x1's). */
static fv_node bottleneck(fv_graph *g, fv_node x, const block_spec *b) {
  fv_node y = relu(g, conv_bn(g, x, b, 1, b->inner, 1, 1, 1), b, 1);
  y = relu(g, conv_bn(g, y, b, 2, b->inner, 3, b->stride, b->groups), b, 2);
  return conv_bn(g, y, b, 3, b->filters, 1, 1, 1);
}

/* ---- CIFAR ---------------------------------------------------------------------------------------- */

/* Option A: every second pixel, and zeros for the new channels, half of them in front. */
static fv_node shortcut_a(fv_graph *g, fv_node x, const block_spec *b, int64_t added) {
  if (b->stride != 1)
    x = fv_max_pool2d(g, x,
                      FV_POOL2D(.name = fovea_zoo_named("%ssubsample", b->name).text, .size = {1, 1},
                                .strides = {b->stride}));
  if (added != 0)
    x = fv_pad(g, x,
               FV_PAD(.name = fovea_zoo_named("%swiden", b->name).text, .before = {0, 0, added / 2},
                      .after = {0, 0, added - added / 2}));
  return x;
}

/* Option B: a 1x1 convolution where the extents change. */
static fv_node shortcut_b(fv_graph *g, fv_node x, const block_spec *b, int64_t channels) {
  if (b->stride == 1 && b->filters == channels) return x;
  return fovea_zoo_conv_bn(g, x, b->size, fovea_zoo_named("%sdownsample.0", b->name).text,
                           fovea_zoo_named("%sdownsample.1", b->name).text, b->filters, 1, b->stride, 1);
}

fv_node fovea_zoo_resnet_cifar(fv_graph *g, int32_t depth, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 32, 32, 3, 10);
  int32_t blocks = (depth - 2) / 6;

  int64_t channels = fovea_zoo_scaled(&s, 16);
  fv_node x = fovea_zoo_image(g, &s);
  x = fovea_zoo_conv_bn(g, x, &s, "conv1", "bn1", channels, 3, 1, 1);
  x = fv_relu(g, x, FV_LAYER(.name = "relu1"));
  for (int stage = 0; stage < 3; ++stage) {
    for (int32_t i = 0; i < blocks; ++i) {
      block_spec b = {
          .size = &s, .filters = fovea_zoo_scaled(&s, 16 << stage), .stride = stage > 0 && i == 0 ? 2 : 1};
      snprintf(b.name, sizeof b.name, "layer%d.%d.", stage + 1, (int)i);
      fv_node y = basic(g, x, &b), shortcut = FV_NODE_INVALID;
      if (desc->shortcut == FV_SHORTCUT_ZEROS) shortcut = shortcut_a(g, x, &b, b.filters - channels);
      if (desc->shortcut == FV_SHORTCUT_PROJECTION) shortcut = shortcut_b(g, x, &b, channels);
      x = sum(g, y, shortcut, &b, 2);
      channels = b.filters;
    }
  }
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  return fv_dense(g, x, FV_DENSE(.name = "linear", .units = s.classes));
}

/* ---- ImageNet ------------------------------------------------------------------------------------- */

/* group_width: filters of a group of the bottleneck's 3x3 convolution at the first stage; 0: one group. */
static fv_node imagenet(fv_graph *g, const int blocks[4], int is_bottleneck, int64_t groups,
                        int64_t group_width, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  int64_t channels = fovea_zoo_scaled(&s, 64);
  fv_node x = fovea_zoo_image(g, &s);
  x = fovea_zoo_conv_bn(g, x, &s, "conv1", "bn1", channels, 7, 2, 1);
  x = fv_relu(g, x, FV_LAYER(.name = "relu"));
  x = fv_max_pool2d(g, x,
                    FV_POOL2D(.name = "maxpool", .size = {3, 3}, .strides = {2, 2}, .pad = {1, 1, 1, 1}));
  for (int stage = 0; stage < 4; ++stage) {
    for (int i = 0; i < blocks[stage]; ++i) {
      block_spec b = {.size = &s,
                      .filters = fovea_zoo_scaled(&s, (is_bottleneck ? 256 : 64) << stage),
                      .stride = stage > 0 && i == 0 ? 2 : 1,
                      .groups = groups};
      b.inner = group_width == 0 ? fovea_zoo_scaled(&s, 64 << stage)
                                 : groups * fovea_zoo_scaled(&s, group_width << stage);
      snprintf(b.name, sizeof b.name, "layer%d.%d.", stage + 1, i);
      fv_node y = is_bottleneck ? bottleneck(g, x, &b) : basic(g, x, &b);
      x = sum(g, y, shortcut_b(g, x, &b, channels), &b, is_bottleneck ? 3 : 2);
      channels = b.filters;
    }
  }
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  return fv_dense(g, x, FV_DENSE(.name = "fc", .units = s.classes));
}

fv_node fovea_zoo_resnet(fv_graph *g, int32_t depth, const fv_zoo_desc *desc) {
  static const struct {
    int32_t depth;
    int blocks[4];
  } kTable1[] = {
      {18, {2, 2, 2, 2}}, {34, {3, 4, 6, 3}}, {50, {3, 4, 6, 3}}, {101, {3, 4, 23, 3}}, {152, {3, 8, 36, 3}}};
  for (size_t i = 0; i < sizeof kTable1 / sizeof *kTable1; ++i)
    if (kTable1[i].depth == depth) return imagenet(g, kTable1[i].blocks, depth >= 50, 1, 0, desc);
  return FV_NODE_INVALID;
}

fv_node fovea_zoo_resnext50(fv_graph *g, const fv_zoo_desc *desc) {
  static const int kBlocks[4] = {3, 4, 6, 3};
  return imagenet(g, kBlocks, 1, 32, 4, desc);
}
