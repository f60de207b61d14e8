// The numbers of an input transform, fitted on a dataset. May use: base, data, kernels.
#pragma once
#include "base/context.h"
#include "data/dataset.h"
#include "data/preprocess.h"

namespace fovea::data {

// Values are those of include/fovea/transform.h.
enum class Statistic { none = 0, channel = 1, feature = 2 };
enum class WhiteningKind { none = 0, pca = 1, pca_whitening = 2, zca_whitening = 3 };

struct FitOptions {
  PreprocessOptions base;  // geometry, scale and what is done to each sample: before the statistics
  Statistic center = Statistic::none;
  Statistic std = Statistic::none;                // sigma over N; 1 where all samples have the same value
  WhiteningKind whitening = WhiteningKind::none;  // its mean is by feature
  double epsilon = 1e-6;                          // added to the eigenvalues before their root
  int64_t components = 0;                         // of PCA; 0: all
  int64_t max_samples = 0;                        // so many, spread evenly; 0: all
};

// In double, in blocks of a fixed number of samples: the bits do not depend on the number of threads. Raises
// INVALID_ARGUMENT, and what reading a sample raises.
PreprocessOptions fit_transform(const Context& context, const Dataset& dataset, const FitOptions& options);

}  // namespace fovea::data
