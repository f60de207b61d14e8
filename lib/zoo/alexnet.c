/* AlexNet, in one tower as in torchvision (Krizhevsky, "One weird trick for parallelizing convolutional
 * neural networks", 2014) and as it won ILSVRC 2012, and ZFNet, its wider successor. */
#include "zoo/zoo.h"

/* A convolution with ReLU; behind it a 3x3 max pool of stride 2 and local response norm, where they have
 * names. */
typedef struct layer {
  const char *name;
  int64_t filters, kernel, stride, pad;
  int64_t split; /* 1: among the towers */
  const char *pool, *norm;
} layer;

static fv_node convolutions(fv_graph *g, const layer layers[5], int64_t towers, int32_t ceil_mode,
                            const fovea_zoo_size *s) {
  fv_node x = fovea_zoo_image(g, s);
  for (const layer *l = layers; l < layers + 5; ++l) {
    x = fv_conv2d(g, x,
                  FV_CONV2D(.name = l->name, .filters = towers * fovea_zoo_scaled(s, l->filters / towers),
                            .kernel = {l->kernel}, .strides = {l->stride}, .groups = l->split ? towers : 1,
                            .pad = {l->pad, l->pad, l->pad, l->pad}, .activation = FV_ACT_RELU,
                            .algorithm = s->algorithm));
    if (l->pool != NULL)
      x = fv_max_pool2d(
          g, x, FV_POOL2D(.name = l->pool, .size = {3, 3}, .strides = {2, 2}, .ceil_mode = ceil_mode));
    if (l->norm != NULL) x = fv_local_response_norm(g, x, FV_LOCAL_RESPONSE_NORM(.name = l->norm));
  }
  return fv_flatten(g, x, FV_LAYER(.name = "flatten"));
}

static fv_node dense_relu(fv_graph *g, fv_node x, const char *name, const fovea_zoo_size *s) {
  return fv_dense(g, x,
                  FV_DENSE(.name = name, .units = fovea_zoo_scaled(s, 4096), .activation = FV_ACT_RELU));
}

fv_node fovea_zoo_alexnet(fv_graph *g, const fv_zoo_desc *desc) {
  static const layer kLayers[5] = {{"features.0", 64, 11, 4, 2, 0, "features.2", NULL},
                                   {"features.3", 192, 5, 1, 2, 0, "features.5", NULL},
                                   {"features.6", 384, 3, 1, 1, 0, NULL, NULL},
                                   {"features.8", 256, 3, 1, 1, 0, NULL, NULL},
                                   {"features.10", 256, 3, 1, 1, 0, "features.12", NULL}};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);

  fv_node x = convolutions(g, kLayers, 1, 0, &s);
  x = dense_relu(g, fovea_zoo_dropout(g, x, &s, "classifier.0", 0.5), "classifier.1", &s);
  x = dense_relu(g, fovea_zoo_dropout(g, x, &s, "classifier.3", 0.5), "classifier.4", &s);
  return fv_dense(g, x, FV_DENSE(.name = "classifier.6", .units = s.classes));
}

/* ---- in the names of Caffe's models ------------------------------------------------------------------ */

static fv_node classifier(fv_graph *g, fv_node x, const fovea_zoo_size *s) {
  x = fovea_zoo_dropout(g, dense_relu(g, x, "fc6", s), s, "drop6", 0.5);
  x = fovea_zoo_dropout(g, dense_relu(g, x, "fc7", s), s, "drop7", 0.5);
  return fv_dense(g, x, FV_DENSE(.name = "fc8", .units = s->classes));
}

fv_node fovea_zoo_alexnet_2012(fv_graph *g, int32_t towers, const fv_zoo_desc *desc) {
  static const layer kLayers[5] = {{"conv1", 96, 11, 4, 0, 0, "pool1", "norm1"},
                                   {"conv2", 256, 5, 1, 2, 1, "pool2", "norm2"},
                                   {"conv3", 384, 3, 1, 1, 0, NULL, NULL},
                                   {"conv4", 384, 3, 1, 1, 1, NULL, NULL},
                                   {"conv5", 256, 3, 1, 1, 1, "pool5", NULL}};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 227, 227, 3, 1000);
  return classifier(g, convolutions(g, kLayers, towers, 0, &s), &s);
}

/* The 110, 55, 26, 13, 6 of the paper's figure 3 need windows that reach over the edge. */
fv_node fovea_zoo_zfnet(fv_graph *g, const fv_zoo_desc *desc) {
  static const layer kLayers[5] = {{"conv1", 96, 7, 2, 1, 0, "pool1", "norm1"},
                                   {"conv2", 256, 5, 2, 0, 0, "pool2", "norm2"},
                                   {"conv3", 512, 3, 1, 1, 0, NULL, NULL},
                                   {"conv4", 1024, 3, 1, 1, 0, NULL, NULL},
                                   {"conv5", 512, 3, 1, 1, 0, "pool5", NULL}};
  fovea_zoo_size s = fovea_zoo_size_of(desc, 224, 224, 3, 1000);
  return classifier(g, convolutions(g, kLayers, 1, 1, &s), &s);
}
