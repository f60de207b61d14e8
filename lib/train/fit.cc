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

#define TRY(call)                                            \
  do {                                                       \
    if (const fv_status s_ = (call); s_ != FV_OK) return s_; \
  } while (0)

bool is_larger_better(fv_monitor monitor) {
  return monitor == FV_MONITOR_VAL_ACCURACY || monitor == FV_MONITOR_ACCURACY;
}

double monitored(const fv_history_row& row, fv_monitor monitor) {
  switch (monitor) {
    case FV_MONITOR_LOSS:
      return row.loss;
    case FV_MONITOR_VAL_ACCURACY:
      return row.val_accuracy;
    case FV_MONITOR_ACCURACY:
      return row.accuracy;
    default:
      return row.val_loss;
  }
}

// What the history says about going on.
struct Verdict {
  bool newest_is_best = false;
  fv_stop_reason reason = FV_STOP_EPOCHS;
};
Verdict judge(const std::vector<fv_history_row>& rows, const fv_stop_desc& stop) {
  const double sign = is_larger_better(stop.monitor) ? 1 : -1;
  Verdict verdict;
  const bool has_baseline = stop.baseline != 0;
  double best = has_baseline ? sign * (stop.baseline == FV_ZERO ? 0 : stop.baseline) : -INFINITY;
  int64_t bad = 0, apart = 0;
  for (size_t i = 0; i < rows.size(); ++i) {
    const double value = sign * monitored(rows[i], stop.monitor);
    verdict.newest_is_best = value > best + (std::isinf(best) ? 0 : stop.min_delta);
    bad = verdict.newest_is_best ? 0 : bad + 1;
    if (verdict.newest_is_best) best = value;
    const bool parts = i > 0 && rows[i].loss < rows[i - 1].loss && rows[i].val_loss > rows[i - 1].val_loss;
    apart = parts ? apart + 1 : 0;
  }
  if (stop.patience > 0 && bad >= stop.patience) verdict.reason = FV_STOP_NO_IMPROVEMENT;
  if (stop.divergence > 0 && apart >= stop.divergence) verdict.reason = FV_STOP_DIVERGENCE;
  return verdict;
}

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
    if (desc_.epochs < 0 || desc_.checkpoint_steps < 0)
      return refuse(FV_INVALID_ARGUMENT, "fit: epochs or checkpoint_steps is negative");
    TRY(check_stop());
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
        return refuse(FV_CANCELLED, "the training was cancelled");
      TRY(next(epochs));
      TRY(after_batch());
      done += progress_.epoch_ended;
    }
    return FV_OK;
  }

  fv_status refuse(fv_status status, const char* message) const {
    if (error_ == nullptr) return status;
    *error_ = {};
    error_->code = status;
    for (size_t i = 0; message[i] != '\0'; ++i) error_->message[i] = message[i];
    return status;
  }

  fv_status check_stop() const {
    if (desc_.stop == nullptr)
      return desc_.best_path == nullptr ? FV_OK : refuse(FV_INVALID_ARGUMENT, "fit: best_path needs stop");
    const fv_stop_desc& s = *desc_.stop;
    const bool validates = validation_ != nullptr;
    if (s.monitor < FV_MONITOR_VAL_LOSS || s.monitor > FV_MONITOR_ACCURACY)
      return refuse(FV_INVALID_ARGUMENT, "fit: monitor of stop is none");
    if (s.patience < 0 || s.divergence < 0 || !(s.min_delta >= 0) || !(s.seconds >= 0))
      return refuse(FV_INVALID_ARGUMENT, "fit: a number of stop is negative or none");
    const bool watches = s.patience > 0 || s.restore_best != 0 || desc_.best_path != nullptr;
    if (!validates && watches && (s.monitor == FV_MONITOR_VAL_LOSS || s.monitor == FV_MONITOR_VAL_ACCURACY))
      return refuse(FV_INVALID_ARGUMENT, "fit: stop watches the validation, and there is no validation set");
    if (!validates && s.divergence > 0)
      return refuse(FV_INVALID_ARGUMENT, "fit: divergence needs a validation set");
    return FV_OK;
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

  fv_status history(std::vector<fv_history_row>* rows) const {
    size_t count = 0;
    TRY(fv_trainer_history(trainer_, nullptr, 0, &count, error_));
    rows->resize(count);
    return fv_trainer_history(trainer_, rows->data(), rows->size(), nullptr, error_);
  }

  fv_status is_recorded(int64_t epoch, bool* recorded) const {
    std::vector<fv_history_row> rows;
    TRY(history(&rows));
    *recorded = !rows.empty() && rows.back().epoch >= epoch;
    return FV_OK;
  }

  // Validation and history, the callback, the checkpoint. In this order: what the callback changes is in the
  // checkpoint, and a kill before the checkpoint repeats all of it.
  fv_status after_batch() {
    if (progress_.epoch_ended) TRY(end_epoch());
    if (desc_.on_progress != nullptr && desc_.on_progress(desc_.user, &progress_) != 0)
      return refuse(FV_CANCELLED, "the training was stopped by on_progress");
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
    TRY(history(&rows));
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
    fv_model* const model = fv_trainer_model(trainer_);
    auto info = init<fv_model_info>();
    TRY(fv_model_get_info(best_, &info, error));
    std::vector<double> values;
    for (int32_t i = 0; i < info.tensors; ++i) {
      auto tensor = init<fv_tensor_info>();
      TRY(fv_model_tensor_info(best_, i, &tensor, error));
      fv_tensor from{};
      size_t count = 1;
      for (int32_t axis = 0; axis < tensor.rank; ++axis)
        count *= static_cast<size_t>(from.shape[axis] = tensor.shape[axis]);
      values.resize(count);
      fv_buffer to{};
      to.data = values.data();
      to.capacity = count * sizeof(double);
      to.dtype = FV_F64;
      TRY(fv_model_get_tensor(best_, tensor.name, &to, error));
      from.data = values.data();
      from.dtype = FV_F64;
      from.rank = tensor.rank;
      TRY(fv_model_set_tensor(model, tensor.name, &from, error));
    }
    return FV_OK;
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
