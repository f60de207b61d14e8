#include "kernels/parametric.h"

#include <algorithm>

#undef HWY_TARGET_INCLUDE
#define HWY_TARGET_INCLUDE "kernels/parametric.cc"
#include "hwy/foreach_target.h"
#include "hwy/highway.h"
#include "kernels/activation-inl.h"

HWY_BEFORE_NAMESPACE();
namespace fovea::kernels {
namespace HWY_NAMESPACE {
namespace {

// Rows that are summed in T at a time.
constexpr int64_t kBlockRows = 256;

// body(i, c, at) for every element i at place c of its tile. Narrow rows without a gap go several at a time.
template <class D, class F>
HWY_INLINE void ForEachPlace(D d, int64_t rows, int64_t columns, int64_t stride, const Tile& tile, F&& body) {
  if (tile.repeat > 1 && stride == columns) return ForEachTiled(d, rows, columns, tile, body);
  for (int64_t r = 0; r < rows; ++r)
    ForEachVector(d, columns, [&](int64_t c, auto at) FOVEA_INLINE_LAMBDA { body(r * stride + c, c, at); });
}

template <class D, class V>
HWY_INLINE V Value(Parametric f, D d, V x, V p) {
  return f == Parametric::prelu ? Leaky(d, x, p) : Swish(d, x, p);
}
// df/dx and df/dp
template <class V>
struct Slopes {
  V x, p;
};
template <class D, class V>
HWY_INLINE Slopes<V> SlopesOf(Parametric f, D d, V x, V p) {
  using T = hn::TFromD<D>;
  const V zero = hn::Zero(d), one = hn::Set(d, T(1));
  if (f == Parametric::prelu) {
    const auto left = hn::Le(x, zero);
    return {hn::IfThenElse(left, p, one), hn::IfThenElseZero(left, x)};
  }
  // x^2 s (1 - s), s = sigmoid(p x); once the product of the two has vanished, x may be anything.
  const V z = hn::Mul(p, x), both = hn::Mul(Sigmoid(d, z), Sigmoid(d, hn::Neg(z)));
  const V square = hn::Mul(NotInfinite(d, x), NotInfinite(d, x));
  return {SwishSlope(d, x, p), hn::Mul(NotInfinite(d, square), both)};
}

template <Parametric f, class T>
void Forward(int64_t rows, int64_t columns, int64_t stride, const T* x, const T* p, T* y) {
  const Tag<T> d;
  const Tile tile = TileOf(columns);
  const TileConstants<T> parameter(p, columns, tile);
  ForEachPlace(d, rows, columns, stride, tile, [&](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
    at.store(Value(f, d, at.load(x + i), at.load(parameter.at(c))), y + i);
  });
}

template <Parametric f, class T>
void Backward(const ParametricBackward<T>& t) {
  const Tag<T> d;
  const Tile tile = TileOf(t.columns);
  const TileConstants<T> parameter(t.p, t.columns, tile);
  T* const sums = t.scratch;
  std::fill(t.dp, t.dp + t.columns, 0.0);
  for (int64_t first = 0; first < t.rows; first += kBlockRows) {
    const int64_t start = first * t.stride;
    std::fill(sums, sums + tile.width, T(0));
    ForEachPlace(d, std::min(kBlockRows, t.rows - first), t.columns, t.stride, tile,
                 [&](int64_t i, int64_t c, auto at) FOVEA_INLINE_LAMBDA {
                   const auto dy = at.load(t.dy + start + i);
                   const auto slopes = SlopesOf(f, d, at.load(t.x + start + i), at.load(parameter.at(c)));
                   at.store(hn::MulAdd(dy, slopes.p, at.load(sums + c)), sums + c);
                   if (t.dx == nullptr) return;
                   T* const dx = t.dx + start + i;
                   const auto g = hn::Mul(dy, slopes.x);
                   at.store(t.accumulate ? hn::Add(at.load(dx), g) : g, dx);
                 });
    for (int64_t i = 0; i < tile.width; ++i) t.dp[i % t.columns] += static_cast<double>(sums[i]);
  }
}

template <class T>
void ForwardAs(Parametric f, int64_t rows, int64_t columns, int64_t stride, const T* x, const T* p, T* y) {
  f == Parametric::prelu ? Forward<Parametric::prelu>(rows, columns, stride, x, p, y)
                         : Forward<Parametric::swish>(rows, columns, stride, x, p, y);
}
template <class T>
void BackwardAs(Parametric f, const ParametricBackward<T>& t) {
  f == Parametric::prelu ? Backward<Parametric::prelu>(t) : Backward<Parametric::swish>(t);
}

int64_t Scratch(int64_t columns) {
  return TileOf(columns).width;
}
void ForwardF32(Parametric f, int64_t rows, int64_t columns, int64_t stride, const float* x, const float* p,
                float* y) {
  ForwardAs(f, rows, columns, stride, x, p, y);
}
void ForwardF64(Parametric f, int64_t rows, int64_t columns, int64_t stride, const double* x, const double* p,
                double* y) {
  ForwardAs(f, rows, columns, stride, x, p, y);
}
void BackwardF32(Parametric f, const ParametricBackward<float>& task) {
  BackwardAs(f, task);
}
void BackwardF64(Parametric f, const ParametricBackward<double>& task) {
  BackwardAs(f, task);
}

}  // namespace
}  // namespace HWY_NAMESPACE
}  // namespace fovea::kernels
HWY_AFTER_NAMESPACE();

#if HWY_ONCE
namespace fovea::kernels {

HWY_EXPORT(Scratch);
HWY_EXPORT(ForwardF32);
HWY_EXPORT(ForwardF64);
HWY_EXPORT(BackwardF32);
HWY_EXPORT(BackwardF64);

void parametric(Parametric f, int64_t rows, int64_t columns, int64_t stride, const float* x, const float* p,
                float* y) {
  HWY_DYNAMIC_DISPATCH(ForwardF32)(f, rows, columns, stride, x, p, y);
}
void parametric(Parametric f, int64_t rows, int64_t columns, int64_t stride, const double* x, const double* p,
                double* y) {
  HWY_DYNAMIC_DISPATCH(ForwardF64)(f, rows, columns, stride, x, p, y);
}
int64_t parametric_scratch(int64_t columns) {
  return HWY_DYNAMIC_DISPATCH(Scratch)(columns);
}
void parametric_backward(Parametric f, const ParametricBackward<float>& task) {
  HWY_DYNAMIC_DISPATCH(BackwardF32)(f, task);
}
void parametric_backward(Parametric f, const ParametricBackward<double>& task) {
  HWY_DYNAMIC_DISPATCH(BackwardF64)(f, task);
}

}  // namespace fovea::kernels
#endif  // HWY_ONCE
