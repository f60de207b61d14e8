/* Checks: what is wrong with a training before it costs a night, in words: where, how far off, what to do.
 *
 *   fv_report *report;
 *   TRY(fv_check_all(trainer, train, FV_CHECK(.validation = validation), &report, &err));
 *   TRY(fv_report_text(report, text, sizeof text, NULL, &err));
 *   puts(text);
 *   if (fv_report_severity(report) >= FV_SEVERITY_WARNING) ...
 *
 * A check looks at a trainer with its data and never changes either: whatever it trains is a copy of the
 * model with the trainer's own losses, optimizer, schedule, groups and penalties, begun at the model's
 * present weights with the optimizer and its schedule at their first step. The copy is as large as the
 * trainer. Equal trainers, data and descriptors give equal reports, whatever the number of threads.
 *
 * Most of what goes wrong shows in a short trial of `steps` steps, which the checks of one fv_check_all
 * share. A verdict about the learning rate is never read from one curve: the trial is done again with rates
 * ten times larger or smaller and so on, and only a rate that fails where another one learns is called wrong.
 */
#ifndef FOVEA_CHECK_H
#define FOVEA_CHECK_H

#include <fovea/base.h>
#include <fovea/context.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- findings ------------------------------------------------------------------------------------- */

typedef int32_t fv_check;
enum {
  FV_CHECK_GRADIENT = 1,
  FV_CHECK_CHANCE_LOSS = 2,
  FV_CHECK_REGULARIZATION = 3,
  FV_CHECK_OVERFIT = 4,
  FV_CHECK_SYMMETRY = 5,
  FV_CHECK_UNITS = 6,
  FV_CHECK_UPDATE_RATIO = 7,
  FV_CHECK_GRADIENT_FLOW = 8,
  FV_CHECK_LEARNING_RATE = 9,
  FV_CHECK_NON_FINITE = 10,
  FV_CHECK_LEAKAGE = 11,
  FV_CHECK_LABELS = 12,
  FV_CHECK_INPUTS = 13,
  FV_CHECK_ADVICE = 14
};

/* WARNING and ERROR are alarms. */
typedef int32_t fv_severity;
enum {
  FV_SEVERITY_OK = 0,      /* the check has found nothing wrong; the finding says what it measured */
  FV_SEVERITY_NOTE = 1,    /* worth knowing; a check that could not be done, and why */
  FV_SEVERITY_WARNING = 2, /* probably wrong, or a waste */
  FV_SEVERITY_ERROR = 3    /* wrong: this training cannot work, or its results mean nothing */
};

/* What was found. The numbers are stable. */
typedef int32_t fv_finding_code;
enum {
  FV_FINDING_NONE = 0,
  FV_FINDING_SKIPPED = 1,                /* the check does not apply here, or failed */
  FV_FINDING_WRONG_GRADIENT = 2,         /* a backward pass is not the derivative of its forward pass */
  FV_FINDING_LOSS_NOT_AT_CHANCE = 3,     /* the first loss is far above that of knowing nothing */
  FV_FINDING_REGULARIZATION_IGNORED = 4, /* the loss does not rise with l2 as it must */
  FV_FINDING_REGULARIZATION_TOO_STRONG = 5,
  FV_FINDING_CANNOT_OVERFIT = 6,         /* not even a few samples can be learned by heart */
  FV_FINDING_SYMMETRIC_WEIGHTS = 7,      /* all units of a layer are equal and stay so */
  FV_FINDING_DEAD_UNITS = 8,             /* rectifiers that give 0 for every sample */
  FV_FINDING_SATURATED_UNITS = 9,        /* sigmoids and tanhs at their ends, where the derivative is 0 */
  FV_FINDING_UPDATES_TOO_LARGE = 10,     /* against the weights that they change */
  FV_FINDING_UPDATES_TOO_SMALL = 11,
  FV_FINDING_VANISHING_GRADIENT = 12,    /* towards the input */
  FV_FINDING_EXPLODING_GRADIENT = 13,
  FV_FINDING_NO_GRADIENT = 14,           /* a trained kernel's gradient is 0 in every step */
  FV_FINDING_NOTHING_TRAINS = 15,        /* all parameters are frozen, or there are none */
  FV_FINDING_RATE_TOO_HIGH = 16,
  FV_FINDING_RATE_TOO_LOW = 17,          /* also a schedule or callback that has made it less than 1e-12 */
  FV_FINDING_NON_FINITE = 18,            /* a NaN or an infinity */
  FV_FINDING_LEAKED_SPLIT = 19,          /* samples of the validation or test set are trained on */
  FV_FINDING_DUPLICATE_SAMPLES = 20,     /* inside one set */
  FV_FINDING_TEST_SET_USED = 21,         /* as training or validation set: it can no longer judge */
  FV_FINDING_LABELS_UNRELATED = 22,      /* the inputs say nothing about the labels: shuffled? */
  FV_FINDING_SWAPPED_LABELS = 23,        /* the sets number their classes differently */
  FV_FINDING_CONSTANT_LABELS = 24,       /* all labels or targets are the same */
  FV_FINDING_MISSING_CLASS = 25,         /* a class without a sample, or only in the other set */
  FV_FINDING_IMBALANCED_CLASSES = 26,
  FV_FINDING_CONFLICTING_LABELS = 27,    /* equal samples, or much alike, with different ones */
  FV_FINDING_CONSTANT_INPUT = 28,        /* all samples are the same */
  FV_FINDING_UNSCALED_INPUT = 29,        /* inputs far from mean 0 and deviation 1 */
  FV_FINDING_HIDDEN_ACTIVATION = 30,     /* sigmoid or tanh where a rectifier serves better */
  FV_FINDING_OUTPUT_ACTIVATION = 31,     /* one in front of a loss that has its own or wants none */
  FV_FINDING_DROPOUT_TOO_STRONG = 32,
  FV_FINDING_SORTED_SAMPLES = 33         /* by class, and the trainer's feed does not shuffle them */
};

