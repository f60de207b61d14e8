/* Loader: the batches of a dataset for a loop of the host's own (fv_trainer_feed and fv_trainer_fit have
 * theirs inside). Worker threads prepare them ahead; a batch depends on dataset, seed, epoch and number only:
 * the same bits for any number of workers, and wherever a loader begins. */
#ifndef FOVEA_LOADER_H
#define FOVEA_LOADER_H

#include <fovea/base.h>
#include <fovea/context.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_loader_desc {
  uint32_t struct_size;
  int32_t batch_size; /* 0: 32 */
  int32_t no_shuffle; /* 0: another order in every epoch */
  int32_t drop_last;  /* 1: a last, smaller batch is left out */
  int32_t workers;    /* threads of the library's own that prepare batches ahead, up to 64; 0: none, each is
                         prepared in fv_loader_next by the context's threads. Whatever is read in them (a
                         host's callback too) is read on these threads */
  int32_t prefetch;   /* batches that wait ready beside those that workers are at, up to 64; 0: 2 */
  uint64_t seed;      /* of the order and of random samples */
  const fv_model *model; /* samples come as its input takes them: brought to its size, transformed, of its
                            element type, targets of that type too. NULL: as they are stored */
} fv_loader_desc;
#define FV_LOADER(...) (&(const fv_loader_desc){.struct_size = sizeof(fv_loader_desc), __VA_ARGS__})

/* Starts at the first batch of epoch 0. Without a model samples must have one shape. What fv_trainer_step is
 * given goes through the model's transform: batches of a loader with a model are for a loop that computes
 * otherwise. Errors: INVALID_ARGUMENT (options; images of different sizes; a dataset that does not fit the
 * model), OUT_OF_MEMORY. Threads: shared on dataset and model. */
FV_API fv_status fv_loader_create(fv_context *context, const fv_dataset *dataset, const fv_loader_desc *desc,
                                  fv_loader **loader, fv_error *error);
/* Ends its workers. */
FV_API void fv_loader_destroy(fv_loader *loader);

/* What fv_trainer_step takes (without a model), and where it comes from. */
typedef struct fv_loaded_batch {
  uint32_t struct_size;    /* to be set by the caller */
  int32_t epoch_ended;     /* 1: the last one of its epoch */
  fv_tensor input;         /* [count][...], as stored, or as the model takes it */
  fv_tensor target;        /* i32 labels [count], or targets [count][...] */
  const uint32_t *indices; /* [count]: which samples of the dataset these are */
  int64_t count;
  int64_t epoch;           /* from 0 */
  int64_t batch;           /* in the epoch, from 0 */
  int64_t batches;         /* in the epoch */
} fv_loaded_batch;

/* The next batch; after the last one of an epoch, the first of the next epoch. What `batch` refers to is the
 * loader's and stays until its next call. Errors: what reading a sample gives (IO, FORMAT, a callback's), and
 * the next call reads that batch again; OUT_OF_MEMORY; UNSUPPORTED (workers, in a process that was forked
 * meanwhile). Threads: exclusive. */
FV_API fv_status fv_loader_next(fv_loader *loader, fv_loaded_batch *batch, fv_error *error);

/* The next batch will be `batch` of `epoch`, both from 0. Errors: INVALID_ARGUMENT. Threads: exclusive. */
FV_API fv_status fv_loader_seek(fv_loader *loader, int64_t epoch, int64_t batch, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
