// Drawn digits: a dataset for trying things out where there is no data. May use: base, data/dataset.h.
#pragma once
#include "base/executor.h"
#include "data/dataset.h"

namespace fovea::data {

struct DigitsOptions {
  int size = 28;  // height and width, 16 to 256
  int64_t count = 0;
  uint64_t seed = 0;
  double noise = 12;  // standard deviation of the pixel noise, in grey levels
};

// White strokes on black, u8, size x size x 1, ten classes. Image i depends on seed and i only, and is the
// same on every machine: the drawing uses nothing but IEEE arithmetic and square roots. Raises
// INVALID_ARGUMENT for numbers out of range.
DatasetPtr digits(const DigitsOptions& options, const std::shared_ptr<Allocator>& allocator,
                  Executor& executor);

}  // namespace fovea::data
