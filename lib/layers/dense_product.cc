#include "layers/dense_product.h"

#include "kernels/conv_direct.h"
#include "kernels/copy.h"
#include "kernels/prefetch.h"
#include "layers/conv_block.h"

namespace fovea::layers {
namespace {

using kernels::Correlation;
using kernels::Run;

// Rows of the kernel that are multiplied at a time, and terms that are summed before a block is left.
constexpr int64_t kRows = 28, kTerms = 256, kLongTerms = 1024;
// Rows of the kernel of a task, columns of one at most.
constexpr int64_t kTaskRows = 112, kMostColumns = 256, kEnoughTasks = 16;
// Added to the distance of rows, so that they do not fall into the same few lines of the first-level cache.
constexpr int64_t kGap = 16;

int64_t padded(int64_t n) {
  return blocks_of(n, 16) * 16 + kGap;
}

// Columns of a task: whole panels, few enough that there are tasks.
template <class T>
int64_t task_columns(int64_t units) {
  const int64_t width = kernels::panel_width<T>(), panels = blocks_of(units, width);
  return std::min(blocks_of(panels, kEnoughTasks) * width, std::max(kMostColumns, width));
}

// Rows of x times one packed matrix.
template <class T>
Correlation<T> product(const T* x, int64_t x_row, const Run& run, const T* packed, int64_t rows,
                       int64_t columns, T* y, int64_t y_row) {
  Correlation<T> c{};
  c.x = x;
  c.x_pixel = x_row;
  c.runs = {&run, 1};
  c.packed = packed;
  c.depth = run.length;
  c.y = y;
  c.y_pixel = y_row;
  c.rows = 1;
  c.pixels = rows;
  c.outputs = columns;
  c.bounds = kernels::bounds_of<T>(Activation::linear);
  return c;
}

// Packs `terms` rows of `columns` columns; element (r, c) is source[r * row + c * column].
template <class T>
void pack(const T* source, int64_t row, int64_t column, int64_t terms, int64_t columns, T* packed) {
  const T* zeros = nullptr;
  pack_panels(kernels::PackBlock<T>{zeros, 0, 1, nullptr, 0, 1, terms, columns, packed});
  pack_panels(kernels::PackBlock<T>{source, row, column, nullptr, 1, terms, terms, columns, packed});
}

template <class T>
int64_t matrix(int64_t terms, int64_t columns) {
  return blocks_of(kernels::packed_elements<T>(terms, columns), 16) * 16;
}

// Backward scratch: x transposed, dz in packed panels, and dz transposed in packed panels, in blocks of
// kLongTerms units.
template <class T>
struct Scratch {
  int64_t x, dz, turned;  // elements

