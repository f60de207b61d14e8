// Winograd's transforms against matrices made from their definition, on every SIMD target, and how exact the
// whole is.
#include <array>

#include "kernels/conv_direct.h"
#include "kernels/conv_winograd.h"
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
size_t at(int64_t i) {
  return static_cast<size_t>(i);
}

using Matrix = std::vector<std::vector<double>>;

Matrix transposed(const Matrix& m) {
  Matrix t(m[0].size(), std::vector<double>(m.size()));
  for (size_t i = 0; i < m.size(); ++i)
    for (size_t j = 0; j < m[0].size(); ++j) t[j][i] = m[i][j];
  return t;
}
// m x m^T, x square.
Matrix sandwich(const Matrix& m, const Matrix& x) {
  Matrix y(m.size(), std::vector<double>(m.size()));
  for (size_t i = 0; i < m.size(); ++i)
    for (size_t j = 0; j < m.size(); ++j)
      for (size_t a = 0; a < x.size(); ++a)
        for (size_t b = 0; b < x.size(); ++b) y[i][j] += m[i][a] * x[a][b] * m[j][b];
  return y;
}

// The finite points for a kernel of 3 or 5 cells.
std::vector<double> points_of(int64_t kernel) {
  if (kernel == 3) return {0, 0.625, -0.625, 1.5, -1.5};
  return {0, 0.5, -0.5, 1, -1, 2, -2};
}

// Evaluation of a polynomial of `terms` terms at the points and infinity (its leading coefficient).
Matrix evaluation(int64_t kernel, size_t terms) {
  Matrix m;
  for (double p : points_of(kernel)) {
    m.emplace_back(terms, 1.0);
    for (size_t i = 1; i < terms; ++i) m.back()[i] = m.back()[i - 1] * p;
  }
  m.emplace_back(terms, 0.0).back() = 1;
  return m;
}
// G: evaluation divided by the other points' distances.
Matrix kernel_matrix(int64_t kernel) {
  const std::vector<double> points = points_of(kernel);
  Matrix m = evaluation(kernel, at(kernel));
  for (size_t i = 0; i < points.size(); ++i)
    for (size_t j = 0; j < points.size(); ++j)
      for (double& v : m[i]) v /= i == j ? 1 : points[i] - points[j];
  return m;
}
// B^T: the coefficients of the polynomials that vanish at all finite points but one; the last, at all.
Matrix input_matrix(int64_t kernel) {
  const std::vector<double> points = points_of(kernel);
  const size_t count = points.size() + 1;
  Matrix m;
  for (size_t i = 0; i < count; ++i) {
    std::vector<double> p(count);
    p[0] = 1;
    for (size_t j = 0; j + 1 < count; ++j) {
      if (i == j) continue;
      for (size_t k = count; k-- > 0;) p[k] = (k > 0 ? p[k - 1] : 0) - points[j] * p[k];
    }
    m.push_back(p);
  }
  return m;
}

double derivative(Activation f, double y) {
  const Bounds<double> bounds = bounds_of<double>(f);
  return y > bounds.low && y < bounds.high ? 1 : 0;
}

constexpr Activation kClamps[] = {Activation::linear, Activation::relu, Activation::relu6};

// Random images and some tiles and channels of them.
struct Tiles {
  WinogradTiles t;
  int64_t batch, elements, planes;

  Tiles(std::mt19937_64& random, int64_t kernel, int64_t channels, int64_t margin) {
    WinogradGrid& g = t.grid;
    t.first_channel = pick(random, 0, 3);
    t.channels = channels;
    g = {kernel,
         pick(random, 1, 11),
         pick(random, 1, 11),
         t.first_channel + channels + pick(random, 0, 2),
         pick(random, -margin, margin),
         pick(random, -margin, margin),
         0,
         0};
    g.tile_rows = std::max<int64_t>(1, (g.height - g.row + 3) / 4);
    g.tile_columns = std::max<int64_t>(1, (g.width - g.column + 3) / 4);
    batch = pick(random, 1, 3);
    t.first = pick(random, 0, batch * g.tiles() - 1);
    t.count = pick(random, 1, batch * g.tiles() - t.first);
    t.row = channels + pick(random, 0, 3);
    t.plane = t.count * t.row + pick(random, 0, 5);
    elements = batch * g.height * g.width * g.channels;
    planes = winograd_planes(kernel) * t.plane;
  }
  // The pixel of a tile's element, or -1 where it is outside of the image.
  int64_t pixel(int64_t tile, int64_t i, int64_t j, int64_t c) const {
    const WinogradGrid& g = t.grid;
    const int64_t n = t.first + tile, image = n / g.tiles(), in_image = n % g.tiles();
    const int64_t row = g.row + in_image / g.tile_columns * 4 + i,
                  column = g.column + in_image % g.tile_columns * 4 + j;
    if (row < 0 || row >= g.height || column < 0 || column >= g.width) return -1;
    return ((image * g.height + row) * g.width + column) * g.channels + t.first_channel + c;
  }
  size_t element(int64_t plane, int64_t tile, int64_t c) const {
    return at(plane * t.plane + tile * t.row + c);
  }
};

