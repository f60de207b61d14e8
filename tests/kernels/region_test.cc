// Pooling over regions, larger images, maxout and deformed windows against plain loops, on every target.
#include "kernels/deform.h"
#include "kernels/maxout.h"
#include "kernels/region_pool.h"
#include "kernels/resize.h"
#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

const int64_t kChannels[] = {1, 2, 3, 7, 8, 16, 17, 33, 64, 65};

size_t index_of(int64_t i) {
  return static_cast<size_t>(i);
}

template <class T>
void check_regions() {
  std::mt19937_64 random(1);
  constexpr int64_t kHeight = 5, kWidth = 6;
  const int32_t left[] = {0, 1, 3}, right[] = {2, 4, 6};
  for_each_target([&] {
    for (int64_t channels : kChannels) {
      auto x = random_block<T>(kHeight * kWidth * channels, random);
      x[index_of(9 * channels)] = x[index_of(14 * channels)] = T(2);  // equal: the first wins
      const RegionRow r{kWidth, channels, 1, 4, 3, left, right};
      const auto dy = random_block<T>(3 * channels, random);
      Guarded<T> y(dy.size()), mean(dy.size()), dx(x.size()), dmean(x.size());
      Guarded<uint32_t> index(dy.size());
      for (T& v : dx) v = T(0.5);
      for (T& v : dmean) v = T(0.5);
      region_max(r, x.data(), y.data(), index.data());
      region_max_backward(3, channels, index.data(), dy.data(), dx.data());
      region_average(r, x.data(), mean.data());
      region_average_backward(r, dy.data(), dmean.data());
      std::vector<double> want_dx(x.size(), 0.5), want_dmean(x.size(), 0.5), want_mean(dy.size());
      for (int64_t o = 0; o < 3; ++o)
        for (int64_t c = 0; c < channels; ++c) {
          const size_t at = index_of(o * channels + c);
          int64_t best = kWidth + left[o];
          const double cells = 3.0 * (right[o] - left[o]);
          for (int64_t row = 1; row < 4; ++row)
            for (int64_t pixel = row * kWidth + left[o]; pixel < row * kWidth + right[o]; ++pixel) {
              if (x[index_of(pixel * channels + c)] > x[index_of(best * channels + c)]) best = pixel;
              want_mean[at] += static_cast<double>(x[index_of(pixel * channels + c)]) / cells;
              want_dmean[index_of(pixel * channels + c)] += static_cast<double>(dy[at]) / cells;
            }
          EXPECT_EQ(index[at], static_cast<uint32_t>(best));
          EXPECT_EQ(y[at], x[index_of(best * channels + c)]);
          want_dx[index_of(best * channels + c)] += static_cast<double>(dy[at]);
        }
      EXPECT_TRUE(close(dx, want_dx, 8));
      EXPECT_TRUE(close(mean, want_mean, 8));
      EXPECT_TRUE(close(dmean, want_dmean, 8));
      x[index_of(8 * channels)] = std::numeric_limits<T>::quiet_NaN();
      region_max(r, x.data(), y.data(), nullptr);
      EXPECT_TRUE(std::isnan(y[index_of(channels)]));  // pixel 8 is in region 1
      EXPECT_TRUE(y.intact() && mean.intact() && dx.intact() && dmean.intact() && index.intact());
    }
  });
}
TEST(Region, Pooling) {
  check_regions<float>();
  check_regions<double>();
}

