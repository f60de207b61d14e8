// Convolution with 3x3 or 5x5 kernels and unit strides by Winograd's F(4x4, 3x3) or F(4x4, 5x5)
// (kernels/conv_winograd.h): blocks of tiles are transformed into lane memory, multiplied there plane by
// plane, and transformed back.
#include "kernels/conv_winograd.h"

#include "kernels/conv_direct.h"
#include "kernels/conv_outer.h"
#include "kernels/epilogue.h"
#include "layers/conv_block.h"
#include "layers/conv_method.h"

namespace fovea::layers {
namespace {

using kernels::winograd_planes;
using kernels::WinogradGrid;
using kernels::WinogradTiles;

// Where there is work for them, at least this many tasks.
constexpr int64_t kEnoughTasks = 16;

template <class T>
constexpr int64_t kLine = static_cast<int64_t>(kAlignment / sizeof(T));

// Elements from plane to plane: a line more than its rows, so that the places that a transform writes do not
// fall into one set of the cache.
template <class T>
int64_t plane_elements(int64_t tiles, int64_t row) {
  return blocks_of(tiles * row, kLine<T>) * kLine<T> + kLine<T>;
}
template <class T>
int64_t planes_elements(int64_t kernel, int64_t tiles, int64_t row) {
  return winograd_planes(kernel) * plane_elements<T>(tiles, row);
}

// The tiles of an image of the given extents whose outputs are out_height x out_width.
WinogradGrid make_grid(int64_t kernel, int64_t height, int64_t width, int64_t channels, int64_t row,
                       int64_t column, int64_t out_height, int64_t out_width) {
  return {kernel,
          height,
          width,
          channels,
          row,
          column,
          blocks_of(out_height, kernels::kWinogradStep),
          blocks_of(out_width, kernels::kWinogradStep)};
}

// What a direction reads and writes.
template <class T>
struct WinogradPass {
  Executor& exec;
  int64_t batch;
  ImageSource<T> source;
  const T* packed;
  const T* bias;
  T* out;
  bool accumulate;
  Activation activation;
  std::byte* lane_scratch;
  size_t lane_stride;
};

// The forward pass, or the data gradient, which is the same with the kernel turned around.
class WinogradDirection {
 public:
  WinogradDirection(const ConvShape& s, bool forward) : kernel_(s.kernel_h) {
    const int64_t cell = s.channels * s.filters;
    const auto in = [&](int64_t row, int64_t column) {
      return forward
                 ? make_grid(kernel_, s.height, s.width, s.channels, row, column, s.out_height, s.out_width)
                 : make_grid(kernel_, s.out_height, s.out_width, s.filters, row, column, s.height, s.width);
    };
    if (forward) {
      in_ = in(-s.pad_top, -s.pad_left);
      out_ = make_grid(kernel_, s.out_height, s.out_width, s.filters, 0, 0, s.out_height, s.out_width);
      layout_ = {0, cell, s.filters, 1};
    } else {
      in_ = in(s.pad_top - (kernel_ - 1), s.pad_left - (kernel_ - 1));
      out_ = make_grid(kernel_, s.height, s.width, s.channels, 0, 0, s.height, s.width);
      layout_ = {(kernel_ * kernel_ - 1) * cell, -cell, 1, s.filters};
    }
  }

  template <class T>
  int64_t packed_elements() const {
    return winograd_planes(kernel_) * matrix<T>();
  }
  template <class T>
  size_t lane_bytes(int64_t batch) const {
    const int64_t tiles = std::min(most_tiles<T>(), batch * in_.tiles());
    return aligned_bytes<T>(planes_elements<T>(kernel_, tiles, copied_pixel(in_.channels))) +
           aligned_bytes<T>(planes_elements<T>(kernel_, tiles, copied_pixel(out_.channels)));
  }

  template <class T>
  void pack(Executor& exec, const T* kernel, const T* scale, T* packed) const {
    constexpr int64_t kRows = 16;
    exec.parallel_for(blocks_of(in_.channels, kRows), [&](int64_t task, int) {
      const int64_t first = task * kRows;
      kernels::winograd_weights(kernels::WinogradWeights<T>{
          kernel_, kernel + layout_.first, layout_.cell, layout_.row, layout_.column, scale, first,
          std::min(kRows, in_.channels - first), in_.channels, out_.channels, packed, matrix<T>()});
    });
  }

