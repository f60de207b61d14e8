// Layer and local response normalisation against plain loops in more precision, on every target.
#include "kernels/row_norm.h"
#include "kernels/lrn.h"
#include "kernels/targets.h"

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::for_each_target;
using fovea::testing::Guarded;
using fovea::testing::random_block;

constexpr double kEpsilon = 1e-3;

template <class T>
void check_row_norm() {
  std::mt19937_64 random(1);
  for_each_target([&] {
    for (int64_t n : {1, 2, 7, 16, 33, 64, 100, 4097, 9000})
      for (bool affine : {true, false}) {
        constexpr int64_t kRows = 70;
        const int64_t rows = n > 1000 ? 3 : kRows;
        const auto x = random_block<T>(rows * n, random, 4, 6), dy = random_block<T>(rows * n, random);
        const auto gamma = random_block<T>(n, random, 0.5, 1.5), beta = random_block<T>(n, random);
        Guarded<T> y(x.size()), dx(x.size()), spare(2 * gamma.size());
        std::vector<double> statistics(static_cast<size_t>(2 * rows)), dgamma(gamma.size()),
            dbeta(gamma.size());
        row_norm(rows, n, kEpsilon, affine ? gamma.data() : nullptr, affine ? beta.data() : nullptr, x.data(),
                 statistics.data(), y.data());
        row_norm_backward(rows, n, affine ? gamma.data() : nullptr, x.data(), dy.data(), statistics.data(),
                          false, dx.data(), spare.data(), dgamma.data(), dbeta.data());
        // The sums alone are the same.
        std::vector<double> gamma_alone(gamma.size()), beta_alone(gamma.size());
        row_norm_backward(rows, n, static_cast<const T*>(nullptr), x.data(), dy.data(), statistics.data(),
                          false, static_cast<T*>(nullptr), spare.data(), gamma_alone.data(),
                          beta_alone.data());
        EXPECT_EQ(gamma_alone, dgamma);
        EXPECT_EQ(beta_alone, dbeta);

        std::vector<double> want_y(x.size()), want_dx(x.size()), want_gamma(gamma.size()),
            want_beta(gamma.size());
        const size_t width = gamma.size();
        for (size_t r = 0; r < static_cast<size_t>(rows); ++r) {
          const auto at = [&](size_t i) { return r * width + i; };
          long double total = 0, squares = 0;
          for (size_t i = 0; i < width; ++i) total += static_cast<long double>(x[at(i)]);
          const long double centre = total / static_cast<long double>(n);
          for (size_t i = 0; i < width; ++i) {
            const long double off = static_cast<long double>(x[at(i)]) - centre;
            squares += off * off;
          }
          const double variance = static_cast<double>(squares / static_cast<long double>(n));
          double sum = 0, product = 0;
          const double inverse = 1 / std::sqrt(variance + kEpsilon);
          for (size_t i = 0; i < width; ++i) {
            const double unit = static_cast<double>(static_cast<long double>(x[at(i)]) - centre) * inverse,
                         g = static_cast<double>(dy[at(i)]);
            const double factor = affine ? static_cast<double>(gamma[i]) : 1;
            want_y[at(i)] = unit * factor + (affine ? static_cast<double>(beta[i]) : 0);
            want_gamma[i] += g * unit;
            want_beta[i] += g;
            sum += g * factor / static_cast<double>(n);
            product += g * factor * unit / static_cast<double>(n);
          }
          for (size_t i = 0; i < width; ++i) {
            const double unit = static_cast<double>(static_cast<long double>(x[at(i)]) - centre) * inverse;
            const double factor = affine ? static_cast<double>(gamma[i]) : 1;
            want_dx[at(i)] = inverse * (static_cast<double>(dy[at(i)]) * factor - sum - unit * product);
          }
        }
        SCOPED_TRACE(n);
        // x is about 5, whose rounding the division by the deviation magnifies.
        EXPECT_TRUE(close(y, want_y, 64));
        EXPECT_TRUE(close(dx, want_dx, 256, n == 1 ? 40 : 0));
        std::vector<T> found_gamma(dgamma.begin(), dgamma.end()), found_beta(dbeta.begin(), dbeta.end());
        EXPECT_TRUE(close(found_gamma, want_gamma, 256, 1));
        EXPECT_TRUE(close(found_beta, want_beta, 64, 1));
        // Added to what is there, and in place.
        Guarded<T> twice(x.size());
        twice.assign(dx.values());
        row_norm_backward(rows, n, affine ? gamma.data() : nullptr, x.data(), dy.data(), statistics.data(),
                          true, twice.data(), static_cast<T*>(nullptr), nullptr, nullptr);
        for (size_t i = 0; i < dx.size(); ++i) EXPECT_EQ(twice[i], dx[i] + dx[i]);
        EXPECT_TRUE(y.intact() && dx.intact() && spare.intact());
      }
  });
}
TEST(RowNorm, Loops) {
  check_row_norm<float>();
  check_row_norm<double>();
}

