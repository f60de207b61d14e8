/* MobileNetV2 (Sandler et al., 2018), table 2: inverted residuals with linear bottlenecks. Layers are named
 * as in torchvision: features.2.conv.1.0. */
#include "zoo/zoo.h"

/* Batch norm and, unless the bottleneck is linear, ReLU6. */
static fv_node norm(fv_graph *g, fv_node x, const char *name, const char *relu) {
  x = fv_batch_norm(g, x, FV_BATCH_NORM(.name = name));
  return relu == NULL ? x : fv_relu6(g, x, FV_LAYER(.name = relu));
}

static fv_node conv_norm(fv_graph *g, fv_node x, const fovea_zoo_size *s, const char *place, int64_t filters,
                         int64_t kernel, int64_t stride, int64_t groups) {
  x = fovea_zoo_conv(g, x, s, fovea_zoo_named("%s.0", place).text, filters, kernel, stride, groups);
  return norm(g, x, fovea_zoo_named("%s.1", place).text, fovea_zoo_named("%s.2", place).text);
}

/* Table 1: expand, filter each channel, project. */
static fv_node inverted_residual(fv_graph *g, fv_node x, const fovea_zoo_size *s, int index, int64_t channels,
                                 int64_t expansion, int64_t filters, int64_t stride) {
  fv_node y = x;
  int part = 0;
  if (expansion != 1)
    y = conv_norm(g, y, s, fovea_zoo_named("features.%d.conv.%d", index, part++).text, channels * expansion,
                  1, 1, 1);
  y = conv_norm(g, y, s, fovea_zoo_named("features.%d.conv.%d", index, part++).text, channels * expansion, 3,
                stride, channels * expansion);
  y = fovea_zoo_conv(g, y, s, fovea_zoo_named("features.%d.conv.%d", index, part).text, filters, 1, 1, 1);
  y = norm(g, y, fovea_zoo_named("features.%d.conv.%d", index, part + 1).text, NULL);
  if (stride != 1 || filters != channels) return y;
  return fv_add(g, x, y, FV_LAYER(.name = fovea_zoo_named("features.%d.add", index).text));
}

/* The nearest multiple of 8 that is not more than a tenth below, as the authors' code scales. */
static int64_t multiple_of_8(const fovea_zoo_size *s, int64_t filters) {
  double wanted = (double)filters * s->multiplier;
  int64_t n = (int64_t)(wanted + 4) / 8 * 8;
  if (n < 8) n = 8;
  return (double)n < 0.9 * wanted ? n + 8 : n;
}

fv_node fovea_zoo_mobilenet_v2(fv_graph *g, const fv_zoo_desc *desc) {
  static const struct {
    int64_t expansion, filters;
    int repeats;
    int64_t stride;
  } kTable2[] = {{1, 16, 1, 1}, {6, 24, 2, 2},  {6, 32, 3, 2}, {6, 64, 4, 2},
                 {6, 96, 3, 1}, {6, 160, 3, 2}, {6, 320, 1, 1}};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  fv_node x = fovea_zoo_image(g, &s);
  int64_t channels = multiple_of_8(&s, 32);
  x = conv_norm(g, x, &s, "features.0", channels, 3, 2, 1);
  int index = 1;
  for (size_t row = 0; row < sizeof kTable2 / sizeof *kTable2; ++row) {
    int64_t filters = multiple_of_8(&s, kTable2[row].filters);
    for (int i = 0; i < kTable2[row].repeats; ++i) {
      x = inverted_residual(g, x, &s, index++, channels, kTable2[row].expansion, filters,
                            i == 0 ? kTable2[row].stride : 1);
      channels = filters;
    }
  }
  /* The last layer is never narrower than the paper's. */
  int64_t last = s.multiplier > 1 ? multiple_of_8(&s, 1280) : 1280;
  x = conv_norm(g, x, &s, fovea_zoo_named("features.%d", index).text, last, 1, 1, 1);
  x = fv_global_average_pool2d(g, x, FV_LAYER(.name = "avgpool"));
  x = fovea_zoo_dropout(g, x, &s, "classifier.0", 0.2);
  return fv_dense(g, x, FV_DENSE(.name = "classifier.1", .units = s.classes));
}
