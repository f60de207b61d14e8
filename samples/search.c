/* Which learning rate, width and L2 penalty? Successive halving over random draws: 27 small networks train
 * for one epoch on drawn digits, the best 9 for two more, the best 3 for six more, all scored on validation
 * data. The winner, and it alone, is then measured on a test set. Takes seconds.
 */
#include <fovea/fovea.h>
#include <stdio.h>
#include <stdlib.h>

static fv_error err;
#define TRY(call) if ((call) != FV_OK) exit((fprintf(stderr, "search: %s\n", err.message), 1))

enum { RATE, UNITS, L2 };

/* The trainer of a trial. What goes wrong here is a row of the table, not the end. */
static fv_status build(void *user, const fv_trial *trial, int32_t fold, fv_trainer **trainer,
                       fv_error *error) {
  fv_graph *g = NULL;
  fv_model *model = NULL;
  fv_status status = fv_graph_create(user, &g, error);
  (void)fold;
  if (status == FV_OK) {
    fv_node x = fv_input(g, FV_INPUT(.name = "image", .shape = {16, 16, 1}));
    x = fv_dense(g, fv_flatten(g, x, NULL),
                 FV_DENSE(.units = (int64_t)trial->values[UNITS], .activation = FV_ACT_RELU));
    x = fv_dense(g, x, FV_DENSE(.units = 10));
    status = fv_model_create(g, &x, 1, FV_MODEL(.seed = 1, .transform = FV_TRANSFORM(.scale = 1.0 / 255)),
                             &model, error);
  }
  if (status == FV_OK)
    status = fv_trainer_create(model, FV_TRAINER(.loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                                 .optimizer = FV_OPT_SGD, .momentum = 0.9,
                                                 .learning_rate = trial->values[RATE],
                                                 .l2 = trial->values[L2]), trainer, error);
  fv_model_destroy(model), fv_graph_destroy(g); /* the trainer keeps what it needs */
  return status;
}

static int32_t on_trial(void *user, const fv_trial *trial) {
  (void)user;
  printf("\rtrial %2d, %d epochs: %.3f ", (int)trial->index, (int)trial->epochs, trial->score);
  fflush(stdout);
  return 0;
}

int main(void) {
  static const double units[] = {16, 32, 64, 128};
  const fv_parameter_desc *const space[] = {
      FV_PARAMETER(.name = "rate", .range = FV_RANGE_LOG_UNIFORM, .low = 1e-4, .high = 3),
      FV_PARAMETER(.name = "units", .values = units, .value_count = 4),
      FV_PARAMETER(.name = "l2", .range = FV_RANGE_LOG_UNIFORM, .low = 1e-6, .high = 1e-2)};
  fv_context *context;
  fv_dataset *data, *train, *validation, *test;
  fv_search *search;
  fv_trainer *best;
  fv_session *session;
  fv_evaluation result = {.struct_size = sizeof result};
  static char table[8192];

  TRY(fv_context_create(NULL, &context, &err));
  TRY(fv_dataset_digits(context, FV_DIGITS(.size = 16, .count = 3000, .seed = 1), &data, &err));
  TRY(fv_dataset_split(data, FV_SPLIT(.fraction = 1.0 / 3, .stratified = 1), &train, &validation, &err));
  TRY(fv_dataset_digits(context, FV_DIGITS(.size = 16, .count = 1000, .seed = 2), &test, &err));
  TRY(fv_dataset_mark_test(test, &err)); /* from here on a search refuses it */

  TRY(fv_search_create(FV_SEARCH(.method = FV_SEARCH_HALVING, .parameters = space, .parameter_count = 3,
                                 .trials = 27, .max_epochs = 9, .monitor = FV_MONITOR_VAL_ACCURACY),
                       &search, &err));
  TRY(fv_search_fit(search, train, validation, FV_SEARCH_FIT(.build = build, .user = context,
                                                             .on_trial = on_trial, .best = &best), &err));
  TRY(fv_search_table(search, table, sizeof table, NULL, &err));
  printf("\n\n%s\n", table);

  TRY(fv_session_create(fv_trainer_model(best), FV_SESSION(.max_batch = 100), &session, &err));
  TRY(fv_session_evaluate(session, test, NULL, &result, &err));
  printf("test accuracy of the best: %.1f %%\n", 100 * result.accuracy);

  fv_session_destroy(session), fv_trainer_destroy(best), fv_search_destroy(search);
  fv_dataset_destroy(data), fv_dataset_destroy(train), fv_dataset_destroy(validation);
  fv_dataset_destroy(test), fv_context_destroy(context);
  return 0;
}
