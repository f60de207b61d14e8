// Trainings that are killed at any moment, and go on, leave the same bytes behind as one that was not: every
// optimizer, schedules, averages, accumulated batches, frozen groups, early stopping, notes, logs, rotation,
// mixed batches, metrics, proximal steps, thawing, the best epoch, augmented images.
#include <signal.h>
#include <spawn.h>
#include <sys/wait.h>

#include <algorithm>
#include <chrono>
#include <cstdlib>
#include <fstream>
#include <iterator>
#include <map>
#include <random>
#include <thread>

#include "kill_training.h"
#include "support.h"

extern char** environ;

namespace fovea::test {
namespace {

#if defined(__SANITIZE_ADDRESS__) || defined(__SANITIZE_THREAD__)
constexpr int kKills = 5;
#else
constexpr int kKills = 50;
#endif

namespace fs = std::filesystem;
using Clock = std::chrono::steady_clock;

// A line of a log without its eleventh column.
std::string without_seconds(std::string line) {
  size_t begin = 0;
  for (int column = 0; column < 10; ++column) begin = line.find(',', begin) + 1;
  return line.erase(begin, std::min(line.find(',', begin), line.size()) - begin);
}

// The files by name; of a log all but the seconds.
std::map<std::string, std::string> contents(const std::string& folder) {
  std::map<std::string, std::string> all;
  for (const auto& file : fs::directory_iterator(folder)) {
    std::ifstream in(file.path(), std::ios::binary);
    std::string& text = all[file.path().filename().string()];
    if (file.path().extension() == ".csv")
      for (std::string line; std::getline(in, line);) text += without_seconds(line) + '\n';
    else
      text.assign(std::istreambuf_iterator<char>(in), {});
  }
  return all;
}

// 0 when it did not start; never a number that kill() takes for more than one process.
pid_t start_child(std::string folder, size_t index) {
  const char* const given = std::getenv("FOVEA_KILL_CHILD");
  std::string program = given == nullptr ? "" : given, number = std::to_string(index);
  char* argv[] = {program.data(), folder.data(), number.data(), nullptr};
  pid_t pid = 0;
  return posix_spawn(&pid, program.c_str(), nullptr, nullptr, argv, environ) == 0 && pid > 1 ? pid : 0;
}

// Whether the child was killed; it must end well else.
bool run_child(const std::string& folder, size_t index, std::chrono::duration<double> kill_after) {
  const pid_t pid = start_child(folder, index);
  if (pid == 0) {
    ADD_FAILURE() << "cannot start what FOVEA_KILL_CHILD names";
    return false;
  }
  std::this_thread::sleep_for(kill_after);
  kill(pid, SIGKILL);
  int status = 0;
  waitpid(pid, &status, 0);
  if (WIFSIGNALED(status)) return true;
  EXPECT_EQ(0, WEXITSTATUS(status)) << "training " << index;
  return false;
}

TEST(KillTest, ATrainingThatWasKilledComesToTheSameBytes) {
  const Folder folder;
  // The path is in the list of checkpoints, so each run has the same.
  const std::string running = folder / "running";
  std::map<size_t, std::map<std::string, std::string>> expected;
  std::map<size_t, std::chrono::duration<double>> length;
  for (size_t i = 0; i < std::size(kTrainings); ++i) {
    fs::create_directory(running);
    const auto start = Clock::now();
    const pid_t pid = start_child(running, i);
    ASSERT_GT(pid, 1);
    int status = 0;
    waitpid(pid, &status, 0);
    ASSERT_TRUE(WIFEXITED(status) && WEXITSTATUS(status) == 0) << "training " << i;
    length[i] = Clock::now() - start;
    expected[i] = contents(running);
    fs::remove_all(running);
  }
  std::mt19937 random(7);
  int kills = 0, restarts = 0, goings_on = 0;
  // Each of them at least once.
  for (size_t n = 0; kills < kKills || n < std::size(kTrainings); ++n) {
    const size_t i = n % std::size(kTrainings);
    fs::remove(running + ".begins");
    fs::create_directory(running);
    int here = 0;
    // The moments are spread over the whole run, whatever part of it is left.
    std::uniform_real_distribution<double> moment(0, length[i].count());
    while (run_child(running, i, std::chrono::duration<double>(moment(random)))) ++here;
    if (HasFailure()) return;
    kills += here;
    std::ifstream begins(running + ".begins");
    int64_t step = 0;
    begins >> step;
    EXPECT_EQ(0, step);
    for (; begins >> step; ++restarts) goings_on += step > 0;
    const auto got = contents(running);
    std::vector<std::string> names, expected_names;
    for (const auto& [name, text] : got) names.push_back(name);
    for (const auto& [name, text] : expected[i]) expected_names.push_back(name);
    EXPECT_EQ(expected_names, names) << "training " << i << " after " << here << " kills";
    for (const auto& [name, text] : expected[i])
      EXPECT_TRUE(got.contains(name) && got.at(name) == text)
          << name << " of training " << i << " is another after " << here << " kills";
    fs::remove_all(running);
  }
  // A test in which every run began anew would pass, too.
  EXPECT_GT(2 * goings_on, restarts) << "of " << restarts << " restarts";
  RecordProperty("kills", kills);
  RecordProperty("restarts", restarts);
  RecordProperty("goings_on", goings_on);
}

}  // namespace
}  // namespace fovea::test
