/* Transfer: what one network has learned, given to another: weights by name, a new head on an old body,
 * layers that stay as they are. samples/transfer.md says which of it to use when.
 */
#ifndef FOVEA_TRANSFER_H
#define FOVEA_TRANSFER_H

#include <fovea/base.h>
#include <fovea/graph.h>
#include <fovea/layers.h>
#include <fovea/model.h>
#include <fovea/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- weights by name ------------------------------------------------------------------------------ */

/* What became of a tensor. */
typedef int32_t fv_match;
enum {
  FV_MATCH_LOADED = 1,    /* name and shape agree: copied, converted to the model's element type */
  FV_MATCH_MISSING = 2,   /* the model has it, the source does not: it stays as it was */
  FV_MATCH_DIFFERENT = 3, /* of another shape, or not f32 or f64 in the source: it stays as it was */
  FV_MATCH_LEFT_OVER = 4  /* the source has it, the model does not */
};

/* The beginning of a name, and what takes its place. {"backbone.", ""} takes a prefix away, {"", "backbone."}
 * puts one in front. Frozen. */
typedef struct fv_rename {
  const char *from;
  const char *to;
} fv_rename;

typedef struct fv_load_desc {
  uint32_t struct_size;
  int32_t strict;           /* 1: MISMATCH unless every tensor is loaded and none is left over */
  const fv_rename *renames; /* of the source's names; for each name the first that fits counts */
  size_t rename_count;
  const char *tensors;      /* a pattern for whole names, * any text, ? one character: the others neither are
                               loaded nor count as missing or left over; NULL: all */
} fv_load_desc;
#define FV_LOAD(...) (&(const fv_load_desc){.struct_size = sizeof(fv_load_desc), __VA_ARGS__})

/* Copies into the model what fits of a safetensors file: one of fv_model_save or fv_trainer_save (the
 * optimizer's tensors do not count), or any other with tensors in this library's layout (kernels
 * [kh][kw][in][out], dense kernels [in][out]). `report` (nullable) receives what became of each tensor, owned
 * by the caller. On any error the model is as it was.
 * Errors: NOT_FOUND, IO, FORMAT, MISMATCH (strict), INVALID_ARGUMENT (two tensors renamed to one), BUSY,
 * OUT_OF_MEMORY. Threads: exclusive on the model. */
FV_API fv_status fv_model_load_weights(fv_model *model, const char *path, const fv_load_desc *desc,
                                       fv_load_report **report, fv_error *error);
/* The same from another model. Errors: as there, without files. Threads: exclusive on the model, shared on
 * the source. */
FV_API fv_status fv_model_copy_weights(fv_model *model, const fv_model *source, const fv_load_desc *desc,
                                       fv_load_report **report, fv_error *error);

FV_API void fv_load_report_destroy(fv_load_report *report);

/* How many tensors that became of; 0: of all. NULL and unknown values give 0. Threads: shared. */
FV_API int64_t fv_load_report_count(const fv_load_report *report, fv_match match);

/* One tensor. Strings are borrowed from the report. Frozen. */
typedef struct fv_load_row {
  const char *name;                   /* in the model; of what is left over, after renaming */
  const char *source;                 /* in the source, before renaming; NULL where it is missing */
  int64_t shape[FV_MAX_RANK];         /* in the model; rank 0 where it is left over */
  int64_t source_shape[FV_MAX_RANK];  /* in the source; rank 0 where it is missing */
  int32_t rank;
  int32_t source_rank;
  fv_match match;
  int32_t reserved;
} fv_load_row;
/* Copies up to `capacity` rows: the model's tensors in its order, then what is left over; `needed` receives
 * their number. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_load_report_rows(const fv_load_report *report, fv_load_row *rows, size_t capacity,
                                     size_t *needed, fv_error *error);
/* For people: a line with the four counts, then one for each tensor that was not loaded. Errors:
 * INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_load_report_text(const fv_load_report *report, char *buffer, size_t capacity,
                                     size_t *needed, fv_error *error);

/* ---- parts of a network --------------------------------------------------------------------------- */

/* A new graph with the nodes of a model under their names (fv_graph_find), to go on building from any of
 * them; make a model of it and give it the old weights with fv_model_copy_weights.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_graph_from_model(const fv_model *model, fv_graph **graph, fv_error *error);

typedef struct fv_head_desc {
  uint32_t struct_size;
  int32_t reserved;
  int64_t units;    /* required */
  const char *name; /* of the dense layer; NULL: "head" */
  uint64_t seed;    /* of its initialiser, and the new model's */
  const fv_initializer_desc *kernel_initializer; /* NULL: as fv_dense */
} fv_head_desc;
#define FV_HEAD(...) (&(const fv_head_desc){.struct_size = sizeof(fv_head_desc), __VA_ARGS__})

/* A new model: what `node` (a name) needs of `model`, with parameters and state copied bit for bit, and
 * behind it a new dense layer as the only output; a node that is no vector is flattened first. Element type
 * and input transform are the model's.
 * Errors: NOT_FOUND (no such node), INVALID_ARGUMENT (units; a name that the body has), BUSY, OUT_OF_MEMORY.
 * Threads: shared. */
