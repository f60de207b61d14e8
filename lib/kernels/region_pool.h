// Pooling over given regions of an NHWC image, vectorised over channels: adaptive, fractional and global
// pooling. A call makes one row of outputs of one image. May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// The regions of a row of outputs: rows [top, bottom) and, for output o, columns [left[o], right[o]).
struct RegionRow {
  int64_t width, channels;  // of the image
  int64_t top, bottom;
  int64_t count;
  const int32_t *left, *right;
};

// y = the largest cell, the first one in row order where several are equal, a NaN where there is one; index
// (not null): its pixel, row * width + column. x is the image.
void region_max(const RegionRow& r, const float* x, float* y, uint32_t* index);
void region_max(const RegionRow& r, const double* x, double* y, uint32_t* index);
// dx[index] += dy for `pixels` outputs; dx is the image's.
void region_max_backward(int64_t pixels, int64_t channels, const uint32_t* index, const float* dy, float* dx);
void region_max_backward(int64_t pixels, int64_t channels, const uint32_t* index, const double* dy,
                         double* dx);
// y = the mean of the cells, and its gradient, added to dx.
void region_average(const RegionRow& r, const float* x, float* y);
void region_average(const RegionRow& r, const double* x, double* y);
void region_average_backward(const RegionRow& r, const float* dy, float* dx);
void region_average_backward(const RegionRow& r, const double* dy, double* dx);

}  // namespace fovea::kernels
