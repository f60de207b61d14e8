// Model files and checkpoints: whole or untouched, the same bytes for the same model, and a training that
// goes on bit for bit, also after SIGKILL.
#include <fcntl.h>
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <chrono>
#include <cmath>
#include <fstream>
#include <iterator>
#include <thread>

#include "support.h"
#include "training.h"

extern char** environ;

namespace fovea::test {
namespace {

std::string contents(const std::string& path) {
  std::ifstream file(path, std::ios::binary);
  return {std::istreambuf_iterator<char>(file), {}};
}
void write(const std::string& path, const std::string& text) {
  std::ofstream(path, std::ios::binary) << text;
}

class FilesTest : public ::testing::Test {
 protected:
  Folder folder;
  fv_error err{};
};

TEST_F(FilesTest, AModelComesBack) {
  for (Network network : {lenet, small_resnet})
    for (fv_dtype dtype : {FV_F32, FV_F64}) {
      Made made = make(network, nullptr, dtype);
      const std::string path = folder / "m.fovea", again = folder / "n.fovea";
      OK(fv_model_save(made.model, path.c_str(), &err));
      Model loaded;
      OK(fv_model_load(made.context, path.c_str(), loaded.out(), &err));
      EXPECT_EQ(weights(made.model), weights(loaded));
      auto before = init<fv_model_info>(), after = init<fv_model_info>();
      OK(fv_model_get_info(made.model, &before, &err));
      OK(fv_model_get_info(loaded, &after, &err));
      EXPECT_EQ(0, std::memcmp(&before, &after, sizeof before));
      OK(fv_model_save(loaded, again.c_str(), &err));
      EXPECT_TRUE(contents(path) == contents(again)) << "equal models, other bytes";
      const std::vector<float> x = noise(784);
      const fv_tensor in = network == lenet ? tensor(x, {1, 28, 28, 1}) : tensor(x, {1, 8, 8, 3});
      std::vector<double> y[2] = {std::vector<double>(10), std::vector<double>(10)};
      for (int i = 0; i < 2; ++i) {
        Session session;
        OK(fv_session_create(i ? loaded : made.model, nullptr, session.out(), &err));
        fv_buffer out = buffer(y[i]);
        OK(fv_session_run(session, &in, 1, &out, 1, &err));
      }
      EXPECT_EQ(y[0], y[1]);
    }
  EXPECT_EQ(2u, folder.files());
}

TEST_F(FilesTest, ATransformComesBack) {
  Context context;
  Graph g;
  OK(fv_context_create(nullptr, context.out(), &err));
  OK(fv_graph_create(context, g.out(), &err));
  const fv_node x = fv_relu(g, fv_input(g, DESC(fv_input_desc, .shape = {3})), nullptr);
  const double mean[] = {0.1, 0.2, 0.3}, stddev[] = {1.1, 1.2, 1.3};
  Model model, loaded;
  OK(fv_model_create(g, &x, 1, DESC(fv_model_desc, .transform = DESC(fv_transform_desc, .channels = 3,
                     .scale = 1 / 255.0, .mean = mean, .stddev = stddev)), model.out(), &err));
  const std::string path = folder / "m.fovea";
  OK(fv_model_save(model, path.c_str(), &err));
  OK(fv_model_load(context, path.c_str(), loaded.out(), &err));
  Session session;
  OK(fv_session_create(loaded, nullptr, session.out(), &err));
  const std::vector<uint8_t> bytes{100, 200, 250};
  std::vector<double> y(3);
  const fv_tensor in = tensor(bytes, {1, 3});
  fv_buffer out = buffer(y);
  OK(fv_session_run(session, &in, 1, &out, 1, &err));
  for (size_t c = 0; c < 3; ++c) EXPECT_NEAR((bytes[c] / 255.0 - mean[c]) / stddev[c], y[c], 1e-6);
}

// Training to step 9 at once, against stopping at any step, saving, loading and going on.
TEST_F(FilesTest, ACheckpointGoesOnBitForBit) {
  const std::string path = folder / "c.fovea";
  for (fv_optimizer optimizer : {FV_OPT_SGD, FV_OPT_ADAM}) {
    Made whole = make(lenet);
    Trainer a = make_trainer(whole.model, optimizer);
    Dataset data = digits(whole.context, 70);
    const fv_feed_desc feed{.struct_size = sizeof feed, .batch_size = 16};
    OK(fv_trainer_feed(a, data, &feed, &err));
    auto p = init<fv_progress>(), q = init<fv_progress>();
    for (int i = 0; i < 9; ++i) OK(fv_trainer_next(a, &p, &err));
    for (int stop = 0; stop <= 9; ++stop) {
      Made part = make(lenet);
      Trainer b = make_trainer(part.model, optimizer);
      OK(fv_trainer_feed(b, data, &feed, &err));
      for (int i = 0; i < stop; ++i) OK(fv_trainer_next(b, nullptr, &err));
      OK(fv_trainer_save(b, path.c_str(), &err));
      Trainer c;
      OK(fv_trainer_load(part.context, path.c_str(), c.out(), &err));
      OK(fv_trainer_feed(c, data, &feed, &err));
      for (int i = stop; i < 9; ++i) OK(fv_trainer_next(c, &q, &err));
      EXPECT_EQ(weights(whole.model), weights(fv_trainer_model(c))) << "stopped at step " << stop;
      if (stop < 9) {
        EXPECT_EQ(p.loss, q.loss);
        EXPECT_EQ(p.accuracy, q.accuracy);
        EXPECT_EQ(p.step, q.step);
      }
    }
  }
}

TEST_F(FilesTest, AModelFileOpensFromACheckpointAndNotTheReverse) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  const std::string checkpoint = folder / "c.fovea", plain = folder / "m.fovea";
  OK(fv_trainer_save(trainer, checkpoint.c_str(), &err));
  OK(fv_model_save(made.model, plain.c_str(), &err));
  Model model;
  OK(fv_model_load(made.context, checkpoint.c_str(), model.out(), &err));
  EXPECT_EQ(weights(made.model), weights(model));
  fv_trainer* none = nullptr;
  FAILS(FV_FORMAT, fv_trainer_load(made.context, plain.c_str(), &none, &err), "m.fovea");
  EXPECT_EQ(nullptr, none);
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_load(made.context, nullptr, &none, &err), "path");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_load(nullptr, "x", &none, &err), "context");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_load(made.context, "x", nullptr, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_save(trainer, nullptr, &err), "path");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_save(nullptr, "x", &err), "trainer");
}

