/* More pooling, and its inverses: adaptive, global and fractional pooling, max-unpooling, upsampling, pixel
 * shuffle. (Max, average and global average pooling are in layers.h.) They have no parameters. What layers.h
 * says of node functions, shapes, names and threads holds here.
 */
#ifndef FOVEA_POOLING_H
#define FOVEA_POOLING_H

#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- pooling -------------------------------------------------------------------------------------- */

/* The largest value of the image, for each channel: H x W x C -> C. Its gradient goes to the first one in row
 * order; NaN wins. */
FV_API fv_node fv_global_max_pool2d(fv_graph *graph, fv_node x, const fv_layer_desc *desc);

typedef struct fv_adaptive_pool2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t size[2]; /* required: height, width of the output; a second 0 repeats the first */
} fv_adaptive_pool2d_desc;
#define FV_ADAPTIVE_POOL2D(...) \
  (&(const fv_adaptive_pool2d_desc){.struct_size = sizeof(fv_adaptive_pool2d_desc), __VA_ARGS__})

/* The largest value, or the mean, of each of size[0] x size[1] regions: H x W x C -> size[0] x size[1] x C.
 * Region i of m covers cells floor(i n / m) to ceil((i + 1) n / m) - 1 of n, as in PyTorch. */
FV_API fv_node fv_adaptive_max_pool2d(fv_graph *graph, fv_node x, const fv_adaptive_pool2d_desc *desc);
FV_API fv_node fv_adaptive_average_pool2d(fv_graph *graph, fv_node x, const fv_adaptive_pool2d_desc *desc);

typedef struct fv_fractional_pool2d_desc {
  uint32_t struct_size;
  const char *name;
  double ratio[2];     /* input / output, height and width, 1 to the input's extent; a second 0 repeats the
                          first; default sqrt(2) */
  int32_t overlapping; /* 1: each region has the first cells of the next one as well */
} fv_fractional_pool2d_desc;
#define FV_FRACTIONAL_POOL2D(...) \
  (&(const fv_fractional_pool2d_desc){.struct_size = sizeof(fv_fractional_pool2d_desc), __VA_ARGS__})

/* Max pooling over floor(H / ratio) x floor(W / ratio) regions, whose extents are floor(ratio) or one more in
 * a pseudorandom order: with n cells, m regions and a = n / m, region i > 0 begins at cell ceil(a (i + u)) -
 * 1. u is drawn in training for each sample and axis (from the trainer's seed, the step, the sample's place
 * in its batch and the node); at inference it is fixed in the middle of its range, so that the regions are
 * frozen. Source: Graham, "Fractional max-pooling", 2014, section 2 (pseudorandom); u's range as
 * TensorFlow's. */
FV_API fv_node fv_fractional_max_pool2d(fv_graph *graph, fv_node x, const fv_fractional_pool2d_desc *desc);

/* Undoes the max pooling `pool` (a node of fv_max_pool2d): x, shaped as pool's output, -> pool's input's
 * shape, each value where the largest cell of its window was, zeros elsewhere. Where windows overlap, values
 * that meet add up. It finds the cells by pooling again; no gradient goes to pool's input on this way. In the
 * graph it is a node with two inputs, x and pool's input.
 * Refused: a `pool` that is no max pooling, an x of another shape than pool's output.
 * Source: Zeiler and Fergus, "Visualizing and understanding convolutional networks", 2014, section 2.1. */
FV_API fv_node fv_max_unpool2d(fv_graph *graph, fv_node x, fv_node pool, const fv_layer_desc *desc);

/* ---- upsampling ----------------------------------------------------------------------------------- */

typedef int32_t fv_upsample;
enum {
  FV_UPSAMPLE_NEAREST = 0,     /* each pixel repeated: 1 2 -> 1 1 2 2 */
  FV_UPSAMPLE_BILINEAR = 1,    /* interpolated between the pixels' centres */
  FV_UPSAMPLE_BED_OF_NAILS = 2 /* each pixel at the top left of zeros: 1 2 -> 1 0 2 0 */
};
typedef struct fv_upsample2d_desc {
  uint32_t struct_size;
  const char *name;
  int64_t scale[2]; /* height, width; a second 0 repeats the first; default 2, 2 */
  fv_upsample method;
  int32_t align_corners; /* bilinear: 0: pixel o of the output is at (o + 1/2) / scale - 1/2 of the input;
                            1: at o (n - 1) / (scale n - 1), so that corners meet; as in PyTorch */
} fv_upsample2d_desc;
#define FV_UPSAMPLE2D(...) \
  (&(const fv_upsample2d_desc){.struct_size = sizeof(fv_upsample2d_desc), __VA_ARGS__})

/* A larger image: H x W x C -> scale[0] H x scale[1] W x C. Refused: a scale below 1, align_corners with
 * another method than bilinear. */
FV_API fv_node fv_upsample2d(fv_graph *graph, fv_node x, const fv_upsample2d_desc *desc);

typedef struct fv_pixel_shuffle_desc {
  uint32_t struct_size;
  const char *name;
  int64_t factor; /* r; default 2 */
} fv_pixel_shuffle_desc;
#define FV_PIXEL_SHUFFLE(...) \
  (&(const fv_pixel_shuffle_desc){.struct_size = sizeof(fv_pixel_shuffle_desc), __VA_ARGS__})

/* H x W x (C r r) -> rH x rW x C: channel c r r + i r + j of a pixel becomes channel c of pixel (i, j) of the
 * r x r block in its place; PyTorch's order of channels. Unshuffle is the inverse.
 * Refused: a factor whose square does not divide the channels, or that does not divide the image.
 * Source: Shi et al., "Real-time single image and video super-resolution ...", 2016, eq. 4. */
FV_API fv_node fv_pixel_shuffle(fv_graph *graph, fv_node x, const fv_pixel_shuffle_desc *desc);
FV_API fv_node fv_pixel_unshuffle(fv_graph *graph, fv_node x, const fv_pixel_shuffle_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
