// Augmentation: a pipeline of random steps on images. May use: base, kernels, data.
#pragma once
#include <memory>
#include <string>
#include <vector>

#include "data/augment/step.h"
#include "data/dataset.h"
#include "data/sample.h"

namespace fovea::data {

class AugmentImage;
class WarpChain;

// Immutable: any number of threads may apply it.
class Augmentation {
 public:
  // `white`: of f32 images. Raises INVALID_ARGUMENT, naming the step.
  Augmentation(std::vector<AugmentStep> steps, double white);

  // Image [height][width][channels], u8 or f32; the result lies in pieces of `memory`, or is the image
  // itself. Step i draws from stream i of the key. Raises INVALID_ARGUMENT for what no image is, and what a
  // callback raises.
  TensorView apply(const TensorView& image, SampleMemory& memory, const RandomKey& key,
                   uint32_t position) const;

  // The shape and type that images of this format come out with; extents of 0 are not known.
  Shape shape_of(const Shape& shape) const;
  DType dtype_of(DType dtype) const;
  // Raises INVALID_ARGUMENT where images of so many channels cannot pass.
  void check_channels(int64_t channels) const;

  const std::string& text() const { return text_; }  // all that results depend on

 private:
  size_t members(size_t i) const;
  void check_groups() const;
  // An image on its way, and what its draws depend on.
  struct Way;
  // Step i, if it is drawn, and with a group those of its steps that are.
  void take(size_t i, Way& way) const;
  void take_group(size_t i, RandomSequence& random, Way& way) const;
  void perform(const AugmentStep& step, RandomSequence& random, const RandomKey& key, uint32_t position,
               WarpChain& chain, AugmentImage& image) const;

  std::vector<AugmentStep> steps_;
  double white_;
  std::string text_;
};

// The samples of `base` as the augmentation makes them of each draw. Raises INVALID_ARGUMENT.
DatasetPtr augment_dataset(DatasetPtr base, std::shared_ptr<const Augmentation> augmentation);

}  // namespace fovea::data