TEST_F(FilesTest, AnotherDatasetIsRefused) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model);
  Dataset data = digits(made.context, 50), other = digits(made.context, 50, 2),
          longer = digits(made.context, 51);
  const fv_feed_desc feed{.struct_size = sizeof feed, .batch_size = 16};
  OK(fv_trainer_feed(trainer, data, &feed, &err));
  OK(fv_trainer_next(trainer, nullptr, &err));
  const std::string path = folder / "c.fovea";
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  Trainer resumed;
  OK(fv_trainer_load(made.context, path.c_str(), resumed.out(), &err));
  FAILS(FV_MISMATCH, fv_trainer_feed(resumed, other, &feed, &err), "fingerprint");
  FAILS(FV_MISMATCH, fv_trainer_feed(resumed, longer, &feed, &err));
  FAILS(FV_MISMATCH, fv_trainer_fit(resumed, other, nullptr, DESC(fv_fit_desc, .batch_size = 16), &err));
  OK(fv_trainer_feed(resumed, data, &feed, &err));
}

// Replaces `from` in the file's text by `to` of the same length, so that the rest stays where it is.
void patch(const std::string& path, const std::string& from, const std::string& to) {
  ASSERT_EQ(from.size(), to.size());
  std::ifstream in(path, std::ios::binary);
  std::string bytes((std::istreambuf_iterator<char>(in)), {});
  const size_t at = bytes.find(from);
  ASSERT_NE(std::string::npos, at) << from;
  bytes.replace(at, from.size(), to);
  std::ofstream(path, std::ios::binary) << bytes;
}

