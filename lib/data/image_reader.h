// What the readers of single formats share. A reader looks at the header, or decodes to bytes in a buffer.
// May use: base, data/image_file.h.
#pragma once
#include <cstring>

#include "base/error.h"
#include "base/memory.h"
#include "data/image_file.h"

namespace fovea::data {

// Bytes read by offset; past their end is FORMAT.
class Bytes {
 public:
  Bytes(std::span<const std::byte> bytes, const char* name) : bytes_(bytes), name_(name) {}

  uint64_t size() const { return bytes_.size(); }
  const char* name() const { return name_; }
  const std::byte* data() const { return bytes_.data(); }

  // Raises unless `count` bytes begin at `at`.
  std::span<const std::byte> range(uint64_t at, uint64_t count) const {
    if (at > size() || count > size() - at)
      fail(Status::format, "%s ends at byte %llu, expected %llu or more", name_,
           static_cast<unsigned long long>(size()), static_cast<unsigned long long>(at + count));
    return bytes_.subspan(at, count);
  }
  uint32_t u8(uint64_t at) const { return std::to_integer<uint32_t>(range(at, 1)[0]); }
  uint32_t little16(uint64_t at) const { return u8(at) | u8(at + 1) << 8; }
  uint32_t little32(uint64_t at) const { return little16(at) | little16(at + 2) << 16; }
  uint32_t big16(uint64_t at) const { return u8(at) << 8 | u8(at + 1); }
  uint32_t big32(uint64_t at) const { return big16(at) << 16 | big16(at + 2); }
  bool begins_with(std::string_view magic, uint64_t at = 0) const {
    return at <= size() && magic.size() <= size() - at &&
           std::memcmp(bytes_.data() + at, magic.data(), magic.size()) == 0;
  }

  [[noreturn]] void damaged(const char* what, uint64_t at) const {
    fail(Status::format, "%s: %s, at byte %llu", name_, what, static_cast<unsigned long long>(at));
  }
  // Raises where a picture has more pixels than `most`, which is what the file's bytes hold at their best. As
  // many as 256 x 256 may be left out of any.
  void check_holds(const ImageInfo& info, uint64_t most) const {
    if (static_cast<uint64_t>(info.height * info.width) > most + 65536)
      fail(Status::format, "%s has %lld x %lld pixels, too many for its %llu bytes", name_,
           static_cast<long long>(info.width), static_cast<long long>(info.height),
           static_cast<unsigned long long>(size()));
  }
  [[noreturn]] void unsupported(const char* what) const {
    fail(Status::unsupported, "%s: %s is not read", name_, what);
  }

 private:
  std::span<const std::byte> bytes_;
  const char* name_;
};

// A value in [0, largest] as one in [0, 255].
constexpr uint8_t to_8_bits(uint32_t value, uint32_t largest) {
  return static_cast<uint8_t>((value * 255ull + largest / 2) / largest);
}

// Headers. `whole` says that the bytes are the whole file, whose structure is then checked as far as its end.
ImageInfo jpeg_info(const Bytes& bytes, bool whole);
ImageInfo png_info(const Bytes& bytes, bool whole);
ImageInfo gif_info(const Bytes& bytes);
ImageInfo psd_info(const Bytes& bytes);
ImageInfo hdr_info(const Bytes& bytes);
ImageInfo bmp_info(const Bytes& bytes);
ImageInfo tga_info(const Bytes& bytes);
ImageInfo pnm_info(const Bytes& bytes);
// TGA has no magic number: whether the header makes sense in every field.
bool is_tga(const Bytes& bytes);

// Raises where the file is too short for what its header promises: before memory is taken for it. The picture
// has at most kLargestMaxPixels.
void check_png_length(const Bytes& bytes, const ImageInfo& info);
void check_gif_length(const Bytes& bytes, const ImageInfo& info);
void check_psd_length(const Bytes& bytes, const ImageInfo& info);
void check_hdr_length(const Bytes& bytes, const ImageInfo& info);
void check_bmp_length(const Bytes& bytes, const ImageInfo& info);
void check_tga_length(const Bytes& bytes, const ImageInfo& info);
void check_pnm_length(const Bytes& bytes, const ImageInfo& info);

// Pixels, info.height x info.width x info.channels. `out` has as many bytes.
void read_bmp(const Bytes& bytes, const ImageInfo& info, uint8_t* out);
void read_gif(const Bytes& bytes, const ImageInfo& info, uint8_t* out);
void read_hdr(const Bytes& bytes, const ImageInfo& info, uint8_t* out);
void read_psd(const Bytes& bytes, const ImageInfo& info, uint8_t* out);
void read_tga(const Bytes& bytes, const ImageInfo& info, uint8_t* out);
void read_pnm(const Bytes& bytes, const ImageInfo& info, uint8_t* out);
// The other formats, by stb_image.
void read_by_stb(const Bytes& bytes, const ImageInfo& info, const std::shared_ptr<Allocator>& allocator,
                 uint8_t* out);

}  // namespace fovea::data
