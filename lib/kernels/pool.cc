#include "kernels/pool.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/pool.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/prefetch.h"
#include "kernels/simd-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// f(d) with vectors no wider than few channels need.
template <class T, class F>
HWY_INLINE void WithVectorFor(int64_t channels, F&& f) {
  constexpr size_t kMax = 64 / sizeof(T);
  if (channels * 4 <= static_cast<int64_t>(kMax))
    f(hn::CappedTag<T, kMax / 4>());
  else if (channels * 2 <= static_cast<int64_t>(kMax))
    f(hn::CappedTag<T, kMax / 2>());
  else
    f(Tag<T>());
}

// Calls body(c, at) over one pixel's channels. `roomy`: behind the pixel's channels there is memory for a
// whole vector in everything that the body reads, and what it writes there is written again later; then the
// last vector need not be cut (six channels cost one plain vector).
template <class D, class F>
HWY_INLINE void ForEachChannel(D d, int64_t channels, bool roomy, F&& body) {
  const int64_t lanes = LanesOf(d);
  int64_t c = 0;
  for (; c + lanes <= channels || (roomy && c < channels); c += lanes) body(c, Whole<D>{d});
  if (c < channels) body(c, First<D>{d, channels - c});
}

template <class D>
int64_t PaddedChannels(D d, int64_t channels) {
  return (channels + LanesOf(d) - 1) / LanesOf(d) * LanesOf(d);
}

// Cells of a window along one axis that lie in the image: [first, last) of [0, size).
struct Cells {
  int64_t start, first, last;
  Cells(int64_t window, int64_t size, int64_t stride, int64_t pad, int64_t extent)
      : start(window * stride - pad),
        first(std::max<int64_t>(0, -start)),
        last(std::min(size, extent - start)) {}
};

// Windows that contain a place of the input along one axis: [first, last]. Walks along the axis without
// dividing.
struct Windows {
  int64_t first, last;
  Windows(int64_t place, int64_t size, int64_t stride, int64_t pad, int64_t count)
      : size_(size), stride_(stride), count_(count), place_(place + pad) {
    first = std::max<int64_t>(0, place_ - size + stride) / stride;
    raw_last_ = place_ / stride;
    last = std::min(raw_last_, count - 1);
  }
  void next() {
    ++place_;
    if (first * stride_ + size_ <= place_) ++first;
    if ((raw_last_ + 1) * stride_ <= place_) ++raw_last_;
    last = std::min(raw_last_, count_ - 1);
  }

 private:
  int64_t size_, stride_, count_, place_, raw_last_;
};

// A window's number of cells along one axis, for averages.
int64_t CountCells(const Pool2d& p, int axis, int64_t window) {
  const int64_t extent = axis == 0 ? p.height : p.width;
  const int64_t before = p.pad[2 * axis], after = p.pad[2 * axis + 1];
  const int64_t start = window * p.stride[axis] - before, end = start + p.size[axis];
  if (p.exclude_padding) return std::min(end, extent) - std::max<int64_t>(start, 0);
  return std::min(end, extent + after) - start;
}

// Cell numbers beside values: lanes as wide as T in registers, Index in memory.
template <class Index, class D, class At>
HWY_INLINE void StoreIndex(D, At at, hn::VFromD<D> v, Index* p) {
  if constexpr (sizeof(Index) == sizeof(hn::TFromD<D>))
    at.store_as(D(), v, p);
  else
    at.store_as(hn::Rebind<Index, D>(), hn::TruncateTo(hn::Rebind<Index, D>(), v), p);
}
template <class Index, class D, class At>
HWY_INLINE hn::VFromD<D> LoadIndex(D du, At at, const Index* p) {
  const auto v = at.load_as(hn::Rebind<Index, D>(), p);
  if constexpr (sizeof(Index) == sizeof(hn::TFromD<D>))
    return v;
  else if constexpr (sizeof(Index) == 1 && sizeof(hn::TFromD<D>) == 8)
    return hn::PromoteTo(du, hn::PromoteTo(hn::Rebind<uint32_t, D>(), v));
  else
    return hn::PromoteTo(du, v);
}

// Each window fetches its share of the rows under the next row of windows, in memory's order (up to 2.5 times
// as fast).
int64_t PrefetchShare(const Pool2d& p) {
  return std::min<int64_t>(p.stride[0], p.height) * std::min<int64_t>(p.stride[1], p.width) * p.channels;
}

