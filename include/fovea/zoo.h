/* Zoo: well-known networks, built with the calls of layers.h. Each function adds the network to the graph and
 * returns its logits. Their sources in lib/zoo are examples to read and copy. */
#ifndef FOVEA_ZOO_H
#define FOVEA_ZOO_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_zoo_desc {
  uint32_t struct_size;
  int32_t classes;   /* 0: the paper's (10 or 1000) */
  int64_t height;    /* of the input; 0: the paper's */
  int64_t width;
  int64_t channels;
  double width_multiplier; /* of all hidden layers; 0: 1 */
} fv_zoo_desc;
#define FV_ZOO(...) (&(const fv_zoo_desc){.struct_size = sizeof(fv_zoo_desc), __VA_ARGS__})

/* LeNet-5 with ReLU, max pooling and a dense output: 6 and 16 5x5 filters, 120, 84, 10. 28x28x1 is padded to
 * the 32x32 of the paper. 61,706 parameters. LeCun et al., "Gradient-based learning applied to document
 * recognition", 1998, figure 2. */
FV_API fv_node fv_zoo_lenet5(fv_graph *graph, const fv_zoo_desc *desc);

/* The Keras example for MNIST: 32 and 64 3x3 filters, max pooling, dropout 0.25, dense 128, dropout 0.5,
 * dense 10; 28x28x1. 1,199,882 parameters. */
FV_API fv_node fv_zoo_keras_cnn(fv_graph *graph, const fv_zoo_desc *desc);

/* ResNet of 6n+2 layers for CIFAR, depth 20, 32, 44, 56, 110; 32x32x3; shortcuts without parameters (option
 * A). He et al., "Deep residual learning for image recognition", 2016, section 4.2. */
FV_API fv_node fv_zoo_resnet_cifar(fv_graph *graph, int32_t depth, const fv_zoo_desc *desc);

/* ResNet-18; 224x224x3. He et al. 2016, table 1. 11,689,512 parameters; names as torchvision's. */
FV_API fv_node fv_zoo_resnet18(fv_graph *graph, const fv_zoo_desc *desc);

/* VGG-16 (configuration D); 224x224x3. Simonyan and Zisserman, "Very deep convolutional networks", 2015,
 * table 1. 138,357,544 parameters. */
FV_API fv_node fv_zoo_vgg16(fv_graph *graph, const fv_zoo_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