template <class T>
void check_resize() {
  std::mt19937_64 random(2);
  constexpr int64_t kPixels = 4, kTimes = 3, kRows = 2;
  const int32_t left[] = {0, 1, 3}, right[] = {1, 2, 3};
  const double weight[] = {0.25, 0.5, 0.75};
  for_each_target([&] {
    for (int64_t channels : kChannels) {
      const int64_t line = kPixels * kTimes * channels;
      const auto x = random_block<T>(kPixels * channels, random), dy = random_block<T>(kRows * line, random);
      Guarded<T> y(index_of(line)), dx(x.size()), twice(x.size());
      repeat_pixels(kPixels, kTimes, channels, x.data(), y.data());
      for (int64_t p = 0; p < kPixels * kTimes; ++p)
        for (int64_t c = 0; c < channels; ++c)
          EXPECT_EQ(y[index_of(p * channels + c)], x[index_of(p / kTimes * channels + c)]);
      sum_pixels(kPixels, kTimes, channels, kRows, line, dy.data(), false, dx.data());
      twice.assign(dx.values());
      sum_pixels(kPixels, kTimes, channels, kRows, line, dy.data(), true, twice.data());
      std::vector<double> want(x.size()), want_twice;
      for (int64_t r = 0; r < kRows; ++r)
        for (int64_t p = 0; p < kPixels * kTimes; ++p)
          for (int64_t c = 0; c < channels; ++c)
            want[index_of(p / kTimes * channels + c)] +=
                static_cast<double>(dy[index_of(r * line + p * channels + c)]);
      for (double v : want) want_twice.push_back(2 * v);
      EXPECT_TRUE(close(dx, want, 8));
      EXPECT_TRUE(close(twice, want_twice, 8));

      const BilinearRow b{3, channels, left, right, weight, 0.375};
      const auto lower = random_block<T>(kPixels * channels, random);
      Guarded<T> between(index_of(3 * channels)), dupper(x.size()), dlower(x.size());
      for (T& v : dupper) v = T(1);
      for (T& v : dlower) v = T(1);
      bilinear(b, x.data(), lower.data(), between.data());
      bilinear_backward(b, dy.data(), dupper.data(), dlower.data());
      std::vector<double> want_y(between.size()), want_upper(x.size(), 1), want_lower(x.size(), 1);
      for (int64_t o = 0; o < 3; ++o)
        for (int64_t c = 0; c < channels; ++c) {
          const size_t at = index_of(o * channels + c), l = index_of(left[o] * channels + c),
                       r = index_of(right[o] * channels + c);
          const double w = weight[o], g = static_cast<double>(dy[at]);
          want_y[at] =
              (1 - b.row_weight) * ((1 - w) * static_cast<double>(x[l]) + w * static_cast<double>(x[r])) +
              b.row_weight * ((1 - w) * static_cast<double>(lower[l]) + w * static_cast<double>(lower[r]));
          want_upper[l] += (1 - b.row_weight) * (1 - w) * g;
          want_upper[r] += (1 - b.row_weight) * w * g;
          want_lower[l] += b.row_weight * (1 - w) * g;
          want_lower[r] += b.row_weight * w * g;
        }
      EXPECT_TRUE(close(between, want_y, 8));
      EXPECT_TRUE(close(dupper, want_upper, 8));
      EXPECT_TRUE(close(dlower, want_lower, 8));
      EXPECT_TRUE(y.intact() && dx.intact() && between.intact() && dupper.intact() && dlower.intact());
    }
  });
}
TEST(Region, Resize) {
  check_resize<float>();
  check_resize<double>();
}

template <class T>
void check_maxout() {
  std::mt19937_64 random(3);
  constexpr int64_t kRows = 3;
  for_each_target([&] {
    for (int64_t units : kChannels)
      for (int64_t pieces : {1, 2, 5}) {
        auto x = random_block<T>(kRows * pieces * units, random);
        const auto dy = random_block<T>(kRows * units, random);
        if (pieces > 1) x[0] = x[index_of(units)] = T(2);  // equal: the first takes it
        Guarded<T> y(dy.size()), dx(x.size()), twice(x.size());
        maxout(kRows, units, pieces, x.data(), y.data());
        maxout_backward(kRows, units, pieces, x.data(), y.data(), dy.data(), false, dx.data());
        twice.assign(dx.values());
        maxout_backward(kRows, units, pieces, x.data(), y.data(), dy.data(), true, twice.data());
        for (int64_t r = 0; r < kRows; ++r)
          for (int64_t u = 0; u < units; ++u) {
            int64_t best = 0;
            const auto at = [&](int64_t j) { return index_of((r * pieces + j) * units + u); };
            for (int64_t j = 1; j < pieces; ++j)
              if (x[at(j)] > x[at(best)]) best = j;
            EXPECT_EQ(y[index_of(r * units + u)], x[at(best)]);
            for (int64_t j = 0; j < pieces; ++j) {
              EXPECT_EQ(dx[at(j)], j == best ? dy[index_of(r * units + u)] : T(0));
              EXPECT_EQ(twice[at(j)], dx[at(j)] + dx[at(j)]);
            }
          }
        EXPECT_TRUE(y.intact() && dx.intact() && twice.intact());
      }
  });
}
TEST(Region, Maxout) {
  check_maxout<float>();
  check_maxout<double>();
}

