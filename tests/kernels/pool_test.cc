// Pooling kernels against plain loops over random geometries, on every target.
#include "kernels/pool.h"

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

Pool2d random_pool(std::mt19937_64& random) {
  Pool2d p{};
  p.batch = pick(random, 1, 3);
  p.channels = pick(random, 1, 40);
  p.exclude_padding = random() % 2 == 0;
  const int64_t extent[2] = {pick(random, 1, 9), pick(random, 1, 9)};
  int64_t out[2];
  for (int a = 0; a < 2; ++a) {
    p.size[a] = pick(random, 1, 4);
    p.stride[a] = pick(random, 1, 4);
    p.pad[2 * a] = pick(random, 0, p.size[a] / 2);
    p.pad[2 * a + 1] = pick(random, 0, p.size[a] / 2);
    const bool ceil_mode = random() % 2 == 0;
    const int64_t room = std::max<int64_t>(0, extent[a] + p.pad[2 * a] + p.pad[2 * a + 1] - p.size[a]);
    p.size[a] = std::min(p.size[a], extent[a] + p.pad[2 * a] + p.pad[2 * a + 1]);
    out[a] = (ceil_mode ? room + p.stride[a] - 1 : room) / p.stride[a] + 1;
    if ((out[a] - 1) * p.stride[a] >= extent[a] + p.pad[2 * a]) --out[a];
  }
  p.height = extent[0];
  p.width = extent[1];
  p.out_height = out[0];
  p.out_width = out[1];
  return p;
}

// Calls f(output index, input index, cell) for every cell of every window inside the image, in row-major
// order.
template <class F>
void for_cells(const Pool2d& p, F&& f) {
  for (int64_t n = 0; n < p.batch; ++n)
    for (int64_t oy = 0; oy < p.out_height; ++oy)
      for (int64_t ox = 0; ox < p.out_width; ++ox)
        for (int64_t ky = 0; ky < p.size[0]; ++ky)
          for (int64_t kx = 0; kx < p.size[1]; ++kx) {
            const int64_t iy = oy * p.stride[0] - p.pad[0] + ky, ix = ox * p.stride[1] - p.pad[2] + kx;
            if (iy < 0 || iy >= p.height || ix < 0 || ix >= p.width) continue;
            for (int64_t c = 0; c < p.channels; ++c)
              f(static_cast<size_t>(((n * p.out_height + oy) * p.out_width + ox) * p.channels + c),
                static_cast<size_t>(((n * p.height + iy) * p.width + ix) * p.channels + c),
                ky * p.size[1] + kx);
          }
}

int64_t inputs(const Pool2d& p) {
  return p.batch * p.height * p.width * p.channels;
}
int64_t outputs(const Pool2d& p) {
  return p.batch * p.out_height * p.out_width * p.channels;
}

// In two calls, as two tasks would.
template <class F>
void in_two(int64_t rows, F&& f) {
  f(0, rows / 2);
  f(rows / 2, rows - rows / 2);
}

template <class T, class Index>
void check_max(const Pool2d& p, std::mt19937_64& random) {
  auto x = random_block<T>(inputs(p), random);
  for (T& v : x) v = static_cast<T>(std::round(v * 4));  // many ties
  const auto dy = random_block<T>(outputs(p), random);
  Guarded<T> y(dy.size()), y_only(dy.size()), dx(x.size());
  Guarded<Index> index(dy.size());
  in_two(p.batch * p.out_height, [&](int64_t row, int64_t rows) {
    max_pool(p, row, rows, x.data(), y.data(), index.data());
    max_pool(p, row, rows, x.data(), y_only.data(), static_cast<Index*>(nullptr));
  });
  in_two(p.batch * p.height, [&](int64_t row, int64_t rows) {
    max_pool_backward(p, row, rows, index.data(), dy.data(), false, dx.data());
  });
  std::vector<T> best(dy.size(), -std::numeric_limits<T>::infinity());
  std::vector<int64_t> where(dy.size());
  std::vector<size_t> source(dy.size());
  for_cells(p, [&](size_t o, size_t i, int64_t k) {
    if (x[i] > best[o]) {
      best[o] = x[i];
      where[o] = k;
      source[o] = i;
    }
  });
  std::vector<double> expected(x.size());
  for (size_t o = 0; o < dy.size(); ++o) expected[source[o]] += static_cast<double>(dy[o]);
  EXPECT_EQ(y.values(), best);
  EXPECT_EQ(y_only.values(), best);
  for (size_t o = 0; o < dy.size(); ++o) EXPECT_EQ(index[o], static_cast<Index>(where[o]));
  EXPECT_TRUE(close(dx, expected, 8, 1));
  for (T& v : dx) v = 1;
  max_pool_backward(p, 0, p.batch * p.height, index.data(), dy.data(), true, dx.data());
  for (double& v : expected) v += 1;
  EXPECT_TRUE(close(dx, expected, 8, 1));
  EXPECT_TRUE(y.intact() && y_only.intact() && dx.intact() && index.intact());
}