template <bool kIndexed, class D, class T, class Index>
void MaxPoolRows(D d, const Pool2d& p, int64_t first_row, int64_t rows, const T* x, T* y, Index* index) {
  const hn::RebindToUnsigned<D> du;
  using U = hn::TFromD<decltype(du)>;
  const int64_t channels = p.channels, padded = PaddedChannels(d, channels);
  const int64_t x_size = p.batch * p.height * p.width * channels;
  const int64_t y_end = (first_row + rows) * p.out_width * channels;
  const int64_t row_step = p.width * channels, next_share = PrefetchShare(p);
  int64_t out = first_row * p.out_width * channels;
  for (int64_t out_row = first_row; out_row < first_row + rows; ++out_row) {
    const Cells v(out_row % p.out_height, p.size[0], p.stride[0], p.pad[0], p.height);
    const int64_t image = out_row / p.out_height * p.height;
    const T* next = x + (image + v.start + p.size[0]) * row_step;
    for (int64_t ox = 0; ox < p.out_width; ++ox, out += channels, next += next_share) {
      const Cells h(ox, p.size[1], p.stride[1], p.pad[2], p.width);
      prefetch(next, next_share);
      const int64_t corner = ((image + v.start + v.first) * p.width + h.start + h.first) * channels;
      const int64_t end =
          corner + ((v.last - v.first - 1) * p.width + h.last - h.first - 1) * channels + padded;
      ForEachChannel(
          d, channels, end <= x_size && out + padded <= y_end, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
            const T* row = x + corner + c;
            auto best = at.load(row);
            int64_t first_cell = v.first * p.size[1] + h.first;
            auto where = hn::Set(du, static_cast<U>(first_cell));
            for (int64_t ky = v.first; ky < v.last; ++ky, row += row_step, first_cell += p.size[1]) {
              for (int64_t k = 0; k < h.last - h.first; ++k) {
                const auto value = at.load(row + k * channels);
                const auto better = hn::Or(hn::Gt(value, best), hn::IsNaN(value));
                best = hn::IfThenElse(better, value, best);
                if constexpr (kIndexed)
                  where = hn::IfThenElse(hn::RebindMask(du, better),
                                         hn::Set(du, static_cast<U>(first_cell + k)), where);
              }
            }
            at.store(best, y + out + c);
            if constexpr (kIndexed) StoreIndex(du, at, where, index + out + c);
          });
    }
  }
}

template <class T, class Index>
void MaxPool(const Pool2d& p, int64_t first_row, int64_t rows, const T* x, T* y, Index* index) {
  if (index == nullptr)
    return WithVectorFor<T>(p.channels,
                            [&](auto d) { MaxPoolRows<false>(d, p, first_row, rows, x, y, index); });
  if constexpr (sizeof(Index) == 1)
    WithVectorFor<T>(p.channels, [&](auto d) { MaxPoolRows<true>(d, p, first_row, rows, x, y, index); });
  else
    MaxPoolRows<true>(Tag<T>(), p, first_row, rows, x, y, index);
}

// The gradient of a row of the input: for each pixel the sum over the windows that contain it of
//   source.value(at, from, source.weight(oy, ox), cell)
// where dy[from] belongs to the window and `cell` is the pixel's number in it. Written once; windows that do
// not overlap are walked one by one, so that what belongs to a window is computed once for its cells.
template <class D, class T, class Source>
void BackwardRows(D d, const Pool2d& p, int64_t first_row, int64_t rows, const Source& source,
                  bool accumulate, T* dx) {
  const int64_t channels = p.channels, padded = PaddedChannels(d, channels);
  const int64_t y_size = p.batch * p.out_height * p.out_width * channels;
  const int64_t x_end = (first_row + rows) * p.width * channels;
  const bool apart = p.stride[1] >= p.size[1];
  for (int64_t row = first_row; row < first_row + rows; ++row) {
    const int64_t iy = row % p.height, image = row / p.height * p.out_height;
    const Windows v(iy, p.size[0], p.stride[0], p.pad[0], p.out_height);
    const auto window = [&](int64_t oy, int64_t ox) { return ((image + oy) * p.out_width + ox) * channels; };
    const auto first_cell = [&](int64_t oy) { return (iy + p.pad[0] - oy * p.stride[0]) * p.size[1]; };
    const auto is_roomy = [&](int64_t out, int64_t ox) {
      return !accumulate && out + padded <= x_end && window(v.last, ox) + padded <= y_size;
    };
    int64_t out = row * p.width * channels;
    if (apart && v.first == v.last) {
      const auto clear = [&](int64_t pixels) {
        if (!accumulate) std::fill_n(dx + out, pixels * channels, T(0));
        out += pixels * channels;
      };
      int64_t done = 0;  // pixels
      for (int64_t ox = 0; ox < p.out_width; ++ox) {
        const Cells h(ox, p.size[1], p.stride[1], p.pad[2], p.width);
        clear(h.start + h.first - done);
        done = h.start + h.last;
        const auto weight = source.weight(v.first, ox);
        const int64_t from = window(v.first, ox), cells = h.last - h.first;
        const bool roomy = is_roomy(out + (cells - 1) * channels, ox);
        for (int64_t k = 0; k < cells; ++k, out += channels)
          ForEachChannel(d, channels, roomy, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
            const auto g = source.value(at, from + c, weight, first_cell(v.first) + h.first + k);
            at.store(accumulate ? hn::Add(at.load(dx + out + c), g) : g, dx + out + c);
          });
      }
      clear(p.width - done);
      continue;
    }
    Windows h(0, p.size[1], p.stride[1], p.pad[2], p.out_width);
    for (int64_t ix = 0; ix < p.width; ++ix, out += channels, h.next())
      ForEachChannel(d, channels, is_roomy(out, h.last), [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
        auto sum = accumulate ? at.load(dx + out + c) : hn::Zero(d);
        for (int64_t oy = v.first; oy <= v.last; ++oy)
          for (int64_t ox = h.first; ox <= h.last; ++ox)
            sum = hn::Add(sum, source.value(at, window(oy, ox) + c, source.weight(oy, ox),
                                            first_cell(oy) + ix + p.pad[2] - ox * p.stride[1]));
        at.store(sum, dx + out + c);
      });
  }
}

