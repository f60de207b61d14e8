// What a host gives a session to read and to fill. May use: all.
#pragma once
#include <vector>

#include "capi/objects.h"

namespace fovea::capi {

class InputViews {
 public:
  InputViews(const fv_tensor* inputs, size_t count) {
    FOVEA_REQUIRE(inputs != nullptr || count == 0, "inputs is NULL");
    FOVEA_REQUIRE(count <= 1024, "%zu inputs are too many", count);
    for (size_t i = 0; i < count; ++i) views_.push_back(view_of(inputs[i], "the input"));
  }
  operator std::span<const TensorView>() const { return views_; }

 private:
  std::vector<TensorView> views_;
};

class OutputViews {
 public:
  // A buffer without a type gets values of `dtype`.
  OutputViews(fv_buffer* outputs, size_t count, DType dtype) : outputs_(outputs) {
    FOVEA_REQUIRE(outputs != nullptr || count == 0, "outputs is NULL");
    FOVEA_REQUIRE(count <= 1024, "%zu outputs are too many", count);
    for (size_t i = 0; i < count; ++i) {
      const DType wanted = outputs[i].dtype == 0 ? dtype : dtype_from(outputs[i].dtype, "the output");
      FOVEA_REQUIRE(wanted == DType::f32 || wanted == DType::f64, "output %zu wants %s, expected f32 or f64",
                    i, name_of(wanted));
      need_aligned(outputs[i].data, wanted, "the output");
      views_.push_back({outputs[i].data, outputs[i].capacity, wanted, {}});
    }
  }
  operator std::span<MutableTensorView>() { return views_; }
  // Tells the host types and shapes, when all of them are filled.
  void give() {
    for (size_t i = 0; i < views_.size(); ++i) {
      outputs_[i].dtype = static_cast<fv_dtype>(views_[i].dtype);
      shape_to(views_[i].shape, outputs_[i].shape, &outputs_[i].rank);
    }
  }

 private:
  fv_buffer* outputs_;
  std::vector<MutableTensorView> views_;
};

}  // namespace fovea::capi
