// Convolution without im2col: packed weights against runs of the image (kernels/conv_direct.h), and the
// weight gradient as outer products (kernels/conv_outer.h).
#include "kernels/conv_direct.h"

#include "kernels/conv_outer.h"
#include "kernels/epilogue.h"
#include "layers/conv_correlator.h"
#include "layers/conv_method.h"

namespace fovea::layers {
namespace {

// The weights of a correlator's steps, packed: [step][group], each one matrix of kernels::pack_panels.
class PackedWeights {
 public:
  // Element (r, c) of a tap's block stands at
  // cell * cell_stride + group * group_stride + r * row_stride + c * column_stride.
  struct Layout {
    int64_t cell_stride, group_stride, row_stride, column_stride;
    int64_t rows, columns, groups;  // rows and columns of one group
  };

  PackedWeights() = default;
  PackedWeights(const Correlator& correlator, const Layout& layout) : layout_(layout) {
    for (size_t s = 0; s < correlator.steps().size(); ++s) {
      depths_.push_back(correlator.steps()[s].depth);
      const auto& taps = correlator.steps()[s].plan.taps;
      blocks_.push_back({s, -1, 0});
      for (size_t t = 0; t < taps.size(); ++t) blocks_.push_back({s, static_cast<int64_t>(t), taps[t].cell});
    }
  }

  template <class T>
  size_t elements() const {
    return static_cast<size_t>(offset<T>(depths_.size(), 0));
  }
  // Where the matrix of a step and group begins.
  template <class T>
  int64_t offset(size_t step, int64_t group) const {
    int64_t n = 0;
    for (size_t s = 0; s < step; ++s) n += matrix<T>(s) * layout_.groups;
    return step < depths_.size() ? n + group * matrix<T>(step) : n;
  }

  // bias and scale have a value for each column of all groups; null: zeros, ones.
  template <class T>
  void pack(Executor& exec, const T* weights, const T* bias, const T* scale, T* packed) const {
    const int64_t blocks = static_cast<int64_t>(blocks_.size()) * layout_.groups;
    const int64_t per_task =
        std::max<int64_t>(kernels::kElementsPerTask / (layout_.rows * layout_.columns), 1);
    exec.parallel_for(blocks_of(blocks, per_task), [&](int64_t task, int) {
      for (int64_t i = task * per_task; i < std::min((task + 1) * per_task, blocks); ++i) {
        const Block& b = blocks_[static_cast<size_t>(i / layout_.groups)];
        const int64_t group = i % layout_.groups, first_column = group * layout_.columns;
        T* to = packed + offset<T>(b.step, group);
        const int64_t depth = depths_[b.step];
        if (b.tap < 0) {
          pack_panels(kernels::PackBlock<T>{bias ? bias + first_column : nullptr, 0, 1, nullptr, 0, 1, depth,
                                            layout_.columns, to});
        } else {
          pack_panels(kernels::PackBlock<T>{
              weights + b.cell * layout_.cell_stride + group * layout_.group_stride, layout_.row_stride,
              layout_.column_stride, scale ? scale + first_column : nullptr, 1 + b.tap * layout_.rows,
              layout_.rows, depth, layout_.columns, to});
        }
      }
    });
  }

 private:
  struct Block {
    size_t step;
    int64_t tap;  // -1: the bias
    int64_t cell;
  };
  template <class T>
  int64_t matrix(size_t step) const {
    constexpr int64_t line = kAlignment / sizeof(T);
    return blocks_of(kernels::packed_elements<T>(depths_[step], layout_.columns), line) * line;
  }

  Layout layout_{};
  std::vector<int64_t> depths_;  // of every step
  std::vector<Block> blocks_;
};

// One direction: a correlator and its weights.
class Direction {
 public:
  Direction() = default;
  Direction(Correlator correlator, const PackedWeights::Layout& layout)
      : correlator_(std::move(correlator)), weights_(correlator_, layout), layout_(layout) {}

  const Correlator& correlator() const { return correlator_; }
  const PackedWeights& weights() const { return weights_; }

  template <class T>
  void run(const DirectionPass<T>& p) const {
    const int64_t column_step = layout_.groups == 1 ? kernels::panel_width<T>() : 0;
    correlator_.run(p, column_step, [&](const Correlator::Piece<T>& piece) {
      for (int64_t g = 0; g < layout_.groups; ++g) correlate_group(p, piece, g);
      if (kernels::is_clamp(p.activation)) return;
      const T* none = nullptr;
      kernels::finish_rows(p.activation, piece.rows * piece.pixels, piece.columns, piece.y_pixel, none, none,
                           piece.y + piece.first_column);
    });
  }

