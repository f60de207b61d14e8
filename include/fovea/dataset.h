/* Datasets: samples with labels or targets, read by index. A dataset is immutable, has at least one sample,
 * and shares its memory with the parts made of it (subset, split, fold).
 *
 * A sample is a tensor of u8, f32 or f64 values as stored; the model's input transform (model.h) turns it
 * into the network's input. Beside it stands an integer label in [0, classes), or a target tensor.
 */
#ifndef FOVEA_DATASET_H
#define FOVEA_DATASET_H

#include <fovea/base.h>
#include <fovea/context.h>

#ifdef __cplusplus
extern "C" {
#endif

FV_API void fv_dataset_destroy(fv_dataset *dataset);

/* ---- sources -------------------------------------------------------------------------------------- */

typedef struct fv_idx_desc {
  uint32_t struct_size;
  int32_t classes;   /* 0: the largest label + 1 */
  int64_t max_bytes; /* refuse files that unpack to more; 0: 4 GiB */
} fv_idx_desc;
#define FV_IDX(...) (&(const fv_idx_desc){.struct_size = sizeof(fv_idx_desc), __VA_ARGS__})

/* Images and labels in the IDX format of MNIST, plain or gzip (told by content, not by name). Images: u8,
 * rank 3 (then H x W x 1) or 4 (H x W x C); labels: u8, rank 1, as many as images. Both are read into memory,
 * for which a file gets no more than it can hold, whatever it claims.
 * Errors: NOT_FOUND, IO, FORMAT (with the byte offset; a label beyond `classes` too), UNSUPPORTED (element
 * type), INVALID_ARGUMENT (classes beyond 256), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_dataset_open_idx(fv_context *context, const char *images_path, const char *labels_path,
                                     const fv_idx_desc *desc, fv_dataset **dataset, fv_error *error);

typedef struct fv_memory_dataset_desc {
  uint32_t struct_size;
  int32_t classes;       /* with labels; 0: the largest label + 1 */
  fv_tensor samples;     /* required: u8, f32 or f64, [count][...]; rank 1 counts as [count][1] */
  fv_tensor labels;      /* i32 or i64, [count]; or no data */
  fv_tensor targets;     /* f32 or f64, [count][...] likewise; or no data. Exactly one of the two */
  int32_t borrow;        /* 0: all is copied; 1: it is used in place, and must not change, until `drop` */
  void *user;
  fv_drop_fn drop;       /* called once, when the memory is no longer needed: before this call returns where
                            it was copied or the call fails */
} fv_memory_dataset_desc;
#define FV_MEMORY_DATASET(...) \
  (&(const fv_memory_dataset_desc){.struct_size = sizeof(fv_memory_dataset_desc), __VA_ARGS__})

/* Samples that the host has in memory. Errors: INVALID_ARGUMENT (shapes, types, a label outside [0,
 * classes)), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_dataset_from_memory(fv_context *context, const fv_memory_dataset_desc *desc,
                                        fv_dataset **dataset, fv_error *error);

typedef struct fv_digits_desc {
  uint32_t struct_size;
  int32_t size;    /* height and width in pixels, 16 to 256; 0: 28 */
  int64_t count;   /* required: number of images, at most 2^32 - 1 */
  uint64_t seed;   /* another seed, other images */
  double noise;    /* standard deviation of the pixel noise in grey levels, up to 255; 0: 12; FV_ZERO: none */
} fv_digits_desc;
#define FV_DIGITS(...) (&(const fv_digits_desc){.struct_size = sizeof(fv_digits_desc), __VA_ARGS__})

/* Drawn digits, for trying a program without any data: the strokes of 0 to 9 in several ways of writing,
 * under random affine maps, with random thickness and noise, white on black, u8, size x size x 1; the label
 * is the digit. Image i depends on size, noise, seed and i only, and is the same on every machine.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_dataset_digits(fv_context *context, const fv_digits_desc *desc, fv_dataset **dataset,
                                   fv_error *error);

/* ---- parts ---------------------------------------------------------------------------------------- */

