/* Trainer: optimizer, loss, position in the data and history, on top of a model; step, checkpoint. The whole
 * loop is in fit.h.
 *
 * Everything that decides how training goes on is in the trainer and in its checkpoint: after fv_trainer_load
 * the same calls give the same bits as if the program had never stopped. A model has at most one trainer at a
 * time. While a trainer steps, sessions on the same model return FV_BUSY.
 */
#ifndef FOVEA_TRAINER_H
#define FOVEA_TRAINER_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/optimizer.h>
#include <fovea/schedule.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Losses of one sample, x the output and t the target; by default a batch's loss is their mean. Targets are
 * labels or tensors of the output's shape; where a tensor is needed, a label counts as its one-hot vector.
 * A single output is a decision: the labels 0 and 1 count as targets, and it predicts 1 above 0.5, a logit
 * (BINARY_CROSS_ENTROPY, FOCAL) above 0.
 * "mean" below is over the elements of the output. SOFTMAX_CROSS_ENTROPY and HINGE take the last axis of the
 * output as classes, and for H x W x K one label for each pixel [batch][H][W], each a sample of its own; the
 * others take an output of any shape as a whole. */
typedef int32_t fv_loss;
enum {
  FV_LOSS_SOFTMAX_CROSS_ENTROPY = 1, /* of logits: -sum_k t_k log softmax(x)_k, t a label or a distribution */
  FV_LOSS_MEAN_SQUARED_ERROR = 2,    /* mean of (x - t)^2 */
  FV_LOSS_BINARY_CROSS_ENTROPY = 3,  /* of logits: mean of log(1 + exp(x)) - t x; t from 0 to 1, any number of
                                        them 1 */
  FV_LOSS_FOCAL = 4,                 /* the mean of that times (1 - p)^gamma and alpha t + (1 - alpha)(1 - t),
                                        p the probability that sigmoid(x) gives t; Lin et al. 2017, eq. 5 */
  FV_LOSS_MEAN_ABSOLUTE_ERROR = 5,   /* L1: mean of |x - t| */
  FV_LOSS_HUBER = 6,                 /* mean of e^2 / 2 where |e| < delta, else delta (|e| - delta / 2),
                                        e = x - t; Huber 1964 */
  FV_LOSS_SMOOTH_L1 = 7,             /* that / delta; Girshick 2015, eq. 3 */
  FV_LOSS_KL_DIVERGENCE = 8,         /* of log-probabilities (the model ends in a log-softmax): sum of
                                        t (log t - x) */
  FV_LOSS_HINGE = 9,                 /* sum over j != label of max(0, x_j - x_label + margin); labels only;
                                        Weston and Watkins 1999. PyTorch divides by the number of classes */
  FV_LOSS_COSINE = 10,               /* 1 - x.t / (|x| |t|) */
  FV_LOSS_HOST_GRADIENT = 11,        /* none: the host gives the outputs' gradients; fv_trainer_forward */
  FV_LOSS_CUSTOM = 12                /* one of the host's, registered under a name; custom.h */
};

typedef int32_t fv_reduction;
enum {
  FV_REDUCE_MEAN = 0, /* sum of the samples' weighted losses / sum of their weights */
  FV_REDUCE_SUM = 1   /* sum of the samples' weighted losses; where a loss is a mean over elements, their sum
                         too */
};

