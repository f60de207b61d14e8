// Steps that mix a pixel with its neighbours. May use: base, kernels.
#pragma once
#include "data/augment/image.h"

namespace fovea::data {

// By Gaussians of these deviations in pixels, cut to `height` x `width` pixels (odd; 0: what holds three
// deviations); the image mirrored about its outermost pixels.
void blur(double sigma_x, double sigma_y, int64_t height, int64_t width, AugmentImage& image);

// The distance from a smoothed image times `factor`, bounded to 0 ... white. Smoothed by 1 1 1, 1 5 1, 1 1 1
// over 13; the outermost pixels stay (PIL, torchvision).
void sharpen(double factor, AugmentImage& image);

}  // namespace fovea::data
