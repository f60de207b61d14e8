/* Profile: where the time of a session's runs or of a trainer's steps goes, node by node.
 *
 *   fv_profile *profile;
 *   TRY(fv_session_profile(session, NULL, &profile, &err));
 *   ... fv_session_run ...
 *   TRY(fv_profile_table(profile, text, sizeof text, NULL, &err));
 *
 * It is filled by the thread that runs the session or steps the trainer: read it between calls (on_progress
 * of fv_trainer_fit comes between two steps). Timing costs 65 ns a node (measured on a Zen 4), nothing
 * without a profile.
 */
#ifndef FOVEA_PROFILE_H
#define FOVEA_PROFILE_H

#include <fovea/base.h>

#ifdef __cplusplus
extern "C" {
#endif

typedef struct fv_profile_desc {
  uint32_t struct_size;
  int32_t max_events; /* how many timings are kept one by one for the trace, 24 bytes each, beside the sums;
                         0: 65536 */
} fv_profile_desc;
#define FV_PROFILE(...) (&(const fv_profile_desc){.struct_size = sizeof(fv_profile_desc), __VA_ARGS__})

/* Starts timing: every run or step from now on, until the profile is destroyed or another one is started on
 * the same object. What it has measured stays after the session or trainer. Errors: INVALID_ARGUMENT,
 * OUT_OF_MEMORY. Threads: exclusive on the session or trainer. */
FV_API fv_status fv_session_profile(fv_session *session, const fv_profile_desc *desc, fv_profile **profile,
                                    fv_error *error);
FV_API fv_status fv_trainer_profile(fv_trainer *trainer, const fv_profile_desc *desc, fv_profile **profile,
                                    fv_error *error);
FV_API void fv_profile_destroy(fv_profile *profile);

typedef int32_t fv_pass;
enum {
  FV_PASS_PREPARE = 1,  /* packing the weights: once a training step; in a session, after they have changed */
  FV_PASS_FORWARD = 2,
  FV_PASS_BACKWARD = 3,
  FV_PASS_OTHER = 4     /* no node: "(input)", "(loss)", "(penalty)", "(optimizer)" of a trainer */
};

/* What was timed of one node and pass. Frozen. */
typedef struct fv_profile_row {
  const char *name;      /* of the node; the strings are borrowed from the profile */
  const char *kind;      /* "conv2d" */
  const char *algorithm; /* as in fv_model_summary; "" where there is no choice */
  fv_pass pass;
  int32_t reserved;
  int64_t calls;
  double seconds;        /* of all calls */
  double flops;          /* of all calls: 2 for a multiplication and an addition, whatever the algorithm */
  double bytes;          /* of all calls: each tensor read or written once */
} fv_profile_row;

/* Copies up to `capacity` rows: those of a trainer that are of no node, then the nodes in the order of the
 * network, and these again where a larger batch has made the trainer plan anew. `needed` receives their
 * number. A fused node has no rows: its time is in those of the node that it is fused into.
 * Errors: INVALID_ARGUMENT. Threads: shared, and not while the session or trainer is in a call. */
FV_API fv_status fv_profile_rows(const fv_profile *profile, fv_profile_row *rows, size_t capacity,
                                 size_t *needed, fv_error *error);

/* A table for people: per node and pass its calls, milliseconds a call, share of the time, GFLOP/s and GB/s.
 * Errors: INVALID_ARGUMENT, OUT_OF_MEMORY. Threads: as fv_profile_rows. */
FV_API fv_status fv_profile_table(const fv_profile *profile, char *buffer, size_t capacity, size_t *needed,
                                  fv_error *error);

/* Writes the first max_events timings as a JSON file of Chrome's trace event format ("X" events), for
 * chrome://tracing or Perfetto. Errors: as fv_model_save, without BUSY. Threads: as fv_profile_rows. */
FV_API fv_status fv_profile_write_trace(const fv_profile *profile, const char *path, fv_error *error);

#ifdef __cplusplus
}
#endif
#endif