  Scratch(const DenseProduct& d, int64_t batch)
      : x(d.in * padded(batch)),
        dz(matrix<T>(batch, d.units)),
        turned(blocks_of(d.units, kLongTerms) * matrix<T>(kLongTerms, batch)) {}
  size_t bytes() const { return aligned_bytes<T>(x) + aligned_bytes<T>(dz) + aligned_bytes<T>(turned); }
};

// One task of the data gradient: dx^T = kernel dz^T, some rows of it.
template <class T>
void multiply_rows(const DenseProduct& d, const BackwardPass<T>& p, const T* turned, int64_t first,
                   int64_t rows, T* memory) {
  const int64_t pitch = kLongTerms + kGap, line = padded(p.batch);
  T* sums = aligned_end(memory, kRows * pitch);
  for (int64_t unit = 0; unit < d.units; unit += kLongTerms) {
    const Run run{0, std::min(kLongTerms, d.units - unit)};
    const T* packed = turned + unit / kLongTerms * matrix<T>(kLongTerms, p.batch);
    for (int64_t r = 0; r < rows; r += kRows) {
      const int64_t count = std::min(kRows, rows - r);
      const T* from = p.params[0] + (first + r) * d.units + unit;
      kernels::copy_rows(count, run.length, from, d.units, false, memory, pitch);
      for (int64_t i = 0; i < std::min(kRows, rows - r - count); ++i)
        kernels::prefetch(from + (count + i) * d.units, run.length);
      auto c =
          product(static_cast<const T*>(memory), pitch, run, packed, count, p.batch, sums + r * line, line);
      c.accumulate = unit > 0;
      correlate(c);
    }
  }
  kernels::transpose(rows, p.batch, sums, line, p.accumulate[0], p.dx[0] + first, d.in);
}

// One task of the weight gradient: some rows of x^T dz.
template <class T>
void multiply_batch(const DenseProduct& d, const BackwardPass<T>& p, const T* x, const T* dz, int64_t first,
                    int64_t rows) {
  const Run run{0, p.batch};
  const int64_t columns = task_columns<T>(d.units);
  for (int64_t column = 0; column < d.units; column += columns)
    correlate(product(x + first * padded(p.batch), padded(p.batch), run, dz + column * (p.batch + 1), rows,
                      std::min(columns, d.units - column), p.dparams[0] + first * d.units + column, d.units));
}

}  // namespace

Demand DenseProduct::forward_demand(const DemandQuery& q) const {
  return with_float(q.dtype, [&](auto t) {
    using T = decltype(t);
    return Demand{0, 0, 0,
                  aligned_bytes<T>(matrix<T>(kTerms, task_columns<T>(units))) +
                      aligned_bytes<T>(q.batch * (kTerms + kGap))};
  });
}

Demand DenseProduct::backward_demand(const DemandQuery& q) const {
  return with_float(q.dtype, [&](auto t) {
    using T = decltype(t);
    return Demand{
        0, 0, Scratch<T>(*this, q.batch).bytes(),
        aligned_bytes<T>(kRows * (kLongTerms + kGap)) + aligned_bytes<T>(kTaskRows * padded(q.batch))};
  });
}

template <class T>
void DenseProduct::forward(const ForwardPass<T>& p, T* y) const {
  const int64_t columns = task_columns<T>(units), width = kernels::panel_width<T>(), pitch = kTerms + kGap;
  p.exec.parallel_for(blocks_of(units, columns), [&](int64_t task, int lane) {
    const int64_t column = task * columns, wide = std::min(columns, units - column);
    T* packed = lane_memory<T>(p, lane);
    T* x = aligned_end(packed, matrix<T>(kTerms, columns));
    for (int64_t term = 0; term < in; term += kTerms) {
      const Run run{0, std::min(kTerms, in - term)};
      const T* kernel = p.params[0] + term * units + column;
      pack(kernel, units, int64_t{1}, run.length, wide, packed);
      kernels::copy_rows(p.batch, run.length, p.x[0] + term, in, false, x, pitch);
      const int64_t next = std::min(kTerms, in - term - run.length), panels = blocks_of(wide, width);
      for (int64_t j = 0; j < panels; ++j) {
        for (int64_t r = j * next / panels; r < (j + 1) * next / panels; ++r)
          kernels::prefetch(kernel + (run.length + r) * units, wide);
        auto c = product(static_cast<const T*>(x), pitch, run,
                         static_cast<const T*>(packed) + j * width * (run.length + 1), p.batch,
                         std::min(width, wide - j * width), y + column + j * width, units);
        c.accumulate = term > 0;
        correlate(c);
      }
    }
  });
}

template <class T>
void DenseProduct::backward(const BackwardPass<T>& p) const {
  const Scratch<T> sizes(*this, p.batch);
  T* x = reinterpret_cast<T*>(p.scratch);
  T* dz = aligned_end(x, sizes.x);
  T* turned = aligned_end(dz, sizes.dz);
  const int64_t blocks = blocks_of(in, kTaskRows), long_blocks = blocks_of(units, kLongTerms);
  p.exec.parallel_for(blocks + long_blocks + 1, [&](int64_t task, int) {
    if (task < blocks) {
      const int64_t first = task * kTaskRows;
      if (p.dparams[0] != nullptr)
        kernels::transpose(p.batch, std::min(kTaskRows, in - first), p.x[0] + first, in, false,
                           x + first * padded(p.batch), padded(p.batch));
    } else if (task < blocks + long_blocks) {
      const int64_t block = task - blocks, unit = block * kLongTerms;
      if (p.dx[0] != nullptr)
        pack(static_cast<const T*>(p.dy) + unit, int64_t{1}, units, std::min(kLongTerms, units - unit),
             p.batch, turned + block * matrix<T>(kLongTerms, p.batch));
    } else if (p.dparams[0] != nullptr) {
      pack(static_cast<const T*>(p.dy), units, int64_t{1}, p.batch, units, dz);
    }
  });
  p.exec.parallel_for(blocks, [&](int64_t task, int lane) {
    const int64_t first = task * kTaskRows, rows = std::min(kTaskRows, in - first);
    if (p.dx[0] != nullptr) multiply_rows<T>(*this, p, turned, first, rows, lane_memory<T>(p, lane));
    if (p.dparams[0] != nullptr) multiply_batch<T>(*this, p, x, dz, first, rows);
  });
}

template void DenseProduct::forward(const ForwardPass<float>&, float*) const;
template void DenseProduct::forward(const ForwardPass<double>&, double*) const;
template void DenseProduct::backward(const BackwardPass<float>&) const;
template void DenseProduct::backward(const BackwardPass<double>&) const;

}  // namespace fovea::layers
