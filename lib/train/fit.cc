#include "train/fit.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fovea/fovea.hpp>
#include <vector>

#include "train/fit_error.h"
#include "train/fit_stop.h"

namespace fovea::train {
namespace {

using Clock = std::chrono::steady_clock;

class Fit {
 public:
  Fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation, const fv_fit_desc& desc,
      fv_error* error)
      : trainer_(trainer), train_(train), validation_(validation), desc_(desc), error_(error) {}

  fv_status run() {
    const fv_status status = train();
    if (desc_.reason != nullptr) *desc_.reason = status == FV_OK ? reason_ : FV_STOP_EPOCHS;
    if (status != FV_OK && status != FV_CANCELLED) return status;
    fv_error ignored;
    const fv_status restored = restore_best(status == FV_OK ? error_ : &ignored);
    return status == FV_OK ? restored : status;
  }

 private:
  fv_status train() {
    TRY(check());
    const int64_t epochs = desc_.epochs == 0 ? 1 : desc_.epochs;
    auto feed = init<fv_feed_desc>();
    feed.batch_size = desc_.batch_size;
    feed.no_shuffle = desc_.no_shuffle;
    feed.drop_last = desc_.drop_last;
    TRY(fv_trainer_feed(trainer_, train_, &feed, error_));
    data_ = init<fv_dataset_info>();
    TRY(fv_dataset_get_info(train_, &data_, error_));

    progress_ = init<fv_progress>();
    TRY(fv_trainer_get_progress(trainer_, &progress_, error_));
    // An epoch that ended without being recorded was cut off in its validation.
    bool recorded = true;
    if (progress_.epoch_ended) TRY(is_recorded(progress_.epoch, &recorded));
    start_ = Clock::now();
    progress_.epochs = epochs;
    if (!recorded) TRY(after_batch());
    // What has been stopped once stays so.
    if (recorded && desc_.stop != nullptr) TRY(judge_history(nullptr));
    seen_in_epoch_ = progress_.epoch_ended ? 0 : progress_.samples;
    int64_t done = progress_.epoch + (progress_.epoch_ended ? 1 : 0);
    while (done < epochs && reason_ == FV_STOP_EPOCHS) {
      if (fv_cancel_token_is_cancelled(desc_.cancel))
        return refuse(error_, FV_CANCELLED, "the training was cancelled");
      TRY(next(epochs));
      TRY(after_batch());
      done += progress_.epoch_ended;
    }
    return FV_OK;
  }

  fv_status check() const {
    if (desc_.epochs < 0 || desc_.checkpoint_steps < 0)
      return refuse(error_, FV_INVALID_ARGUMENT, "fit: epochs or checkpoint_steps is negative");
    const bool watches = desc_.best_path != nullptr;
    if (desc_.stop != nullptr) return check_stop(*desc_.stop, watches, validation_ != nullptr, error_);
    return watches ? refuse(error_, FV_INVALID_ARGUMENT, "fit: best_path needs stop") : FV_OK;
  }

  // One batch, and the estimates of rate and time.
  fv_status next(int64_t epochs) {
    const double val_loss = val_.loss;
    const double val_accuracy = val_.accuracy;
    if (desc_.rate != nullptr) {
      const int64_t epoch = progress_.epoch + progress_.epoch_ended;
      auto optimizer = init<fv_optimizer_desc>();
      TRY(fv_trainer_get_optimizer(trainer_, &optimizer, error_));
      const double base = optimizer.learning_rate == FV_ZERO ? 0 : optimizer.learning_rate;
      const double rate = desc_.rate(desc_.user, epoch, progress_.step, base);
      TRY(fv_trainer_set_learning_rate(trainer_, rate, error_));
    }
    const int64_t step = progress_.step;
    TRY(fv_trainer_next(trainer_, &progress_, error_));
    stepped_ = progress_.step != step;
    samples_ += progress_.samples - (progress_.batch == 1 ? 0 : seen_in_epoch_);
    seen_in_epoch_ = progress_.samples;
    progress_.epochs = epochs;
    progress_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    progress_.samples_per_second = static_cast<double>(samples_) / progress_.seconds;
    const int64_t size = desc_.batch_size == 0 ? 32 : desc_.batch_size;
    const int64_t in_epoch =
        std::min(data_.count, progress_.batches * size);  // less where the last batch is dropped
    const int64_t left = (epochs - progress_.epoch) * in_epoch - progress_.samples;
    progress_.seconds_left = static_cast<double>(left) / progress_.samples_per_second;
    progress_.val_loss = val_loss;
    progress_.val_accuracy = val_accuracy;
    best_is_here_ = false;
    if (desc_.stop == nullptr) return FV_OK;
    if (desc_.stop->seconds > 0 && progress_.seconds >= desc_.stop->seconds) reason_ = FV_STOP_TIME;
    if (desc_.stop->keep_nan == 0 && std::isnan(progress_.batch_loss)) reason_ = FV_STOP_NAN;
    return FV_OK;
  }

