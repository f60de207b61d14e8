// The weight gradient of a convolution without im2col: sums of outer products, a tile of weights held in
// registers while the pixels pass. May use: base, kernels/conv_direct.h; the implementation, Highway.
#pragma once
#include <cstdint>
#include <span>

#include "kernels/conv_direct.h"

namespace fovea::kernels {

// dw[k][c] += sum over i, r, p: window(i, r, p)[k] * dz[i][r][p][c], where k counts the elements of the runs
// in order. dz is read in whole vectors: packed_elements<T>(0, outputs) elements of every pixel must be
// readable; what stands past `outputs` does not matter.
template <class T>
struct OuterProduct {
  const T* x;  // window (i, r, p) begins at x + i * x_image + r * x_row + p * x_pixel
  int64_t x_image, x_row, x_pixel;
  std::span<const Run> runs;
  const T* dz;
  int64_t dz_image, dz_row, dz_pixel;
  int64_t images, rows, pixels, outputs;
  T* dw;
  int64_t dw_row;  // from k to k + 1
};
void outer_product(const OuterProduct<float>& task);
void outer_product(const OuterProduct<double>& task);

}  // namespace fovea::kernels
