// The convolution kernels against plain loops, on every SIMD target.
#include "kernels/conv_depthwise.h"
#include "kernels/conv_direct.h"
#include "kernels/conv_im2col.h"
#include "kernels/conv_outer.h"
#include "kernels/epilogue.h"
#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

int64_t pick(std::mt19937_64& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
}

// None, those of a relu, or narrower than what the kernels compute.
template <class T>
Bounds<T> random_bounds(std::mt19937_64& random) {
  constexpr Bounds<T> kChoices[] = {
      {}, {T(0), std::numeric_limits<T>::infinity()}, {T(0), T(0.5)}, {T(-0.25), T(0.75)}};
  return kChoices[random() % std::size(kChoices)];
}

// Random runs inside windows of `window` elements.
std::vector<Run> random_runs(std::mt19937_64& random, int64_t window, int64_t most) {
  std::vector<Run> runs;
  for (int64_t n = pick(random, 1, 4); n > 0; --n) {
    const int64_t length = pick(random, 1, std::min(most, window));
    runs.push_back({pick(random, 0, window - length), length});
  }
  return runs;
}

int64_t depth_of(const std::vector<Run>& runs) {
  int64_t depth = 0;
  for (const Run& r : runs) depth += r.length;
  return depth;
}

template <class T>
struct PackedMatrix {
  Guarded<T> weights, bias, packed;

  PackedMatrix(std::mt19937_64& random, int64_t depth, int64_t outputs)
      : weights(random_block<T>(depth * outputs, random)),
        bias(random_block<T>(outputs, random)),
        packed(static_cast<size_t>(packed_elements<T>(depth, outputs))) {
    pack_panels(PackBlock<T>{bias.data(), 0, 1, nullptr, 0, 1, depth, outputs, packed.data()});
    // In two blocks, as taps are.
    const int64_t half = depth / 2;
    pack_panels(PackBlock<T>{weights.data(), outputs, 1, nullptr, 1, half, depth, outputs, packed.data()});
    pack_panels(PackBlock<T>{weights.data() + half * outputs, outputs, 1, nullptr, 1 + half, depth - half,
                             depth, outputs, packed.data()});
  }
};

template <class T>
void check_correlation(std::mt19937_64& random, int64_t pixels, int64_t outputs) {
  const int64_t window = pick(random, 1, 40), rows = pick(random, 1, 3);
  std::vector<Run> runs = random_runs(random, window, 30);
  for (Run& r : runs) {
    r.skips_first = random() % 4 == 0;
    r.skips_last = !r.skips_first && random() % 4 == 0;
  }
  std::vector<RunRange> row_runs;
  const int64_t count = static_cast<int64_t>(runs.size());
  for (int64_t r = 0; r < rows; ++r) {
    const int64_t first = pick(random, 0, count);
    row_runs.push_back({first, pick(random, 0, count - first)});
  }
  const int64_t depth = depth_of(runs), x_pixel = pick(random, 1, 20),
                x_row = pixels * x_pixel + pick(random, 0, 9);
  const int64_t y_pixel = outputs + pick(random, 0, 4), y_row = pixels * y_pixel + pick(random, 0, 9);
  const PackedMatrix<T> m(random, depth, outputs);
  const auto x = random_block<T>((rows - 1) * x_row + (pixels - 1) * x_pixel + window, random);
  const auto y = random_block<T>((rows - 1) * y_row + (pixels - 1) * y_pixel + outputs, random);
  const bool accumulate = random() % 3 == 0;
  const Bounds<T> bounds = random_bounds<T>(random);

  std::vector<T> wanted = y.values();
  for (int64_t r = 0; r < rows; ++r) {
    const RunRange range = row_runs[static_cast<size_t>(r)];
    for (int64_t p = 0; p < pixels; ++p) {
      for (int64_t c = 0; c < outputs; ++c) {
        double sum = static_cast<double>(m.bias[static_cast<size_t>(c)]);
        int64_t k = 0;
        for (int64_t i = 0; i < count; ++i) {
          const Run& run = runs[static_cast<size_t>(i)];
          const bool read = i >= range.first && i < range.first + range.count &&
                            !(p == 0 && run.skips_first) && !(p == pixels - 1 && run.skips_last);
          for (int64_t j = 0; j < run.length; ++j, ++k) {
            if (!read) continue;
            sum += static_cast<double>(x[static_cast<size_t>(r * x_row + p * x_pixel + run.offset + j)]) *
                   static_cast<double>(m.weights[static_cast<size_t>(k * outputs + c)]);
          }
        }
        T& w = wanted[static_cast<size_t>(r * y_row + p * y_pixel + c)];
        if (accumulate) sum += static_cast<double>(w);
        w = static_cast<T>(std::clamp<double>(sum, bounds.low, bounds.high));
      }
    }
  }
  correlate(Correlation<T>{x.data(), 0, x_row, x_pixel, runs, row_runs.data(), m.packed.data(), depth,
                           y.data(), y_row, y_pixel, rows, pixels, outputs, accumulate, bounds});
  EXPECT_TRUE(close(y, wanted, 64, 1)) << pixels << " pixels, " << outputs << " outputs, depth " << depth;
  EXPECT_TRUE(y.intact());
}

