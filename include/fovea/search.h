/* Search: which learning rate, penalty, width, ... is best, by trying. Trials are scored on validation data;
 * a set that is marked as a test set is refused. And cross-validation, of one choice of options.
 *
 *   const fv_parameter_desc *space[] = {
 *       FV_PARAMETER(.name = "rate", .range = FV_RANGE_LOG_UNIFORM, .low = 1e-4, .high = 1),
 *       FV_PARAMETER(.name = "units", .values = (double[]){32, 64, 128}, .value_count = 3)};
 *   fv_search_create(FV_SEARCH(.method = FV_SEARCH_HALVING, .parameters = space, .parameter_count = 2,
 *                              .trials = 27), &search, &err);
 *   fv_search_fit(search, train, validation, FV_SEARCH_FIT(.build = build), &err);
 *   fv_search_table(search, text, sizeof text, NULL, &err);
 *
 * `build` makes a model and a trainer out of a trial's values. fv_search_run asks the host for a score
 * instead, and both are loops around fv_search_next and fv_search_report, with which the host may write its
 * own, for instance one that runs trials side by side.
 *
 * The values of a trial depend on seed, number of the trial and number of the parameter only. A search is
 * resumed by making it again and reporting the scores that are known.
 */
#ifndef FOVEA_SEARCH_H
#define FOVEA_SEARCH_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/dataset.h>
#include <fovea/fit.h>
#include <fovea/schedule.h>
#include <fovea/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- what is tried -------------------------------------------------------------------------------- */

/* Where the values of a parameter come from. */
typedef int32_t fv_range;
enum {
  FV_RANGE_CHOICE = 0,      /* one of `values` or `labels`, each as likely */
  FV_RANGE_UNIFORM = 1,     /* [low, high) */
  FV_RANGE_LOG_UNIFORM = 2, /* [low, high), its logarithm uniform: for rates and penalties */
  FV_RANGE_INTEGER = 3      /* a whole number from low to high, each as likely */
};

typedef struct fv_parameter_desc {
  uint32_t struct_size;
  fv_range range;
  const char *name;          /* required, another for each parameter */
  double low;                /* more than 0 for LOG_UNIFORM */
  double high;               /* more than low */
  const double *values;      /* CHOICE */
  size_t value_count;
  const char *const *labels; /* CHOICE; names of the values, for tables; without `values` a value is the
                                number of its label, from 0 */
  size_t label_count;
  int64_t points;            /* GRID: so many values from low to high, both included, evenly spaced (their
                                logarithms for LOG_UNIFORM, rounded for INTEGER); required for a range but
                                INTEGER, where 0 is all of them */
} fv_parameter_desc;
#define FV_PARAMETER(...) \
  (&(const fv_parameter_desc){.struct_size = sizeof(fv_parameter_desc), __VA_ARGS__})

typedef int32_t fv_search_method;
enum {
  FV_SEARCH_RANDOM = 0,  /* every value drawn for itself: finds the parameter that matters with fewer trials
                            than a grid; Bergstra and Bengio 2012. Draws may repeat */
  FV_SEARCH_GRID = 1,    /* all combinations, that of the last parameter changing fastest */
  FV_SEARCH_HALVING = 2  /* successive halving of random draws: all train for min_epochs, the best of each
                            round, 1 / eta of them rounded down, go on to eta times as many epochs, until a
                            round has reached max_epochs or nobody would be left; Jamieson and Talwalkar
                            2016, Li et al. 2018, algorithm 1. With 9 trials and eta 3: 9 x 1 epoch, 3 x 3,
                            1 x 9 */
};

typedef struct fv_search_desc {
  uint32_t struct_size;
  fv_search_method method;
  const fv_parameter_desc *const *parameters;
  size_t parameter_count; /* 1 to 64 */
  int64_t trials;         /* required, up to 1,000,000; GRID: 0, it counts its own */
  uint64_t seed;
  fv_monitor monitor;     /* what a score is, of the validation: VAL_LOSS, smaller is better, or VAL_ACCURACY,
                             larger is better; what the host scores is better in the same direction */
  int32_t eta;            /* HALVING; 2 or more; 0: 3 */
  int64_t min_epochs;     /* HALVING, of the first round; 0: 1 */
  int64_t max_epochs;     /* of a trial; 0: 1, HALVING: as many as there are rounds for */
} fv_search_desc;
#define FV_SEARCH(...) (&(const fv_search_desc){.struct_size = sizeof(fv_search_desc), __VA_ARGS__})

