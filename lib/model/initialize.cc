#include "model/initialize.h"

#include <algorithm>
#include <cmath>

namespace fovea::model {
namespace {

using layers::Initializer;
using layers::InitializerKind;

// What an initialiser comes down to: a constant, a normal or a uniform distribution.
struct Distribution {
  enum { constant, normal, uniform } sort = constant;
  double a = 0;  // value, mean or low
  double b = 0;  // stddev or high
};

Distribution distribution_of(const layers::Parameter& p) {
  const Initializer& i = p.initializer;
  const double fan_in = static_cast<double>(std::max<int64_t>(1, p.fan_in));
  const double fan_sum = fan_in + static_cast<double>(std::max<int64_t>(1, p.fan_out));
  const auto symmetric = [](double limit) { return Distribution{Distribution::uniform, -limit, limit}; };
  switch (i.kind) {
    case InitializerKind::automatic:
    case InitializerKind::zeros: return {};
    case InitializerKind::constant: return {Distribution::constant, i.a, 0};
    case InitializerKind::normal: return {Distribution::normal, i.a, i.b};
    case InitializerKind::uniform: return {Distribution::uniform, i.a, i.b};
    case InitializerKind::glorot_normal: return {Distribution::normal, 0, i.a * std::sqrt(2 / fan_sum)};
    case InitializerKind::glorot_uniform: return symmetric(i.a * std::sqrt(6 / fan_sum));
    case InitializerKind::he_normal: return {Distribution::normal, 0, i.a * std::sqrt(2 / fan_in)};
    case InitializerKind::he_uniform: return symmetric(i.a * std::sqrt(6 / fan_in));
  }
  return {};
}

// Two values from one Philox block.
std::array<double, 2> draw(const Distribution& d, const RandomKey& key, uint32_t block) {
  const PhiloxBlock r = key.draw(0, block);
  if (d.sort == Distribution::normal) {
    const std::array<double, 2> z = normal2(r[0], r[1]);
    return {d.a + d.b * z[0], d.a + d.b * z[1]};
  }
  return {d.a + (d.b - d.a) * uniform01(r[0], r[1]), d.a + (d.b - d.a) * uniform01(r[2], r[3])};
}

template <class T> void fill(Executor& executor, const Distribution& d, const RandomKey& key, int64_t n, T* out) {
  constexpr int64_t kBlock = 16384;  // even
  executor.parallel_for(blocks_of(n, kBlock), [&](int64_t task, int) {
    const int64_t end = std::min(n, (task + 1) * kBlock);
    for (int64_t i = task * kBlock; i < end; i += 2) {
      if (d.sort == Distribution::constant) {
        out[i] = static_cast<T>(d.a);
        if (i + 1 < end) out[i + 1] = static_cast<T>(d.a);
        continue;
      }
      const std::array<double, 2> two = draw(d, key, static_cast<uint32_t>(i / 2));
      out[i] = static_cast<T>(two[0]);
      if (i + 1 < end) out[i + 1] = static_cast<T>(two[1]);
    }
  });
}

}  // namespace

void initialize(Executor& executor, const graph::Slot& slot, uint32_t index, uint64_t seed, DType dtype,
                std::byte* data) {
  const Distribution d = distribution_of(slot.parameter);
  const RandomKey key{seed, 0, index, Purpose::init};
  if (dtype == DType::f64) fill(executor, d, key, slot.elements, reinterpret_cast<double*>(data));
  else fill(executor, d, key, slot.elements, reinterpret_cast<float*>(data));
}

}  // namespace fovea::model
