// Radiance pictures: flat, old and new runs (Ward, "Real Pixels", Graphics Gems II, 1991), to 8 bits.
#include <array>
#include <cmath>
#include <string_view>
#include <vector>

#include "data/image_reader.h"

namespace fovea::data {
namespace {

struct Header {
  int64_t height, width;
  uint64_t pixels;  // where they begin
};

Header read_header(const Bytes& b) {
  // The header's lines end with an empty one; then one with the size. 64 KiB of them are enough for anybody.
  const std::string_view text(reinterpret_cast<const char*>(b.data()), b.size() < 65536 ? b.size() : 65536);
  const size_t end = text.find("\n\n");
  if (end == std::string_view::npos) b.damaged("the header has no end", text.size());
  if (text.substr(0, end + 1).find("\nFORMAT=32-bit_rle_rgbe\n") == std::string_view::npos)
    b.unsupported("HDR of other formats than 32-bit_rle_rgbe");
  size_t at = end + 2;
  const auto number = [&](std::string_view label) {
    if (text.substr(at, label.size()) != label) b.unsupported("HDR whose size is not -Y height +X width");
    at += label.size();
    int64_t value = 0;
    for (const size_t first = at; at < text.size() && at - first < 8 && text[at] >= '0' && text[at] <= '9';
         ++at)
      value = value * 10 + (text[at] - '0');
    return value;
  };
  Header h{};
  h.height = number("-Y ");
  h.width = number(" +X ");
  if (at == text.size() || text[at] != '\n') b.damaged("a size that is no number", at);
  h.pixels = at + 1;
  return h;
}

using Row = std::vector<std::array<uint8_t, 4>>;

// A row of four planes, each in runs; `at` is behind its mark.
uint64_t read_planes(const Bytes& b, uint64_t at, Row& row) {
  for (size_t plane = 0; plane < 4; ++plane) {
    for (size_t x = 0; x < row.size();) {
      const uint32_t code = b.u8(at++);
      const bool run = code > 128;
      const size_t count = run ? code - 128 : code;
      if (count == 0 || count > row.size() - x) b.damaged("a run goes past the edge", at - 1);
      for (size_t i = 0; i < count; ++i) row[x++][plane] = static_cast<uint8_t>(b.u8(run ? at : at + i));
      at += run ? 1 : count;
    }
  }
  return at;
}

// A row of pixels, of which (1, 1, 1, n) repeats the one before n times; the next such counts 256 times as
// much.
uint64_t read_pixels(const Bytes& b, uint64_t at, Row& row) {
  uint32_t shift = 0;
  for (size_t x = 0; x < row.size(); at += 4) {
    std::array<uint8_t, 4> pixel;
    std::memcpy(pixel.data(), b.range(at, 4).data(), 4);
    if (pixel[0] == 1 && pixel[1] == 1 && pixel[2] == 1 && x > 0) {
      const uint64_t count = shift < 32 ? uint64_t{pixel[3]} << shift : 0;
      if (count > row.size() - x) b.damaged("a run goes past the edge", at);
      for (uint64_t i = 0; i < count; ++i, ++x) row[x] = row[x - 1];
      shift += 8;
      if (shift > 24 && count == 0) b.damaged("a run of nothing", at);
    } else {
      row[x++] = pixel;
      shift = 0;
    }
  }
  return at;
}

}  // namespace

ImageInfo hdr_info(const Bytes& b) {
  const Header h = read_header(b);
  ImageInfo info;
  info.height = h.height;
  info.width = h.width;
  info.channels = 3;
  return info;
}

// A row takes 4 bytes for its first pixel at the least, and 4 for each run, of up to 255, 255 << 8, ... more.
void check_hdr_length(const Bytes& b, const ImageInfo& info) {
  uint64_t row = 4;
  for (int64_t left = info.width - 1, run = 255; left > 0; left -= run, run <<= 8) row += 4;
  b.range(read_header(b).pixels, row * static_cast<uint64_t>(info.height));
}

void read_hdr(const Bytes& b, const ImageInfo& info, uint8_t* out) {
  uint64_t at = read_header(b).pixels;
  Row row(static_cast<size_t>(info.width));
  for (int64_t y = 0; y < info.height; ++y) {
    const bool planes = info.width >= 8 && info.width < 32768 && b.u8(at) == 2 && b.u8(at + 1) == 2 &&
                        b.big16(at + 2) == info.width;
    at = planes ? read_planes(b, at + 4, row) : read_pixels(b, at, row);
    for (const auto& pixel : row) {
      const float scale = pixel[3] == 0 ? 0 : std::ldexp(1.0f, pixel[3] - 136);
      for (size_t c = 0; c < 3; ++c) {
        const float level = std::pow(static_cast<float>(pixel[c]) * scale, 1 / 2.2f) * 255 + .5f;
        *out++ = level < 255 ? static_cast<uint8_t>(level) : uint8_t{255};
      }
    }
  }
}

}  // namespace fovea::data
