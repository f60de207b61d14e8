#include "io/gzip.h"

#include <zlib.h>

#include <algorithm>
#include <array>
#include <limits>
#include <utility>

#include "base/error.h"

namespace fovea::io {
namespace {

using Ull = unsigned long long;

class PlainStream final : public ByteStream {
 public:
  explicit PlainStream(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {}

  size_t read(std::span<std::byte> out) override {
    const size_t n = static_cast<size_t>(std::min<uint64_t>(out.size(), source_->size() - position_));
    source_->read_at(position_, out.first(n));
    position_ += n;
    return n;
  }
  uint64_t most_bytes() const override { return source_->size(); }
  const char* name() const override { return source_->name(); }

 private:
  std::unique_ptr<ByteSource> source_;
  uint64_t position_ = 0;
};

class GzipStream final : public ByteStream {
 public:
  explicit GzipStream(std::unique_ptr<ByteSource> source) : source_(std::move(source)) {
    check(inflateInit2(&z_, 16 + MAX_WBITS));  // 16: a gzip header, and nothing else
  }
  ~GzipStream() override { inflateEnd(&z_); }

  size_t read(std::span<std::byte> out) override {
    size_t done = 0;
    while (done < out.size() && !at_end()) {
      const size_t room = std::min<size_t>(out.size() - done, std::numeric_limits<uInt>::max());
      z_.next_out = reinterpret_cast<Bytef*>(out.data() + done);
      z_.avail_out = static_cast<uInt>(room);
      refill();
      const int result = inflate(&z_, Z_NO_FLUSH);
      done += room - z_.avail_out;
      in_member_ = result != Z_STREAM_END;
      if (result == Z_STREAM_END) {
        check(inflateReset(&z_));
      } else if (result != Z_OK) {
        check(result);
      }
    }
    return done;
  }
  // Deflate's densest code is 258 bytes in two bits.
  uint64_t most_bytes() const override {
    const uint64_t packed = source_->size();
    return packed > (uint64_t{1} << 50) ? packed : packed * 1032;
  }
  const char* name() const override { return source_->name(); }

 private:
  uint64_t consumed() const { return fetched_ - z_.avail_in; }
  bool at_end() const { return !in_member_ && consumed() == source_->size(); }

  void refill() {
    if (z_.avail_in != 0) return;
    const size_t n = static_cast<size_t>(std::min<uint64_t>(input_.size(), source_->size() - fetched_));
    if (n == 0)
      fail(Status::format, "%s ends in the middle of its gzip data, at byte %llu", name(), Ull{fetched_});
    source_->read_at(fetched_, std::span(input_).first(n));
    fetched_ += n;
    z_.next_in = reinterpret_cast<Bytef*>(input_.data());
    z_.avail_in = static_cast<uInt>(n);
  }

  void check(int result) const {
    if (result == Z_OK) return;
    if (result == Z_MEM_ERROR) fail(Status::out_of_memory, "no memory to unpack %s", name());
    fail(Status::format, "%s: damaged gzip data at byte %llu: %s", name(), Ull{consumed()},
         z_.msg != nullptr ? z_.msg : "not understood");
  }

  std::unique_ptr<ByteSource> source_;
  z_stream z_{};
  uint64_t fetched_ = 0;
  bool in_member_ = true;
  std::array<std::byte, 1 << 15> input_;
};

}  // namespace

std::unique_ptr<ByteStream> open_stream(std::unique_ptr<ByteSource> source) {
  std::array<std::byte, 2> magic{};
  if (source->size() >= magic.size()) source->read_at(0, magic);
  if (magic[0] == std::byte{0x1f} && magic[1] == std::byte{0x8b})
    return std::make_unique<GzipStream>(std::move(source));
  return std::make_unique<PlainStream>(std::move(source));
}

std::unique_ptr<ByteStream> open_stream(const std::string& path) {
  return open_stream(open_file(path));
}

std::vector<std::byte> read_all(ByteStream& stream, uint64_t max_bytes) {
  constexpr size_t kStep = size_t{1} << 16;
  std::vector<std::byte> bytes;
  for (;;) {
    const size_t done = bytes.size();
    const uint64_t room = max_bytes - done;
    // Doubling, so that copying stays linear.
    const size_t step =
        static_cast<size_t>(std::min<uint64_t>(std::max(kStep, done), room == UINT64_MAX ? room : room + 1));
    bytes.resize(done + step);
    const size_t got = stream.read(std::span(bytes).subspan(done));
    bytes.resize(done + got);
    if (bytes.size() > max_bytes)
      fail(Status::format, "%s holds more than the %llu bytes that are allowed", stream.name(),
           Ull{max_bytes});
    if (got < step) return bytes;
  }
}

uint32_t crc32(std::span<const std::byte> bytes) {
  return static_cast<uint32_t>(crc32_z(0, reinterpret_cast<const Bytef*>(bytes.data()), bytes.size()));
}

std::vector<std::byte> zlib_packed(std::span<const std::byte> bytes) {
  uLongf packed = compressBound(bytes.size());
  std::vector<std::byte> out(packed);
  if (compress(reinterpret_cast<Bytef*>(out.data()), &packed, reinterpret_cast<const Bytef*>(bytes.data()),
               bytes.size()) != Z_OK)
    fail(Status::out_of_memory, "no memory to pack %zu bytes", bytes.size());
  out.resize(packed);
  return out;
}

}  // namespace fovea::io
