/* Regularisation by noise beside dropout, and maxout. All of the noise is a pure function of the trainer's
 * seed, the training step, the sample's place in its batch, the node and the element, and there is none at
 * inference. What layers.h says of node functions, shapes, names and threads holds here. DropConnect is the
 * field drop_connect of dense and conv2d.
 */
#ifndef FOVEA_NOISE_H
#define FOVEA_NOISE_H

#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_spatial_dropout_desc {
  uint32_t struct_size;
  const char *name;
  double rate; /* probability of dropping, [0, 1); 0: 0.5; FV_ZERO: none */
} fv_spatial_dropout_desc;
#define FV_SPATIAL_DROPOUT(...) \
  (&(const fv_spatial_dropout_desc){.struct_size = sizeof(fv_spatial_dropout_desc), __VA_ARGS__})

/* Sets whole channels of an image to zero; the others are divided by 1 - rate.
 * Source: Tompson et al., "Efficient object localization using convolutional networks", 2015, section 3.2. */
FV_API fv_node fv_spatial_dropout(fv_graph *graph, fv_node x, const fv_spatial_dropout_desc *desc);

typedef struct fv_stochastic_depth_desc {
  uint32_t struct_size;
  const char *name;
  double rate;         /* probability of dropping, [0, 1); 0: 0.5; FV_ZERO: none */
  int32_t whole_batch; /* 0: one draw for each sample (torchvision's "row"); 1: one for the batch */
} fv_stochastic_depth_desc;
#define FV_STOCHASTIC_DEPTH(...) \
  (&(const fv_stochastic_depth_desc){.struct_size = sizeof(fv_stochastic_depth_desc), __VA_ARGS__})

/* Sets a whole sample to zero ("drop path"), at the end of a residual block's branch in front of the sum; the
 * others are divided by 1 - rate. Any shape.
 * Source: Huang et al., "Deep networks with stochastic depth", 2016, section 3; scaled in training, not at
 * test. */
FV_API fv_node fv_stochastic_depth(fv_graph *graph, fv_node x, const fv_stochastic_depth_desc *desc);

typedef struct fv_gaussian_noise_desc {
  uint32_t struct_size;
  const char *name;
  double stddev; /* 0: 0.1; FV_ZERO: none */
} fv_gaussian_noise_desc;
#define FV_GAUSSIAN_NOISE(...) \
  (&(const fv_gaussian_noise_desc){.struct_size = sizeof(fv_gaussian_noise_desc), __VA_ARGS__})

/* Adds N(0, stddev^2) to every element. Any shape. */
FV_API fv_node fv_gaussian_noise(fv_graph *graph, fv_node x, const fv_gaussian_noise_desc *desc);

typedef struct fv_maxout_desc {
  uint32_t struct_size;
  const char *name;
  int64_t pieces; /* default 2; divides the channels */
} fv_maxout_desc;
#define FV_MAXOUT(...) (&(const fv_maxout_desc){.struct_size = sizeof(fv_maxout_desc), __VA_ARGS__})

/* y_u = the largest of x_{j * units + u}, j < pieces, over the last axis, which becomes units = C / pieces.
 * Behind a dense layer of pieces * units it is the maxout unit max_j(W_j x + b_j), behind a convolution of
 * pieces * filters its convolutional form. The first of equal values takes the gradient; NaN wins.
 * Source: Goodfellow et al., "Maxout networks", 2013, section 3. */
FV_API fv_node fv_maxout(fv_graph *graph, fv_node x, const fv_maxout_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
