/* Tune: the ways to compute each layer timed once on this machine, and the fastest kept.
 *
 *   TRY(fv_model_tune(model, FV_TUNE(.batch_size = 64, .training = 1), NULL, &err));
 *   ... fv_trainer_create(model, ...) ...
 *
 * By default each convolution is computed as a built-in table says, by its shape. What is tuned here are the
 * choices among fv_conv_algorithm, for the forward pass, the data gradient and the weight gradient of each
 * convolution by themselves.
 *
 * Choices are part of the numerics, as other attributes of a layer: they are saved with the model and in
 * checkpoints, and give the same bits wherever they are loaded, on any number of threads. Two tunings may
 * choose differently, and their models then differ by rounding.
 */
#ifndef FOVEA_TUNE_H
#define FOVEA_TUNE_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/model.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_tune_desc {
  uint32_t struct_size;
  int32_t batch_size;      /* that is timed; 0: 32 */
  int32_t training;        /* 1: all passes of a training step; 0: the forward pass of a session alone */
  int32_t repetitions;     /* of each timing, up to 1000; the fastest counts; 0: 3 */
  fv_cancel_token *cancel; /* NULL: none */
} fv_tune_desc;
#define FV_TUNE(...) (&(const fv_tune_desc){.struct_size = sizeof(fv_tune_desc), __VA_ARGS__})

typedef struct fv_tuning {
  uint32_t struct_size;  /* to be set by the caller */
  int32_t changed;       /* layers that are computed in another way than before */
  double seconds_before; /* of a pass (or step) on a batch, as the sum over the layers */
  double seconds_after;
} fv_tuning;

/* Chooses for the layers that leave their algorithm open (FV_CONV_AUTOMATIC); where nothing is faster by 3 %
 * the choice of before stays. It runs the network on noise some fifteen times the repetitions, with memory
 * for a plan of that batch beside the model's; parameters and state stay as they are. Sessions that exist go
 * on in their way. A cancelled tuning changes nothing. Let nothing else run meanwhile, or it measures that.
 * Errors: INVALID_ARGUMENT, BUSY (the model has a trainer, or a session runs), CANCELLED, OUT_OF_MEMORY.
 * Threads: exclusive. */
FV_API fv_status fv_model_tune(fv_model *model, const fv_tune_desc *desc, fv_tuning *result, fv_error *error);

#ifdef __cplusplus
}
#endif

#endif
