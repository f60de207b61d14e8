// The principal axes of a training set's colors. May use: base, data.
#pragma once
#include "data/augment/step.h"
#include "data/dataset.h"

namespace fovea::data {

// Eigenvectors and eigenvalues of the covariance of RGB pixels in units of white, the largest first; of up to
// max_samples (0: all), spread evenly. `white`: of f32 images. Raises INVALID_ARGUMENT.
ColorAxes color_axes(const Dataset& dataset, int64_t max_samples, double white,
                     const std::shared_ptr<Allocator>& allocator);

// Of a symmetric matrix, row-major; vectors are columns, the largest component of each positive (Jacobi
// 1846).
ColorAxes eigen_decomposition(std::array<double, 9> matrix);

}  // namespace fovea::data
