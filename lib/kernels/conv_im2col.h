// Windows of an image laid out as the rows of a matrix, for GEMM, and back. May use: std.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// One image and the windows over it, in elements. Rows and columns of a window outside the image are zeros.
struct Im2col {
  int64_t height, width, channels;  // of the image as seen by one group
  int64_t pixel;                    // elements from pixel to pixel (all groups' channels)
  int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  int64_t out_width;
};

// Rows [row, row + rows) of outputs, all columns: columns[(r * out_width + p)][ky][kx][c].
void im2col(const Im2col& s, int64_t row, int64_t rows, const float* image, float* columns);
void im2col(const Im2col& s, int64_t row, int64_t rows, const double* image, double* columns);
// The adjoint: adds every element of `columns` to the pixel that it came from.
void col2im_add(const Im2col& s, int64_t row, int64_t rows, const float* columns, float* image);
void col2im_add(const Im2col& s, int64_t row, int64_t rows, const double* columns, double* image);

}  // namespace fovea::kernels