TEST(ConvDirect, CorrelateEqualsThePlainLoop) {
  for_each_target([] {
    std::mt19937_64 random(1);
    for (int64_t outputs = 1; outputs <= 70; ++outputs) {
      check_correlation<float>(random, pick(random, 1, 40), outputs);
      check_correlation<double>(random, pick(random, 1, 40), outputs);
    }
    for (int64_t pixels = 1; pixels <= 50; ++pixels) {
      for (const int64_t outputs : {3, 7, 16, 32}) check_correlation<float>(random, pixels, outputs);
      for (const int64_t outputs : {2, 8, 16}) check_correlation<double>(random, pixels, outputs);
    }
  });
}

// Columns that lie far apart (a transposed matrix), scaled; what pads the last panel is zeros.
TEST(ConvDirect, PacksTransposedAndScaled) {
  for_each_target([] {
    std::mt19937_64 random(2);
    for (const int64_t outputs : {1, 5, 16, 33, 70}) {
      const int64_t depth = 37;
      const auto w = random_block<float>(depth * outputs, random),
                 scale = random_block<float>(outputs, random);
      std::vector<float> plain(w.size());
      for (int64_t r = 0; r < depth; ++r) {
        for (int64_t c = 0; c < outputs; ++c)
          plain[static_cast<size_t>(r * outputs + c)] =
              w[static_cast<size_t>(c * depth + r)] * scale[static_cast<size_t>(c)];
      }
      const size_t n = static_cast<size_t>(packed_elements<float>(depth, outputs));
      Guarded<float> a(n), b(n);
      for (auto* p : {&a, &b})
        pack_panels(PackBlock<float>{nullptr, 0, 1, nullptr, 0, 1, depth, outputs, p->data()});
      pack_panels(PackBlock<float>{w.data(), 1, depth, scale.data(), 1, depth, depth, outputs, a.data()});
      pack_panels(PackBlock<float>{plain.data(), outputs, 1, nullptr, 1, depth, depth, outputs, b.data()});
      EXPECT_EQ(a.values(), b.values());
      EXPECT_TRUE(a.intact());
    }
  });
}

template <class T>
void check_outer(std::mt19937_64& random, int64_t outputs, int64_t longest) {
  const int64_t window = pick(random, 1, 60), images = pick(random, 1, 2), rows = pick(random, 1, 3);
  const int64_t pixels = pick(random, 1, 20);
  const std::vector<Run> runs = random_runs(random, window, longest);
  const int64_t depth = depth_of(runs), x_pixel = pick(random, 1, 20),
                x_row = pixels * x_pixel + pick(random, 0, 9);
  const int64_t x_image = rows * x_row + 3, over = packed_elements<T>(0, outputs) - outputs;
  const int64_t dz_pixel = outputs + pick(random, 0, 3), dz_row = pixels * dz_pixel + 1,
                dz_image = rows * dz_row + 2;
  const int64_t x_size = (images - 1) * x_image + (rows - 1) * x_row + (pixels - 1) * x_pixel + window;
  const int64_t dz_size = (images - 1) * dz_image + (rows - 1) * dz_row + (pixels - 1) * dz_pixel + outputs;
  const auto x = random_block<T>(x_size, random);
  const auto dz = random_block<T>(dz_size + over, random);
  for (size_t i = static_cast<size_t>(dz_size); i < dz.size(); ++i)
    dz[i] = std::numeric_limits<T>::quiet_NaN();
  const int64_t dw_row = outputs + pick(random, 0, 3);
  const auto dw = random_block<T>((depth - 1) * dw_row + outputs, random);

  std::vector<double> sums(dw.size());
  for (size_t i = 0; i < sums.size(); ++i) sums[i] = static_cast<double>(dw[i]);
  for (int64_t pixel = 0; pixel < images * rows * pixels; ++pixel) {
    const int64_t p = pixel % pixels, r = pixel / pixels % rows, i = pixel / pixels / rows;
    int64_t k = 0;
    for (const Run& run : runs) {
      for (int64_t j = 0; j < run.length; ++j, ++k) {
        const double in = static_cast<double>(
            x[static_cast<size_t>(i * x_image + r * x_row + p * x_pixel + run.offset + j)]);
        for (int64_t c = 0; c < outputs; ++c) {
          sums[static_cast<size_t>(k * dw_row + c)] +=
              in * static_cast<double>(dz[static_cast<size_t>(i * dz_image + r * dz_row + p * dz_pixel + c)]);
        }
      }
    }
  }
  outer_product(OuterProduct<T>{x.data(), x_image, x_row, x_pixel, runs, dz.data(), dz_image, dz_row,
                                dz_pixel, images, rows, pixels, outputs, dw.data(), dw_row});
  EXPECT_TRUE(close(dw, std::vector<T>(sums.begin(), sums.end()), 64, 1))
      << outputs << " outputs, depth " << depth;
  EXPECT_TRUE(dw.intact());
}

