/* The networks of include/fovea/zoo.h, in C like a user's program, so that each file is an example to copy.
 * May use: include/fovea only. Each function takes a complete descriptor. */
#ifndef FOVEA_ZOO_ZOO_H
#define FOVEA_ZOO_ZOO_H

#include <fovea/fovea.h>

#ifdef __cplusplus
extern "C" {
#endif

fv_node fovea_zoo_lenet5(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_keras_cnn(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_resnet_cifar(fv_graph *g, int32_t depth, const fv_zoo_desc *desc);
fv_node fovea_zoo_resnet18(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_vgg16(fv_graph *g, const fv_zoo_desc *desc);

/* What the descriptor asks for, with the paper's numbers where it is zero. */
typedef struct fovea_zoo_size {
  int64_t height, width, channels, classes;
  double multiplier;
} fovea_zoo_size;
fovea_zoo_size fovea_zoo_size_of(const fv_zoo_desc *desc, int64_t height, int64_t width, int64_t channels,
                                 int64_t classes);
/* A paper's number of filters or units, scaled. */
int64_t fovea_zoo_scaled(const fovea_zoo_size *size, int64_t filters);
/* The input, called "image". */
fv_node fovea_zoo_image(fv_graph *g, const fovea_zoo_size *size);

#ifdef __cplusplus
}
#endif
#endif
