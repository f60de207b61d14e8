// Winograd's convolution F(4x4, 3x3) and F(4x4, 5x5): the transforms around its products (Lavin and Gray
// 2015).
//
// A tile of 4 x 4 outputs of a 3 x 3 kernel sees 6 x 6 inputs, that of a 5 x 5 kernel 8 x 8. With three fixed
// matrices A, B, G, for each channel and filter
//   outputs = A^T [(G g G^T) . (B^T d B)] A,   g the kernel, d the inputs, '.' element by element,
// so that each of the 36 or 64 elements (a *plane*) is a matrix product over channels, tiles x channels times
// channels x filters: 36 multiplications where the definition has 144, 64 where it has 400. The products are
// those of kernels/conv_direct.h. The weight gradient is the adjoint: with dz the 4 x 4 gradients of a tile,
//   dg = G^T [sum over tiles (B^T d B) . (A dz A^T)] G,
// products of kernels/conv_outer.h. The polynomials are evaluated at 0, +-5/8, +-3/2 and infinity: several
// times more exact than at the usual 0, +-1, +-2; for 5 x 5 kernels at 0, +-1/2, +-1, +-2 and infinity
// (README.md).
// May use: base, kernels/activation.h; the implementation, Highway.
#pragma once
#include <cstdint>

#include "kernels/activation.h"

namespace fovea::kernels {

inline constexpr int64_t kWinogradStep = 4;  // pixels from tile to tile
// Points along an axis: inputs that a tile sees, with a kernel of 3 or 5 cells.
constexpr int64_t winograd_points(int64_t kernel) {
  return kernel + 3;
}
constexpr int64_t winograd_planes(int64_t kernel) {
  return winograd_points(kernel) * winograd_points(kernel);
}

// A batch of images seen as tiles: tile (r, c) begins at pixel (row + 4 r, column + 4 c). Where a tile lies
// outside of the image, zeros are read and nothing is written.
struct WinogradGrid {
  int64_t kernel;                   // cells along an axis: 3 or 5
  int64_t height, width, channels;  // of an image
  int64_t row, column;              // of tile (0, 0); may be negative
  int64_t tile_rows, tile_columns;

  int64_t tiles() const { return tile_rows * tile_columns; }
};

// Some tiles, counted through the batch, and some channels of them; element (tile, channel) of plane p is
// planes[p * plane + tile * row + channel], both counted from the first of the task.
struct WinogradTiles {
  WinogradGrid grid;
  int64_t first, count;
  int64_t first_channel, channels;
  int64_t plane, row;
};

// From images to planes. Images are multiplied by the derivative of `activation`, a clamp with the output y,
// on the way; y is not read where it is linear.
template <class T>
struct WinogradRead {
  WinogradTiles tiles;
  const T* images;
  Activation activation;
  const T* y;
  T* planes;
  T* sums =
      nullptr;  // winograd_gradient() only, where not null: adds the sum of the pixels to each channel's
};
// B^T d B of the tiles' 6 x 6 or 8 x 8 pixels.
void winograd_input(const WinogradRead<float>& task);
void winograd_input(const WinogradRead<double>& task);
// A d A^T of the tiles' 4 x 4 pixels.
void winograd_gradient(const WinogradRead<float>& task);
void winograd_gradient(const WinogradRead<double>& task);

// From planes to images: A^T m A + bias. The grid begins inside of the image.
template <class T>
struct WinogradWrite {
  WinogradTiles tiles;
  const T* planes;
  const T* bias;  // of all channels; null: zeros
  T* images;
  bool accumulate;   // add to the images
  Bounds<T> bounds;  // of the images; NaN passes
};
void winograd_output(const WinogradWrite<float>& task);
void winograd_output(const WinogradWrite<double>& task);

// Packs G g G^T for kernels::correlate(): a matrix of pack_panels() for each plane, `plane` elements apart,
// depth rows and no bias (zeros). Element (r, c) of the kernel's cell (ky, kx) is
// source[(kernel ky + kx) * cell_stride + r * row_stride + c * column_stride] * scale[c]; a null scale is 1.
template <class T>
struct WinogradWeights {
  int64_t kernel;
  const T* source;
  int64_t cell_stride, row_stride, column_stride;
  const T* scale;
  int64_t first_row, rows;  // those to pack; source and scale are those of row and column 0
  int64_t depth, outputs;
  T* packed;
  int64_t plane;
};
void winograd_weights(const WinogradWeights<float>& task);
void winograd_weights(const WinogradWeights<double>& task);

// dw = G^T s G, for `rows` x `columns` channels and filters: element (r, c) of plane p is
// sums[p * plane + r * row + c], that of cell (ky, kx) dw[(kernel ky + kx) * dw_cell + r * dw_row + c].
template <class T>
struct WinogradSums {
  int64_t kernel;
  const T* sums;
  int64_t plane, row;
  int64_t rows, columns;
  T* dw;
  int64_t dw_cell, dw_row;
};
void winograd_kernel_gradient(const WinogradSums<float>& task);
void winograd_kernel_gradient(const WinogradSums<double>& task);

}  // namespace fovea::kernels
