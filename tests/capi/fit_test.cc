// What ends a fit before its epochs are done, and what the model is then.
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

class FitTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = make(lenet);
    data = digits(made.context, 60);
    validation = digits(made.context, 40, 2);
    restart();
  }
  void restart() {
    trainer.reset();
    OK(fv_model_reinitialize(made.model, 1, &err));
    trainer = make_trainer(made.model);
  }
  // Rate 0: every epoch is as good as the first.
  void stand_still() { OK(fv_trainer_set_learning_rate(trainer, 0, &err)); }
  fv_status fit(fv_stop_desc stop, int32_t epochs, fv_fit_desc more = {}, fv_trainer* t = nullptr) {
    stop.struct_size = sizeof stop;
    more.struct_size = sizeof more;
    more.epochs = epochs;
    more.batch_size = 20;
    more.stop = &stop;
    more.reason = &reason;
    return fv_trainer_fit(t == nullptr ? trainer : t, data, validation, &more, &err);
  }
  std::vector<fv_history_row> history(fv_trainer* t = nullptr) {
    std::vector<fv_history_row> rows(100);
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_trainer_history(t == nullptr ? trainer : t, rows.data(), rows.size(), &count, &err));
    rows.resize(count);
    return rows;
  }

  Made made;
  Dataset data, validation;
  Trainer trainer;
  fv_stop_reason reason = -1;
  fv_error err{};
};

TEST_F(FitTest, K1AllEpochs) {
  OK(fit({.patience = 50}, 3));
  EXPECT_EQ(FV_STOP_EPOCHS, reason);
  EXPECT_EQ(3u, history().size());
}

TEST_F(FitTest, K2StopsWithoutImprovement) {
  stand_still();
  OK(fit({.patience = 3}, 20));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason);
  EXPECT_EQ(4u, history().size());
}
TEST_F(FitTest, K2ABaselineMustBeBeaten) {
  stand_still();
  OK(fit({.patience = 2, .baseline = 1e-9}, 20));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason);
  EXPECT_EQ(2u, history().size());
}
// The baseline is for the patience alone: the best epoch is known, saved and comes back all the same.
TEST_F(FitTest, K2ABaselineHidesNoBestEpoch) {
  const Folder folder;
  const std::string path = folder / "best.fovea";
  fv_fit_desc more{};
  more.best_path = path.c_str();
  OK(fit({.patience = 2, .baseline = 1e-9, .restore_best = 1}, 20, more));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason);
  const auto rows = history();
  ASSERT_EQ(2u, rows.size());
  ASSERT_LT(rows[1].val_loss, rows[0].val_loss);
  Model best;
  OK(fv_model_load(made.context, path.c_str(), best.out(), &err));
  EXPECT_EQ(weights(best), weights(made.model));
}
// A curve written down: better by 0.2, by 0.05, not at all. The last row is of a real epoch.
TEST_F(FitTest, K2MinDeltaOnAScriptedCurve) {
  stand_still();
  OK(fit({}, 1));
  const fv_history_row real = history()[0];
  for (const double min_delta : {0.0, 0.1}) {
    restart();
    stand_still();
    for (const double above : {0.25, 0.05}) {
      fv_history_row row = real;
      row.val_loss += above;
      OK(fv_trainer_record(trainer, &row, &err));
    }
    OK(fit({.patience = 1, .min_delta = min_delta}, 1));
    EXPECT_EQ(min_delta == 0 ? FV_STOP_EPOCHS : FV_STOP_NO_IMPROVEMENT, reason);
  }
}
TEST_F(FitTest, K3StopsWhereTrainingAndValidationGoApart) {
  stand_still();
  OK(fit({}, 1));
  const fv_history_row real = history()[0];
  // Two epochs in which the validation loss rises by 1 each.
  const auto reason_of = [&](const fv_stop_desc& stop) {
    restart();
    stand_still();
    for (const double step : {2.0, 1.0}) {
      fv_history_row row = real;
      row.loss += step;
      row.val_loss -= step;
      EXPECT_EQ(FV_OK, fv_trainer_record(trainer, &row, &err)) << err.message;
    }
    EXPECT_EQ(FV_OK, fit(stop, 1)) << err.message;
    return reason;
  };
  EXPECT_EQ(FV_STOP_DIVERGENCE, reason_of({.divergence = 2}));
  EXPECT_EQ(FV_STOP_EPOCHS, reason_of({.divergence = 3}));
  EXPECT_EQ(FV_STOP_DIVERGENCE, reason_of({.divergence = 2, .divergence_delta = 0.99}));
  EXPECT_EQ(FV_STOP_EPOCHS, reason_of({.divergence = 2, .divergence_delta = 1.01}));
}