/* Errors: INVALID_ARGUMENT (which parameter, and why), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_search_create(const fv_search_desc *desc, fv_search **search, fv_error *error);
FV_API void fv_search_destroy(fv_search *search);

/* ---- trials --------------------------------------------------------------------------------------- */

typedef int32_t fv_trial_state;
enum {
  FV_TRIAL_WAITING = 0, /* to be given by fv_search_next, perhaps for another round */
  FV_TRIAL_RUNNING = 1, /* given, not reported */
  FV_TRIAL_PAUSED = 2,  /* HALVING: reported; the round goes on */
  FV_TRIAL_DONE = 3,
  FV_TRIAL_STOPPED = 4, /* HALVING: was not among the best of its round */
  FV_TRIAL_FAILED = 5   /* with an error, or a score that is no number */
};

/* One trial; a row of the results. Pointers are borrowed from the search; `scores` and `message` up to the
 * trial's next report. Frozen. */
typedef struct fv_trial {
  int64_t index;        /* from 0 */
  const double *values; /* one for each parameter */
  size_t value_count;
  int64_t epochs;       /* to train in all, those of earlier rounds included */
  fv_trial_state state;
  fv_status status;     /* of a failure; OK where the score is no number, as without a failure */
  const char *message;  /* of a failure, else "" */
  const double *scores; /* as reported: one, or one for each fold */
  size_t score_count;
  double score;         /* their mean; NaN before and after a failure */
  double stddev;        /* theirs, / (n - 1); NaN with fewer than two */
  double seconds;       /* from being given to being reported, of all rounds */
} fv_trial;

/* Gives the next trial. `trial->index` is -1 when there is none left. Several may be out at the same time.
 * Errors: BUSY (HALVING: what comes next depends on trials that are out). Threads: exclusive. */
FV_API fv_status fv_search_next(fv_search *search, fv_trial *trial, fv_error *error);

/* What became of trial `index`: scores, whose mean counts; or a failure (nullable; its code and message are
 * copied), with which the trial is FAILED, but CANCELLED puts it back to be given again. A trial may be
 * reported without having been given, which is how a search is resumed. Errors: INVALID_ARGUMENT (no such
 * trial, one that is over, neither scores nor a failure), OUT_OF_MEMORY. Threads: exclusive. */
FV_API fv_status fv_search_report(fv_search *search, int64_t index, const double *scores, size_t score_count,
                                  const fv_error *failure, fv_error *error);

/* ---- results -------------------------------------------------------------------------------------- */

/* Copies up to `capacity` rows, in the order of the trials; `needed` receives their number. Errors:
 * INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_search_trials(const fv_search *search, fv_trial *rows, size_t capacity, size_t *needed,
                                  fv_error *error);
/* The best trial so far: of those that have trained longest the one with the best score, of equals the first.
 * Errors: NOT_FOUND (none has a score; the message has the first failure). Threads: shared. */
FV_API fv_status fv_search_best(const fv_search *search, fv_trial *trial, fv_error *error);
/* A table for people, the best first; values are named by their labels. Errors: INVALID_ARGUMENT,
 * OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_search_table(const fv_search *search, char *buffer, size_t capacity, size_t *needed,
                                 fv_error *error);
/* All trials as comma-separated values (RFC 4180, lines end in "\n"), in their order, numbers with all their
 * digits: trial, the parameters, epochs, state, score, stddev, seconds, message. Errors: INVALID_ARGUMENT,
 * OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_search_csv(const fv_search *search, char *buffer, size_t capacity, size_t *needed,
                               fv_error *error);

/* ---- loops ---------------------------------------------------------------------------------------- */

/* After every trial, with its row, on the thread that called. A value other than 0 ends the search with
 * CANCELLED. */
typedef int32_t (*fv_trial_fn)(void *user, const fv_trial *trial);

/* The score of a trial. A failure is a row of the results, and the search goes on; CANCELLED ends it, and the
 * trial is given again by the next call. `error` may be filled, as the library does. */
typedef fv_status (*fv_objective_fn)(void *user, const fv_trial *trial, double *score, fv_error *error);

typedef struct fv_search_run_desc {
  uint32_t struct_size;
  int32_t reserved;
  fv_objective_fn objective; /* required */
  fv_trial_fn on_trial;
  void *user;
  fv_drop_fn drop;           /* called once, before the call returns */
  fv_cancel_token *cancel;   /* looked at between trials */
} fv_search_run_desc;
#define FV_SEARCH_RUN(...) \
  (&(const fv_search_run_desc){.struct_size = sizeof(fv_search_run_desc), __VA_ARGS__})

