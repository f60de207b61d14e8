// Small images as bytes, for tests.
#pragma once
#include <cstdint>
#include <string>
#include <vector>

#include "io/files.h"
#include "io/gzip.h"

namespace fovea::testing {

inline std::string from_hex(std::string_view hex) {
  std::string out;
  for (size_t i = 0; i < hex.size(); i += 2)
    out += static_cast<char>(std::stoi(std::string(hex.substr(i, 2)), nullptr, 16));
  return out;
}

// 24 x 16 in six squares: red, green, blue over white, black, yellow. By PIL, quality 90.
inline std::string jpeg() {
  return from_hex(
      "ffd8ffe000104a46494600010100000100010000ffdb0043000302020302020303030304030304050805050404050a07070608"
      "0c0a"
      "0c0c0b0a0b0b0d0e12100d0e110e0b0b1016101113141515150c0f171816141812141514ffdb00430103040405040509050509"
      "1414"
      "0d0b0d141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414141414"
      "1414"
      "1414141414ffc00011080010001803011100021101031101ffc4001600010101000000000000000000000000000a0809ffc400"
      "1410"
      "0100000000000000000000000000000000ffc400190100020301000000000000000000000000000906070a08ffc40014110100"
      "0000"
      "00000000000000000000000000ffda000c03010002110311003f009d1461a9ac6524cc7b2f1a3377292d9562702ae012d15527"
      "0fff"
      "d9");
}
// The same squares, 12 x 8.
inline std::string gif() {
  return from_hex(
      "4749463837610c000800820000ffffffffff0000ff00ff00000000ff0000000000000000002c000000000c0008000008320007"
      "081c"
      "20a0a0000208090c246830a1c281060f265c18d121808b000a682c10a063008c19377afc887123478f204d8e0c08003b");
}

// The JPEG with an EXIF segment in front that has this orientation.
inline std::string jpeg_oriented(int orientation, bool little) {
  const std::string o(1, static_cast<char>(orientation));
  using namespace std::string_literals;
  const std::string tiff = little ? "II*\0\x08\0\0\0\x01\0\x12\x01\x03\0\x01\0\0\0"s + o + "\0\0\0\0\0\0\0"s
                                  : "MM\0*\0\0\0\x08\0\x01\x01\x12\0\x03\0\0\0\x01\0"s + o + "\0\0\0\0\0\0"s;
  const std::string body = "Exif\0\0"s + tiff;
  const auto length = static_cast<char>(body.size() + 2);
  return jpeg().substr(0, 2) + "\xff\xe1\0"s + length + body + jpeg().substr(2);
}

inline std::string big32(uint32_t v) {
  return {static_cast<char>(v >> 24), static_cast<char>(v >> 16), static_cast<char>(v >> 8),
          static_cast<char>(v)};
}
inline std::string little16(uint32_t v) {
  return {static_cast<char>(v), static_cast<char>(v >> 8)};
}
inline std::string little32(uint32_t v) {
  return little16(v) + little16(v >> 16);
}

inline std::string png_chunk(const std::string& type, const std::string& data) {
  const std::string both = type + data;
  return big32(static_cast<uint32_t>(data.size())) + both + big32(io::crc32(bytes_of(both)));
}
// `rows` are filtered rows as PNG has them.
inline std::string png(uint32_t width, uint32_t height, int bits, int color, const std::string& rows) {
  const std::vector<std::byte> packed = io::zlib_packed(bytes_of(rows));
  const std::string data(reinterpret_cast<const char*>(packed.data()), packed.size());
  const std::string header = big32(width) + big32(height) + static_cast<char>(bits) +
                             static_cast<char>(color) + std::string(3, '\0');
  return "\x89PNG\r\n\x1a\n" + png_chunk("IHDR", header) + png_chunk("IDAT", data) + png_chunk("IEND", "");
}

// 24 bits, from the bottom up; `rows` in blue, green, red, padded.
inline std::string bmp(int32_t width, int32_t height, const std::string& rows) {
  return "BM" + little32(static_cast<uint32_t>(54 + rows.size())) + little32(0) + little32(54) +
         little32(40) + little32(static_cast<uint32_t>(width)) + little32(static_cast<uint32_t>(height)) +
         little16(1) + little16(24) + std::string(24, '\0') + rows;
}

inline std::string tga(int type, uint32_t width, uint32_t height, int bits, int descriptor,
                       const std::string& data) {
  return std::string(2, '\0') + static_cast<char>(type) + std::string(9, '\0') + little16(width) +
         little16(height) + static_cast<char>(bits) + static_cast<char>(descriptor) + data;
}

// Three channels of 8 bits, one plane after the other.
inline std::string psd(uint32_t width, uint32_t height, const std::string& planes) {
  using namespace std::string_literals;
  return "8BPS\0\1\0\0\0\0\0\0\0\3"s + big32(height) + big32(width) + "\0\x08\0\3"s + std::string(12, '\0') +
         "\0\0"s + planes;
}

inline std::string hdr(const std::string& size, const std::string& pixels) {
  return "#?RADIANCE\nFORMAT=32-bit_rle_rgbe\n\n" + size + "\n" + pixels;
}

}  // namespace fovea::testing
