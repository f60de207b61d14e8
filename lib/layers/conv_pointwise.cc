// The direct method for a 1x1 kernel with unit strides and one group: the images are one matrix of pixels,
// which is multiplied by packed weights (kernels/conv_direct.h) block by block, and the weight gradient a sum
// of outer products (kernels/conv_outer.h) over blocks that are laid out in the order they are read in.
//
// Such a convolution does few multiplications for each value, so that memory costs as much as arithmetic
// where the one waits for the other: each block fetches the next one into the second-level cache while it
// computes.
#include "kernels/conv_direct.h"
#include "kernels/conv_outer.h"
#include "kernels/copy.h"
#include "kernels/epilogue.h"
#include "kernels/prefetch.h"
#include "layers/conv_block.h"
#include "layers/conv_method.h"

namespace fovea::layers {
namespace {

// Where there is work for them, at least this many tasks; and no more than there are blocks or this many.
constexpr int64_t kEnoughTasks = 16, kMostTasks = 64;

// Whether pixels so many elements apart are read as they stand. Multiples of 4 KB would all fall into the
// same few lines of the first-level cache.
bool is_near(int64_t pixel) {
  return pixel % 1024 != 0;
}

// Pixels of a matrix and some columns of them, fetched ahead in equal shares.
template <class T>
struct Ahead {
  const T* data;
  int64_t rows, columns, row;
  int64_t next = 0;

  void fetch(int64_t count) {
    for (const int64_t end = std::min(rows, next + count); next < end; ++next)
      kernels::prefetch(data + next * row, columns);
  }
};

// What a direction reads and writes.
template <class T>
struct PointwisePass {
  Executor& exec;
  int64_t pixels;  // of the batch
  ImageSource<T> source;
  const T* packed;
  T* out;
  bool accumulate;
  Activation activation;
  std::byte* lane_scratch;
  size_t lane_stride;
};

// The forward pass, or the data gradient: `depth` channels of each pixel become `outputs`.
class PointwiseDirection {
 public:
  // Element (r, c) of the weights stands at r * row + c * column.
  PointwiseDirection(int64_t depth, int64_t outputs, int64_t row, int64_t column, bool computes)
      : depth_(depth), outputs_(outputs), row_(row), column_(column), copies_(computes || !is_near(depth)) {}

  template <class T>
  int64_t packed_elements() const {
    return kernels::packed_elements<T>(depth_, outputs_);
  }
  template <class T>
  size_t lane_bytes() const {
    return copies_ ? aligned_bytes<T>(block_pixels<T>() * copied_pixel(depth_)) : 0;
  }

  template <class T>
  void pack(Executor& exec, const T* kernel, const T* bias, const T* scale, T* packed) const {
    constexpr int64_t kRows = 64;
    exec.parallel_for(blocks_of(depth_, kRows), [&](int64_t task, int) {
      const int64_t first = task * kRows;
      if (first == 0) pack_panels(kernels::PackBlock<T>{bias, 0, 1, nullptr, 0, 1, depth_, outputs_, packed});
      pack_panels(kernels::PackBlock<T>{kernel + first * row_, row_, column_, scale, 1 + first,
                                        std::min(kRows, depth_ - first), depth_, outputs_, packed});
    });
  }

  template <class T>
  void run(const PointwisePass<T>& p) const {
    const int64_t size = block_pixels<T>(), blocks = blocks_of(p.pixels, size);
    const int64_t tasks = std::min(blocks, kMostTasks);
    const int64_t width = kernels::panel_width<T>(), panels = blocks_of(outputs_, width);
    const int64_t columns = blocks_of(panels, std::min(panels, blocks_of(kEnoughTasks, tasks))) * width;
    const int64_t cuts = blocks_of(outputs_, columns);
    p.exec.parallel_for(tasks * cuts, [&](int64_t task, int lane) {
      const int64_t column = task % cuts * columns, part = task / cuts;
      for (int64_t block = part * blocks / tasks; block < (part + 1) * blocks / tasks; ++block)
        run_block(p, block * size, std::min(size, p.pixels - block * size), column,
                  std::min(columns, outputs_ - column), lane_memory<T>(p, lane));
    });
  }