// What is validated and saved as the best is the average, which this rate makes another than the model.
TEST_F(FitTest, ValidatesTheAverage) {
  const Folder folder;
  const std::string path = folder / "best.fovea";
  const fv_average_desc halves{
      .struct_size = sizeof halves, .averaging = FV_AVERAGE_EXPONENTIAL, .decay = 0.5};
  trainer.reset();
  OK(fv_trainer_create(made.model,
                       DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM,
                            .average = &halves),
                       trainer.out(), &err));
  fv_fit_desc more{};
  more.best_path = path.c_str();
  more.validate_average = 1;
  OK(fit({}, 3, more));
  Model average, best;
  OK(fv_trainer_averaged_model(trainer, average.out(), &err));
  OK(fv_model_load(made.context, path.c_str(), best.out(), &err));
  ASSERT_EQ(FV_STOP_EPOCHS, reason);
  const auto measure = [&](fv_model* model) {
    Session session;
    auto e = init<fv_evaluation>();
    EXPECT_EQ(FV_OK, fv_session_create(model, DESC(fv_session_desc, .max_batch = 20), session.out(), &err));
    EXPECT_EQ(FV_OK, fv_session_evaluate(session, validation,
                                         DESC(fv_evaluate_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY), &e,
                                         &err));
    return e.loss;
  };
  const std::vector<fv_history_row> rows = history();
  ASSERT_LT(rows[2].val_loss, rows[1].val_loss);
  EXPECT_EQ(rows[2].val_loss, measure(average));
  EXPECT_NE(rows[2].val_loss, measure(made.model));
  EXPECT_EQ(weights(best), weights(average));
  FAILS(FV_INVALID_ARGUMENT, fit({.restore_best = 1}, 4, more), "restore_best", "validate_average");
}

TEST_F(FitTest, S5StopsAtNaN) {
  OK(fv_trainer_set_learning_rate(trainer, 1e30, &err));
  OK(fit({}, 20));
  EXPECT_EQ(FV_STOP_NAN, reason);
  fv_progress p = init<fv_progress>();
  OK(fv_trainer_get_progress(trainer, &p, &err));
  EXPECT_LT(p.step, 10);
  // Or goes on where that is wanted.
  restart();
  OK(fv_trainer_set_learning_rate(trainer, 1e30, &err));
  OK(fit({.keep_nan = 1}, 2));
  EXPECT_EQ(FV_STOP_EPOCHS, reason);
}

// The step before the one that blows up is the last that is saved, and with rotation none is removed for it.
TEST_F(FitTest, S5WhatIsNoNumberIsNotSaved) {
  for (const bool rotates : {false, true}) {
    restart();
    const Folder folder;
    const std::string path = folder / (rotates ? "{step}.fovea" : "c.fovea");
    OK(fv_trainer_set_learning_rate(trainer, 1e30, &err));
    fv_fit_desc more{};
    more.checkpoint_path = path.c_str();
    more.checkpoint_steps = 1;
    more.keep_checkpoints = rotates ? 1 : 0;
    OK(fit({}, 20, more));
    EXPECT_EQ(FV_STOP_NAN, reason);
    char newest[4096];
    OK(fv_checkpoint_find(path.c_str(), newest, sizeof newest, nullptr, &err));
    EXPECT_EQ(1u, folder.files());
    Trainer saved;
    OK(fv_trainer_load(made.context, newest, saved.out(), &err));
    for (const double w : weights(fv_trainer_model(saved))) ASSERT_TRUE(std::isfinite(w));
  }
}

