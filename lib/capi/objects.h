// The objects behind the opaque handles, and translations that several files of capi need. May use: all.
#pragma once
#include <fovea/fovea.h>

#include <memory>
#include <optional>

#include "base/cancel_token.h"
#include "base/context.h"
#include "base/tensor_view.h"
#include "capi/guard.h"
#include "data/dataset.h"
#include "graph/graph.h"
#include "model/loader.h"
#include "model/model.h"
#include "model/session.h"
#include "train/metric.h"
#include "train/trainer.h"

// Each handle owns or shares what it needs, so that handles may be destroyed in any order.
struct fv_context {
  std::shared_ptr<const fovea::Context> impl;
};
struct fv_cancel_token {
  std::shared_ptr<fovea::CancelToken> impl;
};
struct fv_graph {
  std::shared_ptr<const fovea::Context> context;
  fovea::graph::Graph graph;
  uint32_t serial = 0;
  std::optional<fovea::Error> error;  // the first
  bool building = false;              // a node is being added; a shape callback may not add others
};
struct fv_model {
  std::shared_ptr<fovea::model::Model> impl;
};
struct fv_session {
  std::unique_ptr<fovea::model::Session> impl;
  int64_t max_pixels = 0;  // of an image that it decodes
};
struct fv_trainer {
  std::unique_ptr<fovea::train::Trainer> impl;
  fv_model model;  // what fv_trainer_model lends
};
struct fv_dataset {
  fovea::data::DatasetPtr impl;
};
struct fv_loader {
  std::unique_ptr<fovea::model::Loader> impl;
  // What fv_loader_next lends.
  fovea::Buffer inputs;
  std::unique_ptr<fovea::model::TargetScratch> targets;
  std::vector<uint32_t> indices;
  int64_t epoch = 0, batch = 0;  // of the next one
};
struct fv_metrics {
  std::shared_ptr<const fovea::Context> context;
  fovea::train::Metrics impl;
};

namespace fovea::capi {

// Host callbacks with their drop functions: whatever happens, drop is called once.
inline std::shared_ptr<HostUser> own_user(void* user, fv_drop_fn drop) {
  try {
    return std::make_shared<HostUser>(user, drop);
  } catch (...) {
    if (drop != nullptr) drop(user);
    throw;
  }
}

// For as long as a call runs: the host may destroy its token meanwhile. Null for NULL.
inline std::shared_ptr<const CancelToken> token_of(const fv_cancel_token* token) {
  return token == nullptr ? nullptr : token->impl;
}

inline DType dtype_from(fv_dtype dtype, const char* what) {
  const DType t = static_cast<DType>(dtype);
  FOVEA_REQUIRE(is_known(t), "%s has the unknown dtype %d", what, static_cast<int>(dtype));
  return t;
}

inline Shape shape_from(const int64_t* extents, int32_t rank, const char* what) {
  FOVEA_REQUIRE(rank >= 0 && rank <= kMaxRank, "%s has rank %d, expected 0 to %d", what,
                static_cast<int>(rank), kMaxRank);
  return Shape(std::span<const int64_t>(extents, static_cast<size_t>(rank)));
}

inline void shape_to(const Shape& shape, int64_t* extents, int32_t* rank) {
  if (extents != nullptr)
    for (int i = 0; i < kMaxRank; ++i) extents[i] = i < shape.rank() ? shape[i] : 0;
  if (rank != nullptr) *rank = shape.rank();
}

// Host memory is read and written as the type that it is said to hold.
inline void need_aligned(const void* data, DType dtype, const char* what) {
  FOVEA_REQUIRE(reinterpret_cast<uintptr_t>(data) % size_of(dtype) == 0,
                "%s is %s, but its memory does not begin at a multiple of %zu bytes", what, name_of(dtype),
                size_of(dtype));
}

inline TensorView view_of(const fv_tensor& tensor, const char* what) {
  TensorView view{tensor.data, dtype_from(tensor.dtype, what), shape_from(tensor.shape, tensor.rank, what)};
  view.shape.elements();  // refuses sizes that overflow
  need_aligned(tensor.data, view.dtype, what);
  return view;
}

// Views of tensors, on the stack, so that a step allocates nothing.
class Views {
 public:
  Views(const fv_tensor* tensors, size_t count, const char* what) : count_(count) {
    FOVEA_REQUIRE(tensors != nullptr || count == 0, "%ss is NULL", what);
    FOVEA_REQUIRE(count <= views_.size(), "%zu %ss were given, at most %zu", count, what, views_.size());
    for (size_t i = 0; i < count; ++i) views_[i] = view_of(tensors[i], what);
  }
  operator std::span<const TensorView>() const { return {views_.data(), count_}; }

 private:
  std::array<TensorView, 64> views_;
  size_t count_;
};

// Fills a caller's buffer with a tensor of f32 or f64 values.
inline void write_tensor(const Shape& shape, DType dtype, const void* data, fv_buffer* buffer,
                         const char* what) {
  fv_buffer& out = need(buffer, what);
  const DType wanted = out.dtype == 0 ? dtype : dtype_from(out.dtype, what);
  FOVEA_REQUIRE(wanted == DType::f32 || wanted == DType::f64, "%s wants %s, expected f32 or f64", what,
                name_of(wanted));
  const size_t bytes = static_cast<size_t>(shape.elements()) * size_of(wanted);
  FOVEA_REQUIRE(out.data != nullptr && out.capacity >= bytes, "%s has room for %zu bytes, %zu are needed",
                what, out.data == nullptr ? size_t{0} : out.capacity, bytes);
  need_aligned(out.data, wanted, what);
  convert(shape.elements(), dtype, data, wanted, out.data);
  out.dtype = static_cast<fv_dtype>(wanted);
  shape_to(shape, out.shape, &out.rank);
}

// Reads a caller's tensor of f32 or f64 values and of exactly that shape.
inline void read_tensor(const fv_tensor* tensor, const Shape& shape, DType dtype, void* data,
                        const char* what) {
  const TensorView view = view_of(need(tensor, what), what);
  FOVEA_REQUIRE(view.data != nullptr, "%s has no data", what);
  FOVEA_REQUIRE(view.dtype == DType::f32 || view.dtype == DType::f64, "%s is %s, expected f32 or f64", what,
                name_of(view.dtype));
  FOVEA_REQUIRE(view.shape == shape, "%s is %s, expected %s", what, view.shape.text().c_str(),
                shape.text().c_str());
  convert(shape.elements(), view.dtype, view.data, dtype, data);
}

}  // namespace fovea::capi
