/* Schedule: the learning rate over the training, as a function of a time t that counts epochs or steps from
 * 0; of cycles the momentum, too. Named in fv_trainer_desc, saved in checkpoints.
 *
 *   fv_trainer_desc: .schedule = FV_SCHEDULE(.schedule = FV_SCHEDULE_COSINE, .total = 90, .warmup = 5)
 *
 * A rate of the host's own making is fv_fit_desc.rate, or fv_trainer_set_learning_rate between steps.
 */
#ifndef FOVEA_SCHEDULE_H
#define FOVEA_SCHEDULE_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* base: the trainer's learning rate. */
typedef int32_t fv_schedule;
enum {
  FV_SCHEDULE_CONSTANT = 0,
  FV_SCHEDULE_STEP = 1,            /* base gamma^floor(t / period) */
  FV_SCHEDULE_MULTI_STEP = 2,      /* base gamma^(how many milestones are at most t) */
  FV_SCHEDULE_EXPONENTIAL = 3,     /* base gamma^t */
  FV_SCHEDULE_INVERSE_TIME = 4,    /* base / (1 + gamma t / period); staircase: floor(t / period) */
  FV_SCHEDULE_POLYNOMIAL = 5,      /* lowest + (base - lowest) (1 - t / total)^power; lowest from t = total
                                      on */
  FV_SCHEDULE_COSINE = 6,          /* lowest + (base - lowest) (1 + cos(pi t / total)) / 2; lowest from
                                      total on; Loshchilov and Hutter 2017, eq. 5 */
  FV_SCHEDULE_COSINE_RESTARTS = 7, /* the same over periods of period, period growth, period growth^2, ... */
  FV_SCHEDULE_ONE_CYCLE = 8,       /* up by a cosine from highest / start_divisor to highest in the share
                                      `rising` of `total`, then down to highest / start_divisor /
                                      end_divisor; Smith and Topin 2018, as PyTorch has it */
  FV_SCHEDULE_CYCLIC = 9,          /* straight up from lowest to highest in `period`, down in `falling`;
                                      `shape` makes later cycles lower; Smith 2017 */
  FV_SCHEDULE_PLATEAU = 10         /* base gamma^n, at least lowest: n grows when `monitor` has not
                                      improved by more than min_delta for more than `patience` epochs, and
                                      again not before `cooldown` epochs have passed. A value that was not
                                      measured, NaN, changes nothing: what watches the validation needs
                                      one, and what watches a series (monitor_name) its values. Observed by
                                      fv_trainer_record, which fv_trainer_fit calls */
};

typedef int32_t fv_monitor;
enum {
  FV_MONITOR_VAL_LOSS = 0, /* smaller is better */
  FV_MONITOR_LOSS = 1,
  FV_MONITOR_VAL_ACCURACY = 2, /* larger is better */
  FV_MONITOR_ACCURACY = 3
};

typedef int32_t fv_cycle_shape;
enum {
  FV_CYCLE_TRIANGULAR = 0,  /* every cycle alike */
  FV_CYCLE_TRIANGULAR2 = 1, /* half as high each time */
  FV_CYCLE_EXPONENTIAL = 2  /* times gamma^t */
};

typedef struct fv_schedule_desc {
  uint32_t struct_size;
  fv_schedule schedule;
  int32_t per_step;          /* 0: t counts epochs of the feed; 1: steps */
  int32_t staircase;         /* INVERSE_TIME */
  int64_t warmup;            /* in front of any schedule, whose t then begins after it: from warmup_start
                                times its first rate straight up to it in so many t. Steps: the factor at t
                                is s + (1 - s) t / warmup, s = warmup_start. Epochs: s + (1 - s) (t + 1) /
                                warmup, so that none is trained at rate 0. 0: none; Goyal et al. 2017,
                                section 2.2 */
  double warmup_start;       /* factor, 0 to 1 */
  int64_t period;            /* 0: 1 */
  int64_t total;             /* required where it is used */
  const int64_t *milestones; /* MULTI_STEP; rising */
  size_t milestone_count;
  double gamma;              /* 0: 0.1; EXPONENTIAL and CYCLE_EXPONENTIAL need one */
  double power;              /* 0: 1 */
  double lowest;             /* rate */
  double highest;            /* rate; ONE_CYCLE, CYCLIC; 0: base */
  int64_t growth;            /* 0: 1 */
  int64_t falling;           /* CYCLIC; 0: as `period` */
  double rising;             /* ONE_CYCLE; 0: 0.3; FV_ZERO: 0 */
  double start_divisor;      /* ONE_CYCLE; 0: 25 */
  double end_divisor;        /* ONE_CYCLE; 0: 10,000 */
  fv_cycle_shape shape;
  fv_monitor monitor;        /* PLATEAU; so the rest */
  int64_t patience;          /* 0: 10; -1: 0 */
  int64_t cooldown;
  double min_delta;          /* 0: 1e-4; FV_ZERO: 0 */
  const char *monitor_name;  /* instead of `monitor`: a metric of the trainer's, "val_f1", or another value
                                that is recorded in every epoch (fv_trainer_record_value); 1 to 128 bytes */
  int32_t monitor_larger;    /* 1: of such a value larger is better; of a metric that is known */
  int32_t reserved;
  double lowest_momentum;    /* ONE_CYCLE, CYCLIC: the momentum (beta1 of Adam and its kin) goes against the
                                rate: from highest_momentum (in the warm-up too) to this where the rate is
                                highest, and back, 0 to below 1. Not for an optimizer without momentum, nor
                                NADAM. Both 0: the optimizer's stays; PyTorch's own are 0.85 and 0.95 */
  double highest_momentum;
} fv_schedule_desc;
#define FV_SCHEDULE(...) (&(const fv_schedule_desc){.struct_size = sizeof(fv_schedule_desc), __VA_ARGS__})

