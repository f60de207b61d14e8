/* Layers and losses of the host's own, as callbacks: a type is registered with a context under a name; from
 * then on graphs of that context can have it, and files that name it load. Since 0.1.
 *
 * Every callback
 *   - runs on the thread that called into the library, once for the whole batch. Several threads that run
 *     sessions call it at once, with the same `user`.
 *   - runs in the library's floating-point mode: round to nearest, denormals flushed to zero.
 *   - may call any function of this library, except on the graph, model, trainer or session that is at work.
 *   - must not throw or jump out of itself.
 *   - returns FV_OK, or a status with which the call fails. What it writes to error->message, one line, goes
 *     into that call's message, behind the name of the node; the rest of `error` is not read.
 * After a failed step the trainer and its model are usable: parameters, optimizer, step and position are as
 * before; there are no gradients. Only the running statistics of nodes in front may have seen the batch.
 * After a failed run of a session the contents of its output buffers are unspecified.
 *
 * Results are the same bits for any number of threads, and after a checkpoint, as long as the callbacks give
 * the same bits for the same numbers.
 */
#ifndef FOVEA_CUSTOM_H
#define FOVEA_CUSTOM_H

#include <fovea/base.h>
#include <fovea/context.h>
#include <fovea/layers.h>
#include <fovea/trainer.h>

#ifdef __cplusplus
extern "C" {
#endif

/* ---- layers --------------------------------------------------------------------------------------- */

/* An input or a parameter. In the shape callback only its shape is there. */
typedef struct fv_custom_tensor {
  const void *data;     /* an input: [batch][...]; NULL in the backward pass of a type that does without */
  void *gradient;       /* backward: to be added to or written, all zero at first; NULL: not wanted */
  const int64_t *shape; /* of one sample, or of the parameter */
  int32_t rank;
  int32_t reserved;
  int64_t elements;     /* of one sample, or of the parameter */
} fv_custom_tensor;

/* What a node of the type is on its inputs. */
typedef struct fv_custom_shape {
  uint32_t struct_size;
  int32_t input_count;
  const fv_custom_tensor *inputs;
  const void *attributes; /* as given to fv_custom or read from a file; not aligned */
  size_t attributes_size;
  void *parameters;       /* the library's, for fv_custom_add_parameter */
  /* To be filled in; each element takes 4 bytes in an FV_F32 model and 8 in an FV_F64 one. */
  int64_t shape[FV_MAX_RANK]; /* of one sample of the output; at first that of the first input */
  int32_t rank;               /* 1 to FV_MAX_RANK */
  int32_t reserved;
  int64_t saved;              /* elements that live from a training forward pass to its backward pass */
  int64_t saved_per_sample;   /* and so many for each sample of the batch */
  int64_t scratch;            /* elements that live during one pass */
  int64_t scratch_per_sample;
  int64_t multiply_adds;      /* of one sample's forward pass, for summaries and profiles */
} fv_custom_shape;

/* Called when a node is added and when a file is loaded: refuses inputs or attributes that make no sense
 * (FV_INVALID_ARGUMENT), or fills in `shape`. */
typedef fv_status (*fv_custom_shape_fn)(void *user, fv_custom_shape *shape, fv_error *error);

typedef int32_t fv_parameter_role;
enum {
  FV_ROLE_KERNEL = 0, /* the trainer's l2, the model's kernel_initializer and fv_model_lsuv are for these */
  FV_ROLE_BIAS = 1,
  FV_ROLE_SCALE = 2,
  FV_ROLE_SHIFT = 3
};

typedef struct fv_custom_parameter_desc {
  uint32_t struct_size;
  fv_parameter_role role;
  const char *name;           /* letters, digits, '_', up to 64; files have "node.name" */
  int64_t shape[FV_MAX_RANK]; /* ended by the first 0; required */
  const fv_initializer_desc *initializer; /* NULL, FV_INIT_AUTOMATIC: Glorot uniform for a kernel, 1 for a
                                             scale, 0 for the others */
  int64_t fan_in;  /* for initialisers; both 0: as for [...][in][out], the extents in front being a window */
  int64_t fan_out;
} fv_custom_parameter_desc;
#define FV_CUSTOM_PARAMETER(...) \
  (&(const fv_custom_parameter_desc){.struct_size = sizeof(fv_custom_parameter_desc), __VA_ARGS__})

/* Adds a parameter to the node, inside a shape callback only; passes see them in that order. A wrong
 * descriptor makes the node fail once the callback has returned. At most 16. Threads: the callback's. */
FV_API void fv_custom_add_parameter(fv_custom_shape *shape, const fv_custom_parameter_desc *desc);

/* A pass over a batch. Values are float where dtype is FV_F32, double where it is FV_F64. */
typedef struct fv_custom_pass {
  uint32_t struct_size;
  fv_dtype dtype;
  int64_t batch;
  int32_t training;
  int32_t input_count;
  int32_t parameter_count;
  int32_t rank;           /* of the output */
  const fv_custom_tensor *inputs;
  const fv_custom_tensor *parameters;
  const int64_t *shape;   /* of one sample of the output */
  int64_t elements;       /* of that */
  void *output;           /* [batch][...]; forward: to be written, all zero at first; backward: as forward has
                             left it, not to be written; NULL in that of a type that does without */
  void *output_gradient;  /* backward only; may be overwritten */
  void *saved;            /* forward: to be written, all zero at first; backward: as forward has left it;
                             NULL: none was asked for, or no training */
  int64_t saved_count;    /* elements of that, for this batch */
  void *scratch;          /* all zero at first; NULL: none was asked for */
  int64_t scratch_count;
  const void *attributes;
  size_t attributes_size;
  uint64_t random;        /* in training: drawn from the trainer's seed, the step and the node, to seed a
                             generator of your own; the same in both passes, and in a resumed training; else
                             0 */
} fv_custom_pass;

/* forward computes the output; backward the gradients of those inputs and parameters that want one, from the
 * output's. Called for a backward pass only where one is needed. */
typedef fv_status (*fv_custom_pass_fn)(void *user, const fv_custom_pass *pass, fv_error *error);

typedef struct fv_custom_layer_desc {
  uint32_t struct_size;
  int32_t backward_without_inputs; /* 1: backward reads no input, so that its memory may be used again */
  int32_t backward_without_output; /* 1: likewise the output */
  int32_t reserved;
  const char *type;          /* "acme.swish": letters, digits, '_', '-' and at least one '.', up to 64;
                                required */
  fv_custom_shape_fn shape;  /* NULL: one input, an output of its shape, no parameters */
  fv_custom_pass_fn forward;  /* required */
  fv_custom_pass_fn backward; /* required */
  void *user;
  fv_drop_fn drop;           /* when the context and all that was made from it are gone */
} fv_custom_layer_desc;
#define FV_CUSTOM_LAYER(...) \
  (&(const fv_custom_layer_desc){.struct_size = sizeof(fv_custom_layer_desc), __VA_ARGS__})

/* Registers a type of layers. Errors: INVALID_ARGUMENT (a required field, a type that is taken),
 * OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_context_register_layer(fv_context *context, const fv_custom_layer_desc *desc,
                                           fv_error *error);

typedef struct fv_custom_desc {
  uint32_t struct_size;
  uint32_t reserved;
  const char *name;
  const char *type;       /* required */
  const void *attributes; /* any bytes, up to 65536; they are copied, saved with the model, and given to the
                             callbacks */
  size_t attributes_size;
} fv_custom_desc;
#define FV_CUSTOM(...) (&(const fv_custom_desc){.struct_size = sizeof(fv_custom_desc), __VA_ARGS__})

