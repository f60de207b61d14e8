// Callbacks of fit: when each is called, what it may do, and that nothing is lost where one stops the training.
#include <algorithm>
#include <cmath>

#include "support.h"

namespace fovea::test {
namespace {

using Event = fv_callback_fn fv_callbacks_desc::*;

// Writes down what it is told, and says `answer` to the event number `at`.
struct Listener {
  std::string name;
  std::vector<std::string>* told;
  int at = -1;
  int heard = 0;
  int dropped = 0;
  void (*act)(fv_trainer*, const fv_progress*, const char* event) = nullptr;

  int32_t hear(const char* event, fv_trainer* trainer, const fv_progress* p) {
    told->push_back(name + ' ' + event + ' ' + std::to_string(p->epoch) + '.' + std::to_string(p->batch));
    if (act != nullptr) act(trainer, p, event);
    return heard++ == at ? 7 : 0;
  }
  fv_callbacks_desc desc() {
    auto d = init<fv_callbacks_desc>();
#define EVENT(e) \
  d.e = [](void* u, fv_trainer* t, const fv_progress* p) { return static_cast<Listener*>(u)->hear(#e, t, p); }
    EVENT(on_train_begin);
    EVENT(on_train_end);
    EVENT(on_epoch_begin);
    EVENT(on_epoch_end);
    EVENT(on_batch_begin);
    EVENT(on_batch_end);
#undef EVENT
    d.user = this;
    d.drop = [](void* u) { ++static_cast<Listener*>(u)->dropped; };
    return d;
  }
};

class CallbacksTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = make(lenet);
    data = digits(made.context, 40);
    restart();
  }
  void restart() {
    trainer.reset();
    OK(fv_model_reinitialize(made.model, 1, &err));
    trainer = make_trainer(made.model);
    told.clear();
  }
  fv_status fit(std::vector<Listener*> listeners, fv_fit_desc more = {}) {
    std::vector<fv_callbacks_desc> descs;
    std::vector<const fv_callbacks_desc*> list;
    for (Listener* listener : listeners) descs.push_back(listener->desc());
    for (const fv_callbacks_desc& desc : descs) list.push_back(&desc);
    more.struct_size = sizeof more;
    if (more.epochs == 0) more.epochs = 2;
    more.batch_size = 20;
    more.callbacks = list.data();
    more.callback_count = list.size();
    return fv_trainer_fit(trainer, data, data, &more, &err);
  }

