// Geometric steps, composed so that the image is resampled once. May use: base, kernels.
#pragma once
#include <array>

#include "base/rng.h"
#include "data/augment/image.h"
#include "data/augment/step.h"

namespace fovea::data {

// The pixel i of n in a row, or what stands there under the fill mode: an index, or -1 for the fill value.
int64_t filled_index(FillMode mode, int64_t i, int64_t n);

// Where each pixel of the result comes from, as a chain of maps.
class WarpChain {
 public:
  // Row-major; of homogeneous coordinates (x, y, 1), from the result to the source, the middle of the image
  // being the origin.
  using Matrix = std::array<double, 9>;

  bool empty() const { return count_ == 0; }
  // Whether a step with this interpolation and fill can join what is there.
  bool takes(const AugmentStep& step) const;

  // A step of the image's extents with its values drawn from `random`; a field of numbers from `key` and
  // `position`.
  void add(const AugmentStep& step, RandomSequence& random, const RandomKey& key, uint32_t position,
           AugmentImage& image);

  // Does it, and is empty.
  void run(AugmentImage& image);

 private:
  struct Map {
    enum { matrix, lens, elastic } kind;
    Matrix m;  // of pixels' indices
    double k1, k2;
    const float* field;  // [height][width][2]: how far right and down
  };
  static constexpr int kMaxMaps = 16;

  void add_matrix(const Matrix& centered, const AugmentImage& image);
  void add_elastic(double alpha, double sigma, const RandomKey& key, uint32_t position, AugmentImage& image);
  void places(const AugmentImage& image, int64_t row, float* x, float* y, float* moved) const;
  template <class T>
  void flip(AugmentImage& image) const;
  template <class T>
  void resample(AugmentImage& image) const;

  std::array<Map, kMaxMaps> maps_;
  int count_ = 0;
  bool flips_only_ = true, flip_x_ = false, flip_y_ = false;
  Interpolation interpolation_ = Interpolation::bilinear;
  FillMode fill_mode_ = FillMode::constant;
  double fill_ = 0;
};

}  // namespace fovea::data