TEST_F(FilesTest, ACheckpointThatStandsNowhereIsRefused) {
  Made made = make(lenet);
  Dataset data = digits(made.context, 100);
  const fv_feed_desc feed{.struct_size = sizeof feed, .batch_size = 32, .drop_last = 1};
  const auto checkpoint = [&](const std::string& path) {
    Made fresh = make(lenet);
    Trainer trainer = make_trainer(fresh.model);
    OK(fv_trainer_feed(trainer, data, &feed, &err));
    OK(fv_trainer_next(trainer, nullptr, &err));
    OK(fv_trainer_save(trainer, path.c_str(), &err));
  };
  fv_trainer* none = nullptr;
  const std::string path = folder / "c.fovea";
  // Beyond the last whole batch, where no batch is left.
  checkpoint(path);
  patch(path, R"("trainer.cursor":"32")", R"("trainer.cursor":"96")");
  patch(path, R"("trainer.meters.samples":"32")", R"("trainer.meters.samples":"96")");
  {
    Trainer trainer;
    OK(fv_trainer_load(made.context, path.c_str(), trainer.out(), &err));
    FAILS(FV_MISMATCH, fv_trainer_feed(trainer, data, &feed, &err), "96");
  }
  checkpoint(path);
  patch(path, R"("trainer.cursor":"32")", R"("trainer.cursor":"64")");
  FAILS(FV_FORMAT, fv_trainer_load(made.context, path.c_str(), &none, &err), "samples", "64");
  // Numbers that would overflow later. The room for them is taken from the loss.
  for (const std::string key : {"trainer.step", "trainer.epoch", "trainer.feed.batch_size"}) {
    checkpoint(path);
    std::ifstream in(path, std::ios::binary);
    std::string bytes((std::istreambuf_iterator<char>(in)), {});
    const auto value = [&](const std::string& of) {
      const size_t begin = bytes.find("\"" + of + "\":\"") + of.size() + 4;
      return std::pair(begin, bytes.find('"', begin) - begin);
    };
    const auto [loss, loss_size] = value("trainer.meters.loss");
    const std::string room(loss_size - 1, '9');
    ASSERT_GE(room.size(), 15u);
    bytes.replace(loss, loss_size, "1");
    bytes.insert(value(key).first, room);
    std::ofstream(path, std::ios::binary) << bytes;
    FAILS(FV_FORMAT, fv_trainer_load(made.context, path.c_str(), &none, &err), key.c_str());
  }
}

TEST_F(FilesTest, WhatCanBeSavedCanBeLoaded) {
  Made made = make(lenet);
  Trainer trainer = make_trainer(made.model), again;
  OK(fv_trainer_set_learning_rate(trainer, 1e301, &err));
  const std::string path = folder / "c.fovea";
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  OK(fv_trainer_load(made.context, path.c_str(), again.out(), &err));
  EXPECT_EQ(1e301, fv_trainer_learning_rate(again));
}

TEST_F(FilesTest, RefusedPaths) {
  Made made = make(lenet);
  fv_model* none = nullptr;
  const std::string nowhere = folder / "no/such/file.fovea", missing = folder / "missing.fovea",
                    dir = folder / "";
  FAILS(FV_NOT_FOUND, fv_model_load(made.context, missing.c_str(), &none, &err), "missing.fovea");
  const fv_status status = fv_model_save(made.model, nowhere.c_str(), &err);
  EXPECT_TRUE(status == FV_IO || status == FV_NOT_FOUND) << err.message;
  EXPECT_NE(nullptr, std::strstr(err.message, "no/such/file.fovea")) << err.message;
  EXPECT_NE(FV_OK, fv_model_save(made.model, dir.c_str(), &err));
  EXPECT_NE(FV_OK, fv_model_load(made.context, dir.c_str(), &none, &err));
  EXPECT_EQ(nullptr, none);
  EXPECT_EQ(0u, folder.files());
}