// The value of an image at a place between its pixels, and its derivatives; zeros outside.
struct Sample {
  double value = 0, by_y = 0, by_x = 0;
};
template <class T, class F>
Sample sample(const Deform& d, const Guarded<T>& image, double y, double x, int64_t c, F&& visit) {
  Sample s;
  const double top = std::floor(y), left = std::floor(x);
  for (int i = 0; i < 2; ++i)
    for (int j = 0; j < 2; ++j) {
      const double row = top + i, column = left + j;
      if (row < 0 || row >= static_cast<double>(d.height) || column < 0 ||
          column >= static_cast<double>(d.width))
        continue;
      const size_t at =
          index_of((static_cast<int64_t>(row) * d.width + static_cast<int64_t>(column)) * d.channels + c);
      const double wy = i == 0 ? top + 1 - y : y - top, wx = j == 0 ? left + 1 - x : x - left;
      const double v = static_cast<double>(image[at]);
      s.value += wy * wx * v;
      s.by_y += (i == 0 ? -1 : 1) * wx * v;
      s.by_x += (j == 0 ? -1 : 1) * wy * v;
      visit(at, wy * wx);
    }
  return s;
}

template <class T>
void check_deform() {
  std::mt19937_64 random(4);
  for_each_target([&] {
    for (int64_t wide : {1, 3, 8, 17, 33})
      for (bool factored : {false, true}) {
        const Deform d{4, 5, 2 * wide, 2, 3, 2, 1, 1, 2, 1, 1, 4, 2};
        const int64_t cells = 6, places = d.out_width * d.offset_groups * cells, row = 1;
        const auto image = random_block<T>(d.height * d.width * d.channels, random);
        const auto offsets = random_block<T>(2 * places, random, -1.9, 1.9),
                   factors = random_block<T>(places, random);
        const auto dcolumns = random_block<T>(d.out_width * cells * d.channels, random);
        Guarded<T> columns(dcolumns.size()), dimage(image.size()), doffsets(offsets.size()),
            dfactors(factors.size());
        for (auto* block : {&dimage, &doffsets, &dfactors})
          for (T& v : *block) v = T(1);
        const T* const given = factored ? factors.data() : nullptr;
        deform_columns(d, row, image.data(), offsets.data(), given, columns.data());
        deform_columns_backward(d, row, image.data(), offsets.data(), given, dcolumns.data(), dimage.data(),
                                doffsets.data(), dfactors.data());
        std::vector<double> want(columns.size()), want_image(image.size(), 1),
            want_offsets(offsets.size(), 1), want_factors(factors.size(), 1);
        for (int64_t p = 0; p < d.out_width; ++p)
          for (int64_t g = 0; g < 2; ++g)
            for (int64_t cell = 0; cell < cells; ++cell) {
              const size_t place = index_of((p * 2 + g) * cells + cell);
              const double factor = factored ? static_cast<double>(factors[place]) : 1;
              // In T, as the kernel, so that both take the same pixels.
              const T y =
                  static_cast<T>(row * d.stride_h - d.pad_top + cell / 3 * d.dilation_h) + offsets[2 * place];
              const T x = static_cast<T>(p * d.stride_w - d.pad_left + cell % 3 * d.dilation_w) +
                          offsets[2 * place + 1];
              for (int64_t c = g * wide; c < (g + 1) * wide; ++c) {
                const size_t at = index_of((p * cells + cell) * d.channels + c);
                const double gradient = static_cast<double>(dcolumns[at]);
                const Sample s = sample(
                    d, image, static_cast<double>(y), static_cast<double>(x), c,
                    [&](size_t pixel, double share) { want_image[pixel] += share * factor * gradient; });
                want[at] = s.value * factor;
                want_offsets[2 * place] += s.by_y * factor * gradient;
                want_offsets[2 * place + 1] += s.by_x * factor * gradient;
                want_factors[place] += s.value * gradient;
              }
            }
        EXPECT_TRUE(close(columns, want, 16, 1));
        EXPECT_TRUE(close(dimage, want_image, 32));
        EXPECT_TRUE(close(doffsets, want_offsets, 64));
        EXPECT_TRUE(close(dfactors, want_factors, 64));
        deform_columns_backward(d, row, image.data(), offsets.data(), given, dcolumns.data(),
                                static_cast<T*>(nullptr), static_cast<T*>(nullptr), static_cast<T*>(nullptr));
        EXPECT_TRUE(columns.intact() && dimage.intact() && doffsets.intact() && dfactors.intact());
      }
  });
}
TEST(Region, Deform) {
  check_deform<float>();
  check_deform<double>();
}

}  // namespace
}  // namespace fovea::kernels
