// The class that outputs speak for. Uses std only.
#pragma once
#include <cmath>
#include <cstdint>

namespace fovea {

// The first of the largest; -1 where there is NaN, so that such a row is never right.
template <class T>
int32_t largest_of(const T* x, int64_t count) {
  int64_t largest = 0;
  bool nan = false;
  for (int64_t i = 0; i < count; ++i) {
    nan = nan || std::isnan(x[i]);
    if (x[i] > x[largest]) largest = i;
  }
  return nan ? -1 : static_cast<int32_t>(largest);
}

}  // namespace fovea