FV_API fv_status fv_model_replace_head(const fv_model *model, const char *node, const fv_head_desc *desc,
                                       fv_model **made, fv_error *error);

/* ---- features ------------------------------------------------------------------------------------- */

typedef struct fv_features_desc {
  uint32_t struct_size;
  int32_t reserved;
  fv_cancel_token *cancel;
} fv_features_desc;
#define FV_FEATURES(...) (&(const fv_features_desc){.struct_size = sizeof(fv_features_desc), __VA_ARGS__})

/* Runs a whole dataset through a session and gives a dataset for each of its outputs, in order: the outputs'
 * values, in memory, of the model's element type, as samples; labels or targets, and class names, are those
 * of `dataset`, which they keep alive. To train on what a network sees at some node, name it in the session's
 * `outputs`: AlexNet 2012's "fc7" gives count x 4096.
 * Errors: INVALID_ARGUMENT (`count` is not the number of outputs; shapes), CANCELLED, BUSY, OUT_OF_MEMORY;
 * the datasets stay untouched then. Threads: exclusive on the session. */
FV_API fv_status fv_session_features(fv_session *session, const fv_dataset *dataset,
                                     const fv_features_desc *desc, fv_dataset **features, size_t count,
                                     fv_error *error);

typedef struct fv_probe_desc {
  uint32_t struct_size;
  int32_t epochs;       /* 0: 20 */
  int32_t batch_size;   /* of the network and of the probes; 0: 64 */
  int32_t whole_images; /* 0: H x W x C is averaged over the image to C features first; 1: all are features */
  double learning_rate; /* of Adam; 0: 0.01 */
  double l2;            /* of the probes' kernels; default 0 */
  uint64_t seed;
} fv_probe_desc;
#define FV_PROBE(...) (&(const fv_probe_desc){.struct_size = sizeof(fv_probe_desc), __VA_ARGS__})

/* Frozen. */
typedef struct fv_probe_result {
  int64_t features;
  double train_accuracy;
  double accuracy;       /* on `validation` */
  double loss;           /* on `validation`: softmax cross-entropy */
} fv_probe_result;

/* How much of the labels a linear classifier can read off each node: for each of `nodes` (names) one dense
 * layer is trained on its features, which are shifted and scaled to mean 0 and deviation 1 (batch norm), with
 * softmax cross-entropy. The network runs once over each dataset; the model stays as it is. Features are held
 * in memory. Source: Alain and Bengio, "Understanding intermediate layers using linear classifier probes",
 * 2017. Written with public calls only (lib/train/fit_probe.cc).
 * Errors: NOT_FOUND (a node), INVALID_ARGUMENT (datasets without labels; no validation), BUSY, OUT_OF_MEMORY.
 * Threads: shared on the model. */
FV_API fv_status fv_model_probe(const fv_model *model, const char *const *nodes, size_t count,
                                const fv_dataset *train, const fv_dataset *validation,
                                const fv_probe_desc *desc, fv_probe_result *results, fv_error *error);

/* ---- layers that learn less ----------------------------------------------------------------------- */

typedef struct fv_freeze_desc {
  uint32_t struct_size;
  int32_t train_statistics; /* 0: batch norm (and any layer with a state) in the frozen part runs as at
                               inference, so that its running statistics stay too (Keras's trainable =
                               False); 1: as in training, and they go on learning (PyTorch's requires_grad =
                               False) */
} fv_freeze_desc;
#define FV_FREEZE(...) (&(const fv_freeze_desc){.struct_size = sizeof(fv_freeze_desc), __VA_ARGS__})

/* Freezes `node` (a name) and all that it depends on, beside what groups freeze, from the next step on: no
 * gradient is computed there (it reads as 0 but for penalties), no memory is kept for it, parameters keep
 * their bits and moments theirs. Dropout goes on drawing. A lower node unfreezes what lies between; NULL
 * unfreezes all. Saved in checkpoints. The next step takes its memory anew.
 * Errors: NOT_FOUND, INVALID_ARGUMENT (nothing would be left that learns), BUSY, OUT_OF_MEMORY. Threads:
 * exclusive. */
FV_API fv_status fv_trainer_freeze_until(fv_trainer *trainer, const char *node, const fv_freeze_desc *desc,
                                         fv_error *error);
/* The node, borrowed until it changes; NULL: none. Threads: shared. */
FV_API const char *fv_trainer_frozen_until(const fv_trainer *trainer);

/* Discriminative rates: each layer's rate is `decay` times that of the layer above it, beside the factors of
 * groups: decay^d, d the number of layers with a kernel between it and the output on the longest way, so that
 * a convolution and its batch norm have the same. 0: 1 / 2.6; 1: all alike, as at first. Saved in
 * checkpoints. Source: Howard and Ruder, "Universal language model fine-tuning", 2018, section 3.2.
 * Errors: INVALID_ARGUMENT (outside of (0, 1]), BUSY, OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_trainer_set_layer_rates(fv_trainer *trainer, double decay, fv_error *error);
/* What the trainer's rate is multiplied with for a parameter, by groups and layer rates; 0 where it is
 * frozen. Errors: NOT_FOUND, INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_rate_factor(const fv_trainer *trainer, const char *parameter, double *factor,
                                        fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