/* A loss with its options; those of other losses must be 0. */
typedef struct fv_loss_desc {
  uint32_t struct_size;
  fv_loss loss;                /* required */
  const char *output;          /* name of the node that it is on; NULL: the model's output of that number */
  double weight;               /* in the sum of several losses; 0: 1; FV_ZERO: 0 */
  fv_reduction reduction;
  int32_t ignore;              /* SOFTMAX_CROSS_ENTROPY, HINGE; 1: a sample labelled ignore_label is none */
  int32_t ignore_label;
  int32_t squared;             /* HINGE; 1: of the squares */
  double label_smoothing;      /* SOFTMAX_CROSS_ENTROPY, 0 to 1: t becomes (1 - s) t + s / K; Szegedy et al.
                                  2016, section 7 */
  const double *class_weights; /* SOFTMAX_CROSS_ENTROPY [K], 0 or more: the term of class k times this; with
                                  labels the mean then divides by the sum of the labels' weights, as PyTorch;
                                  NULL: 1 */
  size_t class_count;          /* of class_weights */
  double delta;                /* HUBER, SMOOTH_L1; 0: 1 */
  double gamma;                /* FOCAL; 0: 2; FV_ZERO: 0 */
  double alpha;                /* FOCAL, up to 1; 0: 0.25; FV_ZERO: 0; negative: no weighting */
  double margin;               /* HINGE; 0: 1 */
  const double *positive_weights; /* BINARY_CROSS_ENTROPY [the output's last extent], 0 or more: the mean of
                                     p t log(1 + exp(-x)) + (1 - t) log(1 + exp(x)), p above 1 where the ones
                                     are few (PyTorch's pos_weight); NULL: 1 */
  size_t positive_count;          /* of positive_weights */
  const char *custom;          /* CUSTOM: the name that it was registered under; required there */
} fv_loss_desc;
#define FV_LOSS(...) (&(const fv_loss_desc){.struct_size = sizeof(fv_loss_desc), __VA_ARGS__})

/* Mixup and cutmix, of every batch that is trained on: sample i keeps a share of itself and takes the rest
 * from sample i + 1 of the batch (the last one from the first), and so does its target. With both, each
 * batch draws one of the two. Labels count as the distribution over the two classes; accuracy and metrics on
 * the fly (fv_trainer_set_metrics) look for the larger one. A blended sample takes each value so; a cut one
 * has a box of the other's, its target the box's part of the area. Draws depend on the trainer's seed and
 * the batch's number alone. Sources: Zhang et al. 2018; Yun et al. 2019, algorithm 1. */
typedef struct fv_mix_desc {
  uint32_t struct_size;
  int32_t reserved;
  double mixup;       /* alpha: the share is from Beta(alpha, alpha); 0: no mixup. Customary: 0.2 to 1 */
  double cutmix;      /* likewise, of the area; 0: no cutmix; needs one input of H x W x C. Customary: 1 */
  double probability; /* of mixing a batch; 0: 1 */
} fv_mix_desc;
#define FV_MIX(...) (&(const fv_mix_desc){.struct_size = sizeof(fv_mix_desc), __VA_ARGS__})

typedef struct fv_trainer_desc {
  uint32_t struct_size;
  fv_loss loss;           /* on the model's first output, with default options; or `losses` */
  fv_optimizer optimizer; /* with its most common options, as in fv_optimizer_desc; or `optimizer_desc` */
  int32_t nesterov;
  double learning_rate;
  double momentum;
  double beta1;
  double beta2;
  double epsilon;
  double l2;              /* l2 / 2 * sum w^2 of every kernel, beside what its layer asks for; default 0 */
  uint64_t seed;          /* of dropout and shuffling */
  int32_t max_batch;      /* the first step takes memory for batches up to this, a larger one takes it anew;
                             0: for batches as large as the first */
  const fv_loss_desc *const *losses; /* instead of `loss`: one for each of several outputs, or with options;
                                        what is minimised is their weighted sum */
  size_t loss_count;                 /* 1 to 64 */
  const fv_optimizer_desc *optimizer_desc; /* instead of `optimizer` and the fields that follow it */
  const fv_schedule_desc *schedule;        /* NULL: the rate stays */
  const fv_group_desc *const *groups;      /* NULL: all parameters are treated alike */
  size_t group_count;
  const fv_average_desc *average;          /* NULL: none */
  double l1;                               /* l1 * sum |w| of every kernel; default 0 */
  int32_t accumulate_steps;                /* so many batches make one step with the mean of their
                                              gradients, which for a mean loss is that of one large batch
                                              (batch norm still sees the small ones); 0: 1. Steps are
                                              counted, and the schedule's t with them, when they are done */
  int32_t proximal_l1;                     /* 0: every l1, of the trainer, groups and layers, is in the
                                              gradient as l1 sign(w), and w seldom becomes 0; 1: after each
                                              step, whatever its rule, w = sign(w) max(|w| - rate l1, 0),
                                              which gives exact zeros; Beck and Teboulle 2009 (ISTA), eq.
                                              1.4. The loss has the penalty in both cases */
  const fv_mix_desc *mix;                  /* NULL: batches stay as they are. Not with HINGE, ignored labels,
                                              a label for each pixel, or a custom loss on labels */
  int32_t rate_batch;                      /* the learning rate is for steps on so many samples: one on B of
                                              them takes B / rate_batch times as much (linear scaling: Goyal
                                              et al. 2017, section 2.1). B is the feed's batch_size, the
                                              dataset's count if that is less, or the size of the host's own
                                              batch, times accumulate_steps; a last, smaller batch of a feed
                                              changes nothing. 0: the rate is as it is, whatever B */
  int32_t reserved;
} fv_trainer_desc;
#define FV_TRAINER(...) (&(const fv_trainer_desc){.struct_size = sizeof(fv_trainer_desc), __VA_ARGS__})