 private:
  // Pixels of a block, which stays in the second-level cache beside the next one and a panel of weights; but
  // enough to be worth reading all weights. Whole tiles of the micro-kernel, the largest of which has 14.
  template <class T>
  int64_t block_pixels() const {
    constexpr int64_t kBytes = 192 << 10, kTile = 14, kFewestTiles = 3, kMostTiles = 32;
    const int64_t tile = kTile * depth_ * static_cast<int64_t>(sizeof(T));
    return std::clamp(kBytes / tile, kFewestTiles, kMostTiles) * kTile;
  }

  template <class T>
  void run_block(const PointwisePass<T>& p, int64_t first, int64_t pixels, int64_t column, int64_t columns,
                 T* memory) const {
    // So many pixels at a time that calls and fetches are little beside the products.
    constexpr int64_t kTile = 14, kWork = 4096;
    const int64_t step = blocks_of(kWork, kTile * depth_) * kTile, width = kernels::panel_width<T>();
    const int64_t steps = blocks_of(pixels, step) * blocks_of(columns, width);
    const int64_t next = std::clamp<int64_t>(p.pixels - first - pixels, 0, pixels);
    Ahead<T> ahead{p.source.data + (first + pixels) * depth_, next, depth_, depth_};
    Ahead<T> ahead_y{p.source.y + (first + pixels) * depth_, p.source.y ? next : 0, depth_, depth_};
    const kernels::Run run{0, depth_};
    kernels::Correlation<T> c{};
    c.x = copies_ ? memory : p.source.data + first * depth_;
    c.x_pixel = copies_ ? copied_pixel(depth_) : depth_;
    c.runs = {&run, 1};
    c.depth = depth_;
    c.y_pixel = outputs_;
    c.rows = 1;
    c.accumulate = p.accumulate;
    c.bounds = kernels::bounds_of<T>(p.activation);
    if (copies_) copy_pixels(p.source, first, pixels, c.x_pixel, memory);
    for (int64_t j = column; j < column + columns; j += width) {
      c.packed = p.packed + j * (depth_ + 1);
      c.outputs = std::min(width, column + columns - j);
      for (int64_t i = 0; i < pixels; i += step) {
        ahead.fetch(blocks_of(next, steps));
        ahead_y.fetch(blocks_of(next, steps));
        c.x_first = i * c.x_pixel;
        c.pixels = std::min(step, pixels - i);
        c.y = p.out + (first + i) * outputs_ + j;
        correlate(c);
      }
    }
    if (kernels::is_clamp(p.activation)) return;
    const T* none = nullptr;
    kernels::finish_rows(p.activation, pixels, columns, outputs_, none, none,
                         p.out + first * outputs_ + column);
  }

  template <class T>
  void copy_pixels(const ImageSource<T>& s, int64_t first, int64_t pixels, int64_t pixel, T* to) const {
    if (pixel == depth_) return read_elements(s, first * depth_, pixels * depth_, to);
    for (int64_t i = 0; i < pixels; ++i) read_elements(s, (first + i) * depth_, depth_, to + i * pixel);
  }

  int64_t depth_, outputs_;
  int64_t row_, column_;
  bool copies_;  // the pixels: what is read is computed, or their distance bad for the cache
};

class PointwiseMethod final : public TypedConvMethod<PointwiseMethod> {
 public:
  explicit PointwiseMethod(const ConvSpec& spec)
      : spec_(spec),
        forward_(spec.shape.channels, spec.shape.filters, spec.shape.filters, 1, false),
        data_(spec.shape.filters, spec.shape.channels, 1, spec.shape.filters,
              spec.activation != Activation::linear) {}

