/* Fovea: status codes, errors, tensors, version.
 *
 * Conventions of every header in this folder
 *   - A function that can fail returns fv_status and takes, last, a nullable `fv_error *` that the caller
 *     owns. Out-parameters stay untouched when it fails.
 *   - `fv_x_create`, `_open`, `_load`, `_clone` and the like give the caller an object, which the matching
 *     `fv_x_destroy` releases. Destroying NULL is legal, and so is any order of destruction: children keep
 *     what they need of their parents alive. Any thread may destroy, once no other call on that object
 *     runs. A returned pointer that is not an out-parameter is borrowed: it lives as long as the object it
 *     came from.
 *   - Input buffers and strings are read during the call only and never kept. Strings are UTF-8.
 *   - Output of variable size: `(buffer, capacity, size_t *needed)`. `needed` (nullable) receives the full
 *     size; with capacity 0 the buffer may be NULL and the call just measures. Text is terminated with a
 *     zero byte, which `needed` and `capacity` count, and is cut to fit.
 *   - Descriptors are structs whose first field is struct_size. Zero means default, so fill in what you
 *     want to change, most easily through the macro of the same name: FV_DENSE(.units = 10) is a pointer to
 *     such a struct that lives to the end of the enclosing block. A NULL descriptor means all defaults.
 *     In C++ use fovea::init<fv_dense_desc>() of fovea.hpp.
 *   - Where a number's zero is a legal value but not its default, FV_ZERO stands for zero.
 *   - Thread class, given as `Threads:` with each function:
 *       any        from any thread at any time;
 *       shared     from many threads at once on the same object, as long as none is in an `exclusive` call;
 *       exclusive  one thread at a time on that object (any thread may be that one).
 *   - Tensors are dense, batch first, channels last: [batch][height][width][channel].
 *
 * Since 0.1, as everything here.
 */
#ifndef FOVEA_BASE_H
#define FOVEA_BASE_H

#include <stddef.h>
#include <stdint.h>

#if defined(_WIN32)
#define FV_API
#elif defined(__GNUC__)
#define FV_API __attribute__((visibility("default")))
#else
#define FV_API
#endif

#ifdef __cplusplus
extern "C" {
#endif

/* Status codes. The values never change. */
typedef int32_t fv_status;
enum {
  FV_OK = 0,
  FV_INVALID_ARGUMENT = 1, /* the caller passed something that makes no sense; the message says what */
  FV_OUT_OF_MEMORY = 2,    /* the allocator refused; everything is as it was before the call */
  FV_IO = 3,               /* the operating system refused to open, read, write, sync or rename a file */
  FV_FORMAT = 4,           /* a file is damaged or is not what it should be; the message has the offset */
  FV_UNSUPPORTED = 5,      /* a legal request that this build cannot serve */
  FV_BUSY = 6,             /* the model is being trained (or run) by another call at this moment */
  FV_CANCELLED = 7,        /* a cancel token or a callback asked to stop; the object is whole */
  FV_MISMATCH = 8,         /* two things that must agree do not: another dataset than the checkpoint's, ... */
  FV_NOT_FOUND = 9,        /* no node or tensor of that name, no such file */
  FV_INTERNAL = 10         /* a fault of the library; please report it */
};

/* An identifier of a node in a graph: the graph's serial number and an index. 0 is no node. */
typedef uint64_t fv_node;
#define FV_NODE_INVALID ((fv_node)0)

/* What went wrong. Frozen: 512 bytes for ever, no memory behind it. */
typedef struct fv_error {
  fv_status code;
  int32_t reserved;
  fv_node node;      /* the node that the error is about, or FV_NODE_INVALID; a node that could not be added
                        has an id here, but fv_graph_node_name gives NULL for it */
  char message[496]; /* one line, UTF-8, terminated */
} fv_error;

/* The constant name of a status, "FV_FORMAT"; "FV_UNKNOWN" for other values. Threads: any. */
FV_API const char *fv_status_name(fv_status status);

/* Version of the library that is loaded: major * 10000 + minor * 100 + patch. Threads: any. */
FV_API uint32_t fv_version(void);
/* The version that this header belongs to. */
#define FV_VERSION 100

/* The value zero, where a plain 0 would mean "default". Any number that compares equal to it is taken as
 * zero. */
#define FV_ZERO (-1e-300)

/* Element types. */
typedef int32_t fv_dtype;
enum {
  FV_F32 = 1,
  FV_F64 = 2,
  FV_U8 = 3,
  FV_I32 = 4,
  FV_I64 = 5
};

#define FV_MAX_RANK 8

/* A dense tensor that the caller owns and the library reads. Frozen. */
typedef struct fv_tensor {
  const void *data;
  fv_dtype dtype;
  int32_t rank;
  int64_t shape[FV_MAX_RANK];
} fv_tensor;

/* Memory that the caller owns and the library writes a tensor into. `capacity` is in bytes. dtype: what the
 * caller wants (0: the element type of the source); dtype, rank and shape are filled in on success.
 * Frozen. */
typedef struct fv_buffer {
  void *data;
  size_t capacity;
  fv_dtype dtype;
  int32_t rank;
  int64_t shape[FV_MAX_RANK];
} fv_buffer;

/* Opaque objects. */
typedef struct fv_context fv_context;
typedef struct fv_cancel_token fv_cancel_token;
typedef struct fv_graph fv_graph;
typedef struct fv_model fv_model;
typedef struct fv_session fv_session;
typedef struct fv_trainer fv_trainer;
typedef struct fv_dataset fv_dataset;
typedef struct fv_augmentation fv_augmentation;
typedef struct fv_loader fv_loader;
typedef struct fv_profile fv_profile;
typedef struct fv_load_report fv_load_report;
typedef struct fv_search fv_search;
typedef struct fv_metrics fv_metrics;
typedef struct fv_report fv_report;
typedef struct fv_transform fv_transform;
typedef struct fv_audit fv_audit;

#ifdef __cplusplus
}
#endif
#endif
