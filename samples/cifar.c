/* ResNet-20 on CIFAR-10, with the augmentation of its paper: random windows of the padded image, mirrored or
 * not, made ahead of the training by a worker thread.
 *
 *   cifar --data FILE... [--test FILE] [--epochs N] [--out DIR]
 *
 * FILE: CIFAR-10's binary files (data_batch_1.bin and so on). Without --test a tenth of the images is held
 * back. DIR receives the trained model, cifar.fovea, and augmented.png, one image in sixteen ways; photos.c
 * goes on with that model.
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up(err.message)

static void give_up(const char *message) {
  fprintf(stderr, "cifar: %s\n", message);
  exit(1);
}

static int32_t show(void *user, const fv_progress *p) {
  (void)user;
  if (p->epoch_ended)
    printf("epoch %2d/%d  loss %.3f  accuracy %.1f %%  test %.1f %%  %.0f images/s  %.0f s left\n",
           (int)p->epoch + 1, (int)p->epochs, p->loss, 100 * p->accuracy, 100 * p->val_accuracy,
           p->samples_per_second, p->seconds_left);
  fflush(stdout);
  return 0;
}

/* The training images in new windows, mirrored or not, every time they are seen. */
static fv_dataset *augment(const fv_dataset *images, const char *picture) {
  const fv_augment_desc *const steps[] = {
      FV_AUGMENT(.step = FV_AUGMENT_CROP, .size = {32, 32}, .padding = 4),
      FV_AUGMENT(.step = FV_AUGMENT_HORIZONTAL_FLIP)};
  static uint8_t pixels[32 * 32 * 3];
  fv_augmentation *augmentation;
  fv_dataset *augmented;
  TRY(fv_augmentation_create(context, steps, 2, NULL, &augmentation, &err));
  TRY(fv_dataset_augment(images, augmentation, &augmented, &err));
  fv_buffer image = {.data = pixels, .capacity = sizeof pixels};
  TRY(fv_dataset_get(images, 0, &image, NULL, &err));
  fv_tensor first = {.data = pixels, .dtype = FV_U8, .shape = {32, 32, 3}, .rank = 3};
  TRY(fv_augmentation_contact_sheet(augmentation, &first, NULL, picture, &err));
  fv_augmentation_destroy(augmentation);
  return augmented;
}

static fv_model *network(const fv_dataset *train) {
  fv_transform *transform;
  fv_graph *g;
  fv_model *model;
  TRY(fv_transform_fit(context, train,
                       FV_TRANSFORM_FIT(.featurewise_center = FV_STATISTIC_CHANNEL,
                                        .featurewise_std_normalization = FV_STATISTIC_CHANNEL),
                       &transform, &err));
  TRY(fv_graph_create(context, &g, &err));
  fv_node logits = fv_zoo_resnet_cifar(g, 20, NULL);
  TRY(fv_model_create(g, &logits, 1, FV_MODEL(.seed = 1, .fitted = transform), &model, &err));
  fv_graph_destroy(g);
  fv_transform_destroy(transform);
  return model;
}

int main(int argc, char **argv) {
  const char *files[16], *test_file = NULL, *out = ".";
  size_t count = 0;
  int epochs = 12;
  char path[4096];
  for (int i = 1; i < argc; ++i) {
    const int more = i + 1 < argc;
    if (!strcmp(argv[i], "--data") && more)
      while (i + 1 < argc && argv[i + 1][0] != '-' && count < 16) files[count++] = argv[++i];
    else if (!strcmp(argv[i], "--test") && more) test_file = argv[++i];
    else if (!strcmp(argv[i], "--epochs") && more && atoi(argv[i + 1]) > 0) epochs = atoi(argv[++i]);
    else if (!strcmp(argv[i], "--out") && more) out = argv[++i];
    else count = 0, i = argc;
  }
  if (count == 0) give_up("usage: cifar --data FILE... [--test FILE] [--epochs N] [--out DIR]");

  fv_dataset *train, *test;
  TRY(fv_context_create(NULL, &context, &err));
  TRY(fv_dataset_open_cifar(context, files, count, NULL, &train, &err));
  if (test_file != NULL) {
    TRY(fv_dataset_open_cifar(context, &test_file, 1, NULL, &test, &err));
  } else {
    fv_dataset *all = train;
    TRY(fv_dataset_split(all, FV_SPLIT(.fraction = 0.1, .shuffle = 1, .stratified = 1), &train, &test, &err));
    fv_dataset_destroy(all);
  }

  snprintf(path, sizeof path, "%s/augmented.png", out);
  fv_dataset *augmented = augment(train, path);
  fv_model *model = network(train);
  fv_trainer *trainer;
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                                          .learning_rate = 0.1, .momentum = 0.9, .nesterov = 1,
                                          .l2 = 5e-4, .seed = 1,
                                          .schedule = FV_SCHEDULE(.schedule = FV_SCHEDULE_COSINE,
                                                                  .total = epochs, .warmup = 1)),
                        &trainer, &err));
  TRY(fv_trainer_fit(trainer, augmented, test,
                     FV_FIT(.epochs = epochs, .batch_size = 64, .workers = 1, .on_progress = show), &err));

  snprintf(path, sizeof path, "%s/cifar.fovea", out);
  TRY(fv_model_save(model, path, &err));
  printf("saved %s\n", path);
  fv_trainer_destroy(trainer);
  fv_model_destroy(model);
  fv_dataset_destroy(augmented);
  fv_dataset_destroy(test);
  fv_dataset_destroy(train);
  fv_context_destroy(context);
  return 0;
}
