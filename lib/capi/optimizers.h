// Optimizers, groups, averages and schedules between their descriptors and the library. May use: all.
#pragma once
#include "capi/objects.h"
#include "train/trainer.h"

namespace fovea::capi {

// With the numbers of its paper.
train::OptimizerOptions default_optimizer(fv_optimizer optimizer);
train::OptimizerOptions optimizer_from(const fv_optimizer_desc* desc);
train::Groups groups_from(const fv_group_desc* const* groups, size_t count);
train::AverageOptions average_from(const fv_average_desc* desc);
train::ScheduleOptions schedule_from(const fv_schedule_desc* desc);

// For a field whose 0 is the default.
inline double given(double value) { return value == 0 ? FV_ZERO : value; }

}  // namespace fovea::capi