/* Frozen. */
typedef struct fv_finding {
  fv_check check;
  fv_severity severity;
  fv_finding_code code;
  int32_t reserved;
  const char *where;   /* a node ("conv1"), a parameter ("conv1.kernel"), "train", "validation", "test"; "":
                          everywhere. The strings are borrowed from the report */
  const char *message; /* a sentence or two: what is wrong, and what to do */
  double value;        /* what was measured, by the check's own measure below; NaN: nothing */
  double threshold;    /* beyond which it is wrong; NaN: none */
  int64_t step;        /* of the trial, from 0; -1: none */
} fv_finding;

/* Copies up to `capacity` findings, the most severe first, then in the order of the checks; `needed` receives
 * their number. Errors: INVALID_ARGUMENT. Threads: shared. */
FV_API fv_status fv_report_findings(const fv_report *report, fv_finding *findings, size_t capacity,
                                    size_t *needed, fv_error *error);
/* A table for people: severity, check, place and measure of each finding, each followed by its sentences.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: shared. */
FV_API fv_status fv_report_text(const fv_report *report, char *buffer, size_t capacity, size_t *needed,
                                fv_error *error);
/* The worst of all findings; FV_SEVERITY_OK for NULL. Threads: shared. */
FV_API fv_severity fv_report_severity(const fv_report *report);
FV_API void fv_report_destroy(fv_report *report);

/* "gradient", "learning rate"; NULL for a number that is none. Threads: any. */
FV_API const char *fv_check_name(fv_check check);
/* "rate too high"; NULL for a number that is none. Threads: any. */
FV_API const char *fv_finding_name(fv_finding_code code);

/* ---- checks --------------------------------------------------------------------------------------- */

/* What all checks take; each says what it uses. */
typedef struct fv_check_desc {
  uint32_t struct_size;
  int32_t steps;                /* of a trial; 0: 200 */
  int32_t batch_size;           /* of a trial; 0: that of the trainer's feed, or 32 */
  int32_t overfit_samples;      /* 0: 20 */
  int32_t overfit_steps;        /* full-batch steps; 0: 200 */
  int32_t gradient_samples;     /* 0: 4 */
  int32_t coordinates;          /* of each parameter; 0: 400 in all, but 3 to 20 for each; -1: every one */
  int32_t burn_in;              /* steps of a trial before the second gradient check; 0: `steps`; -1: there is
                                   none */
  double gradient_step;         /* h; 0: 6e-6 max(1, |w|), the best in double precision; the lectures' 1e-7 */
  double l2;                    /* of fv_check_regularization; 0: 1e3 */
  int64_t epochs;               /* planned: how far fv_check_learning_rate looks along the schedule; 0: 1 */
  const fv_dataset *validation; /* NULL: labels are judged by samples of the training set that are held out */
  const fv_dataset *test;       /* only compared with the others; NULL: none */
  fv_cancel_token *cancel;
} fv_check_desc;
#define FV_CHECK(...) (&(const fv_check_desc){.struct_size = sizeof(fv_check_desc), __VA_ARGS__})

/* All checks below. One that does not apply or fails leaves a NOTE, FV_FINDING_SKIPPED; but OUT_OF_MEMORY and
 * CANCELLED end the call. A finding that another one explains is left out: where NaN comes of the rate, or
 * nothing is learned for unrelated labels, there is one alarm about it.
 *
 * For this and every check: `report` is owned by the caller. Errors: INVALID_ARGUMENT (data that does not fit
 * the model, a trainer without a loss, a model with more than one input), BUSY (the model is being written),
 * CANCELLED (looked at before every step), OUT_OF_MEMORY, what a layer or loss of the host's returns.
 * Threads: shared on the trainer, as a reader of its model. */
