/* Metrics: what is measured of a model's outputs beside its loss, summed up batch by batch.
 *
 *   fv_metrics *m;
 *   const fv_metric_desc *const set[] = {FV_METRIC(.metric = FV_METRIC_F1),
 *                                        FV_METRIC(.metric = FV_METRIC_TOP_K, .k = 3)};
 *   double values[2];
 *   TRY(fv_metrics_create(context, FV_METRICS(.metrics = set, .metric_count = 2, .classes = 10), &m, &err));
 *   ... fv_metrics_update(m, &outputs, &labels, NULL, &err) for every batch ...
 *   TRY(fv_metrics_values(m, values, 2, NULL, &err));
 *
 * fv_session_evaluate (session.h) takes such a set, and an object too.
 *
 * The last axis of the outputs is the classes, or the units of a regression; every place of the other axes is
 * a row of its own: a sample, or a pixel of it. The truth of a row is a label, or a target for each class:
 * then its class is that of the largest target, and where a metric needs targets, a label counts as its
 * one-hot vector. The predicted class is that of the largest output, the first of equal ones. A row with NaN
 * among its outputs predicts no class and is wrong; ROC_AUC, CALIBRATION_ERROR, LOSS and errors are then NaN.
 *
 * A single output is a decision: "yes" where its probability is above `threshold`, truly yes where the label
 * is 1 or the target above 0.5; the only class below is then "yes". With `multilabel` every class is such a
 * decision of its own.
 */
#ifndef FOVEA_METRIC_H
#define FOVEA_METRIC_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* A mean is over the rows, each counting its weight. A quotient 0 / 0 gives 0 where nothing else is said; as
 * long as no row has counted, every value is NaN. */
typedef int32_t fv_metric;
enum {
  FV_METRIC_ACCURACY = 1,            /* rows (of decisions: each of them) that are right */
  FV_METRIC_TOP_K = 2,               /* rows whose true class is among the k largest outputs; of equal outputs
                                        the first is the larger */
  FV_METRIC_PRECISION = 3,           /* of a class: right / predicted as it */
  FV_METRIC_RECALL = 4,              /* of a class: right / truly it */
  FV_METRIC_F1 = 5,                  /* of a class: 2 right / (predicted as it + truly it) */
  FV_METRIC_ROC_AUC = 6,             /* of a class: how often a row of it has a larger probability of it than
                                        a row of another, equal ones count half (Hanley and McNeil 1982);
                                        exact, so 8 bytes for every output and row are kept. A class without
                                        rows of it, or without others, has NaN and is in no average */
  FV_METRIC_CALIBRATION_ERROR = 7,   /* ECE: mean distance of confidence and accuracy over `bins` equal
                                        intervals of the predicted class's probability; Guo et al. 2017,
                                        eq. 3 */
  FV_METRIC_MEAN_ABSOLUTE_ERROR = 8, /* of a unit: mean of |x - t|; x are the outputs as they are, as below */
  FV_METRIC_MEAN_SQUARED_ERROR = 9,  /* of a unit: mean of (x - t)^2 */
  FV_METRIC_R2 = 10,                 /* of a unit: 1 - sum (x - t)^2 / sum (t - mean t)^2; where t never
                                        changes 1 if x is always right, else 0, as scikit-learn */
  FV_METRIC_LOSS = 11                /* mean of `loss` with its default options, each row taken as a sample */
};

/* How the classes' (or units') values become one. */
typedef int32_t fv_class_average;
enum {
  FV_CLASS_MACRO = 0,    /* their mean */
  FV_CLASS_MICRO = 1,    /* of all decisions (R2: all values) together, as if of one class */
  FV_CLASS_WEIGHTED = 2, /* the mean by the rows that each class has; R2: by the variance of each unit */
  FV_CLASS_ONE = 3       /* that of class_index; the errors have only MACRO and this */
};

/* A metric with its options; those of other metrics must be 0. */
typedef struct fv_metric_desc {
  uint32_t struct_size;
  fv_metric metric;         /* required */
  fv_class_average average; /* of those "of a class" or "of a unit" */
  int32_t class_index;      /* ONE */
  int32_t k;                /* TOP_K; 0: 5 */
  int32_t bins;             /* CALIBRATION_ERROR; 0: 15 */
  int32_t probabilities;    /* ACCURACY, PRECISION to CALIBRATION_ERROR; 1: outputs are probabilities; 0:
                               logits, made into probabilities by softmax, of decisions by sigmoid */
  int32_t multilabel;       /* ACCURACY, PRECISION to CALIBRATION_ERROR; 1: each class is a decision */
  double threshold;         /* of decisions, above 0 and below 1; not of ROC_AUC; 0: 0.5 */
  int32_t loss;             /* LOSS; an fv_loss (trainer.h), not HOST_GRADIENT or CUSTOM; required there */
  int32_t reserved;
  const char *name;         /* NULL: "accuracy", "top_5", "precision", "recall", "f1", "roc_auc",
                               "calibration_error", "mean_absolute_error", "mean_squared_error", "r2", that of
                               the loss; with "_micro", "_weighted" or "_<class>" */
} fv_metric_desc;
#define FV_METRIC(...) (&(const fv_metric_desc){.struct_size = sizeof(fv_metric_desc), __VA_ARGS__})

