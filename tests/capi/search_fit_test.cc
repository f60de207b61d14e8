// Searches that train, and cross-validation: scores are those of trainings that a host writes itself.
#include <algorithm>
#include <cmath>
#include <numeric>

#include "support.h"

namespace fovea::test {
namespace {

using Search = Handle<fv_search>;

// What `build` makes trainers of, and what it has been asked.
struct Bench {
  fv_context* context = nullptr;
  int builds = 0, drops = 0, fit_drops = 0, progress = 0, stop_at = -1;
  std::vector<int32_t> folds;
};

// Pixels straight to classes.
fv_status make_model(fv_context* context, uint64_t seed, fv_model** model, fv_error* error) {
  Graph g;
  if (const fv_status s = fv_graph_create(context, g.out(), error); s != FV_OK) return s;
  fv_node x = fv_input(g, DESC(fv_input_desc, .name = "image", .shape = {28, 28, 1}));
  x = fv_dense(g, fv_flatten(g, x, nullptr), DESC(fv_dense_desc, .name = "logits", .units = 10));
  return fv_model_create(g, &x, 1, DESC(fv_model_desc, .seed = seed,
                                        .transform = DESC(fv_transform_desc, .scale = 1 / 255.0)),
                         model, error);
}
fv_status make_trainer(fv_context* context, double rate, fv_trainer** trainer, fv_error* error) {
  Model model;
  if (const fv_status s = make_model(context, 1, model.out(), error); s != FV_OK) return s;
  return fv_trainer_create(model, DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                       .optimizer = FV_OPT_SGD, .learning_rate = rate, .momentum = 0.9,
                                       .seed = 5), trainer, error);
}
// The first value is the rate; a negative one is not to be had.
fv_status build(void* user, const fv_trial* trial, int32_t fold, fv_trainer** trainer, fv_error* error) {
  Bench& bench = *static_cast<Bench*>(user);
  ++bench.builds;
  bench.folds.push_back(fold);
  return make_trainer(bench.context, trial->values[0], trainer, error);
}

class SearchFitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    OK(fv_context_create(nullptr, context.out(), &err));
    whole = digits(context, 200);
    OK(fv_dataset_split(whole, DESC(fv_split_desc, .count = 60), train.out(), validation.out(), &err));
    bench.context = context;
  }
  void rates(std::vector<double> values, fv_search_desc desc = {.method = FV_SEARCH_GRID}) {
    const fv_parameter_desc rate = *DESC(fv_parameter_desc, .name = "rate", .values = values.data(),
                                         .value_count = values.size());
    const fv_parameter_desc* const space[] = {&rate};
    desc.struct_size = sizeof desc;
    desc.parameters = space;
    desc.parameter_count = 1;
    OK(fv_search_create(&desc, search.out(), &err));
  }
  fv_status fit(fv_search_fit_desc desc = {}, const fv_dataset* on = nullptr) {
    desc.struct_size = sizeof desc;
    if (desc.fit == nullptr) desc.fit = &batches;
    desc.build = build;
    desc.user = &bench;
    desc.drop = [](void* user) { ++static_cast<Bench*>(user)->drops; };
    if (on == nullptr && desc.folds == nullptr) on = validation;
    return fv_search_fit(search, train, on, &desc, &err);
  }
  std::vector<fv_trial> rows() {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_search_trials(search, nullptr, 0, &count, &err));
    std::vector<fv_trial> all(count);
    EXPECT_EQ(FV_OK, fv_search_trials(search, all.data(), count, nullptr, &err));
    return all;
  }
  // The same training without a search: its last row, and its weights.
  fv_history_row alone(double rate, int32_t epochs, const fv_dataset* on, const fv_dataset* against,
                       std::vector<double>* trained = nullptr) {
    Trainer trainer;
    EXPECT_EQ(FV_OK, make_trainer(context, rate, trainer.out(), &err));
    EXPECT_EQ(FV_OK, fv_trainer_fit(trainer, on, against,
                                    DESC(fv_fit_desc, .epochs = epochs, .batch_size = 20), &err));
    std::vector<fv_history_row> history(static_cast<size_t>(epochs));
    EXPECT_EQ(FV_OK, fv_trainer_history(trainer, history.data(), history.size(), nullptr, &err));
    if (trained != nullptr) *trained = weights(fv_trainer_model(trainer));
    return history.back();
  }

  Context context;
  Dataset whole, train, validation;
  Search search;
  Bench bench;
  fv_fit_desc batches = *DESC(fv_fit_desc, .batch_size = 20);
  fv_error err{};
};

