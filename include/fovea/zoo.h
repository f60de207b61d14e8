/* Zoo: well-known networks, built with the calls of layers.h. Each function adds the network to the graph and
 * returns its logits. Their sources in lib/zoo are examples to read and copy; recipe.h has how they were
 * trained.
 *
 * Which one: begin with one that is known to do work like yours, with its recipe and where you can with its
 * trained weights, and mind what it costs. A wider or deeper network can do more if you can tune it, and
 * needs more data. What they need for one image of 224x224 (AlexNet 2012: 227x227), and their top-5 error in
 * ILSVRC:
 *
 *                      parameters  multiply-adds
 *   AlexNet 2012           61.0 M          0.7 G   15.4 % (seven networks; one: 18.2 %)
 *   ZFNet                 107.6 M          2.5 G   11.7 %, 2013
 *   VGG-16                138.4 M         15.5 G    7.3 %, second in 2014
 *   GoogLeNet 2014          7.0 M          1.6 G    6.7 %, first in 2014
 *   ResNet-50              25.6 M          4.1 G
 *   DenseNet-121            8.0 M          2.8 G
 *   SqueezeNet 1.1          1.2 M          0.3 G
 *   MobileNetV2             3.5 M          0.3 G
 */
#ifndef FOVEA_ZOO_H
#define FOVEA_ZOO_H

#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* How the blocks of fv_zoo_resnet_cifar are bridged. */
typedef int32_t fv_shortcut;
enum {
  FV_SHORTCUT_ZEROS = 0,      /* no parameters: every second pixel, zeros for new channels: option A */
  FV_SHORTCUT_PROJECTION = 1, /* a 1x1 convolution with batch norm where the extents change; option B */
  FV_SHORTCUT_NONE = 2        /* not at all: the plain network that the paper compares with */
};

typedef struct fv_zoo_desc {
  uint32_t struct_size;
  int32_t classes; /* 0: the paper's (10 or 1000) */
  int64_t height;  /* of the input; 0: the paper's */
  int64_t width;
  int64_t channels;
  double width_multiplier;     /* of all hidden layers; 0: 1 */
  fv_shortcut shortcut;        /* fv_zoo_resnet_cifar */
  fv_conv_algorithm algorithm; /* of all convolutions; default automatic. FV_CONV_DIRECT rounds least */
  double dropout;              /* rate of all dropout layers; 0: the paper's; FV_ZERO: none */
  fv_node *heads; /* fv_zoo_googlenet and _2014: receives the logits of the two auxiliary heads, which
                     are built for it; NULL: they are not */
} fv_zoo_desc;
#define FV_ZOO(...) (&(const fv_zoo_desc){.struct_size = sizeof(fv_zoo_desc), __VA_ARGS__})

/* LeNet-5 with ReLU, max pooling and a dense output: 6 and 16 5x5 filters, 120, 84, 10. 28x28x1 is padded to
 * the 32x32 of the paper. 61,706 parameters. LeCun et al., "Gradient-based learning applied to document
 * recognition", 1998, figure 2. */
FV_API fv_node fv_zoo_lenet5(fv_graph *graph, const fv_zoo_desc *desc);

/* The Keras example for MNIST: 32 and 64 3x3 filters, max pooling, dropout 0.25, dense 128, dropout 0.5,
 * dense 10; 28x28x1. 1,199,882 parameters. */
FV_API fv_node fv_zoo_keras_cnn(fv_graph *graph, const fv_zoo_desc *desc);

/* ResNet of 6n+2 layers for CIFAR, depth 20, 32, 44, 56, 110; 32x32x3. 269,722 parameters at depth 20. He et
 * al., "Deep residual learning for image recognition", 2016, section 4.2. */
FV_API fv_node fv_zoo_resnet_cifar(fv_graph *graph, int32_t depth, const fv_zoo_desc *desc);

/* The networks below take 224x224x3 and have 1000 classes; layers are named as in torchvision, and so are the
 * weights but for their layout: kernels are [kh][kw][in][out] there [out][in][kh][kw], dense kernels
 * transposed. */

