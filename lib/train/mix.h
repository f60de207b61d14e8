// Mixup and cutmix: a batch whose samples are blended with their neighbours, and the share that each keeps.
// Source: Zhang et al., "mixup", 2018; Yun et al., "CutMix", 2019. May use: base, kernels.
#pragma once
#include <cstdint>

#include "base/context.h"
#include "base/dtype.h"
#include "base/rng.h"
#include "base/shape.h"

namespace fovea::train {

// What fv_mix_desc says; alphas of 0 are off.
struct MixOptions {
  double mixup = 0;
  double cutmix = 0;
  double probability = 1;
  bool any() const { return mixup > 0 || cutmix > 0; }
};
void check_mix(const MixOptions& options);

// What becomes of one batch: sample i keeps `share` of itself, the rest is of sample i + 1 (the last one's
// neighbour is the first).
struct Mix {
  double share = 1;
  bool cut = false;  // a box of the neighbour's instead of a blend
  int64_t top = 0, left = 0, bottom = 0, right = 0;  // of the box, ends excluded
};
// Drawn for one batch of images of this shape (height, width, channels where cutmix is on).
Mix draw_mix(const MixOptions& options, const RandomKey& key, const Shape& image);

// Does that to [batch][...] values in place.
void apply_mix(const Mix& mix, Executor& executor, int64_t batch, const Shape& sample, DType dtype,
               void* values);

}  // namespace fovea::train
