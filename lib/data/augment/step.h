// The steps of an augmentation: what each may be told, its defaults, its name. May use: base, data/resize.h.
#pragma once
#include <array>
#include <cstdint>
#include <functional>
#include <optional>
#include <string>

#include "base/tensor_view.h"
#include "data/resize.h"

namespace fovea::data {

// Values are those of include/fovea/augment.h, which says what each does.
enum class Augment : int32_t {
  horizontal_flip = 1,
  vertical_flip,
  crop,
  center_crop,
  resize,
  scale_crop,
  resized_crop,
  rotation,
  shift,
  shear,
  zoom,
  stretch,
  perspective,
  lens,
  elastic,
  brightness,
  contrast,
  saturation,
  hue,
  gamma,
  channel_shift,
  color_offset,
  grey,
  blur,
  noise,
  cutout,
  erasing,
  sharpness,
  posterize,
  solarize,
  auto_contrast,
  equalize,
  invert,
  rand_augment,
  trivial_augment,
  rescale,
  callback,
  random_apply,
  random_choice,
  random_order,
  keras_shear  // of Keras's generator only
};
enum class FillMode : int32_t { constant, nearest, reflect, wrap };

struct Range {
  double low = 0, high = 0;
};

// The principal axes of colors: [channel][axis], and the variances along them in units of white, squared.
struct ColorAxes {
  std::array<double, 9> axes{};
  std::array<double, 3> variances{};
};

// Changes the image in place; a random number of its own comes with it. May raise.
using AugmentFunction = std::function<void(const MutableTensorView& image, uint64_t random)>;

struct AugmentStep {
  Augment kind{};
  std::optional<double> probability = {};  // none: the kind's default, as with the others
  std::optional<Range> range = {}, second = {};
  int64_t height = 0, width = 0;
  int64_t padding = 0;
  Interpolation interpolation = Interpolation::bilinear;
  FillMode fill_mode = FillMode::constant;
  double fill = 0;
  bool pixels = false, random_fill = false;
  int count = 0;
  std::optional<int> magnitude = {};
  ColorAxes colors = {};  // all zero: ImageNet's
  AugmentFunction function = {};
  std::string name = {};

  double chance() const { return *probability; }
  // "step 3 (rotation)", for errors.
  std::string title(size_t index) const;
  // All that its results depend on, in one line.
  std::string text() const;
};

// With its defaults filled in. Raises INVALID_ARGUMENT, naming the index, for what the kind cannot be told.
AugmentStep checked_step(AugmentStep step, size_t index);

// Whether the step is about the `count` steps after it.
constexpr bool is_group(Augment kind) {
  return kind >= Augment::random_apply && kind <= Augment::random_order;
}
// Whether the step moves pixels without changing the size: a part of a chain that is resampled once.
bool is_geometric(Augment kind);

}  // namespace fovea::data
