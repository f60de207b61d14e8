/* Schedule: the learning rate over the training, as a function of a time t that counts epochs or steps from
 * 0. Named in fv_trainer_desc, saved in checkpoints.
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
                                      one. Observed by fv_trainer_record, which fv_trainer_fit calls */
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
                                times its first rate straight up to it in so many t; 0: none; Goyal et al.
                                2017, section 2.2 */
  double warmup_start;       /* factor, 0 to 1 */
  int64_t period;            /* 0: 1 */
  int64_t total;             /* required where it is used */
  const int64_t *milestones; /* MULTI_STEP; rising */
  size_t milestone_count;
  double gamma;              /* 0: 0.1 */
  double power;              /* 0: 1 */
  double lowest;             /* rate */
  double highest;            /* rate; ONE_CYCLE, CYCLIC; 0: base */
  int64_t growth;            /* 0: 1 */
  int64_t falling;           /* CYCLIC; 0: as `period` */
  double rising;             /* ONE_CYCLE; 0: 0.3; FV_ZERO: 0 */
  double start_divisor;      /* ONE_CYCLE; 0: 25 */
  double end_divisor;        /* ONE_CYCLE; 0: 10,000 */
  fv_cycle_shape shape;
  fv_monitor monitor;        /* PLATEAU; so the next three */
  int64_t patience;          /* 0: 10; -1: 0 */
  int64_t cooldown;
  double min_delta;          /* 0: 1e-4; FV_ZERO: 0 */
} fv_schedule_desc;
#define FV_SCHEDULE(...) (&(const fv_schedule_desc){.struct_size = sizeof(fv_schedule_desc), __VA_ARGS__})

/* The rate at an epoch and step, to look at a schedule before training with it. PLATEAU: as if nothing had
 * been observed. Errors: INVALID_ARGUMENT. Threads: any. */
FV_API fv_status fv_schedule_rate(const fv_schedule_desc *desc, double base, int64_t epoch, int64_t step,
                                  double *rate, fv_error *error);

/* Another schedule from the next step on; NULL: constant. What a plateau has seen stays if this one is a
 * plateau. Errors: INVALID_ARGUMENT. Threads: exclusive. */
FV_API fv_status fv_trainer_set_schedule(fv_trainer *trainer, const fv_schedule_desc *desc, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