/* Creates a trainer. Memory for steps is taken at the first one, or when a larger batch comes.
 * Errors: INVALID_ARGUMENT (a required field, a number out of range, an output that the loss cannot take; the
 * message says which), NOT_FOUND (a loss's output or custom name), BUSY (the model has a trainer),
 * OUT_OF_MEMORY. Threads: exclusive on the model. */
FV_API fv_status fv_trainer_create(fv_model *model, const fv_trainer_desc *desc, fv_trainer **trainer,
                                   fv_error *error);
FV_API void fv_trainer_destroy(fv_trainer *trainer);

/* The model that is being trained; borrowed. Threads: shared. */
FV_API fv_model *fv_trainer_model(fv_trainer *trainer);

/* Its (first) loss; 0 for NULL. Threads: shared. */
FV_API fv_loss fv_trainer_loss(const fv_trainer *trainer);
/* Loss `index` with its options, from a checkpoint too; pointers are borrowed from the trainer. Errors:
 * INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_get_loss(const fv_trainer *trainer, int32_t index, fv_loss_desc *desc,
                                     fv_error *error);
/* The value of each loss on the last batch, without its weight and without penalties; NaN before it. Copies
 * up to `capacity` values; `needed` receives their number. Threads: shared. */
FV_API fv_status fv_trainer_loss_values(const fv_trainer *trainer, double *values, size_t capacity,
                                        size_t *needed, fv_error *error);

/* What else a trainer was created with (optimizer, schedule and average are said in their headers) and how
 * far it is, from a checkpoint too. */
typedef struct fv_trainer_info {
  uint32_t struct_size;     /* to be set by the caller */
  int32_t losses;           /* how many: fv_trainer_get_loss */
  int32_t groups;           /* fv_trainer_get_group */
  int32_t accumulate_steps;
  int64_t accumulated;      /* batches since the last step, fewer than accumulate_steps */
  int64_t averages;         /* how often the average of the weights was taken */
  uint64_t seed;
  double l1;
  double l2;
  int32_t batch_size;       /* of the feed; 0: there was none. So the next two */
  int32_t no_shuffle;
  int32_t drop_last;
  int32_t proximal_l1;
  int32_t rate_batch;
  int32_t reserved;
  double mixup;             /* 0: off; so the next */
  double cutmix;
  double mix_probability;
} fv_trainer_info;
/* Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_get_info(const fv_trainer *trainer, fv_trainer_info *info, fv_error *error);

typedef struct fv_memory {
  uint32_t struct_size; /* to be set by the caller */
  int32_t reserved;
  size_t parameters;    /* parameters and state, held by the model */
  size_t gradients;     /* of parameters */
  size_t optimizer;     /* moments, averages of the weights, accumulated gradients */
  size_t arena;         /* activations and their gradients */
  size_t workspace;     /* packed weights, scratch, saved values */
} fv_memory;
/* Bytes that training with batches of `batch` samples takes, without taking them. Left out is what is small
 * beside these: labels or targets of a batch, the order of the samples in an epoch (4 bytes each), a sample
 * per thread. Errors: INVALID_ARGUMENT (batch), OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_trainer_memory(const fv_trainer *trainer, int64_t batch, fv_memory *memory,
                                   fv_error *error);

/* ---- one batch from memory ------------------------------------------------------------------------ */