TEST_F(FilesTest, DamagedFilesGiveFormat) {
  Made made = make(small_resnet);
  Trainer trainer = make_trainer(made.model, FV_OPT_ADAM);
  const std::string path = folder / "c.fovea", bad = folder / "bad.fovea";
  OK(fv_trainer_save(trainer, path.c_str(), &err));
  const std::string good = contents(path);
  ASSERT_GT(good.size(), 10000u);
  auto refused = [&](const std::string& text, const char* what) {
    write(bad, text);
    fv_model* model = nullptr;
    fv_trainer* t = nullptr;
    std::memset(&err, 0x5a, sizeof err);
    EXPECT_TRUE(failed(fv_model_load(made.context, bad.c_str(), &model, &err), FV_FORMAT, err, {"bad.fovea"}))
        << what;
    EXPECT_TRUE(failed(fv_trainer_load(made.context, bad.c_str(), &t, &err), FV_FORMAT, err, {"bad.fovea"}))
        << what;
    EXPECT_EQ(nullptr, model);
    EXPECT_EQ(nullptr, t);
  };
  refused("", "an empty file");
  refused("hello", "five bytes");
  refused(std::string(4096, '\0'), "zeros");
  for (size_t cut = 0; cut < good.size(); cut += 997) refused(good.substr(0, cut), "truncated");
  refused(good + "x", "a byte too many");
  uint64_t header = 0;
  std::memcpy(&header, good.data(), 8);
  // Flipped bits in the header: an error, or a file that still means something; never a crash.
  for (size_t at = 0; at < 8 + header; at += 5) {
    std::string text = good;
    text[at] = static_cast<char>(text[at] ^ (1 << (at % 7)));
    write(bad, text);
    fv_model* model = nullptr;
    fv_trainer* t = nullptr;
    const fv_status as_model = fv_model_load(made.context, bad.c_str(), &model, &err);
    const fv_status as_trainer = fv_trainer_load(made.context, bad.c_str(), &t, &err);
    EXPECT_TRUE(as_model == FV_OK || as_model == FV_FORMAT || as_model == FV_UNSUPPORTED)
        << at << ": " << err.message;
    EXPECT_TRUE(as_trainer == FV_OK || as_trainer == FV_FORMAT || as_trainer == FV_UNSUPPORTED)
        << at << ": " << fv_status_name(as_trainer) << ": " << err.message;
    fv_model_destroy(model);
    fv_trainer_destroy(t);
  }
}

// 0 when it did not start; never a number that kill() takes for more than one process.
pid_t start_child(const std::string& checkpoint) {
  const char* const given = std::getenv("FOVEA_TRAIN_CHILD");
  std::string program = given == nullptr ? "" : given, path = checkpoint;
  char* argv[] = {program.data(), path.data(), nullptr};
  pid_t pid = 0;
  return posix_spawn(&pid, argv[0], nullptr, nullptr, argv, environ) == 0 && pid > 1 ? pid : 0;
}

TEST_F(FilesTest, SurvivesKill) {
  using std::chrono::milliseconds;
  const std::string whole = folder / "whole.fovea", killed = folder / "killed.fovea";
  ASSERT_EQ(FV_OK, train_to_the_end(whole.c_str(), &err)) << err.message;
  int kills = 0;
  for (int round = 0; round < 15; ++round) {
    const pid_t pid = start_child(killed);
    ASSERT_GT(pid, 1) << "cannot start what FOVEA_TRAIN_CHILD names";
    // Once the first checkpoint is there: in the middle of a step, a save or a validation, wherever that is.
    for (int i = 0; i < 20000 && !std::filesystem::exists(killed); ++i) {
      if (waitpid(pid, nullptr, WNOHANG) != 0) break;
      std::this_thread::sleep_for(milliseconds(1));
    }
    std::this_thread::sleep_for(milliseconds(5 + 11 * round));
    kill(pid, SIGKILL);
    int status = 0;
    waitpid(pid, &status, 0);
    if (WIFSIGNALED(status)) {
      ++kills;
      Context context;
      Trainer trainer;
      OK(fv_context_create(nullptr, context.out(), &err));
      OK(fv_trainer_load(context, killed.c_str(), trainer.out(), &err));  // whole, whatever happened
    } else {
      EXPECT_EQ(0, WEXITSTATUS(status));
      break;
    }
  }
  EXPECT_GE(kills, 1);
  ASSERT_EQ(FV_OK, train_to_the_end(killed.c_str(), &err)) << err.message;
  EXPECT_TRUE(contents(whole) == contents(killed)) << "other bytes after " << kills << " kills";
}

}  // namespace
}  // namespace fovea::test