  Made made;
  Dataset data;
  Trainer trainer;
  std::vector<std::string> told;
  fv_error err{};
};

TEST_F(CallbacksTest, K4EachEventGoesToAllInTheirOrder) {
  Listener a{"a", &told}, b{"b", &told};
  fv_fit_desc more{};
  more.user = &told;
  more.on_progress = [](void* user, const fv_progress* p) {
    static_cast<std::vector<std::string>*>(user)->push_back("progress " + std::to_string(p->epoch) + '.' +
                                                            std::to_string(p->batch));
    return 0;
  };
  more.rate = [](void* user, int64_t epoch, int64_t step, double rate) {
    static_cast<std::vector<std::string>*>(user)->push_back("rate " + std::to_string(epoch) + '.' +
                                                            std::to_string(step));
    return rate;
  };
  OK(fit({&a, &b}, more));
  std::vector<std::string> expected;
  const auto both = [&](const std::string& event) {
    for (const char* name : {"a ", "b "}) expected.push_back(name + event);
  };
  both("on_train_begin 0.0");
  for (int epoch = 0; epoch < 2; ++epoch) {
    const std::string e = std::to_string(epoch);
    both("on_epoch_begin " + e + ".1");
    for (int batch = 1; batch <= 2; ++batch) {
      const std::string at = e + '.' + std::to_string(batch);
      both("on_batch_begin " + at);
      expected.push_back("rate " + e + '.' + std::to_string(2 * epoch + batch - 1));
      both("on_batch_end " + at);
      if (batch == 2) both("on_epoch_end " + at);
      expected.push_back("progress " + at);
    }
  }
  both("on_train_end 1.2");
  EXPECT_EQ(expected, told);
  EXPECT_EQ(1, a.dropped);
  EXPECT_EQ(1, b.dropped);
}

TEST_F(CallbacksTest, WhatTheyAreTold) {
  Listener a{"a", &told};
  a.act = [](fv_trainer* t, const fv_progress* p, const char* name) {
    const std::string event = name;
    EXPECT_EQ(sizeof(fv_progress), p->struct_size);
    EXPECT_EQ(2, p->epochs);
    if (event == "on_train_begin" || event == "on_train_end") return;
    EXPECT_EQ(2, p->batches);
    const bool begins = event.ends_with("_begin");
    EXPECT_EQ(begins, std::isnan(p->batch_loss)) << event;
    EXPECT_EQ(!begins && p->batch == 2, p->epoch_ended == 1) << event;
    EXPECT_EQ(20 * (p->batch - (begins ? 1 : 0)), p->samples) << event;
    EXPECT_EQ(begins && p->batch == 1, std::isnan(p->loss)) << event;
    EXPECT_EQ(2 * p->epoch + p->batch - (begins ? 1 : 0), p->step) << event;
    // Validation comes between the end of the last batch and the end of the epoch.
    const int64_t validations = p->epoch + (event == "on_epoch_end" ? 1 : 0);
    EXPECT_EQ(validations == 0, std::isnan(p->val_loss)) << event;
    size_t rows = 0;
    EXPECT_EQ(FV_OK, fv_trainer_history(t, nullptr, 0, &rows, nullptr));
    EXPECT_EQ(static_cast<size_t>(validations), rows) << event;
  };
  OK(fit({&a}));
}

// The rate that on_batch_begin sets is the batch's; `rate` has the last word.
TEST_F(CallbacksTest, K4TheyMayChangeTheRate) {
  Listener a{"a", &told};
  a.act = [](fv_trainer* t, const fv_progress* p, const char* name) {
    const std::string event = name;
    if (event == "on_batch_begin") {
      EXPECT_EQ(FV_OK, fv_trainer_set_learning_rate(t, 0.25 / static_cast<double>(p->step + 1), nullptr));
    } else if (event == "on_batch_end") {
      EXPECT_EQ(0.25 / static_cast<double>(p->step), p->learning_rate);
    }
  };
  OK(fit({&a}));
  fv_fit_desc more{};
  more.epochs = 3;
  more.rate = [](void*, int64_t, int64_t step, double rate) {
    EXPECT_EQ(0.25 / static_cast<double>(step + 1), rate);
    return 0.5;
  };
  a.act = [](fv_trainer* t, const fv_progress* p, const char* name) {
    const std::string event = name;
    if (event == "on_batch_begin") {
      EXPECT_EQ(p->batch == 1 ? 0.25 / 4 : 0.5, p->learning_rate);
      EXPECT_EQ(FV_OK, fv_trainer_set_learning_rate(t, 0.25 / static_cast<double>(p->step + 1), nullptr));
    } else if (event == "on_batch_end") {
      EXPECT_EQ(0.5, p->learning_rate);
    }
  };
  OK(fit({&a}, more));
}

// Stopped at any event and gone on with, a training comes to the same bits; each is told of all that is done.
TEST_F(CallbacksTest, AnyEventMayStop) {
  Listener whole{"a", &told};
  OK(fit({&whole}));
  const int events = whole.heard - 1;  // all but on_train_end
  const std::vector<double> expected = weights(made.model);
  for (int at = 0; at < events; ++at) {
    restart();
    Listener stopping{"a", &told, at}, other{"b", &told};
    FAILS(FV_CANCELLED, fit({&stopping, &other}), "callback");
    EXPECT_EQ(at + 2, stopping.heard) << "on_train_end was not told";
    EXPECT_EQ(stopping.heard, other.heard) << "the others hear of it too";
    Listener again{"c", &told};
    OK(fit({&again}));
    EXPECT_EQ(expected, weights(made.model)) << "stopped at " << at;
    size_t rows = 0;
    OK(fv_trainer_history(trainer, nullptr, 0, &rows, &err));
    EXPECT_EQ(2u, rows);
  }
}

TEST_F(CallbacksTest, TheEndIsToldAfterAnErrorToo) {
  Listener a{"a", &told};
  fv_fit_desc more{};
  more.checkpoint_path = "/no/such/folder/c.fovea";
  EXPECT_EQ(FV_NOT_FOUND, fit({&a}, more));
  EXPECT_EQ("a on_train_end 0.2", told.back());
  EXPECT_EQ(1, a.dropped);
}

TEST_F(CallbacksTest, RefusedOnesAreDropped) {
  Listener a{"a", &told}, b{"b", &told};
  fv_fit_desc more{};
  more.epochs = -1;
  FAILS(FV_INVALID_ARGUMENT, fit({&a, &b}, more), "epochs");
  EXPECT_TRUE(told.empty());
  const fv_callbacks_desc first = a.desc();
  const fv_callbacks_desc* list[] = {&first, nullptr};
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_fit(trainer, data, nullptr, DESC(fv_fit_desc, .callbacks = list, .callback_count = 2), &err),
        "callback");
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_fit(trainer, data, nullptr, DESC(fv_fit_desc, .callback_count = 1), &err), "callbacks");
  fv_callbacks_desc odd = b.desc();
  odd.struct_size = 3;
  list[1] = &odd;
  FAILS(FV_INVALID_ARGUMENT,
        fv_trainer_fit(trainer, data, nullptr, DESC(fv_fit_desc, .callbacks = list, .callback_count = 2), &err),
        "struct_size");
  EXPECT_EQ(3, a.dropped);
  EXPECT_EQ(1, b.dropped) << "a descriptor that says it has no drop has none";
  EXPECT_EQ(0, a.heard + b.heard);
}

