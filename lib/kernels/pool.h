// Max and average pooling of NHWC images, vectorised over channels. Each call computes some rows, so that
// the caller can cut by rows: forward by output rows, backward by input rows (it gathers, so rows are
// independent and nothing need be zeroed before). May use: std; the implementation, Highway.
#pragma once
#include <cstdint>

namespace fovea::kernels {

// Geometry, the same for every image of the batch. Extents are height and width.
struct Pool2d {
  int64_t batch, height, width, channels;
  int64_t out_height, out_width;
  int64_t size[2], stride[2];
  int64_t pad[4];        // top, bottom, left, right
  bool exclude_padding;  // averages: divide by the cells inside the image only

  int64_t window() const { return size[0] * size[1]; }
};

// Rows are numbered over the batch: image * out_height + oy, image * height + iy. x, y, index, dy and dx
// point to the whole batch's tensors.
//
// y = the largest cell; the first one in row-major order where several are equal; a NaN where there is one.
// index (not null): its number in the window, ky * size[1] + kx, as a byte or, for windows of more than 255
// cells, 32 bits.
void max_pool(const Pool2d& p, int64_t first_row, int64_t rows, const float* x, float* y, uint8_t* index);
void max_pool(const Pool2d& p, int64_t first_row, int64_t rows, const float* x, float* y, uint32_t* index);
void max_pool(const Pool2d& p, int64_t first_row, int64_t rows, const double* x, double* y, uint8_t* index);
void max_pool(const Pool2d& p, int64_t first_row, int64_t rows, const double* x, double* y, uint32_t* index);
// dx = the sum of dy over the windows whose largest cell it was.
void max_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const uint8_t* index,
                       const float* dy, bool accumulate, float* dx);
void max_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const uint32_t* index,
                       const float* dy, bool accumulate, float* dx);
void max_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const uint8_t* index,
                       const double* dy, bool accumulate, double* dx);
void max_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const uint32_t* index,
                       const double* dy, bool accumulate, double* dx);
// y = the sum of the cells inside the image / the number of cells: of those inside the image, or (padding
// counted) inside the padded image.
void average_pool(const Pool2d& p, int64_t first_row, int64_t rows, const float* x, float* y);
void average_pool(const Pool2d& p, int64_t first_row, int64_t rows, const double* x, double* y);
void average_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const float* dy, bool accumulate,
                           float* dx);
void average_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const double* dy,
                           bool accumulate, double* dx);

}  // namespace fovea::kernels
