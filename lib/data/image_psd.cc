// Photoshop documents: the flattened picture at their end, RGB with 8 or 16 bits, plain or in runs.
#include <vector>

#include "data/image_reader.h"

namespace fovea::data {
namespace {

constexpr uint64_t kHeader = 26;

// A row of bytes in PackBits: runs and stretches.
void unpack_row(const Bytes& b, uint64_t at, uint64_t end, std::vector<uint8_t>& row) {
  size_t x = 0;
  while (x < row.size()) {
    if (at + 1 >= end) b.damaged("a row has fewer pixels than it should", at);
    const uint32_t code = b.u8(at++);
    if (code == 128) continue;
    const bool run = code > 128;
    const size_t count = run ? 257 - code : code + 1;
    if (count > row.size() - x || (!run && count > end - at)) b.damaged("a run goes past the edge", at - 1);
    for (size_t i = 0; i < count; ++i) row[x++] = static_cast<uint8_t>(b.u8(run ? at : at + i));
    at += run ? 1 : count;
  }
}

// Where the flattened picture is: behind palette, resources and layers.
struct Picture {
  uint64_t begin;         // of its rows, or where these are packed of their lengths
  uint64_t planes, size;  // bytes of a value
  bool packed;
};
Picture find_picture(const Bytes& b) {
  uint64_t at = kHeader;
  for (int section = 0; section < 3; ++section) at += 4 + uint64_t{b.big32(at)};
  const uint32_t compression = b.big16(at);
  if (compression > 1) b.unsupported("PSD packed by ZIP");
  return {at + 2, b.big16(12), b.big16(22) / 8u, compression == 1};
}

}  // namespace

ImageInfo psd_info(const Bytes& b) {
  if (b.big16(4) != 1) b.unsupported("PSD of that version");
  const uint32_t channels = b.big16(12), bits = b.big16(22), mode = b.big16(24);
  if (channels < 1 || channels > 56) b.damaged("a number of channels that no PSD has", 12);
  if (mode != 3 || channels < 3) b.unsupported("PSD of other colours than RGB");
  if (bits != 8 && bits != 16) b.unsupported("PSD of other than 8 and 16 bits");
  ImageInfo info;
  info.height = b.big32(14);
  info.width = b.big32(18);
  if (info.height > 30000 || info.width > 30000) b.damaged("a size that no PSD has", 14);
  info.channels = channels == 3 ? 3 : 4;
  return info;
}

void check_psd_length(const Bytes& b, const ImageInfo& info) {
  const Picture p = find_picture(b);
  const auto rows = static_cast<uint64_t>(info.height * info.channels);
  const uint64_t row_bytes = static_cast<uint64_t>(info.width) * p.size;
  // Two bytes of a packed row stand for 128 at the most.
  const uint64_t lengths = 2 * p.planes * static_cast<uint64_t>(info.height);
  b.range(p.begin, p.packed ? lengths + rows * ((row_bytes + 127) / 128 * 2) : rows * row_bytes);
}

void read_psd(const Bytes& b, const ImageInfo& info, uint8_t* out) {
  const auto [at_first, planes, size, packed] = find_picture(b);
  const auto height = static_cast<uint64_t>(info.height), width = static_cast<uint64_t>(info.width);
  const auto channels = static_cast<uint64_t>(info.channels);
  const uint64_t row_bytes = width * size;
  std::vector<uint8_t> row(row_bytes);
  uint64_t lengths = at_first;  // of packed rows
  uint64_t at = at_first + (packed ? 2 * height * planes : 0);
  for (uint64_t c = 0; c < channels; ++c)
    for (uint64_t y = 0; y < height; ++y) {
      const uint64_t bytes = packed ? b.big16(lengths) : row_bytes;
      lengths += 2;
      const std::span<const std::byte> stored = b.range(at, bytes);
      if (packed)
        unpack_row(b, at, at + bytes, row);
      else
        std::memcpy(row.data(), stored.data(), row_bytes);
      at += bytes;
      for (uint64_t x = 0; x < width; ++x) out[(y * width + x) * channels + c] = row[x * size];
    }
}

}  // namespace fovea::data
