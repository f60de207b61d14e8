// Runs the plans of a convolution's direction (conv_shape.h) over a batch: cuts the work into tasks, gives
// each the image rows that it reads (padded with zeros in lane memory where windows reach over the left or
// right edge) and the runs of every output row. What happens to them is the method's. May use:
// layers/conv_block.h, layers/conv_shape.h.
#pragma once
#include <span>
#include <vector>

#include "kernels/conv_direct.h"
#include "layers/conv_block.h"
#include "layers/conv_shape.h"

namespace fovea::layers {

// A tensor of images: what a correlation reads or writes.
struct ImageExtents {
  int64_t height, width, channels;
  int64_t elements() const { return height * width * channels; }
};

// What a direction reads and writes.
template <class T>
struct DirectionPass {
  Executor& exec;
  int64_t batch;
  ImageSource<T> source;
  const T* packed;  // the weights, as the method packs them
  T* out;
  bool accumulate;
  Activation activation;
  std::byte* lane_scratch;
  size_t lane_stride;
};

class Correlator {
 public:
  // A plan with the memory that its taps read: windows are counted from the pixel that output (q, p) stands
  // on.
  struct Step {
    Plan plan;
    std::vector<kernels::Run> runs;
    std::vector<kernels::RunRange> row_runs;  // of every output row: the runs inside the image
    int64_t depth;                            // elements of all runs
  };
  // A part of a step: some rows of one image, some columns (output channels). All as in kernels::Correlation.
  template <class T>
  struct Piece {
    size_t step;
    const T* x;
    int64_t x_first, x_row, x_pixel;
    T* y;  // at the first of `rows` rows, channel 0
    int64_t y_row, y_pixel;
    int64_t first_row, rows, pixels;
    int64_t first_column, columns;  // output channels
  };

  Correlator() = default;
  // `groups` as in a convolution. `must_copy`: the source computes what it gives, so rows are always copied.
  Correlator(std::vector<Plan> plans, ImageExtents in, ImageExtents out, int64_t groups, bool must_copy,
             int64_t multiply_adds);

  const std::vector<Step>& steps() const { return steps_; }
  size_t lane_bytes(size_t element_size) const;

  // Calls piece(Piece) for every part of every step and image, each output once; what no step writes becomes
  // zero (unless piece() adds). Output channels are cut into multiples of column_step where there is little
  // else to cut; 0: they are not.
  template <class T, class F>
  void run(const DirectionPass<T>& p, int64_t column_step, F&& piece) const {
    const bool fill = !covers_ && !p.accumulate;
    const Cut cut = cut_work(p.batch, fill ? 0 : column_step);
    p.exec.parallel_for(cut.image_blocks * cut.row_blocks * cut.column_blocks, [&](int64_t task, int lane) {
      const int64_t first_column = task % cut.column_blocks * cut.columns;
      const int64_t row = task / cut.column_blocks % cut.row_blocks * cut.rows;
      const int64_t image = task / cut.column_blocks / cut.row_blocks * cut.images;
      const int64_t rows = std::min(cut.rows, grid_rows_ - row);
      const int64_t columns = std::min(cut.columns, out_.channels - first_column);
      for (int64_t i = image; i < std::min(image + cut.images, p.batch); ++i) {
        if (fill) fill_rows(row, rows, p.out + i * out_.elements());
        run_block(p, i, row, rows, first_column, columns, lane_memory<T>(p, lane), piece);
      }
    });
  }

 private:
  struct Cut {
    int64_t images, image_blocks, rows, row_blocks, columns, column_blocks;
  };
  Cut cut_work(int64_t batch, int64_t column_step) const;
  void find_runs(Step& step) const;

  template <class T, class F>
  void run_block(const DirectionPass<T>& p, int64_t image, int64_t first_row, int64_t block_rows,
                 int64_t first_column, int64_t columns, T* copy, F& piece) const {
    const T* x = p.source.image(image);
    int64_t origin = 0;  // where pixel (0, 0) of the image would stand in x
    if (copies_) {
      const Rectangle r = rows_read(first_row, first_row + block_rows);
      copy_rectangle(p.source, image, r, pixel_, copy);
      x = copy;
      origin = -(r.row * pitch_ + r.column * pixel_);
    }
    for (size_t s = 0; s < steps_.size(); ++s) {
      const Plan& plan = steps_[s].plan;
      const int64_t rows = std::min(block_rows, plan.rows - first_row);
      if (rows <= 0) continue;
      const int64_t y_row = plan.first_row + first_row * plan.out_row_step;
      T* y = p.out + image * out_.elements() + (y_row * out_.width + plan.first_column) * out_.channels;
      piece(Piece<T>{s, x, origin + first_row * plan.row_step * pitch_, plan.row_step * pitch_,
                     plan.column_step * pixel_, y, plan.out_row_step * out_.width * out_.channels,
                     plan.out_column_step * out_.channels, first_row, rows, plan.columns, first_column,
                     columns});
    }
  }
  // Zeros in the output rows of a block.
  template <class T>
  void fill_rows(int64_t first_row, int64_t rows, T* image) const {
    const int64_t begin = first_row * out_row_step_;
    const int64_t end = std::min((first_row + rows) * out_row_step_, out_.height);
    const int64_t line = out_.width * out_.channels;
    std::memset(image + begin * line, 0, static_cast<size_t>((end - begin) * line) * sizeof(T));
  }
  // Of the input, for rows [row, row_end) of every step; rows outside the image are left out.
  Rectangle rows_read(int64_t row, int64_t row_end) const;

  std::vector<Step> steps_;
  ImageExtents in_{}, out_{};
  int64_t groups_ = 1, multiply_adds_ = 0;
  bool skips_ = false;  // windows reach over an edge by a pixel at most, which runs leave out
  bool copies_ = false;
  bool covers_ = false;                     // whether the steps write every output
  int64_t pixel_ = 0, pitch_ = 0;           // distances of the input's pixels and rows, as tasks see it
  int64_t first_column_ = 0, columns_ = 0;  // of the copied rectangle
  int64_t top_ = 0, bottom_ = 0;            // rows read above and below the row that an output stands on
  int64_t row_step_ = 1, out_row_step_ = 1;
  int64_t grid_rows_ = 0;  // rows that a step can have at most
  int64_t rows_ = 0;       // of a task, at most
};

}  // namespace fovea::layers
