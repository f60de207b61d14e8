// What the descriptors of layers have in common, on its way to attributes. May use: all.
#pragma once
#include <fovea/layers.h>

#include <algorithm>
#include <array>
#include <cmath>

#include "capi/nodes.h"

namespace fovea::capi {

inline double finite(double value, const char* field) {
  FOVEA_REQUIRE(std::isfinite(value), "%s is not finite", field);
  return value;
}

// {height, width}: a missing width repeats the height, and nothing at all is the default.
inline std::array<int64_t, 2> pair(const int64_t (&given)[2], std::array<int64_t, 2> otherwise) {
  if (given[0] == 0 && given[1] == 0) return otherwise;
  return {given[0], given[1] == 0 ? given[0] : given[1]};
}

inline std::array<int64_t, 4> four(const int64_t (&given)[4]) {
  return {given[0], given[1], given[2], given[3]};
}

// One number for each axis.
inline std::array<int64_t, kMaxRank> axes(const int64_t (&given)[FV_MAX_RANK]) {
  std::array<int64_t, kMaxRank> a;
  std::copy_n(given, FV_MAX_RANK, a.begin());
  return a;
}

layers::Regularizer regularizer_from(const fv_regularizer_desc* desc);

// A layer that takes one node and has no attributes.
template <class Make>
fv_node add_plain(fv_graph* graph, const char* kind, fv_node x, const fv_layer_desc* desc, Make&& make) {
  return add_node(graph, kind, {&x, 1}, name_of_desc(desc), [&] {
    read_desc(desc, "fv_layer_desc");
    return make();
  });
}

}  // namespace fovea::capi
