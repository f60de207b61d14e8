// The input transform of a model: what stored values become before the network sees them. It is part of the
// model, so that training, evaluation and every host feed the same numbers. May use: base, kernels.
#pragma once
#include <cstdint>
#include <vector>

#include "base/dtype.h"

namespace fovea::data {

// y = (x * scale - mean[c]) / std[c], c the last axis.
struct InputTransform {
  double scale = 1;
  std::vector<double> mean = {};  // one value: of all channels; none: 0
  std::vector<double> std = {};   // one value: of all channels; none: 1

  // Raises INVALID_ARGUMENT for a number of entries other than 0, 1 and `channels`, for a standard deviation
  // that is not positive, and for values that are not finite.
  void validate(int64_t channels) const;

  // Values `from` (u8, f32, f64) to T (float, double). `elements` is a multiple of `channels`. Converts x to
  // T, then computes x * (scale / std) - mean / std, the two constants rounded to T, on one path for all: so
  // equal values give equal bits whether they were stored as bytes or as floats, one by one or in a batch.
  // Allocates nothing.
  template <class T>
  void apply(DType from, const void* in, int64_t elements, int64_t channels, T* out) const;
};

extern template void InputTransform::apply(DType, const void*, int64_t, int64_t, float*) const;
extern template void InputTransform::apply(DType, const void*, int64_t, int64_t, double*) const;

}  // namespace fovea::data
