// Images that look alike: after another compression, at another size, flipped from left to right.
// May use: base, data/resize.h.
#pragma once
#include <array>
#include <cstdint>
#include <optional>
#include <unordered_map>
#include <vector>

#include "base/tensor_view.h"
#include "data/sample.h"

namespace fovea::data {

// A picture at a glance: 8 rows of 9 grey pixels, and for each of these and its right neighbour whether it
// gets brighter there (the difference hash: Krawetz, "Kind of like that", 2013).
struct Glance {
  static constexpr int kRows = 8, kColumns = 9;

  uint64_t hash = 0;
  std::array<uint8_t, kRows * kColumns> grey{};

  Glance mirrored() const;
  void compute_hash();
};

// Of an image of u8; none of other samples, and none of an even or a very small image: there many are alike.
std::optional<Glance> glance(const TensorView& image, SampleMemory& memory);

// Glances among which one that looks like another is found without comparing all: hashes that differ in 3
// bits at most have a quarter in common (Norouzi et al., "Fast search in Hamming space with multi-index
// hashing", 2012).
class LookAlikes {
 public:
  void add(const Glance& glance, int64_t number);
  // The number of one that looks like it or its mirror image; -1: there is none among the first ones of each
  // quarter.
  int64_t find(const Glance& glance) const;

 private:
  struct Entry {
    Glance glance;
    int64_t number;
  };
  int64_t find_upright(const Glance& glance) const;

  std::vector<Entry> entries_;
  std::array<std::unordered_map<uint16_t, std::vector<uint32_t>>, 4> quarters_;
};

}  // namespace fovea::data
