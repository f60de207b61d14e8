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
fv_node fovea_zoo_resnet(fv_graph *g, int32_t depth, const fv_zoo_desc *desc);
fv_node fovea_zoo_resnext50(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_alexnet(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_alexnet_2012(fv_graph *g, int32_t towers, const fv_zoo_desc *desc);
fv_node fovea_zoo_zfnet(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_vgg(fv_graph *g, int32_t depth, int32_t batch_norm, const fv_zoo_desc *desc);
fv_node fovea_zoo_googlenet(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_googlenet_2014(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_densenet121(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_squeezenet(fv_graph *g, const fv_zoo_desc *desc);
fv_node fovea_zoo_mobilenet_v2(fv_graph *g, const fv_zoo_desc *desc);

/* NULL: there is none of that name. */
const fv_recipe *fovea_zoo_recipe(fv_recipe_name name);

/* Blocks of several nodes. `shape`: height, width, channels of x. */
fv_node fovea_squeeze_excite(fv_graph *g, fv_node x, int64_t channels, const fv_squeeze_excite_desc *desc);
fv_node fovea_non_local(fv_graph *g, fv_node x, const int64_t shape[3], const fv_non_local_desc *desc);

/* What the descriptor asks for, with the paper's numbers where it is zero. */
typedef struct fovea_zoo_size {
  int64_t height, width, channels, classes;
  double multiplier, dropout;
  fv_conv_algorithm algorithm;
} fovea_zoo_size;
fovea_zoo_size fovea_zoo_size_of(const fv_zoo_desc *desc, int64_t height, int64_t width, int64_t channels,
                                 int64_t classes);
/* A paper's number of filters or units, scaled. */
int64_t fovea_zoo_scaled(const fovea_zoo_size *size, int64_t filters);
/* The input, called "image". */
fv_node fovea_zoo_image(fv_graph *g, const fovea_zoo_size *size);

/* A name made as printf makes it: fovea_zoo_named("layer%d.%d.conv1", 1, 0).text */
typedef struct fovea_zoo_name {
  char text[96];
} fovea_zoo_name;
fovea_zoo_name fovea_zoo_named(const char *format, ...);

/* Dropout with the paper's rate, unless the descriptor has another. */
fv_node fovea_zoo_dropout(fv_graph *g, fv_node x, const fovea_zoo_size *size, const char *name, double rate);

/* A square convolution without bias, padded to keep the extents at stride 1; He initialisation, since a ReLU
 * follows sooner or later. groups: 0 is 1. */
fv_node fovea_zoo_conv(fv_graph *g, fv_node x, const fovea_zoo_size *size, const char *name, int64_t filters,
                       int64_t kernel, int64_t stride, int64_t groups);
/* The same, then batch norm. */
fv_node fovea_zoo_conv_bn(fv_graph *g, fv_node x, const fovea_zoo_size *size, const char *conv,
                          const char *bn, int64_t filters, int64_t kernel, int64_t stride, int64_t groups);

#ifdef __cplusplus
}
#endif
#endif
