// The headers of JPEG and PNG, and the checks that their decoder leaves out.
#include <string_view>

#include "data/image_reader.h"
#include "io/gzip.h"

namespace fovea::data {
namespace {

// ---- EXIF -----------------------------------------------------------------------------------------

// EXIF's orientation out of a TIFF structure (CIPA DC-008, 4.5 and 4.6.5): the tag 0x0112 of the first
// folder, one 16-bit number. 1, which is upright, where there is none that makes sense.
int exif_orientation(const Bytes& tiff) {
  const bool little = tiff.begins_with(std::string_view("II*\0", 4));
  if (tiff.size() < 8 || (!little && !tiff.begins_with(std::string_view("MM\0*", 4)))) return 1;
  const auto u16 = [&](uint64_t at) { return little ? tiff.little16(at) : tiff.big16(at); };
  const auto u32 = [&](uint64_t at) { return little ? tiff.little32(at) : tiff.big32(at); };
  const uint64_t folder = u32(4);
  if (folder + 2 > tiff.size()) return 1;
  const uint32_t entries = u16(folder);
  for (uint32_t i = 0; i < entries; ++i) {
    const uint64_t entry = folder + 2 + 12ull * i;
    if (entry + 12 > tiff.size()) return 1;
    constexpr uint32_t kOrientation = 0x0112, kShort = 3;
    if (u16(entry) != kOrientation) continue;
    const uint32_t value = u16(entry + 8);
    return u16(entry + 2) == kShort && u32(entry + 4) == 1 && value >= 1 && value <= 8
               ? static_cast<int>(value)
               : 1;
  }
  return 1;
}

// ---- JPEG -----------------------------------------------------------------------------------------

// The next marker at or after `at`; at is put behind it. Stray bytes in front of it are passed over, as every
// decoder does.
uint32_t next_marker(const Bytes& b, uint64_t& at) {
  for (;;) {
    const void* found = at < b.size() ? std::memchr(b.data() + at, 0xFF, b.size() - at) : nullptr;
    if (found == nullptr) b.damaged("it ends before its end marker", b.size());
    at = static_cast<uint64_t>(static_cast<const std::byte*>(found) - b.data()) + 1;
    while (at < b.size() && b.u8(at) == 0xFF) ++at;
    if (at == b.size()) b.damaged("it ends before its end marker", b.size());
    const uint32_t marker = b.u8(at++);
    if (marker != 0) return marker;  // FF 00 is a byte FF of the data
  }
}

// A table has at most 256 codes; the decoder takes that for granted.
void check_huffman_tables(const Bytes& b, uint64_t at, uint64_t end) {
  while (at < end) {
    uint32_t codes = 0;
    for (uint64_t i = 1; i <= 16; ++i) codes += b.u8(at + i);
    if (codes > 256 || 17 + codes > end - at) b.damaged("a Huffman table of too many codes", at);
    at += 17 + codes;
  }
}

ImageInfo jpeg_frame(const Bytes& b, uint32_t marker, uint64_t at, uint32_t length) {
  constexpr uint32_t kProgressive = 0xC2;
  if (marker > kProgressive)
    b.unsupported(marker >= 0xC9   ? "JPEG with arithmetic coding"
                  : marker == 0xC3 ? "lossless JPEG"
                                   : "hierarchical JPEG");
  if (length < 8) b.damaged("the frame header is too short", at);
  const uint32_t bits = b.u8(at + 2);
  if (bits != 8) {
    if (bits != 12) b.damaged("a precision that no JPEG has", at + 2);
    b.unsupported("JPEG of 12 bits");
  }
  ImageInfo info;
  info.height = b.big16(at + 3);
  info.width = b.big16(at + 5);
  if (info.height == 0) b.unsupported("JPEG that tells its height at its end");
  const uint32_t components = b.u8(at + 7);
  if (components != 1 && components != 3 && components != 4) b.unsupported("JPEG of that many components");
  info.channels = components == 1 ? 1 : 3;
  return info;
}

// ---- PNG ------------------------------------------------------------------------------------------

ImageInfo png_header(const Bytes& b) {
  constexpr uint64_t kHeader = 8;
  if (b.begins_with("CgBI", kHeader + 4)) b.unsupported("Apple's own form of PNG");
  if (b.big32(kHeader) != 13 || !b.begins_with("IHDR", kHeader + 4))
    b.damaged("the first chunk is not IHDR", kHeader);
  ImageInfo info;
  const uint32_t width = b.big32(16), height = b.big32(20);
  if (width > INT32_MAX || height > INT32_MAX) b.damaged("the size is out of range", 16);
  info.width = width;
  info.height = height;
  switch (b.u8(25)) {
    case 0:
      info.channels = 1;
      break;
    case 2:
    case 3:
      info.channels = 3;
      break;
    case 4:
      info.channels = 2;
      break;
    case 6:
      info.channels = 4;
      break;
    default:
      b.damaged("a colour type that no PNG has", 25);
  }
  return info;
}

}  // namespace

ImageInfo jpeg_info(const Bytes& b, bool whole) {
  // No encoder writes as many; each costs a pass over the picture.
  constexpr int kMaxScans = 500;
  ImageInfo info;
  int orientation = 1, scans = 0;
  bool has_frame = false, has_exif = false, progressive = false;
  for (uint64_t at = 2;;) {
    const uint32_t marker = next_marker(b, at);
    if (marker == 0xD9) break;                                           // end of image
    if (marker == 0x01 || (marker >= 0xD0 && marker <= 0xD8)) continue;  // without a length
    const uint32_t length = b.big16(at);
    if (length < 2) b.damaged("a segment of impossible length", at);
    b.range(at, length);
    // The first of several counts, and none behind the frame, as far as which a look at the header reads.
    if (marker == 0xE1 && !has_exif && !has_frame && length >= 8 &&
        b.begins_with(std::string_view("Exif\0\0", 6), at + 2)) {
      has_exif = true;
      orientation = exif_orientation(Bytes(b.range(at + 8, length - 8u), b.name()));
    }
    if (marker == 0xC4) check_huffman_tables(b, at + 2, at + length);
    if (marker >= 0xC0 && marker <= 0xCF && marker != 0xC4 && marker != 0xC8 && marker != 0xCC) {
      if (has_frame) b.damaged("a second frame", at);
      has_frame = true;
      progressive = marker == 0xC2;
      info = jpeg_frame(b, marker, at, length);
      if (!whole) break;
    }
    if (marker == 0xDA && ++scans > kMaxScans) b.damaged("more scans than any encoder writes", at);
    at += length;
  }
  if (!has_frame) b.damaged("there is no frame header in it", b.size());
  if (whole && scans == 0) b.damaged("there is no scan in it", b.size());
  info.orientation = orientation;
  // A block of 64 pixels takes 2 bits at the least, or 1 of a progressive scan.
  const uint64_t most = b.size() * (progressive ? 512 : 256);
  if (whole) b.check_holds(info, most);
  return info;
}

ImageInfo png_info(const Bytes& b, bool whole) {
  ImageInfo info = png_header(b);
  const uint32_t color = b.u8(25);
  bool data = false, transparent = false;
  for (uint64_t at = 8;;) {
    const uint64_t length = b.big32(at);
    const std::span<const std::byte> type = b.range(at + 4, 4);
    const auto is = [&](std::string_view name) { return b.begins_with(name, at + 4); };
    if (length > INT32_MAX) b.damaged("a chunk of impossible length", at);
    if (is("tRNS") && !data && !transparent && color < 4) {
      transparent = true;
      ++info.channels;
    }
    data = data || is("IDAT");
    if (data && !whole) return info;
    b.range(at + 8, length + 4);
    const auto is_whole = [&] {
      return io::crc32(b.range(at + 4, length + 4)) == b.big32(at + 8 + length);
    };
    // A damaged one is passed over: what the picture is made of is elsewhere.
    if (is("eXIf") && !data && is_whole())
      info.orientation = exif_orientation(Bytes(b.range(at + 8, length), b.name()));
    // Capital letters are chunks that matter; of the others transparency does.
    const bool critical = (type[0] & std::byte{0x20}) == std::byte{0} || is("tRNS");
    if (critical && !is_whole()) b.damaged("a chunk's checksum is wrong", at);
    if (is("IEND")) break;
    at += 12 + length;
  }
  if (!data) b.damaged("there are no pixels in it", b.size());
  return info;
}

// Deflate makes at most 1032 bytes of one (zlib's technical details).
void check_png_length(const Bytes& b, const ImageInfo& info) {
  uint64_t data = 0;
  for (uint64_t at = 8; !b.begins_with("IEND", at + 4); at += 12 + uint64_t{b.big32(at)})
    if (b.begins_with("IDAT", at + 4)) data += b.big32(at);
  constexpr uint64_t kSamples[] = {1, 0, 3, 1, 2, 0, 4};  // of a pixel, by the type of colour
  const uint64_t bits = b.u8(24) * kSamples[b.u8(25)];
  if (bits == 0) b.damaged("pixels of no bits", 24);
  b.check_holds(info, data * 1032 * 8 / bits);
}

}  // namespace fovea::data
