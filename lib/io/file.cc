#include "io/file.h"

#include <dirent.h>
#include <fcntl.h>
#include <sys/file.h>
#include <sys/stat.h>
#include <unistd.h>

#include <algorithm>
#include <cerrno>
#include <cstring>
#include <string_view>
#include <system_error>
#include <utility>

#include "base/error.h"
#include "base/text.h"

namespace fovea::io {
namespace {

using Ull = unsigned long long;

// Linux moves at most about 2 GiB in one call.
constexpr size_t kLargestTransfer = size_t{1} << 30;

// What says something about a path or a file.
constexpr int kOfFile[] = {ENOENT, EACCES, ELOOP, ENAMETOOLONG, EISDIR, ENOTDIR};
constexpr const char* kNotRegular = ": not a regular file";

[[noreturn]] void fail_io(const char* action, const std::string& quoted_path, int error) {
  const Status status = error == ENOENT   ? Status::not_found
                        : error == ENOMEM ? Status::out_of_memory
                                          : Status::io;
  fail(status, "cannot %s %s: %s", action, quoted_path.c_str(),
       std::generic_category().message(error).c_str());
}

// Calls again while a signal interrupts.
template <class F>
auto uninterrupted(F&& call) {
  for (;;) {
    const auto result = call();
    if (result >= 0 || errno != EINTR) return result;
  }
}

class FileSource final : public ByteSource {
 public:
  FileSource(int descriptor, uint64_t size, std::string name)
      : ByteSource(size, std::move(name)), descriptor_(descriptor) {}
  ~FileSource() override { ::close(descriptor_); }

 private:
  void fetch(uint64_t offset, std::span<std::byte> out) const override {
    while (!out.empty()) {
      const ssize_t got = uninterrupted([&] {
        return ::pread(descriptor_, out.data(), std::min(out.size(), kLargestTransfer),
                       static_cast<off_t>(offset));
      });
      if (got < 0) fail_io("read", name(), errno);
      if (got == 0) fail(Status::format, "%s became shorter: it now ends at byte %llu", name(), Ull{offset});
      offset += static_cast<uint64_t>(got);
      out = out.subspan(static_cast<size_t>(got));
    }
  }

  int descriptor_;
};

class MemorySource final : public ByteSource {
 public:
  MemorySource(std::span<const std::byte> bytes, std::string name)
      : ByteSource(bytes.size(), std::move(name)), bytes_(bytes) {}

 private:
  void fetch(uint64_t offset, std::span<std::byte> out) const override {
    if (!out.empty()) std::memcpy(out.data(), bytes_.data() + offset, out.size());
  }

