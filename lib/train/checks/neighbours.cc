#include "train/checks/neighbours.h"

#include <algorithm>
#include <cmath>
#include <cstring>
#include <limits>
#include <utility>

namespace fovea::train::checks {
namespace {

constexpr int64_t kWidth = 1024;

double value_at(DType dtype, const std::byte* data, int64_t i) {
  const auto load = [&](auto value) {
    std::memcpy(&value, data + static_cast<size_t>(i) * sizeof value, sizeof value);
    return static_cast<double>(value);
  };
  return dtype == DType::u8 ? load(uint8_t{}) : dtype == DType::f32 ? load(float{}) : load(double{});
}

}  // namespace

Neighbours::Neighbours(const data::Dataset& dataset, std::span<const uint32_t> indices)
    : indices_(indices.begin(), indices.end()),
      width_(static_cast<size_t>(std::min(kWidth, dataset.sample_shape().elements()))),
      values_(indices.size() * width_) {
  for (size_t i = 0; i < indices.size(); ++i)
    read(dataset, indices[i], std::span<float>(values_.data() + i * width_, width_));
}

void Neighbours::read(const data::Dataset& dataset, uint32_t index, std::span<float> out) const {
  memory_.reset();
  const auto* const x = static_cast<const std::byte*>(dataset.read(index, memory_).data);
  const int64_t n = dataset.sample_shape().elements(), width = static_cast<int64_t>(out.size());
  for (int64_t k = 0; k < width; ++k) {
    const int64_t begin = k * n / width, end = (k + 1) * n / width;
    double sum = 0;
    for (int64_t i = begin; i < end; ++i) sum += value_at(dataset.dtype(), x, i);
    out[static_cast<size_t>(k)] = static_cast<float>(sum / static_cast<double>(end - begin));
  }
}

double Neighbours::squared_distance(size_t i, std::span<const float> query) const {
  const float* const x = values_.data() + i * width_;
  float sums[8] = {};  // so that the compiler may add in parallel
  size_t k = 0;
  for (; k + 8 <= width_; k += 8)
    for (size_t j = 0; j < 8; ++j) sums[j] += (x[k + j] - query[k + j]) * (x[k + j] - query[k + j]);
  double sum = 0;
  for (const float s : sums) sum += static_cast<double>(s);
  for (; k < width_; ++k) sum += static_cast<double>((x[k] - query[k]) * (x[k] - query[k]));
  return sum;
}

Neighbours::Nearest Neighbours::operator()(const data::Dataset& dataset, uint32_t index, int64_t skip) const {
  std::vector<float> query(width_);
  read(dataset, index, query);
  Nearest nearest;
  double least = std::numeric_limits<double>::infinity();
  for (size_t i = 0; i < indices_.size(); ++i) {
    if (indices_[i] == skip) continue;
    const double distance = squared_distance(i, query);
    if (distance < least) least = distance, nearest.index = indices_[i];
  }
  nearest.distance = std::sqrt(least);
  return nearest;
}

std::vector<uint32_t> Neighbours::nearest(const data::Dataset& dataset, uint32_t index, size_t count,
                                          int64_t skip) const {
  std::vector<float> query(width_);
  read(dataset, index, query);
  std::vector<std::pair<double, uint32_t>> all;
  for (size_t i = 0; i < indices_.size(); ++i)
    if (indices_[i] != skip) all.emplace_back(squared_distance(i, query), indices_[i]);
  count = std::min(count, all.size());
  std::partial_sort(all.begin(), all.begin() + static_cast<std::ptrdiff_t>(count), all.end());
  std::vector<uint32_t> found;
  for (size_t i = 0; i < count; ++i) found.push_back(all[i].second);
  return found;
}

}  // namespace fovea::train::checks
