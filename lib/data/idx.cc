#include "data/idx.h"

#include <array>

#include "base/error.h"

namespace fovea::data {
namespace {

using Ull = unsigned long long;

constexpr uint64_t kDefaultMaxBytes = uint64_t{4} << 30;

// One file: what its header says, checked, and then its elements.
class IdxFile {
 public:
  // `what` for messages: "images", "labels".
  IdxFile(io::ByteStream& stream, const char* what, int min_rank, int max_rank, uint64_t max_bytes)
      : stream_(stream) {
    std::array<std::byte, 4> magic;
    read_header(magic);
    const int type = std::to_integer<int>(magic[2]), rank = std::to_integer<int>(magic[3]);
    if (magic[0] != std::byte{0} || magic[1] != std::byte{0} || !is_idx_type(type))
      fail(Status::format, "%s is no IDX file: bytes 0 to 3 are %02x %02x %02x %02x", stream.name(),
           std::to_integer<unsigned>(magic[0]), std::to_integer<unsigned>(magic[1]),
           static_cast<unsigned>(type), static_cast<unsigned>(rank));
    if (type != 0x08)
      fail(Status::unsupported, "%s: %s of IDX element type 0x%02x at byte 2, only 0x08 (u8) is read",
           stream.name(), what, static_cast<unsigned>(type));
    if (rank < min_rank || rank > max_rank)
      fail(Status::format, "%s: rank %d at byte 3, but %s have rank %d%s", stream.name(), rank, what,
           min_rank, max_rank > min_rank ? " or more" : "");
    std::array<int64_t, kMaxRank> extents{};
    uint64_t bytes = 1;
    for (int i = 0; i < rank; ++i) {
      std::array<std::byte, 4> raw;
      read_header(raw);
      uint32_t extent = 0;
      for (const std::byte b : raw) extent = extent << 8 | std::to_integer<uint32_t>(b);
      if (extent == 0)
        fail(Status::format, "%s: extent %d at byte %llu is 0", stream.name(), i, Ull{position_ - 4});
      // The quotient, since the product may be beyond 64 bits.
      if (bytes > max_bytes / extent)
        fail(Status::format, "%s: extents up to byte %llu come to more than the %llu bytes that are allowed",
             stream.name(), Ull{position_}, Ull{max_bytes});
      bytes *= extent;
      extents[static_cast<size_t>(i)] = extent;
    }
    shape_ = Shape(std::span<const int64_t>(extents.data(), static_cast<size_t>(rank)));
    if (bytes > stream.most_bytes() - position_)
      fail(Status::format, "%s is truncated: %s of %s elements begin at byte %llu, too many for such a file",
           stream.name(), shape_.text().c_str(), what, Ull{position_});
  }

  const Shape& shape() const { return shape_; }
  int64_t count() const { return shape_[0]; }
  uint64_t data_begin() const { return static_cast<uint64_t>(4 + 4 * shape_.rank()); }

  // The elements, which must be all that follows.
  Buffer read(const std::shared_ptr<Allocator>& allocator) {
    Buffer data(allocator, static_cast<size_t>(shape_.elements()));
    const size_t got = stream_.read({data.data(), data.bytes()});
    if (got != data.bytes())
      fail(Status::format, "%s is truncated: it ends at byte %llu, expected %llu", stream_.name(),
           Ull{position_ + got}, Ull{position_ + data.bytes()});
    std::byte more;
    if (stream_.read({&more, 1}) != 0)
      fail(Status::format, "%s goes on after its %s elements, at byte %llu", stream_.name(),
           shape_.text().c_str(), Ull{position_ + data.bytes()});
    return data;
  }

  const char* name() const { return stream_.name(); }

 private:
  static bool is_idx_type(int type) { return type == 0x08 || type == 0x09 || (type >= 0x0B && type <= 0x0E); }

  void read_header(std::span<std::byte> out) {
    const size_t got = stream_.read(out);
    position_ += got;
    if (got != out.size())
      fail(Status::format, "%s ends inside its IDX header, at byte %llu", stream_.name(), Ull{position_});
  }

  io::ByteStream& stream_;
  uint64_t position_ = 0;
  Shape shape_;
};

struct Owned {
  Buffer images, labels;
};

}  // namespace

DatasetPtr read_idx(io::ByteStream& images_stream, io::ByteStream& labels_stream, const IdxOptions& options,
                    const std::shared_ptr<Allocator>& allocator) {
  FOVEA_REQUIRE(options.classes >= 0 && options.classes <= 256, "classes is %d, but labels are bytes",
                options.classes);
  const uint64_t max_bytes = options.max_bytes != 0 ? options.max_bytes : kDefaultMaxBytes;
  IdxFile images(images_stream, "images", 3, 4, max_bytes);
  IdxFile labels(labels_stream, "labels", 1, 1, max_bytes);
  if (images.count() != labels.count())
    fail(Status::format, "%s has %lld images at byte 4, but %s has %lld labels", images.name(),
         static_cast<long long>(images.count()), labels.name(), static_cast<long long>(labels.count()));

  auto owned = std::make_shared<Owned>();
  owned->labels = labels.read(allocator);
  if (options.classes != 0)
    for (size_t i = 0; i < owned->labels.bytes(); ++i)
      if (const int label = std::to_integer<int>(owned->labels.data()[i]); label >= options.classes)
        fail(Status::format, "%s: label %d at byte %llu, but there are %d classes", labels.name(), label,
             Ull{labels.data_begin() + i}, options.classes);
  owned->images = images.read(allocator);

  MemoryTensors tensors;
  const Shape& s = images.shape();
  tensors.samples = {owned->images.data(), DType::u8, s.rank() == 3 ? Shape{s[0], s[1], s[2], 1} : s};
  tensors.labels = {owned->labels.data(), DType::u8, labels.shape()};
  tensors.classes = options.classes;
  return memory_dataset(tensors, std::move(owned));
}

DatasetPtr open_idx(const std::string& images_path, const std::string& labels_path, const IdxOptions& options,
                    const std::shared_ptr<Allocator>& allocator) {
  const auto images = io::open_stream(images_path);
  const auto labels = io::open_stream(labels_path);
  return read_idx(*images, *labels, options, allocator);
}

}  // namespace fovea::data
