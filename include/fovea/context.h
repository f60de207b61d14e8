/* Context: the hooks and the threads that everything else works with; and the cancel token. */
#ifndef FOVEA_CONTEXT_H
#define FOVEA_CONTEXT_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

/* The host's memory for tensors and arenas (bookkeeping uses operator new). allocate returns memory
 * aligned to `alignment` (a power of two, at least 64) or NULL; release gets the same size back. Both are
 * called from the threads that call into the library. */
typedef void *(*fv_allocate_fn)(void *user, size_t bytes, size_t alignment);
typedef void (*fv_release_fn)(void *user, void *memory, size_t bytes);

/* One unit of work of a parallel_for: call it once for each index. It never throws. */
typedef void (*fv_task_fn)(void *data, int64_t index);
/* The host's parallel_for: calls task(data, i) once for each i in [0, count), on any threads and in any
 * order, and returns when all calls have returned. Indices may run one after the other. */
typedef void (*fv_parallel_for_fn)(void *user, int64_t count, fv_task_fn task, void *data);

typedef int32_t fv_log_level;
enum {
  FV_LOG_INFO = 1,
  FV_LOG_WARNING = 2
};
/* Receives one line without a newline, such as the memory that a training takes, on the thread that made the
 * call. The library itself never writes to stdout or stderr. */
typedef void (*fv_log_fn)(void *user, fv_log_level level, const char *message);

/* Called exactly once when the library no longer needs `user`, also when the call that took it failed. */
typedef void (*fv_drop_fn)(void *user);

/* The hooks of a context. They are called from inside the library's calls, in its floating-point mode (round
 * to nearest, denormals flushed to zero); the callbacks of fv_trainer_fit are called in the host's. */
typedef struct fv_context_desc {
  uint32_t struct_size;
  int32_t threads; /* 0: the CPUs that affinity and cgroup allow; 1: the calling thread alone; at most 1024 */
  fv_allocate_fn allocate; /* both or none; none: the C library's */
  fv_release_fn release;
  void *allocator_user;
  fv_drop_fn allocator_drop;
  fv_parallel_for_fn parallel_for; /* NULL: the library's own pool of `threads`: the caller and threads - 1 */
  void *parallel_for_user;
  fv_drop_fn parallel_for_drop;
  fv_log_fn log;
  void *log_user;
  fv_drop_fn log_drop;
} fv_context_desc;
#define FV_CONTEXT(...) (&(const fv_context_desc){.struct_size = sizeof(fv_context_desc), __VA_ARGS__})

/* Creates a context. The pool's threads start here and stop when the last object made from the context is
 * destroyed; they have all signals but faults blocked. Results do not depend on `threads`. In a process
 * forked later, where those threads are not, everything runs on the calling thread. Errors: INVALID_ARGUMENT
 * (threads out of range, allocate without release), OUT_OF_MEMORY. Threads: any. */
FV_API fv_status fv_context_create(const fv_context_desc *desc, fv_context **context, fv_error *error);
FV_API void fv_context_destroy(fv_context *context);

/* The number of threads that work at once. Threads: any. */
FV_API int32_t fv_context_threads(const fv_context *context);

/* A flag with which any thread may stop or pause a training or evaluation at any time: control returns to the
 * caller, or the call waits, within one batch, and everything stays usable. Cancelled, a call ends with
 * FV_CANCELLED, also while it waits. Errors: OUT_OF_MEMORY. Threads: any, for all of them but wait, which may
 * be called while any of the others is; destroy is legal while a call that was given the token still runs,
 * and lets a paused one go on, since nobody else could. */
FV_API fv_status fv_cancel_token_create(fv_cancel_token **token, fv_error *error);
FV_API void fv_cancel_token_cancel(fv_cancel_token *token);
/* As new: neither cancelled nor paused. */
FV_API void fv_cancel_token_reset(fv_cancel_token *token);
/* 1 when cancelled, else 0. */
FV_API int32_t fv_cancel_token_is_cancelled(const fv_cancel_token *token);
/* Calls with this token wait between two batches, without using the processor, until it is resumed. The times
 * of fv_progress and the time of fv_stop_desc leave out what the token was paused. */
FV_API void fv_cancel_token_pause(fv_cancel_token *token);
FV_API void fv_cancel_token_resume(fv_cancel_token *token);
/* 1 when paused, else 0. */
FV_API int32_t fv_cancel_token_is_paused(const fv_cancel_token *token);
/* For a loop of your own, between batches: returns when the token is not paused, or is cancelled: 1 when
 * cancelled, else 0. Destroying the token meanwhile is not legal. NULL: 0. */
FV_API int32_t fv_cancel_token_wait(fv_cancel_token *token);
/* Seconds from each pause to the end of it, or to now, since the token was made. */
FV_API double fv_cancel_token_paused_seconds(const fv_cancel_token *token);
FV_API void fv_cancel_token_destroy(fv_cancel_token *token);

#ifdef __cplusplus
}
#endif
#endif
