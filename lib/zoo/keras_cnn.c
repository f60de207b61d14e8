/* The convolutional network of the Keras documentation's MNIST example. */
#include "zoo/zoo.h"

fv_node fovea_zoo_keras_cnn(fv_graph *g, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 28, 28, 1, 10);

  fv_node x = fovea_zoo_image(g, &s);
  x = fv_conv2d(g, x,
                FV_CONV2D(.name = "conv1", .filters = fovea_zoo_scaled(&s, 32), .kernel = {3, 3},
                          .activation = FV_ACT_RELU, .algorithm = s.algorithm));
  x = fv_conv2d(g, x,
                FV_CONV2D(.name = "conv2", .filters = fovea_zoo_scaled(&s, 64), .kernel = {3, 3},
                          .activation = FV_ACT_RELU, .algorithm = s.algorithm));
  x = fv_max_pool2d(g, x, FV_POOL2D(.name = "pool", .size = {2, 2}));
  x = fovea_zoo_dropout(g, x, &s, "dropout1", 0.25);
  x = fv_flatten(g, x, FV_LAYER(.name = "flatten"));
  x = fv_dense(g, x, FV_DENSE(.name = "fc1", .units = fovea_zoo_scaled(&s, 128), .activation = FV_ACT_RELU));
  x = fovea_zoo_dropout(g, x, &s, "dropout2", 0.5);
  return fv_dense(g, x, FV_DENSE(.name = "fc2", .units = s.classes));
}
