/* The reference of "one truth across languages": trains a small fixed network on drawn digits, prints the
 * loss of every batch and epoch as the bits of a double, and saves the checkpoint. The programs of the same
 * name in the bindings must print the same lines and write the same file.
 *
 *   same_bits CHECKPOINT */
#include <fovea/fovea.h>
#include <inttypes.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up()

static void give_up(void) {
  fprintf(stderr, "same_bits: %s\n", err.message);
  exit(1);
}

static void print_bits(const char *what, double value) {
  uint64_t bits;
  memcpy(&bits, &value, sizeof bits);
  printf("%s %016" PRIx64 "\n", what, bits);
}

static int32_t show(void *user, const fv_progress *p) {
  (void)user;
  print_bits("batch", p->batch_loss);
  if (p->epoch_ended) print_bits("epoch", p->val_loss);
  return 0;
}

static fv_model *network(fv_context *context) {
  fv_graph *g;
  fv_model *model;
  TRY(fv_graph_create(context, &g, &err));
  fv_node x = fv_input(g, FV_INPUT(.name = "image", .shape = {20, 20, 1}));
  x = fv_conv2d(g, x, FV_CONV2D(.filters = 8, .kernel = {3, 3}, .padding = FV_PAD_SAME, .no_bias = 1));
  x = fv_batch_norm(g, x, NULL);
  x = fv_relu(g, x, NULL);
  x = fv_max_pool2d(g, x, FV_POOL2D(.size = {2, 2}));
  x = fv_conv2d(g, x, FV_CONV2D(.filters = 16, .kernel = {3, 3}, .activation = FV_ACT_RELU));
  x = fv_average_pool2d(g, x, FV_POOL2D(.size = {2, 2}));
  x = fv_dropout(g, fv_flatten(g, x, NULL), FV_DROPOUT(.rate = 0.25));
  x = fv_dense(g, x, FV_DENSE(.units = 10));
  TRY(fv_model_create(g, &x, 1, FV_MODEL(.seed = 7, .transform = FV_TRANSFORM(.scale = 1.0 / 255)), &model,
                      &err));
  fv_graph_destroy(g);
  return model;
}

/* What a network sees of an image: cropped, resized and whitened as fitted, from a model's file. */
static void print_input(fv_context *context, const fv_dataset *train, const fv_dataset *test, const char *path) {
  fv_transform *fitted, *loaded;
  fv_graph *g;
  fv_model *model;
  TRY(fv_transform_fit(context, train,
                       FV_TRANSFORM_FIT(.whitening = FV_WHITENING_ZCA, .max_samples = 200,
                                        .base = FV_TRANSFORM(.scale = 1.0 / 255, .samplewise_center = 1,
                                                             .interpolation = FV_INTERPOLATION_BICUBIC,
                                                             .resize_short = 12, .crop_height = 10,
                                                             .crop_width = 10)),
                       &fitted, &err));
  TRY(fv_graph_create(context, &g, &err));
  fv_node x = fv_flatten(g, fv_input(g, FV_INPUT(.name = "image", .shape = {10, 10, 1})), NULL);
  TRY(fv_model_create(g, &x, 1, FV_MODEL(.fitted = fitted), &model, &err));
  TRY(fv_model_save(model, path, &err));
  fv_model_destroy(model);
  TRY(fv_model_load(context, path, &model, &err));
  TRY(fv_model_transform(model, 0, &loaded, &err));
  uint8_t pixels[400], bytes[400];
  float input[100];
  fv_buffer sample = {.data = pixels, .capacity = sizeof pixels, .dtype = FV_U8};
  fv_buffer out = {.data = input, .capacity = sizeof input, .dtype = FV_F32};
  TRY(fv_dataset_get(test, 0, &sample, NULL, &err));
  TRY(fv_transform_apply(loaded, &(fv_tensor){.data = pixels, .dtype = FV_U8, .rank = 3, .shape = {20, 20, 1}},
                         &out, &err));
  memcpy(bytes, input, sizeof bytes);
  uint64_t hash = 0xcbf29ce484222325u; /* FNV-1a */
  for (size_t i = 0; i < sizeof bytes; ++i) hash = (hash ^ bytes[i]) * 0x100000001b3u;
  printf("input %016" PRIx64 "\n", hash);
  fv_transform_destroy(fitted), fv_transform_destroy(loaded), fv_graph_destroy(g), fv_model_destroy(model);
}

int main(int argc, char **argv) {
  if (argc != 2) return fprintf(stderr, "usage: same_bits CHECKPOINT\n"), 1;
  fv_context *context;
  fv_dataset *train, *test;
  fv_trainer *trainer;
  TRY(fv_context_create(NULL, &context, &err));
  TRY(fv_dataset_digits(context, FV_DIGITS(.size = 20, .count = 500, .seed = 1), &train, &err));
  TRY(fv_dataset_digits(context, FV_DIGITS(.size = 20, .count = 100, .seed = 2), &test, &err));
  fv_model *model = network(context);
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM,
                                          .learning_rate = 0.002, .l2 = 1e-4, .seed = 3), &trainer, &err));
  TRY(fv_trainer_fit(trainer, train, test, FV_FIT(.epochs = 2, .batch_size = 32, .on_progress = show), &err));
  char model_path[4096];
  snprintf(model_path, sizeof model_path, "%s.model", argv[1]);
  print_input(context, train, test, model_path);
  TRY(fv_trainer_save(trainer, argv[1], &err));
  fv_trainer_destroy(trainer), fv_model_destroy(model);
  fv_dataset_destroy(train), fv_dataset_destroy(test), fv_context_destroy(context);
  return 0;
}
