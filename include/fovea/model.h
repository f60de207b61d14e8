/* Model: a graph, its parameters and state (running statistics), and the input transform. */
#ifndef FOVEA_MODEL_H
#define FOVEA_MODEL_H

#include <fovea/base.h>
#include <fovea/image.h>
#include <fovea/layers.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What is done to every sample that enters the network, from a dataset, from fv_session_run or from
 * fv_session_run_images alike. Saved with the model.
 *
 * Values: x * scale; then, where asked for, minus the mean of all the sample's values, and divided by their
 * deviation + 1e-6; then (x - mean[c]) / stddev[c], where c is the channel (the last axis) or the element.
 *
 * Geometry, for encoded images and for datasets whose samples vary in size or have another shape than the
 * input (one of the input's shape is taken as it is): channels, then resize, then the middle of it. PIL and
 * torchvision give the same to within one grey level. */
typedef struct fv_transform_desc {
  uint32_t struct_size;
  int32_t channels;     /* entries of mean and stddev: 1 for all channels, the input's channels, or its
                           elements (a mean image) */
  double scale;         /* 0: 1. For u8 pixels 1.0 / 255 */
  const double *mean;   /* NULL: 0 */
  const double *stddev; /* each more than 0; NULL: 1 */
  int32_t samplewise_center;
  int32_t samplewise_std_normalization;
  fv_channels color;    /* 0: as the image has them */
  fv_interpolation interpolation;
  int32_t no_antialias;
  int32_t resize_short;  /* length of the shorter side, the longer one in proportion; or */
  int32_t resize_height; /* exactly so large; neither: as it is */
  int32_t resize_width;
  int32_t crop_height;   /* of the middle; 0: the input's, unless resize_height says it already */
  int32_t crop_width;
} fv_transform_desc;
#define FV_TRANSFORM(...) (&(const fv_transform_desc){.struct_size = sizeof(fv_transform_desc), __VA_ARGS__})

typedef struct fv_model_desc {
  uint32_t struct_size;
  fv_dtype dtype; /* FV_F32 (default) or FV_F64: parameters, activations and arithmetic */
  uint64_t seed;  /* of the initialisers */
  const fv_transform_desc *transform; /* for every input; NULL: none */
  const fv_initializer_desc *kernel_initializer; /* of every kernel whose layer leaves it at
                                                    FV_INIT_AUTOMATIC; NULL: as that says. Saved */
  const fv_transform *fitted;         /* instead of `transform` (transform.h); NULL: none. Copied */
} fv_model_desc;
#define FV_MODEL(...) (&(const fv_model_desc){.struct_size = sizeof(fv_model_desc), __VA_ARGS__})

/* Makes a model of what `outputs` need of the graph (1 to 64 nodes; nodes that lead nowhere are left out),
 * and initialises its parameters: the numbers depend on the seed and on the order of the nodes only. The
 * graph may be destroyed or go on growing afterwards.
 * Errors: the graph's first error; INVALID_ARGUMENT (no output, a node of another graph); OUT_OF_MEMORY.
 * Threads: shared on the graph. */
FV_API fv_status fv_model_create(fv_graph *graph, const fv_node *outputs, size_t output_count,
                                 const fv_model_desc *desc, fv_model **model, fv_error *error);
/* An independent copy of parameters and state, to serve from while the original trains. Errors: BUSY,
 * OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_model_clone(const fv_model *model, fv_model **clone, fv_error *error);
FV_API void fv_model_destroy(fv_model *model);

/* ---- initial values ------------------------------------------------------------------------------- */

/* Parameters and state as a new model with this seed has them. Errors: BUSY. Threads: exclusive. */
FV_API fv_status fv_model_reinitialize(fv_model *model, uint64_t seed, fv_error *error);

typedef struct fv_lsuv_desc {
  uint32_t struct_size;
  int32_t max_iterations; /* for each layer; 0: 10 */
  double tolerance;       /* how far the variance may be from 1; 0: 0.1 */
} fv_lsuv_desc;
#define FV_LSUV(...) (&(const fv_lsuv_desc){.struct_size = sizeof(fv_lsuv_desc), __VA_ARGS__})

/* Layer-sequential unit-variance initialisation on a batch (`inputs` as for fv_session_run): layer by layer,
 * kernels become orthogonal and are divided by the standard deviation of what the layer gives, until its
 * variance is 1; other parameters stay. The `activation` field of a layer counts with it; a bounded one,
 * whose variance cannot be 1, is refused (the kernels before it are done then): make it a node.
 * Source: Mishkin and Matas, "All you need is a good init", 2016, algorithm 1.
 * Errors: INVALID_ARGUMENT (shapes; a layer that does not come to 1, which the message names), BUSY,
 * OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_model_lsuv(fv_model *model, const fv_tensor *inputs, size_t input_count,
                               const fv_lsuv_desc *desc, fv_error *error);

typedef struct fv_batch_norm_update_desc {
  uint32_t struct_size;
  int32_t batch_size; /* 0: 32 */
  int64_t batches;    /* at most; 0: as many as the dataset has. A smaller last one is left out */
  uint64_t seed;      /* of the order of the samples and of dropout */
  fv_cancel_token *cancel;
} fv_batch_norm_update_desc;
#define FV_BATCH_NORM_UPDATE(...) \
  (&(const fv_batch_norm_update_desc){.struct_size = sizeof(fv_batch_norm_update_desc), __VA_ARGS__})

