// Initial values of parameters. May use: base, graph, kernels/random.h.
#pragma once
#include "base/context.h"
#include "graph/graph.h"

namespace fovea::model {

// Fills parameter `index` of a layout. The numbers depend on seed, index and position only; they are the same
// in both types, to the precision of float.
void initialize(const Context& context, const layers::Parameter& parameter, uint32_t index, uint64_t seed,
                DType dtype, std::byte* data);

}  // namespace fovea::model
