// Temporary files that killed writers have left behind.
#include <gtest/gtest.h>
#include <signal.h>
#include <sys/wait.h>
#include <unistd.h>

#include <filesystem>
#include <set>
#include <thread>

#include "io/file.h"
#include "io/files.h"

namespace fovea::io {
namespace {

using testing::bytes_of;
using testing::slurp;
using testing::spit;
using testing::TempDir;

std::set<std::string> names(const TempDir& dir) {
  const std::vector<std::string> all = dir.names();
  return {all.begin(), all.end()};
}

TEST(Stale, OnlyWhatNobodyWritesIsRemoved) {
  const TempDir dir;
  for (const char* name : {".fovea-1-0.tmp", ".fovea-4242-17.tmp", ".fovea-x.tmp", "fovea-1-0.tmp",
                           ".fovea-1-0.tmp.bak", ".fovea-.tmp", "model.fovea"})
    spit(dir / name, "x");
  std::filesystem::create_directory(dir / ".fovea-3-0.tmp");
  std::filesystem::create_symlink(dir / "model.fovea", dir / ".fovea-5-0.tmp");
  AtomicWriter writer(dir / "other");
  writer.write(bytes_of("whole"));
  remove_stale_files(dir / "any");
  EXPECT_EQ((std::set<std::string>{".fovea-x.tmp", "fovea-1-0.tmp", ".fovea-1-0.tmp.bak", ".fovea-.tmp",
                                   ".fovea-3-0.tmp", ".fovea-5-0.tmp", "model.fovea",
                                   ".fovea-" + std::to_string(::getpid()) + "-0.tmp"}),
            names(dir));
  writer.commit();
  EXPECT_EQ("whole", slurp(dir / "other"));
  remove_stale_files("/no/such/folder/x");
}

TEST(Stale, AKilledWritersFileGoes) {
  const TempDir dir;
  const pid_t child = ::fork();
  ASSERT_GE(child, 0);
  if (child == 0) {
    AtomicWriter writer(dir / "a");
    ::kill(::getpid(), SIGKILL);
  }
  int status = 0;
  ::waitpid(child, &status, 0);
  ASSERT_EQ(1u, names(dir).size());
  remove_stale_files(dir / "a");
  EXPECT_TRUE(names(dir).empty());
}

// Writers whose files somebody looks at all the time: none is taken away from them.
TEST(Stale, WritersAndCleanersDoNotMeet) {
  const TempDir dir;
  std::vector<std::thread> threads;
  for (int t = 0; t < 3; ++t)
    threads.emplace_back([&, t] {
      const std::string path = dir / std::to_string(t);
      for (int i = 0; i < 200; ++i) {
        remove_stale_files(path);
        write_file_atomically(path, bytes_of(std::to_string(i)));
        EXPECT_EQ(std::to_string(i), slurp(path));
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ((std::set<std::string>{"0", "1", "2"}), names(dir));
}

}  // namespace
}  // namespace fovea::io