  std::span<const std::byte> bytes_;
};

std::string directory_of(const std::string& path) {
  const size_t slash = path.rfind('/');
  if (slash == std::string::npos) return ".";
  return path.substr(0, std::max<size_t>(slash, 1));
}

// A descriptor until somebody takes it over.
struct Descriptor {
  int value;
  ~Descriptor() {
    if (value >= 0) ::close(value);
  }
};

// Locks a file that was just created. False where remove_stale_files() came in between. A file system without
// locks has none, and nothing is ever stale there.
bool hold(int descriptor) {
  if (::flock(descriptor, LOCK_EX | LOCK_NB) != 0 && errno == EWOULDBLOCK) return false;
  struct stat info {};
  return ::fstat(descriptor, &info) == 0 && info.st_nlink > 0;
}

// ".fovea-<process>-<number>.tmp"
bool is_temporary_name(std::string_view name) {
  constexpr std::string_view kBegin = ".fovea-", kEnd = ".tmp";
  if (!name.starts_with(kBegin) || !name.ends_with(kEnd) || name.size() <= kBegin.size() + kEnd.size())
    return false;
  name.remove_prefix(kBegin.size());
  name.remove_suffix(kEnd.size());
  return name.find_first_not_of("0123456789-") == std::string_view::npos;
}

}  // namespace

bool is_of_file(const Error& error) {
  if (error.status() == Status::not_found) return true;
  if (error.status() != Status::io) return false;
  // An error has its cause as the text that fail_io() ends with.
  const std::string_view text = error.what();
  for (const int number : kOfFile)
    if (text.ends_with(": " + std::generic_category().message(number))) return true;
  return text.ends_with(kNotRegular);
}

void ByteSource::read_at(uint64_t offset, std::span<std::byte> out) const {
  if (offset > size_ || out.size() > size_ - offset)
    fail(Status::format, "%s ends at byte %llu, but %llu bytes were expected at byte %llu", name(),
         Ull{size_}, Ull{out.size()}, Ull{offset});
  fetch(offset, out);
}

std::unique_ptr<ByteSource> open_file(const std::string& path) {
  std::string name = in_quotes(path);
  // O_NONBLOCK: opening a pipe must not wait for its other end. It means nothing to a regular file.
  Descriptor file{
      uninterrupted([&] { return ::open(path.c_str(), O_RDONLY | O_CLOEXEC | O_NONBLOCK | O_NOCTTY); })};
  if (file.value < 0) fail_io("open", name, errno);
  struct stat info {};
  if (::fstat(file.value, &info) != 0) fail_io("open", name, errno);
  if (S_ISDIR(info.st_mode)) fail_io("open", name, EISDIR);
  if (!S_ISREG(info.st_mode)) fail(Status::io, "cannot open %s%s", name.c_str(), kNotRegular);
  auto source =
      std::make_unique<FileSource>(file.value, static_cast<uint64_t>(info.st_size), std::move(name));
  file.value = -1;
  return source;
}

std::unique_ptr<ByteSource> memory_source(std::span<const std::byte> bytes, std::string name) {
  return std::make_unique<MemorySource>(bytes, in_quotes(name));
}

std::vector<FolderEntry> list_folder(const std::string& path) {
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(path.c_str()), ::closedir);
  if (listing == nullptr) fail_io("open the folder", in_quotes(path), errno);
  std::vector<FolderEntry> entries;
  for (;;) {
    errno = 0;
    const dirent* entry = ::readdir(listing.get());
    if (entry == nullptr) break;
    const std::string_view name = entry->d_name;
    if (name == "." || name == "..") continue;
    struct stat info {};
    if (::fstatat(::dirfd(listing.get()), entry->d_name, &info, 0) != 0) {
      if (std::ranges::find(kOfFile, errno) == std::end(kOfFile))
        fail_io("look at", in_quotes(path + "/" + entry->d_name), errno);
      // Where not even the link is there, it has been removed meanwhile.
      if (::fstatat(::dirfd(listing.get()), entry->d_name, &info, AT_SYMLINK_NOFOLLOW) == 0)
        entries.push_back({std::string(name), false, true});
      continue;
    }
    if (S_ISDIR(info.st_mode) || S_ISREG(info.st_mode))
      entries.push_back({std::string(name), S_ISDIR(info.st_mode) != 0});
  }
  if (errno != 0) fail_io("list the folder", in_quotes(path), errno);
  std::ranges::sort(entries, {}, &FolderEntry::name);
  return entries;
}

std::vector<std::byte> read_file(const std::string& path, uint64_t max_bytes) {
  const auto source = open_file(path);
  if (source->size() > max_bytes)
    fail(Status::format, "%s has %llu bytes, more than the %llu that are allowed", source->name(),
         Ull{source->size()}, Ull{max_bytes});
  std::vector<std::byte> bytes(source->size());
  source->read_at(0, bytes);
  return bytes;
}

