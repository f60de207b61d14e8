// Metrics between their descriptors and the library. May use: all.
#pragma once
#include <vector>

#include "capi/objects.h"
#include "train/metric.h"

namespace fovea::capi {

train::MetricOptions metric_from(const fv_metric_desc* desc);
std::vector<train::MetricOptions> metrics_from(const fv_metric_desc* const* descs, size_t count);

}  // namespace fovea::capi
