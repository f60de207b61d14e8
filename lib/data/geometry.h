// What brings an image of any size to the size and the channels that a network takes. May use: base,
// data/resize.h.
#pragma once
#include "data/dataset.h"
#include "data/resize.h"

namespace fovea::data {

// Values are those of include/fovea/model.h.
enum class Channels { keep = 0, grey = 1, rgb = 2 };

// Channels, then size, then the middle of it. All default: an image has to have the right shape already.
struct Geometry {
  Channels channels = Channels::keep;  // grey: ITU-R 601 as PIL's 'L'; rgb: alpha is left out, grey repeated
  int64_t short_side = 0;              // the shorter side becomes this long; or
  int64_t height = 0, width = 0;       // exactly so large, whatever the ratio was; neither: as it is
  int64_t crop_height = 0, crop_width = 0;  // the middle; 0: all
  Interpolation interpolation = Interpolation::bilinear;
  bool antialias = true;

  bool any() const;
  // Raises INVALID_ARGUMENT for extents that do not go together.
  void validate() const;
  // Of an image [height][width][channels]: the image itself where nothing is to be done, else in `memory`, u8
  // for u8 and f32 else. Raises INVALID_ARGUMENT for an image that the crop is larger than.
  TensorView apply(const TensorView& image, SampleMemory& memory) const;
};

// 1 channel of 3 or 4 (the last is alpha), 3 of 1, 2 (alpha) or 4; the image itself where it has them.
TensorView with_channels(const TensorView& image, Channels channels, SampleMemory& memory);

}  // namespace fovea::data
