// The geometry of a convolution: its sizes, and its forward pass and data gradient as correlations.
//
// The data gradient of a convolution with strides (s, t) is s * t correlations with unit stride over dz, one
// for each residue (phase) of the input's rows and columns, with the kernel's taps of that residue: what runs
// the forward pass runs the data gradient. May use: std.
#pragma once
#include <cstdint>
#include <vector>

#include "kernels/conv_im2col.h"

namespace fovea::layers {

struct ConvShape {
  int64_t height = 0, width = 0, channels = 0;         // input
  int64_t out_height = 0, out_width = 0, filters = 0;  // output
  int64_t kernel_h = 1, kernel_w = 1, stride_h = 1, stride_w = 1, dilation_h = 1, dilation_w = 1;
  int64_t pad_top = 0, pad_left = 0;  // bottom and right follow from the output's size
  int64_t groups = 1;

  int64_t group_channels() const { return channels / groups; }
  int64_t group_filters() const { return filters / groups; }
  // What one output sees: kernel_h x kernel_w x group_channels.
  int64_t window() const { return kernel_h * kernel_w * group_channels(); }
  int64_t kernel_elements() const { return window() * filters; }
  int64_t input_elements() const { return height * width * channels; }
  int64_t output_elements() const { return out_height * out_width * filters; }
  int64_t multiply_adds() const { return output_elements() * window(); }
  // Whether every output sees exactly its own pixel, or the whole image is one window: then the images are a
  // matrix.
  bool is_product() const { return is_pointwise() || is_whole_image(); }
  bool is_pointwise() const;
  bool is_whole_image() const;
  // The windows of one group's channels.
  kernels::Im2col windows() const;
};

// A cell of the kernel that a correlation uses, and which input pixel it meets for output (0, 0).
struct Tap {
  int64_t row, column;
  int64_t cell;  // ky * kernel_w + kx
};

// Output (q, p) = sum over taps of input pixel (q * row_step + tap.row, p * column_step + tap.column) times
// the weights of tap.cell. It stands at (first_row + q * out_row_step, first_column + p * out_column_step) of
// its image.
struct Plan {
  int64_t rows, columns, row_step, column_step;
  int64_t first_row = 0, first_column = 0, out_row_step = 1, out_column_step = 1;
  std::vector<Tap> taps;  // by row, then by column, ascending
};

Plan forward_plan(const ConvShape& shape);
// Phases that no tap reaches are left out: there the gradient is zero.
std::vector<Plan> data_gradient_plans(const ConvShape& shape);

// Positions o in [0, count) for which o * step + shift lies in [0, extent): [begin, end).
struct Range {
  int64_t begin, end;
};
Range inside(int64_t count, int64_t step, int64_t shift, int64_t extent);

}  // namespace fovea::layers
