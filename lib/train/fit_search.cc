// The loops of a search and cross-validation, written with public calls only: copy what you need otherwise.
#include "train/fit_search.h"

#include <cmath>
#include <fovea/fovea.hpp>
#include <map>
#include <vector>

#include "train/fit_error.h"

namespace fovea::train {
namespace {

fv_status check_data(const fv_dataset* dataset, int32_t allow_test, fv_error* error) {
  auto info = init<fv_dataset_info>();
  TRY(fv_dataset_get_info(dataset, &info, error));
  if (info.test != 0 && allow_test == 0)
    return refuse(error, FV_INVALID_ARGUMENT,
                  "the dataset is marked as a test set, which must not decide anything: search on validation "
                  "data, or set allow_test");
  return FV_OK;
}

fv_status check_fit(const fv_fit_desc& fit, fv_error* error) {
  const bool writes = fit.checkpoint_path != nullptr || fit.best_path != nullptr ||
                      fit.csv_path != nullptr || fit.jsonl_path != nullptr;
  if (writes || fit.reason != nullptr)
    return refuse(error, FV_INVALID_ARGUMENT, "fit: every training would write the same file or reason");
  return FV_OK;
}

// What is trained and validated on in each fold; or the given pair alone.
struct Parts {
  const fv_dataset* train;
  const fv_dataset* validation;
  Handle<fv_dataset> owned_train, owned_validation;
};
fv_status make_folds(const fv_dataset* dataset, const fv_fold_desc* desc, std::vector<Parts>* parts,
                     fv_error* error) {
  fv_fold_desc fold = desc == nullptr ? init<fv_fold_desc>() : *desc;
  const int32_t folds = fold.folds == 0 ? 5 : fold.folds;
  for (fold.fold = 0; fold.fold < folds; ++fold.fold) {
    Parts made{};
    TRY(fv_dataset_fold(dataset, &fold, made.owned_train.out(), made.owned_validation.out(), error));
    made.train = made.owned_train;
    made.validation = made.owned_validation;
    parts->push_back(std::move(made));
  }
  return FV_OK;
}

// Loss and accuracy of the model as it is, as fit validates.
fv_status validate(fv_trainer* trainer, const fv_dataset* validation, const fv_fit_desc& fit,
                   fv_history_row* row, fv_error* error) {
  auto loss = init<fv_loss_desc>();
  TRY(fv_trainer_get_loss(trainer, 0, &loss, error));
  auto session_desc = init<fv_session_desc>();
  session_desc.max_batch = fit.batch_size == 0 ? 32 : fit.batch_size;
  session_desc.outputs = &loss.output;
  session_desc.output_count = loss.output == nullptr ? 0 : 1;
  Handle<fv_session> session;
  TRY(fv_session_create(fv_trainer_model(trainer), &session_desc, session.out(), error));
  auto desc = init<fv_evaluate_desc>();
  desc.loss_desc = &loss;
  desc.cancel = fit.cancel;
  auto evaluation = init<fv_evaluation>();
  TRY(fv_session_evaluate(session, validation, &desc, &evaluation, error));
  row->val_loss = evaluation.loss;
  row->val_accuracy = evaluation.accuracy;
  return FV_OK;
}

// Trains to the end of `fit`, and gives the last row of the history; with the best epoch's weights restored,
// validated again. A loss that became NaN is an error.
fv_status fit_and_validate(fv_trainer* trainer, const Parts& parts, fv_fit_desc fit, fv_history_row* row,
                           fv_error* error) {
  auto ends_at_nan = init<fv_stop_desc>();
  if (fit.stop == nullptr) fit.stop = &ends_at_nan;
  fv_stop_reason reason = FV_STOP_EPOCHS;
  fit.reason = &reason;
  fit.drop = nullptr;
  TRY(fv_trainer_fit(trainer, parts.train, parts.validation, &fit, error));
  if (reason == FV_STOP_NAN) return refuse(error, FV_INVALID_ARGUMENT, "the loss of a batch was no number");
  size_t count = 0;
  TRY(fv_trainer_history(trainer, nullptr, 0, &count, error));
  std::vector<fv_history_row> rows(count);
  TRY(fv_trainer_history(trainer, rows.data(), rows.size(), nullptr, error));
  if (rows.empty()) return refuse(error, FV_INVALID_ARGUMENT, "fit ended before its first epoch");
  *row = rows.back();
  return fit.stop->restore_best == 0 ? FV_OK : validate(trainer, parts.validation, fit, row, error);
}

// ---- the loop -----------------------------------------------------------------------------------------

// `score(trial, &scores, &failure)` gives what is to be reported.
template <class Score>
fv_status for_each_trial(fv_search* search, fv_trial_fn on_trial, void* user, fv_cancel_token* cancel,
                         fv_error* error, Score&& score) {
  for (;;) {
    if (fv_cancel_token_wait(cancel) != 0) return refuse(error, FV_CANCELLED, "the search was cancelled");
    fv_trial trial;
    TRY(fv_search_next(search, &trial, error));
    if (trial.index < 0) return FV_OK;
    std::vector<double> scores;
    fv_error failure{};
    const fv_status status = score(trial, &scores, &failure);
    failure.code = status;
    TRY(fv_search_report(search, trial.index, scores.data(), scores.size(),
                         status == FV_OK ? nullptr : &failure, error));
    if (status == FV_CANCELLED) return refuse(error, FV_CANCELLED, "the search was cancelled");
    if (on_trial == nullptr) continue;
    std::vector<fv_trial> rows(static_cast<size_t>(trial.index) + 1);
    TRY(fv_search_trials(search, rows.data(), rows.size(), nullptr, error));
    if (on_trial(user, &rows.back()) != 0)
      return refuse(error, FV_CANCELLED, "the search was stopped by on_trial");
  }
}

// ---- trials that are trained --------------------------------------------------------------------------

class FitSearch {
 public:
  FitSearch(fv_search* search, fv_monitor monitor, const fv_search_fit_desc& desc, fv_error* error)
      : search_(search), monitor_(monitor), desc_(desc), error_(error) {}