// A loss of the host's that is infinite in the third batch, with gradients of 0.
TEST_F(FitTest, S5StopsAtInfinity) {
  int batches = 0;
  auto loss = init<fv_custom_loss_desc>();
  loss.name = "test.infinite";
  loss.over_classes = 1;
  loss.evaluate = [](void* user, const fv_custom_rows* rows, fv_error*) -> fv_status {
    const bool bursts = ++*static_cast<int*>(user) == 3;
    for (int64_t r = 0; r < rows->rows; ++r) rows->losses[r] = bursts ? INFINITY : 1;
    return FV_OK;
  };
  loss.user = &batches;
  OK(fv_context_register_loss(made.context, &loss, &err));
  auto desc = init<fv_loss_desc>();
  desc.loss = FV_LOSS_CUSTOM;
  desc.custom = "test.infinite";
  const fv_loss_desc* const losses[] = {&desc};
  trainer.reset();
  OK(fv_trainer_create(made.model,
                       DESC(fv_trainer_desc, .optimizer = FV_OPT_SGD, .losses = losses, .loss_count = 1),
                       trainer.out(), &err));
  auto stop = init<fv_stop_desc>();
  OK(fv_trainer_fit(trainer, data, nullptr,
                    DESC(fv_fit_desc, .epochs = 5, .batch_size = 10, .stop = &stop, .reason = &reason), &err));
  EXPECT_EQ(FV_STOP_NAN, reason);
  EXPECT_EQ(3, batches);
}

// In the first epoch, of which nothing is known to be the best yet, and in the third, after a ruinous rate.
TEST_F(FitTest, StopsWhenTheTimeIsOver) {
  OK(fit({.seconds = 1e-9, .restore_best = 1}, 20));
  EXPECT_EQ(FV_STOP_TIME, reason);
  EXPECT_EQ(0u, history().size());
  OK(fit({.restore_best = 1}, 2));
  const std::vector<double> best = weights(made.model);
  ASSERT_LT(history()[1].val_loss, history()[0].val_loss);
  OK(fv_trainer_set_learning_rate(trainer, 30, &err));
  OK(fit({.seconds = 1e-9, .restore_best = 1}, 20));
  EXPECT_EQ(FV_STOP_TIME, reason);
  EXPECT_EQ(best, weights(made.model));
}

// Two good epochs and a ruinous one: the model is that of the second again, and so is the file.
TEST_F(FitTest, TheBestEpochComesBack) {
  const Folder folder;
  const std::string path = folder / "best.fovea";
  struct Seen {
    fv_model* model;
    std::vector<double> best;
  } seen{made.model, {}};
  fv_fit_desc more{};
  more.user = &seen;
  more.rate = [](void*, int64_t epoch, int64_t, double) { return epoch < 2 ? 0.02 : 30.0; };
  more.on_progress = [](void* user, const fv_progress* p) {
    Seen& s = *static_cast<Seen*>(user);
    if (p->epoch_ended && p->epoch == 1) s.best = weights(s.model);
    return 0;
  };
  more.best_path = path.c_str();
  OK(fit({.restore_best = 1, .keep_nan = 1}, 3, more));
  const auto rows = history();
  ASSERT_EQ(3u, rows.size());
  ASSERT_LT(rows[1].val_loss, rows[0].val_loss);
  ASSERT_FALSE(rows[2].val_loss < rows[1].val_loss);
  EXPECT_EQ(seen.best, weights(made.model));
  Model loaded;
  OK(fv_model_load(made.context, path.c_str(), loaded.out(), &err));
  EXPECT_EQ(seen.best, weights(loaded));
}

