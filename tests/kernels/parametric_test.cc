// Activations with learned parameters against plain loops, on every target.
#include "kernels/parametric.h"

#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

double value(Parametric f, double x, double p) {
  if (f == Parametric::prelu) return x > 0 ? x : p * x;
  return x / (1 + std::exp(-p * x));
}
double slope_of_x(Parametric f, double x, double p) {
  if (f == Parametric::prelu) return x > 0 ? 1 : p;
  const double s = 1 / (1 + std::exp(-p * x));
  return s + p * x * s * (1 - s);
}
double slope_of_p(Parametric f, double x, double p) {
  if (f == Parametric::prelu) return x > 0 ? 0 : x;
  const double s = 1 / (1 + std::exp(-p * x));
  return x * x * s * (1 - s);
}

// Columns of a wider matrix where `beside` is not 0.
template <class T>
void check(std::mt19937_64& random, Parametric f, int64_t rows, int64_t columns, int64_t beside) {
  const int64_t stride = columns + beside, n = (rows - 1) * stride + columns;
  const auto x = random_block<T>(n, random, -4, 4), dy = random_block<T>(n, random);
  const auto p = random_block<T>(columns, random, -2, 2);  // a slope above 1 among them
  std::vector<double> y(x.size()), dx(x.size()), dp(p.size());
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c) {
      const size_t i = static_cast<size_t>(r * stride + c), k = static_cast<size_t>(c);
      y[i] = value(f, x[i], p[k]);
      dx[i] = slope_of_x(f, x[i], p[k]) * static_cast<double>(dy[i]);
      dp[k] += slope_of_p(f, x[i], p[k]) * static_cast<double>(dy[i]);
    }
  const auto only_inside = [&](Guarded<T>& block) {  // what lies between the rows is not written
    for (int64_t i = 0; i < n; ++i)
      if (i % stride >= columns) block[static_cast<size_t>(i)] = 0;
  };
  Guarded<T> found_y(x.size()), found_dx(x.size());
  Guarded<T> scratch(static_cast<size_t>(parametric_scratch(columns)));
  Guarded<double> found_dp(p.size());
  parametric(f, rows, columns, stride, x.data(), p.data(), found_y.data());
  parametric_backward(f, ParametricBackward<T>{rows, columns, stride, x.data(), p.data(), dy.data(),
                                               found_dx.data(), false, scratch.data(), found_dp.data()});
  only_inside(found_y);
  only_inside(found_dx);
  EXPECT_TRUE(close(found_y, y, 8, 1));
  EXPECT_TRUE(close(found_dx, dx, 32, 1));
  const double unit = static_cast<double>(std::numeric_limits<T>::epsilon()) * 64 * static_cast<double>(rows);
  for (size_t c = 0; c < dp.size(); ++c) EXPECT_NEAR(found_dp[c], dp[c], unit);

  for (T& v : found_dx) v = 1;
  parametric_backward(f, ParametricBackward<T>{rows, columns, stride, x.data(), p.data(), dy.data(),
                                               found_dx.data(), true, scratch.data(), found_dp.data()});
  for (double& v : dx) v += 1;
  for (int64_t i = 0; i < n; ++i)
    if (i % stride >= columns) dx[static_cast<size_t>(i)] = 1;
  EXPECT_TRUE(close(found_dx, dx, 32, 1));
  for (double& v : found_dp) v = -1;
  parametric_backward(f, ParametricBackward<T>{rows, columns, stride, x.data(), p.data(), dy.data(), nullptr,
                                               false, scratch.data(), found_dp.data()});
  for (size_t c = 0; c < dp.size(); ++c) EXPECT_NEAR(found_dp[c], dp[c], unit);
  EXPECT_TRUE(found_y.intact() && found_dx.intact() && scratch.intact() && found_dp.intact());
}

TEST(Parametric, EqualsThePlainLoop) {
  for_each_target([] {
    std::mt19937_64 random(1);
    for (const Parametric f : {Parametric::prelu, Parametric::swish})
      for (const int64_t rows : {1, 3, 300, 1031})
        for (const int64_t columns : {1, 3, 6, 16, 64, 70})
          for (const int64_t beside : {0, 5}) {
            check<float>(random, f, rows, columns, beside);
            check<double>(random, f, rows, columns, beside);
          }
  });
}

}  // namespace
}  // namespace fovea::kernels