FV_API fv_status fv_check_all(const fv_trainer *trainer, const fv_dataset *train, const fv_check_desc *desc,
                              fv_report **report, fv_error *error);

/* The measure of the gradient check, the relative error |a - n| / (|a| + |n|) of all checked components as
 * one vector, a by backward, n by differences. Bands: */
#define FV_GRADIENT_GREAT 1e-7   /* up to here: right */
#define FV_GRADIENT_KINKS 1e-5   /* up to here: may need a look; NOTE */
#define FV_GRADIENT_CONCERN 1e-3 /* up to here: a concern, WARNING; beyond it ERROR */
#define FV_GRADIENT_WRONG 1e-2   /* beyond: almost certainly a bug */

/* Compares gradients with central differences (f(w + h) - f(w - h)) / 2h on a copy in f64: all losses and
 * penalties, dropout with one mask, batch norm with the batch's statistics, on the first `gradient_samples`
 * distinct samples; at the present weights, and again after `burn_in` steps. Some components of each
 * parameter are drawn (`coordinates`); weights are moved by 1 % of their size (zeros by 0.01) first, so that
 * nothing stands exactly on a kink, and a component with a kink of ReLU, max or |x| nearby, which shows as a
 * second difference that does not shrink with h^2, is drawn again instead of tolerated; a parameter of which
 * more than half had to be left out is a NOTE, FV_FINDING_SKIPPED, and so is a second comparison that could
 * not be made. Findings are for each parameter that is wrong, and for the node whose backward pass is to
 * blame: it is found with a differentiated probe behind every node. A parameter whose gradients are both
 * less than 1e-9 of the whole passes. Errors: that of a layer or loss of the host's without f64, too. */
FV_API fv_status fv_check_gradient(const fv_trainer *trainer, const fv_dataset *train,
                                   const fv_check_desc *desc, fv_report **report, fv_error *error);

/* The loss of the first batch, without penalties, against that of knowing nothing: outputs all 0 for losses
 * of logits (ln K for K classes), log(1 / K) for KL, the batch's mean target for the others. Measure:
 * the loss; beyond 2.5 times chance WARNING, 10 times ERROR. Below chance is no fault: the model may be
 * trained already. */
FV_API fv_status fv_check_chance_loss(const fv_trainer *trainer, const fv_dataset *train,
                                      const fv_check_desc *desc, fv_report **report, fv_error *error);

/* The same loss with the trainer's l2 set to `l2`: it must rise to loss + l2 / 2 * sum w^2 over all kernels.
 * Measure: the loss it rises to. Also whether the trainer's own penalties are more than 10 times its loss, or
 * its weight decay takes more than 1 % off the weights in a step. */
FV_API fv_status fv_check_regularization(const fv_trainer *trainer, const fv_dataset *train,
                                         const fv_check_desc *desc, fv_report **report, fv_error *error);

/* Trains on the first `overfit_samples` distinct samples, all in each batch, without penalties and weight
 * decay, for up to `overfit_steps` steps with the trainer's rate, then if need be with 10 and 1/10 of it and
 * with Adam at 0.001: all of them must be right (or, with targets, the loss come half way down from the first
 * or chance to the least that is possible). It ends early at a loss of 0.001 of the first. Measure: the loss
 * reached. */
FV_API fv_status fv_check_overfit(const fv_trainer *trainer, const fv_dataset *train,
                                  const fv_check_desc *desc, fv_report **report, fv_error *error);

/* Kernels whose units (the last axis) are all equal, bit by bit or to 1e-6, and still are after a trial: zero
 * or constant initialisation. Measure: the share of the units that are equal to the first. */
FV_API fv_status fv_check_symmetry(const fv_trainer *trainer, const fv_dataset *train,
                                   const fv_check_desc *desc, fv_report **report, fv_error *error);

/* Hidden units on 256 samples, before and after a trial: the share of a rectifier's channels that give 0
 * everywhere, from 0.7 a WARNING, from 0.9 an ERROR; the share of a sigmoid's or tanh's values within 0.01 of
 * their ends, from 0.5 a WARNING. */
FV_API fv_status fv_check_units(const fv_trainer *trainer, const fv_dataset *train, const fv_check_desc *desc,
                                fv_report **report, fv_error *error);

/* Measure: |change of a kernel in a step| / |kernel|, the mean over the last half of a trial. About 1e-3 is
 * healthy; outside 1e-5 to 0.1 is a NOTE, outside 1e-8 to 0.5 a WARNING. */
