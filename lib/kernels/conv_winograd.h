// Winograd's convolution F(4x4, 3x3): the transforms around its 36 products (Lavin and Gray 2015).
//
// A tile of 4 x 4 outputs sees 6 x 6 inputs. With three fixed matrices A, B, G, for each channel and filter
//   outputs = A^T [(G g G^T) . (B^T d B)] A,   g the 3 x 3 kernel, d the inputs, '.' element by element,
// so that each of the 36 elements (a *plane*) is a matrix product over channels, tiles x channels times
// channels x filters: 36 multiplications where the definition has 144. The products are those of
// kernels/conv_direct.h. The weight gradient is the adjoint: with dz the 4 x 4 gradients of a tile,
//   dg = G^T [sum over tiles (B^T d B) . (A dz A^T)] G,
// products of kernels/conv_outer.h. The polynomials are evaluated at 0, +-5/8, +-3/2 and infinity: several
// times more exact than at the usual 0, +-1, +-2 (README.md).
// May use: base, kernels/activation.h; the implementation, Highway.
#pragma once
#include <cstdint>

#include "kernels/activation.h"

namespace fovea::kernels {

inline constexpr int64_t kWinogradStep = 4;  // pixels from tile to tile
inline constexpr int64_t kWinogradPlanes = 36;

// A batch of images seen as tiles: tile (r, c) begins at pixel (row + 4 r, column + 4 c). Where a tile lies
// outside of the image, zeros are read and nothing is written.
struct WinogradGrid {
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
// B^T d B of the tiles' 6 x 6 pixels.
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

// Packs G g G^T for kernels::correlate(): 36 matrices of pack_panels(), `plane` elements apart, depth rows
// and no bias (zeros). Element (r, c) of the kernel's cell (ky, kx) is
// source[(3 ky + kx) * cell_stride + r * row_stride + c * column_stride] * scale[c]; a null scale is 1.
template <class T>
struct WinogradWeights {
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
// sums[p * plane + r * row + c], that of cell (ky, kx) dw[(3 ky + kx) * dw_cell + r * dw_row + c].
template <class T>
struct WinogradSums {
  const T* sums;
  int64_t plane, row;
  int64_t rows, columns;
  T* dw;
  int64_t dw_cell, dw_row;
};
void winograd_kernel_gradient(const WinogradSums<float>& task);
void winograd_kernel_gradient(const WinogradSums<double>& task);

}  // namespace fovea::kernels
