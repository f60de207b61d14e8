// profile.h: what it counts, what it writes, how long it lives, and every refusal. That a steady step with a
// profile allocates nothing is in memory_test.cc.
#include <fstream>
#include <map>
#include <nlohmann/json.hpp>

#include "support.h"

namespace fovea::test {
namespace {

using Profile = Handle<fv_profile>;
using Key = std::pair<std::string, fv_pass>;

class ProfileTest : public ::testing::Test {
 protected:
  void run(fv_session* session, int64_t batch) {
    std::vector<float> y(static_cast<size_t>(batch) * 10);
    const fv_tensor in = tensor(x, {batch, 28, 28, 1});
    fv_buffer out = buffer(y);
    OK(fv_session_run(session, &in, 1, &out, 1, &err));
  }
  void step(fv_trainer* trainer, int64_t batch) {
    const std::vector<int32_t> y = labels(static_cast<size_t>(batch), 10);
    const fv_tensor in = tensor(x, {batch, 28, 28, 1}), target = tensor(y, {batch});
    OK(fv_trainer_step(trainer, &in, 1, &target, nullptr, &err));
  }
  std::vector<fv_profile_row> all(const fv_profile* profile) {
    size_t count = 0;
    EXPECT_EQ(FV_OK, fv_profile_rows(profile, nullptr, 0, &count, &err)) << err.message;
    std::vector<fv_profile_row> rows(count);
    EXPECT_EQ(FV_OK, fv_profile_rows(profile, rows.data(), count, nullptr, &err)) << err.message;
    return rows;
  }
  std::map<Key, fv_profile_row> by_name(const fv_profile* profile) {
    std::map<Key, fv_profile_row> rows;
    for (const fv_profile_row& row : all(profile))
      EXPECT_TRUE(rows.emplace(Key{row.name, row.pass}, row).second) << row.name << " twice";
    return rows;
  }
  int64_t calls(const fv_profile* profile) {
    int64_t sum = 0;
    for (const fv_profile_row& row : all(profile)) sum += row.calls;
    return sum;
  }

