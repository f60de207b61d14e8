// BMP: Windows 2 to V5 and OS/2 1 and 2; bitmaps, RLE4, RLE8, RLE24 and bit fields.
#include <array>
#include <bit>

#include "data/image_reader.h"

namespace fovea::data {
namespace {

constexpr uint64_t kFileHeader = 14;
constexpr uint32_t kRgb = 0, kRle8 = 1, kRle4 = 2, kBitFields = 3, kRle24 = 4, kAlphaBitFields = 6;

struct Header {
  uint64_t pixels = 0;  // where they begin
  uint32_t size = 0;    // of the second header
  int64_t width = 0, height = 0;
  bool top_down = false;
  uint32_t bits = 0;
  uint32_t compression = kRgb;
  std::array<uint32_t, 4> masks{};  // red, green, blue, alpha
  uint64_t palette = 0;             // where it begins
  uint32_t colors = 0;              // how many entries it has
  uint32_t entry = 0;               // bytes of each

  uint64_t row_bytes() const { return (uint64_t{bits} * static_cast<uint64_t>(width) + 7) / 8; }
  uint64_t stride() const { return (row_bytes() + 3) / 4 * 4; }
  bool packed() const { return compression == kRle8 || compression == kRle4 || compression == kRle24; }
};

void read_masks(const Bytes& b, Header& h) {
  if (h.compression == kBitFields || h.compression == kAlphaBitFields) {
    if (h.bits != 16 && h.bits != 32) b.damaged("bit fields of other than 16 or 32 bits", kFileHeader + 14);
    // They are part of the larger headers, and follow the one of 40 bytes.
    const bool alpha = h.compression == kAlphaBitFields || h.size >= 56;
    for (size_t c = 0; c < (alpha ? 4u : 3u); ++c) h.masks[c] = b.little32(kFileHeader + 40 + 4 * c);
  } else if (h.bits == 16) {
    h.masks = {0x7C00, 0x03E0, 0x001F, 0};
  } else if (h.bits == 32) {
    h.masks = {0xFF0000, 0x00FF00, 0x0000FF, 0};
    // Nothing but the alpha of the larger headers means anything here.
    if (h.size >= 56 && b.little32(kFileHeader + 52) == 0xFF000000) h.masks[3] = 0xFF000000;
  }
  for (size_t c = 0; c < 4; ++c) {
    const uint32_t mask = h.masks[c];
    if (mask == 0 && c < 3 && h.bits >= 16 && h.bits != 24)
      b.damaged("a colour without bits", kFileHeader + 40);
    const uint32_t run = mask == 0 ? 0 : mask >> std::countr_zero(mask);
    if ((run & (run + 1)) != 0) b.damaged("the bits of a colour do not lie together", kFileHeader + 40);
    for (size_t other = 0; other < c; ++other)
      if ((mask & h.masks[other]) != 0) b.damaged("the bits of two colours overlap", kFileHeader + 40);
  }
}

void read_palette(const Bytes& b, Header& h, uint32_t stated) {
  if (h.bits > 8) return;
  uint64_t begin = kFileHeader + h.size;
  if (h.size == 40 && h.compression == kBitFields) begin += 12;
  h.palette = begin;
  h.entry = h.size == 12 ? 3 : 4;
  const uint32_t most = 1u << h.bits;
  if (stated > 256) b.damaged("a palette of more than 256 colours", kFileHeader + 32);
  h.colors = stated != 0 && stated < most ? stated : most;
  // A short palette is told by where the pixels begin.
  if (h.pixels < begin) b.damaged("the pixels begin inside the header", 10);
  const uint64_t room = (h.pixels - begin) / h.entry;
  if (room < h.colors) h.colors = static_cast<uint32_t>(room);
  b.range(begin, uint64_t{h.colors} * h.entry);
}

Header read_header(const Bytes& b) {
  Header h;
  h.pixels = b.little32(10);
  h.size = b.little32(kFileHeader);
  uint32_t stated_colors = 0, planes = 1;
  if (h.size == 12) {
    h.width = b.little16(18);
    h.height = b.little16(20);
    planes = b.little16(22);
    h.bits = b.little16(24);
  } else if (h.size >= 16 && h.size <= 124) {
    h.width = static_cast<int32_t>(b.little32(18));
    const int64_t height = static_cast<int32_t>(b.little32(22));
    h.top_down = height < 0;
    h.height = h.top_down ? -height : height;
    planes = b.little16(26);
    h.bits = b.little16(28);
    if (h.size >= 20) h.compression = b.little32(30);
    if (h.size >= 36) stated_colors = b.little32(46);
  } else {
    b.damaged("a header of impossible size", kFileHeader);
  }
  if (planes != 1) b.damaged("other than one plane", kFileHeader + 12);
  if (h.width <= 0 || h.height <= 0) b.damaged("a width or height of 0 or less", kFileHeader + 4);
  if (h.bits != 1 && h.bits != 2 && h.bits != 4 && h.bits != 8 && h.bits != 16 && h.bits != 24 &&
      h.bits != 32)
    b.damaged("a number of bits that no BMP has", kFileHeader + 14);
  const bool os2 = h.size == 64;
  if (h.compression == kRle24 && !os2) b.unsupported("BMP with a JPEG in it");
  if (h.compression == 5) b.unsupported("BMP with a PNG in it");
  if (h.compression == kBitFields && os2) b.unsupported("BMP with OS/2's Huffman code");
  if (h.compression > kAlphaBitFields) b.damaged("a compression that no BMP has", kFileHeader + 16);
  if ((h.compression == kRle8 && h.bits != 8) || (h.compression == kRle4 && h.bits != 4) ||
      (h.compression == kRle24 && h.bits != 24))
    b.damaged("a compression for another number of bits", kFileHeader + 16);
  if (h.packed() && h.top_down) b.damaged("a compressed image from the top down", kFileHeader + 16);
  read_masks(b, h);
  read_palette(b, h, stated_colors);
  if (h.pixels < kFileHeader + h.size) b.damaged("the pixels begin inside the header", 10);
  return h;
}

// Pixels as colours, wherever they come from.
class Painter {
 public:
  Painter(const Bytes& b, const Header& h, const ImageInfo& info, uint8_t* out)
      : b_(b), h_(h), channels_(static_cast<size_t>(info.channels)), out_(out) {}

