// safetensors: named tensors and a map of strings in one file.
//
//   8 bytes      length N of the header, little-endian
//   N bytes      JSON: {"__metadata__": {"key": "value", ...}, "name": {"dtype": "F32", "shape": [2, 3],
//                "data_offsets": [begin, end]}, ...}; offsets count from the end of the header
//   the rest     the tensors, dense, little-endian, one after the other without a gap
//
// The reader checks all of it before it allocates anything that the file asks for, and raises FORMAT with the
// byte offset. Tensors are read by name straight into the caller's memory and written straight from it, so a
// large file is never held twice. Metadata are strings; put_* and get_* carry numbers through them without
// loss. May use: base, io/file.h.
#pragma once
#include <concepts>
#include <map>
#include <optional>

#include "base/dtype.h"
#include "base/shape.h"
#include "io/file.h"

namespace fovea::io {

using Metadata = std::map<std::string, std::string, std::less<>>;

// Integers as decimal text; doubles as the shortest text that reads back to the same bits. The getters raise
// FORMAT when the key is missing or its value is not such a number, and name both.
template <std::integral I>
void put_int(Metadata& metadata, const std::string& key, I value) {
  metadata[key] = std::to_string(value);
}
void put_double(Metadata& metadata, const std::string& key, double value);
const std::string& get_text(const Metadata& metadata, std::string_view key);
int64_t get_int(const Metadata& metadata, std::string_view key);
uint64_t get_uint(const Metadata& metadata, std::string_view key);
double get_double(const Metadata& metadata, std::string_view key);

// One tensor of a file.
struct TensorEntry {
  std::string name;
  std::string dtype_name;      // as the file has it: "F32", "BF16", ...
  std::optional<DType> dtype;  // empty: an element type that can be listed but not read
  Shape shape;
  uint64_t begin = 0;  // byte range in the file
  uint64_t end = 0;
};

class SafetensorsReader {
 public:
  explicit SafetensorsReader(std::unique_ptr<ByteSource> source);
  explicit SafetensorsReader(const std::string& path) : SafetensorsReader(open_file(path)) {}

  // In the order of their data.
  const std::vector<TensorEntry>& tensors() const { return tensors_; }
  const Metadata& metadata() const { return metadata_; }
  // Null when there is none of that name.
  const TensorEntry* find(std::string_view name) const;
  // Reads the whole tensor; `out` has exactly its size. Raises UNSUPPORTED for an element type that this
  // library does not have.
  void read(const TensorEntry& tensor, std::span<std::byte> out) const;
  // The file, quoted for messages.
  const char* name() const { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  std::vector<TensorEntry> tensors_;
  std::vector<uint32_t> by_name_;  // indices of tensors_, sorted by name
  Metadata metadata_;
};

// What the writer has to know of a tensor beforehand.
struct TensorSpec {
  std::string name;
  DType dtype = DType::f32;
  Shape shape;
};

// Writes the header, takes the tensors' bytes in the order of their specs, in pieces of any size, and puts
// the file in place in commit(), atomically. The same input gives the same bytes. Raises INVALID_ARGUMENT for
// names and metadata that are not UTF-8 or are twice there.
class SafetensorsWriter {
 public:
  SafetensorsWriter(const std::string& path, std::span<const TensorSpec> tensors, const Metadata& metadata);
  void write(std::span<const std::byte> bytes);
  template <class T>
  void write(std::span<const T> values) {
    write(std::as_bytes(values));
  }
  void commit();

 private:
  AtomicWriter file_;
  uint64_t missing_ = 0;  // bytes of tensors that are still to come
};

}  // namespace fovea::io
