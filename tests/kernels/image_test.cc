// Warped, mirrored and recoloured rows of pixels against plain formulas in double, on every target.
#include <algorithm>
#include <numeric>

#include "kernels/image_color.h"
#include "kernels/image_warp.h"
#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

template <class T>
constexpr double kWhite = sizeof(T) == 1 ? 255 : 1;
// Of a result: a byte is rounded, maybe to the other side of a half.
template <class T>
constexpr double kTolerance = sizeof(T) == 1 ? 0.501 : 4e-6;

template <class T>
Guarded<T> random_pixels(int64_t n, std::mt19937_64& random) {
  if constexpr (sizeof(T) == 1) {
    Guarded<T> block(static_cast<size_t>(n));
    for (int64_t i = 0; i < n; ++i) block[static_cast<size_t>(i)] = static_cast<T>(random() >> 8);
    return block;
  } else {
    return random_block<T>(n, random, 0, 1);
  }
}

template <class T>
double bilinear(const WarpImage& image, const Guarded<T>& pixels, double x, double y, int64_t channel) {
  const auto at = [&](double r, double c) {
    const auto height = static_cast<double>(image.height), width = static_cast<double>(image.width);
    if (image.constant && (r < 0 || r >= height || c < 0 || c >= width)) return double{image.fill};
    const auto row = static_cast<int64_t>(std::clamp(r, 0.0, height - 1));
    const auto column = static_cast<int64_t>(std::clamp(c, 0.0, width - 1));
    return static_cast<double>(
        pixels[static_cast<size_t>((row * image.width + column) * image.channels + channel)]);
  };
  const double c = std::floor(x), r = std::floor(y), u = x - c, v = y - r;
  return (1 - v) * ((1 - u) * at(r, c) + u * at(r, c + 1)) +
         v * ((1 - u) * at(r + 1, c) + u * at(r + 1, c + 1));
}

template <class T>
void check_bilinear() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (const auto& [height, width] : {std::pair{1, 1}, {1, 5}, {4, 1}, {2, 2}, {7, 9}, {33, 20}})
      for (int64_t channels : {1, 3, 4})
        for (bool constant : {false, true}) {
          const WarpImage image{height, width, channels, constant, static_cast<float>(0.25 * kWhite<T>)};
          const auto pixels = random_pixels<T>(height * width * channels, random);
          for (int64_t n : {1, 15, 16, 50}) {
            auto x = random_block<float>(n, random, -3, width + 2);
            auto y = random_block<float>(n, random, -3, height + 2);
            x[0] = 0, y[0] = static_cast<float>(height - 1);
            Guarded<T> out(static_cast<size_t>(n * channels));
            sample_bilinear(image, pixels.data(), n, x.data(), y.data(), out.data());
            EXPECT_TRUE(out.intact());
            for (int64_t i = 0; i < n * channels; ++i) {
              const auto p = static_cast<size_t>(i / channels);
              ASSERT_NEAR(
                  static_cast<double>(out[static_cast<size_t>(i)]),
                  bilinear(image, pixels, static_cast<double>(x[p]), static_cast<double>(y[p]), i % channels),
                  kTolerance<T>)
                  << height << " x " << width << " x " << channels << ", constant " << constant << ", at "
                  << x[p] << ", " << y[p];
            }
          }
        }
  });
}
TEST(ImageWarp, Bilinear) {
  check_bilinear<uint8_t>();
  check_bilinear<float>();
}

// Places that no image has must not be looked up.
TEST(ImageWarp, PlacesBeyondEverything) {
  std::mt19937_64 random(1);
  const float inf = std::numeric_limits<float>::infinity();
  const std::vector<float> far{inf, -inf, NAN, 1e30f, -1e30f, 3e9f, -3e9f, 0};
  for_each_target([&] {
    for (bool constant : {false, true}) {
      const auto pixels = random_pixels<uint8_t>(5 * 4 * 3, random);
      std::vector<float> x, y;
      for (float a : far)
        for (float b : far) x.push_back(a), y.push_back(b);
      std::vector<uint8_t> out(x.size() * 3);
      sample_bilinear({5, 4, 3, constant, 7}, pixels.data(), static_cast<int64_t>(x.size()), x.data(),
                      y.data(), out.data());
      if (constant) {
        EXPECT_EQ(7, out[0]);
      }
    }
  });
}

