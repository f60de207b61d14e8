// The arguments of Keras's ImageDataGenerator as steps. May use: base.
#pragma once
#include <string>
#include <vector>

#include "data/augment/step.h"

namespace fovea::data {

// By Keras's names and with its defaults.
struct ImageDataGenerator {
  double rotation_range = 0, width_shift_range = 0, height_shift_range = 0;
  Range brightness_range = {};  // 0 to 0: none
  double shear_range = 0;
  Range zoom_range = {};  // z to 0: 1 - z to 1 + z
  double channel_shift_range = 0;
  std::string fill_mode = "nearest";
  double cval = 0;
  bool horizontal_flip = false, vertical_flip = false;
  double rescale = 0;
  AugmentFunction preprocessing_function = {};
};
// In the order of Keras's random_transform and standardize. Raises INVALID_ARGUMENT.
std::vector<AugmentStep> steps_of(const ImageDataGenerator& keras);

}  // namespace fovea::data
