// Descriptors of input transforms, both ways. May use: all.
#pragma once
#include "capi/objects.h"
#include "data/preprocess.h"

struct fv_transform {
  std::shared_ptr<const fovea::Context> context;
  fovea::data::Preprocess impl;
};

namespace fovea::capi {

data::PreprocessOptions transform_from(const fv_transform_desc* desc);
// mean and stddev are borrowed. Raises UNSUPPORTED for what the descriptor has no words for.
fv_transform_desc desc_of(const data::PreprocessOptions& transform);

}  // namespace fovea::capi
