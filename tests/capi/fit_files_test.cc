// What fit writes: checkpoints with names of their own, of which some stay, and logs that go on where the
// training does.
#include <cmath>
#include <fstream>
#include <iterator>
#include <nlohmann/json.hpp>
#include <set>

#include "support.h"

namespace fovea::test {
namespace {

namespace fs = std::filesystem;

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

// Lines without their newlines.
std::vector<std::string> lines(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  std::vector<std::string> all;
  for (std::string line; std::getline(file, line);) all.push_back(line);
  return all;
}
std::vector<std::string> fields(const std::string& line) {
  std::vector<std::string> all(1);
  for (const char c : line)
    if (c == ',')
      all.emplace_back();
    else
      all.back() += c;
  return all;
}

class FitFilesTest : public ::testing::Test {
 protected:
  void SetUp() override {
    made = make(lenet);
    data = digits(made.context, 60);
    trainer = make_trainer(made.model);
  }
  void restart() {
    trainer.reset();
    OK(fv_model_reinitialize(made.model, 1, &err));
    trainer = make_trainer(made.model);
  }
  // Three batches make an epoch.
  fv_status fit(int32_t epochs, fv_fit_desc more, fv_trainer* t = nullptr) {
    more.struct_size = sizeof more;
    more.epochs = epochs;
    more.batch_size = 20;
    return fv_trainer_fit(t == nullptr ? trainer : t, data, data, &more, &err);
  }
  std::set<std::string> names() const {
    std::set<std::string> all;
    for (const auto& file : fs::directory_iterator(folder / "")) all.insert(file.path().filename().string());
    return all;
  }
  using Names = std::set<std::string>;
  std::string find(const std::string& path) {
    char found[4096] = "";
    size_t needed = 0;
    const fv_status status = fv_checkpoint_find(path.c_str(), found, sizeof found, &needed, &err);
    if (status != FV_OK) return fv_status_name(status);
    EXPECT_EQ(std::strlen(found) + 1, needed);
    return found;
  }

