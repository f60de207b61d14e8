// The colors of an augmentation, what it erases, Keras's generator, datasets, errors.
#include <algorithm>
#include <cstring>
#include <set>

#include "base/error.h"
#include "data/augment/color_axes.h"
#include "data/augment/keras.h"
#include "data/augment_support.h"
#include "io/files.h"

namespace fovea::data {
namespace {

using testing::expect_error;

template <class T>
double mean_of(const TestImage<T>& image) {
  double sum = 0;
  for (const T v : image.values) sum += static_cast<double>(v);
  return sum / static_cast<double>(image.values.size());
}
template <class T>
double deviation_of(const TestImage<T>& image) {
  double sum = 0;
  for (const T v : image.values) sum += std::pow(static_cast<double>(v) - mean_of(image), 2);
  return std::sqrt(sum / static_cast<double>(image.values.size()));
}

// U4: mean and deviation follow the drawn factor.
TEST(Augment, U4_BrightnessAndContrastMoveMeanAndDeviation) {
  TestImage<float> x = waves<float>(20, 20, 1);
  for (float& v : x.values) v = v / 4 + 0.4f;  // far from saturation
  AugmentStep brightness, contrast;
  brightness.kind = Augment::brightness;
  contrast.kind = Augment::contrast;
  brightness.range = contrast.range = Range{0.6, 1.4};
  for (uint32_t position = 0; position < 100; ++position) {
    RandomSequence random(Draw{1, 0, position}.key(0), position);
    random.uniform();
    const double factor = random.uniform(0.6, 1.4);
    const auto a = applied({brightness}, x, position), b = applied({contrast}, x, position);
    EXPECT_NEAR(mean_of(a), factor * mean_of(x), 1e-5);
    EXPECT_NEAR(deviation_of(a), factor * deviation_of(x), 1e-5);
    EXPECT_NEAR(mean_of(b), mean_of(x), 1e-5);
    EXPECT_NEAR(deviation_of(b), factor * deviation_of(x), 1e-5);
  }
}

TEST(Augment, U5_AxesOfColors) {
  // A symmetric matrix with known axes.
  const double s = 1 / std::sqrt(2.0);
  const std::array<double, 9> q{s, s, 0, s, -s, 0, 0, 0, 1};
  const std::array<double, 3> l{0.5, 2, 1};
  std::array<double, 9> m{};
  for (size_t i = 0; i < 3; ++i)
    for (size_t j = 0; j < 3; ++j)
      for (size_t k = 0; k < 3; ++k) m[3 * i + j] += q[3 * i + k] * l[k] * q[3 * j + k];
  const ColorAxes found = eigen_decomposition(m);
  const double want[] = {2, 1, 0.5};
  for (size_t i = 0; i < 3; ++i) EXPECT_NEAR(found.variances[i], want[i], 1e-12);
  for (size_t i = 0; i < 3; ++i)
    for (size_t r = 0; r < 3; ++r) {
      double product = 0;
      for (size_t k = 0; k < 3; ++k) product += m[3 * r + k] * found.axes[3 * k + i];
      EXPECT_NEAR(product, found.variances[i] * found.axes[3 * r + i], 1e-12);
    }
  EXPECT_NEAR(std::abs(found.axes[3]), s, 1e-12);
}

DatasetPtr dataset_of(const std::vector<uint8_t>& images, int64_t count, int64_t height, int64_t width) {
  const std::vector<int32_t> labels(static_cast<size_t>(count), 1);
  return copy_to_dataset(
      {{images.data(), DType::u8, {count, height, width, 3}}, {labels.data(), DType::i32, {count}}, {}, 0},
      system_allocator());
}

TEST(Augment, U5_AxesAreFittedOnADataset) {
  std::vector<uint8_t> pixels;
  uint32_t state = 1;
  const auto noise = [&] { return static_cast<int>((state = state * 1664525u + 1013904223u) >> 24) - 128; };
  for (int i = 0; i < 6 * 16 * 16; ++i) {
    const int together = noise() / 4, apart = noise() / 16;
    for (const int v : {128 + together + apart, 128 + together - apart, 128 + together})
      pixels.push_back(static_cast<uint8_t>(v));
  }
  const DatasetPtr data = dataset_of(pixels, 6, 16, 16);
  const ColorAxes axes = color_axes(*data, 0, 1, system_allocator());
  // By the definition.
  double mean[3] = {}, covariance[3][3] = {};
  const auto n = static_cast<double>(pixels.size() / 3);
  for (size_t i = 0; i < pixels.size(); ++i) mean[i % 3] += pixels[i] / 255.0 / n;
  for (size_t i = 0; i < pixels.size(); i += 3)
    for (size_t a = 0; a < 3; ++a)
      for (size_t b = 0; b < 3; ++b)
        covariance[a][b] += (pixels[i + a] / 255.0 - mean[a]) * (pixels[i + b] / 255.0 - mean[b]) / n;
  for (size_t i = 0; i < 3; ++i)
    for (size_t a = 0; a < 3; ++a) {
      double product = 0;
      for (size_t b = 0; b < 3; ++b) product += covariance[a][b] * axes.axes[3 * b + i];
      EXPECT_NEAR(product, axes.variances[i] * axes.axes[3 * a + i], 1e-10);
    }
  EXPECT_GT(axes.variances[0], axes.variances[1]);
  EXPECT_NEAR(axes.axes[0], 1 / std::sqrt(3.0), 0.05);  // grey is the first axis of most images
}

TEST(Augment, U5_TheOffsetIsConstantOverTheImage) {
  TestImage<float> x = waves<float>(10, 12);
  for (float& v : x.values) v = 0.4f + 0.2f * v;
  EXPECT_EQ(applied({forced(Augment::color_offset, 0)}, x).values, x.values);
  AugmentStep step = plain(Augment::color_offset);
  step.colors = {{1, 0, 0, 0, 0.6, -0.8, 0, 0.8, 0.6}, {0.2, 0.1, 0.05}};
  step.range = Range{0.3, 0.3};
  for (uint32_t position = 0; position < 50; ++position) {
    RandomSequence random(Draw{1, 0, position}.key(0), position);
    random.uniform();
    random.uniform();
    double offset[3] = {};
    for (size_t i = 0; i < 3; ++i) {
      const double alpha = 0.3 * random.normal() * step.colors.variances[i];
      for (size_t c = 0; c < 3; ++c) offset[c] += alpha * step.colors.axes[3 * c + i];
    }
    expect_formula(applied({step}, x, position), 1e-6, [&](int64_t r, int64_t k, int64_t c) {
      return std::clamp(x.at(r, k, c) + offset[c], 0.0, 1.0);
    });
  }
}

TEST(Augment, U7_ChannelShiftStaysWithinTheImagesOwnValues) {
  TestImage<uint8_t> x = waves<uint8_t>(10, 12);
  for (uint8_t& v : x.values) v = static_cast<uint8_t>(v / 2 + 50);
  const auto [low, high] = std::minmax_element(x.values.begin(), x.values.end());
  expect_formula(applied({forced(Augment::channel_shift, 30)}, x), 0, [&](int64_t r, int64_t k, int64_t c) {
    return std::clamp<double>(x.at(r, k, c) + 30, *low, *high);
  });
}

TEST(Augment, U9_CutoutIsASquareOfExactSize) {
  const auto x = [] {
    TestImage<uint8_t> image{20, 24, 3, {}};
    image.values.assign(20 * 24 * 3, 200);
    return image;
  }();
  std::set<std::pair<int64_t, int64_t>> corners;
  for (uint32_t position = 0; position < 2000; ++position) {
    const auto y = applied({plain(Augment::cutout, 8)}, x, position);
    int64_t top = 20, left = 24, bottom = -1, right = -1, zeros = 0;
    for (int64_t r = 0; r < 20; ++r)
      for (int64_t c = 0; c < 24; ++c)
        if (y.at(r, c, 0) == 0) {
          top = std::min(top, r), bottom = std::max(bottom, r);
          left = std::min(left, c), right = std::max(right, c);
          zeros += y.at(r, c, 1) == 0 && y.at(r, c, 2) == 0;
        }
    ASSERT_EQ(zeros, 64);
    ASSERT_EQ(bottom - top, 7);
    ASSERT_EQ(right - left, 7);
    corners.insert({top, left});
  }
  EXPECT_GT(corners.size(), 13u * 17 * 9 / 10);  // everywhere
}

TEST(Augment, U9_Erasing) {
  TestImage<float> x{30, 40, 1, std::vector<float>(1200, 0.5f)};
  AugmentStep step = plain(Augment::erasing);
  step.random_fill = true;
  for (uint32_t position = 0; position < 200; ++position) {
    const auto y = applied({step}, x, position);
    int64_t top = 30, left = 40, bottom = -1, right = -1, changed = 0;
    for (int64_t r = 0; r < 30; ++r)
      for (int64_t c = 0; c < 40; ++c)
        if (y.at(r, c, 0) != 0.5) {
          ++changed;
          top = std::min(top, r), bottom = std::max(bottom, r);
          left = std::min(left, c), right = std::max(right, c);
          EXPECT_GE(y.at(r, c, 0), 0);
          EXPECT_LT(y.at(r, c, 0), 1);
        }
    const double height = static_cast<double>(bottom - top + 1),
                 width = static_cast<double>(right - left + 1);
    EXPECT_EQ(static_cast<double>(changed), height * width);
    EXPECT_GT(changed / 1200.0, 0.015);
    EXPECT_LT(changed / 1200.0, 0.35);
    EXPECT_GT(height / width, 0.25);
    EXPECT_LT(height / width, 3.9);
  }
}

TEST(Augment, NoiseIsNormal) {
  TestImage<uint8_t> x{100, 100, 3, std::vector<uint8_t>(30000, 128)};
  const auto y = applied({forced(Augment::noise, 12)}, x);
  EXPECT_NEAR(mean_of(y), 128, 0.3);
  EXPECT_NEAR(deviation_of(y), 12, 0.2);
  EXPECT_NE(applied({forced(Augment::noise, 12)}, x, 1).values, y.values);
}

// U10: the noise of training is averaged out: the mean of many draws is the image.
TEST(Augment, U10_TheMeanOfTheNoiseIsTheImage) {
  TestImage<float> x = waves<float>(8, 8);
  std::vector<double> sum(x.values.size());
  const int draws = 400;
  AugmentStep shaken;
  shaken.kind = Augment::noise;
  shaken.range = Range{0.2, 0.2};
  for (uint32_t position = 0; position < draws; ++position) {
    const auto y = applied({shaken}, x, position);
    for (size_t i = 0; i < sum.size(); ++i) sum[i] += static_cast<double>(y.values[i]) / draws;
  }
  for (size_t i = 0; i < sum.size(); ++i) EXPECT_NEAR(sum[i], static_cast<double>(x.values[i]), 0.05);
}

// ---- Keras --------------------------------------------------------------------------------------------

TEST(Augment, U7_KerasDefaultsDoNothing) {
  EXPECT_TRUE(steps_of({}).empty());
}

// The transform of Keras with its own matrices, in rows and columns, on the same draws.
TEST(Augment, U7_KerasGeometryIsKeras) {
  const auto x = waves<uint8_t>(31, 41);
  ImageDataGenerator keras;
  keras.rotation_range = 30;
  keras.width_shift_range = 0.2;
  keras.height_shift_range = 5;
  keras.shear_range = 15;
  keras.zoom_range = {0.3, 0};
  const auto steps = steps_of(keras);
  ASSERT_EQ(steps.size(), 5u);
  for (uint32_t position = 0; position < 20; ++position) {
    const auto value = [&](uint32_t stream, int which, double low, double high) {
      RandomSequence random(Draw{1, 0, position}.key(stream), position);
      for (int i = 0; i <= which; ++i) random.uniform();
      return random.uniform(low, high);
    };
    const double theta = -value(0, 0, -30, 30) * M_PI / 180;  // Keras turns the other way
    const double tx = -value(1, 1, -5, 5), ty = -value(2, 0, -0.2, 0.2) * 41;
    const double shear = value(3, 0, -15, 15) * M_PI / 180, zy = value(4, 0, 0.7, 1.3),
                 zx = value(4, 1, 0.7, 1.3);
    expect_formula(applied(steps, x, position), 0.7, [&](int64_t row, int64_t column, int64_t c) {
      double r = static_cast<double>(row) - 15, k = static_cast<double>(column) - 20;
      r *= zx, k *= zy;
      r = r - std::sin(shear) * k, k = std::cos(shear) * k;
      r += tx, k += ty;
      const double turned = std::cos(theta) * r - std::sin(theta) * k;
      k = std::sin(theta) * r + std::cos(theta) * k;
      return interpolated(k + 20, turned + 15, [&](int64_t a, int64_t b) {
        return x.at(std::clamp<int64_t>(a, 0, 30), std::clamp<int64_t>(b, 0, 40), c);
      });
    });
  }
}

TEST(Augment, U7_KerasNames) {
  ImageDataGenerator keras;
  keras.channel_shift_range = 20;
  keras.horizontal_flip = keras.vertical_flip = true;
  keras.brightness_range = {0.5, 1.5};
  keras.rescale = 1 / 255.0;
  int calls = 0;
  keras.preprocessing_function = [&](const MutableTensorView& image, uint64_t) {
    ++calls;
    EXPECT_EQ(image.dtype, DType::u8);
    *static_cast<uint8_t*>(image.data) = 255;
  };
  const auto steps = steps_of(keras);
  std::vector<Augment> kinds;
  for (const AugmentStep& step : steps) kinds.push_back(step.kind);
  EXPECT_EQ(kinds, (std::vector{Augment::channel_shift, Augment::horizontal_flip, Augment::vertical_flip,
                                Augment::brightness, Augment::callback, Augment::rescale}));
  const Augmentation augmentation(steps, 1);
  const auto x = waves<uint8_t>(6, 6);
  SampleMemory memory(system_allocator());
  const TensorView y = augmentation.apply(x.view(), memory, Draw{1, 0, 0}.key(0), 0);
  EXPECT_EQ(y.dtype, DType::f32);
  EXPECT_EQ(static_cast<const float*>(y.data)[0], 1.0f);
  EXPECT_EQ(calls, 1);
  keras = {};
  keras.fill_mode = "mirror";
  expect_error(Status::invalid_argument, "fill_mode is 'mirror'", [&] { steps_of(keras); });
}

// ---- datasets -----------------------------------------------------------------------------------------

TEST(AugmentedDataset, DrawsByPositionAloneInAnyOrder) {
  std::vector<uint8_t> pixels;
  for (size_t i = 0; i < 5 * 12 * 12 * 3; ++i) pixels.push_back(static_cast<uint8_t>(i * 37 + i / 7));
  const DatasetPtr base = dataset_of(pixels, 5, 12, 12);
  AugmentStep crop = plain(Augment::crop, 8), rotation;
  rotation.kind = Augment::rotation;
  rotation.range = Range{-20, 20};
  const DatasetPtr data =
      augment_dataset(base, std::make_shared<Augmentation>(std::vector{crop, rotation}, 1));
  EXPECT_TRUE(data->format().random);
  EXPECT_EQ(data->sample_shape(), (Shape{8, 8, 3}));
  EXPECT_EQ(data->label(3), 1);
  SampleMemory memory(system_allocator());
  const auto read = [&](int64_t i, const Draw* draw) {
    memory.reset();
    const TensorView view = data->sample(i, memory, draw);
    const auto* bytes = static_cast<const uint8_t*>(view.data);
    return std::vector<uint8_t>(bytes, bytes + view.bytes());
  };
  std::vector<std::vector<uint8_t>> forwards;
  for (uint32_t p = 0; p < 20; ++p) {
    const Draw draw{9, 2, p};
    forwards.push_back(read(p % 5, &draw));
  }
  for (uint32_t p = 20; p-- > 0;) {
    const Draw draw{9, 2, p};
    EXPECT_EQ(read(p % 5, &draw), forwards[p]);
  }
  EXPECT_NE(forwards[0], forwards[5]);
  const Draw other_epoch{9, 3, 0}, other_seed{8, 2, 0};
  EXPECT_NE(read(0, &other_epoch), forwards[0]);
  EXPECT_NE(read(0, &other_seed), forwards[0]);
  EXPECT_EQ(read(0, nullptr), read(0, nullptr));
}

TEST(AugmentedDataset, FingerprintIsOfBaseAndPipeline) {
  std::vector<uint8_t> pixels(5 * 12 * 12 * 3, 9);
  const DatasetPtr base = dataset_of(pixels, 5, 12, 12);
  pixels[100] = 8;
  const DatasetPtr other = dataset_of(pixels, 5, 12, 12);
  const auto with = [](const DatasetPtr& data, double angle) {
    return augment_dataset(data,
                           std::make_shared<Augmentation>(std::vector{forced(Augment::rotation, angle)}, 1))
        ->fingerprint();
  };
  EXPECT_EQ(with(base, 10), with(base, 10));
  EXPECT_NE(with(base, 10), with(base, 11));
  EXPECT_NE(with(base, 10), with(other, 10));
  EXPECT_NE(with(base, 10), base->fingerprint());
  // Of a part, too.
  const auto part = [&](double angle) {
    const auto steps = std::make_shared<Augmentation>(std::vector{forced(Augment::rotation, angle)}, 1);
    return subset(augment_dataset(base, steps), {2, 3})->fingerprint();
  };
  EXPECT_NE(part(10), part(11));
}

// An augmentation of an augmented dataset draws numbers of its own.
TEST(AugmentedDataset, NestedOnesAreIndependent) {
  const auto x = waves<uint8_t>(9, 9);
  const DatasetPtr base = dataset_of(x.values, 1, 9, 9);
  AugmentStep flip;
  flip.kind = Augment::horizontal_flip;
  const auto once = std::make_shared<Augmentation>(std::vector{flip}, 1);
  const DatasetPtr twice = augment_dataset(augment_dataset(base, once), once);
  int flipped = 0;
  SampleMemory memory(system_allocator());
  for (uint32_t p = 0; p < 400; ++p) {
    memory.reset();
    const Draw draw{1, 0, p};
    const TensorView y = twice->sample(0, memory, &draw);
    flipped += std::memcmp(y.data, x.values.data(), x.values.size()) != 0;
  }
  EXPECT_NEAR(flipped, 200, 50);  // with the same numbers: never
}

// Images of 8 x 8, 9 x 9, ... of one value each.
class Varying final : public Dataset {
 public:
  explicit Varying(int64_t size) : Dataset(size, format()) {}
  TensorView sample(int64_t i, SampleMemory& memory, const Draw*) const override {
    const int64_t side = 8 + i;
    auto* pixels = memory.piece_of<uint8_t>(static_cast<size_t>(side * side * 3));
    std::fill_n(pixels, side * side * 3, static_cast<uint8_t>(i + 1));
    return {pixels, DType::u8, {side, side, 3}};
  }
  int64_t label(int64_t) const override { return 0; }
  const std::byte* stored_target(int64_t) const override { return nullptr; }