  fv_error err{};
  std::vector<float> x = noise(8 * 784);
  Made made = make(lenet, DESC(fv_context_desc, .threads = 1));
};

TEST_F(ProfileTest, RowsOfASession) {
  Session session;
  Profile profile;
  OK(fv_session_create(made.model, DESC(fv_session_desc, .max_batch = 4), session.out(), &err));
  run(session, 4);  // before the profile: not in it
  OK(fv_session_profile(session, nullptr, profile.out(), &err));
  EXPECT_EQ(0, calls(profile));
  run(session, 7);  // 4 + 3
  auto rows = by_name(profile);
  double flops = 0;
  for (const auto& [key, row] : rows) {
    EXPECT_STREQ(key.first.c_str(), row.name);
    EXPECT_TRUE(key.second == FV_PASS_PREPARE || key.second == FV_PASS_FORWARD || row.calls == 0) << row.name;
    EXPECT_GE(row.seconds, 0);
    EXPECT_EQ(row.calls == 0, row.seconds == 0 && row.bytes == 0) << row.name << ", pass " << key.second;
    flops += row.flops;
  }
  auto info = init<fv_model_info>();
  OK(fv_model_get_info(made.model, &info, &err));
  EXPECT_EQ(2.0 * static_cast<double>(info.multiply_adds) * 7, flops);
  const fv_profile_row& conv = rows.at({"conv1", FV_PASS_FORWARD});
  EXPECT_STREQ("conv2d", conv.kind);
  EXPECT_STRNE("", conv.algorithm);
  EXPECT_EQ(2, conv.calls);
  EXPECT_EQ(2.0 * 28 * 28 * 6 * 25 * 7, conv.flops);
  EXPECT_EQ(4.0 * (7 * (784 + 28 * 28 * 6) + 2 * (25 * 6 + 6)), conv.bytes);
  EXPECT_STREQ("", rows.at({"max_pool2d_1", FV_PASS_FORWARD}).algorithm);
  EXPECT_EQ(0, rows.at({"conv1", FV_PASS_PREPARE}).calls) << "the weights had been packed before";

  // New weights are packed anew.
  const std::vector<float> bias(10);
  const fv_tensor b = tensor(bias, {10});
  OK(fv_model_set_tensor(made.model, "logits.bias", &b, &err));
  run(session, 1);
  rows = by_name(profile);
  EXPECT_EQ(1, rows.at({"conv1", FV_PASS_PREPARE}).calls);
  EXPECT_EQ(3, rows.at({"logits", FV_PASS_FORWARD}).calls);
}

TEST_F(ProfileTest, RowsOfATrainer) {
  Trainer trainer = make_trainer(made.model);
  Profile profile;
  OK(fv_trainer_profile(trainer, nullptr, profile.out(), &err));  // before any memory is taken
  step(trainer, 4);
  const char* name = all(profile).front().name;
  step(trainer, 3);
  auto rows = by_name(profile);
  for (const char* part : {"(input)", "(loss)", "(penalty)", "(optimizer)"}) {
    const fv_profile_row& row = rows.at({part, FV_PASS_OTHER});
    EXPECT_EQ(2, row.calls) << part;
    EXPECT_EQ(0, row.flops) << part;
    EXPECT_STREQ("", row.kind) << part;
  }
  const double dense = 2.0 * 120 * 84 * 7;
  EXPECT_EQ(dense, rows.at({"dense2", FV_PASS_FORWARD}).flops);
  EXPECT_EQ(2 * dense, rows.at({"dense2", FV_PASS_BACKWARD}).flops)
      << "gradients of the input and of the kernel";
  EXPECT_EQ(2.0 * 28 * 28 * 6 * 25 * 7, rows.at({"conv1", FV_PASS_BACKWARD}).flops) << "of the kernel alone";
  EXPECT_EQ(2, rows.at({"dense2", FV_PASS_PREPARE}).calls);

  // A larger batch is planned anew: new rows, and the old ones with their names stay.
  const size_t before = all(profile).size();
  step(trainer, 8);
  const std::vector<fv_profile_row> after = all(profile);
  EXPECT_EQ(before + (before - 4), after.size());
  EXPECT_EQ(name, after.front().name);
  EXPECT_STREQ("(input)", name);
  EXPECT_EQ(3, after.front().calls);
}

TEST_F(ProfileTest, TheTableAndTheTrace) {
  Session session;
  Profile profile;
  Folder folder;
  const std::string path = folder / "trace.json";
  OK(fv_session_create(made.model, nullptr, session.out(), &err));
  OK(fv_session_profile(session, DESC(fv_profile_desc, .max_events = 5), profile.out(), &err));
  run(session, 2);

  size_t needed = 0;
  OK(fv_profile_table(profile, nullptr, 0, &needed, &err));
  std::string text(needed, '?');
  OK(fv_profile_table(profile, text.data(), needed, nullptr, &err));
  ASSERT_EQ('\0', text.back());
  for (const char* words :
       {"conv1", "conv2", "max_pool2d_1", "dense1", "logits", "forward", "GFLOP/s", "total"})
    EXPECT_NE(std::string::npos, text.find(words)) << words << " is not in\n" << text;
  EXPECT_EQ(std::string::npos, text.find("backward")) << text;
  char little[8];
  OK(fv_profile_table(profile, little, sizeof little, nullptr, &err));
  EXPECT_EQ(text.substr(0, 7), little);

  OK(fv_profile_write_trace(profile, path.c_str(), &err));
  EXPECT_EQ(1u, folder.files());
  const auto trace = nlohmann::json::parse(std::ifstream(path));
  const auto& events = trace.at("traceEvents");
  ASSERT_EQ(5u, events.size());  // the first max_events, though more was timed
  EXPECT_GT(calls(profile), 5);
  double end = 0;
  for (const auto& event : events) {
    EXPECT_EQ("X", event.at("ph"));
    EXPECT_FALSE(event.at("name").get<std::string>().empty());
    EXPECT_GE(event.at("ts").get<double>(), end - 0.002);
    end = event.at("ts").get<double>() + event.at("dur").get<double>();
  }
}

TEST_F(ProfileTest, NamesOfAnyKindAreEscaped) {
  Graph g;
  Model model;
  Session session;
  Profile profile;
  Folder folder;
  const std::string path = folder / "trace.json";
  OK(fv_graph_create(made.context, g.out(), &err));
  const fv_node in = fv_input(g, DESC(fv_input_desc, .name = "i", .shape = {784}));
  const fv_node out =
      fv_dense(g, in, DESC(fv_dense_desc, .name = "a \"quoted\" \\ n\xc3\xa4me", .units = 10));
  OK(fv_model_create(g, &out, 1, nullptr, model.out(), &err));
  OK(fv_session_create(model, nullptr, session.out(), &err));
  OK(fv_session_profile(session, nullptr, profile.out(), &err));
  std::vector<float> y(10);
  const fv_tensor input = tensor(x, {1, 784});
  fv_buffer output = buffer(y);
  OK(fv_session_run(session, &input, 1, &output, 1, &err));
  OK(fv_profile_write_trace(profile, path.c_str(), &err));
  const auto trace = nlohmann::json::parse(std::ifstream(path));
  EXPECT_EQ("a \"quoted\" \\ n\xc3\xa4me", trace.at("traceEvents").back().at("name"));
}

TEST_F(ProfileTest, LivesAndDiesInAnyOrder) {
  for (int order = 0; order < 6; ++order) {
    Made own = make(lenet, DESC(fv_context_desc, .threads = 1));
    Session session;
    Trainer trainer = make_trainer(own.model);
    Profile of_session, of_trainer;
    OK(fv_session_create(own.model, nullptr, session.out(), &err));
    OK(fv_session_profile(session, nullptr, of_session.out(), &err));
    OK(fv_trainer_profile(trainer, nullptr, of_trainer.out(), &err));
    run(session, 1);
    step(trainer, 2);
    if (order % 2 == 0) own = {};
    if (order / 2 == 0) of_session.reset(), of_trainer.reset();
    if (order / 2 == 1) session.reset(), trainer.reset();
    if (session) run(session, 1);
    if (trainer) step(trainer, 2);
    const int64_t expected = order / 2 == 2 ? 2 : 1;
    if (of_session) {
      EXPECT_EQ(expected, by_name(of_session).at({"logits", FV_PASS_FORWARD}).calls);
    }
    if (of_trainer) {
      EXPECT_EQ(expected, by_name(of_trainer).at({"logits", FV_PASS_BACKWARD}).calls);
    }
  }
}

TEST_F(ProfileTest, AnotherOneTakesOver) {
  Session session;
  Profile first, second;
  OK(fv_session_create(made.model, nullptr, session.out(), &err));
  OK(fv_session_profile(session, nullptr, first.out(), &err));
  run(session, 1);
  const int64_t before = calls(first);
  EXPECT_GT(before, 0);
  OK(fv_session_profile(session, nullptr, second.out(), &err));
  run(session, 1);
  EXPECT_EQ(before, calls(first));
  EXPECT_GT(calls(second), 0);
  first.reset();
  const int64_t so_far = calls(second);
  run(session, 1);
  EXPECT_GT(calls(second), so_far);
}

TEST_F(ProfileTest, ChangesNoBit) {
  Made other = make(lenet, DESC(fv_context_desc, .threads = 1));
  Trainer plain = make_trainer(made.model), timed = make_trainer(other.model);
  Profile profile;
  OK(fv_trainer_profile(timed, nullptr, profile.out(), &err));
  for (int i = 0; i < 3; ++i) step(plain, 4), step(timed, 4);
  EXPECT_EQ(weights(made.model), weights(other.model));
}

TEST_F(ProfileTest, WhatIsRefused) {
  Session session;
  Profile profile;
  Folder folder;
  fv_profile* none = nullptr;
  OK(fv_session_create(made.model, nullptr, session.out(), &err));
  Trainer trainer = make_trainer(made.model);
  FAILS(FV_INVALID_ARGUMENT, fv_session_profile(nullptr, nullptr, &none, &err), "session");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_profile(nullptr, nullptr, &none, &err), "trainer");
  FAILS(FV_INVALID_ARGUMENT, fv_session_profile(session, nullptr, nullptr, &err), "profile");
  FAILS(FV_INVALID_ARGUMENT, fv_trainer_profile(trainer, nullptr, nullptr, &err), "profile");
  FAILS(FV_INVALID_ARGUMENT,
        fv_session_profile(session, DESC(fv_profile_desc, .max_events = -1), &none, &err), "max_events",
        "-1");
  const fv_profile_desc unset{};
  FAILS(FV_INVALID_ARGUMENT, fv_session_profile(session, &unset, &none, &err), "struct_size");
  EXPECT_EQ(nullptr, none);
  OK(fv_session_profile(session, nullptr, profile.out(), &err));
  size_t needed = 0;
  char text[8];
  FAILS(FV_INVALID_ARGUMENT, fv_profile_rows(nullptr, nullptr, 0, &needed, &err), "profile");
  FAILS(FV_INVALID_ARGUMENT, fv_profile_rows(profile, nullptr, 1, &needed, &err), "rows");
  FAILS(FV_INVALID_ARGUMENT, fv_profile_table(nullptr, text, sizeof text, nullptr, &err), "profile");
  FAILS(FV_INVALID_ARGUMENT, fv_profile_table(profile, nullptr, 1, nullptr, &err), "buffer");
  FAILS(FV_INVALID_ARGUMENT, fv_profile_write_trace(nullptr, "x", &err), "profile");
  FAILS(FV_INVALID_ARGUMENT, fv_profile_write_trace(profile, nullptr, &err), "path");
  FAILS(FV_NOT_FOUND, fv_profile_write_trace(profile, (folder / "no/such.json").c_str(), &err), "such.json");
  EXPECT_EQ(0u, folder.files());
  fv_profile_destroy(nullptr);
}

}  // namespace
}  // namespace fovea::test