/* The rate at an epoch and step, to look at a schedule before training with it. PLATEAU: as if nothing had
 * been observed. Errors: INVALID_ARGUMENT. Threads: any. */
FV_API fv_status fv_schedule_rate(const fv_schedule_desc *desc, double base, int64_t epoch, int64_t step,
                                  double *rate, fv_error *error);

/* Likewise the momentum; NaN where the schedule leaves it to the optimizer. Errors: INVALID_ARGUMENT.
 * Threads: any. */
FV_API fv_status fv_schedule_momentum(const fv_schedule_desc *desc, int64_t epoch, int64_t step,
                                      double *momentum, fv_error *error);

/* Another schedule from the next step on; NULL: constant. What a plateau has seen stays if this one is a
 * plateau. Errors: INVALID_ARGUMENT. Threads: exclusive. */
FV_API fv_status fv_trainer_set_schedule(fv_trainer *trainer, const fv_schedule_desc *desc, fv_error *error);
/* The schedule with all its numbers, from a checkpoint too; its milestones and monitor_name are borrowed from
 * the trainer until another one is set. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_trainer_get_schedule(const fv_trainer *trainer, fv_schedule_desc *desc, fv_error *error);

/* ---- the learning-rate range test ----------------------------------------------------------------- */

typedef struct fv_rate_range_desc {
  uint32_t struct_size;
  int32_t batch_size; /* 0: that of the trainer's feed, or 32 */
  double lowest;      /* rate of the first step; 0: 1e-7 */
  double highest;     /* of the last; 0: 10. Between them rates rise by an equal factor */
  int64_t steps;      /* 10 or more; 0: 100 */
  double smoothing;   /* what the smoothed loss keeps of itself in each step; 0: 0.98; FV_ZERO: 0 */
  double divergence;  /* it ends early when the smoothed loss is this times its lowest; 0: 4 */
  fv_cancel_token *cancel;
} fv_rate_range_desc;
#define FV_RATE_RANGE(...) \
  (&(const fv_rate_range_desc){.struct_size = sizeof(fv_rate_range_desc), __VA_ARGS__})

/* One batch of the test. Frozen. */
typedef struct fv_rate_point {
  double rate;
  double loss;     /* of the batch, penalties included */
  double smoothed; /* its exponential average, corrected for the beginning */
} fv_rate_point;

typedef struct fv_rate_range {
  uint32_t struct_size; /* to be set by the caller */
  int32_t reserved;
  double suggested;     /* the smaller of the rate where the smoothed loss falls fastest with the logarithm
                           of the rate, the first tenth of the steps left out, and a tenth of lowest_loss;
                           NaN: it never falls */
  double lowest_loss;   /* the rate with the lowest smoothed loss, too high to train with; NaN: there is
                           none */
} fv_rate_range;

/* Trains with a rate that rises from batch to batch and watches the loss. It trains a copy of the model with
 * the trainer's optimizer (its moments start at zero), groups, losses and penalties, without schedule and
 * average: the trainer and its weights stay as they are. Copies up to `capacity` points; `needed` receives
 * their number; `points` and `needed` are nullable. Source: Smith 2017, section 3.3; the smoothing is
 * fastai's. Errors: INVALID_ARGUMENT (numbers, a dataset that cannot be fed), BUSY, CANCELLED, OUT_OF_MEMORY.
 * Threads: exclusive. */
FV_API fv_status fv_trainer_find_rate(const fv_trainer *trainer, const fv_dataset *dataset,
                                      const fv_rate_range_desc *desc, fv_rate_range *range,
                                      fv_rate_point *points, size_t capacity, size_t *needed,
                                      fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
