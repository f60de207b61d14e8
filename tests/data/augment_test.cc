// The steps of an augmentation: against torchvision's results (tests/golden/images/make_augment.py), against
// formulas, and by properties.
#include <algorithm>
#include <sstream>

#include "base/error.h"
#include "data/augment/color_axes.h"
#include "data/augment_support.h"
#include "io/files.h"
#include "io/safetensors.h"
#include "kernels/targets.h"

namespace fovea::data {
namespace {

using testing::expect_error;
using testing::for_each_target;

// ---- torchvision --------------------------------------------------------------------------------------

class Golden {
 public:
  Golden() : reader_(std::string(FOVEA_GOLDEN_DIR) + "/images/augment.safetensors") {}

  TestImage<uint8_t> image(const std::string& name) const {
    const io::TensorEntry& entry = *reader_.find(name);
    TestImage<uint8_t> image{entry.shape[0], entry.shape[1], entry.shape[2], {}};
    image.values.resize(static_cast<size_t>(entry.shape.elements()));
    reader_.read(entry, std::as_writable_bytes(std::span(image.values)));
    return image;
  }
  size_t count(const char* what) const { return static_cast<size_t>(io::get_int(reader_.metadata(), what)); }
  std::string text(const std::string& key) const { return io::get_text(reader_.metadata(), key); }

