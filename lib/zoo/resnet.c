/* Residual networks (He et al., 2016): the CIFAR family with shortcuts that have no parameters (option A), and ResNet-18. Layers are named
 * as in the usual PyTorch sources: layer2.0.conv1. */
#include <stdio.h>

#include "zoo/zoo.h"

enum { BLOCK = 40, NAME = 64 };

static const char *join(char name[NAME], const char *block, const char *layer) {
  snprintf(name, NAME, "%s%s", block, layer);
  return name;
}

/* Convolution without bias, then batch norm; He initialisation, since a ReLU follows sooner or later. */
static fv_node conv_bn(fv_graph *g, fv_node x, const char *conv, const char *bn, int64_t filters, int64_t kernel,
                       int64_t stride) {
  int64_t pad = kernel / 2;
  x = fv_conv2d(g, x, FV_CONV2D(.name = conv, .filters = filters, .kernel = {kernel}, .strides = {stride},
                                .pad = {pad, pad, pad, pad}, .no_bias = 1,
                                .kernel_initializer = FV_INITIALIZER(.kind = FV_INIT_HE_NORMAL)));
  return fv_batch_norm(g, x, FV_BATCH_NORM(.name = bn));
}

/* Two 3x3 convolutions beside a shortcut: relu(F(x) + shortcut(x)). */
static fv_node basic_block(fv_graph *g, fv_node x, fv_node shortcut, const char *block, int64_t filters,
                           int64_t stride) {
  char a[NAME], b[NAME];
  fv_node y = conv_bn(g, x, join(a, block, "conv1"), join(b, block, "bn1"), filters, 3, stride);
  y = fv_relu(g, y, FV_LAYER(.name = join(a, block, "relu1")));
  y = conv_bn(g, y, join(a, block, "conv2"), join(b, block, "bn2"), filters, 3, 1);
  y = fv_add(g, y, shortcut, FV_LAYER(.name = join(a, block, "add")));
  return fv_relu(g, y, FV_LAYER(.name = join(a, block, "relu2")));
}

/* Option A: every second pixel, and zeros for the new channels, half of them in front. */
static fv_node shortcut_a(fv_graph *g, fv_node x, const char *block, int64_t added, int64_t stride) {
  char name[NAME];
  if (stride != 1)
    x = fv_max_pool2d(g, x, FV_POOL2D(.name = join(name, block, "subsample"), .size = {1, 1}, .strides = {stride}));
  if (added != 0)
    x = fv_pad(g, x, FV_PAD(.name = join(name, block, "widen"), .before = {0, 0, added / 2},
                            .after = {0, 0, added - added / 2}));
  return x;
}

fv_node fovea_zoo_resnet_cifar(fv_graph *g, int32_t depth, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 32, 32, 3, 10);
  int32_t blocks = (depth - 2) / 6;

  int64_t channels = fovea_zoo_scaled(&s, 16);
  fv_node x = fovea_zoo_image(g, &s);
  x = conv_bn(g, x, "conv1", "bn1", channels, 3, 1);
  x = fv_relu(g, x, FV_LAYER(.name = "relu1"));
  for (int stage = 0; stage < 3; ++stage) {
    int64_t filters = fovea_zoo_scaled(&s, 16 << stage);
    for (int32_t i = 0; i < blocks; ++i) {
      char block[BLOCK];
      int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      snprintf(block, sizeof block, "layer%d.%d.", stage + 1, (int)i);
      fv_node shortcut = shortcut_a(g, x, block, filters - channels, stride);
      x = basic_block(g, x, shortcut, block, filters, stride);
      channels = filters;
    }
  }
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  return fv_dense(g, x, FV_DENSE(.name = "linear", .units = s.classes));
}

fv_node fovea_zoo_resnet18(fv_graph *g, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  int64_t channels = fovea_zoo_scaled(&s, 64);
  fv_node x = fovea_zoo_image(g, &s);
  x = conv_bn(g, x, "conv1", "bn1", channels, 7, 2);
  x = fv_relu(g, x, FV_LAYER(.name = "relu"));
  x = fv_max_pool2d(g, x, FV_POOL2D(.name = "maxpool", .size = {3, 3}, .strides = {2, 2}, .pad = {1, 1, 1, 1}));
  for (int stage = 0; stage < 4; ++stage) {
    int64_t filters = fovea_zoo_scaled(&s, 64 << stage);
    for (int i = 0; i < 2; ++i) {
      char block[BLOCK], conv[NAME], bn[NAME];
      int64_t stride = stage > 0 && i == 0 ? 2 : 1;
      snprintf(block, sizeof block, "layer%d.%d.", stage + 1, i);
      fv_node shortcut = x;
      if (stride != 1 || filters != channels)
        shortcut = conv_bn(g, x, join(conv, block, "downsample.0"), join(bn, block, "downsample.1"), filters, 1, stride);
      x = basic_block(g, x, shortcut, block, filters, stride);
      channels = filters;
    }
  }
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  return fv_dense(g, x, FV_DENSE(.name = "fc", .units = s.classes));
}