  fv_status run(const fv_dataset* train, const fv_dataset* validation) {
    TRY(check(train, validation));
    TRY(for_each_trial(search_, desc_.on_trial, desc_.user, desc_.fit->cancel, error_,
                       [&](const fv_trial& trial, std::vector<double>* scores, fv_error* failure) {
                         const fv_status status = train_trial(trial, scores, failure);
                         if (status != FV_OK) trainers_.erase(trial.index);
                         tidy();
                         return status;
                       }));
    tidy();
    if (desc_.best == nullptr) return FV_OK;
    *desc_.best = trainers_.empty() ? nullptr : trainers_.begin()->second[0].release();
    return FV_OK;
  }

 private:
  fv_status check(const fv_dataset* train, const fv_dataset* validation) {
    TRY(check_data(train, desc_.allow_test, error_));
    TRY(check_fit(*desc_.fit, error_));
    if (desc_.fit->epochs != 0)
      return refuse(error_, FV_INVALID_ARGUMENT, "fit: the search says how many epochs a trial trains");
    if (desc_.folds != nullptr) {
      if (validation != nullptr || desc_.best != nullptr)
        return refuse(error_, FV_INVALID_ARGUMENT,
                      "with folds there is no validation set and no best trainer");
      return make_folds(train, desc_.folds, &parts_, error_);
    }
    if (validation == nullptr)
      return refuse(error_, FV_INVALID_ARGUMENT, "a search needs a validation set, or folds");
    parts_.push_back({train, validation, {}, {}});
    return check_data(validation, desc_.allow_test, error_);
  }

