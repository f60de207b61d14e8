// Nearest neighbours among samples: what can be told of data without any network. May use: data.
#pragma once
#include <cstdint>
#include <span>
#include <vector>

#include "data/dataset.h"

namespace fovea::train::checks {

class Neighbours {
 public:
  // The samples that are searched.
  Neighbours(const data::Dataset& dataset, std::span<const uint32_t> indices);

  struct Nearest {
    uint32_t index = 0;  // in the dataset
    double distance = 0;
  };
  // Of sample `index` of a dataset with the same shape; `skip`: never this one of the searched.
  Nearest operator()(const data::Dataset& dataset, uint32_t index, int64_t skip = -1) const;
  // The `count` nearest, or as many as there are.
  std::vector<uint32_t> nearest(const data::Dataset& dataset, uint32_t index, size_t count,
                                int64_t skip) const;

 private:
  double squared_distance(size_t i, std::span<const float> query) const;
  void read(const data::Dataset& dataset, uint32_t index, std::span<float> out) const;

  std::vector<uint32_t> indices_;
  size_t width_;  // values of a sample that are compared: means of neighbouring ones, where there are many
  std::vector<float> values_;
  mutable data::SampleMemory memory_{system_allocator()};
};

}  // namespace fovea::train::checks
