// An image on its way through the steps of an augmentation. May use: base, data/sample.h.
#pragma once
#include <cstring>

#include "base/tensor_view.h"
#include "data/sample.h"

namespace fovea::data {

// Calls f(T{}) with the image's element type, u8 or f32.
template <class F>
decltype(auto) with_pixel(DType dtype, F&& f) {
  return dtype == DType::u8 ? f(uint8_t{}) : f(float{});
}

class AugmentImage {
 public:
  // `white`: of f32 images.
  AugmentImage(const TensorView& image, double white, SampleMemory& memory)
      : view_(image), float_white_(white), memory_(memory) {}

  const TensorView& view() const { return view_; }
  DType dtype() const { return view_.dtype; }
  int64_t height() const { return view_.shape[0]; }
  int64_t width() const { return view_.shape[1]; }
  int64_t channels() const { return view_.shape[2]; }
  int64_t pixels() const { return height() * width(); }
  int64_t elements() const { return pixels() * channels(); }
  size_t row_bytes() const { return static_cast<size_t>(width() * channels()) * size_of(dtype()); }
  template <class T>
  const T* data() const {
    return static_cast<const T*>(view_.data);
  }
  double white() const { return dtype() == DType::u8 ? 255 : float_white_; }
  SampleMemory& memory() { return memory_; }

  // Where a result of the same shape may be written, which then is the image: the image's own place once that
  // is not the caller's. A result that is not computed in place asks for fresh memory.
  template <class T>
  T* in_place() {
    if (own_ == nullptr) own_ = memory_.piece(view_.bytes());
    return reinterpret_cast<T*>(own_);
  }
  // After in_place() was written to.
  void keep() { view_.data = own_; }
  // The image's memory, to be changed.
  template <class T>
  T* writable() {
    T* to = in_place<T>();
    if (view_.data != own_) std::memcpy(to, view_.data, view_.bytes());
    keep();
    return to;
  }

  // Fresh memory for an image that becomes this one with replace().
  template <class T>
  T* fresh(int64_t height, int64_t width) {
    return memory_.piece_of<T>(static_cast<size_t>(height * width * channels()));
  }
  template <class T>
  void replace(T* data, int64_t height, int64_t width) {
    own_ = reinterpret_cast<std::byte*>(data);
    view_ = {data, dtype_of<T>::value, {height, width, channels()}};
  }
  // An image that may not be written to.
  void replace(const TensorView& view) {
    own_ = nullptr;
    view_ = view;
  }

 private:
  TensorView view_;
  double float_white_;
  SampleMemory& memory_;
  std::byte* own_ = nullptr;  // the image's memory where it is ours
};

}  // namespace fovea::data