typedef struct fv_split_desc {
  uint32_t struct_size;
  int32_t shuffle;  /* 0: the second part is the end of the dataset (Keras); 1: drawn by `seed` */
  double fraction;  /* of the second part, (0, 1); rounded up to whole samples */
  int64_t count;    /* size of the second part; with neither, 10,000 or 10 %, whichever is less */
  uint64_t seed;
  int32_t stratified; /* 1: every class is cut in that proportion, to within one sample; its end, or drawn.
                         Labels only */
  int32_t reserved;
} fv_split_desc;
#define FV_SPLIT(...) (&(const fv_split_desc){.struct_size = sizeof(fv_split_desc), __VA_ARGS__})

/* Cuts a dataset into two disjoint ones, training and validation, each in the order of the whole: `fraction`
 * is Keras's validation_split. Augment the first part alone.
 * Errors: INVALID_ARGUMENT (an empty part, both fraction and count), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_split(const fv_dataset *dataset, const fv_split_desc *desc, fv_dataset **first,
                                  fv_dataset **second, fv_error *error);

typedef struct fv_fold_desc {
  uint32_t struct_size;
  int32_t fold;       /* which one is the validation, from 0 */
  int32_t folds;      /* 2 or more; 0: 5 */
  int32_t shuffle;    /* 0: fold i is the i-th stretch of the dataset; 1: drawn by `seed` */
  int32_t stratified; /* 1: every class is spread evenly over the folds, to within one sample. Labels only */
  int32_t reserved;
  uint64_t seed;
} fv_fold_desc;
#define FV_FOLD(...) (&(const fv_fold_desc){.struct_size = sizeof(fv_fold_desc), __VA_ARGS__})

/* One of the cuts of k-fold validation: with the same desc but for `fold`, every sample is in the validation
 * of exactly one fold, and the folds' sizes differ by one at most. Both parts are in the order of the whole.
 * Errors: INVALID_ARGUMENT (more folds than samples, no such fold), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_fold(const fv_dataset *dataset, const fv_fold_desc *desc, fv_dataset **train,
                                 fv_dataset **validation, fv_error *error);

/* Marks a dataset as a test set, which is for the last measurement and decides nothing before it: what
 * searches for good options (search.h) refuses it. The parts that are made of it from then on are marked too;
 * there is no way back but to read the data again. Errors: OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_dataset_mark_test(fv_dataset *dataset, fv_error *error);

/* The samples at `indices`, in that order, repeats allowed.
 * Errors: INVALID_ARGUMENT (an index out of range, none at all), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_subset(const fv_dataset *dataset, const int64_t *indices, size_t count,
                                   fv_dataset **subset, fv_error *error);

/* ---- reading -------------------------------------------------------------------------------------- */

typedef struct fv_dataset_info {
  uint32_t struct_size;  /* to be set by the caller */
  fv_dtype dtype;        /* of the samples as stored */
  int64_t count;
  int64_t shape[FV_MAX_RANK]; /* of one sample */
  int32_t rank;
  int32_t classes;       /* 0: the dataset has targets instead of labels */
  int64_t target_shape[FV_MAX_RANK];
  int32_t target_rank;
  uint64_t fingerprint;  /* of types, shapes, contents and order, wherever they came from; a checkpoint
                            remembers it */
  int32_t test;          /* 1: marked as a test set */
  int32_t reserved;
} fv_dataset_info;

/* The first call on a dataset reads all of it, for the fingerprint (XXH64). Image files are
 * read by opening already or, with headers_only, by this call on the context's threads, once for all that is
 * made of their dataset.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_dataset_get_info(const fv_dataset *dataset, fv_dataset_info *info, fv_error *error);

/* Sample `index` as stored, [...] without a batch; `label` (nullable) receives the label, or -1 where there
 * are targets. Errors: INVALID_ARGUMENT (index, capacity, dtype that is not the stored one).
 * Threads: shared. */
FV_API fv_status fv_dataset_get(const fv_dataset *dataset, int64_t index, fv_buffer *sample, int64_t *label,
                                fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
