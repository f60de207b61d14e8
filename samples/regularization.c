/* What regularisation does to a small network that trains for long: one of two hidden layers of 256 units on
 * MNIST, plain, with an L2 penalty, with dropout, and with both, over several seeds; each with the loss that
 * Keras would print (the penalty included) and the accuracy on the test images, beside those of a lecture.
 *
 *   regularization --data DIR [--epochs N] [--seeds N] [--threads N]
 *
 * DIR: train- and t10k-images-idx3-ubyte.gz, and the labels (idx1). Everything is fixed beforehand, nothing
 * is tuned: plain gradient descent, rate 0.001, batches of 100, lambda 0.0001, dropout 0.2 of the inputs and
 * 0.5 of the hidden units.
 */
#include <fovea/fovea.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>
#include <string.h>

enum { VARIANTS = 4, UNITS = 256, BATCH = 100, MAX_SEEDS = 32 };
static const double kLambda = 1e-4; /* of lambda * sum w^2 */

static const struct {
  const char *name;
  int l2, dropout;
  double loss, accuracy; /* the lecture's */
} variants[VARIANTS] = {{"ReLU", 0, 0, 0.0887, 0.9757},
                        {"ReLU + L2", 1, 0, 0.2663, 0.9680},
                        {"ReLU + dropout", 0, 1, 0.1352, 0.9638},
                        {"ReLU + L2 + dropout", 1, 1, NAN, NAN}};

static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up()

static void give_up(void) {
  fprintf(stderr, "regularization: %s\n", err.message);
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

static fv_node build(fv_graph *g, int l2, int dropout) {
  const fv_regularizer_desc *decay = l2 ? FV_REGULARIZER(.l2 = kLambda, .full_square = 1) : NULL;
  fv_node x = fv_flatten(g, fv_input(g, FV_INPUT(.shape = {28, 28, 1})), NULL);
  if (dropout) x = fv_dropout(g, x, FV_DROPOUT(.rate = 0.2));
  for (int layer = 0; layer < 2; ++layer) {
    x = fv_dense(g, x, FV_DENSE(.units = UNITS, .activation = FV_ACT_RELU, .kernel_regularizer = decay));
    if (dropout) x = fv_dropout(g, x, FV_DROPOUT(.rate = 0.5));
  }
  return fv_dense(g, x, FV_DENSE(.units = 10, .kernel_regularizer = decay));
}

/* lambda times the sum of the squares of every kernel. */
static double penalty(const fv_model *model) {
  static double values[28 * 28 * UNITS];
  fv_model_info info = {.struct_size = sizeof info};
  fv_tensor_info tensor = {.struct_size = sizeof tensor};
  double sum = 0;
  TRY(fv_model_get_info(model, &info, &err));
  for (int32_t i = 0; i < info.tensors; ++i) {
    TRY(fv_model_tensor_info(model, i, &tensor, &err));
    if (tensor.rank != 2) continue;
    fv_buffer buffer = {.data = values, .capacity = sizeof values, .dtype = FV_F64};
    TRY(fv_model_get_tensor(model, tensor.name, &buffer, &err));
    for (int64_t k = 0; k < tensor.shape[0] * tensor.shape[1]; ++k) sum += values[k] * values[k];
  }
  return kLambda * sum;
}

static int32_t show(void *name, const fv_progress *p) {
  if (!p->epoch_ended) return 0;
  printf("\r%-20s epoch %d/%d  loss %.4f  accuracy %.2f %%  %.0f images/s  %.0f s left   ", (char *)name,
         (int)p->epoch + 1, (int)p->epochs, p->loss, 100 * p->accuracy, p->samples_per_second,
         p->seconds_left);
  fflush(stdout);
  return 0;
}

static fv_evaluation train(int v, uint64_t seed, const fv_dataset *data, const fv_dataset *test, int epochs) {
  fv_graph *g;
  fv_model *model;
  fv_trainer *trainer;
  fv_session *session;
  fv_evaluation result = {.struct_size = sizeof result};
  TRY(fv_graph_create(context, &g, &err));
  fv_node logits = build(g, variants[v].l2, variants[v].dropout);
  const fv_transform_desc *pixels = FV_TRANSFORM(.scale = 1.0 / 255);
  TRY(fv_model_create(g, &logits, 1, FV_MODEL(.seed = seed, .transform = pixels), &model, &err));
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                                          .learning_rate = 0.001, .seed = seed), &trainer, &err));
  TRY(fv_trainer_fit(trainer, data, NULL, FV_FIT(.epochs = epochs, .batch_size = BATCH, .on_progress = show,
                                                 .user = (void *)variants[v].name), &err));
  TRY(fv_session_create(model, FV_SESSION(.max_batch = BATCH), &session, &err));
  TRY(fv_session_evaluate(session, test, FV_EVALUATE(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY), &result, &err));
  if (variants[v].l2) result.loss += penalty(model);
  printf("\r%-20s seed %d: test loss %.4f, accuracy %.2f %% %40s\n", variants[v].name, (int)seed, result.loss,
         100 * result.accuracy, "");
  fv_session_destroy(session), fv_trainer_destroy(trainer), fv_model_destroy(model), fv_graph_destroy(g);
  return result;
}

int main(int argc, char **argv) {
  const char *folder = NULL;
  int epochs = 200, seeds = 3, threads = 0, ok = argc % 2;
  for (int i = 1; ok && i < argc; i += 2)
    if (!strcmp(argv[i], "--data")) folder = argv[i + 1];
    else if (!strcmp(argv[i], "--epochs")) epochs = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--seeds")) seeds = atoi(argv[i + 1]);
    else if (!strcmp(argv[i], "--threads")) threads = atoi(argv[i + 1]);
    else ok = 0;
  if (!ok || !folder || epochs < 1 || seeds < 1 || seeds > MAX_SEEDS || threads < 0)
    return fprintf(stderr, "usage: regularization --data DIR [--epochs N] [--seeds N] [--threads N]\n"), 1;

  TRY(fv_context_create(FV_CONTEXT(.threads = threads), &context, &err));
  fv_dataset *data = open_part(folder, "train"), *test = open_part(folder, "t10k");
  fv_evaluation results[VARIANTS][MAX_SEEDS];
  for (int seed = 0; seed < seeds; ++seed)
    for (int v = 0; v < VARIANTS; ++v) results[v][seed] = train(v, (uint64_t)seed + 1, data, test, epochs);

  printf("\n%d epochs, mean of %d (sd)        test loss           accuracy    lecture: loss   accuracy\n",
         epochs, seeds);
  for (int v = 0; v < VARIANTS; ++v) {
    double loss = 0, right = 0, loss2 = 0, right2 = 0;
    for (int s = 0; s < seeds; ++s) {
      loss += results[v][s].loss / seeds;
      right += results[v][s].accuracy / seeds;
    }
    for (int s = 0; s < seeds; ++s) {
      loss2 += pow(results[v][s].loss - loss, 2) / (seeds > 1 ? seeds - 1 : 1);
      right2 += pow(results[v][s].accuracy - right, 2) / (seeds > 1 ? seeds - 1 : 1);
    }
    printf("%-28s %10.4f (%.4f)  %7.2f %% (%.2f)", variants[v].name, loss, sqrt(loss2), 100 * right,
           100 * sqrt(right2));
    if (variants[v].loss > 0) printf("  %10.4f  %7.2f %%", variants[v].loss, 100 * variants[v].accuracy);
    printf("\n");
  }
  fv_dataset_destroy(data), fv_dataset_destroy(test), fv_context_destroy(context);
  return 0;
}