/* The metric's name, its default where desc->name is NULL. Errors: INVALID_ARGUMENT. Threads: any. */
FV_API fv_status fv_metric_name(const fv_metric_desc *desc, char *buffer, size_t capacity, size_t *needed,
                                fv_error *error);
/* 1: larger is better (ACCURACY to ROC_AUC, R2); 0: smaller is, or there is no such metric. Threads: any. */
FV_API int32_t fv_metric_is_larger_better(fv_metric metric);

typedef struct fv_metrics_desc {
  uint32_t struct_size;
  int32_t ignore;        /* 1: rows labelled ignore_label do not count */
  int32_t ignore_label;
  int32_t confusion;     /* 1: for fv_metrics_confusion */
  int64_t classes;       /* the outputs' last extent; required, up to 2^24 (ROC_AUC, confusion: 65536) */
  const fv_metric_desc *const *metrics; /* of different names */
  size_t metric_count;   /* up to 64 */
  int64_t rows;          /* ROC_AUC: memory for so many is taken at once; 0: as they come */
  double confusion_threshold; /* confusion of a single output: above it is "yes"; 0: 0, which is for logits;
                                 for probabilities give 0.5 */
} fv_metrics_desc;
#define FV_METRICS(...) (&(const fv_metrics_desc){.struct_size = sizeof(fv_metrics_desc), __VA_ARGS__})

/* Errors: INVALID_ARGUMENT (a number out of range, an option of another metric, two of a name; the message
 * says which), OUT_OF_MEMORY. Threads: shared on the context. */
FV_API fv_status fv_metrics_create(fv_context *context, const fv_metrics_desc *desc, fv_metrics **metrics,
                                   fv_error *error);
FV_API void fv_metrics_destroy(fv_metrics *metrics);

/* Counts a batch. `outputs`: f32 or f64 [batch][...][classes]. `truth`: i32 or i64 labels [batch][...], or
 * f32 or f64 targets of the outputs' shape. `sample_weights`: f32 or f64 [batch], 0 or more; NULL: 1. A row
 * of weight 0 does not count. How rows are cut into batches changes values by rounding alone. Allocates
 * nothing where labels are i32, targets of the outputs' type and weights NULL, unless ROC_AUC needs room.
 * Errors: INVALID_ARGUMENT (shapes, a label out of range), OUT_OF_MEMORY; the batch is then not counted.
 * Threads: exclusive. */
FV_API fv_status fv_metrics_update(fv_metrics *metrics, const fv_tensor *outputs, const fv_tensor *truth,
                                   const fv_tensor *sample_weights, fv_error *error);
/* Forgets all rows. Threads: exclusive. */
FV_API void fv_metrics_reset(fv_metrics *metrics);

/* The value of each metric, in the order of the descriptors; ROC_AUC sorts all rows for it. Copies up to
 * `capacity`; `needed` receives their number. Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_metrics_values(const fv_metrics *metrics, double *values, size_t capacity, size_t *needed,
                                   fv_error *error);
/* The value of metric `index` for each class or unit, whatever its average. Errors: INVALID_ARGUMENT (a
 * metric that has none), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_metrics_class_values(const fv_metrics *metrics, size_t index, double *values,
                                         size_t capacity, size_t *needed, fv_error *error);
/* [classes][classes], rows are true classes, columns predictions: how many rows (of any weight but 0); for
 * fv_confusion_scores. A single output makes it 2 x 2, "no" first. Rows that predict no class are missing.
 * Errors: INVALID_ARGUMENT (not asked for in the descriptor). Threads: shared. */
FV_API fv_status fv_metrics_confusion(const fv_metrics *metrics, int64_t *confusion, size_t capacity,
                                      size_t *needed, fv_error *error);

/* ---- in training ---------------------------------------------------------------------------------- */

/* The metrics that a trainer measures on the fly from now on: on the output of its first loss, with that
 * loss's ignored label, in training mode (dropout at work, each batch before its step). They count the epoch
 * so far, as fv_progress does, and batches of the host's with their sample weights. A set that is the
 * trainer's already goes on; another begins with nothing; metric_count 0: none. Set and counts are part of
 * the checkpoint. In steady state they allocate nothing. Labels need a flat output, or a loss over its last
 * axis. Errors: as fv_metrics_create; INVALID_ARGUMENT (a trainer without a loss). Threads: exclusive. */
FV_API fv_status fv_trainer_set_metrics(fv_trainer *trainer, const fv_metric_desc *const *metrics,
                                        size_t metric_count, fv_error *error);
/* Metric `index`; its name is never NULL, and borrowed until the next set. Errors: INVALID_ARGUMENT.
 * Threads: shared. */
FV_API fv_status fv_trainer_get_metric(const fv_trainer *trainer, size_t index, fv_metric_desc *desc,
                                       fv_error *error);
/* Their values, as fv_metrics_values; those of an epoch stay until the first batch of the next one is done.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_trainer_metric_values(const fv_trainer *trainer, double *values, size_t capacity,
                                          size_t *needed, fv_error *error);
/* Begins to count anew: fv_trainer_next does so at an epoch's first batch. Threads: exclusive. */
FV_API void fv_trainer_reset_metrics(fv_trainer *trainer);

#ifdef __cplusplus
}
#endif
#endif
