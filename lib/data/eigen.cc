#include "data/eigen.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"

namespace fovea::data {
namespace {

// Rows of a matrix that one task works on.
constexpr int64_t kRows = 64;
// QL sweeps whose rotations are kept before they are applied to the vectors, a few columns at a time.
constexpr int64_t kSweeps = 32;
constexpr int64_t kColumns = 16;

double dot(int64_t n, const double* a, const double* b) {
  double sum[4] = {};
  int64_t i = 0;
  for (; i + 4 <= n; i += 4)
    for (int64_t k = 0; k < 4; ++k) sum[k] += a[i + k] * b[i + k];
  for (; i < n; ++i) sum[0] += a[i] * b[i];
  return (sum[0] + sum[1]) + (sum[2] + sum[3]);
}

// y = A v, A the symmetric leading m x m block of a, both triangles stored.
void multiply(int64_t n, int64_t m, const double* a, const double* v, double* y, Executor& executor) {
  executor.parallel_for(blocks_of(m, kRows), [&](int64_t task, int) {
    for (int64_t r = task * kRows; r < std::min(m, (task + 1) * kRows); ++r) y[r] = dot(m, a + r * n, v);
  });
}

// A symmetric matrix as Q T Q^T: T has `diagonal` and `off` (off[i] is beside rows i and i + 1). Row i of `a`
// then holds, up to column i, the vector of the reflection that cleared it, with `scale[i]` = 2 / its square.
struct Tridiagonal {
  std::vector<double> diagonal, off, scale;
};

Tridiagonal tridiagonal(int64_t n, std::vector<double>& a, Executor& executor) {
  Tridiagonal t{std::vector<double>(static_cast<size_t>(n)), std::vector<double>(static_cast<size_t>(n)),
                std::vector<double>(static_cast<size_t>(n))};
  std::vector<double> p(static_cast<size_t>(n));
  for (int64_t i = n - 1; i >= 1; --i) {
    double* v = a.data() + i * n;  // its first i entries
    t.diagonal[static_cast<size_t>(i)] = v[i];
    const double rest = dot(i - 1, v, v);
    const double length = std::sqrt(rest + v[i - 1] * v[i - 1]);
    double& off = t.off[static_cast<size_t>(i - 1)];
    if (rest == 0) {
      off = v[i - 1];
      continue;
    }
    off = v[i - 1] > 0 ? -length : length;
    v[i - 1] -= off;
    const double h = 2 / (rest + v[i - 1] * v[i - 1]);
    t.scale[static_cast<size_t>(i)] = h;
    // A - v w^T - w v^T with w = h (A v - (h / 2) (v A v) v).
    multiply(n, i, a.data(), v, p.data(), executor);
    const double k = h * h / 2 * dot(i, v, p.data());
    for (int64_t j = 0; j < i; ++j) p[static_cast<size_t>(j)] = h * p[static_cast<size_t>(j)] - k * v[j];
    executor.parallel_for(blocks_of(i, kRows), [&](int64_t task, int) {
      for (int64_t r = task * kRows; r < std::min(i, (task + 1) * kRows); ++r) {
        double* row = a.data() + r * n;
        const double vr = v[r], wr = p[static_cast<size_t>(r)];
        for (int64_t j = 0; j < i; ++j) row[j] -= vr * p[static_cast<size_t>(j)] + wr * v[j];
      }
    });
  }
  t.diagonal[0] = a[0];
  return t;
}

// Q as rows [n][n] of its transpose, from the reflections: column j of Q is row j.
std::vector<double> reflections(int64_t n, const std::vector<double>& a, const Tridiagonal& t,
                                Executor& executor) {
  std::vector<double> q(static_cast<size_t>(n * n), 0.0);
  executor.parallel_for(blocks_of(n, kRows), [&](int64_t task, int) {
    for (int64_t r = task * kRows; r < std::min(n, (task + 1) * kRows); ++r) {
      double* row = q.data() + r * n;
      row[r] = 1;
      // Q = H(n-1) ... H(1), each touches the entries below its index.
      for (int64_t i = r + 1; i < n; ++i) {
        const double h = t.scale[static_cast<size_t>(i)];
        if (h == 0) continue;
        const double* v = a.data() + i * n;
        const double s = h * dot(i, v, row);
        if (s != 0)
          for (int64_t j = 0; j < i; ++j) row[j] -= s * v[j];
      }
    }
  });
  return q;
}

struct Rotation {
  int64_t row;  // and the next
  double c, s;
};

void rotate(int64_t n, const std::vector<Rotation>& rotations, std::vector<double>& z, Executor& executor) {
  executor.parallel_for(blocks_of(n, kColumns), [&](int64_t task, int) {
    const int64_t begin = task * kColumns, count = std::min(kColumns, n - begin);
    for (const Rotation& r : rotations) {
      double* a = z.data() + r.row * n + begin;
      double* b = a + n;
      for (int64_t j = 0; j < count; ++j) {
        const double f = b[j];
        b[j] = r.s * a[j] + r.c * f;
        a[j] = r.c * a[j] - r.s * f;
      }
    }
  });
}

// The first place from `l` on where the off-diagonal is negligible, or the last row.
int64_t end_of_block(int64_t n, int64_t l, const std::vector<double>& d, const std::vector<double>& e) {
  for (int64_t m = l; m < n - 1; ++m) {
    const auto i = static_cast<size_t>(m);
    const double size = std::abs(d[i]) + std::abs(d[i + 1]);
    if (std::abs(e[i]) <= std::numeric_limits<double>::epsilon() * size) return m;
  }
  return n - 1;
}

// One implicit QL step on rows l .. m; its rotations are appended.
void ql_step(size_t l, size_t m, std::vector<double>& d, std::vector<double>& e, std::vector<Rotation>& out) {
  double g = (d[l + 1] - d[l]) / (2 * e[l]);
  double r = std::hypot(g, 1.0);
  g = d[m] - d[l] + e[l] / (g + std::copysign(r, g));
  double s = 1, c = 1, p = 0;
  for (size_t i = m; i-- > l;) {
    double f = s * e[i];
    const double b = c * e[i];
    r = std::hypot(f, g);
    e[i + 1] = r;
    if (r == 0) {  // the block falls apart here
      d[i + 1] -= p;
      e[m] = 0;
      return;
    }
    s = f / r;
    c = g / r;
    g = d[i + 1] - p;
    r = (d[i] - g) * s + 2 * c * b;
    p = s * r;
    d[i + 1] = g + p;
    g = c * r - b;
    out.push_back({static_cast<int64_t>(i), c, s});
  }
  d[l] -= p;
  e[l] = g;
  e[m] = 0;
}

}  // namespace

Eigen symmetric_eigen(int64_t n, std::vector<double> a, Executor& executor) {
  for (int64_t r = 0; r < n; ++r)
    for (int64_t c = 0; c <= r; ++c) {
      const double value = a[static_cast<size_t>(r * n + c)];
      FOVEA_REQUIRE(std::isfinite(value), "the covariance is %g", value);
      a[static_cast<size_t>(c * n + r)] = value;
    }
  Tridiagonal t = tridiagonal(n, a, executor);
  std::vector<double> z = reflections(n, a, t, executor);
  std::vector<Rotation> rotations;
  int64_t sweeps = 0;
  for (int64_t l = 0; l < n; ++l)
    for (int step = 0;; ++step) {
      const int64_t m = end_of_block(n, l, t.diagonal, t.off);
      if (m == l) break;
      if (step == 100) fail(Status::internal, "the eigenvalues do not converge");
      ql_step(static_cast<size_t>(l), static_cast<size_t>(m), t.diagonal, t.off, rotations);
      if (++sweeps % kSweeps == 0) {
        rotate(n, rotations, z, executor);
        rotations.clear();
      }
    }
  rotate(n, rotations, z, executor);

  std::vector<int64_t> order(static_cast<size_t>(n));
  std::iota(order.begin(), order.end(), int64_t{0});
  std::ranges::stable_sort(order, std::greater<>(),
                           [&](int64_t i) { return t.diagonal[static_cast<size_t>(i)]; });
  Eigen result;
  result.vectors.reserve(z.size());
  for (const int64_t i : order) {
    result.values.push_back(t.diagonal[static_cast<size_t>(i)]);
    const double* row = z.data() + i * n;
    const double* largest =
        std::max_element(row, row + n, [](double x, double y) { return std::abs(x) < std::abs(y); });
    const double sign = *largest < 0 ? -1 : 1;
    for (int64_t j = 0; j < n; ++j) result.vectors.push_back(sign * row[j]);
  }
  return result;
}

}  // namespace fovea::data
