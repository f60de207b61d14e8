#include "data/idx.h"

#include <gtest/gtest.h>
#include <zlib.h>

#include "data/stored.h"
#include "io/files.h"

namespace fovea::data {
namespace {

using testing::stored;

using testing::bytes_of;
using testing::data_dir;
using testing::expect_error;
using testing::spit;
using testing::TempDir;

std::string idx(std::vector<uint32_t> extents, const std::string& data, int type = 8) {
  std::string out{'\0', '\0', static_cast<char>(type), static_cast<char>(extents.size())};
  for (const uint32_t e : extents)
    for (int shift = 24; shift >= 0; shift -= 8) out += static_cast<char>(e >> shift);
  return out + data;
}

DatasetPtr read(const std::string& images, const std::string& labels, IdxOptions options = {}) {
  const auto i = io::open_stream(io::memory_source(bytes_of(images), "images"));
  const auto l = io::open_stream(io::memory_source(bytes_of(labels), "labels"));
  return read_idx(*i, *l, options, system_allocator());
}

const std::string kImages = idx({3, 2, 2}, "abcdefghijkl");
const std::string kLabels = idx({3}, std::string("\1\0\2", 3));

TEST(Idx, Reads) {
  const DatasetPtr d = read(kImages, kLabels);
  EXPECT_EQ(d->size(), 3);
  EXPECT_EQ(d->sample_shape(), (Shape{2, 2, 1}));
  EXPECT_EQ(d->dtype(), DType::u8);
  EXPECT_EQ(d->classes(), 3);
  EXPECT_EQ(static_cast<char>(stored(*d, 2)[1]), 'j');
  EXPECT_EQ(d->label(0), 1);
  EXPECT_EQ(d->label(2), 2);
  EXPECT_EQ(read(kImages, kLabels, {.classes = 10})->classes(), 10);
  EXPECT_EQ(read(idx({3, 2, 1, 2}, "abcdefghijkl"), kLabels)->sample_shape(), (Shape{2, 1, 2}));
}

TEST(Idx, PlainAndGzipAlike) {
  const TempDir dir;
  spit(dir / "images", kImages);
  spit(dir / "labels", kLabels);
  const gzFile gz = gzopen((dir / "images.but-not-named-so").c_str(), "wb");
  gzwrite(gz, kImages.data(), static_cast<unsigned>(kImages.size()));
  gzclose(gz);
  const auto plain = open_idx(dir / "images", dir / "labels", {}, system_allocator());
  const auto packed = open_idx(dir / "images.but-not-named-so", dir / "labels", {}, system_allocator());
  EXPECT_EQ(plain->fingerprint(), packed->fingerprint());
  expect_error(Status::not_found, "none",
               [&] { open_idx(dir / "none", dir / "labels", {}, system_allocator()); });
}

TEST(Idx, WhatIsWrongIsSaidWithItsOffset) {
  const auto format = [](std::string_view message, const std::string& images, const std::string& labels,
                         IdxOptions options = {}) {
    SCOPED_TRACE(message);
    expect_error(Status::format, message, [&] { read(images, labels, options); });
  };
  format("'images' is no IDX file: bytes 0 to 3 are 41 42 43 44", "ABCDEF", kLabels);
  format("no IDX file: bytes 0 to 3 are 00 00 0a 03", idx({3, 2, 2}, "abcdefghijkl", 0x0A), kLabels);
  format("'images' ends inside its IDX header, at byte 0", "", kLabels);
  format("'images' ends inside its IDX header, at byte 6", kImages.substr(0, 6), kLabels);
  format("'images': rank 1 at byte 3, but images have rank 3 or more", kLabels, kLabels);
  format("rank 5 at byte 3", idx({1, 1, 1, 1, 1}, "a"), kLabels);
  format("'labels': rank 3 at byte 3, but labels have rank 1", kImages, kImages);
  format("extent 1 at byte 8 is 0", idx({3, 0, 2}, ""), kLabels);
  format("extents up to byte 16 come to more than the 11 bytes", kImages, kLabels, {.max_bytes = 11});
  format("extents up to byte 12 come to more than", idx({UINT32_MAX, UINT32_MAX, UINT32_MAX, UINT32_MAX}, ""),
         kLabels);
  format("'images' has 3 images at byte 4, but 'labels' has 2 labels", kImages, idx({2}, "ab"));
  format("'images' is truncated", kImages.substr(0, kImages.size() - 1), kLabels);
  format("'labels' is truncated", kImages, kLabels.substr(0, kLabels.size() - 1));
  format("'images' goes on after its 3x2x2 elements, at byte 28", kImages + "x", kLabels);
  format("'labels' goes on after its 3 elements, at byte 11", kImages, kLabels + "x");
  format("'labels': label 2 at byte 10, but there are 2 classes", kImages, kLabels, {.classes = 2});
  for (const int type : {0x09, 0x0B, 0x0C, 0x0D, 0x0E})
    expect_error(Status::unsupported, "element type 0x0", [&] {
      read(idx({3, 2, 2}, "abcdefghijkl", type), kLabels);
    });
  expect_error(Status::invalid_argument, "classes is -1", [&] { read(kImages, kLabels, {.classes = -1}); });
  expect_error(Status::invalid_argument, "classes is 257", [&] { read(kImages, kLabels, {.classes = 257}); });
}

TEST(Idx, EveryTruncationIsNoticed) {
  for (size_t size = 0; size < kImages.size(); ++size)
    expect_error(Status::format, "byte", [&] { read(kImages.substr(0, size), kLabels); });
  for (size_t size = 0; size < kLabels.size(); ++size)
    expect_error(Status::format, "byte", [&] { read(kImages, kLabels.substr(0, size)); });
}

TEST(Idx, EveryDamagedHeaderByteIsNoticed) {
  for (size_t i = 0; i < 16; ++i)
    for (int value = 0; value < 256; ++value) {
      std::string damaged = kImages;
      if (damaged[i] == static_cast<char>(value)) continue;
      damaged[i] = static_cast<char>(value);
      try {
        read(damaged, kLabels);
        ADD_FAILURE() << "byte " << i << " = " << value;
      } catch (const Error& error) {
        EXPECT_TRUE(error.status() == Status::format || error.status() == Status::unsupported)
            << error.what();
      }
    }
}

// Counts what is asked of it, and refuses more than a limit.
struct CountingAllocator final : Allocator {
  size_t limit;
  size_t largest = 0;
  int live = 0;
  explicit CountingAllocator(size_t most) : limit(most) {}
  void* allocate(size_t bytes, size_t alignment) noexcept override {
    largest = std::max(largest, bytes);
    if (bytes > limit) return nullptr;
    ++live;
    return std::aligned_alloc(alignment, align_up(bytes, alignment));
  }
  void release(void* p, size_t) noexcept override {
    --live;
    std::free(p);
  }
};

TEST(Idx, ClaimsAreNotBelieved) {
  // Headers that claim a gigabyte, in a plain and in a gzip file of some bytes.
  const std::string labels = idx({1 << 20}, ""), images = idx({1 << 20, 32, 32}, "");
  std::string packed(1000, '\0');
  z_stream z{};
  ASSERT_EQ(deflateInit2(&z, 9, Z_DEFLATED, 16 + MAX_WBITS, 8, Z_DEFAULT_STRATEGY), Z_OK);
  z.next_in = reinterpret_cast<Bytef*>(const_cast<char*>(images.data()));
  z.avail_in = static_cast<uInt>(images.size());
  z.next_out = reinterpret_cast<Bytef*>(packed.data());
  z.avail_out = static_cast<uInt>(packed.size());
  ASSERT_EQ(deflate(&z, Z_FINISH), Z_STREAM_END);
  packed.resize(z.total_out);
  deflateEnd(&z);
  for (const std::string& file : {images, packed}) {
    auto allocator = std::make_shared<CountingAllocator>(SIZE_MAX);
    const auto i = io::open_stream(io::memory_source(bytes_of(file), "images"));
    const auto l = io::open_stream(io::memory_source(bytes_of(labels), "labels"));
    expect_error(Status::format, "truncated", [&] { read_idx(*i, *l, {}, allocator); });
    EXPECT_EQ(allocator->largest, 0u);
  }
}

TEST(Idx, OutOfMemoryIsReported) {
  for (const size_t limit : {0u, 3u}) {
    auto allocator = std::make_shared<CountingAllocator>(limit);
    const auto i = io::open_stream(io::memory_source(bytes_of(kImages), "images"));
    const auto l = io::open_stream(io::memory_source(bytes_of(kLabels), "labels"));
    expect_error(Status::out_of_memory, "no memory", [&] { read_idx(*i, *l, {}, allocator); });
    EXPECT_EQ(allocator->live, 0);
  }
}

TEST(Idx, Mnist) {
  if (data_dir().empty()) GTEST_SKIP() << "FOVEA_DATA is not set";
  const std::string dir = data_dir() + "/mnist/";
  const auto train = open_idx(dir + "train-images-idx3-ubyte.gz", dir + "train-labels-idx1-ubyte.gz", {},
                              system_allocator());
  EXPECT_EQ(train->size(), 60000);
  EXPECT_EQ(train->sample_shape(), (Shape{28, 28, 1}));
  EXPECT_EQ(train->classes(), 10);
  const int64_t first[] = {5, 0, 4, 1, 9, 2, 1, 3, 1, 4};
  for (int64_t i = 0; i < 10; ++i) EXPECT_EQ(train->label(i), first[i]);
  double sum = 0;
  for (int64_t i = 0; i < train->size(); ++i)
    for (size_t k = 0; k < 784; ++k) sum += std::to_integer<int>(stored(*train, i)[k]);
  EXPECT_NEAR(sum / (60000.0 * 784 * 255), 0.1307, 0.0001);  // the mean that everybody knows
  const auto test =
      open_idx(dir + "t10k-images-idx3-ubyte.gz", dir + "t10k-labels-idx1-ubyte.gz", {}, system_allocator());
  EXPECT_EQ(test->size(), 10000);
  EXPECT_EQ(test->label(0), 7);
  EXPECT_NE(test->fingerprint(), train->fingerprint());
  expect_error(Status::format, "60000 images at byte 4", [&] {
    open_idx(dir + "train-images-idx3-ubyte.gz", dir + "t10k-labels-idx1-ubyte.gz", {}, system_allocator());
  });
}

}  // namespace
}  // namespace fovea::data