TEST_F(SearchFitTest, N3ScoresAreThoseOfTheValidation) {
  for (const fv_monitor monitor : {FV_MONITOR_VAL_LOSS, FV_MONITOR_VAL_ACCURACY}) {
    rates({1e-4, 0.02, 0.1}, {.method = FV_SEARCH_GRID, .monitor = monitor, .max_epochs = 2});
    OK(fit());
    double best = monitor == FV_MONITOR_VAL_LOSS ? 1e9 : 0;
    for (const fv_trial& row : rows()) {
      const fv_history_row expected = alone(row.values[0], 2, train, validation);
      EXPECT_EQ(monitor == FV_MONITOR_VAL_LOSS ? expected.val_loss : expected.val_accuracy, row.score);
      EXPECT_EQ(1u, row.score_count);
      EXPECT_TRUE(std::isnan(row.stddev));
      EXPECT_GT(row.seconds, 0);
      best = monitor == FV_MONITOR_VAL_LOSS ? std::min(best, row.score) : std::max(best, row.score);
    }
    fv_trial trial;
    OK(fv_search_best(search, &trial, &err));
    EXPECT_EQ(best, trial.score);
  }
  EXPECT_EQ(6, bench.builds);
  EXPECT_EQ(2, bench.drops);
}

TEST_F(SearchFitTest, TheBestTrainerIsGivenOut) {
  rates({1e-4, 0.05, 1e-3}, {.method = FV_SEARCH_GRID, .max_epochs = 2});
  fv_trainer* given = nullptr;
  OK(fit({.best = &given}));
  ASSERT_NE(nullptr, given);
  const Trainer best(given);
  fv_trial trial;
  OK(fv_search_best(search, &trial, &err));
  EXPECT_EQ(1, trial.index);
  std::vector<double> expected;
  alone(0.05, 2, train, validation, &expected);
  EXPECT_EQ(expected, weights(fv_trainer_model(best)));
  // Again: no trial is left, so that none was trained.
  OK(fit({.best = &given}));
  EXPECT_EQ(nullptr, given);
}

TEST_F(SearchFitTest, SurvivorsGoOnToTheSameBits) {
  rates({1e-5, 3e-5, 1e-4, 1e-3, 1e-2, 0.03, 0.1, 0.3, 1},
        {.method = FV_SEARCH_HALVING, .trials = 9, .seed = 2});
  fv_trainer* given = nullptr;
  OK(fit({.best = &given}));
  const Trainer best(given);
  EXPECT_EQ(9, bench.builds);
  fv_trial winner;
  OK(fv_search_best(search, &winner, &err));
  EXPECT_EQ(9, winner.epochs);
  std::vector<double> expected;
  const fv_history_row row = alone(winner.values[0], 9, train, validation, &expected);
  EXPECT_EQ(row.val_loss, winner.score);
  EXPECT_EQ(expected, weights(fv_trainer_model(best)));
  for (const fv_trial& trial : rows())
    EXPECT_EQ(alone(trial.values[0], static_cast<int32_t>(trial.epochs), train, validation).val_loss,
              trial.score);
}

TEST_F(SearchFitTest, N2EveryTrialByFolds) {
  rates({1e-3, 0.05}, {.method = FV_SEARCH_GRID, .max_epochs = 2});
  const fv_fold_desc folds = *DESC(fv_fold_desc, .folds = 3, .shuffle = 1, .stratified = 1, .seed = 4);
  OK(fit({.folds = &folds}));
  EXPECT_EQ((std::vector<int32_t>{0, 1, 2, 0, 1, 2}), bench.folds);
  for (const fv_trial& row : rows()) {
    ASSERT_EQ(3u, row.score_count);
    double sum = 0, squares = 0;
    for (int32_t i = 0; i < 3; ++i) {
      Dataset rest, part;
      fv_fold_desc fold = folds;
      fold.fold = i;
      OK(fv_dataset_fold(train, &fold, rest.out(), part.out(), &err));
      EXPECT_EQ(alone(row.values[0], 2, rest, part).val_loss, row.scores[i]);
      sum += row.scores[i];
      squares += row.scores[i] * row.scores[i];
    }
    EXPECT_NEAR(sum / 3, row.score, 1e-14);
    EXPECT_NEAR(std::sqrt((squares - sum * sum / 3) / 2), row.stddev, 1e-7);
  }
}

TEST_F(SearchFitTest, FailuresAreRows) {
  rates({0.05, -1, 1e38}, {.method = FV_SEARCH_GRID, .max_epochs = 3});
  OK(fit());
  EXPECT_EQ(FV_TRIAL_DONE, rows()[0].state);
  EXPECT_EQ(FV_TRIAL_FAILED, rows()[1].state);
  EXPECT_EQ(FV_INVALID_ARGUMENT, rows()[1].status);
  EXPECT_NE(nullptr, std::strstr(rows()[1].message, "learning_rate"));
  EXPECT_EQ(FV_TRIAL_FAILED, rows()[2].state);
  EXPECT_NE(nullptr, std::strstr(rows()[2].message, "no number"));
}