// dy where this cell was the largest.
template <class D, class Index>
struct MaxSource {
  using T = hn::TFromD<D>;
  const Index* index;
  const T* dy;
  HWY_INLINE bool weight(int64_t, int64_t) const { return true; }
  template <class At>
  HWY_INLINE hn::Vec<D> value(At at, int64_t from, bool, int64_t cell) const {
    const D d;
    const hn::RebindToUnsigned<D> du;
    const auto mine =
        hn::Eq(LoadIndex(du, at, index + from), hn::Set(du, static_cast<hn::TFromD<decltype(du)>>(cell)));
    return hn::IfThenElseZero(hn::RebindMask(d, mine), at.load(dy + from));
  }
};

// An equal share of dy.
template <class D>
struct AverageSource {
  using T = hn::TFromD<D>;
  const Pool2d& p;
  const T* dy;
  HWY_INLINE T weight(int64_t oy, int64_t ox) const {
    return T(1) / static_cast<T>(CountCells(p, 0, oy) * CountCells(p, 1, ox));
  }
  template <class At>
  HWY_INLINE hn::Vec<D> value(At at, int64_t from, T weight, int64_t) const {
    return hn::Mul(hn::Set(D(), weight), at.load(dy + from));
  }
};

template <class T, class Index>
void MaxPoolBackward(const Pool2d& p, int64_t first_row, int64_t rows, const Index* index, const T* dy,
                     bool accumulate, T* dx) {
  const auto run = [&](auto d) {
    BackwardRows(d, p, first_row, rows, MaxSource<decltype(d), Index>{index, dy}, accumulate, dx);
  };
  if constexpr (sizeof(Index) == 1)
    WithVectorFor<T>(p.channels, run);
  else
    run(Tag<T>());
}

template <class D, class T>
void AveragePoolRows(D d, const Pool2d& p, int64_t first_row, int64_t rows, const T* x, T* y) {
  const int64_t channels = p.channels, padded = PaddedChannels(d, channels);
  const int64_t x_size = p.batch * p.height * p.width * channels;
  const int64_t y_end = (first_row + rows) * p.out_width * channels;
  int64_t out = first_row * p.out_width * channels;
  const int64_t row_step = p.width * channels, next_share = PrefetchShare(p);
  for (int64_t out_row = first_row; out_row < first_row + rows; ++out_row) {
    const int64_t oy = out_row % p.out_height, image = out_row / p.out_height * p.height;
    const Cells v(oy, p.size[0], p.stride[0], p.pad[0], p.height);
    const T* next = x + (image + v.start + p.size[0]) * row_step;
    const int64_t count = CountCells(p, 0, oy);
    for (int64_t ox = 0; ox < p.out_width; ++ox, out += channels, next += next_share) {
      const Cells h(ox, p.size[1], p.stride[1], p.pad[2], p.width);
      prefetch(next, next_share);
      const int64_t corner = ((image + v.start + v.first) * p.width + h.start + h.first) * channels;
      const int64_t end =
          corner + ((v.last - v.first - 1) * p.width + h.last - h.first - 1) * channels + padded;
      const auto share = hn::Set(d, T(1) / static_cast<T>(count * CountCells(p, 1, ox)));
      ForEachChannel(d, channels, end <= x_size && out + padded <= y_end,
                     [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA {
                       const T* row = x + corner + c;
                       auto sum = hn::Zero(d);
                       for (int64_t ky = v.first; ky < v.last; ++ky, row += row_step) {
                         for (int64_t k = 0; k < h.last - h.first; ++k)
                           sum = hn::Add(sum, at.load(row + k * channels));
                       }
                       at.store(hn::Mul(sum, share), y + out + c);
                     });
    }
  }
}

template <class T>
void AveragePool(const Pool2d& p, int64_t first_row, int64_t rows, const T* x, T* y) {
  WithVectorFor<T>(p.channels, [&](auto d) { AveragePoolRows(d, p, first_row, rows, x, y); });
}
template <class T>
void AveragePoolBackward(const Pool2d& p, int64_t first_row, int64_t rows, const T* dy, bool accumulate,
                         T* dx) {
  WithVectorFor<T>(p.channels, [&](auto d) {
    BackwardRows(d, p, first_row, rows, AverageSource<decltype(d)>{p, dy}, accumulate, dx);
  });
}

#define FOVEA_MAX_POOL_ENTRIES(Name, T, Index)                                                           \
  void MaxPool##Name(const Pool2d& p, int64_t first_row, int64_t rows, const T* x, T* y, Index* index) { \
    MaxPool(p, first_row, rows, x, y, index);                                                            \
  }                                                                                                      \
  void MaxPoolBackward##Name(const Pool2d& p, int64_t first_row, int64_t rows, const Index* index,       \
                             const T* dy, bool accumulate, T* dx) {                                      \
    MaxPoolBackward(p, first_row, rows, index, dy, accumulate, dx);                                      \
  }
