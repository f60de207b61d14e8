// Element types of tensors. Values are those of include/fovea/base.h. Uses std only.
#pragma once
#include <cstddef>
#include <cstdint>

namespace fovea {

enum class DType : int32_t { f32 = 1, f64 = 2, u8 = 3, i32 = 4, i64 = 5 };

constexpr bool is_known(DType t) { return t >= DType::f32 && t <= DType::i64; }

constexpr size_t size_of(DType t) {
  switch (t) {
    case DType::f32: return 4;
    case DType::f64: return 8;
    case DType::u8: return 1;
    case DType::i32: return 4;
    case DType::i64: return 8;
  }
  return 0;
}

constexpr const char* name_of(DType t) {
  switch (t) {
    case DType::f32: return "f32";
    case DType::f64: return "f64";
    case DType::u8: return "u8";
    case DType::i32: return "i32";
    case DType::i64: return "i64";
  }
  return "?";
}

template <class T> struct dtype_of;
template <> struct dtype_of<float> { static constexpr DType value = DType::f32; };
template <> struct dtype_of<double> { static constexpr DType value = DType::f64; };
template <> struct dtype_of<uint8_t> { static constexpr DType value = DType::u8; };
template <> struct dtype_of<int32_t> { static constexpr DType value = DType::i32; };
template <> struct dtype_of<int64_t> { static constexpr DType value = DType::i64; };

// Calls f(T{}) with the floating-point type that `t` names (f32 or f64).
template <class F> decltype(auto) with_float(DType t, F&& f) {
  return t == DType::f64 ? f(double{}) : f(float{});
}

}  // namespace fovea
