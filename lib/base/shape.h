// Shape: up to 8 extents. Inside graphs a shape is that of one sample; the batch is implied.
// May use: base/error.h.
#pragma once
#include <array>
#include <cstdint>
#include <initializer_list>
#include <span>
#include <string>

namespace fovea {

inline constexpr int kMaxRank = 8;
// No tensor may hold more elements than this; products are checked against it, so that sizes in
// bytes always fit int64_t.
inline constexpr int64_t kMaxElements = int64_t{1} << 48;

// a * b; raises invalid_argument when the product passes kMaxElements or a factor is negative.
int64_t checked_mul(int64_t a, int64_t b);

class Shape {
 public:
  Shape() = default;
  Shape(std::initializer_list<int64_t> extents);
  explicit Shape(std::span<const int64_t> extents);

  int rank() const { return rank_; }
  int64_t operator[](int i) const { return extents_[static_cast<size_t>(i)]; }
  // Product of the extents (1 for rank 0), checked.
  int64_t elements() const;
  std::span<const int64_t> extents() const { return {extents_.data(), static_cast<size_t>(rank_)}; }
  // "28x28x1"; "scalar" for rank 0.
  std::string text() const;

  friend bool operator==(const Shape& a, const Shape& b) {
    if (a.rank_ != b.rank_) return false;
    for (int i = 0; i < a.rank_; ++i)
      if (a[i] != b[i]) return false;
    return true;
  }

 private:
  std::array<int64_t, kMaxRank> extents_{};
  int rank_ = 0;
};

}  // namespace fovea