TEST_F(SearchFitTest, D2TestSetsDecideNothing) {
  rates({0.05});
  OK(fv_dataset_mark_test(validation, &err));
  FAILS(FV_INVALID_ARGUMENT, fit(), "test set", "allow_test");
  EXPECT_EQ(0, bench.builds);
  EXPECT_EQ(FV_TRIAL_WAITING, rows()[0].state);
  OK(fit({.allow_test = 1}));
  EXPECT_EQ(FV_TRIAL_DONE, rows()[0].state);
  OK(fv_dataset_mark_test(train, &err));
  const fv_fold_desc folds = *DESC(fv_fold_desc, .folds = 2);
  rates({0.05});
  FAILS(FV_INVALID_ARGUMENT, fit({.folds = &folds}), "test set");
  Model model;
  OK(make_model(context, 1, model.out(), &err));
  const fv_trainer_desc sgd = *DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY,
                                    .optimizer = FV_OPT_SGD);
  FAILS(FV_INVALID_ARGUMENT,
        fv_cross_validate(model, &sgd, train, nullptr, nullptr, 0, nullptr, nullptr, &err), "test set");
}

TEST_F(SearchFitTest, CancelledTrialsAreTrainedAgain) {
  rates({1e-3, 0.05}, {.method = FV_SEARCH_GRID, .max_epochs = 2});
  bench.stop_at = 9;
  fv_fit_desc noticed = batches;
  noticed.user = &bench;
  noticed.on_progress = [](void* user, const fv_progress*) -> int32_t {
    Bench& b = *static_cast<Bench*>(user);
    return ++b.progress == b.stop_at;
  };
  noticed.drop = [](void* user) { ++static_cast<Bench*>(user)->fit_drops; };
  FAILS(FV_CANCELLED, fit({.fit = &noticed}), "cancelled");
  EXPECT_EQ(1, bench.fit_drops);
  EXPECT_EQ(FV_TRIAL_WAITING, rows()[0].state);
  OK(fit({.fit = &noticed}));
  EXPECT_EQ(3, bench.builds);
  EXPECT_EQ(2, bench.fit_drops);
  EXPECT_EQ(alone(1e-3, 2, train, validation).val_loss, rows()[0].score);
}

TEST_F(SearchFitTest, TheRestoredEpochIsScored) {
  // A rate that throws the weights about: the last epoch is not the best.
  rates({2.0}, {.method = FV_SEARCH_GRID, .max_epochs = 6});
  const fv_stop_desc stop = *DESC(fv_stop_desc, .restore_best = 1);
  fv_fit_desc restores = batches;
  restores.stop = &stop;
  OK(fit({.fit = &restores}));
  Trainer trainer;
  OK(make_trainer(context, 2.0, trainer.out(), &err));
  OK(fv_trainer_fit(trainer, train, validation, DESC(fv_fit_desc, .epochs = 6, .batch_size = 20), &err));
  std::vector<fv_history_row> history(6);
  OK(fv_trainer_history(trainer, history.data(), 6, nullptr, &err));
  double best = history[0].val_loss;
  for (const fv_history_row& row : history) best = std::min(best, row.val_loss);
  EXPECT_LT(best, history[5].val_loss);
  EXPECT_EQ(best, rows()[0].score);
  rates({2.0}, {.method = FV_SEARCH_HALVING, .trials = 1});
  FAILS(FV_INVALID_ARGUMENT, fit({.fit = &restores}), "restore_best");
}

TEST_F(SearchFitTest, WhatIsWrongIsSaid) {
  rates({0.05});
  fv_fit_desc wrong = batches;
  wrong.epochs = 3;
  FAILS(FV_INVALID_ARGUMENT, fit({.fit = &wrong}), "epochs");
  wrong = batches;
  wrong.checkpoint_path = "x";
  FAILS(FV_INVALID_ARGUMENT, fit({.fit = &wrong}), "file");
  const fv_fold_desc folds = *DESC(fv_fold_desc, .folds = 2);
  fv_trainer* given = nullptr;
  FAILS(FV_INVALID_ARGUMENT, fit({.folds = &folds, .best = &given}), "folds");
  FAILS(FV_INVALID_ARGUMENT, fv_search_fit(search, train, nullptr,
                                           DESC(fv_search_fit_desc, .build = build, .user = &bench), &err),
        "validation set");
  FAILS(FV_INVALID_ARGUMENT, fv_search_fit(search, train, validation, nullptr, &err), "build is NULL");
  FAILS(FV_INVALID_ARGUMENT, fv_search_fit(search, nullptr, validation, nullptr, &err), "train is NULL");
  EXPECT_EQ(0, bench.builds);
  EXPECT_EQ(3, bench.drops);
}

