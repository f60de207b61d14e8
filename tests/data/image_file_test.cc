#include "data/image_file.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>
#include <thread>

#include "data/image_samples.h"

namespace fovea::data {
namespace {

using namespace fovea::testing;
using namespace std::string_literals;

struct Image {
  Shape shape;
  std::vector<uint8_t> pixels;

  int at(int64_t y, int64_t x, int64_t c = 0) const {
    return pixels[static_cast<size_t>((y * shape[1] + x) * shape[2] + c)];
  }
};

Image decode(const std::string& bytes, const ImageOptions& options = {}) {
  SampleMemory memory(system_allocator());
  const TensorView view = decode_image(bytes_of(bytes), "image", options, memory);
  EXPECT_EQ(view.dtype, DType::u8);
  const auto* data = static_cast<const uint8_t*>(view.data);
  return {view.shape, {data, data + view.bytes()}};
}

// The squares of the JPEG and the GIF, by colour.
constexpr int kSquares[2][3][3] = {{{255, 0, 0}, {0, 255, 0}, {0, 0, 255}},
                                   {{255, 255, 255}, {0, 0, 0}, {255, 255, 0}}};

TEST(ImageFile, Jpeg) {
  const Image image = decode(jpeg());
  ASSERT_EQ(image.shape, (Shape{16, 24, 3}));
  for (int64_t y = 0; y < 16; ++y)
    for (int64_t x = 0; x < 24; ++x)
      for (int64_t c = 0; c < 3; ++c) EXPECT_NEAR(image.at(y, x, c), kSquares[y / 8][x / 8][c], 2);
  const ImageInfo info = image_info(bytes_of(jpeg()), "image");
  EXPECT_EQ(info.format, ImageFormat::jpeg);
  EXPECT_EQ(info.height, 16);
  EXPECT_EQ(info.width, 24);
  EXPECT_EQ(info.channels, 3);
  EXPECT_EQ(info.orientation, 1);
}

TEST(ImageFile, GifHasAlpha) {
  const Image image = decode(gif());
  ASSERT_EQ(image.shape, (Shape{8, 12, 4}));
  for (int64_t y = 0; y < 8; ++y)
    for (int64_t x = 0; x < 12; ++x) {
      for (int64_t c = 0; c < 3; ++c) EXPECT_EQ(image.at(y, x, c), kSquares[y / 4][x / 4][c]);
      EXPECT_EQ(image.at(y, x, 3), 255);
    }
}

Image turned_clockwise(const Image& in) {
  Image out{{in.shape[1], in.shape[0], in.shape[2]}, {}};
  for (int64_t y = 0; y < out.shape[0]; ++y)
    for (int64_t x = 0; x < out.shape[1]; ++x)
      for (int64_t c = 0; c < 3; ++c)
        out.pixels.push_back(static_cast<uint8_t>(in.at(in.shape[0] - 1 - x, y, c)));
  return out;
}
Image mirrored(const Image& in) {
  Image out{in.shape, {}};
  for (int64_t y = 0; y < in.shape[0]; ++y)
    for (int64_t x = 0; x < in.shape[1]; ++x)
      for (int64_t c = 0; c < 3; ++c)
        out.pixels.push_back(static_cast<uint8_t>(in.at(y, in.shape[1] - 1 - x, c)));
  return out;
}

TEST(ImageFile, OrientationIsHonoured) {
  const Image stored = decode(jpeg());
  // EXIF 2.32, table of orientations, by mirroring and quarter turns.
  const auto turned = [&](const Image& image, int times) {
    Image out = image;
    for (int i = 0; i < times; ++i) out = turned_clockwise(out);
    return out;
  };
  const Image expected[] = {stored,
                            mirrored(stored),
                            turned(stored, 2),
                            turned(mirrored(stored), 2),
                            turned(mirrored(stored), 3),
                            turned(stored, 1),
                            turned(mirrored(stored), 1),
                            turned(stored, 3)};
  for (int o = 1; o <= 8; ++o)
    for (const bool little : {false, true}) {
      const std::string bytes = jpeg_oriented(o, little);
      const Image upright = decode(bytes);
      EXPECT_EQ(upright.shape, expected[o - 1].shape) << o;
      EXPECT_EQ(upright.pixels, expected[o - 1].pixels) << o;
      const Image kept = decode(bytes, {.keep_orientation = true});
      EXPECT_EQ(kept.shape, stored.shape);
      EXPECT_EQ(kept.pixels, stored.pixels);
      EXPECT_EQ(image_info(bytes_of(bytes), "image").orientation, o);
    }
}

// The PNG of a row of pixels with an eXIf chunk in front of them or behind.
std::string png_oriented(int orientation, bool behind, bool damaged = false) {
  const std::string plain = png(3, 1, 8, 0, "\0abc"s);
  const std::string tiff = "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + static_cast<char>(orientation) +
                           "\0\0\0\0\0\0"s;
  std::string chunk = png_chunk("eXIf", tiff);
  if (damaged) chunk.back() = static_cast<char>(chunk.back() ^ 1);
  const size_t at = plain.find(behind ? "IEND" : "IDAT") - 4;
  return plain.substr(0, at) + chunk + plain.substr(at);
}

TEST(ImageFile, OrientationOfAPng) {
  const auto text = [](const Image& image) { return std::string(image.pixels.begin(), image.pixels.end()); };
  const Image turned = decode(png_oriented(6, false));
  EXPECT_EQ(turned.shape, (Shape{3, 1, 1}));
  EXPECT_EQ(text(turned), "abc");
  EXPECT_EQ(text(decode(png_oriented(3, false))), "cba");
  EXPECT_EQ(text(decode(png_oriented(3, false), {.keep_orientation = true})), "abc");
  EXPECT_EQ(text(decode(png_oriented(3, true))), "abc");
  EXPECT_EQ(text(decode(png_oriented(3, false, true))), "abc");
  EXPECT_EQ(image_info(bytes_of(png_oriented(6, false)), "image").orientation, 6);
}

// Cameras and editors write several segments of that kind: XMP in front, another EXIF behind.
TEST(ImageFile, TheFirstExifSegmentCounts) {
  const std::string exif = jpeg_oriented(6, true), other = jpeg_oriented(3, false);
  const auto segment = [](const std::string& file) { return file.substr(2, file.size() - jpeg().size()); };
  const std::string xmp = "\xff\xe1\0\x22http://ns.adobe.com/xap/1.0/\0abc"s, rest = jpeg().substr(2);
  const auto orientation = [&](const std::string& segments) {
    return image_info(bytes_of("\xff\xd8" + segments + rest), "image").orientation;
  };
  EXPECT_EQ(orientation(xmp + segment(exif)), 6);
  EXPECT_EQ(orientation(segment(exif) + segment(other)), 6);
  EXPECT_EQ(orientation(segment(other) + xmp + segment(exif)), 3);
  // Behind the frame it would be seen by one look and not by another.
  const size_t scan = rest.find("\xff\xda"s);
  const std::string late = "\xff\xd8" + rest.substr(0, scan) + segment(exif) + rest.substr(scan);
  EXPECT_EQ(image_info(bytes_of(late), "image").orientation, 1);
}

TEST(ImageFile, AnExifSegmentThatMakesNoSenseIsPassedOver) {
  const std::string good = jpeg_oriented(6, true);
  const std::vector<uint8_t> upright = decode(good).pixels;
  // Every byte of it in turn becomes 255, which may break its offsets, counts and types.
  for (size_t i = 6; i < 38; ++i) {
    std::string bad = good;
    bad[i] = '\xff';
    const ImageInfo info = image_info(bytes_of(bad), "image");
    EXPECT_TRUE(info.orientation == 1 || info.orientation == 6) << i;
    EXPECT_EQ(decode(bad, {.keep_orientation = true}).pixels, decode(jpeg()).pixels) << i;
  }
}

TEST(ImageFile, Channels) {
  const std::string image = png(2, 1, 8, 6, "\0\x0a\x14\x1e\x28\xff\x80\x40\x20"s);
  EXPECT_EQ(decode(image).pixels, (std::vector<uint8_t>{10, 20, 30, 40, 255, 128, 64, 32}));
  EXPECT_EQ(decode(image, {.channels = 3}).pixels, (std::vector<uint8_t>{10, 20, 30, 255, 128, 64}));
  const auto luma = [](double r, double g, double b) {
    return static_cast<uint8_t>(std::lround(.299 * r + .587 * g + .114 * b));
  };
  const uint8_t first = luma(10, 20, 30), second = luma(255, 128, 64);
  EXPECT_EQ(decode(image, {.channels = 1}).pixels, (std::vector<uint8_t>{first, second}));
  EXPECT_EQ(decode(image, {.channels = 2}).pixels, (std::vector<uint8_t>{first, 40, second, 32}));
  const std::string grey = png(2, 1, 8, 0, "\0\x07\x09"s);
  EXPECT_EQ(decode(grey).pixels, (std::vector<uint8_t>{7, 9}));
  EXPECT_EQ(decode(grey, {.channels = 3}).pixels, (std::vector<uint8_t>{7, 7, 7, 9, 9, 9}));
  EXPECT_EQ(decode(grey, {.channels = 4}).pixels, (std::vector<uint8_t>{7, 7, 7, 255, 9, 9, 9, 255}));
  EXPECT_EQ(decode(png(1, 1, 16, 2, "\0\x12\xff\x34\0\x56\x80"s)).pixels,
            (std::vector<uint8_t>{0x12, 0x34, 0x56}));
}

TEST(ImageFile, Limits) {
  EXPECT_EQ(decode(jpeg(), {.max_pixels = 24 * 16}).shape[0], 16);
  expect_error(Status::format, "24 x 16 pixels, more than the 383",
               [] { decode(jpeg(), {.max_pixels = 24 * 16 - 1}); });
  for (const int channels : {-1, 5})
    expect_error(Status::invalid_argument, "channels", [&] { decode(jpeg(), {.channels = channels}); });
  for (const int64_t pixels : {int64_t{0}, int64_t{-1}, kLargestMaxPixels + 1})
    expect_error(Status::invalid_argument, "max_pixels", [&] { decode(jpeg(), {.max_pixels = pixels}); });
}

TEST(ImageFile, WhatAPngUnpacksToIsBounded) {
  // 1 x 1 pixels, and 64 MB of zeros behind them.
  expect_error(Status::format, "unpacks to more",
               [] { decode(png(1, 1, 8, 0, std::string(64 << 20, '\0'))); });
  // A claim of 2^26 pixels with a byte of data.
  expect_error(Status::format, "too many for its", [] { decode(png(8192, 8192, 8, 0, "\0\0"s)); });
  // One that its data might hold, and do not.
  expect_error(Status::format, "damaged PNG", [] { decode(png(128, 128, 8, 0, "\0\0"s)); });
}

TEST(ImageFile, AJpegOfManyPixelsAndFewBytesIsRefused) {
  std::string bytes = jpeg();
  const size_t frame = bytes.find("\xff\xc0"s);
  bytes[frame + 5] = bytes[frame + 7] = '\x20';
  expect_error(Status::format, "too many for its", [&] { decode(bytes); });
}

TEST(ImageFile, DamageIsNoticed) {
  std::string bytes = png(2, 2, 8, 0, "\0ab\0cd"s);
  bytes[45] = static_cast<char>(bytes[45] ^ 1);
  expect_error(Status::format, "checksum", [&] { decode(bytes); });
  for (const std::string& whole :
       {jpeg(), gif(), png(2, 2, 8, 0, "\0ab\0cd"s), bmp(2, 1, "abcdef\0\0"s), tga(2, 2, 1, 24, 0, "abcdef"),
        psd(2, 1, "abcdef"), "P5 2 2 255 abcd"s, hdr("-Y 1 +X 2", "abcdefgh")}) {
    EXPECT_NO_THROW(decode(whole));
    for (size_t n = 0; n + 3 < whole.size(); ++n) {
      try {
        decode(whole.substr(0, n));
        ADD_FAILURE() << "read from " << n << " of " << whole.size() << " bytes";
      } catch (const Error& error) {
        EXPECT_TRUE(error.status() == Status::format || error.status() == Status::unsupported)
            << error.what();
      }
    }
  }
}

TEST(ImageFile, Bmp) {
  // Blue, green, red; the lower row first, unless the height is negative.
  const std::string rows = "\1\2\3\4\5\6\0\0\x0b\x0c\x0d\x0e\x0f\x10\0\0"s;
  EXPECT_EQ(decode(bmp(2, 2, rows)).pixels, (std::vector<uint8_t>{13, 12, 11, 16, 15, 14, 3, 2, 1, 6, 5, 4}));
  EXPECT_EQ(decode(bmp(2, -2, rows)).pixels,
            (std::vector<uint8_t>{3, 2, 1, 6, 5, 4, 13, 12, 11, 16, 15, 14}));
  expect_error(Status::format, "width or height", [&] { decode(bmp(0, 2, rows)); });
  expect_error(Status::format, "2 x 2147483648 pixels", [&] { decode(bmp(2, INT32_MIN, "")); });
}

TEST(ImageFile, TgaOriginsAndRuns) {
  const std::string grey = "abcd";  // two rows of two
  using Pixels = std::vector<uint8_t>;
  EXPECT_EQ(decode(tga(3, 2, 2, 8, 0x20, grey)).pixels, (Pixels{'a', 'b', 'c', 'd'}));
  EXPECT_EQ(decode(tga(3, 2, 2, 8, 0x00, grey)).pixels, (Pixels{'c', 'd', 'a', 'b'}));
  EXPECT_EQ(decode(tga(3, 2, 2, 8, 0x30, grey)).pixels, (Pixels{'b', 'a', 'd', 'c'}));
  EXPECT_EQ(decode(tga(3, 2, 2, 8, 0x10, grey)).pixels, (Pixels{'d', 'c', 'b', 'a'}));
  EXPECT_EQ(decode(tga(11, 5, 1, 8, 0x20, "\x82x\1yz")).pixels, (Pixels{'x', 'x', 'x', 'y', 'z'}));
  expect_error(Status::format, "past the end", [] { decode(tga(11, 2, 1, 8, 0x20, "\x82x")); });
}

TEST(ImageFile, Pnm) {
  using Pixels = std::vector<uint8_t>;
  EXPECT_EQ(decode("P1\n# it\n3 1\n1 01").pixels, (Pixels{0, 255, 0}));
  EXPECT_EQ(decode("P2 2 1 10\n5 10\n").pixels, (Pixels{128, 255}));
  EXPECT_EQ(decode("P3 1 1 255 1 2 3 ").pixels, (Pixels{1, 2, 3}));
  EXPECT_EQ(decode("P4 9 1\n\xaa\x80").pixels, (Pixels{0, 255, 0, 255, 0, 255, 0, 255, 0}));
  EXPECT_EQ(decode("P5 2 1 65535\n\xff\xff\x80\x80").pixels, (Pixels{255, 128}));
  EXPECT_EQ(decode("P6 1 1 255\nabc").pixels, (Pixels{'a', 'b', 'c'}));
  expect_error(Status::format, "larger than the header says", [] { decode("P5 1 1 9\n\x0a"); });
  expect_error(Status::format, "a number was expected", [] { decode("P5 x 1 9\n\x0a"); });
  expect_error(Status::format, "largest value", [] { decode("P5 1 1 0\n\x0a"); });
}

TEST(ImageFile, AJpegsHuffmanTablesAreChecked) {
  std::string bytes = jpeg();
  const size_t table = bytes.find("\xff\xc4"s);
  for (size_t i = 0; i < 16; ++i) bytes[table + 5 + i] = '\x7f';
  expect_error(Status::format, "Huffman table", [&] { decode(bytes); });
}

TEST(ImageFile, PsdInRuns) {
  // Two rows of three in four channels: lengths of rows, then runs (0xfe: three times) and stretches.
  std::string packed = psd(3, 2, "");
  packed[13] = '\4';
  packed[packed.size() - 1] = '\1';
  for (int i = 0; i < 8; ++i) packed += "\0\2"s;
  for (int i = 0; i < 8; ++i) packed += "\xfe"s + static_cast<char>('a' + i);
  const Image image = decode(packed);
  ASSERT_EQ(image.shape, (Shape{2, 3, 4}));
  for (int y = 0; y < 2; ++y)
    for (int x = 0; x < 3; ++x)
      for (int c = 0; c < 4; ++c) EXPECT_EQ(image.at(y, x, c), 'a' + 2 * c + y);
  packed[packed.size() - 2] = '\xfd';
  expect_error(Status::format, "past the edge", [&] { decode(packed); });
}

TEST(ImageFile, PsdAndHdr) {
  EXPECT_EQ(decode(psd(2, 1, "\1\2\3\4\5\6"), {.channels = 3}).pixels,
            (std::vector<uint8_t>{1, 3, 5, 2, 4, 6}));
  // An exponent of 128 + 8 leaves the bytes: 1 is white.
  const Image image = decode(hdr("-Y 1 +X 2", "\x80\x40\x20\x81\1\2\3\0"s));
  ASSERT_EQ(image.shape, (Shape{1, 2, 3}));
  for (int c = 0; c < 3; ++c) EXPECT_NEAR(image.at(0, 0, c), std::pow(1 / std::exp2(c), 1 / 2.2) * 255, 1);
  for (int c = 0; c < 3; ++c) EXPECT_EQ(image.at(0, 1, c), 0);
}

TEST(ImageFile, WhatIsNoImage) {
  expect_error(Status::format, "nothing in it", [] { decode(""); });
  for (const auto& [bytes, name] : {std::pair{"II*\0abcdefgh"s, "TIFF"},
                                    {"RIFF0000WEBPVP8 "s, "WebP"},
                                    {"qoif0000000000"s, "QOI"},
                                    {"farbfeld0000"s, "farbfeld"}})
    expect_error(Status::unsupported, name, [&] { decode(bytes); });
  // Random bytes are no image, whatever they look like.
  std::mt19937 random(1);
  for (int i = 0; i < 20000; ++i) {
    std::string bytes(64, '\0');
    for (char& c : bytes) c = static_cast<char>(random());
    expect_error(Status::unsupported, "not an image", [&] { decode(bytes); });
  }
}

TEST(ImageFile, FromAPath) {
  const TempDir dir;
  spit(dir / "a.jpg", jpeg_oriented(6, false));
  SampleMemory memory(system_allocator());
  EXPECT_EQ(decode_image_file(dir / "a.jpg", {}, memory).shape, (Shape{24, 16, 3}));
  EXPECT_TRUE(image_file_info(dir / "a.jpg").transposed());
  // The header is beyond the part that is read first.
  std::string far = jpeg().substr(0, 2);
  for (int i = 0; i < 3; ++i) far += "\xff\xe2\xff\xff" + std::string(65533, 'x');
  spit(dir / "far.jpg", far + jpeg().substr(2));
  EXPECT_EQ(image_file_info(dir / "far.jpg").width, 24);
  expect_error(Status::not_found, "none.jpg", [&] { image_file_info(dir / "none.jpg"); });
  expect_error(Status::not_found, "none.jpg", [&] { decode_image_file(dir / "none.jpg", {}, memory); });
  expect_error(Status::io, "", [&] { decode_image_file(dir.path(), {}, memory); });
}

// Counts what is out, and refuses after a number of calls.
struct CountingAllocator final : Allocator {
  int left = 1 << 30, out = 0;
  void* allocate(size_t bytes, size_t alignment) noexcept override {
    if (left-- <= 0) return nullptr;
    ++out;
    return std::aligned_alloc(alignment, align_up(bytes, alignment));
  }
  void release(void* p, size_t) noexcept override {
    if (p != nullptr) --out;
    std::free(p);
  }
};

TEST(ImageFile, EveryAllocationMayBeRefused) {
  for (const std::string& bytes : {jpeg_oriented(6, true), gif(), png(2, 2, 8, 0, "\0ab\0cd"s),
                                   psd(2, 1, "abcdef"), hdr("-Y 1 +X 2", "abcdefgh")}) {
    bool done = false;
    for (int n = 0; !done; ++n) {
      ASSERT_LT(n, 100);
      const auto allocator = std::make_shared<CountingAllocator>();
      allocator->left = n;
      try {
        SampleMemory memory(allocator);
        decode_image(bytes_of(bytes), "image", {}, memory);
        done = true;
      } catch (const Error& error) {
        EXPECT_EQ(error.status(), Status::out_of_memory) << error.what();
      }
      EXPECT_EQ(allocator->out, 0);
    }
  }
}

TEST(ImageFile, ManyThreadsDecodeTheSame) {
  const std::vector<uint8_t> once = decode(jpeg()).pixels;
  std::vector<std::thread> threads;
  std::vector<int> same(4);
  for (size_t t = 0; t < 4; ++t)
    threads.emplace_back([&, t] {
      for (int i = 0; i < 50; ++i) {
        same[t] += decode(jpeg()).pixels == once;
        EXPECT_THROW(decode(jpeg().substr(0, 300)), Error);
      }
    });
  for (std::thread& thread : threads) thread.join();
  EXPECT_EQ(same, std::vector<int>(4, 50));
}

}  // namespace
}  // namespace fovea::data