template <class T>
void check_read(std::mt19937_64& random, int64_t kernel, int64_t channels, Activation f, bool gradient) {
  const int64_t points = winograd_points(kernel), size = gradient ? 4 : points;
  const Matrix m = gradient ? evaluation(kernel, 4) : input_matrix(kernel);
  const Tiles tiles(random, kernel, channels, 4);
  const auto x = random_block<T>(tiles.elements, random), y = random_block<T>(tiles.elements, random, -9, 9);
  const auto planes = random_block<T>(tiles.planes, random), sums = random_block<T>(channels, random);
  std::vector<T> wanted = planes.values(), wanted_sums = sums.values();
  for (int64_t tile = 0; tile < tiles.t.count; ++tile) {
    for (int64_t c = 0; c < channels; ++c) {
      Matrix d(at(size), std::vector<double>(at(size)));
      for (int64_t i = 0; i < size; ++i) {
        for (int64_t j = 0; j < size; ++j) {
          const int64_t p = tiles.pixel(tile, i, j, c);
          if (p >= 0)
            d[at(i)][at(j)] = static_cast<double>(x[at(p)]) * derivative(f, static_cast<double>(y[at(p)]));
          if (gradient) wanted_sums[at(c)] += static_cast<T>(d[at(i)][at(j)]);
        }
      }
      const Matrix t = sandwich(m, d);
      for (int64_t p = 0; p < points * points; ++p)
        wanted[tiles.element(p, tile, c)] = static_cast<T>(t[at(p / points)][at(p % points)]);
    }
  }
  const WinogradRead<T> task{tiles.t,
                             x.data(),
                             f,
                             f == Activation::linear ? nullptr : y.data(),
                             planes.data(),
                             gradient ? sums.data() : nullptr};
  if (gradient) {
    winograd_gradient(task);
    EXPECT_TRUE(close(sums, wanted_sums, 64, 1));
  } else {
    winograd_input(task);
  }
  EXPECT_TRUE(close(planes, wanted, 32, 1))
      << channels << " channels, kernel " << kernel << ", gradient " << gradient;
  EXPECT_TRUE(planes.intact() && sums.intact());
}

template <class T>
void check_write(std::mt19937_64& random, int64_t kernel, int64_t channels) {
  const int64_t points = winograd_points(kernel);
  const Matrix m = transposed(evaluation(kernel, 4));
  Tiles tiles(random, kernel, channels, 0);
  const auto planes = random_block<T>(tiles.planes, random), images = random_block<T>(tiles.elements, random);
  const auto bias = random_block<T>(tiles.t.grid.channels, random);
  const Bounds<T> bounds = bounds_of<T>(kClamps[random() % 3]);
  const bool accumulate = random() % 2 == 0, with_bias = random() % 2 == 0;
  std::vector<T> wanted = images.values();
  for (int64_t tile = 0; tile < tiles.t.count; ++tile) {
    for (int64_t c = 0; c < channels; ++c) {
      Matrix t(at(points), std::vector<double>(at(points)));
      for (int64_t p = 0; p < points * points; ++p)
        t[at(p / points)][at(p % points)] = static_cast<double>(planes[tiles.element(p, tile, c)]);
      const Matrix y = sandwich(m, t);
      for (int64_t i = 0; i < 16; ++i) {
        const int64_t p = tiles.pixel(tile, i / 4, i % 4, c);
        if (p < 0) continue;
        double v = y[at(i / 4)][at(i % 4)] + (accumulate ? static_cast<double>(wanted[at(p)]) : 0);
        if (with_bias) v += static_cast<double>(bias[at(tiles.t.first_channel + c)]);
        wanted[at(p)] = std::clamp(static_cast<T>(v), bounds.low, bounds.high);
      }
    }
  }
  winograd_output(WinogradWrite<T>{tiles.t, planes.data(), with_bias ? bias.data() : nullptr, images.data(),
                                   accumulate, bounds});
  EXPECT_TRUE(close(images, wanted, 32, 1)) << channels << " channels, kernel " << kernel;
  EXPECT_TRUE(images.intact());
}

TEST(ConvWinograd, TransformsOfImagesEqualTheMatrices) {
  for_each_target([] {
    std::mt19937_64 random(1);
    for (int64_t channels = 1; channels <= 40; ++channels) {
      for (const int64_t kernel : {3, 5}) {
        for (const bool gradient : {false, true}) {
          const auto f = kClamps[channels % 3];
          check_read<float>(random, kernel, channels, f, gradient);
          check_read<double>(random, kernel, channels, f, gradient);
          check_read<float>(random, kernel, channels, Activation::linear, gradient);
        }
        check_write<float>(random, kernel, channels);
        check_write<double>(random, kernel, channels);
      }
    }
  });
}