  template <class T>
  void run(const WinogradPass<T>& p) const {
    const Cut cut = cut_work<T>(p.batch);
    p.exec.parallel_for(cut.blocks * cut.column_blocks, [&](int64_t task, int lane) {
      const int64_t block = task / cut.column_blocks, column = task % cut.column_blocks * cut.columns;
      const int64_t first = block * cut.total / cut.blocks;
      run_block(p, first, (block + 1) * cut.total / cut.blocks - first, column,
                std::min(cut.columns, out_.channels - column), lane_memory<T>(p, lane));
    });
  }

 private:
  struct Cut {
    int64_t total, blocks;  // of tiles
    int64_t columns, column_blocks;
  };
  // Element (cell, r, c) of the matrix of weights stands at first + cell * `cell` + r * row + c * column.
  struct Layout {
    int64_t first, cell, row, column;
  };

  template <class T>
  int64_t matrix() const {
    const int64_t elements = kernels::packed_elements<T>(in_.channels, out_.channels);
    return blocks_of(elements, kLine<T>) * kLine<T> + kLine<T>;
  }
  // Tiles of a block: their planes should stay in the second-level cache beside the weights; but enough tiles
  // to be worth reading all weights, the more so where those come from further away.
  template <class T>
  int64_t most_tiles() const {
    constexpr int64_t kPlaneBytes = 256 << 10, kFewest = 28, kMost = 112;
    constexpr int64_t kFarWeights = 4 << 20, kFewestFar = 56;
    const int64_t each = (in_.channels + out_.channels) * static_cast<int64_t>(sizeof(T));
    const int64_t weights = packed_elements<T>() * static_cast<int64_t>(sizeof(T));
    return std::clamp(kPlaneBytes / (winograd_planes(kernel_) * each),
                      weights > kFarWeights ? kFewestFar : kFewest, kMost);
  }
  template <class T>
  Cut cut_work(int64_t batch) const {
    Cut cut{batch * in_.tiles(), 0, out_.channels, 1};
    cut.blocks = blocks_of(cut.total, most_tiles<T>());
    if (cut.blocks < kEnoughTasks) {
      const int64_t width = kernels::panel_width<T>(), panels = blocks_of(out_.channels, width);
      cut.columns = blocks_of(panels, std::min(panels, blocks_of(kEnoughTasks, cut.blocks))) * width;
      cut.column_blocks = blocks_of(out_.channels, cut.columns);
    }
    return cut;
  }

  template <class T>
  void run_block(const WinogradPass<T>& p, int64_t first, int64_t count, int64_t column, int64_t columns,
                 T* memory) const {
    const int64_t depth = in_.channels, in_row = copied_pixel(depth), out_row = copied_pixel(columns);
    const WinogradTiles in{in_, first, count, 0, depth, plane_elements<T>(count, in_row), in_row};
    const WinogradTiles out{out_, first, count, column, columns, plane_elements<T>(count, out_row), out_row};
    T* x = memory;
    T* m = aligned_end(x, winograd_planes(kernel_) * in.plane);
    winograd_input(kernels::WinogradRead<T>{in, p.source.data, p.source.activation, p.source.y, x});
    const kernels::Run run{0, depth};
    kernels::Correlation<T> product{};
    product.x_pixel = in_row;
    product.runs = {&run, 1};
    product.depth = depth;
    product.y_pixel = out_row;
    product.rows = 1;
    product.pixels = count;
    product.outputs = columns;
    for (int64_t plane = 0; plane < winograd_planes(kernel_); ++plane) {
      product.x = x + plane * in.plane;
      product.packed = p.packed + plane * matrix<T>() + column * (depth + 1);
      product.y = m + plane * out.plane;
      correlate(product);
    }
    winograd_output(
        kernels::WinogradWrite<T>{out, m, p.bias, p.out, p.accumulate, kernels::bounds_of<T>(p.activation)});
    if (!kernels::is_clamp(p.activation)) activate(p, out);
  }