TEST(ImageWarp, Projection) {
  const double affine[] = {0.9, -0.2, 3, 0.1, 1.1, -4, 0, 0, 1};
  const double projective[] = {0.9, -0.2, 3, 0.1, 1.1, -4, 1e-3, -2e-3, 1.1};
  for_each_target([&] {
    for (const double* m : {affine, projective})
      for (int64_t row : {0, 1, 77}) {
        Guarded<float> x(37), y(37);
        project_row(m, row, 37, x.data(), y.data());
        EXPECT_TRUE(x.intact() && y.intact());
        for (size_t i = 0; i < 37; ++i) {
          const auto u = static_cast<double>(i), v = static_cast<double>(row);
          const double w = m[6] * u + m[7] * v + m[8];
          EXPECT_NEAR(static_cast<double>(x[i]), (m[0] * u + m[1] * v + m[2]) / w, 2e-5);
          EXPECT_NEAR(static_cast<double>(y[i]), (m[3] * u + m[4] * v + m[5]) / w, 2e-5);
        }
      }
  });
}

template <class T>
void check_mirror() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t channels : {1, 2, 3, 4})
      for (int64_t n : {1, 2, 15, 16, 17, 64, 100}) {
        const auto x = random_pixels<T>(n * channels, random);
        Guarded<T> out(static_cast<size_t>(n * channels));
        mirror_row(n, channels, x.data(), out.data());
        EXPECT_TRUE(out.intact());
        for (int64_t i = 0; i < n; ++i)
          for (int64_t c = 0; c < channels; ++c)
            ASSERT_EQ(out[static_cast<size_t>(i * channels + c)],
                      x[static_cast<size_t>((n - 1 - i) * channels + c)]);
      }
  });
}
TEST(ImageWarp, Mirror) {
  check_mirror<uint8_t>();
  check_mirror<float>();
}

template <class T>
void check_matrix() {
  std::mt19937_64 random(1);
  const auto white = static_cast<float>(kWhite<T>);
  const ColorMatrix m{
      {1.2f, -0.3f, 0.2f, 0.1f * white, 0.1f, 0.8f, 0.3f, -0.1f * white, 0, 0, -0.5f, 0.6f * white},
      0.05f * white,
      0.9f * white};
  for_each_target([&] {
    for (int64_t n : {1, 3, 16, 17, 100}) {
      auto x = random_pixels<T>(3 * n, random);
      Guarded<T> y(static_cast<size_t>(3 * n));
      color_matrix(m, n, x.data(), y.data());
      EXPECT_TRUE(y.intact());
      for (size_t i = 0; i < y.size(); ++i) {
        const size_t p = i / 3 * 3, c = i % 3 * 4;
        const double sum = static_cast<double>(m.m[c]) * static_cast<double>(x[p]) +
                           static_cast<double>(m.m[c + 1]) * static_cast<double>(x[p + 1]) +
                           static_cast<double>(m.m[c + 2]) * static_cast<double>(x[p + 2]) +
                           static_cast<double>(m.m[c + 3]);
        ASSERT_NEAR(static_cast<double>(y[i]),
                    std::clamp(sum, static_cast<double>(m.low), static_cast<double>(m.high)), kTolerance<T>);
      }
      color_matrix(m, n, x.data(), x.data());
      EXPECT_EQ(x.values(), y.values());
    }
  });
}
TEST(ImageColor, Matrix) {
  check_matrix<uint8_t>();
  check_matrix<float>();
}

