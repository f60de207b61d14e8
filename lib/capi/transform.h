// Descriptors of input transforms, both ways. May use: all.
#pragma once
#include "capi/objects.h"
#include "data/preprocess.h"
#include "model/images.h"

struct fv_transform {
  std::shared_ptr<const fovea::Context> context;
  fovea::data::Preprocess impl;
};

namespace fovea::capi {

inline model::EncodedImage encoded_from(const fv_encoded_image& image) {
  FOVEA_REQUIRE((image.bytes != nullptr) != (image.path != nullptr), "an image has either bytes or a path");
  if (image.path != nullptr) return {{}, image.path};
  return {{static_cast<const std::byte*>(image.bytes), image.size}, {}};
}

data::PreprocessOptions transform_from(const fv_transform_desc* desc);
// mean and stddev are borrowed. Raises UNSUPPORTED for what the descriptor has no words for.
fv_transform_desc desc_of(const data::PreprocessOptions& transform);

}  // namespace fovea::capi
