// Trainer::save and load: a model file whose metadata and tensors also hold the state of the training.
//
//   trainer.optimizer, .learning_rate, ...           the options
//   trainer.losses, trainer.loss.<i>.*               how many losses, and each
//   trainer.step, .epoch, .cursor                    the position; .meters.* the sums of the epoch so far
//   trainer.feed.*                                   batch size, order and fingerprint of the data
//   trainer.history.<i>                              six numbers a row
//   tensors "optimizer.<moment>/<parameter>"         the optimizer's moments
//
// 64-bit integers are decimal text, doubles the shortest text that reads back to the same bits.
#include <cmath>
#include <cstring>

#include "base/error.h"
#include "model/model_file.h"
#include "train/trainer.h"

namespace fovea::train {
namespace {

using io::Metadata;

template <size_t N> int32_t choice_from(const Metadata& m, const char* key, const char* const (&names)[N]) {
  const std::string& text = io::get_text(m, key);
  for (size_t i = 0; i < N; ++i)
    if (names[i] != nullptr && text == names[i]) return static_cast<int32_t>(i);
  fail(Status::format, "%s is '%.60s'", key, text.c_str());
}

// Large enough for any training, and far from where sums overflow.
constexpr int64_t kMost = int64_t{1} << 48;

int64_t count_from(const Metadata& m, const char* key, int64_t least = 0, int64_t most = kMost) {
  const int64_t n = io::get_int(m, key);
  if (n < least || n > most) fail(Status::format, "%s is %lld", key, static_cast<long long>(n));
  return n;
}

bool flag_from(const Metadata& m, const char* key) { return io::get_int(m, key) != 0; }

std::string loss_key(size_t loss, const std::string& field) {
  return "trainer.loss." + std::to_string(loss) + '.' + field;
}

LossOptions loss_from(const Metadata& m, size_t index) {
  const auto key = [&](const std::string& field) { return loss_key(index, field); };
  const auto number = [&](const char* field) { return io::get_double(m, key(field)); };
  LossOptions o;
  o.loss = static_cast<Loss>(choice_from(m, key("kind").c_str(), kLossNames));
  o.output = io::get_text(m, key("output"));
  o.weight = number("weight");
  o.sum = flag_from(m, key("sum").c_str());
  o.label_smoothing = number("label_smoothing");
  const int64_t classes = count_from(m, key("class_weights").c_str(), 0, static_cast<int64_t>(m.size()));
  for (int64_t c = 0; c < classes; ++c)
    o.class_weights.push_back(number(("class_weight." + std::to_string(c)).c_str()));
  o.ignores = flag_from(m, key("ignores").c_str());
  o.ignored_label = static_cast<int32_t>(count_from(m, key("ignored_label").c_str(), INT32_MIN, INT32_MAX));
  o.delta = number("delta");
  o.gamma = number("gamma");
  o.alpha = number("alpha");
  o.margin = number("margin");
  o.squared = flag_from(m, key("squared").c_str());
  return o;
}

void put_loss(Metadata& m, size_t index, const LossOptions& o) {
  const auto key = [&](const std::string& field) { return loss_key(index, field); };
  m[key("kind")] = kLossNames[static_cast<size_t>(o.loss)];
  m[key("output")] = o.output;
  io::put_double(m, key("weight"), o.weight);
  io::put_int(m, key("sum"), int{o.sum});
  io::put_double(m, key("label_smoothing"), o.label_smoothing);
  io::put_int(m, key("class_weights"), o.class_weights.size());
  for (size_t c = 0; c < o.class_weights.size(); ++c)
    io::put_double(m, key("class_weight." + std::to_string(c)), o.class_weights[c]);
  io::put_int(m, key("ignores"), int{o.ignores});
  io::put_int(m, key("ignored_label"), o.ignored_label);
  io::put_double(m, key("delta"), o.delta);
  io::put_double(m, key("gamma"), o.gamma);
  io::put_double(m, key("alpha"), o.alpha);
  io::put_double(m, key("margin"), o.margin);
  io::put_int(m, key("squared"), int{o.squared});
}

// The trainer's constructor checks the numbers.
TrainerOptions options_from(const Metadata& m) {
  TrainerOptions o;
  const int64_t losses = count_from(m, "trainer.losses", 1, 64);
  o.losses.clear();
  for (int64_t i = 0; i < losses; ++i) o.losses.push_back(loss_from(m, static_cast<size_t>(i)));
  o.optimizer.kind = static_cast<OptimizerKind>(choice_from(m, "trainer.optimizer", kOptimizerNames));
  o.optimizer.learning_rate = io::get_double(m, "trainer.learning_rate");
  o.optimizer.momentum = io::get_double(m, "trainer.momentum");
  o.optimizer.nesterov = flag_from(m, "trainer.nesterov");
  o.optimizer.beta1 = io::get_double(m, "trainer.beta1");
  o.optimizer.beta2 = io::get_double(m, "trainer.beta2");
  o.optimizer.epsilon = io::get_double(m, "trainer.epsilon");
  o.l2 = io::get_double(m, "trainer.l2");
  o.seed = io::get_uint(m, "trainer.seed");
  return o;
}

std::string moment_tensor(const char* moment, const graph::Slot& slot) {
  return std::string("optimizer.") + moment + '/' + slot.name;
}

std::string row_key(size_t row, const char* field) {
  return "trainer.history." + std::to_string(row) + '.' + field;
}

}  // namespace

Metadata Trainer::metadata() const {
  const OptimizerOptions& o = optimizer_.options();
  Metadata m;
  io::put_int(m, "trainer.losses", options_.losses.size());
  for (size_t i = 0; i < options_.losses.size(); ++i) put_loss(m, i, options_.losses[i]);
  m["trainer.optimizer"] = kOptimizerNames[static_cast<size_t>(o.kind)];
  io::put_double(m, "trainer.learning_rate", o.learning_rate);
  io::put_double(m, "trainer.momentum", o.momentum);
  io::put_int(m, "trainer.nesterov", int{o.nesterov});
  io::put_double(m, "trainer.beta1", o.beta1);
  io::put_double(m, "trainer.beta2", o.beta2);
  io::put_double(m, "trainer.epsilon", o.epsilon);
  io::put_double(m, "trainer.l2", options_.l2);
  io::put_int(m, "trainer.seed", options_.seed);
  io::put_int(m, "trainer.step", position_.step);
  io::put_int(m, "trainer.epoch", position_.epoch);
  io::put_int(m, "trainer.cursor", position_.cursor);
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
  io::put_int(m, "trainer.history.rows", history_.size());
  for (size_t i = 0; i < history_.size(); ++i) {
    const HistoryRow& row = history_[i];
    io::put_int(m, row_key(i, "epoch"), row.epoch);
    io::put_double(m, row_key(i, "loss"), row.loss);
    io::put_double(m, row_key(i, "accuracy"), row.accuracy);
    io::put_double(m, row_key(i, "val_loss"), row.val_loss);
    io::put_double(m, row_key(i, "val_accuracy"), row.val_accuracy);
    io::put_double(m, row_key(i, "learning_rate"), row.learning_rate);
  }
  return m;
}

void Trainer::save(const std::string& path) const {
  const model::Reading reading(*model_);
  const size_t element = size_of(model_->dtype());
  std::vector<model::ExtraTensor> moments;
  for (const Optimizer::Moment& moment : optimizer_.moments())
    for (const graph::Slot& slot : model_->layout()->parameters)
      moments.push_back({moment_tensor(moment.name, slot), &slot, moment.data + static_cast<size_t>(slot.offset) * element});
  model::save_model(*model_, path, moments, metadata());
}

void Trainer::restore(const io::SafetensorsReader& reader) {
  const Metadata& m = reader.metadata();
  position_ = {count_from(m, "trainer.step"), count_from(m, "trainer.epoch", 0, UINT32_MAX),
               count_from(m, "trainer.cursor")};
  meters_ = {io::get_double(m, "trainer.meters.loss"), count_from(m, "trainer.meters.samples"),
             count_from(m, "trainer.meters.correct", -1)};
  if (position_.cursor != 0 && meters_.samples != position_.cursor)
    fail(Status::format, "trainer.meters.samples is %lld at cursor %lld", static_cast<long long>(meters_.samples),
         static_cast<long long>(position_.cursor));
  if (flag_from(m, "trainer.feed")) {
    FeedState feed;
    feed.options = {count_from(m, "trainer.feed.batch_size", 1, kMaxBatch), flag_from(m, "trainer.feed.shuffle"),
                    flag_from(m, "trainer.feed.drop_last")};
    feed.fingerprint = io::get_uint(m, "trainer.feed.fingerprint");
    feed_ = feed;
    resumed_ = true;
  } else if (position_.cursor != 0) {
    fail(Status::format, "trainer.cursor is %lld without a feed", static_cast<long long>(position_.cursor));
  }
  const int64_t rows = count_from(m, "trainer.history.rows");
  if (static_cast<uint64_t>(rows) > m.size()) fail(Status::format, "trainer.history.rows is larger than the list");
  for (size_t i = 0; i < static_cast<size_t>(rows); ++i)
    history_.push_back({io::get_int(m, row_key(i, "epoch")), io::get_double(m, row_key(i, "loss")),
                        io::get_double(m, row_key(i, "accuracy")), io::get_double(m, row_key(i, "val_loss")),
                        io::get_double(m, row_key(i, "val_accuracy")), io::get_double(m, row_key(i, "learning_rate"))});
  const size_t element = size_of(model_->dtype());
  for (const Optimizer::Moment& moment : optimizer_.moments())
    for (const graph::Slot& slot : model_->layout()->parameters)
      model::read_tensor(reader, moment_tensor(moment.name, slot), slot, model_->dtype(),
                         moment.data + static_cast<size_t>(slot.offset) * element);
}

std::unique_ptr<Trainer> Trainer::load(std::shared_ptr<const Context> context, const io::SafetensorsReader& reader) {
  std::shared_ptr<model::Model> model = model::load_model(std::move(context), reader);
  if (!reader.metadata().contains("trainer.step"))
    fail(Status::format, "%.300s is a model without the state of a training", reader.name());
  try {
    auto trainer = std::make_unique<Trainer>(std::move(model), options_from(reader.metadata()));
    trainer->restore(reader);
    return trainer;
  } catch (const Error& error) {
    const Status status = error.status() == Status::invalid_argument ? Status::format : error.status();
    fail(status, "%.200s: %.280s", reader.name(), error.what());
  }
}

}  // namespace fovea::train