 private:
  template <class T>
  void correlate_group(const DirectionPass<T>& p, const Correlator::Piece<T>& piece, int64_t g) const {
    const Correlator::Step& step = correlator_.steps()[piece.step];
    kernels::Correlation<T> c{};
    c.x = piece.x + g * layout_.rows;
    c.x_first = piece.x_first;
    c.x_row = piece.x_row;
    c.x_pixel = piece.x_pixel;
    c.runs = step.runs;
    c.row_runs = step.row_runs.data() + piece.first_row;
    c.packed = p.packed + weights_.offset<T>(piece.step, g) + piece.first_column * (step.depth + 1);
    c.depth = step.depth;
    c.y = piece.y + g * layout_.columns + piece.first_column;
    c.y_row = piece.y_row;
    c.y_pixel = piece.y_pixel;
    c.rows = piece.rows;
    c.pixels = piece.pixels;
    c.outputs = layout_.groups == 1 ? piece.columns : layout_.columns;
    c.accumulate = p.accumulate;
    c.bounds = kernels::bounds_of<T>(p.activation);
    // Rows that follow one another without a gap and read the same runs, as with a 1x1 kernel, are one row.
    if (step.runs.size() == 1 && step.row_runs.front().count == 1 && step.row_runs.back().count == 1 &&
        c.x_row == c.pixels * c.x_pixel && c.y_row == c.pixels * c.y_pixel) {
      c.pixels *= c.rows;
      c.rows = 1;
    }
    kernels::correlate(c);
  }

  Correlator correlator_;
  PackedWeights weights_;
  PackedWeights::Layout layout_{};
};

class DirectMethod final : public TypedConvMethod<DirectMethod> {
 public:
  explicit DirectMethod(const ConvSpec& spec) : spec_(spec) {
    const ConvShape& s = spec.shape;
    const ImageExtents in{s.height, s.width, s.channels}, out{s.out_height, s.out_width, s.filters};
    const int64_t cell = s.group_channels() * s.filters, gc = s.group_channels(), gf = s.group_filters();
    forward_ = Direction(Correlator({forward_plan(s)}, in, out, s.groups, false, s.multiply_adds()),
                         {cell, gf, s.filters, 1, gc, gf, s.groups});
    data_ = Direction(Correlator(data_gradient_plans(s), out, in, s.groups,
                                 spec.activation != Activation::linear, s.multiply_adds()),
                      {cell, gf, 1, s.filters, gf, gc, s.groups});
    for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
      const int64_t row = ky * s.dilation_h * padded_columns() * s.channels;
      if (s.dilation_w == 1) {
        window_runs_.push_back({row, s.kernel_w * s.channels});
      } else {
        for (int64_t kx = 0; kx < s.kernel_w; ++kx)
          window_runs_.push_back({row + kx * s.dilation_w * s.channels, s.channels});
      }
    }
  }

