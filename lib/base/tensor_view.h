// A dense tensor in memory that somebody else owns. May use: base.
#pragma once
#include <cstddef>

#include "base/dtype.h"
#include "base/shape.h"

namespace fovea {

struct TensorView {
  const void* data = nullptr;
  DType dtype = DType::f32;
  Shape shape;

  explicit operator bool() const { return data != nullptr; }
  size_t bytes() const { return static_cast<size_t>(shape.elements()) * size_of(dtype); }
};

// Memory for a tensor that the callee fills; shape is set by it.
struct MutableTensorView {
  void* data = nullptr;
  size_t capacity = 0;  // bytes
  DType dtype = DType::f32;
  Shape shape;
};

// Copies n values between f32 and f64.
inline void convert(int64_t n, DType from, const void* in, DType to, void* out) {
  with_float(from, [&](auto f) {
    with_float(to, [&](auto t) {
      const auto* source = static_cast<const decltype(f)*>(in);
      auto* target = static_cast<decltype(t)*>(out);
      for (int64_t i = 0; i < n; ++i) target[i] = static_cast<decltype(t)>(source[i]);
    });
  });
}

}  // namespace fovea
