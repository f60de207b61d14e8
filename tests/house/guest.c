/* The library as a guest: loads it, uses all of it, and compares the process with what it was before.
 *
 *   guest LIBRARY
 *
 * Looked at: threads, floating-point mode, signal handlers and mask, locale, working directory, environment,
 * CPU affinity, open files, standard output and error. Then: results are the same whatever mode the host
 * computes in, and after the last object is destroyed no thread is left. */
#define _GNU_SOURCE
#include <dirent.h>
#include <dlfcn.h>
#include <fcntl.h>
#include <fenv.h>
#include <fovea/fovea.h>
#include <locale.h>
#include <pthread.h>
#include <sched.h>
#include <signal.h>
#include <stdarg.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <sys/stat.h>
#include <unistd.h>
#if defined(__x86_64__)
#include <xmmintrin.h>
#endif

extern char **environ;
static int report; /* the terminal: standard output and error are watched */
static int faults;

static void fault(const char *format, ...) __attribute__((format(printf, 1, 2)));
static void fault(const char *format, ...) {
  va_list arguments;
  va_start(arguments, format);
  vdprintf(report, format, arguments);
  va_end(arguments);
  dprintf(report, "\n");
  faults++;
}

/* ---- what is watched ------------------------------------------------------------------------------ */

static int entries(const char *folder) {
  DIR *dir = opendir(folder);
  int n = 0;
  while (readdir(dir)) n++;
  closedir(dir);
  return n;
}
static int count_threads(void) { return entries("/proc/self/task") - 2; }

static unsigned fp_state(void) {
#if defined(__x86_64__)
  return _mm_getcsr();
#else
  return (unsigned)fegetround();
#endif
}

typedef struct {
  int threads, files;
  unsigned fp;
  struct sigaction handlers[65];
  sigset_t mask;
  char locale[256], cwd[4096];
  char **environment;
  unsigned long environment_sum;
  cpu_set_t cpus;
  mode_t creation_mask;
} state;

static state look(void) {
  state s;
  memset(&s, 0, sizeof s);
  s.threads = count_threads();
  s.files = entries("/proc/self/fd");
  s.fp = fp_state();
  for (int i = 1; i < 65; i++) sigaction(i, NULL, &s.handlers[i]);
  pthread_sigmask(SIG_SETMASK, NULL, &s.mask);
  snprintf(s.locale, sizeof s.locale, "%s", setlocale(LC_ALL, NULL));
  if (!getcwd(s.cwd, sizeof s.cwd)) s.cwd[0] = 0;
  s.environment = environ;
  for (char **e = environ; *e; e++)
    for (char *c = *e; *c; c++) s.environment_sum = s.environment_sum * 31 + (unsigned char)*c;
  sched_getaffinity(0, sizeof s.cpus, &s.cpus);
  s.creation_mask = umask(0);
  umask(s.creation_mask);
  return s;
}

static void compare(const state *before, const char *when) {
  const state now = look();
  if (now.threads != before->threads)
    fault("%s: %d threads, there were %d", when, now.threads, before->threads);
  if (now.files != before->files) fault("%s: %d open files, there were %d", when, now.files, before->files);
  if (now.fp != before->fp) fault("%s: floating-point state %#x, it was %#x", when, now.fp, before->fp);
  for (int i = 1; i < 65; i++)
    if (now.handlers[i].sa_handler != before->handlers[i].sa_handler)
      fault("%s: handler of signal %d", when, i);
  if (memcmp(&now.mask, &before->mask, sizeof now.mask)) fault("%s: signal mask", when);
  if (strcmp(now.locale, before->locale)) fault("%s: locale %s, it was %s", when, now.locale, before->locale);
  if (strcmp(now.cwd, before->cwd)) fault("%s: working directory", when);
  if (now.environment != before->environment || now.environment_sum != before->environment_sum)
    fault("%s: environment", when);
  if (!CPU_EQUAL(&now.cpus, &before->cpus)) fault("%s: CPU affinity", when);
  if (now.creation_mask != before->creation_mask) fault("%s: umask", when);
}

/* ---- the library ---------------------------------------------------------------------------------- */

#define EACH_FUNCTION(F)                                                                                    \
  F(fv_context_create)                                                                                      \
  F(fv_context_destroy)                                                                                     \
  F(fv_graph_create)                                                                                        \
  F(fv_graph_destroy)                                                                                       \
  F(fv_input)                                                                                               \
  F(fv_conv2d)                                                                                              \
  F(fv_max_pool2d) F(fv_batch_norm) F(fv_dropout) F(fv_flatten) F(fv_dense) F(fv_model_create)              \
      F(fv_model_destroy) F(fv_model_save) F(fv_model_load) F(fv_model_get_tensor) F(fv_model_summary)      \
          F(fv_dataset_digits) F(fv_dataset_destroy) F(fv_trainer_create) F(fv_trainer_destroy)             \
              F(fv_trainer_fit) F(fv_trainer_save) F(fv_trainer_load) F(fv_session_create)                  \
                  F(fv_session_destroy) F(fv_session_evaluate) F(fv_picture_filters) F(fv_dataset_open_idx) \
                      F(fv_zoo_lenet5)
