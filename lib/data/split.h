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
  bool stratified = false;  // every class is cut in that proportion, to within one sample
};

// Two disjoint parts that together are the whole, each in the order of the dataset. Raises INVALID_ARGUMENT
// for both fraction and count, for a number out of range, where a part would be empty, and for classes of
// targets.
std::pair<DatasetPtr, DatasetPtr> split(const DatasetPtr& dataset, const SplitOptions& options);

struct FoldOptions {
  int64_t fold = 0;  // which one is the second part
  int64_t folds = 5;
  bool shuffle = false;     // false: fold i is the i-th stretch of the dataset; true: drawn by `seed`
  bool stratified = false;  // every class is spread evenly over the folds, to within one sample
  uint64_t seed = 0;
};

// Fold `fold` of a partition into `folds` as the second part, the others as the first, each in the order of
// the dataset. Raises INVALID_ARGUMENT.
std::pair<DatasetPtr, DatasetPtr> fold(const DatasetPtr& dataset, const FoldOptions& options);

}  // namespace fovea::data
