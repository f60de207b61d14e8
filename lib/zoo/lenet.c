/* LeNet-5 (LeCun et al., 1998) in today's dress: ReLU and max pooling. */
#include "zoo/zoo.h"

fv_node fovea_zoo_lenet5(fv_graph *g, const fv_zoo_desc *desc) {
  fovea_zoo_size s = fovea_zoo_size_of(desc, 28, 28, 1, 10);
  /* The paper pads its 28x28 digits to 32x32. */
  int64_t pad = s.height < 32 ? 2 : 0;

  fv_node x = fovea_zoo_image(g, &s);
  x = fv_conv2d(g, x,
                FV_CONV2D(.name = "conv1", .filters = fovea_zoo_scaled(&s, 6), .kernel = {5, 5},
                          .pad = {pad, pad, pad, pad}, .activation = FV_ACT_RELU, .algorithm = s.algorithm));
  x = fv_max_pool2d(g, x, FV_POOL2D(.name = "pool1", .size = {2, 2}));
  x = fv_conv2d(g, x,
                FV_CONV2D(.name = "conv2", .filters = fovea_zoo_scaled(&s, 16), .kernel = {5, 5},
                          .activation = FV_ACT_RELU, .algorithm = s.algorithm));
  x = fv_max_pool2d(g, x, FV_POOL2D(.name = "pool2", .size = {2, 2}));
  x = fv_flatten(g, x, FV_LAYER(.name = "flatten"));
  x = fv_dense(g, x, FV_DENSE(.name = "fc1", .units = fovea_zoo_scaled(&s, 120), .activation = FV_ACT_RELU));
  x = fv_dense(g, x, FV_DENSE(.name = "fc2", .units = fovea_zoo_scaled(&s, 84), .activation = FV_ACT_RELU));
  return fv_dense(g, x, FV_DENSE(.name = "fc3", .units = s.classes));
}
