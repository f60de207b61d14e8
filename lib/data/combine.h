// Datasets made of other datasets. May use: base, data/dataset.h.
#pragma once
#include <span>

#include "data/dataset.h"

namespace fovea::data {

// One after the other. Raises INVALID_ARGUMENT where they do not agree.
DatasetPtr concat(std::span<const DatasetPtr> datasets);
DatasetPtr repeat(const DatasetPtr& dataset, int64_t times);
// In an order drawn by `seed`.
DatasetPtr shuffle(const DatasetPtr& dataset, uint64_t seed);
// `per_class` samples of every class (0: as many as the largest has), in the order of the dataset: each
// sample of a small class as often as any other, to within one; drawn ones of a large class.
DatasetPtr balance(const DatasetPtr& dataset, int64_t per_class, uint64_t seed);
// Keeps what is read first, up to `max_bytes`. Raises INVALID_ARGUMENT for a random dataset.
DatasetPtr cache(const DatasetPtr& dataset, uint64_t max_bytes, const std::shared_ptr<Allocator>& allocator);

// How many samples each class has. Raises INVALID_ARGUMENT where there are targets.
std::vector<int64_t> count_classes(const Dataset& dataset);

}  // namespace fovea::data