// The best epoch is in the checkpoint: cut off after it, a training gives it back, too.
TEST_F(FitTest, TheBestEpochSurvivesACheckpoint) {
  const Folder folder;
  const std::string path = folder / "t.fovea";
  const auto ruinous = [](void*, int64_t epoch, int64_t, double) { return epoch < 2 ? 0.02 : 30.0; };
  fv_fit_desc more{};
  more.rate = ruinous;
  more.checkpoint_path = path.c_str();
  more.checkpoint_steps = 1;
  more.on_progress = [](void*, const fv_progress* p) { return p->epoch == 2 && p->batch == 2 ? 1 : 0; };
  fv_stop_desc stop{.restore_best = 1, .keep_nan = 1};
  EXPECT_EQ(FV_CANCELLED, fit(stop, 3, more));
  const std::vector<double> best = weights(made.model);
  Trainer resumed;
  OK(fv_trainer_load(made.context, path.c_str(), resumed.out(), &err));
  EXPECT_NE(best, weights(fv_trainer_model(resumed)));
  more.on_progress = nullptr;
  OK(fit(stop, 3, more, resumed));
  EXPECT_EQ(best, weights(fv_trainer_model(resumed)));
  // What is kept is of that history alone: with another monitor the best epoch may be one that is not.
  OK(fv_trainer_restore_weights(resumed, &err));
  Trainer fresh = make_trainer(make(lenet).model);
  FAILS(FV_NOT_FOUND, fv_trainer_restore_weights(fresh, &err), "kept");
}

// The history decides, so a training that was cut off stops where it would have.
TEST_F(FitTest, AResumedTrainingStopsInTheSameEpoch) {
  const Folder folder;
  const std::string path = folder / "t.fovea";
  stand_still();
  OK(fit({.patience = 3}, 2));
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  Trainer resumed;
  OK(fv_trainer_load(made.context, path.c_str(), resumed.out(), &err));
  OK(fit({.patience = 3}, 20, {}, resumed));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason);
  EXPECT_EQ(4u, history(resumed).size());
}

// What has stopped stays so, until it is asked for otherwise.
TEST_F(FitTest, AStoppedTrainingDoesNotGoOn) {
  stand_still();
  OK(fit({.patience = 2}, 20));
  OK(fit({.patience = 2}, 20));
  EXPECT_EQ(FV_STOP_NO_IMPROVEMENT, reason);
  EXPECT_EQ(3u, history().size());
  OK(fit({.patience = 3}, 20));
  EXPECT_EQ(4u, history().size());
}

// The loss of a batch is not in a checkpoint: an epoch whose validation was cut off is not one of NaN.
TEST_F(FitTest, AnEpochWithoutItsValidationGoesOn) {
  const Folder folder;
  const std::string path = folder / "t.fovea";
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 20), &err));
  for (int i = 0; i < 3; ++i) OK(fv_trainer_next(trainer, nullptr, &err));
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  Trainer resumed;
  OK(fv_trainer_load(made.context, path.c_str(), resumed.out(), &err));
  OK(fit({.patience = 9}, 3, {}, resumed));
  EXPECT_EQ(FV_STOP_EPOCHS, reason);
  EXPECT_EQ(3u, history(resumed).size());
}

TEST_F(FitTest, Refusals) {
  FAILS(FV_INVALID_ARGUMENT, fit({.patience = -1}, 1), "negative");
  FAILS(FV_INVALID_ARGUMENT, fit({.seconds = NAN}, 1), "negative or none");
  FAILS(FV_INVALID_ARGUMENT, fit({.monitor = 9}, 1), "monitor");
  validation.reset();
  FAILS(FV_INVALID_ARGUMENT, fit({.patience = 1}, 1), "validation");
  FAILS(FV_INVALID_ARGUMENT, fit({.divergence = 1}, 1), "validation");
  OK(fit({.monitor = FV_MONITOR_LOSS, .patience = 1}, 1));
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_fit(trainer, data, nullptr, DESC(fv_fit_desc, .best_path = "x"), &err), "best_path");
}

}  // namespace
}  // namespace fovea::test