TEST(ConvOuter, EqualsThePlainLoop) {
  for_each_target([] {
    std::mt19937_64 random(3);
    for (int64_t outputs = 1; outputs <= 70; ++outputs) {
      for (const int64_t longest : {1, 5, 50}) {
        check_outer<float>(random, outputs, longest);
        check_outer<double>(random, outputs, longest);
      }
    }
  });
}

template <class T>
void check_depthwise(std::mt19937_64& random, int64_t channels, int64_t pixels) {
  const int64_t x_pixel = channels + pick(random, 0, 5), y_pixel = channels + pick(random, 0, 5),
                taps = pick(random, 0, 12);
  std::vector<int64_t> offsets;
  for (int64_t t = 0; t < taps; ++t) offsets.push_back(pick(random, 0, 3) * x_pixel);
  const auto at = [](int64_t i) { return static_cast<size_t>(i); };
  const auto x = random_block<T>((pixels + 2) * x_pixel + channels, random),
             w = random_block<T>(taps * channels, random);
  const auto bias = random_block<T>(channels, random),
             y = random_block<T>((pixels - 1) * y_pixel + channels, random);
  const bool accumulate = random() % 2 == 0, with_bias = random() % 2 == 0;
  const Bounds<T> bounds = random_bounds<T>(random);
  const auto input = [&](int64_t p, int64_t t, int64_t c) {
    return static_cast<double>(x[at(p * x_pixel + offsets[at(t)] + c)]);
  };
  std::vector<T> wanted = y.values();
  for (int64_t p = 0; p < pixels; ++p) {
    for (int64_t c = 0; c < channels; ++c) {
      double sum = with_bias ? static_cast<double>(bias[at(c)]) : 0;
      for (int64_t t = 0; t < taps; ++t) sum += input(p, t, c) * static_cast<double>(w[at(t * channels + c)]);
      T& v = wanted[at(p * y_pixel + c)];
      if (accumulate) sum += static_cast<double>(v);
      v = static_cast<T>(std::clamp<double>(sum, bounds.low, bounds.high));
    }
  }
  depthwise_correlate(DepthwiseCorrelation<T>{x.data(), 0, x_pixel, offsets, w.data(),
                                              with_bias ? bias.data() : nullptr, y.data(), y_pixel, pixels,
                                              channels, accumulate, bounds});
  EXPECT_TRUE(close(y, wanted, 32, 1)) << channels << " channels, " << pixels << " pixels";
  EXPECT_TRUE(y.intact());

  // The weight gradient of the same taps; y plays dz. Two rows, the second being the first again.
  const auto dw = random_block<T>(taps * channels, random);
  std::vector<T> sums = dw.values();
  for (int64_t t = 0; t < taps; ++t) {
    for (int64_t c = 0; c < channels; ++c) {
      double sum = static_cast<double>(dw[at(t * channels + c)]);
      for (int64_t p = 0; p < pixels; ++p)
        sum += 2 * input(p, t, c) * static_cast<double>(y[at(p * y_pixel + c)]);
      sums[at(t * channels + c)] = static_cast<T>(sum);
    }
  }
  depthwise_outer(
      DepthwiseOuter<T>{x.data(), 0, x_pixel, offsets, y.data(), 0, y_pixel, 2, pixels, channels, dw.data()});
  EXPECT_TRUE(close(dw, sums, 64, 1)) << channels << " channels, " << pixels << " pixels";
  EXPECT_TRUE(dw.intact());
}

TEST(ConvDepthwise, EqualsThePlainLoop) {
  for_each_target([] {
    std::mt19937_64 random(4);
    for (int64_t channels = 1; channels <= 40; ++channels) {
      check_depthwise<float>(random, channels, pick(random, 1, 30));
      check_depthwise<double>(random, channels, pick(random, 1, 30));
    }
  });
}