 private:
  io::SafetensorsReader reader_;
};

double largest_difference(const TestImage<uint8_t>& a, const TestImage<uint8_t>& b) {
  double largest = 0;
  for (size_t i = 0; i < a.values.size(); ++i)
    largest =
        std::max(largest, std::abs(static_cast<double>(a.values[i]) - static_cast<double>(b.values[i])));
  return largest;
}

double total_difference(const TestImage<uint8_t>& a, const TestImage<uint8_t>& b) {
  double sum = 0;
  for (size_t i = 0; i < a.values.size(); ++i)
    sum += std::abs(static_cast<double>(a.values[i]) - static_cast<double>(b.values[i]));
  return sum;
}

AugmentStep golden_step(const std::string& text) {
  std::istringstream words(text);
  int kind, interpolation;
  double low, second, fill;
  int64_t size;
  words >> kind >> low >> second >> interpolation >> fill >> size;
  const auto k = static_cast<Augment>(kind);
  const bool ranged = k != Augment::grey && k < Augment::auto_contrast;
  const bool two = k == Augment::shift || k == Augment::shear;
  AugmentStep step = ranged ? forced(k, low, two ? std::optional(second) : std::nullopt) : plain(k);
  step.interpolation = static_cast<Interpolation>(interpolation);
  step.fill = fill;
  step.height = size;
  return step;
}

TEST(Augment, U4_U6_IsTorchvisionsWithinOneGreyLevel) {
  const Golden golden;
  const auto x = golden.image("x");
  ASSERT_GE(golden.count("cases"), 30u);
  for_each_target([&] {
    for (size_t i = 0; i < golden.count("cases"); ++i) {
      const std::string text = golden.text("case." + std::to_string(i));
      const auto y = applied({golden_step(text)}, x);
      EXPECT_LE(largest_difference(y, golden.image("y" + std::to_string(i))), 1) << text;
    }
  });
}

// Crops and perspectives as they are drawn: cut first and then resized, antialiased.
TEST(Augment, U2_U6_DrawnAreTorchvisionsWithinOneGreyLevel) {
  const Golden golden;
  const auto x = golden.image("x");
  ASSERT_EQ(golden.count("drawn"), 28u);
  for_each_target([&] {
    for (size_t i = 0; i < golden.count("drawn"); ++i) {
      const std::string text = golden.text("drawn." + std::to_string(i));
      std::istringstream words(text);
      int kind, interpolation;
      uint32_t position;
      AugmentStep step;
      Range first, second;
      words >> kind >> position >> first.low >> first.high >> second.low >> second.high >> interpolation >>
          step.height >> step.width;
      step.kind = static_cast<Augment>(kind);
      step.range = first;
      if (step.kind == Augment::resized_crop) step.second = second;
      step.interpolation = static_cast<Interpolation>(interpolation);
      const auto y = applied({step}, x, position), expected = golden.image("d" + std::to_string(i));
      ASSERT_EQ(y.values.size(), expected.values.size()) << text;
      EXPECT_LE(largest_difference(y, expected), 1) << text;
    }
  });
}

// Every draw is an entry of torchvision's table with magnitude 9, and every entry is drawn.
TEST(Augment, RandAugmentIsTorchvisions) {
  const Golden golden;
  const auto x = golden.image("x");
  std::vector<TestImage<uint8_t>> entries;
  for (size_t i = 0; i < golden.count("entries"); ++i)
    entries.push_back(golden.image("z" + std::to_string(i)));
  ASSERT_EQ(entries.size(), 23u);
  AugmentStep step = plain(Augment::rand_augment);
  step.count = 1;
  std::vector<int> drawn(entries.size());
  for (uint32_t position = 0; position < 600; ++position) {
    const auto y = applied({step}, x, position);
    size_t nearest = 0;
    for (size_t i = 0; i < entries.size(); ++i)
      if (total_difference(y, entries[i]) < total_difference(y, entries[nearest])) nearest = i;
    ASSERT_LE(largest_difference(y, entries[nearest]), 1) << position;
    ++drawn[nearest];
  }
  for (size_t i = 0; i < drawn.size(); ++i)
    EXPECT_GT(drawn[i], 5) << golden.text("entry." + std::to_string(i));
}

// The wide table: the same draws, with the step that each stands for.
TEST(Augment, TrivialAugmentIsTheWideTable) {
  const auto x = waves<uint8_t>(40, 40);
  std::vector<int> drawn(14);
  for (uint32_t position = 0; position < 300; ++position) {
    RandomSequence random(Draw{1, 0, position}.key(0), position);
    random.uniform();
    const uint32_t entry = random.below(14);
    const double m = entry != 0 && entry < 12 ? random.below(31) : 0;
    const double sign = entry >= 1 && entry <= 9 && random.below(2) == 1 ? -1 : 1;
    ++drawn[entry];
    const auto y = applied({plain(Augment::trivial_augment)}, x, position);
    const auto is = [&](const AugmentStep& step) { return largest_difference(y, applied({step}, x)) <= 1; };
    const double enhanced = 1 + sign * 0.99 * m / 30;
    AugmentStep shift = forced(Augment::shift, std::trunc(sign * 32 * m / 30), 0);
    if (entry == 4) std::swap(shift.range, shift.second);
    shift.pixels = true;
    switch (entry) {
      case 0:
        EXPECT_TRUE(y.values == x.values);
        break;
      case 3:
      case 4:
        EXPECT_TRUE(is(shift));
        break;
      case 5:
        EXPECT_TRUE(is(forced(Augment::rotation, sign * 135 * m / 30)));
        break;
      case 6:
        EXPECT_TRUE(is(forced(Augment::brightness, enhanced)));
        break;
      case 7:
        EXPECT_TRUE(is(forced(Augment::saturation, enhanced)));
        break;
      case 8:
        EXPECT_TRUE(is(forced(Augment::contrast, enhanced)));
        break;
      case 9:
        EXPECT_TRUE(is(forced(Augment::sharpness, enhanced)));
        break;
      case 10:
        EXPECT_TRUE(is(forced(Augment::posterize, 8 - std::nearbyint(m / 5))));
        break;
      case 11:
        EXPECT_TRUE(is(forced(Augment::solarize, 255 * (1 - m / 30))));
        break;
      case 12:
        EXPECT_TRUE(is(plain(Augment::auto_contrast)));
        break;
      case 13:
        EXPECT_TRUE(is(plain(Augment::equalize)));
        break;
      default:
        break;  // shears are checked against torchvision above
    }
  }
  for (int n : drawn) EXPECT_GT(n, 5);
}

// ---- flips --------------------------------------------------------------------------------------------

template <class T>
void check_flips() {
  for (int64_t channels : {1, 3, 4}) {
    const auto x = waves<T>(11, 37, channels);
    const auto h = applied({plain(Augment::horizontal_flip)}, x),
               v = applied({plain(Augment::vertical_flip)}, x);
    expect_formula(h, 0, [&](int64_t r, int64_t c, int64_t k) { return x.at(r, 36 - c, k); });
    expect_formula(v, 0, [&](int64_t r, int64_t c, int64_t k) { return x.at(10 - r, c, k); });
    EXPECT_EQ(applied({plain(Augment::horizontal_flip)}, h).values, x.values);
    EXPECT_EQ(applied({plain(Augment::vertical_flip)}, v).values, x.values);
    EXPECT_EQ(applied({plain(Augment::horizontal_flip), plain(Augment::horizontal_flip)}, x).values,
              x.values);
  }
}
TEST(Augment, U1_FlipTwiceIsTheIdentity) {
  check_flips<uint8_t>();
  check_flips<float>();
}

TEST(Augment, U1_HalfOfAllAreFlipped) {
  const auto x = waves<uint8_t>(4, 4);
  AugmentStep step;
  step.kind = Augment::horizontal_flip;
  int flipped = 0;
  for (uint32_t position = 0; position < 2000; ++position)
    flipped += applied({step}, x, position).values != x.values;
  EXPECT_NEAR(flipped, 1000, 100);
  step.probability = 0;
  for (uint32_t position = 0; position < 50; ++position)
    EXPECT_EQ(applied({step}, x, position).values, x.values);
}

// ---- crops --------------------------------------------------------------------------------------------

// An image whose values tell the place: channel 0 the row, 1 the column.
TestImage<float> map_of_places(int64_t height, int64_t width) {
  TestImage<float> image{height, width, 2, {}};
  for (int64_t y = 0; y < height; ++y)
    for (int64_t x = 0; x < width; ++x) {
      image.values.push_back(static_cast<float>(y));
      image.values.push_back(static_cast<float>(x));
    }
  return image;
}

// U2: the shorter side is uniform in 256 ... 480, the crop inside. A linear ramp resized keeps its slope, so
// the scale and the place can be read off the result.
TEST(Augment, U2_ScaleCrop) {
  const auto x = map_of_places(16, 20);
  AugmentStep step = plain(Augment::scale_crop, 8);
  step.range = Range{12, 44};  // as 256 ... 480, 33 sides, on a smaller image
  std::vector<int> sides(45);
  for (uint32_t position = 0; position < 10000; ++position) {
    RandomSequence random(Draw{1, 0, position}.key(0), position);
    random.uniform();
    const int64_t side = 12 + random.below(33);
    ++sides[static_cast<size_t>(side)];
    const ImageSize size = short_side(16, 20, side);
    EXPECT_EQ(size.height, side);
    const int64_t left = random.below(static_cast<uint32_t>(size.width - 7));
    const int64_t top = random.below(static_cast<uint32_t>(size.height - 7));
    if (position >= 200) continue;
    const auto y = applied({step}, x, position);
    ASSERT_EQ(y.height, 8);
    ASSERT_EQ(y.width, 8);
    const double scale_y = 16.0 / static_cast<double>(size.height),
                 scale_x = 20.0 / static_cast<double>(size.width);
    const double row = (static_cast<double>(top) + 4.5) * scale_y - 0.5;
    const double column = (static_cast<double>(left) + 4.5) * scale_x - 0.5;
    // Where it shrinks, a window's weights are not quite symmetric.
    if (row > 2 && row < 13) {
      EXPECT_NEAR(y.at(4, 4, 0), row, scale_y > 1 ? 0.15 : 1e-4);
    }
    if (column > 2 && column < 17) {
      EXPECT_NEAR(y.at(4, 4, 1), column, scale_x > 1 ? 0.15 : 1e-4);
    }
  }
  double chi2 = 0;
  for (size_t side = 12; side <= 44; ++side) chi2 += std::pow(sides[side] - 10000 / 33.0, 2) / (10000 / 33.0);
  EXPECT_LT(chi2, 62.5);  // 32 degrees of freedom: once in 1000
  EXPECT_GT(sides[12], 0);
  EXPECT_GT(sides[44], 0);
}

// 10^4 draws, read off the results: on the enlarged ramp of a 16 x 20 image the slope tells the side, the
// values tell the place.
TEST(Augment, U2_TenThousandDrawsOf256To480) {
  const auto x = map_of_places(16, 20);
  const AugmentStep step = plain(Augment::scale_crop, 64);
  std::vector<int> sides(481);
  for (uint32_t position = 0; position < 10000; ++position) {
    const auto y = applied({step}, x, position);
    const double side = 16 * 16 / (y.at(40, 32, 0) - y.at(24, 32, 0));
    const double width = std::floor(std::round(side) * 20 / 16);
    const double top = (y.at(24, 32, 0) + 0.5) * side / 16 - 24.5;
    const double left = (y.at(32, 24, 1) + 0.5) * width / 20 - 24.5;
    ASSERT_NEAR(side, std::round(side), 0.02);
    ASSERT_NEAR(top, std::round(top), 0.02);
    ASSERT_NEAR(left, std::round(left), 0.02);
    ASSERT_TRUE(side > 255.5 && side < 480.5) << side;
    ASSERT_TRUE(top > -0.5 && top < side - 63.5) << top;
    ASSERT_TRUE(left > -0.5 && left < width - 63.5) << left;
    ++sides[static_cast<size_t>(std::round(side))];
  }
  double chi2 = 0;
  for (size_t side = 256; side <= 480; ++side)
    chi2 += std::pow(sides[side] - 10000 / 225.0, 2) / (10000 / 225.0);
  EXPECT_LT(chi2, 295);  // 224 degrees of freedom: once in 1000
  EXPECT_GT(sides[256], 0);
  EXPECT_GT(sides[480], 0);
}

TEST(Augment, U2_IsResNetsByDefault) {
  const auto y = applied({plain(Augment::scale_crop)}, waves<uint8_t>(375, 500));
  EXPECT_EQ(y.height, 224);
  EXPECT_EQ(y.width, 224);
}

TEST(Augment, RandomCropWithPadding) {
  const auto x = map_of_places(8, 10);
  AugmentStep step = plain(Augment::crop, 8, 10);
  step.padding = 2;
  step.fill = -7;
  std::vector<int> lefts(5), tops(5);
  for (uint32_t position = 0; position < 500; ++position) {
    RandomSequence random(Draw{1, 0, position}.key(0), position);
    random.uniform();
    const int64_t left = int64_t{random.below(5)} - 2, top = int64_t{random.below(5)} - 2;
    ++lefts[static_cast<size_t>(left + 2)];
    ++tops[static_cast<size_t>(top + 2)];
    expect_formula(applied({step}, x, position), 0, [&](int64_t r, int64_t c, int64_t k) {
      const int64_t row = r + top, column = c + left;
      if (row < 0 || row >= 8 || column < 0 || column >= 10) return -7.0;
      return static_cast<double>(k == 0 ? row : column);
    });
  }
  for (int i = 0; i < 5; ++i)
    EXPECT_GT(std::min(lefts[static_cast<size_t>(i)], tops[static_cast<size_t>(i)]), 60);
}

// What is beside a row a b c d.
TEST(Augment, U7_FillModes) {
  TestImage<uint8_t> row{1, 4, 1, {10, 20, 30, 40}};
  const std::pair<FillMode, std::vector<uint8_t>> modes[] = {
      {FillMode::constant, {5, 5, 5, 10, 20, 30, 40, 5, 5, 5}},
      {FillMode::nearest, {10, 10, 10, 10, 20, 30, 40, 40, 40, 40}},
      {FillMode::reflect, {30, 20, 10, 10, 20, 30, 40, 40, 30, 20}},
      {FillMode::wrap, {20, 30, 40, 10, 20, 30, 40, 10, 20, 30}}};
  for (const auto& [mode, want] : modes) {
    AugmentStep crop = plain(Augment::center_crop, 1, 10);
    crop.fill_mode = mode;
    crop.fill = 5;
    EXPECT_EQ(applied({crop}, row).values, want);
    // A shift to the right by 3 shows what is on the left, by every interpolation.
    for (const auto interpolation :
         {Interpolation::bilinear, Interpolation::nearest, Interpolation::bicubic}) {
      AugmentStep shift = forced(Augment::shift, 3, 0);
      shift.pixels = true;
      shift.interpolation = interpolation;
      shift.fill_mode = mode;
      shift.fill = 5;
      EXPECT_EQ(applied({shift}, row).values, (std::vector<uint8_t>{want.begin(), want.begin() + 4}));
      shift.range = Range{-3, -3};
      EXPECT_EQ(applied({shift}, row).values, (std::vector<uint8_t>{want.begin() + 6, want.end()}));
    }
  }
}

TEST(Augment, SmallImagesArePadded) {
  const auto x = map_of_places(3, 4);
  AugmentStep step = plain(Augment::crop, 6, 9);
  step.fill_mode = FillMode::nearest;
  for (const Augment kind : {Augment::crop, Augment::center_crop}) {
    step.kind = kind;
    expect_formula(applied({step}, x), 0, [&](int64_t r, int64_t c, int64_t k) {
      return static_cast<double>(k == 0 ? std::clamp<int64_t>(r - 1, 0, 2)
                                        : std::clamp<int64_t>(c - 2, 0, 3));
    });
  }
}

// The window's area and ratio are in their ranges, and torchvision's fallback is the middle.
TEST(Augment, ResizedCrop) {
  const auto x = map_of_places(60, 80);
  AugmentStep step = plain(Augment::resized_crop, 20, 20);
  for (uint32_t position = 0; position < 300; ++position) {
    const auto y = applied({step}, x, position);
    const double height = (y.at(15, 10, 0) - y.at(5, 10, 0)) * 2,
                 width = (y.at(10, 15, 1) - y.at(10, 5, 1)) * 2;
    const double share = height * width / 4800, ratio = width / height;
    EXPECT_GT(share, 0.07);
    EXPECT_LT(share, 1.01);
    EXPECT_GT(ratio, 0.7);
    EXPECT_LT(ratio, 1.4);
  }
  step.range = Range{1, 1};
  step.second = Range{0.5, 0.5};  // 40 x 80 does not fit: the middle 30 columns
  const auto y = applied({step}, x);
  EXPECT_NEAR(y.at(10, 15, 1) - y.at(10, 5, 1), 15, 1e-3);
  EXPECT_NEAR((y.at(10, 9, 1) + y.at(10, 10, 1)) / 2, 39.5, 1e-3);
}

// By area, half the size is the mean of four.
TEST(Augment, ResizeByArea) {
  const auto x = waves<uint8_t>(12, 16);
  AugmentStep step = plain(Augment::resize, 6, 8);
  step.interpolation = Interpolation::area;
  expect_formula(applied({step}, x), 1, [&](int64_t r, int64_t k, int64_t c) {
    return (x.at(2 * r, 2 * k, c) + x.at(2 * r, 2 * k + 1, c) + x.at(2 * r + 1, 2 * k, c) +
            x.at(2 * r + 1, 2 * k + 1, c)) /
           4;
  });
}

// ---- geometry by formula ------------------------------------------------------------------------------

TEST(Augment, U6_LensIsItsFormulaAndIdentityAtZero) {
  const auto x = waves<uint8_t>(31, 41);
  EXPECT_EQ(applied({forced(Augment::lens, 0, 0)}, x).values, x.values);
  const auto clamp_pixel = [&](int64_t c) {
    return [&x, c](int64_t row, int64_t column) {
      return x.at(std::clamp<int64_t>(row, 0, 30), std::clamp<int64_t>(column, 0, 40), c);
    };
  };
  for (const auto& [k1, k2] : {std::pair{0.3, 0.0}, {-0.2, 0.05}}) {
    AugmentStep step = forced(Augment::lens, k1, k2);
    step.fill_mode = FillMode::nearest;
    const double cx = 20, cy = 15;
    expect_formula(applied({step}, x), 0.6, [&](int64_t row, int64_t column, int64_t c) {
      const double u = static_cast<double>(column) - cx, v = static_cast<double>(row) - cy;
      const double r2 = (u * u + v * v) / (cx * cx + cy * cy), factor = 1 + k1 * r2 + k2 * r2 * r2;
      return interpolated(cx + u * factor, cy + v * factor, clamp_pixel(c));
    });
  }
}

// Simard's field: uniform numbers, smoothed by a Gaussian cut at three deviations, times alpha.
TEST(Augment, U6_ElasticIsItsFormula) {
  const int64_t height = 24, width = 30;
  const auto x = waves<uint8_t>(height, width);
  AugmentStep step = forced(Augment::elastic, 20, 2);
  step.fill_mode = FillMode::nearest;
  const RandomKey key = Draw{1, 0, 7}.key(0);
  const auto displacement = [&](int64_t row, int64_t column, uint32_t axis) {
    double sum = 0, weights = 0;
    for (int64_t a = -6; a <= 6; ++a)
      for (int64_t b = -6; b <= 6; ++b) {
        const auto mirror = [](int64_t i, int64_t n) { return i < 0 ? -i : i >= n ? 2 * (n - 1) - i : i; };
        const auto e =
            static_cast<uint32_t>((mirror(row + a, height) * width + mirror(column + b, width)) * 2) + axis;
        const double u = static_cast<double>(key.draw(7, kBulkBlock + e / 4)[e % 4] >> 8) * 0x1p-24;
        const double w = std::exp(-static_cast<double>(a * a + b * b) / 8);
        sum += w * (2 * u - 1);
        weights += w;
      }
    return 20 * sum / weights;
  };
  const auto y = applied({step}, x, 7);
  EXPECT_NE(y.values, x.values);
  expect_formula(y, 0.7, [&](int64_t row, int64_t column, int64_t c) {
    return interpolated(static_cast<double>(column) + displacement(row, column, 0),
                        static_cast<double>(row) + displacement(row, column, 1), [&](int64_t r, int64_t k) {
                          return x.at(std::clamp<int64_t>(r, 0, height - 1),
                                      std::clamp<int64_t>(k, 0, width - 1), c);
                        });
  });
}

TEST(Augment, U6_BicubicIsKeys) {
  const auto x = waves<uint8_t>(16, 18);
  AugmentStep step = forced(Augment::shift, -0.3, 0.6);
  step.pixels = true;
  step.interpolation = Interpolation::bicubic;
  step.fill_mode = FillMode::reflect;
  const auto weight = [](double t) {
    t = std::abs(t);
    return t < 1   ? 1.5 * t * t * t - 2.5 * t * t + 1
           : t < 2 ? -0.5 * t * t * t + 2.5 * t * t - 4 * t + 2
                   : 0.0;
  };
  const auto mirror = [](int64_t i, int64_t n) { return i < 0 ? -1 - i : i >= n ? 2 * n - 1 - i : i; };
  expect_formula(applied({step}, x), 0.51, [&](int64_t row, int64_t column, int64_t c) {
    const double px = static_cast<double>(column) + 0.3, py = static_cast<double>(row) - 0.6;
    double sum = 0;
    for (int64_t r = row - 3; r <= row + 3; ++r)
      for (int64_t k = column - 3; k <= column + 3; ++k)
        sum += weight(px - static_cast<double>(k)) * weight(py - static_cast<double>(r)) *
               x.at(mirror(r, 16), mirror(k, 18), c);
    return clamped(sum);
  });
}

// Mean square error of the middle, in decibels of 255.
double psnr(const TestImage<uint8_t>& a, const TestImage<uint8_t>& b) {
  double sum = 0, n = 0;
  for (int64_t y = a.height / 4; y < a.height * 3 / 4; ++y)
    for (int64_t x = a.width / 4; x < a.width * 3 / 4; ++x, ++n)
      sum += std::pow(a.at(y, x, 0) - b.at(y, x, 0), 2);
  return 10 * std::log10(255.0 * 255 / std::max(sum / n, 1e-9));
}

TEST(Augment, U6_ThereAndBackAgain) {
  const auto x = waves<uint8_t>(80, 90);
  const auto there_and_back = [&](const AugmentStep& there, const AugmentStep& back) {
    return psnr(applied({back}, applied({there}, x)), x);
  };
  EXPECT_GT(there_and_back(forced(Augment::rotation, 20), forced(Augment::rotation, -20)), 40);
  EXPECT_GT(there_and_back(forced(Augment::shear, 15), forced(Augment::shear, -15)), 40);
  EXPECT_GT(there_and_back(forced(Augment::zoom, 1.25), forced(Augment::zoom, 0.8)), 40);
  EXPECT_GT(there_and_back(forced(Augment::stretch, 1.25, 0.8), forced(Augment::stretch, 0.8, 1.25)), 40);
  // In one chain the image is resampled once, at the very pixels: nothing is lost.
  EXPECT_GT(psnr(applied({forced(Augment::rotation, 20), forced(Augment::rotation, -20)}, x), x), 55);
}

// A chain is one resampling with the composed map.
TEST(Augment, U6_ChainIsComposed) {
  const auto x = waves<uint8_t>(30, 40);
  AugmentStep rotation = forced(Augment::rotation, 30), shift = forced(Augment::shift, 4, -3);
  shift.pixels = true;
  rotation.fill_mode = shift.fill_mode = FillMode::nearest;
  const auto y = applied({rotation, plain(Augment::horizontal_flip), shift}, x);
  const double cx = 19.5, cy = 14.5, c = std::cos(M_PI / 6), s = std::sin(M_PI / 6);
  expect_formula(y, 0.6, [&](int64_t row, int64_t column, int64_t k) {
    const double u = -(static_cast<double>(column) - 4 - cx), v = static_cast<double>(row) + 3 - cy;
    return interpolated(cx + c * u - s * v, cy + s * u + c * v, [&](int64_t r, int64_t i) {
      return x.at(std::clamp<int64_t>(r, 0, 29), std::clamp<int64_t>(i, 0, 39), k);
    });
  });
}

// Floats go through the same formulas.
TEST(Augment, FloatsAsBytes) {
  const auto bytes = waves<uint8_t>(33, 47);
  TestImage<float> floats{33, 47, 3, {}};
  for (const uint8_t v : bytes.values) floats.values.push_back(static_cast<float>(v) / 255);
  AugmentStep gradual = forced(Augment::elastic, 12, 3);
  for (const AugmentStep& step : {forced(Augment::rotation, 17),
                                  forced(Augment::perspective, 0.2),
                                  forced(Augment::lens, 0.2),
                                  gradual,
                                  forced(Augment::brightness, 1.3),
                                  forced(Augment::contrast, 0.5),
                                  forced(Augment::saturation, 1.5),
                                  forced(Augment::hue, 0.1),
                                  forced(Augment::gamma, 1.7),
                                  forced(Augment::blur, 1.1),
                                  forced(Augment::sharpness, 2),
                                  forced(Augment::solarize, 90),
                                  plain(Augment::invert),
                                  plain(Augment::auto_contrast),
                                  plain(Augment::grey),
                                  plain(Augment::equalize),
                                  forced(Augment::posterize, 4),
                                  plain(Augment::crop, 20, 20),
                                  plain(Augment::resize, 20, 30),
                                  plain(Augment::vertical_flip)}) {
    const auto a = applied({step}, bytes);
    const auto b = applied({step}, floats);
    expect_formula(b, 1.01 / 255, [&](int64_t y, int64_t x, int64_t c) { return a.at(y, x, c) / 255; });
  }
}

}  // namespace
}  // namespace fovea::data
