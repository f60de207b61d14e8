/* Fit: the training loop: epochs over a dataset, validation, early stopping, checkpoints, callbacks. */
#ifndef FOVEA_FIT_H
#define FOVEA_FIT_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/schedule.h>
#include <fovea/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Called between batches on the thread that called fit. A return value other than 0 stops the training: fit
 * returns FV_CANCELLED, and the trainer can be saved or go on. It may read and save the trainer and change
 * its rate; it must not step it. */
typedef int32_t (*fv_progress_fn)(void *user, const fv_progress *progress);

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
  FV_STOP_NAN = 2,            /* the loss of a batch was no number */
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
  double baseline;      /* what the monitored value must be better than in the first `patience` epochs; 0:
                           none; FV_ZERO: 0 */
  int64_t divergence;   /* epochs in a row in which the training loss falls and the validation loss rises; 0:
                           any number */
  double seconds;       /* since fit began, looked at after each batch; 0: any time */
  int32_t restore_best; /* 1: whatever ends fit but an error, the model gets the parameters and state of its
                           best epoch back. They are kept in memory: if fit went on from a checkpoint and no
                           epoch since was better, the model stays, and the best is in best_path */
  int32_t keep_nan;     /* 0: a loss that is no number ends fit */
} fv_stop_desc;
#define FV_STOP(...) (&(const fv_stop_desc){.struct_size = sizeof(fv_stop_desc), __VA_ARGS__})

typedef struct fv_fit_desc {
  uint32_t struct_size;
  int32_t epochs;     /* 0: 1. In all: a trainer that has done 2 of 5 does 3 more */
  int32_t batch_size; /* 0: 32 */
  int32_t no_shuffle;
  int32_t drop_last;
  int32_t checkpoint_steps;    /* save every so many steps too; 0: only after each epoch */
  const char *checkpoint_path; /* NULL: no checkpoints; written after on_progress, with what it has changed */
  fv_progress_fn on_progress;
  void *user;
  fv_drop_fn drop;             /* called once, before fit returns */
  fv_cancel_token *cancel;
  fv_rate_fn rate;             /* takes `user` too */
  const fv_stop_desc *stop;    /* NULL: when all epochs are done */
  const char *best_path;       /* the model of the best epoch by `stop`'s monitor is saved here; needs
                                  `stop` */
  fv_stop_reason *reason;      /* nullable; receives why it ended */
} fv_fit_desc;
#define FV_FIT(...) (&(const fv_fit_desc){.struct_size = sizeof(fv_fit_desc), __VA_ARGS__})

/* Trains for `epochs` epochs on `train`, measures loss and accuracy on `validation` (nullable) after each,
 * and records the history. Written with public calls only (lib/train/fit*.cc): copy it where you need
 * another loop. Errors: as its parts; CANCELLED. Threads: exclusive. */
FV_API fv_status fv_trainer_fit(fv_trainer *trainer, const fv_dataset *train, const fv_dataset *validation,
                                const fv_fit_desc *desc, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
