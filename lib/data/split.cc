#include "data/split.h"

#include <algorithm>
#include <cmath>
#include <limits>
#include <numeric>

#include "base/error.h"
#include "data/order.h"

namespace fovea::data {
namespace {

// ceil(fraction * n), where 0.07 * 100 is 7 although its product in binary is a little more.
int64_t part_of(double fraction, int64_t n) {
  const double product = fraction * static_cast<double>(n);
  const double nearest = std::round(product);
  return static_cast<int64_t>(std::abs(product - nearest) < 1e-12 * product ? nearest : std::ceil(product));
}

int64_t second_size(int64_t n, const SplitOptions& options) {
  const auto& [shuffle, fraction, count, seed] = options;
  FOVEA_REQUIRE(fraction == 0 || count == 0, "both fraction %g and count %lld are given", fraction,
                static_cast<long long>(count));
  FOVEA_REQUIRE(fraction == 0 || (fraction > 0 && fraction < 1), "fraction %g is not in (0, 1)", fraction);
  if (fraction != 0) return part_of(fraction, n);
  return count != 0 ? count : std::min<int64_t>(10000, part_of(0.1, n));
}

}  // namespace

std::pair<DatasetPtr, DatasetPtr> split(const DatasetPtr& dataset, const SplitOptions& options) {
  const int64_t n = dataset->size();
  const int64_t second = second_size(n, options);
  FOVEA_REQUIRE(second > 0 && second < n, "%lld of %lld samples as the second part leave a part empty",
                static_cast<long long>(second), static_cast<long long>(n));
  std::vector<int64_t> indices(static_cast<size_t>(n));
  const auto cut = indices.begin() + (n - second);
  if (options.shuffle) {
    FOVEA_REQUIRE(n <= std::numeric_limits<uint32_t>::max(), "%lld samples are too many to shuffle",
                  static_cast<long long>(n));
    std::vector<uint32_t> drawn(indices.size());
    permutation({.seed = options.seed, .purpose = Purpose::split}, drawn);
    std::ranges::copy(drawn, indices.begin());
    // Which part a sample falls into is drawn; within a part the order stays.
    std::sort(indices.begin(), cut);
    std::sort(cut, indices.end());
  } else {
    std::iota(indices.begin(), indices.end(), int64_t{0});
  }
  return {subset(dataset, {indices.begin(), cut}), subset(dataset, {cut, indices.end()})};
}

}  // namespace fovea::data