// ---- cross-validation -----------------------------------------------------------------------------------

class CrossValidateTest : public SearchFitTest {
 protected:
  void SetUp() override {
    SearchFitTest::SetUp();
    OK(make_model(context, 1, model.out(), &err));
  }
  fv_status validate(fv_cross_validate_desc desc = {}) {
    desc.struct_size = sizeof desc;
    if (desc.fit == nullptr) desc.fit = &batches;
    fold_rows.assign(10, {});
    size_t needed = 0;
    const fv_status status = fv_cross_validate(model, &sgd, whole, &desc, fold_rows.data(), fold_rows.size(),
                                               &needed, &result, &err);
    fold_rows.resize(needed);
    return status;
  }

  Model model;
  fv_trainer_desc sgd = *DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_SGD,
                              .learning_rate = 0.05, .momentum = 0.9, .seed = 5);
  std::vector<fv_history_row> fold_rows;
  fv_cross_validation result{};
};

TEST_F(CrossValidateTest, D3EveryFoldFromTheSameWeights) {
  const std::vector<double> before = weights(model);
  batches.epochs = 2;
  OK(validate());
  ASSERT_EQ(5u, fold_rows.size());
  double sum = 0;
  for (int32_t i = 0; i < 5; ++i) {
    Dataset rest, part;
    OK(fv_dataset_fold(whole, DESC(fv_fold_desc, .fold = i), rest.out(), part.out(), &err));
    const fv_history_row expected = alone(0.05, 2, rest, part);
    const fv_history_row& row = fold_rows[static_cast<size_t>(i)];
    EXPECT_EQ(1, row.epoch);
    EXPECT_EQ(expected.loss, row.loss);
    EXPECT_EQ(expected.val_loss, row.val_loss);
    EXPECT_EQ(expected.val_accuracy, row.val_accuracy);
    sum += row.val_accuracy;
  }
  double squares = 0;
  for (const fv_history_row& row : fold_rows) squares += std::pow(row.val_accuracy - sum / 5, 2);
  EXPECT_NEAR(sum / 5, result.mean.val_accuracy, 1e-15);
  EXPECT_NEAR(std::sqrt(squares / 4), result.stddev.val_accuracy, 1e-15);
  EXPECT_NEAR(0.05, result.mean.learning_rate, 1e-15);
  EXPECT_EQ(1, result.mean.epoch);
  EXPECT_EQ(0, result.stddev.epoch);
  EXPECT_EQ(before, weights(model));
}

TEST_F(CrossValidateTest, EveryFoldFromWeightsOfItsOwn) {
  OK(validate({.reseed = 1, .seed = 30}));
  for (uint64_t i = 0; i < 5; ++i) {
    Dataset rest, part;
    const fv_fold_desc fold = *DESC(fv_fold_desc, .fold = static_cast<int32_t>(i));
    OK(fv_dataset_fold(whole, &fold, rest.out(), part.out(), &err));
    Model own;
    OK(make_model(context, 30 + i, own.out(), &err));
    fv_trainer_desc desc = sgd;
    desc.seed += i;
    Trainer trainer;
    OK(fv_trainer_create(own, &desc, trainer.out(), &err));
    OK(fv_trainer_fit(trainer, rest, part, DESC(fv_fit_desc, .batch_size = 20), &err));
    fv_history_row expected;
    OK(fv_trainer_history(trainer, &expected, 1, nullptr, &err));
    EXPECT_EQ(expected.val_loss, fold_rows[i].val_loss);
  }
}

TEST_F(CrossValidateTest, Errors) {
  const fv_fold_desc one = *DESC(fv_fold_desc, .folds = 1);
  FAILS(FV_INVALID_ARGUMENT, validate({.folds = &one}), "folds is 1");
  const fv_fold_desc many = *DESC(fv_fold_desc, .folds = 201);
  FAILS(FV_INVALID_ARGUMENT, validate({.folds = &many}), "folds is 201");
  sgd.optimizer = 77;
  FAILS(FV_INVALID_ARGUMENT, validate(), "optimizer");
  sgd.optimizer = FV_OPT_SGD;
  sgd.learning_rate = 1e38;
  batches.epochs = 3;
  FAILS(FV_INVALID_ARGUMENT, validate(), "no number");
  FAILS(FV_INVALID_ARGUMENT,
        fv_cross_validate(nullptr, &sgd, whole, nullptr, nullptr, 0, nullptr, nullptr, &err),
        "model is NULL");
  FAILS(FV_INVALID_ARGUMENT,
        fv_cross_validate(model, &sgd, whole, nullptr, nullptr, 1, nullptr, nullptr, &err), "rows is NULL");
}

}  // namespace
}  // namespace fovea::test