FOVEA_MAX_POOL_ENTRIES(F32U8, float, uint8_t)
FOVEA_MAX_POOL_ENTRIES(F32U32, float, uint32_t)
FOVEA_MAX_POOL_ENTRIES(F64U8, double, uint8_t)
FOVEA_MAX_POOL_ENTRIES(F64U32, double, uint32_t)
#undef FOVEA_MAX_POOL_ENTRIES

void AveragePoolF32(const Pool2d& p, int64_t first_row, int64_t rows, const float* x, float* y) {
  AveragePool(p, first_row, rows, x, y);
}
void AveragePoolF64(const Pool2d& p, int64_t first_row, int64_t rows, const double* x, double* y) {
  AveragePool(p, first_row, rows, x, y);
}
void AveragePoolBackwardF32(const Pool2d& p, int64_t first_row, int64_t rows, const float* dy,
                            bool accumulate, float* dx) {
  AveragePoolBackward(p, first_row, rows, dy, accumulate, dx);
}
void AveragePoolBackwardF64(const Pool2d& p, int64_t first_row, int64_t rows, const double* dy,
                            bool accumulate, double* dx) {
  AveragePoolBackward(p, first_row, rows, dy, accumulate, dx);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

#define FOVEA_MAX_POOL(Name, T, Index)                                                                      \
  HWY_EXPORT(MaxPool##Name);                                                                                \
  HWY_EXPORT(MaxPoolBackward##Name);                                                                        \
  void max_pool(const Pool2d& p, int64_t first_row, int64_t rows, const T* x, T* y, Index* index) {         \
    HWY_DYNAMIC_DISPATCH(MaxPool##Name)(p, first_row, rows, x, y, index);                                   \
  }                                                                                                         \
  void max_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const Index* index, const T* dy, \
                         bool accumulate, T* dx) {                                                          \
    HWY_DYNAMIC_DISPATCH(MaxPoolBackward##Name)(p, first_row, rows, index, dy, accumulate, dx);             \
  }
FOVEA_MAX_POOL(F32U8, float, uint8_t)
FOVEA_MAX_POOL(F32U32, float, uint32_t)
FOVEA_MAX_POOL(F64U8, double, uint8_t)
FOVEA_MAX_POOL(F64U32, double, uint32_t)
#undef FOVEA_MAX_POOL

HWY_EXPORT(AveragePoolF32);
HWY_EXPORT(AveragePoolF64);
HWY_EXPORT(AveragePoolBackwardF32);
HWY_EXPORT(AveragePoolBackwardF64);

void average_pool(const Pool2d& p, int64_t first_row, int64_t rows, const float* x, float* y) {
  HWY_DYNAMIC_DISPATCH(AveragePoolF32)(p, first_row, rows, x, y);
}
void average_pool(const Pool2d& p, int64_t first_row, int64_t rows, const double* x, double* y) {
  HWY_DYNAMIC_DISPATCH(AveragePoolF64)(p, first_row, rows, x, y);
}
void average_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const float* dy, bool accumulate,
                           float* dx) {
  HWY_DYNAMIC_DISPATCH(AveragePoolBackwardF32)(p, first_row, rows, dy, accumulate, dx);
}
void average_pool_backward(const Pool2d& p, int64_t first_row, int64_t rows, const double* dy,
                           bool accumulate, double* dx) {
  HWY_DYNAMIC_DISPATCH(AveragePoolBackwardF64)(p, first_row, rows, dy, accumulate, dx);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
