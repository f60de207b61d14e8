#include "io/picture.h"

#include <algorithm>
#include <cmath>
#include <limits>

#include "base/error.h"

namespace fovea::io {
namespace {

constexpr Color kPaper{255, 255, 255};
constexpr int kTilePixels = 64;
constexpr int kGap = 3;

// A tensor seen as tiles; strides count elements.
struct Tiles {
  const void* data;
  DType dtype;
  int64_t height, width;
  int colors;      // 1 or 3 values a pixel
  int64_t images;  // each of `planes` tiles
  int64_t planes;
  int64_t image_stride, y_stride, x_stride, channel_stride;

  int64_t count() const { return images * planes; }
  double at(int64_t tile, int64_t y, int64_t x, int color) const {
    const int64_t plane = tile % planes + color;
    const int64_t i = tile / planes * image_stride + y * y_stride + x * x_stride + plane * channel_stride;
    switch (dtype) {
      case DType::u8:
        return static_cast<const uint8_t*>(data)[i];
      case DType::f32:
        return static_cast<double>(static_cast<const float*>(data)[i]);
      default:
        return static_cast<const double*>(data)[i];
    }
  }
};

// The values that become black and white.
struct Range {
  double low = std::numeric_limits<double>::infinity();
  double high = -std::numeric_limits<double>::infinity();

  void include(const Tiles& tiles, int64_t tile) {
    for (int64_t y = 0; y < tiles.height; ++y)
      for (int64_t x = 0; x < tiles.width; ++x)
        for (int c = 0; c < tiles.colors; ++c)
          if (const double v = tiles.at(tile, y, x, c); std::isfinite(v)) {
            low = std::min(low, v);
            high = std::max(high, v);
          }
  }
  uint8_t level(double v) const {
    if (!(low < high)) return 128;  // nothing to tell apart
    // Halves, because the distance of two doubles may be no double.
    const double place = (v / 2 - low / 2) / (high / 2 - low / 2);
    return std::isfinite(v) ? static_cast<uint8_t>(std::clamp(place, 0.0, 1.0) * 255 + .5) : 0;
  }
};

Canvas draw(const Tiles& tiles, const GridOptions& options) {
  FOVEA_REQUIRE(options.columns >= 0 && options.zoom >= 0, "grid: columns %d, zoom %d", options.columns,
                options.zoom);
  const int64_t zoom = options.zoom != 0
                           ? options.zoom
                           : std::max<int64_t>(1, kTilePixels / std::max(tiles.height, tiles.width));
  int64_t columns = options.columns;
  if (columns == 0) columns = static_cast<int64_t>(std::ceil(std::sqrt(static_cast<double>(tiles.count()))));
  columns = std::min(columns, tiles.count());
  const int64_t rows = (tiles.count() + columns - 1) / columns;
  const auto side = [zoom](int64_t n, int64_t tile) {
    return checked_mul(n, checked_mul(tile, zoom) + kGap) + kGap;
  };
  Canvas canvas(side(columns, tiles.width), side(rows, tiles.height), kPaper);

  Range range;
  if (tiles.dtype == DType::u8) {
    range = {0, 255};
  } else if (options.shared_range) {
    for (int64_t tile = 0; tile < tiles.count(); ++tile) range.include(tiles, tile);
  }
  const bool own_range = tiles.dtype != DType::u8 && !options.shared_range;
  for (int64_t tile = 0; tile < tiles.count(); ++tile) {
    if (own_range) {
      range = Range();
      range.include(tiles, tile);
    }
    const int64_t left = kGap + tile % columns * (tiles.width * zoom + kGap);
    const int64_t top = kGap + tile / columns * (tiles.height * zoom + kGap);
    for (int64_t y = 0; y < tiles.height; ++y)
      for (int64_t x = 0; x < tiles.width; ++x) {
        uint8_t rgb[3];
        for (int c = 0; c < 3; ++c) rgb[c] = range.level(tiles.at(tile, y, x, std::min(c, tiles.colors - 1)));
        const int x0 = static_cast<int>(left + x * zoom), y0 = static_cast<int>(top + y * zoom);
        canvas.fill(x0, y0, x0 + static_cast<int>(zoom), y0 + static_cast<int>(zoom),
                    {rgb[0], rgb[1], rgb[2]});
      }
  }
  return canvas;
}

void check(const TensorView& tensor, const char* what, bool bytes_too) {
  FOVEA_REQUIRE(tensor, "%s has no data", what);
  FOVEA_REQUIRE(
      tensor.dtype == DType::f32 || tensor.dtype == DType::f64 || (bytes_too && tensor.dtype == DType::u8),
      "%s is of type %s, expected %sf32 or f64", what, name_of(tensor.dtype), bytes_too ? "u8, " : "");
  FOVEA_REQUIRE(tensor.shape.rank() == 4 && tensor.shape.elements() > 0,
                "%s has the shape %s, expected four extents above 0", what, tensor.shape.text().c_str());
}

}  // namespace

Canvas draw_grid(const TensorView& images, const GridOptions& options) {
  check(images, "images", true);
  const int64_t height = images.shape[1], width = images.shape[2], channels = images.shape[3];
  const bool rgb = channels == 3;
  return draw({.data = images.data,
               .dtype = images.dtype,
               .height = height,
               .width = width,
               .colors = rgb ? 3 : 1,
               .images = images.shape[0],
               .planes = rgb ? 1 : channels,
               .image_stride = height * width * channels,
               .y_stride = width * channels,
               .x_stride = channels,
               .channel_stride = 1},
              options);
}

Canvas draw_filters(const TensorView& kernel, const GridOptions& options) {
  check(kernel, "kernel", false);
  const int64_t width = kernel.shape[1], in = kernel.shape[2], out = kernel.shape[3];
  const bool rgb = in == 3;
  return draw({.data = kernel.data,
               .dtype = kernel.dtype,
               .height = kernel.shape[0],
               .width = width,
               .colors = rgb ? 3 : 1,
               .images = out,
               .planes = rgb ? 1 : in,
               .image_stride = 1,
               .y_stride = width * in * out,
               .x_stride = in * out,
               .channel_stride = out},
              options);
}

}  // namespace fovea::io