#define DECLARE(name) __typeof__(&name) name;
static struct { EACH_FUNCTION(DECLARE) } lib;

static void bind_functions(void *handle) {
#define BIND(name)                                \
  *(void **)&lib.name = dlsym(handle, #name);     \
  if (!lib.name) fault("no function " #name);
  EACH_FUNCTION(BIND)
}

static fv_error err;
#define TRY(call) do { if ((call) != FV_OK) fault("%s: %s", #call, err.message); } while (0)

static unsigned host_mode; /* what the host computes in while it calls */
static int32_t on_progress(void *user, const fv_progress *progress) {
  (void)user, (void)progress;
  return 0;
}

/* A host's parallel_for that checks its thread's mode after each task. */
static void host_parallel_for(void *user, int64_t count, fv_task_fn task, void *data) {
  (void)user;
  for (int64_t i = count - 1; i >= 0; i--) {
    const unsigned before = fp_state();
    task(data, i);
    if (fp_state() != before) fault("a task changed the floating-point state of the host's thread");
  }
}

enum { KERNEL = 3 * 3 * 8 * 8 };

/* Trains, saves, loads, evaluates and draws in `folder`; `kernel` receives trained weights. */
static void use(const char *folder, const fv_context_desc *hooks, double kernel[KERNEL]) {
  fv_context *context = NULL;
  fv_graph *g = NULL;
  fv_model *model = NULL, *again = NULL;
  fv_trainer *trainer = NULL, *resumed = NULL;
  fv_session *session = NULL;
  fv_dataset *data = NULL, *none = NULL;
  char path[4200], text[4096];
  TRY(lib.fv_context_create(hooks, &context, &err));
  TRY(lib.fv_dataset_digits(context, FV_DIGITS(.count = 200, .seed = 5), &data, &err));
  TRY(lib.fv_graph_create(context, &g, &err));
  fv_node x = lib.fv_input(g, FV_INPUT(.shape = {28, 28, 1}));
  x = lib.fv_conv2d(g, x, FV_CONV2D(.filters = 8, .kernel = {3, 3}, .no_bias = 1));
  x = lib.fv_batch_norm(g, x, NULL);
  x = lib.fv_conv2d(g, x, FV_CONV2D(.name = "c", .filters = 8, .kernel = {3, 3}, .activation = FV_ACT_RELU));
  x = lib.fv_max_pool2d(g, x, NULL);
  x = lib.fv_dropout(g, x, FV_DROPOUT(.rate = 0.1));
  x = lib.fv_dense(g, lib.fv_flatten(g, x, NULL), FV_DENSE(.units = 10));
  TRY(lib.fv_model_create(g, &x, 1, FV_MODEL(.seed = 3, .transform = FV_TRANSFORM(.scale = 1.0 / 255)),
                          &model, &err));
  TRY(lib.fv_trainer_create(
      model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM), &trainer, &err));
  snprintf(path, sizeof path, "%s/guest.fovea", folder);
  TRY(lib.fv_trainer_fit(trainer, data, data, FV_FIT(.epochs = 2, .batch_size = 32, .checkpoint_path = path,
                                                     .on_progress = on_progress), &err));
  TRY(lib.fv_trainer_load(context, path, &resumed, &err));
  TRY(lib.fv_model_load(context, path, &again, &err));
  TRY(lib.fv_session_create(again, FV_SESSION(.max_batch = 16), &session, &err));
  fv_evaluation result = {.struct_size = sizeof result};
  TRY(lib.fv_session_evaluate(session, data, NULL, &result, &err));
  TRY(lib.fv_model_summary(again, 1, text, sizeof text, NULL, &err));
  fv_buffer buffer = {.data = kernel, .capacity = KERNEL * sizeof *kernel, .dtype = FV_F64};
  TRY(lib.fv_model_get_tensor(again, "c.kernel", &buffer, &err));
  snprintf(path, sizeof path, "%s/filters.png", folder);
  TRY(lib.fv_picture_filters(
      path, &(fv_tensor){.data = kernel, .dtype = FV_F64, .rank = 4, .shape = {3, 3, 8, 8}}, NULL, &err));
  /* Failures must be as quiet as successes. */
  if (lib.fv_dataset_open_idx(context, "/nowhere/images", "/nowhere/labels", NULL, &none, &err) !=
      FV_NOT_FOUND)
    fault("a missing file gives NOT_FOUND");
  if (lib.fv_dense(g, FV_NODE_INVALID, NULL) != FV_NODE_INVALID) fault("a dense layer on nothing");
  lib.fv_context_destroy(context);
  lib.fv_graph_destroy(g);
  lib.fv_session_destroy(session);
  lib.fv_model_destroy(again);
  lib.fv_trainer_destroy(resumed);
  lib.fv_dataset_destroy(data);
  lib.fv_model_destroy(model);
  lib.fv_trainer_destroy(trainer);
}

/* ---- the checks ----------------------------------------------------------------------------------- */

/* Sets one of several modes that a host may compute in. */
static void set_host_mode(int mode) {
  static const int rounding[] = {FE_TONEAREST, FE_UPWARD, FE_DOWNWARD, FE_TOWARDZERO};
  fesetround(rounding[mode % 4]);
#if defined(__x86_64__)
  unsigned csr = _mm_getcsr() & ~0x8040u;
  if (mode & 1) csr |= 0x8040u;                        /* flush to zero, denormals are zero */
  if (mode == 2) csr &= ~(unsigned)_MM_MASK_DIV_ZERO;  /* division by zero traps */
  else csr |= _MM_MASK_DIV_ZERO;
  if (mode == 3) csr |= _MM_EXCEPT_INEXACT;            /* a flag that the host may still want to read */
  _mm_setcsr(csr);
#endif
  host_mode = fp_state();
}

static void on_signal(int number) { (void)number; }

int main(int argc, char **argv) {
  char folder[] = "/tmp/fovea-guest-XXXXXX", path[64];
  static double kernel[8][KERNEL];
  report = dup(STDERR_FILENO);
  if (argc != 2 || !mkdtemp(folder)) return dprintf(report, "usage: guest LIBRARY\n"), 1;

  /* A host with a life of its own. */
  snprintf(path, sizeof path, "%s/printed", folder);
  const int printed = open(path, O_RDWR | O_CREAT | O_APPEND, 0600);
  dup2(printed, STDOUT_FILENO);
  dup2(printed, STDERR_FILENO);
  setlocale(LC_ALL, "C.UTF-8");
  signal(SIGUSR1, on_signal);
  signal(SIGPIPE, SIG_IGN);
  sigset_t mask;
  sigemptyset(&mask);
  sigaddset(&mask, SIGUSR2);
  pthread_sigmask(SIG_BLOCK, &mask, NULL);

  state before = look();
  void *handle = dlopen(argv[1], RTLD_NOW | RTLD_LOCAL);
  if (!handle) return dprintf(report, "%s\n", dlerror()), 1;
  compare(&before, "after loading");
  bind_functions(handle);
  if (faults) return 1;

  use(folder, FV_CONTEXT(.threads = 3), kernel[0]);
  compare(&before, "after use with a pool of three");
  for (int mode = 1; mode < 4; mode++) {
    set_host_mode(mode);
    before.fp = host_mode;
    use(folder, FV_CONTEXT(.threads = 2), kernel[mode]);
    compare(&before, "after use in another floating-point mode");
    use(folder, FV_CONTEXT(.threads = 4, .parallel_for = host_parallel_for), kernel[mode + 3]);
    compare(&before, "after use on the host's threads");
  }
  set_host_mode(0);
  before.fp = fp_state();
  use(folder, FV_CONTEXT(.threads = 1), kernel[7]);
  compare(&before, "after use on the caller alone");
  for (int i = 1; i < 8; i++)
    if (memcmp(kernel[0], kernel[i], sizeof kernel[0])) fault("run %d gave other weights", i);
  int moved = 0;
  for (int i = 0; i < KERNEL; i++) moved += kernel[0][i] != 0;
  if (moved < KERNEL / 2) fault("the weights are empty");

  if (lseek(printed, 0, SEEK_END) != 0) fault("%ld bytes were printed", (long)lseek(printed, 0, SEEK_END));
  dlclose(handle);
  if (count_threads() != before.threads) fault("after unloading: %d threads", count_threads());
  for (const char **name = (const char *[]){"printed", "guest.fovea", "filters.png", NULL}; *name; name++) {
    snprintf(path, sizeof path, "%s/%s", folder, *name);
    if (unlink(path)) fault("%s is not there", path);
  }
  if (rmdir(folder)) fault("%s has files that nobody asked for", folder);
  dprintf(report, faults ? "%d faults\n" : "a good guest\n", faults);
  return faults ? 1 : 0;
}
