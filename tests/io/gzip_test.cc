#include "io/gzip.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include <random>

#include "io/files.h"

namespace fovea::io {
namespace {

using testing::bytes_of;
using testing::expect_error;

std::string packed(std::string_view text, int level = 6) {
  z_stream z{};
  EXPECT_EQ(deflateInit2(&z, level, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  std::string out(deflateBound(&z, text.size()) + 64, '\0');
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(text.data()));
  z.avail_in = static_cast<uInt>(text.size());
  z.next_out = reinterpret_cast<Bytef*>(out.data());
  z.avail_out = static_cast<uInt>(out.size());
  EXPECT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  out.resize(z.total_out);
  deflateEnd(&z);
  return out;
}

std::string unpacked(std::string_view file, uint64_t max_bytes = 1 << 26) {
  const auto stream = open_stream(memory_source(bytes_of(file), "file"));
  const auto bytes = read_all(*stream, max_bytes);
  return {reinterpret_cast<const char*>(bytes.data()), bytes.size()};
}

std::string noise(size_t size) {
  std::minstd_rand random(7);
  std::string text(size, '\0');
  for (char& c : text) c = static_cast<char>(random() >> 8);
  return text;
}

TEST(Gzip, ContentTells) {
  EXPECT_EQ(unpacked("plain text"), "plain text");
  EXPECT_EQ(unpacked(""), "");
  EXPECT_EQ(unpacked("\x1f"), "\x1f");
  EXPECT_EQ(unpacked(packed("")), "");
  EXPECT_EQ(unpacked(packed("packed text")), "packed text");
  for (const size_t size : {1u, 65535u, 65536u, 65537u, 1000000u}) {
    const std::string text = noise(size);
    EXPECT_EQ(unpacked(text), text) << size;
    EXPECT_EQ(unpacked(packed(text)), text) << size;
    EXPECT_EQ(unpacked(packed(text, 0)), text) << size;
  }
}

TEST(Gzip, MembersFollowEachOther) {
  EXPECT_EQ(unpacked(packed("one ") + packed("") + packed("two")), "one two");
}

TEST(Gzip, PiecesOfAnySize) {
  const std::string text = noise(10000), file = packed(text) + packed(text);
  for (const size_t step : {1u, 3u, 9999u, 10001u}) {
    const auto stream = open_stream(memory_source(bytes_of(file), "file"));
    std::string out, piece(step, '\0');
    for (size_t got = step; got == step;) {
      got = stream->read(std::as_writable_bytes(std::span(piece)));
      out.append(piece, 0, got);
    }
    EXPECT_EQ(out, text + text) << step;
  }
}

TEST(Gzip, EveryTruncationIsNoticed) {
  const std::string file = packed("some text that is packed, some text that is packed");
  for (size_t size = 2; size < file.size(); ++size)
    expect_error(Status::format, "at byte " + std::to_string(size), [&] { unpacked(file.substr(0, size)); });
}

TEST(Gzip, EveryFlippedBitIsNoticedOrHarmless) {
  const std::string text = "some text that is packed, some text that is packed", file = packed(text);
  int noticed = 0;
  for (size_t i = 0; i < file.size(); ++i)
    for (int bit = 0; bit < 8; ++bit) {
      std::string damaged = file;
      damaged[i] = static_cast<char>(damaged[i] ^ (1 << bit));
      try {
        const std::string out = unpacked(damaged);
        // Time stamp, flags that mean nothing, or no longer a gzip file at all: never other contents.
        if (i >= 2) {
          EXPECT_EQ(out, text) << "byte " << i << " bit " << bit;
        }
      } catch (const Error& error) {
        EXPECT_EQ(error.status(), Status::format);
        ++noticed;
      }
    }
  EXPECT_GT(noticed, 100);
}

TEST(Gzip, RubbishAfterTheEnd) {
  expect_error(Status::format, "damaged gzip data",
               [&] { unpacked(packed("text") + "rubbish that is no gzip"); });
}

TEST(Gzip, ABombStopsAtTheBound) {
  const std::string file = packed(std::string(50'000'000, '\0'));
  ASSERT_LT(file.size(), 60'000u);
  expect_error(Status::format, "more than the 1000000 bytes", [&] { unpacked(file, 1'000'000); });
  EXPECT_GE(open_stream(memory_source(bytes_of(file), "file"))->most_bytes(), 50'000'000u);
  EXPECT_LT(open_stream(memory_source(bytes_of(file), "file"))->most_bytes(), 60'000'000u);
}

TEST(Gzip, BoundsAreExact) {
  EXPECT_EQ(unpacked("12345", 5), "12345");
  expect_error(Status::format, "more than the 4 bytes", [&] { unpacked("12345", 4); });
  EXPECT_EQ(unpacked("", 0), "");
  EXPECT_EQ(unpacked("12345", UINT64_MAX), "12345");
}

TEST(Gzip, ZlibStream) {
  const std::string text = noise(1000) + std::string(1000, 'x');
  const auto stream = zlib_packed(bytes_of(text));
  std::string out(text.size(), '\0');
  uLongf size = out.size();
  ASSERT_EQ(uncompress(reinterpret_cast<Bytef*>(out.data()), &size,
                       reinterpret_cast<const Bytef*>(stream.data()), stream.size()),
            Z_OK);
  EXPECT_EQ(out, text);
}

}  // namespace
}  // namespace fovea::io
