// Bytes from front to back, out of a plain or a gzip file: which of the two, the content tells (gzip begins
// with 1f 8b). The only file of the library that sees zlib is gzip.cc. May use: base.
#pragma once
#include <memory>

#include "io/file.h"

namespace fovea::io {

class ByteStream {
 public:
  virtual ~ByteStream() = default;
  // Fills `out` as far as the stream goes and returns how much that was: less than asked only at its end.
  // Raises FORMAT, with the offset in the file, for damaged or truncated gzip data.
  virtual size_t read(std::span<std::byte> out) = 0;
  // The stream holds no more bytes than this, whatever it claims: the size of a plain file; for gzip what
  // deflate can pack into a file of that size at most. Lets a reader check before it allocates.
  virtual uint64_t most_bytes() const = 0;
  virtual const char* name() const = 0;
};

// All members of a gzip file, one after the other, checksums checked; or the plain bytes.
std::unique_ptr<ByteStream> open_stream(std::unique_ptr<ByteSource> source);
std::unique_ptr<ByteStream> open_stream(const std::string& path);

// The rest of the stream. Memory grows with what was unpacked, and FORMAT is raised at `max_bytes`: what a
// small file claims or unpacks to costs no more than that.
std::vector<std::byte> read_all(ByteStream& stream, uint64_t max_bytes);

// The checksum of gzip and PNG (ISO 3309).
uint32_t crc32(std::span<const std::byte> bytes);

// The bytes as one zlib stream (RFC 1950), as a PNG holds them.
std::vector<std::byte> zlib_packed(std::span<const std::byte> bytes);

}  // namespace fovea::io
