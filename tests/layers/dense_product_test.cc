// The products of large dense layers against sums in double precision, over sizes around those that they are
// cut at.
#include <cmath>

#include "base/fpmode.h"
#include "layers/dense_product.h"
#include "layers/gradcheck.h"
#include "layers/registry.h"

namespace fovea::layers {
namespace {

using fovea::testing::check_contract;
using fovea::testing::Guarded;
using fovea::testing::LayerRun;

struct Sizes {
  int64_t in, units, batch;
};
// Blocks of 256 terms, of 1024 units, of 28 and 112 rows; panels of 8 to 32 columns.
constexpr Sizes kSizes[] = {
    {4100, 257, 2}, {1025, 1031, 5}, {999, 2050, 17}, {1030, 1100, 33}, {512, 2048, 70}};

std::unique_ptr<Layer> large_dense(int64_t units, Activation activation) {
  DenseAttributes a;
  a.units = units;
  a.activation = activation;
  return make_dense(a);
}

template <class T>
void draw(const Guarded<T>& values, double deviation, std::mt19937_64& random) {
  std::normal_distribution<double> normal(0, deviation);
  for (T& v : values) v = static_cast<T>(normal(random));
}

template <class T>
void expect_close(const Guarded<T>& found, const std::vector<double>& wanted, int64_t terms,
                  const char* what) {
  double worst = 0, largest = 0;
  for (size_t i = 0; i < wanted.size(); ++i) {
    worst = std::max(worst, std::abs(static_cast<double>(found[i]) - wanted[i]));
    largest = std::max(largest, std::abs(wanted[i]));
  }
  const double tolerance =
      static_cast<double>(std::numeric_limits<T>::epsilon()) * (16 + 0.25 * static_cast<double>(terms));
  EXPECT_LE(worst, tolerance * largest) << what;
}

// c[i][j] (+)= sum over k of a(i, k) * b(k, j), in double precision.
template <class A, class B>
std::vector<double> multiply(int64_t m, int64_t n, int64_t k, A&& a, B&& b) {
  std::vector<double> c(static_cast<size_t>(m * n));
  for (int64_t i = 0; i < m; ++i)
    for (int64_t t = 0; t < k; ++t)
      for (int64_t j = 0; j < n; ++j) c[static_cast<size_t>(i * n + j)] += a(i, t) * b(t, j);
  return c;
}

template <class T>
void check(const Sizes& s) {
  SCOPED_TRACE(::testing::Message() << s.in << " -> " << s.units << ", batch " << s.batch);
  const auto [in, units, batch] = s;
  ASSERT_TRUE((DenseProduct{in, units}.gains()));
  const auto exec = make_pool_executor(2);
  LayerRun<T> run(*large_dense(units, Activation::linear), {{in}}, batch, true);
  std::mt19937_64 random(1);
  draw(run.x[0], 1, random);
  draw(run.dy, 1, random);
  draw(run.params[0], std::sqrt(1.0 / static_cast<double>(in)), random);
  draw(run.params[1], 0.5, random);
  const auto at = [](const Guarded<T>& v, int64_t i) {
    return static_cast<double>(v[static_cast<size_t>(i)]);
  };
  const auto x = [&](int64_t b, int64_t i) { return at(run.x[0], b * in + i); };
  const auto w = [&](int64_t i, int64_t u) { return at(run.params[0], i * units + u); };
  Guarded<T> dy(run.dy.size());  // backward may overwrite it
  dy.assign(run.dy.values());
  const auto dz = [&](int64_t b, int64_t u) { return at(dy, b * units + u); };

  run.prepare(*exec);
  run.forward(*exec);
  std::vector<double> y = multiply(batch, units, in, x, w);
  for (int64_t i = 0; i < batch * units; ++i) y[static_cast<size_t>(i)] += at(run.params[1], i % units);
  expect_close(run.y, y, in, "y");
  run.backward(*exec);
  const auto turned = [](const auto& f) { return [&f](int64_t i, int64_t j) { return f(j, i); }; };
  expect_close(run.dx[0], multiply(batch, in, units, dz, turned(w)), units, "dx");
  expect_close(run.dparams[0], multiply(in, units, batch, turned(x), dz), batch, "dkernel");
  const auto one = [](int64_t, int64_t) { return 1.0; };
  expect_close(run.dparams[1], multiply(1, units, batch, one, dz), batch, "dbias");
  EXPECT_TRUE(run.intact());
}

TEST(DenseProduct, EqualsTheSums) {
  const FpMode mode;
  for (const Sizes& s : kSizes) check<float>(s);
  check<double>(kSizes[1]);
  check<double>(kSizes[3]);
}

TEST(DenseProduct, Contract) {
  check_contract<float>(*large_dense(1031, Activation::relu), {{1025}}, 5, 1);
  check_contract<float>(*large_dense(300, Activation::gelu), {{3700}}, 3, 1);
}

}  // namespace
}  // namespace fovea::layers
