/* Layers with several inputs, and layers that move elements: sum, product and their like, concatenation,
 * padding, parts, other shapes. They have no parameters. What layers.h says of node functions, shapes, names
 * and threads holds here.
 */
#ifndef FOVEA_MERGE_H
#define FOVEA_MERGE_H

#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- several inputs ------------------------------------------------------------------------------- */

/* a + b; same shapes. */
FV_API fv_node fv_add(fv_graph *graph, fv_node a, fv_node b, const fv_layer_desc *desc);
/* a - b; same shapes. */
FV_API fv_node fv_subtract(fv_graph *graph, fv_node a, fv_node b, const fv_layer_desc *desc);
/* a * b, element by element; same shapes, or one of them has one factor for each channel of the other (C or
 * 1 x 1 x C beside H x W x C), as squeeze-and-excitation needs it. */
FV_API fv_node fv_multiply(fv_graph *graph, fv_node a, fv_node b, const fv_layer_desc *desc);
/* The mean of two or more nodes of one shape. */
FV_API fv_node fv_average(fv_graph *graph, const fv_node *nodes, size_t count, const fv_layer_desc *desc);
/* The largest of two or more nodes of one shape, element by element; of equal ones the first takes the
 * gradient; NaN wins. */
FV_API fv_node fv_maximum(fv_graph *graph, const fv_node *nodes, size_t count, const fv_layer_desc *desc);
/* Joins along the last axis (channels); at least one node, other extents equal. */
FV_API fv_node fv_concat(fv_graph *graph, const fv_node *nodes, size_t count, const fv_layer_desc *desc);

typedef struct fv_matmul_desc {
  uint32_t struct_size;
  const char *name;
  int32_t transpose_a;
  int32_t transpose_b;
} fv_matmul_desc;
#define FV_MATMUL(...) (&(const fv_matmul_desc){.struct_size = sizeof(fv_matmul_desc), __VA_ARGS__})

/* The matrix product a b of each sample's two matrices, either transposed first: M x K times K x N -> M x N.
 * Refused: inputs that are no matrices (see fv_reshape) or do not fit together. */
FV_API fv_node fv_matmul(fv_graph *graph, fv_node a, fv_node b, const fv_matmul_desc *desc);

/* ---- padding -------------------------------------------------------------------------------------- */

/* What surrounds a row 1 2 3 that is padded by two on each side. */
typedef int32_t fv_pad_mode;
enum {
  FV_PAD_CONSTANT = 0, /* v v 1 2 3 v v: `value` */
  FV_PAD_REFLECT = 1,  /* 3 2 1 2 3 2 1: mirrored at the border, which is not repeated */
  FV_PAD_REPLICATE = 2 /* 1 1 1 2 3 3 3: the border repeated */
};
typedef struct fv_pad_desc {
  uint32_t struct_size;
  const char *name;
  int64_t before[FV_MAX_RANK]; /* cells in front, for each axis of the sample: {0, 0, 8}: 8 channels */
  int64_t after[FV_MAX_RANK];
  fv_pad_mode mode;
  double value; /* with FV_PAD_CONSTANT; default 0 */
} fv_pad_desc;
#define FV_PAD(...) (&(const fv_pad_desc){.struct_size = sizeof(fv_pad_desc), __VA_ARGS__})

/* Surrounds x along any axis. Refused: a negative number, one for an axis that x does not have, a reflection
 * that is not smaller than the extent, a value with another mode. */
FV_API fv_node fv_pad(fv_graph *graph, fv_node x, const fv_pad_desc *desc);

/* ---- parts ---------------------------------------------------------------------------------------- */

typedef struct fv_slice_desc {
  uint32_t struct_size;
  const char *name;
  int64_t begin[FV_MAX_RANK]; /* for each axis of the sample; negative: from the end */
  int64_t end[FV_MAX_RANK];   /* not included; 0 and negative: from the end, so that 0 is all */
} fv_slice_desc;
#define FV_SLICE(...) (&(const fv_slice_desc){.struct_size = sizeof(fv_slice_desc), __VA_ARGS__})

/* The part of x from `begin` to `end`: {.begin = {0, 0, 8}, .end = {0, 0, 16}} are channels 8 to 15.
 * Refused: a part that is empty or not inside, a number for an axis that x does not have. */
FV_API fv_node fv_slice(fv_graph *graph, fv_node x, const fv_slice_desc *desc);

typedef struct fv_crop_desc {
  uint32_t struct_size;
  const char *name;
  int64_t crop[4]; /* cells to take off: top, bottom, left, right */
} fv_crop_desc;
#define FV_CROP(...) (&(const fv_crop_desc){.struct_size = sizeof(fv_crop_desc), __VA_ARGS__})

/* An image without some of its border: H x W x C -> (H - top - bottom) x (W - left - right) x C. It is a node
 * of kind "slice". Refused: a negative number, nothing that is left. */
FV_API fv_node fv_crop(fv_graph *graph, fv_node x, const fv_crop_desc *desc);

typedef struct fv_parts_desc {
  uint32_t struct_size;
  const char *name; /* "s": the parts are "s_1", "s_2", ...; NULL: they are numbered as slices */
  int64_t axis;     /* counted from the end: 0 channels, 1 width, 2 height */
  const int64_t *sizes; /* of the parts; NULL: all alike */
} fv_parts_desc;
#define FV_PARTS(...) (&(const fv_parts_desc){.struct_size = sizeof(fv_parts_desc), __VA_ARGS__})

/* Cuts x along an axis into `count` parts, each a node of kind "slice", written to parts[0 .. count-1] (all
 * FV_NODE_INVALID on failure). Returns the first. Refused: a count that does not divide the extent, sizes
 * that do not add up to it. */
FV_API fv_node fv_split(fv_graph *graph, fv_node x, fv_node *parts, size_t count, const fv_parts_desc *desc);

/* ---- other shapes --------------------------------------------------------------------------------- */

/* Any shape -> its number of elements, in the order of memory (height, width, channel). Costs nothing. */
FV_API fv_node fv_flatten(fv_graph *graph, fv_node x, const fv_layer_desc *desc);

typedef struct fv_reshape_desc {
  uint32_t struct_size;
  const char *name;
  int64_t shape[FV_MAX_RANK]; /* of one sample, ended by the first 0; one extent may be -1: what is left */
} fv_reshape_desc;
#define FV_RESHAPE(...) (&(const fv_reshape_desc){.struct_size = sizeof(fv_reshape_desc), __VA_ARGS__})

/* The same elements, in the order of memory, under another shape. Costs nothing.
 * Refused: a shape of another number of elements. */
FV_API fv_node fv_reshape(fv_graph *graph, fv_node x, const fv_reshape_desc *desc);

typedef struct fv_permute_desc {
  uint32_t struct_size;
  const char *name;
  int64_t axes[FV_MAX_RANK]; /* axis k of the result is axis axes[k] of x; required */
} fv_permute_desc;
#define FV_PERMUTE(...) (&(const fv_permute_desc){.struct_size = sizeof(fv_permute_desc), __VA_ARGS__})

/* Axes in another order: {2, 0, 1} makes C x H x W of H x W x C. Refused: an axis named twice or absent. */
FV_API fv_node fv_permute(fv_graph *graph, fv_node x, const fv_permute_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