  Demand forward_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) {
      using T = decltype(t);
      const size_t folded_bias = q.training ? 0 : aligned_bytes<T>(spec_.shape.filters);
      return Demand{aligned_bytes<T>(forward_.packed_elements<T>()), 0, folded_bias,
                    forward_.lane_bytes<T>()};
    });
  }
  Demand data_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) {
      using T = decltype(t);
      return Demand{0, 0, aligned_bytes<T>(data_.packed_elements<T>()), data_.lane_bytes<T>()};
    });
  }
  Demand weights_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) {
      using T = decltype(t);
      const WeightsCut cut = cut_weights<T>(q.batch);
      return Demand{0, 0, aligned_bytes<T>((cut.parts.count - 1) * part_elements()),
                    aligned_bytes<T>(x_elements(cut)) + aligned_bytes<T>(panels_elements<T>(cut)) +
                        aligned_bytes<T>(dz_elements(cut)) + aligned_bytes<T>(cut.filters)};
    });
  }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    T* packed = reinterpret_cast<T*>(p.packed);
    const T* bias = spec_.use_bias ? p.params[1] : nullptr;
    T* folded = reinterpret_cast<T*>(p.scratch);
    for (int64_t c = 0; p.fold.scale != nullptr && c < spec_.shape.filters; ++c)
      folded[c] = (bias ? bias[c] * p.fold.scale[c] : T{0}) + p.fold.shift[c];
    forward_.pack(p.exec, p.params[0], p.fold.scale ? folded : bias, p.fold.scale, packed);
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    forward_.run(PointwisePass<T>{p.exec,
                                  p.batch * s.height * s.width,
                                  {p.x[0], s.height, s.width, s.channels},
                                  reinterpret_cast<const T*>(p.packed),
                                  p.y,
                                  false,
                                  spec_.activation,
                                  p.lane_scratch,
                                  p.lane_stride});
  }

  template <class T>
  void run_data(const BackwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    T* packed = reinterpret_cast<T*>(p.scratch);
    const T* none = nullptr;
    data_.pack(p.exec, p.params[0], none, none, packed);
    data_.run(PointwisePass<T>{p.exec, p.batch * s.height * s.width, dz_source(p), packed, p.dx[0],
                               p.accumulate[0], Activation::linear, p.lane_scratch, p.lane_stride});
  }

  template <class T>
  void run_weights(const BackwardPass<T>& p) const;

 private:
  // A block of the weight gradient: its pixels, and the channels that one tile of the micro-kernel takes at
  // most; they stand kStripRow elements apart.
  static constexpr int64_t kBlockPixels = 256, kStrip = 14, kStripRow = 16;
  // From strip to strip, from panel to panel: a row more than their pixels, so that the places that a pixel
  // is laid out to do not fall into one set of the cache.
  static constexpr int64_t kStripElements = (kBlockPixels + 1) * kStripRow;
  template <class T>
  static int64_t panel_elements() {
    return (kBlockPixels + 1) * kernels::panel_width<T>();
  }

  // How the weight gradient is cut: channels, filters, and the batch's pixels in parts.
  struct WeightsCut {
    int64_t channels, channel_cuts, filters, filter_cuts;
    Parts parts;
  };
  template <class T>
  WeightsCut cut_weights(int64_t batch) const {
    // What a task reads of a block stays in the second-level cache beside its sums and the next block.
    constexpr int64_t kMostChannels = 256, kMostFilters = 128;
    const ConvShape& s = spec_.shape;
    WeightsCut cut{};
    cut.channel_cuts = blocks_of(s.channels, kMostChannels);
    cut.channels = blocks_of(s.channels, cut.channel_cuts);
    const int64_t width = kernels::panel_width<T>(), panels = blocks_of(s.filters, width);
    cut.filters = blocks_of(panels, blocks_of(s.filters, kMostFilters)) * width;
    cut.filter_cuts = blocks_of(s.filters, cut.filters);
    const Parts most = make_parts(blocks_of(batch * s.height * s.width, kBlockPixels),
                                  part_elements() * static_cast<int64_t>(sizeof(T)));
    cut.parts = {std::min(most.count, blocks_of(kEnoughTasks, cut.channel_cuts * cut.filter_cuts))};
    return cut;
  }
  // Elements of one part: kernel, then bias.
  int64_t part_elements() const { return spec_.shape.kernel_elements() + spec_.shape.filters; }
  static int64_t strips(int64_t channels) { return blocks_of(channels, kStrip); }
  static int64_t x_elements(const WeightsCut& cut) { return strips(cut.channels) * kStripElements; }
  template <class T>
  static int64_t panels_elements(const WeightsCut& cut) {
    return blocks_of(cut.filters, kernels::panel_width<T>()) * panel_elements<T>();
  }
  int64_t dz_elements(const WeightsCut& cut) const {
    return spec_.activation == Activation::linear ? 0 : kBlockPixels * cut.filters;
  }

  template <class T>
  ImageSource<T> dz_source(const BackwardPass<T>& p) const {
    return {p.dy, spec_.shape.out_height, spec_.shape.out_width, spec_.shape.filters, spec_.activation, p.y};
  }

  template <class T>
  struct WeightsTask;

  ConvSpec spec_;
  PointwiseDirection forward_, data_;
};

