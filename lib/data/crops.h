// Several views of one image at test time, whose predictions are averaged. May use: base, data/geometry.h.
#pragma once
#include <vector>

#include "data/geometry.h"

namespace fovea::data {

// Values are those of include/fovea/session.h.
enum class Crops { none = 0, flip = 1, ten_crop = 2, resnet_multi_scale = 3 };

struct CropOptions {
  Crops crops = Crops::none;
  std::vector<int64_t> scales;  // short sides; empty: ResNet's, or for the others as the geometry resizes
  bool raw = false;             // predictions are averaged as they are, not their softmax over the last axis
};

// A rectangle of an image that was resized before.
struct CropBox {
  int64_t resized_height, resized_width;
  int64_t top, left;
  bool mirrored;
};

// How many boxes there are for every image.
int64_t crop_count(const CropOptions& options);
// The boxes of height x width for an image of this size. For each scale: the corners (top left, top right,
// bottom left, bottom right) and the middle, then the same mirrored; flip: the middle and its mirror image.
// Raises INVALID_ARGUMENT where a box is larger than the resized image.
std::vector<CropBox> crop_boxes(const ImageSize& image, int64_t height, int64_t width,
                                const Geometry& geometry, const CropOptions& options);

// The pixels of a box, [height][width][channels].
TensorView cut(const TensorView& image, const CropBox& box, int64_t height, int64_t width,
               const Geometry& geometry, SampleMemory& memory);

}  // namespace fovea::data
