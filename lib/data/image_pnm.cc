// PBM, PGM and PPM of netpbm, plain (P1 to P3) and raw (P4 to P6).
#include "data/image_reader.h"

namespace fovea::data {
namespace {

// The text of a header or of plain pixels: numbers between blanks and comments.
class Text {
 public:
  Text(const Bytes& b, uint64_t at) : b_(b), at_(at) {}

  uint64_t at() const { return at_; }
  void skip_blanks() {
    for (;; ++at_) {
      if (b_.u8(at_) == '#') {
        while (b_.u8(at_) != '\n' && b_.u8(at_) != '\r') ++at_;
      } else if (!is_blank(b_.u8(at_))) {
        return;
      }
    }
  }
  uint32_t number(uint32_t most) {
    skip_blanks();
    if (!is_digit(b_.u8(at_))) b_.damaged("a number was expected", at_);
    uint64_t value = 0;
    for (; at_ < b_.size() && is_digit(b_.u8(at_)); ++at_) {
      value = value * 10 + (b_.u8(at_) - '0');
      if (value > most) b_.damaged("a number is too large", at_);
    }
    return static_cast<uint32_t>(value);
  }
  // A pixel of a plain PBM, which needs no blanks around it.
  bool bit() {
    skip_blanks();
    const uint32_t c = b_.u8(at_++);
    if (c != '0' && c != '1') b_.damaged("a 0 or a 1 was expected", at_ - 1);
    return c == '1';
  }
  // The single blank between the header and raw pixels.
  void one_blank() {
    if (!is_blank(b_.u8(at_++))) b_.damaged("the header does not end with a blank", at_ - 1);
  }

 private:
  static bool is_blank(uint32_t c) { return c == ' ' || (c >= '\t' && c <= '\r'); }
  static bool is_digit(uint32_t c) { return c >= '0' && c <= '9'; }

  const Bytes& b_;
  uint64_t at_;
};

struct Header {
  bool raw, bits;  // bits: PBM
  int channels;
  uint32_t width, height, largest = 1;
  Text text;

  uint64_t row() const { return uint64_t{width} * static_cast<uint64_t>(channels); }  // values
  uint64_t stride() const { return bits ? (row() + 7) / 8 : row() * (largest > 255 ? 2 : 1); }  // raw bytes
};

Header read_header(const Bytes& b) {
  const uint32_t kind = b.u8(1) - '0';
  Header h{kind >= 4, kind % 3 == 1, kind % 3 == 0 ? 3 : 1, 0, 0, 1, Text(b, 2)};
  h.width = h.text.number(INT32_MAX);
  h.height = h.text.number(INT32_MAX);
  if (!h.bits) {
    h.largest = h.text.number(65535);
    if (h.largest == 0) b.damaged("the largest value is 0", h.text.at());
  }
  if (h.raw) h.text.one_blank();
  return h;
}

}  // namespace

ImageInfo pnm_info(const Bytes& b) {
  const Header h = read_header(b);
  ImageInfo info;
  info.height = h.height;
  info.width = h.width;
  info.channels = h.channels;
  return info;
}

void check_pnm_length(const Bytes& b, const ImageInfo&) {
  const Header h = read_header(b);
  // Plain values are digits with blanks between them, but for bits, which need none.
  const uint64_t values = h.row() * h.height;
  b.range(h.text.at(), h.raw ? h.stride() * h.height : h.bits ? values : 2 * values - 1);
}

void read_pnm(const Bytes& b, const ImageInfo&, uint8_t* out) {
  Header h = read_header(b);
  const uint64_t row = h.row(), rows = h.height, stride = h.stride();
  const uint64_t size = h.largest > 255 ? 2 : 1;
  const uint64_t begin = h.text.at();
  for (uint64_t y = 0; y < rows; ++y) {
    for (uint64_t i = 0; i < row; ++i) {
      const uint64_t at = begin + y * stride;
      uint32_t value;
      if (h.bits) {
        // 1 is black.
        const bool black = h.raw ? (b.u8(at + i / 8) >> (7 - i % 8) & 1) != 0 : h.text.bit();
        value = black ? 0 : 1;
      } else if (h.raw) {
        value = size == 1 ? b.u8(at + i) : b.big16(at + 2 * i);
      } else {
        value = h.text.number(h.largest);
      }
      if (value > h.largest) b.damaged("a value is larger than the header says", at);
      out[y * row + i] = to_8_bits(value, h.largest);
    }
  }
}

}  // namespace fovea::data