/* Measures the running mean and variance of every batch norm anew: the mean over the batches of what each has
 * in training, as for weights that are the average of many (Izmailov et al. 2018, section 3.2). Parameters
 * and other state stay; a model without batch norm stays as it is. Errors: INVALID_ARGUMENT (the dataset does
 * not fit the model), BUSY, CANCELLED, OUT_OF_MEMORY; the model is then as it was. Threads: exclusive. */
FV_API fv_status fv_model_update_batch_norm(fv_model *model, const fv_dataset *dataset,
                                            const fv_batch_norm_update_desc *desc, fv_error *error);

/* ---- names of classes ----------------------------------------------------------------------------- */

/* What the outputs stand for, in their order, saved with the model: fv_trainer_fit sets those of its training
 * data, where these have names and the network tells no more than 65536 classes apart. Copies; bytes that are
 * not UTF-8 become U+FFFD. Count 0: none. Errors: INVALID_ARGUMENT (NULL, more than 65536), BUSY,
 * OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_model_set_class_names(fv_model *model, const char *const *names, size_t count,
                                          fv_error *error);
/* The name of class `label`; its number in decimal where it has none. Errors: INVALID_ARGUMENT (negative,
 * beyond the names and the largest output, capacity). Threads: shared. */
FV_API fv_status fv_model_class_name(const fv_model *model, int32_t label, char *buffer, size_t capacity,
                                     size_t *needed, fv_error *error);

/* ---- files ---------------------------------------------------------------------------------------- */

/* Writes one safetensors file: parameters and state by name, the graph as JSON in its metadata. It is written
 * beside `path`, synced and renamed, so that a crash leaves the old file or the new one. Equal models give
 * equal bytes. A process that is killed meanwhile may leave a file .fovea-<process>-<number>.tmp in that
 * folder; the next fv_trainer_save to the folder removes those that no living process writes. A symbolic link
 * at `path` is replaced, not followed. The file's mode is 0666 without the bits of the umask.
 * Errors: INVALID_ARGUMENT (the path is empty or ends in '/'), NOT_FOUND (no such folder), IO, BUSY,
 * OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_model_save(const fv_model *model, const char *path, fv_error *error);
/* Reads what fv_model_save or fv_trainer_save has written. Errors: NOT_FOUND (no such file; a type of
 * custom.h that is not registered), IO, FORMAT, UNSUPPORTED (a newer version), OUT_OF_MEMORY. Threads:
 * any. */
FV_API fv_status fv_model_load(fv_context *context, const char *path, fv_model **model, fv_error *error);

/* ---- inspection ----------------------------------------------------------------------------------- */