  // The activations that winograd_output() does not do.
  template <class T>
  void activate(const WinogradPass<T>& p, const WinogradTiles& t) const {
    constexpr int64_t kStep = kernels::kWinogradStep;
    const WinogradGrid& g = t.grid;
    const T* none = nullptr;
    for (int64_t i = t.first; i < t.first + t.count; ++i) {
      const int64_t image = i / g.tiles(), row = i % g.tiles() / g.tile_columns * kStep,
                    column = i % g.tile_columns * kStep;
      for (int64_t r = row; r < std::min(row + kStep, g.height); ++r) {
        kernels::finish_rows(
            p.activation, std::min(kStep, g.width - column), t.channels, g.channels, none, none,
            p.out + ((image * g.height + r) * g.width + column) * g.channels + t.first_channel);
      }
    }
  }

  int64_t kernel_;
  WinogradGrid in_{}, out_{};
  Layout layout_{};
};

class WinogradMethod final : public TypedConvMethod<WinogradMethod> {
 public:
  explicit WinogradMethod(const ConvSpec& spec)
      : spec_(spec), forward_(spec.shape, true), data_(spec.shape, false) {
    const ConvShape& s = spec.shape;
    x_ = make_grid(s.kernel_h, s.height, s.width, s.channels, -s.pad_top, -s.pad_left, s.out_height,
                   s.out_width);
    dz_ = make_grid(s.kernel_h, s.out_height, s.out_width, s.filters, 0, 0, s.out_height, s.out_width);
  }

  // Packed: the weights, then the bias.
  Demand forward_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) {
      using T = decltype(t);
      return Demand{aligned_bytes<T>(forward_.packed_elements<T>() + spec_.shape.filters), 0, 0,
                    forward_.lane_bytes<T>(q.batch)};
    });
  }
  Demand data_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) {
      using T = decltype(t);
      return Demand{0, 0,
                    aligned_bytes<T>(data_.packed_elements<T>()) + aligned_bytes<T>(dz_elements(q.batch)),
                    data_.lane_bytes<T>(q.batch)};
    });
  }
  Demand weights_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) { return weights_memory<decltype(t)>(q.batch); });
  }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    T* packed = reinterpret_cast<T*>(p.packed);
    T* bias = packed + forward_.packed_elements<T>();
    for (int64_t c = 0; c < spec_.shape.filters; ++c) {
      const T scale = p.fold.scale ? p.fold.scale[c] : T{1};
      bias[c] = (spec_.use_bias ? p.params[1][c] * scale : T{0}) + (p.fold.shift ? p.fold.shift[c] : T{0});
    }
    forward_.pack(p.exec, p.params[0], p.fold.scale, packed);
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    const T* packed = reinterpret_cast<const T*>(p.packed);
    forward_.run(WinogradPass<T>{p.exec,
                                 p.batch,
                                 {p.x[0], s.height, s.width, s.channels},
                                 packed,
                                 packed + forward_.packed_elements<T>(),
                                 p.y,
                                 false,
                                 spec_.activation,
                                 p.lane_scratch,
                                 p.lane_stride});
  }

  template <class T>
  void run_data(const BackwardPass<T>& p) const {
    T* packed = reinterpret_cast<T*>(p.scratch);
    const T* none = nullptr;
    data_.pack(p.exec, p.params[0], none, packed);
    const ImageSource<T> dz = dz_source(p, aligned_end(packed, data_.packed_elements<T>()));
    data_.run(WinogradPass<T>{p.exec, p.batch, dz, packed, none, p.dx[0], p.accumulate[0], Activation::linear,
                              p.lane_scratch, p.lane_stride});
  }

  template <class T>
  void run_weights(const BackwardPass<T>& p) const;

 private:
  // How the weight gradient is cut: channels, filters, and the batch's tiles in parts; and the tiles that a
  // task transforms at a time.
  struct WeightsCut {
    int64_t channels, channel_cuts, filters, filter_cuts;
    Parts parts;
    int64_t tiles;
  };
  template <class T>
  WeightsCut cut_weights(int64_t batch) const;
  template <class T>
  Demand weights_memory(int64_t batch) const;
  // Elements of one part: kernel, then bias.
  int64_t part_elements() const { return spec_.shape.kernel_elements() + spec_.shape.filters; }

  // The kernels make dz of dy and y on the way where the activation is a clamp; else it is made for the whole
  // batch.
  int64_t dz_elements(int64_t batch) const {
    return kernels::is_clamp(spec_.activation) ? 0 : batch * spec_.shape.output_elements();
  }
  template <class T>
  ImageSource<T> dz_source(const BackwardPass<T>& p, T* copy) const {
    const ConvShape& s = spec_.shape;
    const ImageSource<T> source{p.dy, s.out_height, s.out_width, s.filters, spec_.activation, p.y};
    const int64_t n = dz_elements(p.batch), step = kernels::kElementsPerTask;
    if (n == 0) return source;
    p.exec.parallel_for(blocks_of(n, step), [&](int64_t task, int) {
      read_elements(source, task * step, std::min(step, n - task * step), copy + task * step);
    });
    return {copy, s.out_height, s.out_width, s.filters};
  }

  template <class T>
  struct WeightsTask;

  ConvSpec spec_;
  WinogradDirection forward_, data_;
  WinogradGrid x_{}, dz_{};  // as the weight gradient reads them
};