// Each plane is what pack_panels() makes of its matrix; the kernel turned around and transposed, too.
template <class T>
void check_weights(std::mt19937_64& random, int64_t kernel, int64_t depth, int64_t outputs, bool turned) {
  const int64_t cells = kernel * kernel, points = winograd_points(kernel), count = points * points;
  const Matrix m = kernel_matrix(kernel);
  const auto w = random_block<T>(cells * depth * outputs, random), scale = random_block<T>(outputs, random);
  const int64_t cell = depth * outputs, row = turned ? 1 : outputs, column = turned ? depth : 1;
  const T* source = w.data() + (turned ? (cells - 1) * cell : 0);
  std::vector<T> planes(at(count * cell));
  for (int64_t r = 0; r < depth; ++r) {
    for (int64_t c = 0; c < outputs; ++c) {
      Matrix g(at(kernel), std::vector<double>(at(kernel)));
      for (int64_t i = 0; i < cells; ++i)
        g[at(i / kernel)][at(i % kernel)] =
            static_cast<double>(source[(turned ? -i : i) * cell + r * row + c * column]) *
            static_cast<double>(scale[at(c)]);
      const Matrix u = sandwich(m, g);
      for (int64_t p = 0; p < count; ++p)
        planes[at(p * cell + r * outputs + c)] = static_cast<T>(u[at(p / points)][at(p % points)]);
    }
  }
  const int64_t matrix = packed_elements<T>(depth, outputs);
  const Guarded<T> wanted(at(count * matrix)), packed(at(count * matrix));
  for (int64_t p = 0; p < count; ++p) {
    pack_panels(PackBlock<T>{nullptr, 0, 1, nullptr, 0, 1, depth, outputs, wanted.data() + p * matrix});
    pack_panels(PackBlock<T>{planes.data() + p * cell, outputs, 1, nullptr, 1, depth, depth, outputs,
                             wanted.data() + p * matrix});
  }
  const int64_t half = depth / 2;  // in two blocks
  for (const auto& [first, rows] : {std::array{int64_t{0}, half}, std::array{half, depth - half}})
    winograd_weights(WinogradWeights<T>{kernel, source, turned ? -cell : cell, row, column, scale.data(),
                                        first, rows, depth, outputs, packed.data(), matrix});
  EXPECT_TRUE(close(packed, wanted, 16, 1))
      << depth << " x " << outputs << ", kernel " << kernel << ", turned " << turned;
  EXPECT_TRUE(packed.intact());
}

template <class T>
void check_sums(std::mt19937_64& random, int64_t kernel, int64_t rows, int64_t columns) {
  const int64_t cells = kernel * kernel, points = winograd_points(kernel), count = points * points;
  const Matrix m = transposed(kernel_matrix(kernel));
  const int64_t row = columns + pick(random, 0, 3), plane = rows * row + 2, dw_row = columns + 1,
                cell = rows * dw_row;
  const auto sums = random_block<T>(count * plane, random), dw = random_block<T>(cells * cell, random);
  std::vector<T> wanted = dw.values();
  for (int64_t r = 0; r < rows; ++r) {
    for (int64_t c = 0; c < columns; ++c) {
      Matrix s(at(points), std::vector<double>(at(points)));
      for (int64_t p = 0; p < count; ++p)
        s[at(p / points)][at(p % points)] = static_cast<double>(sums[at(p * plane + r * row + c)]);
      const Matrix g = sandwich(m, s);
      for (int64_t i = 0; i < cells; ++i)
        wanted[at(i * cell + r * dw_row + c)] = static_cast<T>(g[at(i / kernel)][at(i % kernel)]);
    }
  }
  winograd_kernel_gradient(
      WinogradSums<T>{kernel, sums.data(), plane, row, rows, columns, dw.data(), cell, dw_row});
  EXPECT_TRUE(close(dw, wanted, 32, 1)) << rows << " x " << columns << ", kernel " << kernel;
  EXPECT_TRUE(dw.intact());
}

TEST(ConvWinograd, TransformsOfWeightsEqualTheMatrices) {
  for_each_target([] {
    std::mt19937_64 random(2);
    for (int64_t outputs = 1; outputs <= 70; outputs += 1 + outputs / 8) {
      for (const int64_t kernel : {3, 5}) {
        for (const bool turned : {false, true}) {
          check_weights<float>(random, kernel, pick(random, 2, 40), outputs, turned);
          check_weights<double>(random, kernel, pick(random, 2, 40), outputs, turned);
        }
        check_sums<float>(random, kernel, pick(random, 1, 5), outputs);
        check_sums<double>(random, kernel, pick(random, 1, 5), outputs);
      }
    }
  });
}

}  // namespace
}  // namespace fovea::kernels
