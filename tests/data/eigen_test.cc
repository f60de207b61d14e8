// Eigenvalues and vectors of symmetric matrices, by what defines them.
#include "data/eigen.h"

#include <gtest/gtest.h>

#include <cmath>
#include <random>

namespace fovea::data {
namespace {

// B^T B / n, of rank `rank`.
std::vector<double> covariance(int64_t n, int64_t rank, uint64_t seed) {
  std::mt19937_64 random(seed);
  std::normal_distribution<double> normal;
  std::vector<double> b(static_cast<size_t>(rank * n)), a(static_cast<size_t>(n * n), 0.0);
  for (double& v : b) v = normal(random);
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c < n; ++c)
      for (int64_t k = 0; k < rank; ++k)
        a[static_cast<size_t>(r * n + c)] +=
            b[static_cast<size_t>(k * n + r)] * b[static_cast<size_t>(k * n + c)] / static_cast<double>(n);
  return a;
}

void expect_eigen(int64_t n, const std::vector<double>& a, const Eigen& e) {
  ASSERT_EQ(e.values.size(), static_cast<size_t>(n));
  const double scale = std::abs(e.values.front()) + std::abs(e.values.back()) + 1e-300;
  for (int64_t i = 0; i < n; ++i) {
    const double* v = e.vectors.data() + i * n;
    if (i > 0) {
      EXPECT_LE(e.values[static_cast<size_t>(i)], e.values[static_cast<size_t>(i - 1)]);
    }
    for (int64_t r = 0; r < n; ++r) {
      double product = 0;
      for (int64_t c = 0; c < n; ++c) product += a[static_cast<size_t>(r * n + c)] * v[c];
      EXPECT_NEAR(product, e.values[static_cast<size_t>(i)] * v[r], 1e-13 * static_cast<double>(n) * scale);
    }
    for (int64_t j = 0; j <= i; ++j) {
      double product = 0;
      for (int64_t c = 0; c < n; ++c) product += v[c] * e.vectors[static_cast<size_t>(j * n + c)];
      EXPECT_NEAR(product, i == j ? 1 : 0, 1e-12);
    }
  }
}

TEST(Eigen, VectorsAreOrthonormalAndMapToMultiplesOfThemselves) {
  const auto executor = make_inline_executor();
  for (const int64_t n : {1, 2, 3, 5, 16, 70, 131})
    for (const int64_t rank : {n, (n + 1) / 2}) {
      const std::vector<double> a = covariance(n, rank, static_cast<uint64_t>(n + rank));
      expect_eigen(n, a, symmetric_eigen(n, a, *executor));
    }
}

TEST(Eigen, OfZerosOfADiagonalAndOfEqualValues) {
  const auto executor = make_inline_executor();
  expect_eigen(4, std::vector<double>(16, 0.0), symmetric_eigen(4, std::vector<double>(16, 0.0), *executor));
  const std::vector<double> diagonal = {2, 0, 0, 0, -5, 0, 0, 0, 7};
  const Eigen e = symmetric_eigen(3, diagonal, *executor);
  EXPECT_EQ(e.values, (std::vector<double>{7, 2, -5}));
  EXPECT_EQ(e.vectors, (std::vector<double>{0, 0, 1, 1, 0, 0, 0, 1, 0}));
  const std::vector<double> ones(25, 1.0);
  expect_eigen(5, ones, symmetric_eigen(5, ones, *executor));
  EXPECT_NEAR(symmetric_eigen(5, ones, *executor).values[0], 5, 1e-14);
}

TEST(Eigen, BitsDoNotDependOnThreads) {
  const std::vector<double> a = covariance(150, 150, 3);
  const Eigen one = symmetric_eigen(150, a, *make_inline_executor());
  const Eigen three = symmetric_eigen(150, a, *make_pool_executor(3));
  EXPECT_EQ(one.values, three.values);
  EXPECT_EQ(one.vectors, three.vectors);
}

}  // namespace
}  // namespace fovea::data
