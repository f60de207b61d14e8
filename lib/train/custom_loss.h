// A loss of the host's own. May use: base.
#pragma once
#include <cstdint>
#include <memory>

#include "base/context.h"
#include "base/dtype.h"
#include "base/shape.h"

namespace fovea::train {

// What it is computed of: rows of the output, with targets or labels.
struct LossRows {
  DType dtype;
  int64_t rows, columns;
  const Shape* sample;  // of the output
  const void* output;
  const void* targets;    // null: labels
  const int32_t* labels;  // null: targets
  const double* weights;  // of the rows
  double* losses;         // zero, to be written
  void* gradient;         // zero, to be written: of each row's loss; null: not wanted
};

class CustomLoss : public HostType {
 public:
  // Rows are places of the last axis, not samples.
  virtual bool over_classes() const = 0;
  // On the caller's thread. Raises Error.
  virtual void evaluate(const LossRows& rows) const = 0;
};

}  // namespace fovea::train
