/* The Keras CNN on Fashion-MNIST: at least 91.5 % of the test images after eight epochs.
 *
 *   fashion --data DIR      DIR: train- and t10k-images-idx3-ubyte.gz, and the labels (idx1)
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up()

static void give_up(void) {
  fprintf(stderr, "fashion: %s\n", err.message);
  exit(1);
}

static fv_dataset *open_part(const char *folder, const char *part) {
  char images[4096], labels[4096];
  fv_dataset *data;
  snprintf(images, sizeof images, "%s/%s-images-idx3-ubyte.gz", folder, part);
  snprintf(labels, sizeof labels, "%s/%s-labels-idx1-ubyte.gz", folder, part);
  TRY(fv_dataset_open_idx(context, images, labels, NULL, &data, &err));
  return data;
}

/* One line an epoch; the rate falls to zero along a straight line. */
static int32_t show(void *trainer, const fv_progress *p) {
  double done = (double)p->step / ((double)p->epochs * p->batches);
  fv_trainer_set_learning_rate(trainer, 0.002 * (1 - done), NULL);
  if (p->epoch_ended)
    printf("epoch %d/%d  loss %.4f  accuracy %.2f %%  test %.2f %%  %.0f images/s  %.0f s\n",
           (int)p->epoch + 1, (int)p->epochs, p->loss, 100 * p->accuracy, 100 * p->val_accuracy,
           p->samples_per_second, p->seconds);
  fflush(stdout);
  return 0;
}

int main(int argc, char **argv) {
  static const char *const names[] = {"T-shirt", "trouser", "pullover", "dress", "coat",
                                      "sandal",  "shirt",   "sneaker",  "bag",   "boot"};
  fv_graph *g;
  fv_model *model;
  fv_trainer *trainer;
  fv_session *session;
  if (argc != 3 || strcmp(argv[1], "--data")) return fprintf(stderr, "usage: fashion --data DIR\n"), 1;

  TRY(fv_context_create(NULL, &context, &err));
  fv_dataset *train = open_part(argv[2], "train"), *test = open_part(argv[2], "t10k");

  TRY(fv_graph_create(context, &g, &err));
  fv_node logits = fv_zoo_keras_cnn(g, NULL);
  TRY(fv_model_create(g, &logits, 1, FV_MODEL(.seed = 1, .transform = FV_TRANSFORM(.scale = 1.0 / 255)),
                      &model, &err));
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM),
                        &trainer, &err));
  TRY(fv_trainer_fit(trainer, train, test, FV_FIT(.epochs = 8, .batch_size = 128, .on_progress = show,
                                                  .user = trainer), &err));

  int64_t confusion[10][10];
  double recall[10];
  fv_evaluation result = {.struct_size = sizeof result};
  TRY(fv_session_create(model, FV_SESSION(.max_batch = 128), &session, &err));
  TRY(fv_session_evaluate(session, test, FV_EVALUATE(.confusion = confusion[0]), &result, &err));
  TRY(fv_confusion_scores(confusion[0], 10, NULL, recall, NULL, &err));
  for (int k = 0; k < 10; k++) printf("%-9s %6.2f %%\n", names[k], 100 * recall[k]);
  printf("test accuracy %.2f %%\n", 100 * result.accuracy);

  fv_session_destroy(session);
  fv_trainer_destroy(trainer);
  fv_model_destroy(model);
  fv_graph_destroy(g);
  fv_dataset_destroy(test);
  fv_dataset_destroy(train);
  fv_context_destroy(context);
  return 0;
}
