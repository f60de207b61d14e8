#include "base/shape.h"

#include "base/error.h"

namespace fovea {

int64_t checked_mul(int64_t a, int64_t b) {
  int64_t product = 0;
  if (a < 0 || b < 0 || __builtin_mul_overflow(a, b, &product) || product > kMaxElements)
    fail(Status::invalid_argument, "size %lld x %lld is negative or too large",
         static_cast<long long>(a), static_cast<long long>(b));
  return product;
}

Shape::Shape(std::initializer_list<int64_t> extents)
    : Shape(std::span<const int64_t>(extents.begin(), extents.size())) {}

Shape::Shape(std::span<const int64_t> extents) {
  FOVEA_REQUIRE(extents.size() <= kMaxRank, "rank %zu is larger than %d", extents.size(), kMaxRank);
  for (int64_t e : extents) {
    FOVEA_REQUIRE(e >= 0, "extent %lld is negative", static_cast<long long>(e));
    extents_[static_cast<size_t>(rank_++)] = e;
  }
}

int64_t Shape::elements() const {
  int64_t n = 1;
  for (int64_t e : extents()) n = checked_mul(n, e);
  return n;
}

std::string Shape::text() const {
  if (rank_ == 0) return "scalar";
  std::string s;
  for (int64_t e : extents()) {
    if (!s.empty()) s += 'x';
    s += std::to_string(e);
  }
  return s;
}

}  // namespace fovea
