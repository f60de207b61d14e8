/* How initialisation decides what ten layers make of their input: mean and standard deviation of every
 * layer's output, for five ways to begin.
 *
 *   statistics [SEED]
 *
 * A perceptron of ten layers with 500 units each sees 1000 samples of unit Gaussian noise. With small weights
 * the signal dies, with large ones tanh saturates; sqrt(1 / n) serves tanh and sqrt(2 / n) ReLU.
 */
#include <fovea/fovea.h>
#include <math.h>
#include <stdio.h>
#include <stdlib.h>

enum { SAMPLES = 1000, WIDTH = 500, LAYERS = 10 };

static fv_context *context;
static fv_error err;
#define TRY(call) if ((call) != FV_OK) give_up()

static void give_up(void) {
  fprintf(stderr, "statistics: %s\n", err.message);
  exit(1);
}

/* Uniform in (0, 1). */
static double next(uint64_t *state) {
  *state ^= *state << 13;
  *state ^= *state >> 7;
  *state ^= *state << 17;
  return ((double)(*state >> 11) + 0.5) / 9007199254740992.0;
}

static void print_table(const char *title, fv_activation activation, const fv_initializer_desc *kernel,
                        uint64_t seed) {
  static float noise[SAMPLES * WIDTH];
  fv_node_statistics rows[LAYERS + 1];
  fv_graph *g;
  fv_model *model;
  uint64_t state = seed * 2654435761u + 1;
  for (int i = 0; i < SAMPLES * WIDTH; ++i)
    noise[i] = (float)(sqrt(-2 * log(next(&state))) * cos(6.283185307179586 * next(&state)));

  TRY(fv_graph_create(context, &g, &err));
  fv_node x = fv_input(g, FV_INPUT(.name = "input", .shape = {WIDTH}));
  for (int i = 0; i < LAYERS; ++i)
    x = fv_dense(g, x, FV_DENSE(.units = WIDTH, .activation = activation, .kernel_initializer = kernel));
  TRY(fv_model_create(g, &x, 1, FV_MODEL(.seed = seed), &model, &err));
  const fv_tensor batch = {.data = noise, .dtype = FV_F32, .rank = 2, .shape = {SAMPLES, WIDTH}};
  TRY(fv_model_statistics(model, &batch, 1, NULL, rows, LAYERS + 1, NULL, &err));

  printf("%s\n  input layer had mean %.4f and std %.4f\n", title, rows[0].mean, rows[0].stddev);
  for (int i = 1; i <= LAYERS; ++i)
    printf("  hidden layer %-2d had mean %9.6f and std %.6f; %5.1f %% beyond 0.99, %5.1f %% dead\n", i,
           rows[i].mean, rows[i].stddev, 100 * rows[i].saturated, 100 * rows[i].dead);
  fv_model_destroy(model);
  fv_graph_destroy(g);
}

int main(int argc, char **argv) {
  const uint64_t seed = argc > 1 ? strtoull(argv[1], NULL, 10) : 1;
  TRY(fv_context_create(NULL, &context, &err));
  print_table("T1: tanh, Gaussian weights of deviation 0.01", FV_ACT_TANH,
              FV_INITIALIZER(.kind = FV_INIT_NORMAL, .stddev = 0.01), seed);
  print_table("T2: tanh, deviation 1", FV_ACT_TANH,
              FV_INITIALIZER(.kind = FV_INIT_NORMAL, .stddev = 1), seed);
  print_table("T3: tanh, deviation sqrt(1 / n)", FV_ACT_TANH,
              FV_INITIALIZER(.kind = FV_INIT_LECUN_NORMAL), seed);
  print_table("T4: ReLU, deviation sqrt(1 / n)", FV_ACT_RELU,
              FV_INITIALIZER(.kind = FV_INIT_LECUN_NORMAL), seed);
  print_table("T5: ReLU, deviation sqrt(2 / n)", FV_ACT_RELU,
              FV_INITIALIZER(.kind = FV_INIT_HE_NORMAL), seed);
  fv_context_destroy(context);
  return 0;
}