/* A node of a registered type, on 1 to 16 nodes. Kind and default name are the type's: "acme.swish_1".
 * Refused: a type that is not registered with the graph's context (NOT_FOUND), what the shape callback
 * refuses, a shape that makes no sense. Files hold type and attributes; loading one whose type is not
 * registered fails with NOT_FOUND, one whose tensors are not those of the shape callback with FORMAT. */
FV_API fv_node fv_custom(fv_graph *graph, const fv_node *inputs, size_t count, const fv_custom_desc *desc);

/* ---- losses --------------------------------------------------------------------------------------- */

/* What a loss is computed of: rows, each a sample, or a place of it for a loss over classes. Values are float
 * where dtype is FV_F32, double where it is FV_F64. */
typedef struct fv_custom_rows {
  uint32_t struct_size;
  fv_dtype dtype;
  int64_t rows;
  int64_t columns;       /* elements of a row */
  const int64_t *shape;  /* of one sample of the output */
  int32_t rank;
  int32_t reserved;
  const void *output;    /* [rows][columns] */
  const void *targets;   /* [rows][columns]; NULL: there are labels */
  const int32_t *labels; /* [rows], each in [0, columns); NULL: there are targets */
  const double *weights; /* [rows]: what the library multiplies each row by; one of weight 0 counts nothing */
  double *losses;        /* [rows] to be written, all zero at first */
  void *gradient;        /* [rows][columns] to be written, all zero at first: of each row's loss; NULL: not
                            wanted */
} fv_custom_rows;

/* Computes the loss of each row and its gradient. The library multiplies both by the row's weight and sums or
 * takes the mean, as for its own losses. Its own multiply inside their arithmetic: the same formula gives the
 * same bits where weight / (sum of weights) is a power of two, else the gradient has one rounding more. */
typedef fv_status (*fv_custom_loss_fn)(void *user, const fv_custom_rows *rows, fv_error *error);

/* Computes one of the library's losses with default options on the rows of a callback, inside it only: writes
 * their losses and, where it is wanted, the gradient, for the callback to build upon. Errors:
 * INVALID_ARGUMENT (no such loss; one that takes targets on labels, or the reverse). Threads: that of the
 * callback. */
FV_API fv_status fv_custom_rows_loss(const fv_custom_rows *rows, fv_loss loss, fv_error *error);

typedef struct fv_custom_loss_desc {
  uint32_t struct_size;
  int32_t over_classes;       /* 1: as FV_LOSS_SOFTMAX_CROSS_ENTROPY over the last axis, a row for each place
                                 of the others; 0: a row is a whole sample */
  const char *name;           /* as the type of a layer; required */
  fv_custom_loss_fn evaluate; /* required */
  void *user;
  fv_drop_fn drop;            /* when the context and all that was made from it are gone */
} fv_custom_loss_desc;
#define FV_CUSTOM_LOSS(...) \
  (&(const fv_custom_loss_desc){.struct_size = sizeof(fv_custom_loss_desc), __VA_ARGS__})

/* Registers a loss, for FV_LOSS(.loss = FV_LOSS_CUSTOM, .custom = "acme.loss") in trainers and evaluations. A
 * checkpoint holds the name; loading one whose loss is not registered fails with NOT_FOUND. Errors:
 * INVALID_ARGUMENT (a required field, a name that is taken), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_context_register_loss(fv_context *context, const fv_custom_loss_desc *desc,
                                          fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
