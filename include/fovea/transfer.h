/* Transfer: what one network has learned, given to another: weights by name, a new head on an old body,
 * layers that stay as they are. samples/transfer.md says which of it to use when.
 */
#ifndef FOVEA_TRANSFER_H
#define FOVEA_TRANSFER_H

#include <fovea/base.h>
#include <fovea/graph.h>
#include <fovea/layers.h>
#include <fovea/model.h>

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

#ifdef __cplusplus
}
#endif
#endif