// One task of the weight gradient: a part of the pixels, some channels and some filters.
template <class T>
struct PointwiseMethod::WeightsTask {
  const ConvShape& shape;
  const T* x;
  const ImageSource<T>& gradient;
  int64_t channel, channels, filter, filters;
  T* x_strips;   // lane memory: [strip][pixel][kStripRow]
  T* dz_panels;  // [panel][pixel][width]
  T* dz_rows;    // [pixel][filters]
  T* spare;
  T* dkernel;  // null: not wanted
  T* dbias;

  void run(int64_t begin, int64_t end) const {
    for (int64_t c = 0; c < channels && dkernel != nullptr; ++c)
      std::fill_n(dkernel + c * shape.filters, filters, T{0});
    if (dbias != nullptr) std::fill_n(dbias, filters, T{0});
    const int64_t size = blocks_of(end - begin, blocks_of(end - begin, kBlockPixels));
    for (int64_t first = begin; first < end; first += size) {
      const int64_t pixels = std::min(size, end - first);
      const Columns in = read_x(first, pixels), out = read_dz(first, pixels);
      if (dkernel != nullptr) multiply(first, pixels, std::min(size, end - first - pixels), in, out);
    }
  }

  // Columns of a block of pixels as the kernels read them: strips of channels, or panels of filters.
  struct Columns {
    const T* data;
    int64_t pixel, strip;  // distances
  };

  // As they stand where pixels are near each other. Else they are copied pixel by pixel, as they come from
  // memory; each strip takes whole vectors, where there is something to read, wanted or not.
  Columns read_x(int64_t first, int64_t pixels) const {
    const T* from = x + first * shape.channels + channel;
    if (is_near(shape.channels)) return {from, shape.channels, kStrip};
    const int64_t count = strips(channels), readable = shape.channels - channel - kStripRow;
    const int64_t whole = readable < 0 ? 0 : std::min(count, readable / kStrip + 1);
    for (int64_t i = 0; i < pixels && dkernel != nullptr; ++i, from += shape.channels) {
      T* to = x_strips + i * kStripRow;
      kernels::copy_rows(whole, kStripRow, from, kStrip, false, to, kStripElements);
      for (int64_t j = whole; j < count; ++j)
        std::copy_n(from + j * kStrip, std::min(kStrip, channels - j * kStrip), to + j * kStripElements);
    }
    return {x_strips, kStripRow, kStripElements};
  }

  // Copied, too, where they must be computed, and where the kernels would read beyond the last vector.
  Columns read_dz(int64_t first, int64_t pixels) const {
    const int64_t width = kernels::panel_width<T>(), whole = filters / width;
    const T* from = gradient.data + first * shape.filters + filter;
    int64_t row = shape.filters;
    if (gradient.activation != Activation::linear) {
      for (int64_t i = 0; i < pixels; ++i)
        read_elements(gradient, (first + i) * shape.filters + filter, filters, dz_rows + i * filters);
      from = dz_rows;
      row = filters;
    }
    if (dbias != nullptr) add_bias_gradient(pixels, filters, from, row, spare, dbias);
    if (is_near(row) && filters % width == 0) return {from, row, width};
    for (int64_t i = 0; i < pixels && dkernel != nullptr; ++i, from += row) {
      T* to = dz_panels + i * width;
      kernels::copy_rows(whole, width, from, width, false, to, panel_elements<T>());
      std::copy_n(from + whole * width, filters - whole * width, to + whole * panel_elements<T>());
    }
    return {dz_panels, width, panel_elements<T>()};
  }

