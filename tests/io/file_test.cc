#include "io/file.h"

#include <fcntl.h>
#include <gtest/gtest.h>
#include <sys/resource.h>
#include <sys/stat.h>
#include <sys/wait.h>
#include <unistd.h>

#include <array>
#include <chrono>
#include <csignal>
#include <random>
#include <set>
#include <thread>

#include "io/files.h"

namespace fovea::io {
namespace {

using testing::bytes_of;
using testing::expect_error;
using testing::slurp;
using testing::spit;
using testing::TempDir;

TEST(File, ReadsWhatIsThere) {
  const TempDir dir;
  spit(dir / "a", "0123456789");
  const auto file = open_file(dir / "a");
  EXPECT_EQ(file->size(), 10u);
  std::array<std::byte, 4> four;
  file->read_at(3, four);
  EXPECT_EQ(std::string(reinterpret_cast<char*>(four.data()), 4), "3456");
  EXPECT_EQ(read_file(dir / "a", 10).size(), 10u);
  expect_error(Status::format, "10 bytes, more than the 9", [&] { read_file(dir / "a", 9); });
  expect_error(Status::format, "ends at byte 10, but 4 bytes were expected at byte 7",
               [&] { file->read_at(7, four); });
  expect_error(Status::format, "ends at byte 10", [&] { file->read_at(UINT64_MAX - 1, four); });
}

TEST(File, MemorySourceIsAFile) {
  const auto memory = memory_source(bytes_of("abc"), "there");
  std::array<std::byte, 2> two;
  memory->read_at(1, two);
  EXPECT_EQ(static_cast<char>(two[1]), 'c');
  expect_error(Status::format, "'there' ends at byte 3", [&] { memory->read_at(2, two); });
}

TEST(File, OpeningErrors) {
  const TempDir dir;
  expect_error(Status::not_found, "No such file", [&] { open_file(dir / "none"); });
  expect_error(Status::io, "directory", [&] { open_file(dir.path()); });
  ASSERT_EQ(::mkfifo((dir / "pipe").c_str(), 0600), 0);
  expect_error(Status::io, "not a regular file", [&] { open_file(dir / "pipe"); });  // and does not wait
  // A message is one line, whatever the name is.
  expect_error(Status::not_found, "'x\\x0ay'", [&] { open_file("x\ny"); });
  expect_error(Status::not_found, "...", [&] { open_file(std::string(200, 'a')); });
}

// What is wrong is the process then, and not the file.
TEST(File, AWantOfDescriptorsIsToldFromAFileThatIsNotThere) {
  const TempDir dir;
  spit(dir / "a", "0123456789");
  const auto shortage = [&](const char* name) {
    try {
      open_file(dir / name);
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), std::string_view(name) == "a" ? Status::io : Status::not_found) << error.what();
      return !is_of_file(error);
    }
    ADD_FAILURE() << "opened";
    return false;
  };
  EXPECT_FALSE(shortage("b"));
  rlimit old{};
  ASSERT_EQ(0, getrlimit(RLIMIT_NOFILE, &old));
  const rlimit none{0, old.rlim_max};
  ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &none));
  const bool short_of = shortage("a");
  ASSERT_EQ(0, setrlimit(RLIMIT_NOFILE, &old));
  EXPECT_TRUE(short_of);
}

TEST(File, NotesAFileThatShrinks) {
  const TempDir dir;
  spit(dir / "a", std::string(100, 'x'));
  const auto file = open_file(dir / "a");
  ASSERT_EQ(::truncate((dir / "a").c_str(), 40), 0);
  std::array<std::byte, 100> all;
  expect_error(Status::format, "ends at byte 40", [&] { file->read_at(0, all); });
}

TEST(AtomicWriter, WritesAndReplaces) {
  const TempDir dir;
  for (const std::string text : {"first", "second and longer", ""}) {
    write_file_atomically(dir / "a", bytes_of(text));
    EXPECT_EQ(slurp(dir / "a"), text);
  }
  const std::span<const std::byte> chunks[] = {bytes_of("one "), bytes_of(""), bytes_of("two")};
  write_file_atomically(dir / "a", chunks);
  EXPECT_EQ(slurp(dir / "a"), "one two");
  EXPECT_EQ(dir.names(), std::vector<std::string>{"a"});
}

TEST(AtomicWriter, LongestNameAndRelativePath) {
  const TempDir dir;
  const std::string longest(255, 'n');
  write_file_atomically(dir / longest, bytes_of("x"));
  EXPECT_EQ(slurp(dir / longest), "x");
  const auto here = std::filesystem::current_path();
  std::filesystem::current_path(dir.path());
  write_file_atomically("relative", bytes_of("y"));
  std::filesystem::current_path(here);
  EXPECT_EQ(slurp(dir / "relative"), "y");
}

