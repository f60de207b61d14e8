#include "train/mix.h"

#include <algorithm>
#include <array>
#include <cmath>

#include "base/error.h"
#include "kernels/optimizer.h"

namespace fovea::train {
namespace {

// The logarithm of a draw from Gamma(shape, 1), which for a small shape is no number itself. Marsaglia and
// Tsang, "A simple method for generating gamma variables", 2000.
double log_gamma_draw(RandomSequence& random, double shape) {
  if (shape < 1) return log_gamma_draw(random, shape + 1) + std::log(1 - random.uniform()) / shape;
  const double d = shape - 1.0 / 3, c = 1 / std::sqrt(9 * d);
  for (;;) {
    const double x = random.normal(), root = 1 + c * x;
    if (root <= 0) continue;
    const double v = root * root * root;
    if (std::log(1 - random.uniform()) < x * x / 2 + d - d * v + d * std::log(v)) return std::log(d * v);
  }
}

// From Beta(alpha, alpha).
double beta_draw(RandomSequence& random, double alpha) {
  const double a = log_gamma_draw(random, alpha), b = log_gamma_draw(random, alpha);
  return 1 / (1 + std::exp(b - a));
}

// Elements [begin, end) of every sample.
template <class T>
void mix_part(const Mix& mix, int64_t batch, int64_t elements, int64_t begin, int64_t end, T* x) {
  std::array<T, 512> first;  // part of the first sample, as it was
  for (; begin < end; begin += static_cast<int64_t>(first.size())) {
    const int64_t count = std::min(static_cast<int64_t>(first.size()), end - begin);
    std::copy_n(x + begin, count, first.begin());
    for (int64_t i = 0; i < batch; ++i) {
      T* const own = x + i * elements + begin;
      const T* const next = i + 1 < batch ? own + elements : first.data();
      if (mix.cut) std::copy_n(next, count, own);
      else kernels::move_towards(count, 1 - mix.share, next, own);
    }
  }
}

}  // namespace

void check_mix(const MixOptions& o) {
  for (const double alpha : {o.mixup, o.cutmix})
    FOVEA_REQUIRE(alpha >= 0 && alpha <= 1e6, "the alpha of mixup or cutmix is %g, expected 0 to 10^6",
                  alpha);
  FOVEA_REQUIRE(o.probability >= 0 && o.probability <= 1, "the probability of mixing is %g, expected 0 to 1",
                o.probability);
}

Mix draw_mix(const MixOptions& o, const RandomKey& key, const Shape& image) {
  RandomSequence random(key, 0);
  Mix mix;
  if (random.uniform() >= o.probability) return mix;
  mix.cut = o.cutmix > 0 && (o.mixup == 0 || random.uniform() < 0.5);
  mix.share = beta_draw(random, mix.cut ? o.cutmix : o.mixup);
  if (!mix.cut) return mix;
  const auto side = [&](int64_t extent, int64_t& begin, int64_t& end) {
    const auto length = static_cast<int64_t>(std::sqrt(1 - mix.share) * static_cast<double>(extent));
    const int64_t center = random.below(static_cast<uint32_t>(extent));
    begin = std::max<int64_t>(0, center - length / 2);
    end = std::min(extent, center + (length + 1) / 2);
  };
  side(image[0], mix.top, mix.bottom);
  side(image[1], mix.left, mix.right);
  // What the border has cut off counts for the sample itself.
  const int64_t box = (mix.bottom - mix.top) * (mix.right - mix.left);
  mix.share = 1 - static_cast<double>(box) / static_cast<double>(image[0] * image[1]);
  return mix;
}

void apply_mix(const Mix& mix, Executor& executor, int64_t batch, const Shape& sample, DType dtype,
               void* values) {
  if (mix.share == 1) return;
  const int64_t elements = sample.elements();
  constexpr int64_t kPart = 4096;
  const int64_t tasks = mix.cut ? mix.bottom - mix.top : blocks_of(elements, kPart);
  executor.parallel_for(tasks, [&](int64_t task, int) {
    int64_t begin = task * kPart, end = std::min(elements, begin + kPart);
    if (mix.cut) {
      const int64_t row = (mix.top + task) * sample[1];
      begin = (row + mix.left) * sample[2];
      end = (row + mix.right) * sample[2];
    }
    with_float(dtype, [&](auto zero) {
      mix_part(mix, batch, elements, begin, end, static_cast<decltype(zero)*>(values));
    });
  });
}

}  // namespace fovea::train
