// Files: bounded reading at any offset, and writing that leaves the old file or the new one, never half of
// either. The only file of the library that calls the operating system's file interface. May use: base.
//
// Paths are UTF-8. Errors: NOT_FOUND (no such file), IO (with the system's text), FORMAT (a file that ends
// early), each with the path.
#pragma once
#include <cstddef>
#include <cstdint>
#include <memory>
#include <span>
#include <string>
#include <vector>

#include "base/error.h"

namespace fovea::io {

// Bytes that can be read at any offset, from any thread.
class ByteSource {
 public:
  virtual ~ByteSource() = default;
  uint64_t size() const { return size_; }
  // The path, quoted for messages.
  const char* name() const { return name_.c_str(); }
  // Fills `out` with the bytes from `offset` on; raises FORMAT where they go past the end.
  void read_at(uint64_t offset, std::span<std::byte> out) const;

 protected:
  ByteSource(uint64_t size, std::string name) : size_(size), name_(std::move(name)) {}

 private:
  // The range lies inside [0, size).
  virtual void fetch(uint64_t offset, std::span<std::byte> out) const = 0;

  uint64_t size_;
  std::string name_;
};

// Whether it was the path's or the file's own fault that a file could not be opened or read (not there, not
// allowed, too long a name, a folder, no regular file), and not the machine's or the process's: a want of
// memory or of descriptors, a disk that fails.
bool is_of_file(const Error& error);

// A regular file, opened for reading.
std::unique_ptr<ByteSource> open_file(const std::string& path);
// Memory that outlives the source; `name` stands for the path in messages.
std::unique_ptr<ByteSource> memory_source(std::span<const std::byte> bytes, std::string name);

struct FolderEntry {
  std::string name;
  bool folder = false;   // a folder, or a link to one; else a file
  bool unknown = false;  // it may be either, such as a link that leads nowhere: opening it says what is wrong
};
// What a folder has, sorted byte by byte, without "." and "..". What is neither a file nor a folder is left
// out.
std::vector<FolderEntry> list_folder(const std::string& path);

// The whole file; raises FORMAT, before anything is allocated, when it is larger than `max_bytes`.
std::vector<std::byte> read_file(const std::string& path, uint64_t max_bytes);

// Writes a temporary file beside `path` and renames it over `path` in commit(). A kill at any moment leaves
// the old file or the new one whole; at worst a file ".fovea-<process>-<number>.tmp" stays behind. It is
// locked (flock) while it is written, so that one that nobody will finish can be told.
class AtomicWriter {
 public:
  explicit AtomicWriter(std::string path);
  // Without a commit the temporary file is removed and `path` is as it was.
  ~AtomicWriter();
  AtomicWriter(const AtomicWriter&) = delete;
  AtomicWriter& operator=(const AtomicWriter&) = delete;

  void write(std::span<const std::byte> bytes);
  // Syncs, renames, syncs the directory. Once, last.
  void commit();

 private:
  void close();

  std::string path_;
  std::string directory_;
  std::string temporary_;
  int descriptor_ = -1;
  bool renamed_ = false;
};

// Removes what killed processes have left behind in the folder of `path`; what cannot be removed stays.
void remove_stale_files(const std::string& path);

void write_file_atomically(const std::string& path, std::span<const std::span<const std::byte>> chunks);
void write_file_atomically(const std::string& path, std::span<const std::byte> bytes);

}  // namespace fovea::io