/* Runs all trials that are left. Errors: CANCELLED, INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: exclusive; the
 * callbacks may read the search, but not step it. */
FV_API fv_status fv_search_run(fv_search *search, const fv_search_run_desc *desc, fv_error *error);

/* Makes the trainer of a trial, which becomes the search's (a model keeps living for its trainer, so destroy
 * your handle of it). With folds it is called for each of them: give it equal models, or differently
 * initialised ones. Failures as fv_objective_fn's. */
typedef fv_status (*fv_build_fn)(void *user, const fv_trial *trial, int32_t fold, fv_trainer **trainer,
                                 fv_error *error);

typedef struct fv_search_fit_desc {
  uint32_t struct_size;
  int32_t allow_test;        /* 1: a test set decides nevertheless */
  fv_build_fn build;         /* required */
  fv_trial_fn on_trial;
  void *user;
  fv_drop_fn drop;           /* called once, before the call returns */
  const fv_fit_desc *fit;    /* of every trial; `epochs` is the search's, and files and `reason` are none; its
                                callbacks hear of each trial's training, and are dropped once */
  const fv_fold_desc *folds; /* k-fold validation of every trial; then there is no validation set. NULL:
                                none. `fold` is not used */
  fv_trainer **best;         /* nullable; receives the trainer of the best trial, the caller's from then on,
                                or NULL where no trial that this call has run is the best. Not with folds */
} fv_search_fit_desc;
#define FV_SEARCH_FIT(...) \
  (&(const fv_search_fit_desc){.struct_size = sizeof(fv_search_fit_desc), __VA_ARGS__})

/* Trains all trials that are left with fv_trainer_fit, and scores them on `validation` as the search's
 * `monitor` says: the model as fit leaves it, after the last epoch, or the best one where fit's `stop`
 * restores that (which HALVING refuses). A loss that becomes NaN fails the trial. HALVING keeps the trainers
 * of a round in memory; those that go on do so where they stand, to the same bits as without a pause.
 * Errors: as fv_search_run; INVALID_ARGUMENT (a set that is marked as test, without allow_test; folds and a
 * validation set, or neither); CANCELLED by the token or the callback of `fit`, too. Threads: as
 * fv_search_run. */
FV_API fv_status fv_search_fit(fv_search *search, const fv_dataset *train, const fv_dataset *validation,
                               const fv_search_fit_desc *desc, fv_error *error);

/* ---- cross-validation ----------------------------------------------------------------------------- */

typedef struct fv_cross_validate_desc {
  uint32_t struct_size;
  int32_t reseed;            /* 0: every fold begins with the model's parameters and state as they are; 1:
                                with initial ones of its own, fv_model_reinitialize with `seed` + fold, which
                                is added to the trainer's seed too */
  uint64_t seed;
  const fv_fold_desc *folds; /* NULL: 5, in stretches. `fold` is not used */
  const fv_fit_desc *fit;    /* of every fold; without files and `reason`. As in fv_search_fit_desc */
  int32_t allow_test;        /* 1: of a test set nevertheless */
  int32_t reserved;
} fv_cross_validate_desc;
#define FV_CROSS_VALIDATE(...) \
  (&(const fv_cross_validate_desc){.struct_size = sizeof(fv_cross_validate_desc), __VA_ARGS__})

/* Frozen. */
typedef struct fv_cross_validation {
  fv_history_row mean;   /* of the folds' last rows; epoch: the least */
  fv_history_row stddev; /* / (n - 1); epoch: 0 */
} fv_cross_validation;

/* Trains copies of a model, one for each fold, on the other folds, and validates each on its own: as many
 * rows as folds, each the last of its history (where fit's `stop` restores the best epoch, with that one's
 * validation). Copies up to `capacity` rows; `needed` receives their number (all nullable, as `result`). The
 * model itself stays as it is. Errors: as fv_dataset_fold, fv_trainer_create and fv_trainer_fit;
 * INVALID_ARGUMENT (a dataset that is marked as test, a loss that became NaN). Threads: shared on the
 * model. */
FV_API fv_status fv_cross_validate(const fv_model *model, const fv_trainer_desc *trainer,
                                   const fv_dataset *dataset, const fv_cross_validate_desc *desc,
                                   fv_history_row *rows, size_t capacity, size_t *needed,
                                   fv_cross_validation *result, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