 private:
  static SampleFormat format() {
    SampleFormat format;
    format.shape = {0, 0, 3};
    format.classes = 1;
    format.varies = true;
    return format;
  }
};

TEST(AugmentedDataset, ImagesOfManySizes) {
  const auto base = std::make_shared<Varying>(5);
  const auto augmented = [&](const std::vector<AugmentStep>& steps) {
    return augment_dataset(base, std::make_shared<Augmentation>(steps, 1));
  };
  SampleMemory memory(system_allocator());
  // As large as they were,
  const DatasetPtr flipped = augmented({plain(Augment::horizontal_flip)});
  EXPECT_TRUE(flipped->format().varies);
  EXPECT_EQ(flipped->sample(3, memory).shape, (Shape{11, 11, 3}));
  // all of one size,
  const DatasetPtr cropped = augmented({forced(Augment::rotation, 5), plain(Augment::crop, 10, 9)});
  EXPECT_FALSE(cropped->format().varies);
  EXPECT_EQ(cropped->sample_shape(), (Shape{10, 9, 3}));
  for (int64_t i = 0; i < 5; ++i) EXPECT_EQ(cropped->sample(i, memory).shape, (Shape{10, 9, 3}));
  // or with one side of a size.
  const DatasetPtr resized = augmented({plain(Augment::resize, 6)});
  EXPECT_TRUE(resized->format().varies);
  EXPECT_EQ(resized->sample(4, memory).shape, (Shape{6, 6, 3}));
  expect_error(Status::invalid_argument, "crop or resize",
               [&] { augmented({forced(Augment::rescale, 0.5)}); });
  EXPECT_EQ(augmented({plain(Augment::resize, 6, 6), forced(Augment::rescale, 0.5)})->dtype(), DType::f32);
  EXPECT_NE(flipped->fingerprint(), resized->fingerprint());
}

// ---- errors -------------------------------------------------------------------------------------------

TEST(Augment, ErrorsNameTheStep) {
  const auto bad = [](AugmentStep step, const char* words) {
    expect_error(Status::invalid_argument, words, [&] { Augmentation({plain(Augment::invert), step}, 1); });
  };
  bad(plain(Augment::rotation), "step 1 (rotation) needs a range");
  bad(plain(Augment::crop), "step 1 (crop) needs a size");
  AugmentStep step = forced(Augment::rotation, 10);
  step.height = 3;
  bad(step, "step 1 (rotation) has no size");
  step = forced(Augment::hue, 0.6);
  bad(step, "step 1 (hue): the range is 0.6 to 0.6");
  step = forced(Augment::brightness, 1);
  step.range = Range{2, 1};
  bad(step, "the range is 2 to 1");
  step = forced(Augment::brightness, 1);
  step.padding = 2;
  bad(step, "has no padding");
  step = forced(Augment::brightness, 1);
  step.probability = 1.5;
  bad(step, "the probability is 1.5");
  step = plain(Augment::crop, 5);
  step.probability = 0.5;
  bad(step, "must happen to all");
  step = plain(Augment::scale_crop, 300);
  bad(step, "has no room for 300 x 300");
  step = plain(Augment::blur, 4);
  bad(step, "expected odd numbers");
  bad(plain(Augment::callback), "needs a function");
  step = plain(static_cast<Augment>(99));
  bad(step, "unknown kind 99");
  expect_error(Status::invalid_argument, "65 steps",
               [] { Augmentation(std::vector(65, plain(Augment::invert)), 1); });

  const Augmentation colors({forced(Augment::hue, 0.1)}, 1);
  const auto two = waves<uint8_t>(4, 4, 2);
  SampleMemory memory(system_allocator());
  expect_error(Status::invalid_argument, "step 0 (hue) is for RGB",
               [&] { colors.apply(two.view(), memory, {}, 0); });
  TensorView no_image = two.view();
  no_image.shape = Shape{8, 4};
  expect_error(Status::invalid_argument, "8x4", [&] { colors.apply(no_image, memory, {}, 0); });
}

// Grey images pass what is for colors.
TEST(Augment, GreyImagesHaveNoColors) {
  const auto x = waves<uint8_t>(9, 9, 1);
  for (const AugmentStep& step :
       {forced(Augment::hue, 0.2), forced(Augment::saturation, 0.2), plain(Augment::grey)})
    EXPECT_EQ(applied({step}, x).values, x.values);
  for (uint32_t position = 0; position < 40; ++position) applied({plain(Augment::rand_augment)}, x, position);
}

}  // namespace
}  // namespace fovea::data
