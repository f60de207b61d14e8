/* Normalisation within each sample, the same in training and at inference. (Batch norm is in layers.h.) What
 * layers.h says of node functions, shapes, names and threads holds here.
 */
#ifndef FOVEA_NORM_H
#define FOVEA_NORM_H

#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_layer_norm_desc {
  uint32_t struct_size;
  const char *name;
  int64_t axes;    /* how many of the last axes are normalised together; default 1, the channels */
  double epsilon;  /* default 1e-5; above 0, here and below */
  int32_t no_scale;  /* no gamma, here and below */
  int32_t no_center; /* no beta */
} fv_layer_norm_desc;
#define FV_LAYER_NORM(...) \
  (&(const fv_layer_norm_desc){.struct_size = sizeof(fv_layer_norm_desc), __VA_ARGS__})

/* y = gamma * (x - mean) / sqrt(variance + epsilon) + beta, mean and variance (/ n) over the last axes of
 * each sample. Parameters: gamma (1), beta (0), shaped as those axes.
 * Refused: axes that x does not have, an epsilon of 0 or less.
 * Source: Ba, Kiros and Hinton, "Layer normalization", 2016, eq. 3. */
FV_API fv_node fv_layer_norm(fv_graph *graph, fv_node x, const fv_layer_norm_desc *desc);

typedef struct fv_group_norm_desc {
  uint32_t struct_size;
  const char *name;
  int64_t groups; /* required; divides the channels */
  double epsilon;
  int32_t no_scale;
  int32_t no_center;
} fv_group_norm_desc;
#define FV_GROUP_NORM(...) \
  (&(const fv_group_norm_desc){.struct_size = sizeof(fv_group_norm_desc), __VA_ARGS__})

/* The same, mean and variance over the image and the C / groups channels of each group. Parameters: gamma [C]
 * (1), beta [C] (0). Refused: groups that do not divide, a group of a single value.
 * Source: Wu and He, "Group normalization", 2018, section 3. */
FV_API fv_node fv_group_norm(fv_graph *graph, fv_node x, const fv_group_norm_desc *desc);

typedef struct fv_instance_norm_desc {
  uint32_t struct_size;
  const char *name;
  double epsilon;
  int32_t affine; /* 1: with gamma [C] (1) and beta [C] (0); 0, as PyTorch: without */
} fv_instance_norm_desc;
#define FV_INSTANCE_NORM(...) \
  (&(const fv_instance_norm_desc){.struct_size = sizeof(fv_instance_norm_desc), __VA_ARGS__})

/* The same, mean and variance over the image for each channel. Refused: an image of one pixel.
 * Source: Ulyanov, Vedaldi and Lempitsky, "Instance normalization", 2016, eq. 4. */
FV_API fv_node fv_instance_norm(fv_graph *graph, fv_node x, const fv_instance_norm_desc *desc);

typedef struct fv_local_response_norm_desc {
  uint32_t struct_size;
  const char *name;
  int64_t size; /* channels of the sum; default 5 */
  double k;     /* default 2; above 0 */
  double alpha; /* default 1e-4; FV_ZERO: 0 */
  double beta;  /* default 0.75; FV_ZERO: 0 */
  int32_t divide_alpha; /* 1: alpha / size in the place of alpha (PyTorch, Caffe); 0: alpha (the paper) */
} fv_local_response_norm_desc;
#define FV_LOCAL_RESPONSE_NORM(...) \
  (&(const fv_local_response_norm_desc){.struct_size = sizeof(fv_local_response_norm_desc), __VA_ARGS__})

/* y_i = x_i / (k + alpha * sum x_j^2)^beta, the sum over the channels j from i - size / 2 to i + (size - 1) /
 * 2 that there are. PyTorch's default k is 1.
 * Source: Krizhevsky, Sutskever and Hinton, "ImageNet classification ...", 2012, section 3.3. */
FV_API fv_node fv_local_response_norm(fv_graph *graph, fv_node x, const fv_local_response_norm_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
