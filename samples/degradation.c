/* Deeper is worse, unless there are shortcuts: plain networks of 20 and 56 layers and residual ones of the
 * same depths on CIFAR-10, the four curves as a table and a picture (He et al. 2016, figure 6).
 *
 *   degradation --train FILE --test FILE [--images N] [--epochs N] [--out PNG]
 *
 * FILE: a batch of the binary version of CIFAR-10, such as data_batch_1.bin and test_batch.bin. The defaults,
 * 5000 images and 5 epochs, take about ten minutes on two cores; the picture goes to degradation.png.
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { NETWORKS = 4, MAX_EPOCHS = 1000, BATCH = 32 };

static const struct {
  const char *name;
  int32_t depth;
  fv_shortcut shortcut;
} networks[NETWORKS] = {{"plain-20", 20, FV_SHORTCUT_NONE},
                        {"plain-56", 56, FV_SHORTCUT_NONE},
                        {"ResNet-20", 20, FV_SHORTCUT_ZEROS},
                        {"ResNet-56", 56, FV_SHORTCUT_ZEROS}};

static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up(err.message)

static void give_up(const char *message) {
  fprintf(stderr, "degradation: %s\n", message);
  exit(1);
}

/* At most the first `limit` images. */
static fv_dataset *open_cifar(const char *path, int64_t limit) {
  fv_dataset *all, *first;
  fv_dataset_info info = {.struct_size = sizeof info};
  TRY(fv_dataset_open_cifar(context, &path, 1, NULL, &all, &err));
  TRY(fv_dataset_get_info(all, &info, &err));
  if (limit >= info.count) return all;
  int64_t *indices = malloc((size_t)limit * sizeof *indices);
  if (indices == NULL) give_up("no memory");
  for (int64_t i = 0; i < limit; ++i) indices[i] = i;
  TRY(fv_dataset_subset(all, indices, (size_t)limit, &first, &err));
  free(indices);
  fv_dataset_destroy(all);
  return first;
}

static double losses[NETWORKS][MAX_EPOCHS]; /* mean over the batches of each epoch */
static fv_history_row rows[NETWORKS][MAX_EPOCHS];

typedef struct progress {
  int network;
  fv_trainer *trainer;
} progress;

/* One line an epoch; where somebody watches, it moves. The loss is the one without weight decay, which is no
 * small part of a plain network's. */
static int32_t show(void *user, const fv_progress *p) {
  const progress *now = user;
  int live = isatty(STDOUT_FILENO);
  double loss = 0, *mean = &losses[now->network][p->epoch];
  fv_trainer_loss_values(now->trainer, &loss, 1, NULL, NULL);
  *mean += (loss - *mean) / (double)p->batch;
  if (live || p->epoch_ended)
    printf("%s%-9s  epoch %d/%d  batch %d/%d  loss %.4f  %.0f images/s  %.0f s left  %s", live ? "\r" : "",
           networks[now->network].name, (int)p->epoch + 1, (int)p->epochs, (int)p->batch, (int)p->batches,
           *mean, p->samples_per_second, p->seconds_left, p->epoch_ended ? "\n" : "");
  fflush(stdout);
  return 0;
}

static void train(int n, const fv_dataset *data, const fv_dataset *test, int epochs) {
  static const double mean[] = {0.491, 0.482, 0.447}, stddev[] = {0.247, 0.243, 0.262}; /* of CIFAR-10 */
  fv_graph *g;
  fv_model *model;
  fv_trainer *trainer;
  fv_recipe recipe = {.struct_size = sizeof recipe};
  TRY(fv_zoo_recipe(FV_RECIPE_RESNET_CIFAR, &recipe, &err));
  TRY(fv_graph_create(context, &g, &err));
  fv_node logits = fv_zoo_resnet_cifar(g, networks[n].depth, FV_ZOO(.shortcut = networks[n].shortcut));
  const fv_transform_desc *pixels =
      FV_TRANSFORM(.channels = 3, .scale = 1.0 / 255, .mean = mean, .stddev = stddev);
  TRY(fv_model_create(g, &logits, 1, FV_MODEL(.seed = 1, .transform = pixels), &model, &err));
  double rate = recipe.learning_rate * BATCH / recipe.batch_size; /* smaller batches, smaller steps */
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .seed = 1,
                                          .optimizer = recipe.optimizer, .learning_rate = rate,
                                          .momentum = recipe.momentum, .l2 = recipe.l2), &trainer, &err));
  TRY(fv_trainer_fit(trainer, data, test, FV_FIT(.epochs = epochs, .batch_size = BATCH, .on_progress = show,
                                                 .user = &(progress){n, trainer}), &err));
  TRY(fv_trainer_history(trainer, rows[n], (size_t)epochs, NULL, &err));
  fv_trainer_destroy(trainer), fv_model_destroy(model), fv_graph_destroy(g);
}

static void print_table(int epochs) {
  printf("\n%-7s", "epoch");
  for (int n = 0; n < NETWORKS; ++n) printf("  %18s", networks[n].name);
  printf("    mean training loss of the epoch, test accuracy after it\n");
  for (int e = 0; e < epochs; ++e) {
    printf("%5d  ", e + 1);
    for (int n = 0; n < NETWORKS; ++n)
      printf("  %8.4f  %6.2f %%", losses[n][e], 100 * rows[n][e].val_accuracy);
    printf("\n");
  }
}

static void draw(const char *path, int epochs) {
  fv_curve curves[NETWORKS];
  for (int n = 0; n < NETWORKS; ++n)
    curves[n] = (fv_curve){.label = networks[n].name, .y = losses[n], .count = (size_t)epochs};
  TRY(fv_picture_plot(path, curves, NETWORKS,
                      FV_PLOT(.title = "CIFAR-10", .x_label = "epoch", .y_label = "training loss"), &err));
}

int main(int argc, char **argv) {
  const char *train_path = NULL, *test_path = NULL, *out = "degradation.png";
  int64_t images = 5000;
  int epochs = 5, ok = argc % 2;
  for (int i = 1; ok && i < argc; i += 2)
    if (!strcmp(argv[i], "--train")) train_path = argv[i + 1];
    else if (!strcmp(argv[i], "--test")) test_path = argv[i + 1];
    else if (!strcmp(argv[i], "--out")) out = argv[i + 1];
    else if (!strcmp(argv[i], "--images")) images = atoll(argv[i + 1]);
    else if (!strcmp(argv[i], "--epochs")) epochs = atoi(argv[i + 1]);
    else ok = 0;
  if (!ok || !train_path || !test_path || images < 1 || epochs < 1 || epochs > MAX_EPOCHS)
    return fprintf(stderr, "usage: degradation --train FILE --test FILE [--images N] [--epochs N] "
                           "[--out PNG]\n"), 1;

  TRY(fv_context_create(NULL, &context, &err));
  fv_dataset *data = open_cifar(train_path, images), *test = open_cifar(test_path, images);
  for (int n = 0; n < NETWORKS; ++n) train(n, data, test, epochs);
  print_table(epochs);
  draw(out, epochs);
  fv_dataset_destroy(data), fv_dataset_destroy(test), fv_context_destroy(context);
  return 0;
}
