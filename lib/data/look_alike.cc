#include "data/look_alike.h"

#include <algorithm>
#include <bit>
#include <cstdlib>

#include "data/resize.h"

namespace fovea::data {
namespace {

constexpr int kMostBits = 3;         // of the hash that may differ
constexpr int kMostLevels = 4;       // of grey that pixels may differ in the mean
constexpr int kLeastContrast = 16;   // between the darkest and the brightest pixel
constexpr int64_t kLeastSide = 32;
constexpr size_t kMostCompared = 4096;  // of one quarter, so that many alike take no square of time

uint16_t quarter(uint64_t hash, size_t i) {
  return static_cast<uint16_t>(hash >> 16 * i);
}

bool alike(const Glance& a, const Glance& b) {
  if (std::popcount(a.hash ^ b.hash) > kMostBits) return false;
  int sum = 0;
  for (size_t i = 0; i < a.grey.size(); ++i) sum += std::abs(a.grey[i] - b.grey[i]);
  return sum <= kMostLevels * static_cast<int>(a.grey.size());
}

}  // namespace

void Glance::compute_hash() {
  hash = 0;
  for (size_t y = 0; y < kRows; ++y)
    for (size_t x = 0; x + 1 < kColumns; ++x)
      hash = hash << 1 | (grey[y * kColumns + x + 1] > grey[y * kColumns + x] ? 1u : 0u);
}

Glance Glance::mirrored() const {
  Glance out = *this;
  for (size_t y = 0; y < kRows; ++y)
    std::reverse(out.grey.begin() + y * kColumns, out.grey.begin() + (y + 1) * kColumns);
  out.compute_hash();
  return out;
}

std::optional<Glance> glance(const TensorView& image, SampleMemory& memory) {
  if (image.dtype != DType::u8 || image.shape.rank() != 3 || image.shape[2] > 4) return {};
  if (image.shape[0] < kLeastSide || image.shape[1] < kLeastSide) return {};
  Resize how{.height = Glance::kRows, .width = Glance::kColumns};
  how.interpolation = Interpolation::area;
  const TensorView small = resize(image, how, memory);
  const auto* pixel = static_cast<const uint8_t*>(small.data);
  const auto channels = static_cast<size_t>(small.shape[2]);
  Glance out;
  for (size_t i = 0; i < out.grey.size(); ++i, pixel += channels)
    out.grey[i] = channels < 3 ? pixel[0]
                               : static_cast<uint8_t>(
                                     (pixel[0] * 299 + pixel[1] * 587 + pixel[2] * 114) / 1000);
  const auto [least, most] = std::ranges::minmax(out.grey);
  if (most - least < kLeastContrast) return {};
  out.compute_hash();
  return out;
}

void LookAlikes::add(const Glance& glance, int64_t number) {
  const auto index = static_cast<uint32_t>(entries_.size());
  entries_.push_back({glance, number});
  for (size_t i = 0; i < quarters_.size(); ++i) quarters_[i][quarter(glance.hash, i)].push_back(index);
}

int64_t LookAlikes::find_upright(const Glance& glance) const {
  for (size_t i = 0; i < quarters_.size(); ++i) {
    const auto same = quarters_[i].find(quarter(glance.hash, i));
    if (same == quarters_[i].end()) continue;
    for (size_t k = 0; k < std::min(same->second.size(), kMostCompared); ++k) {
      const Entry& entry = entries_[same->second[k]];
      if (alike(entry.glance, glance)) return entry.number;
    }
  }
  return -1;
}

int64_t LookAlikes::find(const Glance& glance) const {
  const int64_t upright = find_upright(glance);
  return upright >= 0 ? upright : find_upright(glance.mirrored());
}

}  // namespace fovea::data