/* One optimizer step on a batch (with accumulate_steps, its part of one): `inputs` as for fv_session_run;
 * `target`: i32 or i64 labels [batch], or f32 or f64 targets [batch][...]. `loss` (nullable) receives the
 * batch's mean loss, penalties included. In steady state this allocates nothing. Errors: INVALID_ARGUMENT
 * (shapes, a label out of range, a schedule's rate that is no number), BUSY, OUT_OF_MEMORY (a larger batch,
 * the first accumulated one), what a layer or loss of the host's returns. Threads: exclusive. */
FV_API fv_status fv_trainer_step(fv_trainer *trainer, const fv_tensor *inputs, size_t input_count,
                                 const fv_tensor *target, double *loss, fv_error *error);

/* A batch that needs more than fv_trainer_step takes. */
typedef struct fv_batch {
  uint32_t struct_size;
  int32_t reserved;
  const fv_tensor *inputs;
  size_t input_count;
  const fv_tensor *targets;        /* one for every loss, or one for each */
  size_t target_count;
  const fv_tensor *sample_weights; /* f32 or f64 [batch], 0 or more; NULL: 1. The mean divides by their sum
                                      (for Keras's mean over the batch give weights whose mean is 1) */
} fv_batch;
#define FV_BATCH(...) (&(const fv_batch){.struct_size = sizeof(fv_batch), __VA_ARGS__})
/* fv_trainer_step and fv_trainer_backward on such a batch. Errors and threads: the same. */
FV_API fv_status fv_trainer_step_batch(fv_trainer *trainer, const fv_batch *batch, double *loss,
                                       fv_error *error);
FV_API fv_status fv_trainer_backward_batch(fv_trainer *trainer, const fv_batch *batch, double *loss,
                                           fv_error *error);

/* The two halves of fv_trainer_step: forward and backward, which leaves the gradients in the trainer; then
 * the optimizer, which uses them up. Between the two, and only there, gradients exist, and the host may read
 * and replace them, for instance to average them over machines. Errors: as fv_trainer_step; of apply
 * INVALID_ARGUMENT (there are no gradients), BUSY. Threads: exclusive. */
FV_API fv_status fv_trainer_backward(fv_trainer *trainer, const fv_tensor *inputs, size_t input_count,
                                     const fv_tensor *target, double *loss, fv_error *error);
FV_API fv_status fv_trainer_apply(fv_trainer *trainer, fv_error *error);
/* The gradient of a parameter by name. Errors: NOT_FOUND, INVALID_ARGUMENT (state, which has none; there are
 * no gradients; shape, capacity, dtype). Threads: get shared, set exclusive. */
FV_API fv_status fv_trainer_get_gradient(const fv_trainer *trainer, const char *name, fv_buffer *gradient,
                                         fv_error *error);
FV_API fv_status fv_trainer_set_gradient(fv_trainer *trainer, const char *name, const fv_tensor *gradient,
                                         fv_error *error);
/* All gradients as one block of the model's element type, in the order of the parameters (each begins at a
 * multiple of 16 values; what lies between is zero and counts), borrowed until the next step; for in-place
 * all-reduce. `count` receives the number of values. NULL, and `count` as it was, when no gradients are
 * there: before the first backward and after every apply or step. Threads: exclusive. */
FV_API void *fv_trainer_gradient_block(fv_trainer *trainer, int64_t *count);

/* Training without a loss (policy gradients, losses that only the host knows): a trainer created with
 * FV_LOSS_HOST_GRADIENT runs forward in training mode and gives out the model's outputs, the host computes
 * the gradient of what it wants to be small with respect to each, and backward_from leaves the parameters'
 * gradients in the trainer, for fv_trainer_apply. Between the two the model must not change.
 * Errors: INVALID_ARGUMENT (a trainer with a loss, shapes, no forward pass), BUSY, OUT_OF_MEMORY. Threads:
 * exclusive. */
FV_API fv_status fv_trainer_forward(fv_trainer *trainer, const fv_tensor *inputs, size_t input_count,
                                    fv_buffer *outputs, size_t output_count, fv_error *error);
