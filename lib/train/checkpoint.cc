// Trainer::save and load: a model file whose metadata and tensors also hold the state of the training.
//
//   trainer.optimizer, .losses.<i>.kind, ...         the options: checkpoint_options.h
//   trainer.step, .epoch, .cursor                    the position; .meters.* the sums of the epoch so far
//   trainer.feed.*                                   batch size, order and fingerprint of the data
//   trainer.plateau.*                                what the schedule has seen
//   trainer.history.<i>                              six numbers a row
//   trainer.note.<key>                               what the loop and its callbacks keep
//   trainer.series.<i>.*                             named values beside them
//   tensor "trainer.metrics/state"                   what the metrics of the epoch so far have counted
//   trainer.idle.<parameter>                         steps in which it was frozen, where there were any
//   tensors "optimizer.<moment>/<parameter>"         the optimizer's moments
//   "optimizer.accumulated/<parameter>", "optimizer.average/<tensor>", "trainer.kept/<tensor>"
//                                                    where there are any
//
// 64-bit integers are decimal text, doubles the shortest text that reads back to the same bits.
#include <algorithm>
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "base/pattern.h"
#include "base/text.h"
#include "model/model_file.h"
#include "train/checkpoint_options.h"
#include "train/trainer.h"

namespace fovea::train {
namespace {

using io::Metadata;

// Large enough for any training, and far from where sums overflow.
constexpr int64_t kMost = int64_t{1} << 48;

constexpr std::string_view kNote = "trainer.note.";
constexpr const char* kIdle = "trainer.idle.";
// Bytes of all, so that they fit into a file's header however they are escaped.
constexpr size_t kMostNotes = size_t{1} << 23;

int64_t count_from(const Metadata& m, const char* key, int64_t least = 0, int64_t most = kMost) {
  const int64_t n = io::get_int(m, key);
  if (n < least || n > most) fail(Status::format, "%s is %lld", key, static_cast<long long>(n));
  return n;
}

bool flag_from(const Metadata& m, const char* key) { return io::get_int(m, key) != 0; }

std::string row_key(size_t row, const char* field) {
  return "trainer.history." + std::to_string(row) + '.' + field;
}

std::string series_key(size_t series, const std::string& field) {
  return "trainer.series." + std::to_string(series) + '.' + field;
}

constexpr const char* kMetricState = "trainer.metrics/state";

std::vector<HistoryRow> rows_from(const Metadata& m) {
  const int64_t count = count_from(m, "trainer.history.rows");
  if (static_cast<uint64_t>(count) > m.size())
    fail(Status::format, "trainer.history.rows is larger than the list");
  std::vector<HistoryRow> rows;
  for (size_t i = 0; i < static_cast<size_t>(count); ++i)
    rows.push_back({io::get_int(m, row_key(i, "epoch")), io::get_double(m, row_key(i, "loss")),
                    io::get_double(m, row_key(i, "accuracy")), io::get_double(m, row_key(i, "val_loss")),
                    io::get_double(m, row_key(i, "val_accuracy")),
                    io::get_double(m, row_key(i, "learning_rate"))});
  return rows;
}

std::vector<Series> series_from(const Metadata& m, size_t rows) {
  const int64_t count = count_from(m, "trainer.series");
  std::vector<Series> series;
  // The first field that is missing ends it, before more memory is taken.
  for (size_t i = 0; i < static_cast<size_t>(count); ++i) {
    Series& s = series.emplace_back();
    s.name = io::get_text(m, series_key(i, "name"));
    s.next = io::get_double(m, series_key(i, "next"));
    for (size_t k = 0; k < rows; ++k) s.values.push_back(io::get_double(m, series_key(i, std::to_string(k))));
  }
  return series;
}

}  // namespace

void Trainer::set_note(std::string_view key, const char* text) {
  FOVEA_REQUIRE(!key.empty() && key.size() <= 256 && is_printable_utf8(key),
                "a note's key is 1 to 256 bytes of UTF-8, not %s", in_quotes(key).c_str());
  if (text == nullptr) {
    if (const auto at = notes_.find(key); at != notes_.end()) notes_.erase(at);
    return;
  }
  const std::string_view value = text;
  FOVEA_REQUIRE(is_utf8(value), "the note %s is not UTF-8", in_quotes(key).c_str());
  size_t bytes = key.size() + value.size();
  for (const auto& [other, its] : notes_) bytes += other == key ? 0 : other.size() + its.size();
  FOVEA_REQUIRE(bytes <= kMostNotes, "the notes would have %zu bytes, at most %zu are possible", bytes,
                kMostNotes);
  notes_.insert_or_assign(std::string(key), std::string(value));
}

const std::string* Trainer::find_note(std::string_view key) const {
  const auto at = notes_.find(key);
  return at == notes_.end() ? nullptr : &at->second;
}

void Trainer::keep_weights() {
  const model::Reading reading(*model_);
  if (kept_parameters_.bytes() == 0) kept_parameters_ = model_->context()->buffer(model_->parameter_bytes());
  if (kept_state_.bytes() == 0) kept_state_ = model_->context()->buffer(model_->state_bytes());
  std::copy_n(model_->parameters(), model_->parameter_bytes(), kept_parameters_.data());
  std::copy_n(model_->state(), model_->state_bytes(), kept_state_.data());
  keeps_weights_ = true;
}

void Trainer::restore_weights() {
  if (!keeps_weights_) fail(Status::not_found, "no weights are kept: see fv_trainer_keep_weights");
  const model::Writing writing(*model_);
  std::copy_n(kept_parameters_.data(), model_->parameter_bytes(), model_->parameters());
  std::copy_n(kept_state_.data(), model_->state_bytes(), model_->state());
  model_->raise_version();
}

Metadata Trainer::metadata() const {
  TrainerOptions now = options();
  Metadata m;
  put_options(m, now);
  io::put_int(m, "trainer.step", position_.step);
  io::put_int(m, "trainer.accumulated", position_.accumulated);
  io::put_int(m, "trainer.epoch", position_.epoch);
  io::put_int(m, "trainer.cursor", position_.cursor);
  const PlateauState& plateau = schedule_.state();
  io::put_int(m, "trainer.plateau", int{plateau.any});
  io::put_double(m, "trainer.plateau.best", plateau.best);
  io::put_int(m, "trainer.plateau.bad", plateau.bad);
  io::put_int(m, "trainer.plateau.resting", plateau.resting);
  io::put_double(m, "trainer.plateau.factor", plateau.factor);
  io::put_int(m, "trainer.averaged", average_.count());
  io::put_int(m, "trainer.kept", int{keeps_weights_});
  const std::vector<graph::Slot>& slots = model_->layout()->parameters;
  for (size_t i = 0; i < slots.size(); ++i)
    if (optimizer_.idle()[i] > 0) io::put_int(m, kIdle + slots[i].name, optimizer_.idle()[i]);
  io::put_double(m, "trainer.last_rate", last_rate_);
  io::put_double(m, "trainer.meters.loss", meters_.loss);
  io::put_int(m, "trainer.meters.samples", meters_.samples);
  io::put_int(m, "trainer.meters.correct", meters_.correct);
  io::put_int(m, "trainer.feed", int{feed_.has_value()});
  if (feed_) {
    io::put_int(m, "trainer.feed.batch_size", feed_->options.batch_size);
    io::put_int(m, "trainer.feed.shuffle", int{feed_->options.shuffle});
    io::put_int(m, "trainer.feed.drop_last", int{feed_->options.drop_last});
    io::put_int(m, "trainer.feed.fingerprint", feed_->fingerprint);
  }
  io::put_int(m, "trainer.history.rows", history_.rows().size());
  for (size_t i = 0; i < history_.rows().size(); ++i) {
    const HistoryRow& row = history_.rows()[i];
    io::put_int(m, row_key(i, "epoch"), row.epoch);
    io::put_double(m, row_key(i, "loss"), row.loss);
    io::put_double(m, row_key(i, "accuracy"), row.accuracy);
    io::put_double(m, row_key(i, "val_loss"), row.val_loss);
    io::put_double(m, row_key(i, "val_accuracy"), row.val_accuracy);
    io::put_double(m, row_key(i, "learning_rate"), row.learning_rate);
  }
  for (const auto& [key, text] : notes_) m[std::string(kNote) + key] = text;
  io::put_int(m, "trainer.series", history_.series().size());
  for (size_t i = 0; i < history_.series().size(); ++i) {
    const Series& s = history_.series()[i];
    m[series_key(i, "name")] = s.name;
    io::put_double(m, series_key(i, "next"), s.next);
    for (size_t k = 0; k < s.values.size(); ++k)
      io::put_double(m, series_key(i, std::to_string(k)), s.values[k]);
  }
  return m;
}

std::vector<model::ExtraTensor> Trainer::extra_tensors() const {
  const size_t element = size_of(model_->dtype());
  std::vector<model::ExtraTensor> tensors;
  const auto add = [&](const std::string& prefix, const std::vector<graph::Slot>& slots, std::byte* data) {
    for (const graph::Slot& slot : slots)
      tensors.push_back({prefix + '/' + slot.name, slot.shape, model_->dtype(),
                         data + static_cast<size_t>(slot.offset) * element});
  };
  const graph::Layout& layout = *model_->layout();
  for (const Optimizer::Moment& moment : optimizer_.moments())
    add(std::string("optimizer.") + moment.name, layout.parameters, moment.data);
  if (position_.accumulated > 0) add("optimizer.accumulated", layout.parameters, accumulated_.data());
  if (average_.count() > 0) {
    add("optimizer.average", layout.parameters, average_.parameters());
    add("optimizer.average", layout.state, average_.state());
  }
  if (keeps_weights_) {
    add("trainer.kept", layout.parameters, kept_parameters_.data());
    add("trainer.kept", layout.state, kept_state_.data());
  }
  return tensors;
}

void Trainer::save(const std::string& path) const {
  const model::Reading reading(*model_);
  io::remove_stale_files(path);
  std::vector<model::ExtraTensor> tensors = extra_tensors();
  std::vector<double> state;
  if (metrics_ != nullptr) {
    state = metrics_->state();
    tensors.push_back({kMetricState, Shape{static_cast<int64_t>(state.size())}, DType::f64,
                       reinterpret_cast<std::byte*>(state.data())});
  }
  model::save_model(*model_, path, tensors, metadata());
}

void Trainer::restore(const io::SafetensorsReader& reader) {
  const Metadata& m = reader.metadata();
  position_ = {count_from(m, "trainer.step"), 0, count_from(m, "trainer.epoch", 0, UINT32_MAX),
               count_from(m, "trainer.cursor")};
  position_.accumulated = count_from(m, "trainer.accumulated", 0, options_.accumulate_steps - 1);
  if (position_.accumulated > 0) accumulated_ = model_->context()->buffer(model_->parameter_bytes(), true);
  const double factor = io::get_double(m, "trainer.plateau.factor");
  if (std::isnan(io::get_double(m, "trainer.plateau.best")))
    fail(Status::format, "trainer.plateau.best is NaN");
  if (!(factor >= 0 && factor <= 1)) fail(Status::format, "trainer.plateau.factor is %g", factor);
  last_rate_ = io::get_double(m, "trainer.last_rate");
  schedule_.set_state({flag_from(m, "trainer.plateau"), io::get_double(m, "trainer.plateau.best"),
                       count_from(m, "trainer.plateau.bad"), count_from(m, "trainer.plateau.resting"),
                       factor});
  average_.set_count(
      count_from(m, "trainer.averaged", 0, options_.average.kind == Averaging::none ? 0 : kMost));
  if (flag_from(m, "trainer.kept")) keep_weights();  // their memory: the values are read below
  std::vector<int64_t> idle;
  for (const graph::Slot& slot : model_->layout()->parameters) {
    const std::string key = kIdle + slot.name;
    idle.push_back(m.contains(key) ? count_from(m, key.c_str(), 0, position_.step) : 0);
  }
  optimizer_.set_idle(std::move(idle), groups_, *model_->layout());
  meters_ = {io::get_double(m, "trainer.meters.loss"), count_from(m, "trainer.meters.samples"),
             count_from(m, "trainer.meters.correct", -1)};
  if (position_.cursor != 0 && meters_.samples != position_.cursor)
    fail(Status::format, "trainer.meters.samples is %lld at cursor %lld",
         static_cast<long long>(meters_.samples), static_cast<long long>(position_.cursor));
  if (flag_from(m, "trainer.feed")) {
    FeedState feed;
    feed.options = {count_from(m, "trainer.feed.batch_size", 1, kMaxBatch),
                    flag_from(m, "trainer.feed.shuffle"), flag_from(m, "trainer.feed.drop_last")};
    feed.fingerprint = io::get_uint(m, "trainer.feed.fingerprint");
    feed_ = feed;
    resumed_ = true;
  } else if (position_.cursor != 0) {
    fail(Status::format, "trainer.cursor is %lld without a feed", static_cast<long long>(position_.cursor));
  }
  std::vector<HistoryRow> rows = rows_from(m);
  std::vector<Series> series = series_from(m, rows.size());
  history_.restore(std::move(rows), std::move(series));
  for (auto at = m.lower_bound(kNote); at != m.end() && at->first.starts_with(kNote); ++at)
    notes_[at->first.substr(kNote.size())] = at->second;
  if (metrics_ != nullptr) {
    const io::TensorEntry* const entry = reader.find(kMetricState);
    if (entry == nullptr || entry->dtype != DType::f64 || entry->shape.rank() != 1)
      fail(Status::format, "tensor '%s' is missing or not a list of f64", kMetricState);
    std::vector<double> state(static_cast<size_t>(entry->shape.elements()));
    reader.read(*entry, std::as_writable_bytes(std::span(state)));
    if (!metrics_->restore(state)) fail(Status::format, "tensor '%s' is not of these metrics", kMetricState);
  }
  for (const model::ExtraTensor& tensor : extra_tensors())
    model::read_tensor(reader, tensor.name, tensor.shape, tensor.dtype, tensor.data);
}

std::unique_ptr<Trainer> Trainer::load(std::shared_ptr<const Context> context,
                                       const io::SafetensorsReader& reader) {
  std::shared_ptr<model::Model> model = model::load_model(std::move(context), reader);
  if (!reader.metadata().contains("trainer.step"))
    fail(Status::format, "%.300s is a model without the state of a training", reader.name());
  try {
    const TrainerOptions options = get_options(reader.metadata());
    // A pattern that no parameter of its own model has is the file's fault.
    const bool known = std::ranges::all_of(options.groups, [&](const Group& group) {
      return std::ranges::any_of(model->layout()->parameters, [&](const graph::Slot& slot) {
        return matches(group.parameters, slot.name);
      });
    });
    if (!known) fail(Status::format, "a group names no parameter");
    const std::string& until = options.depth.frozen_until;
    if (!until.empty() && model->graph()->find(until) < 0)
      fail(Status::format, "trainer.frozen_until is no node");
    auto trainer = std::make_unique<Trainer>(std::move(model), options);
    trainer->restore(reader);
    return trainer;
  } catch (const Error& error) {
    const Status status = error.status() == Status::invalid_argument ? Status::format : error.status();
    fail(status, "%.200s: %.280s", reader.name(), error.what());
  }
}

}  // namespace fovea::train
