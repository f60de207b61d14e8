// The training loop, written with public calls only: copy it into your program where you need another one.
#include "train/fit.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fovea/fovea.hpp>
#include <vector>

namespace fovea::train {
namespace {

using Clock = std::chrono::steady_clock;

#define TRY(call)                                        \
  do {                                                   \
    if (const fv_status s_ = (call); s_ != FV_OK) return s_; \
  } while (0)

class Fit {
 public:
  Fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation, const fv_fit_desc& desc,
      fv_error* error)
      : trainer_(trainer), train_(train), validation_(validation), desc_(desc), error_(error) {}

  fv_status run() {
    if (desc_.epochs < 0 || desc_.checkpoint_steps < 0)
      return refuse(FV_INVALID_ARGUMENT, "fit: epochs or checkpoint_steps is negative");
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
    seen_in_epoch_ = progress_.epoch_ended ? 0 : progress_.samples;
    int64_t done = progress_.epoch + (progress_.epoch_ended ? 1 : 0);
    while (done < epochs) {
      if (fv_cancel_token_is_cancelled(desc_.cancel)) return refuse(FV_CANCELLED, "the training was cancelled");
      TRY(next(epochs));
      TRY(after_batch());
      done += progress_.epoch_ended;
    }
    return FV_OK;
  }

 private:
  fv_status refuse(fv_status status, const char* message) const {
    if (error_ == nullptr) return status;
    *error_ = {};
    error_->code = status;
    for (size_t i = 0; message[i] != '\0'; ++i) error_->message[i] = message[i];
    return status;
  }

  // One batch, and the estimates of rate and time.
  fv_status next(int64_t epochs) {
    const double val_loss = val_.loss;
    const double val_accuracy = val_.accuracy;
    if (desc_.rate != nullptr) {
      const int64_t epoch = progress_.epoch + progress_.epoch_ended;
      const double rate = desc_.rate(desc_.user, epoch, progress_.step, fv_trainer_learning_rate(trainer_));
      TRY(fv_trainer_set_learning_rate(trainer_, rate, error_));
    }
    TRY(fv_trainer_next(trainer_, &progress_, error_));
    samples_ += progress_.samples - (progress_.batch == 1 ? 0 : seen_in_epoch_);
    seen_in_epoch_ = progress_.samples;
    progress_.epochs = epochs;
    progress_.seconds = std::chrono::duration<double>(Clock::now() - start_).count();
    progress_.samples_per_second = static_cast<double>(samples_) / progress_.seconds;
    const int64_t size = desc_.batch_size == 0 ? 32 : desc_.batch_size;
    const int64_t in_epoch = std::min(data_.count, progress_.batches * size);  // less where the last batch is dropped
    const int64_t left = (epochs - progress_.epoch) * in_epoch - progress_.samples;
    progress_.seconds_left = static_cast<double>(left) / progress_.samples_per_second;
    progress_.val_loss = val_loss;
    progress_.val_accuracy = val_accuracy;
    return FV_OK;
  }

  fv_status is_recorded(int64_t epoch, bool* recorded) const {
    size_t count = 0;
    TRY(fv_trainer_history(trainer_, nullptr, 0, &count, error_));
    std::vector<fv_history_row> rows(count);
    TRY(fv_trainer_history(trainer_, rows.data(), rows.size(), nullptr, error_));
    *recorded = !rows.empty() && rows.back().epoch >= epoch;
    return FV_OK;
  }

  // Validation and history, the callback, the checkpoint. In this order: what the callback changes is in the checkpoint, and a
  // kill before the checkpoint repeats all of it.
  fv_status after_batch() {
    if (progress_.epoch_ended) TRY(end_epoch());
    if (desc_.on_progress != nullptr && desc_.on_progress(desc_.user, &progress_) != 0)
      return refuse(FV_CANCELLED, "the training was stopped by on_progress");
    const bool due = desc_.checkpoint_steps > 0 && progress_.step % desc_.checkpoint_steps == 0;
    if (desc_.checkpoint_path == nullptr || !(progress_.epoch_ended || due)) return FV_OK;
    return fv_trainer_save(trainer_, desc_.checkpoint_path, error_);
  }

  fv_status end_epoch() {
    if (validation_ != nullptr) {
      TRY(validate());
      progress_.val_loss = val_.loss;
      progress_.val_accuracy = val_.accuracy;
    }
    const fv_history_row row{progress_.epoch, progress_.loss,  progress_.accuracy,
                             val_.loss,       val_.accuracy, progress_.learning_rate};
    return fv_trainer_record(trainer_, &row, error_);
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
  Clock::time_point start_;
  int64_t samples_ = 0;        // since start_
  int64_t seen_in_epoch_ = 0;
};

}  // namespace

fv_status fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation, const fv_fit_desc& desc,
              fv_error* error) {
  return Fit(trainer, train, validation, desc, error).run();
}

}  // namespace fovea::train