  // One score for each fold. The trainers of a trial that goes on stand where they were left.
  fv_status train_trial(const fv_trial& trial, std::vector<double>* scores, fv_error* error) {
    std::vector<Handle<fv_trainer>>& trainers = trainers_[trial.index];
    trainers.resize(parts_.size());
    for (size_t i = 0; i < parts_.size(); ++i) {
      if (trainers[i] == nullptr) {
        TRY(desc_.build(desc_.user, &trial, static_cast<int32_t>(i), trainers[i].out(), error));
        if (trainers[i] == nullptr) return refuse(error, FV_INVALID_ARGUMENT, "build gave no trainer");
      }
      fv_fit_desc fit = *desc_.fit;
      fit.epochs = static_cast<int32_t>(trial.epochs);
      fv_history_row row;
      TRY(fit_and_validate(trainers[i], parts_[i], fit, &row, error));
      scores->push_back(monitor_ == FV_MONITOR_VAL_ACCURACY ? row.val_accuracy : row.val_loss);
    }
    return FV_OK;
  }

  // Gives back the trainers that nobody will need: all but those of trials that may go on, and the best.
  void tidy() {
    size_t count = 0;
    if (fv_search_trials(search_, nullptr, 0, &count, nullptr) != FV_OK) return;
    std::vector<fv_trial> rows(count);
    fv_trial best{};
    best.index = -1;
    if (fv_search_trials(search_, rows.data(), count, nullptr, nullptr) != FV_OK) return;
    if (desc_.best != nullptr) fv_search_best(search_, &best, nullptr);
    std::erase_if(trainers_, [&](const auto& kept) {
      return rows[static_cast<size_t>(kept.first)].state > FV_TRIAL_PAUSED && kept.first != best.index;
    });
  }

  fv_search* search_;
  fv_monitor monitor_;
  const fv_search_fit_desc& desc_;
  fv_error* error_;
  std::vector<Parts> parts_;
  std::map<int64_t, std::vector<Handle<fv_trainer>>> trainers_;
};

}  // namespace

fv_status run_search(fv_search* search, const fv_search_run_desc& desc, fv_error* error) {
  if (desc.objective == nullptr) return refuse(error, FV_INVALID_ARGUMENT, "objective is NULL");
  return for_each_trial(search, desc.on_trial, desc.user, desc.cancel, error,
                        [&](const fv_trial& trial, std::vector<double>* scores, fv_error* failure) {
                          scores->push_back(NAN);
                          return desc.objective(desc.user, &trial, scores->data(), failure);
                        });
}

fv_status fit_search(fv_search* search, const fv_dataset* train, const fv_dataset* validation,
                     fv_monitor monitor, const fv_search_fit_desc& desc, fv_error* error) {
  if (desc.build == nullptr) return refuse(error, FV_INVALID_ARGUMENT, "build is NULL");
  return FitSearch(search, monitor, desc, error).run(train, validation);
}

fv_status cross_validate(const fv_model* model, const fv_trainer_desc& trainer, const fv_dataset* dataset,
                         const fv_cross_validate_desc& desc, fv_history_row* rows, fv_error* error) {
  TRY(check_data(dataset, desc.allow_test, error));
  TRY(check_fit(*desc.fit, error));
  std::vector<Parts> parts;
  TRY(make_folds(dataset, desc.folds, &parts, error));
  for (size_t i = 0; i < parts.size(); ++i) {
    Handle<fv_model> clone;
    TRY(fv_model_clone(model, clone.out(), error));
    fv_trainer_desc own = trainer;
    if (desc.reseed != 0) {
      TRY(fv_model_reinitialize(clone, desc.seed + i, error));
      own.seed += i;
    }
    Handle<fv_trainer> made;
    TRY(fv_trainer_create(clone, &own, made.out(), error));
    TRY(fit_and_validate(made, parts[i], *desc.fit, &rows[i], error));
  }
  return FV_OK;
}

}  // namespace fovea::train
