/* A program outside of the tree that uses the installed library: learns exclusive or. argv[1]: the version
 * that pkg-config names. */
#include <fovea/fovea.h>
#include <stdio.h>

#define TRY(call) if ((call) != FV_OK) return fprintf(stderr, "%s: %s\n", #call, err.message), 1

int main(int argc, char **argv) {
  fv_error err;
  fv_context *context;
  fv_graph *g;
  fv_model *model;
  fv_trainer *trainer;
  char version[32];
  float x[4][2] = {{0, 0}, {0, 1}, {1, 0}, {1, 1}};
  int32_t y[4] = {0, 1, 1, 0};
  double loss = 0;
  int i;
  fv_node node;
  fv_tensor input = {0}, target = {0};

  sprintf(version, "%u.%u.%u", fv_version() / 10000, fv_version() / 100 % 100, fv_version() % 100);
  for (i = 0; argc > 1 && (version[i] != 0 || argv[1][i] != 0); i++)
    if (version[i] != argv[1][i]) return fprintf(stderr, "version %s, expected %s\n", version, argv[1]), 1;

  TRY(fv_context_create(FV_CONTEXT(.threads = 1), &context, &err));
  TRY(fv_graph_create(context, &g, &err));
  node = fv_input(g, FV_INPUT(.name = "x", .shape = {2}));
  node = fv_dense(g, node, FV_DENSE(.units = 16, .activation = FV_ACT_TANH));
  node = fv_dense(g, node, FV_DENSE(.units = 2));
  TRY(fv_model_create(g, &node, 1, FV_MODEL(.seed = 1), &model, &err));
  TRY(fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM,
                                          .learning_rate = 0.05), &trainer, &err));
  input.data = x, input.dtype = FV_F32, input.rank = 2, input.shape[0] = 4, input.shape[1] = 2;
  target.data = y, target.dtype = FV_I32, target.rank = 1, target.shape[0] = 4;
  for (i = 0; i < 200; i++) TRY(fv_trainer_step(trainer, &input, 1, &target, &loss, &err));
  fv_context_destroy(context);
  fv_graph_destroy(g);
  fv_trainer_destroy(trainer);
  fv_model_destroy(model);
  printf("loss %.4f\n", loss);
  return loss < 0.1 ? 0 : 1;
}