// One task of the weight gradient: a part of the tiles, some channels and some filters.
template <class T>
struct WinogradMethod::WeightsTask {
  const WinogradMethod& method;
  const T* images;
  const ImageSource<T>& gradient;
  int64_t channel, channels, filter, filters;
  T* x;  // lane memory
  T* dz;
  T* sums;
  T* dkernel;  // null: not wanted
  T* dbias;

  void run(int64_t begin, int64_t end, int64_t step) const {
    const int64_t kernel = method.spec_.shape.kernel_h;
    const int64_t row = copied_pixel(filters), plane = plane_elements<T>(channels, row);
    std::fill_n(sums, winograd_planes(kernel) * plane, T{0});
    if (dbias != nullptr) std::fill_n(dbias, filters, T{0});
    for (int64_t first = begin; first < end; first += step)
      add_tiles(first, std::min(step, end - first), plane, row);
    if (dkernel == nullptr) return;
    const ConvShape& s = method.spec_.shape;
    winograd_kernel_gradient(kernels::WinogradSums<T>{kernel, sums, plane, row, channels, filters, dkernel,
                                                      s.channels * s.filters, s.filters});
  }

  void add_tiles(int64_t first, int64_t count, int64_t sums_plane, int64_t sums_row) const {
    const int64_t x_row = copied_pixel(channels), dz_row = copied_pixel(filters);
    const WinogradTiles of_x{method.x_, first, count, channel, channels, plane_elements<T>(count, x_row),
                             x_row};
    const WinogradTiles of_dz{method.dz_, first, count, filter, filters, plane_elements<T>(count, dz_row),
                              dz_row};
    winograd_gradient(
        kernels::WinogradRead<T>{of_dz, gradient.data, gradient.activation, gradient.y, dz, dbias});
    if (dkernel == nullptr) return;
    winograd_input(kernels::WinogradRead<T>{of_x, images, Activation::linear, nullptr, x});
    const kernels::Run run{0, channels};
    kernels::OuterProduct<T> product{};
    product.x_pixel = x_row;
    product.runs = {&run, 1};
    product.dz_pixel = dz_row;
    product.images = product.rows = 1;
    product.pixels = count;
    product.outputs = filters;
    product.dw_row = sums_row;
    for (int64_t p = 0; p < winograd_planes(method.spec_.shape.kernel_h); ++p) {
      product.x = x + p * of_x.plane;
      product.dz = dz + p * of_dz.plane;
      product.dw = sums + p * sums_plane;
      outer_product(product);
    }
  }
};

