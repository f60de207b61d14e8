#include "layers/conv_correlator.h"

namespace fovea::layers {
namespace {

// Images with fewer multiply-adds (some 10 microseconds) share a task, so that a task is long beside its
// cost; those with more than the second number are cut into rows.
constexpr int64_t kTaskWork = int64_t{1} << 19, kImageWork = int64_t{1} << 22;
// Fewer rows than this to a task would copy the rows around them too often.
constexpr int64_t kFewestRows = 4;
// A task's copied rows should stay in the second-level cache beside the weights.
constexpr int64_t kCopiedBytes = 256 << 10;
// A run of fewer elements than this is not worth ending early at the image's edge.
constexpr int64_t kSkippedDepth = 16;
// Where there is work for them, at least this many tasks: rows and output channels are cut until there are.
constexpr int64_t kEnoughTasks = 16;

}  // namespace

Correlator::Correlator(std::vector<Plan> plans, ImageExtents in, ImageExtents out, int64_t groups,
                       bool must_copy, int64_t multiply_adds)
    : in_(in), out_(out), groups_(groups), multiply_adds_(multiply_adds) {
  int64_t first = 0, end = in.width, written = 0;
  skips_ = in.channels / groups >= kSkippedDepth;
  for (const Plan& plan : plans) {
    row_step_ = plan.row_step;
    out_row_step_ = plan.out_row_step;
    written += plan.rows * plan.columns;
    for (const Tap& tap : plan.taps) {
      first = std::min(first, tap.column);
      end = std::max(end, (plan.columns - 1) * plan.column_step + tap.column + 1);
      top_ = std::min(top_, tap.row);
      bottom_ = std::max(bottom_, tap.row);
      const Range seen = inside(plan.columns, plan.column_step, tap.column, in.width);
      const int64_t before = seen.begin, after = plan.columns - seen.end;
      skips_ = skips_ && before + after <= 1;
    }
  }
  grid_rows_ = blocks_of(out.height, out_row_step_);
  covers_ = written == out.height * out.width;
  if (skips_) first = 0, end = in.width;
  copies_ = must_copy || first < 0 || end > in.width;
  first_column_ = first;
  columns_ = end - first;
  pixel_ = copies_ ? copied_pixel(in.channels) : in.channels;
  pitch_ = (copies_ ? columns_ : in.width) * pixel_;
  for (Plan& plan : plans) {
    steps_.push_back({std::move(plan), {}, {}, 0});
    find_runs(steps_.back());
  }

  const int64_t row_work = std::max<int64_t>(multiply_adds / grid_rows_, 1);
  const int64_t row_bytes = row_step_ * pitch_ * static_cast<int64_t>(sizeof(float));
  const int64_t wanted =
      std::clamp(std::min(std::max(kImageWork / row_work, kFewestRows), kCopiedBytes / row_bytes), int64_t{1},
                 grid_rows_);
  rows_ = blocks_of(grid_rows_, blocks_of(grid_rows_, wanted));
}

void Correlator::find_runs(Step& step) const {
  const int64_t depth = in_.channels / groups_;
  std::vector<int64_t> rows;  // the tap row of every run
  for (const Tap& tap : step.plan.taps) {
    const int64_t offset = tap.row * pitch_ + tap.column * pixel_;
    const Range seen = inside(step.plan.columns, step.plan.column_step, tap.column, in_.width);
    if (skips_) {
      step.runs.push_back({offset, depth, seen.begin > 0, seen.end < step.plan.columns});
      rows.push_back(tap.row);
    } else if (depth == pixel_ && !rows.empty() && rows.back() == tap.row &&
               step.runs.back().offset + step.runs.back().length == offset) {
      step.runs.back().length += depth;
    } else {
      step.runs.push_back({offset, depth});
      rows.push_back(tap.row);
    }
    step.depth += depth;
  }
  for (int64_t q = 0; q < step.plan.rows; ++q) {
    kernels::RunRange range{0, 0};
    for (size_t i = 0; i < rows.size(); ++i) {
      const int64_t row = q * step.plan.row_step + rows[i];
      if (row < 0)
        range.first = static_cast<int64_t>(i) + 1;
      else if (row < in_.height)
        ++range.count;
    }
    step.row_runs.push_back(range);
  }
}

Rectangle Correlator::rows_read(int64_t row, int64_t row_end) const {
  const int64_t begin = std::clamp<int64_t>(row * row_step_ + top_, 0, in_.height);
  const int64_t end = std::clamp<int64_t>((row_end - 1) * row_step_ + bottom_ + 1, begin, in_.height);
  return {begin, end, first_column_, first_column_ + columns_};
}

size_t Correlator::lane_bytes(size_t element_size) const {
  if (!copies_) return 0;
  const int64_t rows = std::min((rows_ - 1) * row_step_ + bottom_ - top_ + 1, in_.height);
  return align_up(static_cast<size_t>(rows * pitch_) * element_size);
}

Correlator::Cut Correlator::cut_work(int64_t batch, int64_t column_step) const {
  Cut cut{1, batch, rows_, blocks_of(grid_rows_, rows_), out_.channels, 1};
  const int64_t wanted = std::clamp(multiply_adds_ * batch / kTaskWork, int64_t{1}, kEnoughTasks);
  if (batch * cut.row_blocks < wanted) {
    cut.rows = std::clamp(grid_rows_ * batch / wanted, std::min(kFewestRows, rows_), rows_);
    cut.row_blocks = blocks_of(grid_rows_, cut.rows);
  } else if (cut.row_blocks == 1) {
    cut.images = std::clamp<int64_t>(kTaskWork / std::max<int64_t>(multiply_adds_, 1), 1, batch);
    cut.image_blocks = blocks_of(batch, cut.images);
  }
  const int64_t tasks = cut.image_blocks * cut.row_blocks;
  if (column_step > 0 && tasks < wanted) {
    const int64_t steps = blocks_of(out_.channels, column_step);
    cut.columns = blocks_of(steps, std::min(steps, blocks_of(wanted, tasks))) * column_step;
    cut.column_blocks = blocks_of(out_.channels, cut.columns);
  }
  return cut;
}

}  // namespace fovea::layers
