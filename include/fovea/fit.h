/* Fit: the training loop: epochs over a dataset, validation, early stopping, callbacks, checkpoints, logs.
 *
 *   for each epoch:  on_epoch_begin
 *     for each batch:  wait while `cancel` is paused;  on_batch_begin;  rate;  the batch;  on_batch_end
 *     validation;  history;  stop, best_path;  log;  on_epoch_end
 *   after each batch, what stands above included:  on_progress;  checkpoint
 *
 * A checkpoint comes last, so that it has what callbacks have changed. A process that was killed goes on from
 * its newest checkpoint and comes to the same bits:
 *
 *   if (fv_trainer_load(context, "c.fovea", &trainer, &err) == FV_NOT_FOUND) ... fv_trainer_create(...);
 *   fv_trainer_fit(trainer, data, test, FV_FIT(.epochs = 9, .checkpoint_path = "c.fovea"), &err);
 */
#ifndef FOVEA_FIT_H
#define FOVEA_FIT_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/metric.h>
#include <fovea/schedule.h>
#include <fovea/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called between batches on the thread that called fit. A return value other than 0 stops the training: fit
 * returns FV_CANCELLED, and the trainer can be saved or go on. It may read and save the trainer and change
 * its rate; it must not step it. */
typedef int32_t (*fv_progress_fn)(void *user, const fv_progress *progress);

/* The same with the trainer. */
typedef int32_t (*fv_callback_fn)(void *user, fv_trainer *trainer, const fv_progress *progress);

/* Functions that fit calls, each nullable. Where there are several of these, each event goes to all of them
 * in the order of their list, and then stops the training if one has asked for it. At the beginning of an
 * epoch or batch `progress` is about the batch to come: its epoch and number, the rate as it is before
 * on_batch_begin and `rate` change it, and the means of the epoch so far, NaN before its first batch. */
typedef struct fv_callbacks_desc {
  uint32_t struct_size;
  int32_t reserved;
  fv_callback_fn on_train_begin; /* once, when everything is ready */
  fv_callback_fn on_train_end;   /* once if on_train_begin was called, whatever has ended the training, with
                                    the best epoch restored; what it returns counts for nothing */
  fv_callback_fn on_epoch_begin; /* also where fit goes on inside of an epoch */
  fv_callback_fn on_epoch_end;   /* after validation and history. Where a training was cut off in its
                                    validation, the next fit begins with this */
  fv_callback_fn on_batch_begin;
  fv_callback_fn on_batch_end;
  void *user;
  fv_drop_fn drop;               /* called once, before fit returns, also when fit refuses */
} fv_callbacks_desc;
#define FV_CALLBACKS(...) (&(const fv_callbacks_desc){.struct_size = sizeof(fv_callbacks_desc), __VA_ARGS__})

/* Called before every batch on the thread that called fit, with the epoch of that batch and the steps so
 * far, both from 0: the trainer's rate from now on, as fv_trainer_set_learning_rate. `rate` is the one of
 * now; with a schedule both are its base. A rate that is negative or no number ends fit with
 * INVALID_ARGUMENT. */
typedef double (*fv_rate_fn)(void *user, int64_t epoch, int64_t step, double rate);

/* Why fit ended. */
typedef int32_t fv_stop_reason;
enum {
  FV_STOP_EPOCHS = 0,         /* all of them are done, or an error ended it */
  FV_STOP_NO_IMPROVEMENT = 1, /* of the monitored value for `patience` epochs */
  FV_STOP_NAN = 2,            /* the loss of a batch was NaN or infinite */
  FV_STOP_DIVERGENCE = 3,     /* training and validation loss went apart */
  FV_STOP_TIME = 4
};

/* When fit ends before its epochs are done. After each epoch this is decided from the history alone, so that
 * a training that goes on from a checkpoint stops where it would have. */
typedef struct fv_stop_desc {
  uint32_t struct_size;
  fv_monitor monitor;
  int64_t patience;     /* epochs in a row that are no better than the best so far by more than min_delta;
                           0: any number; Prechelt 1998 */
  double min_delta;
  double baseline;      /* only an epoch that is better than this, too, by more than min_delta begins
                           `patience` anew; which epoch is the best does not depend on it. 0: none; FV_ZERO:
                           0 */
  int64_t divergence;   /* epochs in a row in which the training loss falls and the validation loss rises by
                           more than divergence_delta; 0: any number */
  double seconds;       /* since fit began, pauses left out, looked at after each batch; 0: any time */
  int32_t restore_best; /* 1: whatever ends fit but an error, the model gets the parameters and state of its
                           best epoch back (fv_trainer_keep_weights, so that checkpoints have them). The
                           optimizer stays where it is */
  int32_t keep_nan;     /* 0: a loss that is NaN or infinite ends fit, as Keras's TerminateOnNaN */
  const char *monitor_name; /* instead of `monitor`: a metric, "val_f1", or another value that is recorded
                               in every epoch (fv_trainer_record_value). Errors: NOT_FOUND, when none was */
  int32_t monitor_larger;   /* 1: of such a value larger is better; of a metric that is known */
  int32_t reserved;
  double divergence_delta;
} fv_stop_desc;
#define FV_STOP(...) (&(const fv_stop_desc){.struct_size = sizeof(fv_stop_desc), __VA_ARGS__})

