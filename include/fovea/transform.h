/* Input transforms with numbers fitted on a training set: mean image, mean and deviation by channel or by
 * feature, PCA, whitening. A transform is immutable. Given to fv_model_create it becomes part of the model,
 * is saved with it, and so is the same for validation, test and every host. */
#ifndef FOVEA_TRANSFORM_H
#define FOVEA_TRANSFORM_H

#include <fovea/base.h>
#include <fovea/dataset.h>
#include <fovea/model.h>

#ifdef __cplusplus
extern "C" {
#endif

/* What a mean or a deviation is taken over, beside the samples. */
typedef int32_t fv_statistic;
enum {
  FV_STATISTIC_NONE = 0,    /* not taken */
  FV_STATISTIC_CHANNEL = 1, /* all elements of a channel (the last axis), as in Keras: 3 numbers for RGB */
  FV_STATISTIC_FEATURE = 2  /* nothing else: one number for each element, such as a mean image */
};

typedef int32_t fv_whitening;
enum {
  FV_WHITENING_NONE = 0,
  FV_WHITENING_PCA = 1,           /* only rotated to the principal components: the covariance is diagonal */
  FV_WHITENING_PCA_WHITENING = 2, /* and divided by the root of their eigenvalues + epsilon: it is 1 */
  FV_WHITENING_ZCA = 3            /* and turned back: whitened, nearest to the original */
};

typedef struct fv_transform_fit_desc {
  uint32_t struct_size;
  fv_statistic featurewise_center;
  fv_statistic featurewise_std_normalization; /* sigma over N; 1 where all samples have the same value */
  fv_whitening whitening; /* after both; its mean is by feature, whether or not that is asked for */
  double zca_epsilon;     /* of either whitening; 0: 1e-6 (Keras); FV_ZERO: none */
  int64_t components;     /* the first so many; 0: all. With PCA the result has as many values, and so must
                             the network's input */
  int64_t max_samples;    /* looks at so many, spread evenly over the dataset; 0: all */
  const fv_transform_desc *base; /* geometry, scale and samplewise switches, which come before; without
                                    mean and stddev. NULL: none */
} fv_transform_fit_desc;
#define FV_TRANSFORM_FIT(...) \
  (&(const fv_transform_fit_desc){.struct_size = sizeof(fv_transform_fit_desc), __VA_ARGS__})

/* Fits on the samples of a dataset, in double; the result does not depend on the number of threads. Images of
 * several sizes need a crop or an exact size in `base`. Whitening takes the memory of some n x n doubles and
 * a time that grows with n^3, n values (8192 at most). Errors: INVALID_ARGUMENT (options, shapes, a dataset
 * that is marked as a test set); what reading a sample gives; OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_transform_fit(fv_context *context, const fv_dataset *dataset,
                                  const fv_transform_fit_desc *desc, fv_transform **transform,
                                  fv_error *error);
/* The model's, for its input `index`; the caller's to destroy. Errors: INVALID_ARGUMENT (index),
 * OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_model_transform(const fv_model *model, int32_t index, fv_transform **transform,
                                    fv_error *error);
FV_API void fv_transform_destroy(fv_transform *transform);

/* What the network would see of one sample [...], u8, f32 or f64: f32 (or f64 if `out` says so), bit for bit
 * what a model of that type computes with. An image of another shape than the fitted one goes through the
 * geometry. Errors: INVALID_ARGUMENT (shape, capacity), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_transform_apply(const fv_transform *transform, const fv_tensor *sample, fv_buffer *out,
                                    fv_error *error);

/* The same of an image file, decoded to the channels of the fitted shape. Errors: as fv_transform_apply;
 * FORMAT, UNSUPPORTED, NOT_FOUND, IO. Threads: shared. */
FV_API fv_status fv_transform_apply_image(const fv_transform *transform, const fv_encoded_image *image,
                                          fv_buffer *out, fv_error *error);

typedef int32_t fv_transform_part;
enum {
  FV_TRANSFORM_MEAN = 0,       /* [1], [channels] or [elements] */
  FV_TRANSFORM_STDDEV = 1,     /* likewise */
  FV_TRANSFORM_MATRIX = 2,     /* of whitening, [elements][components]: sample * matrix */
  FV_TRANSFORM_EIGENVALUES = 3 /* of the covariance, descending, [components] */
};
/* Copies one part of the transform, f64 unless `values` says f32. Errors: NOT_FOUND (the transform has none),
 * INVALID_ARGUMENT (capacity), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_transform_get(const fv_transform *transform, fv_transform_part part, fv_buffer *values,
                                  fv_error *error);
/* The rest of it; `mean` and `stddev` are borrowed from the transform. Errors: UNSUPPORTED, as
 * fv_model_get_transform. Threads: shared. */
FV_API fv_status fv_transform_get_desc(const fv_transform *transform, fv_transform_desc *desc,
                                       fv_error *error);

typedef struct fv_transform_info {
  uint32_t struct_size; /* to be set by the caller */
  int32_t sample_rank;
  int64_t sample_shape[FV_MAX_RANK]; /* of what its numbers are applied to, after the geometry */
  int64_t means;                     /* entries of each part; 0: it has none */
  int64_t stddevs;
  int64_t components;
  int32_t geometry; /* 1: images of other sizes are brought to sample_shape */
  int32_t reserved;
} fv_transform_info;
/* Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_transform_get_info(const fv_transform *transform, fv_transform_info *info,
                                       fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
