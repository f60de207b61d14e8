// GIF (versions 87a and 89a): the first frame on a transparent screen.
#include <array>

#include "data/image_file.h"
#include "data/image_reader.h"

namespace fovea::data {
namespace {

struct Palette {
  uint64_t begin = 0;
  uint32_t colors = 0;

  // What the flags in front of it say; where it ends.
  static Palette from(uint32_t flags, uint64_t at) {
    return (flags & 0x80) != 0 ? Palette{at, 2u << (flags & 7)} : Palette{at, 0};
  }
  uint64_t end() const { return begin + 3ull * colors; }
};

// The bytes of a chain of blocks, each of which begins with its length; the last one is empty.
class Blocks {
 public:
  Blocks(const Bytes& b, uint64_t at) : b_(b), at_(at) {}

  // The next code of n bits; -1 at the end.
  int code(uint32_t bits) {
    while (have_ < bits) {
      if (left_ == 0) {
        left_ = b_.u8(at_);
        if (left_ == 0) return -1;
        ++at_;
      }
      buffer_ |= b_.u8(at_++) << have_;
      have_ += 8;
      --left_;
    }
    const uint32_t value = buffer_ & ((1u << bits) - 1);
    buffer_ >>= bits;
    have_ -= bits;
    return static_cast<int>(value);
  }
  // Where the block after the chain begins.
  static uint64_t skip(const Bytes& b, uint64_t at) {
    while (const uint32_t length = b.u8(at)) at += 1 + length;
    return at + 1;
  }
  uint64_t at() const { return at_; }

 private:
  const Bytes& b_;
  uint64_t at_;
  uint32_t left_ = 0, buffer_ = 0, have_ = 0;
};

// LZW as GIF has it: up to 4096 strings, each one longer by a byte than an earlier one.
class Unpacker {
 public:
  Unpacker(const Bytes& b, uint64_t at) : b_(b), width_(b.u8(at)), blocks_(b, at + 1) {
    if (width_ < 1 || width_ > 8) b.damaged("codes of impossible width", at);
    clear();
  }

  // Calls put(index) for each of `count` pixels.
  template <class Put>
  void run(uint64_t count, Put&& put) {
    std::array<uint8_t, kMost> string;
    const uint32_t clear_code = 1u << width_;
    for (int before = -1; count > 0;) {
      const int code = blocks_.code(bits_);
      if (code < 0 || code == static_cast<int>(clear_code) + 1)
        b_.damaged("the frame has fewer pixels than it should", blocks_.at());
      if (code == static_cast<int>(clear_code)) {
        clear();
        before = -1;
        continue;
      }
      auto now = static_cast<uint32_t>(code);
      if (now > used_ || (now == used_ && before < 0) || (before < 0 && now >= clear_code))
        b_.damaged("a code that stands for nothing", blocks_.at());
      // The string, from its end; that of the code to come is the one before with its own first byte.
      size_t length = 0;
      const bool to_come = now == used_;
      if (to_come) {
        ++length;
        now = static_cast<uint32_t>(before);
      }
      for (; now >= clear_code; now = prefix_[now]) string[kMost - ++length] = suffix_[now];
      string[kMost - ++length] = static_cast<uint8_t>(now);
      if (to_come) string[kMost - 1] = static_cast<uint8_t>(now);
      if (before >= 0 && used_ < kMost) {
        prefix_[used_] = static_cast<uint16_t>(before);
        suffix_[used_] = static_cast<uint8_t>(now);
        if (++used_ == 1u << bits_ && bits_ < 12) ++bits_;
      }
      before = code;
      for (size_t i = kMost - length; i < kMost && count > 0; ++i, --count) put(string[i]);
    }
  }

 private:
  static constexpr uint32_t kMost = 4096;

  void clear() {
    bits_ = width_ + 1;
    used_ = (1u << width_) + 2;
  }

  const Bytes& b_;
  uint32_t width_;
  Blocks blocks_;
  uint32_t bits_ = 0, used_ = 0;
  std::array<uint16_t, kMost> prefix_{};
  std::array<uint8_t, kMost> suffix_{};
};

// Row `i` of a frame as it comes, where the rows are interlaced: every eighth, those between, and so on.
uint32_t interlaced_row(uint32_t i, uint32_t height) {
  constexpr uint32_t kFirst[] = {0, 4, 2, 1}, kStep[] = {8, 8, 4, 2};
  for (int pass = 0; pass < 4; ++pass) {
    const uint32_t rows = height > kFirst[pass] ? (height - kFirst[pass] - 1) / kStep[pass] + 1 : 0;
    if (i < rows) return kFirst[pass] + i * kStep[pass];
    i -= rows;
  }
  return 0;
}

}  // namespace

ImageInfo gif_info(const Bytes& b) {
  ImageInfo info;
  info.width = b.little16(6);
  info.height = b.little16(8);
  info.channels = 4;
  return info;
}

// A code of 12 bits stands for less than 4096 pixels. A frame that is smaller than its screen counts as if it
// filled it.
void check_gif_length(const Bytes& b, const ImageInfo& info) {
  b.check_holds(info, b.size() * 4096 * 8 / 12);
}

void read_gif(const Bytes& b, const ImageInfo& info, uint8_t* out) {
  Palette palette = Palette::from(b.u8(10), 13);
  uint64_t at = palette.end();
  uint32_t transparent = 256;  // none
  for (; b.u8(at) != 0x2C;) {
    if (b.u8(at) == 0x3B) b.damaged("there is no frame in it", at);
    if (b.u8(at) != 0x21) b.damaged("a block of no known kind", at);
    constexpr uint32_t kGraphicControl = 0xF9;
    if (b.u8(at + 1) == kGraphicControl && b.u8(at + 2) >= 4 && (b.u8(at + 3) & 1) != 0)
      transparent = b.u8(at + 6);
    at = Blocks::skip(b, at + 2);
  }
  const uint32_t left = b.little16(at + 1), top = b.little16(at + 3);
  const uint32_t width = b.little16(at + 5), height = b.little16(at + 7);
  // Far beyond its screen a frame would only take time.
  if (uint64_t{width} * height > static_cast<uint64_t>(kDefaultMaxPixels))
    b.damaged("a frame of more pixels than any picture may have", at);
  const uint32_t flags = b.u8(at + 9);
  const Palette local = Palette::from(flags, at + 10);
  if (local.colors != 0) palette = local;
  if (palette.colors == 0) b.damaged("there is no palette", at);
  std::memset(out, 0, static_cast<size_t>(info.height * info.width) * 4);
  Unpacker unpacker(b, local.end());
  uint32_t x = 0, row = 0;
  unpacker.run(uint64_t{width} * height, [&](uint32_t index) {
    const uint32_t y = top + ((flags & 0x40) != 0 ? interlaced_row(row, height) : row);
    // What lies outside the screen is cut off.
    if (y < info.height && left + x < info.width && index != transparent) {
      uint8_t* pixel = out + (static_cast<size_t>(y) * static_cast<size_t>(info.width) + left + x) * 4;
      if (index >= palette.colors) b.damaged("a colour that the palette lacks", at);
      std::memcpy(pixel, b.range(palette.begin + 3ull * index, 3).data(), 3);
      pixel[3] = 255;
    }
    if (++x == width) {
      x = 0;
      ++row;
    }
  });
}

}  // namespace fovea::data