  // Adds the block's products; `next` pixels follow it.
  void multiply(int64_t first, int64_t pixels, int64_t next, const Columns& in, const Columns& out) const {
    const int64_t width = kernels::panel_width<T>(), count = strips(channels);
    const int64_t share = blocks_of(next, count * blocks_of(filters, width));
    Ahead<T> ahead_x{x + (first + pixels) * shape.channels + channel, next, channels, shape.channels};
    Ahead<T> ahead_dz{gradient.data + (first + pixels) * shape.filters + filter, next, filters,
                      shape.filters};
    kernels::OuterProduct<T> o{};
    o.x_pixel = in.pixel;
    o.dz_pixel = out.pixel;
    o.images = o.rows = 1;
    o.pixels = pixels;
    o.dw_row = shape.filters;
    for (int64_t j = 0; j < filters; j += width) {
      o.dz = out.data + j / width * out.strip;
      o.outputs = std::min(width, filters - j);
      for (int64_t i = 0; i < count; ++i) {
        const kernels::Run run{0, std::min(kStrip, channels - i * kStrip)};
        ahead_x.fetch(share);
        ahead_dz.fetch(share);
        o.x = in.data + i * in.strip;
        o.runs = {&run, 1};
        o.dw = dkernel + i * kStrip * shape.filters + j;
        outer_product(o);
      }
    }
  }
};

template <class T>
void PointwiseMethod::run_weights(const BackwardPass<T>& p) const {
  const ConvShape& s = spec_.shape;
  const WeightsCut cut = cut_weights<T>(p.batch);
  T* dkernel = p.dparams[0];
  T* dbias = spec_.use_bias ? p.dparams[1] : nullptr;
  T* parts = reinterpret_cast<T*>(p.scratch);
  const ImageSource<T> gradient = dz_source(p);
  const int64_t pixels = p.batch * s.height * s.width, cuts = cut.channel_cuts * cut.filter_cuts;
  p.exec.parallel_for(cut.parts.count * cuts, [&](int64_t task, int lane) {
    const int64_t part = task / cuts, channel = task % cuts / cut.filter_cuts * cut.channels;
    const int64_t filter = task % cut.filter_cuts * cut.filters;
    if (dkernel == nullptr && channel > 0) return;
    T* kernel_sum = part == 0 ? dkernel : parts + (part - 1) * part_elements();
    T* bias_sum = part == 0 ? dbias : parts + (part - 1) * part_elements() + s.kernel_elements();
    T* x_strips = lane_memory<T>(p, lane);
    T* dz_panels = aligned_end(x_strips, x_elements(cut));
    T* dz_rows = aligned_end(dz_panels, panels_elements<T>(cut));
    const WeightsTask<T> weights{s,
                                 p.x[0],
                                 gradient,
                                 channel,
                                 std::min(cut.channels, s.channels - channel),
                                 filter,
                                 std::min(cut.filters, s.filters - filter),
                                 x_strips,
                                 dz_panels,
                                 dz_rows,
                                 aligned_end(dz_rows, dz_elements(cut)),
                                 dkernel ? kernel_sum + channel * s.filters + filter : nullptr,
                                 dbias && channel == 0 ? bias_sum + filter : nullptr};
    weights.run(cut.parts.first(part, pixels), cut.parts.first(part + 1, pixels));
  });
  if (dkernel) add_parts(p.exec, cut.parts.count - 1, s.kernel_elements(), parts, part_elements(), dkernel);
  if (dbias)
    add_parts(p.exec, cut.parts.count - 1, s.filters, parts + s.kernel_elements(), part_elements(), dbias);
}

}  // namespace

std::unique_ptr<const ConvMethod> make_pointwise_method(const ConvSpec& spec) {
  return std::make_unique<PointwiseMethod>(spec);
}

}  // namespace fovea::layers
