#include "train/fit.h"

#include <algorithm>
#include <chrono>
#include <cmath>
#include <fovea/fovea.hpp>
#include <vector>

#include "train/fit_checkpoint.h"
#include "train/fit_classes.h"
#include "train/fit_error.h"
#include "train/fit_log.h"
#include "train/fit_metrics.h"
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
    fv_status restored = FV_OK;
    if (status == FV_OK)
      restored = restore_best(error_);
    else if (status == FV_CANCELLED)
      restore_best(nullptr);
    if (began_) tell(&fv_callbacks_desc::on_train_end, progress_, nullptr);
    if (desc_.workers > 0) fv_trainer_end_feed(trainer_, nullptr);
    return status == FV_OK ? restored : status;
  }

 private:
  using Event = fv_callback_fn fv_callbacks_desc::*;

  fv_status train() {
    TRY(prepare());
    began_ = true;
    TRY(tell(&fv_callbacks_desc::on_train_begin, progress_, error_));
    if (!recorded_) TRY(finish_batch());
    int64_t done = progress_.epoch + (progress_.epoch_ended ? 1 : 0);
    for (bool begins = true; done < epochs_ && reason_ == FV_STOP_EPOCHS; done += begins) {
      if (fv_cancel_token_wait(desc_.cancel) != 0)
        return refuse(error_, FV_CANCELLED, "the training was cancelled");
      TRY(begin_batch(begins));
      TRY(next());
      TRY(tell(&fv_callbacks_desc::on_batch_end, progress_, error_));
      TRY(finish_batch());
      begins = progress_.epoch_ended != 0;
    }
    return FV_OK;
  }

  fv_status check() const {
    if (desc_.epochs < 0 || desc_.log_steps < 0)
      return refuse(error_, FV_INVALID_ARGUMENT, "fit: epochs or log_steps is negative");
    TRY(checkpoints_.check(error_));
    const bool watches = desc_.best_path != nullptr || desc_.checkpoint_improved != 0;
    const bool restores = desc_.stop != nullptr && desc_.stop->restore_best != 0;
    if (desc_.validate_average != 0 && restores)
      return refuse(error_, FV_INVALID_ARGUMENT, "fit: restore_best does not go with validate_average");
    if (desc_.stop != nullptr) return check_stop(*desc_.stop, watches, validation_ != nullptr, error_);
    return watches ? refuse(error_, FV_INVALID_ARGUMENT, "fit: best_path needs stop") : FV_OK;
  }

  // Everything before the first batch.
  fv_status prepare() {
    TRY(check());
    if (desc_.metric_count > 0)
      TRY(fv_trainer_set_metrics(trainer_, desc_.metrics, desc_.metric_count, error_));
    auto feed = init<fv_feed_desc>();
    feed.batch_size = desc_.batch_size;
    feed.no_shuffle = desc_.no_shuffle;
    feed.drop_last = desc_.drop_last;
    feed.workers = desc_.workers;
    feed.prefetch = desc_.prefetch;
    TRY(fv_trainer_feed(trainer_, train_, &feed, error_));
    TRY(fv_dataset_get_info(train_, &data_, error_));
    TRY(check_classes(train_, validation_, error_));
    TRY(fv_trainer_get_progress(trainer_, &progress_, error_));
    TRY(keep_classes(trainer_, progress_.step, train_, error_));
    progress_.epochs = epochs_;
    std::vector<fv_history_row> rows;
    TRY(read_history(trainer_, &rows, error_));
    // An epoch that ended without being recorded was cut off in its validation.
    recorded_ = !progress_.epoch_ended || (!rows.empty() && rows.back().epoch >= progress_.epoch);
    if (validation_ != nullptr && !rows.empty()) {
      val_.loss = progress_.val_loss = rows.back().val_loss;
      val_.accuracy = progress_.val_accuracy = rows.back().val_accuracy;
    }
    // What has been stopped once stays so.
    if (desc_.stop != nullptr) TRY(judge_past());
    seen_in_epoch_ = progress_.epoch_ended ? 0 : progress_.samples;
    TRY(checkpoints_.begin(trainer_, error_));
    LogPosition position{progress_.epoch, progress_.batch, recorded_};
    if (progress_.epoch_ended && recorded_) position.batch = INT64_MAX;  // whatever size batches had then
    std::vector<std::string> names;
    TRY(name_series(trainer_, validation_ != nullptr, &names, error_));
    TRY(csv_.open(desc_.csv_path, LogFormat::csv, names, position, error_));
    TRY(json_lines_.open(desc_.jsonl_path, LogFormat::json_lines, names, position, error_));
    paused_before_ = fv_cancel_token_paused_seconds(desc_.cancel);
    start_ = Clock::now();
    return FV_OK;
  }

  // A series that this fit records first is not there yet.
  fv_status judge_past() {
    Verdict verdict;
    const fv_status status = judge(trainer_, *desc_.stop, &verdict, nullptr);
    if (status != FV_OK) return status == FV_NOT_FOUND ? FV_OK : status;
    if (recorded_) reason_ = verdict.reason;
    best_is_kept_ = verdict.best_epoch >= 0 && kept_epoch(trainer_) == verdict.best_epoch;
    return FV_OK;
  }

  fv_status tell(Event event, const fv_progress& progress, fv_error* error) const {
    bool stop = false;
    for (size_t i = 0; i < desc_.callback_count; ++i) {
      const fv_callbacks_desc& callbacks = *desc_.callbacks[i];
      if (callbacks.*event == nullptr) continue;
      stop = (callbacks.*event)(callbacks.user, trainer_, &progress) != 0 || stop;
    }
    return stop ? refuse(error, FV_CANCELLED, "the training was stopped by a callback") : FV_OK;
  }

  // Tells of the batch to come, and asks for its rate.
  fv_status begin_batch(bool epoch_begins) {
    fv_progress coming = progress_;
    const bool is_first = progress_.epoch_ended || progress_.batch == 0;
    if (is_first) {
      coming.epoch += progress_.epoch_ended;
      coming.epoch_ended = 0;
      coming.batch = coming.samples = 0;
      coming.loss = coming.accuracy = NAN;
    }
    ++coming.batch;
    coming.batch_loss = NAN;
    coming.learning_rate = fv_trainer_learning_rate(trainer_);
    if (epoch_begins) TRY(tell(&fv_callbacks_desc::on_epoch_begin, coming, error_));
    TRY(tell(&fv_callbacks_desc::on_batch_begin, coming, error_));
    if (desc_.rate == nullptr) return FV_OK;
    auto optimizer = init<fv_optimizer_desc>();
    TRY(fv_trainer_get_optimizer(trainer_, &optimizer, error_));
    const double base = optimizer.learning_rate == FV_ZERO ? 0 : optimizer.learning_rate;
    return fv_trainer_set_learning_rate(trainer_, desc_.rate(desc_.user, coming.epoch, coming.step, base),
                                        error_);
  }

  // One batch, and the estimates of rate and time.
  fv_status next() {
    const int64_t step = progress_.step;
    TRY(fv_trainer_next(trainer_, &progress_, error_));
    stepped_ = progress_.step != step;
    samples_ += progress_.samples - (progress_.batch == 1 ? 0 : seen_in_epoch_);
    seen_in_epoch_ = progress_.samples;
    progress_.epochs = epochs_;
    progress_.seconds = seconds();
    progress_.samples_per_second = static_cast<double>(samples_) / progress_.seconds;
    const int64_t size = desc_.batch_size == 0 ? 32 : desc_.batch_size;
    const int64_t in_epoch =
        std::min(data_.count, progress_.batches * size);  // less where the last batch is dropped
    const int64_t left = (epochs_ - progress_.epoch) * in_epoch - progress_.samples;
    progress_.seconds_left = static_cast<double>(left) / progress_.samples_per_second;
    progress_.val_loss = val_.loss;
    progress_.val_accuracy = val_.accuracy;
    best_is_here_ = false;
    const bool keeps_nan = desc_.stop != nullptr && desc_.stop->keep_nan != 0;
    spoilt_ = !keeps_nan && !std::isfinite(progress_.batch_loss);
    if (desc_.stop == nullptr) return FV_OK;
    if (desc_.stop->seconds > 0 && progress_.seconds >= desc_.stop->seconds) reason_ = FV_STOP_TIME;
    if (spoilt_) reason_ = FV_STOP_NAN;
    return FV_OK;
  }

  // Since fit began, without pauses.
  double seconds() const {
    const double paused = fv_cancel_token_paused_seconds(desc_.cancel) - paused_before_;
    return std::chrono::duration<double>(Clock::now() - start_).count() - paused;
  }

  // Validation and history, the logs, the callbacks, the checkpoint. In this order: what a callback changes
  // is in the checkpoint, and a kill before the checkpoint repeats all of it.
  fv_status finish_batch() {
    if (progress_.epoch_ended) TRY(end_epoch());
    const bool row_due = desc_.log_steps > 0 && stepped_ && progress_.step % desc_.log_steps == 0;
    if (progress_.epoch_ended || row_due) {
      TRY(csv_.write(progress_, series_, error_));
      TRY(json_lines_.write(progress_, series_, error_));
    }
    if (progress_.epoch_ended) TRY(tell(&fv_callbacks_desc::on_epoch_end, progress_, error_));
    if (desc_.on_progress != nullptr && desc_.on_progress(desc_.user, &progress_) != 0)
      return refuse(error_, FV_CANCELLED, "the training was stopped by on_progress");
    if (spoilt_ || !checkpoints_.is_due(progress_, stepped_, best_is_here_)) return FV_OK;
    return checkpoints_.save(trainer_, progress_, error_);
  }

  fv_status end_epoch() {
    if (validation_ != nullptr) {
      TRY(validate());
      progress_.val_loss = val_.loss;
      progress_.val_accuracy = val_.accuracy;
    }
    fv_history_row row{progress_.epoch, progress_.loss, progress_.accuracy,
                       val_.loss,       val_.accuracy,  progress_.learning_rate};
    TRY(record_metrics(trainer_, val_metrics_, &row, &series_, error_));
    progress_.accuracy = row.accuracy;
    progress_.val_accuracy = row.val_accuracy;
    TRY(fv_trainer_record(trainer_, &row, error_));
    return desc_.stop == nullptr ? FV_OK : look_at_the_epoch();
  }

  fv_status look_at_the_epoch() {
    Verdict verdict;
    TRY(judge(trainer_, *desc_.stop, &verdict, error_));
    // A reason that the last batch gave stays.
    if (reason_ == FV_STOP_EPOCHS) reason_ = verdict.reason;
    best_is_here_ = verdict.newest_is_best;
    if (!best_is_here_) return FV_OK;
    if (desc_.best_path != nullptr) TRY(fv_model_save(judged(), desc_.best_path, error_));
    if (desc_.stop->restore_best == 0) return FV_OK;
    best_is_kept_ = true;
    return keep_epoch(trainer_, progress_.epoch, error_);
  }

  fv_status restore_best(fv_error* error) {
    const bool asked = desc_.stop != nullptr && desc_.stop->restore_best != 0;
    if (!asked || !best_is_kept_ || best_is_here_) return FV_OK;
    return fv_trainer_restore_weights(trainer_, error);
  }

  fv_model* judged() {
    return average_ != nullptr ? static_cast<fv_model*>(average_) : fv_trainer_model(trainer_);
  }

  // The average of now, where it is asked for and there is one.
  fv_status take_average() {
    if (desc_.validate_average == 0) return FV_OK;
    fv_error none{};
    const fv_status status = fv_trainer_averaged_model(trainer_, average_.out(), &none);
    if (status == FV_OK)
      session_.reset();
    else if (status != FV_NOT_FOUND)
      return refuse(error_, status, "%s", none.message);
    return FV_OK;
  }

  fv_status validate() {
    auto loss = init<fv_loss_desc>();
    TRY(fv_trainer_get_loss(trainer_, 0, &loss, error_));
    TRY(take_average());
    if (session_ == nullptr) {
      auto desc = init<fv_session_desc>();
      desc.max_batch = desc_.batch_size == 0 ? 32 : desc_.batch_size;
      desc.outputs = &loss.output;
      desc.output_count = loss.output == nullptr ? 0 : 1;
      TRY(fv_session_create(judged(), &desc, session_.out(), error_));
    }
    std::vector<fv_metric_desc> metrics;
    TRY(read_metrics(trainer_, &metrics, error_));
    std::vector<const fv_metric_desc*> pointers;
    for (const fv_metric_desc& metric : metrics) pointers.push_back(&metric);
    val_metrics_.resize(metrics.size());
    auto desc = init<fv_evaluate_desc>();
    desc.loss_desc = &loss;
    desc.cancel = desc_.cancel;
    desc.metrics = pointers.data();
    desc.metric_count = pointers.size();
    desc.metric_values = val_metrics_.data();
    return fv_session_evaluate(session_, validation_, &desc, &val_, error_);
  }

  fv_trainer* trainer_;
  const fv_dataset* train_;
  const fv_dataset* validation_;
  const fv_fit_desc& desc_;
  fv_error* error_;
  const int64_t epochs_ = desc_.epochs == 0 ? 1 : desc_.epochs;
  Checkpoints checkpoints_{desc_};
  Log csv_, json_lines_;
  fv_dataset_info data_ = init<fv_dataset_info>();
  fv_progress progress_ = init<fv_progress>();
  fv_evaluation val_{sizeof(fv_evaluation), 0, 0, NAN, NAN};
  std::vector<double> val_metrics_;  // of the newest validation
  std::vector<double> series_;       // the newest values of what is recorded by name
  Handle<fv_model> average_;         // what is validated instead of the model; null: nothing
  Handle<fv_session> session_;
  fv_stop_reason reason_ = FV_STOP_EPOCHS;
  bool best_is_kept_ = false;  // the trainer keeps the weights of the best epoch
  bool best_is_here_ = false;  // the model has not changed since
  bool began_ = false;         // on_train_begin was told
  bool recorded_ = true;       // what had ended when fit began
  Clock::time_point start_;
  double paused_before_ = 0;  // start_
  int64_t samples_ = 0;       // since start_
  int64_t seen_in_epoch_ = 0;
  bool stepped_ = false;  // in the last batch; not where it was only accumulated
  bool spoilt_ = false;   // its loss was NaN or infinite
};

}  // namespace

fv_status fit(fv_trainer* trainer, const fv_dataset* train, const fv_dataset* validation,
              const fv_fit_desc& desc, fv_error* error) {
  return Fit(trainer, train, validation, desc, error).run();
}

}  // namespace fovea::train
