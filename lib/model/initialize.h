// Initial values of parameters. May use: base, graph.
#pragma once
#include "base/context.h"
#include "graph/graph.h"

namespace fovea::model {

// Fills parameter `index` of a layout. The numbers depend on seed, index and position only; f32 takes the f64
// values rounded.
void initialize(const Context& context, const layers::Parameter& parameter, uint32_t index, uint64_t seed,
                DType dtype, std::byte* data);

}  // namespace fovea::model
