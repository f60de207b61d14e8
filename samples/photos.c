/* Photographs in folders, one for each class: a network that has learned CIFAR-10 (cifar.c) learns to tell
 * them apart, first with a new head alone, then all of it at a low rate.
 *
 *   photos --data DIR --model FILE [--epochs N] [PHOTO...]
 *
 * DIR: train/ and val/ with a folder for each class, such as the ants and bees of PyTorch's tutorial. FILE:
 * cifar.fovea. Each PHOTO is classified in the end.
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { SIDE = 96, MAX_CLASSES = 64 };
static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up(err.message)

static void give_up(const char *message) {
  fprintf(stderr, "photos: %s\n", message);
  exit(1);
}

static int32_t show(void *stage, const fv_progress *p) {
  if (p->epoch_ended)
    printf("%s  epoch %2d/%d  loss %.3f  accuracy %.1f %%  validation %.1f %%  %.0f images/s\n",
           (const char *)stage, (int)p->epoch + 1, (int)p->epochs, p->loss, 100 * p->accuracy,
           100 * p->val_accuracy, p->samples_per_second);
  fflush(stdout);
  return 0;
}

/* The photographs of a part; what cannot be read is left out and said. */
static fv_dataset *open_part(const char *folder, const char *part) {
  char path[4096];
  fv_dataset *data;
  fv_files_info info = {.struct_size = sizeof info};
  snprintf(path, sizeof path, "%s/%s", folder, part);
  TRY(fv_dataset_open_folder(context, path, NULL, &data, &err));
  TRY(fv_dataset_get_files_info(data, &info, &err));
  printf("%s: %d photographs", path, (int)(info.files - info.broken));
  for (int64_t i = 0; i < info.broken; ++i) {
    TRY(fv_dataset_get_problem(data, i, path, sizeof path, NULL, &err));
    printf("\n  left out: %s", path);
  }
  printf("\n");
  return data;
}

/* The photographs as training sees them: a part of each, of another size every time. */
static fv_dataset *augment(const fv_dataset *photos) {
  const fv_augment_desc *const steps[] = {
      FV_AUGMENT(.step = FV_AUGMENT_RESIZED_CROP, .size = {SIDE, SIDE}, .low = 0.3, .high = 1),
      FV_AUGMENT(.step = FV_AUGMENT_HORIZONTAL_FLIP),
      FV_AUGMENT(.step = FV_AUGMENT_BRIGHTNESS, .low = 0.8, .high = 1.2),
      FV_AUGMENT(.step = FV_AUGMENT_CONTRAST, .low = 0.8, .high = 1.2)};
  fv_augmentation *augmentation;
  fv_dataset *augmented;
  TRY(fv_augmentation_create(context, steps, 4, NULL, &augmentation, &err));
  TRY(fv_dataset_augment(photos, augmentation, &augmented, &err));
  fv_augmentation_destroy(augmentation);
  return augmented;
}

/* The network of `file` for larger images, with what it has learned and a head for `classes`. */
static fv_model *network(const char *file, int32_t classes, const char **body) {
  fv_model *learned, *model;
  fv_graph *g;
  fv_transform_desc values = {.struct_size = sizeof values};
  TRY(fv_model_load(context, file, &learned, &err));
  TRY(fv_model_get_transform(learned, &values, &err));
  values.resize_short = SIDE * 8 / 7; /* of whole photographs the middle is seen */
  values.crop_height = values.crop_width = SIDE;
  TRY(fv_graph_create(context, &g, &err));
  fv_node x = fv_zoo_resnet_cifar(g, 20, FV_ZOO(.height = SIDE, .width = SIDE, .classes = classes));
  TRY(fv_model_create(g, &x, 1, FV_MODEL(.seed = 1, .transform = &values), &model, &err));
  TRY(fv_model_copy_weights(model, learned, NULL, NULL, &err));
  fv_graph_destroy(g);
  fv_model_destroy(learned);
  *body = "avgpool";
  return model;
}

static void learn(fv_model *model, fv_dataset *train, fv_dataset *validation, const char *stage, double rate,
                  int epochs, const char *frozen) {
  fv_trainer *trainer;
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM,
                                          .learning_rate = rate, .seed = 1,
                                          .schedule = FV_SCHEDULE(.schedule = FV_SCHEDULE_COSINE,
                                                                  .total = epochs)),
                        &trainer, &err));
  if (frozen != NULL) TRY(fv_trainer_freeze_until(trainer, frozen, NULL, &err));
  TRY(fv_trainer_fit(trainer, train, validation,
                     FV_FIT(.epochs = epochs, .batch_size = 16, .workers = 1, .on_progress = show,
                            .user = (void *)stage),
                     &err));
  fv_trainer_destroy(trainer);
}

/* Says what a photograph shows: the model has kept the names of the classes. */
static void classify(fv_session *session, const fv_model *model, const char *photo, int32_t classes) {
  float scores[MAX_CLASSES];
  char name[256];
  int32_t best = 0;
  fv_buffer out = {.data = scores, .capacity = sizeof scores};
  TRY(fv_session_run_images(session, &(fv_encoded_image){.path = photo}, 1, &out, 1, &err));
  for (int32_t k = 1; k < classes; ++k)
    if (scores[k] > scores[best]) best = k;
  TRY(fv_model_class_name(model, best, name, sizeof name, NULL, &err));
  printf("%s: %s\n", photo, name);
}

int main(int argc, char **argv) {
  const char *folder = NULL, *file = NULL, *body;
  int epochs = 10, first_photo = argc;
  for (int i = 1; i < argc; ++i) {
    const int more = i + 1 < argc;
    if (!strcmp(argv[i], "--data") && more) folder = argv[++i];
    else if (!strcmp(argv[i], "--model") && more) file = argv[++i];
    else if (!strcmp(argv[i], "--epochs") && more && atoi(argv[i + 1]) > 0) epochs = atoi(argv[++i]);
    else if (argv[i][0] != '-') first_photo = i, i = argc;
    else folder = NULL, i = argc;
  }
  if (folder == NULL || file == NULL)
    give_up("usage: photos --data DIR --model FILE [--epochs N] [PHOTO...]");

  TRY(fv_context_create(NULL, &context, &err));
  fv_dataset *train = open_part(folder, "train"), *validation = open_part(folder, "val"), *augmented;
  fv_dataset_info info = {.struct_size = sizeof info};
  TRY(fv_dataset_get_info(train, &info, &err));
  if (info.classes > MAX_CLASSES) give_up("more than 64 classes");
  augmented = augment(train);

  fv_model *model = network(file, info.classes, &body);
  learn(model, augmented, validation, "head", 1e-2, epochs, body);
  learn(model, augmented, validation, "all ", 1e-3, epochs, NULL);

  fv_session *session;
  fv_evaluation result = {.struct_size = sizeof result};
  TRY(fv_session_create(model, FV_SESSION(.max_batch = 16), &session, &err));
  TRY(fv_session_evaluate(session, validation, NULL, &result, &err));
  printf("validation accuracy %.1f %%\n", 100 * result.accuracy);
  for (int i = first_photo; i < argc; ++i) classify(session, model, argv[i], info.classes);

  fv_session_destroy(session);
  fv_model_destroy(model);
  fv_dataset_destroy(augmented);
  fv_dataset_destroy(validation);
  fv_dataset_destroy(train);
  fv_context_destroy(context);
  return 0;
}