  Demand forward_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) {
      using T = decltype(t);
      const size_t folded_bias = q.training ? 0 : static_cast<size_t>(spec_.shape.filters) * sizeof(T);
      return Demand{forward_.weights().elements<T>() * sizeof(T), 0, folded_bias,
                    forward_.correlator().lane_bytes(sizeof(T))};
    });
  }
  Demand data_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) {
      using T = decltype(t);
      return Demand{0, 0, data_.weights().elements<T>() * sizeof(T),
                    data_.correlator().lane_bytes(sizeof(T))};
    });
  }
  Demand weights_demand(const DemandQuery& q) const override {
    return with_float(q.dtype, [&](auto t) { return weights_memory<decltype(t)>(q.batch); });
  }

  template <class T>
  void run_prepare(const PreparePass<T>& p) const {
    T* packed = reinterpret_cast<T*>(p.packed);
    const T* bias = spec_.use_bias ? p.params[1] : nullptr;
    if (p.fold.scale == nullptr) {
      forward_.weights().pack(p.exec, p.params[0], bias, static_cast<const T*>(nullptr), packed);
      return;
    }
    T* folded = reinterpret_cast<T*>(p.scratch);
    for (int64_t c = 0; c < spec_.shape.filters; ++c)
      folded[c] = (bias ? bias[c] * p.fold.scale[c] : T{0}) + p.fold.shift[c];
    forward_.weights().pack(p.exec, p.params[0], static_cast<const T*>(folded), p.fold.scale, packed);
  }

  template <class T>
  void run_forward(const ForwardPass<T>& p) const {
    const ConvShape& s = spec_.shape;
    forward_.run(DirectionPass<T>{p.exec,
                                  p.batch,
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
    T* packed = reinterpret_cast<T*>(p.scratch);
    const T* none = nullptr;
    data_.weights().pack(p.exec, p.params[0], none, none, packed);
    data_.run(DirectionPass<T>{p.exec, p.batch, dz_source(p), packed, p.dx[0], p.accumulate[0],
                               Activation::linear, p.lane_scratch, p.lane_stride});
  }

  template <class T>
  void run_weights(const BackwardPass<T>& p) const;

 private:
  // How the weight gradient is cut: the batch in parts, the filters of a group into `cuts`; and the piece of
  // images that a task holds in the cache at a time.
  struct WeightsCut {
    Parts parts;
    int64_t cuts, columns;
    int64_t images, rows;
  };
  template <class T>
  WeightsCut cut_weights(int64_t batch) const;
  template <class T>
  Demand weights_memory(int64_t batch) const;
  // dz of a block, and what is read beyond its last output.
  template <class T>
  int64_t dz_elements(const WeightsCut& cut) const {
    return cut.images * cut.rows * spec_.shape.out_width * cut.columns + kernels::panel_width<T>();
  }
  // Elements of one part: kernel, then bias.
  int64_t part_elements() const { return spec_.shape.kernel_elements() + spec_.shape.filters; }
  // Few channels: whole windows out of rows padded in lane memory, so that tiles are tall enough. Else each
  // tap by itself on the outputs for which it lies inside the image.
  bool pads_windows() const { return spec_.shape.groups == 1 && spec_.shape.channels < 16; }
  int64_t padded_columns() const {
    const ConvShape& s = spec_.shape;
    return (s.out_width - 1) * s.stride_w + (s.kernel_w - 1) * s.dilation_w + 1;
  }
  int64_t padded_rows(int64_t rows) const {
    const ConvShape& s = spec_.shape;
    return (rows - 1) * s.stride_h + (s.kernel_h - 1) * s.dilation_h + 1;
  }

  template <class T>
  ImageSource<T> dz_source(const BackwardPass<T>& p) const {
    return {p.dy, spec_.shape.out_height, spec_.shape.out_width, spec_.shape.filters, spec_.activation, p.y};
  }

  template <class T>
  struct WeightsTask;

  ConvSpec spec_;
  Direction forward_, data_;
  std::vector<kernels::Run> window_runs_;  // of a window in padded rows
};

// One task of the weight gradient: a part of the batch, some filters of one group.
template <class T>
struct DirectMethod::WeightsTask {
  const DirectMethod& method;
  const BackwardPass<T>& pass;
  const WeightsCut& cut;
  int64_t group, first, columns;  // filters, counted inside the group
  T* dkernel;                     // null: not wanted
  T* dbias;
  T* dz_copy;
  T* x_copy;
  T* spare;

  const ConvShape& shape() const { return method.spec_.shape; }

  // A piece of the pass: `images` images from `image`, `rows` rows of outputs from `row`.
  struct Block {
    int64_t image, images, row, rows;
  };
  // dz of a block, as the kernels will read it.
  struct Dz {
    const T* data;
    int64_t image, row, pixel;  // distances
  };

  // Copied where it must be computed, and where the kernels would read beyond the last vector.
  Dz load_dz(const Block& b) const {
    const ConvShape& s = shape();
    const ImageSource<T> source = method.dz_source(pass);
    const int64_t start =
        (b.image * s.out_height + b.row) * s.out_width * s.filters + group * s.group_filters() + first;
    const bool whole_vectors = kernels::packed_elements<T>(0, columns) == columns;
    if (source.activation == Activation::linear && whole_vectors)
      return {source.data + start, s.output_elements(), s.out_width * s.filters, s.filters};
    const int64_t pixels = b.rows * s.out_width;
    T* to = dz_copy;
    for (int64_t i = 0; i < b.images; ++i, to += pixels * columns) {
      const int64_t from = start + i * s.output_elements();
      if (columns == s.filters)
        read_elements(source, from, pixels * columns, to);
      else
        for (int64_t p = 0; p < pixels; ++p)
          read_elements(source, from + p * s.filters, columns, to + p * columns);
    }
    return {dz_copy, pixels * columns, s.out_width * columns, columns};
  }

  void add_block(const Block& b) const {
    const Dz dz = load_dz(b);
    if (dbias != nullptr) {
      for (int64_t i = 0; i < b.images; ++i)
        add_bias_gradient(b.rows * shape().out_width, columns, dz.data + i * dz.image, dz.pixel, spare,
                          dbias);
    }
    if (dkernel == nullptr) return;
    if (method.pads_windows())
      add_windows(b, dz);
    else
      add_taps(b, dz);
  }

  // All taps at once, on rows with zeros around them.
  void add_windows(const Block& b, const Dz& dz) const {
    const ConvShape& s = shape();
    const ImageSource<T> x{pass.x[0], s.height, s.width, s.channels};
    const int64_t top = b.row * s.stride_h - s.pad_top, high = method.padded_rows(b.rows);
    const int64_t wide = method.padded_columns(), pitch = wide * s.channels;
    for (int64_t i = 0; i < b.images; ++i) {
      copy_rectangle(x, b.image + i, {top, top + high, -s.pad_left, wide - s.pad_left}, s.channels,
                     x_copy + i * high * pitch);
    }
    kernels::outer_product(kernels::OuterProduct<T>{
        x_copy, high * pitch, s.stride_h * pitch, s.stride_w * s.channels, method.window_runs_, dz.data,
        dz.image, dz.row, dz.pixel, b.images, b.rows, s.out_width, columns, dkernel, s.filters});
  }

  // Each tap where it lies inside the image.
  void add_taps(const Block& b, const Dz& dz) const {
    const ConvShape& s = shape();
    const kernels::Run run{0, s.group_channels()};
    const T* x = pass.x[0] + b.image * s.input_elements() + group * s.group_channels();
    for (int64_t ky = 0; ky < s.kernel_h; ++ky) {
      const int64_t shift_y = ky * s.dilation_h - s.pad_top;
      const Range r = inside(b.rows, s.stride_h, b.row * s.stride_h + shift_y, s.height);
      for (int64_t kx = 0; kx < s.kernel_w; ++kx) {
        const int64_t shift_x = kx * s.dilation_w - s.pad_left;
        const Range c = inside(s.out_width, s.stride_w, shift_x, s.width);
        if (r.begin == r.end || c.begin == c.end) continue;
        const int64_t pixel =
            ((b.row + r.begin) * s.stride_h + shift_y) * s.width + c.begin * s.stride_w + shift_x;
        kernels::OuterProduct<T> o{};
        o.x = x + pixel * s.channels;
        o.x_image = s.input_elements();
        o.x_row = s.stride_h * s.width * s.channels;
        o.x_pixel = s.stride_w * s.channels;
        o.runs = {&run, 1};
        o.dz = dz.data + r.begin * dz.row + c.begin * dz.pixel;
        o.dz_image = dz.image;
        o.dz_row = dz.row;
        o.dz_pixel = dz.pixel;
        o.images = b.images;
        o.rows = r.end - r.begin;
        o.pixels = c.end - c.begin;
        o.outputs = columns;
        o.dw = dkernel + (ky * s.kernel_w + kx) * s.group_channels() * s.filters;
        o.dw_row = s.filters;
        kernels::outer_product(o);
      }
    }
  }

  void run(int64_t begin, int64_t end) const {
    const ConvShape& s = shape();
    if (dkernel != nullptr) {
      for (int64_t k = 0; k < s.window(); ++k) std::fill_n(dkernel + k * s.filters, columns, T{0});
    }
    if (dbias != nullptr) std::fill_n(dbias, columns, T{0});
    for (int64_t i = begin; i < end; i += cut.images) {
      for (int64_t r = 0; r < s.out_height; r += cut.rows)
        add_block({i, std::min(cut.images, end - i), r, std::min(cut.rows, s.out_height - r)});
    }
  }
};

template <class T>
DirectMethod::WeightsCut DirectMethod::cut_weights(int64_t batch) const {
  constexpr int64_t kEnoughTasks = 16, kFewestColumns = 64, kBlockBytes = 384 << 10, kFewestPixels = 768;
  const ConvShape& s = spec_.shape;
  WeightsCut cut{};
  cut.parts = make_parts(batch, part_elements() * static_cast<int64_t>(sizeof(T)));
  // Filters are cut where the parts of the batch are few tasks and a cut still fills the registers.
  const int64_t panels = blocks_of(s.group_filters(), kernels::panel_width<T>());
  const int64_t most = std::max<int64_t>(s.group_filters() / kFewestColumns, 1);
  const int64_t wanted = std::min({panels, most, blocks_of(kEnoughTasks, cut.parts.count * s.groups)});
  cut.columns = wanted == 1 ? s.group_filters() : blocks_of(panels, wanted) * kernels::panel_width<T>();
  cut.cuts = blocks_of(s.group_filters(), cut.columns);
  // Images, or rows of one, whose x and dz stay in the second-level cache.
  const int64_t x_elements = s.height * s.width * s.group_channels();
  const int64_t dz_elements = s.out_height * s.out_width * s.group_filters();
  const int64_t image_bytes = (x_elements + dz_elements) * static_cast<int64_t>(sizeof(T));
  // But enough pixels that reading and writing all sums, once for each piece, is little beside them.
  const int64_t pixels = s.out_height * s.out_width;
  if (image_bytes <= kBlockBytes || pixels <= kFewestPixels) {
    const int64_t images = std::max(kBlockBytes / image_bytes, blocks_of(kFewestPixels, pixels));
    cut.images = std::clamp<int64_t>(images, 1, blocks_of(batch, cut.parts.count));
    cut.rows = s.out_height;
  } else {
    cut.images = 1;
    const int64_t rows =
        std::max(kBlockBytes * s.out_height / image_bytes, blocks_of(kFewestPixels, s.out_width));
    cut.rows = blocks_of(s.out_height, blocks_of(s.out_height, rows));
  }
  return cut;
}

template <class T>
Demand DirectMethod::weights_memory(int64_t batch) const {
  const ConvShape& s = spec_.shape;
  const WeightsCut cut = cut_weights<T>(batch);
  const int64_t dz = dz_elements<T>(cut);
  const int64_t x = pads_windows() ? cut.images * padded_rows(cut.rows) * padded_columns() * s.channels : 0;
  return Demand{0, 0, aligned_bytes<T>((cut.parts.count - 1) * part_elements()),
                aligned_bytes<T>(dz) + aligned_bytes<T>(cut.columns) + aligned_bytes<T>(x)};
}

template <class T>
void DirectMethod::run_weights(const BackwardPass<T>& p) const {
  const ConvShape& s = spec_.shape;
  const WeightsCut cut = cut_weights<T>(p.batch);
  T* dkernel = p.dparams[0];
  T* dbias = spec_.use_bias ? p.dparams[1] : nullptr;
  T* parts = reinterpret_cast<T*>(p.scratch);
  const int64_t columns_tasks = s.groups * cut.cuts;
  p.exec.parallel_for(cut.parts.count * columns_tasks, [&](int64_t task, int lane) {
    const int64_t part = task / columns_tasks, group = task % columns_tasks / cut.cuts;
    const int64_t first = task % cut.cuts * cut.columns;
    T* dz_copy = lane_memory<T>(p, lane);
    T* spare = aligned_end(dz_copy, dz_elements<T>(cut));
    T* kernel_sum = part == 0 ? dkernel : parts + (part - 1) * part_elements();
    T* bias_sum = part == 0 ? dbias : parts + (part - 1) * part_elements() + s.kernel_elements();
    const int64_t channel = group * s.group_filters() + first;
    const WeightsTask<T> weights{*this,
                                 p,
                                 cut,
                                 group,
                                 first,
                                 std::min(cut.columns, s.group_filters() - first),
                                 dkernel ? kernel_sum + channel : nullptr,
                                 dbias ? bias_sum + channel : nullptr,
                                 dz_copy,
                                 aligned_end(spare, cut.columns),
                                 spare};
    weights.run(cut.parts.first(part, p.batch), cut.parts.first(part + 1, p.batch));
  });
  if (dkernel) add_parts(p.exec, cut.parts.count - 1, s.kernel_elements(), parts, part_elements(), dkernel);
  if (dbias)
    add_parts(p.exec, cut.parts.count - 1, s.filters, parts + s.kernel_elements(), part_elements(), dbias);
}

}  // namespace

std::unique_ptr<const ConvMethod> make_direct_method(const ConvSpec& spec) {
  return std::make_unique<DirectMethod>(spec);
}

}  // namespace fovea::layers
