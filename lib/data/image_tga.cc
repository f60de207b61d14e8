// TGA (Truevision, version 2.0 of its specification), plain and run-length encoded.
#include "data/image_reader.h"

namespace fovea::data {
namespace {

constexpr uint64_t kHeader = 18;

struct Header {
  uint32_t type;  // 1 palette, 2 colours, 3 grey; with 8: run-length encoded
  uint32_t bits;  // of a pixel
  uint32_t first_color, colors, color_bits;
  uint32_t width, height;
  uint32_t descriptor;
  uint64_t palette, pixels;  // where they begin

  bool has_palette() const { return (type & 7) == 1; }
  uint32_t depth() const { return has_palette() ? color_bits : bits; }  // of a colour
  int channels() const {
    if ((type & 7) == 3) return bits == 16 ? 2 : 1;
    return depth() == 32 ? 4 : 3;
  }
};

Header read_header(const Bytes& b) {
  Header h{};
  h.type = b.u8(2);
  h.first_color = b.little16(3);
  h.colors = b.little16(5);
  h.color_bits = b.u8(7);
  h.width = b.little16(12);
  h.height = b.little16(14);
  h.bits = b.u8(16);
  h.descriptor = b.u8(17);
  h.palette = kHeader + b.u8(0);
  h.pixels = h.palette + (b.u8(1) == 1 ? uint64_t{h.colors} * ((h.color_bits + 7) / 8) : 0);
  return h;
}

// One colour of 15, 16, 24 or 32 bits, or grey of 8 or 16.
void read_color(std::span<const std::byte> from, int channels, uint8_t* pixel) {
  const auto byte = [&](size_t i) { return std::to_integer<uint8_t>(from[i]); };
  if (channels <= 2) {
    for (size_t c = 0; c < static_cast<size_t>(channels); ++c) pixel[c] = byte(c);
  } else if (from.size() == 2) {
    const uint32_t value = byte(0) | byte(1) << 8;
    for (uint32_t c = 0; c < 3; ++c) pixel[c] = to_8_bits(value >> (10 - 5 * c) & 31, 31);
  } else {
    for (size_t c = 0; c < 3; ++c) pixel[c] = byte(2 - c);
    if (channels == 4) pixel[3] = byte(3);
  }
}

}  // namespace

bool is_tga(const Bytes& b) {
  if (b.size() < kHeader) return false;
  const Header h = read_header(b);
  const auto is_color = [](uint32_t bits) { return bits == 15 || bits == 16 || bits == 24 || bits == 32; };
  if (b.u8(1) > 1 ||
      (h.type != 1 && h.type != 2 && h.type != 3 && h.type != 9 && h.type != 10 && h.type != 11))
    return false;
  const bool palette = b.u8(1) == 1;
  if (palette ? h.colors == 0 || !is_color(h.color_bits) : h.colors != 0 || h.first_color != 0) return false;
  if (!palette && h.color_bits != 0 && !is_color(h.color_bits)) return false;
  if (h.has_palette() != palette && h.has_palette()) return false;
  const bool bits = h.has_palette()     ? h.bits == 8 || h.bits == 16
                    : (h.type & 7) == 3 ? h.bits == 8 || h.bits == 16
                                        : is_color(h.bits);
  // Two bits of the descriptor are interleaving, which nobody writes.
  return bits && h.width != 0 && h.height != 0 && (h.descriptor & 0xC0) == 0 && (h.descriptor & 15) <= 8 &&
         h.pixels < b.size();
}

ImageInfo tga_info(const Bytes& b) {
  const Header h = read_header(b);
  ImageInfo info;
  info.height = h.height;
  info.width = h.width;
  info.channels = h.channels();
  // Where the first pixel lies: bit 4 right, bit 5 top.
  constexpr int kOrientation[] = {4, 3, 1, 2};
  info.orientation = kOrientation[h.descriptor >> 4 & 3];
  return info;
}

void check_tga_length(const Bytes& b, const ImageInfo& info) {
  const Header h = read_header(b);
  const uint64_t size = (h.bits + 7) / 8;
  if (h.type < 8)
    b.range(h.pixels, uint64_t{h.width} * h.height * size);
  else
    b.check_holds(info, b.size() * 128 / (1 + size));  // a run is a byte and a pixel
}

void read_tga(const Bytes& b, const ImageInfo& info, uint8_t* out) {
  const Header h = read_header(b);
  const uint64_t size = (h.bits + 7) / 8;
  const uint64_t color_size = (h.color_bits + 7) / 8;
  const auto put = [&](uint64_t from, uint8_t* pixel) {
    if (!h.has_palette()) return read_color(b.range(from, size), info.channels, pixel);
    const uint32_t index = h.bits == 8 ? b.u8(from) : b.little16(from);
    if (index < h.first_color || index - h.first_color >= h.colors)
      b.damaged("a colour that the palette lacks", from);
    read_color(b.range(h.palette + (index - h.first_color) * color_size, color_size), info.channels, pixel);
  };
  const auto channels = static_cast<uint64_t>(info.channels);
  const uint64_t pixels = uint64_t{h.width} * h.height;
  uint64_t at = h.pixels;
  if (h.type < 8) {
    for (uint64_t i = 0; i < pixels; ++i) put(at + i * size, out + i * channels);
    return;
  }
  for (uint64_t i = 0; i < pixels;) {
    const uint32_t packet = b.u8(at++);
    const uint64_t count = (packet & 127) + 1;
    const bool run = (packet & 128) != 0;
    if (count > pixels - i) b.damaged("a run goes past the end", at - 1);
    for (uint64_t k = 0; k < count; ++k, ++i) put(run ? at : at + k * size, out + i * channels);
    at += run ? size : count * size;
  }
}

}  // namespace fovea::data
