/* A layer and a loss of your own: written as callbacks, checked by central differences in double precision,
 * trained, saved, and loaded again by a context that knows them.
 *
 * The layer is a bump, y = exp(-(w x)^2 / 2), with one learned w for each channel. The loss is cross-entropy
 * with a penalty on confidence, L = CE - beta H(p), H the entropy of softmax(x); Pereyra et al. 2017.
 */
#include <fovea/fovea.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { BATCH = 4, SIDE = 3, CLASSES = 3 };
static const double beta = 0.1;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) exit((fprintf(stderr, "custom: %s\n", err.message), 1))

/* Values have the model's element type; here one access serves both. */
static double get(fv_dtype type, const void *p, int64_t i) {
  return type == FV_F64 ? ((const double *)p)[i] : (double)((const float *)p)[i];
}
static void add(fv_dtype type, void *p, int64_t i, double value) {
  if (type == FV_F64) ((double *)p)[i] += value;
  else ((float *)p)[i] += (float)value;
}

/* ---- the layer ------------------------------------------------------------------------------------- */

static fv_status bump_shape(void *user, fv_custom_shape *s, fv_error *error) {
  (void)user;
  if (s->input_count != 1) {
    snprintf(error->message, sizeof error->message, "a bump has one input, got %d", (int)s->input_count);
    return FV_INVALID_ARGUMENT;
  }
  fv_custom_add_parameter(s, FV_CUSTOM_PARAMETER(.name = "width", .role = FV_ROLE_SCALE,
                                                 .shape = {s->shape[s->rank - 1]}));
  return FV_OK; /* the output's shape is the input's, as it was when the call began */
}

static fv_status bump_forward(void *user, const fv_custom_pass *p, fv_error *error) {
  (void)user, (void)error;
  for (int64_t i = 0; i < p->batch * p->elements; i++) {
    double w = get(p->dtype, p->parameters[0].data, i % p->parameters[0].elements);
    double wx = w * get(p->dtype, p->inputs[0].data, i);
    add(p->dtype, p->output, i, exp(-wx * wx / 2)); /* all zero at first */
  }
  return FV_OK;
}

static fv_status bump_backward(void *user, const fv_custom_pass *p, fv_error *error) {
  (void)user, (void)error;
  for (int64_t i = 0; i < p->batch * p->elements; i++) {
    int64_t channel = i % p->parameters[0].elements;
    double w = get(p->dtype, p->parameters[0].data, channel), x = get(p->dtype, p->inputs[0].data, i);
    double slope = -w * x * get(p->dtype, p->output, i) * get(p->dtype, p->output_gradient, i);
    if (p->inputs[0].gradient) add(p->dtype, p->inputs[0].gradient, i, slope * w);
    add(p->dtype, p->parameters[0].gradient, channel, slope * x);
  }
  return FV_OK;
}

/* ---- the loss -------------------------------------------------------------------------------------- */

static fv_status careful(void *user, const fv_custom_rows *r, fv_error *error) {
  (void)user;
  fv_status status = fv_custom_rows_loss(r, FV_LOSS_SOFTMAX_CROSS_ENTROPY, error);
  for (int64_t row = 0; status == FV_OK && row < r->rows; row++) {
    int64_t first = row * r->columns;
    double largest = -INFINITY, sum = 0, entropy = 0;
    for (int64_t k = 0; k < r->columns; k++) largest = fmax(largest, get(r->dtype, r->output, first + k));
    for (int64_t k = 0; k < r->columns; k++) sum += exp(get(r->dtype, r->output, first + k) - largest);
    for (int64_t k = 0; k < r->columns; k++) {
      double log_p = get(r->dtype, r->output, first + k) - largest - log(sum);
      entropy -= exp(log_p) * log_p;
    }
    r->losses[row] -= beta * entropy;
    for (int64_t k = 0; r->gradient && k < r->columns; k++) {
      double log_p = get(r->dtype, r->output, first + k) - largest - log(sum);
      add(r->dtype, r->gradient, first + k, beta * exp(log_p) * (log_p + entropy));
    }
  }
  return status;
}

static fv_context *context_with_types(void) {
  fv_context *context;
  TRY(fv_context_create(NULL, &context, &err));
  TRY(fv_context_register_layer(context, FV_CUSTOM_LAYER(.type = "sample.bump", .shape = bump_shape,
                                                         .forward = bump_forward, .backward = bump_backward),
                                &err));
  TRY(fv_context_register_loss(context, FV_CUSTOM_LOSS(.name = "sample.careful", .evaluate = careful), &err));
  return context;
}

