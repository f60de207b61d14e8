// Images resampled: against PIL's results (tests/golden/images/make_resize.py), on every SIMD target, and by
// properties.
#include "data/resize.h"

#include <gtest/gtest.h>

#include <cstring>
#include <sstream>

#include "base/error.h"
#include "io/safetensors.h"
#include "kernels/targets.h"

namespace fovea::data {
namespace {

using testing::for_each_target;

struct Case {
  Resize how;
  std::string text;
  std::vector<std::byte> x, y;
  TensorView image, expected;
};

std::vector<Case> golden(const char* file) {
  const io::SafetensorsReader reader(std::string(FOVEA_GOLDEN_DIR) + "/images/" + file);
  std::vector<Case> cases(static_cast<size_t>(io::get_int(reader.metadata(), "cases")));
  for (size_t i = 0; i < cases.size(); ++i) {
    Case& c = cases[i];
    c.text = io::get_text(reader.metadata(), "case." + std::to_string(i));
    std::istringstream words(c.text);
    std::string filter;
    words >> filter >> c.how.height >> c.how.width >> c.how.top >> c.how.left >> c.how.bottom >> c.how.right;
    c.how.interpolation = filter == "nearest"    ? Interpolation::nearest
                          : filter == "bilinear" ? Interpolation::bilinear
                          : filter == "bicubic"  ? Interpolation::bicubic
                                                 : Interpolation::area;
    const auto read = [&](const std::string& name, std::vector<std::byte>& bytes) {
      const io::TensorEntry& entry = *reader.find(name + std::to_string(i));
      bytes.resize(static_cast<size_t>(entry.shape.elements()) * size_of(*entry.dtype));
      reader.read(entry, bytes);
      return TensorView{bytes.data(), *entry.dtype, entry.shape};
    };
    c.image = read("x", c.x);
    c.expected = read("y", c.y);
  }
  return cases;
}

template <class T>
double largest_difference(const TensorView& a, const TensorView& b) {
  EXPECT_EQ(a.shape, b.shape);
  double largest = 0;
  for (int64_t i = 0; i < a.shape.elements(); ++i)
    largest = std::max(largest, std::abs(static_cast<double>(static_cast<const T*>(a.data)[i]) -
                                         static_cast<double>(static_cast<const T*>(b.data)[i])));
  return largest;
}

TEST(Resize, IsPilsWithinOneGreyLevel) {
  const std::vector<Case> cases = golden("resize.safetensors");
  ASSERT_EQ(cases.size(), 88u);
  for_each_target([&] {
    int64_t pixels = 0, different = 0;
    SampleMemory memory(system_allocator());
    for (const Case& c : cases) {
      memory.reset();
      const TensorView y = resize(c.image, c.how, memory);
      EXPECT_LE(largest_difference<uint8_t>(y, c.expected), 1) << c.text;
      for (int64_t i = 0; i < y.shape.elements(); ++i, ++pixels)
        different +=
            static_cast<const uint8_t*>(y.data)[i] != static_cast<const uint8_t*>(c.expected.data)[i];
    }
    EXPECT_LT(static_cast<double>(different), 0.02 * static_cast<double>(pixels));
  });
}

TEST(Resize, OfFloatsIsPils) {
  const std::vector<Case> cases = golden("resize_float.safetensors");
  for_each_target([&] {
    SampleMemory memory(system_allocator());
    for (const Case& c : cases) {
      memory.reset();
      EXPECT_LE(largest_difference<float>(resize(c.image, c.how, memory), c.expected), 255 * 1e-6) << c.text;
    }
  });
}

// Every target gives the same bytes: only integers are involved.
TEST(Resize, OfBytesIsTheSameOnEveryTarget) {
  const std::vector<Case> cases = golden("resize.safetensors");
  std::vector<std::vector<uint8_t>> first;
  for_each_target([&] {
    SampleMemory memory(system_allocator());
    for (size_t i = 0; i < cases.size(); ++i) {
      memory.reset();
      const TensorView y = resize(cases[i].image, cases[i].how, memory);
      const auto* p = static_cast<const uint8_t*>(y.data);
      const std::vector<uint8_t> bytes(p, p + y.shape.elements());
      if (first.size() <= i) first.push_back(bytes);
      EXPECT_EQ(bytes, first[i]) << cases[i].text;
    }
  });
}

// A crop is a part of the whole result, a mirrored one the whole's columns in reverse.
TEST(Resize, CropsAndMirrors) {
  for (const char* file : {"resize.safetensors", "resize_float.safetensors"})
    for (const Case& c : golden(file)) {
      if (c.how.height < 3 || c.how.width < 5) continue;
      SampleMemory memory(system_allocator());
      const TensorView whole = resize(c.image, c.how, memory);
      Resize part = c.how;
      part.crop_top = 1;
      part.crop_left = 2;
      part.crop_height = c.how.height - 2;
      part.crop_width = c.how.width - 3;
      const size_t bytes = size_of(whole.dtype) * static_cast<size_t>(whole.shape[2]);
      for (const bool mirror : {false, true}) {
        part.mirror = mirror;
        const TensorView y = resize(c.image, part, memory);
        ASSERT_EQ(y.shape, (Shape{part.crop_height, part.crop_width, whole.shape[2]}));
        const auto pixel = [&](const TensorView& v, int64_t row, int64_t column) {
          return static_cast<const std::byte*>(v.data) +
                 static_cast<size_t>(row * v.shape[1] + column) * bytes;
        };
        for (int64_t row = 0; row < part.crop_height; ++row)
          for (int64_t column = 0; column < part.crop_width; ++column) {
            const int64_t from = mirror ? part.crop_width - 1 - column : column;
            ASSERT_EQ(std::memcmp(pixel(y, row, column), pixel(whole, row + 1, from + 2), bytes), 0)
                << c.text;
          }
      }
    }
}

TEST(Resize, KeepsAnEvenGrey) {
  SampleMemory memory(system_allocator());
  for (const uint8_t grey : {0, 1, 127, 254, 255}) {
    const std::vector<uint8_t> x(61 * 47 * 3, grey);
    for (const auto kind :
         {Interpolation::nearest, Interpolation::bilinear, Interpolation::bicubic, Interpolation::area})
      for (const int64_t side : {1, 7, 30, 61, 200}) {
        memory.reset();
        const TensorView y = resize({x.data(), DType::u8, {61, 47, 3}},
                                    {.height = side, .width = side + 3, .interpolation = kind}, memory);
        for (int64_t i = 0; i < y.shape.elements(); ++i)
          ASSERT_EQ(static_cast<const uint8_t*>(y.data)[i], grey) << side;
      }
  }
}

// A window of so many pixels that what rounding takes from each of its weights is more than one of them holds.
TEST(Resize, KeepsAnEvenGreyOverAMillionPixels) {
  constexpr int64_t n = 932067;  // weights of 4.5 units each
  const std::vector<uint8_t> x(n, 201);
  for (const bool wide : {true, false}) {
    SampleMemory memory(system_allocator());
    const Shape shape = wide ? Shape{1, n, 1} : Shape{n, 1, 1};
    const TensorView y = resize({x.data(), DType::u8, shape},
                                {.height = 1, .width = 1, .interpolation = Interpolation::area}, memory);
    EXPECT_EQ(*static_cast<const uint8_t*>(y.data), 201);
  }
}

// Without antialiasing a shrunk image is the plain interpolation between the four pixels around a half-pixel
// centre: PyTorch's interpolate(align_corners=False).
TEST(Resize, WithoutAntialiasingIsPlainInterpolation) {
  constexpr int64_t h = 17, w = 29, oh = 5, ow = 7;
  std::vector<float> x(h * w);
  for (size_t i = 0; i < x.size(); ++i) x[i] = static_cast<float>((i * 7919) % 251);
  SampleMemory memory(system_allocator());
  const TensorView y =
      resize({x.data(), DType::f32, {h, w, 1}}, {.height = oh, .width = ow, .antialias = false}, memory);
  const auto at = [&](int64_t r, int64_t c) {
    return static_cast<double>(
        x[static_cast<size_t>(std::clamp<int64_t>(r, 0, h - 1) * w + std::clamp<int64_t>(c, 0, w - 1))]);
  };
  for (int64_t r = 0; r < oh; ++r)
    for (int64_t c = 0; c < ow; ++c) {
      const double sr = (static_cast<double>(r) + 0.5) * h / oh - 0.5;
      const double sc = (static_cast<double>(c) + 0.5) * w / ow - 0.5;
      const auto r0 = static_cast<int64_t>(std::floor(sr)), c0 = static_cast<int64_t>(std::floor(sc));
      const double fr = sr - static_cast<double>(r0), fc = sc - static_cast<double>(c0);
      const double expected = (1 - fr) * ((1 - fc) * at(r0, c0) + fc * at(r0, c0 + 1)) +
                              fr * ((1 - fc) * at(r0 + 1, c0) + fc * at(r0 + 1, c0 + 1));
      EXPECT_NEAR(static_cast<const float*>(y.data)[r * ow + c], expected, 1e-4);
    }
}

TEST(Resize, GivesTheImageItselfWhereNothingIsToBeDone) {
  const std::vector<uint8_t> x(4 * 5 * 3);
  SampleMemory memory(system_allocator());
  EXPECT_EQ(resize({x.data(), DType::u8, {4, 5, 3}}, {.height = 4, .width = 5}, memory).data, x.data());
}

TEST(Resize, RefusesPartsOutside) {
  const std::vector<uint8_t> x(4 * 5 * 5);
  SampleMemory memory(system_allocator());
  const TensorView image{x.data(), DType::u8, {4, 5, 3}};
  EXPECT_THROW(resize(image, {.height = 0, .width = 5}, memory), Error);
  EXPECT_THROW(resize(image, {.bottom = 5, .right = 5, .height = 4, .width = 5}, memory), Error);
  EXPECT_THROW(resize(image, {.top = 2, .bottom = 2, .right = 5, .height = 4, .width = 5}, memory), Error);
  EXPECT_THROW(resize(image, {.height = 4, .width = 5, .crop_top = 1, .crop_height = 4}, memory), Error);
  EXPECT_THROW(resize({x.data(), DType::u8, {4, 5, 5}}, {.height = 4, .width = 5}, memory), Error);
  EXPECT_THROW(resize({x.data(), DType::i32, {4, 5, 1}}, {.height = 4, .width = 5}, memory), Error);
}

TEST(Resize, SizesAndOffsetsAreTorchvisions) {
  const auto size = [](int64_t h, int64_t w, int64_t side) {
    const ImageSize s = short_side(h, w, side);
    return std::pair(s.height, s.width);
  };
  EXPECT_EQ(size(375, 500, 256), std::pair(int64_t{256}, int64_t{341}));
  EXPECT_EQ(size(500, 375, 256), std::pair(int64_t{341}, int64_t{256}));
  EXPECT_EQ(size(10, 10, 7), std::pair(int64_t{7}, int64_t{7}));
  const auto offset = [](int64_t room) { return center_offset(10 + room, 10, 10, 10).top; };
  EXPECT_EQ(offset(1), 0);  // 0.5 and 2.5 to the even neighbour, 1.5 too
  EXPECT_EQ(offset(3), 2);
  EXPECT_EQ(offset(5), 2);
  EXPECT_EQ(offset(4), 2);
}

}  // namespace
}  // namespace fovea::data
