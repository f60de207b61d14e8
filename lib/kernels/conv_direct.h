// Convolution without im2col: a register-tiled product that reads its rows straight from the image.
//
// A *window* is what one output pixel sees of the input; a *run* is a stretch of consecutive elements of a
// window. In NHWC a window of a kh x kw kernel over C channels is kh runs of kw * C elements (or kh * kw runs
// of C, where dilation or groups break them up), so that no matrix need be built. Every correlation is
// expressible so, the data gradient too (layers/conv_shape.h). The weights are packed once into panels.
// May use: base, kernels/activation.h; the implementation, Highway.
#pragma once
#include <cstdint>
#include <span>

#include "kernels/activation.h"

namespace fovea::kernels {

struct Run {
  int64_t offset;  // elements from the first element of the window
  int64_t length;
  // correlate() only: whether the row's first (last) output does not see this run, because it lies outside
  // the image there.
  bool skips_first = false, skips_last = false;
};

// The runs that one row of outputs reads: those of kernel rows outside the image are left out.
struct RunRange {
  int64_t first, count;
};

// Packed weights: columns (outputs) are cut into panels of panel_width() columns, the last one as narrow
// as the vectors allow; a panel holds the bias, then `depth` rows, each of the panel's width. Widths depend
// on the CPU.
template <class T>
int64_t panel_width();
// Elements of one packed matrix.
template <class T>
int64_t packed_elements(int64_t depth, int64_t outputs);

// Packs element (r, c) = scale[c] * source[r * row_stride + c * column_stride], for r in [0, rows), into rows
// first_row ... of the matrix; a null scale is 1. Row 0 is the bias's (row_stride is 0; a null source packs
// zeros), so weights begin at row 1.
template <class T>
struct PackBlock {
  const T* source;
  int64_t row_stride, column_stride;
  const T* scale;
  int64_t first_row, rows;
  int64_t depth, outputs;
  T* packed;
};
void pack_panels(const PackBlock<float>& block);
void pack_panels(const PackBlock<double>& block);

// y[r][p][c] = bias[c] + sum over the runs of row r, over k: window(r, p)[k] * weights[k][c].
template <class T>
struct Correlation {
  const T* x;
  int64_t x_first;  // the window of output (0, 0) begins at x[x_first + r * x_row + p * x_pixel]; may lie
                    // outside of x when no run reads there
  int64_t x_row, x_pixel;
  std::span<const Run> runs;
  const RunRange* row_runs;  // one per row; null: every row reads all runs
  const T* packed;
  int64_t depth;  // of the packed matrix: the sum of all runs' lengths
  T* y;
  int64_t y_row, y_pixel;
  int64_t rows, pixels, outputs;
  bool accumulate;   // add to y
  Bounds<T> bounds;  // of y; NaN passes
};
void correlate(const Correlation<float>& task);
void correlate(const Correlation<double>& task);

}  // namespace fovea::kernels
