// What a header promises and its file cannot hold is refused before memory is taken for it.
#include <gtest/gtest.h>

#include <algorithm>
#include <cstdlib>

#include "base/error.h"
#include "data/image_file.h"
#include "data/image_samples.h"

namespace fovea::data {
namespace {

using namespace fovea::testing;
using namespace std::string_literals;

// Counts what is asked for.
struct MeasuringAllocator final : Allocator {
  size_t asked = 0;

  void* allocate(size_t bytes, size_t alignment) noexcept override {
    asked += bytes;
    return std::aligned_alloc(alignment, align_up(bytes, alignment));
  }
  void release(void* p, size_t) noexcept override { std::free(p); }
};

// A screen of that size with one frame of as many pixels, which `data` is too short for.
std::string gif_of(uint32_t width, uint32_t height, const std::string& data) {
  return "GIF89a"s + little16(width) + little16(height) + "\x80\0\0\0\0\0\xff\xff\xff,\0\0\0\0"s +
         little16(width) + little16(height) + "\0"s + data;
}
// 24 bits or a kind of runs; nothing of the picture but `data`.
std::string bmp_of(uint32_t width, uint32_t height, uint32_t bits, uint32_t compression,
                   const std::string& data) {
  const uint32_t begin = 54 + (bits <= 8 ? 4u << bits : 0u);
  return "BM"s + std::string(8, '\0') + little32(begin) + little32(40) + little32(width) + little32(height) +
         little16(1) + little16(bits) + little32(compression) + std::string(begin - 34, '\0') + data;
}
// A picture of three planes behind empty sections.
std::string psd_of(uint32_t width, uint32_t height, uint32_t compression) {
  return "8BPS\0\1\0\0\0\0\0\0\0\3"s + big32(height) + big32(width) + "\0\x08\0\3"s + std::string(12, '\0') +
         "\0"s + static_cast<char>(compression) + "ab";
}

// So many pixels of one colour in codes of which each stands for one pixel more than the one before it.
std::string gif_of_zeros(uint32_t count) {
  std::string bytes;
  uint32_t buffer = 0, have = 0;
  const auto put = [&](uint32_t code, uint32_t bits) {
    for (buffer |= code << have, have += bits; have >= 8; buffer >>= 8, have -= 8)
      bytes += static_cast<char>(buffer);
  };
  uint32_t used = 258, bits = 9;
  put(0, bits);
  for (uint32_t done = 1; done < count; done += used++ - 256) {
    put(used, bits);
    if (used + 1 == 1u << bits) ++bits;
  }
  put(257, bits);
  put(0, 8);
  std::string blocks = "\x08";
  for (size_t at = 0; at < bytes.size(); at += 255) {
    const std::string block = bytes.substr(at, 255);
    blocks += static_cast<char>(block.size());
    blocks += block;
  }
  return blocks + "\0;"s;
}

TEST(ImageLength, APromiseThatTheFileCannotHoldTakesNoMemory) {
  const uint32_t n = 10000;
  const std::pair<const char*, std::string> files[] = {
      {"BMP", bmp_of(n, n, 24, 0, "abc")},
      {"BMP in runs of 8 bits", bmp_of(n, n, 8, 1, "\xff\1\xff\1"s)},
      {"BMP in runs of 4 bits", bmp_of(n, n, 4, 2, "\xff\1\xff\1"s)},
      {"TGA", tga(2, n, n, 24, 0, "abc")},
      {"TGA in runs", tga(10, n, n, 24, 0, "\xff"s + "abc")},
      {"PBM", "P4 10000 10000 a"},
      {"PGM", "P5 10000 10000 255 a"},
      {"PPM", "P6 10000 10000 65535 ab"},
      {"plain PBM", "P1 10000 10000 1"},
      {"plain PPM", "P3 10000 10000 255 1 2 3"},
      {"PSD", psd_of(n, n, 0)},
      {"PSD in runs", psd_of(n, n, 1)},
      {"HDR", hdr("-Y 10000 +X 10000", "abcdefgh")},
      {"PNG", png(n, n, 8, 2, "\0\0\0\0"s)},
      {"PNG of bits", png(n, n, 1, 0, "\0\0\0\0"s)},
      {"GIF", gif_of(n, n, "\2\2\x44\1\0;"s)}};
  for (const auto& [what, bytes] : files) {
    const auto allocator = std::make_shared<MeasuringAllocator>();
    SampleMemory memory(allocator);
    try {
      decode_image(bytes_of(bytes), what, {}, memory);
      ADD_FAILURE() << what << " was read";
    } catch (const Error& error) {
      EXPECT_EQ(error.status(), Status::format) << error.what();
    }
    EXPECT_LT(allocator->asked, 1u << 20) << what;
  }
}

// The best that each codec can do is still read: runs of the greatest length, a picture of zeros.
TEST(ImageLength, TheBestCompressionIsNoReasonToRefuse) {
  const uint32_t n = 1024;
  std::string tga_runs, bmp_runs;
  for (uint32_t i = 0; i < n * n / 128; ++i) tga_runs += "\xff\7"s;
  for (uint32_t y = 0; y < n; ++y) bmp_runs += "\xff\0\xff\0\xff\0\xff\0\4\0\0\0"s;
  const std::string files[] = {tga(11, n, n, 8, 0, tga_runs), bmp_of(n, n, 8, 1, bmp_runs + "\0\1"s),
                               gif_of(n, n, gif_of_zeros(n * n)),
                               png(2048, 2048, 8, 0, std::string(2048 * 2049, '\0')),
                               hdr("-Y 1000 +X 1000", [] {
                                 std::string rows;
                                 for (int y = 0; y < 1000; ++y) rows += "abcd\1\1\1\xe7\1\1\1\3"s;
                                 return rows;
                               }())};
  for (const std::string& bytes : files) {
    SampleMemory memory(system_allocator());
    EXPECT_NO_THROW(decode_image(bytes_of(bytes), "image", {}, memory));
  }
}

}  // namespace
}  // namespace fovea::data