FV_API fv_status fv_trainer_backward_from(fv_trainer *trainer, const fv_tensor *gradients,
                                          size_t gradient_count, fv_error *error);

/* The rate of the next step, by the schedule, and by rate_batch once a feed or a batch has said how large a
 * step is; NaN for NULL. Threads: shared. */
FV_API double fv_trainer_learning_rate(const fv_trainer *trainer);
/* The base of the schedule. Errors: INVALID_ARGUMENT (negative or not finite). Threads: exclusive. */
FV_API fv_status fv_trainer_set_learning_rate(fv_trainer *trainer, double rate, fv_error *error);

/* ---- batches from a dataset ----------------------------------------------------------------------- */

typedef struct fv_feed_desc {
  uint32_t struct_size;
  int32_t batch_size; /* 0: 32 */
  int32_t no_shuffle; /* 0: another order in every epoch, drawn from the trainer's seed */
  int32_t drop_last;  /* 1: a last, smaller batch is left out */
  int32_t workers;    /* threads of the library's own that prepare batches ahead of the steps, up to 64; 0:
                         none, each batch is prepared in its step by the context's threads. Whatever is read
                         in them (a host's callback too) is read on these threads */
  int32_t prefetch;   /* batches that wait ready beside those that workers are at, up to 64; 0: 2. This, and
                         a batch for each worker, is the memory that they take */
} fv_feed_desc;
#define FV_FEED(...) (&(const fv_feed_desc){.struct_size = sizeof(fv_feed_desc), __VA_ARGS__})

/* Gives the trainer the data that fv_trainer_next steps through. A trainer that stands inside an epoch goes
 * on there and refuses another dataset or another descriptor with MISMATCH; one that was loaded from a
 * checkpoint refuses another dataset at its first feed in any case (to train on other data, load the model
 * alone). Which samples a batch has, and what random samples are drawn, depends on the trainer's seed, the
 * epoch and the number of the batch: not on `workers`, and not on whether the training was resumed.
 * Errors: INVALID_ARGUMENT, MISMATCH, OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_trainer_feed(fv_trainer *trainer, const fv_dataset *dataset, const fv_feed_desc *desc,
                                 fv_error *error);
/* Lets go of the dataset and ends its workers, if there are any; the training stays where it stands.
 * Errors: INVALID_ARGUMENT. Threads: exclusive. */
FV_API fv_status fv_trainer_end_feed(fv_trainer *trainer, fv_error *error);

typedef struct fv_progress {
  uint32_t struct_size;    /* to be set by the caller; filled by the library in callbacks */
  int32_t epoch_ended;     /* 1 on the last batch of an epoch */
  int64_t epoch;           /* of this batch, from 0 */
  int64_t epochs;          /* as asked of fv_trainer_fit, else 0 */
  int64_t batch;           /* in the epoch, from 1 */
  int64_t batches;         /* in the epoch */
  int64_t step;            /* optimizer steps so far */
  int64_t samples;         /* seen in this epoch */
  double loss;             /* mean over the epoch so far, penalties included */
  double accuracy;         /* likewise, measured on the fly in training mode; NaN with targets; with several
                              losses, of the first */
  double batch_loss;
  double learning_rate;      /* of the batch */
  double samples_per_second; /* since fit began, pauses left out; NaN outside of it. So the next two */
  double seconds_left;
  double seconds;
  double val_loss;           /* of the newest validation, with several losses of the first; NaN before it */
  double val_accuracy;
} fv_progress;

/* Trains on the next batch of the feed. `progress` is nullable. Errors: INVALID_ARGUMENT (no feed), BUSY,
 * OUT_OF_MEMORY (the first batch); what reading its samples gives (IO, FORMAT, a host's callback), and the
 * next call reads them again; UNSUPPORTED (workers, in a process that was forked meanwhile).
 * Threads: exclusive. */
FV_API fv_status fv_trainer_next(fv_trainer *trainer, fv_progress *progress, fv_error *error);

/* Where training stands: what fv_trainer_next has reported of the last batch, without batch_loss, images per
 * second and times, which are NaN. Before the first batch epoch, batch, step and samples are 0, loss and
 * accuracy NaN, and the learning rate is the first. Survives checkpoints. Errors: INVALID_ARGUMENT. Threads:
 * shared. */