/* A network on images with bumps between two dense layers, and its trainer. */
static fv_trainer *build(fv_context *context, int side, int hidden, int classes, fv_dtype dtype,
                         double scale) {
  fv_graph *g;
  fv_model *model;
  fv_trainer *trainer;
  TRY(fv_graph_create(context, &g, &err));
  fv_node x = fv_input(g, FV_INPUT(.name = "x", .shape = {side, side, 1}));
  x = fv_dense(g, fv_flatten(g, x, NULL), FV_DENSE(.units = hidden));
  x = fv_custom(g, &x, 1, FV_CUSTOM(.name = "bump", .type = "sample.bump"));
  x = fv_dense(g, x, FV_DENSE(.units = classes));
  TRY(fv_model_create(g, &x, 1, FV_MODEL(.dtype = dtype, .seed = 1,
                                         .transform = FV_TRANSFORM(.scale = scale)), &model, &err));
  const fv_loss_desc *loss = FV_LOSS(.loss = FV_LOSS_CUSTOM, .custom = "sample.careful");
  TRY(fv_trainer_create(model, FV_TRAINER(.optimizer = FV_OPT_ADAM, .learning_rate = 0.005, .losses = &loss,
                                          .loss_count = 1), &trainer, &err));
  fv_model_destroy(model), fv_graph_destroy(g); /* the trainer keeps what it needs */
  return trainer;
}

/* |central differences - gradient| / |gradient| over all parameters of a small network in f64. */
static double check_gradients(fv_context *context) {
  fv_trainer *trainer = build(context, SIDE, 5, CLASSES, FV_F64, 1);
  fv_model *model = fv_trainer_model(trainer);
  double x[BATCH * SIDE * SIDE], values[64], gradient[64], difference = 0, size = 0;
  int32_t labels[BATCH] = {0, 1, 2, 1};
  for (int i = 0; i < BATCH * SIDE * SIDE; i++) x[i] = sin(1 + 7 * i);
  fv_tensor in = {.data = x, .dtype = FV_F64, .rank = 4, .shape = {BATCH, SIDE, SIDE, 1}};
  fv_tensor target = {.data = labels, .dtype = FV_I32, .rank = 1, .shape = {BATCH}};
  fv_model_info about = {.struct_size = sizeof about};
  TRY(fv_model_get_info(model, &about, &err));
  for (int t = 0; t < about.tensors; t++) {
    fv_tensor_info info = {.struct_size = sizeof info};
    fv_buffer w = {.data = values, .capacity = sizeof values};
    fv_buffer g = {.data = gradient, .capacity = sizeof gradient};
    TRY(fv_model_tensor_info(model, t, &info, &err));
    TRY(fv_model_get_tensor(model, info.name, &w, &err));
    TRY(fv_trainer_backward(trainer, &in, 1, &target, NULL, &err));
    TRY(fv_trainer_get_gradient(trainer, info.name, &g, &err));
    fv_tensor changed = {.data = values, .dtype = FV_F64, .rank = w.rank, .shape = {w.shape[0], w.shape[1]}};
    int64_t count = w.shape[0] * (w.rank == 2 ? w.shape[1] : 1);
    for (int64_t i = 0; i < count; i++) {
      const double kept = values[i], h = 6e-6 * fmax(1, fabs(kept));
      double loss[2];
      for (int side = 0; side < 2; side++) {
        values[i] = side ? kept - h : kept + h;
        TRY(fv_model_set_tensor(model, info.name, &changed, &err));
        TRY(fv_trainer_backward(trainer, &in, 1, &target, &loss[side], &err));
      }
      values[i] = kept;
      TRY(fv_model_set_tensor(model, info.name, &changed, &err));
      difference += pow((loss[0] - loss[1]) / (2 * h) - gradient[i], 2);
      size += gradient[i] * gradient[i];
    }
  }
  fv_trainer_destroy(trainer);
  return sqrt(difference / size);
}

static double accuracy(fv_model *model, const fv_dataset *data) {
  fv_session *session;
  fv_evaluation result = {.struct_size = sizeof result};
  TRY(fv_session_create(model, FV_SESSION(.max_batch = 64), &session, &err));
  TRY(fv_session_evaluate(session, data, NULL, &result, &err));
  fv_session_destroy(session);
  return 100 * result.accuracy;
}

int main(int argc, char **argv) {
  const char *path = argc > 1 ? argv[1] : "custom.fovea";
  fv_context *context = context_with_types(), *later, *stranger;
  fv_dataset *train, *test;
  fv_model *loaded;
  printf("gradient check: relative error %.1e\n", check_gradients(context));

  TRY(fv_dataset_digits(context, FV_DIGITS(.count = 4000, .seed = 1), &train, &err));
  TRY(fv_dataset_digits(context, FV_DIGITS(.count = 1000, .seed = 2), &test, &err));
  fv_trainer *trainer = build(context, 28, 64, 10, FV_F32, 1.0 / 255);
  TRY(fv_trainer_fit(trainer, train, NULL, FV_FIT(.epochs = 10, .batch_size = 64), &err));
  TRY(fv_trainer_save(trainer, path, &err));
  printf("trained: %.1f %%\n", accuracy(fv_trainer_model(trainer), test));

  TRY(fv_context_create(NULL, &stranger, &err));
  if (fv_model_load(stranger, path, &loaded, &err) != FV_OK) printf("a stranger: %s\n", err.message);
  later = context_with_types();
  TRY(fv_model_load(later, path, &loaded, &err));
  printf("loaded: %.1f %%\n", accuracy(loaded, test));

  fv_model_destroy(loaded), fv_trainer_destroy(trainer), fv_dataset_destroy(train), fv_dataset_destroy(test);
  fv_context_destroy(context), fv_context_destroy(later), fv_context_destroy(stranger);
  return 0;
}