  fv_status is_recorded(int64_t epoch, bool* recorded) const {
    std::vector<fv_history_row> rows;
    TRY(read_history(trainer_, &rows, error_));
    *recorded = !rows.empty() && rows.back().epoch >= epoch;
    return FV_OK;
  }

  // Validation and history, the callback, the checkpoint. In this order: what the callback changes is in the
  // checkpoint, and a kill before the checkpoint repeats all of it.
  fv_status after_batch() {
    if (progress_.epoch_ended) TRY(end_epoch());
    if (desc_.on_progress != nullptr && desc_.on_progress(desc_.user, &progress_) != 0)
      return refuse(error_, FV_CANCELLED, "the training was stopped by on_progress");
    const bool due = desc_.checkpoint_steps > 0 && stepped_ && progress_.step % desc_.checkpoint_steps == 0;
    if (desc_.checkpoint_path == nullptr || !(progress_.epoch_ended || due)) return FV_OK;
    return fv_trainer_save(trainer_, desc_.checkpoint_path, error_);
  }

  fv_status end_epoch() {
    if (validation_ != nullptr) {
      TRY(validate());
      progress_.val_loss = val_.loss;
      progress_.val_accuracy = val_.accuracy;
    }
    const fv_history_row row{progress_.epoch, progress_.loss, progress_.accuracy,
                             val_.loss,       val_.accuracy,  progress_.learning_rate};
    TRY(fv_trainer_record(trainer_, &row, error_));
    return desc_.stop == nullptr ? FV_OK : look_at_the_epoch();
  }

  // `newest_is_best` is nullable. A reason that the last batch gave stays.
  fv_status judge_history(bool* newest_is_best) {
    std::vector<fv_history_row> rows;
    TRY(read_history(trainer_, &rows, error_));
    const Verdict verdict = judge(rows, *desc_.stop);
    if (reason_ == FV_STOP_EPOCHS) reason_ = verdict.reason;
    if (newest_is_best != nullptr) *newest_is_best = verdict.newest_is_best;
    return FV_OK;
  }

  fv_status look_at_the_epoch() {
    TRY(judge_history(&best_is_here_));
    if (!best_is_here_) return FV_OK;
    if (desc_.best_path != nullptr) TRY(fv_model_save(fv_trainer_model(trainer_), desc_.best_path, error_));
    if (desc_.stop->restore_best == 0) return FV_OK;
    best_.reset();
    return fv_model_clone(fv_trainer_model(trainer_), best_.out(), error_);
  }

  // The tensors of the best epoch back into the model.
  fv_status restore_best(fv_error* error) {
    if (best_ == nullptr || best_is_here_) return FV_OK;
    return copy_tensors(best_, fv_trainer_model(trainer_), error);
  }

  fv_status validate() {
    auto loss = init<fv_loss_desc>();
    TRY(fv_trainer_get_loss(trainer_, 0, &loss, error_));
    if (session_ == nullptr) {
      auto desc = init<fv_session_desc>();
      desc.max_batch = desc_.batch_size == 0 ? 32 : desc_.batch_size;
      desc.outputs = &loss.output;
      desc.output_count = loss.output == nullptr ? 0 : 1;
      TRY(fv_session_create(fv_trainer_model(trainer_), &desc, session_.out(), error_));
    }
    auto desc = init<fv_evaluate_desc>();
    desc.loss_desc = &loss;
    desc.cancel = desc_.cancel;
    return fv_session_evaluate(session_, validation_, &desc, &val_, error_);
  }

  fv_trainer* trainer_;
  const fv_dataset* train_;
  const fv_dataset* validation_;
  const fv_fit_desc& desc_;
  fv_error* error_;
  fv_dataset_info data_{};
  fv_progress progress_{};
  fv_evaluation val_{sizeof(fv_evaluation), 0, 0, NAN, NAN};
  Handle<fv_session> session_;
  fv_stop_reason reason_ = FV_STOP_EPOCHS;
  Handle<fv_model> best_;      // a copy of the model after its best epoch
  bool best_is_here_ = false;  // the model has not changed since
  Clock::time_point start_;
  int64_t samples_ = 0;  // since start_
  int64_t seen_in_epoch_ = 0;
  bool stepped_ = false;  // in the last batch; not where it was only accumulated
};

}  // namespace

fv_status fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation,
              const fv_fit_desc& desc, fv_error* error) {
  return Fit(trainer, train, validation, desc, error).run();
}

}  // namespace fovea::train
