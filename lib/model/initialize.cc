#include "model/initialize.h"

#include <algorithm>
#include <cmath>

#include "kernels/random.h"

namespace fovea::model {
namespace {

using layers::Initializer;
using layers::InitializerKind;

// What most initialisers come down to: a constant, a normal or a uniform distribution.
struct Distribution {
  enum { constant, normal, truncated, uniform } sort = constant;
  double a = 0;  // value, mean or low
  double b = 0;  // stddev or high
};

Distribution distribution_of(const layers::Parameter& p) {
  const Initializer& i = p.initializer;
  const double fan_in = static_cast<double>(std::max<int64_t>(1, p.fan_in));
  const double fan_out = static_cast<double>(std::max<int64_t>(1, p.fan_out)), fan_sum = fan_in + fan_out;
  const auto symmetric = [](double limit) { return Distribution{Distribution::uniform, -limit, limit}; };
  switch (i.kind) {
    case InitializerKind::automatic:
    case InitializerKind::zeros:
      return {};
    case InitializerKind::constant:
      return {Distribution::constant, i.a, 0};
    case InitializerKind::normal:
      return {Distribution::normal, i.a, i.b};
    case InitializerKind::uniform:
      return {Distribution::uniform, i.a, i.b};
    case InitializerKind::glorot_normal:
      return {Distribution::normal, 0, i.a * std::sqrt(2 / fan_sum)};
    case InitializerKind::glorot_uniform:
      return symmetric(i.a * std::sqrt(6 / fan_sum));
    case InitializerKind::he_normal:
      return {Distribution::normal, 0, i.a * std::sqrt(2 / fan_in)};
    case InitializerKind::he_uniform:
      return symmetric(i.a * std::sqrt(6 / fan_in));
    case InitializerKind::truncated_normal:
      return {Distribution::truncated, i.a, i.b};
    case InitializerKind::lecun_normal:
      return {Distribution::normal, 0, i.a * std::sqrt(1 / fan_in)};
    case InitializerKind::lecun_uniform:
      return symmetric(i.a * std::sqrt(3 / fan_in));
    case InitializerKind::he_normal_out:
      return {Distribution::normal, 0, i.a * std::sqrt(2 / fan_out)};
    case InitializerKind::he_uniform_out:
      return symmetric(i.a * std::sqrt(6 / fan_out));
    case InitializerKind::orthogonal:
      return {Distribution::normal, 0, 1};
    case InitializerKind::identity:
      return {};
    case InitializerKind::random_walk: {
      // Sussillo and Abbott 2014: the factor that keeps the logarithm of a gradient's length where it is.
      const double factor = i.b != 0 ? std::sqrt(2.0) * std::exp(1.2 / (std::max(fan_in, 6.0) - 2.4))
                                     : std::exp(1 / (2 * fan_in));
      return {Distribution::normal, 0, i.a * factor / std::sqrt(fan_in)};
    }
  }
  return {};
}

// Element i of a stream of four to a block, whatever the piece that it is computed in.
template <class T>
void fill_piece(const Distribution& d, const RandomKey& key, int64_t first, int64_t n, T* out) {
  const uint32_t block = static_cast<uint32_t>(first / 4);
  switch (d.sort) {
    case Distribution::constant:
      std::fill_n(out, n, static_cast<T>(d.a));
      return;
    case Distribution::uniform:
      kernels::random_uniform(key, 0, block, n, d.a, d.b, out);
      return;
    case Distribution::normal:
      kernels::random_normal(key, 0, block, n, d.a, d.b, out);
      return;
    case Distribution::truncated:
      kernels::random_normal(key, 0, block, n, 0, 1, out);
      for (int64_t i = 0; i < n; ++i) {
        // Again, with another counter, until it lies within.
        double z = static_cast<double>(out[i]);
        for (uint32_t attempt = 1; std::abs(z) > 2; ++attempt) {
          const PhiloxBlock r = key.draw(attempt, static_cast<uint32_t>(first + i));
          z = normal2(r[0], r[1])[0];
        }
        out[i] = static_cast<T>(d.a + d.b * z);
      }
      return;
  }
}

template <class T>
void fill(Executor& executor, const Distribution& d, const RandomKey& key, int64_t n, T* out) {
  constexpr int64_t kPiece = 16384;  // a multiple of 4
  executor.parallel_for(blocks_of(n, kPiece), [&](int64_t task, int) {
    const int64_t first = task * kPiece;
    fill_piece(d, key, first, std::min(kPiece, n - first), out + first);
  });
}

double dot(int64_t n, const double* x, const double* y) {
  double sums[8] = {};
  int64_t i = 0;
  for (; i + 8 <= n; i += 8)
    for (int64_t j = 0; j < 8; ++j) sums[j] += x[i + j] * y[i + j];
  for (; i < n; ++i) sums[0] += x[i] * y[i];
  return ((sums[0] + sums[1]) + (sums[2] + sums[3])) + ((sums[4] + sums[5]) + (sums[6] + sums[7]));
}

// The kernel as a matrix [all but the last axis][last axis], its shorter side made of orthonormal vectors
// times the gain (Saxe et al. 2014): normal numbers, orthogonalised by Gram and Schmidt, which leaves no
// direction preferred.
template <class T>
void fill_orthogonal(const Context& context, const layers::Parameter& p, const RandomKey& key, T* out) {
  const int64_t columns = p.shape[p.shape.rank() - 1], rows = p.shape.elements() / columns;
  const int64_t count = std::min(rows, columns), length = std::max(rows, columns);
  const Buffer memory = context.buffer(static_cast<size_t>(count * length) * sizeof(double));
  double* const vectors = memory.as<double>();
  fill(context.executor(), distribution_of(p), key, count * length, vectors);
  for (int64_t j = 0; j < count; ++j) {
    double* const v = vectors + j * length;
    const double size = std::sqrt(dot(length, v, v));
    for (int64_t i = 0; i < length; ++i) v[i] /= size;
    const int64_t step = std::max<int64_t>(1, 16384 / length);
    context.executor().parallel_for(blocks_of(count - j - 1, step), [&](int64_t task, int) {
      const int64_t begin = j + 1 + task * step;
      for (int64_t k = begin; k < std::min(count, begin + step); ++k) {
        double* const w = vectors + k * length;
        const double along = dot(length, v, w);
        for (int64_t i = 0; i < length; ++i) w[i] -= along * v[i];
      }
    });
  }
  for (int64_t r = 0; r < rows; ++r)
    for (int64_t c = 0; c < columns; ++c)
      out[r * columns + c] = static_cast<T>(
          p.initializer.a * (rows >= columns ? vectors[c * length + r] : vectors[r * length + c]));
}

// Output channel o is input channel o (of its group), times the gain: for a convolution at the kernel's
// centre (Dirac).
template <class T>
void fill_identity(const layers::Parameter& p, T* out) {
  std::fill_n(out, p.shape.elements(), T(0));
  const int rank = p.shape.rank();
  const int64_t outputs = p.shape[rank - 1], inputs = rank < 2 ? 1 : p.shape[rank - 2];
  int64_t cells = 1, centre = 0;
  for (int axis = 0; axis + 2 < rank; ++axis) {
    cells *= p.shape[axis];
    centre = centre * p.shape[axis] + p.shape[axis] / 2;
  }
  const int64_t of_group = std::max<int64_t>(1, p.fan_out / cells);
  for (int64_t o = 0; o < outputs; ++o)
    if (o % of_group < inputs)
      out[(centre * inputs + o % of_group) * outputs + o] = static_cast<T>(p.initializer.a);
}

template <class T>
void initialize_as(const Context& context, const layers::Parameter& p, const RandomKey& key, T* out) {
  switch (p.initializer.kind) {
    case InitializerKind::orthogonal:
      return fill_orthogonal(context, p, key, out);
    case InitializerKind::identity:
      return fill_identity(p, out);
    default:
      return fill(context.executor(), distribution_of(p), key, p.shape.elements(), out);
  }
}

}  // namespace

void initialize(const Context& context, const layers::Parameter& parameter, uint32_t index, uint64_t seed,
                DType dtype, std::byte* data) {
  const RandomKey key{seed, 0, index, Purpose::init};
  with_float(dtype, [&](auto zero) {
    initialize_as(context, parameter, key, reinterpret_cast<decltype(zero)*>(data));
  });
}

}  // namespace fovea::model
