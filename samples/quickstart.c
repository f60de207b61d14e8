/* Fovea in one program: builds LeNet-5, trains it on images of digits, measures and saves it; then, in a
 * second process, loads and uses it. */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>
#include <unistd.h>

enum { EPOCHS = 6, BATCH = 64, CLASSES = 10, SIDE = 28 };
static const char *data_dir, *out_dir = "."; /* data_dir: MNIST's four files; without it digits are drawn */
static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) exit((fprintf(stderr, "quickstart: %s\n", err.message), 1))

static const char *place(const char *name) {
  static char path[4096];
  snprintf(path, sizeof path, "%s/%s", out_dir, name);
  return path;
}

static fv_dataset *open_data(const char *part) { /* "train" or "t10k" */
  fv_dataset *data;
  if (data_dir) {
    char images[4096], labels[4096];
    snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", data_dir, part);
    snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", data_dir, part);
    TRY(fv_dataset_open_idx(context, images, labels, NULL, &data, &err));
  } else {
    int train = !strcmp(part, "train");
    TRY(fv_dataset_digits(context, FV_DIGITS(.count = train ? 30000 : 5000, .seed = train), &data, &err));
  }
  return data;
}

static fv_model *lenet5(void) {
  fv_graph *g;
  fv_model *model;
  TRY(fv_graph_create(context, &g, &err));
  fv_node x = fv_input(g, FV_INPUT(.name = "image", .shape = {SIDE, SIDE, 1}));
  x = fv_conv2d(g, x, FV_CONV2D(.name = "conv1", .filters = 6, .kernel = {5, 5}, .padding = FV_PAD_SAME,
                                .activation = FV_ACT_RELU));
  x = fv_max_pool2d(g, x, FV_POOL2D(.size = {2, 2}));
  x = fv_conv2d(g, x, FV_CONV2D(.name = "conv2", .filters = 16, .kernel = {5, 5}, .activation = FV_ACT_RELU));
  x = fv_max_pool2d(g, x, FV_POOL2D(.size = {2, 2}));
  x = fv_dense(g, fv_flatten(g, x, NULL), FV_DENSE(.units = 120, .activation = FV_ACT_RELU));
  x = fv_dense(g, x, FV_DENSE(.units = 84, .activation = FV_ACT_RELU));
  x = fv_dense(g, x, FV_DENSE(.units = CLASSES));
  fv_node outputs[] = {x, fv_softmax(g, x, FV_LAYER(.name = "probability"))};
  TRY(fv_model_create(g, outputs, 2, FV_MODEL(.transform = FV_TRANSFORM(.scale = 1.0 / 255)), &model, &err));
  fv_graph_destroy(g);
  return model;
}

static double loss[EPOCHS * 60000]; /* for the picture: a running mean over the batches */
static size_t steps;

static int32_t show(void *trainer, const fv_progress *p) {
  loss[steps] = steps ? 0.98 * loss[steps - 1] + 0.02 * p->batch_loss : p->batch_loss, steps++;
  int live = isatty(STDOUT_FILENO);
  if (live || p->epoch_ended)
    printf("%sepoch %d/%d  batch %d/%d  loss %.4f  accuracy %.2f %%  %.0f images/s  %.0f s left  %s",
           live ? "\r" : "", (int)p->epoch + 1, (int)p->epochs, (int)p->batch, (int)p->batches, p->loss,
           100 * p->accuracy, p->samples_per_second, p->seconds_left, p->epoch_ended ? "\n" : "");
  fflush(stdout);
  if (p->epoch_ended) fv_trainer_set_learning_rate(trainer, 0.5 * p->learning_rate, NULL);
  return 0;
}

static void measure(const fv_model *model, const fv_dataset *test) {
  fv_session *session;
  int64_t confusion[CLASSES][CLASSES];
  double precision[CLASSES], recall[CLASSES], f1[CLASSES];
  fv_evaluation result = {.struct_size = sizeof result};
  TRY(fv_session_create(model, FV_SESSION(.max_batch = BATCH), &session, &err));
  TRY(fv_session_evaluate(session, test, FV_EVALUATE(.confusion = confusion[0]), &result, &err));
  TRY(fv_confusion_scores(confusion[0], CLASSES, precision, recall, f1, &err));
  printf("\ntest accuracy %.2f %%\n\nclass  precision    recall  f1\n", 100 * result.accuracy);
  for (int k = 0; k < CLASSES; k++)
    printf("%5d  %7.2f %%  %5.2f %%  %.4f\n", k, 100 * precision[k], 100 * recall[k], f1[k]);
  fv_session_destroy(session);
}