AtomicWriter::AtomicWriter(std::string path) : path_(std::move(path)), directory_(directory_of(path_)) {
  FOVEA_REQUIRE(!path_.empty() && path_.back() != '/', "%s is no path of a file", in_quotes(path_).c_str());
  // A name of its own rather than path + suffix: the target's name may already be as long as names can be.
  // O_EXCL decides between threads and processes that try the same number.
  const std::string stem = directory_ + "/.fovea-" + std::to_string(::getpid()) + "-";
  for (int number = 0;; ++number) {
    temporary_ = stem + std::to_string(number) + ".tmp";
    descriptor_ = uninterrupted(
        [&] { return ::open(temporary_.c_str(), O_WRONLY | O_CREAT | O_EXCL | O_CLOEXEC | O_NOCTTY, 0666); });
    if (descriptor_ >= 0 && hold(descriptor_)) return;
    if ((descriptor_ < 0 && errno != EEXIST) || number == 100000)
      fail_io("create a file beside", in_quotes(path_), descriptor_ < 0 ? errno : EBUSY);
    close();
  }
}

AtomicWriter::~AtomicWriter() {
  close();
  if (!renamed_) ::unlink(temporary_.c_str());
}

void AtomicWriter::close() {
  if (descriptor_ >= 0) ::close(descriptor_);
  descriptor_ = -1;
}

void AtomicWriter::write(std::span<const std::byte> bytes) {
  while (!bytes.empty()) {
    const ssize_t put = uninterrupted(
        [&] { return ::write(descriptor_, bytes.data(), std::min(bytes.size(), kLargestTransfer)); });
    if (put < 0) fail_io("write", in_quotes(path_), errno);
    bytes = bytes.subspan(static_cast<size_t>(put));
  }
}

void AtomicWriter::commit() {
  if (uninterrupted([&] { return ::fsync(descriptor_); }) != 0) fail_io("sync", in_quotes(path_), errno);
  if (std::rename(temporary_.c_str(), path_.c_str()) != 0)
    fail_io("rename a file to", in_quotes(path_), errno);
  renamed_ = true;
  close();  // and not before: the lock ends with it
  // The new file is in place. What is left is that the directory remembers it through a loss of power; some
  // file systems cannot sync a directory (EINVAL) and some directories cannot be opened for reading.
  const Descriptor directory{
      uninterrupted([&] { return ::open(directory_.c_str(), O_RDONLY | O_DIRECTORY | O_CLOEXEC); })};
  if (directory.value >= 0 && uninterrupted([&] { return ::fsync(directory.value); }) != 0 && errno != EINVAL)
    fail_io("sync the directory of", in_quotes(path_), errno);
}

void remove_stale_files(const std::string& path) {
  const std::string folder = directory_of(path);
  const std::unique_ptr<DIR, int (*)(DIR*)> listing(::opendir(folder.c_str()), ::closedir);
  if (listing == nullptr) return;
  const int at = ::dirfd(listing.get());
  while (const dirent* entry = ::readdir(listing.get())) {
    if (!is_temporary_name(entry->d_name)) continue;
    const Descriptor file{::openat(at, entry->d_name, O_RDONLY | O_CLOEXEC | O_NOFOLLOW | O_NONBLOCK)};
    if (file.value < 0 || ::flock(file.value, LOCK_EX | LOCK_NB) != 0) continue;
    // Its writer may have renamed it since it was opened, and another file have the name.
    struct stat opened {}, named {};
    if (::fstat(file.value, &opened) == 0 && S_ISREG(opened.st_mode) &&
        ::fstatat(at, entry->d_name, &named, AT_SYMLINK_NOFOLLOW) == 0 && named.st_dev == opened.st_dev &&
        named.st_ino == opened.st_ino)
      ::unlinkat(at, entry->d_name, 0);
  }
}

void write_file_atomically(const std::string& path, std::span<const std::span<const std::byte>> chunks) {
  AtomicWriter writer(path);
  for (const auto chunk : chunks) writer.write(chunk);
  writer.commit();
}

void write_file_atomically(const std::string& path, std::span<const std::byte> bytes) {
  write_file_atomically(path, std::span<const std::span<const std::byte>>(&bytes, 1));
}

}  // namespace fovea::io
