// Steps that change values and leave pixels where they are. May use: base, kernels.
#pragma once
#include "base/rng.h"
#include "data/augment/image.h"
#include "data/augment/step.h"

namespace fovea::data {

// The grey level of RGB (ITU-R BT.601), as PIL and torchvision have it.
inline constexpr double kLuma[] = {0.299, 0.587, 0.114};

// BRIGHTNESS to GREY, NOISE, POSTERIZE to INVERT.
void color_step(const AugmentStep& step, RandomSequence& random, const RandomKey& key, uint32_t position,
                AugmentImage& image);
// To f32.
void rescale(double factor, AugmentImage& image);

}  // namespace fovea::data
