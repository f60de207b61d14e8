/* What the checks say about a training: one that is well, or one with a fault.
 *
 *   checks [FAULT]    FAULT: rate, labels, zeros, pixels, leak
 *
 * A LeNet on drawn digits. The table names what is wrong, where, and what to do.
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { COUNT = 2000, SIZE = 28, PIXELS = SIZE * SIZE };

static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up()

static void give_up(void) {
  fprintf(stderr, "checks: %s\n", err.message);
  exit(2);
}

/* Digits whose labels have slipped by one sample. */
static fv_dataset *slipped(fv_context *context, const fv_dataset *digits) {
  static uint8_t pixels[COUNT][PIXELS];
  static int32_t labels[COUNT];
  fv_dataset *data;
  for (int i = 0; i < COUNT; ++i) {
    fv_buffer to = {.data = pixels[i], .capacity = PIXELS};
    int64_t label;
    TRY(fv_dataset_get(digits, i, &to, &label, &err));
    labels[(i + 1) % COUNT] = (int32_t)label;
  }
  TRY(fv_dataset_from_memory(
      context,
      FV_MEMORY_DATASET(
          .samples = {.data = pixels, .dtype = FV_U8, .rank = 4, .shape = {COUNT, SIZE, SIZE, 1}},
          .labels = {.data = labels, .dtype = FV_I32, .rank = 1, .shape = {COUNT}}),
      &data, &err));
  return data;
}

int main(int argc, char **argv) {
  const char *const fault = argc > 1 ? argv[1] : "none";
  fv_context *context;
  fv_dataset *train, *validation;
  TRY(fv_context_create(NULL, &context, &err));
  TRY(fv_dataset_digits(context, FV_DIGITS(.count = COUNT, .seed = 1), &train, &err));
  TRY(fv_dataset_digits(context, FV_DIGITS(.count = 500, .seed = strcmp(fault, "leak") == 0 ? 1 : 2),
                        &validation, &err));
  if (strcmp(fault, "labels") == 0) {
    fv_dataset *const wrong = slipped(context, train);
    fv_dataset_destroy(train);
    train = wrong;
  }

  fv_graph *g;
  fv_model *model;
  fv_trainer *trainer;
  TRY(fv_graph_create(context, &g, &err));
  const fv_initializer_desc *const kernel =
      strcmp(fault, "zeros") == 0 ? FV_INITIALIZER(.kind = FV_INIT_ZEROS) : NULL;
  fv_node x = fv_input(g, FV_INPUT(.name = "image", .shape = {SIZE, SIZE, 1}));
  x = fv_conv2d(g, x, FV_CONV2D(.name = "conv", .filters = 8, .kernel = {5, 5}, .activation = FV_ACT_RELU,
                                .kernel_initializer = kernel));
  x = fv_flatten(g, fv_max_pool2d(g, x, NULL), NULL);
  x = fv_dense(g, x, FV_DENSE(.name = "hidden", .units = 64, .activation = FV_ACT_RELU,
                              .kernel_initializer = kernel));
  x = fv_dense(g, x, FV_DENSE(.name = "logits", .units = 10));
  TRY(fv_model_create(g, &x, 1,
                      FV_MODEL(.seed = 1, .transform = FV_TRANSFORM(.scale = strcmp(fault, "pixels") == 0
                                                                                 ? 1.0
                                                                                 : 1.0 / 255)),
                      &model, &err));
  TRY(fv_trainer_create(model,
                        FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                                   .learning_rate = strcmp(fault, "rate") == 0 ? 10 : 0.01, .momentum = 0.9),
                        &trainer, &err));

  static char text[32768];
  fv_report *report;
  TRY(fv_check_all(trainer, train, FV_CHECK(.validation = validation), &report, &err));
  TRY(fv_report_text(report, text, sizeof text, NULL, &err));
  fputs(text, stdout);
  const fv_severity severity = fv_report_severity(report);

  fv_report_destroy(report);
  fv_trainer_destroy(trainer);
  fv_model_destroy(model);
  fv_graph_destroy(g);
  fv_dataset_destroy(validation);
  fv_dataset_destroy(train);
  fv_context_destroy(context);
  return severity >= FV_SEVERITY_WARNING ? 1 : 0;
}
