/* The convolution's kin: transposed, depthwise, separable, locally connected, deformable. (conv2d is in
 * layers.h.) What layers.h says of node functions, shapes, names and threads holds here.
 */
#ifndef FOVEA_CONVOLUTION_H
#define FOVEA_CONVOLUTION_H

#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- transposed ----------------------------------------------------------------------------------- */

typedef struct fv_transposed_conv2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t filters;     /* required: output channels */
  int64_t kernel[2];   /* required: height, width; a second 0 repeats the first, here and below */
  int64_t strides[2];  /* default 1, 1 */
  int64_t dilation[2]; /* default 1, 1 */
  int64_t groups;      /* default 1; divides the input channels and the filters */
  int64_t pad[4];      /* cells taken off the output: top, bottom, left, right */
  int64_t output_padding[2]; /* rows and columns more at the bottom and right, below the stride or the
                                dilation; a second 0 is 0 */
  int32_t no_bias;
  fv_activation activation; /* one whose derivative follows from its output (no swish, gelu, mish); else a
                               node */
  fv_conv_algorithm algorithm;
  const fv_initializer_desc *kernel_initializer;
  const fv_initializer_desc *bias_initializer;
  const fv_regularizer_desc *kernel_regularizer;
  const fv_regularizer_desc *bias_regularizer;
} fv_transposed_conv2d_desc;
#define FV_TRANSPOSED_CONV2D(...) \
  (&(const fv_transposed_conv2d_desc){.struct_size = sizeof(fv_transposed_conv2d_desc), __VA_ARGS__})

/* The transpose of a convolution's matrix ("deconvolution"): x[i][j] adds kernel * x[i][j] to the output at
 * (i * s0 - top, j * s1 - left). H x W x C -> OH x OW x filters,
 *   OH = (H - 1) * s0 - top - bottom + d0 * (kh - 1) + output_padding + 1.
 * Parameters: kernel [kh][kw][filters/groups][C], bias [filters]. With C = 1 and filters = 1, the same kernel
 * as the convolution's. A stride that does not divide the kernel writes some pixels more often than others
 * (checkerboards). Refused: what conv2d refuses, an output padding of a stride or more, an empty output.
 * Source: Dumoulin and Visin, "A guide to convolution arithmetic", 2016, section 4. */
FV_API fv_node fv_transposed_conv2d(fv_graph *graph, fv_node x, const fv_transposed_conv2d_desc *desc);

/* ---- depthwise and separable ---------------------------------------------------------------------- */

typedef struct fv_depthwise_conv2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t multiplier;  /* filters for each input channel; default 1 */
  int64_t kernel[2];   /* required */
  int64_t strides[2];  /* default 1, 1 */
  int64_t dilation[2]; /* default 1, 1 */
  fv_padding padding;
  int32_t no_bias;
  int64_t pad[4];
  fv_activation activation;
  const fv_initializer_desc *kernel_initializer;
  const fv_initializer_desc *bias_initializer;
  const fv_regularizer_desc *kernel_regularizer;
  const fv_regularizer_desc *bias_regularizer;
} fv_depthwise_conv2d_desc;
#define FV_DEPTHWISE_CONV2D(...) \
  (&(const fv_depthwise_conv2d_desc){.struct_size = sizeof(fv_depthwise_conv2d_desc), __VA_ARGS__})

/* Each channel by itself: fv_conv2d with as many groups as channels and multiplier * C filters; a node of
 * kind "conv2d". Parameters: kernel [kh][kw][1][C * multiplier], bias. */
FV_API fv_node fv_depthwise_conv2d(fv_graph *graph, fv_node x, const fv_depthwise_conv2d_desc *desc);