static void draw(const fv_model *model) {
  float kernel[5 * 5 * 1 * 6];
  fv_buffer buffer = {.data = kernel, .capacity = sizeof kernel};
  TRY(fv_model_get_tensor(model, "conv1.kernel", &buffer, &err));
  fv_tensor filters = {.data = kernel, .dtype = FV_F32, .rank = 4, .shape = {5, 5, 1, 6}};
  TRY(fv_picture_filters(place("filters.png"), &filters, NULL, &err));
  fv_curve curve = {.label = "training", .y = loss, .count = steps};
  TRY(fv_picture_plot(place("loss.png"), &curve, 1,
                      FV_PLOT(.title = "LeNet-5", .x_label = "step", .y_label = "loss", .log_y = 1), &err));
}

static void train(void) {
  fv_dataset *data = open_data("train"), *test = open_data("t10k");
  fv_model *model = lenet5();
  fv_trainer *trainer;
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                                          .learning_rate = 0.05, .momentum = 0.9), &trainer, &err));
  TRY(fv_trainer_fit(trainer, data, test, FV_FIT(.epochs = EPOCHS, .batch_size = BATCH, .on_progress = show,
                                                 .user = trainer), &err));
  TRY(fv_trainer_save(trainer, place("quickstart.fovea"), &err));
  measure(model, test);
  draw(model);
  fv_trainer_destroy(trainer), fv_model_destroy(model), fv_dataset_destroy(data), fv_dataset_destroy(test);
}

static void classify(void) { /* six test images, three in a row, two rows of pixels in a line */
  unsigned char image[6][SIDE][SIDE];
  float p[6][CLASSES];
  int64_t label[6];
  fv_dataset *test = open_data("t10k");
  fv_model *model;
  fv_session *session;
  TRY(fv_model_load(context, place("quickstart.fovea"), &model, &err));
  const char *output = "probability";
  TRY(fv_session_create(model, FV_SESSION(.max_batch = 6, .outputs = &output, .output_count = 1), &session,
                        &err));
  for (int i = 0; i < 6; i++) {
    fv_buffer sample = {.data = image[i], .capacity = sizeof image[i]};
    TRY(fv_dataset_get(test, 618 * i + 33, &sample, &label[i], &err));
  }
  fv_tensor images = {.data = image, .dtype = FV_U8, .rank = 4, .shape = {6, SIDE, SIDE, 1}};
  TRY(fv_session_run(session, &images, 1, &(fv_buffer){.data = p, .capacity = sizeof p}, 1, &err));

  for (int row = 0; row < 6; row += 3, printf("\n\n")) {
    for (int y = 2; y < SIDE - 2; y += 2, putchar('\n'))
      for (int i = row; i < row + 3; i++, printf("  "))
        for (int x = 2; x < SIDE - 2; x++) putchar(" .:-=+*#%@"[(image[i][y][x] + image[i][y + 1][x]) / 52]);
    for (int i = row, best = 0; i < row + 3; i++, best = 0) {
      for (int k = 1; k < CLASSES; k++) best = p[i][k] > p[i][best] ? k : best;
      printf("%d with %5.1f %%, is %d      ", best, 100.0 * p[i][best], (int)label[i]);
    }
  }
  fv_session_destroy(session), fv_model_destroy(model), fv_dataset_destroy(test);
}

int main(int argc, char **argv) {
  int ok = argc >= 2 && argc % 2 == 0 && (!strcmp(argv[1], "train") || !strcmp(argv[1], "classify"));
  for (int i = 2; ok && i < argc; i += 2)
    if (!strcmp(argv[i], "--data")) data_dir = argv[i + 1];
    else if (!strcmp(argv[i], "--out")) out_dir = argv[i + 1];
    else ok = 0;
  if (!ok) return fprintf(stderr, "usage: quickstart train|classify [--data DIR] [--out DIR]\n"), 1;
  TRY(fv_context_create(NULL, &context, &err));
  strcmp(argv[1], "train") ? classify() : train();
  fv_context_destroy(context);
  return 0;
}
