/* Test time: predictions from more than one pass, with a variance, from several models, or with a
 * temperature.
 *
 * A session gives a network's outputs; where these are logits, softmax(z / T) over the last axis makes
 * probabilities of them. Averages are taken in double precision, and their bits do not depend on the number
 * of threads.
 */
#ifndef FOVEA_PREDICT_H
#define FOVEA_PREDICT_H

#include <fovea/base.h>
#include <fovea/session.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_sample_desc {
  uint32_t struct_size;
  int32_t passes;     /* 0: 50 */
  uint64_t seed;      /* another seed, other draws */
  int32_t softmax;    /* 1: what is averaged is the softmax of each output */
  int32_t reserved;
  double temperature; /* with softmax; 0: 1 */
} fv_sample_desc;
#define FV_SAMPLE(...) (&(const fv_sample_desc){.struct_size = sizeof(fv_sample_desc), __VA_ARGS__})

/* Monte-Carlo dropout: runs the network `passes` times on the inputs of fv_session_run. Dropout and its kin
 * (spatial dropout, DropConnect, stochastic depth, Gaussian noise, fractional max pooling) draw as in
 * training, each sample by its place in `inputs`; batch norm runs as at inference. `means` and `variances`
 * ([batch][...] for each output of the session; variances may be NULL) receive mean and variance, / (passes -
 * 1), over the passes: 0 for one pass. The first call takes the memory of a second plan.
 * Source: Gal and Ghahramani, "Dropout as a Bayesian approximation", 2016, section 4.
 * Errors: as fv_session_run; INVALID_ARGUMENT (passes, temperature). Threads: as fv_session_run. */
FV_API fv_status fv_session_sample(fv_session *session, const fv_tensor *inputs, size_t input_count,
                                   const fv_sample_desc *desc, fv_buffer *means, fv_buffer *variances,
                                   size_t output_count, fv_error *error);

typedef struct fv_ensemble_desc {
  uint32_t struct_size;
  int32_t raw;                /* 0: the softmax of the outputs is averaged; 1: the outputs themselves */
  const double *weights;      /* of each session, 0 or more; divided by their sum; NULL: all alike */
  const double *temperatures; /* of each session, for the softmax; NULL: 1 */
  fv_cancel_token *cancel;    /* of fv_ensemble_evaluate */
} fv_ensemble_desc;
#define FV_ENSEMBLE(...) (&(const fv_ensemble_desc){.struct_size = sizeof(fv_ensemble_desc), __VA_ARGS__})

/* The weighted mean of what several sessions give for the same inputs; their outputs must have the same
 * shapes. With one session and its temperature: calibrated probabilities. Errors: as fv_session_run;
 * INVALID_ARGUMENT (no session; weights, temperatures). Threads: as fv_session_run, on each session. */
FV_API fv_status fv_ensemble_run(fv_session *const *sessions, size_t session_count, const fv_tensor *inputs,
                                 size_t input_count, const fv_ensemble_desc *desc, fv_buffer *outputs,
                                 size_t output_count, fv_error *error);
/* The same over a dataset with labels, of the first outputs: `accuracy` (a sample with NaN is wrong), and as
 * `loss` the mean of -log of the averaged probability of the label (`raw`: of the softmax of the mean). Takes
 * memory for all outputs. Errors: as fv_ensemble_run; CANCELLED. Threads: as there. */
FV_API fv_status fv_ensemble_evaluate(fv_session *const *sessions, size_t session_count,
                                      const fv_dataset *dataset, const fv_ensemble_desc *desc,
                                      fv_evaluation *evaluation, fv_error *error);

typedef struct fv_temperature_desc {
  uint32_t struct_size;
  int32_t reserved;
  fv_cancel_token *cancel;
} fv_temperature_desc;
#define FV_TEMPERATURE(...) \
  (&(const fv_temperature_desc){.struct_size = sizeof(fv_temperature_desc), __VA_ARGS__})

/* Temperature scaling: the T between 0.001 and 1000 for which the softmax cross-entropy of z / T, z the
 * session's first output, is least on a dataset with labels that the model was not trained on. The order of
 * the classes stays, so accuracy does; T above 1 means that the network was too sure. Newton's method to
 * 1e-12 on a loss that is convex in 1 / T. Source: Guo et al., "On calibration of modern neural networks",
 * 2017, section 4.2. Errors: INVALID_ARGUMENT (targets instead of labels; outputs that are not finite),
 * CANCELLED, BUSY, OUT_OF_MEMORY. Threads: as fv_session_run. */
FV_API fv_status fv_session_fit_temperature(fv_session *session, const fv_dataset *dataset,
                                            const fv_temperature_desc *desc, double *temperature,
                                            fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