FV_API fv_status fv_trainer_get_progress(const fv_trainer *trainer, fv_progress *progress, fv_error *error);

/* ---- history -------------------------------------------------------------------------------------- */

/* One epoch. NaN: not measured. Frozen. */
typedef struct fv_history_row {
  int64_t epoch; /* from 0 */
  double loss;   /* the weighted sum of all losses and penalties */
  double accuracy;
  double val_loss; /* fv_trainer_fit: of the first loss, without weight and penalties */
  double val_accuracy;
  double learning_rate;
} fv_history_row;

/* Adds a row; fv_trainer_fit does so after every epoch. Part of the checkpoint. Errors: INVALID_ARGUMENT,
 * OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_trainer_record(fv_trainer *trainer, const fv_history_row *row, fv_error *error);
/* A value with a name for the row that is recorded next, beside its own numbers: "val_f1". Part of the
 * checkpoint, before that row too. Names are 1 to 128 bytes, and none of fv_history_row's. Errors:
 * INVALID_ARGUMENT (name), OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_trainer_record_value(fv_trainer *trainer, const char *name, double value,
                                         fv_error *error);
/* The name of series `index` of such values, in the order in which they first came; NULL beyond the last.
 * Borrowed until the next fv_trainer_record_value. Threads: shared. */
FV_API const char *fv_trainer_series_name(const fv_trainer *trainer, size_t index);
/* The values of a series, or of a number of fv_history_row by its name ("val_loss"), one for each row; NaN
 * where there was none. Copies up to `capacity`; `needed` receives their number. Errors: NOT_FOUND,
 * INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_trainer_series(const fv_trainer *trainer, const char *name, double *values,
                                   size_t capacity, size_t *needed, fv_error *error);
/* Copies up to `capacity` rows; `needed` receives their number. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_history(const fv_trainer *trainer, fv_history_row *rows, size_t capacity,
                                    size_t *needed, fv_error *error);

/* ---- notes ---------------------------------------------------------------------------------------- */

/* Text under a key, kept in the trainer and its checkpoints: what a loop or a callback must know to go on as
 * if it had never stopped. NULL removes it. Keys that begin with "fit." are fv_trainer_fit's. Errors:
 * INVALID_ARGUMENT (a key of 0 or more than 256 bytes, or with control characters; not UTF-8; more than 2^23
 * bytes in all), OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_trainer_set_note(fv_trainer *trainer, const char *key, const char *text, fv_error *error);
/* Copies up to `capacity` bytes; `needed` receives the size with the terminating zero. Errors: NOT_FOUND (no
 * such key), INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_get_note(const fv_trainer *trainer, const char *key, char *buffer,
                                     size_t capacity, size_t *needed, fv_error *error);

/* ---- checkpoints ---------------------------------------------------------------------------------- */

/* Keeps a copy of the model's parameters and state in the trainer, in place of an earlier one; it is in the
 * checkpoints from then on. fv_trainer_fit keeps the best epoch so, with restore_best. Errors: BUSY,
 * OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_trainer_keep_weights(fv_trainer *trainer, fv_error *error);
/* Puts the copy back into the model; it stays kept. The optimizer's moments stay as they are. Errors:
 * NOT_FOUND (nothing was kept), BUSY. Threads: exclusive. */
FV_API fv_status fv_trainer_restore_weights(fv_trainer *trainer, fv_error *error);

/* Writes the model's file with everything else that training needs: optimizer, step, epoch, position, seed,
 * history, notes, kept weights. Gradients that wait for fv_trainer_apply are not in it: a loaded trainer
 * goes on with the next fv_trainer_backward. Atomic as fv_model_save, with what is said there of the file;
 * fv_model_load opens it too. Errors: as fv_model_save. Threads: exclusive. */
FV_API fv_status fv_trainer_save(fv_trainer *trainer, const char *path, fv_error *error);
/* Makes the model and the trainer of a checkpoint. The model is borrowed through fv_trainer_model. Errors: as
 * fv_model_load. Threads: any. */
FV_API fv_status fv_trainer_load(fv_context *context, const char *path, fv_trainer **trainer,
                                 fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
