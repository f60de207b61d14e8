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
  const double fraction = options.fraction;
  const int64_t count = options.count;
  FOVEA_REQUIRE(fraction == 0 || count == 0, "both fraction %g and count %lld are given", fraction,
                static_cast<long long>(count));
  FOVEA_REQUIRE(fraction == 0 || (fraction > 0 && fraction < 1), "fraction %g is not in (0, 1)", fraction);
  if (fraction != 0) return part_of(fraction, n);
  return count != 0 ? count : std::min<int64_t>(10000, part_of(0.1, n));
}

// The samples in the order in which they are dealt out: that of the dataset or a drawn one, with `stratified`
// class after class.
std::vector<int64_t> dealt(const Dataset& dataset, bool shuffle, bool stratified, uint64_t seed) {
  const int64_t n = dataset.size();
  FOVEA_REQUIRE((!shuffle && !stratified) || n <= std::numeric_limits<uint32_t>::max(),
                "%lld samples are too many to shuffle or stratify", static_cast<long long>(n));
  FOVEA_REQUIRE(!stratified || dataset.classes() > 0,
                "stratified: the dataset has targets instead of labels");
  std::vector<int64_t> indices(static_cast<size_t>(n));
  std::iota(indices.begin(), indices.end(), int64_t{0});
  if (shuffle) {
    std::vector<uint32_t> drawn(indices.size());
    permutation({.seed = seed, .purpose = Purpose::split}, drawn);
    std::ranges::copy(drawn, indices.begin());
  }
  if (stratified) std::ranges::stable_sort(indices, {}, [&](int64_t i) { return dataset.label(i); });
  return indices;
}

// The parts of the samples that `is_second` is false and true for, each in the order of the dataset.
std::pair<DatasetPtr, DatasetPtr> cut(const DatasetPtr& dataset, const std::vector<bool>& is_second) {
  std::vector<int64_t> parts[2];
  for (size_t i = 0; i < is_second.size(); ++i) parts[is_second[i]].push_back(static_cast<int64_t>(i));
  return {subset(dataset, std::move(parts[0])), subset(dataset, std::move(parts[1]))};
}

}  // namespace

std::pair<DatasetPtr, DatasetPtr> split(const DatasetPtr& dataset, const SplitOptions& options) {
  const int64_t n = dataset->size();
  const int64_t second = second_size(n, options);
  FOVEA_REQUIRE(second > 0 && second < n, "%lld of %lld samples as the second part leave a part empty",
                static_cast<long long>(second), static_cast<long long>(n));
  const std::vector<int64_t> order = dealt(*dataset, options.shuffle, options.stratified, options.seed);
  std::vector<bool> is_second(order.size());
  // Of each class, or of the whole, the end. A stretch from b to e gives floor(e s / n) - floor(b s / n) of
  // the s: together these are s, each within one of its share.
  const auto share = [&](int64_t end) { return end == n ? second : end * second / n; };
  for (int64_t begin = 0, end = 0; begin < n; begin = end) {
    const auto label = [&](int64_t i) { return dataset->label(order[static_cast<size_t>(i)]); };
    for (end = options.stratified ? begin + 1 : n; end < n && label(end) == label(begin);) ++end;
    for (int64_t i = end - (share(end) - share(begin)); i < end; ++i)
      is_second[static_cast<size_t>(order[static_cast<size_t>(i)])] = true;
  }
  return cut(dataset, is_second);
}

std::pair<DatasetPtr, DatasetPtr> fold(const DatasetPtr& dataset, const FoldOptions& options) {
  const int64_t n = dataset->size();
  const auto& [which, folds, shuffle, stratified, seed] = options;
  FOVEA_REQUIRE(folds >= 2 && folds <= n, "folds is %lld, expected 2 to %lld, one sample each",
                static_cast<long long>(folds), static_cast<long long>(n));
  FOVEA_REQUIRE(which >= 0 && which < folds, "fold is %lld, expected 0 to %lld",
                static_cast<long long>(which), static_cast<long long>(folds - 1));
  const std::vector<int64_t> order = dealt(*dataset, shuffle, stratified, seed);
  std::vector<bool> is_second(order.size());
  const auto add = [&](int64_t i) { is_second[static_cast<size_t>(order[static_cast<size_t>(i)])] = true; };
  if (stratified) {
    // Dealt like cards: a class's neighbours go to different folds.
    for (int64_t i = which; i < n; i += folds) add(i);
  } else {
    // Stretches; the first n % folds are longer by one.
    const int64_t size = n / folds;
    const int64_t longer = n % folds;
    const int64_t begin = which * size + std::min(which, longer);
    for (int64_t i = begin; i < begin + size + (which < longer ? 1 : 0); ++i) add(i);
  }
  return cut(dataset, is_second);
}

}  // namespace fovea::data