// By the six sectors of the textbook.
void hue_of(const double* rgb, double turns, double* out) {
  const double most = std::max({rgb[0], rgb[1], rgb[2]}), least = std::min({rgb[0], rgb[1], rgb[2]});
  double hue = 0;
  if (most > least) {
    const double range = most - least;
    if (most == rgb[0])
      hue = (rgb[1] - rgb[2]) / range;
    else if (most == rgb[1])
      hue = 2 + (rgb[2] - rgb[0]) / range;
    else
      hue = 4 + (rgb[0] - rgb[1]) / range;
  }
  hue = std::fmod(hue / 6 + turns + 2, 1.0) * 6;
  const double s = most > 0 ? (most - least) / most : 0, f = hue - std::floor(hue);
  const double p = most * (1 - s), q = most * (1 - s * f), t = most * (1 - s * (1 - f));
  const double sectors[6][3] = {{most, t, p}, {q, most, p}, {p, most, t},
                                {p, q, most}, {t, p, most}, {most, p, q}};
  std::copy_n(sectors[static_cast<int>(hue) % 6], 3, out);
}

template <class T>
void check_hue() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (double turns : {0.0, 0.1, -0.25, 0.5, -0.5}) {
      const int64_t n = 101;
      auto x = random_pixels<T>(3 * n, random);
      for (size_t i = 0; i < 9; ++i) x[i] = static_cast<T>(i < 3 ? 0 : i < 6 ? 1 : x[7]);  // greys
      Guarded<T> y(static_cast<size_t>(3 * n));
      turn_hue(turns, n, x.data(), y.data());
      EXPECT_TRUE(y.intact());
      for (size_t i = 0; i < y.size(); i += 3) {
        const double rgb[] = {static_cast<double>(x[i]), static_cast<double>(x[i + 1]),
                              static_cast<double>(x[i + 2])};
        double want[3];
        hue_of(rgb, turns, want);
        for (size_t c = 0; c < 3; ++c)
          ASSERT_NEAR(static_cast<double>(y[i + c]), want[c], kTolerance<T>) << "turned by " << turns;
      }
    }
  });
}
TEST(ImageColor, Hue) {
  check_hue<uint8_t>();
  check_hue<float>();
}

TEST(ImageColor, Sums) {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t n : {1, 16, 40, 70000}) {
      const auto bytes = random_pixels<uint8_t>(3 * n, random);
      const auto floats = random_pixels<float>(3 * n, random);
      double exact[3] = {}, near[3] = {}, got[3];
      for (size_t i = 0; i < bytes.size(); ++i) {
        exact[i % 3] += bytes[i];
        near[i % 3] += static_cast<double>(floats[i]);
      }
      color_sums(n, bytes.data(), got);
      for (int c = 0; c < 3; ++c) EXPECT_EQ(got[c], exact[c]);
      color_sums(n, floats.data(), got);
      for (int c = 0; c < 3; ++c) EXPECT_NEAR(got[c], near[c], 1e-5 * near[c]);
    }
  });
}

TEST(ImageColor, WeightedRowsAndBytes) {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t n : {1, 15, 16, 47}) {
      const auto a = random_block<float>(n, random, -20, 300), b = random_block<float>(n, random, -20, 300);
      const float* rows[] = {a.data(), b.data()};
      const float weights[] = {0.75f, 0.25f};
      Guarded<float> sum(static_cast<size_t>(n)), back(static_cast<size_t>(n));
      Guarded<uint8_t> bytes(static_cast<size_t>(n));
      weighted_rows(n, 2, rows, weights, sum.data());
      floats_to_bytes(n, sum.data(), bytes.data());
      bytes_to_floats(n, bytes.data(), back.data());
      EXPECT_TRUE(sum.intact() && bytes.intact() && back.intact());
      for (size_t i = 0; i < sum.size(); ++i) {
        EXPECT_NEAR(static_cast<double>(sum[i]),
                    0.75 * static_cast<double>(a[i]) + 0.25 * static_cast<double>(b[i]), 1e-4);
        EXPECT_NEAR(bytes[i], std::clamp(static_cast<double>(sum[i]), 0.0, 255.0), 0.5);
        EXPECT_EQ(back[i], static_cast<float>(bytes[i]));
      }
    }
  });
}

}  // namespace
}  // namespace fovea::kernels