template <class T>
void check_average(const Pool2d& p, std::mt19937_64& random) {
  const auto x = random_block<T>(inputs(p), random), dy = random_block<T>(outputs(p), random);
  Guarded<T> y(dy.size()), dx(x.size());
  in_two(p.batch * p.out_height,
         [&](int64_t row, int64_t rows) { average_pool(p, row, rows, x.data(), y.data()); });
  in_two(p.batch * p.height, [&](int64_t row, int64_t rows) {
    average_pool_backward(p, row, rows, dy.data(), false, dx.data());
  });
  std::vector<double> sums(dy.size()), cells(dy.size()), expected(x.size());
  for_cells(p, [&](size_t o, size_t i, int64_t) {
    sums[o] += static_cast<double>(x[i]);
    cells[o] += 1;
  });
  if (!p.exclude_padding)  // the window's cells inside the padded image
    for (size_t o = 0; o < dy.size(); ++o) {
      const int64_t pixel = static_cast<int64_t>(o) / p.channels;
      const int64_t y0 = pixel / p.out_width % p.out_height * p.stride[0],
                    x0 = pixel % p.out_width * p.stride[1];
      cells[o] = static_cast<double>((std::min(y0 + p.size[0], p.pad[0] + p.height + p.pad[1]) - y0) *
                                     (std::min(x0 + p.size[1], p.pad[2] + p.width + p.pad[3]) - x0));
    }
  for_cells(p, [&](size_t o, size_t i, int64_t) { expected[i] += static_cast<double>(dy[o]) / cells[o]; });
  for (size_t o = 0; o < dy.size(); ++o) sums[o] /= cells[o];
  EXPECT_TRUE(close(y, sums, 8, 1));
  EXPECT_TRUE(close(dx, expected, 8, 1));
  for (T& v : dx) v = 1;
  average_pool_backward(p, 0, p.batch * p.height, dy.data(), true, dx.data());
  for (double& v : expected) v += 1;
  EXPECT_TRUE(close(dx, expected, 8, 1));
  EXPECT_TRUE(y.intact() && dx.intact());
}

TEST(PoolKernel, RandomGeometries) {
  for_each_target([] {
    std::mt19937_64 random(1);
    for (int round = 0; round < 150; ++round) {
      const Pool2d p = random_pool(random);
      SCOPED_TRACE(::testing::Message()
                   << p.batch << "x" << p.height << "x" << p.width << "x" << p.channels << " window "
                   << p.size[0] << "x" << p.size[1] << " stride " << p.stride[0] << "," << p.stride[1]
                   << " pad " << p.pad[0] << p.pad[1] << p.pad[2] << p.pad[3]);
      check_max<float, uint8_t>(p, random);
      check_max<double, uint8_t>(p, random);
      check_max<float, uint32_t>(p, random);
      check_max<double, uint32_t>(p, random);
      check_average<float>(p, random);
      check_average<double>(p, random);
      if (::testing::Test::HasFailure()) return;
    }
  });
}

TEST(PoolKernel, NanPropagates) {
  const float nan = std::numeric_limits<float>::quiet_NaN();
  const Pool2d p{1, 2, 4, 1, 1, 2, {2, 2}, {2, 2}, {0, 0, 0, 0}, false};
  const float x[] = {1, nan, 5, 6, 2, 9, 7, nan};
  for_each_target([&] {
    float y[2];
    uint8_t index[2];
    max_pool(p, 0, 1, x, y, index);
    EXPECT_TRUE(std::isnan(y[0]) && std::isnan(y[1]));
    EXPECT_EQ(index[0], 1);
    EXPECT_EQ(index[1], 3);
  });
}

}  // namespace
}  // namespace fovea::kernels
