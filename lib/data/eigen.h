// Eigenvalues and eigenvectors of a symmetric matrix. May use: base.
#pragma once
#include <cstdint>
#include <vector>

#include "base/executor.h"

namespace fovea::data {

struct Eigen {
  std::vector<double> values;   // descending
  std::vector<double> vectors;  // [n][n]: row i is the unit vector of values[i], its largest entry positive
};

// Of `a`, [n][n], symmetric; only its lower triangle is read. Householder's tridiagonal form and implicit QL
// steps (Martin, Reinsch and Wilkinson, "Householder's tridiagonalization of a symmetric matrix", 1968;
// Dubrulle, Martin and Wilkinson, "The implicit QL algorithm", 1968). Some 3 n^3 multiplications; the bits do
// not depend on the number of threads. Raises INVALID_ARGUMENT for values that are not finite.
Eigen symmetric_eigen(int64_t n, std::vector<double> a, Executor& executor);

}  // namespace fovea::data