template <class T>
void check_epilogue(std::mt19937_64& random, int64_t columns, Activation f, bool scaled, bool shifted) {
  const int64_t rows = pick(random, 1, 40), stride = columns + pick(random, 0, 2);
  const auto y = random_block<T>((rows - 1) * stride + columns, random);
  const auto scale = random_block<T>(columns, random), shift = random_block<T>(columns, random);
  std::vector<T> wanted = y.values();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      double v = static_cast<double>(wanted[static_cast<size_t>(r * stride + c)]);
      if (scaled) v *= static_cast<double>(scale[static_cast<size_t>(c)]);
      if (shifted) v += static_cast<double>(shift[static_cast<size_t>(c)]);
      if (is_clamp(f)) v = std::clamp(v, bounds_of<double>(f).low, bounds_of<double>(f).high);
      T rounded = static_cast<T>(v);
      if (!is_clamp(f)) activate(f, 1, &rounded, &rounded);  // whose accuracy has its own test
      if (!is_clamp(f)) v = static_cast<double>(rounded);
      wanted[static_cast<size_t>(r * stride + c)] = static_cast<T>(v);
    }
  }
  finish_rows(f, rows, columns, stride, scaled ? scale.data() : nullptr, shifted ? shift.data() : nullptr,
              y.data());
  EXPECT_TRUE(close(y, wanted, 16, 1)) << columns << " columns, " << kActivationNames[static_cast<int>(f)];
  EXPECT_TRUE(y.intact());
}

TEST(Epilogue, EqualsThePlainLoop) {
  for_each_target([] {
    std::mt19937_64 random(5);
    for (const int64_t columns : {1, 6, 10, 16, 33, 100}) {
      for (int i = 0; i < 4 * static_cast<int>(std::size(kActivationNames)); ++i) {
        check_epilogue<float>(random, columns, static_cast<Activation>(i / 4), (i & 1) != 0, (i & 2) != 0);
        check_epilogue<double>(random, columns, static_cast<Activation>(i / 4), (i & 1) != 0, (i & 2) != 0);
      }
    }
  });
}

// Every element of the matrix comes from its pixel or is zero; the adjoint adds each to the same pixel.
TEST(Im2col, EqualsThePlainLoop) {
  std::mt19937_64 random(6);
  for (int i = 0; i < 100; ++i) {
    const auto up_to = [&](int64_t high) { return pick(random, 1, high); };
    Im2col s{up_to(9),           up_to(9),           up_to(5), 0,        up_to(4),
             up_to(4),           up_to(3),           up_to(3), up_to(2), up_to(2),
             pick(random, 0, 3), pick(random, 0, 3), up_to(7)};
    s.pixel = s.channels + (random() % 2 ? up_to(4) : 0);
    const int64_t row = pick(random, 0, 2), rows = up_to(4), window = s.kernel_h * s.kernel_w * s.channels;
    const auto image = random_block<float>((s.height * s.width - 1) * s.pixel + s.channels, random);
    const auto gradient = random_block<float>(static_cast<int64_t>(image.size()), random);
    const Guarded<float> columns(static_cast<size_t>(rows * s.out_width * window));
    const auto from = random_block<float>(static_cast<int64_t>(columns.size()), random);
    std::vector<float> wanted, sums = gradient.values();
    for (int64_t n = 0; n < static_cast<int64_t>(columns.size()); ++n) {
      const int64_t c = n % s.channels, kx = n / s.channels % s.kernel_w,
                    ky = n / s.channels / s.kernel_w % s.kernel_h;
      const int64_t p = n / window % s.out_width, r = row + n / window / s.out_width;
      const int64_t y = r * s.stride_h - s.pad_top + ky * s.dilation_h,
                    x = p * s.stride_w - s.pad_left + kx * s.dilation_w;
      const bool inside = y >= 0 && y < s.height && x >= 0 && x < s.width;
      const size_t pixel = inside ? static_cast<size_t>((y * s.width + x) * s.pixel + c) : 0;
      if (inside) sums[pixel] += from[static_cast<size_t>(n)];
      wanted.push_back(inside ? image[pixel] : 0);
    }
    im2col(s, row, rows, image.data(), columns.data());
    EXPECT_EQ(columns.values(), wanted);
    col2im_add(s, row, rows, from.data(), gradient.data());
    EXPECT_TRUE(close(gradient, sums, 8, 1));
    EXPECT_TRUE(columns.intact() && gradient.intact());
  }
}

}  // namespace
}  // namespace fovea::kernels