FV_API fv_status fv_check_update_ratio(const fv_trainer *trainer, const fv_dataset *train,
                                       const fv_check_desc *desc, fv_report **report, fv_error *error);

/* Root mean square and relative size of each kernel's gradient over a trial, beside those of the kernel that
 * has most: less than 1e-5 of it in both VANISHING. Signals or gradients that grow by more than 1e4 over the
 * network EXPLODING. A kernel that is trained and never gets any: NO_GRADIENT. Measure: that quotient. */
FV_API fv_status fv_check_gradient_flow(const fv_trainer *trainer, const fv_dataset *train,
                                        const fv_check_desc *desc, fv_report **report, fv_error *error);

/* How far the loss of 256 training samples falls in a trial, as a share of its first value (of chance, where
 * logits began above it). A trial that comes to nothing (less than 3 %) is repeated with rates of 1/10,
 * 1/100, ... 1e-6 and of 10, 100, ... 1e6 times: where a smaller one learns (at least 10 %, and 5 times as
 * much) the rate is TOO_HIGH, where one at least 100 times as large does, TOO_LOW. TOO_HIGH is also one
 * whose loss falls by less than half after a leap to more than 3 times the first, where a tenth of the rate
 * comes to less than half of it. TOO_LOW is also a rate of less than 1e-12 now, in two epochs of the history
 * in a row that are not of the warm-up, or on the schedule before the last of `epochs` epochs. Measure: the
 * share; for the latter the rate. */
FV_API fv_status fv_check_learning_rate(const fv_trainer *trainer, const fv_dataset *train,
                                        const fv_check_desc *desc, fv_report **report, fv_error *error);

/* The first NaN or infinity of a trial: in which step, and in which node's output, or in the loss, or in
 * which parameter's gradient; or before any step in the data or the parameters. Where it goes away with a
 * smaller rate fv_check_all calls it RATE_TOO_HIGH and says the same. */
FV_API fv_status fv_check_non_finite(const fv_trainer *trainer, const fv_dataset *train,
                                     const fv_check_desc *desc, fv_report **report, fv_error *error);

/* Samples (by XXH64 of their bytes, of mirrored and turned pictures too) that are in `train` and in
 * `validation` or `test`, or in both of these; samples of these that are nearly the same as one of `train`
 * (nearer than a fifth of the usual distance of neighbours, in 200 that are tried); samples that are twice
 * in one set, with one label or with several; a test set that is the training or validation set. Samples
 * that are one value throughout do not count. Shared with another set: an ERROR above 0.5 % of the later set
 * (with less than 16 values to a sample coincidence is expected: above that and twice the share of copies
 * inside the other), a NOTE below; nearly the same: an ERROR above 2 %, at least 2; copies inside of a set:
 * a WARNING above 10 %, with another label above 1 %, a NOTE below. Measure: that share. Errors, ownership:
 * as above; threads: shared. */
FV_API fv_status fv_check_leakage(const fv_dataset *train, const fv_check_desc *desc, fv_report **report,
                                  fv_error *error);

/* Classes that are missing, few or the only one; labels that have nothing to do with the inputs: neither the
 * trial nor the nearest neighbour of a sample predicts held-out ones better than chance (by 3 standard
 * deviations, 100 samples); labels of which more than 10 % contradict neighbours that agree (1000 samples, no
 * class with more than 30 % of them); classes that the sets number differently, by the confusion of the trial
 * on `validation`: at least 60 % of a class are taken for another one, one for one, of which the training set
 * has at most 20 % taken so; a feed without shuffling of samples sorted by class. */
FV_API fv_status fv_check_labels(const fv_trainer *trainer, const fv_dataset *train,
                                 const fv_check_desc *desc, fv_report **report, fv_error *error);

/* What enters the network, after the input transform: NaN, samples that are all the same, values far from
 * deviation 1: above 10, below 0.01, or with less than 3 % of their size in between the samples (a WARNING
 * where the training shows it, else a NOTE); a validation set that is scaled in another way. Measure: the
 * root mean square. */
FV_API fv_status fv_check_inputs(const fv_trainer *trainer, const fv_dataset *train,
                                 const fv_check_desc *desc, fv_report **report, fv_error *error);

/* What the lectures advise against, read off the graph: sigmoid in hidden layers (WARNING; gates, which are
 * multiplied with something, are exempt) or tanh (NOTE), an activation on the output that does not go with
 * the loss, more than 80 % dropout. */
FV_API fv_status fv_check_advice(const fv_trainer *trainer, const fv_dataset *train,
                                 const fv_check_desc *desc, fv_report **report, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
