// Images resampled to another size, as PIL's Image.resize computes it. May use: base, kernels, data/sample.h.
#pragma once
#include "base/tensor_view.h"
#include "data/sample.h"

namespace fovea::data {

// Values are those of include/fovea/model.h. `area` is the mean of the source's pixels under the output's.
enum class Interpolation { bilinear = 0, nearest = 1, bicubic = 2, area = 3 };

// A part of the source, rows top to bottom - 1 and columns left to right - 1, is stretched to `height` x
// `width` pixels, of which a rectangle is wanted: only what that takes is read and computed. What is beside
// the part does not count, as if it had been cut out first.
struct Resize {
  int64_t top = 0, left = 0, bottom = 0, right = 0;  // the part; all 0: the whole
  int64_t height = 0, width = 0;
  int64_t crop_top = 0, crop_left = 0, crop_height = 0, crop_width = 0;  // extents 0: all
  Interpolation interpolation = Interpolation::bilinear;                 // bicubic: a = -0.5
  bool antialias = true;  // where an image shrinks, windows grow with the ratio; false: they do not
  bool mirror = false;    // the result's columns in reverse order
};

// `image` is [height][width][channels], u8, f32 or f64, 1 to 4 channels. The result,
// [crop_height][crop_width] [channels], is u8 for u8 and f32 else, in a piece of `memory`, or the image
// itself where nothing is to be done. u8: rounded after the horizontal and after the vertical pass, within
// one grey level of PIL. Raises INVALID_ARGUMENT for a part outside the image and for a crop outside the
// result.
TensorView resize(const TensorView& image, const Resize& how, SampleMemory& memory);

// Raises INVALID_ARGUMENT for what is not an image as resize() takes it.
void check_image(const TensorView& image);

// Height and width such that the shorter side is `side` and the ratio stays: the longer one is rounded down,
// as torchvision does.
struct ImageSize {
  int64_t height, width;
};
ImageSize short_side(int64_t height, int64_t width, int64_t side);
// Where the rectangle of this size in the middle of an image begins: half a pixel goes to the even neighbour,
// as in torchvision.
struct ImageOffset {
  int64_t top, left;
};
ImageOffset center_offset(int64_t height, int64_t width, int64_t crop_height, int64_t crop_width);

}  // namespace fovea::data
