/* Blocks: functions that add several nodes at once, made of public calls only (lib/zoo/blocks.c is the
 * example to copy). A block called "b" names its nodes "b_squeeze", "b_excite" and so on; without a name the
 * nodes are numbered by kind. What layers.h says of node functions, shapes, names and threads holds here.
 */
#ifndef FOVEA_BLOCKS_H
#define FOVEA_BLOCKS_H

#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_squeeze_excite_desc {
  uint32_t struct_size;
  const char *name;
  int64_t ratio;   /* the bottleneck has C / ratio units, at least 1; default 16 */
  int64_t squeeze; /* or the bottleneck's units themselves; default 0: by the ratio */
} fv_squeeze_excite_desc;
#define FV_SQUEEZE_EXCITE(...) \
  (&(const fv_squeeze_excite_desc){.struct_size = sizeof(fv_squeeze_excite_desc), __VA_ARGS__})

/* Weighs the channels of an image by what the whole image holds:
 *   x * sigmoid(W2 relu(W1 mean(x) + b1) + b2), mean over the pixels.
 * Nodes: squeeze (global average), reduce (dense, ReLU), expand (dense, sigmoid), and the product, which has
 * the block's name. H x W x C -> H x W x C. Refused: no image, a negative number.
 * Source: Hu, Shen and Sun, "Squeeze-and-excitation networks", 2018, section 3. */
FV_API fv_node fv_squeeze_excite(fv_graph *graph, fv_node x, const fv_squeeze_excite_desc *desc);

typedef struct fv_non_local_desc {
  uint32_t struct_size;
  const char *name;
  int64_t channels; /* of the embeddings; default C / 2, at least 1 */
} fv_non_local_desc;
#define FV_NON_LOCAL(...) (&(const fv_non_local_desc){.struct_size = sizeof(fv_non_local_desc), __VA_ARGS__})

/* Lets every pixel of an image see every other (embedded Gaussian form):
 *   x + out(softmax(theta(x) phi(x)') g(x)), theta, phi, g and out 1 x 1 convolutions.
 * out's kernel begins as zeros, so that the block begins as the identity. It takes memory for (H W)^2 values.
 * Parameters: those of name_theta, name_phi, name_g, name_out. H x W x C -> H x W x C.
 * Source: Wang et al., "Non-local neural networks", 2018, section 3.2. */
FV_API fv_node fv_non_local(fv_graph *graph, fv_node x, const fv_non_local_desc *desc);

#ifdef __cplusplus
}
#endif
#endif
