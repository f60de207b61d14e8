// Tensors as pictures: a grid of tiles. May use: base, io/canvas.h.
#pragma once
#include "base/tensor_view.h"
#include "io/canvas.h"

namespace fovea::io {

struct GridOptions {
  int columns = 0;            // 0: about as many as rows
  int zoom = 0;               // pixels a value; 0: so that a tile is about 64 pixels
  bool shared_range = false;  // one range of values for all tiles
};

// A tensor [count][height][width][channels] of u8, f32 or f64: a tile for each image with 1 channel (grey) or
// 3 (RGB), else for each channel. Bytes are grey levels; floating-point values are stretched from the
// smallest to the largest of their tile, or of all tiles, and those that are not finite are drawn as the
// smallest.
Canvas draw_grid(const TensorView& images, const GridOptions& options);

// A tensor [kh][kw][in][out] of f32 or f64, a convolution's kernel, as `out` images of `in` channels.
Canvas draw_filters(const TensorView& kernel, const GridOptions& options);

}  // namespace fovea::io
