// Steps that cut windows out of images, resize them, or paint over them. May use: base, data/resize.h.
#pragma once
#include "base/rng.h"
#include "data/augment/image.h"
#include "data/augment/step.h"

namespace fovea::data {

// CROP and CENTER_CROP.
void random_crop(const AugmentStep& step, RandomSequence& random, AugmentImage& image);
void center_crop(const AugmentStep& step, AugmentImage& image);
void resize_step(const AugmentStep& step, AugmentImage& image);
void scale_crop(const AugmentStep& step, RandomSequence& random, AugmentImage& image);
void resized_crop(const AugmentStep& step, RandomSequence& random, AugmentImage& image);
// CUTOUT and ERASING.
void cutout(const AugmentStep& step, RandomSequence& random, AugmentImage& image);
void erase(const AugmentStep& step, RandomSequence& random, const RandomKey& key, uint32_t position,
           AugmentImage& image);

}  // namespace fovea::data