/* ResNet of depth 18, 34, 50, 101 or 152. 11,689,512, 21,797,672, 25,557,032, 44,549,160 or 60,192,808
 * parameters. From 50 on the stride stands in the 3x3 convolution of a block (torchvision), not in its first
 * 1x1 (the paper). He et al. 2016, table 1. */
FV_API fv_node fv_zoo_resnet(fv_graph *graph, int32_t depth, const fv_zoo_desc *desc);

/* ResNeXt-50 (32x4d). 25,028,904 parameters. Xie et al., "Aggregated residual transformations", 2017,
 * table 1. */
FV_API fv_node fv_zoo_resnext50(fv_graph *graph, const fv_zoo_desc *desc);

/* AlexNet in one tower, without LRN. 61,100,840 parameters. Krizhevsky, "One weird trick for parallelizing
 * convolutional neural networks", 2014. */
FV_API fv_node fv_zoo_alexnet(fv_graph *graph, const fv_zoo_desc *desc);

/* AlexNet as it won ILSVRC 2012, in the names of Caffe's (conv1 to conv5, fc6 to fc8): 227x227x3, local
 * response norm, and with 2 towers conv2, conv4 and conv5 in two groups, for two GPUs. 60,965,224 parameters,
 * with 1 tower 62,378,344. As in Caffe's, pools stand in front of the norms, not behind. Krizhevsky,
 * Sutskever and Hinton, "ImageNet classification ...", 2012, figure 2. */
FV_API fv_node fv_zoo_alexnet_2012(fv_graph *graph, int32_t towers, const fv_zoo_desc *desc);

/* ZFNet, in the same names: AlexNet with 7x7 kernels of stride 2 in conv1 and 512, 1024, 512 filters in conv3
 * to conv5, as it won ILSVRC 2013. 107,627,624 parameters, 11,247,744 of them in convolutions. Zeiler and
 * Fergus, "Visualizing and understanding convolutional networks", 2014, figure 3 (there with 384, 384, 256
 * filters). */
FV_API fv_node fv_zoo_zfnet(fv_graph *graph, const fv_zoo_desc *desc);

/* VGG of depth 11, 13, 16 or 19; batch_norm 1: after every convolution. 132,863,336, 133,047,848, 138,357,544
 * or 143,667,240 parameters without. Simonyan and Zisserman, "Very deep convolutional networks", 2015,
 * table 1. */
FV_API fv_node fv_zoo_vgg(fv_graph *graph, int32_t depth, int32_t batch_norm, const fv_zoo_desc *desc);

/* GoogLeNet with batch norm, 3x3 kernels in the third branch. 6,624,904 parameters. With FV_ZOO(.heads =
 * heads), an array of two, heads[0] receives the auxiliary logits behind inception4a (aux1) and heads[1]
 * those behind inception4d (aux2): 13,004,888 parameters. They are trained as further outputs of the model
 * whose losses have the weight 0.3; a model made with the logits alone leaves them out. Szegedy et al.,
 * "Going deeper with convolutions", 2015, table 1 and section 5. */
FV_API fv_node fv_zoo_googlenet(fv_graph *graph, const fv_zoo_desc *desc);

/* The same as it won ILSVRC 2014: no batch norm, two local response norms, 5x5 kernels. 6,998,552 parameters
 * (5,973,552 without the last layer), 13,378,280 with both heads, which pool 5x5 cells as in the paper and so
 * need an image of 224x224 or about. */
FV_API fv_node fv_zoo_googlenet_2014(fv_graph *graph, const fv_zoo_desc *desc);

/* DenseNet-121. 7,978,856 parameters. Huang et al., "Densely connected convolutional networks",
 * 2017, table 1. */
FV_API fv_node fv_zoo_densenet121(fv_graph *graph, const fv_zoo_desc *desc);

/* SqueezeNet 1.1. 1,235,496 parameters. Iandola et al., "SqueezeNet", 2016. */
FV_API fv_node fv_zoo_squeezenet(fv_graph *graph, const fv_zoo_desc *desc);

/* MobileNetV2. 3,504,872 parameters. Scaled filters are rounded to multiples of 8. Sandler et al., "Inverted
 * residuals and linear bottlenecks", 2018, table 2. */
FV_API fv_node fv_zoo_mobilenet_v2(fv_graph *graph, const fv_zoo_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
