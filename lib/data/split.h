// Cutting a dataset into training and validation. May use: base, data/dataset.h.
#pragma once
#include <utility>

#include "data/dataset.h"

namespace fovea::data {

struct SplitOptions {
  bool shuffle = false;  // false: the second part is the end of the dataset; true: it is drawn by `seed`
  double fraction = 0;   // of the second part, rounded up to whole samples; 0: not given
  int64_t count =
      0;  // size of the second part; 0: not given. With neither: 10,000 or 10 %, whichever is less
  uint64_t seed = 0;
};

// Two disjoint parts that together are the whole, each in the order of the dataset. Raises INVALID_ARGUMENT
// for both fraction and count, for a number out of range and where a part would be empty.
std::pair<DatasetPtr, DatasetPtr> split(const DatasetPtr& dataset, const SplitOptions& options);

}  // namespace fovea::data