template <class T>
void check_lrn() {
  std::mt19937_64 random(2);
  for_each_target([&] {
    for (int64_t channels : {1, 2, 5, 16, 33, 96})
      for (const Lrn& lrn : {Lrn{2, 2, 2, 1e-4, 0.75}, Lrn{0, 0, 1, 0.5, 0.75}, Lrn{2, 1, 1, 0.3, 0.6},
                             Lrn{8, 8, 2, 0.1, 1}}) {
        constexpr int64_t kRows = 67;  // several blocks of rows and a part
        const auto x = random_block<T>(kRows * channels, random, -4, 4),
                   dy = random_block<T>(kRows * channels, random);
        Guarded<T> y(x.size()), dx(x.size()), scratch(static_cast<size_t>(lrn_scratch(channels, lrn)));
        lrn_forward(lrn, kRows, channels, x.data(), scratch.data(), y.data());
        lrn_backward(lrn, kRows, channels, x.data(), dy.data(), false, scratch.data(), dx.data());
        std::vector<double> want_y(x.size()), want_dx(x.size());
        for (int64_t r = 0; r < kRows; ++r) {
          const auto value = [&](const Guarded<T>& block, int64_t c) {
            return static_cast<double>(block[static_cast<size_t>(r * channels + c)]);
          };
          std::vector<double> s(static_cast<size_t>(channels), lrn.k);
          for (int64_t i = 0; i < channels; ++i)
            for (int64_t j = std::max<int64_t>(0, i - lrn.before); j <= std::min(channels - 1, i + lrn.after);
                 ++j)
              s[static_cast<size_t>(i)] += lrn.alpha * value(x, j) * value(x, j);
          for (int64_t i = 0; i < channels; ++i) {
            const size_t at = static_cast<size_t>(r * channels + i);
            const double power = std::pow(s[static_cast<size_t>(i)], -lrn.beta);
            want_y[at] = value(x, i) * power;
            want_dx[at] += value(dy, i) * power;
            for (int64_t j = std::max<int64_t>(0, i - lrn.before); j <= std::min(channels - 1, i + lrn.after);
                 ++j)
              want_dx[static_cast<size_t>(r * channels + j)] -= 2 * lrn.alpha * lrn.beta * value(x, j) *
                                                                value(dy, i) * value(x, i) * power /
                                                                s[static_cast<size_t>(i)];
          }
        }
        EXPECT_TRUE(close(y, want_y, 16));
        EXPECT_TRUE(close(dx, want_dx, 32));
        Guarded<T> twice(x.size());
        twice.assign(dx.values());
        lrn_backward(lrn, kRows, channels, x.data(), dy.data(), true, scratch.data(), twice.data());
        for (size_t i = 0; i < dx.size(); ++i) EXPECT_EQ(twice[i], dx[i] + dx[i]);
        EXPECT_TRUE(y.intact() && dx.intact() && scratch.intact());
      }
  });
}
TEST(Lrn, Loops) {
  check_lrn<float>();
  check_lrn<double>();
}

}  // namespace
}  // namespace fovea::kernels
