/* What a network has learned on much data, put to use on little: a network is trained on clean drawn digits,
 * then 100 images of another sort are learned in the ways of samples/transfer.md, side by side.
 *
 *   transfer [--data DIR] [--images N]
 *
 * DIR: MNIST or any data of its format (train-images-idx3-ubyte.gz and so on), 28x28 with ten classes, as the
 * new task; without it, digits that are drawn under noise. N: images of the new task to learn from.
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up(err.message)

static void give_up(const char *message) {
  fprintf(stderr, "transfer: %s\n", message);
  exit(1);
}

static fv_model *network(uint64_t seed) {
  fv_graph *g;
  fv_model *model;
  TRY(fv_graph_create(context, &g, &err));
  fv_node x = fv_input(g, FV_INPUT(.name = "image", .shape = {28, 28, 1}));
  x = fv_conv2d(g, x, FV_CONV2D(.name = "conv1", .filters = 16, .kernel = {5, 5}, .strides = {2, 2}));
  x = fv_relu(g, fv_batch_norm(g, x, FV_BATCH_NORM(.name = "bn1")), FV_LAYER(.name = "stage1"));
  x = fv_conv2d(g, x, FV_CONV2D(.name = "conv2", .filters = 32, .kernel = {3, 3}, .strides = {2, 2}));
  x = fv_relu(g, fv_batch_norm(g, x, FV_BATCH_NORM(.name = "bn2")), FV_LAYER(.name = "stage2"));
  x = fv_dense(g, fv_flatten(g, x, NULL), FV_DENSE(.name = "stage3", .units = 64, .activation = FV_ACT_RELU));
  x = fv_dense(g, x, FV_DENSE(.name = "logits", .units = 10));
  TRY(fv_model_create(g, &x, 1, FV_MODEL(.seed = seed, .transform = FV_TRANSFORM(.scale = 1.0 / 255)), &model,
                      &err));
  fv_graph_destroy(g);
  return model;
}

static fv_dataset *drawn(int64_t count, double noise, uint64_t seed) {
  fv_dataset *data;
  TRY(fv_dataset_digits(context, FV_DIGITS(.count = count, .noise = noise, .seed = seed), &data, &err));
  return data;
}

static fv_dataset *from_files(const char *folder, const char *part) {
  char images[1024], labels[1024];
  fv_dataset *data;
  snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, part);
  snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
  TRY(fv_dataset_open_idx(context, images, labels, NULL, &data, &err));
  return data;
}

static fv_trainer *trainer_of(fv_model *model, double rate) {
  fv_trainer *trainer;
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM,
                                          .learning_rate = rate, .seed = 1), &trainer, &err));
  return trainer;
}

/* `epochs` is the last of all, not of this call. */
static void fit(fv_trainer *trainer, const fv_dataset *data, int epochs) {
  TRY(fv_trainer_fit(trainer, data, NULL, FV_FIT(.epochs = epochs, .batch_size = 20), &err));
}

static void report(const char *what, fv_model *model, const fv_dataset *test) {
  fv_session *session;
  fv_evaluation e = {.struct_size = sizeof e};
  TRY(fv_session_create(model, FV_SESSION(.max_batch = 100), &session, &err));
  TRY(fv_session_evaluate(session, test, NULL, &e, &err));
  printf("%-46s %5.1f %%\n", what, 100 * e.accuracy);
  fflush(stdout);
  fv_session_destroy(session);
}

/* The body as it was, a new head, and how much of it learns. */
static void transfer(const char *what, const fv_model *old, const fv_dataset *few, const fv_dataset *test,
                     int finetune) {
  fv_model *model;
  TRY(fv_model_replace_head(old, "stage3", FV_HEAD(.units = 10, .seed = 3), &model, &err));
  fv_trainer *trainer = trainer_of(model, 0.003);
  TRY(fv_trainer_freeze_until(trainer, "stage3", NULL, &err)); /* the head alone, first */
  fit(trainer, few, 20);
  if (finetune) {
    /* Then from the top down, the lower the slower. */
    const char *below[] = {"stage2", "stage1", NULL};
    TRY(fv_trainer_set_layer_rates(trainer, 0, &err));
    TRY(fv_trainer_set_learning_rate(trainer, 0.001, &err));
    for (int i = 0; i < 3; ++i) {
      TRY(fv_trainer_freeze_until(trainer, below[i], NULL, &err));
      fit(trainer, few, 20 + 10 * (i + 1));
    }
  }
  report(what, model, test);
  fv_trainer_destroy(trainer), fv_model_destroy(model);
}

int main(int argc, char **argv) {
  const char *folder = NULL;
  int64_t images = 100;
  int ok = argc % 2;
  for (int i = 1; ok && i < argc; i += 2)
    if (!strcmp(argv[i], "--data")) folder = argv[i + 1];
    else if (!strcmp(argv[i], "--images")) images = atoll(argv[i + 1]);
    else ok = 0;
  if (!ok || images < 10) return fprintf(stderr, "usage: transfer [--data DIR] [--images N]\n"), 1;

  TRY(fv_context_create(NULL, &context, &err));
  fv_dataset *much = drawn(4000, FV_ZERO, 1), *whole = folder ? from_files(folder, "train") : NULL, *few;
  fv_dataset *test = folder ? from_files(folder, "t10k") : drawn(2000, 70, 3);
  if (folder) {
    fv_dataset *rest;
    TRY(fv_dataset_split(whole, FV_SPLIT(.shuffle = 1, .count = images, .seed = 1), &rest, &few, &err));
    fv_dataset_destroy(rest);
  } else {
    few = drawn(images, 70, 2);
  }

  fv_model *old = network(1), *fresh = network(2);
  fv_trainer *trainer = trainer_of(old, 0.002);
  fit(trainer, much, 4);
  fv_trainer_destroy(trainer);
  report("trained on 4000 clean digits, as it is", old, test);
  trainer = trainer_of(fresh, 0.003);
  fit(trainer, few, 50);
  fv_trainer_destroy(trainer);
  report("from scratch on the few", fresh, test);
  transfer("a linear classifier on top", old, few, test, 0);
  transfer("then finetuned from the top down", old, few, test, 1);

  const char *stages[] = {"stage1", "stage2", "stage3"};
  fv_probe_result probes[3];
  TRY(fv_model_probe(old, stages, 3, few, test,
                     FV_PROBE(.epochs = 50, .batch_size = 20, .whole_images = 1), probes, &err));
  for (int i = 0; i < 3; ++i)
    printf("linear probe at %s, %5lld features %10s %5.1f %%\n", stages[i], (long long)probes[i].features, "",
           100 * probes[i].accuracy);

  fv_model_destroy(old), fv_model_destroy(fresh);
  fv_dataset_destroy(much), fv_dataset_destroy(few), fv_dataset_destroy(test), fv_dataset_destroy(whole);
  fv_context_destroy(context);
  return 0;
}