// Trainings of folds: each is told of, and the callbacks are dropped once; a log would be written by all.
TEST_F(CallbacksTest, TheyHearOfEachFold) {
  Listener a{"a", &told};
  const fv_callbacks_desc listening = a.desc();
  const fv_callbacks_desc* const list[] = {&listening};
  auto fit_desc = init<fv_fit_desc>();
  fit_desc.batch_size = 20;
  fit_desc.callbacks = list;
  fit_desc.callback_count = 1;
  const fv_fold_desc folds{.struct_size = sizeof folds, .folds = 3};
  const auto cross_validate = [&] {
    return fv_cross_validate(
        made.model,
        DESC(fv_trainer_desc, .loss = FV_LOSS_SOFTMAX_CROSS_ENTROPY, .optimizer = FV_OPT_ADAM), data,
        DESC(fv_cross_validate_desc, .folds = &folds, .fit = &fit_desc), nullptr, 0, nullptr, nullptr, &err);
  };
  OK(cross_validate());
  EXPECT_EQ(3, std::count(told.begin(), told.end(), "a on_train_begin 0.0"));
  EXPECT_EQ(3, std::count(told.begin(), told.end(), "a on_train_end 0.2"));
  EXPECT_EQ(1, a.dropped);
  fit_desc.csv_path = "t.csv";
  FAILS(FV_INVALID_ARGUMENT, cross_validate(), "same file");
  EXPECT_EQ(2, a.dropped);
}

// What a callback has counted survives: it is in the trainer's notes, and so in the checkpoint.
TEST_F(CallbacksTest, NotesAreInTheCheckpoint) {
  const Folder folder;
  const std::string path = folder / "c.fovea", odd = "lines\nand \"quotes\", \xc3\xa4\x01";
  Listener a{"a", &told};
  a.act = [](fv_trainer* t, const fv_progress*, const char* event) {
    if (std::string(event) != "on_epoch_end") return;
    char text[16] = "0";
    fv_trainer_get_note(t, "epochs", text, sizeof text, nullptr, nullptr);
    EXPECT_EQ(FV_OK, fv_trainer_set_note(t, "epochs", std::to_string(std::stoi(text) + 1).c_str(), nullptr));
  };
  OK(fit({&a}));
  OK(fv_trainer_set_note(trainer, "odd", odd.c_str(), &err));
  OK(fv_trainer_set_note(trainer, "gone", "x", &err));
  OK(fv_trainer_set_note(trainer, "gone", nullptr, &err));
  OK(fv_trainer_set_note(trainer, "empty", "", &err));
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  Trainer loaded;
  OK(fv_trainer_load(made.context, path.c_str(), loaded.out(), &err));
  char text[64];
  size_t needed = 0;
  OK(fv_trainer_get_note(loaded, "epochs", text, sizeof text, &needed, &err));
  EXPECT_STREQ("2", text);
  EXPECT_EQ(2u, needed);
  OK(fv_trainer_get_note(loaded, "odd", text, sizeof text, nullptr, &err));
  EXPECT_EQ(odd, text);
  OK(fv_trainer_get_note(loaded, "empty", text, sizeof text, &needed, &err));
  EXPECT_EQ(1u, needed);
  FAILS(FV_NOT_FOUND, fv_trainer_get_note(loaded, "gone", text, sizeof text, nullptr, &err), "gone");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_note(loaded, "", "x", &err), "key");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_note(loaded, "a\nb", "x", &err), "key");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_note(loaded, "a", "\xff", &err), "UTF-8");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_note(loaded, "a", std::string((1 << 23) + 1, 'x').c_str(), &err),
        "bytes");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_set_note(loaded, nullptr, "x", &err), "key");
}

}  // namespace
}  // namespace fovea::test