typedef struct fv_fit_desc {
  uint32_t struct_size;
  int32_t epochs;     /* 0: 1. In all: a trainer that has done 2 of 5 does 3 more */
  int32_t batch_size; /* 0: 32 */
  int32_t no_shuffle;
  int32_t drop_last;
  int32_t checkpoint_steps;    /* save every so many steps too; 0: only after epochs */
  const char *checkpoint_path; /* NULL: no checkpoints. In the file's name {epoch} stands for the epochs that
                                  are done, {step} for the steps so far, in decimal digits. After a batch
                                  whose loss is NaN or infinite nothing is saved and nothing removed, unless
                                  `stop` says keep_nan: the last good one stays */
  fv_progress_fn on_progress;
  void *user;
  fv_drop_fn drop;             /* called once, before fit returns */
  fv_cancel_token *cancel;
  fv_rate_fn rate;             /* takes `user` too */
  const fv_stop_desc *stop;    /* NULL: when all epochs are done */
  const char *best_path;       /* the model of the best epoch by `stop`'s monitor is saved here; needs
                                  `stop` */
  fv_stop_reason *reason;      /* nullable; receives why it ended */
  const fv_callbacks_desc *const *callbacks; /* NULL: none */
  size_t callback_count;
  int32_t checkpoint_epochs;   /* of the epochs only every so many-th is saved; 0: each */
  int32_t checkpoint_improved; /* 1: of these only one that is the best so far by `stop`'s monitor; needs
                                  `stop` */
  int32_t keep_checkpoints;    /* so many files stay: when a newer one is safely on the disk, the oldest
                                  beyond them is removed, if a fit of this training with this very
                                  checkpoint_path wrote it. Needs {epoch} or {step}; 0: all stay; up to
                                  10000 */
  int32_t log_steps;           /* a row every so many steps too; 0: only after each epoch */
  const char *csv_path;        /* the training as a table; NULL: none. See below. So the next */
  const char *jsonl_path;      /* the same as a JSON object in each line */
  const fv_metric_desc *const *metrics; /* measured in the training (fv_trainer_set_metrics) and on
                                           `validation`; recorded in the history's series under their names,
                                           and those with "val_" in front; "accuracy" in its rows */
  size_t metric_count;                  /* 0: the metrics that the trainer has */
  int32_t workers;                      /* as in fv_feed_desc; they end when fit returns, and the trainer is
                                           then without a feed */
  int32_t prefetch;
  int32_t validate_average;             /* 1: what is validated, and saved in best_path, is the average of the
                                           weights (fv_trainer_averaged_model) as soon as there is one. Not
                                           with restore_best, which is about the weights that are trained */
  int32_t reserved;
} fv_fit_desc;
#define FV_FIT(...) (&(const fv_fit_desc){.struct_size = sizeof(fv_fit_desc), __VA_ARGS__})

/* Trains for `epochs` epochs on `train`, measures loss and accuracy on `validation` (nullable) after each,
 * and records the history. With several losses the validation measures the first alone, without its weight:
 * val_loss is then no counterpart of `loss`, which is their weighted sum with the penalties. The names that
 * `train` has for its classes are written into the model (model.h). Written with public calls only
 * (lib/train/fit*.cc): copy it where you need another loop. Errors: as its parts; INVALID_ARGUMENT (a class
 * that has another name in `validation`, or in a model that has been trained, too); BUSY (the model is read
 * meanwhile); CANCELLED; MISMATCH (a log's file is none), IO. Threads: exclusive.
 *
 * A log has a row for each epoch, and for steps as asked:
 *
 *   epoch,batch,step,epoch_ended,loss,accuracy,val_loss,val_accuracy,batch_loss,learning_rate,seconds
 *
 * as fv_progress has them, then a column for each series that metrics make ("f1,val_f1"); these and val_*
 * only where epoch_ended, which is 0 or 1 (JSON: false or true). Numbers are the shortest that read back to
 * the same bits, with a point in every locale; NaN and infinity are an empty field (JSON: null). Rows are
 * appended and flushed one by one. Rows beyond the point where the trainer stands, and a line that was cut
 * off, are removed first: a training that begins anew empties the file, and one that goes on from a
 * checkpoint has each row once. A file that is no such log, or one with other columns, is left alone
 * (MISMATCH). */
FV_API fv_status fv_trainer_fit(fv_trainer *trainer, const fv_dataset *train, const fv_dataset *validation,
                                const fv_fit_desc *desc, fv_error *error);

/* The newest file that fit has written for this checkpoint_path: the one with most steps, then epochs, among
 * those with such a name in its folder; without {epoch} and {step} the path itself. For fv_trainer_load.
 * `needed` receives the size with the terminating zero. Errors: NOT_FOUND (there is none), INVALID_ARGUMENT,
 * IO. Threads: any. */
FV_API fv_status fv_checkpoint_find(const char *checkpoint_path, char *path, size_t capacity, size_t *needed,
                                    fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