  uint8_t* at(int64_t x, int64_t row) const {  // rows as they come
    const int64_t y = h_.top_down ? row : h_.height - 1 - row;
    return out_ + static_cast<size_t>(y * h_.width + x) * channels_;
  }
  void index(uint8_t* pixel, uint32_t index) const {
    if (index >= h_.colors) {  // beyond the palette: black
      std::memset(pixel, 0, 3);
      return;
    }
    bgr(pixel, b_.range(h_.palette + uint64_t{index} * h_.entry, 3));
  }
  static void bgr(uint8_t* pixel, std::span<const std::byte> from) {
    for (size_t c = 0; c < 3; ++c) pixel[c] = std::to_integer<uint8_t>(from[2 - c]);
  }
  void fields(uint8_t* pixel, uint32_t value) const {
    for (size_t c = 0; c < channels_; ++c) {
      const uint32_t mask = h_.masks[c];
      if (mask == 0) {
        pixel[c] = 0;
        continue;
      }
      const int shift = std::countr_zero(mask), bits = std::popcount(mask);
      const uint32_t field = (value & mask) >> shift;
      pixel[c] = bits > 8 ? static_cast<uint8_t>(field >> (bits - 8)) : to_8_bits(field, mask >> shift);
    }
  }

 private:
  const Bytes& b_;
  const Header& h_;
  size_t channels_;
  uint8_t* out_;
};

void read_bitmap(const Bytes& b, const Header& h, const Painter& paint) {
  for (int64_t y = 0; y < h.height; ++y) {
    const uint64_t begin = h.pixels + h.stride() * static_cast<uint64_t>(y);
    const Bytes row(b.range(begin, h.row_bytes()), b.name());
    for (int64_t x = 0; x < h.width; ++x) {
      uint8_t* pixel = paint.at(x, y);
      const auto at = static_cast<uint64_t>(x);
      if (h.bits <= 8) {
        const uint64_t bit = at * h.bits;
        paint.index(pixel, row.u8(bit / 8) >> (8 - h.bits - bit % 8) & ((1u << h.bits) - 1));
      } else if (h.bits == 24) {
        Painter::bgr(pixel, row.range(at * 3, 3));
      } else {
        paint.fields(pixel, h.bits == 16 ? row.little16(at * 2) : row.little32(at * 4));
      }
    }
  }
}

// Runs of pixels; what they leave out is black.
void read_packed(const Bytes& b, const Header& h, const Painter& paint) {
  std::memset(paint.at(0, h.height - 1), 0, static_cast<size_t>(h.width * h.height) * 3);
  const bool nibbles = h.compression == kRle4, colors = h.compression == kRle24;
  int64_t x = 0, y = 0;
  // Pixel i of a run or of a literal stretch at `from`.
  const auto put = [&](uint64_t from, uint32_t i, bool run) {
    if (x >= h.width || y >= h.height) b.damaged("a run goes past the edge", from);
    uint8_t* pixel = paint.at(x++, y);
    if (colors) {
      Painter::bgr(pixel, b.range(from + (run ? 0 : 3ull * i), 3));
    } else if (nibbles) {
      const uint32_t both = b.u8(from + (run ? 0 : i / 2));
      paint.index(pixel, i % 2 == 0 ? both >> 4 : both & 15);
    } else {
      paint.index(pixel, b.u8(from + (run ? 0 : i)));
    }
  };
  for (uint64_t at = h.pixels;;) {
    const uint32_t count = b.u8(at), second = b.u8(at + 1);
    if (count != 0) {
      for (uint32_t i = 0; i < count; ++i) put(at + 1, i, true);
      at += colors ? 4 : 2;
    } else if (second == 0) {  // end of the row
      x = 0;
      ++y;
      at += 2;
    } else if (second == 1) {  // end of the image
      return;
    } else if (second == 2) {  // a step to the right and up
      x += b.u8(at + 2);
      y += b.u8(at + 3);
      at += 4;
    } else {
      for (uint32_t i = 0; i < second; ++i) put(at + 2, i, false);
      const uint32_t bytes = colors ? 3 * second : nibbles ? (second + 1) / 2 : second;
      at += 2 + (bytes + 1) / 2 * 2;  // to an even number
    }
  }
}

}  // namespace

ImageInfo bmp_info(const Bytes& b) {
  const Header h = read_header(b);
  ImageInfo info;
  info.height = h.height;
  info.width = h.width;
  info.channels = h.masks[3] != 0 ? 4 : 3;
  return info;
}

void check_bmp_length(const Bytes& b, const ImageInfo& info) {
  const Header h = read_header(b);
  // A run of two bytes has up to 255 pixels. The last row of a bitmap may lack its padding.
  if (h.packed())
    b.check_holds(info, b.size() * 128);
  else
    b.range(h.pixels, h.stride() * static_cast<uint64_t>(h.height - 1) + h.row_bytes());
}

void read_bmp(const Bytes& b, const ImageInfo& info, uint8_t* out) {
  const Header h = read_header(b);
  const Painter paint(b, h, info, out);
  if (h.packed())
    read_packed(b, h, paint);
  else
    read_bitmap(b, h, paint);
}

}  // namespace fovea::data