TEST(AtomicWriter, WithoutCommitNothingChanges) {
  const TempDir dir;
  spit(dir / "a", "old");
  {
    AtomicWriter writer(dir / "a");
    writer.write(bytes_of("new"));
    EXPECT_EQ(slurp(dir / "a"), "old");
  }
  EXPECT_EQ(slurp(dir / "a"), "old");
  EXPECT_EQ(dir.names(), std::vector<std::string>{"a"});
}

TEST(AtomicWriter, Errors) {
  const TempDir dir;
  expect_error(Status::not_found, "No such file", [&] { AtomicWriter writer(dir / "none/a"); });
  expect_error(Status::invalid_argument, "no path", [&] { AtomicWriter writer(""); });
  expect_error(Status::invalid_argument, "no path", [&] { AtomicWriter writer(dir.path() + "/"); });
  spit(dir / "file", "");
  expect_error(Status::io, "Not a directory", [&] { AtomicWriter writer(dir / "file/a"); });
  std::filesystem::create_directory(dir / "folder");
  expect_error(Status::io, "rename", [&] { write_file_atomically(dir / "folder", bytes_of("x")); });
  EXPECT_EQ(dir.names().size(), 2u);
}

TEST(AtomicWriter, SeveralAtOnceDoNotDisturbEachOther) {
  const TempDir dir;
  std::vector<std::thread> threads;
  for (int t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 25; ++i)
        write_file_atomically(dir / "a", bytes_of(std::string(1000, char('a' + t))));
    });
  for (auto& thread : threads) thread.join();
  const std::string last = slurp(dir / "a");
  EXPECT_EQ(last, std::string(1000, last[0]));
  EXPECT_EQ(dir.names(), std::vector<std::string>{"a"});
}

// A disk that is full, as far as one process can play it: writes past the limit fail with EFBIG, the last one
// before it is short.
TEST(AtomicWriter, FullDiskLeavesTheOldFile) {
  const TempDir dir;
  spit(dir / "a", "old");
  const pid_t child = ::fork();
  if (child == 0) {
    std::signal(SIGXFSZ, SIG_IGN);
    const rlimit limit{5000, 5000};
    ::setrlimit(RLIMIT_FSIZE, &limit);
    try {
      write_file_atomically(dir / "a", bytes_of(std::string(6000, 'x')));
    } catch (const Error& error) {
      ::_exit(error.status() == Status::io ? 17 : 1);
    }
    ::_exit(2);
  }
  int status = 0;
  ASSERT_EQ(::waitpid(child, &status, 0), child);
  ASSERT_TRUE(WIFEXITED(status));
  EXPECT_EQ(WEXITSTATUS(status), 17);
  EXPECT_EQ(slurp(dir / "a"), "old");
  EXPECT_EQ(dir.names(), std::vector<std::string>{"a"});
}

// A child writes one version after the other until it is killed at some moment: what is there afterwards is
// always a whole version.
TEST(AtomicWriter, AKillLeavesAWholeFile) {
  const TempDir dir;
  constexpr size_t kBytes = 300000;
  spit(dir / "a", std::string(kBytes, 'a'));
  std::minstd_rand random(1);
  std::set<char> seen;
  for (int round = 0; round < 40; ++round) {
    const pid_t child = ::fork();
    if (child == 0) {
      for (int version = 0;; ++version) {
        const std::string text(kBytes, static_cast<char>('a' + version % 26));
        AtomicWriter writer(dir / "a");
        for (size_t at = 0; at < kBytes; at += 1000) writer.write(bytes_of(text).subspan(at, 1000));
        writer.commit();
      }
    }
    ASSERT_GT(child, 0);  // kill(-1) would be everybody
    std::this_thread::sleep_for(std::chrono::microseconds(random() % 20000));
    ::kill(child, SIGKILL);
    int status = 0;
    ASSERT_EQ(::waitpid(child, &status, 0), child);
    ASSERT_TRUE(WIFSIGNALED(status)) << "the child ended by itself";
    const std::string found = slurp(dir / "a");
    ASSERT_EQ(found.size(), kBytes) << "round " << round;
    ASSERT_EQ(found, std::string(kBytes, found[0])) << "round " << round;
    seen.insert(found[0]);
  }
  EXPECT_GT(seen.size(), 1u) << "no child ever finished a version: the test saw nothing";
}

}  // namespace
}  // namespace fovea::io
