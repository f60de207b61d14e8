// The image corpora: every valid file decodes to what other decoders make of it, every damaged or foreign one
// gives an error. image_corpus.txt is written by make_image_corpus.py, which says what its rows mean.
#include <gtest/gtest.h>

#include <array>
#include <map>
#include <sstream>

#include "data/image_file.h"
#include "io/files.h"
#include "io/gzip.h"

namespace fovea::data {
namespace {

using testing::data_dir;

struct Row {
  std::string path, kind, value;
  int64_t width = 0, height = 0;
  int channels = 0;
};

std::vector<Row> rows() {
  std::vector<Row> out;
  std::ifstream file(FOVEA_IMAGE_CORPUS);
  for (std::string line; std::getline(file, line);) {
    Row row;
    row.path = line.substr(0, line.find('\t'));
    std::istringstream rest(line.substr(row.path.size()));
    rest >> row.kind >> row.width >> row.height >> row.channels >> row.value;
    out.push_back(row);
  }
  return out;
}

// JPEG decoders may differ (ISO 10918-2 allows a level in each coefficient); these files by more than two
// levels at some of the 64 places, with the reason.
const std::map<std::string, int> kLargestDifference = {
    // Chroma of one or two columns is repeated by libjpeg and interpolated by stb_image.
    {"jpeg-decoder/reftest/images/mozilla/jpg-size-3x3.jpg", 81},
    {"jpeg-decoder/reftest/images/mozilla/jpg-size-4x4.jpg", 75},
};

uint8_t hex_byte(const std::string& text, size_t i) {
  return static_cast<uint8_t>(std::stoi(text.substr(2 * i, 2), nullptr, 16));
}

void expect_near(const Row& row, const TensorView& image) {
  const auto* pixels = static_cast<const uint8_t*>(image.data);
  const auto allowed = kLargestDifference.find(row.path);
  const int limit = allowed != kLargestDifference.end() ? allowed->second : 2;
  const int64_t count = row.width * row.height;
  const auto channels = static_cast<size_t>(row.channels);
  for (size_t i = 0; i < 64; ++i)
    for (size_t c = 0; c < channels; ++c) {
      const size_t at = static_cast<size_t>(static_cast<int64_t>(i) * count / 64) * channels + c;
      EXPECT_NEAR(pixels[at], hex_byte(row.value, i * channels + c), limit)
          << row.path << ", place " << i << ", channel " << c;
    }
}

// Where a PNG of the whole picture stands beside the JPEG: one value in a thousand may differ by more than
// two levels, which is where interpolated chroma meets an edge.
void expect_like_reference(const Row& row, const TensorView& image) {
  const size_t dot = row.path.rfind('.');
  const std::string reference = data_dir() + "/images/" + row.path.substr(0, dot) + ".png";
  if (!std::filesystem::exists(reference) || kLargestDifference.contains(row.path)) return;
  SampleMemory memory(system_allocator());
  const TensorView other = decode_image_file(reference, {.channels = row.channels}, memory);
  ASSERT_EQ(other.shape, image.shape) << row.path;
  size_t far = 0;
  for (size_t i = 0; i < image.bytes(); ++i)
    far +=
        std::abs(static_cast<const uint8_t*>(image.data)[i] - static_cast<const uint8_t*>(other.data)[i]) > 2;
  EXPECT_LE(far, image.bytes() / 1000) << row.path;
}

void expect_same(const Row& row, const TensorView& image) {
  const auto* pixels = static_cast<const uint8_t*>(image.data);
  std::vector<uint8_t> bytes(pixels, pixels + image.bytes());
  // What colour a GIF's transparent pixel would have is nobody's business.
  if (row.path.ends_with(".gif"))
    for (size_t i = 0; i < bytes.size(); i += 4)
      if (bytes[i + 3] == 0) bytes[i] = bytes[i + 1] = bytes[i + 2] = 0;
  std::array<char, 9> crc{};
  std::snprintf(crc.data(), crc.size(), "%08x", io::crc32(std::as_bytes(std::span(bytes))));
  EXPECT_EQ(row.value, crc.data()) << row.path;
}

TEST(ImageCorpus, EveryFile) {
  if (data_dir().empty()) GTEST_SKIP() << "FOVEA_DATA is not set";
  const std::vector<Row> all = rows();
  ASSERT_GT(all.size(), 250u);
  SampleMemory memory(system_allocator());
  for (const Row& row : all) {
    const std::string path = data_dir() + "/images/" + row.path;
    memory.reset();
    try {
      const TensorView image = decode_image_file(path, {}, memory);
      ASSERT_TRUE(row.kind == "same" || row.kind == "near") << row.path << " is read, expected " << row.kind;
      ASSERT_EQ(image.shape, (Shape{row.height, row.width, row.channels})) << row.path;
      if (row.kind == "same") {
        expect_same(row, image);
      } else {
        expect_near(row, image);
        expect_like_reference(row, image);
      }
      const ImageInfo info = image_file_info(path);
      EXPECT_EQ(decoded_shape(info, {}), image.shape) << row.path;
    } catch (const Error& error) {
      EXPECT_EQ(row.kind, error.status() == Status::format        ? "format"
                          : error.status() == Status::unsupported ? "unsupported"
                                                                  : "?")
          << row.path << ": " << error.what();
    }
  }
}

// Cut short anywhere, a file is refused: a picture is never half there.
TEST(ImageCorpus, TruncatedFilesAreRefused) {
  if (data_dir().empty()) GTEST_SKIP() << "FOVEA_DATA is not set";
  SampleMemory memory(system_allocator());
  int refused = 0;
  for (const Row& row : rows()) {
    if (row.kind != "same" && row.kind != "near") continue;
    const std::string bytes = testing::slurp(data_dir() + "/images/" + row.path);
    if (bytes.size() > 60000) continue;
    // More frames, a thumbnail and comments follow the picture in these.
    const bool more = row.path.find("/anim/") != std::string::npos || row.path.ends_with(".tga");
    for (const size_t quarters : {1, 2, 3}) {
      if (more && quarters > 1) continue;
      const size_t size = bytes.size() * quarters / 4;
      memory.reset();
      try {
        decode_image(testing::bytes_of(bytes).first(size), "cut", {}, memory);
        ADD_FAILURE() << row.path << " is read from " << size << " of its " << bytes.size() << " bytes";
      } catch (const Error& error) {
        EXPECT_TRUE(error.status() == Status::format || error.status() == Status::unsupported)
            << error.what();
        ++refused;
      }
    }
  }
  EXPECT_GT(refused, 300);
}

// The photographs of the transfer-learning set, which are decoded as a whole folder elsewhere.
TEST(ImageCorpus, Photographs) {
  if (data_dir().empty()) GTEST_SKIP() << "FOVEA_DATA is not set";
  SampleMemory memory(system_allocator());
  int read = 0;
  for (const auto& entry :
       std::filesystem::directory_iterator(data_dir() + "/photos/hymenoptera_data/val/bees")) {
    memory.reset();
    const TensorView image = decode_image_file(entry.path(), {.channels = 3}, memory);
    EXPECT_EQ(image.shape[2], 3);
    ++read;
  }
  EXPECT_GT(read, 50);
}

}  // namespace
}  // namespace fovea::data