typedef struct fv_separable_conv2d_desc {
  uint32_t struct_size;
  const char *name;    /* "s": the nodes are "s_depthwise" and "s" */
  int64_t filters;     /* required: of the 1 x 1 convolution */
  int64_t multiplier;  /* of the depthwise one; default 1 */
  int64_t kernel[2];   /* of the depthwise one: required */
  int64_t strides[2];  /* default 1, 1 */
  int64_t dilation[2]; /* default 1, 1 */
  fv_padding padding;
  int32_t no_bias;     /* of the 1 x 1 convolution; the depthwise one has none (Keras) */
  int64_t pad[4];
  fv_activation activation; /* behind the 1 x 1 convolution */
} fv_separable_conv2d_desc;
#define FV_SEPARABLE_CONV2D(...) \
  (&(const fv_separable_conv2d_desc){.struct_size = sizeof(fv_separable_conv2d_desc), __VA_ARGS__})

/* A depthwise convolution, then a 1 x 1 convolution; two nodes, the second of which is returned. For a batch
 * norm or an activation between them, call the two yourself.
 * Source: Chollet, "Xception", 2017; Howard et al., "MobileNets", 2017, section 3.1. */
FV_API fv_node fv_separable_conv2d(fv_graph *graph, fv_node x, const fv_separable_conv2d_desc *desc);

/* ---- locally connected ---------------------------------------------------------------------------- */

typedef struct fv_local_conv2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t filters;    /* required */
  int64_t kernel[2];  /* required */
  int64_t strides[2]; /* default 1, 1 */
  int64_t pad[4];     /* top, bottom, left, right */
  int32_t no_bias;
  fv_activation activation; /* as fv_transposed_conv2d_desc's */
  const fv_initializer_desc *kernel_initializer;
  const fv_initializer_desc *bias_initializer;
  const fv_regularizer_desc *kernel_regularizer;
  const fv_regularizer_desc *bias_regularizer;
} fv_local_conv2d_desc;
#define FV_LOCAL_CONV2D(...) \
  (&(const fv_local_conv2d_desc){.struct_size = sizeof(fv_local_conv2d_desc), __VA_ARGS__})

/* A convolution whose weights differ from place to place. H x W x C -> OH x OW x filters as conv2d.
 * Parameters: kernel [OH][OW][kh][kw][C][filters], bias [OH][OW][filters].
 * Source: LeCun, "Generalization and network design strategies", 1989; Taigman et al., "DeepFace", 2014. */
FV_API fv_node fv_local_conv2d(fv_graph *graph, fv_node x, const fv_local_conv2d_desc *desc);

/* ---- deformable ----------------------------------------------------------------------------------- */

typedef struct fv_deform_conv2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t filters;       /* required */
  int64_t kernel[2];     /* required */
  int64_t strides[2];    /* default 1, 1 */
  int64_t dilation[2];   /* default 1, 1 */
  int64_t groups;        /* default 1 */
  int64_t offset_groups; /* default 1; channels are split over them, each group has its own offsets */
  int64_t pad[4];        /* top, bottom, left, right */
  int32_t no_bias;
  const fv_initializer_desc *kernel_initializer;
  const fv_initializer_desc *bias_initializer;
  const fv_regularizer_desc *kernel_regularizer;
  const fv_regularizer_desc *bias_regularizer;
} fv_deform_conv2d_desc;
#define FV_DEFORM_CONV2D(...) \
  (&(const fv_deform_conv2d_desc){.struct_size = sizeof(fv_deform_conv2d_desc), __VA_ARGS__})

/* A convolution that reads cell (u, v) of the window of output (i, j) not at (i * s0 + u * d0 - top, ...) but
 * moved by the offsets there, between pixels by bilinear interpolation, outside of the image zeros.
 *   offsets: OH x OW x (2 * offset_groups * kh * kw), channels [group][u][v][dy, dx], as torchvision
 *   factors: OH x OW x (offset_groups * kh * kw), which the cells are multiplied by; FV_NODE_INVALID: none
 * Zero offsets make a plain convolution. Gradients go to x, offsets and factors.
 * Parameters: kernel [kh][kw][C/groups][filters], bias [filters].
 * Refused: what conv2d refuses, offsets or factors of another shape.
 * Source: Dai et al., "Deformable convolutional networks", 2017, section 2.1; factors: Zhu et al.,
 * "Deformable ConvNets v2", 2019, section 3.2. */
FV_API fv_node fv_deform_conv2d(fv_graph *graph, fv_node x, fv_node offsets, fv_node factors,
                                const fv_deform_conv2d_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
