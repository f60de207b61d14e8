// Windows of an image whose cells are moved by offsets, laid out as the rows of a matrix, and back:
// deformable convolution. A call does one row of outputs of one image. May use: std; the implementation,
// Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// The window of output (row, p) has its cell (u, v) at (row * stride_h - pad_top + u * dilation_h + dy, p *
// stride_w - pad_left + v * dilation_w + dx). Offsets are [pixel][offset group][u][v][dy, dx]; the factors
// are [pixel][offset group][u][v], or null for 1. Channels are split evenly over the offset groups. Between
// pixels the image is interpolated bilinearly; outside of it are zeros.
struct Deform {
  int64_t height, width, channels;
  int64_t kernel_h, kernel_w, stride_h, stride_w, dilation_h, dilation_w, pad_top, pad_left;
  int64_t out_width, offset_groups;
};

// columns[p][u][v][c] for the pixels of row `row`, whose offsets and factors are given.
void deform_columns(const Deform& d, int64_t row, const float* image, const float* offsets,
                    const float* factors, float* columns);
void deform_columns(const Deform& d, int64_t row, const double* image, const double* offsets,
                    const double* factors, double* columns);
// Adds the gradient of the columns to the image's, to the offsets' and to the factors'; each may be null.
void deform_columns_backward(const Deform& d, int64_t row, const float* image, const float* offsets,
                             const float* factors, const float* dcolumns, float* dimage, float* doffsets,
                             float* dfactors);
void deform_columns_backward(const Deform& d, int64_t row, const double* image, const double* offsets,
                             const double* factors, const double* dcolumns, double* dimage, double* doffsets,
                             double* dfactors);

}  // namespace fovea::kernels
