// What becomes of a sample before the network sees it: the same in training, evaluation and every host,
// because it is part of the model. Geometry brings images to one shape; then values: scale, the sample's own
// mean and deviation, the training set's mean and deviation, whitening. May use: base, data, kernels.
#pragma once
#include <memory>
#include <vector>

#include "data/geometry.h"
#include "data/transform.h"

namespace fovea::data {

// y = x * matrix: a rotation to principal components, scaled for whitening.
struct Whitening {
  int64_t inputs = 0, outputs = 0;
  std::vector<float> matrix;        // [inputs][outputs]
  std::vector<double> eigenvalues;  // of the covariance, descending, [components]
};

struct PreprocessOptions {
  Geometry geometry;
  bool samplewise_center = false;  // minus the mean of all the sample's values
  bool samplewise_std = false;     // divided by their deviation + 1e-6 (Keras)
  InputTransform values;           // mean and std: one entry, one for each channel, or one for each element
  std::shared_ptr<const Whitening> whitening;  // null: none
  Shape sample;  // what the values are of, where it is not the network's input shape; else of rank 0
};

// The options for one input of a network, checked and ready; a crop without extents is the input's.
// Immutable.
class Preprocess {
 public:
  // `input`: the network's shape of one sample. Raises INVALID_ARGUMENT.
  Preprocess(PreprocessOptions options, const Shape& input);

  const PreprocessOptions& options() const { return options_; }
  // Of what apply() takes and what it gives.
  const Shape& sample_shape() const { return sample_; }
  const Shape& input_shape() const { return input_; }

  // `count` samples of sample_shape() and type `from` (u8, f32, f64) to T (float, double). Equal samples give
  // equal bits however they are stored and whatever is beside them. Allocates nothing, but for
  // two lists of one entry for each sample with the samplewise switches.
  template <class T>
  void apply(DType from, const void* in, int64_t count, T* out) const;

  // The geometry alone, which brings an image to sample_shape(). Raises INVALID_ARGUMENT for one that does
  // not come to it.
  TensorView shaped(const TensorView& image, SampleMemory& memory) const;
  // Whether samples of a dataset go through the geometry, and a refusal of those that do not come to
  // sample_shape() either way; `name` is the input's, for the message.
  bool shapes(const SampleFormat& format, const char* name) const;

 private:
  template <class T>
  struct Constants {
    std::vector<T> factor, offset;  // one for each element of a sample; empty: InputTransform does it
  };
  template <class T>
  const Constants<T>& constants() const {
    if constexpr (std::is_same_v<T, float>)
      return floats_;
    else
      return doubles_;
  }
  template <class T>
  void feature_values(DType from, const void* in, int64_t begin, int64_t count, const InputTransform& sample,
                      T* out) const;
  template <class T>
  void apply_one(DType from, const std::byte* in, T* out) const;
  void complete_geometry();
  InputTransform sample_transform(DType from, const void* in) const;

  PreprocessOptions options_;
  Shape input_, sample_;
  Constants<float> floats_;
  Constants<double> doubles_;
};

extern template void Preprocess::apply(DType, const void*, int64_t, float*) const;
extern template void Preprocess::apply(DType, const void*, int64_t, double*) const;

// The dataset as samples of sample_shape(), for who reads them before the values are applied; itself where
// they have it. `preprocess` outlives it.
DatasetPtr shaped(DatasetPtr dataset, const Preprocess& preprocess);

}  // namespace fovea::data