/* A table for people: for each layer its name, kind, output shape, parameters, multiply-adds, bytes of its
 * output and algorithm, for `batch` samples (0: 1), and the sums. Errors: INVALID_ARGUMENT (batch),
 * OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_model_summary(const fv_model *model, int64_t batch, char *buffer, size_t capacity,
                                  size_t *needed, fv_error *error);

typedef struct fv_model_info {
  uint32_t struct_size; /* to be set by the caller */
  fv_dtype dtype;
  int64_t parameters;    /* trained values */
  int64_t state;         /* other saved values, such as running means */
  int64_t multiply_adds; /* of one sample's forward pass */
  int32_t inputs;
  int32_t outputs;
  int32_t tensors;       /* parameters and state tensors, for fv_model_tensor_info */
  int32_t nodes;         /* layers, inputs included */
  int32_t class_names;   /* 0: it has none */
  int32_t reserved;
} fv_model_info;
/* Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_model_get_info(const fv_model *model, fv_model_info *info, fv_error *error);

/* What is done to the inputs; `mean` and `stddev` are borrowed from the model. Errors: INVALID_ARGUMENT,
 * UNSUPPORTED (another number of means than of deviations; whitening): fv_model_transform has it whole.
 * Threads: shared. */
FV_API fv_status fv_model_get_transform(const fv_model *model, fv_transform_desc *transform, fv_error *error);

/* Name (borrowed) and shape of one sample of input or output `index`. Any of `name`, `shape`, `rank` may be
 * NULL. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_model_input(const fv_model *model, int32_t index, const char **name,
                                int64_t shape[FV_MAX_RANK], int32_t *rank, fv_error *error);
FV_API fv_status fv_model_output(const fv_model *model, int32_t index, const char **name,
                                 int64_t shape[FV_MAX_RANK], int32_t *rank, fv_error *error);

/* What one node gives on a batch. */
typedef struct fv_node_statistics {
  const char *node;   /* name, borrowed from the model */
  double mean;
  double stddev;      /* of all values, / n */
  double minimum;
  double maximum;
  double dead;        /* share of the units (elements of a sample) that are 0 for every sample of the batch */
  double saturated;   /* share of the values above `saturation` in size */
} fv_node_statistics;

typedef struct fv_statistics_desc {
  uint32_t struct_size;
  int32_t bins;       /* of the histograms; 0: none */
  double low;         /* of the first bin; both 0: -1 to 1 */
  double high;        /* of the last bin, which it belongs to; what lies outside is in none */
  double saturation;  /* 0: 0.99 */
  int64_t *histogram; /* [nodes][bins] receives counts; required where there are bins */
  uint64_t seed;      /* of the noise in training */
  int32_t training;   /* 0: as at inference; 1: as in a training step: dropout and its kin draw, batch norm
                         takes the batch's mean and variance. The model's running statistics stay as they
                         are */
} fv_statistics_desc;
#define FV_STATISTICS(...) \
  (&(const fv_statistics_desc){.struct_size = sizeof(fv_statistics_desc), __VA_ARGS__})

/* Runs the network on a batch (`inputs` as for fv_session_run) and measures every node, in the
 * order of the graph (inputs included; fv_model_info.nodes of them): copies up to `capacity` rows; `needed`
 * receives their number. Memory for all outputs at once is taken during the call. Errors: INVALID_ARGUMENT,
 * BUSY, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_model_statistics(const fv_model *model, const fv_tensor *inputs, size_t input_count,
                                     const fv_statistics_desc *desc, fv_node_statistics *rows,
                                     size_t capacity, size_t *needed, fv_error *error);

/* ---- tensors by name ------------------------------------------------------------------------------ */

typedef struct fv_tensor_info {
  uint32_t struct_size; /* to be set by the caller */
  fv_dtype dtype;
  const char *name;     /* "conv1.kernel"; borrowed from the model */
  int64_t shape[FV_MAX_RANK];
  int32_t rank;
  int32_t trainable;    /* 1: a parameter; 0: state */
} fv_tensor_info;
/* Tensor `index`, in the order of the file. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_model_tensor_info(const fv_model *model, int32_t index, fv_tensor_info *info,
                                      fv_error *error);

/* Copies a parameter or state tensor out (f32 or f64, converted as needed) or in (the shape must agree).
 * Errors: NOT_FOUND, INVALID_ARGUMENT (shape, capacity, dtype), BUSY. Threads: get shared, set exclusive. */
FV_API fv_status fv_model_get_tensor(const fv_model *model, const char *name, fv_buffer *tensor,
                                     fv_error *error);
FV_API fv_status fv_model_set_tensor(fv_model *model, const char *name, const fv_tensor *tensor,
                                     fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