template <class T>
WinogradMethod::WeightsCut WinogradMethod::cut_weights(int64_t batch) const {
  // The sums of a task pass through the second-level cache once for each block of tiles.
  constexpr int64_t kMostChannels = 64, kMostFilters = 64, kTiles = 96;
  const ConvShape& s = spec_.shape;
  WeightsCut cut{};
  cut.channels = blocks_of(s.channels, blocks_of(s.channels, kMostChannels));
  cut.channel_cuts = blocks_of(s.channels, cut.channels);
  const int64_t width = kernels::panel_width<T>(), panels = blocks_of(s.filters, width);
  cut.filters =
      s.filters <= kMostFilters ? s.filters : blocks_of(panels, blocks_of(s.filters, kMostFilters)) * width;
  cut.filter_cuts = blocks_of(s.filters, cut.filters);
  const int64_t tiles = batch * x_.tiles();
  const Parts most = make_parts(tiles, part_elements() * static_cast<int64_t>(sizeof(T)));
  cut.parts = {std::min(most.count, blocks_of(kEnoughTasks, cut.channel_cuts * cut.filter_cuts))};
  cut.tiles = std::min(kTiles, blocks_of(tiles, cut.parts.count));
  return cut;
}

template <class T>
Demand WinogradMethod::weights_memory(int64_t batch) const {
  const WeightsCut cut = cut_weights<T>(batch);
  const int64_t kernel = spec_.shape.kernel_h;
  const int64_t x = planes_elements<T>(kernel, cut.tiles, copied_pixel(cut.channels));
  const int64_t dz = planes_elements<T>(kernel, cut.tiles, copied_pixel(cut.filters));
  const int64_t sums = planes_elements<T>(kernel, cut.channels, copied_pixel(cut.filters));
  return Demand{
      0, 0, aligned_bytes<T>((cut.parts.count - 1) * part_elements()) + aligned_bytes<T>(dz_elements(batch)),
      aligned_bytes<T>(x) + aligned_bytes<T>(dz) + aligned_bytes<T>(sums)};
}

template <class T>
void WinogradMethod::run_weights(const BackwardPass<T>& p) const {
  const ConvShape& s = spec_.shape;
  const WeightsCut cut = cut_weights<T>(p.batch);
  T* dkernel = p.dparams[0];
  T* dbias = spec_.use_bias ? p.dparams[1] : nullptr;
  T* parts = reinterpret_cast<T*>(p.scratch);
  const ImageSource<T> gradient = dz_source(p, aligned_end(parts, (cut.parts.count - 1) * part_elements()));
  const int64_t tiles = p.batch * x_.tiles(), cuts = cut.channel_cuts * cut.filter_cuts;
  p.exec.parallel_for(cut.parts.count * cuts, [&](int64_t task, int lane) {
    const int64_t part = task / cuts, channel = task % cuts / cut.filter_cuts * cut.channels;
    const int64_t filter = task % cut.filter_cuts * cut.filters;
    T* kernel_sum = part == 0 ? dkernel : parts + (part - 1) * part_elements();
    T* bias_sum = part == 0 ? dbias : parts + (part - 1) * part_elements() + s.kernel_elements();
    if (dkernel == nullptr && channel > 0) return;
    T* x = lane_memory<T>(p, lane);
    T* dz = aligned_end(x, planes_elements<T>(s.kernel_h, cut.tiles, copied_pixel(cut.channels)));
    const WeightsTask<T> weights{
        *this,
        p.x[0],
        gradient,
        channel,
        std::min(cut.channels, s.channels - channel),
        filter,
        std::min(cut.filters, s.filters - filter),
        x,
        dz,
        aligned_end(dz, planes_elements<T>(s.kernel_h, cut.tiles, copied_pixel(cut.filters))),
        dkernel ? kernel_sum + channel * s.filters + filter : nullptr,
        dbias && channel == 0 ? bias_sum + filter : nullptr};
    weights.run(cut.parts.first(part, tiles), cut.parts.first(part + 1, tiles), cut.tiles);
  });
  if (dkernel) add_parts(p.exec, cut.parts.count - 1, s.kernel_elements(), parts, part_elements(), dkernel);
  if (dbias)
    add_parts(p.exec, cut.parts.count - 1, s.filters, parts + s.kernel_elements(), part_elements(), dbias);
}

}  // namespace

std::unique_ptr<const ConvMethod> make_winograd_method(const ConvSpec& spec) {
  return std::make_unique<WinogradMethod>(spec);
}

}  // namespace fovea::layers
