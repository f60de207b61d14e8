#include "data/crops.h"

#include "base/error.h"

namespace fovea::data {
namespace {

// He et al., "Deep residual learning for image recognition", 2016, section 3.4.
constexpr int64_t kResNetScales[] = {224, 256, 384, 480, 640};
constexpr int64_t kMaxScale = 65536;

std::vector<int64_t> scales_of(const CropOptions& options) {
  if (!options.scales.empty()) return options.scales;
  if (options.crops == Crops::resnet_multi_scale) return {std::begin(kResNetScales), std::end(kResNetScales)};
  return {0};
}

}  // namespace

int64_t crop_count(const CropOptions& options) {
  if (options.crops == Crops::none) return 1;
  return static_cast<int64_t>(scales_of(options).size()) * (options.crops == Crops::flip ? 2 : 10);
}

std::vector<CropBox> crop_boxes(const ImageSize& image, int64_t height, int64_t width,
                                const Geometry& geometry, const CropOptions& options) {
  std::vector<CropBox> boxes;
  for (const int64_t scale : scales_of(options)) {
    FOVEA_REQUIRE(scale >= 0 && scale <= kMaxScale, "a scale of %lld", static_cast<long long>(scale));
    ImageSize size = image;
    if (scale > 0)
      size = short_side(image.height, image.width, scale);
    else if (geometry.short_side > 0)
      size = short_side(image.height, image.width, geometry.short_side);
    else if (geometry.height > 0)
      size = {geometry.height, geometry.width};
    const int64_t down = size.height - height, right = size.width - width;
    FOVEA_REQUIRE(down >= 0 && right >= 0, "crops of %lld x %lld from an image of %lld x %lld",
                  static_cast<long long>(height), static_cast<long long>(width),
                  static_cast<long long>(size.height), static_cast<long long>(size.width));
    const ImageOffset middle = center_offset(size.height, size.width, height, width);
    for (const bool mirrored : {false, true}) {
      if (mirrored && options.crops == Crops::none) continue;
      if (options.crops == Crops::ten_crop || options.crops == Crops::resnet_multi_scale)
        for (const ImageOffset& corner : {ImageOffset{0, 0}, {0, right}, {down, 0}, {down, right}})
          boxes.push_back({size.height, size.width, corner.top, corner.left, mirrored});
      boxes.push_back({size.height, size.width, middle.top, middle.left, mirrored});
    }
  }
  return boxes;
}

TensorView cut(const TensorView& image, const CropBox& box, int64_t height, int64_t width,
               const Geometry& geometry, SampleMemory& memory) {
  return resize(image,
                {.height = box.resized_height,
                 .width = box.resized_width,
                 .crop_top = box.top,
                 .crop_left = box.left,
                 .crop_height = height,
                 .crop_width = width,
                 .interpolation = geometry.interpolation,
                 .antialias = geometry.antialias,
                 .mirror = box.mirrored},
                memory);
}

}  // namespace fovea::data