  Folder folder;
  Made made;
  Dataset data;
  Trainer trainer;
  fv_error err{};
};

// ---- checkpoints --------------------------------------------------------------------------------------

TEST_F(FitFilesTest, EpochAndStepStandInTheName) {
  const std::string path = folder / "c-{epoch}-{step}.fovea";
  OK(fit(2, {.checkpoint_steps = 2, .checkpoint_path = path.c_str()}));
  EXPECT_EQ((Names{"c-0-2.fovea", "c-1-3.fovea", "c-1-4.fovea", "c-2-6.fovea"}), names());
  EXPECT_EQ(folder / "c-2-6.fovea", find(path));
  Trainer loaded;
  OK(fv_trainer_load(made.context, (folder / "c-1-4.fovea").c_str(), loaded.out(), &err));
  auto p = init<fv_progress>();
  OK(fv_trainer_get_progress(loaded, &p, &err));
  EXPECT_EQ(4, p.step);
}

TEST_F(FitFilesTest, OnlyTheNewestStay) {
  const std::string path = folder / "c{step}.fovea";
  const fv_fit_desc desc{.checkpoint_steps = 1, .checkpoint_path = path.c_str(), .keep_checkpoints = 2};
  // Another training's, which nobody has asked to remove; a folder with such a name.
  write(folder / "c1000.fovea", "precious");
  fs::create_directory(folder / "c1001.fovea");
  OK(fit(1, desc));
  EXPECT_EQ((Names{"c1000.fovea", "c1001.fovea", "c2.fovea", "c3.fovea"}), names());
  // A training that goes on, in this process or from a file, removes what it wrote before.
  OK(fit(2, desc));
  EXPECT_EQ((Names{"c1000.fovea", "c1001.fovea", "c5.fovea", "c6.fovea"}), names());
  Trainer loaded;
  OK(fv_trainer_load(made.context, (folder / "c6.fovea").c_str(), loaded.out(), &err));
  OK(fit(3, desc, loaded));
  EXPECT_EQ((Names{"c1000.fovea", "c1001.fovea", "c8.fovea", "c9.fovea"}), names());
  EXPECT_EQ(folder / "c1000.fovea", find(path));
  // One that begins anew removes none of them, and fewer are kept if fewer are asked for.
  restart();
  OK(fit(1, {.checkpoint_steps = 1, .checkpoint_path = path.c_str(), .keep_checkpoints = 1}));
  EXPECT_EQ((Names{"c1000.fovea", "c1001.fovea", "c3.fovea", "c8.fovea", "c9.fovea"}), names());
  EXPECT_EQ("precious", contents(folder / "c1000.fovea"));
}

// Killed between writing a file and removing the oldest: the next fit catches up.
TEST_F(FitFilesTest, WhatAKillLeftIsRemovedLater) {
  const std::string path = folder / "c{epoch}.fovea";
  const fv_fit_desc desc{.checkpoint_path = path.c_str(), .keep_checkpoints = 2};
  OK(fit(2, desc));
  fs::copy_file(folder / "c1.fovea", folder / "saved");
  OK(fit(3, desc));
  fs::rename(folder / "saved", folder / "c1.fovea");
  Trainer loaded;
  OK(fv_trainer_load(made.context, (folder / "c3.fovea").c_str(), loaded.out(), &err));
  OK(fit(3, desc, loaded));
  EXPECT_EQ((Names{"c2.fovea", "c3.fovea"}), names());
}

TEST_F(FitFilesTest, NothingIsRemovedWhereTheNewFileCannotBeWritten) {
  const std::string path = folder / "c{epoch}.fovea";
  const fv_fit_desc desc{.checkpoint_path = path.c_str(), .keep_checkpoints = 1};
  OK(fit(1, desc));
  fs::create_directory(folder / "c2.fovea");  // cannot be replaced by a file
  EXPECT_EQ(FV_IO, fit(2, desc));
  EXPECT_EQ((Names{"c1.fovea", "c2.fovea"}), names());
  EXPECT_EQ(folder / "c1.fovea", find(path));
  // The list of files is as it was: c1 goes only when c3 is there.
  OK(fit(2, desc));
  EXPECT_TRUE(fs::exists(folder / "c1.fovea"));
  OK(fit(3, desc));
  EXPECT_EQ((Names{"c2.fovea", "c3.fovea"}), names());
}

// The list comes out of a file: it may say which numbers, but not which files.
TEST_F(FitFilesTest, AListOfAnotherPathRemovesNothing) {
  const std::string path = folder / "c{epoch}.fovea", other = folder / "d{epoch}.fovea";
  for (const char* name : {"d7.fovea", "d8.fovea", "c7.fovea"}) write(folder / name, "precious");
  OK(fv_trainer_set_note(trainer, "fit.checkpoints", (other + "\n7 0\n8 0\n").c_str(), &err));
  OK(fit(1, {.checkpoint_path = path.c_str(), .keep_checkpoints = 1}));
  EXPECT_EQ((Names{"d7.fovea", "d8.fovea", "c7.fovea", "c1.fovea"}), names());
}

TEST_F(FitFilesTest, EveryNthEpochOrOnlyTheBetterOnes) {
  const std::string path = folder / "c{epoch}.fovea";
  OK(fit(5, {.checkpoint_path = path.c_str(), .checkpoint_epochs = 2}));
  EXPECT_EQ((Names{"c2.fovea", "c4.fovea"}), names());
  for (const std::string& name : names()) fs::remove(folder / name.c_str());
  // Rate 0 from the third epoch on: none is better than the second.
  restart();
  const fv_stop_desc stop{.struct_size = sizeof stop, .monitor = FV_MONITOR_LOSS};
  fv_fit_desc desc{.checkpoint_path = path.c_str(), .stop = &stop, .checkpoint_improved = 1};
  desc.rate = [](void*, int64_t epoch, int64_t, double) { return epoch < 2 ? 0.02 : epoch == 2 ? 30.0 : 0.0; };
  const fv_stop_desc any_loss{.struct_size = sizeof stop, .monitor = FV_MONITOR_LOSS, .keep_nan = 1};
  desc.stop = &any_loss;
  OK(fit(4, desc));
  std::vector<fv_history_row> rows(4);
  OK(fv_trainer_history(trainer, rows.data(), rows.size(), nullptr, &err));
  ASSERT_LT(rows[1].loss, rows[0].loss);
  ASSERT_FALSE(rows[2].loss < rows[1].loss);
  EXPECT_EQ((Names{"c1.fovea", "c2.fovea"}), names());
}

TEST_F(FitFilesTest, TheNewestIsFound) {
  const std::string path = folder / "c-{epoch}-{step}.fovea";
  EXPECT_EQ("FV_NOT_FOUND", find(path));
  for (const char* name : {"c-1-10.fovea", "c-3-9.fovea", "c-2-10.fovea", "c-9-0100.fovea", "c-9--99.fovea",
                           "c-9-99.fovea.bak", "xc-9-99.fovea", "c-9-99999999999999999999.fovea"})
    write(folder / name, "");
  EXPECT_EQ(folder / "c-2-10.fovea", find(path));
  EXPECT_EQ(folder / "c-3-9.fovea", find(folder / "c-3-9.fovea"));
  EXPECT_EQ("FV_NOT_FOUND", find(folder / "none.fovea"));
  EXPECT_EQ("FV_NOT_FOUND", find("/no/such/folder/{epoch}"));
  EXPECT_EQ("FV_INVALID_ARGUMENT", find(folder / "{epoch}/c"));
  EXPECT_EQ("FV_INVALID_ARGUMENT", find(folder / "{epoch}{step}"));
  EXPECT_EQ("FV_INVALID_ARGUMENT", find(folder / "c1{step}"));
  FAILS(FV_INVALID_ARGUMENT, fv_checkpoint_find(nullptr, nullptr, 0, nullptr, &err), "checkpoint_path");
  // A path without a folder is the working directory's.
  const fs::path before = fs::current_path();
  fs::current_path(folder / "");
  EXPECT_EQ("c-2-10.fovea", find("c-{epoch}-{step}.fovea"));
  fs::current_path(before);
}

TEST_F(FitFilesTest, Refusals) {
  const auto refused = [&](fv_fit_desc desc, const char* word) {
    FAILS(FV_INVALID_ARGUMENT, fit(1, desc), word);
  };
  refused({.checkpoint_path = "c.fovea", .keep_checkpoints = 2}, "{epoch}");
  refused({.keep_checkpoints = 2}, "{epoch}");
  refused({.checkpoint_path = "{step}", .keep_checkpoints = -1}, "keep_checkpoints");
  refused({.checkpoint_path = "{step}", .keep_checkpoints = 10001}, "keep_checkpoints");
  refused({.checkpoint_path = "{step}/c"}, "name");
  refused({.checkpoint_path = "{step}{epoch}"}, "apart");
  refused({.checkpoint_path = "c", .checkpoint_epochs = -1}, "negative");
  refused({.checkpoint_path = "c", .checkpoint_improved = 1}, "needs stop");
  refused({.log_steps = -1}, "log_steps");
  auto p = init<fv_progress>();
  OK(fv_trainer_get_progress(trainer, &p, &err));
  EXPECT_EQ(0, p.step);
}

// ---- logs ---------------------------------------------------------------------------------------------

TEST_F(FitFilesTest, TheLogsHaveWhatTheHistoryHas) {
  const std::string csv = folder / "t.csv", jsonl = folder / "t.jsonl";
  OK(fit(2, {.log_steps = 2, .csv_path = csv.c_str(), .jsonl_path = jsonl.c_str()}));
  const auto rows = lines(csv), objects = lines(jsonl);
  ASSERT_EQ(5u, rows.size());
  EXPECT_EQ("epoch,batch,step,epoch_ended,loss,accuracy,val_loss,val_accuracy,batch_loss,learning_rate,seconds",
            rows[0]);
  std::vector<fv_history_row> history(2);
  OK(fv_trainer_history(trainer, history.data(), 2, nullptr, &err));
  const char* const places[] = {"0,2,2,0,", "0,3,3,1,", "1,1,4,0,", "1,3,6,1,"};
  ASSERT_EQ(std::size(places), objects.size());
  for (size_t i = 0; i < std::size(places); ++i) {
    const std::string& row = rows[i + 1];
    EXPECT_TRUE(row.starts_with(places[i])) << row;
    const auto values = fields(row);
    const nlohmann::json object = nlohmann::json::parse(objects[i]);
    const auto names = fields(rows[0]);
    ASSERT_EQ(names.size(), values.size());
    ASSERT_EQ(names.size(), object.size());
    for (size_t k = 0; k < names.size(); ++k) {
      const nlohmann::json& value = object.at(names[k]);
      if (values[k].empty())
        EXPECT_TRUE(value.is_null()) << names[k];
      else if (names[k] == "epoch_ended")
        EXPECT_EQ(values[k] == "1", value.get<bool>());
      else
        EXPECT_EQ(std::stod(values[k]), value.get<double>()) << names[k];
    }
    const bool ended = values[3] == "1";
    EXPECT_EQ(ended, !values[6].empty());
    if (!ended) continue;
    const fv_history_row& h = history[i / 2];
    EXPECT_EQ(h.loss, std::stod(values[4]));
    EXPECT_EQ(h.accuracy, std::stod(values[5]));
    EXPECT_EQ(h.val_loss, std::stod(values[6]));
    EXPECT_EQ(h.val_accuracy, std::stod(values[7]));
    EXPECT_EQ(h.learning_rate, std::stod(values[9]));
  }
}

// The seconds are the clock's.
std::vector<std::string> without_seconds(const std::string& csv) {
  std::vector<std::string> all = lines(csv);
  for (std::string& line : all) line.resize(line.rfind(','));
  return all;
}

TEST_F(FitFilesTest, ALogGoesOnWithoutDoubles) {
  const std::string whole = folder / "whole.csv", csv = folder / "t.csv", jsonl = folder / "t.jsonl";
  const std::string checkpoint = folder / "c{step}.fovea";
  const fv_fit_desc desc{.checkpoint_steps = 1, .checkpoint_path = checkpoint.c_str(), .log_steps = 1,
                         .csv_path = csv.c_str(), .jsonl_path = jsonl.c_str()};
  fv_fit_desc unbroken = desc;
  unbroken.csv_path = whole.c_str();
  OK(fit(3, unbroken));
  const auto expected = without_seconds(whole);
  const auto objects = lines(jsonl).size();
  ASSERT_EQ(10u, expected.size());
  write(csv, contents(whole));
  for (int step = 1; step <= 9; ++step) {
    // Rows of later steps are there, and the last of them was cut off.
    for (const std::string& log : {csv, jsonl}) fs::resize_file(log, fs::file_size(log) - 3);
    Trainer loaded;
    const std::string from = folder / ("c" + std::to_string(step) + ".fovea").c_str();
    OK(fv_trainer_load(made.context, from.c_str(), loaded.out(), &err));
    OK(fit(3, desc, loaded));
    if (step < 9) {
      EXPECT_EQ(expected, without_seconds(csv)) << "from step " << step;
      EXPECT_EQ(objects, lines(jsonl).size());
    }
  }
  // A training that begins anew begins a new log.
  restart();
  fv_fit_desc again = desc;
  again.checkpoint_path = nullptr;
  OK(fit(1, again));
  EXPECT_EQ(4u, lines(csv).size());
  EXPECT_EQ(3u, lines(jsonl).size());
  EXPECT_EQ(expected[3], without_seconds(csv)[3]);
}

// The epoch's row is in the log, its record is not in the checkpoint: it comes once.
TEST_F(FitFilesTest, AnEpochThatWasCutOffInItsValidationHasOneRow) {
  const std::string csv = folder / "t.csv", checkpoint = folder / "c.fovea";
  OK(fv_trainer_feed(trainer, data, DESC(fv_feed_desc, .batch_size = 20), &err));
  for (int i = 0; i < 3; ++i) OK(fv_trainer_next(trainer, nullptr, &err));
  OK(fv_trainer_save(trainer, checkpoint.c_str(), &err));
  for (int i = 0; i < 2; ++i) {
    Trainer loaded;
    OK(fv_trainer_load(made.context, checkpoint.c_str(), loaded.out(), &err));
    OK(fit(2, {.csv_path = csv.c_str()}, loaded));
    const auto rows = lines(csv);
    ASSERT_EQ(3u, rows.size());
    EXPECT_TRUE(rows[1].starts_with("0,3,3,1,")) << rows[1];
    EXPECT_TRUE(rows[2].starts_with("1,3,6,1,")) << rows[2];
  }
}

TEST_F(FitFilesTest, WhatIsNoNumberIsEmpty) {
  const std::string csv = folder / "t.csv", jsonl = folder / "t.jsonl";
  OK(fv_trainer_set_learning_rate(trainer, 1e30, &err));
  OK(fv_trainer_fit(trainer, data, nullptr,
                    DESC(fv_fit_desc, .epochs = 2, .batch_size = 20, .csv_path = csv.c_str(),
                         .jsonl_path = jsonl.c_str()),
                    &err));
  const auto values = fields(lines(csv).back());
  EXPECT_EQ("", values[4]);
  EXPECT_EQ("", values[6]);
  const auto object = nlohmann::json::parse(lines(jsonl).back());
  EXPECT_TRUE(object.at("loss").is_null());
  EXPECT_TRUE(object.at("val_loss").is_null());
}

TEST_F(FitFilesTest, AFileThatIsNoLogIsLeftAlone) {
  const std::string path = folder / "t.csv";
  for (const std::string& text : {std::string("my thesis\n"), std::string("epoch,loss\n0,1\n"),
                                  std::string("epochs"), std::string(3, '\0')}) {
    write(path, text);
    FAILS(FV_MISMATCH, fit(1, {.csv_path = path.c_str()}), "no log");
    EXPECT_EQ(text, contents(path));
    FAILS(FV_MISMATCH, fit(1, {.jsonl_path = path.c_str()}), "no log");
    EXPECT_EQ(text, contents(path));
  }
  auto p = init<fv_progress>();
  OK(fv_trainer_get_progress(trainer, &p, &err));
  EXPECT_EQ(0, p.step);
  // One path for both is none of ours either, by the time the second is opened.
  const std::string both = folder / "both";
  FAILS(FV_MISMATCH, fit(1, {.csv_path = both.c_str(), .jsonl_path = both.c_str()}), "no log");
  // A header that was cut off is a log.
  write(path, "epoch,bat");
  OK(fit(1, {.csv_path = path.c_str()}));
  EXPECT_EQ(2u, lines(path).size());
  EXPECT_EQ(FV_NOT_FOUND, fit(2, {.csv_path = "/no/such/folder/t.csv"}));
  EXPECT_EQ(FV_IO, fit(2, {.csv_path = (folder / "").c_str()}));
}

}  // namespace
}  // namespace fovea::test
