/* Session: inference. Many sessions may share one model and run at once from many threads; each holds its own
 * memory. */
#ifndef FOVEA_SESSION_H
#define FOVEA_SESSION_H

#include <fovea/base.h>
#include <fovea/image.h>
#include <fovea/metric.h>
#include <fovea/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* Views of one image at test time, over which predictions are averaged. */
typedef int32_t fv_crops;
enum {
  FV_CROPS_NONE = 0,              /* the middle, as the transform crops it */
  FV_CROPS_FLIP = 1,              /* the middle and its mirror image */
  FV_CROPS_TEN = 2,               /* four corners, the middle, and all of them mirrored (Krizhevsky 2012) */
  FV_CROPS_RESNET_MULTI_SCALE = 3 /* those ten at short sides of 224, 256, 384, 480, 640 (He et al. 2016) */
};

typedef struct fv_crops_desc {
  uint32_t struct_size;
  fv_crops crops;
  const int32_t *scales; /* short sides to which the image is resized, each cropped so; NULL: the five above,
                            else as the transform resizes */
  size_t scale_count;
  int32_t raw;           /* 0: the softmax of the outputs (over the last axis) is averaged; 1: the outputs
                            as they are, for a network that ends in softmax */
  int32_t reserved;
} fv_crops_desc;
#define FV_CROPS(...) (&(const fv_crops_desc){.struct_size = sizeof(fv_crops_desc), __VA_ARGS__})

typedef struct fv_session_desc {
  uint32_t struct_size;
  int32_t max_batch;          /* 0: 1. Larger inputs are run in pieces of this size */
  const char *const *outputs; /* names of nodes to give out, any of the model; NULL: the model's outputs */
  size_t output_count;
  const fv_crops_desc *crops;  /* of images, in fv_session_run, _run_images and _evaluate; what is in
                                 predict.h does without. NULL: one view */
  int64_t max_pixels;          /* fv_session_run_images refuses larger images before anything is decoded, as
                                  image.h; 0: 2^27 */
} fv_session_desc;
#define FV_SESSION(...) (&(const fv_session_desc){.struct_size = sizeof(fv_session_desc), __VA_ARGS__})

/* Compiles the model for inference and takes all memory that runs will need. Errors: NOT_FOUND (an output's
 * name), INVALID_ARGUMENT (max_batch), BUSY, OUT_OF_MEMORY. Threads: shared on the model. */
FV_API fv_status fv_session_create(const fv_model *model, const fv_session_desc *desc, fv_session **session,
                                   fv_error *error);
FV_API void fv_session_destroy(fv_session *session);

/* Bytes that a session with this descriptor would take, without taking them. Errors: as fv_session_create,
 * without BUSY. Threads: shared. */
FV_API fv_status fv_session_memory(const fv_model *model, const fv_session_desc *desc, size_t *bytes,
                                   fv_error *error);

/* Runs the network on `inputs` (one tensor per input of the model, [batch][...], u8, f32 or f64, before the
 * input transform) and fills `outputs` ([batch][...]; f32 or f64). The model's current parameters are used;
 * after a change they are packed again first.
 * Errors: INVALID_ARGUMENT (counts, shapes, batch, capacity), BUSY (the model is being trained),
 * OUT_OF_MEMORY. Threads: exclusive on the session, shared on the model. */
FV_API fv_status fv_session_run(fv_session *session, const fv_tensor *inputs, size_t input_count,
                                fv_buffer *outputs, size_t output_count, fv_error *error);

/* fv_session_run on image files: decoded, brought to the input's size by the model's transform (which must
 * resize, or they have exactly the input's size) and run in pieces of max_batch; with `crops` the mean over
 * the views of each. fv_session_run takes images of any one size likewise, as a tensor
 * [batch][height][width][channels].
 * Errors: as fv_session_run; FORMAT, UNSUPPORTED, NOT_FOUND, IO. Threads: as fv_session_run. */
FV_API fv_status fv_session_run_images(fv_session *session, const fv_encoded_image *images, size_t count,
                                       fv_buffer *outputs, size_t output_count, fv_error *error);

typedef struct fv_crop_box {
  int64_t resized_height; /* the image is resized to this size, */
  int64_t resized_width;
  int64_t top;            /* the rectangle begins here, */
  int64_t left;
  int64_t height;
  int64_t width;
  int32_t mirrored;       /* and 1: its columns are reversed */
  int32_t reserved;
} fv_crop_box;
/* The views that a session with these crops takes of an image of image_height x image_width pixels, whose
 * input is height x width and whose transform resizes the short side to `resize_short` (0: it does not):
 * copies up to `capacity`, `needed` receives their number. For each scale: top left, top right, bottom left,
 * bottom right, middle, then the same mirrored. Errors: INVALID_ARGUMENT (a crop larger than the image).
 * Threads: any. */
FV_API fv_status fv_crop_boxes(int64_t image_height, int64_t image_width, int64_t height, int64_t width,
                               int32_t resize_short, const fv_crops_desc *desc, fv_crop_box *boxes,
                               size_t capacity, size_t *needed, fv_error *error);

typedef struct fv_evaluate_desc {
  uint32_t struct_size;
  fv_loss loss;        /* 0: no loss is computed (the result is NaN), unless loss_desc is given */
  int64_t *confusion;  /* [classes][classes], rows are true classes, columns predictions; NULL: not counted */
  fv_cancel_token *cancel;
  const fv_loss_desc *loss_desc; /* instead of `loss`, with options; its output and weight are not used */
  const fv_metric_desc *const *metrics; /* measured too (metric.h), the output's last axis as classes; what
                                           the loss ignores is ignored */
  size_t metric_count;
  double *metric_values;   /* [metric_count]; required with `metrics` */
  fv_metrics *measure;     /* NULL: none; counts the whole dataset too, for its values of each class */
} fv_evaluate_desc;
#define FV_EVALUATE(...) (&(const fv_evaluate_desc){.struct_size = sizeof(fv_evaluate_desc), __VA_ARGS__})

typedef struct fv_evaluation {
  uint32_t struct_size; /* to be set by the caller */
  int32_t reserved;
  int64_t samples;
  double loss;     /* mean over the samples, without penalties */
  double accuracy; /* fraction of samples whose largest output is the label's (a single output is a
                      decision, as in trainer.h; without a loss it is a logit, unless a sigmoid made it); NaN
                      with targets */
} fv_evaluation;

/* Runs the whole dataset through the session's first output. With crops that are not `raw`, losses and
 * metrics are computed from the logarithms of the averaged probabilities, as if these were logits. Errors: as
 * fv_session_run; INVALID_ARGUMENT (a class that has another name in the model than in the dataset; a metric
 * that the output cannot have; of a softmax ROC_AUC and CALIBRATION_ERROR need `probabilities`); CANCELLED:
 * `measure` has then counted a part, what is written otherwise nothing. Threads: exclusive on the session and
 * on `measure`. */
FV_API fv_status fv_session_evaluate(fv_session *session, const fv_dataset *dataset,
                                     const fv_evaluate_desc *desc, fv_evaluation *evaluation,
                                     fv_error *error);

/* From a confusion matrix, for each class (any result may be NULL): precision = right / predicted as it,
 * recall = right / truly it, f1 = 2 precision recall / (precision + recall). A quotient 0 / 0 gives 0.
 * Errors: INVALID_ARGUMENT. Threads: any. */
FV_API fv_status fv_confusion_scores(const int64_t *confusion, size_t classes, double *precision,
                                     double *recall, double *f1, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
