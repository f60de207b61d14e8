// GEMM against a plain loop: transposes, leading dimensions, alpha and beta; many callers at once; the
// calling thread's OpenMP setting and the process's threads stay as they were.
#include "kernels/gemm.h"

#include <atomic>
#include <cstdio>
#include <thread>

#include "base/error.h"
#include "kernels/targets.h"

extern "C" int omp_get_max_threads(void);
extern "C" void omp_set_num_threads(int threads);

namespace fovea::kernels {
namespace {

using fovea::testing::close;
using fovea::testing::fill;

int64_t pick(std::mt19937_64& random, int64_t low, int64_t high) {
  return low + static_cast<int64_t>(random() % static_cast<uint64_t>(high - low + 1));
}

// One product with its operands and what it should give.
template <class T>
struct Product {
  Op op_a, op_b;
  int64_t m, n, k, lda, ldb, ldc;
  T alpha, beta;
  std::vector<T> a, b, c, wanted;

  Product(std::mt19937_64& random, int64_t most) {
    op_a = random() % 2 ? Op::transposed : Op::plain;
    op_b = random() % 2 ? Op::transposed : Op::plain;
    m = random() % 8 == 0 ? 1 : pick(random, 1, most), n = pick(random, 1, most), k = pick(random, 1, most);
    lda = (op_a == Op::plain ? k : m) + pick(random, 0, 5);
    ldb = (op_b == Op::plain ? n : k) + pick(random, 0, 5);
    ldc = n + pick(random, 0, 5);
    const double scales[] = {1, 0, -0.5, 2};
    alpha = static_cast<T>(scales[random() % 4]), beta = static_cast<T>(scales[random() % 4]);
    a.resize(static_cast<size_t>((op_a == Op::plain ? m : k) * lda));
    b.resize(static_cast<size_t>((op_b == Op::plain ? k : n) * ldb));
    c.resize(static_cast<size_t>(m * ldc));
    for (auto* v : {&a, &b, &c}) fill(*v, random);
    wanted = c;
    for (int64_t i = 0; i < m; ++i) {
      for (int64_t j = 0; j < n; ++j) {
        double sum = 0;
        for (int64_t p = 0; p < k; ++p) {
          sum += static_cast<double>(a[static_cast<size_t>(op_a == Op::plain ? i * lda + p : p * lda + i)]) *
                 static_cast<double>(b[static_cast<size_t>(op_b == Op::plain ? p * ldb + j : j * ldb + p)]);
        }
        T& w = wanted[static_cast<size_t>(i * ldc + j)];
        w = static_cast<T>(static_cast<double>(alpha) * sum +
                           static_cast<double>(beta) * static_cast<double>(w));
      }
    }
  }
  // The result; elements between rows must not change.
  std::vector<T> run() const {
    std::vector<T> out = c;
    gemm(op_a, op_b, m, n, k, alpha, a.data(), lda, b.data(), ldb, beta, out.data(), ldc);
    return out;
  }
};

template <class T>
void check_products() {
  std::mt19937_64 random(1);
  for (int i = 0; i < 300; ++i) {
    const Product<T> p(random, i < 200 ? 20 : 130);
    EXPECT_TRUE(close(p.run(), p.wanted, 64, 1)) << p.m << "x" << p.n << "x" << p.k;
  }
}
TEST(Gemm, EqualsThePlainLoop) {
  check_products<float>();
  check_products<double>();
}

TEST(Gemm, EmptyExtents) {
  std::vector<float> a(6, 1), b(6, 1), c{1, 2, 3, 4};
  gemm(Op::plain, Op::plain, 2, 2, 0, 1.0f, a.data(), 1, b.data(), 2, 0.5f, c.data(), 2);
  EXPECT_EQ(c, (std::vector<float>{0.5f, 1, 1.5f, 2}));
  gemm(Op::plain, Op::plain, 0, 2, 3, 1.0f, a.data(), 3, b.data(), 2, 0.0f, c.data(), 2);
  gemm(Op::plain, Op::plain, 2, 0, 3, 1.0f, a.data(), 3, b.data(), 1, 0.0f, c.data(), 1);
  EXPECT_EQ(c, (std::vector<float>{0.5f, 1, 1.5f, 2}));
  c.assign(4, std::numeric_limits<float>::quiet_NaN());
  gemm(Op::plain, Op::plain, 2, 2, 0, 1.0f, a.data(), 1, b.data(), 2, 0.0f, c.data(), 2);
  EXPECT_EQ(c, std::vector<float>(4, 0));
}

TEST(Gemm, BetaZeroDoesNotReadC) {
  std::mt19937_64 random(2);
  for (const int64_t m : {1, 3, 40}) {
    std::vector<float> a(static_cast<size_t>(m * 30)), b(30 * 50);
    fill(a, random);
    fill(b, random);
    std::vector<float> c(static_cast<size_t>(m * 50), std::numeric_limits<float>::quiet_NaN());
    gemm(Op::plain, Op::plain, m, 50, 30, 1.0f, a.data(), 30, b.data(), 50, 0.0f, c.data(), 50);
    for (float v : c) EXPECT_TRUE(std::isfinite(v));
  }
}

TEST(Gemm, RefusesExtentsBeyondTheBlas) {
  float x = 0;
  try {
    gemm(Op::plain, Op::plain, 1, 1, int64_t{1} << 31, 1.0f, &x, 1, &x, 1, 0.0f, &x, 1);
    FAIL();
  } catch (const Error& e) {
    EXPECT_EQ(e.status(), Status::unsupported);
    EXPECT_STREQ(e.what(), "a matrix extent of 2147483648 passes the limit of 2147483647");
  }
}

// Many threads at once, products of all sizes: each is right, and the same bits as alone.
TEST(Gemm, ManyCallersAtOnce) {
  std::mt19937_64 random(3);
  std::vector<Product<float>> products;
  std::vector<std::vector<float>> alone;
  for (int i = 0; i < 48; ++i) {
    products.emplace_back(random, i % 3 == 0 ? 200 : 60);
    alone.push_back(products.back().run());
    ASSERT_TRUE(close(alone.back(), products.back().wanted, 64, 1));
  }
  std::atomic<int> wrong{0}, ready{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 16; ++t) {
    threads.emplace_back([&, t] {
      ++ready;
      while (ready < 16) std::this_thread::yield();
      for (int round = 0; round < 60; ++round) {
        const size_t i = static_cast<size_t>(t * 7 + round * 5) % products.size();
        if (products[i].run() != alone[i]) ++wrong;
      }
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

// More callers than calls may run at once: they wait for one another.
TEST(Gemm, MoreCallersThanSlots) {
  std::mt19937_64 random(5);
  const Product<float> product(random, 40);
  const std::vector<float> alone = product.run();
  std::atomic<int> wrong{0};
  std::vector<std::thread> threads;
  for (int t = 0; t < 160; ++t) {
    threads.emplace_back([&] {
      for (int round = 0; round < 20; ++round)
        if (product.run() != alone) ++wrong;
    });
  }
  for (std::thread& t : threads) t.join();
  EXPECT_EQ(wrong, 0);
}

int threads_of_process() {
  int count = 0;
  if (std::FILE* f = std::fopen("/proc/self/status", "r")) {
    char line[256];
    while (std::fgets(line, sizeof line, f) != nullptr) (void)std::sscanf(line, "Threads: %d", &count);
    std::fclose(f);
  }
  return count;
}

TEST(Gemm, LeavesThreadsAndOpenMPAsTheyWere) {
  const int before = threads_of_process();
  if (before == 0) GTEST_SKIP() << "/proc/self/status cannot be read";
  const int found = omp_get_max_threads();
  std::mt19937_64 random(4);
  for (const int setting : {3, 1, 8}) {
    omp_set_num_threads(setting);
    for (int i = 0; i < 5; ++i) (void)Product<float>(random, 300).run();
    EXPECT_EQ(omp_get_max_threads(), setting);
  }
  omp_set_num_threads(found);
  EXPECT_EQ(threads_of_process(), before);
}

}  // namespace
}  // namespace fovea::kernels
